"""Years of whole weeks: 52, and now and then 53, in quarters of three months of four or five weeks
(S20), as retail keeps them."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import accumulate

_DAY = timedelta(days=1)
_WEEK = timedelta(days=7)
_NEAR = timedelta(days=3)
# A year of whole weeks begins and ends at most so far from the month's end that it is told by.
_ABOUT = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class WeekYears:
    """`pattern` are the weeks of a quarter's months, and a 53rd week makes the year's last month
    longer. A year ends on the last day of a week, the last in its `end_month` or (`nearest`) the
    one nearest to that month's end. It is named by the calendar year in which it begins
    (`named_by_start`) or ends; weeks begin on `week_starts`, 0 for Monday."""

    pattern: tuple[int, int, int]
    end_month: int
    nearest: bool
    named_by_start: bool
    week_starts: int

    def lists(self, day: date) -> bool:
        del day  # every day is in one of them
        return True

    def begins_month(self, day: date) -> bool:
        return day in self.starts(self.year_of(day))

    def first_day(self, year: int) -> date:
        """Return the first day of the year of that name."""
        return next(
            start
            for start in map(self._start_in, range(year - 1, year + 2))
            if self._name(start) == year
        )

    def year_of(self, day: date) -> int:
        """Return the name of the year that holds a day."""
        # That of an end of December may begin in the next year, so early January looks back twice.
        starts = map(self._start_in, range(day.year, day.year - 3, -1))
        return self._name(next(start for start in starts if start <= day))

    def starts(self, year: int, months: int = 1) -> list[date]:
        """Return the first days of a year's months, quarters (3) or the year itself (12), and that
        of the next year."""
        first = self.first_day(year)
        weeks = accumulate(self.pattern * 4, initial=0)
        days = [first + count * _WEEK for count in weeks][:-1]
        return [*days[::months], self.first_day(year + 1)]

    def week_of(self, start: date) -> tuple[int, int]:
        """Return the year and the number of the week that begins on a day."""
        year = self.year_of(start)
        return year, (start - self.first_day(year)) // _WEEK + 1

    def week(self, year: int, number: int) -> date | None:
        """Return the first day of a year's week, or None where the year has no week 53."""
        start = self.first_day(year) + (number - 1) * _WEEK
        return start if start < self.first_day(year + 1) else None

    def moved(self, start: date, end: date, months: int) -> tuple[date, date] | None:
        """Return the same days so many months before, or None where these lack all of them."""
        first, last = self.earlier(start, months), self.earlier(end, months)
        return (first, last) if first < last else None

    def earlier(self, day: date, months: int) -> date:
        """Return the day at the same place in the year's month so many months before; one that this
        month lacks is the first after it."""
        year = self.year_of(day)
        starts = self.starts(year)
        place = max(place for place, start in enumerate(starts) if start <= day)
        earlier, month = divmod(year * 12 + place - months, 12)
        start, following = self.starts(earlier)[month : month + 2]
        return min(start + (day - starts[place]), following)

    def _start_in(self, year: int) -> date:
        """Return the first day of the year that begins after the end of that calendar year's
        `end_month`, or about then."""
        last = date(year, self.end_month, monthrange(year, self.end_month)[1])
        after = last + (_NEAR if self.nearest else timedelta()) + _DAY
        return after - timedelta(days=(after.weekday() - self.week_starts) % 7)

    def _name(self, start: date) -> int:
        return (start + (_ABOUT if self.named_by_start else 25 * _ABOUT)).year
