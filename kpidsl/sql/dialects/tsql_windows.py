"""Windows over columns alone: SQL Server refuses an aggregate of what holds a query, also over a
window, and doesn't say that its other functions take one there."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

from sqlglot import exp

from kpidsl.sql import build

_ROWS = "rows"


def over_columns(tree: exp.Query) -> None:
    """Let windows that hold queries read these as columns of rows within, each of a name that no
    other has: some rows are taken with all of their columns."""
    names = (f"operand {number}" for number in count(1))
    for select in list(tree.walk(prune=build.is_verbatim)):
        if isinstance(select, exp.Select) and any(
            window.find(exp.Query, exp.Exists) for window in _windows(select)
        ):
            _take_rows(select, names)


def _windows(select: exp.Select) -> Iterator[exp.Window]:
    values = (item.unalias() for item in select.expressions)
    return (value for value in values if isinstance(value, exp.Window))


def _take_rows(select: exp.Select, names: Iterator[str]) -> None:
    """Take the rows of a SELECT into one within it, which gives each value a name."""
    found: dict[exp.Expr, str] = {}
    for window in _windows(select):
        for operand in list(_operands(window)):
            if operand not in found:
                found[operand.copy()] = next(names)
            operand.replace(build.column(found[operand], _ROWS))
    plain = [item for item in select.expressions if not isinstance(item.unalias(), exp.Window)]
    over = [item for item in select.expressions if isinstance(item.unalias(), exp.Window)]
    named = [build.column(item.alias_or_name, _ROWS) for item in plain]
    if any(item.is_star for item in plain):
        named = [build.all_of(_ROWS)]
    rows = build.select(*plain, *(build.alias(value, name) for value, name in found.items()))
    for part in ("from_", "joins", "where"):
        rows.set(part, select.args.get(part))
        select.set(part, None)
    select.set("expressions", [*named, *over])
    build.from_(select, build.subquery(rows, _ROWS))


def _operands(window: exp.Window) -> Iterator[exp.Expr]:
    """Yield what a window reads of each row."""
    if isinstance(window.this.this, exp.Expr):
        yield window.this.this
    yield from window.args.get("partition_by") or ()
    order = window.args.get("order")
    for term in order.expressions if order else ():
        yield term.this if isinstance(term, exp.Ordered) else term
