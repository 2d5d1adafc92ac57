"""Values of other days than a period's own, worked out by hand on seven sales.

2025-01-02 Thu  C ads  7      2026-01-01 Thu  A ads 20      2026-02-03 Tue  B ads 50
2025-01-03 Fri  C ads  8      2026-01-02 Fri  B seo 30
2025-12-30 Tue  A ads 10      2026-01-05 Mon  A seo 40
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

import kpidsl
from kpidsl.plan.query import Absent
from tests.support import project, rows

DEFINITIONS = """kpidsl 1
project shop { currency: USD }

source plans {
  files: "plans.csv"
  dimensions: [plan]
}
source sales {
  files: "sales.csv"
  key: id
  time: day
  watermark: 2026-03-01
  join plan: plans on customer { valid_from: since, valid_to: till }
  dimensions: [channel]
  measure revenue: sum(amount) as USD
  measure orders: count() as order
  measure buyers: count_distinct(customer) as customer
  measure middle: median(amount) as USD
  measure high: percentile(amount, 90%) as USD
  measure spread: stddev(amount) as USD
  measure about: approx_count_distinct(customer) as customer
}
metric aov: revenue / orders
metric net: revenue - (31 USD per month)
"""
SALES = """
id,day,customer,channel,amount
1,2025-01-02,C,ads,7
2,2025-01-03,C,ads,8
3,2025-12-30,A,ads,10
4,2026-01-01,A,ads,20
5,2026-01-02,B,seo,30
6,2026-01-05,A,seo,40
7,2026-02-03,B,ads,50
"""
# A's plan changes on 2 January; B has none before February, and C's is open to both sides.
PLANS = """
customer,plan,since,till
A,basic,2025-01-01,2026-01-02
A,pro,2026-01-02,
B,basic,2026-02-01,
C,free,,
"""
DAYS = "2026-01-01 .. 2026-01-05"
JAN, FEB = date(2026, 1, 1), date(2026, 2, 1)


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[kpidsl.Project]:
    with project(tmp_path, DEFINITIONS, sales=SALES, plans=PLANS) as loaded:
        yield loaded


def code(shop: kpidsl.Project, metric: str, **question: object) -> str:
    with pytest.raises(kpidsl.KpidslError) as refused:
        shop.query(metric, **question)  # type: ignore[arg-type]
    return refused.value.diagnostics[0].code


# --- S18: rolling, running, to date ---------------------------------------------------------


@pytest.mark.parametrize(
    ("metric", "values"),
    [
        # Three days each: 30 Dec to 1 Jan, 31 Dec to 2 Jan, …, 3 to 5 Jan.
        ("rolling(revenue, 3d)", [30, 50, 50, 30, 40]),
        ("rolling(buyers, 3d)", [1, 2, 2, 1, 1]),
        ("rolling(orders, 3d)", [2, 2, 2, 1, 1]),
        # 30 December to 5 January: two customers bought four times.
        ("rolling(buyers, 7d)", [1, 2, 2, 2, 2]),
        # The ratio of both rolling sums, S10.
        ("rolling(aov, 3d)", [15, 25, 25, 30, 40]),
        ("rolling(middle, 3d)", [15, 25, 25, 30, 40]),
        ("to_date(revenue, month)", [20, 50, 50, 50, 90]),
        # Week 1 began on Monday, 29 December; week 2 begins on 5 January.
        ("to_date(revenue, week)", [30, 60, 60, 60, 40]),
        ("running(revenue)", [45, 75, 75, 75, 115]),
        ("running(buyers)", [2, 3, 3, 3, 3]),
    ],
)
def test_s18_windows_are_of_days(shop: kpidsl.Project, metric: str, values: list[int]) -> None:
    assert shop.query(metric, by=["day"], period=DAYS).values(metric) == values


def test_s18_windows_by_month(shop: kpidsl.Project) -> None:
    """30 days up to 31 January begin on the 2nd; up to 28 February on 30 January."""
    result = shop.query(
        "rolling(revenue, 30d)",
        "running(revenue)",
        "to_date(revenue, year)",
        by=["month"],
        period="2026-01 .. 2026-02",
    )
    assert [row[1:] for row in result.rows] == [(70, 115, 90), (50, 165, 140)]


def test_s18_windows_keep_to_their_group(shop: kpidsl.Project) -> None:
    result = shop.query("rolling(revenue, 3d)", by=["day", "channel"], period=DAYS)
    keys = ((period.day, channel) for period, channel in rows(result, "period", "channel"))
    by_channel = dict(zip(keys, result.values("rolling(revenue, 3d)"), strict=True))
    assert [by_channel[day, "ads"] for day in range(1, 6)] == [30, 20, 20, 0, 0]
    assert [by_channel[day, "seo"] for day in range(1, 6)] == [0, 30, 30, 30, 40]


def test_s10_prior_of_a_rolling_value(shop: kpidsl.Project) -> None:
    """A year before 5 January are the three days up to 5 January 2025, with 8 USD on the 3rd."""
    metric = "prior(rolling(revenue, 3d), 1y)"
    assert shop.query(metric, period="2026-01-05").values(metric) == [8]


def test_s18_prior_of_a_rolling_distinct_count(shop: kpidsl.Project) -> None:
    """Three days each, a year before: C bought on 2 and 3 January 2025, and nobody before."""
    metric = "prior(rolling(buyers, 3d), 1y)"
    days = shop.query(metric, by=["day"], period="2026-01-02 .. 2026-01-06")
    assert days.values(metric) == [1, 1, 1, 1, 0]


def test_s18_distinct_counts_keep_to_their_group(shop: kpidsl.Project) -> None:
    """Ads: A on 30 December and 1 January, two days apart; seo: B on the 2nd, A on the 5th."""
    result = shop.query("rolling(buyers, 3d)", by=["day", "channel"], period=DAYS)
    keys = ((period.day, channel) for period, channel in rows(result, "period", "channel"))
    by_channel = dict(zip(keys, result.values("rolling(buyers, 3d)"), strict=True))
    assert [by_channel[day, "ads"] for day in range(1, 6)] == [1, 1, 1, 0, 0]
    assert [by_channel[day, "seo"] for day in range(1, 6)] == [0, 1, 1, 1, 1]


def test_s18_running_totals_over_groups(shop: kpidsl.Project) -> None:
    """Four orders up to 1 January 2026, of which none by seo; the total is that of both."""
    metric = "running(total(orders))"
    result = shop.query("running(orders)", metric, by=["day", "channel"], period="2026-01-01")
    assert rows(result, "channel", "running(orders)", metric) == [("ads", 4, 4)]
    later = shop.query("running(orders)", metric, by=["day", "channel"], period="2026-01-02")
    assert rows(later, "channel", "running(orders)", metric) == [("ads", 4, 5), ("seo", 1, 5)]


def test_a_fixed_amount_accrues_in_each_day_of_a_window(shop: kpidsl.Project) -> None:
    """31 USD in a month of 31 days: 3 in 3 days."""
    result = shop.query("rolling(net, 3d)", by=["day"], period=DAYS)
    assert [row[1] for row in result.rows] == [27, 47, 47, 27, 37]


@pytest.mark.parametrize(
    ("metric", "refusal"),
    [
        ("rolling(prior(revenue, 1y), 3d)", "K473"),
        ("rolling(running(revenue), 3d)", "K473"),
        ("running(net)", "K474"),
        ("share(net)", "K474"),
    ],
)
def test_looks_without_a_meaning_are_refused(
    shop: kpidsl.Project, metric: str, refusal: str
) -> None:
    assert code(shop, metric, by=["day", "channel"], period=DAYS) == refusal


# --- S19: earlier periods -------------------------------------------------------------------


def test_s19_a_year_before_by_date_and_by_weekday(shop: kpidsl.Project) -> None:
    """Thursday, 1 January 2026 meets 1 January 2025, of which nothing is known, or Thursday the
    2nd; Friday the 2nd meets the 2nd, or Friday the 3rd."""
    result = shop.query(
        "prior(revenue, 1y)",
        "prior(revenue, 1y, align: weekday)",
        by=["day"],
        period="2026-01-01 .. 2026-01-02",
    )
    assert [row[1:] for row in result.rows] == [(None, 7), (7, 8)]


def test_s19_a_year_before_a_week_is_the_week_of_the_same_number(shop: kpidsl.Project) -> None:
    """2026-W01 is 29 December to 4 January; 2025-W01 was 30 December to 5 January."""
    result = shop.query("revenue", by=["week"], period="2026-W01", compare=["prior_year"])
    assert [row[1:] for row in result.rows] == [(60, 15)]


def test_s19_a_year_and_a_week_before_is_a_year_before_the_week_before(tmp_path: Path) -> None:
    """What stands beside 2026-W02 as of the week before is what stands in the row of 2026-W01: the
    5 of Sunday, 5 January 2025, in 2025-W01. By date it would be 29 December to 4 January."""
    with project(
        tmp_path,
        """kpidsl 1
        project p { currency: USD }
        source sales { files: "sales.csv", key: id, time: day, watermark: 2026-03-01
          measure revenue: sum(amount) as USD }
        metric last_year: prior(revenue, 1y)
        """,
        sales="id,day,amount\n1,2024-12-01,1\n2,2025-01-05,5\n3,2025-01-12,7",
    ) as loaded:
        by_week = loaded.query(
            "last_year", by=["week"], period="2026-W01 .. 2026-W02", compare=["prior_week"]
        )
        alone = loaded.query("last_year", period="2026-W02", compare=["prior_week"])
    assert [row[1:] for row in by_week.rows] == [(5, 0), (7, 5)]
    assert alone.rows == ((7, 5),)


def test_change_is_relative_to_what_was(shop: kpidsl.Project) -> None:
    result = shop.query("change(revenue, 1mo)", by=["month"], period="2026-02")
    (value,) = result.values("change(revenue, 1mo)")
    assert float(value) == pytest.approx((50 - 90) / 90)
    assert result.columns[1].percent


# --- S10: totals, shares and ranks ----------------------------------------------------------


def test_s10_totals_are_computed_from_the_rows(shop: kpidsl.Project) -> None:
    """A bought through both channels in January: 1 + 2 buyers are 2."""
    result = shop.query(
        "buyers", "total(buyers)", "share(buyers)", "rank(buyers)", by=["channel"], period="2026-01"
    )
    assert rows(result, "channel", "buyers", "total(buyers)", "share(buyers)", "rank(buyers)") == [
        ("ads", 1, 2, Decimal("0.5"), 2),
        ("seo", 2, 2, 1, 1),
    ]


def test_s10_a_total_over_one_dimension_keeps_the_others(shop: kpidsl.Project) -> None:
    result = shop.query(
        "share(revenue, of: channel)",
        by=["channel", "sales.plan.plan"],
        period="2026-01",
    )
    values = {row[:2]: row[2] for row in result.rows}
    # basic: 20 by ads alone; pro: 40 by seo alone; without a plan: 30 by seo alone.
    assert values["ads", "basic"] == 1
    assert values["seo", "pro"] == 1
    assert values["seo", Absent.UNMAPPED] == 1


def test_s10_totals_of_an_answer(shop: kpidsl.Project) -> None:
    result = shop.query(
        "revenue", "buyers", by=["month", "channel"], period="2026-01 .. 2026-02", totals=True
    )
    assert result.rows == (
        (JAN, "ads", 20, 1),
        (JAN, "seo", 70, 2),
        (FEB, "ads", 50, 1),
        (FEB, "seo", 0, 0),
        (JAN, Absent.ALL, 90, 2),
        (FEB, Absent.ALL, 50, 1),
        (Absent.ALL, Absent.ALL, 140, 2),
    )
    assert not any(result.partial)


def test_s21_a_total_over_a_cut_window_is_partial(shop: kpidsl.Project) -> None:
    """The watermark is 1 March: February is known, March is not."""
    result = shop.query("revenue", by=["month"], period="2026-02 .. 2026-03", totals=True)
    assert [row[0] for row in result.rows] == [FEB, date(2026, 3, 1), Absent.ALL]
    assert result.partial == (False, True, True)


# --- statistics -----------------------------------------------------------------------------


def test_statistics_are_of_the_rows(shop: kpidsl.Project) -> None:
    """Of 20, 30 and 40: nine tenths of the way from the first to the last is 38; the squares of
    the distances add up to 200, over n - 1 = 2."""
    result = shop.query("middle", "high", "spread", "about", period="2026-01")
    assert [float(result.values(name)[0]) for name in result.names] == [30, 38, 10, 2]


def test_s13_statistics_of_no_rows_have_no_value(shop: kpidsl.Project) -> None:
    result = shop.query("middle", "high", "spread", "about", period="2026-02-10")
    assert result.rows == ((None, None, None, 0),)


# --- S8: rows that hold for a time ----------------------------------------------------------


def test_s8_a_row_meets_the_partner_of_its_own_time(shop: kpidsl.Project) -> None:
    """A's sales of 30 December and 1 January fall before the change, that of 5 January after."""
    assert dict(rows(shop.query("revenue", by=["plan"]), "plan", "revenue")) == {
        "free": 15,
        "basic": 10 + 20 + 50,
        "pro": 40,
        Absent.UNMAPPED: 30,
    }


def test_s8_the_end_is_not_included(tmp_path: Path) -> None:
    """On the day of the change the new plan holds."""
    sales = "id,day,customer,channel,amount\n1,2026-01-02,A,ads,1"
    with project(tmp_path, DEFINITIONS, sales=sales, plans=PLANS) as shop:
        assert rows(shop.query("revenue", by=["plan"]), "plan", "revenue") == [("pro", 1)]


def test_s8_rows_that_hold_at_once_are_refused(tmp_path: Path) -> None:
    plans = PLANS.replace("2026-01-02,\n", "2026-01-01,\n")
    with project(tmp_path, DEFINITIONS, sales=SALES, plans=plans) as shop:
        assert code(shop, "revenue", by=["plan"]) == "K654"
        assert shop.query("revenue").values("revenue") == [165]  # nothing rests on the plans


def test_s4_who_had_two_plans_counts_in_both(shop: kpidsl.Project) -> None:
    """A bought as basic on 1 January and as pro on the 5th; B had no plan, and C didn't buy."""
    result = shop.query("buyers", "about", by=["plan"], period=DAYS, totals=True)
    assert rows(result, "plan", "buyers", "about") == [
        ("basic", 1, 1),
        ("pro", 1, 1),
        (Absent.UNMAPPED, 1, 1),
        (Absent.ALL, 2, 2),
    ]
    assert [column.overlapping for column in result.columns[1:]] == [True, True]
