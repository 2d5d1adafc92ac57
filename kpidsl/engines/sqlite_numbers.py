"""Numbers as SQLite holds them, computed with by their digits; and the aggregates that it lacks."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from contextlib import suppress
from decimal import ROUND_HALF_UP, Context, Decimal
from fractions import Fraction
from typing import Any, Protocol

from kpidsl.engines.sqlite_values import (
    Held,
    Misfit,
    NoNumber,
    Number,
    TooFine,
    TooLarge,
    shown,
)
from kpidsl.sql.money import MONEY_PLACES

EXACT = Context(prec=400, rounding=ROUND_HALF_UP, traps=[])
"""Room for the digits of any float, of which the largest has 309 before its decimals."""
_NUMBER = re.compile(r"[+-]?(?=\.?\d)\d*(?P<rest>\.?\d*(e[+-]?\d+)?)", re.ASCII | re.IGNORECASE)
_LARGEST, _WHOLE = 2**63, 2**53
_CERTAIN_DIGITS = 15
"""So many digits of a float are never noise."""
_TRUE = {"true", "t", "yes", "y", "1"}
_FALSE = {"false", "f", "no", "n", "0"}


def digits_of(value: float) -> Decimal:
    """Return the decimal that a float stands for: the shortest that is nearest to it."""
    return Decimal(repr(value))


def _exactly(value: Held) -> int | Decimal:
    if isinstance(value, int):
        return value
    if isinstance(value, float):
        return digits_of(value)
    raise Misfit(f"`{shown(value)}` is no number")


def _held(value: int | Decimal) -> Number:
    """Return a number as SQLite holds it: a whole number, or the float nearest to a decimal."""
    if isinstance(value, Decimal):
        return float(value)
    if -_LARGEST <= value < _LARGEST:
        return value
    raise TooLarge(f"{value} has more digits than SQLite holds")


def computing(
    whole: Callable[[int, int], int], decimal: Callable[[Any, Any], Decimal]
) -> Callable[[Any, Any], Number | None]:
    def compute(one: Held, other: Held) -> Number | None:
        if one is None or other is None:
            return None
        if isinstance(one, int) and isinstance(other, int):
            return _held(whole(one, other))
        exact = decimal(_exactly(one), _exactly(other))
        is_sure = _is_no_float(one) or _is_no_float(other)
        return _held_exactly(exact) if is_sure else float(exact)

    return compute


def _is_no_float(number: Held) -> bool:
    """Tell whether a whole number is so large that floats near it are others: what is computed with
    it must not be rounded unseen."""
    return isinstance(number, int) and abs(number) > _WHOLE


def product(one: Held, other: Held, places: int | None = None) -> Number | None:
    """Return a product of decimals, or refuse one that no float holds (S12); `places` are those to
    which it is rounded."""
    digits = digits_of_product(one, other, places)
    return None if digits is None else _held_exactly(Decimal(digits))


def digits_of_product(one: Held, other: Held, places: int | None = None) -> str | None:
    """Return the digits of a product of decimals, for a sum of them."""
    if one is None or other is None:
        return None
    exact = EXACT.multiply(_exactly(one), _exactly(other))
    if places is not None:
        kept = exact.quantize(Decimal(1).scaleb(-places), context=EXACT)
        if kept != exact:
            _must_be_noise(exact, places, one, other)
        exact = kept
    return format(exact, "f")


def _held_exactly(value: Decimal) -> float:
    held = float(value)
    if digits_of(held) != value:
        raise TooLarge(f"{value} has more digits than SQLite holds")
    return held


def as_number(value: Held) -> Number | None:
    if value is None or isinstance(value, int | float):
        return value
    found = _NUMBER.fullmatch(value.strip()) if isinstance(value, str) else None
    if found is None:
        raise Misfit(f"`{shown(value)}` is no number")
    real = float(found[0])
    if math.isinf(real):
        raise TooLarge(f"{shown(value)} is larger than SQLite holds")
    return real if found["rest"] else _held(int(found[0]))


def as_real(value: Held) -> float | None:
    number = as_number(value)
    return None if number is None else float(number)


def as_decimal(value: Held, places: int) -> Number | None:
    """Return a number with at most so many decimals."""
    if value is None or isinstance(value, int):
        return value
    if isinstance(value, float):
        return _to_places(value, places)
    raise Misfit(f"`{shown(value)}` is no number")


def _to_places(value: float, places: int) -> float:
    kept = round(value, places)
    if kept != value:
        _must_be_noise(value, places, value)
    return kept


def _must_be_noise(exact: float | Decimal, places: int, *read: int | float | str | bytes) -> None:
    """Refuse to round money whose decimals were meant: rates, and what comes of them, are rounded
    at places of their own (S26), and floats that were computed have more digits than decimals
    do."""
    if places == MONEY_PLACES and all(_is_certain(value) for value in read):
        raise TooFine(f"{exact} has more than {places} decimals")


def _is_certain(value: int | float | str | bytes) -> bool:
    if not isinstance(value, float):
        return True
    return math.isfinite(value) and len(digits_of(value).as_tuple().digits) <= _CERTAIN_DIGITS


def certain_digits(value: Held) -> float | None:
    """Return what is left of a float without the noise in its last digits."""
    real = as_real(value)
    return None if real is None else float(f"{real:.15g}")


def rounded_to(value: Held, places: int) -> Number | None:
    if value is None or (isinstance(value, int) and places >= 0):
        return value
    return _rounded(Decimal(_exactly(value)), int(places))


def _rounded(value: Decimal, places: int) -> float:
    return float(value.quantize(Decimal(1).scaleb(-places), context=EXACT))


def rounding_by(rounding: Callable[[Any], int]) -> Callable[[Any], Number | None]:
    return lambda value: None if value is None else _held(rounding(_exactly(value)))


def as_boolean(value: Held) -> int | None:
    if value is None:
        return None
    if isinstance(value, int | float):
        return int(value != 0)
    word = value.strip().lower() if isinstance(value, str) else ""
    if word not in _TRUE | _FALSE:
        raise Misfit(f"`{shown(value)}` is neither true nor false")
    return int(word in _TRUE)


# --- aggregates ----------------------------------------------------------------------------


class Aggregate(Protocol):
    """What SQLite asks of an aggregate; `finalize` gives None of no values."""

    def step(self, *values: Held) -> None: ...

    def finalize(self) -> Number | None: ...


class Sum:
    def __init__(self) -> None:
        self.count = 0
        self.whole = 0
        self.floats: list[float] = []

    def step(self, value: Held) -> None:
        if value is None:
            return
        self.count += 1
        if isinstance(value, float):
            self.floats.append(value)
        elif isinstance(value, int):
            self.whole += value
        else:
            raise Misfit(f"`{shown(value)}` is no number")

    def total(self) -> int | Decimal:
        if not self.floats:
            return self.whole
        return EXACT.add(_added(self.floats), self.whole)

    def finalize(self) -> Number | None:
        if not self.count:
            return None
        total = self.total()
        is_sure = isinstance(total, Decimal) and _is_no_float(self.whole)
        return _held_exactly(Decimal(total)) if is_sure else _held(total)


def _added(values: list[float]) -> Decimal:
    """Add up the decimals that floats stand for: as cents where all are, which is quick."""
    with suppress(ValueError, OverflowError):  # infinite, or no number
        cents = [round(value * 100) for value in values]
        if all(cent / 100 == value for cent, value in zip(cents, values, strict=True)):
            return EXACT.divide(Decimal(sum(cents)), Decimal(100))
    total = Decimal(0)
    for value in values:
        total = EXACT.add(total, digits_of(value))
    if total.is_nan():
        raise NoNumber
    return total


class SumOfDecimals:
    """A sum of numbers with at most so many decimals, exact or refused."""

    def __init__(self) -> None:
        self.sum = Sum()

    def step(self, value: Held, places: int) -> None:
        self.sum.step(_to_places(value, places) if isinstance(value, float) else value)

    def finalize(self) -> Number | None:
        total = self.sum.total()
        if not self.sum.count or isinstance(total, int):
            return self.sum.finalize()
        return _held_exactly(total)


class ExactSum:
    """A sum of decimals of any number of digits, exact or refused."""

    def __init__(self) -> None:
        self.count = 0
        self.total = Decimal(0)

    def step(self, digits: Held) -> None:
        if digits is not None:
            self.count += 1
            self.total = EXACT.add(self.total, Decimal(str(digits)))

    def finalize(self) -> Number | None:
        return _held_exactly(self.total) if self.count else None


class Mean(Sum):
    def finalize(self) -> Number | None:
        if not self.count:
            return None
        total = self.total()
        return float(total) if math.isinf(total) else float(Fraction(total) / self.count)


class Deviation:
    def __init__(self) -> None:
        self.values: list[float] = []

    def step(self, value: Held) -> None:
        number = as_real(value)
        if number is not None:
            self.values.append(number)

    def finalize(self) -> Number | None:
        """Return the standard deviation of a sample."""
        if len(self.values) < 2:
            return None
        if not all(map(math.isfinite, self.values)):
            raise NoNumber
        mean = math.fsum(self.values) / len(self.values)
        squares = math.fsum((value - mean) ** 2 for value in self.values)
        return math.sqrt(squares / (len(self.values) - 1))


class Quantile:
    def __init__(self) -> None:
        self.values: list[float] = []
        self.fraction = Fraction(0)

    def step(self, value: Held, fraction: str) -> None:
        number = as_real(value)
        if number is not None:
            self.values.append(number)
            self.fraction = Fraction(fraction)

    def finalize(self) -> Number | None:
        """Return the value at a place between the smallest, 0, and the largest, 1."""
        if not self.values:
            return None
        self.values.sort()
        place = (len(self.values) - 1) * self.fraction
        below = int(place)
        above = min(below + 1, len(self.values) - 1)
        part = float(place - below)
        return self.values[below] + part * (self.values[above] - self.values[below])
