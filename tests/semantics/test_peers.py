"""What other semantic layers answer wrongly without a word, each worked out by hand.

| what is wrong there | where | test |
|---|---|---|
| a difference is NULL where one side has no rows | MetricFlow | `a_difference…` |
| a running value by month is that of its first day | MetricFlow | `a_running_value…` |
| a year before a week is always NULL | MetricFlow | `a_year_before_a_week…` |
| a purchase before the visit is a conversion, by the day | MetricFlow | `a_purchase_before…` |
| days filled with zeros meet a group that is NULL itself | MetricFlow | `filled_days…` |
| there is a row for a period to come | MetricFlow | `no_period…` |
| a metric's rows hang on its company | Sidemantic | `company…` |
| distinct counts of days are added up | Sidemantic | `a_trailing_distinct_count…` |
| a date filter begins a running total anew | Sidemantic | `a_period_begins_no…` |
| sums told apart by hashes overflow on doubles | Sidemantic | `large_doubles…` |
| a default time adds columns that nobody asked for | Sidemantic | `nobody_gets…` |
| spend finds its month through orders | Sidemantic | `spend_has_its_own_months` |
| a side that is not one after all doubles the sum | Malloy, BSL | `a_repeated_key…` |
| the source named first decides the answer | Malloy, BSL | `no_source_is_the_root` |
| the month before is the row before | Malloy | `the_month_before…` |
| of many to many the first match counts | Databricks | `many_to_many…` |
| measures in stages double over long ranges | Cube | `long_windows…` |
| a filter reaches the first fact only | SQLMesh | `a_filter_reaches_every_fact` |
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

import kpidsl
from kpidsl.plan.query import Absent
from tests.support import project, rows

SHOP = """kpidsl 1
project shop { currency: USD }

source customers {
  files: "customers.csv"
  key: customer_id
  dimensions: [region]
  measure customer_count: count() as customer
}
source orders {
  files: "orders.csv"
  key: order_id
  time: day
  watermark: 2026-05-01
  join customer: customers on customer_id
  dimensions: [channel]
  measure revenue: sum(amount) as USD
  measure orders: count() as order
  measure buyers: count_distinct(customer_id) as customer
  measure mass: sum(weight)
}
source lines {
  files: "lines.csv"
  key: [order_id, sku]
  join of_order: orders on order_id
  dimensions: [sku]
}
source refunds {
  files: "refunds.csv"
  key: refund_id
  time: day
  watermark: 2026-05-01
  join of_order: orders on order_id
  measure refunded: sum(amount) as USD
}
source spend {
  files: "spend.csv"
  key: [day, channel]
  time: day
  watermark: 2026-05-01
  dimensions: [channel]
  measure ad_spend: sum(amount) as USD
}
dimension channel "Channel" { of: [orders.channel, spend.channel] }

metric net: revenue - refunded
metric roas: revenue / ad_spend
"""
CUSTOMERS = """
customer_id,region
1,EU
2,US
3,EU
"""
# March has none. 5 January 2026 is a Monday, of week 2; so is the week of 8 January 2025.
ORDERS = """
order_id,customer_id,channel,day,amount,weight
1,1,ads,2025-01-08,40,1e18
2,1,ads,2026-01-05,100,1e18
3,2,seo,2026-01-20,50,2e18
4,1,ads,2026-02-03,30,0.5
5,2,,2026-04-10,20,0.25
"""
LINES = """
order_id,sku
1,a
2,a
2,b
3,a
"""
REFUNDS = """
refund_id,order_id,day,amount
1,3,2026-01-25,5
"""
SPEND = """
day,channel,amount
2026-01-06,ads,10
2026-02-05,tv,8
"""
JAN, FEB, MAR, APR = (date(2026, month, 1) for month in (1, 2, 3, 4))
YEAR_SO_FAR = "2026-01 .. 2026-04"


def opened(folder: Path, customers: str = CUSTOMERS) -> kpidsl.Project:
    tables = {"orders": ORDERS, "lines": LINES, "refunds": REFUNDS, "spend": SPEND}
    return project(folder, SHOP, customers=customers, **tables)


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[kpidsl.Project]:
    with opened(tmp_path) as loaded:
        yield loaded


def test_a_difference_is_known_where_one_side_has_no_rows(shop: kpidsl.Project) -> None:
    """S13: EU orders 40 + 100 + 30 and refunds nothing, US 50 + 20 and 5."""
    assert shop.query("net", by=["region"], order=["region"]).rows == (("EU", 170), ("US", 65))
    assert shop.query("net").rows == ((235,),)


def test_a_running_value_is_of_the_end_of_the_month(shop: kpidsl.Project) -> None:
    """S18: 40 in 2025, then 150, 30, nothing and 20."""
    found = shop.query("running(revenue)", by=["month"], period=YEAR_SO_FAR)
    assert found.rows == ((JAN, 190), (FEB, 220), (MAR, 220), (APR, 240))


def test_a_period_begins_no_running_total_anew(shop: kpidsl.Project) -> None:
    assert shop.query("running(revenue)", period="2026-02").rows == ((220,),)


def test_a_year_before_a_week_is_the_week_of_its_number(shop: kpidsl.Project) -> None:
    """S19: week 2 of 2025 has the order of 8 January, and week 3 has none."""
    found = shop.query("revenue", "prior(revenue, 1y)", by=["week"], period="2026-W02 .. 2026-W03")
    assert found.rows == ((date(2026, 1, 5), 100, 40), (date(2026, 1, 12), 0, 0))


def test_a_purchase_before_the_visit_of_its_day_is_no_conversion(tmp_path: Path) -> None:
    """S22: u buys at nine and visits at noon; w visits first."""
    text = """kpidsl 1
project p { timezone: "UTC" }
source log {
  files: "log.csv", key: id, time: seen { stored_as: "UTC" }, dimensions: [act]
  watermark: 2026-03-01
}
entity person { in: [log.who] }
funnel path {
  entity: person
  within: 1d
  step visit: log where act = "visit"
  step buy: log where act = "buy"
}
"""
    log = """
id,who,seen,act
1,u,2026-01-01T09:00:00,buy
2,u,2026-01-01T12:00:00,visit
3,w,2026-01-01T09:00:00,visit
4,w,2026-01-01T12:00:00,buy
"""
    with project(tmp_path, text, log=log) as loaded:
        assert loaded.funnel("path").steps == (("visit", 2), ("buy", 1))


def test_filled_days_and_a_group_without_a_name_stay_apart(shop: kpidsl.Project) -> None:
    """S17: three days of the one member seen there, which is none."""
    found = shop.query("revenue", by=["day", "channel"], period="2026-04-09 .. 2026-04-11")
    assert found.rows == tuple(
        (date(2026, 4, day), Absent.NONE, revenue) for day, revenue in ((9, 0), (10, 20), (11, 0))
    )


def test_no_period_is_to_come(shop: kpidsl.Project) -> None:
    """S17: two months of two; without a period as many as the data have, from January 2025 on."""
    found = shop.query("revenue", by=["month"], period="2026-01 .. 2026-02")
    assert found.rows == ((JAN, 150), (FEB, 30))
    every = shop.query("revenue", by=["month"]).rows
    assert (len(every), every[-1]) == (16, (APR, 20))


def test_company_changes_no_rows(shop: kpidsl.Project) -> None:
    """S1: nobody orders by tv, which is in company only, and there revenue is nothing."""
    alone = shop.query("revenue", by=["channel"], order=["channel"]).rows
    assert set(alone) == {("ads", 170), ("seo", 50), (Absent.NONE, 20)}
    company = shop.query("revenue", "ad_spend", by=["channel"]).rows
    assert set(company) == {
        ("ads", 170, 10),
        ("seo", 50, 0),
        (Absent.NONE, 20, 0),
        ("tv", 0, 8),
    }


def test_a_trailing_distinct_count_counts_nobody_twice(shop: kpidsl.Project) -> None:
    """S18: from 5 January to 3 February customer 1 orders twice and 2 once."""
    assert shop.query("rolling(buyers, 30d)", period="2026-02-03").rows == ((2,),)


def test_large_doubles_are_added_up_once_per_order(shop: kpidsl.Project) -> None:
    """S4: a is in orders 1, 2 and 3, and b in order 2; 4 and 5 have no lines."""
    found = rows(shop.query("mass", by=["sku"]), "sku", "mass")
    assert dict(found) == {
        "a": pytest.approx(4e18),
        "b": pytest.approx(1e18),
        Absent.UNMAPPED: pytest.approx(0.75),
    }
    assert set(shop.query("revenue", by=["sku"]).rows) == {
        ("a", 190),
        ("b", 100),
        (Absent.UNMAPPED, 50),
    }


def test_nobody_gets_columns_that_were_not_asked_for(shop: kpidsl.Project) -> None:
    """S15: of a period one number, however many clocks the sources have."""
    found = shop.query("revenue", "ad_spend", period=YEAR_SO_FAR)
    assert [column.name for column in found.columns] == ["revenue", "ad_spend"]
    assert found.rows == ((200, 18),)


def test_spend_has_its_own_months(shop: kpidsl.Project) -> None:
    """S15: 150 / 10 and 30 / 8; then there is no spend to divide by."""
    found = shop.query("ad_spend", "roas", by=["month"], period=YEAR_SO_FAR)
    assert found.rows == ((JAN, 10, 15), (FEB, 8, 3.75), (MAR, 0, None), (APR, 0, None))


def test_a_repeated_key_doubles_nothing(tmp_path: Path) -> None:
    """S3: customer 1 is there twice, so the orders of customer 1 would count twice."""
    with opened(tmp_path, f"{CUSTOMERS.rstrip()}\n1,US\n") as loaded:
        with pytest.raises(kpidsl.KpidslError) as refused:
            loaded.query("revenue", by=["region"])
        assert [each.code for each in refused.value.diagnostics] == ["K651"]
        assert loaded.query("revenue").rows == ((240,),)


def test_no_source_is_the_root(shop: kpidsl.Project) -> None:
    """S1: customer 3 never orders, and is one of two in the EU."""
    expected = {("EU", 2, 170), ("US", 1, 70)}
    there = shop.query("customer_count", "revenue", by=["region"]).rows
    back = shop.query("revenue", "customer_count", by=["region"]).rows
    assert set(there) == expected
    assert {(region, count, revenue) for region, revenue, count in back} == expected


def test_the_month_before_is_no_row_before(shop: kpidsl.Project) -> None:
    """S19: before April comes March, in which nobody orders; before March, February."""
    found = shop.query("prior(revenue, 1mo)", by=["month"], period="2026-03 .. 2026-04")
    assert found.rows == ((MAR, 30), (APR, 0))


def test_many_to_many_without_a_bridge_is_refused(shop: kpidsl.Project) -> None:
    """S6: a refund is of an order with several lines, none of which it is of."""
    with pytest.raises(kpidsl.KpidslError) as refused:
        shop.query("refunded", by=["sku"])
    assert refused.value.diagnostics[0].code == "K451"


def test_long_windows_double_nothing(shop: kpidsl.Project) -> None:
    """S18: all five orders lie in the three years, and each counts once a month at most."""
    found = shop.query("rolling(revenue, 3y)", by=["month"], period="2025-01 .. 2026-04")
    assert found.rows[0] == (date(2025, 1, 1), 40)
    assert found.rows[-1] == (APR, 240)


def test_a_filter_reaches_every_fact(shop: kpidsl.Project) -> None:
    """S14: by ads 40 + 100 + 30 of revenue, and 10 of 18 of spend."""
    found = shop.query("revenue", "ad_spend", where='channel = "ads"')
    assert found.rows == ((170, 10),)
