"""Dialects of which no engine is at hand: a parser reads the SQL of every case, as theirs and
without a complaint, and writes it for DuckDB, where the answers are the expected ones.

So what is tried is that functions are the dialect's and take their arguments in its order, as far
as the parser knows them. It is no proof of what the engine does.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pytest
from sqlglot import exp

from kpidsl.conformance.proving import Outcome, outcomes
from kpidsl.conformance.verdict import Verdict
from kpidsl.sql.dialects import DIALECTS, Dialect
from kpidsl.sql.dialects.duckdb import DuckDB
from kpidsl.sql.dialects.redshift import Redshift
from kpidsl.sql.dialects.snowflake import Snowflake
from kpidsl.sql.dialects.support import SUPPORT, Support
from kpidsl.sql.dialects.tsql import TSQL
from tests.conformance.translated import Translated

if TYPE_CHECKING:
    from tests.servers.postgres import PostgresServer

REFUSED = {
    "redshift": {
        "the first and the last by the clock, ties by the key",
        "what each person came by first",
        "rows of two tables, one after the other, by the names of columns",
    },
    "snowflake": {
        "the first and the last by the clock, ties by the key",
        "what each person came by first",
        "rows of two tables, one after the other, by the names of columns",
    },
    "trino": {"rows of two tables, one after the other, by the names of columns"},
    "tsql": {"rows of two tables, one after the other, by the names of columns"},
}


class SnowflakeTypedByDuckDB(Snowflake):
    """Types are those of the engine that it runs on."""

    def type_of(self, value: exp.Expr) -> exp.Expr:
        return exp.Anonymous(this="TYPEOF", expressions=[value])

    kind_of = DuckDB.kind_of


class TSQLTypedByDuckDB(TSQL):
    """As Snowflake's."""

    type_of = DuckDB.type_of
    kind_of = DuckDB.kind_of


class RedshiftTypedByDuckDB(Redshift):
    """As its own, but for the catalogue: no function tells types."""

    kind_of = DuckDB.kind_of


TYPED: dict[str, Dialect] = {
    "redshift": RedshiftTypedByDuckDB(),
    "snowflake": SnowflakeTypedByDuckDB(),
    "trino": DIALECTS["trino"],  # what types are called there is what DuckDB calls them
    "tsql": TSQLTypedByDuckDB(),
}


def test_each_dialect_that_is_parsed_only_is_tried() -> None:
    parsed = {name for name, how in SUPPORT.items() if how is Support.PARSED_ONLY}
    assert parsed == REFUSED.keys()
    assert SUPPORT.keys() == DIALECTS.keys()


@pytest.mark.parametrize("dialect", REFUSED)
def test_every_case_means_the_same_to_a_parser(
    monkeypatch: pytest.MonkeyPatch, dialect: str
) -> None:
    monkeypatch.setitem(DIALECTS, dialect, TYPED[dialect])
    found = list(outcomes(lambda zone: Translated(dialect, zone), lambda _: None))
    judge(found, dialect)


def judge(found: Sequence[Outcome], dialect: str) -> None:
    wrong = {Verdict.DIFFERS, Verdict.FAILED}
    assert [(item.case.name, item.told, item.got) for item in found if item.verdict in wrong] == []
    refused = [item for item in found if item.verdict is Verdict.REFUSED]
    assert {item.case.name for item in refused} == REFUSED[dialect]
    assert all(item.told.startswith("K501 ") for item in refused)


@pytest.mark.postgres
def test_every_case_of_redshift_means_the_same_to_postgresql(
    postgres_server: PostgresServer, postgres_url: str
) -> None:
    from tests.conformance.redshift_on_postgres import (  # noqa: PLC0415 -- SQLAlchemy is an extra
        SHIMS,
        OnPostgres,
    )

    postgres_server.run(postgres_url, *SHIMS)
    engines: list[OnPostgres] = []

    def connect(zone: str) -> OnPostgres:
        engines.append(OnPostgres(postgres_url, zone))
        return engines[-1]

    found = list(outcomes(connect, lambda _: None))
    for engine in engines:
        engine.close()
    judge(found, "redshift")
