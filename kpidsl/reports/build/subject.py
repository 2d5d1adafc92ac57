"""What a page can speak of: a KPI, a metric or an ROI, in one shape."""

from __future__ import annotations

from dataclasses import dataclass

from kpidsl.model.expr import (
    Applied,
    Constant,
    FixedAmount,
    MeasureRef,
    MetricArithmetic,
    MetricCoalesce,
    MetricExpr,
    MetricRef,
    OverEntities,
    Rank,
    Rolling,
    Running,
    ToDate,
    Total,
)
from kpidsl.model.leaves import leaf_sources, parts_of
from kpidsl.model.project import Model
from kpidsl.model.purpose import Kpi, Metric, Roi
from kpidsl.model.sources import COUNTS, Aggregate
from kpidsl.reports.build.figures import page_unit
from kpidsl.reports.values import Better, Unit


@dataclass(frozen=True, slots=True)
class Subject:
    """`expr` asks for its value; `plan` for its planned one (S27). `sources` are those of its
    measures, by name."""

    name: str
    title: str
    expr: MetricExpr
    metric: Metric
    unit: Unit
    better: Better | None
    sources: tuple[str, ...]
    kpi: Kpi | None = None
    roi: Roi | None = None
    plan: MetricExpr | None = None

    @property
    def benchmark(self) -> str | None:
        known = self.kpi or self.roi
        return known.benchmark if known else None

    @property
    def owner(self) -> str:
        known = self.kpi or self.roi
        return known.owner if known else ""


def subject_of(name: str, model: Model) -> Subject:
    """Return the subject of a name that the model has."""
    kpi, roi = model.kpis.get(name), model.rois.get(name)
    member = kpi.metric if kpi else f"{name}.roi" if roi else name
    metric = model.metrics[member]
    better: Better | None = "higher" if roi else None
    if kpi and kpi.better:
        better = kpi.better.value
    return Subject(
        name,
        (kpi or roi or metric).title,
        MetricRef(member),
        metric,
        page_unit(metric.unit, percent=metric.percent, per=kpi.per if kpi else ""),
        better,
        sources_of(MetricRef(member), model),
        kpi,
        roi,
        _plan(kpi, model),
    )


def sources_of(expr: MetricExpr, model: Model) -> tuple[str, ...]:
    """Return the names of the sources below a formula, sorted."""
    return tuple(sorted(leaf_sources(expr, model.metrics)))


def unfolded(expr: MetricExpr, model: Model) -> MetricExpr:
    """Replace a mere name of a metric by that metric's own formula."""
    while isinstance(expr, MetricRef):
        expr = model.metrics[expr.name].expr
    return expr


def ratio_parts(expr: MetricExpr, model: Model) -> tuple[MetricExpr, MetricExpr] | None:
    """Return what a ratio divides and divides by; None for what is no ratio."""
    match unfolded(expr, model):
        case MetricArithmetic("/", left, right) if not isinstance(right, Constant):
            return left, right
    return None


def grows(expr: MetricExpr, model: Model) -> bool:
    """Whether the value of a longer period is more of the same, so that a target over a period is
    reached step by step (S27): what adds up does, but for a level, which adds up over members and
    not over time (S11)."""
    return adds_up(expr, model) and not _holds_level(expr, model)


def adds_up(expr: MetricExpr, model: Model) -> bool:
    """Whether the whole is the sum of its parts: sums, counts and fixed amounts are, rates,
    averages and extremes aren't."""
    match expr:
        case MetricRef():
            return adds_up(unfolded(expr, model), model)
        case MeasureRef(source, name):
            measure = model.sources[source].measures[name]
            return measure.aggregate is Aggregate.SUM or measure.aggregate in COUNTS
        case FixedAmount():
            return True
        case Constant():
            return False
        case Rolling() | Running() | ToDate() | Total() | Rank():
            return False
        case OverEntities(operand, aggregate):
            return aggregate == "count" or (aggregate == "sum" and adds_up(operand, model))
        case Applied(operand):
            return adds_up(operand, model)
        case MetricCoalesce(items):
            return all(adds_up(item, model) for item in items)
        case MetricArithmetic("*", left, right):
            return isinstance(left, Constant) != isinstance(right, Constant) and (
                adds_up(left, model) or adds_up(right, model)
            )
        case MetricArithmetic("/", left, right):
            return isinstance(right, Constant) and adds_up(left, model)
        case MetricArithmetic(_, left, right):
            return adds_up(left, model) and adds_up(right, model)


def _holds_level(expr: MetricExpr, model: Model) -> bool:
    if isinstance(expr, MeasureRef):
        return model.sources[expr.source].measures[expr.measure].stock is not None
    return any(_holds_level(part, model) for part in parts_of(expr, model.metrics))


def _plan(kpi: Kpi | None, model: Model) -> MetricExpr | None:
    if kpi is None or kpi.plan is None:
        return None
    if kpi.plan in model.metrics:
        return MetricRef(kpi.plan)
    source, _, measure = kpi.plan.rpartition(".")
    return MeasureRef(source, measure)
