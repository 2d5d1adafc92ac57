"""K666 to K668: ids that a table resolves (S29)."""

from __future__ import annotations

from kpidsl.text.codes.info import CodeInfo

_ENTITY = """\
entity customer {{
  in: [lines.{customer}, sessions.visitor_id]
  resolve: web.identities(visitor_id, customer_id)
}}
"""

CODES: tuple[CodeInfo, ...] = (
    CodeInfo(
        "K666",
        "an id of several people",
        "The table that resolves ids says of one id that it stands for two others.",
        "Whoever it is, counted as both they would be one too many, and picked at random another "
        "one each day (S29).",
        "# web.identities: visitor v1 is customer c1, visitor v1 is customer c2\n"
        + _ENTITY.format(customer="customer_id"),
        "# web.identities: visitor v1 is customer c2\n" + _ENTITY.format(customer="customer_id"),
    ),
    CodeInfo(
        "K667",
        "an id that leads on",
        "The table that resolves ids leads to an id which stands for another one itself.",
        "An id is looked up once. Where rows follow each other in a chain or a circle, how far to "
        "go is for the table to say (S29).",
        "# web.identities: visitor v1 is customer c1, visitor c1 is customer c2\n"
        + _ENTITY.format(customer="customer_id"),
        "# web.identities: visitor v1 is customer c2, visitor c1 is customer c2\n"
        + _ENTITY.format(customer="customer_id"),
    ),
    CodeInfo(
        "K668",
        "ids that are texts and numbers",
        "An entity with a table of ids has ids that are texts in one source and numbers in "
        "another.",
        "`007` and `7` are two texts and one number: whether they are one person's, nobody can "
        "tell (S29).",
        "# lines.customer_id holds numbers, visitor_id texts\n"
        + _ENTITY.format(customer="customer_id"),
        "# in lines: dimension customer_text: text(customer_id)\n"
        + _ENTITY.format(customer="customer_text"),
    ),
)
