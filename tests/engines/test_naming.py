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
  measure buyers: count_distinct(buyer) as customer
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


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[kpidsl.Project]:
    with project(tmp_path, DEFINITIONS, channels=CHANNELS, sales=SALES) as loaded:
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


def test_what_does_not_add_up_is_grouped_by_name(shop: kpidsl.Project) -> None:
    """A bought by both channels called "ads", and is one customer of them."""
    result = shop.query("buyers", by=["channel"])
    assert '"sales_by_key"' not in result.sql
    assert rows(result, "channel", "buyers") == [("ads", 2), (Absent.UNMAPPED, 2), (Absent.NONE, 1)]


def test_filters_on_the_name_still_apply(shop: kpidsl.Project) -> None:
    result = shop.query("revenue", by=["channel"], where='channel = "ads"')
    assert rows(result, "channel", "revenue") == [("ads", Decimal(7))]
