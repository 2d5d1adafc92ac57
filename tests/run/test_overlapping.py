"""S4, S10: a column whose rows need not add up to the total says so."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import kpidsl
from tests.support import project

SHOP = """kpidsl 1
project p { currency: USD }
source customers { files: "customers.csv", key: customer, dimensions: [region] }
source sales {
  files: "sales.csv"
  key: id
  time: day
  join who: customers on customer
  dimensions: [channel]
  dimension first_day: min(day) per customer
  measure orders: count() as order
  measure ids: count_distinct(id) as order
  measure buyers: count_distinct(customer) as customer
  measure fees: sum(fee once per customer) as USD
}
metric orders_per_buyer: orders / buyers
metric pairs: buyers / 2
"""
CUSTOMERS = "customer,region\nc1,North\nc2,South"
SALES = """
id,customer,day,channel,fee
1,c1,2026-01-05,ads,5
2,c1,2026-02-05,seo,5
3,c2,2026-02-06,ads,4
"""


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[kpidsl.Project]:
    with project(tmp_path, SHOP, customers=CUSTOMERS, sales=SALES) as loaded:
        yield loaded


@pytest.mark.parametrize(
    ("metric", "by", "values", "overlapping"),
    [
        ("buyers", [], [2], False),
        ("buyers", ["channel"], [2, 1], True),  # c1 bought by both: 3, and not 2
        ("buyers", ["month"], [1, 2], True),  # and in both months
        ("buyers", ["region"], [1, 1], False),  # a customer lives in one region
        ("buyers", ["region", "channel"], [1, 1, 1], True),
        ("buyers", ["first_day"], [1, 1], False),  # and has one first day
        ("pairs", ["channel"], [1, 0.5], True),
        ("2 * buyers", ["channel"], [4, 2], True),
        ("buyers - pairs", ["channel"], [1, 0.5], True),  # in all, 2 - 1
        ("coalesce(buyers, 0)", ["channel"], [2, 1], True),
        ("ids", ["channel"], [2, 1], False),  # each row is an order of its own
        ("orders", ["channel"], [2, 1], False),
        ("orders_per_buyer", ["channel"], [1, 1], False),  # nobody adds up ratios
        ("fees", [], [9], False),
        ("fees", ["channel"], [9, 5], True),  # c1's five count for both
    ],
)
def test_distinct_counts_overlap_unless_each_thing_has_one_member(
    shop: kpidsl.Project, metric: str, by: list[str], values: list[float], overlapping: bool
) -> None:
    result = shop.query(metric, by=by)
    assert result.values(metric) == values
    assert result.columns[-1].overlapping is overlapping
