"""How many rows a statement would read, as each engine tells, and that none runs above a limit."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import duckdb
import pytest

import kpidsl
from kpidsl.engines.base import EngineError, Scan, Table
from kpidsl.engines.embedded import EmbeddedEngine
from kpidsl.engines.servers.mysql import MySQL
from kpidsl.text.diagnostic import Diagnostic
from tests.servers.asking import opened

if TYPE_CHECKING:
    from tests.servers.clickhouse import ClickHouseServer
    from tests.servers.mysql import MySQLServer
    from tests.servers.postgres import PostgresServer

DEFINITIONS = """kpidsl 1
project shop { currency: EUR, timezone: "UTC" }
source sales {
  table: sales
  key: id
  time: day
  dimensions: [channel]
  join buyer: customers on customer_id
  measure revenue: sum(amount) as EUR
}
source customers { table: customers, key: customer_id, dimensions: [region] }
"""
# 10,000 sales, in turn on each of 365 days and by each of 2,000 customers.
SALES = (
    "SELECT range AS id, range % 2000 AS customer_id, DATE '2026-01-01' + CAST(range % 365 AS INT) "
    "AS day, 'ads' AS channel, CAST(1 AS DECIMAL(9, 2)) AS amount FROM range(10000)"
)


# As MySQL tells them: all customers, and the sales of one of them.
CUSTOMERS = {"table_name": "customers", "access_type": "ALL", "rows_examined_per_scan": 2_000}
LINES_OF_EACH = {"table_name": "sales", "access_type": "ref", "rows_examined_per_scan": 5}


@pytest.fixture
def warehouse(tmp_path: Path) -> Path:
    with duckdb.connect(tmp_path / "shop.duckdb") as con:
        con.execute(f"CREATE TABLE sales AS {SALES}")
        con.execute(
            "CREATE TABLE customers AS SELECT range AS customer_id, 'n' AS region FROM range(2000)"
        )
        con.execute("CREATE SCHEMA more; CREATE TABLE more.t AS FROM range(7)")
    (tmp_path / "shop.kpi").write_text(DEFINITIONS, encoding="utf-8")
    limited(tmp_path, "duckdb:///shop.duckdb", 1_000_000)
    return tmp_path


def limited(folder: Path, url: str, rows: int | None) -> None:
    limit = "" if rows is None else f"max_scan_rows = {rows}\n"
    text = f'default_profile = "w"\n[profile.w]\nurl = "{url}"\n{limit}'
    (folder / "kpidsl.toml").write_text(text, encoding="utf-8")


def refused(folder: Path, by: Sequence[str] = ()) -> Diagnostic:
    with kpidsl.load(folder) as loaded, pytest.raises(kpidsl.KpidslError) as failed:
        loaded.query("revenue", by=list(by))
    [found] = failed.value.diagnostics
    return found


@pytest.mark.parametrize(
    ("sql", "rows"),
    [
        ("SELECT sum(amount) FROM sales", 10_000),
        ("SELECT sum(amount) FROM sales WHERE id % 7 = 3", 10_000),
        ("SELECT sum(amount) FROM sales WHERE amount > 5", 0),  # there is none, it knows
        ("SELECT sum(amount) FROM sales JOIN customers USING (customer_id)", 12_000),
        ("WITH x AS MATERIALIZED (FROM sales) SELECT (SELECT max(id) FROM x)", 10_000),
        ("SELECT * FROM more.t", 7),
        ("SELECT 1", 0),
    ],
)
def test_duckdb(warehouse: Path, sql: str, rows: int) -> None:
    """A table is read from end to end, whatever is kept of it."""
    with closing(EmbeddedEngine(warehouse, database=warehouse / "shop.duckdb")) as engine:
        assert engine.estimate(sql) == Scan(rows=rows)


@pytest.fixture
def postgres(postgres_server: PostgresServer, postgres_url: str) -> str:
    postgres_server.run(
        postgres_url,
        "CREATE TABLE sales (id INTEGER PRIMARY KEY, customer_id INTEGER, day DATE, channel TEXT, "
        "amount NUMERIC(9, 2))",
        "INSERT INTO sales SELECT g, g % 2000, DATE '2026-01-01' + g % 365, 'ads', 1 "
        "FROM generate_series(0, 9999) AS g",
        "CREATE TABLE customers (customer_id INTEGER PRIMARY KEY, region TEXT)",
        "INSERT INTO customers SELECT g, 'n' FROM generate_series(0, 1999) AS g",
        "CREATE INDEX ON sales (customer_id)",
        "VACUUM ANALYZE",
    )
    return postgres_url


@pytest.mark.postgres
def test_postgresql(postgres: str) -> None:
    """By an index it reads what it finds, and else the whole table."""
    with opened(postgres) as engine:
        assert engine.estimate("SELECT sum(amount) FROM sales WHERE channel = 'x'") == Scan(
            rows=10_000
        )
        assert engine.estimate("SELECT sum(amount) FROM sales WHERE id = 7") == Scan(rows=1)
        both = engine.estimate(
            "SELECT count(region) FROM sales JOIN customers USING (customer_id)"
        ).rows
        assert both == 12_000
        assert engine.estimate("SELECT 1") == Scan(rows=0)


NESTED = ("enable_hashjoin=off", "enable_mergejoin=off")
BARE = (*NESTED, "enable_memoize=off")
PARALLEL = (
    *("parallel_setup_cost=0", "parallel_tuple_cost=0", "min_parallel_table_scan_size=0"),
    *("min_parallel_index_scan_size=0", "max_parallel_workers_per_gather=2"),
)
# The sales of each customer, 5 for each.
LATERAL = """SELECT sum(total) FROM customers AS c, LATERAL (
  SELECT sum(amount) AS total FROM sales WHERE customer_id = c.customer_id
) AS s"""
SHOWN = """SELECT (SELECT sum(amount) FROM sales WHERE customer_id = c.customer_id)
FROM customers AS c"""
TESTED = """SELECT count(*) FROM customers AS c
WHERE (SELECT sum(amount) FROM sales WHERE customer_id = c.customer_id) > 5"""
OF_EACH_SALE = LATERAL.replace("customers AS c", "sales AS c")
# The customer of each sale.
LOOKED_UP = "SELECT count(region) FROM sales LEFT JOIN customers USING (customer_id)"
COMPARED = "SELECT count(*) FROM customers AS a JOIN customers AS b ON a.region < b.region"
HASHED = "SELECT 1 FROM customers WHERE customer_id NOT IN (SELECT customer_id FROM sales)"
ONCE = "SELECT count(*) FROM customers WHERE customer_id > (SELECT avg(id) FROM sales)"
NAMED = "WITH x AS MATERIALIZED (SELECT * FROM sales) SELECT 1 FROM x JOIN x AS y USING (id)"


@pytest.mark.postgres
@pytest.mark.parametrize(
    ("settings", "sql", "rows"),
    [
        (BARE, LATERAL, 2_000 + 2_000 * 5),
        ((), SHOWN, 2_000 + 2_000 * 5),
        ((), TESTED, 2_000 + 2_000 * 5),
        (BARE, LOOKED_UP, 10_000 + 10_000),
        # Each of 2,000 is looked up once, and then remembered.
        (NESTED, LOOKED_UP, 10_000 + 2_000),
        # What is kept, hashed or asked but once is read once.
        (BARE, COMPARED, 2_000 + 2_000),
        ((), HASHED, 2_000 + 10_000),
        ((), ONCE, 2_000 + 10_000),
        ((), NAMED, 10_000),
        # Two workers and the first process share the rows.
        (PARALLEL, "SELECT sum(amount) FROM sales", 10_000),
        ((*PARALLEL, "enable_seqscan=off"), "SELECT sum(amount) FROM sales WHERE id < 5000", 5_000),
        ((*PARALLEL, *BARE), OF_EACH_SALE, 10_000 + 10_000 * 5),
    ],
)
def test_postgresql_counts_each_time_that_rows_are_read(
    postgres: str, settings: Sequence[str], sql: str, rows: int
) -> None:
    """By its own statistics, from which some of the numbers are a little off."""
    options = quote(" ".join(f"-c {setting}" for setting in settings))
    with opened(f"{postgres}?options={options}") as engine:
        told = engine.estimate(sql).rows
        assert told is not None
        assert 0.9 * rows <= told <= 1.1 * rows


@pytest.mark.postgres
def test_postgresql_does_not_tell_of_rows_that_are_dropped_after_an_index(postgres: str) -> None:
    with opened(f"{postgres}?options=-c%20enable_seqscan%3Doff") as engine:
        rows = engine.estimate(
            "SELECT sum(amount) FROM sales WHERE id < 5000 AND channel = 'x'"
        ).rows
        assert rows is not None
        assert rows < 100


@pytest.mark.clickhouse
def test_clickhouse(clickhouse_server: ClickHouseServer, clickhouse_database: str) -> None:
    """The key by which rows are in order leaves out what isn't asked for, in whole granules."""
    clickhouse_server.run(
        f"CREATE TABLE {clickhouse_database}.sales (id Int64, amount Decimal(9, 2)) "
        "ENGINE = MergeTree ORDER BY id SETTINGS index_granularity = 1000",
        f"INSERT INTO {clickhouse_database}.sales SELECT number, 1 FROM numbers(10000)",  # noqa: S608
        "SELECT 1",
    )
    with opened(clickhouse_server.url(clickhouse_database)) as engine:
        assert engine.estimate("SELECT sum(amount) FROM sales WHERE amount > 5") == Scan(
            rows=10_000
        )
        least = engine.estimate("SELECT sum(amount) FROM sales WHERE id < 10").rows
        assert least is not None
        assert 0 < least <= 1_000
        assert engine.estimate("SELECT 1") == Scan(rows=0)


@pytest.mark.mysql
def test_mysql(mysql_server: MySQLServer, mysql_database: str) -> None:
    """About as many as a table has, and by an index what is found; those of a list are none."""
    mysql_server.run(
        "CREATE TABLE sales (id INT PRIMARY KEY, amount DECIMAL(9, 2))",
        "INSERT INTO sales SELECT seq, 1 FROM seq_1_to_10000",
        "ANALYZE TABLE sales",
        database=mysql_database,
    )
    with opened(mysql_server.url(mysql_database)) as engine:
        every = engine.estimate("SELECT SUM(amount) FROM sales WHERE amount > 5").rows
        assert every is not None
        assert 9_000 < every < 11_000
        twice = engine.estimate("WITH x AS (SELECT * FROM sales) SELECT 1 FROM x JOIN x AS y").rows
        assert twice == 2 * every
        assert engine.estimate("SELECT amount FROM sales WHERE id = 7") == Scan(rows=1)
        listed = "SELECT n FROM JSON_TABLE('[1, 2]', '$[*]' COLUMNS (n FOR ORDINALITY)) AS t"
        assert engine.estimate(listed) == Scan(rows=0)
        assert engine.estimate("SELECT 1") == Scan(rows=0)


HALF = 5 // 2
"""Of the rows that a key leads to InnoDB tells half, so that a look-up is liked better."""
JOINED = "SELECT SUM(amount) FROM customers STRAIGHT_JOIN sales USING (customer_id)"
OUTER = "SELECT COUNT(*) FROM customers LEFT JOIN sales USING (customer_id) GROUP BY region"
BUFFERED = COMPARED.replace("JOIN", "STRAIGHT_JOIN")
DERIVED = """SELECT COUNT(*) FROM customers JOIN (
  SELECT MAX(amount) AS most FROM sales GROUP BY day
) AS t"""


@pytest.mark.mysql
@pytest.mark.parametrize(
    ("sql", "rows"),
    [
        (JOINED, 2_000 + 2_000 * HALF),
        (OUTER, 2_000 + 2_000 * HALF),
        (SHOWN, 2_000 + 2_000 * HALF),
        (TESTED, 2_000 + 2_000 * HALF),
        (LOOKED_UP, 10_000 + 10_000),
        # What waits in a buffer is compared with each row once, and what is kept is read once.
        (BUFFERED, 2_000 + 2_000),
        (ONCE, 2_000 + 10_000),
        (DERIVED, 2_000 + 10_000),
        ("SELECT 1 FROM customers UNION ALL SELECT 1 FROM sales", 2_000 + 10_000),
    ],
)
def test_mysql_counts_each_time_that_rows_are_read(shop: str, sql: str, rows: int) -> None:
    """By its own statistics, from which some of the numbers are a little off."""
    with opened(shop) as engine:
        told = engine.estimate(sql).rows
        assert told is not None
        assert 0.9 * rows <= told <= 1.1 * rows


@pytest.fixture
def shop(mysql_server: MySQLServer, mysql_database: str) -> str:
    mysql_server.run(
        "CREATE TABLE sales (id INT PRIMARY KEY, customer_id INT, day DATE, amount INT, "
        "KEY (customer_id))",
        "INSERT INTO sales SELECT seq, seq % 2000, '2026-01-01', 1 FROM seq_1_to_10000",
        "CREATE TABLE customers (customer_id INT PRIMARY KEY, region VARCHAR(9))",
        "INSERT INTO customers SELECT seq - 1, 'n' FROM seq_1_to_2000",
        "ANALYZE TABLE sales, customers",
        database=mysql_database,
    )
    return mysql_server.url(mysql_database)


@pytest.mark.parametrize(
    ("block", "rows"),
    [
        (
            {
                "nested_loop": [
                    {"table": {**CUSTOMERS, "filtered": "50.00"}},
                    {"table": {**LINES_OF_EACH}},
                ]
            },
            2_000 + 1_000 * 5,
        ),
        (
            {
                "nested_loop": [
                    {"table": CUSTOMERS},
                    {"table": {**CUSTOMERS, "using_join_buffer": "hash join"}},
                ]
            },
            4_000,
        ),
        (
            {
                "table": CUSTOMERS,
                "select_list_subqueries": [
                    {"dependent": True, "query_block": {"table": LINES_OF_EACH}},
                    {"dependent": False, "query_block": {"table": CUSTOMERS}},
                ],
            },
            2_000 + 2_000 * 5 + 2_000,
        ),
        (
            {
                "ordering_operation": {
                    "nested_loop": [
                        {"table": CUSTOMERS},
                        {
                            "table": {
                                "table_name": "t",
                                "rows_examined_per_scan": 10,
                                "materialized_from_subquery": {
                                    "dependent": False,
                                    "query_block": {"table": CUSTOMERS},
                                },
                            }
                        },
                    ]
                }
            },
            2_000 + 2_000,
        ),
    ],
)
def test_a_plan_as_mysql_writes_it(block: dict[str, Any], rows: int) -> None:
    """No MySQL is at hand: plans as its manual has them."""
    plan = [[json.dumps({"query_block": {"select_id": 1, **block}})]]
    assert MySQL().scanned(plan, lambda _: None) == Scan(rows=rows)


def test_a_plan_of_an_unknown_form_tells_nothing() -> None:
    """So a limit is refused (K920), and nothing is taken for free."""
    plan = [[json.dumps({"query_plan": {"operation": "Table scan on sales"}})]]
    assert MySQL().scanned(plan, lambda _: None) == Scan()


@pytest.mark.mysql
def test_mysql_estimates_what_it_is_asked(
    mysql_server: MySQLServer, mysql_database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mysql_server.run(
        "CREATE TABLE sales (id INT, customer_id INT, day DATE, channel TEXT, amount INT)",
        "INSERT INTO sales SELECT seq, seq, '2026-01-01', 'ads', 1 FROM seq_1_to_10000",
        "ANALYZE TABLE sales",
        "CREATE TABLE customers (customer_id INT PRIMARY KEY, region TEXT)",
        database=mysql_database,
    )
    monkeypatch.setenv("SHOP_URL", mysql_server.url(mysql_database))
    (tmp_path / "shop.kpi").write_text(DEFINITIONS, encoding="utf-8")
    limited(tmp_path, "${SHOP_URL}", 1_000)
    assert (
        refused(tmp_path).help == "ask for a shorter period, or raise the profile's `max_scan_rows`"
    )
    limited(tmp_path, "${SHOP_URL}", 1_000_000)
    with kpidsl.load(tmp_path) as loaded:
        assert loaded.query("revenue").values("revenue") == [10_000]


def test_a_question_above_the_limit_does_not_run(
    warehouse: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran: list[str] = []
    run = EmbeddedEngine.run

    def heard(self: EmbeddedEngine, sql: str, *rest: Any, **named: Any) -> Table:
        ran.append(sql)
        return run(self, sql, *rest, **named)

    def has_summed() -> bool:
        return any("sum" in sql.casefold() for sql in ran)

    monkeypatch.setattr(EmbeddedEngine, "run", heard)
    limited(warehouse, "duckdb:///shop.duckdb", 10_000)
    with kpidsl.load(warehouse) as loaded:
        assert loaded.query("revenue").values("revenue") == [10_000]
    assert has_summed()
    ran.clear()
    limited(warehouse, "duckdb:///shop.duckdb", 9_999)
    found = refused(warehouse)
    assert found.code == "K669"
    assert found.message == ("the question would read too many rows: about 10,000, more than 9,999")
    assert found.help == "ask for a shorter period, or raise the profile's `max_scan_rows`"
    assert not has_summed()


def test_a_claim_that_would_read_too_much_is_not_taken_for_true(warehouse: Path) -> None:
    """The key of customers is tested on all of them: 2,000 rows, and the question 12,000."""
    limited(warehouse, "duckdb:///shop.duckdb", 1_999)
    assert refused(warehouse, ["customers.region"]).code == "K669"


def test_a_database_that_is_lost_before_it_could_estimate(
    warehouse: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lost(_: EmbeddedEngine, sql: str) -> Scan:
        raise EngineError("lost", f"no answer to {sql}")

    monkeypatch.setattr(EmbeddedEngine, "estimate", lost)
    limited(warehouse, "duckdb:///shop.duckdb", 9_999)
    found = refused(warehouse)
    assert found.code == "K662"
    assert "how much a question would read" in found.message


def test_to_look_at_the_columns_reads_nothing(warehouse: Path) -> None:
    limited(warehouse, "duckdb:///shop.duckdb", 1)
    with kpidsl.load(warehouse) as loaded:
        assert loaded.fit().diagnostics == ()
    assert kpidsl.profile_facts("w", warehouse).engine == "DuckDB"


@pytest.mark.postgres
def test_a_question_above_the_limit_on_postgresql(
    warehouse: Path, postgres: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHOP_URL", postgres)
    limited(warehouse, "${SHOP_URL}", 12_000)
    with kpidsl.load(warehouse) as loaded:
        assert loaded.fit().diagnostics == ()
        assert loaded.query("revenue", by=["customers.region"]).values("revenue") == [10_000]
    limited(warehouse, "${SHOP_URL}", 9_000)
    assert refused(warehouse, ["customers.region"]).code == "K669"


def test_sqlite_estimates_nothing(tmp_path: Path) -> None:
    sqlite3.connect(tmp_path / "shop.db").close()
    (tmp_path / "shop.kpi").write_text(DEFINITIONS, encoding="utf-8")
    limited(tmp_path, "sqlite:///shop.db", 1)
    found = refused(tmp_path)
    assert found.code == "K920"
    assert "`profile.w.max_scan_rows`: sqlite doesn't estimate rows" in found.message
    limited(tmp_path, "sqlite:///shop.db", None)
    assert refused(tmp_path).code == "K641"
