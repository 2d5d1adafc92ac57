"""Tests whether other rows exist, as joins, in dialects that run such tests in few places alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlglot import exp

from kpidsl.sql import build

_IS_THERE = "is there"


@dataclass(frozen=True, slots=True)
class _Test:
    """A test by its comparisons, each of a value of the other rows with one of the row that asks,
    and by the conditions that are about the other rows alone."""

    comparisons: Sequence[tuple[type[exp.Expr], exp.Expr, exp.Expr]]
    alone: Sequence[exp.Expr]


def as_joins(select: exp.Select) -> None:
    """Join the rows that the tests of a SELECT look for, of which there is one or none, and look
    whether it is there."""
    for number, node in enumerate(list(_asked(select)), start=1):
        test, inner, name = _test(node), node.this, f"other rows {number}"
        assert test is not None, "another is refused"
        columns = [build.alias(build.number(1), _IS_THERE)]
        same: list[exp.Expr] = []
        for place, (kind, theirs, mine) in enumerate(test.comparisons, start=1):
            columns.append(build.alias(theirs, f"key {place}"))
            same.append(kind(this=build.column(f"key {place}", name), expression=mine))
        inner.set("expressions", columns)
        inner.set("where", None)
        rows = build.subquery(build.distinct(build.where(inner, *test.alone)), name)
        build.left_join(select, rows, build.conjunction(same))
        node.replace(exp.Not(this=build.is_null(build.column(_IS_THERE, name))))


def unjoinable(tree: exp.Query) -> list[str]:
    """Return what a dialect has not that runs such tests as joins alone."""
    if all(map(can_join, tree.find_all(exp.Select))):
        return []
    return ["test of other rows by more than equalities, or at rows that are grouped"]


def can_join(select: exp.Select) -> bool:
    """Tell whether the tests of a SELECT can be joins: of equalities, before rows are grouped."""
    nodes = list(_asked(select))
    all_columns = any(isinstance(item, exp.Star) for item in select.expressions)
    return not nodes or not (
        all_columns
        or any(_test(node) is None for node in nodes)
        or any(node.find_ancestor(exp.Join, exp.Having, exp.Select) is not select for node in nodes)
    )


def _asked(select: exp.Select) -> Iterator[exp.Exists]:
    """Yield the tests that stand at rows of a SELECT, and ask each of them something else."""
    for node in select.walk(prune=build.is_verbatim):
        if (
            isinstance(node, exp.Exists)
            and node.parent_select is select
            and _outer(node.this, _names(node.this))
        ):
            yield node


def _test(node: exp.Exists) -> _Test | None:
    comparisons, alone = [], []
    own = _names(node.this)
    where = node.this.args.get("where")
    for condition in _conjuncts(where.this) if where else ():
        if not _outer(condition, own):
            alone.append(condition)
            continue
        if not isinstance(condition, exp.EQ | exp.NullSafeEQ):
            return None
        sides = condition.this, condition.expression
        theirs = [side for side in sides if not _outer(side, own)]
        mine = [side for side in sides if _is_outer(side, own)]
        if len(theirs) != 1 or len(mine) != 1:
            return None
        comparisons.append((type(condition), *theirs, *mine))
    return _Test(comparisons, alone)


def _conjuncts(condition: exp.Expr) -> list[exp.Expr]:
    return list(condition.flatten()) if isinstance(condition, exp.And) else [condition]


def _names(query: exp.Query) -> set[str]:
    """Return the names of the rows that a query reads, wherever in it."""
    return {rows.alias_or_name for rows in query.find_all(exp.Table, exp.Subquery)}


def _outer(part: exp.Expr, own: set[str]) -> list[exp.Column]:
    """Return the columns of other rows than a query's own."""
    columns = part.find_all(exp.Column)
    return [column for column in columns if column.table and column.table not in own]


def _is_outer(part: exp.Expr, own: set[str]) -> bool:
    """Tell whether a part has columns, all of them of other rows."""
    outer = _outer(part, own)
    return bool(outer) and len(outer) == len(list(part.find_all(exp.Column)))
