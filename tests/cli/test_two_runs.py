"""Two runs at once: each gives what it gives alone, and a page is one of them, whole."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from contextlib import ExitStack, closing
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import pytest

from tests.cli.conftest import SHOP, Shell
from tests.cli.test_reports import PAGES
from tests.processes import ended

if TYPE_CHECKING:
    from tests.servers.clickhouse import ClickHouseServer
    from tests.servers.mysql import MySQLServer
    from tests.servers.postgres import PostgresServer

KPIDSL = str(Path(sys.executable).with_name("kpidsl"))
TABLES = (
    "CREATE TABLE {}sales (order_id INT, day DATE, channel VARCHAR(9), amount DECIMAL(9, 2))",
    """INSERT INTO {}sales VALUES
      (1, DATE '2026-01-31', 'ads', 100.10), (2, DATE '2026-02-01', 'mail', 50)""",
)


@pytest.fixture(
    params=[
        "duckdb",
        "sqlite",
        pytest.param("clickhouse", marks=pytest.mark.clickhouse),
        pytest.param("mysql", marks=pytest.mark.mysql),
        pytest.param("postgres", marks=pytest.mark.postgres),
        pytest.param("spark", marks=pytest.mark.spark),
    ]
)
def served(request: pytest.FixtureRequest, shop: Shell, monkeypatch: pytest.MonkeyPatch) -> Shell:
    """The shop, whose two sales stand in a database."""
    statements = [statement.format("") for statement in TABLES]
    match request.param:
        case "clickhouse":
            clickhouse: ClickHouseServer = request.getfixturevalue("clickhouse_server")
            database = request.getfixturevalue("clickhouse_database")
            made, filled = (statement.format(f"{database}.") for statement in TABLES)
            clickhouse.client.command(f"{made} ENGINE = MergeTree ORDER BY order_id")
            clickhouse.client.command(filled)
            url = clickhouse.url(database)
        case "mysql":
            mysql: MySQLServer = request.getfixturevalue("mysql_server")
            database = request.getfixturevalue("mysql_database")
            mysql.run(*statements, database=database)
            url = mysql.url(database)
        case "postgres":
            postgres: PostgresServer = request.getfixturevalue("postgres_server")
            url = request.getfixturevalue("postgres_url")
            postgres.run(url, *statements)
        case "spark":
            from tests.servers import spark  # noqa: PLC0415 -- of the extra `engines`

            schema = spark.made_schema()
            spark.run(*(statement.format(f"{schema}.") for statement in TABLES))
            url = spark.server().url(schema)
        case "sqlite":
            with closing(sqlite3.connect(shop.folder / "shop.sqlite")) as con:
                con.executescript(";".join(statements).replace("DATE '", "'"))
            url = "sqlite:///shop.sqlite"
        case _:
            with duckdb.connect(shop.folder / "shop.duckdb") as con:
                con.execute(";".join(statements))
            url = "duckdb:///shop.duckdb"
    monkeypatch.setenv("SHOP_URL", url)
    monkeypatch.setenv("XDG_CACHE_HOME", str(shop.folder / "caches"))
    shop.profile("${SHOP_URL}")
    shop.write("shop.kpi", SHOP.replace('files: "sales.csv"', "table: sales") + PAGES)
    return shop


def at_once(shop: Shell, *words: str) -> list[tuple[int, str, str]]:
    with ExitStack() as running:
        started = []
        for _ in range(2):
            process = subprocess.Popen(
                [KPIDSL, *words],
                cwd=shop.folder,
                env=os.environ,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
            running.enter_context(process)
            running.enter_context(ended(process))
            started.append(process)
        told = [process.communicate(timeout=120) for process in started]
    return [(process.returncode, *texts) for process, texts in zip(started, told, strict=True)]


def test_two_questions_at_once(served: Shell) -> None:
    asked = ("query", "revenue", "--by", "channel", "--format", "csv")
    assert at_once(served, *asked) == [(0, "channel,revenue\nads,100.1\nmail,50\n", "")] * 2


def test_two_reports_at_once_into_one_folder(served: Shell) -> None:
    make = ("report", "--period", "2026-01", "--now", "2026-03-01", "--out", "made")
    assert at_once(served, *make) == [(0, "made/monthly.html\n", "")] * 2
    together = (served.folder / "made/monthly.html").read_bytes()
    assert [path.name for path in (served.folder / "made").iterdir()] == ["monthly.html"]
    assert served.run(*make[:-1], "alone").code == 0
    assert (served.folder / "alone/monthly.html").read_bytes() == together
