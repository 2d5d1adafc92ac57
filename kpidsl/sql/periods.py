"""Periods of days, in every dialect: what their own functions lack is put together here (S20)."""

from __future__ import annotations

from sqlglot import exp

from kpidsl.model.moments import DayPart
from kpidsl.model.periods import Calendar, Grain
from kpidsl.plan.nodes import Coarser, Frame
from kpidsl.sql import build
from kpidsl.sql.dialects import Clock, Dialect


def period_start(dialect: Dialect, value: exp.Expr, grain: Grain, calendar: Calendar) -> exp.Expr:
    """Return the first day of the period that holds a day or local time."""
    later = 0 if grain is grain.ordinary else calendar.months_after_january
    if not later:
        return dialect.period_start(value, grain.ordinary, calendar.week_starts)
    # Of the month's first day, since not every month has a 31st to be moved to.
    month = dialect.period_start(value, Grain.MONTH, calendar.week_starts)
    moved = dialect.add(month, -later, 0)
    start = dialect.period_start(moved, grain.ordinary, calendar.week_starts)
    return dialect.add(start, later, 0)


def coarser_period(coarser: Coarser, period: exp.Expr, frame: Frame, dialect: Dialect) -> exp.Expr:
    """Return the first day of the longer period in which a cell's `period` lies; NULL where cells
    are of periods that lie in several, or of all time."""
    if frame.grain is coarser.grain:
        return period
    own = next((item for item in frame.coarser if item.column == coarser.column), None)
    if own is None:
        return build.cast(exp.Null(), "DATE")
    calendar, day = frame.settings.calendar, period
    if isinstance(frame.grain, DayPart):
        local = dialect.local_time(period, Clock(frame.settings.timezone, "UTC"))
        day = dialect.period_start(local, Grain.DAY, calendar.week_starts)
    if not own.listed:
        return period_start(dialect, day, coarser.grain, calendar)
    return build.case(
        [
            (exp.EQ(this=day.copy(), expression=build.day(start)), build.day(longer))
            for start, longer in own.listed
        ]
    )
