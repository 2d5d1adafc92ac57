"""The embedded engine itself, and what its findings say of the definitions."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import closing
from datetime import date, datetime
from pathlib import Path

import duckdb
import pytest

import kpidsl
from kpidsl.api.config import Profile, read_config
from kpidsl.engines.base import EngineError
from kpidsl.engines.embedded import EmbeddedEngine
from tests.support import project, refusal, rows

HEAD = 'kpidsl 1\nproject shop "Shop" { currency: USD, timezone: "Asia/Taipei" }\n'
ODD = """it's "odd"; --"""


class TestOddNames:
    """Names of files, schemas, tables and columns never become SQL."""

    @pytest.fixture
    def engine(self, tmp_path: Path) -> Iterator[EmbeddedEngine]:
        database = tmp_path / f"{ODD} 2.duckdb"
        quoted = '"' + ODD.replace('"', '""') + '"'
        with duckdb.connect(database) as con:
            con.execute(f"CREATE SCHEMA {quoted}")
            con.execute(f"CREATE TABLE {quoted}.{quoted} ({quoted} INTEGER)")
            con.execute(f"CREATE TABLE {quoted} (day DATE, amount DECIMAL(9, 2))")
        engine, problems = EmbeddedEngine.open(tmp_path, database, "UTC")
        assert engine is not None, problems
        yield engine
        engine.close()

    def test_columns_have_the_types_of_the_engine(self, engine: EmbeddedEngine) -> None:
        assert engine.columns([ODD]) == {"day": "DATE", "amount": "DECIMAL(9,2)"}
        assert engine.columns([ODD, ODD]) == {ODD: "INTEGER"}
        assert engine.columns(["warehouse", ODD, ODD]) == {ODD: "INTEGER"}

    @pytest.mark.parametrize("path", [["missing"], [f'{ODD}" WHERE "'], ["missing", ODD]])
    def test_a_table_that_is_not_there_has_none(
        self, engine: EmbeddedEngine, path: list[str]
    ) -> None:
        assert engine.columns(path) == {}

    def test_the_database_is_read_only(self, engine: EmbeddedEngine) -> None:
        with pytest.raises(EngineError, match="read-only"):
            engine.run("CREATE TABLE warehouse.main.more (x INTEGER)")

    def test_rows_are_kept_beside_the_database(self, engine: EmbeddedEngine) -> None:
        before = engine.tables()
        engine.keep("CREATE TEMPORARY TABLE kept AS SELECT 1 AS x")
        assert engine.run("SELECT x FROM kept").rows == [(1,)]
        engine.keep("DROP TABLE kept")
        assert engine.tables() == before


def test_moments_are_local_times(tmp_path: Path) -> None:
    """23:00 in UTC is 7:00 of the next day in Taipei; the order of rows stays."""
    definitions = """
source visits { files: "visits.csv", key: id
  dimensions: [seen]
  measure n: count() as visit
  measure latest: max(seen)
}
"""
    visits = "id,seen\n1,2026-01-04T01:00:00Z\n2,2026-01-05T23:00:00Z\n3,2026-01-04T01:00:00Z"
    late, early = datetime(2026, 1, 6, 7), datetime(2026, 1, 4, 9)  # noqa: DTZ001  (local)
    with project(tmp_path, HEAD + definitions, visits=visits) as loaded:
        assert loaded.query("latest").rows == ((late,),)
        for order, expected in (("-seen", [late, early]), ("seen", [early, late])):
            assert loaded.query("n", by=["seen"], order=[order]).values("seen") == expected


def test_names_of_columns_may_repeat(tmp_path: Path) -> None:
    engine, _ = EmbeddedEngine.open(tmp_path, None, "Asia/Taipei")
    assert engine is not None
    answer = engine.run("SELECT 1 AS x, TIMESTAMPTZ '2026-01-05 23:00:00Z' AS t, 2 AS x")
    assert answer.columns == ("x", "t", "x")
    assert answer.rows == [(1, datetime(2026, 1, 6, 7), 2)]  # noqa: DTZ001  (local)
    engine.close()


def test_a_statement_can_be_cancelled_from_another_thread(tmp_path: Path) -> None:
    engine, _ = EmbeddedEngine.open(tmp_path, None, "UTC")
    assert engine is not None
    with ThreadPoolExecutor() as pool:
        # A thousand million million rows: nobody waits for that to end.
        endless = (
            "SELECT count(*) FROM range(100000000) a, range(10000000) b WHERE a.range < b.range"
        )
        running = pool.submit(engine.run, endless)
        while not running.done():  # before the statement begins there is nothing to stop
            engine.cancel()
            wait([running], timeout=0.05)
        with pytest.raises(EngineError) as raised:
            running.result()
    assert raised.value.kind == "cancelled"
    assert engine.run("SELECT 1 AS x").rows == [(1,)]
    engine.close()


@pytest.mark.parametrize(("key", "code"), [("deep.id", "K614"), ("id", None)])
def test_a_key_inside_a_column_settles_no_overlap(
    tmp_path: Path, key: str, code: str | None
) -> None:
    """The columns `deep` differ in both files although their `deep.id` is the same."""
    for name, amount in (("a", 5), ("b", 7)):
        row = f'[{{"id": 1, "deep": {{"id": 1, "of": "{name}"}}, "amount": {amount}}}]'
        (tmp_path / f"{name}.json").write_text(row, encoding="utf-8")
    definitions = f"""
source sales {{ files: "?.json", key: {key}, overlap: latest_file
  measure total: sum(amount) as piece }}
"""
    with project(tmp_path, HEAD + definitions) as loaded:
        if code:
            assert refusal(loaded, "total").code == code
        else:
            assert loaded.query("total").rows == ((7,),)


UNION = """
source old { files: "old.csv", key: id, time: day }
source new { files: "new.csv", key: id, time: day }
source all_orders {
  union: [old, new]
  key: id
  time: day
  dimensions: [channel]
  measure pieces: sum(quantity) as piece
  measure mean: avg(quantity * 2) as piece
  measure paid: count() where is_paid as order
}
"""
NEW = "id,day,quantity,channel,is_paid\n1,2026-01-05,3,ads,true\n2,2026-02-05,4,,false"


def test_a_header_alone_takes_its_types_from_the_other_files_of_a_union(tmp_path: Path) -> None:
    # 3 + 4 pieces; the mean of 6 and 8; one order is paid.
    with project(tmp_path, HEAD + UNION, old=NEW.splitlines()[0], new=NEW) as loaded:
        assert loaded.query("pieces", "mean", "paid").rows == ((7, 7, 1),)
        by_month = loaded.query("pieces", by=["month"])
        assert [row[:2] for row in by_month.rows] == [(date(2026, 1, 1), 3), (date(2026, 2, 1), 4)]
        by_channel = rows(loaded.query("pieces", by=["channel"]), "pieces")
        assert sorted(by_channel) == [(3,), (4,)]


SALES = """source sales {
  files: "sales.csv"
  key: id
  measure whole: sum(-amount * 2) as piece
  measure money: sum(amount) as USD
}
source more { files: "sales.csv", key: id }
source both {
  union: [sales, more]
  key: none
  measure twice: sum(amount) as piece
  measure price: sum(amount) as USD
}
"""


class TestTextAmongAmounts:
    """K643 points at the column where the definitions name it."""

    @pytest.fixture
    def loaded(self, tmp_path: Path) -> Iterator[kpidsl.Project]:
        with project(tmp_path, HEAD + SALES, sales="id,amount\n1,9\n2,n/a") as loaded:
            yield loaded

    @pytest.mark.parametrize(
        ("metric", "place"),
        # The columns count from the `source` line, which is the third of the file.
        [("whole", "6:23"), ("money", "6:23"), ("twice", "13:22"), ("price", "13:22")],
    )
    def test_where(self, loaded: kpidsl.Project, metric: str, place: str) -> None:
        problem = refusal(loaded, metric)
        assert problem.code == "K643"
        assert str(problem.span) == f"project.kpi:{place}"
        assert problem.span is not None
        assert problem.span.text == "amount"

    def test_a_value_that_no_column_is_told_of(self, tmp_path: Path) -> None:
        """The text comes from an expression: the source is the nearest known place."""
        source = SALES.split("source more", maxsplit=1)[0]
        source = source.replace("sum(amount)", "sum(number(lower(amount)))")
        with project(tmp_path, HEAD + source, sales="id,amount\n1,9\n2,n/a") as loaded:
            problem = refusal(loaded, "money")
            assert problem.code == "K643"
            assert problem.span is not None
            assert problem.span.line == 3


def test_no_progress_is_drawn_between_the_lines_of_a_notebook() -> None:
    """DuckDB draws it where the process has no script."""
    asked = "SELECT current_setting('enable_progress_bar')"
    code = f"""
import duckdb
from pathlib import Path
from kpidsl.engines.embedded import EmbeddedEngine
print(EmbeddedEngine(Path()).run({asked!r}).rows, duckdb.sql({asked!r}).fetchall())
"""
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == "[(False,)] [(True,)]\n"


def test_what_duckdb_cannot_plan_with_statistics_is_planned_without(tmp_path: Path) -> None:
    """DuckDB 2.0.0 fails to plan this statement with them."""
    database = tmp_path / "flags.duckdb"
    sql = (
        "SELECT count(*) FROM flags WHERE CASE WHEN kind IS NULL THEN 'b' END >= 'a' OR number < 7"
    )
    with duckdb.connect(database) as con:
        con.execute("CREATE TABLE flags AS SELECT 'k' AS kind, range AS number FROM range(100)")
    engine, problems = EmbeddedEngine.open(tmp_path, database, "UTC")
    assert engine is not None, problems
    with closing(engine):
        # No kind is missing, so the CASE is NULL in all rows; seven have a number below 7.
        assert engine.run(sql).rows == [(7,)]
        setting = engine.run("SELECT current_setting('disabled_optimizers')")
        assert setting.rows == [("",)]


DISTINCT = "SELECT count(*) FROM (SELECT DISTINCT range % 2000000 AS n FROM range({}))"


def test_what_does_not_fit_into_memory_is_worked_on_in_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two million different numbers of eight bytes and their hashes are more than 30 MB. Nothing of
    that is left in any folder, and least of all in the one at hand."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "scratch"))
    (tmp_path / "scratch").mkdir()
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    engine, problems = EmbeddedEngine.open(tmp_path, None, "UTC", memory="30 MB")
    assert engine is not None, problems
    with closing(engine):
        # DuckDB counts 15 of the 16 bytes that it takes: 28,125,000 bytes of 30,000,000.
        assert engine.run("SELECT current_setting('memory_limit')").rows == [("26.8 MiB",)]
        assert engine.run(DISTINCT.format(4_000_000)).rows == [(2_000_000,)]
        assert list((tmp_path / "scratch").iterdir())
    assert not list((tmp_path / "scratch").iterdir())
    assert not list((tmp_path / "here").iterdir())


def test_too_little_memory_is_told(tmp_path: Path) -> None:
    database = tmp_path / "numbers.duckdb"
    with duckdb.connect(database) as con:
        con.execute("CREATE TABLE sales AS SELECT range AS id FROM range(3000000)")
    definitions = (
        "kpidsl 1\nsource sales { table: sales, key: id, measure ids: count_distinct(id) }"
    )
    (tmp_path / "shop.kpi").write_text(definitions)
    profile = 'default_profile = "w"\n[profile.w]\nurl = "duckdb:///numbers.duckdb"\n'
    (tmp_path / "kpidsl.toml").write_text(profile + 'memory_limit = "1 MB"\n')
    with kpidsl.load(tmp_path) as loaded:
        problem = refusal(loaded, "ids")
    assert problem.code == "K670"
    assert "memory_limit" in (problem.help or "")
    assert "SET " not in problem.message  # DuckDB's advice is about statements


@pytest.mark.parametrize("written", ["4 GB", "1.5GiB", "200MB"])
def test_sizes_of_memory_are_read(written: str) -> None:
    assert Profile(url="duckdb:///x", memory_limit=written).memory_limit == written


@pytest.mark.parametrize("written", ["4", "lots", "-1 GB", "80%", "1 GB; ATTACH 'x'"])
def test_other_sizes_are_refused(tmp_path: Path, written: str) -> None:
    profile = f'[profile.w]\nurl = "duckdb:///x"\nmemory_limit = "{written}"\n'
    (tmp_path / "kpidsl.toml").write_text(profile)
    _, [found] = read_config(tmp_path)
    assert found.code == "K920"
    assert "`profile.w.memory_limit`" in found.message


@pytest.mark.parametrize("table", ["`sales.csv`", "sales.csv", "execute", "duckdb"])
def test_nothing_stands_in_for_a_table_that_is_not_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, table: str
) -> None:
    """DuckDB itself would read a file of that name in the current folder, or an object of Python
    that the calling code sees."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sales.csv").write_text("id,amount\n1,5\n", encoding="utf-8")
    with duckdb.connect(tmp_path / "shop.duckdb") as con:
        con.execute("CREATE TABLE other (id INTEGER)")
    (tmp_path / "kpidsl.toml").write_text(
        'default_profile = "w"\n[profile.w]\nurl = "duckdb:///shop.duckdb"\n', encoding="utf-8"
    )
    definitions = f"source s {{ table: {table}, key: id\nmeasure n: count() }}"
    with project(tmp_path, HEAD + definitions) as loaded:
        assert refusal(loaded, "n").code == "K641"


def test_nothing_stands_in_for_a_table_of_sql_either(tmp_path: Path) -> None:
    # `execute` is a function that the engine's own code sees.
    definitions = 'source s { sql: "SELECT 1 AS id FROM execute", key: id\nmeasure n: count() }'
    with project(tmp_path, HEAD + definitions) as loaded:
        assert "does not exist" in refusal(loaded, "n").message


def test_days_up_to_an_infinite_one_are_refused(tmp_path: Path) -> None:
    """K643 at the source, whose rows are counted all the same."""
    rows = "SELECT 1 AS id, DATE '2026-01-01' AS day UNION ALL SELECT 2, DATE 'infinity'"
    definitions = f'source s {{ sql: "{rows}", key: id, time: day\nmeasure n: count() }}'
    with project(tmp_path, HEAD + definitions) as loaded:
        with pytest.raises(kpidsl.KpidslError) as refused:
            loaded.query("n", by=["month"])
        (found,) = refused.value.diagnostics
        assert (found.code, "`infinity` is a time on no day" in found.message) == ("K643", True)
        assert loaded.query("n").rows == ((2,),)


@pytest.mark.parametrize("name", ["Maß", "İzmir", "ΟΔΟΣ"])
def test_a_table_may_have_any_letters(tmp_path: Path, name: str) -> None:
    """What Python and DuckDB take for their small letters differs: `ß` is `ss` in Python."""
    with duckdb.connect(tmp_path / "shop.duckdb") as con:
        con.execute(f'CREATE TABLE "{name}" AS SELECT 1 AS id')
    (tmp_path / "kpidsl.toml").write_text(
        'default_profile = "w"\n[profile.w]\nurl = "duckdb:///shop.duckdb"\n', encoding="utf-8"
    )
    definitions = f"source s {{ table: `{name}`, key: id\nmeasure n: count() }}"
    with project(tmp_path, HEAD + definitions) as loaded:
        assert loaded.query("n").rows == ((1,),)


def test_a_table_without_a_profile_is_in_no_database(tmp_path: Path) -> None:
    with project(
        tmp_path, HEAD + "source s { table: orders, key: id\nmeasure n: count() }"
    ) as loaded:
        found = refusal(loaded, "n")
    assert (found.code, found.help) == (
        "K641",
        "name a profile of `kpidsl.toml` by `--profile` or `default_profile`, or read `files:`",
    )


@pytest.mark.parametrize(
    ("kind", "odd", "day"),
    [
        ("TIMESTAMP", "9999-12-31 23:59:59", "10000-01-01"),  # in Taipei it is 8 hours later
        ("DATE", "12026-01-05", "12026-01-05"),  # a slip of the keyboard
        ("DATE", "0044-03-15 (BC)", "0044-03-15 (BC)"),
    ],
)
def test_days_that_python_has_no_calendar_for(
    tmp_path: Path, kind: str, odd: str, day: str
) -> None:
    """They are no periods, and as far away as any day when others are asked for."""
    with duckdb.connect(tmp_path / "shop.duckdb") as con:
        con.execute(f"CREATE TABLE sales (id INTEGER, made {kind})")
        con.execute("INSERT INTO sales VALUES (1, '2026-01-05'), (2, '2026-03-05'), (3, ?)", [odd])
    (tmp_path / "kpidsl.toml").write_text(
        'default_profile = "w"\n[profile.w]\nurl = "duckdb:///shop.duckdb"\n', encoding="utf-8"
    )
    clock = 'made { stored_as: "UTC" }' if kind == "TIMESTAMP" else "made"
    definitions = f"source s {{ table: sales, key: id, time: {clock}\nmeasure n: count() }}"
    with project(tmp_path, HEAD + definitions) as loaded:
        with pytest.raises(kpidsl.KpidslError) as refused:
            loaded.query("n", by=["day"], sparse=True)
        [found] = refused.value.diagnostics
        assert (found.code, day in found.message) == ("K643", True)
        answer = loaded.query("n", by=["month"], period="2026-02 .. 2026-03", sparse=True)
    assert answer.rows == ((date(2026, 3, 1), 1),)
    [known] = answer.known
    assert known.days is not None
    assert known.days.start == (date.min if "BC" in odd else date(2026, 1, 5))
    # March is known to its end where a row lies after it, and else to its last row, of 5 March.
    assert answer.partial == ("BC" in odd,)
