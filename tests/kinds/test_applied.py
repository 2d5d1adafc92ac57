"""Functions of metrics: what they are bound to, in which unit, and the mistakes in them."""

from __future__ import annotations

from decimal import Decimal

import pytest

from kpidsl.model.expr import (
    And,
    Compare,
    EntityValue,
    Filtered,
    Literal,
    MeasureRef,
    MetricArithmetic,
    MetricExpr,
    OverEntities,
    Prior,
    QueryDimension,
    Rank,
    Rolling,
    Running,
    ToDate,
    Total,
)
from kpidsl.model.periods import Grain
from tests.kinds.checking import SHOP, checked, errors, model_of

REVENUE = MeasureRef("lines", "revenue")
CHANNEL = QueryDimension("channel")
REGION = QueryDimension("region", "customers")
OF_REGION = EntityValue(REVENUE, (REGION,))


@pytest.mark.parametrize(
    ("formula", "expr", "unit", "percent"),
    [
        ("prior(revenue, 1y)", Prior(REVENUE, 12, 0), "USD", False),
        ("prior(revenue, 2w)", Prior(REVENUE, 0, 14), "USD", False),
        # 52 weeks, so that weekdays meet weekdays.
        ("prior(revenue, 1y, align: weekday)", Prior(REVENUE, 0, 364), "USD", False),
        ("prior(revenue, 2y, align: weekday)", Prior(REVENUE, 0, 728), "USD", False),
        ("rolling(revenue, 28d)", Rolling(REVENUE, 0, 28), "USD", False),
        ("rolling(revenue, 3mo)", Rolling(REVENUE, 3, 0), "USD", False),
        ("running(revenue)", Running(REVENUE), "USD", False),
        ("to_date(revenue, year)", ToDate(REVENUE, Grain.YEAR), "USD", False),
        ("total(revenue)", Total(REVENUE, None), "USD", False),
        ("total(revenue, of: channel)", Total(REVENUE, (CHANNEL,)), "USD", False),
        ("rank(revenue)", Rank(REVENUE), "number", False),
        (
            "rank(revenue - total(revenue))",
            Rank(MetricArithmetic("-", REVENUE, Total(REVENUE))),
            "number",
            False,
        ),
        (
            "avg(revenue per region)",
            OverEntities(REVENUE, "avg", (REGION,)),
            "USD",
            False,
        ),
        (
            "percentile((revenue - cogs) per [channel, sku], 90%)",
            OverEntities(
                MetricArithmetic("-", REVENUE, MeasureRef("lines", "cogs")),
                "percentile",
                (CHANNEL, QueryDimension("sku", "lines")),
                Decimal("0.9"),
            ),
            "USD",
            False,
        ),
        (
            "max(revenue per fiscal_month)",
            OverEntities(REVENUE, "max", (), period=Grain.FISCAL_MONTH),
            "USD",
            False,
        ),
        ("count(revenue per region)", OverEntities(REVENUE, "count", (REGION,)), "number", False),
        (
            "count(revenue per region) as region",
            OverEntities(REVENUE, "count", (REGION,)),
            "region",
            False,
        ),
        (
            "revenue where revenue per region > 100 USD",
            Filtered(REVENUE, Compare(">", OF_REGION, Literal(Decimal(100)))),
            "USD",
            False,
        ),
        (
            "revenue where revenue per region between -5 USD and 5",
            Filtered(
                REVENUE,
                And(
                    (
                        Compare(">=", OF_REGION, Literal(Decimal(-5))),
                        Compare("<=", OF_REGION, Literal(Decimal(5))),
                    )
                ),
            ),
            "USD",
            False,
        ),
        (
            "share(revenue, of: [channel])",
            MetricArithmetic("/", REVENUE, Total(REVENUE, (CHANNEL,))),
            "number",
            True,
        ),
        (
            "change(revenue, 1y)",
            MetricArithmetic(
                "/",
                MetricArithmetic("-", REVENUE, Prior(REVENUE, 12, 0)),
                Prior(REVENUE, 12, 0),
            ),
            "number",
            True,
        ),
    ],
)
def test_what_a_function_is_bound_to(
    formula: str, expr: MetricExpr, unit: str, percent: bool
) -> None:
    metric = model_of(f"{SHOP}\nmetric m: {formula}\n").metrics["m"]
    assert (metric.expr, str(metric.unit), metric.percent) == (expr, unit, percent)


@pytest.mark.parametrize(
    ("formula", "finding"),
    [
        ("rolling(revenue)", "K308 rolling(revenue)"),
        ("rolling(revenue, 12h)", "K308 12h"),
        ("rolling(revenue, 0d)", "K308 0d"),
        ("rolling(revenue, channel)", "K308 channel"),
        ("running(revenue, 28d)", "K308 running(revenue, 28d)"),
        ("change(revenue, revenue)", "K308 revenue"),
        ("to_date(revenue, yaer)", "K308 yaer"),
        ("to_date(revenue, 1y)", "K308 1y"),
        ("prior(revenue, 1mo, align: weekday)", "K308 weekday"),
        ("prior(revenue, 1y, align: easter)", "K211 easter"),
        ("prior(revenue, 1y, of: channel)", "K308 of"),
        ("share(revenue, of: chanel)", "K211 chanel"),
        ("share(revenue, of: 5)", "K205 5"),
        ("share(revenu, of: channel)", "K211 revenu"),
        ("revenue + rank(revenue)", "K301 rank(revenue)"),
        ("total(rank(revenue))", "K320 rank(revenue)"),
        ("share(1 + rank(revenue), of: channel)", "K320 1 + rank(revenue)"),
        ("total(place)", "K320 place"),
        ("rank(-rank(revenue))", "K320 -rank(revenue)"),
        ("rank(total(revenue))", "K320 total(revenue)"),
        ("rank(revenue_of_all / 2)", "K320 revenue_of_all / 2"),
        ("rank(5)", "K320 5"),
        ("forecast(revenue)", "K291 forecast"),
        ("revenue per region", "K311 revenue per region"),
        ("revenue where revenue per month > 5", "K319 month"),
        ("avg(revenue per [region, month])", "K319 month"),
        ("avg(revenue per regoin)", "K211 regoin"),
        ("avg(revenue per 5)", "K319 5"),
        ("avg(5 per region)", "K319 5"),
        ("avg(rank(revenue) per region)", "K319 rank(revenue)"),
        ("avg(share(revenue) per region)", "K319 share(revenue)"),
        ("avg((12 USD per month) per region)", "K319 12 USD per month"),
        ("max(avg(revenue per region) per sku)", "K319 avg(revenue per region)"),
        ("count_distinct(revenue per region)", "K309 count_distinct"),
        ("avg(revenue per region, 5)", "K308 avg(revenue per region, 5)"),
        ("percentile(revenue per region, 5)", "K308 5"),
        ("sum(revenue per region) + orders", "K301 orders"),
        ("max(revenue per region) as region", "K301 max(revenue per region)"),
        ("revenue where revenue per region > 5 EUR", "K302 5 EUR"),
        ("revenue where revenue per region > 5 order", "K301 5 order"),
        ("revenue where revenue per region > 5%", "K304 5%"),
        ("revenue where revenue per region > orders per region", "K301 orders per region"),
        ('revenue where revenue per region = "a"', 'K306 "a"'),
        ("revenue where 2 * (revenue per region) > 5", "K319 revenue per region"),
        ("revenue where m per region > 5", "K213 m"),
        ("revenue where region > 5 USD", "K311 5 USD"),
        ("revenue where revenue per region", "K305 revenue per region"),
    ],
)
def test_mistakes_in_a_function(formula: str, finding: str) -> None:
    """One message each, at the part that is wrong."""
    named = "metric place: rank(revenue)\nmetric revenue_of_all: total(revenue)"
    _, findings = checked(f"{SHOP}\n{named}\nmetric m: {formula}\n")
    assert [error.partition(":")[0] for error in errors(findings)] == [finding]


def test_another_period_s_amount_is_nothing_to_deduct() -> None:
    """T1 is about amounts of one period: last year's cost may be taken off this year's profit."""
    _, findings = checked(
        f"{SHOP}\nmetric p: revenue - cogs\nmetric q: p - prior(cogs, 1y)\n"
        "metric r: p - rolling(cogs, 28d)\n"
    )
    assert errors(findings) == []
