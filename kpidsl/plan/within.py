"""What stands below the inputs of a plan: the aggregates that read rows, and the answers that their
filters test."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import cast

from kpidsl.model.expr import EntityValue, RowExpr
from kpidsl.model.sources import BY_ORDER
from kpidsl.plan.nodes import Aggregate, Input, OfEntity, PlacedExpr, Plan, Regroup
from kpidsl.plan.placing import children


def aggregates_of(inputs: Iterable[Input]) -> Iterator[Aggregate]:
    """Yield the aggregates of rows among inputs, and those below answers that are regrouped."""
    for node in inputs:
        if isinstance(node, Regroup):
            yield from aggregates_of(node.answer.input.input.inputs)
        else:
            yield node


def read_by(plan: Plan) -> tuple[Aggregate, ...]:
    """Return what reads the rows of an answer, and of the answers that its filters test."""
    nodes = tuple(aggregates_of(plan.root.input.input.inputs))
    return (*nodes, *tested_by(nodes))


def held_columns(inputs: Iterable[Input]) -> frozenset[str]:
    """Return the columns whose values are some of the data's, of any type."""
    return frozenset(
        leaf.column
        for node in inputs
        if isinstance(node, Aggregate)
        for leaf in node.leaves
        if leaf.measure.aggregate in BY_ORDER
    )


def merged_from(plan: Plan) -> frozenset[int]:
    """Return the identities of the nodes of a plan that others are merged from."""
    merges = [plan.root.input.input, *(part.input.input for part in plan.subtotals)]
    if plan.leaders is not None:
        others = (plan.leaders.ranking, plan.leaders.rest)
        merges += [part.input.input for part in others if part is not None]
    inputs = [node for merge in merges for node in merge.inputs]
    inputs += [node for merge in merges for total in merge.totals for node in total.inputs]
    return frozenset(id(node.merged_from) for node in aggregates_of(inputs))


def tested_by(nodes: Iterable[Aggregate]) -> Iterator[Aggregate]:
    """Yield the aggregates of the answers by entity that filters test, and of those within."""
    for node in nodes:
        for condition in (*node.where, *(item for leaf in node.leaves for item in leaf.where)):
            for value in values_in(condition):
                found = tuple(aggregates_of(value.answer.input.input.inputs))
                yield from found
                yield from tested_by(found)


def values_in(expr: PlacedExpr) -> Iterator[OfEntity]:
    """Yield the metrics' values for entities in a condition."""
    if isinstance(expr, OfEntity):
        yield expr
    for part in children(expr):
        yield from values_in(part)


def entity_values(expr: RowExpr) -> Iterator[EntityValue]:
    """Yield the metrics per entity in a condition that is on no path yet."""
    if isinstance(expr, EntityValue):
        yield expr
    for part in children(expr):
        yield from entity_values(cast("RowExpr", part))


def in_own_periods(inputs: Sequence[Input]) -> bool:
    """Tell whether all that an answer is made of are rows of one source, each in its own period or
    in one that lies so much later."""
    if len(inputs) != 1 or not isinstance(inputs[0], Aggregate):
        return False
    look = inputs[0].look
    return not look.joined and look.reach is None
