"""Values of row expressions with their types, and how types are compared."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from kpidsl.kinds.binding.scope import Scope
from kpidsl.kinds.binding.shapes import describe
from kpidsl.kinds.binding.values import Value, common_unit
from kpidsl.model import expr as model
from kpidsl.model.periods import Window
from kpidsl.model.units import Datatype
from kpidsl.syntax import tree
from kpidsl.text.diagnostic import Fix, Label
from kpidsl.text.source import Span

CLOCKS = {Datatype.DATE, Datatype.TIMESTAMP}
_OF_METRICS = model.EntityValue | model.AnswerValue


@dataclass(frozen=True, slots=True)
class RowValue:
    """A bound row expression with its type. `window` is set for a date or period literal, which
    stands for all of its days; `amount` for what has a unit: a metric's value for an entity, and
    what it is compared with."""

    expr: model.RowExpr
    datatype: Datatype
    span: Span
    window: Window | None = None
    amount: Value | None = None


class Metrics(Protocol):
    """Binds what metrics are of the entities that rows belong to, and amounts in a unit."""

    def of_entity(self, expr: tree.Binary) -> RowValue | None: ...

    def amount(self, expr: tree.Expr) -> RowValue | None: ...


def comparable(left: RowValue, right: RowValue, scope: Scope) -> bool:
    """Tell whether two values are of one type and unit, or say that they are not."""
    types = {left.datatype, right.datatype} - {Datatype.UNKNOWN}
    if len(types) <= 1 or types == CLOCKS:
        return _of_one_unit(left, right, scope)
    scope.error(
        "K306",
        f"{type_words(left)} is compared with {type_words(right)}",
        right.span,
        label=type_words(right),
        labels=(Label(left.span, type_words(left)),),
        help="compare values of one type",
    )
    return False


def _of_one_unit(left: RowValue, right: RowValue, scope: Scope) -> bool:
    """A plain number beside a metric's value is one in its unit; columns have no unit."""
    amounts = [side.amount for side in (left, right) if side.amount is not None]
    if any(isinstance(side.expr, _OF_METRICS) for side in (left, right)):
        return len(amounts) < 2 or common_unit(tuple(amounts), "the comparison", scope) is not None
    stray = next((amount for amount in amounts if not amount.percent), None)
    if stray is None:
        return True
    number = stray.span.text.split(maxsplit=1)[0]
    scope.error(
        "K311",
        "a number with a unit cannot stand in a row's formula",
        stray.span,
        label="no value of one row",
        help=f"write `{number}`: columns carry no unit",
        fix=Fix(stray.span, number),
    )
    return False


def common_type(values: list[RowValue]) -> Datatype:
    """Return the type that all values share, as far as it is known."""
    types = {value.datatype for value in values} - {Datatype.UNKNOWN}
    if types == CLOCKS:
        return Datatype.TIMESTAMP
    return types.pop() if len(types) == 1 else Datatype.UNKNOWN


TYPE_WORDS = {
    Datatype.NUMBER: "a number",
    Datatype.TEXT: "a text",
    Datatype.DATE: "a date",
    Datatype.TIMESTAMP: "a point in time",
    Datatype.BOOLEAN: "a condition",
    Datatype.UNKNOWN: "a value",
}


def type_words(value: RowValue) -> str:
    return TYPE_WORDS[value.datatype]


def days_of(window: Window | None, span: Span) -> RowValue | None:
    if window is None:
        return None
    return RowValue(model.Literal(window.start), Datatype.DATE, span, window)


def condition_of(expr: model.RowExpr, span: Span) -> RowValue:
    return RowValue(expr, Datatype.BOOLEAN, span)


def flattened(
    expr: model.RowExpr, kind: type[model.And] | type[model.Or]
) -> tuple[model.RowExpr, ...]:
    return expr.items if isinstance(expr, kind) else (expr,)


def in_window(op: str, operand: model.RowExpr, window: Window) -> model.RowExpr:
    """Compare with a day or period as a whole, so that a time of that day belongs to it."""
    start, end = model.Literal(window.start), model.Literal(window.end)
    match op:
        case "<":
            return model.Compare("<", operand, start)
        case ">=":
            return model.Compare(">=", operand, start)
        case "<=":
            return model.Compare("<", operand, end)
        case ">":
            return model.Compare(">=", operand, end)
    inside = model.And((model.Compare(">=", operand, start), model.Compare("<", operand, end)))
    return model.Not(inside) if op == "!=" else inside


def refuse_in_row(expr: tree.Expr, scope: Scope) -> None:
    """Say that an expression is no value of one row."""
    mend = "write a column, a dimension, a number or a text"
    fix = None
    match expr:
        case tree.Quantity(value=value):
            mend = f"write `{value}`: columns carry no unit"
            fix = Fix(expr.span, str(value))
        case tree.Binary(op="where"):
            mend = "move the filter to a measure or a metric, behind the aggregate"
        case tree.Binary(op="as"):
            mend = "move the unit to a measure or a metric, behind the whole formula"
        case tree.Binary(op="per"):
            mend = "declare a dimension for it, such as `min(paid_at) per customer_id`"
    words = f"`{expr.op}`" if isinstance(expr, tree.Binary) else describe(expr)
    scope.error(
        "K311",
        f"{words} cannot stand in a row's formula",
        expr.span,
        label="no value of one row",
        help=mend,
        fix=fix,
    )


def refuse_arithmetic(value: RowValue, scope: Scope) -> None:
    """Say that a metric's value for an entity is no part of a row's formula."""
    scope.error(
        "K319",
        "a metric's value for an entity is compared, and not computed with",
        value.span,
        label="part of a formula",
        help="put the whole formula before `per`: `(revenue - cost) per customer_id`",
    )
