"""The questions of a report planned together: what several of them read is read once (S1, S10).

Each keeps the plan that it has alone, and its answer. Only where its nodes take their values from
changes: from a table in which the rows of a pass for all of them are kept.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from kpidsl.model.expr import And, Or, RowExpr
from kpidsl.model.sources import Aggregate as Kind
from kpidsl.model.sources import Source
from kpidsl.model.units import Unit
from kpidsl.plan.additivity import can_be_named_late
from kpidsl.plan.bases import Condition, present_in
from kpidsl.plan.groundwork import Groundwork
from kpidsl.plan.naming import Names
from kpidsl.plan.nodes import PERIOD, Aggregate, Frame, KeyColumn, Leaf, PlacedExpr, Plan
from kpidsl.plan.passes import (
    ByCells,
    ByDays,
    Reading,
    Scan,
    has_same_rows,
    shaped,
    state_of,
)
from kpidsl.plan.rebuilding import Rebuilding, inputs_of, levels_of


@dataclass(frozen=True, slots=True)
class Shared:
    """Rows that several questions read, to be kept in the table `name` of their columns."""

    name: str
    node: Aggregate
    frame: Frame


@dataclass(frozen=True, slots=True)
class SharedPlan:
    """A question's plan in a batch, and alone; the names of the tables that must be there when it
    is run."""

    plan: Plan
    alone: Plan
    reads: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Batch:
    """Plans of questions, in their order; what they share: rows, and what sources know."""

    plans: tuple[SharedPlan, ...]
    shared: tuple[Shared, ...] = ()
    known: tuple[tuple[str, Source], ...] = ()


def share(plans: Sequence[Plan], ground: Groundwork) -> Batch:
    """Return the plans of one model's questions with what pays to be shared."""
    names = Names(reserved=ground.table_names)
    passes = _passes([scan for planned in plans for scan in _scans(planned)], ground)
    tables = [_table(found, names, ground) for found in passes]
    known = {
        source.name: (names.unused(f"kpidsl_{source.name}_known"), source)
        for source in _asked_by_several(plans)
    }
    return Batch(
        tuple(_rebuilt(planned, tables, known) for planned in plans),
        tuple(table.shared for table in tables),
        tuple(known.values()),
    )


# --- what is read --------------------------------------------------------------------------


def _scans(planned: Plan) -> Iterator[Scan]:
    """Yield what a question reads by itself, where others can read it with it."""
    found: dict[int, list[Reading]] = {}
    for level in levels_of(planned):
        for node in inputs_of(level):
            if not isinstance(node, Aggregate):
                continue
            read = node if node.merged_from is None else node.merged_from
            if read is node or read.base is not None:
                found.setdefault(id(read), []).append(Reading.of(node, level.frame))
    for readings in found.values():
        # Which rows are in a group is told by their number, and shares of none are no number.
        apart = (reading.node.beyond or reading.node.bridge for reading in readings)
        if all(reading.names_as_usual for reading in readings) and not any(apart):
            yield Scan(tuple(readings))


def _passes(scans: Sequence[Scan], ground: Groundwork) -> list[ByCells | ByDays]:
    """Return the passes that each spare one at least.

    What doesn't add up comes first, and the longest of it, since what is asked for a part of its
    periods is found among them. What adds up goes along where it can, or is read by the day.
    """
    cells: list[ByCells] = []
    days: list[ByDays] = []
    for scan in sorted(scans, key=lambda item: (item.adds_up, -item.length)):
        along = next((found for found in cells if found.takes(scan)), None)
        if along is not None:
            along.add(scan)
        elif scan.adds_up and all(ground.are_small(item.node.keys) for item in scan.readings):
            wider = next((found for found in days if found.takes(scan, ground)), None)
            if wider is None:
                days.append(ByDays.of(scan))
            else:
                wider.widen(scan)
        else:
            alone = ByCells.of(scan)
            if alone is not None:
                cells.append(alone)
    every: list[ByCells | ByDays] = [*cells, *days]
    return [found for found in every if len(found.scans) > 1]


def _asked_by_several(plans: Sequence[Plan]) -> list[Source]:
    """Return the sources whose known range more than one question needs."""
    counts: Counter[str] = Counter()
    sources: dict[str, Source] = {}
    for planned in plans:
        own = {
            source.name: source
            for level in levels_of(planned)
            for source in (*level.input.ranges, *_extent(level.frame))
        }
        counts.update(own.keys())
        sources |= own
    return [source for name, source in sources.items() if counts[name] > 1]


def _extent(frame: Frame) -> tuple[Source, ...]:
    return frame.extent if frame.grain is not None and frame.window is None else ()


# --- what is kept --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Table:
    """A shared node, and how each of its readings takes its values from it, by identity."""

    shared: Shared
    readings: dict[int, Aggregate] = field(default_factory=dict)


def _table(found: ByCells | ByDays, names: Names, ground: Groundwork) -> _Table:
    own = found.first.node
    frame = replace(
        found.first.frame,
        keys=tuple(KeyColumn(key.column, state_of(key.column)) for key in found.keys),
    )
    if found.base is not None:
        frame = replace(frame, grain=found.base.grain, window=None, extent=())
    taken = [name for key in found.keys for name in (key.column, state_of(key.column))]
    columns = Names([PERIOD, *taken])
    leaves = [replace(leaf, column=columns.unused(leaf.column)) for leaf in found.leaves]
    present: dict[int, str] = {}
    counts: list[Leaf] = []
    for reading in _readings(found.scans):
        if not has_same_rows(leaves, reading.node):
            count = _count_of(reading.node)
            same = next((item for item in counts if item.where == count.where), None)
            if same is None:
                same = replace(count, column=columns.unused(f"{own.input.source.name}_rows"))
                counts.append(same)
            present[id(reading.node)] = same.column
    node = shaped(found, (*leaves, *counts))
    if can_be_named_late(node) and ground.pay_naming(node.keys):
        node = replace(node, named_late=True)
    grain = "cells" if found.base is None else str(found.base.grain)
    name = names.unused(f"kpidsl_{own.input.source.name}_by_{grain}")
    kept = replace(node, kept=name)
    return _Table(
        Shared(name, node, frame),
        {
            id(reading.node): replace(
                reading.node,
                merged_from=kept,
                picked=found.picks,
                present=present.get(id(reading.node)),
            )
            for reading in _readings(found.scans)
        },
    )


def _readings(scans: Iterable[Scan]) -> Iterator[Reading]:
    for scan in scans:
        yield from scan.readings


def _count_of(node: Aggregate) -> Leaf:
    """Return a count of the rows that are in some group of a node."""
    first = node.leaves[0].measure
    rows = {"aggregate": Kind.COUNT, "operand": None, "where": None, "unit": Unit()}
    either = [_all_of(condition) for condition in present_in(node.leaves)]
    anyone: PlacedExpr = either[0] if len(either) == 1 else Or(_as_rows(either))
    return Leaf("", first.model_copy(update=rows), (anyone,))


def _all_of(condition: Condition) -> PlacedExpr:
    return condition[0] if len(condition) == 1 else And(_as_rows(condition))


def _as_rows(items: Iterable[PlacedExpr]) -> tuple[RowExpr, ...]:
    return tuple(items)  # type: ignore[arg-type]  # placed parts stand in row expressions


# --- where values come from ----------------------------------------------------------------


def _rebuilt(
    planned: Plan, tables: Sequence[_Table], known: dict[str, tuple[str, Source]]
) -> SharedPlan:
    moved: dict[int, Aggregate] = {}
    reads: set[str] = set()

    def node(own: Aggregate) -> Aggregate:
        if id(own) not in moved:
            moved[id(own)] = taken(own)
        return moved[id(own)]

    def taken(own: Aggregate) -> Aggregate:
        for table in tables:
            if id(own) in table.readings:
                reads.add(table.shared.name)
                return table.readings[id(own)]
        finer = own.merged_from
        if finer is None or finer.base is not None:
            return own
        return replace(own, merged_from=node(finer))

    def frame(own: Frame) -> Frame:
        return replace(own, table_names=own.table_names | every, known=named)

    every = frozenset(
        [table.shared.name for table in tables] + [name for name, _ in known.values()]
    )
    named = {source: name for source, (name, _) in known.items()}
    own = {
        source.name
        for level in levels_of(planned)
        for source in (*level.input.ranges, *_extent(level.frame))
    }
    rebuilt = Rebuilding(node, frame).plan(planned)
    reads |= {named[source] for source in own if source in named}
    return SharedPlan(rebuilt, planned, frozenset(reads))
