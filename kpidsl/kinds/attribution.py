"""`attribution`: declared, not computed yet."""

from __future__ import annotations

from kpidsl.kinds.binding.shapes import DURATION, EXPRESSION, NAME, NAMES
from kpidsl.kinds.binding.spec import Header, Key, Kind

KEYS = (
    Key("model", NAME, "first, last, linear, position, decay or data_driven.", required=True),
    Key("touches", EXPRESSION, "The source of touches."),
    Key("conversions", EXPRESSION, "The source of conversions."),
    Key("entity", NAME, "Who converts."),
    Key("lookback", DURATION, "How far back touches count."),
    Key("by", NAMES, "The dimension that gets the credit."),
)

KIND = Kind(
    "attribution",
    "How credit for conversions is shared among touches.",
    "attribution paid_channels {\n  model: linear\n}",
    Header(),
    KEYS,
    later=True,
)
