"""The first members of a dimension and the rest, worked out by hand (S10).

Revenue by region and product, in January and February:

    North  a 40 + 10, b 30 + 30, c 20, d 5      (a 50, b 60, c 20, d 5)
    South  a 10, c 70, d 5
    none   b 8
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
  dimensions: [region, product, customer]
  measure revenue: sum(amount) as USD
  measure buyers: count_distinct(customer) as customer
}
source lines {
  files: "lines.csv"
  key: id
  join of_order: orders on order_id to id
  dimensions: [sku]
  measure lines: count() as line
}
metric per_buyer: revenue / buyers
metric fixed: revenue - (10 USD per month)
"""
# Ann buys b and c in the North, and a and c in the South; everybody else buys once.
ORDERS = """
id,day,region,product,customer,amount
1,2026-01-05,North,a,Bob,40
2,2026-02-05,North,a,Cem,10
3,2026-01-06,North,b,Ann,30
4,2026-02-06,North,b,Dan,30
5,2026-01-07,North,c,Ann,20
6,2026-01-08,North,d,Eve,5
7,2026-01-09,South,a,Ann,10
8,2026-02-09,South,c,Ann,70
9,2026-01-10,South,d,Fay,5
10,2026-01-11,,b,Gus,8
"""
LINES = """
id,order_id,sku
1,1,x
2,1,y
3,2,z
"""
OTHER, NONE, ALL = Absent.OTHER, Absent.NONE, Absent.ALL
JAN, FEB = date(2026, 1, 1), date(2026, 2, 1)


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[kpidsl.Project]:
    with project(tmp_path, DEFINITIONS, orders=ORDERS, lines=LINES) as loaded:
        yield loaded


def test_the_first_members_and_the_rest(shop: kpidsl.Project) -> None:
    """b 68, a 60, c 90, d 10 in all: Ann, who buys b, c and a, is in all three rows."""
    result = shop.query("revenue", "buyers", "per_buyer", by=["product"], top=2)
    assert rows(result, "product", "revenue", "buyers") == [
        ("c", 90, 1),
        ("b", 68, 3),
        (OTHER, 70, 5),  # Bob, Cem, Eve, Ann and Fay
    ]
    assert [float(value) for value in result.values("per_buyer")] == pytest.approx([90, 68 / 3, 14])


def test_the_first_in_each_group_of_the_others(shop: kpidsl.Project) -> None:
    result = shop.query("revenue", by=["region", "product"], top=1)
    assert rows(result, "region", "product", "revenue") == [
        ("North", "b", 60),
        ("South", "c", 70),
        (NONE, "b", 8),
        ("North", OTHER, 75),
        ("South", OTHER, 15),
    ]


def test_by_time_the_first_are_those_of_the_whole_window(shop: kpidsl.Project) -> None:
    """In January a has 50 and b 38, yet over both months b is ahead."""
    result = shop.query("revenue", by=["month", "product"], top=2, period="2026-01 .. 2026-02")
    assert rows(result, "period", "product", "revenue") == [
        (JAN, "b", 38),
        (JAN, "c", 20),
        (FEB, "c", 70),
        (FEB, "b", 30),
        (JAN, OTHER, 60),
        (FEB, OTHER, 10),
    ]


def test_who_has_left_by_the_end_of_the_window_is_among_the_rest(tmp_path: Path) -> None:
    """At the end of March 28 days hold ads' 20 of the 10th alone; at the end of January they held
    its 10 and tv's 40, which has no place in the order, and at the end of February nothing."""
    text = """kpidsl 1
project shop { currency: USD }
source sales {
  files: "sales.csv"
  key: id
  time: day
  watermark: 2026-05-01
  dimensions: [channel]
  measure revenue: sum(amount) as USD
}
"""
    sales = "id,day,channel,amount\n1,2026-01-05,tv,40\n2,2026-01-10,ads,10\n3,2026-03-10,ads,20\n"
    asked: dict[str, Any] = {"by": ["month", "channel"], "period": "2026-01 .. 2026-03"}
    with project(tmp_path, text, sales=sales) as loaded:
        result = loaded.query("rolling(revenue, 28d)", top=1, **asked)
        assert rows(result, "period", "channel", "rolling(revenue, 28d)") == [
            (JAN, "ads", 10),
            (FEB, "ads", 0),
            (date(2026, 3, 1), "ads", 20),
            (JAN, OTHER, 40),
            (FEB, OTHER, 0),
            (date(2026, 3, 1), OTHER, 0),
        ]
        alone = loaded.query("rolling(revenue, 28d)", top=2, **asked)
        # The first two: ads, and nobody else is there to come second.
        assert alone.rows == result.rows


def test_the_order_that_is_asked_for_says_who_comes_first(shop: kpidsl.Project) -> None:
    result = shop.query("revenue", "buyers", by=["product"], top=1, order=["-buyers"])
    assert rows(result, "product", "buyers") == [("a", 3), (OTHER, 5)]
    result = shop.query("revenue", by=["product"], top=2, order=["revenue"], rest=False)
    assert rows(result, "product", "revenue") == [("d", 10), ("a", 60)]


def test_nothing_is_left_over_where_all_are_first(shop: kpidsl.Project) -> None:
    result = shop.query("revenue", by=["product"], top=4)
    assert result.values("product") == ["c", "b", "a", "d"]


def test_shares_and_ranks_are_those_among_all(shop: kpidsl.Project) -> None:
    result = shop.query("revenue", "share(revenue)", "rank(buyers)", by=["product"], top=1)
    # a and b have three buyers each, d has two: c is the fourth.
    assert rows(result, "product", "rank(buyers)") == [("c", 4), (OTHER, None)]
    shares = [float(value) for value in result.values("share(revenue)")]
    assert shares == pytest.approx([90 / 228, 138 / 228])


def test_a_total_of_other_dimensions_is_over_the_rest_alone(shop: kpidsl.Project) -> None:
    """b leads in the North, c in the South, b where there is no region. What is left of each: in
    the North a 50, c 20, d 5, in the South a 10, d 5: 90 in all regions, of which 75 and 15."""
    regions, products = "total(revenue, of: region)", "total(revenue, of: product)"
    share = "share(revenue, of: region)"
    asked = ("revenue", regions, products, share)
    result = shop.query(*asked, by=["region", "product"], top=1)
    # Of the leaders themselves all counts, wherever it was not enough to lead: b 68, c 90.
    assert rows(result, "region", "product", *asked[:-1]) == [
        ("North", "b", 60, 68, 135),
        ("South", "c", 70, 90, 85),
        (NONE, "b", 8, 68, 8),
        ("North", OTHER, 75, 90, 135),
        ("South", OTHER, 15, 90, 85),
    ]
    assert [float(value) for value in result.values(share)] == pytest.approx(
        [60 / 68, 70 / 90, 8 / 68, 75 / 90, 15 / 90]
    )


def test_a_total_of_values_per_buyer_is_over_the_rest_alone(shop: kpidsl.Project) -> None:
    """Beside b in the North and c in the South: Bob 40, Cem 10, Ann 20 and 10, Eve 5, Fay 5."""
    metric = "total(sum(revenue per customer), of: region)"
    result = shop.query("revenue", metric, by=["region", "product"], top=1)
    assert [row[3] for row in result.rows if row[1] is OTHER] == [90, 90]


def test_totals_stand_beside_the_rest(shop: kpidsl.Project) -> None:
    result = shop.query("revenue", by=["region", "product"], top=1, totals=True)
    assert result.rows[-4:] == (
        ("North", ALL, Decimal(135)),
        ("South", ALL, Decimal(85)),
        (NONE, ALL, Decimal(8)),
        (ALL, ALL, Decimal(228)),
    )


@pytest.mark.parametrize(
    ("metric", "by", "top", "refusal"),
    [
        ("fixed", ["product"], 1, "K477"),
        # An order of two lines may have one among the first and one in the rest.
        ("revenue", ["sku"], 1, "K478"),
        ("revenue", [], 1, "K924"),
        ("revenue", ["month"], 1, "K924"),
        ("revenue", ["product"], 0, "K924"),
    ],
)
def test_refusals(shop: kpidsl.Project, metric: str, by: list[str], top: int, refusal: str) -> None:
    with pytest.raises(kpidsl.KpidslError) as refused:
        shop.query(metric, by=by, top=top, period="2026-01 .. 2026-02")
    assert refused.value.diagnostics[0].code == refusal


def test_without_the_rest_a_many_side_has_first_members_too(shop: kpidsl.Project) -> None:
    result = shop.query("revenue", by=["sku"], top=1, rest=False)
    assert rows(result, "sku", "revenue") == [(Absent.UNMAPPED, 178)]


@pytest.mark.parametrize(
    ("source", "join"), [("sales", "Leaders"), ("leaders", "leaders"), ("sales", "spans")]
)
def test_rows_may_be_called_as_tables_of_a_statement_are(
    tmp_path: Path, source: str, join: str
) -> None:
    """Rome has sold to Ann and Bob, Oslo to Ann, Bern to Cem: beside Rome are Ann and Cem."""
    with project(
        tmp_path,
        """kpidsl 1
        project p { timezone: "UTC" }
        source shops { files: "shops.csv", key: shop }
        source SOURCE { files: "SOURCE.csv", key: id, time: day, watermark: 2026-03-01
          join JOIN: shops on shop
          dimension city: upper(JOIN.city)
          measure buyers: count_distinct(buyer) as buyer }
        """.replace("SOURCE", source).replace("JOIN", join),
        shops="shop,city\n1,Rome\n2,Oslo\n3,Bern",
        **{
            source: """
            id,day,shop,buyer
            1,2026-01-05,1,Ann
            2,2026-01-05,2,Ann
            3,2026-02-05,3,Cem
            4,2026-02-05,1,Bob
            """
        },
    ) as loaded:
        result = loaded.query("buyers", by=["city"], top=1)
        assert rows(result, "city", "buyers") == [("ROME", 2), (OTHER, 2)]
        recent = loaded.query("rolling(buyers, 2mo)", by=["month", "city"], period="2026-02")
        assert list(recent.values("city")) == ["BERN", "OSLO", "ROME"]
        assert list(recent.values("rolling(buyers, 2mo)")) == [1, 1, 2]
