"""`calendar`: a calendar of periods: fiscal, `retail_445`, holidays; declared, not computed yet."""

from __future__ import annotations

from kpidsl.kinds.binding.shapes import ANYTHING, NAME
from kpidsl.kinds.binding.spec import Header, Key, Kind

KEYS = (
    Key("pattern", NAME, "How weeks make periods."),
    Key("starts", ANYTHING, "Where the year begins."),
    Key("holidays", ANYTHING, "Days off."),
    Key("closed", ANYTHING, "Days without business."),
)

KIND = Kind(
    "calendar",
    "A calendar of periods: fiscal, `retail_445`, holidays.",
    "calendar retail {\n  pattern: retail_445\n}",
    Header(),
    KEYS,
    later=True,
)
