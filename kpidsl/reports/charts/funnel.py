"""The steps of a funnel as bars of their *rates*: bars of counts vanish below one percent."""

from __future__ import annotations

from collections.abc import Sequence

from kpidsl.reports.charts.bars import HEIGHT, WIDTH, Bar
from kpidsl.reports.charts.scale import Scale


def funnel(rates: Sequence[float | None]) -> tuple[Bar, ...]:
    """Return a bar per step: the share of the step before that went on, on a scale of 0 to 100 %.

    The first step has no rate (None) and no bar; whole funnels are thus comparable by eye.
    """
    scale = Scale(0.0, 1.0, 0.0, WIDTH)
    spans = (None if rate is None else scale.span(0.0, rate) for rate in rates)
    return tuple(Bar(WIDTH, HEIGHT, 0.0, span, ()) for span in spans)
