"""Aggregates over entities: which answer they are over (S10)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from kpidsl.model.expr import (
    Filtered,
    MetricExpr,
    Prior,
    QueryDimension,
    Rolling,
    Running,
    ToDate,
)
from kpidsl.model.sources import Aggregate as Kind
from kpidsl.plan.entities import name_of
from kpidsl.plan.leaves import RegroupSpec
from kpidsl.plan.naming import Names
from kpidsl.plan.nodes import PERIOD, Over, OverAnswer, Regroup, Subtotal
from kpidsl.plan.query import Query, Selection

Plan = Callable[[Query, tuple[str, ...], tuple[str, ...]], Subtotal]
"""Plans an answer with key columns, and columns that tell why a member is absent, of these
names."""


@dataclass(frozen=True, slots=True)
class Regroups:
    """Plans the aggregates over entities of one question. `columns` are its key columns, each with
    the column that tells why a member is absent."""

    query: Query
    columns: tuple[tuple[str, str], ...]
    plan: Plan
    meant: Callable[[QueryDimension], QueryDimension]

    def of(self, specs: dict[RegroupSpec, str], over: Over | None) -> tuple[Regroup, ...]:
        """Return one node for all aggregates over the same values for the same entities, in the
        groups of `over`."""
        same: dict[tuple[object, ...], list[RegroupSpec]] = {}
        for spec in specs:
            if spec.around.over == over:
                place = (spec.expr.operand, spec.expr.entity, spec.around)
                same.setdefault(place, []).append(spec)
        return tuple(self._node(group, specs, over) for group in same.values())

    def _node(
        self, group: list[RegroupSpec], names: dict[RegroupSpec, str], over: Over | None
    ) -> Regroup:
        first = group[0]
        kept = range(len(self.query.by)) if over is None else over.kept
        own = [(self.columns[place], self.query.by[place]) for place in kept]
        unused = Names((PERIOD, *(name for pair in self.columns for name in pair)))
        every, entity = list(own), list[str]()
        for dimension in first.expr.entity:
            found = next(
                (pair for pair, by in own if self.meant(by) == self.meant(dimension)), None
            )
            if found is None:
                column = unused.unused(dimension.name)
                found = (column, unused.unused(f"{column}__state"))
                every.append((found, dimension))
            entity.append(found[0])
        asked = replace(
            self.query,
            select=(Selection(name_of(first.expr.operand), _within(first)),),
            by=tuple(dimension for _, dimension in every),
            order=(),
            limit=None,
            sparse=True,
            totals=False,
            top=None,
        )
        keys, states = zip(*(pair for pair, _ in every), strict=True)
        return Regroup(
            self.plan(asked, keys, states),
            tuple(
                OverAnswer(names[spec], Kind(spec.expr.aggregate), spec.expr.fraction)
                for spec in group
            ),
            tuple(pair[0] for pair, _ in own),
            tuple(entity),
            timed=self.query.grain is not None,
        )


def _within(spec: RegroupSpec) -> MetricExpr:
    """Return what is taken per entity, within what stands around the aggregate."""
    metric, around = spec.expr.operand, spec.around
    for predicate in around.predicates:
        metric = Filtered(metric, predicate)
    reach = around.reach
    if reach is not None and reach.since is not None:
        metric = ToDate(metric, reach.since)
    elif reach is not None:
        metric = Rolling(metric, reach.months, reach.days) if reach.is_bounded else Running(metric)
    if around.shift:
        metric = Prior(metric, around.shift.months, around.shift.days)
    return metric
