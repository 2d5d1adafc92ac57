"""Hours, minutes and seconds of a local clock (S20).

Such a period is a local time together with its offset from UTC, so the hour that a clock repeats in
autumn is two periods, and the one that it skips in spring is none. A period is known by the
instant at which it begins, a naive time of UTC: instants neither repeat nor skip.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone
from enum import StrEnum
from zoneinfo import ZoneInfo

from kpidsl.model.periods import Window

_DAY = timedelta(days=1)
_SECOND = timedelta(seconds=1)
_FULL_HOUR = datetime(1970, 1, 1)  # noqa: DTZ001  (of any zone)


class DayPart(StrEnum):
    """The parts of a day by which results are grouped."""

    HOUR = "hour"
    MINUTE = "minute"
    SECOND = "second"

    @property
    def length(self) -> timedelta:
        return _LENGTHS[self]


_LENGTHS = {
    DayPart.HOUR: timedelta(hours=1),
    DayPart.MINUTE: timedelta(minutes=1),
    DayPart.SECOND: _SECOND,
}


@dataclass(frozen=True, slots=True)
class Run:
    """Periods of one length, each beginning where the one before ends."""

    first: datetime
    last: datetime
    part: DayPart

    @property
    def count(self) -> int:
        return (self.last - self.first) // self.part.length + 1


def runs(window: Window, part: DayPart, zone: str) -> list[Run]:
    """Return all periods of a window of local days, in order.

    They are one run unless the clock is moved by less than a period's length.
    """
    found: list[Run] = []
    for start, end, offset in _stretches(window, ZoneInfo(zone)):
        first = start - (start + offset - _FULL_HOUR) % part.length
        last = first + (-((first - end) // part.length) - 1) * part.length
        if found and first - found[-1].last in {timedelta(), part.length}:
            first = found.pop().first
        found.append(Run(first, last, part))
    return found


def local_period(start: datetime, part: DayPart, zone: str) -> datetime:
    """Return a period's local time with its offset.

    The offset is the one at the period's end: a clock moved by half an hour begins an hour anew
    in its midst.
    """
    instant = start.replace(tzinfo=UTC)
    offset = _offset(start + part.length - _SECOND, ZoneInfo(zone))
    return instant.astimezone(timezone(offset))


def _stretches(window: Window, zone: ZoneInfo) -> Iterator[tuple[datetime, datetime, timedelta]]:
    """Yield the stretches of a window in which the zone has one offset."""
    start, end = _midnight(window.start, zone), _midnight(window.end, zone)
    at = start
    while at < end:
        following = min(at + _DAY, end)
        if _offset(following, zone) != _offset(at, zone):
            following = _moved_at(at, following, zone)
            yield start, following, _offset(at, zone)
            start = following
        at = following
    if start < end:
        yield start, end, _offset(start, zone)


def _moved_at(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    """Return the instant between two at which the clock is moved."""
    old = _offset(before, zone)
    while after - before > _SECOND:
        middle = before + (after - before) // _SECOND // 2 * _SECOND
        before, after = (middle, after) if _offset(middle, zone) == old else (before, middle)
    return after


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    """Return the instant at which a local day begins."""
    return datetime.combine(day, time.min, zone).astimezone(UTC).replace(tzinfo=None)


def _offset(instant: datetime, zone: ZoneInfo) -> timedelta:
    offset = instant.replace(tzinfo=UTC).astimezone(zone).utcoffset()
    assert offset is not None
    return offset
