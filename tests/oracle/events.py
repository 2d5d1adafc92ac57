"""Comparisons by a moving event, as the oracle counts them (S19), and random events."""

from __future__ import annotations

from datetime import timedelta

from kpidsl.model.events import Event
from kpidsl.model.expr import Prior
from kpidsl.model.periods import Window
from kpidsl.plan.query import Query
from tests.oracle.draws import Draw, chance, pick
from tests.oracle.rows import Refused

_ONE = timedelta(days=1)


def by_days(prior: Prior, event: Event, query: Query) -> Prior:
    """The same look back, by the days from an earlier time of the event to the window's."""
    if query.window is None:
        raise Refused("without a window there is nothing to shift")
    window = [query.window.start + n * _ONE for n in range(query.window.days)]
    held = [
        first for first in event.days if any(first + n * _ONE in window for n in range(event.lasts))
    ]
    if len(held) != 1:
        raise Refused("the window is not about one time of the event")
    times = prior.months // 12
    before = sorted(day for day in event.days if day < held[0])
    if len(before) < times:
        raise Refused("the event is not known so long before")
    return Prior(prior.operand, 0, (held[0] - before[-times]).days)


def drawn(draw: Draw, window: Window | None) -> dict[str, Event]:
    """An event that a window mostly holds once, and its times before."""
    if window is None:
        return {}
    first = window.start + pick(draw, (0, 0, 0, -1, 5)) * _ONE
    days = [first]
    for _ in range(pick(draw, (0, 1, 2, 2, 3, 3))):
        days.append(days[-1] - pick(draw, (60, 354, 355, 383, 384)) * _ONE)
    if chance(draw, 10):
        days.append(first + 300 * _ONE)
    return {"fest": Event(name="fest", days=tuple(sorted(days)), lasts=pick(draw, (1, 1, 3)))}
