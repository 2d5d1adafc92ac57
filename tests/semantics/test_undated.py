"""Rows without a time lie in no period, and so in no total over periods and in no place of a top
list by time (I1, S10, S17). Worked out by hand:

    January   web a 60 | February  web b 40, shop a 5 | no time (not paid yet)  shop c 500, shop d 7
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

import kpidsl
from kpidsl.api.question import Question, ask
from kpidsl.plan.query import Absent
from tests.support import project, rows

DEFINITIONS = """kpidsl 1
project shop { currency: USD }
source orders {
  files: "orders.csv"
  key: id
  time: paid_at
  dimensions: [channel]
  measure revenue: sum(amount) as USD
  measure buyers: count_distinct(buyer) as buyer
}
"""
ORDERS = """
id,paid_at,channel,buyer,amount
1,2026-01-05,web,a,60
2,2026-02-05,web,b,40
3,2026-02-06,shop,a,5
4,,shop,c,500
5,,shop,d,7
"""
ALL, OTHER = Absent.ALL, Absent.OTHER
JAN, FEB = date(2026, 1, 1), date(2026, 2, 1)


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[kpidsl.Project]:
    with project(tmp_path, DEFINITIONS, orders=ORDERS) as loaded:
        yield loaded


def test_periods_add_up_to_their_total(shop: kpidsl.Project) -> None:
    result = shop.query("revenue", "buyers", by=["month"], totals=True)
    assert result.rows == ((JAN, 60, 1), (FEB, 45, 2), (ALL, 105, 2))


def test_so_do_members_and_periods(shop: kpidsl.Project) -> None:
    result = shop.query("revenue", by=["month", "channel"], totals=True)
    totals = {row[:2]: row[2] for row in result.rows if ALL in row}
    assert totals == {(JAN, ALL): 60, (FEB, ALL): 45, (ALL, ALL): 105}


def test_longer_periods_add_up_too(shop: kpidsl.Project) -> None:
    result = shop.query("revenue", by=["year", "month"], totals=True)
    assert [row[-1] for row in result.rows if ALL in row] == [105, 105]


def test_the_first_by_time_are_the_first_in_the_periods(shop: kpidsl.Project) -> None:
    result = shop.query("revenue", by=["month", "channel"], top=1)
    assert rows(result, "period", "channel", "revenue") == [
        (JAN, "web", 60),
        (FEB, "web", 40),
        (JAN, OTHER, 0),
        (FEB, OTHER, 5),
    ]


def test_without_periods_they_count(shop: kpidsl.Project) -> None:
    assert shop.query("revenue", "buyers").rows == ((612, 4),)
    result = shop.query("revenue", by=["channel"], top=1)
    assert rows(result, "channel", "revenue") == [("shop", 512), (OTHER, 100)]


def test_so_they_do_beside_the_total_over_periods(shop: kpidsl.Project) -> None:
    """Asked at once, where questions share what they read."""
    asked = [Question(("buyers",)), Question(("buyers",), by=["month"], totals=True)]
    assert shop.model is not None
    queries = [ask(question, shop.model)[0] for question in asked]
    first, second = shop.runner.queries([query for query in queries if query is not None])
    assert first[0] is not None
    assert second[0] is not None
    assert first[0].rows == ((4,),)
    assert second[0].rows == ((JAN, 1), (FEB, 2), (ALL, 2))
