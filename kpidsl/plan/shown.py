"""Which rows of an answer are shown, and in which order: that changes none of their values (S1)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from kpidsl.model.expr import AnswerValue, Column, MetricExpr, QueryDimension, RowExpr
from kpidsl.model.project import Model
from kpidsl.plan.formulas import Formula
from kpidsl.plan.naming import Names
from kpidsl.plan.nodes import Output
from kpidsl.plan.placing import children, rebuild
from kpidsl.plan.query import Query
from kpidsl.text.diagnostic import Diagnostic, warning


def metrics_in(condition: RowExpr | None) -> dict[MetricExpr, None]:
    """Return the metrics that a condition on the rows of an answer tests, in order."""
    return {} if condition is None else dict.fromkeys(_metrics(condition))


def _metrics(expr: RowExpr) -> Iterator[MetricExpr]:
    if isinstance(expr, AnswerValue):
        yield expr.metric
    for part in children(expr):
        yield from _metrics(part)  # type: ignore[arg-type]


def kept_rows(
    condition: RowExpr | None,
    formulas: Mapping[MetricExpr, Formula],
    outputs: Sequence[Output],
    names: Names,
) -> tuple[tuple[Output, ...], RowExpr | None]:
    """Return the values that a condition tests beside those of the answer, and the condition with
    the columns of either in it."""
    shown = {output.formula: output.name for output in outputs}
    beside = {
        formula: Output(names.unused("tested"), formula)
        for formula in formulas.values()
        if formula not in shown
    }
    shown |= {formula: output.name for formula, output in beside.items()}

    def named(expr: RowExpr) -> RowExpr:
        if isinstance(expr, AnswerValue):
            return Column((shown[formulas[expr.metric]],))
        return rebuild(expr, named)  # type: ignore[return-value]

    return tuple(beside.values()), None if condition is None else named(condition)


def members_in_order(model: Model, dimension: QueryDimension) -> tuple[str, ...]:
    """Return the members of a dimension whose order is declared."""
    return model.shared[dimension.name].values if dimension.source is None else ()


def noticed(query: Query) -> list[Diagnostic]:
    """Return what a reader of the answer must be told."""
    if not query.totals or (query.limit is None and query.having is None):
        return []
    return [
        warning(
            "K476",
            "the totals are over all rows, those that are left out too",
            help="use `--top`, which puts what it leaves out into a row of its own",
        )
    ]
