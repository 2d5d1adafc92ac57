"""Straight scales from values to coordinates."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Scale:
    """Maps `low` to `start` and `high` to `end`, and nothing beyond them.

    `start` may exceed `end`: in SVG, y grows downwards. A domain of one value maps to the middle.
    """

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        width = self.high / 2 - self.low / 2  # halves: the difference of two finite may overflow
        if width <= 0:
            return round((self.start + self.end) / 2, 2)
        share = min(1.0, max(0.0, (value / 2 - self.low / 2) / width))
        return round(self.start + share * (self.end - self.start), 2)

    def span(self, first: float, second: float) -> tuple[float, float]:
        """The coordinates of two values as (lower coordinate, length)."""
        one, two = self(first), self(second)
        return min(one, two), round(abs(two - one), 2)


def around(values: Iterable[float], start: float, end: float) -> Scale:
    """A scale from the least to the greatest value: for lines and points, never for bars."""
    known = tuple(values)
    return Scale(min(known, default=0.0), max(known, default=0.0), start, end)


def from_zero(values: Iterable[float], start: float, end: float) -> Scale:
    """A scale that holds 0 and every value: for bars. All zero: 0 lies at the start."""
    known = tuple(values)
    low, high = min((0.0, *known)), max((0.0, *known))
    return Scale(low, high if high > low else low + 1.0, start, end)
