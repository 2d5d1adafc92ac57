"""Aggregates over one source: measures and attributes per entity."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import get_args

from kpidsl.kinds.binding.calls import AGGREGATES, check_arguments, explain_call
from kpidsl.kinds.binding.columns import column_binder, identities, listed
from kpidsl.kinds.binding.scope import Scope
from kpidsl.kinds.binding.shapes import describe
from kpidsl.kinds.binding.units import UnitWord, read_unit
from kpidsl.model.expr import And, RowExpr
from kpidsl.model.sources import BY_ORDER, EXTREMES, Aggregate, PerEntity
from kpidsl.model.units import Datatype
from kpidsl.syntax import tree
from kpidsl.text.diagnostic import Label

_NEED_NUMBERS = {
    Aggregate.SUM,
    Aggregate.AVG,
    Aggregate.MEDIAN,
    Aggregate.PERCENTILE,
    Aggregate.STDDEV,
}
_OF_ENTITIES = frozenset(get_args(PerEntity.model_fields["aggregate"].annotation))


@dataclass(frozen=True, slots=True)
class Aggregation:
    """A measure's formula, bound."""

    aggregate: Aggregate
    operand: RowExpr | None
    fraction: Decimal | None
    where: RowExpr | None
    once_per: tuple[RowExpr, ...]
    unit: UnitWord


def bind_aggregation(expr: tree.Expr, source: str, scope: Scope) -> Aggregation | None:
    """Bind `sum(x once per key) where condition as UNIT`; filter and unit in any order.

    In a tolerant scope one with a mistake still has the unit that it says.
    """
    mark = scope.mark()
    wheres: list[RowExpr] = []
    unit: UnitWord | None = None
    unit_span = None
    while isinstance(expr, tree.Binary) and expr.op in {"where", "as"}:
        if expr.op == "where":
            condition = column_binder(scope, source).condition(expr.right)
            wheres.extend([condition] if condition is not None else [])
        else:
            if unit is not None:
                scope.error(
                    "K316",
                    "this measure has two units",
                    expr.right.span,
                    label="one of two",
                    labels=(Label(unit_span, "the other one"),) if unit_span else (),
                    help="keep one `as`",
                )
            unit, unit_span = read_unit(expr.right, scope), expr.right.span
            if unit is not None and unit.money:
                scope.error(
                    "K316",
                    "a measure names its currency",
                    expr.right.span,
                    label="any currency",
                    help=f"write `as {scope.settings.currency}`",
                )
        expr = expr.left
    call = _aggregate_call(expr, scope)
    aggregate = Aggregate(call.function.text) if call is not None else Aggregate.COUNT
    inner = _operand(call, aggregate, source, scope) if call is not None else None
    if inner is None or scope.failed_since(mark):
        known = unit if scope.tolerant else None
        return Aggregation(aggregate, None, None, None, (), known) if known else None
    where = None
    if wheres:
        where = wheres[0] if len(wheres) == 1 else And(tuple(reversed(wheres)))
    return Aggregation(
        aggregate, inner.operand, inner.fraction, where, inner.once_per, unit or UnitWord()
    )


def bind_attribute(expr: tree.Binary, source: str, own: str, scope: Scope) -> PerEntity | None:
    """Bind `min(paid_at) per customer_id`."""
    call = _aggregate_call(expr.left, scope)
    entity = identities(listed(expr.right), scope, source)
    if call is None or entity is None:
        return None
    aggregate = Aggregate(call.function.text)
    inner = _operand(call, aggregate, source, scope, own)
    if inner is None:
        return None
    if aggregate not in _OF_ENTITIES:
        scope.error(
            "K309",
            f"`{aggregate}` makes no attribute of an entity",
            call.function.span,
            label="not one value that the entity's rows tell",
            help=f"use one of {', '.join(f'`{name}`' for name in sorted(_OF_ENTITIES))}",
        )
        return None
    if inner.once_per:
        scope.error(
            "K311",
            "`once per` stands in measures only",
            call.span,
            label="an attribute takes all rows of its entity",
            help="take `once per` out",
        )
        return None
    return PerEntity(aggregate=call.function.text, operand=inner.operand, entity=entity)


def attribute_type(attribute: PerEntity, operand_type: Datatype) -> Datatype:
    """Return the type of an attribute: that of its operand where it is one of its values, else a
    number."""
    is_one = attribute.aggregate in {"min", "max", "first", "last"}
    return operand_type if is_one else Datatype.NUMBER


def _aggregate_call(expr: tree.Expr, scope: Scope) -> tree.Call | None:
    match expr:
        case tree.Call(function=function) if function.text in AGGREGATES:
            return expr
        case tree.Call():
            explain_call(expr, scope, AGGREGATES, "a measure, in place of an aggregate")
        case tree.Binary(op="+" | "-" | "*" | "/"):
            scope.error(
                "K309",
                "a measure is one aggregate; formulas over several are metrics",
                expr.span,
                label="a formula",
                help="declare a measure for each aggregate, and a `metric` that combines them",
            )
        case _:
            scope.error(
                "K309",
                "an aggregate is expected here",
                expr.span,
                label=f"this is {describe(expr)}",
                help="write, for example, `sum(price)`, `count()` or `count_distinct(order_id)`",
            )
    return None


@dataclass(frozen=True, slots=True)
class _Inner:
    """What stands between an aggregate's parentheses, bound."""

    operand: RowExpr | None = None
    fraction: Decimal | None = None
    once_per: tuple[RowExpr, ...] = ()


def _operand(
    call: tree.Call, aggregate: Aggregate, source: str, scope: Scope, own: str | None = None
) -> _Inner | None:
    most = 2 if aggregate is Aggregate.PERCENTILE else 1
    least = 0 if aggregate is Aggregate.COUNT else most
    if not check_arguments(call, least, most, scope):
        return None
    if not call.arguments:
        return _Inner()
    fraction = None
    if aggregate is Aggregate.PERCENTILE:
        fraction = read_fraction(call.arguments[1].value, scope)
        if fraction is None:
            return None
    expr = call.arguments[0].value
    once_per: tuple[RowExpr, ...] | None = ()
    if aggregate in BY_ORDER and not _is_ordered(call, expr, source, scope):
        return None
    if isinstance(expr, tree.Binary) and expr.op == "once per":
        once_per = identities(listed(expr.right), scope, source)
        expr = expr.left
    bound = column_binder(scope, source, own).value(expr)
    if bound is None or once_per is None:
        return None
    if aggregate in _NEED_NUMBERS and bound.datatype not in {Datatype.NUMBER, Datatype.UNKNOWN}:
        scope.error(
            "K306",
            f"`{aggregate.value}` takes numbers",
            expr.span,
            label=f"this is of type {bound.datatype.value}",
            help="count other values with `count_distinct`",
        )
        return None
    if aggregate in EXTREMES and bound.datatype is Datatype.TEXT:
        scope.error(
            "K306",
            f"`{aggregate.value}` takes numbers and times",
            expr.span,
            label=f"this is of type {bound.datatype.value}",
            help="use `number(…)` or `date(…)` of it, which read texts, or take the `first` or the "
            "`last` by the source's `time`",
        )
        return None
    return _Inner(bound.expr, fraction, once_per)


def _is_ordered(call: tree.Call, expr: tree.Expr, source: str, scope: Scope) -> bool:
    """Tell whether the rows of a source have a first and a last, or say what they lack."""
    names, name = scope.catalog.sources[source], call.function.text
    lacking = [what for what, has in (("time", names.clocked), ("key", names.keyed)) if not has]
    if lacking:
        mends = " and ".join(f"`{what}: COLUMN`" for what in lacking)
        scope.error(
            "K409",
            f"`{name}` takes a row by its time, and of one moment by its key; `{source}` has no "
            f"{' and no '.join(lacking)}",
            call.span,
            label=f"the {name} in which order?",
            labels=(Label(names.span, f"`{source}` is declared here"),) if names.span else (),
            help=f"declare {mends} in `{source}`",
        )
    if isinstance(expr, tree.Binary) and expr.op == "once per":
        scope.error(
            "K311",
            f"`{name}` takes one row, so it counts none several times",
            expr.span,
            label="nothing to count once",
            help=f"write `{name}({expr.left.span.text})`",
        )
        return False
    return not lacking


def read_fraction(expr: tree.Expr, scope: Scope) -> Decimal | None:
    """Read the share of values that a percentile names."""
    match expr:
        case tree.Percent(value=share) | tree.Number(value=share) if 0 <= share <= 1:
            return share
    scope.error(
        "K308",
        "a percentile is a share of the values",
        expr.span,
        label=f"this is {describe(expr)}",
        help="write, for example, `percentile(price, 90%)`",
    )
    return None
