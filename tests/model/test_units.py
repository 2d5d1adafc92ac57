"""The algebra of units (D14)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpidsl.model.currencies import CURRENCIES
from kpidsl.model.units import NUMBER, Unit, is_currency

NAMES = st.sampled_from(["USD", "TWD", "order", "visit", "customer"])
UNITS = st.lists(st.tuples(NAMES, st.booleans()), max_size=4)


def build(parts: list[tuple[str, bool]]) -> Unit:
    unit = NUMBER
    for name, above in parts:
        unit = unit * Unit.of(name) if above else unit / Unit.of(name)
    return unit


@given(UNITS, UNITS)
def test_multiplying_and_dividing_undo_each_other(
    one: list[tuple[str, bool]], two: list[tuple[str, bool]]
) -> None:
    left, right = build(one), build(two)
    assert left * right / right == left
    assert left * right == right * left
    assert left / left == NUMBER


@pytest.mark.parametrize(
    ("unit", "text"),
    [
        (NUMBER, "number"),
        (Unit.of("USD") / Unit.of("order"), "USD per order"),
        (NUMBER / Unit.of("order"), "1 per order"),
        (Unit.of("order") * Unit.of("order"), "order^2"),
    ],
)
def test_units_are_named(unit: Unit, text: str) -> None:
    assert str(unit) == text


def test_what_may_be_a_percentage_and_what_is_money() -> None:
    order, visit, dollar = Unit.of("order"), Unit.of("visit"), Unit.of("USD")
    assert (order / visit).is_quotient_of_counts
    assert (dollar / dollar).is_quotient_of_counts
    assert not order.is_quotient_of_counts
    assert not (dollar / order).is_quotient_of_counts
    assert dollar.currency == "USD"
    assert (dollar / order).currency is None
    assert is_currency("USD")
    assert not is_currency("usd")
    assert {"USD", "TWD", "MYR", "CNY", "EUR"} <= CURRENCIES
    assert all(is_currency(code) for code in CURRENCIES)
