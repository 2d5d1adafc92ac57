"""Fiscal years as a company lists them: which days make its months, quarters and years (S20)."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby

from kpidsl.model.definition import Definition
from kpidsl.model.expr import RowExpr

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class ListedMonth:
    """The days from `start` up to, but not including, `end`: the month of that `number` in its
    year, from 1."""

    start: date
    end: date
    year: int
    quarter: int
    number: int


@dataclass(frozen=True, slots=True)
class ListedYears:
    """Whole years of `months`, in order, each beginning where the one before ends. A year may have
    other than twelve of them, and a quarter other than three."""

    months: tuple[ListedMonth, ...] = ()

    def lists(self, day: date) -> bool:
        return bool(self.months) and self.months[0].start <= day < self.months[-1].end

    def begins_month(self, day: date) -> bool:
        return self.lists(day) and self._month_of(day).start == day

    def year_of(self, day: date) -> int:
        return self._month_of(day).year

    def starts(self, year: int, months: int = 1) -> list[date]:
        own = [month for month in self.months if month.year == year]
        if not own:
            raise OverflowError(f"the calendar lists no year {year}")
        quarters = [part[0] for part in _quarters(own)]
        found = {
            1: own,
            3: quarters,
            6: [first for first in quarters if first.quarter % 2],
            12: own[:1],
        }[months]
        return [*(month.start for month in found), own[-1].end]

    def moved(self, start: date, end: date, months: int) -> tuple[date, date] | None:
        """A whole year looks at a whole year, and a whole quarter at a whole one, however many
        months they have."""
        if not (self.lists(start) and self.lists(end - _DAY)):
            return None
        first, last = self._month_of(start), self._month_of(end - _DAY)
        whole = self._whole(start, end, months)
        if whole is not None:
            earlier = [self._unit(part, months) for part in (whole[0], whole[-1])]
            if not earlier[0] or not earlier[1]:
                return None
            return earlier[0][0].start, earlier[1][-1].end
        before, until = self._partner(first, months), self._partner(last, months)
        if before is None or until is None:
            return None
        begin = min(before.start + (start - first.start), before.end)
        stop = until.end if end == last.end else min(until.start + (end - last.start), until.end)
        return (begin, stop) if begin < stop else None

    def _month_of(self, day: date) -> ListedMonth:
        if not self.lists(day):
            raise OverflowError(f"the calendar does not list {day}")
        return self.months[bisect_right(self.months, day, key=lambda month: month.start) - 1]

    def _whole(self, start: date, end: date, months: int) -> list[list[ListedMonth]] | None:
        """Return the whole years, or quarters, that some days are, where they look at such."""
        within = [month for month in self.months if start <= month.start < end]
        if not within or within[0].start != start or within[-1].end != end:
            return None
        for parts, length in ((_years(within), 12), (_quarters(within), 3)):
            if months % length == 0 and all(self._is_whole(part, length) for part in parts):
                return parts
        return None

    def _is_whole(self, part: Sequence[ListedMonth], length: int) -> bool:
        first = part[0]
        same = [month for month in self.months if month.year == first.year]
        if length == 3:
            same = [month for month in same if month.quarter == first.quarter]
        return len(same) == len(part)

    def _unit(self, part: Sequence[ListedMonth], months: int) -> list[ListedMonth]:
        """Return the year, or where it is not of whole years the quarter, so long before one."""
        years, rest = divmod(months, 12)
        if not rest and self._is_whole(part, 12):
            return [month for month in self.months if month.year == part[0].year - years]
        return self._quarter(part[0].year - years, part[0].quarter, rest // 3)

    def _quarter(self, year: int, quarter: int, back: int) -> list[ListedMonth]:
        every = _quarters(self.months)
        for place, own in enumerate(every):
            if (own[0].year, own[0].quarter) == (year, quarter):
                return every[place - back] if place >= back else []
        return []

    def _partner(self, month: ListedMonth, months: int) -> ListedMonth | None:
        """Return the month of the same number some years before; by quarters the one at the same
        place in the quarter."""
        years, rest = divmod(months, 12)
        if rest and rest % 3 == 0:
            own = self._quarter(month.year, month.quarter, 0)
            earlier = self._quarter(month.year - years, month.quarter, rest // 3)
            place = own.index(month)
            return earlier[place] if place < len(earlier) else None
        numbered = ((each.year, each.number) for each in self.months)
        wanted = (month.year - years, month.number)
        place = next((place for place, each in enumerate(numbered) if each == wanted), -1)
        return self.months[place - rest] if place >= rest else None


class ListedCalendar(Definition):
    """A calendar whose periods are the rows of a source: each a range of days, from `first_day` to
    `last_day`, in a month and a quarter by their numbers in a year. `years` are known when the rows
    have been read."""

    source: str
    first_day: RowExpr
    last_day: RowExpr
    month: RowExpr
    quarter: RowExpr
    year: RowExpr
    years: ListedYears = ListedYears()


def _years(months: Sequence[ListedMonth]) -> list[list[ListedMonth]]:
    return [list(part) for _, part in groupby(months, lambda month: month.year)]


def _quarters(months: Sequence[ListedMonth]) -> list[list[ListedMonth]]:
    return [list(part) for _, part in groupby(months, lambda month: (month.year, month.quarter))]
