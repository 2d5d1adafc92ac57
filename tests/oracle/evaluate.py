"""The reference evaluator (I10): what a query answers, worked out row by row.

It shares the data shapes with the product and nothing else: no SQL, no plan, no calendar.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from kpidsl.model.expr import (
    Constant,
    Filtered,
    FixedAmount,
    MeasureRef,
    MetricArithmetic,
    MetricCoalesce,
    MetricExpr,
    MetricNegate,
    MetricRef,
    Prior,
    RowExpr,
)
from kpidsl.model.periods import Grain
from kpidsl.model.project import Model
from kpidsl.plan.query import Absent, Query
from tests.oracle.days import Span, accrued, bucket, buckets
from tests.oracle.leaves import Combo, Leaf, Shift
from tests.oracle.rows import Number, Refused, Rows, Tables, arithmetic

Answer = dict[tuple[object, ...], dict[str, object]]
Filters = tuple[RowExpr, ...]
Parts = list[tuple[Leaf | FixedAmount, Shift]]
Spans = dict[date | None, Span | None]
"""The days of each period by its first day; without a grain, the window's under None."""


def evaluate(model: Model, query: Query, tables: Tables) -> Answer:
    """Answer a query over raw rows by source name (before `exclude`; structs are dicts).

    Keys: the period's first day when the query has a grain, then one entry per dimension: the
    value or an `Absent` member. Raises `Refused` where the rules give no answer.
    """
    return _Evaluator(model, query, tables).answer()


class _Evaluator:
    def __init__(self, model: Model, query: Query, tables: Tables) -> None:
        self.model = model
        self.query = query
        self.rows = Rows(model, tables)
        self._leaves: dict[object, Leaf] = {}
        self.unallocated: Combo = (Absent.UNALLOCATED,) * len(query.by)

    def answer(self) -> Answer:
        where: Filters = () if self.query.where is None else (self.query.where,)
        parts = [
            part
            for selection in self.query.select
            for part in self._parts(selection.expr, where, Shift())
        ]
        self._refuse(parts)
        spans = self._spans(parts)
        return {
            (*([] if start is None else [start]), *combo): {
                selection.name: self._value(selection.expr, where, Shift(), spans[start], combo)
                for selection in self.query.select
            }
            for start, combo in self._groups(parts, spans, where)
        }

    # --- what the query is made of ---------------------------------------------------------

    def _parts(
        self, expr: MetricExpr, filters: Filters, shift: Shift
    ) -> Iterator[tuple[Leaf | FixedAmount, Shift]]:
        """The leaf measures and fixed amounts below a formula, each with how far back it looks."""
        match expr:
            case MeasureRef():
                yield self._leaf(expr, filters), shift
            case MetricRef(name):
                yield from self._parts(self._metric(name), filters, shift)
            case FixedAmount():
                self._refuse_fixed(expr, filters)
                yield expr, shift
                if expr.allocate_by is not None:
                    yield from self._parts(expr.allocate_by, filters, shift)
            case MetricArithmetic(_, left, right):
                yield from self._parts(left, filters, shift)
                yield from self._parts(right, filters, shift)
            case MetricNegate(operand):
                yield from self._parts(operand, filters, shift)
            case MetricCoalesce(items):
                for item in items:
                    yield from self._parts(item, filters, shift)
            case Filtered(operand, predicate):
                yield from self._parts(operand, (*filters, predicate), shift)
            case Prior(operand, months, days):
                yield from self._parts(operand, filters, _back(shift, months, days))

    def _metric(self, name: str) -> MetricExpr:
        if name in self.model.metrics:
            return self.model.metrics[name].expr
        return self.model.metrics[self.model.kpis[name].metric].expr

    def _leaf(self, reference: MeasureRef, filters: Filters) -> Leaf:
        place = (reference, filters)
        if place not in self._leaves:
            measure = self.model.sources[reference.source].measures[reference.measure]
            self._leaves[place] = Leaf(self.rows, measure, filters, self.query.by)
        return self._leaves[place]

    def _refuse_fixed(self, amount: FixedAmount, filters: Filters) -> None:
        own = len(filters) - (self.query.where is not None)
        if own:
            raise Refused("a filter in a formula stands over a fixed amount")
        if filters and amount.allocate_by is None:
            raise Refused("a fixed amount without allocation under the query's filter")
        if self.query.window is None:
            raise Refused("a fixed amount accrues over a window, and there is none")

    def _refuse(self, parts: Parts) -> None:
        timed = self.query.window is not None or self.query.grain is not None
        for part, shift in parts:
            if isinstance(part, Leaf) and timed and self.model.sources[part.source].time is None:
                raise Refused(f"{part.source} has no time")
            if shift.months and self.query.grain is Grain.WEEK:
                raise Refused("weeks are not shifted by months")
            if (shift.months or shift.days) and not timed:
                raise Refused("without a window there is nothing to shift")

    # --- periods and groups ----------------------------------------------------------------

    def _spans(self, parts: Parts) -> dict[date | None, Span | None]:
        """Each period by its own first day; one span, of no period, without a grain."""
        window: Span | None = None
        if self.query.window is not None:
            window = (self.query.window.start, self.query.window.end)
        if self.query.grain is None:
            return {None: window}
        weeks = self.model.settings.week_starts
        if window is not None:
            return dict(buckets(window, self.query.grain, weeks))
        # Whole periods: cut at the data's ends, a prior value would hang on the other metrics
        # of the query (S1).
        days = [day for part, _ in parts if isinstance(part, Leaf) for day in part.rows_days()]
        if not days:
            return {}
        every = (min(days), max(days) + timedelta(days=1))
        return {
            start: bucket(start, self.query.grain, weeks)
            for start, _ in buckets(every, self.query.grain, weeks)
        }

    def _groups(
        self,
        parts: Parts,
        spans: Spans,
        where: Filters,
    ) -> set[tuple[date | None, Combo]]:
        seen = {
            (start, combo)
            for part, shift in parts
            for start, span in spans.items()
            for combo in self._combos(part, shift, span, where)
        }
        if self.query.grain is not None and self.query.sparse:
            return seen
        combos = {combo for _, combo in seen} if self.query.by else {()}
        return {(start, combo) for start in spans for combo in combos}

    def _combos(
        self, part: Leaf | FixedAmount, shift: Shift, span: Span | None, where: Filters
    ) -> set[Combo]:
        if isinstance(part, Leaf):
            return part.combos(shift.of(span))
        # Under a filter, what no member bears is not asked for.
        if where or (part.allocate_by is not None and self._total(part.allocate_by, shift, span)):
            return set()
        return {self.unallocated}

    # --- values ----------------------------------------------------------------------------

    def _value(
        self, expr: MetricExpr, filters: Filters, shift: Shift, span: Span | None, combo: Combo
    ) -> Number | None:
        """The value in the group `combo` of the unshifted period `span`."""
        match expr:
            case MeasureRef():
                value = self._leaf(expr, filters).value(shift.of(span), combo)
                assert value is None or isinstance(value, int | float | Decimal)
                return value
            case MetricRef(name):
                return self._value(self._metric(name), filters, shift, span, combo)
            case Constant(value):
                return value
            case FixedAmount():
                return self._fixed(expr, filters, shift, span, combo)
            case MetricArithmetic(op, left, right):
                return arithmetic(
                    op,
                    self._value(left, filters, shift, span, combo),
                    self._value(right, filters, shift, span, combo),
                )
            case MetricNegate(operand):
                value = self._value(operand, filters, shift, span, combo)
                return None if value is None else -value
            case MetricCoalesce(items):
                values = (self._value(item, filters, shift, span, combo) for item in items)
                return next((value for value in values if value is not None), None)
            case Filtered(operand, predicate):
                return self._value(operand, (*filters, predicate), shift, span, combo)
            case Prior(operand, months, days):
                return self._value(operand, filters, _back(shift, months, days), span, combo)

    def _fixed(
        self, amount: FixedAmount, filters: Filters, shift: Shift, span: Span | None, combo: Combo
    ) -> Number:
        """Decision 13: by the day, on the unallocated line or in proportion to a metric."""
        days = shift.of(span)
        assert days is not None
        whole = float(accrued(Fraction(amount.amount), amount.per, days))
        rest = combo == self.unallocated
        if amount.allocate_by is None:
            return whole if rest else 0.0
        total = self._total(amount.allocate_by, shift, span)
        if not total:
            return whole if rest and not filters else 0.0
        part = self._value(amount.allocate_by, filters, shift, span, combo)
        return whole * float(Fraction(part or 0) / total)

    def _total(self, metric: MetricExpr, shift: Shift, span: Span | None) -> Fraction:
        """The unfiltered metric, added up over all its members."""
        combos: set[Combo] = set() if self.query.by else {()}
        for part, back in self._parts(metric, (), shift):
            if isinstance(part, Leaf):
                combos |= part.combos(back.of(span))
        values = [self._value(metric, (), shift, span, combo) for combo in combos]
        return sum((Fraction(value) for value in values if value is not None), Fraction(0))


def _back(shift: Shift, months: int, days: int) -> Shift:
    return Shift(shift.months + months, shift.days + days)
