"""Whose ids the rows of an aggregate are told by, where a table resolves them (S29)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from kpidsl.model.expr import DimensionRef, Resolved, RowExpr
from kpidsl.model.sources import Dimension, Measure, Source
from kpidsl.plan.nodes import Aggregate, PlacedExpr, Reached
from kpidsl.plan.placing import children


def looked_up(node: Aggregate, sources: Mapping[str, Source]) -> list[Resolved]:
    """Return the ids that a node looks up, those of each entity once."""
    source = node.input.source
    placed: list[PlacedExpr] = [*(key.value for key in node.keys), *node.where]
    for leaf in node.leaves:
        placed += [*leaf.where, *_told_by(leaf.measure)]
    found = [ids for expr in placed for ids in _below(expr, source, sources)]
    return list({ids.entity: ids for ids in reversed(found)}.values())[::-1]


def _told_by(measure: Measure) -> Iterator[RowExpr]:
    """Yield what a measure is computed from."""
    stock = () if measure.stock is None else measure.stock.entity
    for part in (measure.operand, measure.where, *measure.once_per, *stock):
        if part is not None:
            yield part


def _below(expr: PlacedExpr, at: Source, sources: Mapping[str, Source]) -> Iterator[Resolved]:
    match expr:
        case Resolved():
            yield expr
        case Reached(dimension):
            yield from _of(dimension, sources)
        case DimensionRef(name, joins):
            for join in joins:
                at = sources[at.joins[join].target]
            yield from _of(at.dimensions[name], sources)
    for part in children(expr):
        yield from _below(part, at, sources)


def _of(dimension: Dimension, sources: Mapping[str, Source]) -> Iterator[Resolved]:
    source, attribute = sources[dimension.source], dimension.attribute
    parts = [dimension.expr] if attribute is None else [attribute.operand, *attribute.entity]
    for part in parts:
        if part is not None:
            yield from _below(part, source, sources)
