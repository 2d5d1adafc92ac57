"""Metrics per entity: their values in a filter (S14), and aggregates over them (S10)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

from kpidsl.kinds.binding.aggregates import read_fraction
from kpidsl.kinds.binding.calls import AGGREGATES, check_arguments
from kpidsl.kinds.binding.columns import listed
from kpidsl.kinds.binding.dimensions import find_dimension
from kpidsl.kinds.binding.row_types import RowValue
from kpidsl.kinds.binding.scope import Scope
from kpidsl.kinds.binding.shapes import describe
from kpidsl.kinds.binding.values import Value
from kpidsl.model.expr import (
    Constant,
    EntityValue,
    FixedAmount,
    Literal,
    MetricExpr,
    OverEntities,
    QueryDimension,
    Rank,
    Total,
)
from kpidsl.model.leaves import has_data, leaf_sources, parts_of
from kpidsl.model.periods import Grain
from kpidsl.model.purpose import Metric
from kpidsl.model.sources import BY_ORDER, Aggregate
from kpidsl.model.units import NUMBER, Datatype
from kpidsl.syntax import tree

Bind = Callable[[tree.Expr], "Value | None"]

_NOT_OF_AN_ENTITY: dict[type[MetricExpr], str] = {
    FixedAmount: "a fixed amount",
    OverEntities: "an aggregate over entities",
    Rank: "`rank`",
    Total: "`total`",
}
"""What no single entity has a value of: it belongs to none, or is about several."""
_DISTINCT = {Aggregate.COUNT_DISTINCT, Aggregate.APPROX_COUNT_DISTINCT}


@dataclass(frozen=True, slots=True)
class EntityValues:
    """Binds metrics and amounts in a filter; `bind` binds a metric's formula."""

    scope: Scope
    bind: Bind

    def of_entity(self, expr: tree.Binary) -> RowValue | None:
        """Bind `revenue per customer_id`."""
        bound = bind_per(expr, self.bind, self.scope)
        if bound is None:
            return None
        value, entity = bound
        amount = replace(value, span=expr.span)
        found = EntityValue(value.expr, entity)
        return RowValue(found, Datatype.NUMBER, expr.span, amount=amount)

    def amount(self, expr: tree.Expr) -> RowValue | None:
        """Bind `100 USD` or `5%`."""
        value = self.bind(expr)
        if value is None:
            return None
        assert isinstance(value.expr, Constant)
        return RowValue(Literal(value.expr.value), Datatype.NUMBER, expr.span, amount=value)


def is_over_entities(call: tree.Call) -> bool:
    """Tell whether a call is an aggregate over what a metric is per entity."""
    first = call.arguments[0].value if call.arguments else None
    over = isinstance(first, tree.Binary) and first.op == "per"
    return over and call.function.text in AGGREGATES


def bind_over_entities(call: tree.Call, bind: Bind, scope: Scope) -> Value | None:
    """Bind `avg(revenue per customer_id)`: in the metric's unit, but for a count, which counts
    what `as` says. None is deducted by it: it is no amount of the whole (T1)."""
    aggregate = Aggregate(call.function.text)
    if aggregate in _DISTINCT or aggregate in BY_ORDER:
        ordered = aggregate in BY_ORDER
        scope.error(
            "K309",
            f"`{aggregate}` is not taken over entities",
            call.function.span,
            label="none of them comes before another"
            if ordered
            else "their values are amounts, and equal ones are no less",
            help="use `min` or `max`, which compare their values"
            if ordered
            else "use `count`, which counts the entities that have a value",
        )
        return None
    count = 2 if aggregate is Aggregate.PERCENTILE else 1
    if not check_arguments(call, count, count, scope):
        return None
    fraction = read_fraction(call.arguments[1].value, scope) if count > 1 else None
    per = call.arguments[0].value
    assert isinstance(per, tree.Binary)
    period = _period(per.right)
    value, entity = None, tuple[QueryDimension, ...]()
    if period is not None:
        found = bind(per.left)
        value = found if found is not None and _has_value_of_one(found, scope) else None
    elif (bound := bind_per(per, bind, scope)) is not None:
        value, entity = bound
    if value is None or (count > 1 and fraction is None):
        return None
    over = OverEntities(value.expr, aggregate.value, entity, fraction, period)
    if aggregate is Aggregate.COUNT:
        return Value(over, NUMBER, call.span)
    return Value(over, value.unit, call.span, value.percent)


def bind_per(
    expr: tree.Binary, bind: Bind, scope: Scope
) -> tuple[Value, tuple[QueryDimension, ...]] | None:
    """Bind both sides of `per`: a formula over measures, and the dimensions that tell an entity."""
    value = bind(expr.left)
    homes = leaf_sources(value.expr, scope.metrics) if value is not None else frozenset[str]()
    entity: list[QueryDimension | None] = []
    for item in listed(expr.right):
        if isinstance(item, tree.Ref):
            entity.append(_entity(item, homes, scope))
            continue
        scope.error(
            "K319",
            "a metric is taken per entity, and a dimension tells which one a row is of",
            item.span,
            label=f"this is {describe(item)}",
            help="name a dimension, as in `revenue per customer_id`",
        )
        entity.append(None)
    known = tuple(item for item in entity if item is not None)
    if value is None or len(known) < len(entity) or not known:
        return None
    return (value, known) if _has_value_of_one(value, scope) else None


def _entity(ref: tree.Ref, homes: frozenset[str], scope: Scope) -> QueryDimension | None:
    catalog = scope.catalog
    is_known = ref.text in catalog.shared or ref.text in catalog.dimension_homes
    if _period(ref) is not None and not is_known:
        scope.error(
            "K319",
            f"`{ref.text}` is a period of time, and no entity to which rows belong",
            ref.span,
            label="a period",
            help="name a dimension; aggregates alone take periods, as in `max(revenue per day)`",
        )
        return None
    return find_dimension(ref, scope, homes)


def _period(expr: tree.Expr) -> Grain | None:
    """Return the period that is named, also where a dimension is called so: as in `--by`, that is
    named with its source, or in backticks."""
    if isinstance(expr, tree.Ref) and expr.span.text in set(Grain):
        return Grain(expr.span.text)
    return None


def _has_value_of_one(value: Value, scope: Scope) -> bool:
    """Tell whether a formula has a value of a single entity, or say why not."""
    if not has_data(value.expr, scope.metrics):
        scope.error(
            "K319",
            "a number is the same for every entity",
            value.span,
            label="no measure stands here",
            help="name a measure or a metric, as in `revenue per customer_id`",
        )
        return False
    for part in _parts(value.expr, scope.metrics):
        what = _NOT_OF_AN_ENTITY.get(type(part))
        if what is not None:
            scope.error(
                "K319",
                f"{what} is no value of a single entity",
                value.span,
                label=f"{what} stands here, or in what is named here",
                help="take it out: sums, counts, ratios and other formulas over measures have one",
            )
            return False
    return True


def _parts(expr: MetricExpr, metrics: Mapping[str, Metric]) -> Iterator[MetricExpr]:
    """Yield a formula and everything below it."""
    yield expr
    for part in parts_of(expr, metrics):
        yield from _parts(part, metrics)
