"""Columns whose collations take `EU` for `eu`: DuckDB and SQLite tell their texts apart all the
same, as the other engines do."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import duckdb
import pytest

import kpidsl
from kpidsl.plan.query import Absent

DEFINITIONS = """kpidsl 1
project shop { currency: EUR, timezone: "UTC" }
source orders {
  table: orders
  key: id
  join area: areas on region to name
  dimensions: [region, paid]
  dimension size: area.size
  measure orders: count()
  measure regions: count_distinct(region)
  measure small: count() where region = "eu"
  measure listed: count() where region in ("eu", "us")
  measure late: count() where region > "a"
}
source areas {
  table: areas
  key: name
  dimensions: [size]
  measure areas: count()
}
source again {
  table: orders
  key: id
  dimension place: region
  measure seen: count()
}
source looked_at {
  table: seen
  key: id
  dimension where_from: region
  measure looks: count()
}
"""
TABLES = (
    'CREATE TABLE orders (id INTEGER PRIMARY KEY, "region" {text}, paid BOOLEAN)',
    """INSERT INTO orders VALUES
      (1, 'EU', true), (2, 'eu', false), (3, 'EU ', true), (4, 'eu', false)""",
    "CREATE INDEX by_region ON orders (region)",
    "CREATE TABLE areas (name {text}, size INTEGER)",
    "INSERT INTO areas VALUES ('EU', 7)",
    "CREATE VIEW seen AS SELECT id, region FROM orders",
)


@pytest.fixture(
    params=[
        ("duckdb", "VARCHAR"),
        ("duckdb", "VARCHAR COLLATE NOCASE"),
        ("duckdb", "VARCHAR COLLATE de"),
        ("sqlite", "TEXT COLLATE NOCASE"),
        ("sqlite", "TEXT COLLATE RTRIM"),
    ],
    ids=" ".join,
)
def shop(request: pytest.FixtureRequest, tmp_path: Path) -> kpidsl.Project:
    scheme, text = request.param
    file = tmp_path / "shop.db"
    with closing(duckdb.connect(file) if scheme == "duckdb" else sqlite3.connect(file)) as con:
        for statement in TABLES:
            con.execute(statement.format(text=text))
        con.commit()
    settings = f'default_profile = "w"\n[profile.w]\nurl = "{scheme}:///shop.db"\n'
    (tmp_path / "kpidsl.toml").write_text(settings, encoding="utf-8")
    (tmp_path / "shop.kpi").write_text(DEFINITIONS, encoding="utf-8")
    return kpidsl.load(tmp_path)


def test_texts_are_told_apart_by_their_bytes(shop: kpidsl.Project) -> None:
    each = (("EU", 1), ("EU ", 1), ("eu", 2))
    assert shop.query("orders", by=["region"]).rows == each
    assert shop.query("seen", by=["place"]).rows == each
    assert shop.query("looks", by=["where_from"]).rows == each
    counts = shop.query("regions", "small", "listed", "late").rows
    assert counts == ((3, 2, 2, 2),)  # "eu" twice is all that stands behind "a"


def test_rows_join_by_the_bytes_of_texts(shop: kpidsl.Project) -> None:
    assert shop.query("orders", by=["size"]).rows == ((7, 1), (Absent.UNMAPPED, 3))


def test_columns_keep_their_types(shop: kpidsl.Project) -> None:
    rows = shop.query("orders", by=["paid"]).rows
    assert [(repr(key), count) for key, count in rows] == [("False", 2), ("True", 2)]
