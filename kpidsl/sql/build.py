"""Short ways to build sqlglot trees. Every identifier is quoted, every literal a node."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from functools import cache

from sqlglot import exp

from kpidsl.model.expr import Cell


def identifier(name: str) -> exp.Identifier:
    return exp.Identifier(this=name, quoted=True)


def column(name: str, table: str | None = None) -> exp.Column:
    return exp.Column(this=identifier(name), table=identifier(table) if table else None)


def tables_of(values: Iterable[exp.Expr]) -> frozenset[str]:
    """Return the names of the rows that values are read from."""
    return frozenset(column.table for value in values for column in value.find_all(exp.Column))


def all_of(table: str) -> exp.Column:
    return exp.Column(this=exp.Star(), table=identifier(table))


def alias(value: exp.Expr, name: str) -> exp.Alias:
    return exp.Alias(this=value, alias=identifier(name))


def cast(value: exp.Expr, datatype: str) -> exp.Cast:
    return exp.Cast(this=value, to=_datatype(datatype))


def _datatype(text: str) -> exp.DataType:
    """Return a new node each time; copying one takes four times as long."""
    kind, sizes = _parts_of(text)
    parts = [exp.DataTypeParam(this=exp.Literal(this=size, is_string=False)) for size in sizes]
    return exp.DataType(this=kind, expressions=parts or None, nested=False)


@cache
def _parts_of(text: str) -> tuple[exp.DType, tuple[str, ...]]:
    built = exp.DataType.build(text)
    return built.this, tuple(part.name for part in built.expressions)


def number(value: Decimal | int) -> exp.Expr:
    if value < 0:
        return exp.Paren(this=exp.Neg(this=number(-value)))
    digits = format(value, "f") if isinstance(value, Decimal) else str(value)
    return exp.Literal(this=digits, is_string=False)


def day(value: date) -> exp.Expr:
    return cast(exp.Literal.string(value.isoformat()), "DATE")


def literal(value: Cell) -> exp.Expr:
    """Return a value as a literal node of its type."""
    match value:
        case None:
            return exp.Null()
        case bool():
            return exp.Boolean(this=value)
        case Decimal():
            return number(value)
        case datetime():
            return cast(exp.Literal.string(value.isoformat(" ")), "TIMESTAMP")
        case date():
            return day(value)
        case str():
            return exp.Literal.string(value)


def verbatim(tree: exp.Expr) -> exp.Expr:
    """Return a tree marked as the author's own SQL, which no dialect changes."""
    tree.meta["verbatim"] = True
    return tree


def is_verbatim(tree: exp.Expr) -> bool:
    return bool(tree.meta.get("verbatim"))


def holds_verbatim(tree: exp.Expr) -> bool:
    """Tell whether an author's own SQL stands anywhere in a tree."""
    return any(map(is_verbatim, tree.walk()))


def conjunction(conditions: Sequence[exp.Expr]) -> exp.Expr | None:
    """Return the conditions joined by AND, or None of none."""
    return _chain(exp.And, conditions)


def disjunction(conditions: Sequence[exp.Expr]) -> exp.Expr | None:
    return _chain(exp.Or, conditions)


def _chain(kind: type[exp.And] | type[exp.Or], conditions: Sequence[exp.Expr]) -> exp.Expr | None:
    if not conditions:
        return None
    first, *others = conditions
    if not others:
        return first
    other = exp.Or if kind is exp.And else exp.And
    for condition in others:
        first = kind(this=_within(other, first), expression=_within(other, condition))
    return first


def _within(other: type[exp.Expr], condition: exp.Expr) -> exp.Expr:
    """Return a condition in parentheses where it is joined by the other connector."""
    return exp.Paren(this=condition) if isinstance(condition, other) else condition


def wrapped(value: exp.Expr) -> exp.Expr:
    """Return an operand in parentheses where its operator could bind otherwise."""
    return exp.Paren(this=value) if isinstance(value, exp.Binary) else value


def coalesce(value: exp.Expr, fallback: exp.Expr) -> exp.Expr:
    return exp.Coalesce(this=value, expressions=[fallback])


def case(
    branches: Sequence[tuple[exp.Expr, exp.Expr]], default: exp.Expr | None = None
) -> exp.Case:
    return exp.Case(ifs=[exp.If(this=when, true=then) for when, then in branches], default=default)


def choices(node: exp.Expr) -> Iterator[exp.Expr]:
    """Yield the values of which a COALESCE or a CASE is one."""
    if isinstance(node, exp.Coalesce):
        yield node.this
        yield from node.expressions
        return
    yield from (branch.args["true"] for branch in node.args["ifs"])
    if node.args.get("default") is not None:
        yield node.args["default"]


def quotient(left: exp.Expr, right: exp.Expr) -> exp.Expr:
    """Divide as floats; by zero it is NULL, never an error or infinity (S12)."""
    divisor = exp.Nullif(this=cast(right, "DOUBLE"), expression=number(0))
    return exp.Div(this=cast(left, "DOUBLE"), expression=divisor)


def exactly(tree: exp.Expr) -> exp.Expr:
    """Return a tree marked as one that loses no digit of a decimal."""
    tree.meta["exact"] = True
    return tree


def is_exact(tree: exp.Expr) -> bool:
    return bool(tree.meta.get("exact"))


def reading(tree: exp.Expr) -> exp.Expr:
    """Return a cast marked as the author's, who reads what may be a text."""
    tree.meta["reading"] = True
    return tree


def is_reading(tree: exp.Expr) -> bool:
    return bool(tree.meta.get("reading"))


def as_held(tree: exp.Expr) -> exp.Expr:
    """Return a tree marked as one of values of the data, whose type only those tell: texts may be
    put in order by it, or truth values have a largest one."""
    tree.meta["held"] = True
    return tree


def is_held(tree: exp.Expr) -> bool:
    return bool(tree.meta.get("held"))


def is_null(value: exp.Expr) -> exp.Expr:
    plain = isinstance(value, exp.Column | exp.Func) and not isinstance(value, exp.Concat)
    return exp.Is(this=value if plain else exp.Paren(this=value), expression=exp.Null())


def table(name: str, alias_name: str | None = None) -> exp.Table:
    return exp.Table(
        this=identifier(name),
        alias=exp.TableAlias(this=identifier(alias_name)) if alias_name else None,
    )


def select(*columns: exp.Expr) -> exp.Select:
    """Return SELECT columns.

    A select belongs to who builds it: the functions below add to it in place, each clause once.
    sqlglot's own methods would copy it at each step, and look at each part for text to parse.
    """
    return exp.Select(expressions=list(columns))


def from_(select: exp.Select, rows: exp.Expr) -> exp.Select:
    select.set("from_", exp.From(this=rows))
    return select


def where(select: exp.Select, *conditions: exp.Expr) -> exp.Select:
    """Keep the rows at which all conditions hold; of no condition all rows."""
    assert "where" not in select.args
    if conditions:
        select.set("where", exp.Where(this=conjunction(conditions)))
    return select


def group_by(select: exp.Select, *terms: exp.Expr) -> exp.Select:
    select.set("group", exp.Group(expressions=list(terms)))
    return select


def having(select: exp.Select, condition: exp.Expr) -> exp.Select:
    select.set("having", exp.Having(this=condition))
    return select


def distinct(select: exp.Select) -> exp.Select:
    select.set("distinct", exp.Distinct())
    return select


def order_by(select: exp.Select, *terms: exp.Expr) -> exp.Select:
    select.set("order", exp.Order(expressions=list(terms)))
    return select


def limit(select: exp.Select, count: int) -> exp.Select:
    select.set("limit", exp.Limit(expression=number(count)))
    return select


def inner_join(select: exp.Select, rows: exp.Expr, on: exp.Expr) -> exp.Select:
    return _joined(select, exp.Join(this=rows, on=on))


def left_join(select: exp.Select, rows: exp.Expr, on: exp.Expr | None) -> exp.Select:
    return _joined(select, exp.Join(this=rows, side="LEFT", on=on))


def cross_join(select: exp.Select, rows: exp.Expr) -> exp.Select:
    return _joined(select, exp.Join(this=rows, kind="CROSS"))


def _joined(select: exp.Select, join: exp.Join) -> exp.Select:
    select.append("joins", join)
    return select


def with_ctes(select: exp.Select, ctes: Sequence[tuple[str, exp.Query]]) -> exp.Select:
    """Put named queries before a SELECT, in the order in which they are read."""
    named = []
    for name, query in ctes:
        node = exp.CTE(this=query, alias=exp.TableAlias(this=identifier(name)))
        named.append(node)
    if named:
        select.set("with_", exp.With(expressions=named))
    return select


def kept(name: str, query: exp.Query) -> exp.Create:
    """Return a statement that keeps the rows of a query in a temporary table."""
    temporary = exp.Properties(expressions=[exp.TemporaryProperty()])
    return exp.Create(this=table(name), kind="TABLE", expression=query, properties=temporary)


def dropped(name: str) -> exp.Drop:
    """Return a statement that drops a temporary table, if it is there."""
    return exp.Drop(tables=[table(name)], kind="TABLE", exists=True)


def union_all(selects: Sequence[exp.Query]) -> exp.Query:
    """Return one or more queries stacked, duplicates kept."""
    stacked = selects[0]
    for query in selects[1:]:
        stacked = exp.Union(this=stacked, expression=query, distinct=False)
    return stacked


def rows(columns: Sequence[tuple[str, str]], rows: Sequence[Sequence[Cell]]) -> exp.Query:
    """Return rows that are known, under columns of names and types; maybe none."""

    def value(cell: Cell, kind: str) -> exp.Expr:
        written = literal(cell)
        return cast(written.this if isinstance(written, exp.Cast) else written, kind)

    def row(cells: Sequence[Cell]) -> exp.Select:
        named = zip(cells, columns, strict=True)
        return select(*(alias(value(cell, kind), name) for cell, (name, kind) in named))

    if not rows:
        return where(row([None] * len(columns)), exp.Boolean(this=False))
    return union_all([row(cells) for cells in rows])


def subquery(select: exp.Query, alias_name: str) -> exp.Subquery:
    return exp.Subquery(this=select, alias=exp.TableAlias(this=identifier(alias_name)))
