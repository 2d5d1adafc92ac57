"""S26 on a handful of payments, worked out by hand.

A euro costs 1.10 dollars on 1 January, 1.20 on the 2nd, 1.30 on the 3rd, 1.50 on the 30th, 2 on 27
February; a Taiwan dollar costs 0.031 on 30 January. A rate holds for three days more.

order 1: 100 EUR on 1 January → 110 | 2: 10 EUR late on 2 January in New York, the 3rd in UTC → 12
      3: 50 USD | 4: 1000 TWD on 1 February → 31 | 5: 30 EUR on 1 February → 45 | 6: no amount
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

import kpidsl
from kpidsl.text.diagnostic import Diagnostic
from tests.plan.test_outline import nodes
from tests.support import project, rows

DEFINITIONS = """kpidsl 1
project shop "Shop" { currency: USD, timezone: "America/New_York" }
source fx {
  files: "fx.csv"
  time: day
  rates { from: base, to: quote, rate: rate, stale_after: 3d }
}
source orders {
  files: "orders.csv"
  key: order_id
  time: paid_at { stored_as: "UTC" }
  dimensions: [channel]
  measure revenue: sum(amount) { currency: code }
  measure average: avg(amount) { currency: code }
  measure largest: max(amount) { currency: code }
  measure euros: sum(amount) where code = "EUR" as EUR
  measure fees: sum(fee once per basket) { currency: code }
  measure orders: count() as order
}
source lines {
  files: "lines.csv"
  key: line_id
  join order: orders on order_id
  dimensions: [sku]
}
source balances {
  files: "balances.csv"
  key: [account, day]
  time: day
  measure balance: sum(amount) { stock: last per account, currency: code }
}
metric dollars: convert(revenue, USD)
metric aov: dollars / orders
metric euro_dollars: convert(euros, USD)
"""
FX = """
day,base,quote,rate
2026-01-01,EUR,USD,1.10
2026-01-02,EUR,USD,1.20
2026-01-03,EUR,USD,1.30
2026-01-30,EUR,USD,1.50
2026-01-30,TWD,USD,0.031
2026-02-27,EUR,USD,2
"""
ORDERS = """
order_id,channel,amount,paid_at,code,basket,fee
1,ads,100.00,2026-01-01T12:00:00,EUR,1,1.00
2,ads,10.00,2026-01-03T03:00:00,EUR,2,2.00
3,seo,50.00,2026-01-20T12:00:00,USD,3,3.00
4,,1000.00,2026-02-01T12:00:00,TWD,4,
5,seo,30.00,2026-02-01T13:00:00,EUR,5,4.00
6,seo,,2026-02-15T12:00:00,EUR,6,
"""
LINES = """
line_id,order_id,sku
1,1,a
2,1,b
3,1,b
4,3,a
"""
BALANCES = """
account,day,amount,code
a1,2026-01-05,100,EUR
a2,2026-01-06,7,USD
a1,2026-02-27,200,EUR
"""
JANUARY, FEBRUARY = date(2026, 1, 1), date(2026, 2, 1)


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[kpidsl.Project]:
    tables = {"fx": FX, "orders": ORDERS, "lines": LINES, "balances": BALANCES}
    with project(tmp_path, DEFINITIONS, **tables) as loaded:
        yield loaded


def refused(folder: Path, metric: str, definitions: str = DEFINITIONS, **tables: Any) -> Diagnostic:
    """Ask on other data; return the one reason why there is no answer."""
    asked = {key: tables.pop(key) for key in ("by", "period") if key in tables}
    data = {"fx": FX, "orders": ORDERS, "lines": LINES, "balances": BALANCES, **tables}
    with (
        project(folder, definitions, **data) as loaded,
        pytest.raises(kpidsl.KpidslError) as error,
    ):
        loaded.query(metric, **asked)
    (item,) = error.value.diagnostics
    assert item.help
    return item


def test_s26_each_row_is_converted_at_its_own_local_day(shop: kpidsl.Project) -> None:
    """110 + 12 + 50 + 31 + 45. At the rate of its UTC day order 2 would be 13; at the month's last
    rate, 1.50, January would be 215."""
    assert shop.query("dollars").values("dollars") == [248]
    result = shop.query("dollars", "euro_dollars", "aov", by=["month"], period="2026-01 .. 2026-02")
    assert rows(result, "period", "dollars", "euro_dollars", "aov") == [
        (JANUARY, 172, 122, pytest.approx(172 / 3)),
        (FEBRUARY, 76, 45, pytest.approx(76 / 3)),
    ]
    assert [column.unit.currency for column in result.columns[1:3]] == ["USD", "USD"]


def test_s26_other_aggregates_are_taken_of_converted_amounts(shop: kpidsl.Project) -> None:
    result = shop.query("convert(average, USD)", "convert(largest, USD)")
    assert result.rows[0][0] == pytest.approx(248 / 5)
    assert result.rows[0][1] == 110


def test_s26_groups_filters_and_totals(shop: kpidsl.Project) -> None:
    result = shop.query("dollars", by=["channel"], totals=True)
    assert [(str(key), value) for key, value in result.rows] == [
        ("ads", 122),
        ("seo", 95),
        ("(none)", 31),
        ("(all)", 248),
    ]
    ads = shop.query(
        'dollars where orders.channel = "ads"', 'convert(revenue where orders.channel = "ads", USD)'
    )
    assert ads.rows == ((122, 122),)
    rich = shop.query("orders where dollars per channel > 100 USD")
    assert rich.rows == ((2,),)  # ads alone: its 122 dollars were 110 euros


def test_s26_a_fan_out_counts_each_amount_once(shop: kpidsl.Project) -> None:
    """a: orders 1 and 3, 110 + 50; b: order 1 once, for two lines; 12 + 31 + 45 have no lines."""
    result = shop.query("dollars", by=["lines.sku"])
    assert [(str(key), value) for key, value in result.rows] == [
        ("a", 160),
        ("b", 110),
        ("(unmapped)", 88),
    ]


def test_s26_other_days_keep_their_own_rates(shop: kpidsl.Project) -> None:
    """The 28 days to 31 January begin on the 4th: order 3. Those to 28 February are its own."""
    asked = "rolling(dollars, 28d)", "prior(dollars, 1mo)", "running(dollars)"
    result = shop.query(*asked, by=["month"], period="2026-01 .. 2026-02")
    assert result.rows == ((JANUARY, 50, None, 172), (FEBRUARY, 76, 172, 248))


def test_s26_once_per_takes_the_amount_before_the_sum(shop: kpidsl.Project) -> None:
    """1 × 1.10 + 2 × 1.20 + 3 + 4 × 1.50."""
    assert shop.query("convert(fees, USD)").values("convert(fees, USD)") == [Decimal("12.5")]


def test_s26_one_value_per_key_is_one_in_the_wanted_currency(tmp_path: Path) -> None:
    """10 EUR on two days are 11 and 12 dollars: none of them is the fee of the basket."""
    orders = ORDERS.replace("EUR,1,1.00", "EUR,1,10").replace("EUR,2,2.00", "EUR,1,10")
    assert refused(tmp_path, "convert(fees, USD)", orders=orders).code == "K652"


def test_s26_a_level_is_converted_at_the_end_of_the_period(shop: kpidsl.Project) -> None:
    """31 January: 100 EUR at 1.50 of the 30th, though paid in at 1.20; and 7 USD. February goes on:
    its last known day is the 27th, at 2."""
    result = shop.query("convert(balance, USD)", by=["month"], period="2026-01 .. 2026-02")
    assert result.rows == ((JANUARY, 157), (FEBRUARY, 407))


def test_s26_a_level_of_a_period_that_is_over_needs_the_rate_of_its_end(tmp_path: Path) -> None:
    """A watermark of 1 April says that February is over: the rate of the 27th holds on the 28th,
    that of March on none of its last days."""
    over = DEFINITIONS.replace(
        "key: [account, day]", "key: [account, day]\n  watermark: 2026-04-01"
    )
    asked = {"by": ["month"], "period": "2026-02 .. 2026-03"}
    item = refused(tmp_path, "convert(balance, USD)", over, **asked)
    assert (item.code, "from EUR to USD for 2026-03-31" in item.message) == ("K672", True)


def test_s26_two_conversions_go_through_the_currency_between(tmp_path: Path) -> None:
    """30 EUR → 45 USD → 0.5 × 45; never without being told to."""
    fx = FX + "2026-02-01,USD,GBP,0.5\n2026-01-31,EUR,TWD,33\n"
    orders = "\n".join(line for line in ORDERS.splitlines() if not line.startswith(tuple("12346")))
    data = {"fx": fx, "orders": orders, "lines": LINES, "balances": BALANCES}
    with project(tmp_path, DEFINITIONS, **data) as loaded:
        assert loaded.query("convert(dollars, GBP)").rows == ((Decimal("22.5"),),)
        with pytest.raises(kpidsl.KpidslError, match="from EUR to GBP for 2026-02-01"):
            loaded.query("convert(revenue, GBP)")


def test_s26_rates_are_turned_over_only_in_the_definition(tmp_path: Path) -> None:
    """What a euro costs in dollars is stored; what a dollar costs in euros is 1 / 1.6 = 0.625."""
    turned = DEFINITIONS.replace(
        "from: base, to: quote, rate: rate", "from: quote, to: base, rate: 1 / rate"
    )
    fx = "day,base,quote,rate\n2026-01-19,EUR,USD,1.6"
    orders = "\n".join(line for line in ORDERS.splitlines() if not line.startswith(tuple("12456")))
    with project(tmp_path, turned, fx=fx, orders=orders, lines=LINES, balances=BALANCES) as loaded:
        assert loaded.query("convert(revenue, EUR)").rows == ((Decimal("31.25"),),)


def test_s26_exact_to_the_twelfth_decimal(tmp_path: Path) -> None:
    """0.10 × 1.0834567 = 0.10834567; three thousand of them add up without an error of floats."""
    lines = [f"{number},ads,0.10,2026-01-01T12:00:00,EUR,{number}," for number in range(3000)]
    orders = "\n".join([ORDERS.strip().splitlines()[0], *lines])
    fx = "day,base,quote,rate\n2026-01-01,EUR,USD,1.0834567"
    with project(
        tmp_path, DEFINITIONS, fx=fx, orders=orders, lines=LINES, balances=BALANCES
    ) as loaded:
        assert loaded.query("dollars").values("dollars") == [Decimal("325.03701")]


def test_s26_a_missing_rate_names_pair_and_day(tmp_path: Path) -> None:
    """Four days after 3 January the rate is too old."""
    orders = ORDERS.replace("2026-01-03T03:00:00", "2026-01-07T12:00:00")
    item = refused(tmp_path, "dollars", orders=orders)
    assert item.code == "K672"
    assert item.message == "`fx` lacks 1 rate: from EUR to USD for 2026-01-07"
    assert "`stale_after`" in item.help


def test_s26_rows_that_are_not_asked_for_need_no_rate(tmp_path: Path) -> None:
    orders = ORDERS.replace("2026-01-03T03:00:00", "2026-01-07T12:00:00")
    data = {"fx": FX, "orders": orders, "lines": LINES, "balances": BALANCES}
    with project(tmp_path, DEFINITIONS, **data) as loaded:
        assert loaded.query("dollars", period="2026-02").rows == ((76,),)
        assert loaded.query("dollars", where='channel = "seo"').rows == ((95,),)


@pytest.mark.parametrize(
    ("code", "told", "mend"),
    [("", "from no currency", "where"), ("eur", "from eur", "upper"), ("XYZ", "from XYZ", "upper")],
)
def test_s26_a_row_without_a_known_currency(
    tmp_path: Path, code: str, told: str, mend: str
) -> None:
    item = refused(tmp_path, "dollars", orders=ORDERS.replace("EUR,5,", f"{code},5,"))
    assert (item.code, told in item.message, mend in item.help) == ("K672", True, True)


def test_s26_codes_can_be_mended_in_the_definition(tmp_path: Path) -> None:
    upper = DEFINITIONS.replace("currency: code", "currency: upper(trim(code))")
    orders = ORDERS.replace("EUR,5,", " eur,5,")
    with project(tmp_path, upper, fx=FX, orders=orders, lines=LINES, balances=BALANCES) as loaded:
        assert loaded.query("dollars").rows == ((248,),)


def test_s26_a_gap_is_no_rate(tmp_path: Path) -> None:
    """A NULL on 1 February is no rate, nor are two: that of 30 January goes on."""
    fx = FX + 2 * "2026-02-01,EUR,USD,\n" + ",EUR,USD,9\n2026-02-01,,USD,9\n"
    with project(
        tmp_path, DEFINITIONS, fx=fx, orders=ORDERS, lines=LINES, balances=BALANCES
    ) as loaded:
        assert loaded.query("dollars").rows == ((248,),)


@pytest.mark.parametrize(
    ("row", "code", "told"),
    [
        ("2026-01-01,EUR,USD,1.15", "K671", "EUR to USD on 2026-01-01 (2 rows)"),
        ("2026-02-02,EUR,USD,0", "K673", "EUR to USD on 2026-02-02 (1 row)"),
        ("2026-02-02,EUR,USD,-1", "K673", "EUR to USD on 2026-02-02 (1 row)"),
    ],
)
def test_s26_rates_that_contradict(tmp_path: Path, row: str, code: str, told: str) -> None:
    item = refused(tmp_path, "dollars", fx=f"{FX}{row}\n")
    assert (item.code, told in item.message) == (code, True)
    with project(
        tmp_path, DEFINITIONS, fx=f"{FX}{row}\n", orders=ORDERS, lines=LINES, balances=BALANCES
    ) as loaded:
        assert code in [found.code for found in loaded.prove().diagnostics]
        assert loaded.query("orders").rows == ((6,),)  # what needs no rate is answered


def test_s26_times_with_a_zone_are_local_days(tmp_path: Path) -> None:
    """02:00 UTC on 2 January is 1 January in New York, in time for order 1."""
    stamped = DEFINITIONS.replace("time: day\n  rates", 'time: day { stored_as: "UTC" }\n  rates')
    fx = "day,base,quote,rate\n2026-01-02T02:00:00,EUR,USD,1.10\n2026-01-31T04:00:00,TWD,USD,0.031"
    orders = "\n".join(ORDERS.splitlines()[:3])
    with project(tmp_path, stamped, fx=fx, orders=orders, lines=LINES, balances=BALANCES) as loaded:
        assert loaded.query("dollars").rows == ((110,),)


def test_s26_money_of_several_currencies_never_adds(shop: kpidsl.Project) -> None:
    for metric, code in (
        ("revenue", "K497"),
        ("revenue - euros", "K302"),
        ("revenue / orders", "K497"),
    ):
        with pytest.raises(kpidsl.KpidslError) as error:
            shop.query(metric)
        assert error.value.diagnostics[0].code == code


@pytest.mark.parametrize("metric", ["euros + 5 EUR", "euros + 31 EUR per month"])
def test_s26_an_amount_without_a_day_is_not_converted(shop: kpidsl.Project, metric: str) -> None:
    with pytest.raises(kpidsl.KpidslError) as error:
        shop.query(f"convert({metric}, USD)", period="2026-01")
    assert error.value.diagnostics[0].code == "K498"
    same = shop.query("convert(euro_dollars + 31 USD per month, USD)", period="2026-01")
    assert same.rows[0][0] == pytest.approx(153)


@pytest.mark.refused_on("clickhouse", "K643", "no supertype for types String, Int8")
def test_s26_what_is_in_the_currency_already_needs_no_rate(tmp_path: Path) -> None:
    """A measure in dollars, and rows in dollars, though the table has no rate at all."""
    data = {"fx": "day,base,quote,rate", "lines": LINES, "balances": BALANCES}
    orders = ORDERS.replace("EUR", "USD").replace("TWD", "USD")
    definitions = DEFINITIONS.replace('where code = "EUR" as EUR', "as USD")
    with project(tmp_path, definitions, orders=orders, **data) as loaded:
        assert loaded.query("dollars", "euro_dollars").rows == ((1190, 1190),)


def test_s26_the_plan_says_at_which_rate(shop: kpidsl.Project) -> None:
    root = shop.explain("dollars", "convert(balance, USD)", by=["month"], period="2026-01")
    said = [(node.says, node.rules) for node in nodes(root) if node.node == "aggregate"]
    revenue = next(
        says for says, rules in said if "convert(amount, USD)" in says and "S11" not in rules
    )
    level = next(says for says, rules in said if {"S11", "S26"} <= set(rules))
    assert "converted at the rate of each row's own day" in revenue
    assert "converted at the rate of the last day of the period" in level
