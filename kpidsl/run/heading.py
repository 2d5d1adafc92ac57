"""What stands above a statement: which kpidsl made it, from which definitions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

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
        named |= dict(named_in(item.expr, model))
    if query.where is not None:
        named |= dict(_tested(query.where, model))
    for metric in metrics_in(query.having):
        named |= dict(named_in(metric, model))
    return heading(named.items(), made_by)


def heading(named: Iterable[tuple[str, Definition]], made_by: str) -> str:
    """Return comment lines; `made_by` is the first of them. Names and places are the only texts of
    others in them, each kept on its line, so that no comment ends before its line does."""
    lines = [made_by] if made_by else []
    lines += [f"{name}: {item.place}" if item.place else name for name, item in named]
    return "".join(f"-- {visible(line)}\n" for line in lines)


def named_in(expr: MetricExpr, model: Model) -> Iterator[tuple[str, Definition]]:
    """Yield what an expression rests on, each metric before what it is made of."""
    match expr:
        case MetricRef(name):
            yield name, model.metrics[name]
            yield from named_in(model.metrics[name].expr, model)
        case MeasureRef(source, name):
            yield str(expr), model.sources[source].measures[name]
        case MetricArithmetic(_, left, right):
            yield from named_in(left, model)
            yield from named_in(right, model)
        case MetricCoalesce(items):
            for item in items:
                yield from named_in(item, model)
        case FixedAmount(allocate_by=by):
            if by is not None:
                yield from named_in(by, model)
        case Filtered(operand, predicate):
            yield from named_in(operand, model)
            yield from _tested(predicate, model)
        case Applied(operand):
            yield from named_in(operand, model)


def _tested(predicate: RowExpr, model: Model) -> Iterator[tuple[str, Definition]]:
    """Yield what a filter by metrics rests on."""
    for value in entity_values(predicate):
        yield from named_in(value.metric, model)
