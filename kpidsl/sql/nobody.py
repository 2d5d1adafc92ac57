"""What a condition says of a row without any partner on the many side: each dimension there is
`(unmapped)` (S2, S4)."""

from __future__ import annotations

from kpidsl.model.expr import And, CaseWhen, Compare, Function, IsState, Literal, Not, Or
from kpidsl.plan.nodes import OfEntity, PlacedExpr, Reached
from kpidsl.plan.placing import children, rebuild


def of_nobody(expr: PlacedExpr) -> PlacedExpr:
    """Return the expression with every dimension absent."""
    match expr:
        case Reached() | OfEntity():
            return Literal(None)
        case IsState(operand, state) if _is_reached(operand):
            return Literal(state != "none")
    return rebuild(expr, of_nobody)


def may_hold_of_nobody(expr: PlacedExpr) -> bool:
    """Tell whether a condition can be true with every dimension absent; comparisons with what
    is absent are false, but for `!=`."""
    match expr:
        case And(items):
            return all(may_hold_of_nobody(item) for item in items)
        case Or(items):
            return any(may_hold_of_nobody(item) for item in items)
        case Compare("!=") | Not():
            return True
        case IsState(operand, state) if _is_reached(operand):
            return state != "none"
        case IsState():
            return True
    return _computed(expr)


def _is_reached(expr: PlacedExpr) -> bool:
    return isinstance(expr, Reached)


def _computed(expr: PlacedExpr) -> bool:
    """Whether a function or a choice stands below, which may turn what is absent into a value."""
    return isinstance(expr, Function | CaseWhen) or any(map(_computed, children(expr)))
