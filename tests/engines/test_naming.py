"""Groups told apart by the keys of small tables are named as those that are told apart by name."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

import kpidsl
from kpidsl.plan.query import Absent
from tests.support import project, rows

DEFINITIONS = """kpidsl 1
project shop { currency: USD }
source channels {
  files: "channels.csv"
  key: id
  dimensions: [channel, medium]
}
source sales {
  files: "sales.csv"
  key: id
  join channel: channels on channel_id
  measure revenue: sum(amount) as USD
  measure least: min(amount) as USD
  measure typical_sale: median(amount) as USD
  measure buyers: count_distinct(buyer) as customer
  join customer: customers on buyer
}
source customers {
  files: "customers.csv"
  key: buyer
  measure credit: sum(credit_limit) as USD
  measure typical: median(credit_limit) as USD
}
"""
# Two channels are called "ads", and one has no name.
CHANNELS = """
id,channel,medium
1,ads,paid
2,ads,social
3,,paid
"""
# Sale 5 names a channel that isn't there, and sale 6 none.
SALES = """
id,channel_id,amount,buyer
1,1,1.00,a
2,2,2.00,a
3,2,4.00,b
4,3,8.00,c
5,9,16.00,a
6,,32.00,d
"""
# How customers were won is a column of theirs that is called as a dimension of others.
CUSTOMERS = """
buyer,credit_limit,channel
a,10,fair
b,20,fair
c,40,fair
d,80,fair
e,160,fair
"""


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[kpidsl.Project]:
    with project(
        tmp_path, DEFINITIONS, channels=CHANNELS, sales=SALES, customers=CUSTOMERS
    ) as loaded:
        yield loaded


def test_two_keys_of_one_name_are_one_group(shop: kpidsl.Project) -> None:
    result = shop.query("revenue", "least", by=["channel"])
    assert '"sales_by_key"' in result.sql
    assert rows(result, "channel", "revenue", "least") == [
        ("ads", Decimal(7), Decimal(1)),
        (Absent.UNMAPPED, Decimal(48), Decimal(16)),
        (Absent.NONE, Decimal(8), Decimal(8)),
    ]


def test_two_columns_of_one_table_need_it_once(shop: kpidsl.Project) -> None:
    result = shop.query("revenue", by=["channel", "medium"])
    assert result.sql.count('JOIN "channels"') == 1
    assert rows(result, "channel", "medium", "revenue") == [
        ("ads", "paid", Decimal(1)),
        ("ads", "social", Decimal(6)),
        (Absent.UNMAPPED, Absent.UNMAPPED, Decimal(48)),
        (Absent.NONE, "paid", Decimal(8)),
    ]


def test_what_counts_once_is_put_together_by_the_name(shop: kpidsl.Project) -> None:
    """A bought by both channels called "ads", and is one customer of them; D, and A by a channel
    that isn't there, make two of the unmapped."""
    result = shop.query("buyers", "revenue", by=["channel"])
    assert '"sales_once"' in result.sql
    assert rows(result, "channel", "buyers", "revenue") == [
        ("ads", 2, Decimal(7)),
        (Absent.UNMAPPED, 2, Decimal(48)),
        (Absent.NONE, 1, Decimal(8)),
    ]


def test_a_row_that_is_split_counts_once_in_each_name(shop: kpidsl.Project) -> None:
    """A's limit of 10 counts once for "ads", and once where there is no channel; E bought
    nothing."""
    result = shop.query("credit", by=["channel"])
    assert '"sales_by_key"' in result.sql
    assert rows(result, "channel", "credit") == [
        ("ads", Decimal(30)),
        (Absent.UNMAPPED, Decimal(10 + 80 + 160)),
        (Absent.NONE, Decimal(40)),
    ]


def test_split_rows_whose_values_do_not_add_up_are_grouped_by_name(shop: kpidsl.Project) -> None:
    """The middle of A's 10, D's 80 and E's 160 where there is no channel."""
    result = shop.query("credit", "typical", by=["channel"])
    assert '"sales_by_key"' not in result.sql
    assert rows(result, "channel", "credit", "typical") == [
        ("ads", Decimal(30), 15.0),
        (Absent.UNMAPPED, Decimal(10 + 80 + 160), 80.0),
        (Absent.NONE, Decimal(40), 40.0),
    ]


def test_what_cannot_be_put_together_is_grouped_by_name(shop: kpidsl.Project) -> None:
    result = shop.query("typical_sale", by=["channel"])
    assert '"sales_by_key"' not in result.sql
    assert rows(result, "channel", "typical_sale") == [
        ("ads", 2.0),
        (Absent.UNMAPPED, 24.0),
        (Absent.NONE, 8.0),
    ]


def test_filters_on_the_name_still_apply(shop: kpidsl.Project) -> None:
    result = shop.query("revenue", by=["channel"], where='channel = "ads"')
    assert rows(result, "channel", "revenue") == [("ads", Decimal(7))]
