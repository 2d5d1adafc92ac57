"""The days that count towards each period: its own, shifted (S19), or from before it on (S18)."""

from __future__ import annotations

from datetime import date

from sqlglot import exp

from kpidsl.model.periods import period_start, periods, shift_window
from kpidsl.plan.nodes import PERIOD, Frame, Reach, Shift
from kpidsl.sql import build
from kpidsl.sql.dialects import Dialect

FIRST_DAY, END_DAY = "first_day", "end_day"


def bounds(frame: Frame, dialect: Dialect, table: str, shift: Shift) -> tuple[exp.Expr, exp.Expr]:
    """Return the first day of a row's period, moved back, and the first day after it."""
    grain, window = frame.grain, frame.window
    if grain is None:
        assert window is not None
        looked = shift_window(window, -shift.months, -shift.days)
        return build.day(looked.start), build.day(looked.end)
    period = build.column(PERIOD, table)
    months = {"month": 1, "quarter": 3, "year": 12}.get(grain.value, 0)
    days = {"day": 1, "week": 7}.get(grain.value, 0)
    start = dialect.add(period, -shift.months, -shift.days)
    end = dialect.add(period.copy(), months - shift.months, days - shift.days)
    if window is not None:
        looked = shift_window(window, -shift.months, -shift.days)
        starts = frame.settings.week_starts
        if period_start(window.end, grain, starts) != window.end:
            end = exp.Least(this=end, expressions=[build.day(looked.end)])
        if period_start(window.start, grain, starts) != window.start:
            start = exp.Greatest(this=start, expressions=[build.day(looked.start)])
    return start, end


def reaching(frame: Frame, dialect: Dialect, table: str, shift: Shift, reach: Reach) -> exp.Select:
    """Return a SELECT of the rows of `table` (the periods) with the days that count towards each:
    from `first_day`, where the reach is bounded, up to `end_day`."""
    _, end = bounds(frame, dialect, table, shift)
    columns = [build.column(PERIOD, table), build.alias(end, END_DAY)]
    if reach.since is not None:
        last = dialect.add(end.copy(), 0, -1)
        first = dialect.period_start(last, reach.since, frame.settings.week_starts)
        columns.append(build.alias(first, FIRST_DAY))
    elif reach.is_bounded:
        first = dialect.add(end.copy(), -reach.months, -reach.days)
        columns.append(build.alias(first, FIRST_DAY))
    return build.select(*columns).from_(build.table(table), copy=False)


def within(day: exp.Expr, spans: str, reach: Reach) -> exp.Expr:
    """Return the test that a day counts towards a row of the `spans`."""
    tests: list[exp.Expr] = [exp.LT(this=day, expression=build.column(END_DAY, spans))]
    if reach.is_bounded:
        first = build.column(FIRST_DAY, spans)
        tests.insert(0, exp.GTE(this=day.copy(), expression=first))
    both = build.conjunction(tests)
    assert both is not None
    return both


def scanned(frame: Frame, shift: Shift, reach: Reach | None) -> tuple[date | None, date] | None:
    """Return the first day that any period of the window needs (None: all of them) and the first
    that none does; None when the query has no window."""
    if frame.window is None:
        return None
    looked = shift_window(frame.window, -shift.months, -shift.days)
    if reach is None:
        return looked.start, looked.end
    starts = frame.settings.week_starts
    first = frame.window
    if frame.grain is not None:
        first = periods(frame.window, frame.grain, starts)[0]
    end = shift_window(first, -shift.months, -shift.days).end
    return reach.start(end, starts), looked.end
