"""Comparisons by a moving event: the same days around it, a time before (S19)."""

from __future__ import annotations

from kpidsl.model.events import Event
from kpidsl.model.periods import Window
from kpidsl.plan.looks import Shift
from kpidsl.plan.refusal import Refused
from kpidsl.text.diagnostic import error


def from_event_to_event(event: Event, times: int, window: Window | None) -> Shift:
    """Return how many days lie between the event in a window and that so many times before."""
    if window is None:
        raise Refused(
            error(
                "K469",
                "a prior value is asked for, and the question has no window",
                help="say from when to when, as in `--period 2026`",
            )
        )
    held = event.within(window)
    if len(held) != 1:
        listed = ", ".join(day.isoformat() for day in held or event.days)
        count = "no day" if not held else f"{len(held)} times"
        raise Refused(
            error(
                "K491",
                f"values are aligned to `{event.name}`, and the question's period has {count} of "
                f"it: {listed}",
                event.span,
                label="the event",
                help="ask for a period with one of them, such as the weeks around it",
            )
        )
    place = event.days.index(held[0])
    if place < times:
        raise Refused(
            error(
                "K491",
                f"`{event.name}` of {held[0]} has nothing to be compared with: the event is not "
                f"declared {'a time' if times == 1 else f'{times} times'} before",
                event.span,
                label="the event",
                help="add its earlier days to the event",
            )
        )
    return Shift(days=(held[0] - event.days[place - times]).days)
