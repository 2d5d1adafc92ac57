"""`test`: given rows, the expected figures; not computed yet."""

from __future__ import annotations

from kpidsl.kinds.binding.shapes import ANYTHING, EXPRESSIONS, TEXT
from kpidsl.kinds.binding.spec import Header, Key, Kind

GIVEN = Kind(
    "given",
    "Rows of a source.",
    "given lines: [{ order_id: 1, price: 20 }]",
    Header(name="name of a source", value=ANYTHING, label=False),
    top_level=False,
)

KIND = Kind(
    "test",
    "Rows of sources, and the figures that they must give.",
    "test aov_small {\n  given lines: [{ order_id: 1, price: 20 }]\n"
    "  expect: aov at 2026-02 = 20 USD\n}",
    Header(),
    (
        Key("expect", EXPRESSIONS, "Figures with their period and value.", required=True),
        Key("fixture", TEXT, "A folder with the rows of sources."),
    ),
    (GIVEN,),
    later=True,
)
