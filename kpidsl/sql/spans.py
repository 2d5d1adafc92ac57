"""The days that count towards each period: its own, moved (S19), or from before it on (S18)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from sqlglot import exp

from kpidsl.model.moments import DayPart
from kpidsl.model.periods import Grain, period_start, shift_window
from kpidsl.plan.looks import Look, Shift
from kpidsl.plan.nodes import PERIOD, Frame
from kpidsl.sql import build
from kpidsl.sql.dialects import Clock, Dialect
from kpidsl.sql.periods import period_start as first_day_of

FIRST_DAY, END_DAY = "first_day", "end_day"


Day = date | exp.Expr
"""A day that is known while compiling, or the expression of one."""


def edges(frame: Frame, dialect: Dialect, table: str, look: Look) -> tuple[list[Day], list[Day]]:
    """Return the days of which the latest is the first day of a row's period, moved back, and those
    of which the earliest is the first day after it: its own, and the window's where that cuts a
    period. Of a part of a day they are those of its day."""
    grain, window, shift = frame.grain, frame.window, look.moves
    calendar = frame.settings.calendar
    if grain is None:
        assert window is not None
        moved = look.moved(window, None, calendar)
        if moved is None:
            no_day = build.cast(exp.Null(), "DATE")
            return [no_day], [no_day.copy()]
        return [moved.start], [moved.end]
    period = build.column(PERIOD, table)
    if isinstance(grain, DayPart):
        local = dialect.local_time(period, Clock(frame.settings.timezone, "UTC"))
        day = build.cast(local, "DATE")
        return [day], [dialect.add(day.copy(), 0, 1)]
    starts: list[Day] = [dialect.add(period, -shift.months, -shift.days)]
    ends: list[Day] = [_end(dialect, build.column(PERIOD, table), grain, shift)]
    if window is not None:
        looked = shift_window(window, -shift.months, -shift.days)
        if period_start(window.end, grain, calendar) != window.end:
            ends.append(looked.end)
        if period_start(window.start, grain, calendar) != window.start:
            starts.append(looked.start)
    return starts, ends


def _end(dialect: Dialect, period: exp.Expr, grain: Grain, shift: Shift) -> exp.Expr:
    """Return the first day after a period, moved back."""
    end = dialect.add(period, grain.months - shift.months, grain.days - shift.days)
    if not (grain.days and shift.months):
        return end
    # The end of a day is the first of the next, which moves on its own: the last of a short month
    # looks at all that a longer one has left, so that the days make up the month (S19).
    following = dialect.add(period.copy(), 0, grain.days)
    moved = dialect.add(following, -shift.months, -shift.days)
    return exp.Greatest(this=end, expressions=[moved], ignore_nulls=True)


def in_tree(day: Day) -> exp.Expr:
    return build.day(day) if isinstance(day, date) else day


def _one(days: list[Day], chosen: type[exp.Least] | type[exp.Greatest]) -> exp.Expr:
    """Return the day that is chosen of some, none of which is ever NULL."""
    first, *rest = map(in_tree, days)
    return chosen(this=first, expressions=rest, ignore_nulls=True) if rest else first


def spans(frame: Frame, dialect: Dialect, periods: str, look: Look) -> exp.Query:
    """Return a query of the periods with the days that count towards each: from `first_day`,
    where there is one, up to `end_day`."""
    if look.listed:
        return _listed(frame, dialect, look)
    starts, ends = edges(frame, dialect, periods, look)
    start, end = _one(starts, exp.Greatest), _one(ends, exp.Least)
    columns = [build.column(PERIOD, periods), build.alias(end, END_DAY)]
    if look.reach is None:
        columns.append(build.alias(start, FIRST_DAY))
    elif look.reach.since is not None:
        last = dialect.add(end.copy(), 0, -1)
        first = first_day_of(dialect, last, look.reach.since, frame.settings.calendar)
        columns.append(build.alias(first, FIRST_DAY))
    elif look.reach.is_bounded:
        first = dialect.add(end.copy(), -look.reach.months, -look.reach.days)
        columns.append(build.alias(first, FIRST_DAY))
    return build.select(*columns).from_(build.table(periods), copy=False)


def _listed(frame: Frame, dialect: Dialect, look: Look) -> exp.Query:
    """Return the days of periods that follow from a calendar's rule, one by one."""
    assert look.pairs is not None
    has_first = look.reach is None or look.reach.is_bounded
    rows: list[list[date]] = []
    for period, own in look.pairs:
        if own is None or period is None:
            continue
        first: date | None = own.start
        if look.reach is not None:
            first = look.reach.start(own.end, frame.settings.calendar)
        rows.append([period, own.end, *([first] if has_first and first is not None else [])])
    names = [PERIOD, END_DAY, *([FIRST_DAY] if has_first else [])]
    return dialect.listed_days(names, rows) if rows else _none(names)


def _none(names: Iterable[str]) -> exp.Select:
    columns = [build.alias(build.cast(exp.Null(), "DATE"), name) for name in names]
    return build.where(build.select(*columns), exp.Boolean(this=False))


def within(day: exp.Expr, table: str, look: Look) -> exp.Expr:
    """Return the test that a day counts towards a row of the spans."""
    tests: list[exp.Expr] = [exp.LT(this=day, expression=build.column(END_DAY, table))]
    if look.reach is None or look.reach.is_bounded:
        first = build.column(FIRST_DAY, table)
        tests.insert(0, exp.GTE(this=day.copy(), expression=first))
    both = build.conjunction(tests)
    assert both is not None
    return both
