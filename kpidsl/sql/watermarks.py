"""How far a source vouches for its data (S21)."""

from __future__ import annotations

from sqlglot import exp

from kpidsl.model.sources import TimeSpec
from kpidsl.sql import build
from kpidsl.sql.dialects import Clock, Dialect
from kpidsl.sql.scope import Scope


def vouched_until(scope: Scope, dialect: Dialect, zone: str) -> exp.Expr | None:
    """Return the first day that is not complete: the one declared, or a scalar query of the local
    day of the latest time; None where the source of a scope says nothing."""
    mark = scope.source.watermark
    if not isinstance(mark, TimeSpec):
        return None if mark is None else build.day(mark)
    local = dialect.local_end(scope.value(mark.expr), Clock(zone, mark.stored_as), exp.Max)
    latest = build.select(build.cast(local, "DATE"))
    return exp.Subquery(this=scope.apply_joins(latest))
