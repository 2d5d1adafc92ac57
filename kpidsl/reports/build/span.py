"""Which days a page is about, and which earlier days stand beside them (S19, S21, D19)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from kpidsl.model.period_texts import label_of
from kpidsl.model.periods import (
    Calendar,
    Grain,
    Window,
    is_whole,
    last_complete,
    moved_back,
    period_start,
    periods,
    whole_months,
)

SERIES = 13
"""Periods of a history: the same one a year ago stands at its beginning."""


@dataclass(frozen=True, slots=True)
class Back:
    """How far to look back."""

    months: int = 0
    days: int = 0


@dataclass(frozen=True, slots=True)
class Span:
    """The period of a page. `window` is the part of `whole` that is measured: all of it, or its
    days until the data end, and then comparisons cover the same days (S19)."""

    whole: Window
    window: Window
    grain: Grain
    complete: bool
    calendar: Calendar

    @property
    def label(self) -> str:
        return self.label_of(self.window)

    def label_of(self, window: Window) -> str:
        """Name a period of the page's grain, or any other days."""
        return label_of(window, self.grain, self.calendar)

    @property
    def prior(self) -> Back:
        """One period back, or as many months or days as the window is long."""
        if is_whole(self.whole, self.grain, self.calendar):
            return Back(self.grain.months, self.grain.days)
        months = whole_months(self.whole)
        return Back(months=months) if months else Back(days=self.whole.days)

    @property
    def year_before(self) -> Back:
        """Twelve months back; 52 weeks for days and weeks, so that weekdays compare (S19)."""
        by_weekday = self.grain.days and not whole_months(self.whole)
        return Back(days=364) if by_weekday else Back(months=12)

    def compared_by(self, window: Window) -> Grain | None:
        """Return the periods by which a period of the page is compared with earlier days (S19):
        weeks and months of a calendar's own years are not told by their dates alone."""
        of_weeks = self.grain is Grain.WEEK or self.calendar.own_years(self.grain) is not None
        whole = self.whole if window == self.window else window
        return self.grain if of_weeks and is_whole(whole, self.grain, self.calendar) else None

    def before(self, back: Back) -> Window | None:
        """Return the days so far back; None where there is no such period."""
        of_periods = self.compared_by(self.window) is not None
        years = self.calendar.own_years(self.grain) if of_periods else None
        if years is None or back.days:
            return moved_back(self.window, back.months, back.days, self.calendar)
        found = years.moved(self.window.start, self.window.end, back.months)
        return None if found is None else Window(*found)

    def series(self) -> list[Window]:
        """Return the last `SERIES` periods that are known; the last one ends with the window."""
        first = period_start(self.window.last_day, self.grain, self.calendar)
        for _ in range(SERIES - 1):
            before = first - timedelta(days=1)
            if not self.calendar.knows(before, self.grain):
                break
            first = period_start(before, self.grain, self.calendar)
        return periods(Window(first, self.window.end), self.grain, self.calendar)


def span_of(
    grain: Grain, calendar: Calendar, today: date, known_until: date | None, asked: Window | None
) -> Span:
    """Return the period asked for, else the last complete one (S21, D19).

    `known_until` is the first day that some source of the page does not vouch for.
    """
    if asked is None:
        whole = last_complete(today, grain, known_until, calendar)
        return Span(whole, whole, grain, complete=True, calendar=calendar)
    end = min(asked.end, today, known_until or today)
    window = Window(asked.start, end) if asked.start < end else asked
    return Span(asked, window, grain, complete=end == asked.end, calendar=calendar)
