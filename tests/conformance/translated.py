"""DuckDB, which runs the SQL of another dialect as a parser understands it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from sqlglot import Dialect as Parser
from sqlglot import ErrorLevel, exp

from kpidsl.engines.base import Table, ValueType
from kpidsl.engines.embedded import EmbeddedEngine
from kpidsl.sql import build
from kpidsl.sql.dialects.rewriting import Rules, call, rewritten, text, whole


class Translated(EmbeddedEngine):
    """DuckDB, which runs the SQL of another dialect as a parser understands it."""

    keeps = False

    def __init__(self, dialect: str, timezone: str) -> None:
        super().__init__(Path(), timezone=timezone)
        self.dialect = dialect

    def run(
        self, sql: str, types: Sequence[ValueType] | None = None, most: int | None = None
    ) -> Table:
        return super().run(in_duckdb(self.dialect, sql), types, most)


def in_duckdb(dialect: str, sql: str) -> str:
    """Return a statement in DuckDB's words, as a parser understands it."""
    parser = Parser.get_or_raise(dialect)
    (tree,) = parser.parse(sql, error_level=ErrorLevel.RAISE)
    assert tree is not None
    tree.sql(parser, unsupported_level=ErrorLevel.RAISE)
    return rewritten(tree, TO_DUCKDB[dialect]).sql("duckdb")


def _numbers(node: exp.Expr) -> exp.Expr:
    """DuckDB's own way to make rows of a range, which the parser doesn't know to write."""
    series = node.find(exp.GenerateSeries)
    if series is None:
        return node
    ends = [build.cast(series.args[end], "BIGINT") for end in ("start", "end")]
    rows = exp.Subquery(
        this=build.select(build.alias(call("UNNEST", call("RANGE", *ends)), "VALUE"))
    )
    alias = exp.TableAlias(this=build.identifier(node.alias))
    if isinstance(node, exp.Lateral):
        return exp.Lateral(this=rows, alias=alias)
    rows.set("alias", alias)
    return rows


def _limited(node: exp.GenerateSeries) -> exp.Expr:
    """Trino's limits: a sequence has at most 10,000 elements, and doesn't end before it begins."""
    start, end = node.args["start"], node.args["end"]
    length = exp.Sub(this=exp.Paren(this=end.copy()), expression=exp.Paren(this=start.copy()))
    fits = exp.Between(this=exp.Paren(this=length), low=whole(0), high=whole(9_999))
    refusal = call("ERROR", text("a sequence is too long, or ends before it begins"))
    return build.case([(exp.Not(this=exp.Paren(this=fits)), refusal)], node)


def _whole(node: exp.Div) -> exp.Expr:
    """What the parser can't know: a quotient of whole numbers is a whole one."""
    if isinstance(node.expression, exp.Literal):
        return exp.IntDiv(this=node.this, expression=node.expression)
    return node


def _named(node: exp.Anonymous) -> exp.Expr:
    """DuckDB's own names of functions that the parser doesn't know."""
    if node.name.upper() in {"WITH_TIMEZONE", "AT_TIMEZONE"}:
        moment, zone = node.expressions
        return exp.AtTimeZone(this=moment, zone=zone)
    return node


# --- SQL Server ------------------------------------------------------------------------------

_TEXTS = (exp.DType.NVARCHAR, exp.DType.TEXT, exp.DType.VARCHAR)


def _converted(node: exp.Cast) -> exp.Expr:
    """What the parser takes for less than it is: a `float` has 53 bits, and a text all its
    characters."""
    kind = node.to.this
    if kind is exp.DType.VARBINARY:
        return _bytes(node.this)
    if kind in _TEXTS:
        return build.cast(node.this, "TEXT")
    if kind is exp.DType.FLOAT:
        return build.cast(node.this, "DOUBLE")
    return build.cast(node.this, "BOOLEAN") if kind is exp.DType.BIT else node


def _bytes(value: exp.Expr) -> exp.Expr:
    """Return bytes that are those of a text only where a value is one."""
    written = build.cast(value.copy(), "TEXT")
    other = exp.Concat(expressions=[_type(value), written.copy()])
    is_text = exp.EQ(this=_type(value), expression=text("VARCHAR"))
    return call("ENCODE", build.case([(is_text, written)], other))


def _type(value: exp.Expr) -> exp.Expr:
    return call("TYPEOF", value.copy())


def _called(node: exp.Anonymous) -> exp.Expr:
    match node.name:
        case "SQL_VARIANT_PROPERTY":
            zoned = text("TIMESTAMP WITH TIME ZONE")
            is_zoned = exp.EQ(this=_type(node.expressions[0]), expression=zoned)
            return build.case([(is_zoned, text("datetimeoffset"))], text("another"))
        case "SWITCHOFFSET":
            return exp.AtTimeZone(this=node.expressions[0], zone=text("UTC"))
    return node


def _steps(node: exp.Table | exp.Lateral) -> exp.Expr:
    """Rows of a series of numbers."""
    series = node.this
    if not isinstance(series, exp.GenerateSeries):
        return node
    ends = [build.cast(series.args[part], "BIGINT") for part in ("start", "end", "step")]
    each = call("UNNEST", call("GENERATE_SERIES", *ends))
    rows = exp.Subquery(this=build.select(build.alias(each, "value")))
    alias = exp.TableAlias(this=build.identifier(node.alias))
    if isinstance(node, exp.Lateral):
        return exp.Lateral(this=rows, alias=alias)
    rows.set("alias", alias)
    return rows


TO_DUCKDB: dict[str, Rules] = {
    "redshift": {},
    "snowflake": {exp.TableFromRows: _numbers, exp.Lateral: _numbers},
    "trino": {
        exp.Anonymous: _named,
        exp.Div: _whole,
        exp.Format: lambda node: call("PRINTF", node.this, *node.expressions),
        exp.GenerateSeries: _limited,
        exp.Typeof: lambda node: exp.Lower(this=node),
    },
    "tsql": {
        exp.Anonymous: _called,
        exp.Cast: _converted,
        exp.Collate: lambda node: node.this,  # DuckDB compares texts by their bytes
        exp.Lateral: _steps,
        exp.National: lambda node: text(node.name),
        exp.Table: _steps,
    },
}
