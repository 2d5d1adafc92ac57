"""What stands above a statement: which kpidsl made it, from which definitions."""

from __future__ import annotations

from collections.abc import Iterable

from kpidsl.model.definition import Definition
from kpidsl.model.expr import (
    Applied,
    Filtered,
    FixedAmount,
    MeasureRef,
    MetricArithmetic,
    MetricCoalesce,
    MetricExpr,
    MetricRef,
    RowExpr,
)
from kpidsl.model.project import Model
from kpidsl.plan.query import Query
from kpidsl.plan.shown import metrics_in
from kpidsl.plan.within import entity_values
from kpidsl.text.display import visible


def heading_of(query: Query, model: Model, made_by: str) -> str:
    """Return the comment above a query's SQL: each metric and measure in it with its place."""
    named: dict[str, Definition] = {}
    for item in query.select:
        _name(item.expr, model, named)
    if query.where is not None:
        _name_tested(query.where, model, named)
    for metric in metrics_in(query.having):
        _name(metric, model, named)
    return heading(named.items(), made_by)


def heading(named: Iterable[tuple[str, Definition]], made_by: str) -> str:
    """Return comment lines; `made_by` is the first of them. Names and places are the only texts of
    others in them, each kept on its line, so that no comment ends before its line does."""
    lines = [made_by] if made_by else []
    lines += [f"{name}: {item.place}" if item.place else name for name, item in named]
    return "".join(f"-- {visible(line)}\n" for line in lines)


def _name(expr: MetricExpr, model: Model, named: dict[str, Definition]) -> None:
    """Add what an expression rests on, each metric before what it is made of, and each once."""
    match expr:
        case MetricRef(name):
            if name not in named:
                named[name] = model.metrics[name]
                _name(model.metrics[name].expr, model, named)
        case MeasureRef(source, name):
            named[str(expr)] = model.sources[source].measures[name]
        case MetricArithmetic(_, left, right):
            _name(left, model, named)
            _name(right, model, named)
        case MetricCoalesce(items):
            for item in items:
                _name(item, model, named)
        case FixedAmount(allocate_by=by):
            if by is not None:
                _name(by, model, named)
        case Filtered(operand, predicate):
            _name(operand, model, named)
            _name_tested(predicate, model, named)
        case Applied(operand):
            _name(operand, model, named)


def _name_tested(predicate: RowExpr, model: Model, named: dict[str, Definition]) -> None:
    """Add what a filter by metrics rests on."""
    for value in entity_values(predicate):
        _name(value.metric, model, named)
