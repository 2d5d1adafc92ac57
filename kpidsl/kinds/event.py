"""`event`: a date or moving event, to compare year with year (S19); declared, not computed yet."""

from __future__ import annotations

from kpidsl.kinds.binding.shapes import DURATION, EXPRESSION, NAMES
from kpidsl.kinds.binding.spec import Header, Key, Kind

KEYS = (
    Key("lasts", DURATION, "How long it lasts."),
    Key("affects", NAMES, "The figures that it moves."),
)

KIND = Kind(
    "event",
    "A date or moving event, to compare year with year.",
    "event cny: [2025-01-29, 2026-02-17]",
    Header(value=EXPRESSION),
    KEYS,
    later=True,
)
