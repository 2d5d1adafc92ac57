"""The measures and fixed amounts at the bottom of a formula."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from kpidsl.model.expr import (
    Applied,
    Constant,
    FixedAmount,
    MeasureRef,
    MetricArithmetic,
    MetricCoalesce,
    MetricExpr,
    MetricRef,
)
from kpidsl.model.purpose import Metric


def leaf_measures(expr: MetricExpr, metrics: Mapping[str, Metric]) -> tuple[str, ...]:
    """Return the measures below a formula as `source.measure`, each once, in order of writing.

    `metrics` are those that the formula may name; their own `leaves` are taken as known.
    """
    return tuple(dict.fromkeys(_leaves(expr, metrics)))


def leaf_sources(expr: MetricExpr, metrics: Mapping[str, Metric]) -> frozenset[str]:
    """Return the sources of all measures below a formula."""
    return frozenset(leaf.split(".", 1)[0] for leaf in _leaves(expr, metrics))


def parts_of(expr: MetricExpr, metrics: Mapping[str, Metric]) -> tuple[MetricExpr, ...]:
    """Return what a formula is directly made of: of a metric its formula, of a measure nothing."""
    match expr:
        case MetricRef(name=name) if name in metrics:
            return (metrics[name].expr,)
        case MetricArithmetic(left=left, right=right):
            return (left, right)
        case MetricCoalesce(items=items):
            return items
        case Applied(operand=inner):
            return (inner,)
    return ()


def has_data(expr: MetricExpr, metrics: Mapping[str, Metric]) -> bool:
    """Tell whether a formula has anything but literals: a measure, a metric, a fixed amount."""
    match expr:
        case Constant():
            return False
        case MetricArithmetic(left=left, right=right):
            return has_data(left, metrics) or has_data(right, metrics)
        case Applied(operand=inner):
            return has_data(inner, metrics)
        case MetricCoalesce(items=items):
            return any(has_data(item, metrics) for item in items)
    return True


def _leaves(expr: MetricExpr, metrics: Mapping[str, Metric]) -> Iterator[str]:
    match expr:
        case MeasureRef():
            yield str(expr)
        case MetricRef(name=name):
            if name in metrics:
                yield from metrics[name].leaves
        case MetricArithmetic(left=left, right=right):
            yield from _leaves(left, metrics)
            yield from _leaves(right, metrics)
        case Applied(operand=inner):
            yield from _leaves(inner, metrics)
        case MetricCoalesce(items=items):
            for item in items:
                yield from _leaves(item, metrics)
        case FixedAmount(allocate_by=MetricRef() | MeasureRef() as by):
            yield from _leaves(by, metrics)
