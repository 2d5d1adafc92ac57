"""Placing predicates on paths: each `QueryDimension` becomes a reached dimension, and what
lies on the many side a test of any row there (S4, S9)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, cast

from kpidsl.model.expr import (
    And,
    Arithmetic,
    CaseWhen,
    Compare,
    EntityValue,
    Exchanged,
    Function,
    In,
    IsState,
    Like,
    Negate,
    Not,
    Or,
    QueryDimension,
    Resolved,
    RowExpr,
)
from kpidsl.plan.nodes import AnyRow, Hop, OfEntity, PlacedExpr, Reached, Subtotal
from kpidsl.plan.paths import Path, Paths
from kpidsl.plan.refusal import Refused
from kpidsl.text.diagnostic import error


def split(path: Path) -> tuple[tuple[Hop, ...], tuple[Hop, ...]]:
    """Return the reverse hops and the forward hops of a path."""
    count = sum(hop.reverse for hop in path)
    return path[:count], path[count:]


class Placing:
    """Places the predicates that apply to one source; `answer` plans what a metric is of each
    entity."""

    def __init__(
        self, paths: Paths, source: str, answer: Callable[[EntityValue], Subtotal]
    ) -> None:
        self._paths = paths
        self._source = source
        self._answer = answer

    def place(self, predicate: RowExpr) -> PlacedExpr:
        """Return the predicate as this source sees it.

        The items of an `and` that lie on the same many side are tested on one and the same
        row there; `not` and `or` keep apart, so that the complement of "any" is "none" (I5).
        """
        sides = self._many_sides(predicate)
        if sides <= {()}:
            return self._on_path(predicate, 0)
        match predicate:
            case And(items):
                return self._and(items)
            case Or() | Not():
                return rebuild(predicate, self.place)
        if len(sides) > 1:
            raise Refused(
                error(
                    "K463",
                    "a condition compares dimensions that lie on different sides of a join",
                    help="compare each with a value of its own, joined by `and`",
                )
            )
        (side,) = sides
        return AnyRow(side, self._on_path(predicate, len(side)))

    def _and(self, items: tuple[RowExpr, ...]) -> PlacedExpr:
        here: list[PlacedExpr] = []
        together: dict[tuple[Hop, ...], list[RowExpr]] = {}
        for item in items:
            sides = self._many_sides(item)
            if len(sides) == 1 and sides != {()} and not isinstance(item, Not):
                together.setdefault(next(iter(sides)), []).append(item)
            else:
                here.append(self.place(item))
        for side, parts in together.items():
            whole = parts[0] if len(parts) == 1 else And(tuple(parts))
            here.append(AnyRow(side, self._on_path(whole, len(side))))
        return here[0] if len(here) == 1 else And(cast("tuple[RowExpr, ...]", tuple(here)))

    def _many_sides(self, expr: PlacedExpr) -> set[tuple[Hop, ...]]:
        """Return the reverse paths of the dimensions below; `()` for one on this side."""
        if isinstance(expr, QueryDimension):
            return {split(self._paths.reach(self._source, expr)[0])[0]}
        found: set[tuple[Hop, ...]] = set()
        for child in children(expr):
            found |= self._many_sides(child)
        return found

    def _on_path(self, expr: RowExpr, skip: int) -> PlacedExpr:
        """Replace the dimensions, whose first `skip` hops are already walked."""
        if isinstance(expr, QueryDimension):
            return self._reached(expr, skip)
        if isinstance(expr, EntityValue):
            keys = tuple(self._reached(part, skip) for part in expr.entity)
            return OfEntity(expr, self._answer(expr), keys)
        return rebuild(expr, lambda child: self._on_path(child, skip))

    def _reached(self, wanted: QueryDimension, skip: int) -> Reached:
        path, dimension = self._paths.reach(self._source, wanted)
        return Reached(dimension, path[skip:])


def children(expr: PlacedExpr) -> tuple[PlacedExpr, ...]:
    """Return the direct parts of a row expression."""
    match expr:
        case Arithmetic(_, left, right) | Compare(_, left, right):
            return (left, right)
        case Negate(operand) | Not(operand) | In(operand, _) | Like(operand, _):
            return (operand,)
        case IsState(operand, _) | Resolved(operand=operand):
            return (operand,)
        case And(items) | Or(items) | Function(_, items):
            return items
        case CaseWhen(branches, default):
            parts = tuple(part for branch in branches for part in branch)
            return parts if default is None else (*parts, default)
        case EntityValue(_, parts) | OfEntity(keys=parts):
            return parts
        case Exchanged(operand, currency):
            return (operand, currency)
    return ()


def rebuild(expr: PlacedExpr, change: Callable[[Any], Any]) -> PlacedExpr:
    """Return the expression with each direct part changed.

    Placed parts stand where the classes name row expressions, hence `Any`.
    """
    match expr:
        case Arithmetic() | Compare():
            return replace(expr, left=change(expr.left), right=change(expr.right))
        case Negate() | Not() | In() | Like() | IsState() | Resolved():
            return replace(expr, operand=change(expr.operand))
        case And() | Or():
            return replace(expr, items=tuple(change(item) for item in expr.items))
        case Function():
            return replace(expr, arguments=tuple(change(item) for item in expr.arguments))
        case CaseWhen():
            branches = tuple((change(when), change(then)) for when, then in expr.branches)
            default = None if expr.default is None else change(expr.default)
            return CaseWhen(branches, default)
    return expr
