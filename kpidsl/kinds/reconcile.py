"""`reconcile`: a figure that must tie to another system (D42); declared, not computed yet."""

from __future__ import annotations

from kpidsl.kinds.binding.shapes import EXPRESSION, NAME
from kpidsl.kinds.binding.spec import Header, Key, Kind

KEYS = (
    Key("metric", NAME, "The project's figure.", required=True),
    Key("with", NAME, "The other system's measure.", required=True),
    Key("by", NAME, "The period of comparison."),
    Key("tolerance", EXPRESSION, "The difference that still ties."),
)

KIND = Kind(
    "reconcile",
    "A figure that must tie to another system.",
    "reconcile ledger {\n  metric: revenue_kpi\n  with: gl.booked\n  tolerance: 0.5%\n}",
    Header(),
    KEYS,
    later=True,
)
