"""Clocks of time zones, written into statements: most servers have not loaded any zones."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from sqlglot import exp

from kpidsl.sql.dialects.mysql_calls import moved
from kpidsl.sql.dialects.rewriting import call

_FIRST, _END = datetime(1900, 1, 1), datetime(2101, 1, 1)  # noqa: DTZ001 -- of any zone
"""Between these all changes of a clock are told; before and after, it goes on as there."""
_SECOND = timedelta(seconds=1)
_STEP = timedelta(days=4)
"""No clock is changed and changed back within so short a time."""
_YEAR_ZERO_DAYS = 365
"""MySQL counts from the year 0, Python's ordinals from 1 January of the year 1, which is 1."""

Shifts = Sequence[tuple[datetime, int]]
"""From when on a moment is moved by how many seconds; the first counts for all before it too."""


def shown(moment: exp.Expr, stored_as: str, zone: str) -> exp.Expr:
    """Return what the clock of a zone shows when another shows a moment: of two such times the
    later, and in an hour that is skipped the time by the clock as it was before."""
    return moment if stored_as == zone else _shifted(moment, between(stored_as, zone))


def _shifted(moment: exp.Expr, shifts: Shifts) -> exp.Expr:
    (_, own), *later = shifts
    if not later:
        return moved(moment, exp.Literal.number(own), "SECOND") if own else moment
    starts, seconds = ([_seconds(start) for start, _ in later], [shift for _, shift in shifts])
    past = call("INTERVAL", call("TO_SECONDS", moment.copy()), _row(starts))
    place = exp.Add(this=past, expression=exp.Literal.number(1))
    return moved(moment, call("ELT", place, _row(seconds)), "SECOND")


def _row(numbers: Sequence[int]) -> exp.Expr:
    """Return numbers as arguments that stand in one line, of which there are hundreds."""
    return exp.Var(this=", ".join(map(str, numbers)))


def _seconds(moment: datetime) -> int:
    """Return what `TO_SECONDS` gives."""
    since = moment - datetime.combine(moment.date(), datetime.min.time())
    return (moment.toordinal() + _YEAR_ZERO_DAYS) * 86_400 + since // _SECOND


@cache
def between(stored_as: str, zone: str) -> Shifts:
    """Return by how much a moment is moved from the clock of one zone to that of another."""
    own, other = ZoneInfo(stored_as), ZoneInfo(zone)
    starts = {at + _offset(at, own) for at in _changes(own)}
    starts |= {at + _offset(near, own) for at in _changes(other) for near in (at - _SECOND, at)}
    found = [(_FIRST, _shift(_FIRST, own, other))]
    for start in sorted(starts):
        if (seconds := _shift(start, own, other)) != found[-1][1]:
            found.append((start, seconds))
    return found


def _shift(moment: datetime, own: ZoneInfo, other: ZoneInfo) -> int:
    """Return by how much a moment is moved that a clock shows."""
    # Of two times the later has the smaller offset; in a skipped hour that is the one before.
    local = moment.replace(tzinfo=own)
    offset = min(_local_offset(local.replace(fold=fold)) for fold in (0, 1))
    return (_offset(moment - offset, other) - offset) // _SECOND


@cache
def _changes(zone: ZoneInfo) -> list[datetime]:
    """Return the instants at which a clock gets another offset."""
    found = []
    at = _FIRST
    while at < _END:
        before, following = _offset(at, zone), at + _STEP
        if _offset(following, zone) != before:
            while following - at > _SECOND:
                middle = at + (following - at) // _SECOND // 2 * _SECOND
                is_before = _offset(middle, zone) == before
                at, following = (middle, following) if is_before else (at, middle)
            found.append(following)
        at = following
    return found


def _offset(instant: datetime, zone: ZoneInfo) -> timedelta:
    return _local_offset(instant.replace(tzinfo=UTC).astimezone(zone))


def _local_offset(moment: datetime) -> timedelta:
    offset = moment.utcoffset()
    assert offset is not None
    return offset
