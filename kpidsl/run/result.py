"""Answers: typed columns, rows, and the marks that a reader must see."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any

from kpidsl.model.units import NUMBER, Unit
from kpidsl.plan.query import Absent

Value = Decimal | float | int | str | bool | date | Absent | None


class Role(StrEnum):
    PERIOD = "period"
    DIMENSION = "dimension"
    METRIC = "metric"


@dataclass(frozen=True, slots=True)
class Column:
    """One column of an answer. `overlapping`: its rows may add up to more than the total, since
    a row can belong to several members (S4)."""

    name: str
    role: Role
    unit: Unit = NUMBER
    percent: bool = False
    overlapping: bool = False


@dataclass(frozen=True, slots=True)
class Result:
    """Rows follow `columns`: the period, the dimensions (a member or an `Absent`), the metrics
    (None where there is no value)."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[Value, ...], ...]
    sql: str

    def index(self, name: str) -> int:
        return next(i for i, column in enumerate(self.columns) if column.name == name)

    def values(self, name: str) -> list[Any]:
        """Return one column, top to bottom; each cell is a `Value`."""
        position = self.index(name)
        return [row[position] for row in self.rows]

    def records(self) -> list[dict[str, Any]]:
        """Return each row as a mapping from column name to its `Value`."""
        names = [column.name for column in self.columns]
        return [dict(zip(names, row, strict=True)) for row in self.rows]


@dataclass(frozen=True, slots=True)
class FunnelResult:
    """Entities that reached each step; `immature` ones are in none of the counts (S22)."""

    steps: tuple[tuple[str, int], ...]
    immature: int
    sql: str
