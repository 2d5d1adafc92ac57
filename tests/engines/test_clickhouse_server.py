"""ClickHouse as a server: what it reads and refuses, and how statements end.

Its engine is the real one; `tests.servers.clickhouse_http` says what of a server is not.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from kpidsl.engines.base import EngineError, TableFacts, ValueType
from kpidsl.sql.dialects.clickhouse import SETTINGS_TEXT
from tests.servers.asking import ctrl_c, failure, keeps_nothing, meanwhile, opened, until
from tests.servers.proxy import Proxy

if TYPE_CHECKING:
    from kpidsl.engines.attended import Stoppable
    from kpidsl.engines.server import ServerEngine
    from tests.servers.clickhouse import ClickHouseServer

pytestmark = pytest.mark.clickhouse

SALES = (
    """CREATE TABLE {0}.sales (
      id Int32, amount Nullable(Decimal(12, 2)), weight Float64, paid_at DateTime64(3, 'UTC'),
      plain DateTime, day Date, channel LowCardinality(Nullable(String)), ref Nullable(UUID),
      "net price" Decimal(38, 3), pieces Int64, code FixedString(4), is_open Bool
    ) ENGINE = MergeTree ORDER BY id""",
    """INSERT INTO {0}.sales SETTINGS session_timezone = 'UTC' VALUES
      (1, 10.10, 0.5, '2026-03-28 23:30:00', '2026-03-28 23:30:00', '2026-03-28', 'a',
       '00000000-0000-0000-0000-00000000000a', 1.5, 9007199254740993, 'ab', true),
      (2, 20.00, 1.5, '2026-03-29 01:30:00', '2026-03-29 01:30:00', '2026-03-29', NULL, NULL, 2, 1,
       'abcd', false)""",
    "CREATE VIEW {0}.days AS SELECT day FROM {0}.sales",
)
BUSY = "SELECT count() FROM numbers(1000000000000) WHERE cityHash64(number) = 1"


@pytest.fixture
def url(clickhouse_server: ClickHouseServer, clickhouse_database: str) -> str:
    for statement in SALES:
        clickhouse_server.client.command(statement.format(clickhouse_database))
    return clickhouse_server.url(clickhouse_database)


@pytest.fixture
def engine(url: str) -> Iterator[ServerEngine]:
    with opened(url) as engine:
        yield engine


def running(server: ClickHouseServer) -> list[object]:
    rows = server.run(
        "SELECT query_id FROM system.processes "
        "WHERE query LIKE '%1000000000000%' AND query NOT LIKE '%system.processes%'"
    )
    return [name for (name,) in rows]


# --- values --------------------------------------------------------------------------------


def test_values_have_the_types_of_answers(engine: ServerEngine) -> None:
    """What is no instant by its type is shown as UTC has it, whatever the server's clock says."""
    table = engine.run("SELECT * EXCEPT (paid_at) FROM sales ORDER BY id")
    assert table.rows == [
        (
            *(1, Decimal("10.10"), 0.5, datetime(2026, 3, 28, 23, 30), date(2026, 3, 28), "a"),  # noqa: DTZ001
            *("00000000-0000-0000-0000-00000000000a", Decimal("1.500"), 9007199254740993),
            *("ab", True),
        ),
        (
            *(2, Decimal("20.00"), 1.5, datetime(2026, 3, 29, 1, 30), date(2026, 3, 29), None),  # noqa: DTZ001
            *(None, Decimal("2.000"), 1, "abcd", False),
        ),
    ]


def test_values_have_the_types_that_are_asked_for(engine: ServerEngine) -> None:
    """A whole number of any size comes as a decimal, and what is true as 1."""
    sql = (
        "SELECT sum(pieces + CAST(0 AS Decimal(76, 0))), sum(pieces), avg(id), count(), "
        "sum(amount), max(id) > 1, max(id) > 2 FROM sales"
    )
    types = [
        *(ValueType.EXACT, ValueType.MONEY, ValueType.FLOAT, ValueType.FLOAT, ValueType.EXACT),
        *(ValueType.BOOLEAN, ValueType.BOOLEAN),
    ]
    [row] = engine.run(sql, types).rows
    expected = (
        *(9007199254740994, Decimal(9007199254740994), 1.5, 2.0, Decimal("30.10")),
        *(True, False),
    )
    assert [(type(value), value) for value in row] == [(type(item), item) for item in expected]


def test_signs_of_parameters_are_text(engine: ServerEngine) -> None:
    assert engine.run("SELECT '50% off :x ::y %s %% {x:String}', 7 % 4 -- %(z)s").rows == [
        ("50% off :x ::y %s %% {x:String}", 3)
    ]


def test_an_answer_without_rows_has_columns(engine: ServerEngine) -> None:
    table = engine.run("SELECT id, day FROM sales WHERE id = 3")
    assert (table.columns, table.rows) == (("id", "day"), [])


def test_infinity_is_told(engine: ServerEngine) -> None:
    assert engine.run("SELECT 1 / 0").rows == [(float("inf"),)]


# --- reading only --------------------------------------------------------------------------

WRITING = [
    "CREATE TABLE more (id Int32) ENGINE = Memory",
    "INSERT INTO sales (id) VALUES (3)",
    "ALTER TABLE sales DELETE WHERE 1",
    "TRUNCATE TABLE sales",
    "DROP TABLE sales",
    "SET readonly = 0",
    "SELECT 1 SETTINGS readonly = 0",
    "SELECT 1; DROP TABLE sales",
]


@pytest.mark.parametrize("options", ["", "?readonly=0&ch_readonly=0"])
def test_nothing_is_written(
    clickhouse_server: ClickHouseServer, clickhouse_database: str, url: str, options: str
) -> None:
    with opened(url + options) as engine:
        for statement in WRITING:
            failure(engine, statement)
        assert failure(engine, WRITING[0])[0] == "writing"
        assert failure(engine, WRITING[6])[0] == "writing"
        assert engine.run("SELECT getSetting('readonly')").rows == [(2,)]
    database = clickhouse_database
    assert clickhouse_server.run(f"SELECT count() FROM {database}.sales") == [(2,)]  # noqa: S608
    assert clickhouse_server.run(f"SHOW TABLES FROM {database}") == [("days",), ("sales",)]


def test_nothing_is_kept(engine: ServerEngine) -> None:
    assert keeps_nothing(engine)


# --- what fails ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sql", "kind", "said"),
    [
        ("SELECT * FROM sale", "missing table", "sale"),
        ("SELECT * FROM nowhere.sales", "missing table", "nowhere"),
        ("SELECT ammount FROM sales", "missing column", 'no such column: "ammount"'),
        ('SELECT "sales"."no way" FROM sales', "missing column", 'no such column: "no way"'),
        ("SELECT toDecimal64('n/a', 2)", "value", "n/a"),
        ("SELECT sum(channel) FROM sales", "value", "String"),
        ("SELECT CAST(1e9 AS Decimal(4, 2))", "overflow", "out of Decimal range"),
        ("SELECT throwIf(id = 1) FROM sales", "overflow", "throwIf"),
        ("SELECT intDiv(1, id - 1) FROM sales", "division", "Division by zero"),
        ("SELECT nosuch(id) FROM sales", "other", "`nosuch`"),
        ("SELECT 'x", "other", "not closed"),
        ("SELECT number FROM numbers(1001)", "too many rows", "1,000"),
    ],
)
def test_failures_have_kinds(engine: ServerEngine, sql: str, kind: str, said: str) -> None:
    found, text = failure(engine, sql)
    assert found == kind
    assert said in text
    assert not any(word in text for word in ("\n", "DB::Exception", "version", "url", "In scope"))
    assert engine.run("SELECT id FROM sales WHERE id = 1").rows == [(1,)]


def test_as_many_rows_as_are_allowed(engine: ServerEngine) -> None:
    numbers = engine.run("SELECT number FROM numbers(1000) ORDER BY number DESC").rows
    assert numbers == [(number,) for number in range(999, -1, -1)]


def test_fewer_rows_than_are_allowed(engine: ServerEngine) -> None:
    sql = "SELECT number FROM numbers(5000) ORDER BY number DESC LIMIT 2"
    assert engine.run(sql).rows == [(4999,), (4998,)]


@pytest.mark.parametrize(
    "setting",
    ["offset=1", "use_query_cache=1", "empty_result_for_aggregation_by_empty_set=1"],
)
def test_settings_of_others_leave_no_row_out(url: str, setting: str) -> None:
    sql = f"SELECT COUNT(*) FROM sales WHERE id = 99 SETTINGS {SETTINGS_TEXT}"  # noqa: S608
    with opened(f"{url}?{setting}") as engine:
        assert engine.run("SELECT id, now64() > toDate(0) FROM sales ORDER BY id").rows == [
            (1, True),
            (2, True),
        ]
        assert engine.run(sql).rows == [(0,)]


def test_a_part_of_an_answer_is_none(engine: ServerEngine) -> None:
    """A server may be told to give what it has when a limit is reached."""
    settings = engine.run(
        "SELECT name, value FROM system.settings "
        "WHERE name LIKE '%\\_overflow\\_mode%' AND value <> 'throw'"
    )
    assert [name for name, _ in settings.rows] == []


def test_a_long_statement(engine: ServerEngine) -> None:
    """ClickHouse reads 256 KiB by default, and counts the nodes of what it has read."""
    assert engine.run(f"SELECT 1 WHERE '{'x' * 400_000}' <> ''").rows == [(1,)]
    [(numbers,)] = engine.run(f"SELECT length([{', '.join(['1'] * 60_000)}])").rows
    assert numbers == 60_000


# --- stopping ------------------------------------------------------------------------------


def test_the_server_stops_a_statement_in_time(
    clickhouse_server: ClickHouseServer, url: str, stopped_by_us: list[Stoppable]
) -> None:
    with opened(url, timeout=2) as engine:
        assert failure(engine, BUSY) == ("timeout", "stopped after 2 s")
        assert stopped_by_us == []
        assert running(clickhouse_server) == []
        assert engine.run("SELECT 1").rows == [(1,)]


def test_a_statement_is_cancelled_on_the_server(
    clickhouse_server: ClickHouseServer, engine: ServerEngine
) -> None:
    with meanwhile(engine.cancel, lambda: running(clickhouse_server)):
        assert failure(engine, BUSY)[0] == "cancelled"
    assert running(clickhouse_server) == []
    assert engine.run("SELECT 1").rows == [(1,)]


def test_what_others_run_is_not_cancelled(
    clickhouse_server: ClickHouseServer, engine: ServerEngine, url: str
) -> None:
    with opened(url) as neighbour, ThreadPoolExecutor(2) as pool:
        asked = [pool.submit(failure, one, BUSY) for one in (engine, neighbour)]
        assert until(lambda: len(running(clickhouse_server)) == 2)
        engine.cancel()
        assert asked[0].result()[0] == "cancelled"
        assert len(running(clickhouse_server)) == 1
        neighbour.cancel()
        assert asked[1].result()[0] == "cancelled"


def test_ctrl_c_cancels_on_the_server(
    clickhouse_server: ClickHouseServer, engine: ServerEngine
) -> None:
    with (
        pytest.raises(KeyboardInterrupt),
        meanwhile(ctrl_c(), lambda: running(clickhouse_server)),
    ):
        engine.run(BUSY)
    assert running(clickhouse_server) == []


def test_more_questions_at_once_than_connections(engine: ServerEngine) -> None:
    def asked(number: int) -> object:
        return engine.run(f"SELECT {number} FROM numbers(1) WHERE sleep(0.1) = 0").rows[0][0]  # noqa: S608

    with ThreadPoolExecutor(9) as pool:
        assert list(pool.map(asked, range(9))) == list(range(9))


@pytest.mark.usefixtures("at_once")
def test_a_server_that_ends_in_mid_question(
    caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    from tests.servers.clickhouse import clickhouse_server  # noqa: PLC0415 -- of an extra

    with clickhouse_server() as server, opened(server.url()) as engine:
        with meanwhile(server.process.kill, lambda: running(server)):
            kind, text = failure(engine, BUSY)
        assert kind == "lost"
        assert "closed" in text or "reset" in text
        assert "http" not in text
        assert failure(engine, "SELECT 1")[0] == "lost"
    assert [item for item in caplog.records if item.name == "root"] == []
    assert capfd.readouterr() == ("", "")


class Deaf(Proxy):
    """A line that ends when a statement comes over it."""

    statement = b"40 + 2"
    sent = 0

    def _pass_on(self, source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError), source:
            while data := source.recv(65536):
                if self.statement in data:
                    self.sent += 1
                    break
                sink.sendall(data)
            for end in (source, sink):
                end.shutdown(socket.SHUT_RDWR)


def test_a_statement_is_not_sent_again(clickhouse_server: ClickHouseServer, url: str) -> None:
    """It may have run, though the server ends the connection without an answer."""
    line = Deaf(clickhouse_server.port)
    try:
        with opened(url.replace(f":{clickhouse_server.port}", f":{line.port}")) as engine:
            assert failure(engine, "SELECT 40 + 2")[0] == "lost"
            assert line.sent == 1
            assert engine.run("SELECT 1").rows == [(1,)]
    finally:
        line.close()


def test_operators_see_who_asks(engine: ServerEngine) -> None:
    [(query, comment)] = engine.run(
        "SELECT query, Settings['log_comment'] FROM system.processes "
        "WHERE query LIKE '%system.processes%'"
    ).rows
    assert isinstance(query, str)
    assert isinstance(comment, str)
    assert query.startswith("/* kpidsl 1 */ SELECT")
    assert comment.startswith("kpidsl ")


# --- the catalogue -------------------------------------------------------------------------


def test_tables_columns_and_sizes(
    clickhouse_server: ClickHouseServer, clickhouse_database: str, engine: ServerEngine
) -> None:
    with clickhouse_server.database() as other:
        clickhouse_server.client.command(f"CREATE TABLE {other}.more (id Int8) ENGINE = Memory")
        tables = engine.tables()
        assert [name for name in tables if "." not in name] == ["days", "sales"]
        assert f"{other}.more" in tables
        assert engine.facts([other, "more"]) == TableFacts(0, {})
    assert engine.columns(["days"]) == {"day": "Date"}
    types = engine.columns([clickhouse_database, "sales"])
    assert types["amount"] == "Nullable(Decimal(12, 2))"
    assert types["paid_at"] == "DateTime64(3, 'UTC')"
    assert engine.columns(["sale"]) == {}
    assert engine.facts(["sales"]) == TableFacts(2, {"amount": 2, "net price": 3})
    assert engine.facts(["days"]) == TableFacts(None, {})
    assert engine.facts(["it's", 'a "table"']) == TableFacts(None, {})


def test_decimals_of_a_statement(engine: ServerEngine) -> None:
    sql = 'SELECT amount, amount * 2 AS twice, id, "net price" FROM sales'
    assert engine.decimals(sql) == {"amount": 2, "twice": 2, "net price": 3}
    with pytest.raises(EngineError):
        engine.decimals("SELECT nothing FROM sales")
