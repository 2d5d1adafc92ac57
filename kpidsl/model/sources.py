"""The checked model: sources, and what is measured in them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Literal

from pydantic import Field

from kpidsl.model.definition import Definition, Part
from kpidsl.model.expr import Cell, Resolved, RowExpr
from kpidsl.model.files import FileSet
from kpidsl.model.units import Datatype, Unit


class TableOrigin(Part):
    """A table or view of the warehouse: one to three name parts."""

    kind: Literal["table"] = "table"
    path: tuple[str, ...]


class FilesOrigin(Part):
    """Files read by the embedded engine. `drop_where` is tested on the raw texts."""

    kind: Literal["files"] = "files"
    files: FileSet
    drop_where: RowExpr | None = None


class SqlOrigin(Part):
    """A whole SELECT in the project's dialect: the marked escape. `reads` are the names of the
    tables in it."""

    kind: Literal["sql"] = "sql"
    text: str
    reads: tuple[str, ...]


class UnionOrigin(Part):
    """Rows of several sources, one after the other (UNION ALL by column name)."""

    kind: Literal["union"] = "union"
    sources: tuple[str, ...]


class RowsOrigin(Part):
    """Rows that stand in the statement itself, so that nothing is read: `columns` are names with
    DuckDB's types."""

    kind: Literal["rows"] = "rows"
    columns: tuple[tuple[str, str], ...]
    rows: tuple[tuple[Cell, ...], ...]


Origin = TableOrigin | FilesOrigin | SqlOrigin | UnionOrigin | RowsOrigin


class Unnest(Part):
    """One row per element of a list column; the element is reached as `alias.field`."""

    column: tuple[str, ...]
    alias: str


class Unpivot(Part):
    """One row per (row, member): `name` becomes a column with the member's name, each of
    `into` takes that member's column."""

    name: str
    into: tuple[str, ...]
    members: tuple[tuple[str, tuple[str, ...]], ...]


class TimeSpec(Part):
    """The source's own clock (S15). `stored_as` is the zone of naive timestamps (S20)."""

    expr: RowExpr
    stored_as: str | None = None


class PerEntity(Part):
    """`min(paid_at) per customer_id`: one value per entity, over all rows of the source."""

    aggregate: Literal["min", "max", "sum", "count", "count_distinct", "avg", "first", "last"]
    operand: RowExpr | None
    entity: tuple[RowExpr, ...]


class Dimension(Definition):
    """A dimension of one source: an expression, or an attribute of an entity.

    `shared` is the shared dimension (S9) this one is part of.
    """

    source: str
    expr: RowExpr | None = None
    attribute: PerEntity | None = None
    datatype: Datatype = Datatype.UNKNOWN
    shared: str | None = None


class Aggregate(StrEnum):
    SUM = "sum"
    COUNT = "count"
    COUNT_DISTINCT = "count_distinct"
    AVG = "avg"
    MIN = "min"
    MAX = "max"
    MEDIAN = "median"
    PERCENTILE = "percentile"
    STDDEV = "stddev"
    FIRST = "first"
    LAST = "last"
    APPROX_COUNT_DISTINCT = "approx_count_distinct"


class Stock(Part):
    """How a level is carried over time (S11): of each `entity` the last row before a period's end
    counts, unless it is older than `stale_days` or `closed`. Over several days it is that of the
    last of them, or the average of all, as `rolling` says; None: nothing."""

    entity: tuple[RowExpr, ...]
    stale_days: int | None = None
    closed: RowExpr | None = None
    rolling: Literal["last", "average"] | None = None


class Rates(Part):
    """The exchange rates that a source's rows tell: for one unit of the currency `base` so many of
    `quote`, from the row's day on until the next of the pair, for `stale_days` at most (S26)."""

    base: RowExpr
    quote: RowExpr
    rate: RowExpr
    stale_days: int


COUNTS = frozenset({Aggregate.COUNT, Aggregate.COUNT_DISTINCT, Aggregate.APPROX_COUNT_DISTINCT})
EXTREMES = frozenset({Aggregate.MIN, Aggregate.MAX})
BY_ORDER = frozenset({Aggregate.FIRST, Aggregate.LAST})
"""What is picked by the source's clock, ties by its key."""
_ZERO_WHEN_EMPTY = {Aggregate.SUM, *COUNTS}


class Measure(Definition):
    """An aggregate over one source.

    `operand` is None for `count()`; `fraction` is the share of values below a percentile, between
    two values in proportion; a standard deviation is that of a sample. `where` is the measure's
    own filter. `once_per` counts each key once per group. `stock` is set for a level. `currency`
    tells the currency of each row, where it is not the same in all (S26). `net_of` names the
    amounts already deducted (T1).
    """

    source: str
    aggregate: Aggregate
    operand: RowExpr | None = None
    fraction: Decimal | None = None
    where: RowExpr | None = None
    once_per: tuple[RowExpr, ...] = ()
    stock: Stock | None = None
    currency: RowExpr | None = None
    unit: Unit = Unit()
    percent: bool = False
    net_of: frozenset[str] = frozenset()

    @property
    def zero_when_empty(self) -> bool:
        """S13: sums and counts of no rows are 0, the others NULL."""
        return self.aggregate in _ZERO_WHEN_EMPTY


class Validity(Part):
    """From when until when a row holds: half-open, NULL is open (S8). `stored_as` is the zone of
    naive timestamps (S20)."""

    start: RowExpr
    end: RowExpr
    stored_as: str | None = None


class Join(Definition):
    """Many-to-one: `columns[i]` here equals `target_columns[i]`, a key of `target` (S3); with
    `validity` a key of those of its rows that hold at this source's own time. `weight`: a row here
    meets many rows there, and each gets this share of it; the shares add up to one (S7)."""

    source: str
    target: str
    columns: tuple[RowExpr, ...]
    target_columns: tuple[RowExpr, ...]
    validity: Validity | None = None
    weight: RowExpr | None = None


class Source(Definition):
    """`key` is None when undeclared, `()` for `key: none` (rows may repeat: no fan-out). The first
    day that is not complete is the `watermark`, or the local day of its latest time (S21)."""

    origin: Origin
    unnest: Unnest | None = None
    unpivot: Unpivot | None = None
    key: tuple[RowExpr, ...] | None = None
    time: TimeSpec | None = None
    watermark: date | TimeSpec | None = None
    exclude: RowExpr | None = None
    joins: dict[str, Join] = Field(default_factory=dict)
    dimensions: dict[str, Dimension] = Field(default_factory=dict)
    measures: dict[str, Measure] = Field(default_factory=dict)
    rates: Rates | None = None


class SharedDimension(Definition):
    """One dimension over several sources (S9): `members` maps source to its dimension."""

    members: dict[str, str]
    values: tuple[str, ...] = ()


class Resolution(Part):
    """The source whose `ids` stand for others, and the column that says for which (S29)."""

    source: str
    ids: RowExpr
    stands_for: RowExpr

    def of(self, entity: str, operand: RowExpr) -> Resolved:
        """Return the id of an entity that the operand stands for."""
        return Resolved(entity, operand, self.source, self.ids, self.stands_for)


class Entity(Definition):
    """Which expression is the entity in each source. It is a dimension of each of them, and one
    that they share; with `resolve` the ids of some are those that the table resolves them to."""

    members: dict[str, RowExpr]
    resolve: Resolution | None = None

    @property
    def resolved(self) -> dict[str, Resolved]:
        """The members whose ids the table resolves, by source."""
        return {name: item for name, item in self.members.items() if isinstance(item, Resolved)}
