"""From the rows of a statement to those of an answer."""

from __future__ import annotations

from datetime import datetime
from math import isinf

from kpidsl.engines.base import Table
from kpidsl.model.moments import DayPart, local_period
from kpidsl.plan.nodes import KeyColumn
from kpidsl.plan.query import Absent
from kpidsl.run.result import Column, Role, Value


def rows_of(
    table: Table, keys: tuple[KeyColumn, ...], columns: tuple[Column, ...]
) -> tuple[tuple[Value, ...], ...]:
    """Fold the columns that tell why a member is absent, each after its key, into the members
    (S2). A period is absent in a total over all of them only."""
    with_state = iter(key.state is not None for key in keys)
    folds: list[tuple[int, Role, bool]] = []
    position = 0
    for column in columns:
        has_state = column.role is Role.DIMENSION and next(with_state)
        folds.append((position, column.role, has_state))
        position += 2 if has_state else 1

    def cell(row: tuple[object, ...], position: int, role: Role, has_state: bool) -> Value:
        value = row[position]
        if role is Role.METRIC or value is not None:
            return value  # type: ignore[return-value]
        if role is Role.PERIOD:
            return Absent.ALL
        state = row[position + 1] if has_state else None
        return Absent.NONE if state is None else Absent(f"({state})")

    return tuple(tuple(cell(row, *fold) for fold in folds) for row in table.rows)


def has_infinity(rows: tuple[tuple[Value, ...], ...], columns: tuple[Column, ...]) -> bool:
    """Tell whether a metric has outgrown the floats, of which an engine says nothing (S12)."""
    places = [place for place, column in enumerate(columns) if column.role is Role.METRIC]
    values = (row[place] for row in rows for place in places)
    return any(isinstance(value, float) and isinf(value) for value in values)


def outside_calendar(
    rows: tuple[tuple[Value, ...], ...], columns: tuple[Column, ...]
) -> str | None:
    """Return a period before year 1 or after 9999: Python has no day for it, and an engine gives
    it as a text."""
    places = [place for place, column in enumerate(columns) if column.role is Role.PERIOD]
    values = (row[place] for row in rows for place in places)
    return next((value for value in values if isinstance(value, str)), None)


def with_local_periods(
    rows: tuple[tuple[Value, ...], ...], place: int, part: DayPart, zone: str
) -> tuple[tuple[Value, ...], ...]:
    """Turn the instants at which periods begin, each at a place in its row, into local times with
    their offset (S20)."""

    def local(value: Value) -> Value:
        return local_period(value, part, zone) if isinstance(value, datetime) else value

    return tuple((*row[:place], local(row[place]), *row[place + 1 :]) for row in rows)
