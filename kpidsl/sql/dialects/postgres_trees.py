"""Trees that are written otherwise in PostgreSQL: one rule for each kind of node that differs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from sqlglot import exp

from kpidsl.sql import build
from kpidsl.sql.dialects.rewriting import rewritten
from kpidsl.sql.dialects.shared_rules import short
from kpidsl.sql.dialects.stacks import arms, each_adapted
from kpidsl.sql.dialects.zones import full_name


def adapted(tree: exp.Expr) -> exp.Expr:
    """Rewrite a tree, leaving the author's own SQL as it is."""
    if isinstance(tree, exp.Query):
        pass_on_nulls(tree)
    return _adapted(tree)


def pass_on_nulls(tree: exp.Query) -> None:
    """Select NULL itself where the column of a named query is nothing else: a bare NULL has the
    type of what it meets, and the column of an inner query that is one is a text."""
    nulls: dict[str, set[str]] = {}
    for query in (*(cte.this for cte in tree.ctes), tree):
        for select in query.find_all(exp.Select) if nulls else ():
            rows = select.args.get("from_")
            known = (
                nulls.get(rows.this.name, set()) if rows and not select.args.get("joins") else ()
            )
            for item in select.expressions:
                if isinstance(item, exp.Column) and item.name in known:
                    item.replace(build.alias(exp.Null(), item.name))
        if isinstance(query.parent, exp.CTE) and isinstance(query, exp.Select):
            bare = [item for item in query.expressions if isinstance(item.unalias(), exp.Null)]
            if bare:
                nulls[query.parent.alias] = {item.alias for item in bare}


def _adapted(tree: exp.Expr) -> exp.Expr:
    return rewritten(tree, _RULES, _statement)


def _statement(tree: exp.Expr) -> exp.Expr | None:
    if isinstance(tree, exp.Union):
        return stacked(tree, _adapted)
    if isinstance(tree, exp.Select):
        _order_by_expressions(tree)
    return None


def stacked(union: exp.Union, adapted: Callable[[exp.Expr], exp.Expr]) -> exp.Expr:
    """Rewrite what is stacked, and let a column begin with a value that has its type."""
    each_adapted(union, list(arms(union)), adapted)
    queries = list(arms(union))
    selects = [query for query in queries if isinstance(query, exp.Select)]
    if len(selects) == len(queries):
        give_types(selects)
    return union


def give_types(arms: Sequence[exp.Select]) -> None:
    """Types meet arm by arm, and two bare NULLs make a text: let the first NULL have the type of
    the first value in its column."""
    for place, own in enumerate(arms[0].expressions):
        values = [arm.expressions[place].unalias() for arm in arms if not arm.is_star]
        if len(values) < len(arms) or not all(isinstance(each, exp.Null) for each in values[:2]):
            continue
        typed = next((n for n, each in enumerate(values) if not isinstance(each, exp.Null)), None)
        if typed is not None:
            arms[0].expressions[place].replace(build.alias(_none(arms[typed], place), own.alias))


def _none(arm: exp.Select, place: int) -> exp.Expr:
    """Return NULL, of the type that an arm has in a column."""
    rows = arm.copy()
    rows.set("expressions", [rows.expressions[place].unalias()])
    rows.set("where", exp.Where(this=exp.Boolean(this=False)))
    for part in ("group", "having", "order", "limit"):
        rows.set(part, None)
    return exp.Subquery(this=rows)


def first_of(
    value: exp.Expr, tests: Sequence[exp.Expr], order: Sequence[exp.Expr] = ()
) -> exp.Expr:
    """Return the first of the values that pass tests."""
    inner = exp.Order(this=value, expressions=list(order)) if order else value
    kept = exp.Where(this=build.conjunction(tests))
    listed = exp.Paren(this=exp.Filter(this=exp.ArrayAgg(this=inner), expression=kept))
    return exp.Bracket(this=listed, expressions=[build.number(1)], offset=1)


def _rounded(node: exp.Round) -> exp.Expr:
    """Round a number by its digits: a half of a float would go to the even neighbour."""
    value = node.this
    node.set("this", build.cast(build.cast(value, "TEXT"), "DECIMAL"))
    is_float = any(part.is_type("DOUBLE") for part in value.find_all(exp.Cast))
    return build.cast(node.copy(), "DOUBLE") if is_float else node


# --- texts by their bytes ------------------------------------------------------------------

_LONGEST = 63
"""So many bytes of a name count."""
_BYTES = exp.Identifier(this="C", quoted=True)
_TEXTS = ("text", "character varying", "character")


def _order_by_expressions(select: exp.Select) -> None:
    """Order rows by the values of SELECT instead of by their names, which mean other columns once
    they are computed with."""
    order = select.args.get("order")
    values = {item.alias_or_name: item.unalias() for item in select.expressions}
    for term in order.expressions if order else ():
        if build.is_held(term.this) and term.this.name in values:
            term.set("this", build.as_held(values[term.this.name].copy()))


def _order(node: exp.Order) -> exp.Expr:
    node.set("expressions", [each for term in node.expressions for each in _terms(term)])
    return node


def _terms(term: exp.Expr) -> Iterator[exp.Expr]:
    """Order what may be a text by its bytes; only the data tell whether it is one."""
    ordered = term if isinstance(term, exp.Ordered) else exp.Ordered(this=term, nulls_first=False)
    value = ordered.this
    if not build.is_held(value) or isinstance(value, exp.Null):
        yield term
        return
    is_text = _is_text(value)
    other = build.case([(exp.Not(this=is_text.copy()), value.copy())])
    text = build.case([(is_text, build.cast(value.copy(), "TEXT"))])
    for part in (other, _by_bytes(text)):
        yield exp.Ordered(**(ordered.args | {"this": part}))


def _by_bytes(text: exp.Expr) -> exp.Expr:
    return exp.Collate(this=text, expression=_BYTES.copy())


def _is_text(value: exp.Expr) -> exp.Expr:
    name = build.cast(exp.Anonymous(this="PG_TYPEOF", expressions=[value.copy()]), "TEXT")
    return exp.In(this=name, expressions=list(map(exp.Literal.string, _TEXTS)))


def _compared(node: exp.Binary) -> exp.Expr:
    one, other = node.left, node.right
    if build.is_held(node):
        texts = [build.cast(side.copy(), "TEXT") for side in (one, other)]
        as_texts = type(node)(this=texts[0], expression=_by_bytes(texts[1]))
        return build.case([(_is_text(one), as_texts)], node.copy())
    for side in (one, other):
        if isinstance(side, exp.Literal) and side.is_string:
            side.replace(_by_bytes(side.copy()))
    return node


def _like(node: exp.Like) -> exp.Expr:
    """A backslash would take the meaning from the mark after it. The blanks that fill up a `CHAR`
    are left out where it becomes a text, and what an enum holds is one then."""
    if isinstance(node.this, exp.Column):
        node.set("this", build.cast(node.this.copy(), "TEXT"))
    node.set("expression", exp.Literal.string(node.expression.name.replace("\\", "\\\\")))
    return node


def substring(node: exp.Substring) -> exp.Expr:
    """Before the first character there are none; a negative place counts from the end."""
    start = node.args["start"]
    if not isinstance(start, exp.Literal):
        length = exp.Add(this=exp.Length(this=node.this.copy()), expression=build.number(1))
        from_end = exp.Add(this=length, expression=build.wrapped(start.copy()))
        is_negative = exp.LT(this=build.wrapped(start.copy()), expression=build.number(0))
        node.set("start", build.case([(is_negative, from_end)], start.copy()))
    return node


def _in_zone(node: exp.AtTimeZone) -> exp.Expr:
    node.set("zone", exp.Literal.string(full_name(node.args["zone"].name)))
    return node


def _days_between(node: exp.DateDiff) -> exp.Expr:
    return exp.Paren(this=exp.Sub(this=node.this, expression=node.expression))


def _largest(node: exp.Max) -> exp.Expr:
    """Truth values have no largest one, and of what is held there is but one."""
    if not build.is_held(node):
        return node
    return first_of(node.this, [exp.Not(this=build.is_null(node.this.copy()))])


def average(node: exp.Avg) -> exp.Expr:
    node.set("this", build.cast(node.this, "DOUBLE"))
    return node


_RULES: dict[type[exp.Expr], Callable[..., exp.Expr]] = {
    exp.ApproxDistinct: lambda node: exp.Count(this=exp.Distinct(expressions=[node.this])),
    exp.AtTimeZone: _in_zone,
    exp.Avg: average,
    exp.DateDiff: _days_between,
    exp.Extract: lambda node: build.cast(node.copy(), "BIGINT"),
    exp.Identifier: lambda node: short(node, _LONGEST),
    exp.GT: _compared,
    exp.GTE: _compared,
    exp.Like: _like,
    exp.LT: _compared,
    exp.LTE: _compared,
    exp.Max: _largest,
    exp.Order: _order,
    exp.Round: _rounded,
    exp.Substring: substring,
}
