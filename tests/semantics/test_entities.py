"""Metrics per entity: as filters (S14), and aggregated (S10). Every number is added up by hand.

2026:  customer 1: 100 by ads in January, 40 by seo in February | 2: 30 by ads in January
       3: 50 by seo in February | 9, who is not in the list: 7 by ads in February
       nobody: 500 by tv in February
2025:  customer 2: 200 by ads in January
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

import kpidsl
from kpidsl.plan.query import Absent
from tests.support import project

DEFINITIONS = """kpidsl 1
project shop "Shop" { currency: USD }

source customers {
  files: "customers.csv"
  key: customer_id
  dimensions: [customer_id, region]
  measure people: count() as customer
}
source orders {
  files: "orders.csv"
  key: order_id
  time: day
  join buyer: customers on customer_id
  dimensions: [customer_id, channel]
  measure revenue: sum(amount) as USD
  measure orders: count() as order
}
source visits {
  files: "visits.csv"
  key: visit_id
  time: day
  dimensions: [customer_id]
  measure visits: count() as visit
}
dimension customer_id { of: [customers.customer_id, orders.customer_id, visits.customer_id] }

metric big: revenue where revenue per customer_id > 45 USD
metric aov: revenue / orders
metric typical: median(revenue per customer_id)
metric active: count(orders per customer_id) as customer
"""
TABLES = {
    "customers": "customer_id,region\n1,North\n2,South\n3,North\n4,South",
    "orders": """order_id,customer_id,channel,day,amount
1,1,ads,2026-01-10,100.00
2,1,seo,2026-02-05,40.00
3,2,ads,2026-01-20,30.00
4,3,seo,2026-02-10,50.00
5,,tv,2026-02-12,500.00
6,9,ads,2026-02-14,7.00
7,2,ads,2025-01-15,200.00""",
    "visits": """visit_id,customer_id,day
1,1,2026-01-02
2,1,2026-01-03
3,2,2026-02-04
4,4,2026-01-05
5,,2026-02-20""",
}


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[kpidsl.Project]:
    folder: Path = tmp_path_factory.mktemp("entities")
    with project(folder, DEFINITIONS, **TABLES) as loaded:
        yield loaded


def answer(shop: kpidsl.Project, metric: str, **rest: Any) -> dict[tuple[Any, ...], Any]:
    """Return the values of a metric in 2026, by the keys of their rows."""
    result = shop.query(metric, **({"period": "2026"} | rest))
    return {row[:-1]: row[-1] for row in result.rows}


def number(shop: kpidsl.Project, metric: str, **rest: Any) -> Any:
    (value,) = answer(shop, metric, **rest).values()
    return value


# --- filters -------------------------------------------------------------------------------


def test_rows_of_the_entities_that_pass_are_kept(shop: kpidsl.Project) -> None:
    """In 2026 customers 1 (140) and 3 (50) pass; over all data customer 2 (230) does too."""
    assert number(shop, "big") == 190
    assert number(shop, "big", period=None) == 420


def test_what_a_filter_leaves_is_all_the_rest(shop: kpidsl.Project) -> None:
    """I5: customers 2 and 9, and the order of nobody, of which no comparison is true."""
    assert number(shop, "revenue") == 727
    left = number(shop, "revenue", where="not revenue per customer_id > 45")
    assert left == 727 - 190 == 30 + 7 + 500


def test_what_is_of_nobody_is_tested_as_what_has_no_value(shop: kpidsl.Project) -> None:
    """S2: the order of nobody, of 500, differs from 140, as all but customer 1's orders do, and is
    the only one of which the value is null. With its complement each test keeps all (I5)."""
    for test, kept in (
        ("revenue per customer_id != 140", 30 + 50 + 7 + 500),
        ("revenue per customer_id = 140", 140),
        ("revenue per customer_id is null", 500),
        ("revenue per customer_id > 0", 227),
        ("not revenue per customer_id > 0", 500),
    ):
        assert number(shop, "revenue", where=test) == kept


def test_an_entity_without_rows_has_the_value_of_no_rows(shop: kpidsl.Project) -> None:
    """S13: customer 4 never bought, so the sum is 0 and the ratio has no value."""
    assert number(shop, "people", period=None, where="revenue per customer_id = 0") == 1
    assert number(shop, "people", period=None, where="aov per customer_id is null") == 1
    assert number(shop, "people", period=None, where="revenue per customer_id >= 0") == 4


def test_before_anything_is_known_nobody_has_a_value(shop: kpidsl.Project) -> None:
    """S13: what was sold in 2024 is not known, and not 0."""
    condition = "visits per customer_id = 0"
    assert number(shop, "orders", where=condition, period="2026") == 2  # customers 3 and 9
    assert number(shop, "orders", where=condition, period="2025") == 0


def test_the_window_is_that_of_the_report_whatever_the_grain(shop: kpidsl.Project) -> None:
    """Customer 1 passes in both months, though February's 40 alone would not; the months add up
    to the whole (I1)."""
    by_month = answer(shop, "big", by=["month"], period="2026-01 .. 2026-02")
    assert list(by_month.values()) == [100, 40 + 50]


def test_filters_around_do_not_reach_in(shop: kpidsl.Project) -> None:
    """Each works where it is written: by ads customer 1 bought for 100, of 140 in all."""
    both = 'channel = "ads" and revenue per customer_id > 120'
    assert number(shop, "revenue", where=both) == 100
    inside = '(revenue where channel = "ads") per customer_id > 99 USD'
    assert number(shop, "revenue", where=inside) == 140


def test_a_prior_value_tests_the_earlier_window(shop: kpidsl.Project) -> None:
    """In 2025 customer 2 bought for 200; in 2026 only for 30."""
    assert number(shop, "prior(big, 1y)") == 200


def test_a_prior_value_by_week_tests_the_weeks_of_the_same_number(tmp_path: Path) -> None:
    """Week 10 is 2 to 8 March 2026, and 3 to 9 March 2025: then 1 bought for 100, 2 for 7; on
    2 March 2025, in week 9, 2 did for 100."""
    orders = """order_id,customer_id,channel,day,amount
1,2,ads,2025-03-02,100.00
2,2,ads,2025-03-05,7.00
3,1,ads,2025-03-09,100.00
4,1,ads,2026-03-03,1.00"""
    with project(tmp_path, DEFINITIONS, **{**TABLES, "orders": orders}) as loaded:
        for rest in ({"by": ["week"]}, {}):
            found = answer(loaded, "prior(big, 1y)", period="2026-W10", **rest)
            assert list(found.values()) == [100]


def test_what_is_put_together_of_days_tests_the_window_of_the_report(shop: kpidsl.Project) -> None:
    """In the first half of February customer 3 alone bought for more than 45, and in January's
    customer 1, for 100: which days are added up changes nothing about who passes, nor does another
    metric that asks for the same (S1)."""
    where, period = "revenue per customer_id > 45", "2026-02-01 .. 2026-02-14"
    metrics = {
        "revenue": 50,
        "rolling(revenue, 2mo)": 50,
        "rolling(sum(revenue per day), 2mo)": 50,
        "prior(rolling(sum(revenue per day), 2mo), 1mo)": 100,
    }
    for metric, expected in metrics.items():
        assert number(shop, metric, where=where, period=period) == expected
    for order in (list(metrics), list(reversed(metrics))):
        (row,) = shop.query(*order, where=where, period=period).rows
        assert dict(zip(order, row, strict=True)) == metrics


def test_another_source_is_filtered(shop: kpidsl.Project) -> None:
    """Customer 1 visited twice; customer 3, who passes too, never."""
    assert number(shop, "visits", where="revenue per customer_id > 45") == 2


def test_conditions_are_joined_as_any_others(shop: kpidsl.Project) -> None:
    where = (
        'orders per customer_id = 2 or (region = "North" and aov per customer_id between 50 and 60)'
    )
    assert number(shop, "revenue", where=where) == 140 + 50


def test_two_values_of_an_entity_are_compared(shop: kpidsl.Project) -> None:
    """By seo and by ads customer 1 bought for 40 and 100, customer 3 for 50 and 0."""
    seo, ads = (f'(revenue where channel = "{name}") per customer_id' for name in ("seo", "ads"))
    assert number(shop, "revenue", where=f"{seo} > {ads}") == 50


def test_totals_test_the_same_values(shop: kpidsl.Project) -> None:
    rows = answer(shop, "big", by=["channel"], totals=True)
    assert rows == {("ads",): 100, ("seo",): 90, (Absent.ALL,): 190}


# --- aggregates over entities --------------------------------------------------------------


@pytest.mark.parametrize(
    ("metric", "value"),
    [
        # Of 140, 30, 50 and 7: the order of nobody is of no customer.
        ("avg(revenue per customer_id)", 227 / 4),
        ("median(revenue per customer_id)", 40),
        ("percentile(revenue per customer_id, 100%)", 140),
        ("max(revenue per customer_id)", 140),
        ("min(revenue per customer_id)", 7),
        ("sum(revenue per customer_id)", 227),
        ("count(revenue per customer_id)", 4),
        ("max(orders per customer_id)", 2),
        ("max(aov per customer_id)", 70),
        # 1 and 3 are of the North, 2 of the South; who is not in the list is of no region.
        ("max(revenue per region)", 190),
        ("max(revenue per [customer_id, channel])", 100),
        ("prior(max(revenue per customer_id), 1y)", 200),
        ("max(prior(revenue, 1y) per customer_id)", 200),
        ('avg((revenue where channel = "ads") per customer_id)', 137 / 3),
        ('avg(revenue per customer_id) where channel = "seo"', 45),
        ("avg(revenue per customer_id) where revenue per customer_id > 45", 95),
        ("max(revenue per customer_id) / avg(revenue per customer_id)", 140 / (227 / 4)),
    ],
)
def test_aggregates_over_all(shop: kpidsl.Project, metric: str, value: float) -> None:
    assert float(number(shop, metric)) == pytest.approx(value)


def test_each_group_has_its_own_entities(shop: kpidsl.Project) -> None:
    """Customer 1 counts by ads with 100, by seo with 40, and in the total with 140; by tv nobody
    bought, so there is a row without a value, and 0 customers."""
    rows = answer(shop, "typical", by=["channel"], totals=True)
    assert rows == {("ads",): 30, ("seo",): 45, ("tv",): None, (Absent.ALL,): 40}
    counts = answer(shop, "active", by=["channel"], totals=True)
    assert counts == {("ads",): 3, ("seo",): 2, ("tv",): 0, (Absent.ALL,): 4}
    assert shop.query("active", by=["channel"]).columns[-1].overlapping


def test_each_period_has_its_own_entities(shop: kpidsl.Project) -> None:
    """Nothing is known of March, so nobody was counted then, which is not 0 (S13)."""
    months = {"by": ["month"], "period": "2026-Q1"}
    assert list(answer(shop, "active", **months).values()) == [2, 3, None]
    assert list(answer(shop, "typical", **months).values()) == [65, 40, None]


def test_rolling_values_are_of_who_is_in_the_window(shop: kpidsl.Project) -> None:
    """In the two months up to the end of February, customer 1 has 140."""
    rolled = answer(
        shop, "rolling(max(revenue per customer_id), 2mo)", by=["month"], period="2026-02"
    )
    assert list(rolled.values()) == [140]


def test_a_total_over_groups_is_recomputed(shop: kpidsl.Project) -> None:
    rows = answer(shop, "total(count(orders per customer_id))", by=["channel"])
    assert rows == {("ads",): 4, ("seo",): 4, ("tv",): 4}


def test_what_is_grouped_by_is_no_second_entity(shop: kpidsl.Project) -> None:
    """Each customer is the only one of the group; the order of nobody is in a group without one."""
    rows = answer(shop, "count(revenue per customer_id)", by=["customer_id"])
    assert rows == {(1,): 1, (2,): 1, (3,): 1, (9,): 1, (Absent.NONE,): 0}


def test_the_first_members_and_the_rest(shop: kpidsl.Project) -> None:
    """By ads 137 over 3 is the most; of the rest customers 1 and 3 have 40 and 50."""
    rows = answer(shop, "avg(revenue per customer_id)", by=["channel"], top=1)
    assert rows == {
        ("ads",): pytest.approx(137 / 3),
        (Absent.OTHER,): pytest.approx(45),
    }


# --- aggregates over periods ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("metric", "period", "value"),
    [
        ("max(revenue per day)", "2026", 500),
        ('max(revenue per day) where channel = "seo"', "2026", 50),
        # January has 31 days, all of them known, on 29 of which nothing was sold.
        ("avg(revenue per day)", "2026-01", 130 / 31),
        ("min(revenue per day)", "2026-01", 0),
        # Nothing is known after 14 February, the day of the last order.
        ("avg(revenue per day)", "2026-02", 597 / 14),
        ("count(revenue per day)", "2026-02", 14),
        ("avg(revenue per month)", "2026-01 .. 2026-02", (130 + 597) / 2),
        ("max(rolling(revenue, 2mo) per month)", "2026-02", 130 + 597),
        # 2025 has 200 in January and nothing in eleven months; 2026 is known for two.
        ("sum(revenue per year)", "2025 .. 2026", 927),
        ("avg(revenue per month)", None, 927 / 14),
    ],
)
def test_every_period_that_is_known_counts(
    shop: kpidsl.Project, metric: str, period: str | None, value: float
) -> None:
    assert float(number(shop, metric, period=period)) == pytest.approx(value)


def test_periods_within_periods(shop: kpidsl.Project) -> None:
    """By month the best day of each; of March no day is known (S13)."""
    best = answer(shop, "max(revenue per day)", by=["month"], period="2026-Q1")
    assert list(best.values()) == [100, 500, None]
    days = answer(shop, "count(revenue per day)", by=["month"], period="2026-Q1")
    assert list(days.values()) == [31, 14, None]


def test_periods_within_groups_are_recomputed_in_totals(shop: kpidsl.Project) -> None:
    """Ads had 130 in January and 7 in February, seo 0 and 90, tv 0 and 500; in all it is 130 and
    597: a month without a sale through a channel counts with 0 (S17)."""
    rows = answer(
        shop, "min(revenue per month)", by=["channel"], period="2026-01 .. 2026-02", totals=True
    )
    assert rows == {("ads",): 7, ("seo",): 0, ("tv",): 0, (Absent.ALL,): 130}


def test_units_are_those_of_the_metric_and_of_what_is_counted(shop: kpidsl.Project) -> None:
    assert shop.model is not None
    metrics = shop.model.metrics
    assert [str(metrics[name].unit) for name in ("typical", "active")] == ["USD", "customer"]
    assert str(shop.query("count(revenue per customer_id)").columns[-1].unit) == "number"
    assert metrics["typical"].formula == "median(revenue per customer_id)"
    assert number(shop, "typical") == Decimal(40)


def test_s17_a_period_is_meant_where_a_dimension_is_called_so(tmp_path: Path) -> None:
    """10 on the first day, 0 on the second and 20 on the third: on average 10, and 15 of the two
    members that `day` has."""
    definitions = """kpidsl 1
project shop "Shop" { currency: USD }
source orders {
  files: "orders.csv"
  key: id
  time: day
  dimensions: [day]
  measure revenue: sum(amount) as USD
}
"""
    orders = "id,day,amount\n1,2026-01-01,10\n2,2026-01-03,20"
    with project(tmp_path, definitions, orders=orders) as loaded:
        assert loaded.query("avg(revenue per day)").rows == ((10,),)
        for named in ("orders.day", "`day`"):
            assert loaded.query(f"avg(revenue per {named})").rows == ((15,),)
        assert loaded.query("revenue", where="revenue per day > 15").rows == ((20,),)
        assert len(loaded.query("revenue", by=["day"]).rows) == 3
