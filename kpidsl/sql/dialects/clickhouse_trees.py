"""Trees that are written otherwise in ClickHouse: one rule for each kind of node that differs."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sqlglot import exp

from kpidsl.sql import build
from kpidsl.sql.dialects.clickhouse_calls import array
from kpidsl.sql.dialects.clickhouse_numbers import (
    MOMENT,
    as_float,
    cast,
    converted,
    deviation,
    literal,
    meeting,
    product,
    rounded,
    told,
    total,
    widened,
)
from kpidsl.sql.dialects.rewriting import call, rewritten, text, whole
from kpidsl.sql.dialects.stacks import with_rows

_PARTS = {
    "YEAR": "toYear",
    "QUARTER": "toQuarter",
    "MONTH": "toMonth",
    "DAY": "toDayOfMonth",
    "HOUR": "toHour",
    "ISODOW": "toDayOfWeek",
}
_TESTS = (exp.And, exp.Or, exp.Not, exp.Where, exp.Having, exp.Join, exp.Ordered)


def adapted(tree: exp.Expr) -> exp.Expr:
    """Rewrite a tree, leaving the author's own SQL as it is."""
    return rewritten(tree, _RULES, _statement)


def _statement(tree: exp.Expr) -> exp.Expr | None:
    if isinstance(tree, exp.Union):
        # Of thousands of queries a text would come that is longer than the server reads.
        return with_rows(tree, adapted, _rows, "arrayJoin")
    read = told(tree)
    return None if read is None else cast(text(read.text), read.kind)


def _rows(queries: Sequence[exp.Query]) -> exp.Expr:
    columns = [
        [query.selects[place].unalias() for query in queries]
        for place in range(len(queries[0].selects))
    ]
    kinds: list[str | None] = []
    for values in columns:
        reads = [told(value) for value in values]
        found = {None if read is None else read.kind for read in reads}
        kinds.append(found.pop() if len(found) == 1 else None)
        if kinds[-1] is None:
            values[:] = [adapted(value.copy()) for value in values]
        else:
            values[:] = [text(read.text) for read in reads if read is not None]
    rows = [call("tuple", *row) for row in zip(*columns, strict=True)]
    each = build.select(build.alias(call("arrayJoin", array(rows)), "listed"))
    selected = []
    for place, (name, kind) in enumerate(
        zip(queries[0].named_selects, kinds, strict=True), start=1
    ):
        value = call("tupleElement", build.column("listed"), whole(place))
        selected.append(build.alias(value if kind is None else cast(value, kind), name))
    return build.from_(build.select(*selected), build.subquery(each, "rows"))


# --- conditions ----------------------------------------------------------------------------


def _test(node: exp.Expr) -> exp.Expr:
    """A condition is 0 or 1; where it is a value a boolean is meant."""
    below, above = node, node.parent
    while isinstance(above, exp.Paren | exp.Coalesce):
        below = above
        above = below.parent
    decides = isinstance(above, exp.If) and below is above.this
    return node if decides or isinstance(above, _TESTS) else call("toBool", node)


def _member(node: exp.In) -> exp.Expr:
    """In a set a value is looked for as one of the items' types, and NULL is equal to NULL."""
    items = [item for item in node.expressions if not isinstance(item, exp.Null)]
    if len(items) == len(node.expressions) and not any(item.find(exp.Cast) for item in items):
        return _test(node)
    same = [exp.EQ(this=node.this.copy(), expression=item) for item in items]
    return call("toBool", build.disjunction(same) or exp.Boolean(this=False))


def _exists(node: exp.Exists) -> exp.Expr:
    """Rows that an outer row meets by equal values are looked up in the set of these: a subquery
    that reads the outer row isn't always right, and can't stand in an aggregate."""
    keys = keys_of(node)
    if not keys:
        return _test(node)
    select = node.this
    where = select.args["where"]
    own = [test for test in _conjuncts(where.this) if _reads_only(test, _tables(select))]
    # NULL meets NULL, in a set as by a null-safe comparison.
    own += [
        exp.Not(this=build.is_null(inner.copy()))
        for test, inner, _ in keys
        if not isinstance(test, exp.NullSafeEQ)
    ]
    select.set("expressions", [inner.copy() for _, inner, _ in keys])
    select.set("where", exp.Where(this=build.conjunction(own)) if own else None)
    outer = [each for _, _, each in keys]
    known = outer[0] if len(outer) == 1 else call("tuple", *outer)
    return exp.Paren(this=exp.In(this=known, query=exp.Subquery(this=select)))


def keys_of(node: exp.Exists) -> list[tuple[exp.Expr, exp.Expr, exp.Expr]] | None:
    """Return the comparisons by which the rows of a subquery meet an outer row, each with the side
    of the rows and that of the outer row; None where they meet in any other way."""
    select = node.this
    where, tables = select.args.get("where"), _tables(select)
    found: list[tuple[exp.Expr, exp.Expr, exp.Expr]] = []
    for test in _conjuncts(where.this) if where is not None else ():
        if _reads_only(test, tables):
            continue
        if not isinstance(test, exp.EQ | exp.NullSafeEQ):
            return None
        sides = (test.this, test.expression)
        inner = [side for side in sides if _reads_only(side, tables)]
        outer = [side for side in sides if tables.isdisjoint(_read(side))]
        if len(inner) != 1 or len(outer) != 1:
            return None
        found.append((test, inner[0], outer[0]))
    return found


def _conjuncts(condition: exp.Expr) -> list[exp.Expr]:
    if isinstance(condition, exp.And):
        return [*_conjuncts(condition.this), *_conjuncts(condition.expression)]
    return [condition]


def _read(value: exp.Expr) -> set[str]:
    return {column.table for column in value.find_all(exp.Column)}


def _reads_only(value: exp.Expr, tables: set[str]) -> bool:
    """Tell whether a value reads no rows but those of tables, and of subqueries in itself."""
    within = tables.union({""}, *map(_tables, value.find_all(exp.Select)))
    return _read(value) <= within


def _like(node: exp.Like) -> exp.Expr:
    """A backslash would take the next mark as it is."""
    pattern = node.expression.name.replace("\\", "\\\\")
    node.set("expression", text(pattern))
    return _test(node)


# --- values --------------------------------------------------------------------------------


def _count(node: exp.Count) -> exp.Expr:
    if isinstance(node.this, exp.Distinct):
        return call("uniqExact", *node.this.expressions)
    return node


def _extract(node: exp.Extract) -> exp.Expr:
    return call(_PARTS[node.name], cast(node.expression, MOMENT))


def _substring(node: exp.Substring) -> exp.Expr:
    """Before the first character there are none, but that place is counted; a computed place is no
    decimal."""
    start, length = (_place(node.args.get(part)) for part in ("start", "length"))
    assert start is not None
    if not isinstance(start, exp.Literal | exp.Paren):
        before = call("equals", start, whole(0))
        start = call("if", before, whole(1), start.copy())
        if length is not None:
            length = call("greatest", call("minus", length, before.copy()), whole(0))
    return call("substringUTF8", node.this, start, *([] if length is None else [length]))


def _place(value: exp.Expr | None) -> exp.Expr | None:
    """Return a number of characters, as it is where it is written and not 0."""
    written = value is not None and isinstance(value.unnest(), exp.Literal | exp.Neg)
    return value if value is None or (written and value.name != "0") else call("toInt64", value)


def _calls(function: str) -> Callable[[exp.Expr], exp.Expr]:
    """Return a rule that calls a function with a node's operands."""
    return lambda node: call(function, *node.iter_expressions())


# --- statements ----------------------------------------------------------------------------


def _select(node: exp.Select) -> exp.Expr:
    """Beside a joined one of its name a column keeps its table's name, unless it is given one."""
    joins = node.args.get("joins") or []
    star = next((column for column in node.expressions if column.is_star), None)
    if joins:
        # A table that is called as a joined one is would be that one.
        tables = {item.name for item in _read_by(node) if isinstance(item, exp.Table)}
        for item in _read_by(node):
            if item.alias_or_name in tables and item.name != item.alias_or_name:
                _rename(node, item)
        columns = [
            build.alias(column, column.name)
            if isinstance(column, exp.Column) and not column.is_star
            else column
            for column in node.expressions
        ]
        node.set("expressions", columns)
    if isinstance(star, exp.Column):
        if len(joins) > 1:
            others = [join.this for join in joins if join.this.alias_or_name != star.table]
            _keep_apart(node, others)
        _name_once(node, star)
    return _ordered(node)


def _keep_apart(node: exp.Select, joined: Sequence[exp.Expr]) -> None:
    """Join what is read of tables under names that no column of the rows has, which keep theirs."""
    for table in joined:
        alias = table.alias_or_name
        read = columns_of(node, alias)
        columns = {
            column.name: build.alias(build.column(column.name), f"{alias}.{column.name}")
            for column in read
        }
        for column in read:
            column.set("this", build.identifier(f"{alias}.{column.name}"))
        rows = table.copy()
        rows.set("alias", None)
        source = rows if isinstance(table, exp.Table) else build.subquery(rows.this, alias)
        select = build.from_(build.select(*columns.values()), source)
        table.replace(build.subquery(select, alias))


def _name_once(node: exp.Select, star: exp.Column) -> None:
    """Take all columns of a table by a name that no column of the statement has: they would be
    those of a column of an outer SELECT, such as a metric that is called as its source is."""
    if "joins" not in node.args:
        star.replace(exp.Star())
        return
    (table,) = (item for item in _read_by(node) if item.alias_or_name == star.table)
    _rename(node, table)


def _rename(node: exp.Select, table: exp.Expr) -> None:
    """Call what a SELECT reads by a name of its own."""
    name = build.identifier(f"rows of {table.alias_or_name}")
    for column in columns_of(node, table.alias_or_name):
        column.set("table", name.copy())
    table.set("alias", exp.TableAlias(this=name))


def columns_of(select: exp.Select, alias: str) -> list[exp.Column]:
    """Return what a SELECT reads of rows, also in subqueries that have no others of that alias."""

    def has_others(node: exp.Expr) -> bool:
        return node is not select and isinstance(node, exp.Select) and alias in _tables(node)

    nodes = select.walk(prune=has_others)
    return [node for node in nodes if isinstance(node, exp.Column) and node.table == alias]


def _tables(select: exp.Select) -> set[str]:
    return {item.alias_or_name for item in _read_by(select)}


def _read_by(select: exp.Select) -> list[exp.Expr]:
    parts = [select.args.get("from_"), *(select.args.get("joins") or ())]
    return [part.this for part in parts if part is not None]


def _ordered(node: exp.Select) -> exp.Expr:
    """Rows are ordered by a column that is read rather than by one of the result, if both have a
    name."""
    order = node.args.get("order")
    if order is None:
        return node
    named = {column.alias for column in node.expressions if isinstance(column, exp.Alias)}
    if not any(not column.table and column.name in named for column in order.find_all(exp.Column)):
        return node
    outer = build.select(exp.Star())
    for part in ("order", "limit", "with_"):
        outer.set(part, node.args.get(part))
        node.set(part, None)
    return build.from_(outer, build.subquery(node, "answer"))


def _dropped(node: exp.Drop) -> exp.Expr:
    node.set("temporary", True)
    return node


_RULES: dict[type[exp.Expr], Callable[..., exp.Expr]] = {
    exp.Add: widened,
    exp.And: _test,
    exp.ApproxDistinct: _calls("uniq"),
    exp.Avg: lambda node: call("avg", as_float(node.this)),
    exp.Case: meeting,
    exp.Cast: converted,
    exp.Coalesce: meeting,
    exp.Count: _count,
    exp.Drop: _dropped,
    exp.EQ: _test,
    exp.Exists: _exists,
    exp.Extract: _extract,
    exp.GT: _test,
    exp.GTE: _test,
    exp.In: _member,
    exp.Is: _test,
    exp.LT: _test,
    exp.LTE: _test,
    exp.Lead: lambda node: call("lead", call("toNullable", node.this)),
    exp.Length: _calls("lengthUTF8"),
    exp.Like: _like,
    exp.Literal: literal,
    exp.Lower: _calls("lowerUTF8"),
    exp.Mul: product,
    exp.NEQ: _test,
    exp.Neg: widened,
    exp.Not: _test,
    exp.NullSafeEQ: _test,
    exp.NullSafeNEQ: _test,
    exp.Or: _test,
    exp.Replace: _calls("replaceAll"),
    exp.Round: rounded,
    exp.Select: _select,
    exp.StddevSamp: deviation,
    exp.Sub: widened,
    exp.Substring: _substring,
    exp.Sum: total,
    exp.Trim: _calls("trimBoth"),
    exp.Upper: _calls("upperUTF8"),
}
