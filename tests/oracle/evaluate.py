"""The reference evaluator (I10): what a query answers, worked out row by row.

It shares the data shapes with the product and nothing else: no SQL, no plan, no calendar.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

from kpidsl.model.expr import (
    Constant,
    Convert,
    EntityValue,
    Filtered,
    FixedAmount,
    MeasureRef,
    MetricArithmetic,
    MetricCoalesce,
    MetricExpr,
    MetricNegate,
    MetricRef,
    OverEntities,
    Prior,
    QueryDimension,
    Rank,
    Rolling,
    Running,
    ToDate,
    Total,
)
from kpidsl.model.moments import DayPart
from kpidsl.model.periods import Grain, Window
from kpidsl.model.project import Model
from kpidsl.plan.query import Absent, Query, Selection
from tests.oracle.around import Around, Shift, as_declared, within
from tests.oracle.days import Span, accrued, bucket
from tests.oracle.events import by_days
from tests.oracle.leaves import Answer, Combo, Leaf, Part, Parts, entity_values
from tests.oracle.members import members_of
from tests.oracle.money import check_currency
from tests.oracle.periods import with_longer_periods
from tests.oracle.refusals import refuse, refuse_fixed, refuse_periods
from tests.oracle.rows import Number, Refused, Rows, Tables, aggregate, arithmetic, counts_some
from tests.oracle.shown import shown, with_tested
from tests.oracle.spans import Spans, spans
from tests.oracle.together import Tie, led, totals, whole


def evaluate(model: Model, query: Query, tables: Tables) -> Answer:
    """Answer a query over raw rows by source name (before `exclude`; structs are dicts).

    Keys: the period's first day when the query has a grain, then one entry per dimension: the
    value or an `Absent` member. Raises `Refused` where the rules give no answer.
    """
    rows = Rows(model, tables)
    if not query.select:
        return members_of(model, query, rows)

    def answer_of(
        query: Query,
        every: tuple[QueryDimension, ...] = (),
        beyond: frozenset[Combo] | None = None,
    ) -> Answer:
        return _Evaluator(model, query, rows, every, beyond).answer()

    settings = model.settings
    answer = with_longer_periods(query, query.grain, settings, answer_of(with_tested(query)))
    answer = shown(query, rows, answer)
    if query.top is not None:
        plain = replace(query, coarser=())
        answer = led(plain, query.top, answer_of(plain), answer_of)
        answer = with_longer_periods(query, query.grain, settings, answer)
    for group in query.totals:
        level = totals(replace(query, totals=(group,)), answer_of)
        answer |= with_longer_periods(query, group.grain, settings, level)
    return answer


class _Evaluator:
    def __init__(
        self,
        model: Model,
        query: Query,
        rows: Rows,
        every: tuple[QueryDimension, ...] = (),
        beyond: frozenset[Combo] | None = None,
        tested: tuple[Query, Shift] | None = None,
    ) -> None:
        """`beyond`: the answer is about what a top list by `every` dimension leaves over. `tested`:
        it is put together for a question, so far back, whose window tells the entities."""
        self.every = every
        self.beyond = beyond
        self.model = model
        self.query = query
        self.tested, self.moved = tested or (query, Shift())
        self.rows = rows
        self.settings = model.settings
        self.asked = Around(() if query.where is None else (query.where,))
        self._leaves: dict[object, Leaf] = {}
        self._entities: dict[object, Callable[[Combo], object]] = {}
        self._periods: dict[object, Answer] = {}
        self._peers: list[Combo] = []
        self.unallocated: Combo = (Absent.UNALLOCATED,) * len(query.by)

    def answer(self) -> Answer:
        parts = [
            part
            for selection in self.query.select
            for part in self._parts(selection.expr, self.asked)
        ]
        self._refuse(parts)
        periods = spans(self.query, self.settings, self._leaves_of(parts))
        groups = self._groups(parts, periods)
        answer: Answer = {}
        for start, combo in groups:
            self._peers = [other for period, other in groups if period == start]
            answer[(*([] if start is None else [start]), *combo)] = {
                selection.name: self._value(selection.expr, self.asked, periods[start], combo)
                for selection in self.query.select
            }
        return answer

    # --- what the query is made of ---------------------------------------------------------

    def _parts(  # noqa: C901 -- a case a kind
        self, expr: MetricExpr, around: Around
    ) -> Iterator[tuple[Part, Around]]:
        """The leaf measures and fixed amounts below a formula, each with what stands around."""
        match expr:
            case MeasureRef():
                told, inside = self._as_declared(expr, around)
                if isinstance(told, MeasureRef):
                    yield self._leaf(told, inside), inside
                else:
                    yield from self._parts(told, inside)
            case MetricRef(name):
                yield from self._parts(self._metric(name), around)
            case FixedAmount():
                refuse_fixed(self.query, expr, around)
                yield expr, around
                if expr.allocate_by is not None and (self.query.by or around.filters):
                    yield from self._parts(expr.allocate_by, replace(around, conversions=()))
            case MetricArithmetic(_, left, right):
                yield from self._parts(left, around)
                yield from self._parts(right, around)
            case MetricNegate(operand) | Rank(operand):
                yield from self._parts(operand, around)
            case MetricCoalesce(items):
                for item in items:
                    yield from self._parts(item, around)
            case Convert() | Filtered() | Prior() | Rolling() | Running() | ToDate():
                yield from self._parts(expr.operand, self._within(expr, around))
            case OverEntities(period=Grain()):
                refuse_periods(self.model, self.query, expr, around)
                yield expr, around
            case OverEntities(operand, _, entity):
                yield from self._parts(operand, replace(around, per=entity))
            case Total(operand):
                # A total has rows where what is totalled has some.
                yield from self._parts(operand, around)
                yield from self._parts(operand, self._totalled(expr, around))

    def _as_declared(
        self, expr: MeasureRef, around: Around
    ) -> tuple[MeasureRef | OverEntities, Around]:
        stock = self.model.sources[expr.source].measures[expr.measure].stock
        return as_declared(expr, stock, around)

    def _totalled(self, expr: Total, around: Around) -> Around:
        kept = range(len(self.query.by)) if around.kept is None else around.kept
        if expr.of is None:
            return replace(around, kept=(), rest=False)
        dropped = set(map(self._one_of, expr.of))
        left = (at for at in kept if self._one_of(self.query.by[at]) not in dropped)
        ranked = self.every and self._one_of(self.every[-1]) not in dropped
        return replace(around, kept=tuple(left), rest=around.rest and bool(ranked))

    def _one_of(self, dimension: QueryDimension) -> str | QueryDimension:
        """What a dimension is one of: the shared one whose values it gives to its source, said by
        whichever name."""
        if dimension.source is None:
            return dimension.name
        own = (dimension.source, dimension.name)
        shared = (each.name for each in self.model.shared.values() if own in each.members.items())
        return dimension if dimension.joins else next(shared, dimension)

    def _within(
        self, expr: Convert | Filtered | Prior | Rolling | Running | ToDate, around: Around
    ) -> Around:
        if isinstance(expr, Prior) and expr.event is not None:
            expr = by_days(expr, self.model.events[expr.event], self.query)
        return within(expr, around)

    def _metric(self, name: str) -> MetricExpr:
        if name in self.model.metrics:
            return self.model.metrics[name].expr
        return self.model.metrics[self.model.kpis[name].metric].expr

    def _leaf(self, reference: MeasureRef, around: Around) -> Leaf:
        kept, asked = (around.kept, around.rest), (around.shift, around.per, around.conversions)
        place = (reference, around.filters, *kept, *asked)
        if place not in self._leaves:
            measure = self.model.sources[reference.source].measures[reference.measure]
            if self.beyond is not None and around.rest:
                every = (*self.every, *around.per)
                leaf = Leaf(self.rows, measure, around.filters, every, self.beyond, around.kept)
            else:
                places = range(len(self.query.by)) if around.kept is None else around.kept
                by = tuple(self.query.by[at] for at in places)
                leaf = Leaf(self.rows, measure, around.filters, (*by, *around.per))
            check_currency(self.model, measure, around.conversions)
            leaf.per = len(around.per)
            leaf.dated = self.query.dated
            leaf.conversions = around.conversions
            leaf.of_entity = self._of_entity(around)
            self._leaves[place] = leaf
        return self._leaves[place]

    def _of_entity(self, around: Around) -> Callable[[EntityValue, Combo], object]:
        """What a metric is of an entity, over the whole window as `prior` moved it (S14)."""
        for predicate in around.filters:
            for wanted in entity_values(predicate):
                place = (wanted, around.shift)
                if place not in self._entities:
                    compared_by = whole(self.tested).compared_by
                    window = self.tested.window
                    query = Query((), wanted.entity, window=window, compared_by=compared_by)
                    inner = _Evaluator(self.model, query, self.rows)
                    shift = self.moved.further(around.shift)
                    self._entities[place] = inner.for_entities(wanted.metric, shift)
        return lambda wanted, entity: self._entities[wanted, around.shift](entity)

    def for_entities(self, metric: MetricExpr, shift: Shift) -> Callable[[Combo], object]:
        """What a metric is of an entity, for a query by what tells one; refused where it is."""
        around = Around(shift=shift)
        self._refuse(list(self._parts(metric, around)))
        (span,) = spans(self.query, self.settings, []).values()
        return lambda entity: self._value(metric, around, span, entity)

    def _refuse(self, parts: Parts) -> None:
        refuse(self.model, self.query, parts)
        for part, around in parts:
            if isinstance(part, OverEntities):
                self._by_period(part, around)

    def _leaves_of(self, parts: Parts) -> list[Leaf]:
        """The leaf measures among parts, those below aggregates over periods included."""
        found = []
        for part, around in parts:
            if isinstance(part, OverEntities):
                below = self._parts(part.operand, replace(around, reach=None))
                found += self._leaves_of(list(below))
            elif isinstance(part, Leaf):
                found.append(part)
        return found

    # --- periods and groups ----------------------------------------------------------------

    def _groups(self, parts: Parts, periods: Spans) -> set[tuple[date | None, Combo]]:
        seen = {
            (start, combo)
            for part, around in parts
            if around.kept is None
            for start, span in periods.items()
            for combo in self._combos(part, around, span)
        }
        if self.query.grain is not None and self.query.sparse:
            return seen
        combos = {combo for _, combo in seen} if self.query.by else {()}
        return {(start, combo) for start in periods for combo in combos}

    def _combos(self, part: Part, around: Around, span: Span | None) -> set[Combo]:
        if isinstance(part, OverEntities):
            found = {combo for combo, _ in self._of_periods(part, around, span)}
            return {combo[: len(combo) - len(around.per)] for combo in found}
        days = self._days(around, span)
        if days is not None and days[0] == days[1]:
            return set()  # an earlier period that there isn't
        if isinstance(part, Leaf):
            found = part.combos(days)
            return {combo[: len(combo) - len(around.per)] for combo in found}
        # Under a filter, what no member bears is not asked for.
        if self.query.where is not None or (
            part.allocate_by is not None
            and (self.query.by or around.filters)
            and self._total(part.allocate_by, around, span)
        ):
            return set()
        return {self.unallocated}

    def _days(self, around: Around, span: Span | None) -> Span | None:
        return around.days(span, self.query, self.settings)

    # --- values ----------------------------------------------------------------------------

    def _value(
        self, expr: MetricExpr, around: Around, span: Span | None, combo: Combo
    ) -> Number | None:
        """The value in the group `combo` of the unshifted period `span`."""
        match expr:
            case MeasureRef():
                return self._measured(expr, around, span, combo)
            case MetricRef(name):
                return self._value(self._metric(name), around, span, combo)
            case Constant(value):
                return value
            case FixedAmount():
                return self._fixed(expr, around, span, combo)
            case MetricArithmetic(op, left, right):
                return arithmetic(
                    op,
                    self._value(left, around, span, combo),
                    self._value(right, around, span, combo),
                )
            case MetricNegate(operand):
                positive = self._value(operand, around, span, combo)
                return None if positive is None else -positive
            case MetricCoalesce(items):
                values = (self._value(item, around, span, combo) for item in items)
                return next((value for value in values if value is not None), None)
            case OverEntities(period=Grain()):
                return self._over_periods(expr, around, span, combo)
            case OverEntities():
                return self._over_entities(expr, around, span, combo)
            case Rank(operand):
                return self._rank(operand, around, span, combo)
            case Total(operand):
                return self._value(operand, self._totalled(expr, around), span, combo)
        return self._value(expr.operand, self._within(expr, around), span, combo)

    def _measured(
        self, expr: MeasureRef, around: Around, span: Span | None, combo: Combo
    ) -> Number | None:
        told, inside = self._as_declared(expr, around)
        if isinstance(told, OverEntities):
            return self._value(told, inside, span, combo)
        own = self._group(inside, combo)
        days = self._days(inside, span)
        moved = inside.own(span, self.query, self.settings)
        value = self._leaf(told, inside).value(days, own, moved)
        assert value is None or isinstance(value, int | float | Decimal)
        return value

    def _group(self, around: Around, combo: Combo) -> Combo:
        """The members that tell a leaf's rows: those of the group that it keeps, and the
        entity's."""
        if around.kept is None:
            return combo
        size = len(combo) - len(around.per)
        return tuple(combo[at] for at in around.kept) + combo[size:]

    def _over_entities(
        self, expr: OverEntities, around: Around, span: Span | None, combo: Combo
    ) -> Number | None:
        """The values of the entities that have rows in the group, aggregated (S10)."""
        values = self._of_entities(expr, around, span, combo)
        return self._aggregated(expr, values, replace(around, per=expr.entity), span)

    def _of_entities(
        self, expr: OverEntities, around: Around, span: Span | None, combo: Combo
    ) -> list[Number | None]:
        inner = replace(around, per=expr.entity)
        group = self._group(around, combo)
        entities = {
            found[len(group) :]
            for part, inside in self._parts(expr.operand, inner)
            for found in self._with_entities(part, inside, span)
            if found[: len(group)] == group
        }
        return [
            self._value(expr.operand, inner, span, combo + entity)
            for entity in entities
            if not any(isinstance(member, Absent) for member in entity)
        ]

    def _aggregated(
        self, expr: OverEntities, values: Sequence[object], inner: Around, span: Span | None
    ) -> Number | None:
        """An aggregate over values; where some leaf is not known there is none, not even of a
        count."""
        if expr.aggregate in {"count", "sum"} and not self._knows_all(expr, inner, span):
            return None
        result = aggregate(expr.aggregate, values, expr.fraction)
        assert result is None or isinstance(result, int | float | Decimal)
        return result

    def _knows_all(self, expr: OverEntities, inner: Around, span: Span | None) -> bool:
        parts = self._parts(expr.operand, inner)
        return all(self._knows(part, inside, span) for part, inside in parts)

    def _knows(self, part: Part, around: Around, span: Span | None) -> bool:
        moved = around.own(span, self.query, self.settings)
        leaves = self._leaves_of([(part, around)])
        return moved is None or all(leaf.knows(moved) for leaf in leaves)

    def _with_entities(self, part: Part, around: Around, span: Span | None) -> set[Combo]:
        if isinstance(part, OverEntities):
            return {combo for combo, _ in self._of_periods(part, around, span)}
        assert isinstance(part, Leaf)
        return part.combos(self._days(around, span))

    def _over_periods(
        self, expr: OverEntities, around: Around, span: Span | None, combo: Combo
    ) -> Number | None:
        """The values of all periods within the period of the group, aggregated (S10, S17); of a
        period that isn't known none, whatever it reaches over (S13)."""
        values, inner = self._in_group(expr, around, span, combo), replace(around, reach=None)
        if around.reach is not None and not self._knows_all(expr, inner, span):
            return None
        return self._aggregated(expr, values, inner, span)

    def _in_group(
        self, expr: OverEntities, around: Around, span: Span | None, combo: Combo
    ) -> list[object]:
        own = self._group(around, combo)
        return [value for group, value in self._of_periods(expr, around, span) if group == own]

    def _of_periods(
        self, expr: OverEntities, around: Around, span: Span | None
    ) -> Iterator[tuple[Combo, object]]:
        """The members and the value of each cell of the answer by period that is in a span."""
        grain = self.query.grain
        assert not isinstance(grain, DayPart)
        days = None if around.reach is None else self._days(around, span)
        for (first, *members), row in self._by_period(expr, around).items():
            assert isinstance(first, date)
            if days is not None:
                if not days[0] <= first < days[1]:
                    continue
            elif span is not None and grain is not None:
                whole = bucket(span[0], grain, self.settings)
                if not whole[0] <= first < whole[1]:
                    continue
            yield tuple(members), row["x"]

    def _by_period(self, expr: OverEntities, around: Around) -> Answer:
        """The answer by the period that an aggregate is over."""
        metric = expr.operand
        for of, into in around.conversions:
            metric = Convert(metric, into, of)
        for predicate in around.filters:
            metric = Filtered(metric, predicate)
        kept = (around.kept, around.rest)
        place = (metric, expr.period, *kept, around.shift, around.reach, around.per)
        if self.beyond is not None and (around.per or (around.rest and around.kept is not None)):
            raise Tie  # what is left over is not looked into here
        if place not in self._periods:
            places = range(len(self.query.by)) if around.kept is None else around.kept
            query = replace(
                self.query,
                select=(Selection("x", metric),),
                by=(*(self.query.by[at] for at in places), *around.per),
                grain=expr.period,
                window=self._reached(around),
                where=None,  # it is one of the filters around
                sparse=False,
                compared_by=None,
            )
            beyond = self.beyond if around.kept is None else None
            tested = (self.tested, self.moved.further(around.shift))
            inner = _Evaluator(self.model, query, self.rows, self.every, beyond, tested)
            self._periods[place] = inner.answer()
        return self._periods[place]

    def _reached(self, around: Around) -> Window | None:
        """The window with all days that its periods reach over."""
        if around.reach is None or self.query.window is None:
            return self.query.window
        every = [self._days(around, span) for span in spans(self.query, self.settings, []).values()]
        known = [days for days in every if days is not None and days[0] < days[1]]
        if not known and self.query.grain is None:
            raise Refused("the calendar has no partner of these days")
        if not known:
            return self.query.window
        return Window(min(days[0] for days in known), max(days[1] for days in known))

    def _rank(
        self, operand: MetricExpr, around: Around, span: Span | None, combo: Combo
    ) -> int | None:
        """A row's place among those that have something of their own to compare (S1)."""
        own = self._value(operand, around, span, combo)
        if own is None or self.beyond is not None or not self._rests(operand, around, span, combo):
            return None
        others = [
            self._value(operand, around, span, other)
            for other in self._peers
            if self._rests(operand, around, span, other)
        ]
        return 1 + sum(other > own for other in others if other is not None)

    def _rests(  # noqa: C901, PLR0911 -- a case a kind
        self, expr: MetricExpr, around: Around, span: Span | None, combo: Combo
    ) -> bool:
        """Whether a formula counts something in a group by itself, as a total does not."""
        match expr:
            case Constant() | Total():
                return False
            case MeasureRef():
                told, inside = self._as_declared(expr, around)
                if isinstance(told, OverEntities):
                    return self._rests(told, inside, span, combo)
                own = self._group(inside, combo)
                return self._leaf(told, inside).counts_some(self._days(inside, span), own)
            case MetricRef(name):
                return self._rests(self._metric(name), around, span, combo)
            case FixedAmount(allocate_by=weight):
                if combo in self._combos(expr, around, span):
                    return True
                if weight is None or not (self.query.by or around.filters):
                    return False
                return self._rests(weight, around, span, combo)
            case MetricArithmetic(_, left, right):
                return any(self._rests(part, around, span, combo) for part in (left, right))
            case MetricNegate(operand) | Rank(operand):
                return self._rests(operand, around, span, combo)
            case MetricCoalesce(items):
                return any(self._rests(item, around, span, combo) for item in items)
            case OverEntities(period=Grain()):
                return counts_some(expr.aggregate, self._in_group(expr, around, span, combo))
            case OverEntities():
                return counts_some(expr.aggregate, self._of_entities(expr, around, span, combo))
        return self._rests(expr.operand, self._within(expr, around), span, combo)

    def _fixed(
        self, amount: FixedAmount, around: Around, span: Span | None, combo: Combo
    ) -> Number | None:
        """Decision 13: by the day, on the unallocated line or in proportion to a metric."""
        days = self._days(around, span)
        assert days is not None
        if days[0] == days[1]:
            return None
        whole = float(accrued(Fraction(amount.amount), amount.per, days))
        rest = combo == self.unallocated
        if amount.allocate_by is None or not (self.query.by or around.filters):
            return whole if rest else 0.0
        total = self._total(amount.allocate_by, around, span)
        if not total:
            return whole if rest and not around.filters else 0.0
        part = self._value(amount.allocate_by, around, span, combo)
        return whole * float(Fraction(part or 0) / total)

    def _total(self, metric: MetricExpr, around: Around, span: Span | None) -> Fraction:
        """The unfiltered metric, added up over all its members."""
        free = replace(around, filters=())
        combos: set[Combo] = set() if self.query.by else {()}
        for part, inner in self._parts(metric, free):
            if isinstance(part, Leaf):
                combos |= part.combos(self._days(inner, span))
        values = [self._value(metric, free, span, combo) for combo in combos]
        return sum((Fraction(value) for value in values if value is not None), Fraction(0))
