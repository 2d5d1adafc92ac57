"""What a database lacks of what the definitions name, and which types can't be what they say: the
same is told of each engine, and no row is read."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import duckdb
import pytest

import kpidsl
from kpidsl.run.schema import Fit
from kpidsl.text.diagnostic import Diagnostic

HEAD = 'kpidsl 1\nproject shop { currency: EUR, timezone: "Europe/Berlin" }\n'
TYPES: dict[str, dict[str, str]] = {
    "duckdb": {},
    "sqlite": {},
    "postgres": {},
    "clickhouse": {
        "INTEGER": "Int32",
        "NUMERIC(12, 2)": "Nullable(Decimal(12, 2))",
        "VARCHAR(20)": "LowCardinality(Nullable(String))",
        "TIMESTAMP WITH TIME ZONE": "DateTime('UTC')",
        "TIMESTAMP": "DateTime64(3)",
    },
    "mysql": {
        "INTEGER": "INT UNSIGNED",
        "TIMESTAMP WITH TIME ZONE": "TIMESTAMP NULL",
        "TIMESTAMP": "DATETIME(6)",
    },
    "spark": {
        "VARCHAR(20)": "STRING",
        "TIMESTAMP WITH TIME ZONE": "TIMESTAMP",
        "TIMESTAMP": "TIMESTAMP_NTZ",
    },
}
TABLES = {
    "sales": {
        "id": "INTEGER",
        "amount": "NUMERIC(12, 2)",
        "fee": "VARCHAR(20)",
        "channel": "VARCHAR(20)",
        "paid_at": "TIMESTAMP WITH TIME ZONE",
        "written_at": "TIMESTAMP",
        "day": "DATE",
        "customer": "VARCHAR(20)",
    },
    "customers": {"customer_id": "INTEGER", "region": "VARCHAR(20)"},
}
ENGINES = [
    "duckdb",
    "sqlite",
    pytest.param("postgres", marks=pytest.mark.postgres),
    pytest.param("clickhouse", marks=pytest.mark.clickhouse),
    pytest.param("mysql", marks=pytest.mark.mysql),
    pytest.param("spark", marks=pytest.mark.spark),
]
Fitted = Callable[[str], Fit]


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def fitted(
    engine: str, request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Fitted:
    """Compares definitions with an engine's tables, which are empty."""
    statements = [_table(name, columns, TYPES[engine]) for name, columns in TABLES.items()]
    match engine:
        case "duckdb":
            url = "duckdb:///shop.db"
            with duckdb.connect(tmp_path / "shop.db") as con:
                con.execute(";".join(statements))
        case "sqlite":
            url = "sqlite:///shop.db"
            with closing(sqlite3.connect(tmp_path / "shop.db")) as file:
                file.executescript(";".join(statements))
        case "postgres":
            url = request.getfixturevalue("postgres_url")
            request.getfixturevalue("postgres_server").run(url, *statements)
        case "mysql":
            database = request.getfixturevalue("mysql_database")
            mysql = request.getfixturevalue("mysql_server")
            mysql.run(*statements, database=database)
            url = mysql.url(database)
        case "spark":
            from tests.servers import spark  # noqa: PLC0415 -- of the extra `engines`

            schema = spark.made_schema()
            spark.run(*(f"{_placed(each, schema)} USING parquet" for each in statements))
            url = spark.server().url(schema)
        case _:
            database = request.getfixturevalue("clickhouse_database")
            server = request.getfixturevalue("clickhouse_server")
            for statement in statements:
                server.client.command(f"{_placed(statement, database)} ENGINE = Memory")
            url = server.url(database)
    monkeypatch.setitem(os.environ, "SHOP_URL", url)
    settings = 'default_profile = "shop"\n[profile.shop]\nurl = "${SHOP_URL}"\n'
    (tmp_path / "kpidsl.toml").write_text(settings, encoding="utf-8")

    def compared(definitions: str) -> Fit:
        (tmp_path / "shop.kpi").write_text(HEAD + definitions, encoding="utf-8")
        with kpidsl.load(tmp_path) as loaded:
            return loaded.fit()

    return compared


def _table(name: str, columns: dict[str, str], types: dict[str, str]) -> str:
    declared = (f"{column} {types.get(kind, kind)}" for column, kind in columns.items())
    return f"CREATE TABLE {name} ({', '.join(declared)})"


def _placed(statement: str, database: str) -> str:
    return statement.replace("CREATE TABLE ", f"CREATE TABLE {database}.")


def place(item: Diagnostic) -> str:
    assert item.span is not None
    return item.span.text


def test_what_fits(fitted: Fitted) -> None:
    """Four columns are named of sales, and two of customers."""
    fit = fitted(
        "source sales { table: sales, key: id, time: day, dimensions: [channel]\n"
        "  measure revenue: sum(amount) as EUR }\n"
        "source customers { table: customers, key: customer_id, dimensions: [region] }"
    )
    assert fit == Fit((), sources=2, columns=6)


def test_each_table_that_is_missing(fitted: Fitted) -> None:
    fit = fitted(
        "source a { table: sale, key: id }\n"
        "source b { table: custmers, key: customer_id }\n"
        "source c { table: customers, key: customer_id }"
    )
    assert [(item.code, item.help) for item in fit.diagnostics] == [
        ("K641", "use `sales`"),
        ("K641", "use `customers`"),
    ]
    assert [item.span.line for item in fit.diagnostics if item.span] == [3, 4]
    assert fit.sources == 1


def test_each_column_that_is_missing(fitted: Fitted) -> None:
    fit = fitted(
        "source sales { table: sales, key: idd, dimensions: [chanel]\n"
        "  measure revenue: sum(amount) as EUR }"
    )
    assert {(item.code, place(item), item.help) for item in fit.diagnostics} == {
        ("K642", "idd", "use `id`"),
        ("K642", "chanel", "use `channel`"),
    }


def test_a_text_is_no_number(fitted: Fitted) -> None:
    """A column is told of once; texts are counted, and compared, as they are."""
    fit = fitted(
        "source sales { table: sales, key: id\n"
        "  measure fees: sum(fee) as EUR\n"
        "  measure highest: max(fee) as EUR\n"
        "  measure rest: sum(amount - fee) as EUR\n"
        "  measure kinds: count_distinct(fee) as fee\n"
        "  measure read: sum(number(fee)) as EUR }"
    )
    [found] = fit.diagnostics
    assert (found.code, place(found), found.label) == ("K643", "fee", "holds texts")
    assert "`fees`, `highest`, `rest` compute with it" in found.message


def test_a_dimension_is_computed_with_as_its_column(fitted: Fitted) -> None:
    fit = fitted(
        "source sales { table: sales, key: id, dimensions: [fee, channel]\n"
        "  measure fees: sum(fee) as EUR\n"
        "  measure rest: sum(amount - fee) as EUR\n"
        "  measure ways: count_distinct(channel) as way }"
    )
    [found] = fit.diagnostics
    assert (found.code, place(found)) == ("K643", "fee")
    assert "`fees`, `rest` compute with it" in found.message


def test_what_the_columns_of_unions_and_dimensions_hold(fitted: Fitted) -> None:
    fit = fitted(
        "source sales { table: sales, key: id }\n"
        "source all_sales { union: [sales], key: id, measure fees: sum(fee) as EUR }"
    )
    [found] = fit.diagnostics
    assert (found.code, place(found)) == ("K643", "fee")


def test_a_join_of_texts_and_numbers(fitted: Fitted) -> None:
    fit = fitted(
        "source sales { table: sales, key: id\n"
        "  join buyer: customers on customer to customer_id }\n"
        "source customers { table: customers, key: customer_id }"
    )
    [found] = fit.diagnostics
    assert found.code == "K649"
    assert "compares texts of `sales` with numbers of `customers`" in found.message


@pytest.mark.parametrize(
    ("time", "code"),
    [
        ("day", None),
        ("paid_at", None),
        ('written_at { stored_as: "UTC" }', None),
        ("written_at", "K653"),
        ('day { stored_as: "UTC" }', "K648"),
        ('paid_at { stored_as: "UTC" }', "K648"),
    ],
)
def test_times_and_their_zones(fitted: Fitted, engine: str, time: str, code: str | None) -> None:
    """SQLite's types say nothing of times: its values are looked at when a question is asked. No
    type of MySQL has a zone."""
    if engine == "mysql" and time.startswith("paid_at"):
        code = None if "stored_as" in time else "K653"
    fit = fitted(f"source sales {{ table: sales, key: id, time: {time} }}")
    expected = [] if code is None or engine == "sqlite" else [code]
    assert [item.code for item in fit.diagnostics] == expected


def test_sql_of_the_authors_own_has_columns(fitted: Fitted) -> None:
    fit = fitted(
        'source sales { sql: "SELECT id, fee AS cost FROM sales", key: id\n'
        "  measure costs: sum(costs) as EUR }"
    )
    [found] = fit.diagnostics
    assert (found.code, place(found), found.help) == ("K642", "costs", "use `cost`")
