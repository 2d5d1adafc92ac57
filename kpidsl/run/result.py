"""Answers: typed columns, rows, and the marks that a reader must see."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any

from kpidsl.model.periods import Window
from kpidsl.model.units import NUMBER, Unit
from kpidsl.plan.query import Absent
from kpidsl.text.diagnostic import Diagnostic

Value = Decimal | float | int | str | bool | date | Absent | None


class Role(StrEnum):
    PERIOD = "period"
    DIMENSION = "dimension"
    METRIC = "metric"


@dataclass(frozen=True, slots=True)
class Column:
    """One column of an answer. `overlapping`: its rows need not add up to the total, since the
    same thing can count in several of them (S4, S10)."""

    name: str
    role: Role
    unit: Unit = NUMBER
    percent: bool = False
    overlapping: bool = False


@dataclass(frozen=True, slots=True)
class Known:
    """The days that a source knows (S21), or None. `guessed`: it declares no watermark, so the
    day of its last row is taken for the last."""

    source: str
    days: Window | None
    guessed: bool


@dataclass(frozen=True, slots=True)
class Result:
    """Rows follow `columns`: the period, the dimensions (a member or an `Absent`), the metrics
    (None where there is no value).

    `partial` tells for each row whether it stands for a part of its period only, since the
    question or what the sources know cuts it (S21); `known` is what they know, and empty for a
    question about no time. `diagnostics` are what was noticed on the way, none of them an error.
    """

    columns: tuple[Column, ...]
    rows: tuple[tuple[Value, ...], ...]
    sql: str
    partial: tuple[bool, ...]
    known: tuple[Known, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """The columns' names, in order."""
        return tuple(column.name for column in self.columns)

    @property
    def period(self) -> str | None:
        """The name of the column of the rows' own periods, the finest that there are."""
        found = [column.name for column in self.columns if column.role is Role.PERIOD]
        return found[-1] if found else None

    def values(self, name: str) -> list[Any]:
        """Return one column, top to bottom; each cell is a `Value`. Raises `KeyError`."""
        if name not in self.names:
            raise KeyError(f"no column `{name}`; there are: {', '.join(self.names)}")
        position = self.names.index(name)
        return [row[position] for row in self.rows]

    def records(self) -> list[dict[str, Any]]:
        """Return each row as a mapping from column name to its `Value`."""
        return [dict(zip(self.names, row, strict=True)) for row in self.rows]


@dataclass(frozen=True, slots=True)
class FunnelResult:
    """Entities that reached each step; `immature` ones are in none of the counts (S22).
    `diagnostics` are as in `Result`."""

    steps: tuple[tuple[str, int], ...]
    immature: int
    sql: str
    diagnostics: tuple[Diagnostic, ...] = ()
