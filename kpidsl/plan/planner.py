"""From a question to a logical plan, or to a refusal with its reason."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from kpidsl.model.expr import QueryDimension, RowExpr
from kpidsl.model.moments import DayPart
from kpidsl.model.periods import Grain
from kpidsl.model.project import Model
from kpidsl.model.sources import Source
from kpidsl.plan.accruals import accrual
from kpidsl.plan.additivity import merged_by, overlaps
from kpidsl.plan.groundwork import Groundwork
from kpidsl.plan.leaves import Expansion, LeafSpec, leaves_of
from kpidsl.plan.looking import check_parts_of_day
from kpidsl.plan.naming import Names
from kpidsl.plan.nodes import (
    PERIOD,
    Accrual,
    Aggregate,
    AnyRow,
    Compute,
    FanOut,
    Frame,
    Hop,
    Key,
    KeyColumn,
    Leaf,
    Merge,
    Output,
    Over,
    PlacedExpr,
    Plan,
    Reached,
    Scan,
    Sort,
    Subtotal,
    Totals,
)
from kpidsl.plan.paths import NoPath, reference_joins
from kpidsl.plan.placing import Placing, children, split
from kpidsl.plan.query import Query
from kpidsl.plan.reasons import no_path
from kpidsl.plan.refusal import Refused
from kpidsl.text.diagnostic import Diagnostic, error


def plan(
    model: Model, query: Query, ground: Groundwork | None = None
) -> tuple[Plan | None, list[Diagnostic]]:
    """Return the plan of a query, or None with the first reason why it is refused.

    `ground` may be shared between queries of the same model.
    """
    columns = key_names(query.by, query.grain)
    names = Names((PERIOD, *columns))
    states = tuple(names.unused(f"{column}__state") for column in columns)
    planner = _Planner(model, query, ground or Groundwork(model), columns, states)
    try:
        check_parts_of_day(query, model.settings.timezone)
        return planner.plan(), []
    except Refused as refused:
        return None, [refused.diagnostic]


@dataclass(slots=True)
class _Planner:
    model: Model
    query: Query
    ground: Groundwork
    columns: tuple[str, ...]
    states: tuple[str, ...]
    expansion: Expansion = field(init=False)

    def __post_init__(self) -> None:
        names = Names((PERIOD, *self.columns, *self.states))
        self.expansion = Expansion(self.model, names, self.query)

    def plan(self) -> Plan:
        query = self.query
        formulas = [(item, self.expansion.formula(item.expr)) for item in query.select]
        aggregates = self._aggregates(None)
        overs = dict.fromkeys(spec.around.over for spec in self.expansion.leaves)
        totals = tuple(Totals(over, self._aggregates(over)) for over in overs if over is not None)
        names = Names((PERIOD, *self.columns, *self.states))
        outputs = tuple(
            Output(names.unused(item.name), formula, overlaps(formula, aggregates))
            for item, formula in formulas
        )
        used = self._used_sources((*aggregates, *_inputs(totals)))
        merge = Merge(
            aggregates,
            self._accruals(aggregates),
            totals,
            dense=query.grain is not None and not query.sparse,
        )
        bounded = query.window is not None or query.grain is not None
        ranges = tuple(source for source in used if source.time) if bounded else ()
        frame = Frame(
            self.model.settings,
            self.model.sources,
            self.ground.table_names,
            self._key_columns((*aggregates, *_inputs(totals)), merge.accruals),
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
        sort = Sort(Compute(merge, outputs, ranges), order, query.limit)
        return Plan(sort, frame, tuple(self._subtotals()) if query.totals else ())

    def _subtotals(self) -> Iterator[Subtotal]:
        """Yield the totals from the finest to the one over everything."""
        query = self.query
        if query.limit is not None:
            raise Refused(
                error(
                    "K476",
                    "totals of some rows only are asked for",
                    help="leave out the limit, or the totals",
                )
            )
        kept = [(query.by[:count], query.grain) for count in reversed(range(len(query.by)))]
        if query.grain is not None:
            kept.append(((), None))
        for by, grain in kept:
            coarser = replace(query, by=by, grain=grain, order=(), totals=False)
            places = len(by)
            planner = _Planner(
                self.model, coarser, self.ground, self.columns[:places], self.states[:places]
            )
            planned = planner.plan()
            yield Subtotal(planned.root.input, planned.frame)

    def _used_sources(self, aggregates: Iterable[Aggregate]) -> list[Source]:
        return list({node.input.source.name: node.input.source for node in aggregates}.values())

    # --- aggregates ------------------------------------------------------------------------

    def _aggregates(self, over: Over | None) -> tuple[Aggregate, ...]:
        """Group the leaves over the same groups that one pass over one source can compute."""
        groups: dict[tuple[object, ...], list[LeafSpec]] = {}
        for spec in self.expansion.leaves:
            if spec.around.over == over:
                around, measure = spec.around, self.expansion.measure(spec.measure)
                counted = (self._by_day(spec), measure.once_per, measure.stock)
                way = (around.shift, around.reach, *counted)
                groups.setdefault((spec.measure.source, *way), []).append(spec)
        return tuple(self._aggregate(specs, over) for specs in groups.values())

    def _by_day(self, spec: LeafSpec) -> bool:
        """Tell whether a leaf that counts in other periods than its own is added up from days:
        then each row is read once, however many periods it counts in."""
        joined = self.expansion.look(spec).joined
        return joined and merged_by(self.expansion.measure(spec.measure)) is not None

    def _aggregate(self, specs: list[LeafSpec], over: Over | None) -> Aggregate:
        first = specs[0]
        source = self.model.sources[first.measure.source]
        measure = self.expansion.measure(first.measure)
        kept = range(len(self.query.by)) if over is None else over.kept
        filtered = self.query.where is not None and (over is None or over.filtered)
        self._check_time(source, specs)
        circular = self.ground.excludes.in_reach(source)
        if circular is not None:
            raise Refused(circular)
        placing = Placing(self.ground.paths, source.name)
        try:
            keys, fan_outs = self._keys(source, kept)
            where = (placing.place(self.query.where),) if filtered and self.query.where else ()
            leaves = tuple(
                Leaf(
                    self.expansion.leaves[spec],
                    self.expansion.measure(spec.measure),
                    tuple(placing.place(predicate) for predicate in spec.around.predicates),
                )
                for spec in specs
            )
        except NoPath as missing:
            raise Refused(no_path(self.model, measure, missing)) from None
        if measure.stock is not None and not source.key:
            raise Refused(
                error(
                    "K483",
                    f"rows of `{source.name}` at the same moment have no order, so none is the "
                    "last: it has no key",
                    measure.span,
                    help="declare the source's `key`",
                )
            )
        for fan_out in fan_outs:
            self._check_fan_out(source, fan_out, measure.once_per, (*where, *_conditions(leaves)))
        return Aggregate(
            Scan(source),
            leaves,
            keys,
            self.expansion.look(first),
            where,
            fan_outs,
            measure.stock,
            measure.once_per,
            timed=self.query.grain is not None,
            windowed=self.query.window is not None,
            by_day=self._by_day(first),
        )

    def _keys(
        self, source: Source, kept: Sequence[int]
    ) -> tuple[tuple[Key, ...], tuple[FanOut, ...]]:
        """Return the grouping columns as this source reaches them."""
        keys: list[Key] = []
        sides: dict[tuple[Hop, ...], list[int]] = {}
        for position in kept:
            column, wanted = self.columns[position], self.query.by[position]
            path, dimension = self.ground.paths.reach(source.name, wanted)
            back, forth = split(path)
            if back:
                sides.setdefault(back, []).append(len(keys))
            owner = self.model.sources[dimension.source]
            inner = reference_joins(dimension.expr, owner, self.model.sources)
            keys.append(Key(column, Reached(dimension, forth), bool(path or inner)))
        _check_sides(source, list(sides))
        return tuple(keys), tuple(FanOut(hops, tuple(at)) for hops, at in sides.items())

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
        looks = any(spec.around.shift or spec.around.reach is not None for spec in specs)
        needed = self.query.grain or self.query.window or looks
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

    # --- fixed amounts ---------------------------------------------------------------------

    def _accruals(self, aggregates: tuple[Aggregate, ...]) -> tuple[Accrual, ...]:
        items = self.expansion.accruals.items()
        self._check_weights(aggregates)
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

    def _check_weights(self, aggregates: tuple[Aggregate, ...]) -> None:
        """Refuse to allocate by what counts in several groups: the shares would be of more than
        the whole (S4, S9)."""
        weights = {
            leaf.column
            for spec in self.expansion.accruals
            if spec.weight is not None
            for leaf in leaves_of(spec.weight)
        }
        for node in aggregates:
            split = [leaf.measure for leaf in node.leaves if leaf.column in weights]
            if split and node.fan_outs:
                side = node.fan_outs[0].hops[-1].to
                raise Refused(
                    error(
                        "K462",
                        f"`{split[0].name}` can't allocate a fixed amount to the groups of "
                        f"`{side}`: what stands in several of them would count in each",
                        split[0].span,
                        label="split by its many side",
                        help=f"ask without the dimensions of `{side}`, or allocate by a measure "
                        "of it",
                    )
                )

    def _key_columns(
        self, aggregates: tuple[Aggregate, ...], accruals: tuple[Accrual, ...]
    ) -> tuple[KeyColumn, ...]:
        absent = {key.column for node in aggregates for key in node.keys if key.may_be_absent}
        return tuple(
            KeyColumn(
                column,
                self.states[position]
                if accruals or column in absent or self.query.totals
                else None,
            )
            for position, column in enumerate(self.columns)
        )


def _check_sides(source: Source, sides: list[tuple[Hop, ...]]) -> None:
    """Refuse many sides of which one leads through another: a row there has a row here, and the
    groups of the two would be paired as they are not."""
    for position, one in enumerate(sides):
        for other in sides[:position]:
            if one[0] == other[0]:
                raise Refused(
                    error(
                        "K464",
                        f"`{source.name}` would be split by two many sides that share rows: "
                        f"`{other[-1].to}` and `{one[-1].to}`",
                        source.span,
                        help="ask for one of the two dimensions at a time",
                    )
                )


def _inputs(totals: tuple[Totals, ...]) -> Iterator[Aggregate]:
    for total in totals:
        yield from total.inputs


def _conditions(leaves: tuple[Leaf, ...]) -> tuple[PlacedExpr, ...]:
    return tuple(condition for leaf in leaves for condition in leaf.where)


def _tests_side(condition: PlacedExpr, side: Hop) -> bool:
    """Tell whether a condition tests rows of the many side that a hop leads to."""
    if isinstance(condition, AnyRow):
        return condition.hops[0] == side
    return any(_tests_side(part, side) for part in children(condition))


def key_names(by: tuple[QueryDimension, ...], grain: Grain | DayPart | None) -> tuple[str, ...]:
    """Name the key columns by their dimensions, in full where two would be equal, or one would be
    taken for the period."""
    short = [item.name.casefold() for item in by]
    reserved = [] if grain is None else [PERIOD]
    names = Names(reserved)
    return tuple(
        names.unused(item.name if [*short, *reserved].count(own) == 1 else str(item))
        for item, own in zip(by, short, strict=True)
    )
