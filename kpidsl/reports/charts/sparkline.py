"""A sparkline: the shape of a series without an axis."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from kpidsl.reports.charts.scale import around

WIDTH, HEIGHT = 160.0, 40.0
_PAD = 5.0  # room for the last dot


@dataclass(frozen=True, slots=True)
class Dot:
    x: float
    y: float
    partial: bool


@dataclass(frozen=True, slots=True)
class Stroke:
    """A run of points without a gap; a partial one leads to a period that is not complete."""

    points: tuple[tuple[float, float], ...]
    partial: bool


@dataclass(frozen=True, slots=True)
class Sparkline:
    width: float
    height: float
    strokes: tuple[Stroke, ...]
    dots: tuple[Dot, ...]  # the latest value, and values that stand alone between gaps


def sparkline(values: Sequence[float | None], partial: Sequence[bool]) -> Sparkline:
    """Return the sparkline of equally spaced values; None leaves a gap.

    Raises:
        ValueError: the two sequences differ in length.
    """
    across = around((0, max(len(values) - 1, 0)), _PAD, WIDTH - _PAD)
    up = around((value for value in values if value is not None), HEIGHT - _PAD, _PAD)
    places = [
        None if value is None else Dot(across(index), up(value), is_partial)
        for index, (value, is_partial) in enumerate(zip(values, partial, strict=True))
    ]
    known = [place for place in places if place is not None]
    alone = [
        place
        for before, place, after in zip([None, *places], places, [*places[1:], None], strict=False)
        if place is not None and before is None and after is None
    ]
    last = known[-1:]
    dots = [dot for dot in alone if dot not in last] + last
    return Sparkline(WIDTH, HEIGHT, tuple(_strokes(places)), tuple(dots))


def _strokes(places: Sequence[Dot | None]) -> list[Stroke]:
    """Join neighbours; a run breaks at gaps and where it turns partial or complete."""
    strokes: list[Stroke] = []
    for one, two in pairwise(places):
        if one is None or two is None:
            continue
        partial = one.partial or two.partial
        start, end = (one.x, one.y), (two.x, two.y)
        if strokes and strokes[-1].points[-1] == start and strokes[-1].partial == partial:
            strokes[-1] = Stroke((*strokes[-1].points, end), partial)
        else:
            strokes.append(Stroke((start, end), partial))
    return strokes
