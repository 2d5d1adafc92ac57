"""Checked expressions: every name resolved, every operator known.

Two families: **row expressions** give a value per row of one source and appear in dimensions,
measures and filters; **metric expressions** combine aggregates. A metric stands among the values of
rows only as what it is of each entity (`EntityValue`), and in filters alone; a condition on the
rows of an answer is about metrics (`AnswerValue`) and nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from kpidsl.model.periods import Grain

# --- row expressions -----------------------------------------------------------------------


Cell = Decimal | str | bool | date | datetime | None
"""A value as it stands in a row."""


@dataclass(frozen=True, slots=True)
class Literal:
    value: Cell


@dataclass(frozen=True, slots=True)
class Column:
    """A physical column: `path` has more than one part inside a struct; `joins` are the names
    of the forward joins walked from the source in which the expression stands."""

    path: tuple[str, ...]
    joins: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DimensionRef:
    """A dimension named inside a source: of the same source, or over its forward `joins`."""

    name: str
    joins: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class QueryDimension:
    """A dimension named in a metric's filter or in a query; each leaf measure reaches it on
    its own path (S9).

    `source` None: the shared dimension `name`. Otherwise dimension `name` of `source`;
    `joins`, when given, is the path the author chose (`lines.customer.region`: source of the
    path's start in `start`).
    """

    name: str
    source: str | None = None
    start: str | None = None
    joins: tuple[str, ...] = ()

    def __str__(self) -> str:
        if self.start is not None:
            return ".".join((self.start, *self.joins, self.name))
        return f"{self.source}.{self.name}" if self.source else self.name


@dataclass(frozen=True, slots=True)
class TimeColumn:
    """The time of a source, in local time of the project: its own, or that of the one at the end of
    forward `joins`."""

    joins: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """`op` is one of + - * /."""

    op: str
    left: RowExpr
    right: RowExpr


@dataclass(frozen=True, slots=True)
class Negate:
    operand: RowExpr


@dataclass(frozen=True, slots=True)
class Compare:
    """`op` is one of = != < <= > >=; two-valued: a NULL on either side is false, and for `!=`
    true (S2)."""

    op: str
    left: RowExpr
    right: RowExpr


@dataclass(frozen=True, slots=True)
class And:
    items: tuple[RowExpr, ...]


@dataclass(frozen=True, slots=True)
class Or:
    items: tuple[RowExpr, ...]


@dataclass(frozen=True, slots=True)
class Not:
    operand: RowExpr


@dataclass(frozen=True, slots=True)
class In:
    operand: RowExpr
    items: tuple[Literal, ...]


@dataclass(frozen=True, slots=True)
class Like:
    """`%` and `_` as in SQL, case-sensitive."""

    operand: RowExpr
    pattern: str


@dataclass(frozen=True, slots=True)
class IsState:
    """`state` is `null` (no value, whatever the reason), `none` (matched row, NULL value) or
    `unmapped` (the join found no partner) (S2)."""

    operand: RowExpr
    state: str


@dataclass(frozen=True, slots=True)
class CaseWhen:
    branches: tuple[tuple[RowExpr, RowExpr], ...]
    default: RowExpr | None


@dataclass(frozen=True, slots=True)
class Function:
    """A scalar function of `kpidsl.model.functions.SCALARS`."""

    name: str
    arguments: tuple[RowExpr, ...]


@dataclass(frozen=True, slots=True)
class RawSql:
    """`sql"…"`: an expression in the project's dialect, columns of the source itself only."""

    text: str


@dataclass(frozen=True, slots=True)
class Resolved:
    """The id that another one stands for: what the source `table` has in `stands_for` where its
    `ids` equal the `operand`; the operand itself where it has nothing (S29)."""

    entity: str
    operand: RowExpr
    table: str
    ids: RowExpr
    stands_for: RowExpr


@dataclass(frozen=True, slots=True)
class EntityValue:
    """`revenue per customer_id` in a filter: what the metric is over all rows of the entity that a
    row belongs to, in the report window (S14); no value where it belongs to none."""

    metric: MetricExpr
    entity: tuple[QueryDimension, ...]


@dataclass(frozen=True, slots=True)
class Exchanged:
    """`operand`, an amount in `currency`, in the currency `into`, at the rate of the row's own day;
    `closing`: at that of the last day of the period that the row counts towards (S26)."""

    operand: RowExpr
    currency: RowExpr
    into: str
    closing: bool = False


@dataclass(frozen=True, slots=True)
class AnswerValue:
    """`revenue` in a condition on the rows of an answer: what the metric is in the row."""

    metric: MetricExpr


RowExpr = (
    Literal
    | Column
    | DimensionRef
    | QueryDimension
    | TimeColumn
    | Arithmetic
    | Negate
    | Compare
    | And
    | Or
    | Not
    | In
    | Like
    | IsState
    | CaseWhen
    | Function
    | RawSql
    | Resolved
    | EntityValue
    | Exchanged
    | AnswerValue
)

# --- metric expressions --------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class MeasureRef:
    source: str
    measure: str

    def __str__(self) -> str:
        return f"{self.source}.{self.measure}"


@dataclass(frozen=True, slots=True)
class MetricRef:
    """Another metric by name; members of an ROI are named `roi_name.member`."""

    name: str


@dataclass(frozen=True, slots=True)
class Constant:
    """`currency`: that of an amount of money, or of one per something."""

    value: Decimal
    currency: str | None = None


@dataclass(frozen=True, slots=True)
class FixedAmount:
    """`12_000 USD per month`: accrues by the day within each calendar month (S9).

    `per` is day, week, month, quarter or year. With `allocate_by` it is split over the
    members of queried dimensions in proportion to that metric, within each period.
    """

    amount: Decimal
    currency: str
    per: str
    allocate_by: MetricExpr | None = None


@dataclass(frozen=True, slots=True)
class MetricArithmetic:
    """`op` is one of + - * /; division by zero is NULL (S12)."""

    op: str
    left: MetricExpr
    right: MetricExpr


@dataclass(frozen=True, slots=True)
class Applied:
    """Something applied to one metric expression: what the classes below have in common."""

    operand: MetricExpr


@dataclass(frozen=True, slots=True)
class MetricNegate(Applied):
    """`-x`."""


@dataclass(frozen=True, slots=True)
class MetricCoalesce:
    items: tuple[MetricExpr, ...]


@dataclass(frozen=True, slots=True)
class Filtered(Applied):
    """`operand where predicate`: reaches every leaf measure below (S14)."""

    predicate: RowExpr


@dataclass(frozen=True, slots=True)
class Prior(Applied):
    """`prior(x, 1y)`: the value one shift earlier; boundaries of periods are shifted (S19), by
    whole years, or from one time of an `event` to another."""

    months: int
    days: int
    event: str | None = None


@dataclass(frozen=True, slots=True)
class Rolling(Applied):
    """`rolling(x, 28d)`: over so many calendar months and days up to the period's end (S18)."""

    months: int
    days: int


@dataclass(frozen=True, slots=True)
class Running(Applied):
    """`running(x)`: over all days up to the period's end (S18)."""


@dataclass(frozen=True, slots=True)
class ToDate(Applied):
    """`to_date(x, month)`: from the first day of the month (`grain`) up to the period's end."""

    grain: Grain


@dataclass(frozen=True, slots=True)
class Total(Applied):
    """`total(x, of: channel)`: over all members of the dimensions `of` by which the query splits;
    None: of every dimension. It is recomputed, never added up (S10)."""

    of: tuple[QueryDimension, ...] | None = None


@dataclass(frozen=True, slots=True)
class Convert(Applied):
    """`convert(x, USD)`: each measure below that is in the currency `of` is converted row by row,
    then aggregated (S26)."""

    into: str
    of: str


@dataclass(frozen=True, slots=True)
class Rank(Applied):
    """`rank(x)`: 1 for the largest among the members of the same period in which x counts something
    (S1); equal values share one."""


@dataclass(frozen=True, slots=True)
class OverEntities(Applied):
    """`avg(revenue per customer_id)`: what `aggregate` makes of the operand's values for the single
    entities, each over the entity's rows of one group (S10). `fraction` is a percentile's. Of
    `max(revenue per day)` the entities are periods, of which there is every one (S17)."""

    aggregate: str
    entity: tuple[QueryDimension, ...]
    fraction: Decimal | None = None
    period: Grain | None = None


MetricExpr = (
    MeasureRef
    | MetricRef
    | Constant
    | FixedAmount
    | MetricArithmetic
    | MetricNegate
    | MetricCoalesce
    | Filtered
    | Prior
    | Rolling
    | Running
    | ToDate
    | Total
    | Convert
    | Rank
    | OverEntities
)
