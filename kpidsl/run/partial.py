"""Which values stand for a part of their period only (S13, S21)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta

from kpidsl.model.periods import (
    Calendar,
    Grain,
    Window,
    is_whole,
    moved_back,
    next_start,
    period_start,
    shift_window,
)
from kpidsl.plan.looking import begins
from kpidsl.plan.nodes import Aggregate, Frame, Plan
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
    a row stands for all there is.
    """
    asked = [asked_of(row, planned.frame) for row in rows]
    marks = {
        (grain, window): window is not None and _is_part(grain, window, planned, known)
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
    frame, nodes = planned.frame, list(aggregates_of(planned.root.input.input.inputs))
    tested = [known[node.input.source.name] for node in tested_by(nodes) if not node.look.shift]
    if frame.window is not None and not covers(tested, frame.window):
        return True
    now = [known[node.input.source.name] for node in nodes if not node.look.shift]
    whole = (
        covers(now, window)
        if grain is None
        else not is_partial(window, grain, frame.settings.calendar, now)
    )
    calendar = frame.settings.calendar
    return not whole or any(_looks_at_part(node, grain, window, known, calendar) for node in nodes)


def _looks_at_part(
    node: Aggregate,
    grain: Grain | None,
    window: Window,
    known: Mapping[str, Window | None],
    calendar: Calendar,
) -> bool:
    """Tell whether a value looks at other days than its period's (S18, S19) that are known in
    part; where none of them is known there is no value, which says so itself."""
    looked = _looked_at(node, grain, window, calendar)
    days = known[node.input.source.name]
    if looked is None or looked == window or days is None:
        return False
    return days.intersect(looked) is not None and not covers([days], looked)


def _looked_at(
    node: Aggregate, grain: Grain | None, window: Window, calendar: Calendar
) -> Window | None:
    """Return the days that count towards a period, or None where no first one is asked for."""
    look = node.look
    own = moved(node, grain, window, calendar)
    if own is None or look.reach is None:
        return own
    first = look.reach.start(own.end, calendar)
    return None if first is None or node.stock is not None else Window(first, own.end)


def moved(
    node: Aggregate, grain: Grain | None, window: Window, calendar: Calendar
) -> Window | None:
    """Return the days of a period, or part of one, moved as a node looks at them (S19); None where
    it has no partner."""
    look = node.look
    if grain is None:
        own = moved_back(window, look.shift.months, look.shift.days, calendar)
        since = None if look.reach is None else look.reach.since
        return own if begins(own, since, calendar) else None
    if look.pairs is not None:
        return dict(look.pairs).get(period_start(window.start, grain, calendar))
    return shift_window(window, -look.shift.months, -look.shift.days)
