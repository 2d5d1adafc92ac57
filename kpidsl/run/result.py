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


class Sign(StrEnum):
    """What makes a comparison uneven (S19)."""

    NO_PARTNER = "no_partner"
    """There is no earlier period: no week 53, no thirteenth month; of a total, for some period on
    either side."""
    SHORTER_MONTH = "shorter_month"
    """A day that the earlier month lacks is compared with its last one: 29 with 28 February."""
    LONGER_MONTH = "longer_month"
    """A month's last day is compared with all days that are left of a longer one: 28 February with
    28 and 29 February."""
    ONE_SIDED = "one_sided"
    """One of the two has a day of an event that the other has not."""


@dataclass(frozen=True, slots=True)
class Mark:
    """Why a comparison is uneven; `event` names the one that is on one side only."""

    sign: Sign
    event: str = ""

    def __str__(self) -> str:
        return f"{self.sign}: {self.event}" if self.event else self.sign.value


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
class Identified:
    """How many different ids of an entity a source has, and how many of them are `unresolved`: its
    table knows nothing of them, and so they count as somebody of their own (S29)."""

    entity: str
    source: str
    ids: int
    unresolved: int


@dataclass(frozen=True, slots=True)
class Result:
    """Rows follow `columns`: the period, the dimensions (a member or an `Absent`), the metrics
    (None where there is no value).

    `partial` tells for each row whether it stands for a part of its period only, since the
    question or what the sources know cuts it (S21); `known` is what they know, and empty for a
    question about no time. `marks` tells for each row why its comparisons are uneven (S19), and is
    empty where there are none. `identified` tells of entities in the answer, how many of their ids
    are resolved (S29). `diagnostics` are what was noticed on the way, none of them an error.
    """

    columns: tuple[Column, ...]
    rows: tuple[tuple[Value, ...], ...]
    sql: str
    partial: tuple[bool, ...]
    known: tuple[Known, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()
    identified: tuple[Identified, ...] = ()
    marks: tuple[tuple[Mark, ...], ...] = ()

    @property
    def is_timed(self) -> bool:
        """Whether the question was about time, so that rows can be partial."""
        return bool(self.known) or any(column.role is Role.PERIOD for column in self.columns)

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
    `diagnostics` and `identified` are as in `Result`."""

    steps: tuple[tuple[str, int], ...]
    immature: int
    sql: str
    diagnostics: tuple[Diagnostic, ...] = ()
    identified: tuple[Identified, ...] = ()
