from __future__ import annotations

from decimal import Decimal

from kpidsl.analysis.quantities import total_of


def test_a_sum_is_exact_until_a_float_is_in_it() -> None:
    # In floats 0.1 + 0.2 is 0.30000000000000004.
    assert total_of([Decimal("0.1"), Decimal("0.2")]) == Decimal("0.3")
    assert total_of([1, Decimal("0.5")]) == Decimal("1.5")
    assert total_of([0.5, Decimal("0.25"), 1]) == 1.75
    assert total_of([]) == 0


def test_a_sum_with_an_unknown_part_is_unknown() -> None:
    assert total_of([1, None, 2]) is None
