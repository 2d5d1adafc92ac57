"""Rows in order and in groups by more than their values, where different texts may be the same."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from sqlglot import exp

from kpidsl.sql import build


def placed(term: exp.Ordered, keys: Iterable[exp.Expr]) -> list[exp.Expr]:
    """Return terms by which rows stand in the order of keys, and NULL where a term of theirs says:
    by itself it is before all values, unless they descend."""
    desc, first = bool(term.args.get("desc")), bool(term.args.get("nulls_first"))
    terms = [(key, desc) for key in keys]
    if first == desc and not isinstance(term.this, exp.Is):
        terms.insert(0, (build.is_null(term.this.copy()), first))
    return [exp.Ordered(this=key, desc=down, nulls_first=not down) for key, down in terms]


def ordering(in_order: Callable[[exp.Ordered], list[exp.Expr]]) -> Callable[..., exp.Expr]:
    """Return the rule of an ORDER BY, of which each term becomes several."""

    def rule(node: exp.Order) -> exp.Expr:
        terms = [
            term if isinstance(term, exp.Ordered) else exp.Ordered(this=term)
            for term in node.expressions
        ]
        return exp.Order(expressions=[part for term in terms for part in in_order(term)])

    return rule


def partitioning(apart: Callable[[Sequence[exp.Expr]], list[exp.Expr]]) -> Callable[..., exp.Expr]:
    """Return the rule of a window, whose groups are told apart by more than their values."""

    def rule(node: exp.Window) -> exp.Expr:
        groups = node.args.get("partition_by") or []
        node.set("partition_by", [*groups, *apart(groups)])
        return node

    return rule
