"""Months beside those before, from one pass by the day: days of no month asked for are in none."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

import kpidsl
from tests.support import project, rows

DEFINITIONS = """kpidsl 1
project shop { currency: USD, timezone: "UTC" }
source sales {
  files: "sales.csv"
  key: id
  time: day
  watermark: 2026-04-01
  measure revenue: sum(amount) as USD
}
"""
SALES = """
id,day,amount
1,2025-12-31,1.00
2,2026-01-31,2.00
3,2026-02-14,4.00
4,2026-02-15,8.00
5,2026-03-14,16.00
6,2026-03-15,32.00
7,2026-03-31,64.00
"""
MONTHS = "revenue", "prior(revenue, 1mo)"


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[kpidsl.Project]:
    with project(tmp_path, DEFINITIONS, sales=SALES) as loaded:
        yield loaded


def test_whole_months_need_no_test_of_their_days(shop: kpidsl.Project) -> None:
    result = shop.query(*MONTHS, by=["month"], period="2026-01 .. 2026-02")
    totals = result.sql.split("sales_totals")[1:3]
    assert not any("WHERE" in part for part in totals)
    assert rows(result, "period", *MONTHS) == [
        (date(2026, 1, 1), Decimal(2), Decimal(1)),
        (date(2026, 2, 1), Decimal(12), Decimal(2)),
    ]


@pytest.mark.parametrize(
    ("grain", "before", "period", "sums"),
    [
        ("month", "1mo", "2026-Q1", 2),  # of each day, and of the days of each month
        ("quarter", "3mo", "2026-Q1", 2),
        ("week", "7d", "2026-W06 .. 2026-W08", 2),
        ("week", "7d", "2026-Q1", 3),  # its first week lies in part in the year before
        ("quarter", "1mo", "2026-Q1", 3),  # the quarters a month before are others
    ],
)
def test_whole_periods_are_added_up_once(
    shop: kpidsl.Project, grain: str, before: str, period: str, sums: int
) -> None:
    sql = shop.query("revenue", f"prior(revenue, {before})", by=[grain], period=period).sql
    assert sql.count("SUM(") == sums


def test_weeks_are_those_before_moved(shop: kpidsl.Project) -> None:
    result = shop.query("revenue", "prior(revenue, 7d)", by=["week"], period="2026-W06 .. 2026-W08")
    assert rows(result, "period", "revenue", "prior(revenue, 7d)") == [
        (date(2026, 2, 2), Decimal(0), Decimal(2)),  # 31 January is a Saturday
        (date(2026, 2, 9), Decimal(12), Decimal(0)),
        (date(2026, 2, 16), Decimal(0), Decimal(12)),
    ]


def test_a_part_of_a_month_is_compared_with_the_same_part(shop: kpidsl.Project) -> None:
    """Half of February, 8, has half of January before it, 2; all of March, 112, all of February,
    12. The sale of 14 February counts in that alone."""
    result = shop.query(*MONTHS, by=["month"], period="2026-02-15 .. 2026-03-31")
    assert rows(result, "period", *MONTHS) == [
        (date(2026, 2, 1), Decimal(8), Decimal(2)),
        (date(2026, 3, 1), Decimal(112), Decimal(12)),
    ]


def test_a_total_is_over_the_window_alone(shop: kpidsl.Project) -> None:
    """Of January and February, though the pass read December too."""
    result = shop.query(*MONTHS, by=["month"], period="2026-01 .. 2026-02", totals=True)
    assert rows(result, "revenue")[-1] == (Decimal(14),)
