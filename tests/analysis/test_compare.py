from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpidsl.analysis.compare import compare
from kpidsl.model.purpose import Better


def test_difference_of_amounts() -> None:
    delta = compare(Decimal("120.50"), Decimal("100.50"), Better.HIGHER)
    assert delta is not None
    assert delta.absolute == Decimal("20.00")
    assert delta.relative == pytest.approx(20 / 100.5, rel=1e-12)
    assert delta.points is None
    assert delta.favourable is True


def test_difference_of_percentages_is_in_points() -> None:
    # From 2 % to 2.3 %: 0.3 points, 15 % of the base.
    delta = compare(0.023, 0.02, Better.HIGHER, percent=True)
    assert delta is not None
    assert delta.points == pytest.approx(0.3, rel=1e-9)
    assert delta.relative == pytest.approx(0.15, rel=1e-9)


@pytest.mark.parametrize(
    ("value", "base", "better", "favourable"),
    [
        (2, 1, Better.HIGHER, True),
        (1, 2, Better.HIGHER, False),
        (2, 1, Better.LOWER, False),
        (1, 2, Better.LOWER, True),
        (2, 1, None, None),
        (1, 1, Better.HIGHER, None),
        (1, 1, Better.LOWER, None),
        (0.1 + 0.2, 0.3, Better.LOWER, None),  # they differ only in the float's last digit
    ],
)
def test_favourable(
    value: float, base: float, better: Better | None, favourable: bool | None
) -> None:
    delta = compare(value, base, better)
    assert delta is not None
    assert delta.favourable is favourable


@pytest.mark.parametrize("base", [0, Decimal(0), -50])
def test_no_percentage_of_a_base_of_zero_or_less(base: Decimal) -> None:
    delta = compare(10, base, Better.HIGHER)
    assert delta is not None
    assert delta.relative is None
    assert delta.absolute == 10 - base
    assert delta.favourable is True


def test_missing_values_are_no_comparison() -> None:
    assert compare(None, 1, Better.HIGHER) is None
    assert compare(1, None, Better.HIGHER) is None


@given(st.integers(-(10**9), 10**9), st.integers(1, 10**9))
def test_the_base_and_its_change_give_the_value(value: int, base: int) -> None:
    delta = compare(value, base, None)
    assert delta is not None
    assert delta.relative is not None
    assert base + delta.absolute == value
    assert base * (1 + delta.relative) == pytest.approx(value, rel=1e-9, abs=1e-6)
