"""Rates of a funnel's steps and the step that loses most (D18, S22, I6)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from kpidsl.analysis.quantities import ratio
from kpidsl.text.diagnostic import Diagnostic, error
from kpidsl.text.source import Span


@dataclass(frozen=True, slots=True)
class StepRate:
    """One step: entities that reached it, and which fraction of the step before and of the first.

    Both fractions are None where there was nobody to come from; `from_previous` also at step one.
    """

    name: str
    count: int
    from_previous: float | None
    from_first: float | None


@dataclass(frozen=True, slots=True)
class FunnelRates:
    """All steps in order; `bottleneck` is the name of the step with the worst rate."""

    steps: tuple[StepRate, ...]
    bottleneck: str | None


BOTTLENECK_RULE = "the step with the lowest rate from the step before; the earlier one if equal"


def funnel_rates(
    counts: Sequence[tuple[str, int]], span: Span | None = None
) -> tuple[FunnelRates | None, tuple[Diagnostic, ...]]:
    """Turn the counts of a funnel's steps into rates and point out the bottleneck.

    Counts that rise are no funnel (I6): refused with D018. The bottleneck follows
    `BOTTLENECK_RULE`, and is None when no step loses anybody.
    """
    for (before, earlier), (after, later) in pairwise(counts):
        if later > earlier:
            message = f"funnel step `{after}` counts {later}, more than the {earlier} of `{before}`"
            mend = "count the same entities in every step, each only after the step before"
            return None, (error("D018", message, span, help=mend),)
    steps = []
    for index, (name, count) in enumerate(counts):
        previous = counts[index - 1][1] if index else None
        steps.append(StepRate(name, count, ratio(count, previous), ratio(count, counts[0][1])))
    return FunnelRates(tuple(steps), _bottleneck(steps)), ()


def _bottleneck(steps: Sequence[StepRate]) -> str | None:
    lossy = [
        (step.from_previous, step.name)
        for step in steps
        if step.from_previous is not None and step.from_previous < 1
    ]
    return min(lossy, key=lambda item: item[0])[1] if lossy else None
