"""D003: likes, shares, page views, followers and impressions decide nothing (D3)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from kpidsl.model.expr import Applied, MeasureRef, MetricExpr, MetricRef, OverEntities, Rank
from kpidsl.model.pages import Tier
from kpidsl.model.project import Model
from kpidsl.model.purpose import Kpi, Metric, Stage
from kpidsl.text.diagnostic import Diagnostic, Label, advice, error

VANITY_WORDS = frozenset(
    {
        "fans",
        "followers",
        "hearts",
        "impressions",
        "likes",
        "page_views",
        "pageviews",
        "reactions",
        "reposts",
        "retweets",
        "shares",
        "upvotes",
        "video_views",
        "views",
    }
)
"""Names of things that rise without anybody buying; `new_followers` is one by its last word."""

_BOTTOM = {Stage.CONVERSION, Stage.LOYALTY}


def is_vanity_name(name: str) -> bool:
    """Tell whether a name says that a vanity thing is counted."""
    local = name.rsplit(".", 1)[-1]
    return any(local == word or local.endswith(f"_{word}") for word in VANITY_WORDS)


def is_vanity(expr: MetricExpr, metrics: Mapping[str, Metric]) -> bool:
    """Tell whether a formula is a vanity count alone; a rate over one is not."""
    match expr:
        case MeasureRef(measure=name):
            return is_vanity_name(name)
        case MetricRef(name=name):
            return name in metrics and is_vanity(metrics[name].expr, metrics)
        case Rank() | OverEntities():
            return False
        case Applied(operand=operand):
            return is_vanity(operand, metrics)
    return False


def find(model: Model) -> Iterator[Diagnostic]:
    """Yield the KPIs without a KPI that they drive, the executive pages, the gains of ROIs."""
    for kpi in model.kpis.values():
        if kpi.vanity and not _drives_sales(kpi, model):
            yield advice(
                "D003",
                f"the KPI `{kpi.name}` is a vanity metric that moves nothing named",
                kpi.span,
                label="it rises without anybody buying",
                help="add `stage: awareness` and `drives:` with a KPI of sales, or declare it as "
                "a `metric`",
            )
    for report in model.reports.values():
        if model.audiences[report.audience].tier is not Tier.EXECUTIVE:
            continue
        for section in report.sections:
            for item in section.items:
                for name in item.names:
                    metric = model.metrics.get(name)
                    if metric is not None and is_vanity(metric.expr, model.metrics):
                        yield error(
                            "D003",
                            f"`{name}` is a vanity metric, and this is an executive page",
                            item.span,
                            label=f"shown to `{report.audience}`",
                            labels=_declared(metric),
                            help="show the KPI further down the funnel instead",
                        )
    for roi in model.rois.values():
        gain = model.metrics[f"{roi.name}.gain"]
        vain = next((leaf for leaf in gain.leaves if is_vanity_name(leaf)), None)
        if vain is not None:
            yield error(
                "D003",
                f"the gain of `{roi.name}` counts `{vain}`, which is a vanity metric",
                roi.span,
                label="no money came back for these",
                help="take it out of the gain, and show it beside the ROI as an estimate",
            )


def _drives_sales(kpi: Kpi, model: Model) -> bool:
    driven = (model.kpis[name] for name in kpi.drives if name in model.kpis)
    return Stage.AWARENESS in kpi.stages and any(_BOTTOM & set(other.stages) for other in driven)


def _declared(metric: Metric) -> tuple[Label, ...]:
    if metric.span is None:
        return ()
    return (Label(metric.span, f"`{metric.name}` is declared here"),)
