"""From a question to a logical plan, or to a refusal with its reason."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from kpidsl.model.expr import QueryDimension, RowExpr
from kpidsl.model.periods import Grain
from kpidsl.model.project import Model
from kpidsl.model.sources import Source
from kpidsl.plan.accruals import accrual
from kpidsl.plan.additivity import overlaps
from kpidsl.plan.excludes import circular_exclude
from kpidsl.plan.leaves import Expansion, LeafSpec, leaves_of
from kpidsl.plan.naming import Names
from kpidsl.plan.nodes import (
    PERIOD,
    Accrual,
    Aggregate,
    AnyRow,
    Compute,
    FanOut,
    Formula,
    Frame,
    Hop,
    Key,
    KeyColumn,
    Leaf,
    Merge,
    Output,
    PlacedExpr,
    Plan,
    Reached,
    Scan,
    Shift,
    Sort,
    Totals,
)
from kpidsl.plan.paths import NoPath, Paths, reference_joins
from kpidsl.plan.placing import Placing, children, split
from kpidsl.plan.query import Query, Selection
from kpidsl.plan.reasons import no_path
from kpidsl.plan.refusal import Refused
from kpidsl.text.diagnostic import Diagnostic, error


def plan(
    model: Model, query: Query, paths: Paths | None = None
) -> tuple[Plan | None, list[Diagnostic]]:
    """Return the plan of a query, or None with the first reason why it is refused.

    `paths` may be shared between queries of the same model.
    """
    planner = _Planner(model, query, paths or Paths(model))
    try:
        return planner.plan(), []
    except Refused as refused:
        return None, [refused.diagnostic]


@dataclass(slots=True)
class _Planner:
    model: Model
    query: Query
    paths: Paths
    expansion: Expansion = field(init=False)
    columns: tuple[str, ...] = field(init=False)
    states: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        self.columns = key_names(self.query.by, self.query.grain)
        names = Names((PERIOD, *self.columns))
        self.states = tuple(names.unused(f"{column}__state") for column in self.columns)
        split = bool(self.query.by) or self.query.where is not None
        self.expansion = Expansion(self.model, names, split=split)

    def plan(self) -> Plan:
        query = self.query
        formulas = [(item, self.expansion.formula(item.expr)) for item in query.select]
        for item, formula in formulas:
            self._check_shifts(item, formula)
        aggregates = self._aggregates(total=False)
        totals = self._aggregates(total=True)
        names = Names((PERIOD, *self.columns, *self.states))
        outputs = tuple(
            Output(names.unused(item.name), formula, overlaps(formula, aggregates))
            for item, formula in formulas
        )
        used = self._used_sources(aggregates)
        merge = Merge(
            aggregates,
            self._accruals(),
            Totals(totals) if totals else None,
            dense=query.grain is not None and not query.sparse,
        )
        bounded = query.window is not None or query.grain is not None
        ranges = tuple(source for source in used if source.time) if bounded else ()
        frame = Frame(
            self.model.settings,
            self.model.sources,
            self._key_columns(aggregates, merge.accruals),
            query.grain,
            query.window,
            tuple(source for source in used if source.time),
        )
        called = {
            item.name: output.name for item, output in zip(query.select, outputs, strict=True)
        }
        order = tuple(
            (called.get(item.column, item.column), item.descending) for item in query.order
        )
        return Plan(Sort(Compute(merge, outputs, ranges), order, query.limit), frame)

    def _used_sources(self, aggregates: Iterable[Aggregate]) -> list[Source]:
        return list({node.input.source.name: node.input.source for node in aggregates}.values())

    # --- aggregates ------------------------------------------------------------------------

    def _aggregates(self, *, total: bool) -> tuple[Aggregate, ...]:
        """Group the leaves that one pass over one source can compute together."""
        groups: dict[tuple[str, Shift, tuple[RowExpr, ...]], list[LeafSpec]] = {}
        for spec in self.expansion.leaves:
            if spec.total == total:
                measure = self.expansion.measure(spec.measure)
                key = (spec.measure.source, spec.shift, measure.once_per)
                groups.setdefault(key, []).append(spec)
        return tuple(
            self._aggregate(source, shift, once_per, specs, total)
            for (source, shift, once_per), specs in groups.items()
        )

    def _aggregate(
        self,
        name: str,
        shift: Shift,
        once_per: tuple[RowExpr, ...],
        specs: list[LeafSpec],
        total: bool,
    ) -> Aggregate:
        source = self.model.sources[name]
        self._check_time(source, specs)
        circular = circular_exclude(self.model, source)
        if circular is not None:
            raise Refused(circular)
        placing = Placing(self.paths, name)
        try:
            keys, fan_out = ((), None) if total else self._keys(source)
            where = () if total or self.query.where is None else (placing.place(self.query.where),)
            leaves = tuple(
                Leaf(
                    self.expansion.leaves[spec],
                    self.expansion.measure(spec.measure),
                    tuple(placing.place(predicate) for predicate in spec.predicates),
                )
                for spec in specs
            )
        except NoPath as missing:
            measure = self.expansion.measure(specs[0].measure)
            raise Refused(no_path(self.model, measure, missing)) from None
        if fan_out is not None:
            self._check_fan_out(source, fan_out, once_per, (*where, *_conditions(leaves)))
        return Aggregate(
            Scan(source),
            leaves,
            keys,
            shift,
            where,
            fan_out,
            once_per,
            timed=self.query.grain is not None,
            windowed=self.query.window is not None,
        )

    def _keys(self, source: Source) -> tuple[tuple[Key, ...], FanOut | None]:
        """Return the grouping columns as this source reaches them."""
        keys: list[Key] = []
        reverse: dict[int, tuple[Hop, ...]] = {}
        for position, (column, wanted) in enumerate(zip(self.columns, self.query.by, strict=True)):
            path, dimension = self.paths.reach(source.name, wanted)
            back, forth = split(path)
            if back:
                reverse[position] = back
            owner = self.model.sources[dimension.source]
            inner = reference_joins(dimension.expr, owner, self.model.sources)
            keys.append(Key(column, Reached(dimension, forth), bool(path or inner)))
        if not reverse:
            return tuple(keys), None
        first, *others = dict.fromkeys(reverse.values())
        if others:
            raise Refused(
                error(
                    "K464",
                    f"`{source.name}` would be split by two of its many sides at once: "
                    f"`{first[-1].to}` and `{others[0][-1].to}`",
                    source.span,
                    help="ask for one of the two dimensions at a time",
                )
            )
        return tuple(keys), FanOut(first, tuple(reverse))

    def _check_fan_out(
        self,
        source: Source,
        fan_out: FanOut,
        once_per: tuple[RowExpr, ...],
        conditions: tuple[PlacedExpr, ...],
    ) -> None:
        """Refuse what can't be counted once per group (S3, S4)."""
        side = fan_out.hops[0].to
        if source.key == ():
            raise Refused(
                error(
                    "K465",
                    f"rows of `{source.name}` can't be told apart (`key: none`), so they can't be "
                    f"split by `{side}`",
                    source.span,
                    label="no key",
                    help="declare the source's `key`",
                )
            )
        if once_per:
            raise Refused(
                error(
                    "K466",
                    f"a measure counted `once per` a key can't also be split by `{side}`",
                    source.span,
                    help=f"ask without the dimensions of `{side}`",
                )
            )
        if any(_tests_side(condition, fan_out.hops[0]) for condition in conditions):
            raise Refused(
                error(
                    "K467",
                    f"`{source.name}` is both split and filtered by its many side `{side}`",
                    source.span,
                    help=f"use a measure of `{side}`, or drop the filter or the dimension",
                )
            )

    # --- time ------------------------------------------------------------------------------

    def _check_time(self, source: Source, specs: list[LeafSpec]) -> None:
        needed = self.query.grain or self.query.window or any(spec.shift for spec in specs)
        if source.time is None and needed:
            measure = self.expansion.measure(specs[0].measure)
            raise Refused(
                error(
                    "K468",
                    f"`{measure.name}` has no time: source `{source.name}` declares none",
                    source.span,
                    label="no `time`",
                    help="declare `time: COLUMN` in the source",
                )
            )

    def _check_shifts(self, item: Selection, formula: Formula) -> None:
        """Refuse shifts whose periods don't line up with the grain's (S19)."""
        shifts = {leaf.shift for leaf in leaves_of(formula) if leaf.shift}
        if not shifts:
            return
        if self.query.window is None:
            raise Refused(
                error(
                    "K469",
                    f"`{item.name}` looks back in time, and the question has no window",
                    help="say from when to when, as in `--period 2026`",
                )
            )
        grain = self.query.grain
        for shift in shifts:
            if grain is not None and not _aligned(shift, grain):
                back = f"{shift.months} months" if shift.months else f"{shift.days} days"
                raise Refused(
                    error(
                        "K470",
                        f"`{item.name}` looks back {back}: periods of a {grain} don't line up "
                        "with that",
                        help="shift by whole periods of the grain, or use another grain",
                    )
                )

    # --- fixed amounts ---------------------------------------------------------------------

    def _accruals(self) -> tuple[Accrual, ...]:
        items = self.expansion.accruals.items()
        if items and self.query.window is None:
            raise Refused(
                error(
                    "K471",
                    "a fixed amount accrues over time, and the question has no window",
                    help="say from when to when, as in `--period 2026`",
                )
            )
        if self.query.where is not None and any(spec.weight is None for spec, _ in items):
            raise Refused(
                error(
                    "K461",
                    "a fixed amount that isn't allocated has no dimension to filter by",
                    help="allocate it: `{ allocate_by: METRIC }`",
                )
            )
        return tuple(
            accrual(column, spec, self.query, self.model.settings) for spec, column in items
        )

    def _key_columns(
        self, aggregates: tuple[Aggregate, ...], accruals: tuple[Accrual, ...]
    ) -> tuple[KeyColumn, ...]:
        return tuple(
            KeyColumn(
                column,
                self.states[position]
                if accruals
                or any(node.keys[position].may_be_absent for node in aggregates if node.keys)
                else None,
            )
            for position, column in enumerate(self.columns)
        )


def _conditions(leaves: tuple[Leaf, ...]) -> tuple[PlacedExpr, ...]:
    return tuple(condition for leaf in leaves for condition in leaf.where)


def _tests_side(condition: PlacedExpr, side: Hop) -> bool:
    """Tell whether a condition tests rows of the many side that a hop leads to."""
    if isinstance(condition, AnyRow):
        return condition.hops[0] == side
    return any(_tests_side(part, side) for part in children(condition))


def _aligned(shift: Shift, grain: Grain) -> bool:
    match grain:
        case Grain.DAY:
            return not shift.months
        case Grain.WEEK:
            return not shift.months and shift.days % 7 == 0
        case Grain.MONTH:
            return not shift.days
        case Grain.QUARTER:
            return not shift.days and shift.months % 3 == 0
        case Grain.YEAR:
            return not shift.days and shift.months % 12 == 0


def key_names(by: tuple[QueryDimension, ...], grain: Grain | None) -> tuple[str, ...]:
    """Name the key columns by their dimensions, in full where two would be equal, or one would be
    taken for the period."""
    short = [item.name.casefold() for item in by]
    reserved = [] if grain is None else [PERIOD]
    names = Names(reserved)
    return tuple(
        names.unused(item.name if [*short, *reserved].count(own) == 1 else str(item))
        for item, own in zip(by, short, strict=True)
    )
