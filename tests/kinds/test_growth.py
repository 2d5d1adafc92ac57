"""Which figures get larger with the days: a target over a period is then reached step by step."""

from __future__ import annotations

import pytest

from kpidsl.model.expr import MeasureRef, MetricRef
from kpidsl.model.growth import adds_up, grows
from tests.kinds.checking import model_of

MODEL = model_of("""kpidsl 1
project bank { currency: USD }
source sales {
  table: sales
  key: id
  time: day
  dimensions: [buyer]
  measure revenue: sum(amount) as USD
  measure orders: count() as order
  measure buyers: count_distinct(buyer) as customer
  measure about: approx_count_distinct(buyer) as customer
  measure typical: median(amount) as USD
}
source accounts {
  table: accounts
  key: [account, day]
  time: day
  measure balance: sum(amount) as USD { stock: last per account }
}
entity person { in: [sales.buyer] }
metric cents: 100 * revenue
metric half: revenue / 2
metric apart: revenue - half
metric basket: revenue / orders
metric one_more: revenue + 1 USD
metric squared: revenue * revenue
metric spent: sum(revenue per person)
metric of_baskets: sum(basket per person)
metric typical_spent: median(revenue per person)
metric lately: rolling(revenue, 28d)
""")


@pytest.mark.parametrize(
    ("source", "name", "steps", "parts"),
    [
        ("sales", "revenue", True, True),
        ("sales", "orders", True, True),
        # Of twice as many days there are more buyers, however they are counted.
        ("sales", "buyers", True, True),
        ("sales", "about", True, True),
        ("sales", "typical", False, False),
        # A level is of accounts that add up, and of no days that do.
        ("accounts", "balance", False, True),
    ],
)
def test_what_grows_with_the_days(source: str, name: str, steps: bool, parts: bool) -> None:
    measure = MeasureRef(source, name)
    assert grows(measure, MODEL) is steps
    assert adds_up(measure, MODEL) is parts


@pytest.mark.parametrize("name", ["cents", "half", "apart", "spent"])
def test_so_do_its_multiples_and_sums(name: str) -> None:
    assert grows(MetricRef(name), MODEL)


@pytest.mark.parametrize(
    "name", ["basket", "one_more", "squared", "of_baskets", "typical_spent", "lately"]
)
def test_what_is_divided_or_counts_days_twice_does_not(name: str) -> None:
    assert not adds_up(MetricRef(name), MODEL)
