"""The funnel oracle (S22): every attempt of every entity is tried, and the best one counted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, TypedDict


class Event(TypedDict):
    """One row of a step. `key` tells a source's events apart and orders those of one moment; rows
    of one step with equal keys are one event, at their earliest time."""

    entity: Any
    at: datetime
    source: str
    key: Any


@dataclass(frozen=True, slots=True)
class Reached:
    """How many steps an entity's best attempt fills, and when that attempt began."""

    steps: int
    entry: datetime


@dataclass(frozen=True, slots=True)
class FunnelAnswer:
    counts: tuple[int, ...]
    reached: dict[Any, Reached]


@dataclass(frozen=True, slots=True)
class Moment:
    at: datetime
    rank: int
    source: str
    key: Any

    def follows(self, before: Moment) -> bool:
        """Whether this event comes after: at one moment, events follow the order in which the
        funnel names their sources, and within a source their keys."""
        if self.at != before.at:
            return self.at > before.at
        if self.rank != before.rank:
            return self.rank > before.rank
        return bool(self.key > before.key)


def funnel_counts(
    steps: Sequence[Sequence[Event]],
    within: Sequence[timedelta | None],
    funnel_within: timedelta | None,
    sequence: Literal["ordered", "any"] = "ordered",
) -> FunnelAnswer:
    """Count the entities that reach each step.

    `within[i]` limits the time from the step before to step i (the first has none), or in any
    order the time from the attempt's first event; `funnel_within` limits the whole attempt. Both
    limits are included. An attempt fills steps 1 to n, each with an event of its own; the
    earliest of those that go furthest counts.
    """
    named = [event["source"] for step in steps for event in step]
    ranks = {source: rank for rank, source in enumerate(dict.fromkeys(named))}
    moments = [_moments(step, ranks) for step in steps]
    reached: dict[Any, Reached] = {}
    for entity in {entity for step in moments for entity in step}:
        own = [step.get(entity, []) for step in moments]
        attempts = [
            attempt
            for attempt in _choices(own)
            if _allowed(attempt, within, funnel_within, sequence)
        ]
        if attempts:
            furthest = max(map(len, attempts))
            entry = min(
                min(moment.at for moment in attempt)
                for attempt in attempts
                if len(attempt) == furthest
            )
            reached[entity] = Reached(furthest, entry)
    return FunnelAnswer(
        tuple(
            sum(found.steps > number for found in reached.values()) for number in range(len(steps))
        ),
        reached,
    )


def _moments(step: Sequence[Event], ranks: dict[str, int]) -> dict[Any, list[Moment]]:
    """Each entity's events; rows without an entity or a time belong to nobody."""
    earliest: dict[tuple[Any, str, Any], datetime] = {}
    for event in step:
        if event["entity"] is None or event["at"] is None:
            continue
        place = (event["entity"], event["source"], event["key"])
        earliest[place] = min(event["at"], earliest.get(place, event["at"]))
    found: dict[Any, list[Moment]] = {}
    for (entity, source, key), at in earliest.items():
        found.setdefault(entity, []).append(Moment(at, ranks[source], source, key))
    return found


def _choices(
    steps: list[list[Moment]], chosen: tuple[Moment, ...] = ()
) -> Iterator[tuple[Moment, ...]]:
    """Every choice of one event for each of the first n steps, for every n from one."""
    if chosen:
        yield chosen
    if len(chosen) < len(steps):
        for moment in steps[len(chosen)]:
            yield from _choices(steps, (*chosen, moment))


def _allowed(
    attempt: tuple[Moment, ...],
    within: Sequence[timedelta | None],
    funnel_within: timedelta | None,
    sequence: Literal["ordered", "any"],
) -> bool:
    if len({(moment.source, moment.key) for moment in attempt}) < len(attempt):
        return False
    times = [moment.at for moment in attempt]
    if funnel_within is not None and max(times) - min(times) > funnel_within:
        return False
    for number in range(1, len(attempt)):
        if sequence == "ordered" and not attempt[number].follows(attempt[number - 1]):
            return False
        limit = within[number]
        since = times[number - 1] if sequence == "ordered" else min(times)
        if limit is not None and times[number] - since > limit:
            return False
    return True
