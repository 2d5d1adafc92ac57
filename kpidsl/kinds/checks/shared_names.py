"""D104: two figures may not share a name or a title (T4)."""

from __future__ import annotations

from collections.abc import Iterator

from kpidsl.model.expr import MeasureRef, MetricExpr, MetricRef
from kpidsl.model.project import Model
from kpidsl.model.purpose import Metric
from kpidsl.model.sources import Measure
from kpidsl.text.diagnostic import Diagnostic, Label, advice


def find(model: Model) -> Iterator[Diagnostic]:
    """Yield metrics that are not the measure of their name, and titles that stand twice."""
    measures: dict[str, list[Measure]] = {}
    for source in model.sources.values():
        for measure in source.measures.values():
            measures.setdefault(measure.name, []).append(measure)
    titles: dict[str, Metric] = {}
    for metric in sorted(model.metrics.values(), key=_place):
        for measure in measures.get(metric.name, ()):
            if _root(metric, model) != MeasureRef(measure.source, measure.name):
                yield _shared(
                    f"the metric `{metric.name}` is another figure than the measure "
                    f"`{measure.source}.{measure.name}`",
                    metric,
                    measure,
                )
        if not metric.label:
            continue
        first = titles.setdefault(metric.label.casefold(), metric)
        if first is not metric and _root(first, model) != _root(metric, model):
            yield _shared(
                f'`{first.name}` and `{metric.name}` are both shown as "{metric.label}"',
                metric,
                first,
            )


def _root(metric: Metric, model: Model) -> MetricExpr:
    """Return the formula of a metric, or of the one that it is another name for."""
    expr = metric.expr
    while isinstance(expr, MetricRef) and expr.name in model.metrics:
        expr = model.metrics[expr.name].expr
    return expr


def _shared(message: str, metric: Metric, other: Metric | Measure) -> Diagnostic:
    labels = (Label(other.span, "the other one"),) if other.span is not None else ()
    mend = "name what the figure is divided by, or give one of them another name"
    return advice("D104", message, metric.span, label="one of two", labels=labels, help=mend)


def _place(metric: Metric) -> tuple[str, int, str]:
    span = metric.span
    return (span.file.name, span.start, metric.name) if span else ("", 0, metric.name)
