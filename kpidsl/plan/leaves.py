"""From metric expressions to leaf measures and formulas over them (S5, S9, S12, S14)."""

from __future__ import annotations

from dataclasses import dataclass

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
from kpidsl.model.project import Model
from kpidsl.model.sources import Measure
from kpidsl.plan.naming import Names
from kpidsl.plan.nodes import (
    AccrualValue,
    FirstKnown,
    Formula,
    LeafValue,
    Negation,
    Number,
    Operation,
    Shift,
)
from kpidsl.plan.refusal import Refused
from kpidsl.text.diagnostic import error


@dataclass(frozen=True, slots=True)
class LeafSpec:
    """A measure as one formula needs it. `total`: per period alone, free of filters."""

    measure: MeasureRef
    predicates: tuple[RowExpr, ...]
    shift: Shift
    total: bool


@dataclass(frozen=True, slots=True)
class AccrualSpec:
    """A fixed amount as one formula needs it, with its allocation's formulas."""

    amount: FixedAmount
    shift: Shift
    weight: Formula | None
    total: Formula | None


class Expansion:
    """Replaces metrics by their formulas and gathers the leaves, each once.

    Column names are those of the measures, numbered where they would clash. `split`: the
    question has dimensions or a filter, so that allocation matters.
    """

    def __init__(self, model: Model, names: Names, *, split: bool) -> None:
        self._model = model
        self._split = split
        self._names = names
        self.leaves: dict[LeafSpec, str] = {}
        self.accruals: dict[AccrualSpec, str] = {}

    def measure(self, ref: MeasureRef) -> Measure:
        return self._model.sources[ref.source].measures[ref.measure]

    def formula(
        self,
        expr: MetricExpr,
        predicates: tuple[RowExpr, ...] = (),
        shift: Shift = Shift(),  # noqa: B008  (frozen)
        total: bool = False,
    ) -> Formula:
        """Return the formula of a metric expression under the predicates around it."""

        def inner(part: MetricExpr) -> Formula:
            return self.formula(part, predicates, shift, total)

        match expr:
            case MeasureRef():
                return self._leaf(LeafSpec(expr, predicates, shift, total))
            case MetricRef(name):
                return inner(self._model.metrics[name].expr)
            case Constant(value):
                return Number(value)
            case FixedAmount():
                return self._accrual(expr, predicates, shift, total)
            case MetricArithmetic(op, left, right):
                return Operation(op, inner(left), inner(right))
            case MetricNegate(operand):
                return Negation(inner(operand))
            case MetricCoalesce(items):
                return FirstKnown(tuple(inner(item) for item in items))
            case Filtered(operand, predicate):
                return self.formula(operand, (*predicates, predicate), shift, total)
            case Prior(operand, months, days):
                back = Shift(shift.months + months, shift.days + days)
                return self.formula(operand, predicates, back, total)

    def _leaf(self, spec: LeafSpec) -> LeafValue:
        measure = self.measure(spec.measure)
        if spec not in self.leaves:
            self.leaves[spec] = self._names.unused(spec.measure.measure)
        return LeafValue(
            self.leaves[spec],
            measure.zero_when_empty,
            spec.measure.source,
            spec.shift,
            spec.total,
        )

    def _accrual(
        self, amount: FixedAmount, predicates: tuple[RowExpr, ...], shift: Shift, total: bool
    ) -> AccrualValue:
        weight = whole = None
        allocated = amount.allocate_by is not None and not total
        if allocated and not self._split and not predicates:
            allocated = False
        if allocated:
            assert amount.allocate_by is not None
            weight = self.formula(amount.allocate_by, predicates, shift)
            whole = self.formula(amount.allocate_by, (), shift, total=True)
            self._require_additive(weight)
        elif predicates and not total:
            raise Refused(
                error(
                    "K461",
                    f"a fixed amount of {amount.amount:,f} {amount.currency} has no dimension "
                    "to filter by",
                    help="allocate it: `{ allocate_by: METRIC }`",
                )
            )
        spec = AccrualSpec(amount, shift, weight, whole)
        if spec not in self.accruals:
            self.accruals[spec] = self._names.unused("fixed")
        return AccrualValue(self.accruals[spec])

    def _require_additive(self, weight: Formula) -> None:
        """Shares of a total add up to one only when the weights add up to it (S10)."""
        for leaf in leaves_of(weight):
            spec = next(spec for spec, column in self.leaves.items() if column == leaf.column)
            measure = self.measure(spec.measure)
            if measure.aggregate not in {"sum", "count"} or measure.once_per:
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


def leaves_of(formula: Formula) -> list[LeafValue]:
    """Return the leaves of a formula from left to right."""
    match formula:
        case LeafValue():
            return [formula]
        case Operation(_, left, right):
            return leaves_of(left) + leaves_of(right)
        case Negation(operand):
            return leaves_of(operand)
        case FirstKnown(items):
            return [leaf for item in items for leaf in leaves_of(item)]
        case AccrualValue() | Number():
            return []
