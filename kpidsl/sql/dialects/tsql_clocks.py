"""Clocks of time zones, written into statements: SQL Server knows zones by the names that Windows
gives them, and not since when their rules hold."""

from __future__ import annotations

from itertools import pairwise

from sqlglot import exp

from kpidsl.sql import build
from kpidsl.sql.dialects.mysql_calls import no_text
from kpidsl.sql.dialects.mysql_zones import Shifts, between
from kpidsl.sql.dialects.rewriting import call, word

_SHIFTS, _START, _SECONDS = "shifts", "start", "seconds"
_FIRST_DAY = "0001-01-01"


def moved(moment: exp.Expr, count: exp.Expr, unit: str) -> exp.Expr:
    return no_text(call("DATEADD", word(unit), count, moment))


def shown(moment: exp.Expr, stored_as: str, zone: str) -> exp.Expr:
    """Return what the clock of a zone shows when another shows a moment: of two such times the
    later, and in an hour that is skipped the time by the clock as it was before."""
    shifts = [] if stored_as == zone else between(stored_as, zone)
    if not any(seconds for _, seconds in shifts):
        return moment
    start = build.cast(build.column(_START, _SHIFTS), "TIMESTAMP")
    so_far = build.select(exp.Sum(this=build.column(_SECONDS, _SHIFTS)))
    so_far = build.where(
        build.from_(so_far, _rows(shifts)), exp.LTE(this=start, expression=moment.copy())
    )
    return moved(moment, exp.Subquery(this=so_far), "SECOND")


def _rows(shifts: Shifts) -> exp.Expr:
    """Return by how much more a clock is moved from when on; hundreds of rows, in one line."""
    (_, own), *_ = shifts
    told = [(_FIRST_DAY, own)]
    told += [
        (f"{start:%Y-%m-%d %H:%M:%S}", after - before)
        for (_, before), (start, after) in pairwise(shifts)
    ]
    rows = word(", ".join(f"('{start}', {seconds})" for start, seconds in told))
    columns = [*map(build.identifier, (_START, _SECONDS))]
    header = exp.TableAlias(this=build.identifier(_SHIFTS), columns=columns)
    return exp.Values(expressions=[rows], alias=header)
