"""The sample of the language's description: it checks clean and means what it says."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from kpidsl.model.expr import (
    Column,
    Compare,
    DimensionRef,
    FixedAmount,
    MeasureRef,
    MetricArithmetic,
    MetricRef,
    QueryDimension,
    TimeColumn,
)
from kpidsl.model.period_texts import parse_period
from kpidsl.model.project import Model
from kpidsl.text.diagnostic import Diagnostic, Severity
from tests.kinds.checking import checked, codes

SAMPLE = Path(__file__).parents[1] / "syntax" / "sample.kpi"
PACK = """
pack marketing {
  kpi cac(cost, customers) "Customer acquisition cost": cost / customers {
    requires { cost: money, customers: count }
    better: lower
    stage: conversion
    cadence: monthly
  }
}
"""


@pytest.fixture(scope="module")
def sample() -> tuple[Model, list[Diagnostic]]:
    model, findings = checked(SAMPLE.read_text(encoding="utf-8"), PACK)
    assert model is not None
    return model, findings


def test_nothing_is_wrong_and_only_later_parts_are_advised(
    sample: tuple[Model, list[Diagnostic]],
) -> None:
    findings = sample[1]
    assert not [item for item in findings if item.severity is Severity.ERROR]
    # By hand: `discount`, `cascade`, `drivers` and `test` come later; the ROI covers
    # two of the twelve usual costs; the executive sees KPIs of the conversion stage alone.
    assert sorted(codes(findings)) == ["D011", "D110", *["K290"] * 4]


def test_sources_and_their_measures(sample: tuple[Model, list[Diagnostic]]) -> None:
    lines = sample[0].sources["lines"]
    assert lines.key == (Column(("order_id",)), Column(("line",)))
    assert lines.time is not None
    assert (lines.time.expr, lines.time.stored_as) == (Column(("paid_at",)), "UTC")
    assert lines.exclude == Column(("is_test_order",))
    assert lines.joins["customer"].target == "customers"
    assert lines.joins["customer"].target_columns == (Column(("customer_id",)),)
    new = lines.measures["new_customers"]
    assert new.where == Compare("=", TimeColumn(), DimensionRef("first_paid"))
    assert str(new.unit) == "customer"
    assert lines.measures["shipping"].once_per == (Column(("order_id",)),)
    assert lines.measures["revenue"].net_of == {"discounts"}
    assert lines.dimensions["channel"].shared == "channel"
    assert lines.doc == "One row per order line, loaded hourly from the shop."


def test_metrics_carry_units_and_deductions(sample: tuple[Model, list[Diagnostic]]) -> None:
    metrics = sample[0].metrics
    units = {name: str(metric.unit) for name, metric in metrics.items()}
    assert units["gross_profit"] == "USD"
    assert units["aov"] == "USD per order"
    assert units["conversion_rate"] == "order per visit"
    assert metrics["conversion_rate"].percent
    assert units["cac"] == "USD per customer"
    # Profit is revenue, itself net of discounts, less the cost of goods.
    assert metrics["gross_profit"].net_of == {"discounts", "lines.cogs"}
    assert metrics["gross_profit"].basis == "revenue net of cogs and discounts"
    assert metrics["marketing_cost"].leaves == ("spend.ad_spend",)
    assert metrics["cac"].expr == MetricArithmetic(
        "/", MetricRef("marketing_cost"), MeasureRef("lines", "new_customers")
    )


def test_the_roi_becomes_metrics(sample: tuple[Model, list[Diagnostic]]) -> None:
    model = sample[0]
    members = {name for name in model.metrics if name.startswith("marketing_roi.")}
    # No `.roas`: the sample does not say which cost line is advertising.
    assert members == {
        f"marketing_roi.{member}"
        for member in ("gain", "cost", "cost.media", "cost.staff", "net", "roi")
    }
    staff = FixedAmount(Decimal(12000), "USD", "month", MeasureRef("spend", "ad_spend"))
    assert model.metrics["marketing_roi.cost.staff"].expr == staff
    assert model.rois["marketing_roi"].sales_cycle_days == 45
    assert model.rois["marketing_roi"].basis == "revenue net of cogs and discounts"


def test_goals_and_the_target_of_a_kpi(sample: tuple[Model, list[Diagnostic]]) -> None:
    goals = sample[0].goals
    grow = goals["grow_revenue"]
    assert grow.over == parse_period("2026-H1")
    assert grow.target.change == Decimal("0.20")
    assert grow.target.baseline == parse_period("2025-H1")
    inline = goals["cac_target"]
    assert (inline.target.sense, inline.target.value) == ("at_most", Decimal(45))
    assert str(inline.at) == "2026-12-31"


def test_what_the_audience_sees_and_the_report_shows(
    sample: tuple[Model, list[Diagnostic]],
) -> None:
    model = sample[0]
    sights = {sight.item: sight.by for sight in model.audiences["executive"].sees}
    assert sights["marketing_roi"] == (QueryDimension("channel"),)
    review = model.reports["monthly_review"]
    assert review.grain == "month"
    assert [section.question for section in review.sections] == [
        "Did we reach the goals?",
        "Is the money well spent?",
    ]
    assert review.sections[1].compare == ("plan", "prior_year")
    assert model.kpis["revenue_kpi"].plan == "budget.planned_revenue"


def test_the_model_is_written_as_json(sample: tuple[Model, list[Diagnostic]]) -> None:
    text = sample[0].model_dump_json()
    assert '"marketing_roi.roi"' in text
    assert "column_spans" not in text
    assert '"span"' not in text
