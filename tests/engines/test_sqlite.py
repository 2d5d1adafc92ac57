"""SQLite as an engine: what it reads, what it refuses, and how its values come back."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import date, datetime
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import pytest

import kpidsl
from kpidsl.engines.base import EngineError, TableKeys
from kpidsl.engines.sqlite import SQLiteEngine
from kpidsl.engines.sqlite_functions import register
from kpidsl.model.sources import Source, TableOrigin
from kpidsl.plan.query import Absent
from tests.support import SQLITE_PROFILE, write_table

HEAD = 'kpidsl 1\nproject p { currency: USD, timezone: "America/New_York" }\n'


def project(folder: Path, definitions: str, *statements: str) -> kpidsl.Project:
    """A project on a SQLite file that the statements fill."""
    with closing(sqlite3.connect(folder / "shop.sqlite")) as con:
        for statement in statements:
            con.execute(statement)
        con.commit()
    (folder / "kpidsl.toml").write_text(SQLITE_PROFILE, encoding="utf-8")
    (folder / "project.kpi").write_text(HEAD + definitions, encoding="utf-8")
    return kpidsl.load(folder)


def codes(loaded: kpidsl.Project, *metrics: str, **question: Any) -> list[str]:
    with pytest.raises(kpidsl.KpidslError) as refused:
        loaded.query(*metrics, **question)
    return [item.code for item in refused.value.diagnostics]


# --- the file --------------------------------------------------------------------------------


@pytest.fixture
def engine(tmp_path: Path) -> Any:
    write_table(tmp_path, "sales", ("id", "amount"), [(1, 0.1)])
    opened, problems = SQLiteEngine.open(tmp_path / "shop.sqlite", "UTC", timeout=1)
    assert opened is not None, problems
    with closing(opened):
        yield opened


def test_of_a_file_that_another_program_has_locked_nothing_is_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_table(tmp_path, "sales", ("id", "amount"), [(1, 0.1)])
    monkeypatch.setattr(sqlite3, "connect", partial(sqlite3.connect, timeout=0))
    with (
        closing(SQLiteEngine(tmp_path / "shop.sqlite")) as engine,
        closing(sqlite3.connect(tmp_path / "shop.sqlite")) as other,
    ):
        other.execute("BEGIN EXCLUSIVE")
        assert engine.tables() == []
        assert engine.columns(["sales"]) == {}
        assert engine.keys(["sales"]) == TableKeys()
        assert engine.state(Source(name="sales", origin=TableOrigin(path=("sales",)))) is None
        other.rollback()
        assert engine.tables() == ["sales"]


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM sales",
        "CREATE TABLE more (x)",
        "CREATE TEMP TABLE more (x)",
        "ATTACH 'other.sqlite' AS other",
        "PRAGMA writable_schema = 1",
        "SELECT load_extension('x')",
    ],
)
def test_a_statement_may_only_select(engine: SQLiteEngine, statement: str, tmp_path: Path) -> None:
    before = (tmp_path / "shop.sqlite").read_bytes()
    with pytest.raises(EngineError) as refused:
        engine.run(statement)
    assert refused.value.kind == "permission"
    assert (tmp_path / "shop.sqlite").read_bytes() == before
    assert engine.run("SELECT id FROM sales").rows == [(1,)]


def test_rows_are_kept_in_memory_until_they_are_dropped(engine: SQLiteEngine) -> None:
    engine.keep("CREATE TEMPORARY TABLE kept AS SELECT id FROM sales")
    assert engine.run("SELECT id FROM kept").rows == [(1,)]
    assert engine.tables() == ["sales"]
    engine.keep("DROP TABLE kept")
    with pytest.raises(EngineError) as gone:
        engine.run("SELECT id FROM kept")
    assert gone.value.kind == "missing table"


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE more (x)",
        "CREATE TABLE main.more AS SELECT 1",
        "INSERT INTO sales SELECT * FROM sales",
        "DROP TABLE sales",
        "CREATE TEMP VIEW more AS SELECT 1",
        "CREATE TEMP TRIGGER more AFTER INSERT ON sales BEGIN SELECT 1; END",
        "ATTACH 'other.sqlite' AS other",
    ],
)
def test_nothing_else_is_kept(engine: SQLiteEngine, statement: str, tmp_path: Path) -> None:
    before = (tmp_path / "shop.sqlite").read_bytes()
    with pytest.raises(EngineError) as refused:
        engine.keep(statement)
    assert refused.value.kind == "permission"
    assert (tmp_path / "shop.sqlite").read_bytes() == before
    with pytest.raises(EngineError):  # the leave to keep rows ends with the statement
        engine.run("CREATE TEMP TABLE more (x)")


def test_a_statement_stops_when_its_time_is_up(engine: SQLiteEngine) -> None:
    endless = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT MAX(x) FROM n"
    with pytest.raises(EngineError, match="stopped after 1 s") as stopped:
        engine.run(endless)
    assert stopped.value.kind == "timeout"
    assert engine.run("SELECT 1").rows == [(1,)]


def test_tables_and_columns_are_told(engine: SQLiteEngine) -> None:
    assert engine.tables() == ["sales"]
    assert list(engine.columns(["sales"])) == ["id", "amount"]
    assert engine.columns(["sale"]) == {}


def test_computed_columns_are_told(tmp_path: Path) -> None:
    file = tmp_path / "shop.sqlite"
    with closing(sqlite3.connect(file)) as con:
        con.execute("CREATE TABLE t (a INTEGER, b INTEGER AS (a * 2), c TEXT AS (a) STORED)")
    with closing(SQLiteEngine(file)) as engine:
        assert engine.columns(["t"]) == {"a": "INTEGER", "b": "INTEGER", "c": "TEXT"}


def test_a_file_that_is_missing_or_no_database(tmp_path: Path) -> None:
    (tmp_path / "shop.sqlite").write_text("id,amount\n" * 500, encoding="utf-8")
    for name, said in (("shpo.sqlite", "doesn't exist"), ("shop.sqlite", "not a database")):
        opened, [problem] = SQLiteEngine.open(tmp_path / name, "UTC")
        assert opened is None
        assert problem.code == "K645"
        assert said in problem.message
    assert not (tmp_path / "shpo.sqlite").exists()


@pytest.mark.parametrize(
    ("source", "code"),
    [
        ("table: sale, key: id\nmeasure m: sum(amount) as USD", "K641"),
        ("table: sales, key: id\nmeasure m: sum(amounts) as USD", "K642"),
        ('files: "sales.csv", key: id\nmeasure m: sum(amount) as USD', "K502"),
    ],
)
def test_what_a_source_lacks_is_named(tmp_path: Path, source: str, code: str) -> None:
    (tmp_path / "sales.csv").write_text("id,amount\n1,1\n", encoding="utf-8")
    definitions = f"source s {{ {source} }}"
    with project(tmp_path, definitions, "CREATE TABLE sales (id, amount)") as loaded:
        assert codes(loaded, "m") == [code]


# --- numbers ---------------------------------------------------------------------------------

SALES = "source s { table: sales, key: id, dimensions: [price]\nmeasure m: sum(amount) as USD\n"


def test_money_is_added_up_exactly(tmp_path: Path) -> None:
    """500 times 0.1 and 0.2 are 150; floats, added one by one, come to a little less."""
    rows = ", ".join(f"({number}, 0.1), ({number + 500}, 0.2)" for number in range(500))
    with project(
        tmp_path,
        SALES + "}\nmetric twice: m + m\nmetric fee: m * 0.1",
        "CREATE TABLE sales (id INTEGER, amount REAL, price REAL)",
        f"INSERT INTO sales (id, amount) VALUES {rows}",  # noqa: S608
    ) as loaded:
        [(total, twice, fee)] = loaded.query("m", "twice", "fee").rows
        assert (total, twice, fee) == (Decimal(150), Decimal(300), Decimal(15))
        assert all(isinstance(value, Decimal) for value in (total, twice, fee))


@pytest.mark.parametrize(
    ("amounts", "code"),
    [
        # 18 digits: the nearest float is 123456789012345680 cents.
        (("1234567890123456.00", "0.78"), "K644"),
        (("9223372036854775807", "1"), "K644"),
        (("'n/a'", "1"), "K643"),
        (("''", "1"), "K643"),
    ],
)
def test_what_cannot_be_added_up_exactly_is_refused(
    tmp_path: Path, amounts: tuple[str, str], code: str
) -> None:
    with project(
        tmp_path,
        SALES + "}",
        "CREATE TABLE sales (id, amount, price)",
        f"INSERT INTO sales (id, amount) VALUES (1, {amounts[0]}), (2, {amounts[1]})",  # noqa: S608
    ) as loaded:
        assert codes(loaded, "m") == [code]


def test_products_of_money_are_exact_or_refused(tmp_path: Path) -> None:
    # S12: 1.50² is 2.25; 12345680.41² is 152415824785857.7681, more digits than a float keeps.
    with project(
        tmp_path,
        SALES + "}\nmetric square: m * m",
        "CREATE TABLE sales (id INTEGER, amount REAL, price REAL)",
        "INSERT INTO sales VALUES (1, 1.5, 1), (2, 12345678.91, 2)",
    ) as loaded:
        assert loaded.query("square", where="price = 1").rows == ((Decimal("2.25"),),)
        assert codes(loaded, "square") == ["K644"]


def test_an_average_does_not_take_an_empty_text_for_zero(tmp_path: Path) -> None:
    with project(
        tmp_path,
        "source s { table: sales, key: id\nmeasure m: avg(amount) as USD }",
        "CREATE TABLE sales (id, amount)",
        "INSERT INTO sales VALUES (1, 10), (2, '')",
    ) as loaded:
        assert codes(loaded, "m") == ["K643"]


@pytest.mark.parametrize("text", ["nan", "inf", "--5", "1_000"])
def test_a_text_that_is_no_number_is_refused(tmp_path: Path, text: str) -> None:
    """SQLite takes what Python calls `nan` for NULL, which would be left out."""
    with project(
        tmp_path,
        "source s { table: sales, key: id\nmeasure m: sum(number(price)) as USD }",
        "CREATE TABLE sales (id, price)",
        f"INSERT INTO sales VALUES (1, '1.50'), (2, '{text}')",  # noqa: S608
    ) as loaded:
        assert codes(loaded, "m") == ["K643"]


@pytest.mark.parametrize("metric", ["m - fee", "m + fee", "m * fee", "each", "all"])
def test_large_whole_numbers_keep_their_digits_or_are_refused(tmp_path: Path, metric: str) -> None:
    """The float nearest to 1,000,000,000,000,000,003 less a billionth is 1e18 and looks exact."""
    with project(
        tmp_path,
        "source s { table: sales, key: id\nmeasure m: sum(amount) as USD\n"
        "measure fee: sum(fee) as USD\nmeasure each: sum(amount - fee) as USD\n"
        "measure all: sum(either) }",
        "CREATE TABLE sales (id INTEGER, amount INTEGER, fee REAL, either)",
        "INSERT INTO sales VALUES (1, 1000000000000000003, 0.000000001, 1000000000000000003)",
        "INSERT INTO sales VALUES (2, 0, 0, 0.000000001)",
    ) as loaded:
        assert codes(loaded, metric) == ["K644"]
        assert loaded.query("m * 2").rows == ((2000000000000000006,),)


@pytest.mark.parametrize("aggregate", ["max(x)", "max(x) as USD", "sum(x)", "avg(x)", "last(x)"])
def test_what_is_infinite_is_no_answer(tmp_path: Path, aggregate: str) -> None:
    """9e999 is larger than the largest float: SQLite holds infinity, which has no digits."""
    with project(
        tmp_path,
        f"source s {{ table: t, key: id, time: day, dimensions: [x]\nmeasure m: {aggregate} }}",
        "CREATE TABLE t (id INTEGER, day DATE, x REAL)",
        "INSERT INTO t VALUES (1, '2026-01-01', 1.5), (2, '2026-01-02', 9e999)",
    ) as loaded:
        assert codes(loaded, "m") == ["K644"]
        assert loaded.query("m", where="x < 2").rows == ((Decimal("1.5"),),)


@pytest.mark.parametrize("aggregate", ["sum(x)", "sum(x) as USD", "avg(x)", "stddev(x)"])
def test_infinity_less_infinity_is_no_number(tmp_path: Path, aggregate: str) -> None:
    with project(
        tmp_path,
        f"source s {{ table: t, key: id\nmeasure m: {aggregate} }}",
        "CREATE TABLE t (id INTEGER, x REAL)",
        "INSERT INTO t VALUES (1, -9e999), (2, 9e999)",
    ) as loaded:
        assert codes(loaded, "m") == ["K644"]


def test_large_numbers_are_rounded_and_not_left_out(tmp_path: Path) -> None:
    with project(
        tmp_path,
        "source s { table: sales, key: id\nmeasure m: sum(round(x, 2)) }",
        "CREATE TABLE sales (id INTEGER, x REAL)",
        "INSERT INTO sales VALUES (1, 0.5), (2, 1e100)",
    ) as loaded:
        assert loaded.query("m").rows == ((10**100,),)  # a float holds no half beside it


def test_members_have_the_types_that_the_table_declares(tmp_path: Path) -> None:
    with project(
        tmp_path,
        "source s { table: t, key: id, dimensions: [flag, born, price]\n"
        "measure n: count() as row }",
        "CREATE TABLE t (id INTEGER, flag BOOLEAN, born DATE, price DECIMAL(9, 2))",
        "INSERT INTO t VALUES (1, 1, '2026-01-31', 0.1), (2, NULL, NULL, 2)",
    ) as loaded:
        found = loaded.query("n", by=["flag", "born", "price"]).rows
        assert found == (
            (True, date(2026, 1, 31), Decimal("0.1"), 1),
            (Absent.NONE, Absent.NONE, 2, 1),
        )
        assert found[0][0] is True


def test_bytes_are_told_as_texts(tmp_path: Path) -> None:
    """In hex, where they are no text."""
    loaded = project(
        tmp_path,
        "source odd { table: odd, key: id, dimensions: [c], measure n: count() }",
        "CREATE TABLE odd (id INTEGER, c BLOB)",
        "INSERT INTO odd VALUES (1, x'0102ff'), (2, x'616263')",
    )
    assert loaded.query("n", by="c", order="c").values("c") == ["0102ff", "abc"]


def test_fixed_amounts_of_more_days_than_sqlite_stacks_queries(tmp_path: Path) -> None:
    """731 days of 2 USD: a compound SELECT has at most 500 arms."""
    with project(
        tmp_path,
        "source s { table: t, key: id, time: day, watermark: 2027-01-01\n"
        "measure m: sum(amount) as USD }\nmetric cost: m + 2 USD per day",
        "CREATE TABLE t (id INTEGER, day DATE, amount)",
        "INSERT INTO t VALUES (1, '2024-01-01', 1)",
    ) as loaded:
        costs = loaded.query("cost", by=["day"], period="2024 .. 2025").values("cost")
        assert costs == [3.0] + [2.0] * 730


# --- time ------------------------------------------------------------------------------------


def clock(folder: Path, *times: str, stored: str = ' { stored_as: "UTC" }') -> kpidsl.Project:
    rows = ", ".join(f"({number}, {time})" for number, time in enumerate(times))
    return project(
        folder,
        f"source s {{ table: t, key: id, time: at{stored}\nmeasure n: count() as row }}",
        "CREATE TABLE t (id, at)",
        f"INSERT INTO t VALUES {rows}",  # noqa: S608
    )


def test_times_are_of_the_projects_zone(tmp_path: Path) -> None:
    """04:59 UTC is 23:59 of the day before in New York's winter, 00:59 in its summer."""
    with clock(tmp_path, "'2026-01-05 04:59:00'", "'2026-07-05T04:59'") as loaded:
        assert loaded.query("n", by=["day"], period="2026-01").values("n")[3:5] == [1, 0]
        assert loaded.query("n", period="2026-07-05").rows == ((1,),)


def test_times_with_a_zone_of_their_own_are_moved(tmp_path: Path) -> None:
    """All three are 23:59 of 4 January in New York."""
    times = ("'2026-01-05T04:59:00Z'", "'2026-01-05 05:59:00+01:00'", "'2026-01-04T23:59-05:00'")
    with clock(tmp_path, *times, stored="") as loaded:
        assert loaded.query("n", by=["day"]).rows == ((date(2026, 1, 4), 3),)


@pytest.mark.parametrize(
    "time", ["'n/a'", "''", "1767589140", "'2026-02-31 10:00'", "'05/01/2026'"]
)
def test_what_is_no_time_is_refused(tmp_path: Path, time: str) -> None:
    """SQLite would take the number for a Julian day, and 31 February for 3 March."""
    with clock(tmp_path, "'2026-01-05 12:00:00'", time) as loaded:
        assert codes(loaded, "n", by=["day"]) == ["K643"]


def test_one_value_without_a_zone_is_enough_to_refuse(tmp_path: Path) -> None:
    """Which row is read first makes no difference."""
    noon, zoned, day = "'2026-01-05 12:00:00'", "'2026-01-05 12:00:00Z'", "'2026-01-06'"
    for number, (times, stored, code) in enumerate(
        [
            ((noon, day), ' { stored_as: "UTC" }', "K648"),
            ((noon, zoned), ' { stored_as: "UTC" }', "K648"),
            ((zoned, noon), "", "K653"),
            ((day, noon), "", "K653"),
        ]
    ):
        (tmp_path / str(number)).mkdir()
        with clock(tmp_path / str(number), *times, stored=stored) as loaded:
            assert codes(loaded, "n", by=["day"]) == [code]


def test_one_day_among_moments_knows_no_hours(tmp_path: Path) -> None:
    with clock(tmp_path, "'2026-01-05T12:00Z'", "'2026-01-06'", stored="") as loaded:
        assert loaded.query("n", period="2026-01").rows == ((2,),)
        assert codes(loaded, "n", by=["hour"], period="2026-01-05") == ["K657"]


@pytest.mark.parametrize(
    ("left", "right", "code"),
    [
        ("1", "'1'", "K649"),
        ("'2026-01-05'", "'2026-01-05 00:00:00'", "K649"),
        ("'2026-01-05 00:00:00'", "'2026-01-05T00:00:00Z'", "K649"),
    ],
)
def test_what_would_not_match_as_text_is_not_joined(
    tmp_path: Path, left: str, right: str, code: str
) -> None:
    """The second row alone is unlike: on DuckDB a column is of one type, here it need not be."""
    with project(
        tmp_path,
        "source s { table: s, key: id, join to: t on at to at\nmeasure n: count() as row }\n"
        "source t { table: t, key: at, dimensions: [name] }",
        "CREATE TABLE s (id, at)",
        f"INSERT INTO s VALUES (1, {left}), (2, {right})",  # noqa: S608
        "CREATE TABLE t (at, name)",
        f"INSERT INTO t VALUES ({left}, 'a')",  # noqa: S608
    ) as loaded:
        assert codes(loaded, "n", by=["name"]) == [code]


def test_what_could_not_be_tested_is_no_answer(tmp_path: Path) -> None:
    """Nobody has the second rate, but whether it overlaps with others can't be told."""
    with project(
        tmp_path,
        'source s { table: s, key: id, time: at { stored_as: "UTC" }\n'
        "join rate: rates on code { valid_from: since, valid_to: until }\n"
        "measure n: count() as row }\n"
        "source rates { table: rates, key: [code, since], dimensions: [name] }",
        "CREATE TABLE s (id, at, code)",
        "INSERT INTO s VALUES (1, '2026-01-05 12:00', 'x')",
        "CREATE TABLE rates (code, name, since, until)",
        "INSERT INTO rates VALUES ('x', 'a', '2026-01-01', NULL), ('y', 'b', 'n/a', NULL)",
    ) as loaded:
        assert codes(loaded, "n", by=["name"]) == ["K643"]


def test_the_least_of_texts_and_numbers_is_refused(tmp_path: Path) -> None:
    """SQLite puts all numbers before all texts."""
    with project(
        tmp_path,
        "source s { table: sales, key: id\nmeasure m: min(amount) as piece }",
        "CREATE TABLE sales (id, amount)",
        "INSERT INTO sales VALUES (1, 10), (2, 'n/a')",
    ) as loaded:
        assert codes(loaded, "m") == ["K643"]


@pytest.mark.parametrize(
    ("condition", "count"),
    [
        ("at >= 2026-01-05", 2),
        ("at > 2026-01-05", 0),
        ("at = 2026-01-05", 2),
        ("at <= 2026-01-05", 3),
        ("at < 2026-01-05", 1),
        ("at != 2026-01-05", 1),
        ("at = began", 1),
        ("at > began", 1),
        ("hour(at) = 12", 1),
        ("weekday(at) = 1", 2),
        ("quarter(at) = 4", 1),
        ("days_between(at, 2026-01-06) = 1", 2),
    ],
)
def test_times_compare_with_days_by_the_clock(tmp_path: Path, condition: str, count: int) -> None:
    """31 December is of the fourth quarter; Monday the 5th has its midnight and its noon."""
    times = ("'2025-12-31T23:00:00'", "'2026-01-05 00:00:00'", "'2026-01-05T12:00:00'")
    rows = ", ".join(f"({number}, {time}, '2026-01-05')" for number, time in enumerate(times))
    with project(
        tmp_path,
        "source s { table: t, key: id, dimension moment: at\nmeasure n: count() "
        f"where {condition} as row }}",
        "CREATE TABLE t (id, at TIMESTAMP, began DATE)",
        f"INSERT INTO t VALUES {rows}",  # noqa: S608
    ) as loaded:
        assert loaded.query("n").rows == ((count,),)
        if condition == "at >= 2026-01-05":
            assert loaded.query("n", by=["moment"]).rows[0] == (datetime(2026, 1, 5), 1)  # noqa: DTZ001


# --- texts and truth ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("condition", "count"),
    [
        ('name like "%ü%"', 1),  # LIKE is blind to case, and then not for ü
        ('name like "a_c"', 1),
        ('name like "[*"', 0),  # it is no pattern of GLOB's
        ('upper(name) = "MÜLLER"', 2),
        ("flag", 2),
        ("not flag", 3),
        ("flag = false", 2),
    ],
)
def test_texts_and_truth_compare_as_on_duckdb(tmp_path: Path, condition: str, count: int) -> None:
    with project(
        tmp_path,
        f"source s {{ table: t, key: id\nmeasure n: count() where {condition} as row }}",
        "CREATE TABLE t (id, name, flag)",
        "INSERT INTO t VALUES (1, 'Müller', 1), (2, 'MÜLLER', 'yes'), (3, 'abc', 0), "
        "(4, 'ABC', 'f'), (5, '[*x]', NULL)",
    ) as loaded:
        assert loaded.query("n").rows == ((count,),)


# --- the text of statements --------------------------------------------------------------------

TEXT = "source s { table: sales, key: id, time: day\nmeasure m: sum(amount) as USD }"


def test_a_statement_says_which_functions_it_calls_and_runs_with_them(tmp_path: Path) -> None:
    with project(
        tmp_path,
        TEXT,
        "CREATE TABLE sales (id, day, amount)",
        "INSERT INTO sales VALUES (1, '2026-01-05', 0.1), (2, '2026-01-06', 0.2)",
    ) as loaded:
        sql = loaded.compile("m", by=["month"], period="2026-01")
    (said,) = [line for line in sql.splitlines() if line.startswith("-- runs where")]
    assert said.startswith("-- runs where kpidsl's functions are registered: kpi_")
    assert "kpi_sum_decimals" in said
    with closing(sqlite3.connect(tmp_path / "shop.sqlite")) as con:
        with pytest.raises(sqlite3.OperationalError, match="no such function: kpi_"):
            con.execute(sql)
        register(con, "America/New_York")
        assert con.execute(sql).fetchall() == [("2026-01-01", 0.3)]


def test_a_dialect_can_be_asked_for(tmp_path: Path) -> None:
    with project(tmp_path, TEXT, "CREATE TABLE sales (id, day, amount)") as loaded:
        assert "DECIMAL(38, 9)" in loaded.compile("m", dialect="duckdb")
        assert "kpi_" in loaded.compile("m")
        with pytest.raises(kpidsl.KpidslError, match="use `sqlite`") as refused:
            loaded.compile("m", dialect="sqlit")
        assert refused.value.diagnostics[0].code == "K503"


def test_sql_of_the_author_stays_as_it_is(tmp_path: Path) -> None:
    """`strftime('%s', …)` and `+` are SQLite's own there: 60 s after 1970, and 1."""
    with project(
        tmp_path,
        "source s { sql: \"SELECT id, CAST(strftime('%s', at) AS INTEGER) + 1 AS secs FROM t\"\n"
        "key: id\nmeasure m: sum(secs) as second }",
        "CREATE TABLE t (id, at)",
        "INSERT INTO t VALUES (1, '1970-01-01 00:01:00')",
    ) as loaded:
        assert loaded.query("m").rows == ((61,),)
        assert "AS INTEGER) + 1 AS secs" in loaded.compile("m")
