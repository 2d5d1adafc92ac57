"""Time in the filter of a question: which days the answer is about (S16)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from kpidsl.kinds.binding.literals import period_window
from kpidsl.kinds.binding.scope import Scope
from kpidsl.model.periods import Grain, Window
from kpidsl.syntax import tree
from kpidsl.text.source import Span

TIME = "time"
_GRAINS = frozenset(grain.value for grain in Grain)
_COMPARED = {"=": "=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
"""Comparisons, each with the one that says the same of its sides exchanged."""


@dataclass(frozen=True, slots=True)
class Days:
    """The days from `first`, and before `end`; None where a filter doesn't say. `span` is the text
    that does."""

    first: date | None
    end: date | None
    span: Span


def split_days(expr: tree.Expr, scope: Scope) -> tuple[tree.Expr | None, list[Days]]:
    """Return a filter without its conditions on `time`, and the days that these keep: they cut the
    report window, and are no filter of rows. A dimension that is called so goes before."""
    catalog = scope.catalog
    if TIME in catalog.shared or TIME in catalog.dimension_homes:
        return expr, []
    return _split(expr, scope)


def _split(expr: tree.Expr, scope: Scope) -> tuple[tree.Expr | None, list[Days]]:
    if isinstance(expr, tree.Binary) and expr.op == "and":
        left, days = _split(expr.left, scope)
        right, more = _split(expr.right, scope)
        if left is None or right is None:
            return left or right, days + more
        both = tree.Binary(expr.op, left, right, expr.op_span, expr.span)
        return both, days + more
    if not _is_about_time(expr):
        return (None if _is_named_by_grain(expr, scope) else expr), []
    kept = _days(expr, scope)
    return None, [] if kept is None else [kept]


def _days(expr: tree.Expr, scope: Scope) -> Days | None:
    """Return the days that one condition keeps."""
    match expr:
        case tree.Binary(op=op, left=left, right=right) if op in _COMPARED and _is_time(left):
            window = period_window(right, scope)
            return None if window is None else _kept(op, window, expr.span)
        case tree.Binary(op=op, left=left, right=right) if op in _COMPARED and _is_time(right):
            window = period_window(left, scope)
            return None if window is None else _kept(_COMPARED[op], window, expr.span)
        case tree.Between(operand=operand, low=low, high=high, negated=False) if _is_time(operand):
            first, last = period_window(low, scope), period_window(high, scope)
            if first is None or last is None:
                return None
            return Days(first.start, last.end, expr.span)
    scope.error(
        "K924",
        "`time` stands in a condition that doesn't say from when to when",
        expr.span,
        label="no first and last day",
        help="compare it with days, joined by `and`; for weekdays and the like declare a dimension "
        "in the source, such as `dimension weekday: weekday(paid_at)`",
    )
    return None


def _is_named_by_grain(expr: tree.Expr, scope: Scope) -> bool:
    """Tell whether days are compared with what no dimension is called, and say how to do it."""
    dimensions = scope.catalog.dimension_names.names
    match expr:
        case tree.Binary(
            op=op,
            left=tree.Ref(text=name, span=span),
            right=tree.DateLiteral() | tree.PeriodLiteral() as right,
        ) if op in _COMPARED and name in _GRAINS and name not in dimensions:
            scope.error(
                "K211",
                f"no dimension is called `{name}`",
                span,
                label="unknown name",
                help=f"write `{TIME} {op} {right.span.text}`",
            )
            return True
    return False


def _kept(op: str, window: Window, span: Span) -> Days:
    match op:
        case "<":
            return Days(None, window.start, span)
        case "<=":
            return Days(None, window.end, span)
        case ">":
            return Days(window.end, None, span)
        case ">=":
            return Days(window.start, None, span)
    return Days(window.start, window.end, span)


def _is_time(expr: tree.Expr) -> bool:
    return isinstance(expr, tree.Ref) and expr.text == TIME


def _is_about_time(expr: tree.Expr) -> bool:
    """Tell whether `time` stands anywhere in an expression."""
    match expr:
        case tree.Ref():
            return _is_time(expr)
        case tree.Binary(left=left, right=right):
            return _is_about_time(left) or _is_about_time(right)
        case tree.Unary(operand=operand) | tree.IsTest(operand=operand):
            return _is_about_time(operand)
        case tree.InList(operand=operand, items=items):
            return any(map(_is_about_time, (operand, *items)))
        case tree.Between(operand=operand, low=low, high=high):
            return any(map(_is_about_time, (operand, low, high)))
        case tree.Call(arguments=arguments):
            return any(_is_about_time(argument.value) for argument in arguments)
        case tree.Case(branches=branches):
            return any(_is_about_time(part) for branch in branches for part in branch)
    return False
