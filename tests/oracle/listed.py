"""Years that a company lists, as the oracle counts them: day by day."""

from __future__ import annotations

from datetime import date, timedelta

from kpidsl.model.expr import Column, ToDate
from kpidsl.model.listed_years import ListedCalendar, ListedMonth, ListedYears
from kpidsl.model.periods import Grain
from kpidsl.model.project import Settings
from kpidsl.plan.query import Query
from tests.oracle.draws import Draw, pick

Span = tuple[date, date]
FISCAL = {Grain.FISCAL_MONTH, Grain.FISCAL_QUARTER, Grain.FISCAL_YEAR}
_ONE = timedelta(days=1)


def calendar(draw: Draw) -> ListedCalendar:
    """A company's calendar of a few years, each of twelve or thirteen months of any length."""
    months = []
    day = date(2021, 12, 1) + pick(draw, (0, 1, 26, 31, 60)) * _ONE
    for year in range(2022, 2022 + pick(draw, (4, 5, 6))):
        sizes = pick(draw, ((3, 3, 3, 3), (3, 3, 3, 3), (3, 3, 3, 4), (4, 3, 3, 3)))
        number = 0
        for quarter, size in enumerate(sizes, 1):
            for _ in range(size):
                number += 1
                end = day + pick(draw, (10, 28, 28, 30, 31, 35)) * _ONE
                months.append(ListedMonth(day, end, year, quarter, number))
                day = end
    nothing = Column(("day",))
    return ListedCalendar(
        name="company",
        source="days",
        first_day=nothing,
        last_day=nothing,
        month=nothing,
        quarter=nothing,
        year=nothing,
        years=ListedYears(tuple(months)),
    )


def is_listed(years: ListedYears, day: date) -> bool:
    return any(month.start <= day < month.end for month in years.months)


def period(years: ListedYears, day: date, length: int) -> Span:
    """The month, the quarter (3) or the year (12) that holds a day."""
    own = _month(years, day)
    part = _part(years, own, length)
    return part[0].start, part[-1].end


def is_asked_without(settings: Settings, query: Query, since: ToDate | None) -> bool:
    """Whether a query asks for fiscal periods of days that are not listed."""
    if settings.listed is None or not {query.grain, since.grain if since else None} & FISCAL:
        return False
    assert query.window is not None
    ends = (query.window.start, query.window.end - _ONE)
    return not all(is_listed(settings.listed.years, day) for day in ends)


def is_compared_by_months(years: ListedYears, span: Span) -> bool:
    """Whether a window without a grain begins with one of these months, ends on a listed day, and
    is not one of calendar months."""
    whole_months = span[0].day == 1 == span[1].day
    begins = any(month.start == span[0] for month in years.months)
    return begins and is_listed(years, span[1] - _ONE) and not whole_months


def earlier(years: ListedYears, span: Span, back: int) -> Span | None:
    """The same days so many months before, whole years and quarters as a whole; None where they
    are not listed."""
    first, last = _month(years, span[0]), _month(years, span[1] - _ONE)
    for length in (12, 3):
        begin, end = _part(years, first, length), _part(years, last, length)
        if back % length == 0 and (begin[0].start, end[-1].end) == span:
            one, other = _before(years, begin, back), _before(years, end, back)
            return (one[0].start, other[-1].end) if one and other else None
    before, until = _month_before(years, first, back), _month_before(years, last, back)
    if before is None or until is None:
        return None
    start = min(before.start + (span[0] - first.start), before.end)
    end_day = min(until.start + (span[1] - _ONE - last.start), until.end - _ONE)
    stop = until.end if span[1] == last.end else end_day + _ONE
    return (start, stop) if start < stop else None


def _month(years: ListedYears, day: date) -> ListedMonth:
    (own,) = [month for month in years.months if month.start <= day < month.end]
    return own


def _part(years: ListedYears, own: ListedMonth, length: int) -> list[ListedMonth]:
    """The months of the year, the quarter, or the month alone."""
    return [
        month
        for month in years.months
        if month.year == own.year
        and (length == 12 or month.quarter == own.quarter)
        and (length > 1 or month == own)
    ]


def _before(years: ListedYears, part: list[ListedMonth], back: int) -> list[ListedMonth]:
    """A whole year, or a whole quarter, some years and quarters before."""
    year = part[0].year - back // 12
    quarters = {month.quarter for month in part}
    if len(quarters) > 1:
        return [month for month in years.months if month.year == year]
    return _quarter(years, year, part[0].quarter, back % 12 // 3)


def _quarter(years: ListedYears, year: int, quarter: int, back: int) -> list[ListedMonth]:
    """A quarter, counted back from one that is listed."""
    if not any((month.year, month.quarter) == (year, quarter) for month in years.months):
        return []
    for _ in range(back):
        year, quarter = (year, quarter - 1) if quarter > 1 else (year - 1, 4)
    return [month for month in years.months if (month.year, month.quarter) == (year, quarter)]


def _month_before(years: ListedYears, own: ListedMonth, back: int) -> ListedMonth | None:
    year, rest = own.year - back // 12, back % 12
    if rest and rest % 3 == 0:
        place = _quarter(years, own.year, own.quarter, 0).index(own)
        found = _quarter(years, year, own.quarter, rest // 3)
        return found[place] if place < len(found) else None
    same = [at for at, month in enumerate(years.months) if _named(month) == (year, own.number)]
    if not same or same[0] < rest:
        return None
    return years.months[same[0] - rest]


def _named(month: ListedMonth) -> tuple[int, int]:
    return month.year, month.number
