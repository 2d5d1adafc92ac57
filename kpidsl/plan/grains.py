"""Several grains of time in one question: the finest makes the periods, and each of its periods
tells those of the others that it lies in (S17)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

from kpidsl.model.moments import DayPart
from kpidsl.model.periods import Calendar, Grain, Window, next_start, period_start, periods
from kpidsl.plan.naming import Names
from kpidsl.plan.nodes import PERIOD, Coarser
from kpidsl.plan.query import Group, Query
from kpidsl.plan.refusal import Refused
from kpidsl.plan.regroups import nests
from kpidsl.text.diagnostic import error

_DAY = timedelta(days=1)
_ORDER: tuple[Grain | DayPart, ...] = (*reversed(DayPart), *Grain)


def from_coarse_to_fine(grains: Sequence[Grain | DayPart]) -> list[Grain | DayPart]:
    """Return grains in order, the shortest periods last."""

    def length(grain: Grain | DayPart) -> tuple[int, int, int]:
        months, days = (grain.months, grain.days) if isinstance(grain, Grain) else (0, 0)
        return months, days, _ORDER.index(grain)

    return sorted(grains, key=length, reverse=True)


def coarser_names(coarser: Sequence[Grain], keys: Sequence[str]) -> tuple[str, ...]:
    """Name the columns of the coarser periods beside the key columns."""
    names = Names((PERIOD, *keys))
    return tuple(names.unused(grain.value) for grain in coarser)


def coarser_columns(query: Query, calendar: Calendar, keys: Sequence[str]) -> tuple[Coarser, ...]:
    """Return the columns that tell in which longer period each period lies; refuse those that lie
    in several."""
    names = coarser_names(query.coarser, keys)
    every = [Coarser(name, grain) for name, grain in zip(names, query.coarser, strict=True)]
    found = lying_in(every, query, calendar)
    told = {item.grain for item in found}
    for item in every:
        if item.grain not in told:
            raise Refused(
                error(
                    "K485",
                    f"each `{query.grain}` within each `{item.grain}` is asked for, and some lie "
                    "in several",
                    help=f"ask by one of them, or by `day` too: each day lies in one "
                    f"`{item.grain}`",
                )
            )
    return found


def lying_in(coarser: Sequence[Coarser], query: Query, calendar: Calendar) -> tuple[Coarser, ...]:
    """Return those columns that tell, of each period of a question, in which longer one it lies."""
    found: list[Coarser] = []
    for item in coarser:
        if query.grain is None or query.grain is item.grain:
            continue
        listed = _listed(query.grain, item.grain, query.window, calendar)
        if listed is not None or _lies_in_one(query.grain, item.grain, calendar):
            found.append(replace(item, listed=listed or ()))
    return tuple(found)


def _lies_in_one(inner: Grain | DayPart, outer: Grain, calendar: Calendar) -> bool:
    if isinstance(inner, DayPart):
        return _lies_in_one(Grain.DAY, outer, calendar)
    if nests(inner, outer, calendar):
        return True
    # Quarters lie in a fiscal year that begins with one.
    months = inner.months and outer.months and outer.months % inner.months == 0
    own_years = calendar.own_years(inner) or calendar.own_years(outer)
    return bool(months) and not own_years and calendar.months_after_january % inner.months == 0


def _listed(
    inner: Grain | DayPart, outer: Grain, window: Window | None, calendar: Calendar
) -> tuple[tuple[date, date], ...] | None:
    """Return each period of a window by its first day, or each day for its parts, with the first
    day of the period of years that no engine knows in which it lies; None where there are no such
    years, or one lies in several."""
    if isinstance(inner, DayPart):
        inner = Grain.DAY  # a part of a day lies where its day does
    if window is None or not (calendar.own_years(outer) or calendar.own_years(inner)):
        return None
    found: list[tuple[date, date]] = []
    for piece in periods(window, inner, calendar):
        start = period_start(piece.start, inner, calendar)
        last = next_start(start, inner, calendar) - _DAY
        if not (calendar.knows(start, outer) and calendar.knows(last, outer)):
            return None
        first = period_start(start, outer, calendar)
        if first != period_start(last, outer, calendar):
            return None
        found.append((start, first))
    return tuple(found)


def rollup(places: int, grains: Sequence[Grain | DayPart]) -> tuple[Group, ...]:
    """Return the totals over the last of so many dimensions, over the last two and so on; then over
    the finest of the grains, which stand from coarse to fine, over the last two and so on."""
    finest = grains[-1] if grains else None
    found = [Group(tuple(range(count)), finest) for count in reversed(range(places))]
    found += [Group((), grain) for grain in reversed(grains[:-1])]
    return (*found, Group()) if grains else tuple(found)
