"""What a page can speak of: a KPI, a metric or an ROI, in one shape."""

from __future__ import annotations

from dataclasses import dataclass

from kpidsl.model.expr import (
    Constant,
    Filtered,
    MeasureRef,
    MetricArithmetic,
    MetricExpr,
    MetricRef,
)
from kpidsl.model.growth import unfolded
from kpidsl.model.leaves import leaf_sources, parts_of
from kpidsl.model.project import Model
from kpidsl.model.purpose import Kpi, Metric, Roi
from kpidsl.plan.within import entity_values
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


def ratio_parts(expr: MetricExpr, model: Model) -> tuple[MetricExpr, MetricExpr] | None:
    """Return what a ratio divides and divides by; None for what is no ratio."""
    match unfolded(expr, model):
        case MetricArithmetic("/", left, right) if not isinstance(right, Constant):
            return left, right
    return None


def tests_entities(expr: MetricExpr, model: Model) -> bool:
    """Whether a filter in a formula tests what a metric is of each entity (S14)."""
    if isinstance(expr, Filtered) and any(entity_values(expr.predicate)):
        return True
    return any(tests_entities(part, model) for part in parts_of(expr, model.metrics))


def _plan(kpi: Kpi | None, model: Model) -> MetricExpr | None:
    if kpi is None or kpi.plan is None:
        return None
    if kpi.plan in model.metrics:
        return MetricRef(kpi.plan)
    source, _, measure = kpi.plan.rpartition(".")
    return MeasureRef(source, measure)
