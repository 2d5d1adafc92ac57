"""Trees that are written otherwise in SQL Server: one rule for each kind of node that differs."""

from __future__ import annotations

import re
from collections.abc import Callable

from sqlglot import exp

from kpidsl.sql import build
from kpidsl.sql.dialects.by_bytes import ordering, partitioning
from kpidsl.sql.dialects.mysql_calls import no_text
from kpidsl.sql.dialects.mysql_texts import holds_no_text, tell_texts
from kpidsl.sql.dialects.mysql_trees import grouped_by
from kpidsl.sql.dialects.numbered import numbered
from kpidsl.sql.dialects.postgres_trees import give_types, pass_on_nulls
from kpidsl.sql.dialects.rewriting import Rules, call, rewritten, text, whole, word
from kpidsl.sql.dialects.stacks import arms, each_adapted, is_constant, values_of
from kpidsl.sql.dialects.tsql_texts import (
    BY_CHARACTERS,
    IN_ORDER_OF_CODES,
    apart,
    as_text,
    before,
    in_order,
    kept_as,
    may_be_texts,
    member,
    same,
    told_apart,
    written,
)
from kpidsl.sql.dialects.tsql_truths import with_tests
from kpidsl.sql.dialects.tsql_windows import over_columns

SUMMAND = "summand"
"""What marks a number that is added up and no money."""
MOMENT, ZONED = "DATETIME2(6)", "DATETIMEOFFSET(6)"
_Type = exp.DataType.Type
_ANSWER, _STACKED = "answer", "stacked"
_MONEY_PLACES = 9
"""So many decimals has money of a column that is known to have no more."""
_TO_THE_END = 2_147_483_647
_LINE_ENDS = re.compile(r"(?<=\\)(?=\r?\n)")


def adapted(tree: exp.Expr) -> exp.Expr:
    """Rewrite a tree, leaving the author's own SQL as it is."""
    tree = numbered(_each_once(_ordered(_named(tree))), _needs_rows)
    if isinstance(tree, exp.Query):
        over_columns(tree)
        pass_on_nulls(tree)
        tell_texts(tree)
    return with_tests(_rewritten(tree))


def _rewritten(tree: exp.Expr) -> exp.Expr:
    return rewritten(tree, _RULES, _statement)


# --- statements ------------------------------------------------------------------------------


def _named(tree: exp.Expr) -> exp.Expr:
    """Name all columns of an answer: of one without a name there is nothing in the driver's."""
    for place, item in enumerate(tree.expressions if isinstance(tree, exp.Select) else (), start=1):
        if not isinstance(item, exp.Alias | exp.Column | exp.Star):
            item.replace(build.alias(item.copy(), f"column_{place}"))
    return tree


def _ordered(tree: exp.Expr) -> exp.Expr:
    """Order the rows of an answer by its columns: what is computed with a name of SELECT would be
    computed with a column that is read."""
    order = tree.args.get("order")
    if order is None or not isinstance(tree, exp.Select) or tree.is_star:
        return tree
    names = tree.named_selects
    values = {item.unalias(): item.alias_or_name for item in tree.expressions}
    for term in order.expressions:
        value = term.this
        if isinstance(value, exp.Literal):
            term.set("this", build.as_held(build.column(names[int(value.name) - 1])))
        elif value in values:
            term.set("this", build.column(values[value]))
    outer = build.select(*map(build.column, names))
    for part in ("order", "limit", "with_"):
        outer.set(part, tree.args.get(part))
        tree.set(part, None)
    return build.from_(outer, build.subquery(tree, _ANSWER))


def _each_once(tree: exp.Expr) -> exp.Expr:
    """Group rows instead of taking each once: groups are told apart by more than their values."""
    if build.is_verbatim(tree):
        return tree
    if isinstance(tree, exp.Union):
        queries = list(arms(tree))
        each_adapted(tree, queries, _each_once)
        if not tree.args.get("distinct"):
            return tree
        names = queries[0].named_selects
        stacked = build.subquery(build.union_all(list(arms(tree))), _STACKED)
        columns = [build.column(name, _STACKED) for name in names]
        select = build.from_(build.select(*columns), stacked)
        return build.group_by(select, *(column.copy() for column in columns))
    for child in list(tree.iter_expressions()):
        key, place = str(child.arg_key), child.index
        changed = _each_once(child)
        if changed is not child:
            tree.set(key, changed, place)
    if isinstance(tree, exp.Select) and tree.args.get("distinct"):
        tree.set("distinct", None)
        build.group_by(tree, *(whole(place + 1) for place in range(len(tree.expressions))))
    return tree


def _needs_rows(select: exp.Select) -> bool:
    """Tell whether what a SELECT groups or adds up must be columns of rows, which it isn't."""
    aggregates = (node for item in select.expressions for node in item.find_all(exp.AggFunc))
    return _groups_by_values(select) or any(node.find(exp.Exists) for node in aggregates)


def _groups_by_values(select: exp.Select) -> bool:
    """Tell whether groups are told by more than columns: by what is constant, or a subquery, there
    are none. Places of columns are replaced by these."""
    group = select.args.get("group")
    if group is None:
        return False
    terms = [grouped_by(select, term) for term in group.expressions]
    if not all(isinstance(term, exp.Column) for term in terms):
        return True
    group.set("expressions", [term.copy() for term in terms])
    return False


def _statement(tree: exp.Expr) -> exp.Expr | None:
    if isinstance(tree, exp.Union):
        return _stacked(tree)
    if isinstance(tree, exp.Select):
        _tell_groups(tree)
    return None


def _stacked(union: exp.Union) -> exp.Expr:
    queries = list(arms(union))
    if all(map(is_constant, queries)):  # of thousands of queries there is no plan
        return values_of(queries, _rewritten)
    each_adapted(union, queries, _rewritten)
    selects = [query for query in arms(union) if isinstance(query, exp.Select)]
    if len(selects) == len(queries):
        give_types(selects)
    return union


def _tell_groups(select: exp.Select) -> None:
    group = select.args.get("group")
    if group is not None:
        terms = [grouped_by(select, term).copy() for term in group.expressions]
        group.set("expressions", [*terms, *apart(terms)])


# --- numbers ---------------------------------------------------------------------------------


def _average(node: exp.Avg) -> exp.Expr:
    node.set("this", build.cast(node.this, "DOUBLE"))
    return node


def _count(node: exp.Count) -> exp.Expr:
    """Of more than two billion rows COUNT is an error."""
    if isinstance(node.this, exp.Distinct):
        (value,) = node.this.expressions
        node.this.set("expressions", [value if holds_no_text(value) else told_apart(value)])
    node.set("big_int", True)
    return node


def _product(node: exp.Mul) -> exp.Expr:
    """Of a product that could have more than 38 digits decimals are left off. So an exact one has
    room for those of both numbers, and one at a rate for those that are kept of it."""
    if not build.is_exact(node):
        return node
    value, factor = node.this, node.expression
    places = places_of(value)
    if isinstance(node.parent, exp.Cast):  # at a rate, with eight digits before its point
        kept, by = f"DECIMAL({17 + places}, {places})", "DECIMAL(20, 12)"
    else:
        kept, by = f"DECIMAL(24, {places})", "DECIMAL(13, 12)"
    if _is_counted(value):
        return exp.Mul(this=build.wrapped(value), expression=build.cast(factor, by))
    return exp.Mul(this=build.cast(value, kept), expression=build.cast(factor, by))


def places_of(money: exp.Expr) -> int:
    """Return how many decimals an amount of money has."""
    casts = (cast for cast in money.find_all(exp.Cast) if cast.is_type("DECIMAL"))
    first = next(casts, None)
    return _MONEY_PLACES if first is None else int(first.to.expressions[1].name)


def _is_counted(value: exp.Expr) -> bool:
    """Tell whether a value is no money, but a number of any type."""
    sums = value.find_all(exp.Add)
    return any(SUMMAND in node.meta for node in sums)


def _rounded(node: exp.Round) -> exp.Expr:
    node.set("decimals", node.args.get("decimals") or whole(0))
    return node


def _extreme(node: exp.Greatest | exp.Least) -> exp.Expr:
    """NULL counts for none to the server, too."""
    return no_text(call(type(node).key.upper(), node.this, *node.expressions))


# --- days ------------------------------------------------------------------------------------


def weekday(day: exp.Expr) -> exp.Expr:
    """Return how many days after a Monday a day is; the first day of all is one."""
    first = kept_as(text("0001-01-01"), "DATE")
    since = call("DATEDIFF", word("DAY"), first, build.cast(day, "DATE"))
    return no_text(exp.Paren(this=exp.Mod(this=since, expression=whole(7))))


def _extract(node: exp.Extract) -> exp.Expr:
    """A day has an hour, too."""
    moment = node.expression
    if node.name == "ISODOW":
        return no_text(exp.Paren(this=exp.Add(this=weekday(moment), expression=whole(1))))
    return no_text(call("DATEPART", word(node.name), kept_as(moment, MOMENT)))


def _days_between(node: exp.DateDiff) -> exp.Expr:
    return no_text(call("DATEDIFF", word("DAY"), node.expression, node.this))


def _converted(node: exp.Cast) -> exp.Expr:
    if build.is_reading(node) and not holds_no_text(node.this):
        node.set("this", _read(node.this))
    match node.to.this:
        case _Type.TIMESTAMP:
            return no_text(kept_as(node.this, MOMENT))
        case _Type.TIMESTAMPTZ:
            return no_text(kept_as(node.this, ZONED))
        case _Type.VARCHAR:
            return as_text(node.this)
    return node


def _read(value: exp.Expr) -> exp.Expr:
    """An empty text would be 0, or the first day of 1900: one is read that is neither."""
    is_empty = exp.EQ(this=as_text(value.copy()), expression=text(""))
    return build.case([(is_empty, text("no value"))], value)


# --- texts -----------------------------------------------------------------------------------


def _literal(node: exp.Literal) -> exp.Expr:
    """A text of other than a code page's characters is marked as such. A backslash at the end of a
    line would join it to the next."""
    if not node.is_string:
        return node
    pieces = [_marked(piece) for piece in _LINE_ENDS.split(node.name)]
    return pieces[0] if len(pieces) == 1 else call("CONCAT", *pieces)


def _marked(value: str) -> exp.Expr:
    return text(value) if value.isascii() else exp.National(this=value)


def _like(node: exp.Like) -> exp.Expr:
    """A bracket would begin a set of characters."""
    pattern = node.expression
    pattern.set("this", pattern.name.replace("[", "[[]"))
    node.set("expression", exp.National(this=pattern.name))
    node.set("this", as_text(node.this, IN_ORDER_OF_CODES))
    return node


def _length(value: exp.Expr) -> exp.Expr:
    """Spaces at the end would not count."""
    kept = call("REPLACE", as_text(value.copy(), BY_CHARACTERS), text(" "), text("_"))
    return no_text(call("LEN", kept))


def _substring(node: exp.Substring) -> exp.Expr:
    """Before the first character there are none, but such a place is counted; a negative place
    counts from the end."""
    value, start, length = node.this, node.args["start"], node.args.get("length")
    if not isinstance(start, exp.Literal):
        is_negative = exp.LT(this=build.wrapped(start.copy()), expression=whole(0))
        after = exp.Add(this=_length(value), expression=whole(1))
        from_end = exp.Add(this=after, expression=build.wrapped(start.copy()))
        start = build.case([(is_negative, from_end)], start)
    kept = as_text(value, BY_CHARACTERS)
    until = whole(_TO_THE_END) if length is None else length
    return written(call("SUBSTRING", kept, start, until))


def _calls(function: str) -> Callable[[exp.Expr], exp.Expr]:
    return lambda node: written(call(function, as_text(node.this, BY_CHARACTERS)))


def _replaced(node: exp.Replace) -> exp.Expr:
    parts = [
        part if isinstance(part, exp.Literal | exp.National) else as_text(part, IN_ORDER_OF_CODES)
        for part in (node.expression, node.args["replacement"])
    ]
    return written(call("REPLACE", as_text(node.this, IN_ORDER_OF_CODES), *parts))


def _concat(node: exp.Concat) -> exp.Expr:
    parts: list[exp.Expr] = node.expressions
    return parts[0] if len(parts) == 1 else call("CONCAT", *parts)


def _differs(node: exp.Binary) -> exp.Expr:
    if not may_be_texts(node.this, node.expression):
        return node
    equal = exp.NullSafeEQ if isinstance(node, exp.NullSafeNEQ) else exp.EQ
    return exp.Not(this=exp.Paren(this=same(equal(this=node.this, expression=node.expression))))


def _nullif(node: exp.Nullif) -> exp.Expr:
    if not may_be_texts(node.this, node.expression):
        return node
    equal = same(exp.EQ(this=node.this, expression=node.expression))
    return build.case([(equal, exp.Null())], node.this.copy())


def _chosen(node: exp.Case) -> exp.Expr:
    """Nothing else than NULL can't be chosen."""
    is_none = all(isinstance(each, exp.Null) for each in build.choices(node))
    return exp.Null() if is_none else node


_RULES: Rules = {
    exp.ApproxDistinct: lambda node: _count(exp.Count(this=exp.Distinct(expressions=[node.this]))),
    exp.Avg: _average,
    exp.Case: _chosen,
    exp.Cast: _converted,
    exp.Concat: _concat,
    exp.Count: _count,
    exp.DateDiff: _days_between,
    exp.EQ: same,
    exp.Extract: _extract,
    exp.GT: before,
    exp.GTE: before,
    exp.Greatest: _extreme,
    exp.In: member,
    exp.Least: _extreme,
    exp.Length: lambda node: _length(node.this),
    exp.Like: _like,
    exp.Literal: _literal,
    exp.Lower: _calls("LOWER"),
    exp.LT: before,
    exp.LTE: before,
    exp.Mul: _product,
    exp.NEQ: _differs,
    exp.NullSafeEQ: same,
    exp.NullSafeNEQ: _differs,
    exp.Nullif: _nullif,
    exp.Order: ordering(in_order),
    exp.Replace: _replaced,
    exp.Round: _rounded,
    exp.StddevSamp: lambda node: no_text(call("STDEV", node.this)),
    exp.Substring: _substring,
    exp.Trim: lambda node: call("TRIM", as_text(node.this)),
    exp.Upper: _calls("UPPER"),
    exp.Window: partitioning(apart),
}
