"""Aggregates over entities: which answer they are over (S10)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from kpidsl.model.expr import (
    Convert,
    Filtered,
    MetricExpr,
    Prior,
    QueryDimension,
    Rolling,
    Running,
    ToDate,
)
from kpidsl.model.moments import DayPart
from kpidsl.model.periods import Calendar, Grain, Window
from kpidsl.model.sources import Aggregate as Kind
from kpidsl.plan.entities import name_of
from kpidsl.plan.formulas import Over
from kpidsl.plan.leaves import RegroupSpec
from kpidsl.plan.looking import counted_days, look_of
from kpidsl.plan.looks import Look, Shift
from kpidsl.plan.naming import Names
from kpidsl.plan.nodes import PERIOD, OverAnswer, Regroup, Subtotal
from kpidsl.plan.query import Query, Selection
from kpidsl.plan.refusal import Refused
from kpidsl.text.diagnostic import error

Plan = Callable[[Query, tuple[str, ...], tuple[str, ...], Shift], Subtotal]
"""Plans an answer with key columns, and columns that tell why a member is absent, of these
names; and how far back lie the days that it is asked for, of those of the question."""
_Key = tuple[tuple[str, str], QueryDimension]


@dataclass(frozen=True, slots=True)
class Regroups:
    """Plans the aggregates over entities of one question. `columns` are its key columns, each with
    the column that tells why a member is absent."""

    query: Query
    columns: tuple[tuple[str, str], ...]
    plan: Plan
    calendar: Calendar

    def of(self, specs: dict[RegroupSpec, str], over: Over | None) -> tuple[Regroup, ...]:
        """Return one node for all aggregates over the same values for the same entities, in the
        groups of `over`."""
        same: dict[tuple[object, ...], list[RegroupSpec]] = {}
        for spec in specs:
            if spec.around.over == over:
                place = (spec.expr.operand, spec.expr.entity, spec.expr.period, spec.around)
                same.setdefault(place, []).append(spec)
        return tuple(self._node(group, specs, over) for group in same.values())

    def _node(
        self, group: list[RegroupSpec], names: dict[RegroupSpec, str], over: Over | None
    ) -> Regroup:
        first = group[0]
        kept = range(len(self.query.by)) if over is None else over.kept
        own = [(self.columns[place], self.query.by[place]) for place in kept]
        period = first.expr.period
        every, entity = (own, []) if period is not None else self._with_entity(own, first)
        look = Look() if period is None else self._look(first, period)
        asked = replace(
            self.query.values_alone(),
            select=(Selection(name_of(first.expr.operand), _within(first)),),
            by=tuple(dimension for _, dimension in every),
            grain=self.query.grain if period is None else period,
            window=self._window(look),
            sparse=period is None,
            compared_by=self.query.compared_by if period is None else None,
        )
        keys, states = zip(*(pair for pair, _ in every), strict=True) if every else ((), ())
        return Regroup(
            self.plan(asked, keys, states, look.shift),
            tuple(
                OverAnswer(names[spec], Kind(spec.expr.aggregate), spec.expr.fraction)
                for spec in group
            ),
            tuple(pair[0] for pair, _ in own),
            tuple(entity),
            timed=self.query.grain is not None,
            look=look,
        )

    def _with_entity(self, own: list[_Key], spec: RegroupSpec) -> tuple[list[_Key], list[str]]:
        """Return the keys with those that tell an entity, and the columns of the latter."""
        unused = Names((PERIOD, *(name for pair in self.columns for name in pair)))
        every, entity = list(own), list[str]()
        for dimension in spec.expr.entity:
            # A member of a shared dimension is another: its source may be reached by the many side.
            found = next((pair for pair, by in own if by == dimension), None)
            if found is None:
                column = unused.unused(dimension.name)
                found = (column, unused.unused(f"{column}__state"))
                every.append((found, dimension))
            entity.append(found[0])
        return every, entity

    def _look(self, spec: RegroupSpec, period: Grain) -> Look:
        """Return which periods of the answer count in each of the question's: the days that the
        aggregate reaches over, or where each lies in one, those within."""
        around, grain = spec.around, self.query.grain
        rolls = around.reach is not None and around.reach.is_bounded and period is Grain.DAY
        what, mend = "", f"take it inside: `{spec.expr.aggregate}(rolling(x, 28d) per {period})`"
        if (around.shift or around.reach is not None) and not rolls:
            what = f"other days than those of the question, of an aggregate over each {period},"
        elif self.query.sparse and grain is not None:
            what, mend = f"every {period} of periods that the data hold", "ask for all periods"
        elif not rolls and not nests(period, grain, self.calendar):
            what = f"each {period} within each {grain}, of which some lie in several"
            what, mend = f"{what},", "ask by longer periods, or over the whole window"
        if what:
            raise Refused(error("K479", f"{what} are asked for", help=mend))
        return look_of(self.query, self.calendar, around.shift, around.reach) if rolls else Look()

    def _window(self, look: Look) -> Window | None:
        """Return the days of which the answer knows the periods."""
        days = counted_days(self.query.window, self.query.grain, self.calendar, look)
        if look == Look() or days is None or days[0] is None:
            return self.query.window
        if days[0] < days[1]:
            return Window(days[0], days[1])
        if self.query.grain is None:
            raise Refused(
                error(
                    "K479",
                    "an average over days is asked for that the calendar has no partner for",
                    help="ask by a grain: a period without a partner has no value there",
                )
            )
        return self.query.window


def nests(inner: Grain, outer: Grain | DayPart | None, calendar: Calendar) -> bool:
    """Tell whether each period of one grain lies in one of the other. Of years that are no
    calendar months no engine tells the period of a day, so nothing is put together by these."""
    if outer is None or inner is outer:
        return True
    if isinstance(outer, DayPart) or calendar.own_years(outer):
        return False
    if inner.months == 0 or outer.months == 0:
        return inner is Grain.DAY
    if calendar.own_years(inner):
        return False
    alike = (inner is inner.ordinary) == (outer is outer.ordinary)
    return outer.months % inner.months == 0 and (alike or inner.months == 1)


def _within(spec: RegroupSpec) -> MetricExpr:
    """Return what is taken per entity, within what stands around the aggregate."""
    metric, around = spec.expr.operand, spec.around
    for of, into in around.conversions:
        metric = Convert(metric, into, of)
    for predicate in around.predicates:
        metric = Filtered(metric, predicate)
    if spec.expr.period is not None:
        return metric
    reach = around.reach
    if reach is not None and reach.since is not None:
        metric = ToDate(metric, reach.since)
    elif reach is not None:
        metric = Rolling(metric, reach.months, reach.days) if reach.is_bounded else Running(metric)
    if around.shift:
        metric = Prior(metric, around.shift.months, around.shift.days)
    return metric
