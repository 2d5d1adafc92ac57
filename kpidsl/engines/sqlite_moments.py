"""Days and moments, which SQLite holds as texts."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from kpidsl.engines.sqlite_values import Held, Misfit, shown

TYPES = ("DATE", "TIMESTAMP", "TIMESTAMP WITH TIME ZONE")
"""What `type_of` calls days, and moments without and with a zone."""
_LAST = "9999-12-31 23:59:59"
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
        return f"{found.isoformat()} 00:00:00"
    return _written(found if found.tzinfo is None else _moved(found, zone))


@lru_cache(_REMEMBERED)
def local_time(value: Held, stored: str | None, zone: str) -> str | None:
    """Return the local time of a clock's value (S20): `stored` is the zone of those without."""
    if value is None:
        return None
    found = _parsed(value)
    is_day = not isinstance(found, datetime)
    names_zone = isinstance(found, datetime) and found.tzinfo is not None
    if stored is None:
        if not is_day and not names_zone:
            raise Misfit(f"`{shown(value)}` is a time without a zone")
        return moment_in(value, zone)
    if not isinstance(found, datetime) or names_zone:
        what = "is a day" if is_day else "names its own zone"
        raise Misfit(f"`{shown(value)}` {what}, and can't be stored as {stored}")
    if stored == zone:
        return _written(found)
    return _written(_moved(found.replace(tzinfo=_zone(stored)), zone))


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
        found = datetime.combine(found, datetime.min.time())
    try:
        return _written(found + timedelta(seconds=seconds))
    except OverflowError:
        return _LAST


def type_of(value: Held) -> str | None:
    """Return DuckDB's name for the type of a value."""
    match value:
        case None:
            return None
        case int():
            return "BIGINT"
        case float():
            return "DOUBLE"
        case bytes():
            return "BLOB"
    try:
        found = _parsed(value)
    except Misfit:
        return "VARCHAR"
    day, naive, zoned = TYPES
    if not isinstance(found, datetime):
        return day
    return naive if found.tzinfo is None else zoned
