"""Random formulas and conditions over the measures of the sources that a query asks for."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from kpidsl.model import expr as e
from kpidsl.model.periods import Grain
from kpidsl.model.purpose import Metric
from kpidsl.model.sources import Aggregate, Measure
from tests.oracle.draws import Draw, Kind, chance, pick, predicate
from tests.oracle.invent import World

Typed = tuple[Kind, e.QueryDimension]
Months = int
Days = int

ROLLS: tuple[tuple[Months, Days], ...] = (
    (0, 1),
    (0, 7),
    (0, 28),
    (0, 365),
    (1, 0),
    (3, 0),
    (12, 0),
)
"""How long a rolling window is."""


EXACT = {
    Aggregate.SUM,
    Aggregate.COUNT,
    Aggregate.COUNT_DISTINCT,
    Aggregate.MIN,
    Aggregate.MAX,
}
"""What makes no fraction of whole numbers."""
OVER_ENTITIES = ("avg", "avg", "median", "percentile", "min", "max", "sum", "count", "stddev")


class Formulas:
    """Draws formulas over the measures of the sources asked for."""

    def __init__(
        self,
        draw: Draw,
        world: World,
        asked: list[str],
        dimensions: list[Typed],
        shifts: tuple[tuple[Months, Days], ...],
        by: list[Typed],
        ended: bool,
    ) -> None:
        self.draw = draw
        self.dimensions = dimensions
        self.shifts = shifts
        self.by = by
        self.ended = ended
        self.sources = world.model.sources
        self.timed = all(world.model.sources[name].time for name in asked)
        self.measures = [
            e.MeasureRef(source, measure)
            for source in asked
            for measure in world.model.sources[source].measures
        ]
        self.metrics: dict[str, Metric] = {}
        self.conditions = dimensions
        """What conditions are about."""
        self.periods: tuple[Grain, ...] = tuple(Grain)
        self.events: tuple[str, ...] = ()
        self.ranks = True
        """Whether there may be ranks, which have no totals."""
        self.fixed = bool(shifts)
        """Whether there may be fixed amounts."""

    def leave_out(self, wanted: Callable[[Measure], object]) -> None:
        """Leave out some of the measures."""
        self.measures = [ref for ref in self.measures if not wanted(self._measure(ref))]

    def _measure(self, ref: e.MeasureRef) -> Measure:
        return self.sources[ref.source].measures[ref.measure]

    def _exact(self, ref: e.MeasureRef) -> bool:
        return self._measure(ref).aggregate is Aggregate.COUNT

    def condition(self, *, timed: bool) -> e.RowExpr:
        """A filter over dimensions, and now and then over what a metric is of each entity."""
        options: list[tuple[Kind, e.RowExpr]] = list(self.conditions)
        exact = self.exact()
        if exact and chance(self.draw, 30):
            options = [("int", self._entity_value(exact)), pick(self.draw, options)]
        return predicate(self.draw, options, timed=timed)

    def _entity_value(self, exact: list[e.MeasureRef]) -> e.EntityValue:
        metric: e.MetricExpr = pick(self.draw, exact)
        match pick(self.draw, ("measure", "measure", "sum", "filtered", "prior")):
            case "sum":
                metric = e.MetricArithmetic(pick(self.draw, "+-"), metric, pick(self.draw, exact))
            case "filtered":
                condition = predicate(self.draw, self.conditions, timed=False)
                metric = e.Filtered(metric, condition)
            case "prior" if self.shifts:
                metric = e.Prior(metric, *pick(self.draw, self.shifts))
        return e.EntityValue(metric, self._entity())

    def _ranked(self) -> e.MetricExpr:
        """Something whose values are whole numbers, so that no engine takes equal ones for
        different ones."""
        counts = [ref for ref in self.measures if self._exact(ref)]
        count: e.MetricExpr = pick(self.draw, counts)
        match pick(self.draw, ("count", "negative", "difference", "share", "filtered", "entities")):
            case "negative":
                return e.MetricNegate(count)
            case "difference":
                return e.MetricArithmetic("-", count, pick(self.draw, counts))
            case "share":
                return e.MetricArithmetic("-", count, e.Total(pick(self.draw, counts)))
            case "filtered" if self.conditions:
                return e.Filtered(e.MetricNegate(count), self.condition(timed=self.timed))
            case "entities" if self.dimensions:
                aggregate = pick(self.draw, ("sum", "count", "min", "max"))
                return e.MetricNegate(e.OverEntities(count, aggregate, self._entity()))
        return count

    def _over_entities(self, depth: int) -> e.OverEntities:
        aggregate = pick(self.draw, OVER_ENTITIES)
        share = Decimal("0.9") if aggregate == "percentile" else None
        if not self.dimensions or (self.timed and self.periods and depth > 1):
            period = pick(self.draw, self.periods or (Grain.DAY,))
            return e.OverEntities(self._of_one(), aggregate, (), share, period)
        return e.OverEntities(self._of_one(), aggregate, self._entity(), share)

    def _of_one(self) -> e.MetricExpr:
        """What a single entity has a value of."""
        kinds = ("measure", "measure", "arithmetic", "filtered", "prior", "reach")
        match pick(self.draw, kinds):
            case "arithmetic":
                left, right = pick(self.draw, self.measures), pick(self.draw, self.measures)
                return e.MetricArithmetic(pick(self.draw, "+-/"), left, right)
            case "filtered" if self.conditions:
                condition = self.condition(timed=self.timed)
                return e.Filtered(pick(self.draw, self.measures), condition)
            case "prior" if self.shifts:
                return e.Prior(pick(self.draw, self.measures), *pick(self.draw, self.shifts))
            case "reach" if self.ended:
                return self._reaching(pick(self.draw, self.measures))
        measure: e.MeasureRef = pick(self.draw, self.measures)
        return measure

    def _entity(self) -> tuple[e.QueryDimension, ...]:
        named = list(dict.fromkeys(dimension for _, dimension in self.dimensions))
        size = pick(self.draw, (1, 1, 1, 2))
        found = [pick(self.draw, named) for _ in range(size)]
        return tuple(dict.fromkeys(found))

    def exact(self) -> list[e.MeasureRef]:
        """The measures that are told from a whole number without a doubt."""
        return [ref for ref in self.measures if self._is_exact(ref)]

    def _is_exact(self, ref: e.MeasureRef) -> bool:
        """Whether a measure is told from a whole number without a doubt."""
        measure = self._measure(ref)
        divides = isinstance(measure.operand, e.Arithmetic) and measure.operand.op == "/"
        return measure.aggregate in EXACT and not divides

    def _over_days(self, depth: int) -> e.MetricExpr:
        levels = self._levels()
        if not levels or chance(self.draw, 25):
            return self._reaching(self._still(depth))
        days = e.Rolling(pick(self.draw, levels), *pick(self.draw, ROLLS))
        return days if chance(self.draw, 70) else e.ToDate(days.operand, Grain.MONTH)

    def _levels(self) -> list[e.MeasureRef]:
        """The levels that say what they are over several days (S11)."""
        stocks = ((ref, self._measure(ref).stock) for ref in self.measures)
        return [ref for ref, stock in stocks if stock is not None and stock.rolling is not None]

    def _reaching(self, inner: e.MetricExpr) -> e.MetricExpr:
        match pick(self.draw, ("rolling", "running", "to_date")):
            case "rolling":
                return e.Rolling(inner, *pick(self.draw, ROLLS))
            case "running":
                return e.Running(inner)
        return e.ToDate(inner, pick(self.draw, tuple(Grain)))

    def _weight(self) -> e.MetricExpr:
        """What a fixed amount is allocated by: often what adds up, as it must."""
        weight: e.MetricExpr = pick(self.draw, self.measures)
        if chance(self.draw, 30):
            right = pick(self.draw, (*self.measures, e.Constant(Decimal("2.5"))))
            return e.MetricArithmetic(pick(self.draw, "+--*/"), weight, right)
        return weight

    def _still(self, depth: int) -> e.MetricExpr:
        """A formula for one that looks at other days: hardly ever one that does so, too, or that
        has levels."""
        if chance(self.draw, 10):
            return self.formula(depth)
        before = self.shifts, self.ended, self.measures
        self.shifts, self.ended = (), False
        flows = [ref for ref in self.measures if self._measure(ref).stock is None]
        self.measures = flows or self.measures
        found = self.formula(depth)
        self.shifts, self.ended, self.measures = before
        return found

    def _prior(self, inner: e.MetricExpr) -> e.MetricExpr:
        if self.events and chance(self.draw, 70):
            months = pick(self.draw, (12, 12, 12, 24))
            return e.Prior(inner, months, 0, pick(self.draw, self.events))
        return e.Prior(inner, *pick(self.draw, self.shifts))

    def formula(  # noqa: C901 -- a case a kind
        self, depth: int
    ) -> e.MetricExpr:
        kinds = ["measure"] * 4
        if depth:
            kinds += ["arithmetic"] * 3 + ["negate", "coalesce", "metric"]
            kinds += ["filtered"] * 2 * bool(self.conditions) + ["prior"] * (
                2 + 6 * bool(self.events)
            ) * bool(self.shifts)
            kinds += ["fixed"] * 5 * self.fixed + ["reach"] * 6 * self.ended
            kinds += ["total"] * 2 + ["rank"] * self.ranks
            kinds += ["over entities"] * 4 * bool(self.dimensions or (self.timed and self.periods))
        match pick(self.draw, kinds):
            case "arithmetic":
                op = pick(self.draw, "+-*//")
                right = self.formula(depth - 1)
                if chance(self.draw, 20):
                    right = e.Constant(pick(self.draw, (Decimal(0), Decimal("2.5"))))
                return e.MetricArithmetic(op, self.formula(depth - 1), right)
            case "negate":
                return e.MetricNegate(self.formula(depth - 1))
            case "coalesce":
                other: e.MetricExpr = e.Constant(pick(self.draw, (Decimal(7), Decimal("0.125"))))
                if chance(self.draw, 40):
                    other = self.formula(depth - 1)
                return e.MetricCoalesce((self.formula(depth - 1), other))
            case "metric":
                inner = self.formula(depth - 1)
                name = f"metric {len(self.metrics)}"
                self.metrics[name] = Metric(name=name, expr=inner)
                return e.MetricRef(name)
            case "filtered":
                condition = self.condition(timed=self.timed)
                return e.Filtered(self.formula(depth - 1), condition)
            case "prior":
                return self._prior(self.formula(depth - 1))
            case "reach":
                return self._over_days(depth - 1)
            case "total":
                named = [dimension for _, dimension in self.by]
                of = pick(self.draw, (None, *((each,) for each in named)))
                before, self.ranks = self.ranks, False
                total = e.Total(self.formula(depth - 1), of)
                self.ranks = before
                return total
            case "rank":
                return e.Rank(self._ranked())
            case "over entities":
                return self._over_entities(depth)
            case "fixed":
                per = pick(self.draw, ("day", "week", "month", "quarter", "year"))
                by = self._weight() if chance(self.draw, 40) else None
                return e.FixedAmount(Decimal("1200.50"), "USD", per, by)
        reference: e.MeasureRef = pick(self.draw, self.measures)
        return reference
