"""What the rest of kpidsl needs of an engine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from kpidsl.model.sources import Source
from kpidsl.text.diagnostic import Diagnostic

UNLIMITED = 16383
"""The places of decimals that keep as many as each value has: what PostgreSQL has at most."""


UNSHOWN = 1_000_000
"""How many rows a statement may have that no answer shows, whatever the limit of those is."""


class ValueType(StrEnum):
    """What a column of an answer holds. `exact` numbers are whole or decimal, `money` is refused
    where the engine has not kept all of its digits; `held` is a value of the data, exact where it
    is a number; `any` is whatever the engine gives."""

    ANY = "any"
    BOOLEAN = "boolean"
    EXACT = "exact"
    FLOAT = "float"
    HELD = "held"
    MONEY = "money"
    MOMENT = "moment"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of an answer, column by name."""

    columns: tuple[str, ...]
    rows: list[tuple[object, ...]]


@dataclass(frozen=True, slots=True)
class TableFacts:
    """What the catalogue says of a table: about how many rows it has, and of the columns that keep
    decimals exactly how many places they have."""

    rows: int | None = None
    decimals: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Scan:
    """About how much of tables a statement reads, as far as its engine tells; as a limit, how much
    it may read."""

    rows: int | None = None
    bytes: int | None = None


@dataclass(frozen=True, slots=True)
class ForeignKey:
    """Columns that hold the key of a row of another table, which is named by its parts."""

    columns: tuple[str, ...]
    table: tuple[str, ...]
    target_columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TableKeys:
    """What the catalogue says of a table's keys; no engine has to keep any."""

    primary: tuple[str, ...] = ()
    foreign: tuple[ForeignKey, ...] = ()


class EngineError(Exception):
    """A statement failed. `kind` is one of `missing table`, `missing column`, `value`,
    `overflow`, `division` by zero, `timeout`, `cancelled`, `permission`, `writing` where only
    reading is allowed, `too many rows to read`, `too many bytes to read`, `too many rows` of an
    answer, `too fine` of money, `memory`, `disk` of temporary files, `quota`, `lost` of the
    connection, and `other`; the text is the engine's own.
    """

    def __init__(self, kind: str, text: str) -> None:
        super().__init__(text)
        self.kind = kind


class Engine(Protocol):
    """A connection that only reads, and keeps what it has read for a while. `dialect` is a name in
    `kpidsl.sql.dialects.DIALECTS`; an engine that `keeps` nothing is asked question by question."""

    dialect: str
    keeps: bool

    def prepare(self, sources: Sequence[Source]) -> list[Diagnostic]:
        """Make the files of sources readable by name; done once per source."""

    def run(
        self, sql: str, types: Sequence[ValueType] | None = None, most: int | None = None
    ) -> Table:
        """Run one SELECT; raises `EngineError`. `types` are those of its columns, for an engine
        whose values don't tell; without them values are as the engine gives them. There may be no
        more rows than an answer may have, or no more than `most`, which is `UNSHOWN` where no
        answer shows them."""

    def keep(self, sql: str) -> None:
        """Run a statement that keeps the rows of a SELECT in a temporary table, which this
        connection alone sees and no file holds, or that drops one; raises `EngineError`, and
        always where the engine `keeps` nothing."""

    def tables(self) -> list[str]:
        """Return the names of the tables that can be read, for suggestions."""

    def columns(self, path: Sequence[str]) -> dict[str, str]:
        """Return the columns of a table, named by its parts, with the engine's types; none when
        it can't be read."""

    def decimals(self, sql: str) -> dict[str, int]:
        """Return how many places at most the columns of a SELECT have that keep decimals exactly;
        it isn't run. Raises `EngineError`."""

    def facts(self, path: Sequence[str]) -> TableFacts:
        """Return what is known of a table without reading it."""

    def state(self, source: Source) -> str | None:
        """Return a text that differs once the rows of a source may have changed, of those that this
        connection reads; None where nobody vouches for that."""

    def keys(self, path: Sequence[str]) -> TableKeys:
        """Return the keys of a table, as far as they are declared."""

    def estimate(self, sql: str) -> Scan:
        """Return about how much of tables a SELECT would read, by the engine's own plan of it.
        Raises `EngineError`."""

    def cancel(self) -> None:
        """Stop the running statement, from another thread."""

    def close(self) -> None:
        """Release the connection; more than once is fine."""
