"""S12 where amounts of different decimals stand in one column: none of them is rounded.

One account, of which Ann owns a quarter: of 0.10 that is 0.025, and of 0.005 tonnes 0.00125.
"""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

import kpidsl

DEFINITIONS = """kpidsl 1
project shop { currency: EUR }
source sales {
  table: sales
  key: id
  join owners: ownerships on account { weight: share }
  dimensions: [kind]
  measure paid: sum(paid) as EUR
  measure price: sum(price) as number
  measure weight: sum(weight) as number
  measure sales: count() as sale
  measure cheapest: min(price) as number
}
source ownerships {
  table: ownerships
  key: [account, owner]
  join owner: owners on owner
}
source owners { table: owners, key: owner, dimensions: [name] }
"""
TABLES = """
CREATE TABLE sales (id INTEGER, account INTEGER, kind VARCHAR, paid DECIMAL(18, 2),
  price DECIMAL(18, 2), weight DECIMAL(18, 3));
INSERT INTO sales VALUES (1, 1, 'x', 0.10, 0.10, 0.005);
CREATE TABLE ownerships (account INTEGER, owner INTEGER, share DECIMAL(4, 3));
INSERT INTO ownerships VALUES (1, 1, 0.25), (1, 2, 0.75);
CREATE TABLE owners (owner INTEGER, name VARCHAR);
INSERT INTO owners VALUES (1, 'Ann'), (2, 'Bob');
"""


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    with duckdb.connect(tmp_path / "shop.duckdb") as con:
        con.execute(TABLES)
    (tmp_path / "kpidsl.toml").write_text(
        'default_profile = "p"\n[profile.p]\nurl = "duckdb:///shop.duckdb"\n', encoding="utf-8"
    )
    (tmp_path / "shop.kpi").write_text(DEFINITIONS, encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize("measure", ["paid", "price"])
def test_shares_beside_their_total_are_not_rounded_to_its_decimals(
    shop: Path, measure: str
) -> None:
    with kpidsl.load(shop) as loaded:
        rows = loaded.query(measure, by=["owners.name"], totals=True).rows
    assert [value for _, value in rows] == [Decimal("0.025"), Decimal("0.075"), Decimal("0.1")]


@pytest.mark.parametrize(
    ("formula", "value"),
    [
        # There is no cheapest of a kind that is not there, so the weight is the answer.
        ('coalesce(price + (cheapest where kind = "y"), weight)', Decimal("0.005")),
        ("coalesce(price, weight)", Decimal("0.1")),
        ('coalesce(price + (cheapest where kind = "y"), 0.125)', Decimal("0.125")),
        ("coalesce(weight, 0.12345)", Decimal("0.005")),
        ("coalesce(sales, sales)", 1),
    ],
)
def test_the_first_known_number_keeps_its_decimals(
    shop: Path, formula: str, value: Decimal | int
) -> None:
    with kpidsl.load(shop) as loaded:
        ((found,),) = loaded.query(formula).rows
    assert found == value
