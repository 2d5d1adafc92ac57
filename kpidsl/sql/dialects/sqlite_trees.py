"""Trees that are written otherwise in SQLite: one rule for each kind of node that differs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import reduce

from sqlglot import exp

from kpidsl.sql import build
from kpidsl.sql.dialects.rewriting import call, rewritten
from kpidsl.sql.dialects.stacks import arms, each_adapted, is_constant

_Type = exp.DataType.Type


def adapted(tree: exp.Expr) -> exp.Expr:
    """Rewrite a tree, leaving the author's own SQL as it is."""
    return rewritten(tree, _RULES, _statement)


def _statement(tree: exp.Expr) -> exp.Expr | None:
    return _stacked(tree) if isinstance(tree, exp.Union) else None


def _stacked(union: exp.Union) -> exp.Expr:
    """Stack rows of constants as VALUES: SQLite stacks no more than 500 queries."""
    queries = list(arms(union))
    if not all(map(is_constant, queries)):
        return each_adapted(union, queries, adapted)
    rows = [
        exp.Tuple(expressions=[adapted(column.unalias().copy()) for column in query.selects])
        for query in queries
    ]
    columns = [
        build.alias(exp.column(f"column{place}"), name)
        for place, name in enumerate(queries[0].named_selects, start=1)
    ]
    values = exp.Subquery(this=exp.Values(expressions=rows))
    return build.from_(build.select(*columns), values)


def _cast(node: exp.Cast) -> exp.Expr:
    value, kind = node.this, node.to.this
    assert isinstance(value, exp.Expr)
    if isinstance(value, exp.Null):
        return value
    literal = isinstance(value, exp.Literal)
    match kind:
        case _Type.DATE:
            return value if literal else call("kpi_day", value)
        case _Type.TIMESTAMP | _Type.TIMESTAMPNTZ | _Type.TIMESTAMPTZ if literal:
            return text(datetime.fromisoformat(value.name).isoformat(" "))
        case _Type.TIMESTAMP:
            return call("kpi_moment", value)
        case _Type.DOUBLE:
            return call("kpi_real", value)
        case _Type.BOOLEAN:
            return call("kpi_boolean", value)
        case _Type.DECIMAL if not literal:
            places = build.number(int(node.to.expressions[1].name))
            if isinstance(value, exp.Anonymous) and value.name == "kpi_product":
                return call("kpi_product", *value.expressions, places)
            return call("kpi_decimal", value, places)
        case _Type.DECIMAL:
            return value
    return node


def _extract(node: exp.Extract) -> exp.Expr:
    wanted, moment = node.name, build.cast(node.expression, "TIMESTAMP")
    value = adapted(moment)
    match wanted:
        case "QUARTER":
            after = exp.Paren(this=exp.Add(this=part("%m", value), expression=build.number(2)))
            return exp.IntDiv(this=after, expression=build.number(3))
        case "ISODOW":
            # SQLite counts from Sunday, 0.
            after = exp.Paren(this=exp.Add(this=part("%w", value), expression=build.number(6)))
            weekday = exp.Paren(this=exp.Mod(this=after, expression=build.number(7)))
            return exp.Paren(this=exp.Add(this=weekday, expression=build.number(1)))
    return part({"YEAR": "%Y", "MONTH": "%m", "DAY": "%d", "HOUR": "%H"}[wanted], value)


def _like(node: exp.Like) -> exp.Expr:
    """LIKE is blind to the case of letters; GLOB is not."""
    marks = {"%": "*", "_": "?", "*": "[*]", "?": "[?]", "[": "[[]"}
    pattern = "".join(marks.get(mark, mark) for mark in node.expression.name)
    return exp.Glob(this=node.this, expression=text(pattern))


def _chosen(function: str) -> Callable[[exp.Expr], exp.Expr]:
    """Of values the smallest or largest that is known; SQLite's own is NULL beside a NULL."""

    def of_two(one: exp.Expr, other: exp.Expr) -> exp.Expr:
        first = build.coalesce(one.copy(), other.copy())
        return call(function, first, build.coalesce(other, one))

    return lambda node: reduce(of_two, (node.this, *node.expressions))


def _calls(function: str) -> Callable[[exp.Expr], exp.Expr]:
    """Return a rule that calls a function with a node's operands."""
    return lambda node: call(function, *node.iter_expressions())


def _sum(node: exp.Sum) -> exp.Expr:
    """A sum of decimals, as money is, is exact or refused (S12); counts SQLite adds up itself, as
    all that is summed up over a window."""
    if isinstance(node.this, exp.Count) or isinstance(node.parent, exp.Window):
        return node
    products = [each for each in node.find_all(exp.Anonymous) if each.name == "kpi_product"]
    if products or build.is_exact(node):
        for each in products:
            # Of what is added up, a float need not hold each term.
            each.set("this", "kpi_digits" if _is_term(each, node) else "kpi_product")
        return call("kpi_sum_exactly", node.this)
    casts = [each for each in node.find_all(exp.Anonymous) if each.name == "kpi_decimal"]
    for each in casts:
        value, places = each.expressions
        each.replace(value)
    if not casts:
        return call("kpi_sum", node.this)
    return call("kpi_sum_decimals", node.this, places)


def _is_term(product: exp.Expr, total: exp.Sum) -> bool:
    """Tell whether a product is what is added up, as it is or under a condition."""
    above = product.parent
    while isinstance(above, exp.Case | exp.If):
        above = above.parent
    return above is total


def _multiplied(node: exp.Mul) -> exp.Expr:
    function = "kpi_product" if build.is_exact(node) else "kpi_multiply"
    return call(function, *node.iter_expressions())


def _of_number(node: exp.Expr) -> exp.Expr:
    node.set("this", call("kpi_number", node.this))
    return node


def _ordered(node: exp.Select) -> exp.Expr:
    """Rows are ordered by the columns of SELECT, and one without an alias is not among them."""
    if node.args.get("order"):
        columns = [
            build.alias(column.copy(), column.name) if isinstance(column, exp.Column) else column
            for column in node.expressions
            if not column.is_star
        ]
        if len(columns) == len(node.expressions):
            node.set("expressions", columns)
    return node


_CHANGES: dict[type[exp.Expr], Callable[..., exp.Expr]] = {
    exp.Abs: _of_number,
    exp.Add: _calls("kpi_add"),
    exp.ApproxDistinct: lambda node: exp.Count(this=exp.Distinct(expressions=[node.this])),
    exp.Avg: _calls("kpi_avg"),
    exp.Cast: _cast,
    exp.Ceil: lambda node: call("kpi_ceil", node.this),
    exp.Extract: _extract,
    exp.Floor: lambda node: call("kpi_floor", node.this),
    exp.Greatest: _chosen("MAX"),
    exp.Least: _chosen("MIN"),
    exp.Like: _like,
    exp.Lower: _calls("kpi_lower"),
    exp.Mul: _multiplied,
    exp.Neg: _of_number,
    exp.NullSafeEQ: lambda node: exp.Is(this=node.this, expression=node.expression),
    exp.NullSafeNEQ: lambda node: exp.Not(this=exp.Is(this=node.this, expression=node.expression)),
    exp.Round: lambda node: call("kpi_round", node.this, node.args["decimals"] or build.number(0)),
    exp.Select: _ordered,
    exp.StddevSamp: _calls("kpi_stddev"),
    exp.Sub: _calls("kpi_subtract"),
    exp.Sum: _sum,
    exp.Upper: _calls("kpi_upper"),
}


def _unless_native(rule: Callable[..., exp.Expr]) -> Callable[[exp.Expr], exp.Expr]:
    return lambda node: node if node.meta.get("native") else rule(node)


_RULES = {kind: _unless_native(rule) for kind, rule in _CHANGES.items()}


def native(node: exp.Expr) -> exp.Expr:
    """Mark arithmetic on whole numbers, which SQLite does itself."""
    node.meta["native"] = True
    return node


def part(form: str, moment: exp.Expr) -> exp.Expr:
    digits = call("STRFTIME", text(form), moment)
    return exp.Cast(this=digits, to=exp.DataType.build("INT"))


def text(value: str | None) -> exp.Expr:
    return exp.Null() if value is None else exp.Literal.string(value)
