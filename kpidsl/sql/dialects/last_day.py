"""Days near the last one of all, in dialects that have none after it."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, timedelta

from sqlglot import exp

from kpidsl.sql import build
from kpidsl.sql.dialects.mysql_calls import no_text
from kpidsl.sql.dialects.rewriting import call


def movable(day: exp.Expr, months: int, days: int) -> exp.Expr:
    """Return a day, or the last one that can be moved so far: exports write 9999-12-31 for
    "never"."""
    latest = _latest(max(months, 0), max(days, 0))
    if latest == date.max or (_is_written(day) and day.this.name <= str(latest)):
        return day
    return no_text(call("LEAST", day, build.day(latest)))


def _latest(months: int, days: int) -> date:
    """Return the last day that can be moved so far."""
    year, month = divmod(date.max.year * 12 + date.max.month - 1 - months, 12)
    return date(year, month + 1, monthrange(year, month + 1)[1]) - timedelta(days=days)


def _is_written(day: exp.Expr) -> bool:
    return isinstance(day, exp.Cast) and isinstance(day.this, exp.Literal)
