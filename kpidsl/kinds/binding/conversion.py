"""`convert(x, USD)`: money in another currency (S26)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from kpidsl.kinds.binding.calls import check_arguments
from kpidsl.kinds.binding.scope import Scope
from kpidsl.kinds.binding.shapes import describe
from kpidsl.kinds.binding.units import check_currency, say_unit
from kpidsl.kinds.binding.values import Value
from kpidsl.model.expr import Convert
from kpidsl.syntax import tree

Bind = Callable[[tree.Expr], "Value | None"]


def bind_convert(call: tree.Call, bind: Bind, scope: Scope) -> Value | None:
    """Bind a conversion; `bind` binds its operand. What is deducted by the operand stays deducted:
    it is the same amount in other words (T1)."""
    if not check_arguments(call, 2, 2, scope):
        return None
    operand = bind(call.arguments[0].value)
    currency = _currency(call.arguments[1].value, scope)
    if operand is None or currency is None:
        return operand if scope.tolerant else None
    own = operand.unit.money
    if own is None or operand.literal:
        scope.error(
            "K321",
            f"`convert` takes money in one currency; this is in {say_unit(operand.unit)}",
            operand.span,
            label="no amount of one currency",
            help="name the currency in its definition: `as EUR`, or `{ currency: COLUMN }`",
        )
        return None
    if scope.catalog.rates is None:
        scope.error(
            "K322",
            f"no source declares exchange rates, so nothing can be converted to `{currency}`",
            call.function.span,
            label="at which rate?",
            help="write `rates { from: …, to: …, rate: … }` into the source that has them",
        )
        return None
    converted = Convert(operand.expr, currency, own)
    return replace(operand, expr=converted, unit=operand.unit.into(currency), span=call.span)


def _currency(expr: tree.Expr, scope: Scope) -> str | None:
    match expr:
        case tree.Ref(parts=(name,)):
            return name.text if check_currency(name, scope.diagnostics) else None
    scope.error(
        "K312",
        "`convert` takes the currency to convert to",
        expr.span,
        label=f"this is {describe(expr)}",
        help=f"write its code, as in `convert(revenue, {scope.settings.currency})`",
    )
    return None
