"""K7xx: reports."""

from __future__ import annotations

from kpidsl.text.codes.info import CodeInfo

_PAGE = """kpidsl 1

source lines {{
  table: shop.lines
  key: order_id
  time: paid_at
  measure order_count: count() as order
  measure turnover: sum(price) as USD
}}

kpi orders: order_count {{
  serves: "Grow by a fifth a year."
}}

kpi revenue: turnover {{
  serves: "Grow by a fifth a year."
}}

audience managers {{
  tier: manager
  sees: [{sees}]
}}

report weekly "Weekly" {{
  for: managers
  section "How are sales?" {{ show: [orders, revenue] }}
}}
"""

CODES: tuple[CodeInfo, ...] = (
    CodeInfo(
        code="K701",
        title="template folder not found",
        what="The folder that `templates` in `kpidsl.toml` names does not exist, or is a file.",
        why="A page made without the templates that were asked for would look right and be "
        "wrong, so none is made.",
        example='[project]\ntemplates = "brandng"',
        mended='[project]\ntemplates = "branding"',
    ),
    CodeInfo(
        code="K702",
        title="template fails",
        what="A template of the project's own does not parse, uses a name that a page does not "
        "have, or does what templates may not do.",
        why="Templates run in a sandbox: they print the report model and reach nothing else. A "
        "name that does not exist is an error, for a blank in its place would go unseen.",
        example="<!-- page.html.jinja --> <h1>{{ report.titel }}</h1>",
        mended="<!-- page.html.jinja --> <h1>{{ report.title }}</h1>",
    ),
    CodeInfo(
        code="K704",
        title="a report shows what its audience does not see",
        what="A section names a KPI, ROI or funnel, or a dimension to split it by, that is not in "
        "`sees` of the report's audience. It is left off the page.",
        why="A page holds only what its reader needs and may see, in the file as on the screen.",
        example=_PAGE.format(sees="orders"),
        mended=_PAGE.format(sees="orders, revenue"),
    ),
    CodeInfo(
        code="K705",
        title="part of a report is declared, but not computed yet",
        what="The report asks for a column or a split that kpidsl reads but does not compute yet: "
        "`full_year` needs a forecast, and trends and tables are of one line each.",
        why="A column that is left out in silence looks like one that was never wanted.",
        example=_PAGE.format(sees="orders, revenue")
        .replace("  section", "  columns: [month, full_year]\n  section")
        .replace("show:", "table:"),
        mended=_PAGE.format(sees="orders, revenue")
        .replace("  section", "  columns: [month]\n  section")
        .replace("show:", "table:"),
    ),
    CodeInfo(
        code="K706",
        title="a note is not signed and dated",
        what="A `note` of a section does not end with who wrote it and when.",
        why="Computed sentences change with the numbers; a note does not. The reader must be able "
        "to tell whose it is, and how old.",
        example='note: "The invoice of September was booked in October."',
        mended='note: "The invoice of September was booked in October. (R. Tan, 4 November 2026)"',
    ),
)
