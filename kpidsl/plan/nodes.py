"""The logical plan: few node types, no SQL, every path chosen.

```
Sort ─ Compute ─ Merge ┬ Aggregate ─ Scan …      one per (source, look, way of counting)
                       ├ Aggregate ┬ Aggregate ─ Scan …   looks that share a pass over the rows
                       ├ Aggregate ┘
                       ├ Regroup ─ Compute ─ …   an answer by entity, aggregated
                       └ Accrual                 fixed amounts
Walk                                             a funnel
```
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from kpidsl.model.expr import EntityValue, RowExpr
from kpidsl.model.moments import DayPart
from kpidsl.model.periods import Grain, Window
from kpidsl.model.project import Settings
from kpidsl.model.sources import Aggregate as Kind
from kpidsl.model.sources import Dimension, Join, Measure, Source, Stock
from kpidsl.plan.facts import Facts, NothingKnown
from kpidsl.plan.formulas import Formula, Over
from kpidsl.plan.looks import Look

PERIOD = "period"
"""The key column of questions grouped by time: a period's first day, or the instant at which a part
of a day begins (S20)."""

# --- paths and row expressions placed on them ----------------------------------------------


@dataclass(frozen=True, slots=True)
class Hop:
    """One step of a path: along a join (many to one), or against it (one to many)."""

    join: Join
    reverse: bool = False

    def __hash__(self) -> int:
        return hash((self.join.source, self.join.name, self.reverse))

    @property
    def to(self) -> str:
        return self.join.source if self.reverse else self.join.target


@dataclass(frozen=True, slots=True)
class Reached:
    """A dimension reached from the scanned source over forward hops."""

    dimension: Dimension
    hops: tuple[Hop, ...] = ()


@dataclass(frozen=True, slots=True)
class AnyRow:
    """True where some row on the many side satisfies the predicate (S4). `hops` are reverse;
    the predicate stands in the last hop's source."""

    hops: tuple[Hop, ...]
    predicate: PlacedExpr


@dataclass(frozen=True, slots=True)
class OfEntity:
    """A metric's value, from an answer by entity, for the entity that a row's `keys` tell (S14)."""

    value: EntityValue
    answer: Subtotal
    keys: tuple[Reached, ...]


PlacedExpr = RowExpr | Reached | AnyRow | OfEntity
"""A row expression with all dimensions `Reached`, in an `AnyRow` or keys of an `OfEntity`."""

# --- nodes ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Scan:
    """The rows of a source, `exclude` applied, attributes of entities at hand."""

    source: Source


@dataclass(frozen=True, slots=True)
class Leaf:
    """One aggregate column: a measure with all predicates that reach it (S14)."""

    column: str
    measure: Measure
    where: tuple[PlacedExpr, ...] = ()


@dataclass(frozen=True, slots=True)
class Key:
    """One grouping column. `may_be_absent`: the row needs a second column that tells why a
    member is missing (S2); otherwise NULL means `(none)`."""

    column: str
    value: Reached
    may_be_absent: bool


@dataclass(frozen=True, slots=True)
class FanOut:
    """Distinct (group, key) over the many side before aggregating (S4): the keys at
    `positions` are reached over the reverse `hops`."""

    hops: tuple[Hop, ...]
    positions: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Base:
    """What makes an aggregate one that others are merged from: its periods are those of `grain`,
    and its rows lie on the days from the first (None: all before) up to the end of `span` (None:
    all days)."""

    grain: Grain
    span: tuple[date | None, date] | None


@dataclass(frozen=True, slots=True)
class Aggregate:
    """Leaves of one source with the same look at time and way of counting, at the query's keys.
    `stock` counts each entity's last row alone (S11), `once_per` each of its keys once per group.
    `timed`: the period is a key. `windowed`: the report window, as looked at, limits the rows.
    `dated`: it has no rows without a time, though neither is so.
    Of several `fan_outs` none leads through another. `beyond` keeps the rows whose members of these
    keys are no leaders. `named_late`: groups are told apart by the columns that join the keys'
    tables, and named when their rows have been added up. `bridge` leads to the rows over which each
    is split in shares (S7). `merged_from`: the values are those of a node with more or finer
    groups, merged (S10).
    """

    input: Scan
    leaves: tuple[Leaf, ...]
    keys: tuple[Key, ...]
    look: Look = Look()
    where: tuple[PlacedExpr, ...] = ()
    fan_outs: tuple[FanOut, ...] = ()
    stock: Stock | None = None
    once_per: tuple[RowExpr, ...] = ()
    timed: bool = False
    windowed: bool = False
    dated: bool = False
    beyond: tuple[Key, ...] = ()
    named_late: bool = False
    bridge: tuple[Hop, ...] = ()
    base: Base | None = None
    merged_from: Aggregate | None = None
    picked: bool = False
    present: str | None = None
    kept: str | None = None

    @property
    def all_dated(self) -> bool:
        """Tell whether each of its rows has a time."""
        return self.timed or self.windowed or self.dated


@dataclass(frozen=True, slots=True)
class OverAnswer:
    """One aggregate over the values of an answer; `fraction` is a percentile's."""

    column: str
    aggregate: Kind
    fraction: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Regroup:
    """Aggregates over the entities of an answer, at the key columns `keys` and, if `timed`, by
    period (S10). The columns `entity` tell an entity, and a row without one is of none; without
    columns each period of the answer is one, and counts in the periods whose `look` holds it."""

    answer: Subtotal
    columns: tuple[OverAnswer, ...]
    keys: tuple[str, ...]
    entity: tuple[str, ...]
    timed: bool = False
    look: Look = Look()


@dataclass(frozen=True, slots=True)
class Accrual:
    """Fixed amounts per period (None: the whole window), exact to the day (S9).

    Allocated amounts go to the members of the keys in proportion to `weight`, a formula over
    the merged leaves, whose total per period is `total`, the same formula over `totals`.
    `filtered`: the query keeps some members only; `narrowed`: the formula does, of all the rows.
    A period without a partner in `look` has no row.
    """

    column: str
    rows: tuple[tuple[date | None, Decimal], ...]
    look: Look = Look()
    weight: Formula | None = None
    total: Formula | None = None
    filtered: bool = False
    narrowed: bool = False


Input = Aggregate | Regroup


@dataclass(frozen=True, slots=True)
class Totals:
    """Leaves aggregated over more than one cell of the answer."""

    over: Over
    inputs: tuple[Input, ...]


@dataclass(frozen=True, slots=True)
class Merge:
    """Rows of all inputs on the same keys, NULL with NULL (S5), one per key. `dense`: every
    period of the window for every combination seen (S17)."""

    inputs: tuple[Input, ...]
    accruals: tuple[Accrual, ...] = ()
    totals: tuple[Totals, ...] = ()
    dense: bool = False


# --- answers -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Output:
    """One metric column of the answer; `name` is what its SQL calls it. `overlapping`: its rows
    need not add up to the total (S4, S10)."""

    name: str
    formula: Formula
    overlapping: bool = False


@dataclass(frozen=True, slots=True)
class Compute:
    """The formulas, with each source's known range respected (S13): `ranges` are the sources
    whose leaves need it. `tested` are values beside the answer's, by which its rows are kept."""

    input: Merge
    outputs: tuple[Output, ...]
    ranges: tuple[Source, ...] = ()
    tested: tuple[Output, ...] = ()


@dataclass(frozen=True, slots=True)
class Sort:
    """`order` names columns; ties, and what is unordered, follow the keys. Rows are shown where
    `where` holds, a condition on columns, and of these the first `limit` in each group of the
    columns `per`."""

    input: Compute
    order: tuple[tuple[str, bool], ...] = ()
    limit: int | None = None
    where: RowExpr | None = None
    per: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Coarser:
    """A column that tells the longer period in which a row's period lies: where no engine does, it
    is `listed` for each period by its first day."""

    column: str
    grain: Grain
    listed: tuple[tuple[date, date], ...] = ()


@dataclass(frozen=True, slots=True)
class Frame:
    """What all nodes of a plan share. With `grain` but no `window`, the window is the range of
    the data of `extent`. No relation may be called as one of `table_names`, which are case
    folded. `known` names by source the tables that already say what it knows."""

    settings: Settings
    sources: dict[str, Source]
    table_names: frozenset[str]
    keys: tuple[KeyColumn, ...]
    grain: Grain | DayPart | None = None
    window: Window | None = None
    extent: tuple[Source, ...] = ()
    facts: Facts = NothingKnown()
    coarser: tuple[Coarser, ...] = ()
    known: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class KeyColumn:
    """A grouping column of the answer; `state` names the column that tells why a member is absent,
    when some input may lack one (S2). `members` in their declared order go before all others."""

    column: str
    state: str | None
    members: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Subtotal:
    """Outputs over other keys than the answer's, from the rows (S10)."""

    input: Compute
    frame: Frame


@dataclass(frozen=True, slots=True)
class Leaders:
    """The members of the last key that come first by the output `column`, `count` of them in each
    group of the other keys. `ranking` is the answer without periods, where it has some; `rest` that
    over the members which are no leaders."""

    count: int
    column: str
    descending: bool
    ranking: Subtotal | None = None
    rest: Subtotal | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    root: Sort
    frame: Frame
    subtotals: tuple[Subtotal, ...] = ()
    leaders: Leaders | None = None
