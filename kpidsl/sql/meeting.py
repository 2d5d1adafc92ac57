"""Numbers that meet in one column, as in `coalesce`: an engine gives them one type, and where that
has fewer decimals than they have, it rounds them without a word (S12)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeVar

from sqlglot import exp

from kpidsl.model.expr import Arithmetic, Literal, Negate
from kpidsl.model.units import Datatype
from kpidsl.plan.nodes import PlacedExpr
from kpidsl.sql import build
from kpidsl.sql.dialects import Dialect
from kpidsl.sql.row_types import shown_type

E = TypeVar("E", bound=exp.Expr)

_MEETS = "meets"
VALUE = "value"


@dataclass(frozen=True, slots=True)
class Meeting:
    """What meets in the rows of a source: `whole` selects what comes of it, and each of `parts`
    what meets, in the `columns` that count. `texts` are the formulas of the parts, if they have
    any."""

    source: str
    whole: exp.Query
    parts: tuple[exp.Query, ...]
    columns: frozenset[str]
    texts: tuple[str, ...] = ()


def alternatives(
    exprs: Sequence[PlacedExpr], values: Sequence[exp.Expr], dialect: Dialect
) -> list[exp.Expr]:
    """Return values of which one is taken, so that a number that is written with decimals keeps
    them beside the others, and they theirs."""
    if _may_round(exprs) and any(_has_decimals(expr) for expr in exprs):
        return [
            dialect.widened(value) if _may_have_decimals(expr) else value
            for expr, value in zip(exprs, values, strict=True)
        ]
    return list(values)


def marked(node: E, source: str, exprs: Sequence[PlacedExpr] = ()) -> E:
    """Mark what brings values of a source's rows together, so that `meetings` finds it; `exprs`
    are the values where they have formulas."""
    if not exprs or _may_round(exprs):
        node.meta[_MEETS] = (source, bool(exprs))
    return node


def meetings(tree: exp.Query) -> Iterator[Meeting]:
    """Yield what meets in a statement."""
    found = [
        node for node in tree.find_all(exp.Coalesce, exp.Case, exp.Union) if _MEETS in node.meta
    ]
    names = frozenset(column.name for column in tree.find_all(exp.Column)) if found else ()
    for node in found:
        source, has_formulas = node.meta[_MEETS]
        if isinstance(node, exp.Union):
            parts = (_within(tree, rows.copy()) for rows in _stacked(node))
            yield Meeting(source, _within(tree, node.copy()), tuple(parts), frozenset(names))
            continue
        values = list(build.choices(node))
        texts = [value.sql().replace('"', "").replace(f"{source}.", "") for value in values]
        whole, *each = (beside(tree, node, value) for value in (node, *values))
        shown = tuple(texts if has_formulas else ())
        yield Meeting(source, whole, tuple(each), frozenset((VALUE,)), shown)


def beside(tree: exp.Query, node: exp.Expr, *values: exp.Expr) -> exp.Query:
    """Return a SELECT of values from the rows of a statement that a node of it is computed of; the
    first one's column is `VALUE`."""
    rows = node.find_ancestor(exp.Select)
    assert rows is not None
    around = rows.copy()
    named = zip(values, columns_of(values), strict=True)
    select = build.select(*(build.alias(value.copy(), name) for value, name in named))
    select.set("from_", around.args.get("from_"))
    select.set("joins", around.args.get("joins"))
    return _within(tree, select)


def columns_of(values: Sequence[exp.Expr], first: int = 0) -> list[str]:
    """Return the names that `beside` gives to values, of which the first is at a place."""
    places = range(first, first + len(values))
    return [f"{VALUE}_{place}" if place else VALUE for place in places]


def _stacked(rows: exp.Expr) -> Iterator[exp.Query]:
    if isinstance(rows, exp.Union):
        yield from _stacked(rows.this)
        yield from _stacked(rows.expression)
    elif isinstance(rows, exp.Query):
        yield rows


def _within(tree: exp.Query, rows: exp.Query) -> exp.Query:
    """Return rows with the named queries of a statement, which they may read."""
    select = build.from_(build.select(exp.Star()), build.subquery(rows, "values"))
    named = tree.args.get("with_")
    if named is not None:
        select.set("with_", named.copy())
    return select


def _may_round(exprs: Sequence[PlacedExpr]) -> bool:
    """Tell whether several of the values may be decimals: no text, no time, no float."""
    kinds = {shown_type(expr) for expr in exprs} - {None, Datatype.NUMBER}
    return not kinds and sum(map(_may_have_decimals, exprs)) > 1


def _may_have_decimals(expr: PlacedExpr) -> bool:
    match expr:
        case Literal(Decimal()):
            return _has_decimals(expr)
        case Literal() | Arithmetic("/"):
            return False
    return True


def _has_decimals(expr: PlacedExpr) -> bool:
    match expr:
        case Literal(Decimal() as value):
            return value != value.to_integral_value()
        case Negate(operand):
            return _has_decimals(operand)
    return False
