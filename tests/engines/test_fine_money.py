"""S12 where money has more than the nine decimals that are kept: refused, and never rounded unseen.

Three pieces at 0.0000000004 cost 0.0000000012, which nine decimals would round to 0.000000001.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import pytest

import kpidsl
from tests.support import refusal

if TYPE_CHECKING:
    from tests.servers.mysql import MySQLServer
    from tests.servers.postgres import PostgresServer

DEFINITIONS = """kpidsl 1
project shop { currency: EUR }
source sales {
  table: sales
  key: id
  join product: products on product
  measure fees: sum(fee) as EUR
  measure cents: sum(cents) as EUR
  measure cost: sum(pieces * product.price) as EUR
  measure rounded: sum(round(pieces * product.price, 9)) as EUR
  measure whole: sum(pieces * cents) as EUR
  measure least: min(fee) as EUR
  measure coarse: sum(coarse * coarse) as EUR
  measure either: sum(coalesce(fee, cents)) as EUR
}
source products { table: products, key: product }
"""
COLUMNS = "id INTEGER, product INTEGER, pieces INTEGER, cents {cents}, fee {fine}, coarse {coarse}"
ROWS = (
    "INSERT INTO sales VALUES (1, 1, 3, 0.10, 0.0000000005, 0.25), (2, 1, 3, 0.20, 1.5, 0.25)",
    "INSERT INTO products VALUES (1, 0.0000000004)",
)
DECIMALS = {"cents": "DECIMAL(12, 2)", "fine": "DECIMAL(14, 10)", "coarse": "DECIMAL(12, 6)"}


def tables(types: dict[str, str]) -> tuple[str, ...]:
    return (
        f"CREATE TABLE sales ({COLUMNS.format(**types)})",
        f"CREATE TABLE products (product INTEGER, price {types['fine']})",
        *ROWS,
    )


@pytest.fixture(
    params=[
        "duckdb",
        "sqlite",
        pytest.param("postgres", marks=pytest.mark.postgres),
        pytest.param("postgres without places", marks=pytest.mark.postgres),
        pytest.param("mysql", marks=pytest.mark.mysql),
    ]
)
def shop(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[kpidsl.Project]:
    """Two sales of three pieces, one of which has a fee of ten decimals."""
    match request.param:
        case "duckdb":
            with duckdb.connect(tmp_path / "shop.db") as con:
                for statement in tables(DECIMALS):
                    con.execute(statement)
            url = "duckdb:///shop.db"
        case "sqlite":
            con_ = sqlite3.connect(tmp_path / "shop.db")
            for statement in tables(dict.fromkeys(DECIMALS, "REAL")):
                con_.execute(statement)
            con_.commit()
            con_.close()
            url = "sqlite:///shop.db"
        case "mysql":
            server: MySQLServer = request.getfixturevalue("mysql_server")
            database = request.getfixturevalue("mysql_database")
            server.run(*tables(DECIMALS), database=database)
            url = server.url(database)
        case _:
            types = DECIMALS
            if request.param != "postgres":
                types = dict.fromkeys(DECIMALS, "NUMERIC")
            postgres: PostgresServer = request.getfixturevalue("postgres_server")
            url = request.getfixturevalue("postgres_url")
            postgres.run(url, *tables(types))
    monkeypatch.setenv("SHOP_URL", url)
    (tmp_path / "kpidsl.toml").write_text(
        'default_profile = "p"\n[profile.p]\nurl = "${SHOP_URL}"\n', encoding="utf-8"
    )
    (tmp_path / "shop.kpi").write_text(DEFINITIONS, encoding="utf-8")
    with kpidsl.load(tmp_path) as loaded:
        yield loaded


@pytest.mark.parametrize("metric", ["fees", "cost", "least", "either"])
def test_decimals_that_money_does_not_keep_are_refused(shop: kpidsl.Project, metric: str) -> None:
    problem = refusal(shop, metric)
    assert problem.code == "K675"
    assert "more than 9 decimals" in problem.message
    assert "round(" in problem.help


@pytest.mark.parametrize(
    ("metric", "value"),
    [
        ("cents", "0.30"),
        ("whole", "0.90"),  # 3 × 0.10 + 3 × 0.20
        ("rounded", "0.000000002"),  # each of 0.0000000012 is rounded, as is asked for
        ("coarse", "0.125"),  # twelve decimals by its type, four by its values
    ],
)
def test_all_other_money_is_exact(shop: kpidsl.Project, metric: str, value: str) -> None:
    assert shop.query(metric).values(metric) == [Decimal(value)]
