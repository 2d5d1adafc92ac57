"""How a leaf measure's source reaches a dimension (S6): reverse joins first, then forward."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass

from kpidsl.model.expr import QueryDimension
from kpidsl.model.project import Model
from tests.oracle.rows import Refused


@dataclass(frozen=True, slots=True)
class Hop:
    """The join `join` of `source`, walked against its direction."""

    source: str
    join: str


@dataclass(frozen=True, slots=True)
class Reach:
    """Against the `reverse` joins, then along the `forward` ones, to `dimension` of `owner`."""

    reverse: tuple[Hop, ...]
    forward: tuple[str, ...]
    owner: str
    dimension: str


Path = tuple[tuple[Hop, ...], tuple[str, ...]]


def paths(model: Model, start: str, target: str) -> list[Path]:
    """Every way from `start` to `target` that visits no source twice."""
    found: list[Path] = []

    def backward(place: str, reverse: tuple[Hop, ...], seen: frozenset[str]) -> None:
        along(place, reverse, (), seen)
        for name, source in model.sources.items():
            for join in source.joins.values():
                dated = join.validity is not None  # which rows meet hangs on their own time
                shared = join.weight is not None or _is_bridge(model, place, name)
                if join.target == place and name not in seen and not (dated or shared):
                    backward(name, (*reverse, Hop(name, join.name)), seen | {name})

    def along(
        place: str, reverse: tuple[Hop, ...], forward: tuple[str, ...], seen: frozenset[str]
    ) -> None:
        if place == target:
            found.append((reverse, forward))
        for join in model.sources[place].joins.values():
            if join.target not in seen:
                along(join.target, reverse, (*forward, join.name), seen | {join.target})

    backward(start, (), frozenset({start}))
    return found


def _is_bridge(model: Model, place: str, other: str) -> bool:
    """Whether rows of one source are split over those of the other: that way has shares (S7)."""
    joins = model.sources[place].joins.values()
    return any(join.weight is not None and join.target == other for join in joins)


def reach(model: Model, start: str, reference: QueryDimension) -> Reach:
    """The one way from a leaf's source to a dimension, or `Refused` (S6, S9)."""
    if reference.source is None:
        members = model.shared[reference.name].members
        if start in members:
            return Reach((), (), start, members[start])
        ways = [
            Reach(*path, source, dimension)
            for source, dimension in members.items()
            for path in paths(model, start, source)
        ]
        return _only(ways, start, reference)
    begin = reference.start or reference.source
    ways = []
    for reverse, forward in paths(model, start, begin):
        owner = begin
        for join in reference.joins:
            owner = model.sources[owner].joins[join].target
        ways.append(Reach(reverse, (*forward, *reference.joins), owner, reference.name))
    return _only(ways, start, reference)


def _only(ways: list[Reach], start: str, reference: QueryDimension) -> Reach:
    if len(ways) != 1:
        raise Refused(f"{len(ways)} paths from {start} to {reference}")
    return ways[0]


def ends(model: Model, sources: Iterable[str], reference: QueryDimension) -> list[Reach]:
    """How each of the sources that can reaches a dimension."""
    found = []
    for source in sources:
        with suppress(Refused):
            found.append(reach(model, source, reference))
    return found
