"""A shop so small that every number can be worked out by hand.

orders:  1 ads  North 100 | 2 seo South 50 | 3 (none) orphan 30 | 4 ads North 20 (test, excluded)
lines:   order 1: a, b | order 2: a, a | order 3: none at all
refunds: of order 1, 5 in January and 10 in February
spend:   ads 40 in January, tv 10 in February
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from pathlib import Path

import pytest

import kpidsl
from tests.support import EVERY_ENGINE, Running, project

SHOP = """kpidsl 1
project shop "Shop" { currency: USD, timezone: "America/New_York" }

source customers {
  files: "customers.csv"
  key: customer_id
  dimensions: [region]
  measure customer_count: count() as customer
}
source orders {
  files: "orders.csv"
  key: order_id
  time: paid_at { stored_as: "UTC" }
  exclude: is_test
  join customer: customers on customer_id
  dimensions: [channel]
  dimension first_paid: min(paid_at) per customer_id
  measure revenue: sum(amount) as USD
  measure orders: count() as order
  measure average: avg(amount) as USD
  measure buyers: count_distinct(customer_id) as customer
  measure first_orders: count() where paid_at = first_paid as order
}
source lines {
  files: "lines.csv"
  key: [order_id, line]
  join of_order: orders on order_id
  dimensions: [sku]
  measure units: sum(quantity) as piece
  measure shipping: sum(order_shipping once per order_id) as USD
}
source refunds {
  files: "refunds.csv"
  key: refund_id
  time: day
  watermark: 2026-04-01
  join of_order: orders on order_id
  measure refunded: sum(amount) as USD
}
source spend {
  files: "spend.csv"
  key: [day, channel]
  time: day
  watermark: 2026-04-01
  dimensions: [channel]
  measure ad_spend: sum(amount) as USD
}
dimension channel "Channel" { of: [orders.channel, spend.channel] }

metric net: revenue - refunded
metric roas: revenue / ad_spend
metric ads_revenue: revenue where channel = "ads"
metric cost: ad_spend + 31 USD per month
metric half: orders / 2
"""

CUSTOMERS = """
customer_id,region
1,North
2,South
3,
"""
# 05:00 UTC is midnight in New York in January: order 2 is paid on 31 January there.
ORDERS = """
order_id,customer_id,channel,amount,paid_at,is_test
1,1,ads,100.00,2026-01-10T12:00:00,false
2,2,seo,50.00,2026-02-01T04:59:00,false
3,99,,30.00,2026-03-05T12:00:00,false
4,1,ads,20.00,2026-03-06T12:00:00,true
"""
LINES = """
order_id,line,sku,quantity,order_shipping
1,1,a,1,5.00
1,2,b,2,5.00
2,1,a,3,4.00
2,2,a,4,4.00
"""
REFUNDS = """
refund_id,order_id,day,amount
1,1,2026-01-20,5.00
2,1,2026-02-03,10.00
"""
SPEND = """
day,channel,amount
2026-01-05,ads,40.00
2026-02-05,tv,10.00
"""


@pytest.fixture(autouse=True, params=EVERY_ENGINE)
def engine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Every case runs on every engine, but for one that is marked as never on it."""
    for never in request.node.iter_markers("never_on"):
        engine, why = never.args
        if engine == request.param:
            pytest.skip(f"never on {engine}: {why}")
    monkeypatch.setattr(Running, "engine", request.param)
    monkeypatch.setattr(Running, "environment", monkeypatch, raising=False)
    yield str(request.param)
    while Running.loaded:
        Running.loaded.pop().close()


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Generator[None, object, object]:
    """A case that an engine refuses, as a mark says, is refused there: by the code and the words of
    the mark."""
    engine = pyfuncitem.callspec.params.get("engine")
    marks = (mark.args for mark in pyfuncitem.iter_markers("refused_on"))
    told = next(((code, words) for name, code, words in marks if name == engine), None)
    if told is None:
        return (yield)
    with pytest.raises(kpidsl.KpidslError) as refusal:
        yield
    found = refusal.value.diagnostics[0]
    assert (found.code, told[1] in found.message) == (told[0], True), found.message
    return True


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[kpidsl.Project]:
    with project(
        tmp_path,
        SHOP,
        customers=CUSTOMERS,
        orders=ORDERS,
        lines=LINES,
        refunds=REFUNDS,
        spend=SPEND,
    ) as loaded:
        yield loaded
