"""Clocks of other zones, in dialects that move a moment from one to another by
`CONVERT_TIMEZONE`; and names of zones that are no abbreviations."""

from __future__ import annotations

from sqlglot import exp

from kpidsl.sql import build
from kpidsl.sql.dialects.base import Clock
from kpidsl.sql.dialects.duckdb import interval
from kpidsl.sql.dialects.rewriting import call

_FULL_NAMES = {
    "CET": "Europe/Brussels",
    "EET": "Europe/Athens",
    "EST": "America/Panama",
    "HST": "Pacific/Honolulu",
    "MET": "Europe/Brussels",
    "MST": "America/Phoenix",
    "WET": "Europe/Lisbon",
}
"""Zones whose names are abbreviations, too, by those that they are links to."""


def full_name(zone: str) -> str:
    """Return a zone by a name that is nothing else: an abbreviation is an offset, in summer as in
    winter, or whatever a server's settings say."""
    return _FULL_NAMES.get(zone, zone)


def local_of(moment: exp.Expr, clock: Clock) -> exp.Expr:
    """Return a time column's value, a timestamp, as a naive local one."""
    if clock.stored_as is None or clock.stored_as == clock.zone:
        return moment
    return _moved(instant_of(moment, clock.stored_as), "UTC", clock.zone)


def instant_of(moment: exp.Expr, zone: str) -> exp.Expr:
    """Return the instant at which the clock of a zone shows a moment: of two the later one, and in
    the hour that is skipped by the clock as it was before.

    A day on, the clock is after any change: with its offset then the instant is right if that one
    holds already; if not, no other instant looks like it.
    """
    if zone == "UTC":
        return moment
    next_day = _moved(exp.Add(this=moment.copy(), expression=interval(1, "DAY")), zone, "UTC")
    late = exp.Sub(this=next_day, expression=interval(1, "DAY"))
    holds = exp.EQ(this=_moved(late.copy(), "UTC", zone), expression=moment.copy())
    return build.case([(holds, late)], _moved(moment, zone, "UTC"))


def _moved(moment: exp.Expr, zone: str, into: str) -> exp.Expr:
    """Return what the clock of a zone shows when that of another shows a moment."""
    zones = (exp.Literal.string(full_name(name)) for name in (zone, into))
    return call("CONVERT_TIMEZONE", *zones, moment) if zone != into else moment
