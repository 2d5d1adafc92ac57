"""A rank is a row's place among those in which its metric counts something (S1), worked out by
hand on six entries.

        ads              seo          mail         shop
Jan     sale 50, fee -5  fee -9       sale 20      fee, of no known amount
Feb     refund -30
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

import kpidsl
from kpidsl.plan.query import Absent
from tests.support import project, rows

DEFINITIONS = """kpidsl 1
project shop { currency: USD }

source ledger {
  files: "ledger.csv"
  key: id
  time: day
  watermark: 2026-03-01
  dimensions: [channel, sort]
  measure balance: sum(amount) as USD
  measure largest: max(amount) as USD
  measure entries: count() as entry
  measure fees: sum(amount) where sort = "fee" as USD
  measure sales: count() where sort = "sale" as entry
  measure refunds: count() where sort = "refund" as refund
}
metric rest: balance - (31 USD per month)
metric refunds_of_sorts: sum(refunds per sort)
"""
LEDGER = """
id,day,channel,sort,amount
1,2026-01-05,ads,sale,50
2,2026-01-06,ads,fee,-5
3,2026-01-07,seo,fee,-9
4,2026-01-08,mail,sale,20
5,2026-01-09,shop,fee,
6,2026-02-03,ads,refund,-30
"""
JAN, FEB = date(2026, 1, 1), date(2026, 2, 1)
BOTH = "2026-01 .. 2026-02"


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[kpidsl.Project]:
    with project(tmp_path, DEFINITIONS, ledger=LEDGER) as loaded:
        yield loaded


def ranks(
    shop: kpidsl.Project, metric: str, *company: str, **question: object
) -> dict[object, object]:
    """The rank of a metric in each row of an answer, by its only key."""
    result = shop.query(f"rank({metric})", *company, **question)  # type: ignore[arg-type]
    return {row[0]: row[-1 - len(company)] for row in result.rows}


def test_no_zero_of_no_rows_goes_before_negative_values(shop: kpidsl.Project) -> None:
    """Of mail there are no fees, and of shop none that is known: both are 0, and have no place."""
    alone = ranks(shop, "fees", by=["channel"], period="2026-01")
    assert alone == {"ads": 1, "seo": 2, "shop": None}
    together = ranks(shop, "fees", "balance", by=["channel"], period="2026-01")
    assert together == alone | {"mail": None}


def test_a_count_of_none_has_no_place(shop: kpidsl.Project) -> None:
    """Each answer by month has a row of each channel that it has in some month."""
    alone = shop.query("rank(sales)", by=["month", "channel"], period=BOTH)
    assert alone.rows == (
        (JAN, "ads", 1),
        (JAN, "mail", 1),
        (FEB, "ads", None),
        (FEB, "mail", None),
    )
    together = shop.query("rank(sales)", "entries", by=["month", "channel"], period=BOTH)
    assert rows(together, "period", "channel", "rank(sales)") == [
        (JAN, "ads", 1),
        (JAN, "mail", 1),
        (JAN, "seo", None),
        (JAN, "shop", None),
        (FEB, "ads", None),
        (FEB, "mail", None),
        (FEB, "seo", None),
        (FEB, "shop", None),
    ]


@pytest.mark.parametrize(
    ("metric", "places"),
    [
        # 45, -9 and 20; of shop no amount is known.
        ("balance", {"ads": 1, "mail": 2, "seo": 3, "shop": None}),
        ("-balance", {"seo": 1, "mail": 2, "ads": 3, "shop": None}),
        ("largest", {"ads": 1, "mail": 2, "seo": 3, "shop": None}),
        ("coalesce(largest, 30 USD)", {"ads": 1, "mail": 2, "seo": 3, "shop": None}),
        # A difference has a place where either side counts something: of mail it is 1 - 1.
        ("entries - sales", {"seo": 1, "ads": 1, "shop": 1, "mail": 4}),
        # The total is the same for all, and gives no row a place of its own.
        ("share(balance)", {"ads": 1, "mail": 2, "seo": 3, "shop": None}),
        ("sales - total(sales)", {"ads": 1, "mail": 1, "seo": None, "shop": None}),
        # Rent of no channel is a row of its own, and is 0 in those of the channels.
        (
            "rest",
            {"ads": 1, "mail": 2, "seo": 3, Absent.UNALLOCATED: 4, "shop": None},
        ),
    ],
)
def test_a_place_rests_on_what_is_counted_in_the_row(
    shop: kpidsl.Project, metric: str, places: dict[object, object]
) -> None:
    assert ranks(shop, metric, "entries", by=["channel"], period="2026-01") == places


def test_entities_have_to_be_there(shop: kpidsl.Project) -> None:
    """Refunds were there in ads alone, so no other channel's sorts have any to be added up."""
    together = ranks(shop, "refunds_of_sorts", "entries", by=["channel"], period=BOTH)
    assert together == {"ads": 1, "mail": None, "seo": None, "shop": None}


def test_the_days_that_are_looked_at_count(shop: kpidsl.Project) -> None:
    """In February nothing was sold, and a month before twice."""
    together = ranks(shop, "prior(sales, 1mo)", "entries", by=["channel"], period="2026-02")
    assert together == {"ads": 1, "mail": 1}


@pytest.mark.parametrize(
    "metric",
    ["fees", "sales", "refunds", "-refunds", "rest", "refunds_of_sorts", "prior(fees, 1mo)"],
)
def test_a_rank_alone_is_the_rank_in_company(shop: kpidsl.Project, metric: str) -> None:
    """I2, row by row, also where the company has more rows."""
    name = f"rank({metric})"
    for question in ({"by": ["channel"]}, {"by": ["month", "channel"]}, {"by": ["month"]}):
        alone = shop.query(name, period=BOTH, **question)  # type: ignore[arg-type]
        together = shop.query(name, "balance", "entries", period=BOTH, **question)  # type: ignore[arg-type]
        places = {row[:-3]: row[-3] for row in together.rows}
        assert {row[:-1]: row[-1] for row in alone.rows}.items() <= places.items()
