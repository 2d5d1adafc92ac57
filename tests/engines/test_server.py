"""A server as an engine, on PostgreSQL: what it reads and refuses, and how connections end."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pytest

from kpidsl.engines.base import EngineError, TableFacts, ValueType
from kpidsl.model.sources import Source, TableOrigin
from tests.servers.asking import (
    ctrl_c,
    failure,
    keeps_nothing,
    meanwhile,
    opened,
    unconnected,
    until,
)
from tests.servers.proxy import proxy

if TYPE_CHECKING:
    from kpidsl.engines.attended import Stoppable
    from kpidsl.engines.server import ServerEngine
    from tests.servers.postgres import PostgresServer

pytestmark = pytest.mark.postgres

TABLES = (
    """CREATE TABLE sales (
      id INTEGER PRIMARY KEY, amount NUMERIC(12, 2), weight DOUBLE PRECISION, paid_at TIMESTAMPTZ,
      day DATE, channel VARCHAR(20), ref UUID, "net price" NUMERIC, pieces BIGINT
    )""",
    """INSERT INTO sales VALUES
      (1, 10.10, 0.5, '2026-03-28 23:30+00', '2026-03-28', 'a',
       '00000000-0000-0000-0000-00000000000a', 1.500, 9007199254740993),
      (2, 20.00, 1.5, '2026-03-29 01:30+00', '2026-03-29', NULL, NULL, 2, 1)""",
    "CREATE SCHEMA shop",
    "CREATE VIEW shop.days AS SELECT day FROM sales",
    "ANALYZE sales",
)
SLEEP = "SELECT pg_sleep(30)"


@pytest.fixture
def url(postgres_server: PostgresServer, postgres_url: str) -> str:
    postgres_server.run(postgres_url, *TABLES)
    return postgres_url


@pytest.fixture
def engine(url: str) -> Iterator[ServerEngine]:
    with opened(url) as engine:
        yield engine


# --- values --------------------------------------------------------------------------------


def test_values_have_the_types_of_answers(engine: ServerEngine) -> None:
    """Berlin is one hour before UTC until 01:00 of 29 March 2026, then two."""
    table = engine.run("SELECT * FROM sales ORDER BY id")
    assert table.columns == (
        *("id", "amount", "weight", "paid_at", "day", "channel", "ref", "net price", "pieces"),
    )
    assert table.rows == [
        (
            *(1, Decimal("10.10"), 0.5, datetime(2026, 3, 29, 0, 30), date(2026, 3, 28), "a"),  # noqa: DTZ001
            *("00000000-0000-0000-0000-00000000000a", Decimal("1.500"), 9007199254740993),
        ),
        (
            *(2, Decimal("20.00"), 1.5, datetime(2026, 3, 29, 3, 30), date(2026, 3, 29), None),  # noqa: DTZ001
            *(None, 2, 1),
        ),
    ]


def test_values_have_the_types_that_are_asked_for(engine: ServerEngine) -> None:
    """PostgreSQL's sum of BIGINT is a NUMERIC, its average too."""
    sql = "SELECT SUM(pieces), SUM(pieces), AVG(id), COUNT(*), SUM(amount) FROM sales"
    types = [
        *(ValueType.EXACT, ValueType.MONEY, ValueType.FLOAT, ValueType.FLOAT, ValueType.EXACT),
    ]
    [row] = engine.run(sql, types).rows
    expected = (9007199254740994, Decimal(9007199254740994), 1.5, 2.0, Decimal("30.10"))
    assert [(type(value), value) for value in row] == [(type(item), item) for item in expected]


def test_signs_of_parameters_are_text(engine: ServerEngine) -> None:
    assert engine.run("SELECT '50% off :x ::y %s', 7 % 4 -- %(z)s").rows == [
        ("50% off :x ::y %s", 3)
    ]


def test_an_answer_without_rows_has_columns(engine: ServerEngine) -> None:
    table = engine.run("SELECT id, day FROM sales WHERE id = 3")
    assert (table.columns, table.rows) == (("id", "day"), [])


def test_infinity_is_told(engine: ServerEngine) -> None:
    assert engine.run("SELECT CAST('infinity' AS NUMERIC)").rows == [(float("inf"),)]
    assert failure(engine, "SELECT CAST('infinity' AS DATE)")[0] == "value"


def test_blanks_that_fill_a_text_up_are_no_part_of_it(engine: ServerEngine) -> None:
    """As they are none where it is compared: nobody could ask for the member `EU   `."""
    filled = "SELECT CAST('EU' AS CHAR(5)), CAST('EU   ' AS VARCHAR(5)), CAST(E'EU\\t' AS CHAR(5))"
    assert engine.run(filled).rows == [("EU", "EU   ", "EU\t")]


@pytest.mark.parametrize("style", ["iso_8601", "sql_standard"])
def test_spans_of_time_are_read_however_the_server_writes_them(url: str, style: str) -> None:
    with opened(f"{url}?options=-c%20IntervalStyle%3D{style}") as engine:
        assert engine.run("SELECT INTERVAL '1 day 2 hours'").rows == [("1 day, 2:00:00",)]


def test_a_day_is_not_taken_for_a_month(engine: ServerEngine) -> None:
    """The server's own dates begin with the day, as its settings say; others with the month."""
    assert failure(engine, "SELECT CAST('01/02/2025' AS TIMESTAMP)")[0] == "value"
    found = engine.run("SELECT CAST('2025-02-01' AS DATE)").rows
    assert found == [(date(2025, 2, 1),)]


# --- reading only --------------------------------------------------------------------------

WRITING = [
    "CREATE TABLE more (id INTEGER)",
    "DELETE FROM sales",
    "INSERT INTO sales (id) VALUES (3) RETURNING id",
    "WITH gone AS (DELETE FROM sales RETURNING id) SELECT * FROM gone",
    "SELECT 1; CREATE TABLE more (id INTEGER)",
    "SELECT 1) AS x; COMMIT; CREATE TABLE more (id INTEGER); SELECT * FROM (SELECT 1",
    "SELECT lo_create(0)",
    "SELECT set_config('transaction_read_only', 'off', false)",
    "SELECT set_config('default_transaction_read_only', 'off', false); DELETE FROM sales",
]


@pytest.mark.parametrize("options", ["", "?options=-c%20default_transaction_read_only%3Doff"])
def test_nothing_is_written(postgres_server: PostgresServer, url: str, options: str) -> None:
    before = postgres_server.run(url, "SELECT count(*) FROM pg_class")
    with opened(url + options) as engine:
        for statement in WRITING:
            failure(engine, statement)
        assert failure(engine, "SELECT lo_create(0)")[0] == "writing"
    assert postgres_server.run(url, "SELECT count(*) FROM pg_class") == before
    assert postgres_server.run(url, "SELECT count(*) FROM sales") == [(2,)]
    assert postgres_server.run(url, "SELECT count(*) FROM pg_largeobject_metadata") == [(0,)]


def test_no_file_is_written(
    postgres_server: PostgresServer, engine: ServerEngine, url: str
) -> None:
    """That the server could write it is shown by whom nothing keeps from it."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o777)  # a server doesn't run as root
        failure(engine, f"COPY sales TO '{folder}/refused'")
        postgres_server.run(url, f"COPY sales TO '{folder}/written'")
        assert [file.name for file in folder.iterdir()] == ["written"]


def test_a_url_does_not_end_the_transactions(url: str) -> None:
    with opened(f"{url}?autocommit=true") as engine:
        assert failure(engine, "SELECT lo_create(0)")[0] == "writing"


def test_what_a_statement_sets_is_gone_with_it(engine: ServerEngine) -> None:
    for setting, value in (("TimeZone", "Asia/Tokyo"), ("default_transaction_read_only", "off")):
        engine.run(f"SELECT set_config('{setting}', '{value}', false)")
    assert engine.run(
        "SELECT current_setting('TimeZone'), current_setting('transaction_read_only')"
    ).rows == [("Europe/Berlin", "on")]


def test_nothing_is_kept(engine: ServerEngine) -> None:
    assert keeps_nothing(engine)


# --- what fails ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sql", "kind", "said"),
    [
        ("SELECT * FROM sale", "missing table", "sale"),
        ("SELECT * FROM nowhere.sales", "missing table", "nowhere.sales"),
        ("SELECT ammount FROM sales", "missing column", 'no such column: "ammount"'),
        ('SELECT "sales"."no ""way""" FROM sales', "missing column", 'column: "no "way""'),
        ("SELECT CAST('n/a' AS NUMERIC)", "value", "n/a"),
        ("SELECT 9223372036854775807 + pieces FROM sales", "overflow", "out of range"),
        ("SELECT 1 / (id - 1) FROM sales", "division", "division by zero"),
        ("SELECT nosuch(id) FROM sales", "other", "nosuch"),
        ("SELECT generate_series(1, 1001)", "too many rows", "1,000"),
    ],
)
def test_failures_have_kinds(engine: ServerEngine, sql: str, kind: str, said: str) -> None:
    found, text = failure(engine, sql)
    assert found == kind
    assert said in text
    assert "\n" not in text
    assert engine.run("SELECT id FROM sales WHERE id = 1").rows == [(1,)]


def test_a_value_that_the_driver_cannot_read(engine: ServerEngine) -> None:
    """Python reads no number of more than 4,300 digits, and says so by an error of its own."""
    kind, text = failure(engine, "SELECT CAST(repeat('9', 5000) AS JSON)")
    assert kind == "value"
    assert "4300 digits" in text
    assert engine.run("SELECT 1").rows == [(1,)]


def test_a_limit_of_temporary_files(postgres_server: PostgresServer, url: str) -> None:
    name = url.rpartition("/")[2]
    limits = {"temp_file_limit": "100kB", "work_mem": "64kB"}
    for setting, value in limits.items():
        postgres_server.run(url, f"ALTER DATABASE {name} SET {setting} = '{value}'")
    with opened(url) as engine:
        kind, text = failure(engine, "SELECT g FROM generate_series(1, 200000) AS g ORDER BY -g")
        assert kind == "disk"
        assert "temp_file_limit" in text
        assert engine.run("SELECT 1").rows == [(1,)]


def test_as_many_rows_as_are_allowed(engine: ServerEngine) -> None:
    numbers = engine.run("SELECT g FROM generate_series(1, 1000) AS g ORDER BY g DESC").rows
    assert numbers == [(number,) for number in range(1000, 0, -1)]


def test_a_right_that_is_missing(postgres_server: PostgresServer, url: str) -> None:
    name = url.rpartition("/")[2]
    postgres_server.run(url, f"CREATE ROLE reader_{name} LOGIN PASSWORD 'x'")
    try:
        with opened(f"postgresql://reader_{name}:x@127.0.0.1:{postgres_server.port}/{name}") as one:
            kind, text = failure(one, "SELECT * FROM sales")
            assert (kind, text) == ("permission", "permission denied for table sales")
    finally:
        postgres_server.run(url, f"DROP ROLE reader_{name}")


def test_a_table_that_changes_between_two_runs(
    postgres_server: PostgresServer, engine: ServerEngine, url: str
) -> None:
    for _ in range(7):  # psycopg prepares by itself what runs five times
        assert engine.run("SELECT * FROM shop.days").columns == ("day",)
    change = "CREATE OR REPLACE VIEW shop.days AS SELECT day, id FROM sales"
    postgres_server.run(url, change)
    assert engine.run("SELECT * FROM shop.days").columns == ("day", "id")
    assert engine.run("SELECT channel FROM sales WHERE id = 1").rows == [("a",)]
    postgres_server.run(url, "ALTER TABLE sales RENAME channel TO way")
    assert failure(engine, "SELECT channel FROM sales WHERE id = 1")[0] == "missing column"
    assert list(engine.columns(["sales"]))[5] == "way"


# --- stopping ------------------------------------------------------------------------------


def test_the_server_stops_a_statement_in_time(
    postgres_server: PostgresServer, url: str, stopped_by_us: list[Stoppable]
) -> None:
    with opened(url, timeout=2) as engine:
        assert failure(engine, SLEEP) == ("timeout", "stopped after 2 s")
        assert stopped_by_us == []
        assert postgres_server.asleep(url) == []
        assert engine.run("SELECT 1").rows == [(1,)]


def test_a_statement_is_cancelled_on_the_server(
    postgres_server: PostgresServer, engine: ServerEngine, url: str
) -> None:
    with meanwhile(engine.cancel, lambda: postgres_server.asleep(url)):
        assert failure(engine, SLEEP)[0] == "cancelled"
    assert postgres_server.asleep(url) == []
    assert engine.run("SELECT 1").rows == [(1,)]


def test_ctrl_c_cancels_on_the_server(
    postgres_server: PostgresServer, engine: ServerEngine, url: str
) -> None:
    with (
        pytest.raises(KeyboardInterrupt),
        meanwhile(ctrl_c(), lambda: postgres_server.asleep(url)),
    ):
        engine.run(SLEEP)
    assert postgres_server.asleep(url) == []
    assert engine.run("SELECT 1").rows == [(1,)]


def test_a_server_that_falls_silent_is_left(
    postgres_server: PostgresServer, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with proxy(postgres_server.port) as line:
        behind = url.replace(str(postgres_server.port), str(line.port))
        with opened(behind, timeout=0.2) as engine:
            monkeypatch.setattr("kpidsl.engines.server._GRACE", 0.3)
            monkeypatch.setattr("kpidsl.engines.attended.PATIENCE", 0)
            line.frozen.set()
            begun = time.monotonic()
            assert failure(engine, SLEEP)[0] == "timeout"
            assert time.monotonic() - begun < 20


def test_more_questions_at_once_than_connections(engine: ServerEngine) -> None:
    def asked(number: int) -> object:
        return engine.run(f"SELECT {number} FROM pg_sleep(0.1)").rows[0][0]  # noqa: S608

    with ThreadPoolExecutor(9) as pool:
        assert list(pool.map(asked, range(9))) == list(range(9))


# --- connections ---------------------------------------------------------------------------


def test_a_connection_that_is_lost(
    postgres_server: PostgresServer,
    engine: ServerEngine,
    url: str,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """The statement may have run, and is not sent a second time."""
    with meanwhile(lambda: postgres_server.end_sleep(url), lambda: postgres_server.asleep(url)):
        kind, text = failure(engine, SLEEP)
    assert kind == "lost"
    assert "terminating connection" in text
    assert postgres_server.asleep(url) == []
    assert engine.run("SELECT 1").rows == [(1,)]
    assert caplog.records == []
    assert capfd.readouterr() == ("", "")


def test_a_connection_that_ended_meanwhile_is_made_anew(
    postgres_server: PostgresServer, engine: ServerEngine, url: str
) -> None:
    [(pid,)] = engine.run("SELECT pg_backend_pid()").rows
    postgres_server.run(url, f"SELECT pg_terminate_backend({pid}, 5000)")
    [(other,)] = engine.run("SELECT pg_backend_pid()").rows
    assert other != pid


@pytest.mark.usefixtures("at_once")
@pytest.mark.parametrize(("dropped", "connects"), [(2, True), (3, False)])
def test_connecting_is_tried_three_times(
    postgres_server: PostgresServer, url: str, dropped: int, connects: bool
) -> None:
    with proxy(postgres_server.port, dropped) as line:
        behind = url.replace(str(postgres_server.port), str(line.port))
        if connects:
            with opened(behind) as engine:
                assert engine.run("SELECT 1").rows == [(1,)]
        else:
            assert unconnected(behind).code == "K932"
        assert line.count == 3


@pytest.mark.usefixtures("at_once")
def test_a_wrong_password_is_tried_once(postgres_server: PostgresServer) -> None:
    with proxy(postgres_server.port) as line:
        url = f"postgresql://postgres:guess@127.0.0.1:{line.port}/postgres"
        assert unconnected(url).code == "K933"
        assert line.count == 1


def test_a_time_zone_that_the_server_does_not_know(url: str) -> None:
    found = unconnected(url, "Mars/Phobos")
    assert found.code == "K936"
    assert "Mars/Phobos" in found.message


def test_operators_see_who_asks(url: str) -> None:
    with opened(url, tag="kpidsl 1, definitions */ abc") as engine:
        [(name, query)] = engine.run(
            "SELECT application_name, query FROM pg_stat_activity WHERE pid = pg_backend_pid()"
        ).rows
    assert name == "kpidsl"
    assert isinstance(query, str)
    assert query.startswith("/* kpidsl 1, definitions  abc */ SELECT")


# --- the catalogue -------------------------------------------------------------------------


def test_tables_columns_and_sizes(engine: ServerEngine) -> None:
    assert engine.tables() == ["sales", "shop.days"]
    assert engine.columns(["shop", "days"]) == {"day": "DATE"}
    types = engine.columns(["sales"])
    assert types["amount"] == "NUMERIC(12, 2)"
    assert types["paid_at"] == "TIMESTAMP WITH TIME ZONE"
    assert engine.columns(["sale"]) == {}
    assert engine.facts(["sales"]) == TableFacts(2, {"amount": 2})
    assert engine.facts(["shop", "days"]) == TableFacts(None, {})
    assert engine.facts(["it's", 'a "table"']) == TableFacts(None, {})


def test_a_column_of_a_type_that_nobody_knows(
    postgres_server: PostgresServer, engine: ServerEngine, url: str
) -> None:
    postgres_server.run(url, "CREATE TABLE places (id BIGINT, at POINT)")
    assert engine.columns(["places"]) == {"id": "BIGINT", "at": ""}


def test_tables_of_all_kinds(postgres_server: PostgresServer, url: str) -> None:
    postgres_server.run(
        url,
        "CREATE MATERIALIZED VIEW shop.months AS SELECT day FROM sales",
        "CREATE FOREIGN DATA WRAPPER others",
        "CREATE SERVER elsewhere FOREIGN DATA WRAPPER others",
        "CREATE FOREIGN TABLE shop.others (id INTEGER) SERVER elsewhere",
    )
    with opened(url) as engine:
        assert engine.tables() == ["sales", "shop.days", "shop.months", "shop.others"]


def test_decimals_of_a_statement(engine: ServerEngine) -> None:
    sql = 'SELECT amount, amount * 2 AS twice, id, "net price" FROM sales'
    # What declares no places may have any.
    assert engine.decimals(sql) == {"amount": 2, "net price": 16383, "twice": 16383}
    with pytest.raises(EngineError):
        engine.decimals("SELECT nothing FROM sales")


# --- what tells that rows are the same -------------------------------------------------------


def state(engine: ServerEngine, *path: str) -> str | None:
    return engine.state(Source(name="s", span=None, origin=TableOrigin(path=path)))


def test_a_table_is_the_same_until_anything_is_written(
    url: str, engine: ServerEngine, postgres_server: PostgresServer
) -> None:
    # The server itself writes into its log now and then, and not all the time.
    assert until(lambda: state(engine, "sales") == state(engine, "sales"))
    before = state(engine, "sales")
    assert before
    postgres_server.run(url, "UPDATE sales SET amount = 1 WHERE id = 2")
    assert state(engine, "sales") not in {None, before}


def test_a_table_without_a_log_is_watched_too(
    url: str, engine: ServerEngine, postgres_server: PostgresServer
) -> None:
    """The rows of an unlogged table are in no log; that something was committed is."""
    postgres_server.run(url, "CREATE UNLOGGED TABLE hasty (id INTEGER)")
    before = state(engine, "hasty")
    assert before
    postgres_server.run(url, "INSERT INTO hasty VALUES (1)")
    assert state(engine, "hasty") != before


@pytest.mark.parametrize(
    ("statement", "path"),
    [
        ("SELECT 1", ("nowhere",)),
        ("SELECT 1", ("shop", "days")),  # a view may ask what day it is
        ("ALTER TABLE sales ENABLE ROW LEVEL SECURITY", ("sales",)),  # and so may a policy
        (
            (
                "CREATE FOREIGN DATA WRAPPER w; CREATE SERVER far FOREIGN DATA WRAPPER w; "
                "CREATE FOREIGN TABLE f (id INTEGER) SERVER far"
            ),
            ("sales",),  # of which a partition may be such a table
        ),
    ],
)
def test_what_may_hold_more_than_its_rows_has_no_state(
    url: str,
    engine: ServerEngine,
    postgres_server: PostgresServer,
    statement: str,
    path: tuple[str, ...],
) -> None:
    for each in statement.split("; "):
        postgres_server.run(url, each)
    assert state(engine, *path) is None
