"""The vectors V1 to V9 and the traps, from definitions to numbers.

Each vector's inputs are rows of a table; the expected results are the ones worked out in the
tests' comments, and are also tested as plain arithmetic in `tests/analysis`.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Literal

import pytest

import kpidsl
from kpidsl.analysis.drivers import backward_plan
from kpidsl.analysis.finance import annualised, break_even
from kpidsl.model.periods import Window, year_fraction
from kpidsl.reports.format import PERCENT, figure
from kpidsl.reports.sentences import per_one, roi_verdict
from tests.support import load, project

LEDGER = """kpidsl 1
project p "P" {{ currency: TWD, timezone: "Asia/Taipei" }}
source ledger {{
  files: "ledger.csv"
  key: id
  time: day
  measure revenue: sum(amount) where kind = "revenue" as TWD
{measures}
}}
{rest}
roi campaign "Campaign" {{
  gain: {gain}
  cost {{
{lines}
  }}
  {extra}
}}
"""


def roi_of(
    folder: Path,
    costs: dict[str, int],
    incomes: list[int],
    *,
    gain: str = "revenue",
    measures: str = "",
    rest: str = "",
    extra: str = "",
) -> dict[str, object]:
    """Load a ledger with one row per amount and return the ROI's members over 2026."""
    table = ["id,day,kind,amount"]
    for kind, amount in [*costs.items(), *(("revenue", income) for income in incomes)]:
        table.append(f"{len(table)},2026-01-15,{kind},{amount}.00")
    own = [f'  measure {name}: sum(amount) where kind = "{name}" as TWD' for name in costs]
    definitions = LEDGER.format(
        measures="\n".join([*own, measures]),
        rest=rest,
        gain=gain,
        lines="\n".join(f"    {name}: {name}" for name in costs),
        extra=extra,
    )
    with project(folder, definitions, ledger="\n".join(table)) as loaded:
        names = ["campaign.gain", "campaign.cost", "campaign.net", "campaign.roi"]
        if "ad_cost" in extra:
            names.append("campaign.roas")
        return loaded.query(*names, period="2026").records()[0]


def said(ratio: object, sense: Literal["gross", "net"]) -> str:
    """The sentence per 1 of a ratio; T5: it says gross or net."""
    return per_one(Decimal(str(ratio)), "TWD", sense)


def below_search_marketing(roi: object) -> bool:
    """V7: an ROI that pays, and that search marketing's 250 % would have beaten."""
    return roi_verdict(Decimal(str(roi)), Decimal("2.5")) == "watch"


def test_v1_a_campaign(tmp_path: Path) -> None:
    """(45,000 − 15,000) / 15,000 = 200 %: 1 TWD brings 2 TWD net."""
    figures = roi_of(tmp_path, {"campaign_cost": 15_000}, [45_000])
    assert figures["campaign.net"] == 30_000
    assert figures["campaign.roi"] == 2.0
    assert said(figures["campaign.roi"], "net") == "1 TWD → 2 TWD net"
    assert below_search_marketing(figures["campaign.roi"])


def test_v2_v6_six_months_annualised(tmp_path: Path) -> None:
    """(11,000 − 10,000) / 10,000 = 10 %; 1.10 ^ (1 / 0.5) − 1 = 21 %, above the 10.2 % a year of
    a long-run equity index (V6), which the 10 % of half a year are not."""
    figures = roi_of(tmp_path, {"stake": 10_000}, [11_000])
    roi = figures["campaign.roi"]
    assert isinstance(roi, float)
    assert roi == pytest.approx(0.10)
    # The 15th to the 15th is six whole months, as the 1st to the 1st.
    for day in (1, 15):
        half_year = year_fraction(Window(date(2026, 1, day), date(2026, 7, day)))
        value, found = annualised(roi, half_year)
        assert value is not None
        assert not found
        assert value.value == pytest.approx(0.21)
        assert roi_verdict(Decimal(str(value.value)), Decimal("0.102")) == "keep"
    assert roi_verdict(Decimal(str(roi)), Decimal("0.102")) == "watch"


def test_v3_return_on_ad_spend(tmp_path: Path) -> None:
    """20,000 / 5,000 = 400 %, gross: 1 brings 4. Net it is 15,000 / 5,000 = 300 % (T5)."""
    figures = roi_of(tmp_path, {"ads": 5_000}, [20_000], extra="revenue: revenue, ad_cost: [ads]")
    assert figures["campaign.roas"] == 4.0
    assert figures["campaign.roi"] == 3.0
    assert said(figures["campaign.roas"], "gross") == "1 TWD → 4 TWD gross"
    assert said(figures["campaign.roi"], "net") == "1 TWD → 3 TWD net"


def test_v4_an_event(tmp_path: Path) -> None:
    """Cost 8,000, income 18,000: (18,000 − 8,000) / 8,000 = 125 %."""
    costs = {"venue": 3_000, "food": 1_000, "speakers": 1_500, "print": 500, "staff": 2_000}
    figures = roi_of(tmp_path, costs, [10_000, 5_000, 3_000])
    assert figures["campaign.cost"] == 8_000
    assert figures["campaign.roi"] == 1.25
    assert said(figures["campaign.roi"], "net") == "1 TWD → 1.25 TWD net"
    assert below_search_marketing(figures["campaign.roi"])


def test_v5_an_influencer(tmp_path: Path) -> None:
    """(50,000 − 15,000) / 15,000 = 7/3, which prints 233 %."""
    figures = roi_of(tmp_path, {"fee": 10_000, "goods": 2_000, "shipping": 3_000}, [50_000])
    assert figures["campaign.roi"] == pytest.approx(7 / 3)
    assert figure(Decimal(str(figures["campaign.roi"])), PERCENT).short == "233%"
    assert below_search_marketing(figures["campaign.roi"])


def test_v8_backward_plan(tmp_path: Path) -> None:
    """100,000 visits × 2 % × 50 = 100,000; 115,000 needs 115,000 visits, or 2.3 %."""
    with project(
        tmp_path,
        """kpidsl 1
        project p { currency: USD }
        source days {
          files: "days.csv", key: day, time: day
          measure visits: sum(visits) as visit
          measure orders: sum(orders) as order
          measure revenue: sum(revenue) as USD
        }
        metric conversion_rate: orders / visits as percent
        metric aov: revenue / orders
        metric tree: visits * conversion_rate * aov
        """,
        days="day,visits,orders,revenue\n2026-01-01,60000,1500,70000.00\n2026-01-02,40000,500,30000.00",
    ) as loaded:
        now = loaded.query("visits", "conversion_rate", "aov", "tree", "revenue").records()[0]
    assert now["tree"] == pytest.approx(100_000)
    drivers = {name: now[name] for name in ("visits", "conversion_rate", "aov")}
    needed = {lever.name: lever.needed for lever in backward_plan(drivers, 115_000)}
    assert needed["visits"] == pytest.approx(115_000)
    assert needed["conversion_rate"] == pytest.approx(0.023)


def test_v9_break_even(tmp_path: Path) -> None:
    """On revenue: 15,000, a ROAS of 100 %. On a margin of 25 %: 60,000 of revenue, a ROAS of 400 %;
    V1 itself is then (45,000 × 25 % − 15,000) / 15,000 = −25 %."""
    point = break_even(Decimal(15_000))
    assert point is not None
    assert (point.revenue, point.roas) == (15_000, 1)
    point = break_even(Decimal(15_000), Decimal("0.25"))
    assert point is not None
    assert (point.revenue, point.roas) == (60_000, 4)
    figures = roi_of(
        tmp_path,
        {"campaign_cost": 15_000},
        [45_000],
        gain="gross_profit",
        rest="metric gross_profit: revenue * 0.25",
    )
    assert figures["campaign.roi"] == -0.25


# --- traps ---------------------------------------------------------------------------------


def codes(loaded: kpidsl.Project) -> set[str]:
    return {item.code for item in loaded.diagnostics}


NET = """kpidsl 1
project p "P" {{ currency: TWD }}
source ledger {{
  files: "ledger.csv", key: id, time: day
  measure revenue: sum(amount) as TWD
  measure media: sum(media) as TWD
  measure cogs: sum(cogs) as TWD
  measure net_revenue: sum(net) as TWD {{ net_of: [media] }}
}}
metric margin: revenue - media
metric gross_profit: revenue - cogs
roi campaign {{ gain: {gain}, cost {{ media: media }} }}
"""


@pytest.mark.parametrize("gain", ["margin", "net_revenue", "margin + revenue", "margin - cogs"])
def test_t1_a_cost_is_not_deducted_twice(tmp_path: Path, gain: str) -> None:
    loaded = load(tmp_path, NET.format(gain=gain))
    errors = [(item.code, item.message) for item in loaded.diagnostics if item.severity == "error"]
    assert errors == [("D101", "`ledger.media` is deducted twice")]


@pytest.mark.parametrize(
    ("gain", "basis"),
    [("revenue", "revenue, nothing deducted"), ("gross_profit", "revenue net of cogs")],
)
def test_t1_roi_on_revenue_and_on_gross_profit_is_legal(
    tmp_path: Path, gain: str, basis: str
) -> None:
    loaded = load(tmp_path, NET.format(gain=gain))
    assert not [item for item in loaded.diagnostics if item.severity == "error"]
    assert loaded.model is not None
    assert loaded.model.rois["campaign"].basis == basis


CLV = """kpidsl 1
project p {{ currency: USD }}
source lines {{
  files: "lines.csv", key: id, time: day
  measure revenue: sum(amount) as USD
  measure cogs: sum(cost) as USD
  measure orders: count() as order
  measure customers: count_distinct(customer) as customer
}}
metric aov: revenue / orders
metric frequency: orders / customers
use ecommerce.clv({arguments}) as clv {{ serves: "what a customer is worth" }}
"""


def test_t2_a_count_is_no_value(tmp_path: Path) -> None:
    right = load(tmp_path, CLV.format(arguments="value: aov, frequency: frequency, years: 3"))
    assert not [item for item in right.diagnostics if item.severity == "error"]
    assert right.model is not None
    assert str(right.model.metrics["clv"].unit) == "USD per customer"
    wrong = load(tmp_path, CLV.format(arguments="value: orders, frequency: frequency, years: 3"))
    errors = [item for item in wrong.diagnostics if item.severity == "error"]
    assert [item.code for item in errors] == ["D102"]
    assert errors[0].message == "`value` of `ecommerce.clv` is money per count; this is in order"


@pytest.mark.parametrize(
    ("value", "basis"),
    [
        ("revenue / orders", "revenue, nothing deducted"),
        ("(revenue - cogs) / orders", "revenue net of cogs"),
    ],
)
def test_t3_a_lifetime_value_tells_its_basis_by_what_it_sums(
    tmp_path: Path, value: str, basis: str
) -> None:
    loaded = load(tmp_path, CLV.format(arguments=f"value: {value}, frequency: frequency, years: 3"))
    assert not [item for item in loaded.diagnostics if item.severity == "error"]
    assert loaded.model is not None
    assert loaded.model.metrics["clv"].basis == basis


def test_t8_ratios_distinct_counts_and_averages_are_recomputed_at_each_grain(
    tmp_path: Path,
) -> None:
    """Two days: 1 order of 10 and 3 orders of 10, 20, 30; customer 1 buys on both.

    AOV: 10, then 20; over both 70/4 = 17.5, not the mean 15. Buyers: 1, then 3, together 3.
    """
    with project(
        tmp_path,
        """kpidsl 1
        project p { currency: USD }
        source orders {
          files: "orders.csv", key: id, time: day
          measure revenue: sum(amount) as USD
          measure orders: count() as order
          measure buyers: count_distinct(customer) as customer
          measure average: avg(amount) as USD
        }
        metric aov: revenue / orders
        """,
        orders="id,day,customer,amount\n1,2026-01-01,1,10.00\n2,2026-01-02,1,10.00\n"
        "3,2026-01-02,2,20.00\n4,2026-01-02,3,30.00",
    ) as loaded:
        by_day = loaded.query("aov", "buyers", "average", by=["day"])
        total = loaded.query("aov", "buyers", "average").records()[0]
    assert by_day.values("aov") == [10, 20]
    assert by_day.values("buyers") == [1, 3]
    assert by_day.values("average") == [10, 20]
    assert total == {"aov": 17.5, "buyers": 3, "average": 17.5}


def test_d14_adding_money_to_orders_shows_both_spans(tmp_path: Path) -> None:
    loaded = load(
        tmp_path,
        """kpidsl 1
        project p { currency: USD }
        source orders {
          files: "orders.csv", key: id
          measure revenue: sum(amount) as USD
          measure orders: count() as order
        }
        metric nonsense: revenue + orders
        """,
    )
    (clash,) = [item for item in loaded.diagnostics if item.severity == "error"]
    assert clash.code.startswith("K3")
    assert clash.span is not None
    spans = {clash.span.text, *(label.span.text for label in clash.labels)}
    assert {"revenue", "orders"} <= spans
    assert "USD" in str(clash)
    assert "order" in str(clash)


def test_d14_what_is_left_when_units_cancel_takes_no_other(tmp_path: Path) -> None:
    definitions = """kpidsl 1
    project p {{ currency: USD }}
    source days {{
      files: "days.csv", key: day, time: day
      measure revenue: sum(revenue) as USD
      measure spend: sum(spend) as USD
      measure bare: sum(bare)
    }}
    metric odd: {formula}
    """
    wrong = load(tmp_path, definitions.format(formula="revenue / spend as EUR"))
    assert codes(wrong) == {"K301"}
    right = load(tmp_path, definitions.format(formula="bare / 2 as EUR"))
    assert codes(right) == set()
