"""Days and moments, which SQLite holds as texts."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from kpidsl.engines.sqlite_values import Held, Misfit, shown
from kpidsl.model.moments import DayPart
from kpidsl.sql.dialects import Kind

_LAST = "9999-12-31 23:59:59"
_FULL_HOUR = datetime(1970, 1, 1)  # noqa: DTZ001  (of any zone)
_REMEMBERED = 1 << 12
"""Values that a row's conditions and columns ask for again."""
_zone = lru_cache(ZoneInfo)


def _parsed(value: Held) -> datetime | date:
    """Read `2026-03-31`, `2026-03-31 12:30[:00[.123456]]`, with a T or a blank, and with or without
    a zone, `Z` or `+02:00`."""
    # Python reads `20260331` and `2026-W14-2` as well, which sort otherwise.
    if isinstance(value, str) and value[4:5] == value[7:8] == "-" and value[5:6] != "W":
        try:
            return date.fromisoformat(value) if len(value) == 10 else datetime.fromisoformat(value)
        except ValueError as failure:
            raise Misfit(f"`{shown(value)}` is no date or time") from failure
    raise Misfit(f"`{shown(value)}` is no date or time such as `2026-03-31 12:30:00`")


@lru_cache(_REMEMBERED)
def moment_in(value: Held, zone: str) -> str | None:
    """Return a day's midnight, or a moment; one with a zone of its own as it is in `zone`."""
    if value is None:
        return None
    found = _parsed(value)
    if not isinstance(found, datetime):
        return _written(_midnight(found))
    return _written(found if found.tzinfo is None else _moved(found, zone))


@lru_cache(_REMEMBERED)
def local_time(value: Held, stored: str | None, zone: str) -> str | None:
    """Return the local time of a clock's value (S20): `stored` is the zone of those without."""
    if value is None:
        return None
    found = _of_clock(value, stored)
    if not isinstance(found, datetime):
        return _written(_midnight(found))
    if stored == zone:
        return _written(found)
    return _written(_moved(found if stored is None else _in_zone(found, stored), zone))


@lru_cache(_REMEMBERED)
def instant(value: Held, stored: str | None, zone: str) -> str | None:
    """Return when a clock's value was, as a moment of UTC; a day is its midnight in `zone`."""
    if value is None:
        return None
    found = _of_clock(value, stored)
    if not isinstance(found, datetime):
        return _written(_moved(_in_zone(_midnight(found), zone), "UTC"))
    return _written(_moved(found if stored is None else _in_zone(found, stored), "UTC"))


def part_start(moment: Held, local: Held, part: str) -> str | None:
    """Return the moment at which the part of a day begins that holds a moment, given the local
    time then."""
    if moment is None or local is None:
        return None
    at, shows = datetime.fromisoformat(str(moment)), datetime.fromisoformat(str(local))
    return _written(at - (shows - _FULL_HOUR) % DayPart(part).length)


def _of_clock(value: Held, stored: str | None) -> datetime | date:
    """Read what names its own zone or is a day, or else a time that is `stored` in a zone (S20)."""
    found = _parsed(value)
    if not isinstance(found, datetime):
        what = None if stored is None else f"is a day, and can't be stored as {stored}"
    elif found.tzinfo is None:
        what = "is a time without a zone" if stored is None else None
    else:
        what = None if stored is None else f"names its own zone, and can't be stored as {stored}"
    if what is not None:
        raise Misfit(f"`{shown(value)}` {what}")
    return found


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min)


def _in_zone(moment: datetime, stored: str) -> datetime:
    """Return when a clock showed a time: of two instants the later, and of none the one that is
    as much later as the clock was moved."""
    first = moment.replace(tzinfo=_zone(stored))
    second = first.replace(fold=1)
    return max(first, second, key=lambda found: -(found.utcoffset() or timedelta()))


def _moved(moment: datetime, zone: str) -> datetime:
    try:
        return moment.astimezone(_zone(zone)).replace(tzinfo=None)
    except OverflowError:  # 9999-12-31, as exports write "never": the calendar ends
        return moment.replace(tzinfo=None)


def _written(moment: datetime) -> str:
    return moment.isoformat(" ")


def moved_by(moment: Held, seconds: int) -> str | None:
    """Return the moment so many seconds later, at most the calendar's last."""
    if moment is None:
        return None
    found = _parsed(moment)
    if not isinstance(found, datetime):
        found = _midnight(found)
    try:
        return _written(found + timedelta(seconds=seconds))
    except OverflowError:
        return _LAST


def kind_of(value: Held) -> Kind | None:
    """Return what a value is."""
    match value:
        case None:
            return None
        case int() | float():
            return Kind.NUMBER
        case bytes():
            return Kind.OTHER
    try:
        found = _parsed(value)
    except Misfit:
        return Kind.TEXT
    if not isinstance(found, datetime):
        return Kind.DAY
    return Kind.MOMENT if found.tzinfo is None else Kind.ZONED
