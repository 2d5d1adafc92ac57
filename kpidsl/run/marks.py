"""Which comparisons are uneven, and why (S19)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from kpidsl.model.events import Event
from kpidsl.model.periods import Calendar, Grain, Window, is_of_months, shift_window
from kpidsl.model.project import Model
from kpidsl.plan.looking import partners
from kpidsl.plan.looks import Look, Reach
from kpidsl.plan.nodes import Merge, Plan, Regroup
from kpidsl.plan.query import Query
from kpidsl.run.heading import named_in
from kpidsl.run.partial import asked_of
from kpidsl.run.result import Mark, Sign


def marks_of(
    planned: Plan, rows: Sequence[tuple[object, ...]], query: Query, model: Model
) -> tuple[tuple[Mark, ...], ...]:
    """Return for each row of an answer what is uneven in its comparisons, if it has some."""
    looks = dict.fromkeys(look for look in _looks(planned.root.input.input) if look.shift)
    if not looks:
        return ()
    events = _affecting(query, model)
    calendar, periods = model.settings.calendar, query.whole().compared_by
    asked = [asked_of(row, planned.frame) for row in rows]
    found: dict[object, tuple[Mark, ...]] = {
        (grain, window): tuple(
            dict.fromkeys(
                mark
                for look in looks
                for mark in _marks(look, grain, window, periods, events, calendar)
            )
        )
        for grain, window in set(asked)
        if window is not None
    }
    return tuple(found.get(item, ()) for item in asked)


def _looks(merge: Merge) -> Iterator[Look]:
    """Yield how each value looks at time. A level is that of the period's end, however old."""
    yield from (accrual.look for accrual in merge.accruals)
    for node in (*merge.inputs, *(node for total in merge.totals for node in total.inputs)):
        if isinstance(node, Regroup):
            yield node.look
            yield from _looks(node.answer.input.input)
        else:
            yield node.look if node.stock is None else replace(node.look, reach=None)


def _affecting(query: Query, model: Model) -> list[Event]:
    """Return the events that move a figure of a question."""
    named = {
        part
        for item in query.select
        for name, _ in named_in(item.expr, model)
        for part in (name, name.rpartition(".")[2])
    }
    return [
        event
        for event in model.events.values()
        if not event.affects or not named.isdisjoint(event.affects)
    ]


def _marks(
    look: Look,
    grain: Grain | None,
    window: Window,
    periods: Grain | None,
    events: list[Event],
    calendar: Calendar,
) -> Iterator[Mark]:
    """Yield what is uneven in the comparison of a period, or of a whole window as its `periods` are
    compared."""
    before = look.moved(window, grain, calendar)
    if before is None:
        yield Mark(Sign.NO_PARTNER)
        return
    shift = look.shift
    if grain is None and periods is not None:
        pairs = partners(window, periods, calendar, shift)
        if pairs is not None and not _make_up(before, [own for _, own in pairs]):
            yield Mark(Sign.NO_PARTNER)
    by_date = before == shift_window(window, -shift.months, -shift.days)
    if by_date and shift.months and not shift.days and (uneven := _by_month(window, before)):
        yield Mark(uneven)
    sides = [_counted(days, look.reach, calendar) for days in (window, before)]
    for event in events:
        held = {bool(days is not None and event.within(days)) for days in sides}
        if len(held) > 1:
            yield Mark(Sign.ONE_SIDED, event.name)


def _make_up(before: Window, partners: Sequence[Window | None]) -> bool:
    """Tell whether each period has a partner, and these make up the days before: a week 53 on
    either side is without one."""
    found = [own for own in partners if own is not None]
    return len(found) == len(partners) and sum(own.days for own in found) == before.days


def _by_month(window: Window, before: Window) -> Sign | None:
    """Return what is uneven where a window that is no whole months is compared by the months: a
    first or last day has another number than in the earlier month, which lacks it, or is its
    month's last one beside all that are left of a longer month."""
    if is_of_months(window):
        return None
    ends = ((window.start, before.start), (window.last_day, before.last_day))
    if any(day.day > 28 and earlier.day < day.day for day, earlier in ends):
        return Sign.SHORTER_MONTH
    return Sign.LONGER_MONTH if before.last_day.day > window.last_day.day else None


def _counted(days: Window, reach: Reach | None, calendar: Calendar) -> Window | None:
    """Return the days that count towards a period; None where they have no first one."""
    if reach is None:
        return days
    first = reach.start(days.end, calendar)
    return None if first is None else Window(first, days.end)
