"""Aggregates of measures → sqlglot. One row an aggregate; `None` is a count of rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal

from sqlglot import exp

from kpidsl.model.expr import Exchanged
from kpidsl.model.sources import BY_ORDER, Aggregate
from kpidsl.plan.additivity import merged_by
from kpidsl.plan.nodes import Leaf
from kpidsl.sql import build
from kpidsl.sql.build import cast
from kpidsl.sql.dialects import Dialect

_HALF = Decimal("0.5")
_SIMPLE: dict[str, Callable[[exp.Expr], exp.Expr]] = {
    Aggregate.SUM: lambda value: exp.Sum(this=value),
    Aggregate.COUNT: lambda value: exp.Count(this=value),
    Aggregate.COUNT_DISTINCT: lambda value: exp.Count(this=exp.Distinct(expressions=[value])),
    Aggregate.APPROX_COUNT_DISTINCT: lambda value: exp.ApproxDistinct(this=value),
    Aggregate.AVG: lambda value: exp.Avg(this=value),
    Aggregate.MIN: lambda value: exp.Min(this=value),
    Aggregate.MAX: lambda value: exp.Max(this=value),
    Aggregate.STDDEV: lambda value: exp.StddevSamp(this=cast(value, "DOUBLE")),
}


def aggregated(
    kind: str,
    value: exp.Expr | None,
    dialect: Dialect,
    fraction: Decimal | None = None,
    order: Sequence[exp.Expr] = (),
) -> exp.Expr:
    """Return an aggregate over values, NULLs left out; `fraction` is a percentile's, and `order`
    says which of them comes first."""
    if value is None:
        return exp.Count(this=exp.Star())
    if kind in {Aggregate.MEDIAN, Aggregate.PERCENTILE}:
        return dialect.quantile(value, _HALF if fraction is None else fraction)
    if kind in BY_ORDER:
        return dialect.picked(value, order, last=kind == Aggregate.LAST)
    return _SIMPLE[kind](value)


def whole_values(
    leaves: Iterable[Leaf],
    finer: Sequence[Leaf],
    table: str,
    dialect: Dialect,
    picked: Aggregate | None = None,
    *,
    exact: bool = False,
) -> list[exp.Expr]:
    """Return the values that those of smaller groups in a table make together: each by its own
    aggregate, or, where each group is one of the table's, by the one that picks its value.
    `exact`: no digit of a decimal may be lost."""
    values: list[exp.Expr] = []
    for leaf in leaves:
        merge = picked or merged_by(leaf.measure)
        assert merge is not None
        same = (part for part in finer if part.measure is leaf.measure and part.where == leaf.where)
        part = build.column(next(same).column, table)
        value = aggregated(merge, part, dialect)
        if leaf.measure.aggregate in BY_ORDER:
            build.as_held(value)
        if exact or isinstance(leaf.measure.operand, Exchanged):
            build.exactly(value)
        values.append(build.alias(value, leaf.column))
    return values
