"""Trees that are written otherwise in BigQuery: one rule for each kind of node that differs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from sqlglot import exp

from kpidsl.sql import build
from kpidsl.sql.dialects.clickhouse_trees import columns_of
from kpidsl.sql.dialects.postgres_trees import pass_on_nulls
from kpidsl.sql.dialects.rewriting import call, rewritten, whole
from kpidsl.sql.dialects.shared_rules import as_floats, extreme, substring

_DIGITS_OF_INTEGERS = 18
"""So many digits of a whole number are read as such."""
_MOST_PLACES = 38


def element(value: exp.Expr, order: Sequence[exp.Expr], at: exp.Expr | None = None) -> exp.Expr:
    """Return the value at a place among those in an order, or the first one; NULL is none."""
    ordered: exp.Expr = exp.Order(this=exp.IgnoreNulls(this=value), expressions=list(order))
    if at is None:
        ordered = exp.Limit(this=ordered, expression=whole(1))
    place = whole(0) if at is None else build.cast(at, "BIGINT")
    array = exp.ArrayAgg(this=ordered)
    return exp.Bracket(this=array, expressions=[place], safe=True, offset=0)


def in_order(terms: Sequence[exp.Expr]) -> Iterator[exp.Expr]:
    """Yield what orders rows so that NULL stands where it is said: within a function BigQuery puts
    it first, or last where the order is turned round."""
    for term in terms:
        ordered = term if isinstance(term, exp.Ordered) else exp.Ordered(this=term)
        descends, first = bool(ordered.args.get("desc")), bool(ordered.args.get("nulls_first"))
        if descends == first:
            is_null = exp.Paren(this=build.is_null(ordered.this.copy()))
            yield exp.Ordered(this=is_null, desc=first, nulls_first=not first)
        yield exp.Ordered(this=ordered.this, desc=descends, nulls_first=not descends)


def adapted(tree: exp.Expr) -> exp.Expr:
    """Rewrite a tree, leaving the author's own SQL as it is."""
    if isinstance(tree, exp.Query):
        pass_on_nulls(tree)
    return rewritten(tree, _RULES)


# --- numbers -------------------------------------------------------------------------------


def _literal(node: exp.Literal) -> exp.Expr:
    """A number with decimals would be a float, and one of many digits an error."""
    digits, _, decimals = node.name.partition(".")
    if node.is_string or (not decimals and len(digits) <= _DIGITS_OF_INTEGERS):
        return node
    return build.cast(exp.Literal.string(node.name), "BIGDECIMAL")


def _converted(node: exp.Cast) -> exp.Expr:
    """A decimal is rounded to its places, half away from zero."""
    if node.to.this is not exp.DType.DECIMAL:
        return node
    value = build.cast(node.this, "BIGDECIMAL")
    sizes = node.to.expressions
    places = int(sizes[1].name) if len(sizes) > 1 else _MOST_PLACES
    is_bare = isinstance(node.this, exp.Null)
    return value if is_bare or places >= _MOST_PLACES else call("ROUND", value, whole(places))


def _product(node: exp.Mul) -> exp.Expr:
    """A product of two NUMERICs is rounded to nine decimals: let it be a BIGNUMERIC, if its factors
    aren't floats."""
    sides = node.this, node.expression
    if not any(_is_whole(side) or _is_wide(side) for side in sides):
        one = build.cast(exp.Literal.string("1"), "BIGDECIMAL")
        node.set("this", exp.Mul(this=one, expression=node.this))
    return node


def _is_whole(value: exp.Expr) -> bool:
    return isinstance(value, exp.Count | exp.Literal)


def _is_wide(value: exp.Expr) -> bool:
    """Tell whether a number, as it is rewritten, is plainly a BIGNUMERIC or a float."""
    match value:
        case exp.Cast():
            return value.is_type("BIGDECIMAL", "DOUBLE")
        case exp.Neg() | exp.Paren():
            return _is_wide(value.this)
        case exp.Add() | exp.Mul() | exp.Sub():
            return _is_wide(value.this) or _is_wide(value.expression)
        case exp.Case() | exp.Coalesce():
            return any(map(_is_wide, build.choices(value)))
        case exp.Anonymous(this="ROUND"):
            return _is_wide(value.expressions[0])
    return isinstance(value, exp.Div)


def _extract(node: exp.Extract) -> exp.Expr:
    """A day has an hour, too; of weekdays Monday is the first."""
    node.set("expression", build.cast(node.expression, "TIMESTAMP"))
    if node.name != "ISODOW":
        return node
    node.set("this", exp.Var(this="DAYOFWEEK"))
    since = exp.Add(this=node, expression=whole(5))
    return exp.Paren(this=exp.Add(this=call("MOD", since, whole(7)), expression=whole(1)))


# --- texts ---------------------------------------------------------------------------------


def _like(node: exp.Like) -> exp.Expr:
    """A backslash would take the next mark as it is."""
    pattern = node.expression.name.replace("\\", "\\\\")
    node.set("expression", exp.Literal.string(pattern))
    return node


# --- rows ----------------------------------------------------------------------------------


def _same(node: exp.NullSafeEQ) -> exp.Expr:
    """An outer join needs an equality of columns, for which BigQuery takes this one."""
    if not isinstance(node.find_ancestor(exp.Join, exp.Select), exp.Join):
        return node
    one, other = node.this, node.expression
    both = exp.And(this=build.is_null(one.copy()), expression=build.is_null(other.copy()))
    return exp.Paren(
        this=exp.Or(this=exp.EQ(this=one, expression=other), expression=exp.Paren(this=both))
    )


def _apart(node: exp.Select) -> exp.Select:
    """Give rows another name where a column has theirs: alone it would mean the rows."""
    sources = [part.this for part in (node.args.get("from_"), *node.args.get("joins", ())) if part]
    read = {column.name.casefold() for column in node.find_all(exp.Column) if not column.table}
    for rows in sources:
        name = rows.alias_or_name
        if not isinstance(rows, exp.Unnest) and name.casefold() in read:
            other = f"rows of {name}"
            for column in columns_of(node, name):
                column.set("table", build.identifier(other))
            rows.set("alias", exp.TableAlias(this=build.identifier(other)))
    return node


def _select(node: exp.Select) -> exp.Expr:
    if node.args.get("from_") is None and (node.args.get("where") or node.find(exp.AggFunc)):
        one = exp.Array(expressions=[whole(1)])  # only rows can be left out, or aggregated
        build.from_(node, exp.Unnest(expressions=[one]))
    return _bare(_apart(node)) if isinstance(node.parent, exp.Union) else _apart(node)


def _bare(arm: exp.Select) -> exp.Select:
    """Let NULL stand in a SELECT of its own, in which it takes the type of what is stacked on it;
    beside a window it is a number."""
    items = arm.expressions
    values = [item for item in items if not isinstance(item.unalias(), exp.Null)]
    if len(values) == len(items) or not any(item.find(exp.Window) for item in values):
        return arm
    shown = [item if item not in values else build.column(item.alias_or_name) for item in items]
    arm.set("expressions", values)
    return build.from_(build.select(*shown), build.subquery(arm, "arm"))


def _window(node: exp.Window) -> exp.Expr:
    order = node.args.get("order")
    if order is not None:
        order.set("expressions", [*in_order(order.expressions)])
    return node


_RULES: dict[type[exp.Expr], Callable[..., exp.Expr]] = {
    exp.Avg: as_floats,
    exp.Cast: _converted,
    exp.Extract: _extract,
    exp.Greatest: extreme,
    exp.Least: extreme,
    exp.Length: lambda node: call("LENGTH", node.this),
    exp.Like: _like,
    exp.Literal: _literal,
    exp.Mul: _product,
    exp.NullSafeEQ: _same,
    exp.Select: _select,
    exp.StddevSamp: as_floats,
    exp.Substring: substring,
    exp.Trim: lambda node: call("TRIM", node.this, exp.Literal.string(" ")),
    exp.Window: _window,
}
