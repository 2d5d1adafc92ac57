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

    def run(self, sql: str, types: Sequence[ValueType] | None = None) -> Table:
        return super().run(in_duckdb(self.dialect, sql), types)


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
}
