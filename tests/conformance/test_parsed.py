"""Dialects of which no engine is at hand: a parser reads the SQL of every case, as theirs and
without a complaint, and writes it for DuckDB, where the answers are the expected ones.

So what is tried is that functions are the dialect's and take their arguments in its order, as far
as the parser knows them. It is no proof of what the engine does.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from sqlglot import Dialect as Parser
from sqlglot import ErrorLevel, exp

from kpidsl.conformance.proving import outcomes
from kpidsl.conformance.verdict import Verdict
from kpidsl.engines.base import Table, ValueType
from kpidsl.engines.embedded import EmbeddedEngine
from kpidsl.sql import build
from kpidsl.sql.dialects import DIALECTS, Dialect
from kpidsl.sql.dialects.duckdb import DuckDB
from kpidsl.sql.dialects.rewriting import text
from kpidsl.sql.dialects.snowflake import Snowflake
from kpidsl.sql.dialects.support import SUPPORT, Support
from kpidsl.sql.dialects.tsql import TSQL

REFUSED = {
    "snowflake": {
        "the first and the last by the clock, ties by the key",
        "what each person came by first",
        "rows of two tables, one after the other, by the names of columns",
    },
    "tsql": {"rows of two tables, one after the other, by the names of columns"},
}


class SnowflakeTypedByDuckDB(Snowflake):
    """Types are those of the engine that it runs on."""

    type_of = DuckDB.type_of
    kind_of = DuckDB.kind_of


class TSQLTypedByDuckDB(TSQL):
    type_of = DuckDB.type_of
    kind_of = DuckDB.kind_of


TYPED: dict[str, Dialect] = {
    "snowflake": SnowflakeTypedByDuckDB(),
    "tsql": TSQLTypedByDuckDB(),
}


class Translated(EmbeddedEngine):
    """DuckDB, which runs the SQL of another dialect as a parser understands it."""

    keeps = False

    def __init__(self, dialect: str, timezone: str) -> None:
        super().__init__(Path(), timezone=timezone)
        self.dialect = dialect
        self._parser = Parser.get_or_raise(dialect)

    def run(self, sql: str, types: Sequence[ValueType] | None = None) -> Table:
        (tree,) = self._parser.parse(sql, error_level=ErrorLevel.RAISE)
        assert tree is not None
        tree.sql(self._parser, unsupported_level=ErrorLevel.RAISE)
        for node in reversed(list(tree.walk())):  # from the leaves up
            changed = OWN[self.dialect](node)
            if changed is not node:
                node.replace(changed)
        return super().run(tree.sql("duckdb"), types)


def _of_snowflake(node: exp.Expr) -> exp.Expr:
    """DuckDB's own way to make rows of a range, which the parser doesn't know to write."""
    series = node.find(exp.GenerateSeries)
    if not isinstance(node, exp.TableFromRows | exp.Lateral) or series is None:
        return node
    ends = [build.cast(series.args[end], "BIGINT") for end in ("start", "end")]
    spread = exp.Anonymous(
        this="UNNEST", expressions=[exp.Anonymous(this="RANGE", expressions=ends)]
    )
    rows = exp.Subquery(this=build.select(build.alias(spread, "VALUE")))
    alias = exp.TableAlias(this=build.identifier(node.alias))
    if isinstance(node, exp.Lateral):
        return exp.Lateral(this=rows, alias=alias)
    rows.set("alias", alias)
    return rows


_TEXTS = (exp.DType.NVARCHAR, exp.DType.TEXT, exp.DType.VARCHAR)


def _of_tsql(node: exp.Expr) -> exp.Expr:
    """The same for SQL Server. Collations are left off: DuckDB compares texts by their bytes."""
    match node:
        case exp.Collate(this=exp.Expr() as collated):
            return collated.copy()
        case exp.National():
            return exp.Literal.string(node.name)
        case exp.Cast() if node.to.this is exp.DType.VARBINARY:
            return _bytes(node.this)
        case exp.Cast() if node.to.this in _TEXTS:
            return build.cast(node.this.copy(), "TEXT")
        case exp.Cast() if node.to.this is exp.DType.FLOAT:
            return build.cast(node.this.copy(), "DOUBLE")
        case exp.Cast() if node.to.this is exp.DType.BIT:
            return build.cast(node.this.copy(), "BOOLEAN")
        case exp.Anonymous(this="SQL_VARIANT_PROPERTY"):
            zoned = exp.EQ(
                this=_type(node.expressions[0]), expression=text("TIMESTAMP WITH TIME ZONE")
            )
            return build.case([(zoned, text("datetimeoffset"))], text("another"))
        case exp.Anonymous(this="SWITCHOFFSET"):
            return exp.AtTimeZone(this=node.expressions[0].copy(), zone=text("UTC"))
        case (
            exp.Table(this=exp.GenerateSeries() as series)
            | exp.Lateral(this=exp.GenerateSeries() as series)
        ):
            return _steps(node, series)
    return node


def _bytes(value: exp.Expr) -> exp.Expr:
    """Return bytes that are those of a text only where a value is one."""
    written = build.cast(value.copy(), "TEXT")
    other = exp.Concat(expressions=[_type(value), written.copy()])
    is_text = exp.EQ(this=_type(value), expression=text("VARCHAR"))
    return exp.Anonymous(this="ENCODE", expressions=[build.case([(is_text, written)], other)])


def _type(value: exp.Expr) -> exp.Expr:
    return exp.Anonymous(this="TYPEOF", expressions=[value.copy()])


def _steps(node: exp.Expr, series: exp.GenerateSeries) -> exp.Expr:
    ends = [build.cast(series.args[part], "BIGINT") for part in ("start", "end", "step")]
    each = exp.Anonymous(this="GENERATE_SERIES", expressions=ends)
    spread = exp.Anonymous(this="UNNEST", expressions=[each])
    rows = exp.Subquery(this=build.select(build.alias(spread, "value")))
    alias = exp.TableAlias(this=build.identifier(node.alias))
    if isinstance(node, exp.Lateral):
        return exp.Lateral(this=rows, alias=alias)
    rows.set("alias", alias)
    return rows


OWN = {"snowflake": _of_snowflake, "tsql": _of_tsql}


def test_each_dialect_that_is_parsed_only_is_tried() -> None:
    """What is written for Databricks is run by Spark: `tests/oracle/test_spark.py`."""
    parsed = {name for name, how in SUPPORT.items() if how is Support.PARSED_ONLY}
    assert parsed == {"databricks", *REFUSED}
    assert SUPPORT.keys() == DIALECTS.keys()


@pytest.mark.parametrize("dialect", REFUSED)
def test_every_case_means_the_same_to_a_parser(
    monkeypatch: pytest.MonkeyPatch, dialect: str
) -> None:
    monkeypatch.setitem(DIALECTS, dialect, TYPED[dialect])
    found = list(outcomes(lambda zone: Translated(dialect, zone), lambda _: None))
    wrong = {Verdict.DIFFERS, Verdict.FAILED}
    assert [(item.case.name, item.told, item.got) for item in found if item.verdict in wrong] == []
    refused = [item for item in found if item.verdict is Verdict.REFUSED]
    assert {item.case.name for item in refused} == REFUSED[dialect]
    assert all(item.told.startswith("K501 ") for item in refused)
