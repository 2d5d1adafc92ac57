"""Answers within a question: what metrics are of the entities that its filters test (S14)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from kpidsl.model.expr import EntityValue, MeasureRef, MetricExpr, MetricRef, Prior
from kpidsl.plan.looks import Shift
from kpidsl.plan.nodes import Subtotal
from kpidsl.plan.query import Query, Selection

Answers = dict[tuple[EntityValue, Shift], Subtotal]
"""What was planned of a question's filters: all answers within it test the same values."""


@dataclass(frozen=True, slots=True)
class EntityAnswers:
    """Plans what a metric is of each entity: over the whole report window, moved as `prior` moves
    what is filtered, and free of the question's own filters and groups. All that is asked in answer
    to a question, over whatever days, tests the entities by these; `moved` is how far back all of
    it looks."""

    query: Query
    answer: Callable[[Query], Subtotal]
    moved: Shift = Shift()
    known: Answers = field(default_factory=dict)

    def within(self, shift: Shift) -> EntityAnswers:
        """Return the answers for what is asked to be moved so far back."""
        return replace(self, moved=self.moved + shift)

    def of(self, value: EntityValue, shift: Shift) -> Subtotal:
        """Return the answer by entity, planned once."""
        shift = self.moved + shift
        if (value, shift) not in self.known:
            metric = value.metric
            if shift:
                metric = Prior(metric, shift.months, shift.days)
            select = (Selection(name_of(value.metric), metric),)
            whole = self.query.whole()
            asked = Query(select, value.entity, window=whole.window, compared_by=whole.compared_by)
            self.known[value, shift] = self.answer(asked)
        return self.known[value, shift]


def name_of(metric: MetricExpr) -> str:
    """Name the column of a metric's values in an answer within a question."""
    match metric:
        case MetricRef(name) | MeasureRef(measure=name):
            return name
    return "value"
