"""From the values of a driver to those of an answer."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from kpidsl.engines.base import EngineError, Table, ValueType
from kpidsl.engines.limited import limited
from kpidsl.engines.members import as_text


def answered(table: Table, most: int, types: Sequence[ValueType] | None, zone: str) -> Table:
    """Return an answer of a server as one of an engine, if it has no more than `most` rows; raises
    `EngineError`."""
    return Table(table.columns, converted(limited(table.rows, most), types, zone))


def converted(
    rows: Iterable[Sequence[object]], types: Sequence[ValueType] | None, zone: str
) -> list[tuple[object, ...]]:
    """Return rows of numbers, texts, days and naive local moments; raises `EngineError`."""
    local = ZoneInfo(zone)
    if types is None:
        return [tuple(_of_type(value, ValueType.ANY, local) for value in row) for row in rows]
    return [
        tuple(_of_type(value, kind, local) for value, kind in zip(row, types, strict=True))
        for row in rows
    ]


def _of_type(value: object, kind: ValueType, zone: ZoneInfo) -> object:
    match value:
        case bool() | None | str():
            return value
        case Decimal():
            return _number(value, kind)
        case int() if kind is ValueType.BOOLEAN:
            return bool(value)
        case int():
            return Decimal(value) if kind is ValueType.MONEY else _as_float(value, kind)
        case datetime() if value.tzinfo is not None:
            return _local(value, zone)
        case float() | date():  # a moment is a day, as Python's classes go
            return value
    return as_text(value)


def _local(value: datetime, zone: ZoneInfo) -> datetime:
    try:
        return value.astimezone(zone).replace(tzinfo=None)
    except OverflowError:
        told = f"`{value}` is outside of the years 1 to 9999 in {zone.key}"
        raise EngineError("value", told) from None


def _number(value: Decimal, kind: ValueType) -> object:
    """Sums of whole numbers come as decimals without a place; decimals know infinity, which
    is told by floats."""
    if not value.is_finite():
        return float(value)
    if kind is ValueType.MONEY:
        return value
    return _as_float(int(value) if value.as_tuple().exponent == 0 else value, kind)


def _as_float(value: int | Decimal, kind: ValueType) -> object:
    """A whole number that no float holds is infinite, as a decimal is."""
    return float(Decimal(value)) if kind is ValueType.FLOAT else value
