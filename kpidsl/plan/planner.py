"""From a question to a logical plan, or to a refusal with its reason."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from kpidsl.model.project import Model
from kpidsl.model.sources import Source
from kpidsl.plan.accruals import accrual, check_weights
from kpidsl.plan.additivity import overlaps
from kpidsl.plan.aggregates import Aggregates, bases_of
from kpidsl.plan.entities import EntityAnswers
from kpidsl.plan.formulas import Over
from kpidsl.plan.grains import coarser_columns, lying_in
from kpidsl.plan.groundwork import Groundwork
from kpidsl.plan.keys import Wanted, named_keys
from kpidsl.plan.leaves import Expansion
from kpidsl.plan.looking import check_periods
from kpidsl.plan.looks import Shift
from kpidsl.plan.members import check_members, member_nodes
from kpidsl.plan.naming import Names
from kpidsl.plan.nodes import (
    PERIOD,
    Accrual,
    Aggregate,
    Coarser,
    Compute,
    Frame,
    Input,
    KeyColumn,
    Leaders,
    Merge,
    Output,
    Plan,
    Regroup,
    Sort,
    Subtotal,
    Totals,
)
from kpidsl.plan.query import Group, Query, Top
from kpidsl.plan.refusal import Refused
from kpidsl.plan.regroups import Regroups
from kpidsl.plan.shown import kept_rows, members_in_order, metrics_in, noticed
from kpidsl.plan.within import aggregates_of
from kpidsl.text.diagnostic import Diagnostic, error


def plan(
    model: Model, query: Query, ground: Groundwork | None = None
) -> tuple[Plan | None, list[Diagnostic]]:
    """Return the plan of a query with what is noticed, or None with the first reason why it is
    refused.

    `ground` may be shared between queries of the same model.
    """
    planner = _Planner(model, query, ground or Groundwork(model), *named_keys(query))
    try:
        if not query.select:
            check_members(query)
        check_periods(query, model.settings.timezone)
        return planner.plan(), noticed(query)
    except Refused as refused:
        return None, [refused.diagnostic]


@dataclass(slots=True)
class _Planner:
    model: Model
    query: Query
    ground: Groundwork
    columns: tuple[str, ...]
    states: tuple[str, ...]
    finer: tuple[Aggregate, ...] = ()
    beyond: tuple[Wanted, ...] = ()
    stated: bool = False
    answers: EntityAnswers | None = None
    extent: tuple[Source, ...] = ()
    coarser: tuple[Coarser, ...] = ()
    expansion: Expansion = field(init=False)
    _answers: EntityAnswers = field(init=False)
    _aggregates: Aggregates = field(init=False)

    def __post_init__(self) -> None:
        names = Names((PERIOD, *self.columns, *self.states))
        ranked = self.beyond[-1][1] if self.beyond else None
        self.expansion = Expansion(self.model, names, self.query, self.ground.conversions, ranked)
        self._answers = self.answers or EntityAnswers(self.query, self._answer)
        self._aggregates = Aggregates(
            self.model,
            self.query,
            self.ground,
            self.columns,
            self.expansion,
            self._answers,
            self.beyond,
        )

    def plan(self) -> Plan:
        query = self.query
        formulas = [(item, self.expansion.formula(item.expr)) for item in query.select]
        tested = {metric: self.expansion.formula(metric) for metric in metrics_in(query.having)}
        aggregates = self._aggregates.of(None, self.finer) if query.select else self._members()
        finer = (*self.finer, *aggregates, *bases_of(aggregates))
        inputs: tuple[Input, ...] = (*aggregates, *self._regroups(None))
        overs = dict.fromkeys(spec.around.over for spec in self.expansion.leaves)
        overs |= dict.fromkeys(spec.around.over for spec in self.expansion.regroups)
        totals = tuple(
            Totals(over, (*self._aggregates.of(over, finer), *self._regroups(over)))
            for over in overs
            if over is not None
        )
        self.coarser = coarser_columns(query, self.model.settings.calendar, self.columns)
        longer = (item.column for item in self.coarser)
        names = Names((PERIOD, *self.columns, *self.states, *longer))
        overlapping = overlaps((formula for _, formula in formulas), inputs)
        outputs = tuple(
            Output(names.unused(item.name), formula, several)
            for (item, formula), several in zip(formulas, overlapping, strict=True)
        )
        every: tuple[Input, ...] = (*inputs, *(node for one in totals for node in one.inputs))
        used = self._used_sources(every)
        merge = Merge(
            inputs,
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
            self._key_columns(every, bool(merge.accruals)),
            query.grain,
            query.window,
            self.extent or tuple(source for source in used if source.time),
            self.ground.facts,
            self.coarser,
        )
        called = {
            item.name: output.name for item, output in zip(query.select, outputs, strict=True)
        }
        order = tuple(
            (called.get(item.column, item.column), item.descending) for item in query.order
        )
        beside, where = kept_rows(query.having, tested, outputs, names)
        compute = Compute(merge, outputs, ranges, beside)
        per = self._columns_of(query.per)
        sort = Sort(compute, order, query.limit, where, per)
        subtotals = tuple(self._subtotal(group, finer) for group in query.totals)
        leaders = self._leaders(query.top, called, finer) if query.top else None
        return Plan(sort, frame, subtotals, leaders)

    def _members(self) -> tuple[Aggregate, ...]:
        """Group rows by their members alone, where no metric is asked for."""
        wanted = tuple(zip(self.columns, self.query.by, strict=True))
        return member_nodes(self.query, self.model, self.ground, wanted, self._answers)

    def _columns_of(self, group: Group) -> tuple[str, ...]:
        own = [PERIOD] if group.grain is not None and group.grain is self.query.grain else []
        own += [item.column for item in self.coarser if item.grain is group.grain]
        return (*own, *(self.columns[place] for place in group.by))

    def _leaders(self, top: Top, called: dict[str, str], finer: tuple[Aggregate, ...]) -> Leaders:
        """Plan who comes first, and what is left over."""
        if self.expansion.accruals:
            raise Refused(
                error(
                    "K477",
                    "a fixed amount belongs to no member, so it can't be split into the first ones "
                    "and the rest",
                    help="leave the fixed amount out, or ask for all members",
                )
            )
        plain = self.query.values_alone()
        ranking = rest = None
        if self.query.grain is not None:
            ranking = self._level(plain.whole(), finer, stated=True)
        if top.rest:
            every = tuple(zip(self.columns, plain.by, strict=True))
            rest = self._level(replace(plain, by=plain.by[:-1]), finer, every)
        return Leaders(top.count, called[top.column], top.descending, ranking, rest)

    def _level(
        self,
        query: Query,
        finer: tuple[Aggregate, ...],
        beyond: tuple[Wanted, ...] = (),
        *,
        stated: bool = False,
        places: Sequence[int] | None = None,
    ) -> Subtotal:
        """Plan the same outputs over fewer keys: those at `places`, or the first ones."""
        kept = range(len(query.by)) if places is None else places
        columns = tuple(self.columns[place] for place in kept)
        states = tuple(self.states[place] for place in kept)
        shared = (finer, beyond, stated, self._answers)
        planner = _Planner(self.model, query, self.ground, columns, states, *shared)
        planned = planner.plan()
        coarser = lying_in(self.coarser, query, self.model.settings.calendar)
        return Subtotal(planned.root.input, replace(planned.frame, coarser=coarser))

    def _answer(self, query: Query) -> Subtotal:
        """Plan an answer within this one."""
        columns, states = named_keys(query)
        planned = _Planner(self.model, query, self.ground, columns, states).plan()
        return Subtotal(planned.root.input, planned.frame)

    def _subtotal(self, group: Group, finer: tuple[Aggregate, ...]) -> Subtotal:
        """Plan the totals over the keys that a group is without."""
        query = self.query
        by = tuple(query.by[place] for place in group.by)
        if group.grain is not None and group.grain is not query.grain:
            # Of values by other periods only those by the day make ones by these.
            finer = tuple(node for node in finer if node.base is not None)
        total = replace(query.values_alone().whole(), by=by, grain=group.grain)
        return self._level(total, finer, places=group.by)

    def _used_sources(self, inputs: Iterable[Input]) -> list[Source]:
        found = [node.input.source for node in aggregates_of(inputs)]
        return list({source.name: source for source in found}.values())

    # --- aggregates over entities ----------------------------------------------------------

    def _regroups(self, over: Over | None) -> tuple[Regroup, ...]:
        if not self.expansion.regroups:
            return ()
        beyond = self.beyond if over is None or over.rest else ()
        extent = self.extent or self._clocked()

        def planned(
            query: Query, columns: tuple[str, ...], states: tuple[str, ...], shift: Shift
        ) -> Subtotal:
            # Which periods there are of no other metric's data changes nothing (S1).
            own = extent if query.sparse else ()
            shared = ((), beyond, False, self._answers.within(shift), own)
            planner = _Planner(self.model, query, self.ground, columns, states, *shared)
            found = planner.plan()
            return Subtotal(found.root.input, found.frame)

        columns = tuple(zip(self.columns, self.states, strict=True))
        names = {spec: value.column for spec, value in self.expansion.regroups.items()}
        calendar = self.model.settings.calendar
        regroups = Regroups(self.query, columns, planned, calendar)
        return regroups.of(names, over)

    def _clocked(self) -> tuple[Source, ...]:
        """Return the sources with a clock of all leaves, those below other answers too."""
        leaves = [spec.measure.source for spec in self.expansion.leaves]
        leaves += [
            leaf.source for value in self.expansion.regroups.values() for leaf in value.leaves
        ]
        found = (self.model.sources[name] for name in dict.fromkeys(leaves))
        return tuple(source for source in found if source.time)

    # --- fixed amounts ---------------------------------------------------------------------

    def _accruals(self, aggregates: tuple[Aggregate, ...]) -> tuple[Accrual, ...]:
        items = self.expansion.accruals.items()
        check_weights(self.expansion.accruals, aggregates)
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

    def _key_columns(self, inputs: tuple[Input, ...], unallocated: bool) -> tuple[KeyColumn, ...]:
        """Return the key columns, each with a state where a row may have no member of it."""
        nodes = aggregates_of(inputs)
        absent = {key.column for node in nodes for key in node.keys if key.may_be_absent}
        every = unallocated or self.stated or bool(self.query.totals) or self.query.top is not None
        return tuple(
            KeyColumn(
                column,
                state if every or column in absent else None,
                members_in_order(self.model, dimension),
            )
            for column, state, dimension in zip(
                self.columns, self.states, self.query.by, strict=True
            )
        )
