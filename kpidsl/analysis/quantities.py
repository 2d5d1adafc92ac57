"""Arithmetic on result values, which are integers, decimals or floats (S12).

Sums and products stay exact unless a float is among them; quotients are floats, and comparisons
allow for their last digits.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from math import fsum, isclose

Number = int | float | Decimal

_RELATIVE_TOLERANCE = 1e-9  # as S12 promises for quotients
_ABSOLUTE_TOLERANCE = 1e-12  # beside a zero, where a relative one allows nothing


def difference(left: Number, right: Number) -> Number:
    """Return `left - right`."""
    if isinstance(left, float) or isinstance(right, float):
        return float(left) - float(right)
    return Decimal(left) - Decimal(right)


def product(left: Number, right: Number) -> Number:
    """Return `left * right`."""
    if isinstance(left, float) or isinstance(right, float):
        return float(left) * float(right)
    return Decimal(left) * Decimal(right)


def total_of(values: Iterable[Number | None]) -> Number | None:
    """Return the sum of values; None when one of them is not known."""
    known: list[Number] = []
    for value in values:
        if value is None:
            return None
        known.append(value)
    if any(isinstance(value, float) for value in known):
        return fsum(known)
    return sum(map(Decimal, known), Decimal(0))


def ratio(above: Number | None, below: Number | None) -> float | None:
    """Return `above / below`; None when either is None or `below` is zero."""
    if above is None or below is None or below == 0:
        return None
    return float(above) / float(below)


def same(left: Number, right: Number) -> bool:
    """Tell whether two values differ by no more than rounding."""
    return isclose(left, right, rel_tol=_RELATIVE_TOLERANCE, abs_tol=_ABSOLUTE_TOLERANCE)


def percent_text(fraction: float) -> str:
    """Write a fraction as a percentage with at most one decimal: 0.125 is `12.5 %`."""
    return f"{number_text(fraction * 100, 1)}%"


def number_text(value: float, decimals: int) -> str:
    """Write a number with thousands separators and no trailing zeros: 1250.5 is `1,250.5`."""
    text = f"{value:,.{decimals}f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return text.replace("-", "−") if text != "-0" else "0"
