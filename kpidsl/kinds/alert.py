"""`alert`: a rule or anomaly with severity and action (D32); declared, not computed yet."""

from __future__ import annotations

from kpidsl.kinds.binding.shapes import EXPRESSION, TEXT, word_of
from kpidsl.kinds.binding.spec import Header, Key, Kind

KEYS = (
    Key("when", EXPRESSION, "The rule, or `anomaly(KPI)`.", required=True),
    Key("severity", word_of("info", "warning", "critical"), "How serious it is."),
    Key("action", TEXT, "What to do."),
    Key("owner", TEXT, "Who does it."),
)

KIND = Kind(
    "alert",
    "A rule or anomaly with severity and action.",
    "alert cac_high {\n  when: cac > 60 USD\n}",
    Header(),
    KEYS,
    later=True,
)
