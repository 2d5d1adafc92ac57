"""What SQLite lacks, as Python functions that a connection is given: decimals, moments with time
zones, medians. Their names stand in `kpidsl.sql.dialects.sqlite`, with what values look like there.

A value that isn't what it is taken for is a `Misfit`, never a 0 or a NULL: SQLite's own functions
would let it pass.
"""

from __future__ import annotations

import json
import math
import re
import sqlite3
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Context, Decimal
from fractions import Fraction
from functools import lru_cache
from typing import Any, Protocol
from zoneinfo import ZoneInfo

Number = int | float
Held = Number | str | bytes | None
"""What a cell of SQLite can hold."""
Function = Callable[..., Held]
_EXACT = Context(prec=80, rounding=ROUND_HALF_UP, traps=[])
"""Room for the product of any two floats' digits, and for sums of money with billionths."""
_LARGEST = 2**63
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_TRUE = {"true", "t", "yes", "y", "1"}
_FALSE = {"false", "f", "no", "n", "0"}
_LAST = "9999-12-31 23:59:59"
_REMEMBERED = 1 << 16


class Misfit(Exception):
    """A value isn't what it is taken for."""


class TooLarge(Exception):
    """A number has more digits than SQLite holds."""


def register(
    connection: sqlite3.Connection,
    timezone: str,
    failed: Callable[[Exception], None] = lambda _: None,
) -> None:
    """Give a connection the functions that statements for SQLite call; `timezone` is the project's.

    SQLite tells its caller only that some function failed: `failed` is told why.
    """

    def told(function: Function) -> Function:
        def call(*arguments: Held) -> Held:
            try:
                return function(*arguments)
            except Exception as failure:
                failed(failure)
                raise

        return call

    def in_project(value: Held) -> str | None:
        return _moment(value, timezone)

    def day_in_project(value: Held) -> str | None:
        moment = in_project(value)
        return None if moment is None else moment[:10]

    scalars = {**_SCALARS, "kpi_moment": (1, in_project), "kpi_day": (1, day_in_project)}
    for name, (count, function) in scalars.items():
        connection.create_function(name, count, told(function), deterministic=True)
    for name, (count, kind) in _AGGREGATES.items():
        steps = {"step": told(kind.step), "finalize": told(kind.finalize)}
        connection.create_aggregate(name, count, type(name, (kind,), steps))


# --- numbers -------------------------------------------------------------------------------


def digits_of(value: float) -> Decimal:
    """Return the decimal that a float stands for: the shortest that is nearest to it."""
    return Decimal(repr(value))


def _exactly(value: Held) -> int | Decimal:
    if isinstance(value, int):
        return value
    if isinstance(value, float):
        return digits_of(value)
    raise Misfit(f"`{_shown(value)}` is no number")


def _held(value: int | Decimal) -> Number:
    """Return a number as SQLite holds it: a whole number, or the float nearest to a decimal."""
    if isinstance(value, Decimal):
        return float(value)
    if -_LARGEST <= value < _LARGEST:
        return value
    raise TooLarge(f"{value} has more digits than SQLite holds")


def _computed(
    whole: Callable[[int, int], int], decimal: Callable[[Any, Any], Decimal]
) -> Callable[[Any, Any], Number | None]:
    def compute(one: Held, other: Held) -> Number | None:
        if one is None or other is None:
            return None
        if isinstance(one, int) and isinstance(other, int):
            return _held(whole(one, other))
        return float(decimal(_exactly(one), _exactly(other)))

    return compute


def _number(value: Held) -> Number | None:
    if value is None or isinstance(value, int | float):
        return value
    try:
        text = value.strip() if isinstance(value, str) else ""
        return _held(int(text)) if text.lstrip("+-").isdecimal() else float(Decimal(text))
    except ArithmeticError as failure:
        raise Misfit(f"`{_shown(value)}` is no number") from failure


def _real(value: Held) -> float | None:
    number = _number(value)
    return None if number is None else float(number)


def _decimal(value: Held, places: int) -> Number | None:
    """Return a number with at most so many decimals."""
    if value is None or isinstance(value, int):
        return value
    exact = _exactly(value)
    assert isinstance(exact, Decimal)
    exponent = exact.as_tuple().exponent
    fits = not isinstance(exponent, int) or -exponent <= places
    return float(value) if fits else _rounded(exact, places)


def _round(value: Held, places: int) -> Number | None:
    if value is None or (isinstance(value, int) and places >= 0):
        return value
    return _rounded(Decimal(_exactly(value)), int(places))


def _rounded(value: Decimal, places: int) -> float:
    return float(value.quantize(Decimal(1).scaleb(-places), context=_EXACT))


def _whole(rounding: Callable[[Any], int]) -> Callable[[Any], Number | None]:
    return lambda value: None if value is None else _held(rounding(_exactly(value)))


def _boolean(value: Held) -> int | None:
    if value is None:
        return None
    if isinstance(value, int | float):
        return int(value != 0)
    word = value.strip().lower() if isinstance(value, str) else ""
    if word not in _TRUE | _FALSE:
        raise Misfit(f"`{_shown(value)}` is neither true nor false")
    return int(word in _TRUE)


# --- moments -------------------------------------------------------------------------------


@lru_cache(_REMEMBERED)
def _parsed(value: Held) -> datetime | date:
    """Read `2026-03-31`, `2026-03-31 12:30[:00[.123456]]`, with a T or a blank, and with or without
    a zone, `Z` or `+02:00`."""
    if isinstance(value, str) and _DAY.match(value):
        try:
            return date.fromisoformat(value) if len(value) == 10 else datetime.fromisoformat(value)
        except ValueError as failure:
            raise Misfit(f"`{_shown(value)}` is no date or time") from failure
    raise Misfit(f"`{_shown(value)}` is no date or time such as `2026-03-31 12:30:00`")


@lru_cache(_REMEMBERED)
def _moment(value: Held, zone: str) -> str | None:
    """Return a day's midnight, or a moment; one with a zone of its own as it is in `zone`."""
    if value is None:
        return None
    found = _parsed(value)
    if not isinstance(found, datetime):
        return f"{found.isoformat()} 00:00:00"
    return _written(found if found.tzinfo is None else _moved(found, zone))


@lru_cache(_REMEMBERED)
def _local(value: Held, stored: str | None, zone: str) -> str | None:
    """Return the local time of a clock's value (S20): `stored` is the zone of those without."""
    if value is None:
        return None
    found = _parsed(value)
    is_day = not isinstance(found, datetime)
    names_zone = isinstance(found, datetime) and found.tzinfo is not None
    if stored is None:
        if not is_day and not names_zone:
            raise Misfit(f"`{_shown(value)}` is a time without a zone")
        return _moment(value, zone)
    if not isinstance(found, datetime) or names_zone:
        what = "is a day" if is_day else "names its own zone"
        raise Misfit(f"`{_shown(value)}` {what}, and can't be stored as {stored}")
    if stored == zone:
        return _written(found)
    return _written(_moved(found.replace(tzinfo=ZoneInfo(stored)), zone))


def _moved(moment: datetime, zone: str) -> datetime:
    try:
        return moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    except OverflowError:  # 9999-12-31, as exports write "never": the calendar ends
        return moment.replace(tzinfo=None)


def _written(moment: datetime) -> str:
    return moment.isoformat(" ")


def _later(moment: Held, seconds: int) -> str | None:
    if moment is None:
        return None
    found = _parsed(moment)
    if not isinstance(found, datetime):
        found = datetime.combine(found, datetime.min.time())
    try:
        return _written(found + timedelta(seconds=seconds))
    except OverflowError:
        return _LAST


# --- types, texts, structs -----------------------------------------------------------------


def _type(value: Held) -> str | None:
    """Return DuckDB's name for the type of a value."""
    match value:
        case None:
            return None
        case int():
            return "BIGINT"
        case float():
            return "DOUBLE"
        case bytes():
            return "BLOB"
    try:
        found = _parsed(value)
    except Misfit:
        return "VARCHAR"
    if not isinstance(found, datetime):
        return "DATE"
    return "TIMESTAMP" if found.tzinfo is None else "TIMESTAMP WITH TIME ZONE"


def _field(value: Held, name: str) -> Held:
    if value is None:
        return None
    found = _struct(value).get(name)
    if found is None or isinstance(found, int | float | str):
        return found
    return json.dumps(found)


@lru_cache(_REMEMBERED)
def _struct(value: Held) -> dict[str, object]:
    try:
        found = json.loads(str(value))
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise Misfit(f"`{_shown(value)}` is no struct in JSON")
    return found


def _shown(value: Held) -> str:
    text = str(value)
    return text if len(text) <= 40 else f"{text[:39]}…"


# --- aggregates ----------------------------------------------------------------------------


class Aggregate(Protocol):
    """What SQLite asks of an aggregate; `finalize` gives None of no values."""

    def step(self, *values: Held) -> None: ...

    def finalize(self) -> Number | None: ...


class _Sum:
    def __init__(self) -> None:
        self.count = 0
        self.whole = 0
        self.decimals: Decimal | None = None

    def step(self, value: Held) -> None:
        if value is None:
            return
        self.count += 1
        if isinstance(value, int):
            self.whole += value
        else:
            exact = _exactly(value)
            self.decimals = _EXACT.add(self.decimals or Decimal(0), exact)

    def total(self) -> int | Decimal:
        return self.whole if self.decimals is None else _EXACT.add(self.decimals, self.whole)

    def finalize(self) -> Number | None:
        return _held(self.total()) if self.count else None


class _SumExact(_Sum):
    def finalize(self) -> Number | None:
        held, total = super().finalize(), self.total()
        if isinstance(held, float) and digits_of(held) != total:
            raise TooLarge(f"{total} has more digits than SQLite holds")
        return held


class _Mean(_Sum):
    def finalize(self) -> Number | None:
        return float(Fraction(self.total()) / self.count) if self.count else None


class _Deviation:
    def __init__(self) -> None:
        self.values: list[float] = []

    def step(self, value: Held) -> None:
        number = _real(value)
        if number is not None:
            self.values.append(number)

    def finalize(self) -> Number | None:
        """Return the standard deviation of a sample."""
        if len(self.values) < 2:
            return None
        mean = math.fsum(self.values) / len(self.values)
        squares = math.fsum((value - mean) ** 2 for value in self.values)
        return math.sqrt(squares / (len(self.values) - 1))


class _Quantile:
    def __init__(self) -> None:
        self.values: list[float] = []
        self.fraction = Fraction(0)

    def step(self, value: Held, fraction: str) -> None:
        number = _real(value)
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


_AGGREGATES: dict[str, tuple[int, type[Any]]] = {
    "kpi_avg": (1, _Mean),
    "kpi_quantile": (2, _Quantile),
    "kpi_stddev": (1, _Deviation),
    "kpi_sum": (1, _Sum),
    "kpi_sum_exact": (1, _SumExact),
}
_SCALARS: dict[str, tuple[int, Callable[..., Any]]] = {
    "kpi_add": (2, _computed(int.__add__, _EXACT.add)),
    "kpi_boolean": (1, _boolean),
    "kpi_ceil": (1, _whole(math.ceil)),
    "kpi_decimal": (2, _decimal),
    "kpi_field": (2, _field),
    "kpi_floor": (1, _whole(math.floor)),
    "kpi_later": (2, _later),
    "kpi_local": (3, _local),
    "kpi_lower": (1, lambda text: None if text is None else str(text).lower()),
    "kpi_multiply": (2, _computed(int.__mul__, _EXACT.multiply)),
    "kpi_number": (1, _number),
    "kpi_real": (1, _real),
    "kpi_round": (2, _round),
    "kpi_subtract": (2, _computed(int.__sub__, _EXACT.subtract)),
    "kpi_type": (1, _type),
    "kpi_upper": (1, lambda text: None if text is None else str(text).upper()),
}
