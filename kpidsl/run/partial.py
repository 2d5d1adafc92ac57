"""Which values stand for a part of their period only (S13, S21)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from kpidsl.model.periods import (
    Calendar,
    Grain,
    Window,
    is_whole,
    next_start,
    periods,
)
from kpidsl.plan.nodes import Aggregate, Frame, Input, Plan, Regroup
from kpidsl.plan.query import Absent
from kpidsl.plan.within import aggregates_of, tested_by


def covers(known: Iterable[Window | None], window: Window) -> bool:
    """Tell whether each of the sources that know these days (None: no day) knows all of a
    window's."""
    return all(
        days is not None and days.start <= window.start and window.end <= days.end for days in known
    )


def is_partial(
    window: Window, grain: Grain, calendar: Calendar, known: Iterable[Window | None]
) -> bool:
    """Tell whether a window is less than a period of the grain, or is known in part only (S21)."""
    return not (is_whole(window, grain, calendar) and covers(known, window))


def partial_rows(
    planned: Plan, rows: Sequence[tuple[object, ...]], known: Mapping[str, Window | None]
) -> tuple[bool, ...]:
    """Return for each row of an answer whether it stands for a part of its period only.

    `known` are the days that each source of the plan knows. Where the question is about no time,
    a row stands for all there is; a total over periods for more than is known, where one of them
    begins after that (S13).
    """
    asked = [asked_of(row, planned.frame) for row in rows]
    ends = [days.end for days in known.values() if days is not None]
    starts = [window.start for grain, window in asked if grain is not None and window is not None]
    beyond = bool(ends and starts) and max(starts) >= min(ends)
    marks = {
        (grain, window): beyond if window is None else _is_part(grain, window, planned, known)
        for grain, window in set(asked)
    }
    return tuple(marks[item] for item in asked)


def asked_of(row: tuple[object, ...], frame: Frame) -> tuple[Grain | None, Window | None]:
    """Return the grain of which a row is a period, and the days asked for that it stands for: the
    day of a part of one. A total over time is no period, and None are all days there are."""
    grains = [*(item.grain for item in frame.coarser), frame.grain]
    told = [
        (start, grain)
        for start, grain in zip(row, grains, strict=False)
        if grain is not None and start is not Absent.ALL
    ]
    if not told:
        return None, frame.window
    start, grain = told[-1]
    assert isinstance(start, date)
    if isinstance(start, datetime):
        day = start.date()
        return Grain.DAY, Window(day, day + timedelta(days=1))
    assert isinstance(grain, Grain)
    return grain, _days_of(start, grain, frame)


def _days_of(start: date, grain: Grain, frame: Frame) -> Window | None:
    try:
        whole = Window(start, next_start(start, grain, frame.settings.calendar))
    except OverflowError:  # 9999-12-31, as exports write "never": the calendar's last period
        return None
    return whole if frame.window is None else whole.intersect(frame.window)


def _is_part(
    grain: Grain | None, window: Window, planned: Plan, known: Mapping[str, Window | None]
) -> bool:
    frame, inputs = planned.frame, planned.root.input.input.inputs
    tested = [
        known[node.input.source.name]
        for node in tested_by(aggregates_of(inputs))
        if not node.look.shift
    ]
    if frame.window is not None and not covers(tested, frame.window):
        return True
    calendar = frame.settings.calendar
    seen = list(_seen(inputs, grain, window, calendar))
    now = [known[item.source] for item in seen if not item.is_moved]
    whole = covers(now, window) if grain is None else not is_partial(window, grain, calendar, now)
    return not whole or any(_is_seen_in_part(item, window, known[item.source]) for item in seen)


@dataclass(frozen=True, slots=True)
class _Seen:
    """The days of a source that count towards a period (S18, S19); None where there are none, or
    no first one is asked for."""

    source: str
    days: Window | None
    is_moved: bool


def _seen(
    inputs: Iterable[Input], grain: Grain | None, window: Window, calendar: Calendar
) -> Iterator[_Seen]:
    """Yield which days of each aggregate of rows count towards a period."""
    for node in inputs:
        if isinstance(node, Aggregate):
            days = _looked_at(node, grain, window, calendar)
            yield _Seen(node.input.source.name, days, bool(node.look.shift))
        elif node.entity:
            yield from _seen(node.answer.input.input.inputs, grain, window, calendar)
        else:
            yield from _seen_of_periods(node, grain, window, calendar)


def _seen_of_periods(
    node: Regroup, grain: Grain | None, window: Window, calendar: Calendar
) -> Iterator[_Seen]:
    """Yield the days of an aggregate over periods: from those of the first period on to those of
    the last one."""
    inputs, inner = node.answer.input.input.inputs, node.answer.frame.grain
    assert isinstance(inner, Grain)
    reached = _looked_at(node, grain, window, calendar)
    pieces = periods(reached or window, inner, calendar)
    first, last = (_seen(inputs, inner, piece, calendar) for piece in (pieces[0], pieces[-1]))
    for early, late in zip(first, last, strict=True):
        days = None
        if reached is not None and early.days is not None and late.days is not None:
            days = Window(early.days.start, late.days.end)
        yield replace(early, days=days, is_moved=early.is_moved or bool(node.look.shift))


def _is_seen_in_part(seen: _Seen, window: Window, known: Window | None) -> bool:
    """Tell whether a value looks at other days than its period's that are known in part; where none
    of them is known there is no value, which says so itself."""
    days = seen.days
    if days is None or days == window or known is None:
        return False
    return known.intersect(days) is not None and not covers([known], days)


def _looked_at(
    node: Input, grain: Grain | None, window: Window, calendar: Calendar
) -> Window | None:
    """Return the days that count towards a period, or None where no first one is asked for. A level
    is that of the period's end, however old."""
    reach = node.look.reach
    own = node.look.moved(window, grain, calendar)
    if own is None or reach is None or (isinstance(node, Aggregate) and node.stock is not None):
        return own
    first = reach.start(own.end, calendar)
    return None if first is None else Window(first, own.end)
