"""Years of whole weeks, as the oracle counts them: found by looking at days, one by one."""

from __future__ import annotations

from datetime import date, timedelta

from kpidsl.model.week_years import WeekYears

Span = tuple[date, date]

_ONE = timedelta(days=1)


def year_starts(years: WeekYears, around: date) -> list[date]:
    """The first days of the years of about a decade."""
    return [_end(years, year) + _ONE for year in range(around.year - 6, around.year + 5)]


def _end(years: WeekYears, year: int) -> date:
    """The last day of the year that ends with the month, or about its end."""
    month_end = date(year, years.end_month, 28)
    while (month_end + _ONE).month == years.end_month:
        month_end += _ONE
    every = [month_end + step * _ONE for step in range(-6, 4 if years.nearest else 1)]
    ends = [day for day in every if (day + _ONE).weekday() == years.week_starts]
    return min(ends, key=lambda day: abs(day - month_end))


def months(years: WeekYears, around: date) -> list[date]:
    """The first days of the months of about a decade: the last of a year is as long as is left."""
    found = []
    for start in year_starts(years, around):
        gone = 0
        for weeks in years.pattern * 4:
            found.append(start + 7 * gone * _ONE)
            gone += weeks
    return found


def period(years: WeekYears, day: date, length: int) -> Span:
    """The month, the quarter (3) or the year (12) that holds a day."""
    starts = months(years, day)[::length]
    place = max(place for place, start in enumerate(starts) if start <= day)
    return starts[place], starts[place + 1]


def earlier(years: WeekYears, day: date, back: int) -> date:
    """The same place so many months before, but not beyond that month."""
    starts = months(years, day)
    place = max(place for place, start in enumerate(starts) if start <= day)
    return min(starts[place - back] + (day - starts[place]), starts[place - back + 1])


def same_week(years: WeekYears, week: date, back: int) -> date | None:
    """The week of the same number so many years before, or None."""
    starts = year_starts(years, week)
    place = max(place for place, start in enumerate(starts) if start <= week)
    found = starts[place - back] + (week - starts[place])
    return found if found < starts[place - back + 1] else None


def is_compared_by_months(years: WeekYears, span: Span) -> bool:
    """Whether a window without a grain is one of these months, and not one of calendar months."""
    whole_months = span[0].day == 1 == span[1].day
    return span[0] in months(years, span[0]) and not whole_months
