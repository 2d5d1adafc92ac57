"""Times that are compared: when rows hold, and when those that join them were (S8, S20)."""

from __future__ import annotations

from collections.abc import Callable

from sqlglot import exp

from kpidsl.sql.dialects import Clock, Dialect


def alike(dialect: Dialect, ends: Clock, own: Clock) -> Callable[[exp.Expr, Clock], exp.Expr]:
    """Return what reads values so that ends compare with the times of rows, each by its clock.

    Of one zone's clock they compare as they are stored. Otherwise moments compare as instants, for
    what the local clock shows it may show twice; but a day begins as the local clock shows it.
    """
    if ends.stored_as is not None and ends == own:
        as_stored = Clock(ends.stored_as, ends.stored_as)
        return lambda value, _: dialect.local_time(value, as_stored)
    if ends.stored_as is None or ends.zone == "UTC":
        return dialect.local_time
    return dialect.instant
