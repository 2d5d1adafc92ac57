"""Checks of business sense: what adds up, yet misleads. One rule a file."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from kpidsl.kinds.checks import (
    benchmarks,
    cadence,
    core_kpis,
    cost_lines,
    goalless,
    lifetime_value,
    shared_names,
    smart,
    vanity,
)
from kpidsl.model.project import Model
from kpidsl.text.diagnostic import Diagnostic

_CHECKS = (goalless, vanity, smart, core_kpis, cadence, shared_names, lifetime_value, cost_lines)


def business_sense(model: Model, today: date | None) -> Iterator[Diagnostic]:
    """Yield what the domain's rules say about a model; without `today` nothing expires."""
    for check in _CHECKS:
        yield from check.find(model)
    if today is not None:
        yield from benchmarks.find(model, today)
