"""What fiscal years that are no calendar months have to tell (S20)."""

from __future__ import annotations

from datetime import date
from typing import Protocol


class FiscalYears(Protocol):
    """Years of months and quarters of their own. A day that they don't know raises
    `OverflowError`."""

    def lists(self, day: date) -> bool:
        """Tell whether a day belongs to one of the years."""

    def begins_month(self, day: date) -> bool:
        """Tell whether a month begins on a day."""

    def year_of(self, day: date) -> int:
        """Return the name of the year that holds a day."""

    def starts(self, year: int, months: int = 1) -> list[date]:
        """Return the first days of a year's months, quarters (3), halves (6) or the year itself
        (12), and that of the next year."""

    def moved(self, start: date, end: date, months: int) -> tuple[date, date] | None:
        """Return the same days of the months of the same number, or so many of them before, capped
        at their ends; None where there are no such months."""
