"""Columns over time: actual (solid), plan (outline) and, above them, the difference to plan."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kpidsl.reports.charts.labels import Label, fitting
from kpidsl.reports.charts.scale import Scale, from_zero

WIDTH = 760.0
_VARIANCE = (18.0, 66.0)  # top and bottom of the upper tier, its labels not counted
_COLUMNS = (104.0, 250.0)
_NO_PLAN_SHIFT = 84.0  # without plans the upper tier is not there
_NAMES = 28.0  # room for the periods' names below
_ABOVE, _BELOW = 5.0, 13.0  # from a bar's end to its label's baseline
_ASIDE, _PIN = 0.22, 0.5  # a plan's shift and a variance's breadth, in breadths of a column


@dataclass(frozen=True, slots=True)
class Slot:
    """What is known of one period. `delta` is relative, or in points for a rate."""

    name: str
    actual: float | None
    actual_text: str
    plan: float | None = None
    delta: float | None = None
    delta_text: str = ""
    favourable: bool | None = None
    partial: bool = False


@dataclass(frozen=True, slots=True)
class Box:
    x: float
    y: float
    width: float
    height: float
    tone: str


@dataclass(frozen=True, slots=True)
class ColumnChart:
    width: float
    height: float
    zero_y: float
    columns: tuple[Box, ...]
    outlines: tuple[Box, ...]
    variance_y: float | None  # the zero line of the upper tier
    variances: tuple[Box, ...]
    values: tuple[Label, ...]
    delta_labels: tuple[Label, ...]
    names: tuple[Label, ...]


def columns(slots: Sequence[Slot]) -> ColumnChart:
    """Return the chart of equally spaced periods; labels that would collide are left out.

    The latest period's label has the right of way, then the greatest values.
    """
    with_plan = any(slot.plan is not None for slot in slots)
    lift = 0.0 if with_plan else _NO_PLAN_SHIFT
    top, bottom = _COLUMNS[0] - lift, _COLUMNS[1] - lift
    amounts = [value for slot in slots for value in (slot.actual, slot.plan) if value is not None]
    # The label of a negative column stands below it, and still above the names.
    up = from_zero(amounts, bottom - (_BELOW if min(amounts, default=0) < 0 else 0.0), top)
    upper = _variance_scale(slots) if with_plan else None
    pitch = WIDTH / max(len(slots), 1)
    thick = round(min(pitch * 0.5, 60.0), 2)
    middles = [round((index + 0.5) * pitch, 2) for index in range(len(slots))]
    pairs = list(zip(middles, slots, strict=True))
    return ColumnChart(
        width=WIDTH,
        height=round(bottom + _NAMES, 2),
        zero_y=up(0.0),
        columns=tuple(
            _box(x, thick, up, slot.actual, "partial" if slot.partial else "actual")
            for x, slot in pairs
            if slot.actual is not None
        ),
        outlines=tuple(
            _box(x - thick * _ASIDE, thick, up, slot.plan, "plan")
            for x, slot in pairs
            if slot.plan is not None
        ),
        variance_y=None if upper is None else upper(0.0),
        variances=tuple(
            _box(x, thick * _PIN, upper, slot.delta, _tone(slot))
            for x, slot in pairs
            if upper is not None and slot.delta is not None
        ),
        values=fitting((_value_label(x, slot, up) for x, slot in _by_weight(pairs)), WIDTH),
        delta_labels=fitting(
            (
                _at_end(x, slot.delta, upper, slot.delta_text, _tone(slot))
                for x, slot in _by_weight(pairs)
                if upper is not None and slot.delta is not None
            ),
            WIDTH,
        ),
        names=fitting(
            (Label(x, round(bottom + _NAMES - 10, 2), slot.name) for x, slot in reversed(pairs)),
            WIDTH,
        ),
    )


def _variance_scale(slots: Sequence[Slot]) -> Scale:
    """One scale for gains and losses, with 0 in the middle unless all lie on one side."""
    return from_zero((slot.delta for slot in slots if slot.delta is not None), *_VARIANCE[::-1])


def _box(x: float, thick: float, scale: Scale, value: float, tone: str) -> Box:
    """The bar from 0 to a value around `x`."""
    y, height = scale.span(0.0, value)
    return Box(round(x - thick / 2, 2), y, round(thick, 2), height, tone)


def _value_label(x: float, slot: Slot, up: Scale) -> Label:
    """The actual's label, clear of the plan's outline where that is the taller; a gap at 0."""
    value = slot.actual or 0.0
    taller = max(value, slot.plan or 0.0) if value >= 0 else value
    return _at_end(x, taller, up, slot.actual_text, "")


def _at_end(x: float, value: float, scale: Scale, text: str, tone: str) -> Label:
    """A label beyond the end of a bar: above a positive one, below a negative one."""
    shift = -_ABOVE if value >= 0 else _BELOW
    return Label(x, round(scale(value) + shift, 2), text, tone)


def _by_weight(pairs: Sequence[tuple[float, Slot]]) -> list[tuple[float, Slot]]:
    """The latest period first, then by the size of the actual."""
    rest = sorted(pairs[:-1], key=lambda pair: -abs(pair[1].actual or 0.0))
    return [*pairs[-1:], *rest]


def _tone(slot: Slot) -> str:
    match slot.favourable:
        case True:
            return "good"
        case False:
            return "bad"
        case None:
            return "neutral"
