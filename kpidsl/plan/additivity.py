"""What adds up, and what is recomputed (S4, S10)."""

from __future__ import annotations

from collections.abc import Iterable

from kpidsl.model.expr import Column, RowExpr
from kpidsl.model.sources import Aggregate as Kind
from kpidsl.model.sources import Measure
from kpidsl.plan.formulas import (
    FirstKnown,
    Formula,
    LeafValue,
    Negation,
    Number,
    Operation,
    RegroupValue,
    is_sum,
)
from kpidsl.plan.leaves import leaves_of, parts_of
from kpidsl.plan.looks import Look
from kpidsl.plan.nodes import Aggregate, Input, Key, Leaf, OverAnswer, Reached, Regroup

_MERGED_BY = {
    Kind.SUM: Kind.SUM,
    Kind.COUNT: Kind.SUM,
    Kind.MIN: Kind.MIN,
    Kind.MAX: Kind.MAX,
}


def overlaps(formulas: Iterable[Formula], nodes: Iterable[Input]) -> list[bool]:
    """Tell of each formula whether the same thing can count in several rows of an answer: a row of
    the data that is split by its many side, counted once per key or over several periods, what a
    distinct count counts, an entity, or a total.

    Nobody adds up the rows of a ratio, so distinct counts below a quotient don't matter.
    """
    several: set[str] = set()
    repeated: set[str] = set()
    for node in nodes:
        if not node.keys and not node.timed:
            continue
        if isinstance(node, Regroup):
            repeated |= {item.column for item in node.columns if _repeats_entities(item, node)}
            continue
        in_several_periods = node.timed and (node.look.reach is not None or node.stock is not None)
        if node.fan_outs or node.once_per or in_several_periods:
            several |= {leaf.column for leaf in node.leaves}
        repeated |= {leaf.column for leaf in node.leaves if _repeats(leaf.measure, node)}
    return [
        any(part.column in several for part in parts_of(formula))
        or any(leaf.column in repeated or leaf.over is not None for leaf in _terms(formula))
        for formula in formulas
    ]


def merged_by(measure: Measure) -> Kind | None:
    """Return the aggregate that makes one value of the values of disjoint sets of rows, or None:
    distinct counts, averages, medians and percentiles are recomputed from the rows, and so is
    what counts once per key, since the parts may share keys; a level is no sum over time."""
    if measure.once_per or measure.stock is not None:
        return None
    return _MERGED_BY.get(measure.aggregate)


def can_be_named_late(node: Aggregate) -> bool:
    """Tell whether the groups of a node can be told apart by the columns that join their tables,
    and named when its rows have been added up. Two keys of one name are one group: its values must
    merge (S10), or what counts once in it must be put together before it is counted."""
    if node.bridge or not node.keys or not all(map(_is_joined_column, node.keys)):
        return False
    merge = all(merged_by(leaf.measure) for leaf in node.leaves if not _is_distinct(leaf))
    if not counts_once(node):
        return merge
    splits = _is_split_once(node) and not any(map(_is_distinct, node.leaves))
    return not node.look.joined and merge and (splits or _counts_one_thing(node))


def counts_once(node: Aggregate) -> bool:
    """Tell whether something counts once in each group of a node, however many rows it has there:
    a row that is split by its many side (S4), or what a distinct count counts."""
    return bool(node.fan_outs) or any(map(_is_distinct, node.leaves))


def _is_split_once(node: Aggregate) -> bool:
    """Tell whether rows are split by one many side, which all keys lie on."""
    return [fan_out.positions for fan_out in node.fan_outs] == [tuple(range(len(node.keys)))]


def _counts_one_thing(node: Aggregate) -> bool:
    """Tell whether all distinct counts of a node are of the same values."""
    distinct = [leaf for leaf in node.leaves if _is_distinct(leaf)]
    counted = [(leaf.measure.operand, leaf.measure.where, leaf.where) for leaf in distinct]
    return not node.fan_outs and all(item == counted[0] for item in counted)


def _is_distinct(leaf: Leaf) -> bool:
    measure = leaf.measure
    plain = not measure.once_per and measure.stock is None
    return plain and measure.aggregate is Kind.COUNT_DISTINCT


def _is_joined_column(key: Key) -> bool:
    """Tell whether a key is a column of a table that is joined by columns alone."""
    hops = key.value.hops
    if not hops or hops[-1].join.validity is not None:
        return False
    columns = (key.value.dimension.expr, *hops[-1].join.target_columns)
    return all(isinstance(column, Column) and not column.joins for column in columns)


def merges_into(finer: Aggregate, node: Aggregate) -> bool:
    """Tell whether a node's values can be merged from those of one with more keys: the same leaves
    over the same rows, each row in one group only (S10)."""
    same_rows = (
        finer.input.source is node.input.source
        and finer.look == node.look
        and finer.where == node.where
        and finer.bridge == node.bridge
        and finer.windowed == node.windowed
        and not finer.fan_outs
        and not finer.beyond
    )
    by_time = finer.timed == node.timed or (finer.timed and node.look == Look())
    return (
        same_rows
        and by_time
        and finer.all_dated == node.all_dated
        and {key.column for key in node.keys} <= {key.column for key in finer.keys}
        and all(merged_by(leaf.measure) is not None for leaf in node.leaves)
        and holds_leaves(finer, node)
    )


def holds_leaves(finer: Aggregate, node: Aggregate) -> bool:
    """Tell whether each leaf of a node is one of another's."""
    return all(any(_same(leaf, other) for other in finer.leaves) for leaf in node.leaves)


def _same(leaf: Leaf, other: Leaf) -> bool:
    return leaf.measure is other.measure and leaf.where == other.where


def adds_up(formula: Formula, nodes: Iterable[Input]) -> bool:
    """Tell whether the rows of an answer add up to its total: the formula adds up sums and counts,
    fixed amounts, and differences of them, each of whose rows counts in one row of the answer."""
    apart = {
        leaf.column
        for node in nodes
        if isinstance(node, Aggregate)
        for leaf in node.leaves
        if merged_by(leaf.measure) is Kind.SUM
        and not node.fan_outs
        and not (node.timed and node.look != Look())
    }
    leaves = leaves_of(formula)
    return is_sum(formula) and all(leaf.column in apart and leaf.over is None for leaf in leaves)


def _repeats(measure: Measure, node: Aggregate) -> bool:
    """Tell whether what a measure counts once can be found in several groups."""
    if measure.aggregate not in {Kind.COUNT_DISTINCT, Kind.APPROX_COUNT_DISTINCT}:
        return False
    counted = (measure.operand,)
    if node.input.source.key == counted:
        return False
    return node.timed or not all(_is_of(counted, key.value) for key in node.keys)


def _repeats_entities(item: OverAnswer, node: Regroup) -> bool:
    """Tell whether an aggregate over entities counts what can be found in several groups: an entity
    can, and so can what counts towards its value where that adds nothing up."""
    if item.aggregate is Kind.SUM:
        inner = node.answer.input
        return not all(adds_up(output.formula, inner.input.inputs) for output in inner.outputs)
    return item.aggregate is Kind.COUNT


def _is_of(counted: tuple[RowExpr | None], dimension: Reached) -> bool:
    """Tell whether a dimension has one member for each thing counted: it is joined by it alone,
    at all times, or an attribute of it."""
    if dimension.hops:
        join = dimension.hops[0].join
        return join.columns == counted and join.validity is None
    attribute = dimension.dimension.attribute
    return attribute is not None and attribute.entity == counted


def _terms(formula: Formula) -> list[LeafValue | RegroupValue]:
    """Return the leaves that a formula adds up, as they are or times a number."""
    match formula:
        case LeafValue() | RegroupValue():
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
