"""Small builders of sqlglot nodes, so that no SQL of this package is glued from text."""

from __future__ import annotations

from collections.abc import Iterable

from sqlglot import exp


def call(name: str, *arguments: exp.Expr) -> exp.Expr:
    """Return a call of an engine function under exactly this name."""
    return exp.Anonymous(this=name, expressions=list(arguments))


def text(value: str) -> exp.Expr:
    return exp.Literal.string(value)


def number(value: int) -> exp.Expr:
    return exp.Literal.number(value)


def column(name: str) -> exp.Column:
    return exp.column(name, quoted=True)


def table(name: str) -> exp.Table:
    return exp.Table(this=exp.to_identifier(name, quoted=True))


def alias(value: exp.Expr, name: str) -> exp.Expr:
    return exp.alias_(value, name, quoted=True)


def array(items: Iterable[exp.Expr]) -> exp.Expr:
    return exp.Array(expressions=list(items))


def option(name: str, value: exp.Expr) -> exp.Expr:
    """Return a named argument of a table function: `header = FALSE`."""
    return exp.PropertyEQ(this=exp.to_identifier(name), expression=value)


def count_where(condition: exp.Expr) -> exp.Expr:
    return exp.CountIf(this=condition)


def sql(node: exp.Expr) -> str:
    return node.sql(dialect="duckdb")


def create(name: str, query: exp.Expr, kind: str = "TABLE", temporary: bool = False) -> exp.Create:
    properties = exp.Properties(expressions=[exp.TemporaryProperty()]) if temporary else None
    return exp.Create(
        this=table(name), kind=kind, replace=True, expression=query, properties=properties
    )


def case(condition: exp.Expr, value: exp.Expr, otherwise: exp.Expr | None = None) -> exp.Case:
    """Return `CASE WHEN … THEN … ELSE … END`, without the copies that sqlglot's builder makes."""
    return exp.Case(ifs=[exp.If(this=condition, true=value)], default=otherwise)


def equals(left: exp.Expr, right: exp.Expr) -> exp.EQ:
    return exp.EQ(this=left, expression=right)


def present(value: exp.Expr) -> exp.Expr:
    """Return `value IS NOT NULL`."""
    return exp.Not(this=exp.Is(this=value, expression=exp.Null()))


def cast(value: exp.Expr, kind: str) -> exp.Cast:
    return exp.Cast(this=value, to=exp.DataType.build(kind, dialect="duckdb"))


def try_cast(value: exp.Expr, kind: str) -> exp.TryCast:
    return exp.TryCast(this=value, to=exp.DataType.build(kind, dialect="duckdb"))
