"""`scenario`: a plan, budget or outlook with versions; declared, not computed yet."""

from __future__ import annotations

from kpidsl.kinds.binding.shapes import ANYTHING, NAME, NAMES
from kpidsl.kinds.binding.spec import Header, Key, Kind

KEYS = (
    Key("of", NAMES, "The measures that hold its values."),
    Key("grain", NAME, "The grain of its values."),
    Key("version", ANYTHING, "The version."),
    Key("values", ANYTHING, "A table of periods and values."),
    Key("approved", ANYTHING, "Who agreed to it, when."),
)

KIND = Kind(
    "scenario",
    "A plan, budget or outlook with versions.",
    "scenario budget_2026 {\n  of: budget.planned_revenue\n}",
    Header(),
    KEYS,
    later=True,
)
