"""Horizontal bars on one scale, with reference lines across them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kpidsl.reports.charts.scale import from_zero

WIDTH, HEIGHT = 200.0, 16.0


@dataclass(frozen=True, slots=True)
class Bar:
    """One row's drawing; every row of a chart has the same zero and the same marks."""

    width: float
    height: float
    zero_x: float
    bar: tuple[float, float] | None  # x and width; None: no value
    marks: tuple[float, ...]


def bars(values: Sequence[float | None], references: Sequence[float] = ()) -> tuple[Bar, ...]:
    """Return a bar per value, all on one scale from 0, with a mark per reference value."""
    known = [value for value in values if value is not None]
    scale = from_zero([*known, *references], 0.0, WIDTH)
    marks = tuple(scale(value) for value in references)
    return tuple(
        Bar(WIDTH, HEIGHT, scale(0.0), None if value is None else scale.span(0.0, value), marks)
        for value in values
    )
