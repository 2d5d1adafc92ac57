"""Calendar arithmetic on local days: windows, grains, shifts (S19, S20, S21).

A window is half-open, so its end is the first day that no longer belongs to it. Windows are
never empty. A date that would leave the calendar (years 1 to 9999) raises `OverflowError`.
"""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from kpidsl.model.fiscal_years import FiscalYears

_DAY = timedelta(days=1)


class Grain(StrEnum):
    """The lengths of time by which results are grouped. Quarters and years are those of January on,
    fiscal ones those of the project's fiscal year."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"
    FISCAL_MONTH = "fiscal_month"
    FISCAL_QUARTER = "fiscal_quarter"
    FISCAL_YEAR = "fiscal_year"

    @property
    def ordinary(self) -> Grain:
        """The grain of the same length in a year from January on."""
        return _ORDINARY.get(self, self)

    @property
    def months(self) -> int:
        """The length in months, 0 where it is none."""
        return _MONTHS_IN.get(self.ordinary, 0)

    @property
    def days(self) -> int:
        """The length in days, 0 where it is none."""
        return _DAYS_IN.get(self, 0)


_ORDINARY = {
    Grain.FISCAL_MONTH: Grain.MONTH,
    Grain.FISCAL_QUARTER: Grain.QUARTER,
    Grain.FISCAL_YEAR: Grain.YEAR,
}
_MONTHS_IN = {Grain.MONTH: 1, Grain.QUARTER: 3, Grain.YEAR: 12}
_DAYS_IN = {Grain.DAY: 1, Grain.WEEK: 7}


@dataclass(frozen=True, slots=True)
class Calendar:
    """How days make periods (S20): weeks start on `week_starts`, 0 for Monday, and fiscal years in
    the month `fiscal_year_starts`, from 1, unless they are those of `years`."""

    week_starts: int = 0
    fiscal_year_starts: int = 1
    years: FiscalYears | None = None

    @property
    def months_after_january(self) -> int:
        """How many months later than the calendar year the fiscal year starts."""
        return self.fiscal_year_starts - 1

    def own_years(self, grain: Grain | None) -> FiscalYears | None:
        """Return the years that a grain's periods are of, or None where they are of months."""
        return None if grain is None or grain is grain.ordinary else self.years

    def knows(self, day: date, grain: Grain | None) -> bool:
        """Tell whether a day belongs to a period of a grain: those of listed years end."""
        years = self.own_years(grain)
        return years is None or years.lists(day)


GREGORIAN = Calendar()


class DayCount(StrEnum):
    """How a window's length in years was counted; printed beside whatever is annualised."""

    WHOLE_MONTHS = "whole months/12"
    ACT_365 = "ACT/365"


@dataclass(frozen=True, slots=True)
class Window:
    """The local days from `start` up to, but not including, `end`."""

    start: date
    end: date

    def __post_init__(self) -> None:
        if self.start >= self.end:
            raise ValueError(f"a window must end after it starts: {self.start} to {self.end}")

    @property
    def days(self) -> int:
        """The length in days."""
        return (self.end - self.start).days

    @property
    def last_day(self) -> date:
        """The last day that belongs to the window."""
        return self.end - _DAY

    def __contains__(self, day: date) -> bool:
        return self.start <= day < self.end

    def intersect(self, other: Window) -> Window | None:
        """Return the days that both windows have, or None when they share none."""
        start, end = max(self.start, other.start), min(self.end, other.end)
        return Window(start, end) if start < end else None


@dataclass(frozen=True, slots=True)
class YearFraction:
    """A length in years together with the convention that counted it (T6)."""

    years: float
    convention: DayCount


def shift(day: date, months: int = 0, days: int = 0) -> date:
    """Move a day by calendar months, then by days.

    A day that the target month lacks becomes that month's last: 31 January + 1 month is 28 or
    29 February.
    """
    year, month0 = divmod(_month_number(day) + months, 12)
    if not date.min.year <= year <= date.max.year:
        raise OverflowError(f"{day} moved by {months} months is outside the calendar")
    last_of_month = monthrange(year, month0 + 1)[1]
    return date(year, month0 + 1, min(day.day, last_of_month)) + timedelta(days=days)


def shift_window(window: Window, months: int = 0, days: int = 0) -> Window:
    """Move a window's boundaries by calendar months, then by days (S19).

    Whole months stay whole months whatever their lengths: [1 Feb 2024, 1 Mar 2024) moved by −12
    months is [1 Feb 2023, 1 Mar 2023). The end keeps the number of days of its month that lie
    before it, capped at the month's length, so 1 to 30 March moves to the whole of February;
    moved as a plain date it would lose February's last day.
    """
    if not months and not days:
        return window
    first = window.end.replace(day=1)
    end = min(shift(first, months) + (window.end - first), shift(first, months + 1))
    return Window(shift(window.start, months, days), end + timedelta(days=days))


def moved_back(window: Window, months: int, days: int, calendar: Calendar) -> Window | None:
    """Move a window into the past (S19): months of a calendar's own years to those of the same
    number, or so many back, of which there may be none, then by days; any other by
    `shift_window`."""
    years = calendar.years
    if years is None or not months or not is_of_years(window, years):
        return shift_window(window, -months, -days)
    found = years.moved(window.start, window.end, months)
    return None if found is None else shift_window(Window(*found), days=-days)


def is_of_years(window: Window, years: FiscalYears) -> bool:
    """Tell whether a window begins with a month of own years, and is no calendar months."""
    begins = years.begins_month(window.start) and years.lists(window.last_day)
    return begins and not is_of_months(window)


def period_start(day: date, grain: Grain, calendar: Calendar = GREGORIAN) -> date:
    """Return the first day of the period that holds `day`."""
    if years := calendar.own_years(grain):
        return max(
            first for first in years.starts(years.year_of(day), grain.months) if first <= day
        )
    match grain:
        case Grain.DAY:
            return day
        case Grain.WEEK:
            return day - timedelta(days=(day.weekday() - calendar.week_starts) % 7)
        case Grain.MONTH:
            return day.replace(day=1)
        case Grain.QUARTER:
            return date(day.year, day.month - (day.month - 1) % 3, 1)
        case Grain.YEAR:
            return date(day.year, 1, 1)
        case Grain.FISCAL_MONTH | Grain.FISCAL_QUARTER | Grain.FISCAL_YEAR:
            later = calendar.months_after_january
            return shift(period_start(shift(day, -later), grain.ordinary), later)


def next_start(day: date, grain: Grain, calendar: Calendar = GREGORIAN) -> date:
    """Return the first day of the period after the one that holds `day`."""
    if years := calendar.own_years(grain):
        return min(first for first in years.starts(years.year_of(day), grain.months) if first > day)
    return _step(period_start(day, grain, calendar), grain, 1)


def week_of_year(start: date) -> tuple[int, int]:
    """Return the year and the number of the week that begins on `start`, whatever weekday that is.

    As in ISO 8601 a week belongs to the year that has most of its days: where its fourth lies.
    """
    fourth = start + 3 * _DAY
    return fourth.year, (fourth.timetuple().tm_yday - 1) // Grain.WEEK.days + 1


def same_week(year: int, number: int, calendar: Calendar = GREGORIAN) -> date | None:
    """Return the first day of a year's week, or None where the year has no week 53."""
    first = period_start(date(year, 1, 4), Grain.WEEK, calendar)
    start = first + (number - 1) * 7 * _DAY
    return start if week_of_year(start) == (year, number) else None


def is_whole(window: Window, grain: Grain, calendar: Calendar = GREGORIAN) -> bool:
    """Tell whether a window is one period of a grain, from its first day to its last."""
    return (
        period_start(window.start, grain, calendar) == window.start
        and next_start(window.start, grain, calendar) == window.end
    )


def periods(window: Window, grain: Grain, calendar: Calendar = GREGORIAN) -> list[Window]:
    """Cut a window at each period's start; the first and the last piece may be partial."""
    pieces = []
    start = window.start
    while start < window.end:
        end = min(next_start(start, grain, calendar), window.end)
        pieces.append(Window(start, end))
        start = end
    return pieces


def is_complete(window: Window, now: date, watermark: date | None = None) -> bool:
    """Tell whether all the window's data are in (S21).

    Both dates are days not yet complete: `now` is today, and `watermark` the first day that the
    source does not vouch for, so a watermark of 1 November completes October. A source without a
    watermark is taken to be complete up to yesterday.
    """
    return window.end <= _known_until(now, watermark)


def last_complete(
    now: date, grain: Grain, watermark: date | None = None, calendar: Calendar = GREGORIAN
) -> Window:
    """Return the latest period that `is_complete` (S21)."""
    end = period_start(_known_until(now, watermark), grain, calendar)
    return Window(period_start(end - _DAY, grain, calendar), end)


def year_to_date(window: Window, calendar: Calendar = GREGORIAN) -> Window:
    """Return the days from the start of the fiscal year of the window's last day to its end."""
    return Window(period_start(window.last_day, Grain.FISCAL_YEAR, calendar), window.end)


def is_of_months(window: Window) -> bool:
    """Tell whether a window is whole calendar months, from a first day to a last one."""
    return window.start.day == 1 == window.end.day


def whole_months(window: Window) -> int | None:
    """Return the length in calendar months, or None when it is not a whole number of them.

    Only equal days of the month count, so 31 January to 28 February is not a whole month.
    """
    if window.start.day != window.end.day:
        return None
    return _month_number(window.end) - _month_number(window.start)


def year_fraction(window: Window) -> YearFraction:
    """Return the length in years: whole months n/12, any other span by ACT/365 (V2, T6)."""
    months = whole_months(window)
    if months is None:
        return YearFraction(window.days / 365, DayCount.ACT_365)
    return YearFraction(months / 12, DayCount.WHOLE_MONTHS)


def _known_until(now: date, watermark: date | None) -> date:
    return now if watermark is None else min(now, watermark)


def _step(start: date, grain: Grain, count: int) -> date:
    return shift(start, count * grain.months, count * grain.days)


def _month_number(day: date) -> int:
    return day.year * 12 + day.month - 1
