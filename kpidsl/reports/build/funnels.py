"""A funnel's steps with their rates and the weakest of them (D18, S22)."""

from __future__ import annotations

from decimal import Decimal

from kpidsl.analysis.funnel import funnel_rates
from kpidsl.model.purpose import Funnel
from kpidsl.reports.blocks import FunnelBlock, FunnelStep, GapBlock
from kpidsl.reports.build.asking import gap_of
from kpidsl.reports.build.page import Page
from kpidsl.reports.build.phrases import ENGLISH as PHRASES
from kpidsl.reports.format import PERCENT, count, duration, figure
from kpidsl.reports.values import Figure


def funnel_block(funnel: Funnel, page: Page) -> FunnelBlock | GapBlock:
    """Return the funnel of the attempts that began in the page's period."""
    block_id = page.ids.take(funnel.name)
    entity = page.model.entities[funnel.entity].title.lower()
    result, found = page.runner.funnel(funnel, page.span.window)
    if result is None:
        page.diagnostics.extend(found)
        return GapBlock(id=block_id, title=funnel.title, gap=gap_of(found))
    rates, refused = funnel_rates(result.steps, funnel.span)
    if rates is None:
        page.diagnostics.extend(refused)
        return GapBlock(id=block_id, title=funnel.title, gap=gap_of(refused))
    titles = {step.name: step.title for step in funnel.steps}
    within = funnel.within_seconds
    return FunnelBlock(
        id=block_id,
        title=funnel.title,
        entity=entity,
        window="" if within is None else duration(Decimal(within)),
        steps=tuple(
            FunnelStep(
                label=titles[step.name],
                count=figure(step.count, count(entity)),
                from_previous=_rate(step.from_previous) if place else None,
                from_first=_rate(step.from_first) if place else None,
                bottleneck=step.name == rates.bottleneck,
            )
            for place, step in enumerate(rates.steps)
        ),
        immature=figure(result.immature, count(entity)) if result.immature else None,
    )


def _rate(value: float | None) -> Figure:
    return figure(value, PERCENT, missing=PHRASES.nobody if value is None else "")
