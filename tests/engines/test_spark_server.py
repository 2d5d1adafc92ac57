"""Spark as an engine: what it reads and refuses, and how sessions end."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from kpidsl.engines.base import EngineError, TableFacts
from tests.servers.asking import ctrl_c, failure, keeps_nothing, known, meanwhile, unconnected
from tests.servers.proxy import proxy
from tests.servers.spark_sales import (
    BUSY,
    COLUMNS,
    ROWS,
    TABLES,
    WRITING,
    assert_types_that_are_asked_for,
)

if TYPE_CHECKING:
    from tests.servers.spark_watched import Watched

pytestmark = pytest.mark.spark


@pytest.fixture(scope="module")
def schema() -> str:
    from tests.servers.spark import made_schema, run  # noqa: PLC0415 -- of the extra `engines`

    name = made_schema()
    run(*(statement.replace("{}", name) for statement in TABLES))
    return name


@contextmanager
def opened(url: str, **options: Any) -> Iterator[Watched]:
    from tests.servers.spark_watched import Watched  # noqa: PLC0415 -- PySpark is an extra

    settings: dict[str, Any] = {"timeout": 60, "rows": 1000, "tag": "kpidsl 1"} | options
    with closing(Watched(known(url), timezone="Europe/Berlin", **settings)) as engine:
        yield engine


@pytest.fixture(scope="module")
def url(schema: str) -> str:
    from tests.servers.spark import server  # noqa: PLC0415 -- of the extra `engines`

    return server().url(schema)


@pytest.fixture
def engine(url: str) -> Iterator[Watched]:
    with opened(url) as engine:
        yield engine


def still_running(engine: Watched) -> list[str]:
    """The statements of an engine's sessions that the server has not ended."""
    return [each for session in engine.sessions for each in session.interruptAll()]


# --- values --------------------------------------------------------------------------------


def test_values_have_the_types_of_answers(engine: Watched) -> None:
    table = engine.run("SELECT * FROM sales ORDER BY id")
    assert (table.columns, table.rows) == (COLUMNS, ROWS)


def test_values_have_the_types_that_are_asked_for(engine: Watched) -> None:
    assert_types_that_are_asked_for(engine)


def test_an_answer_without_rows_has_columns(engine: Watched) -> None:
    table = engine.run("SELECT id, day FROM sales WHERE id = 3")
    assert (table.columns, table.rows) == (("id", "day"), [])


def test_a_session_has_settings_of_its_own(engine: Watched) -> None:
    """The server's own would give NULL, six decimals, and another day."""
    assert failure(engine, "SELECT CAST('n/a' AS INT)")[0] == "value"
    product = "CAST(1 AS DECIMAL(38, 9)) * CAST(0.000000000001 AS DECIMAL(38, 12))"
    assert engine.run(f"SELECT {product}").rows == [(Decimal("1E-12"),)]
    several = "COALESCE(CAST(NULL AS DECIMAL(38, 9)), CAST(0.000000000001 AS DECIMAL(38, 12)))"
    assert engine.run(f"SELECT {several}").rows == [(Decimal("1E-12"),)]
    assert engine.run("SELECT CURRENT_TIMEZONE()").rows == [("Europe/Berlin",)]
    assert engine.run("SELECT ID FROM sales ORDER BY 1 DESC").rows == [(2,), (1,)]


# --- reading only --------------------------------------------------------------------------


@pytest.mark.parametrize("statement", WRITING)
def test_nothing_is_written(engine: Watched, schema: str, statement: str) -> None:
    from tests.servers.spark import run  # noqa: PLC0415 -- of the extra `engines`

    assert failure(engine, statement)[0] == "other"
    assert engine.tables()[:2] == ["days", "sales"]
    assert run(f"SELECT COUNT(*) FROM {schema}.sales")[0][0] == 2  # noqa: S608
    with pytest.raises(EngineError):
        engine.decimals(statement)


def test_nothing_is_kept(engine: Watched) -> None:
    assert keeps_nothing(engine)


# --- what fails ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sql", "kind", "said"),
    [
        ("SELECT * FROM sale", "missing table", "`sale`"),
        ("SELECT * FROM nowhere.sales", "missing table", "`nowhere`.`sales`"),
        ("SELECT ammount FROM sales", "missing column", 'no such column: "ammount"'),
        ("SELECT `sales`.`no ``way` FROM sales", "missing column", "way"),
        ("SELECT CAST(channel AS INT) FROM sales", "value", "'a'"),
        ("SELECT CAST('CANCELLED' AS INT)", "value", "'CANCELLED'"),  # a word of the data
        ("SELECT 9223372036854775807 + pieces FROM sales", "overflow", "overflow"),
        ("SELECT CAST(1e30 AS DECIMAL(38, 9))", "overflow", "cannot be represented"),
        ("SELECT 1 / (id - 1) FROM sales", "division", "ivision by zero"),
        ("SELECT nosuch(id) FROM sales", "other", "nosuch"),
        ("SELECT DATE '+12026-01-05'", "value", "out of range"),  # Python has no such day
        ("SELECT EXPLODE(SEQUENCE(1, 1001))", "too many rows", "1,000"),
    ],
)
def test_failures_have_kinds(
    engine: Watched, capfd: pytest.CaptureFixture[str], sql: str, kind: str, said: str
) -> None:
    found, text = failure(engine, sql)
    assert found == kind
    assert said in text
    assert "\n" not in text
    assert "ansi.enabled" not in text  # what Spark advises would make wrong numbers
    assert engine.run("SELECT id FROM sales WHERE id = 1").rows == [(1,)]
    assert capfd.readouterr() == ("", "")


def test_as_many_rows_as_are_allowed(engine: Watched) -> None:
    numbers = engine.run("SELECT id FROM RANGE(1000) ORDER BY id DESC").rows
    assert numbers == [(number,) for number in range(999, -1, -1)]


def test_a_table_that_changes_between_two_runs(url: str) -> None:
    """A table of files is made anew where a column is to be called otherwise."""
    from tests.servers.spark import run  # noqa: PLC0415 -- of the extra `engines`

    schema = url.rpartition("/")[2].partition(";")[0]
    made = f"CREATE OR REPLACE VIEW {schema}.parts AS SELECT"
    table = f"{schema}.changing"
    run(f"{made} id FROM {schema}.sales", f"CREATE TABLE {table} (id INT) USING parquet")
    run(f"INSERT INTO {table} VALUES (1)")  # noqa: S608
    with opened(url) as engine:
        assert engine.run("SELECT * FROM parts").columns == ("id",)
        assert engine.run("SELECT * FROM changing").rows == [(1,)]
        run(f"INSERT INTO {table} VALUES (2)")  # noqa: S608
        read = "WITH parts AS (SELECT id FROM changing) SELECT SUM(id) FROM parts"
        assert engine.run(read).rows == [(3,)]
        run(f"INSERT OVERWRITE {table} VALUES (7)")  # noqa: S608
        assert engine.run(read).rows == [(7,)]
        run(f"{made} id, day FROM {schema}.sales", f"DROP TABLE {table}")
        assert engine.run("SELECT * FROM parts").columns == ("id", "day")
        assert failure(engine, "SELECT * FROM changing")[0] == "missing table"
        run(f"CREATE TABLE {table} (number STRING, id INT) USING parquet")
        run(f"INSERT INTO {table} VALUES ('a', 2)")  # noqa: S608
        assert engine.run("SELECT * FROM changing").rows == [("a", 2)]
        assert list(engine.columns(["changing"])) == ["number", "id"]
        run(
            f"ALTER TABLE {table} ADD COLUMNS (more INT)",
            f"INSERT INTO {table} VALUES ('b', 3, 4)",  # noqa: S608
        )
        changed = engine.run("SELECT id, more FROM changing ORDER BY id").rows
        assert changed == [(2, None), (3, 4)]
        assert failure(engine, "SELECT way FROM changing")[0] == "missing column"
        run(f"DROP TABLE {table}", f"DROP VIEW {schema}.parts")


# --- stopping ------------------------------------------------------------------------------


def test_a_statement_is_stopped_in_time(url: str) -> None:
    with opened(url, timeout=5) as engine:
        assert failure(engine, BUSY) == ("timeout", "stopped after 5 s")
        assert still_running(engine) == []
        assert engine.run("SELECT 1").rows == [(1,)]


def test_a_statement_is_cancelled_on_the_server(engine: Watched) -> None:
    with meanwhile(engine.cancel, engine.works.is_set, again=True):
        assert failure(engine, BUSY)[0] == "cancelled"
    assert still_running(engine) == []
    assert engine.run("SELECT 1").rows == [(1,)]


def test_ctrl_c_cancels_on_the_server(engine: Watched) -> None:
    with pytest.raises(KeyboardInterrupt), meanwhile(ctrl_c(), engine.works.is_set):
        engine.run(BUSY)
    assert still_running(engine) == []
    assert engine.run("SELECT 1").rows == [(1,)]


def test_a_server_that_falls_silent_is_left(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    address = known(url)
    with proxy(address.port or 0) as line:
        behind = url.replace(str(address.port), str(line.port))
        with opened(behind, timeout=0.2) as engine:
            monkeypatch.setattr("kpidsl.engines.attended.PATIENCE", 0)
            line.frozen.set()
            begun = time.monotonic()
            assert failure(engine, BUSY)[0] == "timeout"
            assert time.monotonic() - begun < 40


def test_several_questions_at_once(engine: Watched) -> None:
    def asked(number: int) -> object:
        return engine.run(f"SELECT {number}").rows[0][0]

    with ThreadPoolExecutor(5) as pool:
        assert list(pool.map(asked, range(5))) == list(range(5))


# --- sessions ------------------------------------------------------------------------------


def test_a_session_that_ended_meanwhile_is_made_anew(url: str) -> None:
    with opened(url) as engine:
        assert engine.run("SELECT 1").rows == [(1,)]
        engine.sessions[0].client.release_session()
        assert engine.run("SELECT CURRENT_TIMEZONE()").rows == [("Europe/Berlin",)]
        assert len(engine.sessions) == 2


@pytest.mark.usefixtures("spark_at_once")
def test_a_server_that_is_killed_in_mid_question(tmp_path: Path) -> None:
    from tests.servers.spark import connect_server  # noqa: PLC0415 -- of the extra `engines`

    process, port = connect_server("local[1]", {"spark.ui.enabled": "false"}, tmp_path)
    try:
        with opened(f"sc://127.0.0.1:{port}/") as engine:
            assert engine.run("SELECT 1").rows == [(1,)]
            with meanwhile(process.kill, engine.works.is_set):
                kind, text = failure(engine, BUSY)
            assert kind == "lost"
            assert "\n" not in text
            kind, text = failure(engine, "SELECT 1")
            assert (kind, "refused" in text) == ("lost", True)
    finally:
        process.kill()
        process.wait()


def test_a_session_is_over_with_its_engine(url: str) -> None:
    with opened(url) as engine:
        engine.run("SELECT 1")
    assert engine.sessions[0].is_stopped


@pytest.mark.usefixtures("spark_at_once")
@pytest.mark.parametrize(("dropped", "connects"), [(2, True), (3, False)])
def test_connecting_is_tried_three_times(url: str, dropped: int, connects: bool) -> None:
    from kpidsl.engines.spark import SparkEngine  # noqa: PLC0415 -- PySpark is an extra

    port = known(url).port or 0
    with proxy(port, dropped) as line:
        behind = url.replace(str(port), str(line.port))
        if connects:
            with opened(behind) as engine:
                assert engine.run("SELECT 1").rows == [(1,)]
        else:
            assert unconnected(behind, kind=SparkEngine).code == "K932"
        assert line.count == 3


def test_a_time_zone_that_the_server_does_not_know(url: str) -> None:
    from kpidsl.engines.spark import SparkEngine  # noqa: PLC0415 -- PySpark is an extra

    found = unconnected(url, "Mars/Phobos", kind=SparkEngine)
    assert found.code == "K936"
    assert "Mars/Phobos" in found.message


# --- the catalogue -------------------------------------------------------------------------


def test_tables_columns_and_sizes(engine: Watched, schema: str) -> None:
    assert engine.tables()[:2] == ["days", "sales"]
    types = engine.columns(["sales"])
    assert types["amount"] == "decimal(12,2)"
    assert types["paid_at"] == "timestamp"
    assert engine.columns([schema, "days"]) == {"day": "date"}
    assert engine.columns(["sale"]) == {}
    assert engine.facts(["sales"]) == TableFacts(2, {"amount": 2, "net price": 9})
    assert engine.facts(["days"]) == TableFacts(None, {})
    assert engine.facts(["it's", "a `table`"]) == TableFacts(None, {})
    assert engine.decimals("SELECT amount, id FROM sales") == {"amount": 2}
