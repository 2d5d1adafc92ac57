"""Functions over one metric: looks at other days, at other groups, and changes (S10, S18, S19)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from kpidsl.kinds.binding.calls import check_arguments
from kpidsl.kinds.binding.columns import listed
from kpidsl.kinds.binding.dimensions import find_dimension
from kpidsl.kinds.binding.ranks import fits_rank, is_apart_from_ranks
from kpidsl.kinds.binding.scope import NOTHING, Scope
from kpidsl.kinds.binding.shapes import describe
from kpidsl.kinds.binding.values import Value
from kpidsl.model.expr import (
    MetricArithmetic,
    MetricExpr,
    Prior,
    QueryDimension,
    Rank,
    Rolling,
    Running,
    ToDate,
    Total,
)
from kpidsl.model.periods import Grain
from kpidsl.model.units import NUMBER
from kpidsl.syntax import tree

_DAY_SECONDS = 86_400
_WEEKS_OF_A_YEAR = 364
_NAMED = {"prior": "align", "change": "align", "total": "of", "share": "of"}
_TWO = {"prior", "change", "rolling", "to_date"}

Bind = Callable[[tree.Expr], "Value | None"]


def bind_applied(call: tree.Call, bind: Bind, scope: Scope) -> Value | None:
    """Bind a call of one of `METRIC_FUNCTIONS` but `coalesce`; `bind` binds its operand.

    None is deducted by what it gives: another period's amount, or another group's, is no part of
    this one (T1).
    """
    name = call.function.text
    named = [argument for argument in call.arguments if argument.name is not None]
    plain = replace(call, arguments=tuple(a for a in call.arguments if a.name is None))
    stray = next((a for a in named if a.name and a.name.text != _NAMED.get(name)), None)
    if stray is not None or len(named) > 1:
        check_arguments(replace(call, arguments=(stray or named[1],)), 0, None, scope)
        return None
    count = 2 if name in _TWO else 1
    if not check_arguments(plain, count, count, scope):
        return None
    operand = bind(plain.arguments[0].value)
    if operand is not None and not _stands_for_itself(name, operand, scope):
        return None
    second = plain.arguments[1].value if count > 1 else None
    option = named[0].value if named else None
    applied = _applied(name, operand, second, option, scope)
    if applied is None or operand is None:
        return operand if scope.tolerant else None
    expr, percent, same_unit = applied
    unit = operand.unit if same_unit else NUMBER
    shown = percent if not same_unit else operand.percent
    return Value(expr, unit, call.span, shown, False, NOTHING)


def _stands_for_itself(name: str, operand: Value, scope: Scope) -> bool:
    """Tell whether the rows of an answer have of an operand what a function asks of it (S1)."""
    if name in {"rank", "total", "share"} and not is_apart_from_ranks(operand, f"`{name}`", scope):
        return False
    return name != "rank" or fits_rank(operand, scope)


def _applied(
    name: str,
    operand: Value | None,
    second: tree.Expr | None,
    option: tree.Expr | None,
    scope: Scope,
) -> tuple[MetricExpr, bool, bool] | None:
    """Return the formula, whether it is shown as a percentage, and whether it has the operand's
    unit."""
    inner = operand.expr if operand is not None else None
    match name:
        case "prior" | "change":
            length = _length(name, second, scope)
            shift = _aligned(length, option, scope) if length is not None else None
            if shift is None or inner is None:
                return None
            before = Prior(inner, *shift)
            if name == "prior":
                return before, False, True
            difference = MetricArithmetic("-", inner, before)
            return MetricArithmetic("/", difference, before), True, False
        case "rolling":
            length = _length(name, second, scope)
            return (Rolling(inner, *length), False, True) if length and inner else None
        case "to_date":
            grain = _grain(second, scope)
            return (ToDate(inner, grain), False, True) if grain and inner else None
        case "running":
            return (Running(inner), False, True) if inner else None
        case "rank":
            return (Rank(inner), False, False) if inner else None
    of = _dimensions(option, scope) if option is not None else None
    if inner is None or (option is not None and of is None):
        return None
    total = Total(inner, of)
    return (
        (total, False, True)
        if name == "total"
        else (MetricArithmetic("/", inner, total), True, False)
    )


def _length(name: str, expr: tree.Expr | None, scope: Scope) -> tuple[int, int] | None:
    """Return a length of time in months and days."""
    if isinstance(expr, tree.Duration) and expr.seconds % _DAY_SECONDS == 0:
        months, days = expr.months, expr.seconds // _DAY_SECONDS
        if months or days:
            return months, days
    assert expr is not None
    what = "counts whole" if name == "rolling" else "looks back by whole"
    scope.error(
        "K308",
        f"`{name}` {what} days, weeks, months or years",
        expr.span,
        label=f"this is {describe(expr)}",
        help=f"write, for example, `{name}(revenue, 1y)` or `{name}(revenue, 28d)`",
    )
    return None


def _aligned(
    length: tuple[int, int], option: tree.Expr | None, scope: Scope
) -> tuple[int, int, str | None] | None:
    """Return the shift: by the calendar, by whole weeks so that weekdays meet, or from an event to
    the one before (S19)."""
    months, days = length
    if option is None:
        return months, days, None
    word = option.text if isinstance(option, tree.Ref) else option.span.text
    if word != "weekday" and word not in scope.catalog.events:
        scope.unknown("an event", word, option.span, {"weekday", *scope.catalog.events})
        return None
    if months % 12 or days:
        scope.error(
            "K308",
            f"`align: {word}` looks back by whole years",
            option.span,
            label="the length is no whole years",
            help=f"write, for example, `prior(revenue, 1y, align: {word})`",
        )
        return None
    if word == "weekday":
        return 0, _WEEKS_OF_A_YEAR * (months // 12), None
    return (months, days, word) if word in scope.events else None


def _grain(expr: tree.Expr | None, scope: Scope) -> Grain | None:
    if isinstance(expr, tree.Ref) and expr.text in set(Grain):
        return Grain(expr.text)
    assert expr is not None
    scope.error(
        "K308",
        "`to_date` counts from the first day of a week, month, quarter or year",
        expr.span,
        label=f"this is {describe(expr)}",
        help="write, for example, `to_date(revenue, year)`",
    )
    return None


def _dimensions(expr: tree.Expr, scope: Scope) -> tuple[QueryDimension, ...] | None:
    found: list[QueryDimension] = []
    for item in listed(expr):
        if not isinstance(item, tree.Ref):
            scope.error(
                "K205",
                "`of:` takes dimensions",
                item.span,
                label=f"this is {describe(item)}",
                help="write, for example, `share(revenue, of: channel)`",
            )
            return None
        dimension = find_dimension(item, scope)
        if dimension is None:
            return None
        found.append(dimension)
    return tuple(found)
