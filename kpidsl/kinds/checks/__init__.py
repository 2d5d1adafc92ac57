"""Checks of business sense: what adds up, yet misleads. One rule a file."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from itertools import accumulate

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
from kpidsl.text.source import SourceFile, Span

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
    mistakes = _Places(item.span for item in errors)
    broken = [block for block in blocks if mistakes.lie_in(block.span)]
    names = {block.path[-1].text for block in broken if block.path}
    named = {word for block in broken for word in _words(block)}
    unsure = [
        *broken,
        *(b for b in blocks if (b.path and b.path[-1].text in named) or names & _words(b)),
    ]
    doubtful = _Places(block.span for block in unsure)
    return [
        item
        for item in findings
        if item.severity is Severity.ERROR or item.span is None or not doubtful.hold(item.span)
    ]


class _Places:
    """Spans in the order of their files and starts: each question takes a search, not a walk."""

    def __init__(self, spans: Iterable[Span | None]) -> None:
        self._spans: dict[SourceFile, list[tuple[int, int]]] = {}
        for span in spans:
            if span is not None:
                self._spans.setdefault(span.file, []).append((span.start, span.end))
        self._ends: dict[SourceFile, list[int]] = {}
        for file, own in self._spans.items():
            own.sort()
            self._ends[file] = list(accumulate((end for _, end in own), max))

    def lie_in(self, whole: Span) -> bool:
        """Tell whether any of them begins inside a span."""
        own = self._spans.get(whole.file, [])
        return bisect_left(own, (whole.start,)) < bisect_left(own, (whole.end,))

    def hold(self, inner: Span) -> bool:
        """Tell whether a span begins inside any of them."""
        before = bisect_left(self._spans.get(inner.file, []), (inner.start + 1,))
        # Of those that begin before it, the one that ends last.
        return before > 0 and self._ends[inner.file][before - 1] > inner.start


def _words(block: tree.Block) -> set[str]:
    return {part.text for ref in refs(block) for part in ref.parts}
