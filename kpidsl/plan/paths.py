"""Which way leads from a measure to a dimension (S6, S9)."""

from __future__ import annotations

from collections.abc import Iterator

from kpidsl.model.expr import Column, DimensionRef, QueryDimension, RowExpr, TimeColumn
from kpidsl.model.project import Model
from kpidsl.model.sources import Dimension, Source
from kpidsl.plan.nodes import Hop

Path = tuple[Hop, ...]


class NoPath(Exception):
    """A leaf can't reach a dimension, or on several paths; caught inside the planner.

    `paths` is empty when there is none.
    """

    def __init__(self, dimension: QueryDimension, paths: tuple[Path, ...] = ()) -> None:
        super().__init__(str(dimension))
        self.dimension = dimension
        self.paths = paths


def describe(start: str, path: Path) -> str:
    """Return a path in words: `orders → customer`, backwards `orders ← lines.of_order`."""
    steps = [f"← {hop.to}.{hop.join.name}" if hop.reverse else f"→ {hop.join.name}" for hop in path]
    return " ".join((start, *steps))


class Paths:
    """All paths of a model: reverse hops first, then forward ones, no source twice (S6)."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self._incoming: dict[str, list[Hop]] = {}
        for source in model.sources.values():
            for join in source.joins.values():
                if join.validity is not None:
                    continue  # which rows a row meets hangs on their time, so none are its own
                if join.weight is not None or _is_bridge(source, join.target, model):
                    continue  # the way over a bridge is the one on which rows have shares
                incoming = self._incoming.setdefault(join.target, [])
                incoming.append(Hop(join, reverse=True))
        self._between: dict[tuple[str, str], tuple[Path, ...]] = {}

    def between(self, start: str, goal: str) -> tuple[Path, ...]:
        found = self._between.get((start, goal))
        if found is None:
            found = tuple(self._walk(start, goal, (), frozenset({start}), True))
            self._between[start, goal] = found
        return found

    def _walk(
        self, at: str, goal: str, path: Path, seen: frozenset[str], may_reverse: bool
    ) -> Iterator[Path]:
        if at == goal:
            yield path
            return
        forward = [Hop(join) for join in self._source(at).joins.values()]
        for hop in (self._incoming.get(at, []) if may_reverse else []) + forward:
            if hop.to not in seen:
                yield from self._walk(
                    hop.to, goal, (*path, hop), seen | {hop.to}, may_reverse and hop.reverse
                )

    def _source(self, name: str) -> Source:
        return self._model.sources[name]

    def reach(self, start: str, wanted: QueryDimension) -> tuple[Path, Dimension]:
        """Return the one path from a source to a dimension, or raise `NoPath`."""
        if wanted.start is not None:
            return self._chosen(start, wanted)
        if wanted.source is not None:
            targets = {wanted.source: wanted.name}
        else:
            members = self._model.shared[wanted.name].members
            targets = {start: members[start]} if start in members else dict(members)
        found = [
            (path, self._source(target).dimensions[name])
            for target, name in targets.items()
            for path in self.between(start, target)
        ]
        if len(found) != 1:
            raise NoPath(wanted, tuple(path for path, _ in found))
        return found[0]

    def _chosen(self, start: str, wanted: QueryDimension) -> tuple[Path, Dimension]:
        """Follow the joins that the author named, from the source that they start at."""
        assert wanted.start is not None
        ways = self.between(start, wanted.start)
        if len(ways) != 1:
            raise NoPath(wanted, ways)
        path, at = ways[0], wanted.start
        for name in wanted.joins:
            hop = Hop(self._source(at).joins[name])
            path, at = (*path, hop), hop.to
        return path, self._source(at).dimensions[wanted.name]


def _is_bridge(source: Source, target: str, model: Model) -> bool:
    """Tell whether rows of a target are split over those of a source (S7)."""
    joins = model.sources[target].joins.values()
    return any(join.weight is not None and join.target == source.name for join in joins)


def reference_joins(
    expr: RowExpr | None, source: Source, sources: dict[str, Source]
) -> tuple[str, ...]:
    """Return the forward joins that a bare reference walks to its column: a dimension may itself
    be a reference over a join. Empty for anything computed (S2)."""
    match expr:
        case Column(joins=joins) | TimeColumn(joins=joins):
            return joins
        case DimensionRef(name, joins):
            for join in joins:
                source = sources[source.joins[join].target]
            return joins + reference_joins(source.dimensions[name].expr, source, sources)
    return ()
