"""What comes first and last: by a source's clock, ties by its key. Values are read off the rows.

prices of tea: 3 at first, 5 and then 4 at one moment on 2 January; a row without a price comes last
of cup: 8 on 5 February, and 9 at no time
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

import kpidsl
from kpidsl.plan.query import Absent
from tests.support import load, project

SHOP = """kpidsl 1
project shop { currency: USD, timezone: "America/New_York" }
source prices {
  files: "prices.csv", key: id, time: seen { stored_as: "UTC" }
  dimensions: [product, status]
  dimension opening: first(status) per product
  dimension closing: last(price) per product
  measure first_price: first(price) as USD
  measure price: last(price) as USD
  measure state: last(status)
  measure quoted: last(price) where status = "new" as USD
  measure quotes: count() as quote
}
"""
PRICES = """
id,product,seen,price,status
4,tea,2026-01-02T12:00:00,5,old
5,tea,2026-01-02T12:00:00,4,new
1,tea,2026-01-01T12:00:00,3,old
6,tea,2026-01-31T12:00:00,,old
7,cup,2026-02-05T12:00:00,8,new
8,cup,,9,new
"""


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[kpidsl.Project]:
    with project(tmp_path, SHOP, prices=PRICES) as loaded:
        yield loaded


def asked(shop: kpidsl.Project, *metrics: str, **how: Any) -> dict[Any, Any]:
    keys = len(how.get("by", ()))
    return {row[:keys]: row[keys:] for row in shop.query(*metrics, **how).rows}


def test_the_clock_decides_and_at_one_moment_the_key(shop: kpidsl.Project) -> None:
    found = asked(shop, "first_price", "price", by=["product"])
    assert found == {("tea",): (3, 4), ("cup",): (8, 8)}


def test_each_group_and_total_is_picked_from_its_own_rows(shop: kpidsl.Project) -> None:
    """The last of all prices is of the cup, which no sum or greatest of the groups' would tell."""
    months = asked(shop, "first_price", "price", by=["month"], period="2026-Q1")
    january, february, march = (date(2026, month, 1) for month in (1, 2, 3))
    assert months == {(january,): (3, 4), (february,): (8, 8), (march,): (None, None)}
    assert asked(shop, "price", period="2026-Q1") == {(): (8,)}
    rolled = asked(shop, "rolling(price, 1mo)", by=["day"], period="2026-02-02 .. 2026-02-05")
    assert list(rolled.values()) == [(None,), (None,), (None,), (8,)]


def test_a_row_without_a_value_or_one_left_out_is_none_of_them(shop: kpidsl.Project) -> None:
    assert asked(shop, "quoted", by=["product"]) == {("tea",): (4,), ("cup",): (8,)}
    assert asked(shop, 'first_price where status = "new"') == {(): (4,)}


def test_a_text_is_a_value_too(shop: kpidsl.Project) -> None:
    """The row without a price has a status, and is the last of January."""
    assert asked(shop, "state", by=["product"]) == {("tea",): ("old",), ("cup",): ("new",)}


def test_an_entity_has_a_first_and_a_last_value(shop: kpidsl.Project) -> None:
    """All rows of a product have what its first row, and its last with a price, has."""
    assert asked(shop, "quotes", by=["opening"]) == {("old",): (4,), ("new",): (2,)}
    assert asked(shop, "quotes", by=["closing"]) == {(4,): (4,), (8,): (2,)}


def test_an_hour_that_the_clock_repeats_is_in_order(tmp_path: Path) -> None:
    """1:30 in New York came before the second 1:15, on 3 November at 6:15 in UTC."""
    rows = "1,tea,2024-11-03T06:15:00,2,b\n2,tea,2024-11-03T05:30:00,1,a"
    with project(tmp_path, SHOP, prices=f"id,product,seen,price,status\n{rows}") as loaded:
        assert asked(loaded, "first_price", "price") == {(): (1, 2)}
        assert asked(loaded, "quotes", by=["opening"]) == {("a",): (2,)}


def test_of_days_the_key_decides_more_often(tmp_path: Path) -> None:
    days = SHOP.replace(' { stored_as: "UTC" }', "").replace("key: id", "key: [product, id]")
    rows = "2,tea,2026-01-01,2,b\n1,cup,2026-01-01,1,a\n10,tea,2026-01-01,3,c"
    with project(tmp_path, days, prices=f"id,product,seen,price,status\n{rows}") as loaded:
        assert asked(loaded, "first_price", "price") == {(): (1, 3)}


def test_nobody_has_no_first_value(tmp_path: Path) -> None:
    rows = "1,,2026-01-01T12:00:00,1,a\n2,tea,2026-01-01T12:00:00,2,b"
    with project(tmp_path, SHOP, prices=f"id,product,seen,price,status\n{rows}") as loaded:
        assert asked(loaded, "quotes", by=["opening"]) == {(Absent.NONE,): (1,), ("b",): (1,)}


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("key: id, ", "", "K409"),
        ("key: id, ", "key: none, ", "K409"),
        (', time: seen { stored_as: "UTC" }', "", "K409"),
        ("last(price) as USD", "last(price once per product) as USD", "K311"),
    ],
)
def test_without_an_order_there_is_no_first(tmp_path: Path, old: str, new: str, code: str) -> None:
    with load(tmp_path, SHOP.replace(old, new), prices=PRICES) as loaded:
        assert {item.code for item in loaded.diagnostics} >= {code}


def test_of_entities_none_comes_first(shop: kpidsl.Project) -> None:
    with pytest.raises(kpidsl.KpidslError) as refused:
        shop.query("last(price per product)")
    assert refused.value.diagnostics[0].code == "K309"
