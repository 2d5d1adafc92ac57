"""Checks of business sense: what adds up, yet misleads. One rule a file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date

from kpidsl.kinds.binding.graph import refs
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
from kpidsl.syntax import tree
from kpidsl.text.diagnostic import Diagnostic, Severity
from kpidsl.text.source import Span

_CHECKS = (goalless, vanity, smart, core_kpis, cadence, shared_names, lifetime_value, cost_lines)


def business_sense(model: Model, today: date | None) -> Iterator[Diagnostic]:
    """Yield what the domain's rules say about a model; without `today` nothing expires."""
    for check in _CHECKS:
        yield from check.find(model)
    if today is not None:
        yield from benchmarks.find(model, today)


def on_sound_ground(
    findings: Iterable[Diagnostic], errors: Sequence[Diagnostic], blocks: Sequence[tree.Block]
) -> list[Diagnostic]:
    """Leave out the advice that an error may have caused: about a definition that has an error,
    names one that has, or is named there."""
    broken = [block for block in blocks if any(_holds(block, item.span) for item in errors)]
    names = {block.path[-1].text for block in broken if block.path}
    named = {word for block in broken for word in _words(block)}
    unsure = [
        *broken,
        *(b for b in blocks if (b.path and b.path[-1].text in named) or names & _words(b)),
    ]
    return [
        item
        for item in findings
        if item.severity is Severity.ERROR or not any(_holds(b, item.span) for b in unsure)
    ]


def _holds(block: tree.Block, span: Span | None) -> bool:
    return span is not None and block.span.holds(span)


def _words(block: tree.Block) -> set[str]:
    return {part.text for ref in refs(block) for part in ref.parts}
