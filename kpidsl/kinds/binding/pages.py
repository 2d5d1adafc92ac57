"""What pages name: figures, with the dimensions by which they are split."""

from __future__ import annotations

from dataclasses import dataclass

from kpidsl.kinds.binding.catalog import ROI_ANALYSED, ROI_LATER
from kpidsl.kinds.binding.columns import listed
from kpidsl.kinds.binding.dimensions import find_dimension
from kpidsl.kinds.binding.misfits import refused
from kpidsl.kinds.binding.scope import Scope
from kpidsl.kinds.binding.shapes import describe
from kpidsl.model.expr import QueryDimension
from kpidsl.syntax import tree
from kpidsl.text.source import Span

GOALS = "goals"


@dataclass(frozen=True, slots=True)
class Shown:
    """One thing that a page shows or an audience may see."""

    name: str
    span: Span
    by: tuple[QueryDimension, ...] = ()


def bind_shown(expr: tree.Expr, scope: Scope, *, goals: bool = False) -> Shown | None:
    """Bind `revenue_kpi`, `marketing_roi by channel` or `cac by [channel, region]`.

    With `goals`, the word `goals` means all of them.
    """
    by: tuple[QueryDimension, ...] | None = ()
    match expr:
        case tree.Binary(op="by", left=tree.Ref() as ref, right=right):
            by = bind_dimensions(right, scope)
        case tree.Ref() as ref:
            pass
        case _:
            scope.error(
                "K205",
                "a page shows a KPI, a metric, an ROI or a funnel by its name",
                expr.span,
                label=f"this is {describe(expr)}",
                help="declare the formula as a `metric` or a `kpi`, and name that here",
            )
            return None
    is_known = (goals and ref.text == GOALS) or is_shown(ref, scope, (GOALS,) * goals)
    return Shown(ref.text, expr.span, by) if is_known and by is not None else None


def bind_dimensions(expr: tree.Expr, scope: Scope) -> tuple[QueryDimension, ...] | None:
    """Bind the dimensions after `by`."""
    found: list[QueryDimension | None] = []
    for item in listed(expr):
        if not isinstance(item, tree.Ref):
            scope.error(
                "K205",
                "`by` takes dimensions",
                item.span,
                label=f"this is {describe(item)}",
                help="write, for example, `by channel` or `by [channel, region]`",
            )
        found.append(find_dimension(item, scope) if isinstance(item, tree.Ref) else None)
    known = tuple(dimension for dimension in found if dimension is not None)
    return known if len(known) == len(found) else None


def is_shown(ref: tree.Ref, scope: Scope, words: tuple[str, ...] = ()) -> bool:
    """Tell whether a name is something that a page can show, or say what is wrong with it;
    `words` may stand there as well."""
    catalog, name = scope.catalog, ref.text
    if name in catalog.metrics or name in catalog.rois or name in catalog.funnels:
        return True
    if name in catalog.lost:
        return True  # that it is not known has been said, and the rest can be shown
    roi, _, member = name.rpartition(".")
    if roi in catalog.rois:
        if member in ROI_ANALYSED:
            return True
        if member in ROI_LATER:
            scope.diagnostics.append(refused(f"`.{member}` of an ROI", ref.parts[-1].span))
            return False
    if name in catalog.measure_homes or _is_measure(ref, scope):
        local = ref.parts[-1].text
        scope.error(
            "K214",
            f"`{name}` is a measure; a page shows KPIs and metrics",
            ref.span,
            label="a measure",
            help=f"declare `kpi {local}_kpi: {name}` with its goal, and name that here",
        )
        return False
    candidates = [*catalog.metrics, *catalog.rois, *catalog.funnels, *words]
    scope.unknown("a KPI, a metric, an ROI or a funnel", name, ref.span, candidates)
    return False


def exists(name: str, scope: Scope, rois: set[str], funnels: set[str]) -> bool:
    """Tell whether what a name means was bound; if not, its own finding says why."""
    roi = name.rpartition(".")[0]
    return name in scope.metrics or name in rois or name in funnels or roi in rois


def _is_measure(ref: tree.Ref, scope: Scope) -> bool:
    source = scope.catalog.sources.get(ref.parts[0].text)
    return source is not None and len(ref.parts) == 2 and ref.parts[1].text in source.measures
