"""Aggregates that look at the order of rows, where an engine has none: medians, first and last
values. MySQL and SQL Server are such.

A SELECT that has some is written over one that numbers its rows group by group; so is one that
aggregates the values of subqueries, which MariaDB refuses at times.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal

from sqlglot import exp

from kpidsl.plan.naming import Names
from kpidsl.sql import build
from kpidsl.sql.dialects.stacks import arms

_QUANTILE, _PICKED = "quantile", "picked"
_ROWS = "numbered"
_AGGREGATES = (
    exp.ApproxDistinct,
    exp.Avg,
    exp.Count,
    exp.Max,
    exp.Min,
    exp.StddevSamp,
    exp.Sum,
)


def quantile(value: exp.Expr, fraction: Decimal) -> exp.Expr:
    """Return an aggregate: the value below which a share of the values lies."""
    return _ordered(_QUANTILE, [value], fraction)


def picked(value: exp.Expr, order: Sequence[exp.Expr], *, last: bool) -> exp.Expr:
    """Return an aggregate: the first or the last of the values in an order."""
    return _ordered(_PICKED, [value, *order], last)


def _ordered(kind: str, operands: list[exp.Expr], told: object) -> exp.Expr:
    node = exp.Anonymous(this=kind, expressions=operands)
    node.meta[kind] = told
    return node


def numbered(tree: exp.Expr, also: Callable[[exp.Select], bool] = lambda _: False) -> exp.Expr:
    """Rewrite the SELECTs in a tree that look at the order of rows, and those that are wanted
    beside them, the innermost first."""
    if build.is_verbatim(tree):
        return tree
    parts = arms(tree) if isinstance(tree, exp.Union) else tree.iter_expressions()
    for part in list(parts):
        numbered(part, also)
    if isinstance(tree, exp.Select) and (
        also(tree) or any(_is_ordered(node) or node.find(exp.Subquery) for node in _own(tree))
    ):
        _Numbered(tree).rewrite()
    return tree


def _is_ordered(node: exp.Expr) -> bool:
    return isinstance(node, exp.Anonymous) and not {_QUANTILE, _PICKED}.isdisjoint(node.meta)


def _own(select: exp.Select) -> list[exp.Expr]:
    """Return the aggregates of a SELECT itself, not of those within it."""
    found: list[exp.Expr] = []

    def look(node: exp.Expr) -> None:
        if isinstance(node, exp.Query):
            return
        if _is_ordered(node) or (isinstance(node, _AGGREGATES) and not _is_of_others(node)):
            found.append(node)
            return
        for child in node.iter_expressions():
            look(child)

    for part in (*select.expressions, select.args.get("having"), select.args.get("order")):
        if part is not None:
            look(part)
    return found


def _is_of_others(node: exp.Expr) -> bool:
    """Tell whether a window adds up what is an aggregate itself."""
    if not isinstance(node.this, exp.Expr):
        return False
    inner = node.this.walk(prune=lambda each: isinstance(each, exp.Query))
    return any(isinstance(each, _AGGREGATES) for each in inner)


class _Numbered:
    """Takes a SELECT's rows into one within it, which gives each value a name."""

    def __init__(self, select: exp.Select) -> None:
        self.select = select
        self.names = Names()
        self.inner: list[exp.Expr] = []
        self.keys: list[exp.Expr] = []

    def rewrite(self) -> None:
        select = self.select
        aggregates = _own(select)
        group = select.args.get("group")
        for term in group.expressions if group else ():
            if isinstance(term, exp.Literal):  # the place of a column
                item = select.expressions[int(term.name) - 1]
                key = self._key(item.unalias())
                item.replace(build.alias(key, item.alias_or_name))
            else:
                own, key = term.copy(), self._key(term)
                term.replace(key)
                for item in select.expressions:
                    if item.unalias() == own:
                        item.replace(build.alias(key.copy(), item.alias_or_name))
        for node in aggregates:
            if _QUANTILE in node.meta:
                node.replace(self._quantile(node.expressions[0], node.meta[_QUANTILE]))
            elif _PICKED in node.meta:
                value, *order = node.expressions
                node.replace(self._picked(value, order, last=bool(node.meta[_PICKED])))
            else:
                self._take(node)
        rows = build.select(*self.inner)
        for part in ("from_", "joins", "where"):
            rows.set(part, select.args.get(part))
            select.set(part, None)
        build.from_(select, build.subquery(rows, _ROWS))

    def _key(self, value: exp.Expr) -> exp.Column:
        self.keys.append(value.copy())
        return self._named(value, "key")

    def _named(self, value: exp.Expr, wanted: str) -> exp.Column:
        name = self.names.unused(wanted)
        self.inner.append(build.alias(value.copy(), name))
        return build.column(name, _ROWS)

    def _take(self, node: exp.Expr) -> None:
        """Let an aggregate take its operand from the numbered rows."""
        operand = node.this
        if isinstance(operand, exp.Star):
            return
        if isinstance(operand, exp.Distinct):
            (operand,) = operand.expressions
        operand.replace(self._named(operand, "value"))

    def _window(self, function: exp.Expr, order: Sequence[exp.Expr] = ()) -> exp.Expr:
        return exp.Window(
            this=function,
            partition_by=[key.copy() for key in self.keys],
            order=exp.Order(expressions=list(order)) if order else None,
        )

    def _quantile(self, value: exp.Expr, fraction: Decimal) -> exp.Expr:
        number = build.cast(value, "DOUBLE")
        ordered = exp.Ordered(this=number.copy(), desc=False, nulls_first=False)
        own = self._named(number, "value")
        place = self._named(self._window(exp.RowNumber(), [ordered]), "place")
        count = self._named(self._window(exp.Count(this=number.copy())), "count")
        before = exp.Mul(
            this=exp.Paren(this=exp.Sub(this=count, expression=build.number(1))),
            expression=build.number(fraction),
        )

        def at(step: int) -> exp.Expr:
            nth = exp.Add(this=exp.Floor(this=before.copy()), expression=build.number(step))
            is_nth = exp.EQ(this=place.copy(), expression=nth)
            return exp.Max(this=build.case([(is_nth, own.copy())]))

        past = exp.Sub(this=before.copy(), expression=exp.Floor(this=before.copy()))
        share = exp.Max(this=build.cast(past, "DOUBLE"))
        step = exp.Paren(this=exp.Sub(this=at(2), expression=at(1)))
        further = build.coalesce(exp.Mul(this=step, expression=share), build.number(0))
        return exp.Add(this=at(1), expression=further)

    def _picked(self, value: exp.Expr, order: Sequence[exp.Expr], *, last: bool) -> exp.Expr:
        known = build.conjunction(
            [exp.Not(this=build.is_null(part.copy())) for part in (value, order[0])]
        )
        assert known is not None
        terms = [build.case([(known, build.number(0))], build.number(1)), *order]
        ordered = [
            exp.Ordered(this=term.copy(), desc=last and place > 0, nulls_first=last and place > 0)
            for place, term in enumerate(terms)
        ]
        own = self._named(build.case([(known.copy(), value.copy())]), "value")
        place = self._named(self._window(exp.RowNumber(), ordered), "place")
        is_first = exp.EQ(this=place, expression=build.number(1))
        return build.as_held(exp.Max(this=build.case([(is_first, own)])))
