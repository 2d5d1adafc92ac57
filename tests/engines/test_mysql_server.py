"""What differs on MySQL from other servers, tried on MariaDB."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import kpidsl
from kpidsl.engines.base import EngineError, TableFacts, ValueType
from kpidsl.engines.servers import Refusal
from kpidsl.engines.servers.mysql import MySQL
from kpidsl.text.diagnostic import has_errors
from tests.servers.asking import (
    ctrl_c,
    failure,
    keeps_nothing,
    meanwhile,
    opened,
    unconnected,
)
from tests.servers.proxy import proxy

if TYPE_CHECKING:
    from kpidsl.engines.attended import Stoppable
    from kpidsl.engines.server import ServerEngine
    from tests.servers.mysql import MySQLServer

pytestmark = pytest.mark.mysql

TABLES = (
    """CREATE TABLE sales (
      id INTEGER PRIMARY KEY, amount DECIMAL(12, 2), weight DOUBLE, paid_at TIMESTAMP(3) NULL,
      day DATE, channel VARCHAR(20), big BOOLEAN, `net price` DECIMAL(9, 3), pieces BIGINT UNSIGNED,
      ref BINARY(2)
    )""",
    "SET time_zone = '+00:00'",
    """INSERT INTO sales VALUES
      (1, 10.10, 0.5, '2026-03-28 23:30', '2026-03-28', 'a', TRUE, 1.5, 9007199254740993, 'xy'),
      (2, 20.00, 1.5, '2026-03-29 01:30', '2026-03-29', NULL, FALSE, 2, 1, NULL)""",
    "CREATE VIEW days AS SELECT day FROM sales",
    "ANALYZE TABLE sales",
)
CALLS_ITSELF = (
    "WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 5000) "
    "SELECT COUNT(*) FROM n"
)
SLEEP = "SELECT SLEEP(30)"


@pytest.fixture
def url(mysql_server: MySQLServer, mysql_database: str) -> str:
    mysql_server.run(*TABLES, database=mysql_database)
    return mysql_server.url(mysql_database)


@pytest.fixture
def engine(url: str) -> Iterator[ServerEngine]:
    with opened(url, rows=100) as engine:
        yield engine


# --- values --------------------------------------------------------------------------------


def test_values_have_the_types_of_answers(engine: ServerEngine) -> None:
    """The server's clock is 13 hours ahead of UTC, in which moments are read."""
    table = engine.run("SELECT * FROM sales ORDER BY id DESC")
    assert table.columns[:4] == ("id", "amount", "weight", "paid_at")
    assert table.rows == [
        (
            *(2, Decimal("20.00"), 1.5, datetime(2026, 3, 29, 1, 30), date(2026, 3, 29), None),  # noqa: DTZ001
            *(0, Decimal("2.000"), 1, None),
        ),
        (
            *(1, Decimal("10.10"), 0.5, datetime(2026, 3, 28, 23, 30), date(2026, 3, 28), "a"),  # noqa: DTZ001
            *(1, Decimal("1.500"), 9007199254740993, "xy"),
        ),
    ]


def test_values_have_the_types_that_are_asked_for(engine: ServerEngine) -> None:
    sql = "SELECT SUM(pieces), SUM(pieces), AVG(id), COUNT(*), SUM(amount), MIN(big) FROM sales"
    types = [
        *(ValueType.EXACT, ValueType.MONEY, ValueType.FLOAT, ValueType.FLOAT, ValueType.EXACT),
        ValueType.BOOLEAN,
    ]
    [row] = engine.run(sql, types).rows
    expected = (9007199254740994, Decimal(9007199254740994), 1.5, 2.0, Decimal("30.10"), False)
    assert [(type(value), value) for value in row] == [(type(item), item) for item in expected]


def test_signs_of_parameters_are_text(engine: ServerEngine) -> None:
    assert engine.run("SELECT '50% off :x ::y %s', 7 % 4").rows == [("50% off :x ::y %s", 3)]


def test_unsigned_numbers_may_become_negative(engine: ServerEngine) -> None:
    assert engine.run("SELECT pieces - 2 FROM sales WHERE id = 2").rows == [(-1,)]


PROJECT = """kpidsl 1
project shop "Shop" { currency: USD, timezone: "Europe/Berlin" }
source sales {
  table: sales
  key: id
  time: paid_at { stored_as: "UTC" }
  dimensions: [big, channel]
  dimension heavy: weight > 1
  measure revenue: sum(amount) as USD
  measure middle: median(weight) as piece
}
"""


SQUARES = """kpidsl 1
project shop { currency: USD }
source sales {
  table: sales
  key: id
  measure squares: sum(price * price) as number
  measure least: min(price) as number
  measure rounded: sum(round(price, 19) * round(price, 19)) as number
  measure halves: sum(0.5 * weight) where id = 1 as number
}
"""


@contextmanager
def project(
    folder: Path, url: str, monkeypatch: pytest.MonkeyPatch, definitions: str = PROJECT
) -> Iterator[kpidsl.Project]:
    monkeypatch.setenv("SHOP_URL", url)
    settings = 'default_profile = "w"\n[profile.w]\nurl = "${SHOP_URL}"\n'
    (folder / "kpidsl.toml").write_text(settings, encoding="utf-8")
    (folder / "shop.kpi").write_text(definitions, encoding="utf-8")
    loaded = kpidsl.load(folder / "shop.kpi")
    try:
        assert not has_errors(loaded.diagnostics)
        yield loaded
    finally:
        loaded.close()


def test_truth_values_are_no_numbers(
    tmp_path: Path, mysql_server: MySQLServer, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    mysql_server.run("ALTER TABLE sales ADD bit BIT(1) AS (big)", database=url.rpartition("/")[2])
    with_bit = PROJECT.replace("[big,", "[big, bit,")
    with project(tmp_path, url, monkeypatch, with_bit) as shop:
        for dimension in ("big", "bit", "heavy"):
            rows = shop.query("revenue", by=[dimension]).rows
            assert [repr(key) for key, _ in rows] == ["False", "True"]


def test_rows_are_put_in_order_by_many_texts(engine: ServerEngine) -> None:
    """A server refuses to sort by more texts than fit into its buffer some times over."""
    texts = ", ".join(f"CONCAT(channel, '{n}'), HEX(CONCAT(channel, '{n}'))" for n in range(25))
    sql = f"SELECT ROW_NUMBER() OVER (PARTITION BY {texts} ORDER BY id) FROM sales"  # noqa: S608
    assert engine.run(sql).rows == [(1,), (1,)]


def test_bits_are_numbers(mysql_server: MySQLServer, url: str, engine: ServerEngine) -> None:
    database = url.rpartition("/")[2]
    mysql_server.run(
        "CREATE TABLE flags (held BIT(9)) AS SELECT b'100000101' AS held", database=database
    )
    assert engine.run("SELECT held, held + 0 FROM flags").rows == [(261, 261)]  # 256 + 4 + 1


LONG = """kpidsl 1
project shop { currency: USD }
source visits {
  table: visits
  key: id
  time: day
  dimensions: [url]
  measure middle: median(pages)
  measure latest: last(pages)
}
"""


def test_long_texts_that_differ_at_their_ends_stay_apart(
    tmp_path: Path, mysql_server: MySQLServer, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By default the server sorts by the first 1024 bytes. Of `a` there are 0, 2 and 4 pages, and
    of `b` 1, 3 and 5, in the order of their days."""
    start = "https://shop.example/" + "p" * 3000
    mysql_server.run(
        "CREATE TABLE visits (id INTEGER PRIMARY KEY, url TEXT, pages INTEGER, day DATE)",
        *(
            f"INSERT INTO visits VALUES ({n}, '{start}{'ab'[n % 2]}', {n}, '2026-03-0{n + 1}')"  # noqa: S608
            for n in range(6)
        ),
        database=url.rpartition("/")[2],
    )
    with project(tmp_path, url, monkeypatch, LONG) as shop:
        rows = shop.query("middle", "latest", by=["url"]).rows
        assert [(str(key)[-1], *rest) for key, *rest in rows] == [("a", 2.0, 4), ("b", 3.0, 5)]


SPANS = """kpidsl 1
project shop { currency: USD }
source sales {
  table: sales
  key: id
  dimension late: day - paid_at > 30
  measure taken: avg(day - paid_at)
  measure mean: median(paid_at)
  measure days: sum(days_between(day, 2026-04-01))
}
"""


@pytest.mark.parametrize(
    ("metric", "told"), [("taken", "`day` of `sales` holds days"), ("mean", "`paid_at` of `sales`")]
)
def test_times_are_no_numbers(
    tmp_path: Path, url: str, monkeypatch: pytest.MonkeyPatch, metric: str, told: str
) -> None:
    """To the server 2 February less 31 January is 20260202 - 20260131, or 71."""
    with project(tmp_path, url, monkeypatch, SPANS) as shop:
        with pytest.raises(kpidsl.KpidslError) as raised:
            shop.query(metric)
        found = raised.value.diagnostics
        assert {item.code for item in found} == {"K643"}
        assert told in found[0].message
        with pytest.raises(kpidsl.KpidslError) as raised:
            shop.query("days", by=["late"])
        assert [item.code for item in raised.value.diagnostics] == ["K643", "K643"]
        # 28 and 29 March are four and three days before 1 April.
        assert shop.query("days").values("days") == [7]


def test_days_are_local_ones(tmp_path: Path, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Berlin is an hour ahead of UTC, and so 23:30 is of the next day."""
    with project(tmp_path, url, monkeypatch) as shop:
        found = shop.query("revenue", "middle", by=["day"], period="2026-03-29")
        assert found.rows == ((date(2026, 3, 29), Decimal("30.10"), 1.0),)


def test_decimals_of_a_product_are_not_cut_off(
    tmp_path: Path, mysql_server: MySQLServer, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """MariaDB keeps 38 decimals of the 40 that two prices of twenty have."""
    mysql_server.run(
        "ALTER TABLE sales ADD price DECIMAL(38, 20) DEFAULT 0.00000000000000000001",
        database=url.rpartition("/")[2],
    )
    with project(tmp_path, url, monkeypatch, SQUARES) as shop:
        with pytest.raises(kpidsl.KpidslError) as raised:
            shop.query("squares")
        [problem] = raised.value.diagnostics
        assert problem.code == "K658"
        assert "has 40 decimals, and would be rounded to 38" in problem.message
        with pytest.raises(kpidsl.KpidslError) as raised:
            shop.query("least * least")
        assert [item.code for item in raised.value.diagnostics] == ["K658"]
        # 0.00000000000000000001 rounded to nineteen places is nothing, as is asked for.
        assert shop.query("rounded").values("rounded") == [0]
        assert shop.query("halves").values("halves") == [Decimal("0.25")]


# --- reading only --------------------------------------------------------------------------

WRITING = [
    "CREATE TABLE more (id INTEGER)",
    "DELETE FROM sales",
    "DELETE FROM sales WHERE id = 1 RETURNING id",
    "INSERT INTO sales (id) VALUES (3) RETURNING id",
    "SELECT 1; CREATE TABLE more (id INTEGER)",
    "SET SESSION tx_read_only = 0",
    "TRUNCATE sales",
    "UPDATE sales SET id = 4 ORDER BY id",
]


def test_nothing_is_written(mysql_server: MySQLServer, mysql_database: str, url: str) -> None:
    with opened(f"{url}?autocommit=true") as engine:
        for statement in WRITING:
            failure(engine, statement)
        assert failure(engine, "DELETE FROM sales ORDER BY id")[0] == "writing"
    assert mysql_server.run("SELECT COUNT(*) FROM sales", database=mysql_database) == [(2,)]
    assert mysql_server.run("SHOW TABLES", database=mysql_database) == [("days",), ("sales",)]


def test_no_file_is_written(
    tmp_path: Path, mysql_server: MySQLServer, engine: ServerEngine
) -> None:
    """That the server could write it is shown by whom nothing keeps from it."""
    into = f"SELECT 1 INTO OUTFILE '{tmp_path}"
    for refused in ("", "/* of none */", "/*! of none */", "AS `it's`"):
        statement = into.replace("INTO", f"{refused} INTO") + "/refused'"
        assert failure(engine, statement)[0] == "writing"
    failure(engine, f"SELECT * FROM ({into}/refused') AS t")  # noqa: S608
    hidden = "SELECT 'INTO OUTFILE' AS `INTO OUTFILE`"
    assert engine.run(hidden).rows == [("INTO OUTFILE",)]
    mysql_server.run(f"{into}/written'")
    assert [file.name for file in tmp_path.iterdir()] == ["written"]


def test_a_session_is_set_anew_for_each_statement(engine: ServerEngine) -> None:
    told = "SELECT @@time_zone, @@tx_read_only, @@sql_select_limit > 1000000"
    for _ in range(2):
        assert engine.run(told).rows == [("+00:00", 1, 1)]


def test_nothing_is_kept(engine: ServerEngine) -> None:
    assert keeps_nothing(engine)


# --- what fails ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sql", "kind", "said"),
    [
        ("SELECT * FROM sale", "missing table", "sale"),
        ("SELECT * FROM nowhere.sales", "missing table", "nowhere.sales"),
        ("SELECT ammount FROM sales", "missing column", 'no such column: "ammount"'),
        ("SELECT `sales`.`no way` FROM sales", "missing column", 'no such column: "no way"'),
        ("SELECT CAST('n/a' AS DOUBLE)", "value", "n/a"),
        ("SELECT channel + 1 FROM sales", "value", "'a'"),
        ("SELECT CAST('2026-02-30' AS DATE)", "value", "2026-02-30"),
        ("SELECT 9223372036854775807 + id FROM sales", "overflow", "out of range"),
        ("SELECT CAST(1e40 AS DECIMAL(38, 9))", "overflow", "ut of range"),
        ("SELECT 1 / (id - 1) FROM sales", "division", "Division by 0"),
        ("SELECT nosuch(id) FROM sales", "other", "nosuch"),
        (CALLS_ITSELF, "other", "incomplete"),
        ("SELECT 1 FROM information_schema.collations JOIN sales", "too many rows", "100"),
    ],
)
def test_failures_have_kinds(engine: ServerEngine, sql: str, kind: str, said: str) -> None:
    found, text = failure(engine, sql)
    assert found == kind
    assert said in text
    assert "\n" not in text
    assert engine.run("SELECT id FROM sales WHERE id = 1").rows == [(1,)]


def test_a_limit_of_temporary_files(mysql_server: MySQLServer, url: str) -> None:
    mysql_server.run("SET GLOBAL tmp_disk_table_size = 65536, tmp_memory_table_size = 1024")
    try:
        with opened(url, rows=100_000) as engine:
            kind, text = failure(engine, "SELECT DISTINCT seq % 50000 AS n FROM seq_1_to_100000")
            assert kind == "disk"
            assert "is full" in text
            assert engine.run("SELECT 1").rows == [(1,)]
    finally:
        limits = "tmp_disk_table_size = DEFAULT, tmp_memory_table_size = DEFAULT"
        mysql_server.run(f"SET GLOBAL {limits}")


def test_as_many_rows_as_are_wanted_stand_in_order(engine: ServerEngine) -> None:
    assert engine.run("SELECT id FROM sales ORDER BY id DESC").rows == [(2,), (1,)]
    assert engine.run("SELECT id FROM sales ORDER BY id DESC\nLIMIT 1").rows == [(2,)]


def test_a_right_that_is_missing(mysql_server: MySQLServer, mysql_database: str, url: str) -> None:
    del url  # has made the tables
    mysql_server.run(
        "CREATE OR REPLACE USER nobody@127.0.0.1 IDENTIFIED BY 'x'",
        f"GRANT SELECT ON {mysql_database}.days TO nobody@127.0.0.1",
    )
    with opened(f"mysql://nobody:x@127.0.0.1:{mysql_server.port}/{mysql_database}") as engine:
        kind, text = failure(engine, "SELECT * FROM sales")
    assert kind == "permission"
    assert "sales" in text


def test_a_table_that_changes_between_two_runs(
    tmp_path: Path,
    mysql_server: MySQLServer,
    mysql_database: str,
    url: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def change(*statements: str) -> None:
        mysql_server.run(*statements, database=mysql_database)

    with project(tmp_path, url, monkeypatch) as shop:
        assert shop.query("revenue", by=["channel"]).values("revenue") == [
            Decimal("10.10"),
            Decimal("20.00"),
        ]
        change("ALTER TABLE sales ADD COLUMN more INT FIRST, MODIFY amount DECIMAL(20, 4)")
        assert shop.query("revenue").values("revenue") == [Decimal("30.10")]
        change("ALTER TABLE sales RENAME COLUMN channel TO way")
        with pytest.raises(kpidsl.KpidslError) as raised:
            shop.query("revenue", by=["channel"])
        assert [item.code for item in raised.value.diagnostics] == ["K642"]
        assert shop.query("revenue").values("revenue") == [Decimal("30.10")]
        change("RENAME TABLE sales TO older")
        with pytest.raises(kpidsl.KpidslError) as raised:
            shop.query("revenue")
        assert [item.code for item in raised.value.diagnostics] == ["K641"]


# --- stopping ------------------------------------------------------------------------------


def test_the_server_stops_a_statement_in_time(
    mysql_server: MySQLServer, url: str, stopped_by_us: list[Stoppable]
) -> None:
    with opened(url, timeout=2) as engine:
        assert failure(engine, SLEEP) == ("timeout", "stopped after 2 s")
        assert stopped_by_us == []
        assert mysql_server.asleep() == []
        assert engine.run("SELECT 1").rows == [(1,)]


def test_a_statement_is_cancelled_on_the_server(
    mysql_server: MySQLServer, engine: ServerEngine
) -> None:
    with meanwhile(engine.cancel, mysql_server.asleep):
        assert failure(engine, "SELECT SLEEP(30) FROM sales")[0] == "cancelled"
    assert mysql_server.asleep() == []
    assert engine.run("SELECT 1").rows == [(1,)]


def test_ctrl_c_cancels_on_the_server(mysql_server: MySQLServer, engine: ServerEngine) -> None:
    with pytest.raises(KeyboardInterrupt), meanwhile(ctrl_c(), mysql_server.asleep):
        engine.run("SELECT SLEEP(30) FROM sales")
    assert mysql_server.asleep() == []
    assert engine.run("SELECT 1").rows == [(1,)]


def test_a_server_that_falls_silent_is_left(
    mysql_server: MySQLServer, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with proxy(mysql_server.port) as line:
        behind = url.replace(str(mysql_server.port), str(line.port))
        with opened(behind, timeout=0.2) as engine:
            monkeypatch.setattr("kpidsl.engines.server._GRACE", 0.3)
            monkeypatch.setattr("kpidsl.engines.attended.PATIENCE", 0)
            line.frozen.set()
            begun = time.monotonic()
            assert failure(engine, SLEEP)[0] == "timeout"
            assert time.monotonic() - begun < 20


def test_more_questions_at_once_than_connections(engine: ServerEngine) -> None:
    def asked(number: int) -> object:
        return engine.run(f"SELECT {number} + SLEEP(0.1)").rows[0][0]

    with ThreadPoolExecutor(9) as pool:
        assert list(pool.map(asked, range(9))) == list(range(9))


# --- connections ---------------------------------------------------------------------------


def test_a_connection_that_is_lost(mysql_server: MySQLServer, engine: ServerEngine) -> None:
    """The statement may have run, and is not sent a second time."""

    def kill() -> None:
        for number in mysql_server.asleep():
            mysql_server.run(f"KILL CONNECTION {number}")

    with meanwhile(kill, mysql_server.asleep):
        kind, _ = failure(engine, "SELECT SLEEP(30) FROM sales")
    assert kind == "lost"
    assert mysql_server.asleep() == []
    assert engine.run("SELECT 1").rows == [(1,)]


@pytest.mark.usefixtures("at_once")
def test_a_server_that_is_killed_in_mid_question() -> None:
    from tests.servers.mysql import mysql_server  # noqa: PLC0415 -- of the extra `engines`

    with mysql_server() as server, opened(server.url()) as engine:
        [(told,)] = server.run("SELECT @@pid_file")
        process = int(Path(told).read_text(encoding="utf-8"))
        with meanwhile(lambda: os.kill(process, signal.SIGKILL), server.asleep):
            kind, text = failure(engine, "SELECT SLEEP(30) FROM information_schema.schemata")
        assert (kind, "Lost connection" in text) == ("lost", True)
        kind, text = failure(engine, "SELECT 1")
        assert (kind, "refused" in text) == ("lost", True)
        assert "p@ss" not in text


def test_a_connection_that_ended_meanwhile_is_made_anew(
    mysql_server: MySQLServer, engine: ServerEngine
) -> None:
    [(number,)] = engine.run("SELECT CONNECTION_ID()").rows
    mysql_server.run(f"KILL CONNECTION {number}")
    [(other,)] = engine.run("SELECT CONNECTION_ID()").rows
    assert other != number


@pytest.mark.usefixtures("at_once")
@pytest.mark.parametrize(("dropped", "connects"), [(2, True), (3, False)])
def test_connecting_is_tried_three_times(
    mysql_server: MySQLServer, url: str, dropped: int, connects: bool
) -> None:
    with proxy(mysql_server.port, dropped) as line:
        behind = url.replace(str(mysql_server.port), str(line.port))
        if connects:
            with opened(behind) as engine:
                assert engine.run("SELECT 1").rows == [(1,)]
        else:
            assert unconnected(behind).code == Refusal.UNREACHABLE
        assert line.count == 3


@pytest.mark.usefixtures("at_once")
@pytest.mark.parametrize(
    ("change", "code", "said"),
    [
        (("%25rd@", "%25xx@"), Refusal.LOGIN, "Access denied for user 'kpi'"),
        (("kpi:", "nobody_at_all:"), Refusal.LOGIN, "Access denied"),
        (("127.0.0.1", "no.such.host.invalid"), Refusal.HOST, "no.such.host.invalid"),
        (("kpidsl_", "shop_"), Refusal.DATABASE, "Unknown database"),
        (("mysql://", "mariadb://"), None, ""),
    ],
    ids=["password", "user", "host", "database", "other scheme"],
)
def test_why_there_is_no_connection(
    url: str, change: tuple[str, str], code: Refusal | None, said: str
) -> None:
    changed = url.replace(*change)
    assert changed != url
    if code is None:
        with opened(changed) as engine:
            assert engine.run("SELECT 1").rows == [(1,)]
        return
    found = unconnected(changed)
    assert found.code == code
    assert said in found.message


@pytest.mark.usefixtures("at_once")
def test_an_encrypted_connection_that_is_not_there(url: str) -> None:
    """The server has no certificate."""
    found = unconnected(f"{url}?ssl_verify_cert=true")
    assert found.code == Refusal.ENCRYPTION
    assert "SSL" in found.message


@pytest.mark.usefixtures("at_once")
def test_a_port_at_which_nobody_listens(mysql_server: MySQLServer, url: str) -> None:
    found = unconnected(url.replace(f":{mysql_server.port}/", ":1/"))
    assert found.code == Refusal.UNREACHABLE
    assert "refused" in found.message


def test_a_host_may_be_called_as_encryption_is() -> None:
    said = "(2003, \"Can't connect to MySQL server on 'ssl.example.com' (timed out)\")"
    assert MySQL().refusal(said)[0] is Refusal.UNREACHABLE


def test_operators_see_who_asks(url: str) -> None:
    with opened(url, tag="kpidsl 1, definitions */ abc") as engine:
        [(query,)] = engine.run(
            "SELECT info FROM information_schema.processlist WHERE id = CONNECTION_ID()"
        ).rows
    assert isinstance(query, str)
    assert query.startswith("/* kpidsl 1, definitions  abc */ SELECT")


# --- the catalogue -------------------------------------------------------------------------


def test_tables_columns_and_sizes(
    mysql_server: MySQLServer, mysql_database: str, engine: ServerEngine
) -> None:
    mysql_server.run(f"CREATE TABLE {mysql_database}.`it's` (id INTEGER)")
    assert [name for name in engine.tables() if "." not in name] == ["days", "it's", "sales"]
    assert not any(name.startswith(("mysql.", "sys.")) for name in engine.tables())
    types = engine.columns(["sales"])
    assert types["amount"] == "DECIMAL(12, 2)"
    assert types["big"] == "TINYINT(1)"
    assert engine.columns([mysql_database, "days"]) == {"day": "DATE"}
    assert engine.columns(["sale"]) == {}
    assert engine.facts(["sales"]) == TableFacts(2, {"amount": 2, "net price": 3})
    assert engine.facts([mysql_database, "sales"]).rows == 2
    assert engine.facts(["days"]) == TableFacts(None, {})
    assert engine.facts(["it's", 'a "table"']) == TableFacts(None, {})


def test_the_catalogue_of_a_server_that_quotes_names_otherwise(url: str) -> None:
    with opened(f"{url}?sql_mode=ANSI") as engine:
        assert engine.columns(["sales"])["amount"] == "DECIMAL(12, 2)"
        assert engine.facts(["sales"]).decimals["amount"] == 2


def test_decimals_of_a_statement(engine: ServerEngine) -> None:
    sql = "SELECT amount, amount * `net price` AS price, id, weight FROM sales ORDER BY id\nLIMIT 7"
    assert engine.decimals(sql) == {"amount": 2, "price": 5}
    with pytest.raises(EngineError):
        engine.decimals("SELECT nothing FROM sales")
