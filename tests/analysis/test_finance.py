"""The finance vectors V1 to V5 and V9, and the trap T6 of the domain."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpidsl.analysis.finance import annualised, break_even, net, roas, roi
from kpidsl.model.periods import DayCount, Window, YearFraction, year_fraction
from kpidsl.text.diagnostic import Severity
from kpidsl.text.source import SourceFile, Span

HALF_YEAR = year_fraction(Window(date(2026, 1, 1), date(2026, 7, 1)))
ONE_YEAR = YearFraction(1.0, DayCount.WHOLE_MONTHS)


def test_v1_roi_and_net() -> None:
    # 45,000 − 15,000 = 30,000; 30,000 ÷ 15,000 = 2.
    assert net(Decimal(45_000), Decimal(15_000)) == Decimal(30_000)
    assert roi(Decimal(45_000), Decimal(15_000)) == 2.0


def test_t1_a_gain_already_net_of_its_cost_gives_another_number() -> None:
    # What the trap looks like: 30,000 − 15,000 over 15,000 is 100 %, not the true 200 %.
    assert roi(30_000, 15_000) == 1.0


def test_v2_annualised_by_whole_months() -> None:
    # 11,000 from 10,000 is 10 %; 6/12 of a year; 1.1² − 1 = 0.21.
    half_year_roi = roi(11_000, 10_000)
    assert half_year_roi == pytest.approx(0.10, rel=1e-12)
    result, diagnostics = annualised(half_year_roi, HALF_YEAR)
    assert diagnostics == ()
    assert result is not None
    assert result.value == pytest.approx(0.21, rel=1e-9)
    assert result.convention == "discrete compounding, reinvested; whole months/12"


def test_v2_annualised_by_days() -> None:
    # 29 days to the end of March, 30 + 31 + 30 + 31 of April to July, 30 of August: 181, and no
    # whole number of months.
    span = Window(date(2026, 3, 2), date(2026, 8, 30))
    assert span.days == 181
    result, diagnostics = annualised(0.10, year_fraction(span))
    assert diagnostics == ()
    assert result is not None
    # ln 1.1 = 0.0953101798; × 365/181 = 0.192200…; e^0.192200 = 1.211913…: prints 21.19 %.
    assert f"{result.value:.2%}" == "21.19%"
    assert result.convention == "discrete compounding, reinvested; ACT/365"


def test_v3_roas() -> None:
    # 20,000 ÷ 5,000 = 4.
    assert roas(Decimal(20_000), Decimal(5_000)) == 4.0


def test_v4_event_roi() -> None:
    costs = sum([3_000, 1_000, 1_500, 500, 2_000])  # 8,000
    income = sum([10_000, 5_000, 3_000])  # 18,000
    # (18,000 − 8,000) ÷ 8,000 = 1.25.
    assert roi(income, costs) == 1.25


def test_v5_influencer_roi() -> None:
    # Cost 15,000; (50,000 − 15,000) ÷ 15,000 = 35/15 = 7/3.
    value = roi(50_000, sum([10_000, 2_000, 3_000]))
    assert value == pytest.approx(7 / 3, rel=1e-12)
    assert f"{value:.0%}" == "233%"


def test_v9_break_even_on_revenue() -> None:
    point = break_even(Decimal(15_000))
    assert point is not None
    assert (point.revenue, point.roas) == (15_000.0, 1.0)
    assert roi(point.revenue, 15_000) == 0.0


def test_v9_break_even_on_margin() -> None:
    margin = Decimal("0.25")
    point = break_even(Decimal(15_000), margin)
    assert point is not None
    # 15,000 ÷ 0.25 = 60,000; 60,000 ÷ 15,000 = 4.
    assert (point.revenue, point.roas, point.margin) == (60_000.0, 4.0, margin)
    # V1 by margin: 25 % of 45,000 is 11,250; (11,250 − 15,000) ÷ 15,000 = −0.25.
    assert roi(margin * 45_000, Decimal(15_000)) == -0.25


@pytest.mark.parametrize("margin", [0, Decimal("-0.1")])
def test_no_revenue_breaks_even_without_a_margin(margin: Decimal) -> None:
    assert break_even(15_000, margin) is None


@pytest.mark.parametrize("length", [0.0, -0.5])
def test_t6_annualising_refuses_no_time(length: float) -> None:
    result, (refusal,) = annualised(0.1, YearFraction(length, DayCount.ACT_365))
    assert result is None
    assert (refusal.code, refusal.severity) == ("D076", Severity.ERROR)


@pytest.mark.parametrize("value", [-1.0, -1.5])
def test_t6_annualising_is_undefined_at_a_total_loss(value: float) -> None:
    result, (refusal,) = annualised(value, HALF_YEAR)
    assert result is None
    assert (refusal.code, refusal.severity) == ("D076", Severity.ERROR)
    assert "−100%" in refusal.message


def test_t6_annualising_just_above_a_total_loss() -> None:
    # (1 − 0.9)² − 1 = −0.99.
    result, diagnostics = annualised(-0.9, HALF_YEAR)
    assert diagnostics == ()
    assert result is not None
    assert result.value == pytest.approx(-0.99, rel=1e-9)


@pytest.mark.parametrize(
    ("start", "end", "warned"),
    [
        ("2026-02-01", "2026-03-01", False),  # a whole month, though of 28 days
        ("2026-02-01", "2026-02-28", True),
        ("2026-11-05", "2026-12-04", True),  # 29 days
        ("2026-11-05", "2026-12-06", False),  # 31 days, more than a twelfth of 365
    ],
)
def test_t6_under_one_month_is_warned(start: str, end: str, warned: bool) -> None:
    window = Window(date.fromisoformat(start), date.fromisoformat(end))
    result, diagnostics = annualised(0.01, year_fraction(window))
    assert result is not None
    expected = [("D076", Severity.WARNING)] if warned else []
    assert [(item.code, item.severity) for item in diagnostics] == expected


def test_t6_a_result_too_large_is_refused() -> None:
    # 11^365 is about 10^380, beyond any float.
    result, (refusal,) = annualised(10.0, YearFraction(1 / 365, DayCount.ACT_365))
    assert result is None
    assert refusal.severity is Severity.ERROR


def test_a_finding_points_at_where_the_figure_was_asked_for() -> None:
    asked = Span(SourceFile("ads.kpi", "annualised"), 0, 10)
    for value, length in [(-1.0, 0.5), (0.1, 0.0), (0.1, 0.01)]:
        _, (finding,) = annualised(value, YearFraction(length, DayCount.ACT_365), asked)
        assert finding.span == asked


def test_unknown_and_zero() -> None:
    assert net(None, 1) is None
    assert net(1, None) is None
    assert roi(None, 1) is None
    assert roi(1, None) is None
    assert roi(1, 0) is None
    assert roi(Decimal(1), Decimal("0.00")) is None
    assert roas(1, 0) is None
    assert break_even(None) is None
    assert annualised(None, ONE_YEAR) == (None, ())


def test_money_is_exact() -> None:
    # In floats 0.30 − 0.10 is 0.19999999999999998.
    assert net(Decimal("0.30"), Decimal("0.10")) == Decimal("0.20")
    assert net(0.5, Decimal("0.25")) == 0.25


ROIS = st.floats(-0.99, 20)
LENGTHS = st.floats(1 / 12, 10)


@given(ROIS, LENGTHS)
def test_compounding_back_gives_the_roi(value: float, years: float) -> None:
    result, _ = annualised(value, YearFraction(years, DayCount.ACT_365))
    assert result is not None
    # A loss of 99 % in a month annualises to −1 + 1e-24, which a float can't tell from −1.
    if result.value > -1 + 1e-6:
        assert (1 + result.value) ** years - 1 == pytest.approx(value, rel=1e-6, abs=1e-6)


@given(ROIS)
def test_a_year_is_its_own_annual_rate(value: float) -> None:
    result, diagnostics = annualised(value, ONE_YEAR)
    assert diagnostics == ()
    assert result is not None
    assert result.value == pytest.approx(value, rel=1e-9, abs=1e-12)


MONEY = st.decimals(Decimal("0.01"), Decimal(10) ** 12, places=2)


@given(MONEY, MONEY)
def test_roas_is_one_more_than_roi_on_the_same_cost(gain: Decimal, cost: Decimal) -> None:
    gross, net_return = roas(gain, cost), roi(gain, cost)
    assert gross is not None
    assert net_return is not None
    assert gross == pytest.approx(1 + net_return, rel=1e-9, abs=1e-9)


@given(MONEY, st.decimals(Decimal("0.01"), 1, places=2))
def test_roi_is_zero_at_break_even(cost: Decimal, margin: Decimal) -> None:
    point = break_even(cost, margin)
    assert point is not None
    assert roi(point.revenue * float(margin), cost) == pytest.approx(0, abs=1e-9)
    assert point.revenue == pytest.approx(point.roas * float(cost), rel=1e-9)
