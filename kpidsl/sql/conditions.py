"""Conditions of row expressions, lowered onto a scope: each is true or false, never NULL (S2)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from sqlglot import exp

from kpidsl.model.expr import And, Compare, In, IsState, Like, Literal, Not, Or
from kpidsl.model.units import Datatype
from kpidsl.plan.nodes import AnyRow, Hop, PlacedExpr
from kpidsl.sql import build
from kpidsl.sql.dialects import Dialect
from kpidsl.sql.nobody import may_hold_of_nobody, of_nobody
from kpidsl.sql.row_types import shown_type

At = tuple[str, ...]
"""Names of the forward joins walked from the scope's own source."""

COMPARISONS: dict[str, type[exp.Binary]] = {
    "=": exp.EQ,
    "<": exp.LT,
    "<=": exp.LTE,
    ">": exp.GT,
    ">=": exp.GTE,
}


class Values(Protocol):
    """What conditions ask of the rows that they are about."""

    dialect: Dialect

    def value(self, expr: PlacedExpr, at: At = ()) -> exp.Expr:
        """Return the value of a row expression at the end of some joins."""

    def end(self, expr: PlacedExpr, at: At = ()) -> At:
        """Return the joins at whose end a bare reference finds its column."""

    def matched(self, at: At) -> exp.Expr:
        """Return a column that is NULL exactly where the join found no partner."""

    def many_side(
        self, hops: tuple[Hop, ...], around: frozenset[str] = frozenset()
    ) -> tuple[Values, At]:
        """Return the rows at the far end of reverse hops, and the joins back from there; none of
        them is called as the rows `around` are."""

    def apply_joins(self, select: exp.Select) -> exp.Select:
        """Add FROM and the joins that the lowered expressions use."""


def truth(rows: Values, expr: PlacedExpr, at: At = (), *, exact: bool = False) -> exp.Expr:
    """Return a condition, two-valued (S2).

    Where NULL and false do the same (WHERE, WHEN) a comparison needs no guard; `exact` asks
    for one, as below a NOT.
    """
    match expr:
        case Compare("!=", left, right):
            return _differs(rows, left, right, at)
        case Compare(op, left, right):
            one, other = _alike(rows, (left, right), at)
            same = COMPARISONS[op](this=build.wrapped(one), expression=build.wrapped(other))
            if not any(map(shown_type, (left, right))):
                build.as_held(same)
            return _guarded(same) if exact else same
        case And(items):
            parts = [truth(rows, item, at, exact=exact) for item in items]
            return build.conjunction(parts) or exp.Boolean(this=True)
        case Or(items):
            parts = [truth(rows, item, at, exact=exact) for item in items]
            return build.disjunction(parts) or exp.Boolean(this=False)
        case Not(operand):
            return exp.Not(this=build.wrapped(truth(rows, operand, at, exact=True)))
        case In(operand, items):
            member, *listed = _alike(rows, (operand, *items), at)
            member = exp.In(this=member, expressions=listed)
            return _guarded(member) if exact else member
        case Like(operand, pattern):
            like = exp.Like(this=rows.value(operand, at), expression=exp.Literal.string(pattern))
            return _guarded(like) if exact else like
        case IsState(operand, state):
            return _state(rows, operand, state, at)
        case Literal(bool() as value):
            return exp.Boolean(this=value)
        case AnyRow():
            return _any_row(rows, expr, at)
    stated = build.cast(rows.value(expr, at), "BOOLEAN")
    return _guarded(stated) if exact else stated


def _differs(rows: Values, left: PlacedExpr, right: PlacedExpr, at: At) -> exp.Expr:
    """`!=` is the complement of `=`: true where either side is NULL."""
    one, other = _alike(rows, (left, right), at)
    if isinstance(right, Literal) and right.value is not None:
        return exp.NullSafeNEQ(this=one, expression=other)
    return exp.Not(this=_guarded(exp.EQ(this=one, expression=other)))


def _alike(rows: Values, operands: Sequence[PlacedExpr], at: At) -> list[exp.Expr]:
    """Return the values of what is compared, all as of the one type that shows in some."""
    values = [rows.value(operand, at) for operand in operands]
    shown = next(filter(None, map(shown_type, operands)), Datatype.UNKNOWN)
    return [rows.dialect.comparable(value, shown) for value in values]


def _state(rows: Values, operand: PlacedExpr, state: str, at: At) -> exp.Expr:
    empty = build.is_null(rows.value(operand, at))
    inner = rows.end(operand, at)
    if state == "null":
        return empty
    if not inner:
        return exp.Boolean(this=False) if state == "unmapped" else empty
    unmatched = build.is_null(rows.matched(inner))
    if state == "unmapped":
        return unmatched
    return exp.And(this=empty, expression=exp.Not(this=unmatched))


def _any_row(rows: Values, test: AnyRow, at: At) -> exp.Expr:
    found = _exists(rows, test, at, test.predicate)
    if not may_hold_of_nobody(test.predicate):
        return found
    # What stands under `(unmapped)` is filtered like any member (S2).
    nobody = exp.And(
        this=exp.Not(this=_exists(rows, test, at, None)),
        expression=build.wrapped(truth(rows, of_nobody(test.predicate))),
    )
    return exp.Paren(this=exp.Or(this=found, expression=nobody))


def _exists(rows: Values, test: AnyRow, at: At, predicate: PlacedExpr | None) -> exp.Expr:
    mine = [rows.value(item, at) for item in test.hops[0].join.target_columns]
    inner, link = rows.many_side(test.hops, build.tables_of(mine))
    theirs = [inner.value(item, link) for item in test.hops[0].join.columns]
    wanted = [exp.EQ(this=left, expression=right) for left, right in zip(theirs, mine, strict=True)]
    conditions: list[exp.Expr] = [*wanted]
    if predicate is not None:
        conditions.append(truth(inner, predicate))
    select = inner.apply_joins(build.select(build.number(1)))
    return exp.Exists(this=build.where(select, *conditions))


def _guarded(test: exp.Expr) -> exp.Expr:
    return build.coalesce(test, exp.Boolean(this=False))
