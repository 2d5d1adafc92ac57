"""The measures below a formula."""

from __future__ import annotations

from decimal import Decimal

from kpidsl.model.expr import (
    Constant,
    Filtered,
    FixedAmount,
    Literal,
    MeasureRef,
    MetricArithmetic,
    MetricCoalesce,
    MetricNegate,
    MetricRef,
    Prior,
)
from kpidsl.model.leaves import has_data, leaf_measures, leaf_sources
from kpidsl.model.purpose import Metric

A, B = MeasureRef("s", "a"), MeasureRef("t", "b")
ONE = Constant(Decimal(1))
METRICS = {"m": Metric(name="m", expr=A, leaves=("s.a",))}


def test_leaves_are_listed_once_in_order_of_writing() -> None:
    expr = MetricArithmetic(
        "+", MetricArithmetic("/", B, MetricRef("m")), MetricArithmetic("-", A, B)
    )
    assert leaf_measures(expr, METRICS) == ("t.b", "s.a")
    assert leaf_sources(expr, METRICS) == {"s", "t"}


def test_leaves_are_found_below_every_node() -> None:
    fixed = FixedAmount(Decimal(5), "USD", "month", B)
    expr = MetricCoalesce((MetricNegate(Prior(Filtered(A, Literal(True)), 12, 0)), fixed, ONE))
    assert leaf_measures(expr, METRICS) == ("s.a", "t.b")


def test_a_number_has_no_data_and_a_fixed_amount_has() -> None:
    assert not has_data(MetricArithmetic("*", ONE, MetricNegate(ONE)), METRICS)
    assert not has_data(MetricCoalesce((ONE, ONE)), METRICS)
    assert has_data(MetricArithmetic("*", ONE, A), METRICS)
    assert has_data(FixedAmount(Decimal(5), "USD", "month"), METRICS)
