"""Calendar arithmetic of the oracle, written apart from `kpidsl.model.periods` on purpose."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from fractions import Fraction
from zoneinfo import ZoneInfo

from kpidsl.model.moments import DayPart
from kpidsl.model.periods import Grain
from kpidsl.model.project import Settings
from kpidsl.model.sources import TimeSpec
from tests.oracle import listed, retail

Span = tuple[date, date]
"""Local days, half-open; of a part of a day, local times with their offset."""

FISCAL = {Grain.FISCAL_MONTH: 1, Grain.FISCAL_QUARTER: 3, Grain.FISCAL_YEAR: 12}
_ONE = timedelta(days=1)


def local_time(value: object, spec: TimeSpec, zone: str) -> date | datetime | None:
    """Bring a raw time to the project's clock (S20): dates stay, naive datetimes are read in
    the zone that they are stored in."""
    if value is None:
        return None
    if isinstance(value, datetime):
        if value.tzinfo is None and spec.stored_as is None:
            return value
        return instant(value, spec, zone).astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    assert isinstance(value, date), value
    return value


def instant(value: datetime, spec: TimeSpec, zone: str) -> datetime:
    """When a raw time was. What a clock shows twice is the later of the two; what it skips is so
    much later as it was moved."""
    if value.tzinfo is not None:
        return value
    first = value.replace(tzinfo=ZoneInfo(spec.stored_as or zone)).astimezone(UTC)
    second = value.replace(tzinfo=ZoneInfo(spec.stored_as or zone), fold=1).astimezone(UTC)
    return max(first, second)


def part_of_day(moment: datetime, part: DayPart, zone: str) -> Span:
    """The hour, minute or second on the local clock that holds an instant."""
    local = moment.astimezone(ZoneInfo(zone))
    start = local.replace(microsecond=0, tzinfo=timezone(local.utcoffset() or timedelta()))
    if part is not DayPart.SECOND:
        start = start.replace(second=0)
    if part is DayPart.HOUR:
        start = start.replace(minute=0)
    return start, start + timedelta(**{f"{part}s": 1})


def hours(window: Span, zone: str) -> list[Span]:
    """Every hour that the local clock shows in a window of days, met by quarters of an hour."""
    found: list[Span] = []
    at = datetime(window[0].year, window[0].month, window[0].day, tzinfo=UTC) - timedelta(days=1)
    for _ in range(((window[1] - window[0]).days + 2) * 96):
        span = part_of_day(at, DayPart.HOUR, zone)
        if window[0] <= day_of(span[0]) < window[1] and span not in found:
            found.append(span)
        at += timedelta(minutes=15)
    return found


def day_of(moment: date | datetime) -> date:
    return moment.date() if isinstance(moment, datetime) else moment


def bucket(day: date, grain: Grain, settings: Settings) -> Span:
    """The whole period that holds `day`."""
    match grain:
        case Grain.DAY:
            start, end = day, day + _ONE
        case Grain.WEEK:
            start = day
            while start.weekday() != settings.week_starts:
                start -= _ONE
            end = start + 7 * _ONE
        case Grain.MONTH:
            start, end = _months(day, 1)
        case Grain.QUARTER:
            start, end = _months(day, 3)
        case Grain.YEAR:
            start, end = _months(day, 12)
        case Grain.FISCAL_MONTH | Grain.FISCAL_QUARTER | Grain.FISCAL_YEAR:
            length = FISCAL[grain]
            if settings.listed is not None:
                return listed.period(settings.listed.years, day, length)
            if settings.week_years is not None:
                return retail.period(settings.week_years, day, length)
            start, end = _fiscal(day, length, settings.fiscal_year_starts)
    return start, end


def _fiscal(day: date, length: int, first: int) -> Span:
    """So many months from the last first day of a year, or a quarter of it, that is not over."""
    starts = [(first - 1 + step) % 12 + 1 for step in range(0, 12, length)]
    start = day.replace(day=1)
    while start.month not in starts:
        start = (start - _ONE).replace(day=1)
    end = start
    for _ in range(length):
        end = (end + 31 * _ONE).replace(day=1)
    return start, end


def _months(day: date, length: int) -> Span:
    first = (day.month - 1) // length * length + 1
    following = first + length
    start = date(day.year, first, 1)
    if following > 12:
        return start, date(day.year + 1, following - 12, 1)
    return start, date(day.year, following, 1)


def buckets(window: Span, grain: Grain, settings: Settings) -> list[tuple[date, Span]]:
    """Every period that meets the window: its own start, and its days inside the window."""
    found: list[tuple[date, Span]] = []
    day = window[0]
    while day < window[1]:
        start, end = bucket(day, grain, settings)
        found.append((start, (max(start, window[0]), min(end, window[1]))))
        day = end
    return found


def earlier(span: Span, months: int, days: int) -> Span:
    """Move both boundaries into the past (S19).

    A first day that the earlier month lacks is its last one. An end stands after as many days
    of its month as before, at most the whole month: whole months stay whole, and 28 and
    29 February 2024 both become 28 February 2023.
    """
    start, end = span
    first = _month_earlier(start, months)
    last_day_of_first = _months(first, 1)[1] - _ONE
    new_start = min(first + (start.day - 1) * _ONE, last_day_of_first)
    stop_month = _month_earlier(end, months)
    new_end = min(stop_month + (end.day - 1) * _ONE, _months(stop_month, 1)[1])
    return new_start - days * _ONE, new_end - days * _ONE


def same_week_earlier(span: Span, years: int, settings: Settings) -> Span | None:
    """The same part of the week of the same number, so many years before; None without one.

    A week is its year's where most of its days lie.
    """
    week = bucket(span[0], Grain.WEEK, settings)[0]
    if settings.week_years is not None:
        found = retail.same_week(settings.week_years, week, years)
        return None if found is None else (span[0] + (found - week), span[1] + (found - week))
    days = [week + n * _ONE for n in range(7)]
    year = max({day.year for day in days}, key=[day.year for day in days].count)
    earlier_weeks = _weeks(year - years, settings)
    place = _weeks(year, settings).index(week)
    if place >= len(earlier_weeks):
        return None
    moved = earlier_weeks[place] - week
    return span[0] + moved, span[1] + moved


def _weeks(year: int, settings: Settings) -> list[date]:
    """The first days of a year's weeks."""
    found = []
    day = bucket(date(year, 1, 1), Grain.WEEK, settings)[0]
    while day.year <= year:
        if sum((day + n * _ONE).year == year for n in range(7)) >= 4:
            found.append(day)
        day += 7 * _ONE
    return found


def _month_earlier(day: date, months: int) -> date:
    """The first day of the month that is `months` before `day`'s."""
    year, month = day.year, day.month
    for _ in range(abs(months)):
        month += -1 if months > 0 else 1
        if month == 0:
            year, month = year - 1, 12
        elif month == 13:
            year, month = year + 1, 1
    return date(year, month, 1)


_ACCRUAL = {"month": 1, "quarter": 3, "year": 12}


def accrued(amount: Fraction, per: str, span: Span) -> Fraction:
    """What a fixed amount comes to over the days of `span`: each day bears the same part of its
    own month (week, quarter, year)."""
    total = Fraction(0)
    day = span[0]
    while day < span[1]:
        if per in _ACCRUAL:
            start, end = _months(day, _ACCRUAL[per])
            total += amount / (end - start).days
        else:
            total += amount / {"day": 1, "week": 7}[per]
        day += _ONE
    return total
