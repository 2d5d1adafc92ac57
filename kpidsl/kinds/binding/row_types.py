"""Values of row expressions with their types, and how types are compared."""

from __future__ import annotations

from dataclasses import dataclass

from kpidsl.kinds.binding.scope import Scope
from kpidsl.model import expr as model
from kpidsl.model.periods import Window
from kpidsl.model.units import Datatype
from kpidsl.text.diagnostic import Label
from kpidsl.text.source import Span

CLOCKS = {Datatype.DATE, Datatype.TIMESTAMP}


@dataclass(frozen=True, slots=True)
class RowValue:
    """A bound row expression with its type. `window` is set for a date or period literal, which
    stands for all of its days."""

    expr: model.RowExpr
    datatype: Datatype
    span: Span
    window: Window | None = None


def comparable(left: RowValue, right: RowValue, scope: Scope) -> bool:
    """Tell whether two values are of one type, or say that they are not."""
    types = {left.datatype, right.datatype} - {Datatype.UNKNOWN}
    if len(types) <= 1 or types == CLOCKS:
        return True
    scope.error(
        "K306",
        f"{type_words(left)} is compared with {type_words(right)}",
        right.span,
        label=type_words(right),
        labels=(Label(left.span, type_words(left)),),
        help="compare values of one type",
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
