"""From metric expressions to leaf measures and formulas over them (S5, S9, S10, S12, S14, S16)."""

from __future__ import annotations

from dataclasses import dataclass, replace

from kpidsl.model.expr import (
    Constant,
    Convert,
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
    RowExpr,
    Running,
    ToDate,
    Total,
)
from kpidsl.model.moments import DayPart
from kpidsl.model.periods import Grain
from kpidsl.model.project import Model
from kpidsl.model.sources import COUNTS, Aggregate, Measure
from kpidsl.plan.conversion import Conversion, Conversions, unconverted
from kpidsl.plan.events import from_event_to_event
from kpidsl.plan.formulas import (
    AccrualValue,
    FirstKnown,
    Formula,
    LeafValue,
    Negation,
    Number,
    Operation,
    Over,
    Place,
    RegroupValue,
    Value,
    is_sum,
)
from kpidsl.plan.looking import beyond_part_of_day, look_of
from kpidsl.plan.looks import Look, Reach, Shift
from kpidsl.plan.naming import Names
from kpidsl.plan.query import Query
from kpidsl.plan.refusal import Refused
from kpidsl.text.diagnostic import error


@dataclass(frozen=True, slots=True)
class Around:
    """What the formula around a part says of it: filters (S14), how far back it looks (S19), from
    when on it counts (S18), over which groups, and in which currency (S26)."""

    predicates: tuple[RowExpr, ...] = ()
    shift: Shift = Shift()
    reach: Reach | None = None
    over: Over | None = None
    conversions: tuple[Conversion, ...] = ()


@dataclass(frozen=True, slots=True)
class LeafSpec:
    """A measure as one formula needs it."""

    measure: MeasureRef
    around: Around


@dataclass(frozen=True, slots=True)
class RegroupSpec:
    """An aggregate over entities as one formula needs it."""

    expr: OverEntities
    around: Around


@dataclass(frozen=True, slots=True)
class AccrualSpec:
    """A fixed amount as one formula needs it, with its allocation's formulas; `filtered` where the
    formula keeps some members only."""

    amount: FixedAmount
    look: Look
    weight: Formula | None
    total: Formula | None
    filtered: bool


class Expansion:
    """Replaces metrics by their formulas and gathers the leaves, each once.

    Column names are those of the measures, `_prior` where they look back and `_total` where they
    are over other groups than the rows', numbered where they would clash.
    """

    def __init__(
        self,
        model: Model,
        names: Names,
        query: Query,
        conversions: Conversions,
        ranked: QueryDimension | None,
    ) -> None:
        self._model = model
        self._conversions = conversions
        self._query = query
        self._by = query.by
        self._ranked = ranked
        self._split = bool(query.by) or query.where is not None
        self._names = names
        self.leaves: dict[LeafSpec, str] = {}
        self.accruals: dict[AccrualSpec, str] = {}
        self.regroups: dict[RegroupSpec, RegroupValue] = {}
        self._looks: dict[tuple[Shift, Reach | None], Look] = {}

    def measure(self, spec: LeafSpec) -> Measure:
        return self._conversions.measure(spec.measure, spec.around.conversions)

    def formula(  # noqa: C901, PLR0911 -- a case a kind
        self, expr: MetricExpr, around: Around = Around()
    ) -> Formula:
        """Return the formula of a metric expression within what stands around it."""

        def inner(part: MetricExpr) -> Formula:
            return self.formula(part, around)

        match expr:
            case MeasureRef():
                return self._measured(expr, around)
            case MetricRef(name):
                return inner(self._model.metrics[name].expr)
            case Constant(value, currency):
                if value and currency is not None:
                    unconverted(currency, around.conversions, f"{value:,f} {currency}")
                return Number(value)
            case FixedAmount():
                return self._accrual(expr, around)
            case MetricArithmetic(op, left, right):
                return Operation(op, inner(left), inner(right))
            case MetricNegate(operand):
                return Negation(inner(operand))
            case MetricCoalesce(items):
                return FirstKnown(tuple(inner(item) for item in items))
            case Filtered(operand, predicate):
                predicates = (*around.predicates, predicate)
                return self.formula(operand, replace(around, predicates=predicates))
            case Convert(operand, into, of):
                conversions = ((of, into), *around.conversions)
                return self.formula(operand, replace(around, conversions=conversions))
            case Rank(operand):
                return Place(inner(operand))
            case Total(operand, of):
                inner(operand)  # the members to stand in the rows are those of the operand itself
                return self.formula(operand, replace(around, over=self._over(around.over, of)))
            case OverEntities():
                return self._regrouped(RegroupSpec(expr, around))
            case _:
                return self.formula(expr.operand, self._in_time(expr, around))

    def _in_time(self, expr: Prior | Rolling | Running | ToDate, around: Around) -> Around:
        if around.reach is not None:
            raise Refused(
                error(
                    "K473",
                    "`rolling`, `running` and `to_date` are not taken of each other or of `prior`",
                    help="take `prior` of the rolling value: `prior(rolling(x, 28d), 1y)`",
                )
            )
        match expr:
            case Prior(_, months, _, str(name)):
                event, window = self._model.events[name], self._query.window
                shift = from_event_to_event(event, months // 12, window)
                return replace(around, shift=around.shift + shift)
            case Prior(_, months, days):
                return replace(around, shift=around.shift + Shift(months, days))
            case Rolling(_, months, days):
                return replace(around, reach=Reach(months, days))
            case Running():
                return replace(around, reach=Reach())
            case ToDate(_, grain):
                return replace(around, reach=Reach(since=grain))

    def _over(self, outer: Over | None, of: tuple[QueryDimension, ...] | None) -> Over:
        """Return the groups that a total keeps: those of the total around it, less its own."""
        kept = range(len(self._by)) if outer is None else outer.kept
        if of is None:
            return Over()
        dropped = {self.meant(item) for item in of}
        left = tuple(place for place in kept if self.meant(self._by[place]) not in dropped)
        ranked = self._ranked if outer is None or outer.rest else None
        return Over(left, rest=ranked is not None and self.meant(ranked) not in dropped)

    def meant(self, dimension: QueryDimension) -> QueryDimension:
        """Return the shared dimension that a source's own is a member of, or itself."""
        if dimension.source is None or dimension.joins:
            return dimension
        shared = self._model.sources[dimension.source].dimensions[dimension.name].shared
        return dimension if shared is None else QueryDimension(shared)

    def _measured(self, ref: MeasureRef, around: Around) -> LeafValue | RegroupValue:
        """Return the value of a measure: a level over several days is that of the last of them, or
        the average of all, as it says (S11)."""
        spec, reach = LeafSpec(ref, around), around.reach
        stock = self.measure(spec).stock
        if stock is None or reach is None or not reach.is_bounded or stock.rolling is None:
            return self._leaf(spec)
        if stock.rolling == "last":
            return self._leaf(LeafSpec(ref, replace(around, reach=None)))
        average = OverEntities(ref, Aggregate.AVG.value, (), None, Grain.DAY)
        return self._regrouped(RegroupSpec(average, around))

    def _leaf(self, spec: LeafSpec) -> LeafValue:
        measure = self.measure(spec)
        if spec not in self.leaves:
            prior = "_prior" if spec.around.shift else ""
            total = "_total" if spec.around.over is not None else ""
            self.leaves[spec] = self._names.unused(f"{spec.measure.measure}{prior}{total}")
        return LeafValue(
            self.leaves[spec],
            measure.zero_when_empty,
            spec.measure.source,
            self.look(spec),
            spec.around.over,
            measure.aggregate in COUNTS,
        )

    def _regrouped(self, spec: RegroupSpec) -> RegroupValue:
        """Return the value of an aggregate over entities. Which leaves are below their values is
        told by expanding these apart: they are grouped by entity, and no leaves of this answer."""
        if spec not in self.regroups:
            column = self._names.unused(f"{spec.expr.aggregate}_of_entities")
            apart = Expansion(self._model, Names(), self._query, self._conversions, self._ranked)
            inside = replace(spec.around, over=None)
            reaches = spec.expr.period is not None and inside.reach is not None
            if reaches:  # whose days each value is of
                inside = replace(inside, reach=None)
            values = apart.formula(spec.expr.operand, inside)
            zero = spec.expr.aggregate in {Aggregate.SUM, Aggregate.COUNT}
            leaves = tuple(leaves_of(values))
            counts = spec.expr.aggregate == Aggregate.COUNT
            over = spec.around.over
            self.regroups[spec] = RegroupValue(column, zero, leaves, over, counts, reaches)
        return self.regroups[spec]

    def look(self, spec: LeafSpec) -> Look:
        stock = self.measure(spec).stock
        if stock is None:
            return self._look(spec.around)
        if spec.around.reach is not None:
            raise Refused(
                error(
                    "K475",
                    f"`{spec.measure.measure}` is a level, which is not added up over time",
                    help="say what it is over several days: `rolling: last`, or `average`"
                    if spec.around.reach.is_bounded
                    else "ask for the level itself: it stands at the end of each period",
                )
            )
        if isinstance(self._query.grain, DayPart):
            what = f"`{spec.measure.measure}`, a level at the end of a day,"
            raise Refused(beyond_part_of_day(self._query.grain, what))
        return self._look(replace(spec.around, reach=Reach(days=stock.stale_days or 0)))

    def _look(self, around: Around) -> Look:
        calendar = self._model.settings.calendar
        at = (around.shift, around.reach)
        if at not in self._looks:
            self._looks[at] = look_of(self._query, calendar, *at)
        return self._looks[at]

    # --- fixed amounts ---------------------------------------------------------------------

    def _accrual(self, amount: FixedAmount, around: Around) -> AccrualValue:
        if isinstance(self._query.grain, DayPart):
            raise Refused(
                beyond_part_of_day(self._query.grain, "a fixed amount, which accrues by the day,")
            )
        text = f"a fixed amount of {amount.amount:,f} {amount.currency}"
        unconverted(amount.currency, around.conversions, text)
        around = replace(around, conversions=())
        look, reach = self._look(around), around.reach
        if around.over is not None or (reach is not None and not reach.is_bounded):
            raise Refused(
                error(
                    "K474",
                    f"{text} has "
                    + ("no total over groups" if around.over is not None else "no first day"),
                    help="leave it out of `total`, `share`, `running`; `to_date` has a first day",
                )
            )
        weight = whole = None
        if amount.allocate_by is not None and (self._split or around.predicates):
            weight = self.formula(amount.allocate_by, around)
            self._require_additive(weight)
            everyone = replace(around, predicates=(), over=Over(filtered=False))
            whole = self.formula(amount.allocate_by, everyone)
        elif around.predicates:
            raise Refused(
                error(
                    "K461",
                    f"{text} has no dimension to filter by",
                    help="allocate it: `{ allocate_by: METRIC }`",
                )
            )
        spec = AccrualSpec(amount, look, weight, whole, bool(around.predicates))
        if spec not in self.accruals:
            self.accruals[spec] = self._names.unused("fixed")
        return AccrualValue(self.accruals[spec], look)

    def _require_additive(self, weight: Formula) -> None:
        """Shares of a total add up to one only when the weights add up to it (S10)."""
        measures = {column: self.measure(spec) for spec, column in self.leaves.items()}
        parts = parts_of(weight)
        for measure in (measures[part.column] for part in parts if isinstance(part, LeafValue)):
            additive = measure.aggregate in {Aggregate.SUM, Aggregate.COUNT}
            if not additive or measure.once_per:
                raise Refused(
                    error(
                        "K462",
                        f"`{measure.name}` can't allocate a fixed amount: its parts don't add "
                        "up to its total",
                        measure.span,
                        label="not additive",
                        help="allocate by a sum or a count",
                    )
                )
        of_rows = all(isinstance(part, LeafValue) and part.over is None for part in parts)
        if not (of_rows and is_sum(weight)):
            raise Refused(
                error(
                    "K462",
                    "a fixed amount is allocated by a formula whose parts don't add up to its "
                    "total",
                    help="allocate by a sum or a count, or by sums and differences of them",
                )
            )


def leaves_of(formula: Formula) -> list[LeafValue]:
    """Return the leaves of a formula from left to right, with those below aggregates over
    entities."""
    return [value for value in timed_values(formula) if isinstance(value, LeafValue)]


def timed_values(formula: Formula) -> list[LeafValue | AccrualValue]:
    """Return the leaves and fixed amounts of a formula from left to right."""
    found: list[LeafValue | AccrualValue] = []
    for part in parts_of(formula):
        match part:
            case LeafValue() | AccrualValue():
                found.append(part)
            case RegroupValue(leaves=leaves):
                found += leaves
    return found


def parts_of(formula: Formula) -> list[Value]:
    """Return what a formula combines from left to right."""
    match formula:
        case LeafValue() | AccrualValue() | RegroupValue():
            return [formula]
        case Operation(_, left, right):
            return parts_of(left) + parts_of(right)
        case Negation(operand) | Place(operand):
            return parts_of(operand)
        case FirstKnown(items):
            return [value for item in items for value in parts_of(item)]
        case Number():
            return []
