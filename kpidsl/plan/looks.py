"""How a value looks at time: how far back, and from which day on (S16, S18, S19)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from kpidsl.model.periods import Calendar, Grain, Window, period_start, shift, shift_window


@dataclass(frozen=True, slots=True)
class Shift:
    """How far back a leaf looks (S19); the keys of its rows are moved forward by as much."""

    months: int = 0
    days: int = 0

    def __bool__(self) -> bool:
        return bool(self.months or self.days)

    def __add__(self, other: Shift) -> Shift:
        return Shift(self.months + other.months, self.days + other.days)


@dataclass(frozen=True, slots=True)
class Reach:
    """From which day on a leaf counts, up to the end of its (shifted) period (S16, S18): `months`
    and `days` before that end; else the first day of the `since` that the period ends in; else
    the beginning."""

    months: int = 0
    days: int = 0
    since: Grain | None = None

    @property
    def is_bounded(self) -> bool:
        return bool(self.months or self.days) or self.since is not None

    def start(self, end: date, calendar: Calendar) -> date | None:
        """Return the first day that counts towards a period that ends before `end`."""
        if self.since is not None:
            return period_start(end - timedelta(days=1), self.since, calendar)
        return shift(end, -self.months, -self.days) if self.is_bounded else None


@dataclass(frozen=True, slots=True)
class Look:
    """How a leaf looks at time. `pairs` are the days that each period, or the window (None) of a
    question without periods, looks at, where they follow from a calendar's rule; None: they are its
    own, moved by `shift`. `evenly`: so many days earlier are all the pairs. `joined`: rows meet the
    periods that they count in by their days, a row's own period, moved, being none of them or one
    of several."""

    shift: Shift = Shift()
    reach: Reach | None = None
    pairs: tuple[tuple[date | None, Window | None], ...] | None = None
    evenly: Shift | None = None
    joined: bool = False

    @property
    def moves(self) -> Shift:
        """How far back the days lie that a period looks at, unless they are listed."""
        return self.shift if self.evenly is None else self.evenly

    @property
    def listed(self) -> bool:
        """Whether no one move leads to the days that the periods look at."""
        if self.pairs is None or self.evenly is not None:
            return False
        return all(start is not None for start, _ in self.pairs)

    def moved(self, window: Window, grain: Grain | None, calendar: Calendar) -> Window | None:
        """Return the days that a window, or a period of a grain or a part of one, looks at (S19),
        from the first to the last of the periods in it; None where none has a partner."""
        if self.pairs is None:
            return shift_window(window, -self.shift.months, -self.shift.days)
        first = date.min if grain is None else period_start(window.start, grain, calendar)
        found = [
            own
            for start, own in self.pairs
            if own is not None and (start is None or first <= start < window.end)
        ]
        return Window(found[0].start, found[-1].end) if found else None
