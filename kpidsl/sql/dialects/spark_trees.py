"""Trees that are written otherwise in Spark: one rule for each kind of node that differs."""

from __future__ import annotations

from collections.abc import Callable

from sqlglot import exp

from kpidsl.sql import build
from kpidsl.sql.dialects.rewriting import call, rewritten, whole
from kpidsl.sql.dialects.stacks import values_of, with_rows

_EXPLODE = "EXPLODE"
_EXACT_FLOAT = 2**53
"""From here on a float has no fraction."""


def exploded(array: exp.Expr) -> exp.Expr:
    """Return what makes a row of each element of an array."""
    return call(_EXPLODE, array)


def type_name(value: exp.Expr) -> exp.Expr:
    """Return the name of a value's type, which is known before any row is read."""
    return call("TYPEOF", value.copy())


def adapted(tree: exp.Expr) -> exp.Expr:
    """Rewrite a tree, leaving the author's own SQL as it is."""
    return rewritten(tree, _RULES, _statement)


# --- statements ----------------------------------------------------------------------------


def _statement(tree: exp.Expr) -> exp.Expr | None:
    if isinstance(tree, exp.Union):
        # Thousands of queries take minutes to plan.
        return with_rows(tree, adapted, lambda queries: values_of(queries, adapted), _EXPLODE)
    if isinstance(tree, exp.Select):
        _order_by_places(tree)
    return None


def _order_by_places(select: exp.Select) -> None:
    """Order rows by the places of what is selected: beside a window an aggregate can't be put in
    order by itself."""
    order = select.args.get("order")
    places = {item.unalias(): place for place, item in enumerate(select.expressions, start=1)}
    for term in order.expressions if order else ():
        if isinstance(term, exp.Ordered) and isinstance(term.this, exp.AggFunc):
            place = places.get(term.this)
            if place is not None:
                term.set("this", whole(place))


# --- values --------------------------------------------------------------------------------


def _converted(node: exp.Cast) -> exp.Expr:
    """What `TIMESTAMP` is called is a setting of the session's."""
    for kind, named in (("TIMESTAMP", "TIMESTAMPNTZ"), ("TIMESTAMPTZ", "TIMESTAMPLTZ")):
        if node.is_type(kind):
            return build.cast(node.this, named)
    return node


def _average(node: exp.Avg) -> exp.Expr:
    node.set("this", build.cast(node.this, "DOUBLE"))
    return node


def _rounded_to_whole(node: exp.Ceil | exp.Floor) -> exp.Expr:
    """Of a float a BIGINT is made, which a large one, or what is no number, would not fit."""
    value = node.this
    floats = exp.In(
        this=type_name(value),
        expressions=[exp.Literal.string("float"), exp.Literal.string("double")],
    )
    large = exp.GTE(this=exp.Abs(this=value.copy()), expression=whole(_EXACT_FLOAT))
    is_whole = exp.And(this=floats, expression=large)
    return build.case([(is_whole, value.copy())], node)


def _extract(node: exp.Extract) -> exp.Expr:
    if node.name == "ISODOW":
        node.set("this", exp.Var(this="DAYOFWEEK_ISO"))
    return node


def _like(node: exp.Like) -> exp.Expr:
    """A backslash would take the meaning from the mark after it."""
    pattern = node.expression.name.replace("\\", "\\\\")
    node.set("expression", exp.Literal.string(pattern))
    return node


def _substring(node: exp.Substring) -> exp.Expr:
    """Before the first character there are none, but that place is counted."""
    start, length = (_place(node.args.get(part)) for part in ("start", "length"))
    assert start is not None
    if not _is_written(start):
        before = exp.EQ(this=start.copy(), expression=whole(0))
        if length is not None:
            shorter = exp.Sub(this=build.wrapped(length.copy()), expression=whole(1))
            length = build.case([(before, shorter)], length)
    arguments = [node.this, start, *([] if length is None else [length])]
    return call("SUBSTRING", *arguments)


def _place(value: exp.Expr | None) -> exp.Expr | None:
    """Return a number of characters as a whole number."""
    return value if value is None or _is_written(value) else build.cast(value, "INT")


def _is_written(value: exp.Expr) -> bool:
    inner = value.unnest()
    return isinstance(inner, exp.Literal | exp.Neg) and inner.name != "0"


_RULES: dict[type[exp.Expr], Callable[..., exp.Expr]] = {
    exp.Avg: _average,
    exp.Cast: _converted,
    exp.Ceil: _rounded_to_whole,
    exp.DateDiff: lambda node: call("DATEDIFF", node.this, node.expression),
    exp.Extract: _extract,
    exp.Floor: _rounded_to_whole,
    exp.Like: _like,
    exp.Substring: _substring,
}
