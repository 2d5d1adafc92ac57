"""`note`: declared, not computed yet."""

from __future__ import annotations

from kpidsl.kinds.binding.shapes import EXPRESSION, NAMES, PERIOD, TEXT
from kpidsl.kinds.binding.spec import Header, Key, Kind

KEYS = (
    Key("on", NAMES, "What it is about."),
    Key("at", PERIOD, "The day or period."),
    Key("author", TEXT, "Who wrote it."),
    Key("quotes", EXPRESSION, "The figure that it was written for."),
)

KIND = Kind(
    "note",
    "A dated, signed remark that quotes the figure it was written for.",
    'note spring: "The new checkout went live." {\n  at: 2026-03-01\n}',
    Header(value=TEXT),
    KEYS,
    later=True,
)
