"""S12 where amounts of different decimals stand in one column: none of them is rounded.

One account, of which Ann owns a quarter: of 0.10 that is 0.025, and of 0.005 tonnes 0.00125.
"""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

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


WIDE = """kpidsl 1
project shop { currency: EUR }
source bills {
  table: bills
  key: id
  dimensions: [kind]
  dimension known: coalesce(exact, paid)
  dimension sort: coalesce(kind, other)
  dimension number: coalesce(id, account, 0)
  measure written: sum(coalesce(paid, 0.005)) as EUR
  measure owing: sum(coalesce(paid, -0.005)) as EUR
  measure cases: sum(case when kind = "x" then 0.005 else paid end) as EUR
  measure small: count() where coalesce(paid, 0.005) < 0.008 as bill
  measure first: sum(coalesce(exact, paid)) as EUR
  measure rounded: sum(coalesce(round(exact, 2), round(paid, 2))) as EUR
  measure either: max(case when kind = "x" then paid else exact end) as EUR
  measure narrow: sum(coalesce(short, cents)) as EUR
  measure amounts: sum(coalesce(paid, 0)) as EUR
  measure paid: sum(paid) as EUR
}
source offers { table: offers, key: id, measure offered: sum(exact) as EUR }
source all {
  union: [bills, offers]
  key: none
  measure all_exact: sum(exact) as EUR
  measure all_ids: sum(id) as number
}
source parts {
  table: bills
  key: [id, part]
  unpivot part { into: [amount], "exact": [exact], "paid": [paid] }
  measure amount: sum(amount) as EUR
}
"""
WIDE_TABLES = """
CREATE TABLE bills (id INT, account INT, kind VARCHAR, other VARCHAR, exact DECIMAL(38, 5),
  paid DECIMAL(38, 2), short DECIMAL(18, 5), cents DECIMAL(18, 2));
INSERT INTO bills VALUES (1, 7, 'x', 'y', 1.12345, NULL, 1.12345, NULL),
  (2, 8, NULL, 'z', NULL, 1.00, NULL, 1.00);
CREATE TABLE offers (id INT, exact DECIMAL(38, 2));
INSERT INTO offers VALUES (3, 0.50);
"""


@pytest.fixture
def bills(tmp_path: Path) -> Path:
    """A bill of 1.12345, not paid, and one of which 1.00 is paid."""
    with duckdb.connect(tmp_path / "shop.duckdb") as con:
        con.execute(WIDE_TABLES)
    (tmp_path / "kpidsl.toml").write_text(
        'default_profile = "p"\n[profile.p]\nurl = "duckdb:///shop.duckdb"\n', encoding="utf-8"
    )
    (tmp_path / "shop.kpi").write_text(WIDE, encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize(
    ("metric", "value"),
    [
        ("written", "1.005"),
        ("owing", "0.995"),
        ("cases", "1.005"),
        ("small", "1"),
        ("rounded", "2.12"),  # 1.12 and 1.00, as is asked for
        ("narrow", "2.12345"),
        ("amounts", "1"),
        ("all_ids", "6"),  # the column that would be rounded is not read
    ],
)
def test_values_of_rows_that_meet_keep_their_decimals(bills: Path, metric: str, value: str) -> None:
    with kpidsl.load(bills) as loaded:
        assert loaded.query(metric).values(metric) == [Decimal(value)]


def test_members_that_meet_are_as_they_were(bills: Path) -> None:
    """Numbers of stores and texts have no decimals to keep."""
    with kpidsl.load(bills) as loaded:
        assert [row[0] for row in loaded.query("paid", by=["sort"]).rows] == ["x", "z"]
        numbers = [row[0] for row in loaded.query("paid", by=["number"]).rows]
        assert numbers == [1, 2]
        assert all(isinstance(number, int) for number in numbers)


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"metrics": ["first"]}, "`exact` has 5 decimals, and would be rounded to 2"),
        ({"metrics": ["either"]}, "`exact` has 5 decimals, and would be rounded to 2"),
        ({"metrics": ["paid"], "by": ["known"]}, "`exact` has 5 decimals"),
        ({"metrics": ["paid"], "where": "known > 1"}, "`exact` has 5 decimals"),
        ({"metrics": ["all_exact"]}, "`exact` has 5 decimals, and would be rounded to 2"),
        ({"metrics": ["amount"]}, "has 5 decimals, and would be rounded to 2"),
    ],
)
def test_what_no_type_holds_is_refused(bills: Path, asked: dict[str, Any], told: str) -> None:
    """Of 1.12345 DuckDB would make 1.12: a DECIMAL(38, 2) leaves two decimals to all."""
    metrics = asked.pop("metrics")
    with kpidsl.load(bills) as loaded, pytest.raises(kpidsl.KpidslError) as raised:
        loaded.query(*metrics, **asked)
    [problem] = raised.value.diagnostics
    assert problem.code == "K658"
    assert told in problem.message
