"""A bullet graph: a bar for the actual, a mark for the target, ranges behind."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kpidsl.reports.charts.scale import from_zero

WIDTH, HEIGHT = 300.0, 24.0
_ROOM = 1.06  # so that a target or bar at the end is not cut off


@dataclass(frozen=True, slots=True)
class Range:
    x: float
    width: float
    level: str


@dataclass(frozen=True, slots=True)
class BulletGraph:
    width: float
    height: float
    zero_x: float
    ranges: tuple[Range, ...]
    bar: tuple[float, float] | None  # x and width; None: no actual
    target_x: float | None


def bullet(
    actual: float | None, target: float | None, bands: Sequence[tuple[float, str]]
) -> BulletGraph:
    """Return the graph of an actual and a target on bands of (upper end, level), low to high.

    The last band fills the graph to its end: values beyond it are of the same level.
    """
    values = [value * _ROOM for value in (actual, target) if value is not None]
    scale = from_zero([*values, *(upto for upto, _ in bands)], 0.0, WIDTH)
    ranges: list[Range] = []
    start = scale.low
    for index, (upto, level) in enumerate(bands):
        end = scale.high if index == len(bands) - 1 else max(start, upto)
        x, width = scale.span(start, end)
        ranges.append(Range(x, width, level))
        start = end
    return BulletGraph(
        WIDTH,
        HEIGHT,
        scale(0.0),
        tuple(ranges),
        None if actual is None else scale.span(0.0, actual),
        None if target is None else scale(target),
    )
