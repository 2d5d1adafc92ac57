"""From blocks of the report model to chart geometry; here alone decimals become floats."""

from __future__ import annotations

from decimal import Decimal

from kpidsl.reports.blocks import (
    BreakdownBlock,
    FunnelBlock,
    KpiCard,
    RoiTable,
    TrendBlock,
    TrendPoint,
)
from kpidsl.reports.charts.bars import Bar, bars
from kpidsl.reports.charts.bullet import BulletGraph, bullet
from kpidsl.reports.charts.columns import ColumnChart, Slot, columns
from kpidsl.reports.charts.funnel import funnel
from kpidsl.reports.charts.sparkline import Sparkline, sparkline
from kpidsl.reports.format import compact
from kpidsl.reports.values import Bullet, Figure, Reference


def draw_history(card: KpiCard) -> Sparkline:
    """The sparkline of a card's history."""
    values = [_float(point.figure) for point in card.history]
    return sparkline(values, [point.partial for point in card.history])


def draw_bullet(graph: Bullet) -> BulletGraph:
    """The bullet graph of an actual and its target."""
    bands = [(float(band.upto), band.level) for band in graph.bands]
    return bullet(_float(graph.actual), _float(graph.target), bands)


def draw_trend(block: TrendBlock) -> ColumnChart:
    """The columns of a trend, with the difference to plan above them."""
    return columns([_slot(point) for point in block.points])


def draw_funnel(block: FunnelBlock) -> tuple[Bar, ...]:
    """A bar of its rate per step."""
    return funnel([_float(step.from_previous) for step in block.steps])


def draw_breakdown(block: BreakdownBlock) -> tuple[Bar, ...]:
    """A bar per member, with the reference across them."""
    return bars([_float(row.figure) for row in block.rows], _marks(block.reference))


def draw_roi(block: RoiTable) -> tuple[Bar, ...]:
    """A bar of ROI per member, with the benchmark across them; break-even is where bars begin."""
    return bars([_float(row.roi) for row in block.rows], _marks(block.benchmark))


def _slot(point: TrendPoint) -> Slot:
    delta = point.delta
    return Slot(
        name=point.label,
        actual=_float(point.actual),
        actual_text=_tight(point.actual),
        plan=_float(point.plan),
        delta=None if delta is None else float(delta.value),
        delta_text="" if delta is None else delta.text.removesuffix("%").removesuffix(" pp"),
        favourable=delta.favourable if delta is not None and delta.material else None,
        partial=point.partial,
    )


def _tight(figure: Figure) -> str:
    """A column's label: the chart's subtitle already names the unit."""
    amount = figure.value or Decimal(0)
    is_long = figure.unit.kind in {"money", "count"} and abs(amount) >= 10_000
    return compact(amount) if is_long else figure.exact


def _float(figure: Figure | None) -> float | None:
    return None if figure is None or figure.value is None else float(figure.value)


def _marks(reference: Reference | None) -> list[float]:
    value = _float(reference.value) if reference is not None else None
    return [] if value is None else [value]
