"""Periods of days, in every dialect: what their own functions lack is put together here (S20)."""

from __future__ import annotations

from sqlglot import exp

from kpidsl.model.periods import Calendar, Grain
from kpidsl.sql.dialects import Dialect


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
