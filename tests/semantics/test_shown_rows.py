"""Which rows of an answer are shown, in which order, and beside what they are compared; worked out
by hand from these orders:

    2025  February  web a 10 | March  shop c 70
    2026  January   shop a 40
          February  web a 10, web b 30, shop b 30
          March     phone c 20.50, web d 5, (none) d 5
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

import kpidsl
from kpidsl.plan.query import Absent
from tests.support import project, rows

DEFINITIONS = """kpidsl 1
project shop { currency: USD }

source orders {
  files: "orders.csv"
  key: id
  time: day
  watermark: 2026-04-01
  dimensions: [channel, product]
  measure revenue: sum(amount) as USD
  measure orders: count() as order
  measure buyers: count_distinct(customer) as customer
}
source visits {
  files: "visits.csv"
  key: id
  time: day
  watermark: 2026-04-01
  dimensions: [channel]
  measure visits: count() as visit
}
source budget {
  files: "budget.csv"
  key: month
  time: month
  watermark: 2026-04-01
  measure planned: sum(amount) as USD
}
dimension channel "Channel" {
  of: [orders.channel, visits.channel]
  values: ["web", "shop", "phone"]
}
metric aov: revenue / orders
kpi sales "Sales": revenue { plan: budget.planned }
"""
ORDERS = """
id,day,customer,channel,product,amount
1,2026-01-05,1,shop,a,40
2,2026-02-05,2,web,a,10
3,2026-02-06,1,web,b,30
4,2026-02-26,3,shop,b,30
5,2026-03-07,4,phone,c,20.50
6,2026-03-08,9,web,d,5
7,2025-02-09,1,web,a,10
8,2025-03-09,2,shop,c,70
9,2026-03-10,2,,d,5
"""
VISITS = """
id,day,channel
1,2026-01-04,web
2,2026-02-04,mail
3,2026-02-04,
4,2026-03-04,web
"""
BUDGET = """
month,amount
2026-01-01,50
2026-02-01,50
2026-03-01,0
"""
NONE, ALL = Absent.NONE, Absent.ALL
JAN, FEB, MAR = date(2026, 1, 1), date(2026, 2, 1), date(2026, 3, 1)


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[kpidsl.Project]:
    tables = {"orders": ORDERS, "visits": VISITS, "budget": BUDGET}
    with project(tmp_path, DEFINITIONS, **tables) as loaded:
        yield loaded


def code(shop: kpidsl.Project, *metrics: str, **asked: Any) -> str:
    with pytest.raises(kpidsl.KpidslError) as refused:
        shop.query(*metrics, **asked)
    (found,) = refused.value.diagnostics
    return found.code


def test_members_stand_in_their_declared_order_beside_totals_of_each(shop: kpidsl.Project) -> None:
    """S9: of web's 55, shop's 140, the phone's 20.50 and 5 of no channel."""
    result = shop.query("share(revenue, of: product)", by=["product", "channel"])
    assert rows(result, "product", "channel") == [
        *[("a", "web"), ("a", "shop"), ("b", "web"), ("b", "shop")],
        *[("c", "shop"), ("c", "phone"), ("d", "web"), ("d", NONE)],
    ]
    assert [float(value) for value in result.values("share(revenue, of: product)")] == [
        pytest.approx(part / whole)
        for part, whole in [
            (20, 55),
            (40, 140),
            (30, 55),
            (30, 140),
            (70, 140),
            (1, 1),
            (5, 55),
            (1, 1),
        ]
    ]


# --- a condition on rows ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("having", "channels"),
    [
        # Over all days: web 55, shop 140, phone 20.50, (none) 5.
        ("revenue > 20.5", ["web", "shop"]),
        ("revenue >= 20.5 USD and revenue <= 55 USD", ["web", "phone"]),
        ("not revenue > 20.5", ["phone", NONE]),
        ("revenue between 5 and 55", ["web", "phone", NONE]),
        ("revenue in [5, 140]", ["shop", NONE]),
        ("revenue / orders > 20", ["shop", "phone"]),  # 13.75, 46.67, 20.50, 5
        ("rank(revenue) <= 2", ["web", "shop"]),
        ("share(revenue) > 50%", ["shop"]),  # of 220.50
        ("orders > 3", ["web"]),
    ],
)
def test_rows_are_kept_by_what_metrics_are_in_them(
    shop: kpidsl.Project, having: str, channels: list[object]
) -> None:
    assert shop.query("revenue", by=["channel"], having=having).values("channel") == channels


def test_what_has_no_value_passes_no_test_but_its_complement(shop: kpidsl.Project) -> None:
    """S2: of March 2025 and before nothing is known, so there is no prior value in March 2026's
    comparison but 70; a month later there is none."""
    asked: dict[str, Any] = {"by": ["month"], "period": "2026-01 .. 2026-03"}
    prior = "prior(revenue, 1y)"
    assert shop.query("revenue", **asked, having=f"{prior} >= 0").values("period") == [FEB, MAR]
    assert shop.query("revenue", **asked, having=f"{prior} != 10").values("period") == [JAN, MAR]
    assert shop.query("revenue", **asked, having=f"{prior} is null").values("period") == [JAN]


def test_a_row_that_is_left_out_changes_no_other(shop: kpidsl.Project) -> None:
    """S1: the share is still that of all, and so is the place."""
    result = shop.query("share(revenue)", "rank(revenue)", by=["channel"], having="revenue < 50")
    assert [float(value) for value in result.values("share(revenue)")] == pytest.approx(
        [20.5 / 220.5, 5 / 220.5]
    )
    assert result.values("rank(revenue)") == [3, 4]


def test_what_is_tested_beside_the_answer_is_no_column_of_it(shop: kpidsl.Project) -> None:
    """Mails have one visit and no order; that company shows their row (S1), with 0 (S13)."""
    result = shop.query("revenue", by=["channel"], having="visits > 0")
    assert result.names == ("channel", "revenue")
    assert rows(result, "channel", "revenue") == [("web", 55), ("mail", 0), (NONE, 5)]


@pytest.mark.parametrize(
    ("having", "refusal"),
    [
        ("revenue", "K305"),
        ("revenue > 3 order", "K301"),
        ('channel = "web"', "K214"),
        ("revenue > ", "K102"),
        ("revenue is none", "K305"),
        ('revenue = "much"', "K306"),
        ("aov like 3", "K311"),
    ],
)
def test_conditions_that_mean_nothing(shop: kpidsl.Project, having: str, refusal: str) -> None:
    assert code(shop, "revenue", by=["channel"], having=having) == refusal


# --- the first rows ---------------------------------------------------------------------------


def test_the_first_rows_of_each_group_stand_together(shop: kpidsl.Project) -> None:
    result = shop.query(
        "revenue",
        by=["month", "channel"],
        period="2026-01 .. 2026-03",
        order=["-revenue"],
        limit=1,
        per=["month"],
    )
    assert rows(result, "period", "channel", "revenue") == [
        (JAN, "shop", 40),
        (FEB, "web", 40),
        (MAR, "phone", Decimal("20.5")),
    ]


def test_rows_that_are_alike_are_told_apart_by_their_keys(shop: kpidsl.Project) -> None:
    """In January web, phone and (none) have 0; the declared order puts web first."""
    result = shop.query(
        "revenue",
        by=["month", "channel"],
        period="2026-01 .. 2026-03",
        order=["revenue"],
        limit=2,
        per=["month"],
    )
    assert rows(result, "period", "channel", "revenue") == [
        (JAN, "web", 0),
        (JAN, "phone", 0),
        (FEB, "phone", 0),
        (FEB, NONE, 0),
        (MAR, "shop", 0),
        (MAR, "web", 5),
    ]


def test_the_first_of_those_that_are_kept(shop: kpidsl.Project) -> None:
    result = shop.query(
        "revenue", by=["channel"], having="revenue < 100", order=["-revenue"], limit=1
    )
    assert result.values("channel") == ["web"]


def test_totals_are_over_the_rows_that_are_left_out_too(shop: kpidsl.Project) -> None:
    cuts: list[dict[str, Any]] = [{"limit": 1, "order": ["-revenue"]}, {"having": "revenue > 100"}]
    for asked in cuts:
        result = shop.query("revenue", by=["channel"], totals=True, **asked)
        assert rows(result, "channel", "revenue") == [("shop", 140), (ALL, Decimal("220.5"))]
        assert [item.code for item in result.diagnostics] == ["K476"]


@pytest.mark.parametrize(
    "asked",
    [
        {"per": ["channel"]},
        {"per": ["region"], "limit": 1},
        {"per": ["product"], "limit": 1},
        {"per": ["channel", "channel"], "limit": 1},
        {"top": 1, "having": "revenue > 1"},
        {"top": 1, "per": ["channel"], "limit": 1},
    ],
)
def test_first_rows_of_no_group(shop: kpidsl.Project, asked: dict[str, Any]) -> None:
    assert code(shop, "revenue", by=["channel"], **asked) == "K924"


# --- order ------------------------------------------------------------------------------------


def test_members_stand_in_their_declared_order(shop: kpidsl.Project) -> None:
    """Those that are not declared come next, and absent ones last, whichever way round."""
    members = ["web", "shop", "phone", "mail", NONE]
    assert shop.query("visits", "orders", by=["channel"]).values("channel") == members
    result = shop.query("visits", "orders", by=["channel"], order=["-channel"])
    assert result.values("channel") == ["phone", "shop", "web", "mail", NONE]


def test_what_has_no_value_is_last_whichever_way_round(shop: kpidsl.Project) -> None:
    """S12: mail has no orders, so its average order has no value."""
    for order, first in ((["aov"], NONE), (["-aov"], "shop")):
        result = shop.query("aov", "visits", by=["channel"], order=order)
        assert result.values("channel")[0] == first
        assert result.values("channel")[-1] == "mail"


# --- days in a filter -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("where", "period", "revenue"),
    [
        ("time = 2026-02", None, 70),
        ("time >= 2026-02-06 and time < 2026-03", None, 60),
        ("time > 2026-01 and time <= 2026-02", None, 70),
        ("time between 2026-01 and 2026-02-05", None, 50),
        ("2026-02 <= time", "2026", Decimal("100.5")),
        ('channel = "web" and time = 2026-02', None, 40),
        ("time < 2026-02", "2026-Q1", 40),
    ],
)
def test_s16_time_in_a_filter_cuts_the_report_window(
    shop: kpidsl.Project, where: str, period: str | None, revenue: object
) -> None:
    assert shop.query("revenue", where=where, period=period).values("revenue") == [revenue]


def test_s16_what_looks_back_looks_beyond_it(shop: kpidsl.Project) -> None:
    result = shop.query("revenue", where="time = 2026-02", compare=["prior_year"])
    assert rows(result, "revenue", "revenue prior_year") == [(70, 10)]


@pytest.mark.parametrize(
    ("where", "refusal"),
    [
        ("time >= 2026-02", "K925"),
        ("time < 2026-02", "K925"),
        ("time = 2026-02 and time = 2026-03", "K925"),
        ("time = 2026-13", "K109"),
        ('time = 2026-02 or channel = "web"', "K924"),
        ("not time = 2026-02", "K924"),
        ("time != 2026-02", "K924"),
        ("weekday(time) = 1", "K924"),
    ],
)
def test_times_that_are_no_days(shop: kpidsl.Project, where: str, refusal: str) -> None:
    assert code(shop, "revenue", where=where) == refusal


# --- comparisons ------------------------------------------------------------------------------


def test_a_difference_is_an_amount_and_a_change_a_percentage(shop: kpidsl.Project) -> None:
    compare = ["prior_year", "prior_year:difference", "prior_year:change"]
    result = shop.query("revenue", by=["month"], period="2026-02 .. 2026-03", compare=compare)
    assert rows(result, *result.names) == [
        (FEB, 70, 10, 60, 6.0),
        (MAR, Decimal("30.5"), 70, Decimal("-39.5"), pytest.approx(-39.5 / 70)),
    ]
    assert [str(column.unit) for column in result.columns[1:4]] == ["USD"] * 3
    assert result.columns[4].percent


def test_s27_a_plan_beside_what_came_of_it(shop: kpidsl.Project) -> None:
    """A plan of 0 has no change to it (S12); that of the quarter is that of its sums (S10)."""
    compare = ["plan", "plan:change"]
    asked: dict[str, Any] = {"period": "2026-Q1", "compare": compare}
    result = shop.query("sales", by=["month"], totals=True, **asked)
    assert rows(result, *result.names) == [
        (JAN, 40, 50, pytest.approx(-0.2)),
        (FEB, 70, 50, pytest.approx(0.4)),
        (MAR, Decimal("30.5"), 0, None),
        (ALL, Decimal("140.5"), 100, pytest.approx(0.405)),
    ]


@pytest.mark.parametrize(
    ("metric", "asked", "refusal"),
    [
        ("sales", {"by": ["week"], "period": "2026-Q1"}, "K486"),
        ("sales", {"period": "2026-01-10 .. 2026-02-09"}, "K486"),
        ("revenue", {}, "K924"),
        ("sales", {"by": ["channel"]}, "K451"),  # the budget has no channel
    ],
)
def test_s27_plans_that_are_none(
    shop: kpidsl.Project, metric: str, asked: dict[str, Any], refusal: str
) -> None:
    assert code(shop, metric, compare=["plan"], **asked) == refusal
