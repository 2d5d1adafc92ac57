"""What the rules give no answer to, as far as a query alone tells."""

from __future__ import annotations

from kpidsl.model.expr import FixedAmount, OverEntities, Rolling, Running, ToDate
from kpidsl.model.moments import DayPart
from kpidsl.model.periods import Grain
from kpidsl.model.project import Model, Settings
from kpidsl.plan.query import Query
from tests.oracle import listed
from tests.oracle.around import Around
from tests.oracle.days import FISCAL
from tests.oracle.leaves import Leaf, Parts
from tests.oracle.rows import Refused

LENGTHS = {
    Grain.MONTH: 1,
    Grain.FISCAL_MONTH: 1,
    Grain.QUARTER: 3,
    Grain.FISCAL_QUARTER: 3,
    Grain.YEAR: 12,
    Grain.FISCAL_YEAR: 12,
}
"""Of periods of months, in months."""


def refuse(model: Model, query: Query, parts: Parts) -> None:
    """Raise `Refused` if a part of a query's formulas has no answer there."""
    timed = query.window is not None or query.grain is not None
    if model.settings.week_years is not None or model.settings.listed is not None:
        _refuse_unlisted(model.settings, query, parts)
    if isinstance(query.grain, DayPart):
        _refuse_parts_of_days(query, parts)
    for part, around in parts:
        if isinstance(part, OverEntities):
            continue
        shift = around.shift
        if isinstance(part, Leaf) and timed and model.sources[part.source].time is None:
            raise Refused(f"{part.source} has no time")
        if (shift.months or shift.days) and query.window is None:
            raise Refused("without a window there is nothing to shift")
        level = isinstance(part, Leaf) and part.measure.stock is not None
        if level and around.reach is not None:
            raise Refused("a level is not added up over time")
        if (around.reach is not None or level) and not timed:
            raise Refused("without a window there is nothing to shift")


def _refuse_unlisted(settings: Settings, query: Query, parts: Parts) -> None:
    """Own years are listed, and so need a window, of days that are listed."""
    for _, around in parts:
        since = around.reach if isinstance(around.reach, ToDate) else None
        if query.window is None:
            if query.grain in FISCAL or (since is not None and since.grain in FISCAL):
                raise Refused("periods of own years without a window")
        elif listed.is_asked_without(settings, query, since):
            raise Refused("fiscal periods of days that are not listed")


def _refuse_parts_of_days(query: Query, parts: Parts) -> None:
    if query.window is None:
        raise Refused("parts of days without a window")
    for part, around in parts:
        if around.shift.months or around.shift.days or around.reach is not None:
            raise Refused("a part of a day looks at no other days")
        if not isinstance(part, Leaf) or part.measure.stock is not None:
            raise Refused("fixed amounts and levels are by the day")


def refuse_fixed(query: Query, amount: FixedAmount, around: Around) -> None:
    """Raise `Refused` where a fixed amount has no answer."""
    if any(of == amount.currency != into for of, into in around.conversions):
        raise Refused("a fixed amount has no day to take a rate at")
    if query.top is not None:
        raise Refused("a fixed amount has no first members")
    if around.filters and amount.allocate_by is None:
        raise Refused("a fixed amount without allocation under a filter")
    if query.window is None:
        raise Refused("a fixed amount accrues over a window, and there is none")
    if around.kept is not None or isinstance(around.reach, Running):
        raise Refused("a fixed amount has no total over groups and no first day")


def refuse_periods(model: Model, query: Query, expr: OverEntities, around: Around) -> None:
    """Raise `Refused` where the periods of an aggregate don't make up those of the query."""
    period, grain = expr.period, query.grain
    years = model.settings.week_years or model.settings.listed
    assert period is not None
    moved = bool(around.shift.months or around.shift.days)
    rolls = period is Grain.DAY and isinstance(around.reach, Rolling | ToDate)
    if (moved or around.reach is not None) and not rolls:
        raise Refused("periods are those of the question")
    if rolls and query.window is None and (moved or grain is None):
        raise Refused("without a window there is nothing to shift")
    if rolls and around.per and grain is not None:
        raise Refused("an entity has no days where it has no rows")
    if rolls or grain is None or grain is period:
        within = True
    elif isinstance(grain, DayPart) or (grain in FISCAL and years is not None):
        within = False
    else:
        fiscal = {period in FISCAL, grain in FISCAL}
        within = period is Grain.DAY or (
            period not in {Grain.WEEK, *(FISCAL if years is not None else ())}
            and grain not in {Grain.DAY, Grain.WEEK}
            and LENGTHS[grain] % LENGTHS[period] == 0
            and (len(fiscal) == 1 or LENGTHS[period] == 1)
        )
    if not within or (query.sparse and grain is not None):
        raise Refused("periods are put together where each lies in one, and all are there")
