"""What an engine's catalogue tells a plan, and that it changes the SQL alone."""

from __future__ import annotations

from pathlib import Path

import duckdb

from kpidsl.engines.base import TableFacts
from kpidsl.engines.embedded import EmbeddedEngine
from tests.semantics.conftest import ORDERS, SHOP
from tests.support import project


def test_the_facts_of_a_table(tmp_path: Path) -> None:
    database = tmp_path / "shop.duckdb"
    with duckdb.connect(database) as con:
        con.execute("CREATE TABLE sales (price DECIMAL(10, 2), cost DOUBLE, pieces INTEGER)")
        con.execute("INSERT INTO sales SELECT 1.5, 1.5, 1 FROM range(7)")
        con.execute("CREATE VIEW dear AS SELECT * FROM sales WHERE price > 1")
    engine, _ = EmbeddedEngine.open(tmp_path, database, "UTC")
    assert engine is not None
    assert engine.facts(["sales"]) == TableFacts(7, {"price": 2})
    assert engine.facts(["main", "sales"]) == TableFacts(7, {"price": 2})
    # A view has no rows of its own, but columns; what isn't there has neither.
    assert engine.facts(["dear"]) == TableFacts(None, {"price": 2})
    assert engine.facts(["nowhere"]) == TableFacts()
    engine.close()


def test_an_answer_needs_no_cast_of_what_is_exact(tmp_path: Path) -> None:
    """The compiler doesn't know the tables: to it `amount` might be a float."""
    cast = 'SUM(CAST("orders"."amount" AS DECIMAL(38, 9)))'
    with project(tmp_path, SHOP, orders=ORDERS) as loaded:
        compiled, run = loaded.compile("revenue"), loaded.query("revenue").sql
    assert cast in compiled
    assert run == compiled.replace(cast, 'SUM("orders"."amount")')
