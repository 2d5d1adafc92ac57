"""What verifying found: each comparison of two answers that must agree."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal, localcontext
from typing import TypeGuard

from kpidsl.run.result import Value
from kpidsl.text.diagnostic import Diagnostic

TOLERANCE = 1e-9
"""Quotients are floats, and fixed amounts are rounded by the day (S12)."""
_DIGITS = 60


@dataclass(frozen=True, slots=True)
class Verdict:
    """One comparison: `rule` is the invariant or rule that both sides follow from. Where whole
    answers agree, `expected` and `got` say how many rows they have; where they don't, they are
    the first values that differ, and `compared` names their row."""

    rule: str
    metric: str
    compared: str
    expected: Value
    got: Value
    holds: bool


@dataclass(frozen=True, slots=True)
class Verification:
    """All comparisons, in order of the metrics. `unverified` are metrics left out once
    `questions` were enough; `diagnostics` say which answers could not be had."""

    verdicts: tuple[Verdict, ...]
    metrics: int
    questions: int
    unverified: tuple[str, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()

    @property
    def failed(self) -> tuple[Verdict, ...]:
        return tuple(verdict for verdict in self.verdicts if not verdict.holds)


def alike(expected: Value, got: Value, *, exact: bool = True) -> bool:
    """Tell whether two values are the same: integers and decimals exactly, unless they are known
    to be rounded; floats within `TOLERANCE`, relative and absolute (S12). What is no number is the
    same as what is none, either."""
    if not is_number(expected) or not is_number(got):
        return expected == got
    if math.isnan(expected) or math.isnan(got):
        return math.isnan(expected) and math.isnan(got)
    if exact and not isinstance(expected, float) and not isinstance(got, float):
        return expected == got
    return math.isclose(expected, got, rel_tol=TOLERANCE, abs_tol=TOLERANCE)


def added(values: Iterable[Value]) -> Value:
    """Add up values; those that are none count for nothing, and none of them gives none."""
    numbers = [value for value in values if is_number(value)]
    if not numbers:
        return None
    if any(isinstance(value, float) for value in numbers):
        return math.fsum(numbers)
    with localcontext(prec=_DIGITS):
        return sum((Decimal(value) for value in numbers), Decimal(0))


def computed(op: str, left: Value, right: Value) -> Value:
    """Compute with two values as formulas do: nothing comes of none, nor of a division by zero
    (S12)."""
    if not is_number(left) or not is_number(right):
        return None
    if op == "/":
        return float(left) / float(right) if right else None
    if isinstance(left, float) or isinstance(right, float):
        one, other = float(left), float(right)
        return one + other if op == "+" else one - other if op == "-" else one * other
    with localcontext(prec=_DIGITS):
        first, second = Decimal(left), Decimal(right)
        return first + second if op == "+" else first - second if op == "-" else first * second


def is_number(value: Value) -> TypeGuard[Decimal | float | int]:
    return isinstance(value, Decimal | float | int) and not isinstance(value, bool)
