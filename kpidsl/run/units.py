"""The unit of an answer's column, read off its checked expression."""

from __future__ import annotations

from kpidsl.model.expr import (
    Applied,
    Constant,
    Convert,
    FixedAmount,
    MeasureRef,
    MetricArithmetic,
    MetricCoalesce,
    MetricExpr,
    MetricRef,
    OverEntities,
    Rank,
)
from kpidsl.model.project import Model
from kpidsl.model.units import NUMBER, Unit


def unit_of(expr: MetricExpr, model: Model) -> tuple[Unit, bool]:
    """Return (unit, shown as a percentage). The checker has proved that parts agree (D14)."""
    match expr:
        case MetricRef(name):
            metric = model.metrics[name]
            return metric.unit, metric.percent
        case MeasureRef(source, name):
            measure = model.sources[source].measures[name]
            return measure.unit, measure.percent
        case FixedAmount(_, currency):
            return Unit.of(currency), False
        case Constant():
            return NUMBER, False
        case Rank() | OverEntities(aggregate="count"):
            return NUMBER, False
        case Convert(operand, currency):
            unit, percent = unit_of(operand, model)
            return unit.into(currency), percent
        case Applied(operand):
            return unit_of(operand, model)
        case MetricCoalesce(items):
            return unit_of(items[0], model)
        case MetricArithmetic(op, left, right):
            first, percent = unit_of(left, model)
            second, other = unit_of(right, model)
            if op == "*":
                return first * second, False
            if op == "/":
                return first / second, False
            return first, percent and other
