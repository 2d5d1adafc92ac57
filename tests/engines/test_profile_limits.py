"""What a profile limits, of databases within the process: as many rows of an answer as it allows,
which the servers' tests look at themselves, and DuckDB's memory."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pytest

import kpidsl
from kpidsl.engines.base import EngineError, Scan
from kpidsl.engines.embedded import EmbeddedEngine
from kpidsl.engines.guarded import GuardedEngine
from kpidsl.engines.sqlite import SQLiteEngine
from tests.support import write_table

DEFINITIONS = """kpidsl 1
project shop { currency: EUR }
source sales { table: sales, key: id, dimensions: [id], measure revenue: sum(amount) as EUR }
"""
SALES = [(number, 10) for number in range(1, 6)]


@pytest.fixture(params=["duckdb", "sqlite"])
def shop(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Five sales of 10 each, in a database of one engine, with answers of four rows at most."""
    if request.param == "sqlite":
        write_table(tmp_path, "sales", ["id", "amount"], SALES, "shop.sqlite")
    else:
        with duckdb.connect(tmp_path / "shop.duckdb") as con:
            con.execute("CREATE TABLE sales (id INT, amount INT)")
            con.executemany("INSERT INTO sales VALUES (?, ?)", SALES)
    (tmp_path / "shop.kpi").write_text(DEFINITIONS, encoding="utf-8")
    (tmp_path / "kpidsl.toml").write_text(
        f'default_profile = "w"\n[profile.w]\nurl = "{request.param}:///shop.{request.param}"\n'
        "max_rows = 4\n",
        encoding="utf-8",
    )
    return tmp_path


def test_an_answer_with_too_many_rows_is_refused(shop: Path) -> None:
    with kpidsl.load(shop) as loaded:
        with pytest.raises(kpidsl.KpidslError) as refused:
            loaded.query("revenue", by=["id"])
        [found] = refused.value.diagnostics
        assert found.code == "K665"
        assert "more than 4" in found.message
        few = loaded.query("revenue", by=["id"], order=["id"], limit=4)  # it can be asked again
    assert [row[0] for row in few.rows] == [1, 2, 3, 4]


def add(shop: Path, name: str, columns: str, rows: Sequence[tuple[object, ...]]) -> None:
    """Add a table of a shop; `columns` are DuckDB's."""
    if (shop / "shop.sqlite").exists():
        names = [column.split()[0] for column in columns.split(", ")]
        write_table(shop, name, names, rows, "shop.sqlite")
        return
    with duckdb.connect(shop / "shop.duckdb") as con:
        con.execute(f"CREATE TABLE {name} ({columns})")
        con.executemany(f"INSERT INTO {name} VALUES ({', '.join('?' * len(rows[0]))})", rows)  # noqa: S608


def test_the_examples_of_what_is_wrong_are_no_answer(shop: Path) -> None:
    """Three of the five keys are shown that stand in two rows each."""
    add(shop, "double", "id INT, name TEXT", [(number, "a") for number, _ in SALES * 2])
    definitions = DEFINITIONS.replace("key: id,", "key: id, join again: double on id,")
    definitions += "source double { table: double, key: id, dimensions: [name] }\n"
    (shop / "shop.kpi").write_text(definitions, encoding="utf-8")
    only_one_row(shop)
    with kpidsl.load(shop) as loaded:
        with pytest.raises(kpidsl.KpidslError) as refused:
            loaded.query("revenue", by=["double.name"])
        [found] = refused.value.diagnostics
        assert found.code == "K651"
        assert "5 keys stand in 10 rows" in found.message
        assert loaded.query("revenue").rows == ((50,),)


def test_the_rows_of_a_listed_calendar_are_no_answer(shop: Path) -> None:
    months = [
        (date(2025, month, 1), date(2025, month + 1, 1) - timedelta(days=1))
        for month in range(1, 12)
    ]
    months.append((date(2025, 12, 1), date(2025, 12, 31)))
    listed = [
        (str(first), str(last), first.month, (first.month + 2) // 3, 2025) for first, last in months
    ]
    add(shop, "months", "first_day DATE, last_day DATE, month INT, quarter INT, year INT", listed)
    add(shop, "visits", "id INT, day DATE", [(1, "2025-03-31"), (2, "2025-04-01")])
    (shop / "shop.kpi").write_text(LISTED, encoding="utf-8")
    only_one_row(shop)
    with kpidsl.load(shop) as loaded:
        assert loaded.query("n", period="FY2025-Q2").rows == ((1,),)  # April to June


LISTED = """kpidsl 1
project shop { currency: EUR, calendar: company }
source months { table: months, key: first_day }
calendar company {
  listed_in: months
  first_day: first_day
  last_day: last_day
  month: month
  quarter: quarter
  year: year
}
source visits { table: visits, key: id, time: day, measure n: count() }
"""


def only_one_row(shop: Path) -> None:
    config = (shop / "kpidsl.toml").read_text(encoding="utf-8")
    text = config.replace("max_rows = 4", "max_rows = 1")
    (shop / "kpidsl.toml").write_text(text, encoding="utf-8")


@pytest.mark.parametrize("rows", [5, None])
def test_what_is_within_the_limit_is_given(shop: Path, rows: int | None) -> None:
    engine: EmbeddedEngine | SQLiteEngine
    if (shop / "shop.sqlite").exists():
        engine = SQLiteEngine(shop / "shop.sqlite", rows=rows)
    else:
        engine = EmbeddedEngine(shop, database=shop / "shop.duckdb", rows=rows)
    try:
        assert engine.run("SELECT id FROM sales ORDER BY id").rows == [(n,) for n, _ in SALES]
        if rows is not None:
            with pytest.raises(EngineError) as raised:
                engine.run("SELECT id FROM sales UNION ALL SELECT 6")
            assert raised.value.kind == "too many rows"
    finally:
        engine.close()


@pytest.mark.parametrize(
    ("url", "engine"),
    [("sqlite:///shop.db", "SQLite"), ("postgresql://nobody@localhost:1/shop", "PostgreSQL")],
)
def test_a_limit_that_an_engine_does_not_keep_is_refused(
    tmp_path: Path, url: str, engine: str
) -> None:
    (tmp_path / "shop.kpi").write_text(DEFINITIONS, encoding="utf-8")
    (tmp_path / "kpidsl.toml").write_text(
        f'default_profile = "w"\n[profile.w]\nurl = "{url}"\nmemory_limit = "1 GB"\n',
        encoding="utf-8",
    )
    with kpidsl.load(tmp_path) as loaded, pytest.raises(kpidsl.KpidslError) as refused:
        loaded.query("revenue")
    [found] = refused.value.diagnostics
    assert found.code == "K920"
    assert f"`profile.w.memory_limit`: {engine} is given no limit" in found.message


def test_what_is_kept_for_several_questions_is_weighed_too(tmp_path: Path) -> None:
    with duckdb.connect(tmp_path / "shop.duckdb") as con:
        con.execute("CREATE TABLE sales AS SELECT range AS id FROM range(1000)")
    keep = "CREATE TEMP TABLE kept AS SELECT id FROM warehouse.main.sales"
    with closing(EmbeddedEngine(tmp_path, database=tmp_path / "shop.duckdb")) as engine:
        with pytest.raises(EngineError) as refused:
            GuardedEngine(engine, Scan(rows=999)).keep(keep)
        GuardedEngine(engine, Scan(rows=1000)).keep(keep)
    assert refused.value.kind == "too many rows to read"
