"""What a value is over longer periods: more of the same, or about as much (S10, S11, S27)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from kpidsl.model.expr import (
    Applied,
    Constant,
    FixedAmount,
    MeasureRef,
    MetricArithmetic,
    MetricCoalesce,
    MetricExpr,
    MetricRef,
    OverEntities,
    Rank,
    Rolling,
    Running,
    ToDate,
    Total,
)
from kpidsl.model.leaves import parts_of
from kpidsl.model.purpose import Metric
from kpidsl.model.sources import COUNTS, Aggregate, Measure, Source


class Definitions(Protocol):
    """What formulas name."""

    @property
    def metrics(self) -> Mapping[str, Metric]: ...

    @property
    def sources(self) -> Mapping[str, Source]: ...


def unfolded(expr: MetricExpr, known: Definitions) -> MetricExpr:
    """Replace a mere name of a metric by that metric's own formula."""
    while isinstance(expr, MetricRef):
        expr = known.metrics[expr.name].expr
    return expr


def grows(expr: MetricExpr, known: Definitions) -> bool:
    """Whether the value of a longer period is more of the same, so that a target over a period is
    reached step by step (S27): what adds up does, but for a level, which adds up over members and
    not over time (S11)."""
    return adds_up(expr, known) and not _holds_level(expr, known)


def adds_up(expr: MetricExpr, known: Definitions) -> bool:
    """Whether the whole is the sum of its parts: sums, counts and fixed amounts are, rates,
    averages and extremes aren't."""
    match expr:
        case MetricRef():
            return adds_up(unfolded(expr, known), known)
        case MeasureRef():
            return _is_sum(_measure(expr, known))
        case FixedAmount():
            return True
        case Constant():
            return False
        case Rolling() | Running() | ToDate() | Total() | Rank():
            return False
        case OverEntities(operand, aggregate):
            return aggregate == "count" or (aggregate == "sum" and adds_up(operand, known))
        case Applied(operand):
            return adds_up(operand, known)
        case MetricCoalesce(items):
            return all(adds_up(item, known) for item in items)
        case MetricArithmetic("*", left, right):
            return isinstance(left, Constant) != isinstance(right, Constant) and (
                adds_up(left, known) or adds_up(right, known)
            )
        case MetricArithmetic("/", left, right):
            return isinstance(right, Constant) and adds_up(left, known)
        case MetricArithmetic(_, left, right):
            return adds_up(left, known) and adds_up(right, known)


def stays(expr: MetricExpr, known: Definitions) -> bool:
    """Whether the value of a longer period is for certain no sum of those of the shorter ones in
    it: a level, a rate, an average, an extreme, or what looks at other days. Of a product nobody
    can tell: it may be that of visits, a rate of orders and an average order."""
    match expr:
        case MetricRef():
            return stays(unfolded(expr, known), known)
        case MeasureRef():
            measure = _measure(expr, known)
            return measure.stock is not None or not _is_sum(measure)
        case Rolling() | Running() | ToDate():
            return True
        case OverEntities(_, aggregate):
            return aggregate not in {"count", "sum"}
        case Applied(operand):
            return stays(operand, known)
        case MetricCoalesce(items):
            return any(stays(item, known) for item in items)
        case MetricArithmetic("*", left, right):
            factors = [item for item in (left, right) if not isinstance(item, Constant)]
            return len(factors) == 1 and stays(factors[0], known)
        case MetricArithmetic("/", left, right):
            return not isinstance(right, Constant) or stays(left, known)
        case MetricArithmetic(_, left, right):
            return stays(left, known) or stays(right, known)
    return False


def _is_sum(measure: Measure) -> bool:
    return measure.aggregate is Aggregate.SUM or measure.aggregate in COUNTS


def _measure(ref: MeasureRef, known: Definitions) -> Measure:
    return known.sources[ref.source].measures[ref.measure]


def _holds_level(expr: MetricExpr, known: Definitions) -> bool:
    if isinstance(expr, MeasureRef):
        return _measure(expr, known).stock is not None
    return any(_holds_level(part, known) for part in parts_of(expr, known.metrics))
