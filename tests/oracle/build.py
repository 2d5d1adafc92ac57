"""Short ways to write a model by hand, for tests."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from kpidsl.model.expr import (
    Column,
    Compare,
    Literal,
    MeasureRef,
    MetricExpr,
    QueryDimension,
    RowExpr,
)
from kpidsl.model.periods import Window
from kpidsl.model.project import Model, Settings
from kpidsl.model.purpose import Metric
from kpidsl.model.sources import (
    Aggregate,
    Dimension,
    Join,
    Measure,
    PerEntity,
    SharedDimension,
    Source,
    TableOrigin,
    TimeSpec,
)
from kpidsl.plan.query import Query, Selection


def column(name: str, *joins: str) -> Column:
    return Column((name,), joins)


def literal(value: object) -> Literal:
    return Literal(Decimal(value) if type(value) is int else value)  # type: ignore[arg-type]


def compare(left: RowExpr, op: str, right: object) -> Compare:
    return Compare(op, left, literal(right))


def source(
    name: str,
    *,
    key: tuple[str, ...] | None = None,
    time: str | None = None,
    stored_as: str | None = None,
    joins: dict[str, tuple[str, str, str]] | None = None,
    dimensions: dict[str, RowExpr | PerEntity] | None = None,
    measures: dict[str, tuple[Any, ...]] | None = None,
    **rest: Any,
) -> Source:
    """`joins`: name → (column, target, target's column); `measures`: name → (aggregate,
    operand, where, once_per), shorter at will."""
    return Source(
        name=name,
        origin=TableOrigin(path=(name,)),
        key=None if key is None else tuple(map(column, key)),
        time=None if time is None else TimeSpec(expr=column(time), stored_as=stored_as),
        joins={
            join: Join(
                name=join,
                source=name,
                target=target,
                columns=(column(near),),
                target_columns=(column(far),),
            )
            for join, (near, target, far) in (joins or {}).items()
        },
        dimensions={
            dimension: Dimension(name=dimension, source=name, attribute=value)
            if isinstance(value, PerEntity)
            else Dimension(name=dimension, source=name, expr=value)
            for dimension, value in (dimensions or {}).items()
        },
        measures={
            measure: Measure(
                name=measure,
                source=name,
                aggregate=Aggregate(parts[0]),
                **dict(zip(("operand", "where", "once_per"), parts[1:], strict=False)),
            )
            for measure, parts in (measures or {}).items()
        },
        **rest,
    )


def model(
    *sources: Source,
    shared: dict[str, dict[str, str]] | None = None,
    metrics: dict[str, MetricExpr] | None = None,
    **settings: Any,
) -> Model:
    return Model(
        settings=Settings(name="project", **settings),
        sources={each.name: each for each in sources},
        shared={
            name: SharedDimension(name=name, members=members)
            for name, members in (shared or {}).items()
        },
        metrics={name: Metric(name=name, expr=expr) for name, expr in (metrics or {}).items()},
    )


def of(path: str) -> MeasureRef:
    """`orders.revenue`."""
    return MeasureRef(*path.split("."))


def by(path: str) -> QueryDimension:
    """`customers.region`, or `channel` for a shared dimension."""
    owner, _, name = path.rpartition(".")
    return QueryDimension(name, owner or None)


def days(start: str, end: str) -> Window:
    return Window(date.fromisoformat(start), date.fromisoformat(end))


def ask(*select: MetricExpr, **rest: Any) -> Query:
    """A query whose columns are named a, b, c…"""
    return Query(tuple(Selection("abcdefgh"[i], expr) for i, expr in enumerate(select)), **rest)
