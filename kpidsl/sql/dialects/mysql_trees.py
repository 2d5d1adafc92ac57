"""Trees that are written otherwise in MySQL: one rule for each kind of node that differs."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from functools import reduce
from hashlib import sha256

from sqlglot import exp

from kpidsl.sql import build
from kpidsl.sql.dialects.by_bytes import ordering, partitioning
from kpidsl.sql.dialects.mysql_calls import no_text
from kpidsl.sql.dialects.mysql_named import few_named
from kpidsl.sql.dialects.mysql_texts import (
    apart,
    before,
    holds_no_text,
    in_order,
    is_no_text,
    member,
    same,
    tell_texts,
)
from kpidsl.sql.dialects.numbered import numbered
from kpidsl.sql.dialects.rewriting import call, rewritten, text
from kpidsl.sql.dialects.stacks import arms, each_adapted

_Type = exp.DataType.Type
_LONGEST = 64
"""So many characters a name may have."""
_LAST_SIGN = 0xFFFF
_MOMENT = exp.DataType.build("DATETIME(6)", dialect="mysql")
_EXACT = exp.Var(this="utf8mb4_bin")
_STACKED = "stacked"


def adapted(tree: exp.Expr) -> exp.Expr:
    """Rewrite a tree, leaving the author's own SQL as it is."""
    tree = numbered(tree)
    if isinstance(tree, exp.Query):
        few_named(tree)
        tell_texts(tree)
    return _adapted(tree)


def _adapted(tree: exp.Expr) -> exp.Expr:
    return rewritten(tree, _RULES, _statement)


# --- statements ------------------------------------------------------------------------------


def _statement(tree: exp.Expr) -> exp.Expr | None:
    if isinstance(tree, exp.Union):
        return _stacked(tree)
    if isinstance(tree, exp.Select):
        _select(tree)
    return None


def _stacked(union: exp.Union) -> exp.Expr:
    queries = list(arms(union))
    each_adapted(union, queries, _adapted)
    if not union.args.get("distinct"):
        return union
    stacked = build.subquery(build.union_all([query.copy() for query in queries]), _STACKED)
    names = queries[0].named_selects
    each = build.from_(build.select(*(build.column(name, _STACKED) for name in names)), stacked)
    _each_once(each)
    return each


def _select(select: exp.Select) -> None:
    """Tell groups and rows apart by the bytes of their texts."""
    group = select.args.get("group")
    if group is not None:
        values = [grouped_by(select, term) for term in group.expressions]
        for value in apart(values):
            group.append("expressions", value)
    if select.args.get("distinct"):
        select.set("distinct", None)
        _each_once(select)
    _order_by_expressions(select)


def grouped_by(select: exp.Select, term: exp.Expr) -> exp.Expr:
    """Return a term by which rows are grouped, which may be the place of a column."""
    is_place = isinstance(term, exp.Literal)
    return select.expressions[int(term.name) - 1].unalias() if is_place else term


def _each_once(select: exp.Select) -> None:
    values = [item.unalias() for item in select.expressions]
    places = [build.number(place) for place in range(1, len(values) + 1)]
    build.group_by(select, *places, *apart(values))


def _order_by_expressions(select: exp.Select) -> None:
    """Order rows by the values of SELECT instead of by their names, which mean other columns once
    they are computed with."""
    order = select.args.get("order")
    values = {item.alias_or_name: item.unalias() for item in select.expressions}
    for term in order.expressions if order else ():
        value = term.this
        is_named = isinstance(value, exp.Column) and not value.table
        own = values.get(value.name) if is_named else None
        if isinstance(value, exp.Literal) and not value.is_string:
            own = select.expressions[int(value.name) - 1].unalias()
        if own is not None and own is not value:
            term.set("this", own.copy())


def _short(node: exp.Identifier) -> exp.Expr:
    """A name may not be longer, nor begin or end with a space, nor have signs that stand outside
    of Unicode's first plane; no table and no column has one that does."""
    name = node.name
    kept = "".join(sign for sign in name if ord(sign) <= _LAST_SIGN).strip()
    if kept != name or len(name) > _LONGEST:
        mark = sha256(name.encode()).hexdigest()[:8]
        node.set("this", f"{kept[: _LONGEST - len(mark) - 1]}_{mark}")
    return node


# --- values ----------------------------------------------------------------------------------


def _cast(node: exp.Cast) -> exp.Expr:
    value, kind = node.this, node.to.this
    match kind:
        case _Type.BOOLEAN if isinstance(value, exp.Null):
            return value
        case _Type.BOOLEAN:
            return _truth(value)
        case _Type.TIMESTAMP:
            node.set("to", _MOMENT.copy())
    return node


def _truth(value: exp.Expr) -> exp.Expr:
    """A text may say so in words; of one that doesn't, the server warns."""
    is_true = exp.Paren(this=exp.NEQ(this=build.wrapped(value.copy()), expression=build.number(0)))
    if holds_no_text(value):
        return is_true
    said = call("LOWER", value)
    branches: list[tuple[exp.Expr, exp.Expr]] = [(is_no_text(value.copy()), is_true.copy())]
    branches += [
        (exp.In(this=said.copy(), expressions=list(map(text, words))), exp.Boolean(this=truth))
        for words, truth in ((("t", "true", "y", "yes"), True), (("f", "false", "n", "no"), False))
    ]
    return build.case(branches, is_true)


def _extract(node: exp.Extract) -> exp.Expr:
    moment = node.expression
    if node.name == "ISODOW":
        return no_text(
            exp.Paren(this=exp.Add(this=call("WEEKDAY", moment), expression=build.number(1)))
        )
    return no_text(call(node.name, moment))


def _rounded(node: exp.Round) -> exp.Expr:
    """Round a half of a float away from zero, as one of a decimal: MySQL takes the even one."""
    value, places = node.this, node.args.get("decimals") or build.number(0)
    scaled = exp.Mul(this=call("ABS", value.copy()), expression=_power(places))
    is_half = exp.EQ(
        this=exp.Mod(this=exp.Paren(this=scaled), expression=build.number(1)),
        expression=build.number(Decimal("0.5")),
    )
    near = call("ROUND", value, places)
    is_nearer = exp.LT(this=call("ABS", near.copy()), expression=call("ABS", value.copy()))
    negative = exp.Neg(this=build.wrapped(places.copy()))
    step = exp.Mul(this=call("SIGN", value.copy()), expression=_power(negative))
    away = build.case([(exp.And(this=is_half, expression=is_nearer), step)], build.number(0))
    return no_text(exp.Paren(this=exp.Add(this=near, expression=away)))


def _power(exponent: exp.Expr) -> exp.Expr:
    """Return a power of ten, exact where the exponent is written; computed it is a float."""
    sign, digits = 1, exponent
    while isinstance(digits, exp.Paren | exp.Neg):
        sign = -sign if isinstance(digits, exp.Neg) else sign
        digits = digits.this
    if isinstance(digits, exp.Literal):
        return build.number(Decimal(1).scaleb(sign * int(digits.name)))
    return call("POW", build.number(10), exponent.copy())


def _chosen(function: str) -> Callable[[exp.Expr], exp.Expr]:
    """Of values the smallest or largest that is known; MySQL's own is NULL beside a NULL."""

    def of_two(one: exp.Expr, other: exp.Expr) -> exp.Expr:
        known = _is_written(other)
        second = other.copy() if known else build.coalesce(other.copy(), one.copy())
        return call(function, build.coalesce(one, other), second)

    def rule(node: exp.Expr) -> exp.Expr:
        return no_text(reduce(of_two, (node.this, *node.expressions)))

    return rule


def _is_written(value: exp.Expr) -> bool:
    inner = value.this if isinstance(value, exp.Cast) else value
    return isinstance(inner, exp.Literal)


def _count(node: exp.Count) -> exp.Expr:
    if isinstance(node.this, exp.Distinct):
        node.this.set("expressions", [*node.this.expressions, *apart(node.this.expressions)])
    return node


def _like(node: exp.Like) -> exp.Expr:
    """A backslash would take the meaning from the mark after it."""
    pattern = text(node.expression.name.replace("\\", "\\\\"))
    node.set("expression", exp.Collate(this=pattern, expression=_EXACT.copy()))
    return node


def _differs(node: exp.Binary) -> exp.Expr:
    equal = exp.NullSafeEQ if isinstance(node, exp.NullSafeNEQ) else exp.EQ
    return exp.Not(this=exp.Paren(this=same(equal(this=node.this, expression=node.expression))))


def _nullif(node: exp.Nullif) -> exp.Expr:
    if holds_no_text(node.this) or holds_no_text(node.expression):
        return node
    equal = same(exp.EQ(this=node.this, expression=node.expression))
    return build.case([(equal, exp.Null())], node.this.copy())


def _substring(node: exp.Substring) -> exp.Expr:
    """Before the first character there are none, but the place there is counted; a negative place
    counts from the end, and may lie before the first character, too."""
    start, length = node.args["start"], node.args.get("length")
    if isinstance(start, exp.Literal) and start.name != "0":
        return node
    start, one = build.wrapped(start), build.number(1)
    after = exp.Add(this=call("CHAR_LENGTH", node.this.copy()), expression=one)
    is_negative = exp.LT(this=start.copy(), expression=build.number(0))
    first = build.case([(is_negative, exp.Add(this=after, expression=start.copy()))], start)
    node.set("start", call("GREATEST", first, one.copy()))
    if length is not None:
        missing = exp.Sub(this=one.copy(), expression=first.copy())
        left_out = call("GREATEST", missing, build.number(0))
        node.set("length", exp.Sub(this=build.wrapped(length), expression=left_out))
    return node


def _average(node: exp.Avg) -> exp.Expr:
    node.set("this", build.cast(node.this, "DOUBLE"))
    return node


def _deviation(node: exp.StddevSamp) -> exp.Expr:
    return no_text(call("STDDEV_SAMP", node.this))


_RULES: dict[type[exp.Expr], Callable[..., exp.Expr]] = {
    exp.ApproxDistinct: lambda node: _count(exp.Count(this=exp.Distinct(expressions=[node.this]))),
    exp.Avg: _average,
    exp.Cast: _cast,
    exp.Count: _count,
    exp.DateDiff: lambda node: no_text(call("DATEDIFF", node.this, node.expression)),
    exp.EQ: same,
    exp.Extract: _extract,
    exp.GT: before,
    exp.GTE: before,
    exp.Greatest: _chosen("GREATEST"),
    exp.Identifier: _short,
    exp.In: member,
    exp.Least: _chosen("LEAST"),
    exp.Like: _like,
    exp.LT: before,
    exp.LTE: before,
    exp.NEQ: _differs,
    exp.NullSafeEQ: same,
    exp.NullSafeNEQ: _differs,
    exp.Nullif: _nullif,
    exp.Order: ordering(in_order),
    exp.Round: _rounded,
    exp.StddevSamp: _deviation,
    exp.Substring: _substring,
    exp.Window: partitioning(apart),
}
