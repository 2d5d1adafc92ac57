"""Moving events: days that fall elsewhere in each year's calendar (S19)."""

from __future__ import annotations

from datetime import date, timedelta

from kpidsl.model.definition import Definition
from kpidsl.model.periods import Window


class Event(Definition):
    """The first days of an event, in order; each time it lasts so many days. `affects` are the
    metrics and measures that it moves, all where none is named."""

    days: tuple[date, ...]
    lasts: int = 1
    affects: tuple[str, ...] = ()

    def within(self, window: Window) -> list[date]:
        """Return the first days of those times of which a window has a day."""
        length = timedelta(days=self.lasts)
        return [day for day in self.days if day < window.end and day + length > window.start]
