"""The way to Trino, by its own client: what is asked and said, and how statements end.

Behind it is no Trino: `tests.servers.trino_http` says what is.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from kpidsl.engines.base import Scan, TableFacts, ValueType
from kpidsl.sql.dialects import DIALECTS, Kind
from tests.servers.asking import ctrl_c, failure, keeps_nothing, meanwhile, opened, until

if TYPE_CHECKING:
    from kpidsl.engines.attended import Stoppable
    from kpidsl.engines.server import ServerEngine
    from tests.servers.trino_http import TrinoServer

pytestmark = pytest.mark.trino

SALES = (
    """CREATE TABLE sales (
      id INTEGER, amount DECIMAL(12, 2), weight DOUBLE, paid_at TIMESTAMPTZ, plain TIMESTAMP,
      day DATE, channel VARCHAR, pieces BIGINT, is_open BOOLEAN
    )""",
    """INSERT INTO sales VALUES
      (1, 10.10, 0.5, '2026-03-29 01:30:00+00', '2026-03-28 23:30:00.123456', '2026-03-28', 'a',
       9007199254740993, TRUE),
      (2, 20, 'inf', NULL, NULL, NULL, NULL, 1, FALSE),
      (3, NULL, NULL, NULL, NULL, NULL, 'c', NULL, NULL)""",
    "CREATE TABLE many AS SELECT CAST(n AS INTEGER) AS n FROM range(10000) AS t(n)",
    "CREATE VIEW days AS SELECT day FROM sales",
    "CREATE TABLE nobody (id INTEGER)",
    "CREATE SCHEMA other",
    "CREATE TABLE other.more (id INTEGER)",
)
BUSY = (
    "SELECT COUNT(*) FROM many AS a CROSS JOIN many AS b CROSS JOIN many AS c WHERE a.n+b.n+c.n=1"
)


@pytest.fixture(scope="module")
def server() -> Iterator[TrinoServer]:
    from tests.servers.trino_http import trino_server  # noqa: PLC0415 -- the client is an extra's

    with trino_server(SALES) as running:
        yield running


@pytest.fixture
def engine(server: TrinoServer) -> Iterator[ServerEngine]:
    with opened(server.url()) as engine:
        yield engine


# --- values --------------------------------------------------------------------------------


def test_values_have_the_types_of_answers(engine: ServerEngine) -> None:
    """An instant is shown as the project's clock has it; rows come on more than one page."""
    table = engine.run("SELECT * FROM sales ORDER BY id")
    assert table.rows == [
        (
            *(1, Decimal("10.10"), 0.5, datetime(2026, 3, 29, 3, 30)),  # noqa: DTZ001
            *(datetime(2026, 3, 28, 23, 30, 0, 123456), date(2026, 3, 28), "a"),  # noqa: DTZ001
            *(9007199254740993, True),
        ),
        (2, Decimal("20.00"), float("inf"), None, None, None, None, 1, False),
        (3, None, None, None, None, None, "c", None, None),
    ]


def test_numbers_have_the_types_that_are_asked_for(engine: ServerEngine) -> None:
    kinds = [ValueType.MONEY, ValueType.FLOAT, ValueType.EXACT]
    [row] = engine.run("SELECT SUM(amount), 2, SUM(pieces) FROM sales", kinds).rows
    assert [(type(value), value) for value in row] == [
        (Decimal, Decimal("30.10")),
        (float, 2.0),
        (int, 9007199254740994),
    ]


def test_signs_of_parameters_are_text(engine: ServerEngine) -> None:
    sql = "SELECT '50% off :x ::y %s %% ?', 7 % 4 -- %(z)s"
    assert engine.run(sql).rows == [("50% off :x ::y %s %% ?", 3)]


def test_an_answer_without_rows_has_columns(engine: ServerEngine) -> None:
    table = engine.run("SELECT id, day FROM sales WHERE id = 9")
    assert (table.columns, table.rows) == (("id", "day"), [])


# --- what the server is told ---------------------------------------------------------------


def test_each_statement_is_in_a_transaction_that_only_reads(
    server: TrinoServer, engine: ServerEngine
) -> None:
    before = len(server.statements())
    engine.run("SELECT 1")
    assert server.statements()[before:] == [
        "START TRANSACTION READ ONLY",
        "SET TIME ZONE 'Europe/Berlin'",
        "/* kpidsl 1 */ SELECT 1\nLIMIT 1001",
        "ROLLBACK",
    ]


def test_operators_see_who_asks_and_for_how_long(server: TrinoServer, engine: ServerEngine) -> None:
    engine.run("SELECT 1")
    told = server.requests[-2]
    assert (told["x-trino-user"], told["x-trino-source"]) == ("ana", "kpidsl")
    assert told["x-trino-client-tags"] == "kpidsl"
    assert (told["x-trino-catalog"], told["x-trino-schema"]) == ("memory", "main")
    assert "query_max_run_time=20.000s" in told["x-trino-session"]
    assert "time_zone_id=Europe/Berlin" in told["x-trino-session"]


@pytest.mark.parametrize(
    "sql", ["DROP TABLE sales", "INSERT INTO sales (id) VALUES (4)", "CREATE TABLE t AS SELECT 1"]
)
def test_nothing_is_written(engine: ServerEngine, sql: str) -> None:
    assert failure(engine, sql)[0] == "writing"
    assert engine.run("SELECT COUNT(*) FROM sales").rows == [(3,)]


def test_nothing_is_kept(engine: ServerEngine) -> None:
    assert keeps_nothing(engine)


# --- what fails ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sql", "kind", "said"),
    [
        ("SELECT * FROM sale", "missing table", "sale"),
        ("SELECT ammount FROM sales", "missing column", 'no such column: "ammount"'),
        ("SELECT CAST(channel AS INTEGER) FROM sales", "value", "'a'"),
        ("SELECT raise('DIVISION_BY_ZERO')", "division", "asked"),
        ("SELECT raise('NUMERIC_VALUE_OUT_OF_RANGE')", "overflow", "asked"),
        ("SELECT raise('PERMISSION_DENIED')", "permission", "asked"),
        ("SELECT raise('FUNCTION_NOT_FOUND')", "value", "asked"),
        ("SELECT raise('CLUSTER_OUT_OF_MEMORY')", "memory", "asked"),
        ("SELECT raise('CATALOG_NOT_FOUND')", "missing table", "asked"),
        ("SELECT raise('REMOTE_TASK_ERROR')", "other", "asked"),
        ("SELECT n FROM many WHERE n <= 1000", "too many rows", "1,000"),
    ],
)
def test_failures_have_kinds(engine: ServerEngine, sql: str, kind: str, said: str) -> None:
    found, text = failure(engine, sql)
    assert found == kind
    assert said in text
    assert not any(word in text for word in ("\n", "TrinoUserError", "query_id"))
    assert engine.run("SELECT id FROM sales WHERE id = 1").rows == [(1,)]


def test_as_many_rows_as_are_allowed(engine: ServerEngine) -> None:
    numbers = engine.run("SELECT n FROM many WHERE n < 1000 ORDER BY n DESC").rows
    assert numbers == [(number,) for number in range(999, -1, -1)]


# --- stopping ------------------------------------------------------------------------------


def is_busy(server: TrinoServer) -> bool:
    return any("many" in sql for sql in server.running())


def test_the_server_stops_a_statement_in_time(
    server: TrinoServer, stopped_by_us: list[Stoppable]
) -> None:
    with opened(server.url(), timeout=2) as engine:
        assert failure(engine, BUSY)[0] == "timeout"
        assert stopped_by_us == []
        assert server.running() == []
        assert engine.run("SELECT 1").rows == [(1,)]


def test_a_statement_is_cancelled_on_the_server(server: TrinoServer, engine: ServerEngine) -> None:
    with meanwhile(engine.cancel, lambda: is_busy(server), again=True):
        assert failure(engine, BUSY)[0] == "cancelled"
    assert until(lambda: server.running() == [])
    assert engine.run("SELECT 1").rows == [(1,)]


def test_ctrl_c_cancels_on_the_server(server: TrinoServer, engine: ServerEngine) -> None:
    with pytest.raises(KeyboardInterrupt), meanwhile(ctrl_c(), lambda: is_busy(server)):
        engine.run(BUSY)
    assert until(lambda: server.running() == [])


def test_more_questions_at_once_than_connections(engine: ServerEngine) -> None:
    with ThreadPoolExecutor(9) as pool:
        asked = pool.map(lambda number: engine.run(f"SELECT {number}").rows, range(9))
        assert list(asked) == [[(number,)] for number in range(9)]


@pytest.mark.usefixtures("at_once")
def test_a_server_that_ends_in_mid_question(capfd: pytest.CaptureFixture[str]) -> None:
    from tests.servers.trino_http import trino_server  # noqa: PLC0415 -- the client is an extra's

    with trino_server(SALES) as server, opened(server.url()) as engine:

        def end() -> None:
            server.refuses = 500

        with meanwhile(end, lambda: is_busy(server)):
            assert failure(engine, BUSY) == ("lost", "error 500: not now")
        assert failure(engine, "SELECT 1") == ("lost", "error 500: not now")
    assert capfd.readouterr() == ("", "")


# --- the catalogue -------------------------------------------------------------------------


def test_tables_columns_and_decimals(engine: ServerEngine) -> None:
    assert sorted(engine.tables()) == ["days", "many", "nobody", "other.more", "sales"]
    types = engine.columns(["sales"])
    assert (types["amount"], types["day"], types["id"]) == ("DECIMAL(12, 2)", "DATE", "INTEGER")
    kinds = [DIALECTS["trino"].kind_of(types[name]) for name in ("paid_at", "plain", "weight")]
    assert kinds == [Kind.ZONED, Kind.MOMENT, Kind.NUMBER]
    assert engine.columns(["sale"]) == {}
    assert engine.columns(["memory", "main", "sales"]) == types
    assert engine.columns(["elsewhere", "main", "sales"]) == {}
    assert engine.columns(["other", "more"]) == {"id": "INTEGER"}
    assert engine.facts(["sales"]) == TableFacts(None, {"amount": 2})
    assert engine.decimals("SELECT amount, id FROM sales") == {"amount": 2}


def test_an_estimate_is_of_what_is_read(engine: ServerEngine) -> None:
    """One that nobody knows counts for nothing."""
    told = engine.estimate("SELECT * FROM sales CROSS JOIN many CROSS JOIN nobody")
    assert told == Scan(rows=10_003)
