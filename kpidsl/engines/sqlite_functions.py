"""What SQLite lacks, as Python functions that a connection is given: decimals, moments with time
zones, medians. Their names stand in `kpidsl.sql.dialects.sqlite`, with what values look like there.

A value that isn't what it is taken for is a `Misfit`, never a 0 or a NULL: SQLite's own functions
would let it pass.
"""

from __future__ import annotations

import json
import math
import sqlite3
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from kpidsl.engines import sqlite_moments as moments
from kpidsl.engines import sqlite_numbers as numbers
from kpidsl.engines.sqlite_values import Held, Misfit, NoNumber, shown
from kpidsl.sql.dialects import Kind

Function = Callable[..., Held]
_REMEMBERED = 1 << 16
_TIMES = {Kind.DAY, Kind.MOMENT, Kind.ZONED}


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
                return _no_nan(function(*arguments))
            except Exception as failure:
                failed(failure)
                raise

        return call

    def in_project(value: Held) -> str | None:
        return moments.moment_in(value, timezone)

    def day_in_project(value: Held) -> str | None:
        moment = in_project(value)
        return None if moment is None else moment[:10]

    def comparable(value: Held) -> Held:
        """A day and a moment compare as moments."""
        return in_project(value) if moments.kind_of(value) in _TIMES else value

    of_project: dict[str, tuple[int, Function]] = {
        "kpi_comparable": (1, comparable),
        "kpi_day": (1, day_in_project),
        "kpi_moment": (1, in_project),
    }
    scalars = {**_SCALARS, **of_project}
    for name, (count, function) in scalars.items():
        connection.create_function(name, count, told(function), deterministic=True)
    for name, (count, kind) in _AGGREGATES.items():
        steps = {"step": told(kind.step), "finalize": told(kind.finalize)}
        connection.create_aggregate(name, count, type(name, (kind,), steps))


def _no_nan(found: Held) -> Held:
    """Refuse what comes of infinite numbers and is none, such as their difference: SQLite would
    take it for NULL, and leave it out."""
    if isinstance(found, float) and math.isnan(found):
        raise NoNumber
    return found


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
        raise Misfit(f"`{shown(value)}` is no struct in JSON")
    return found


class First:
    """Picks the value of the first row in an order; NULLs are no values, and have no place where
    they come first."""

    def __init__(self) -> None:
        self.found: Held = None
        self.place: list[_Place] | None = None

    def step(self, value: Held, first: Held, *ties: Held) -> None:
        if value is None or first is None:
            return
        place = [_place(part) for part in (first, *ties)]
        if self.place is None or self._comes_before(place, self.place):
            self.found, self.place = value, place

    def _comes_before(self, place: list[_Place], other: list[_Place]) -> bool:
        return place < other

    def finalize(self) -> Held:
        return self.found


class Last(First):
    """Picks the value of the last row."""

    def _comes_before(self, place: list[_Place], other: list[_Place]) -> bool:
        return place > other


_Place = tuple[int, Any]


def _place(part: Held) -> _Place:
    """Return where a value stands among others of any type: numbers before texts, NULLs last."""
    match part:
        case None:
            return 3, 0
        case int() | float():
            return 0, part
        case str():
            return 1, part
    return 2, part


_AGGREGATES: dict[str, tuple[int, type[Any]]] = {
    "kpi_avg": (1, numbers.Mean),
    "kpi_first": (-1, First),
    "kpi_last": (-1, Last),
    "kpi_quantile": (2, numbers.Quantile),
    "kpi_stddev": (1, numbers.Deviation),
    "kpi_sum": (1, numbers.Sum),
    "kpi_sum_decimals": (2, numbers.SumOfDecimals),
    "kpi_sum_exactly": (1, numbers.ExactSum),
}
_SCALARS: dict[str, tuple[int, Callable[..., Any]]] = {
    "kpi_add": (2, numbers.computing(int.__add__, numbers.EXACT.add)),
    "kpi_boolean": (1, numbers.as_boolean),
    "kpi_ceil": (1, numbers.rounding_by(math.ceil)),
    "kpi_certain_digits": (1, numbers.certain_digits),
    "kpi_decimal": (2, numbers.as_decimal),
    "kpi_digits": (-1, numbers.digits_of_product),
    "kpi_field": (2, _field),
    "kpi_floor": (1, numbers.rounding_by(math.floor)),
    "kpi_instant": (3, moments.instant),
    "kpi_later": (2, moments.moved_by),
    "kpi_local": (3, moments.local_time),
    "kpi_lower": (1, lambda text: None if text is None else str(text).lower()),
    "kpi_multiply": (2, numbers.computing(int.__mul__, numbers.EXACT.multiply)),
    "kpi_number": (1, numbers.as_number),
    "kpi_part_start": (3, moments.part_start),
    "kpi_product": (-1, numbers.product),
    "kpi_real": (1, numbers.as_real),
    "kpi_round": (2, numbers.rounded_to),
    "kpi_subtract": (2, numbers.computing(int.__sub__, numbers.EXACT.subtract)),
    "kpi_type": (1, moments.kind_of),
    "kpi_upper": (1, lambda text: None if text is None else str(text).upper()),
}
