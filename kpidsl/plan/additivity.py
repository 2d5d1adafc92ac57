"""Which columns of an answer need not add up to their total (S4, S10)."""

from __future__ import annotations

from collections.abc import Iterable

from kpidsl.model.expr import RowExpr
from kpidsl.model.sources import Measure
from kpidsl.plan.leaves import leaves_of
from kpidsl.plan.nodes import (
    Aggregate,
    FirstKnown,
    Formula,
    LeafValue,
    Negation,
    Number,
    Operation,
    Reached,
)


def overlaps(formula: Formula, nodes: Iterable[Aggregate]) -> bool:
    """Tell whether the same thing can count in several rows of an answer: a row of the data that
    is split by its many side or counted once per key, or what a distinct count counts.

    Nobody adds up the rows of a ratio, so distinct counts below a quotient don't matter.
    """
    several: set[str] = set()
    repeated: set[str] = set()
    for node in nodes:
        if not node.keys and not node.timed:
            continue
        if node.fan_out is not None or node.once_per:
            several |= {leaf.column for leaf in node.leaves}
        repeated |= {leaf.column for leaf in node.leaves if _repeats(leaf.measure, node)}
    return any(leaf.column in several for leaf in leaves_of(formula)) or any(
        leaf.column in repeated for leaf in _terms(formula)
    )


def _repeats(measure: Measure, node: Aggregate) -> bool:
    """Tell whether what a measure counts once can be found in several groups."""
    if measure.aggregate != "count_distinct":
        return False
    counted = (measure.operand,)
    if node.input.source.key == counted:
        return False
    return node.timed or not all(_is_of(counted, key.value) for key in node.keys)


def _is_of(counted: tuple[RowExpr | None], dimension: Reached) -> bool:
    """Tell whether a dimension has one member for each thing counted: it is joined by it alone,
    or an attribute of it."""
    if dimension.hops:
        return dimension.hops[0].join.columns == counted
    attribute = dimension.dimension.attribute
    return attribute is not None and attribute.entity == counted


def _terms(formula: Formula) -> list[LeafValue]:
    """Return the leaves that a formula adds up, as they are or times a number."""
    match formula:
        case LeafValue():
            return [formula]
        case Operation("+" | "-", left, right):
            return _terms(left) + _terms(right)
        case Operation("*" | "/", part, Number()) | Operation("*", Number(), part):
            return _terms(part)
        case Negation(operand):
            return _terms(operand)
        case FirstKnown(items):
            return [leaf for item in items for leaf in _terms(item)]
    return []
