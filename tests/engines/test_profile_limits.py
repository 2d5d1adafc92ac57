"""What a profile limits, of databases within the process: as many rows of an answer as it allows,
which the servers' tests look at themselves, and DuckDB's memory."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

import kpidsl
from kpidsl.engines.base import EngineError
from kpidsl.engines.embedded import EmbeddedEngine
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
