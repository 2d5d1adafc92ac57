"""Answers within a question: what metrics are of the entities that its filters test (S14)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from kpidsl.model.expr import EntityValue, MeasureRef, MetricExpr, MetricRef, Prior
from kpidsl.plan.looks import Shift
from kpidsl.plan.nodes import Subtotal
from kpidsl.plan.query import Query, Selection

Answers = dict[tuple[EntityValue, Shift], Subtotal]
"""What was planned of a question's filters: all its totals test the same values."""


@dataclass(frozen=True, slots=True)
class EntityAnswers:
    """Plans what a metric is of each entity: over the whole report window, moved as `prior` moves
    what is filtered, and free of the question's own filters and groups."""

    query: Query
    answer: Callable[[Query], Subtotal]
    known: Answers = field(default_factory=dict)

    def of(self, value: EntityValue, shift: Shift) -> Subtotal:
        """Return the answer by entity, planned once."""
        if (value, shift) not in self.known:
            metric = value.metric
            if shift:
                metric = Prior(metric, shift.months, shift.days)
            select = (Selection(name_of(value.metric), metric),)
            asked = Query(select, by=value.entity, window=self.query.window)
            self.known[value, shift] = self.answer(asked)
        return self.known[value, shift]


def name_of(metric: MetricExpr) -> str:
    """Name the column of a metric's values in an answer within a question."""
    match metric:
        case MetricRef(name) | MeasureRef(measure=name):
            return name
    return "value"
