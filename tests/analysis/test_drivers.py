"""V8: backward planning over a product of drivers."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpidsl.analysis.drivers import backward_plan


def test_v8_backward_plan() -> None:
    # 100,000 × 2 % × 50 = 100,000; goal +15 % = 115,000.
    # visits: 115,000 ÷ (0.02 × 50) = 115,000; rate: 115,000 ÷ (100,000 × 50) = 0.023;
    # order value: 115,000 ÷ (100,000 × 0.02) = 57.5.
    levers = backward_plan(
        {"visits": 100_000, "conversion_rate": 0.02, "aov": Decimal("50.00")}, goal=115_000
    )
    assert [lever.name for lever in levers] == ["visits", "conversion_rate", "aov"]
    assert [lever.now for lever in levers] == [100_000, 0.02, Decimal("50.00")]
    assert [lever.needed for lever in levers] == pytest.approx([115_000, 0.023, 57.5], rel=1e-12)


def test_one_zero_leaves_only_itself_as_a_lever() -> None:
    visits, rate = backward_plan({"visits": 0, "rate": 0.5}, goal=100)
    assert visits.needed == 200.0
    assert rate.needed is None


def test_an_unknown_driver_leaves_nothing_to_solve() -> None:
    assert backward_plan({"visits": 100, "rate": None}, goal=10) == ()


@given(st.lists(st.floats(0.01, 1e6), min_size=1, max_size=5), st.floats(1, 1e9))
def test_each_lever_alone_reaches_the_goal(values: list[float], goal: float) -> None:
    drivers = {f"driver_{index}": value for index, value in enumerate(values)}
    for lever in backward_plan(drivers, goal):
        assert lever.needed is not None
        reached = lever.needed
        for name, value in drivers.items():
            if name != lever.name:
                reached *= value
        assert reached == pytest.approx(goal, rel=1e-9)
