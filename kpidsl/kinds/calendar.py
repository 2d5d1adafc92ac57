"""`calendar`: fiscal years that are no calendar months (S20): of whole weeks, as retail keeps them,
or as a source lists them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from kpidsl.kinds.binding.columns import column_binder
from kpidsl.kinds.binding.fields import Fields
from kpidsl.kinds.binding.missing import missing_key
from kpidsl.kinds.binding.scope import Scope
from kpidsl.kinds.binding.shapes import ANYTHING, EXPRESSION, SIMPLE_NAME, call_of, word_of
from kpidsl.kinds.binding.spec import Header, Key, Kind, Later, Shape
from kpidsl.model.expr import RowExpr
from kpidsl.model.listed_years import ListedCalendar
from kpidsl.model.project import Settings
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


def _column(name: str) -> Shape[tree.Expr]:
    return replace(EXPRESSION, example=name)


PATTERN = Key(
    "pattern",
    word_of("retail_445", "retail_454", "retail_544"),
    "How many weeks the three months of a quarter have; a year's 53rd week is in its last month.",
)
ENDS = Key(
    "ends",
    Shape("`last(MONTH)` or `nearest(MONTH)`", "nearest(january)", _year_end),
    "The day on which a year ends: the last last day of a week in a month, or the one nearest to "
    "that month's end. The project's `week_starts` says when weeks end.",
)
NAMED_BY = Key(
    "named_by",
    word_of("start", "finish"),  # not `end`, which is a reserved word and would need backticks
    "Whether a year is named by the calendar year in which it starts or finishes.",
)
LISTED_IN = Key(
    "listed_in",
    SIMPLE_NAME,
    "The source whose rows are the days, or ranges of days, of a calendar of one's own.",
    names=lambda catalog, _: catalog.sources,
)
FIRST_DAY = Key("first_day", _column("day"), "The first day of a row of that source.")
LAST_DAY = Key(
    "last_day", EXPRESSION, "The last day of a row.", default="the first: each row is a day"
)
MONTH = Key("month", _column("fiscal_month"), "The number of the row's month in its year, from 1.")
QUARTER = Key(
    "quarter", _column("fiscal_quarter"), "The number of its quarter in its year, from 1."
)
YEAR = Key("year", _column("fiscal_year"), "The number by which its year is called.")
HOLIDAYS = Key("holidays", ANYTHING, "Days off.", later=Later.ADVISE)
CLOSED = Key("closed", ANYTHING, "Days without business.", later=Later.ADVISE)

OF_WEEKS = (PATTERN, ENDS, NAMED_BY)
OF_ROWS = (FIRST_DAY, MONTH, QUARTER, YEAR)
KIND = Kind(
    "calendar",
    "A fiscal calendar that a project names: years of whole weeks, 52 and now and then 53, or "
    "months, quarters and years as a source lists them (S20).",
    "calendar retail {\n  pattern: retail_454\n  ends: nearest(january)\n  named_by: start\n}",
    Header(),
    (*OF_WEEKS, LISTED_IN, FIRST_DAY, LAST_DAY, MONTH, QUARTER, YEAR, HOLIDAYS, CLOSED),
)


def bind(fields: Fields, scope: Scope) -> WeekYears | ListedCalendar | None:
    """Bind a calendar; None where it does not say all that its years need."""
    is_listed = any(key.name in fields.entries for key in (LISTED_IN, LAST_DAY, *OF_ROWS))
    if not is_listed:
        return None if _lacks(fields, OF_WEEKS, scope) else _of_weeks(fields, scope)
    stray = next((fields.entries[key.name] for key in OF_WEEKS if key.name in fields.entries), None)
    if stray is not None:
        scope.error(
            "K203",
            f"`{fields.name}` has years of whole weeks and years that a source lists",
            stray.key.span,
            label="of years of whole weeks",
            help="keep one of the two",
        )
        return None
    return None if _lacks(fields, (LISTED_IN, *OF_ROWS), scope) else _listed(fields, scope)


def in_settings(settings: Settings, years: WeekYears | ListedCalendar | None) -> Settings:
    """Return the settings of a project that names a calendar."""
    match years:
        case WeekYears():
            return settings.model_copy(update={"week_years": years})
        case ListedCalendar():
            return settings.model_copy(update={"listed": years})
    return settings


def _lacks(fields: Fields, keys: Sequence[Key[Any]], scope: Scope) -> bool:
    """Say which keys are not there; tell whether some are missing or unreadable."""
    missing = [key for key in keys if fields.lacks(key)]
    scope.diagnostics += [missing_key(fields, KIND, key, scope.catalog) for key in missing]
    return any(fields.get(key) is None for key in keys)


def _of_weeks(fields: Fields, scope: Scope) -> WeekYears | None:
    pattern, end, named = fields.get(PATTERN), fields.get(ENDS), fields.get(NAMED_BY)
    assert pattern is not None
    assert end is not None
    first, second, third = map(int, pattern.removeprefix("retail_"))
    nearest, month = end
    starts = scope.settings.week_starts
    return WeekYears((first, second, third), month, nearest, named == "start", starts)


def _listed(fields: Fields, scope: Scope) -> ListedCalendar | None:
    source = fields.get(LISTED_IN)
    assert source is not None
    if source.text not in scope.catalog.sources:
        scope.unknown("a source", source.text, source.span, scope.catalog.sources)
        return None
    binder = column_binder(scope, source.text, raw=True)
    last = LAST_DAY if LAST_DAY.name in fields.entries else FIRST_DAY
    found: list[RowExpr] = []
    for key in (FIRST_DAY, last, MONTH, QUARTER, YEAR):
        expr = fields.get(key)
        value = None if expr is None else binder.value(expr)
        if value is not None:
            found.append(value.expr)
    if len(found) < 5:
        return None
    first, until, month, quarter, year = found
    return ListedCalendar(
        **fields.described(),
        source=source.text,
        first_day=first,
        last_day=until,
        month=month,
        quarter=quarter,
        year=year,
    )
