"""`calendar`: years of whole weeks, as retail keeps them (S20)."""

from __future__ import annotations

from kpidsl.kinds.binding.fields import Fields
from kpidsl.kinds.binding.shapes import ANYTHING, call_of, word_of
from kpidsl.kinds.binding.spec import Header, Key, Kind, Later, Shape
from kpidsl.model.week_years import WeekYears
from kpidsl.syntax import tree

MONTHS = (
    "january", "february", "march", "april", "may", "june",
    "july", "august", "september", "october", "november", "december",
)  # fmt: skip
_LAST, _NEAREST = call_of("last", MONTHS), call_of("nearest", MONTHS)


def _year_end(expr: tree.Expr) -> tuple[bool, int] | None:
    """Return whether the nearest is meant, and the month from 1."""
    for shape, nearest in ((_LAST, False), (_NEAREST, True)):
        if (month := shape.read(expr)) is not None:
            return nearest, MONTHS.index(month) + 1
    return None


PATTERN = Key(
    "pattern",
    word_of("retail_445", "retail_454", "retail_544"),
    "How many weeks the three months of a quarter have; a year's 53rd week is in its last month.",
    required=True,
)
ENDS = Key(
    "ends",
    Shape("`last(MONTH)` or `nearest(MONTH)`", "nearest(january)", _year_end),
    "The day on which a year ends: the last last day of a week in a month, or the one nearest to "
    "that month's end. The project's `week_starts` says when weeks end.",
    required=True,
)
NAMED_BY = Key(
    "named_by",
    word_of("start", "end"),
    "Whether a year is named by the calendar year in which it starts or ends.",
    required=True,
)
HOLIDAYS = Key("holidays", ANYTHING, "Days off.", later=Later.ADVISE)
CLOSED = Key("closed", ANYTHING, "Days without business.", later=Later.ADVISE)

KIND = Kind(
    "calendar",
    "A fiscal calendar of whole weeks, which a project names: years of 52 weeks, and now and then "
    "53 (S20).",
    "calendar retail {\n  pattern: retail_454\n  ends: nearest(january)\n  named_by: start\n}",
    Header(),
    (PATTERN, ENDS, NAMED_BY, HOLIDAYS, CLOSED),
)


def week_years(fields: Fields, week_starts: int) -> WeekYears | None:
    """Return the years of a calendar, or None where it does not say all of them."""
    pattern, end, named = fields.get(PATTERN), fields.get(ENDS), fields.get(NAMED_BY)
    if pattern is None or end is None or named is None:
        return None
    first, second, third = map(int, pattern.removeprefix("retail_"))
    nearest, month = end
    return WeekYears((first, second, third), month, nearest, named == "start", week_starts)
