"""`cohort`: declared, not computed yet."""

from __future__ import annotations

from kpidsl.kinds.binding.shapes import DURATION, EXPRESSION, NAME, NAMES
from kpidsl.kinds.binding.spec import Header, Key, Kind

KEYS = (
    Key(
        "entity",
        NAME,
        "Who is followed.",
        required=True,
        names=lambda catalog, _: catalog.entities,
    ),
    Key("entry", EXPRESSION, "The event that begins a cohort.", required=True),
    Key("grain", NAME, "The length of the entry period."),
    Key("measure", NAMES, "What is followed."),
    Key("horizon", DURATION, "How long it is followed."),
)

KIND = Kind(
    "cohort",
    "Entities by the period of their first event, followed over time.",
    "cohort first_order {\n  entity: customer\n  entry: lines\n}",
    Header(),
    KEYS,
    later=True,
)
