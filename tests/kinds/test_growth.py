"""Which figures get larger with the days: a target over a period is then reached step by step."""

from __future__ import annotations

import pytest

from kpidsl.model.expr import MeasureRef
from kpidsl.model.growth import adds_up, grows
from tests.kinds.checking import model_of

MODEL = model_of("""kpidsl 1
project bank { currency: USD }
source sales {
  table: sales
  key: id
  time: day
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
