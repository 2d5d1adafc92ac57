"""Every case holds on every engine, but for what the engine can't: that is refused, by name."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import pytest

import kpidsl
from kpidsl.conformance.verdict import Verdict

if TYPE_CHECKING:
    from tests.servers.clickhouse import ClickHouseServer
    from tests.servers.mysql import MySQLServer
    from tests.servers.postgres import PostgresServer

Urls = Callable[[Path, pytest.FixtureRequest], str]


def duckdb_url(folder: Path, _: pytest.FixtureRequest) -> str:
    duckdb.connect(folder / "shop.duckdb").close()
    return "duckdb:///shop.duckdb"


def sqlite_url(folder: Path, _: pytest.FixtureRequest) -> str:
    with closing(sqlite3.connect(folder / "shop.sqlite")) as con:
        con.execute("CREATE TABLE orders (order_id INTEGER)")
    return "sqlite:///shop.sqlite"


def postgres_url(_folder: Path, request: pytest.FixtureRequest) -> str:
    """A user that has no right on any table."""
    server: PostgresServer = request.getfixturevalue("postgres_server")
    url: str = request.getfixturevalue("postgres_url")
    server.run(
        url,
        "CREATE TABLE public.orders (order_id INTEGER)",
        "REVOKE ALL ON SCHEMA public FROM PUBLIC",
        "DROP ROLE IF EXISTS nobody",
        "CREATE ROLE nobody LOGIN PASSWORD 'certified'",
    )
    return f"postgresql://nobody:certified@{url.partition('@')[2]}"


def clickhouse_url(_folder: Path, request: pytest.FixtureRequest) -> str:
    server: ClickHouseServer = request.getfixturevalue("clickhouse_server")
    return server.url()


def mysql_url(_folder: Path, request: pytest.FixtureRequest) -> str:
    """A user that has no right on any table, and no database."""
    server: MySQLServer = request.getfixturevalue("mysql_server")
    server.run("CREATE OR REPLACE USER certified@127.0.0.1 IDENTIFIED BY 'x'")
    return f"mysql://certified:x@127.0.0.1:{server.port}"


def spark_url(_folder: Path, _request: pytest.FixtureRequest) -> str:
    from tests.servers.spark import server  # noqa: PLC0415 -- of the extra `engines`

    return server().url()


UNIONS = "rows of two tables, one after the other, by the names of columns"
REFUSED: dict[str, dict[str, str]] = {
    "duckdb": {},
    "sqlite": {
        "sums of money of eighteen digits": "K644",
        "formulas of money of eighteen digits": "K644",
        "sums of nine decimals": "K644",
        UNIONS: "K501",
    },
    "postgres": {UNIONS: "K501"},
    "clickhouse": {UNIONS: "K501"},
    "spark": {UNIONS: "K501"},
    "mysql": {
        "times that name their zone": "K501",
        "the hour that is there twice, of times that name their zone": "K501",
        "what held at the time, by times that name their zone": "K501",
        UNIONS: "K501",
    },
}
"""What an engine can't do, with the code by which it says so."""


@pytest.mark.parametrize(
    ("dialect", "url_of"),
    [
        ("duckdb", duckdb_url),
        ("sqlite", sqlite_url),
        pytest.param("postgres", postgres_url, marks=pytest.mark.postgres),
        pytest.param("clickhouse", clickhouse_url, marks=pytest.mark.clickhouse),
        pytest.param("spark", spark_url, marks=pytest.mark.spark),
        pytest.param("mysql", mysql_url, marks=pytest.mark.mysql),
    ],
)
def test_every_case_holds_or_is_refused(
    tmp_path: Path,
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
    dialect: str,
    url_of: Urls,
) -> None:
    monkeypatch.setenv("CERTIFIED", url_of(tmp_path, request))
    (tmp_path / "kpidsl.toml").write_text('[profile.w]\nurl = "${CERTIFIED}"\n', encoding="utf-8")
    found = kpidsl.certify("w", tmp_path)
    wrong = {Verdict.DIFFERS, Verdict.FAILED}
    assert [
        (item.case.name, item.told, item.got) for item in found.outcomes if item.verdict in wrong
    ] == []
    refused = {
        item.case.name: item.told.partition(" ")[0]
        for item in found.outcomes
        if item.verdict is Verdict.REFUSED
    }
    assert refused == REFUSED[dialect]
    assert found.dialect == dialect
    assert found.holds
