"""What every block of a page needs to know, and the few things all of them ask."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from kpidsl.analysis.quantities import Number
from kpidsl.model.expr import MetricExpr, QueryDimension
from kpidsl.model.pages import Audience, Report
from kpidsl.model.periods import Grain, Window
from kpidsl.model.project import Model
from kpidsl.model.purpose import Benchmark
from kpidsl.plan.query import Selection
from kpidsl.reports.build.asking import Answer, Asked, Questions
from kpidsl.reports.build.figures import page_unit
from kpidsl.reports.build.phrases import ENGLISH as PHRASES
from kpidsl.reports.build.span import Span
from kpidsl.reports.build.subject import ratio_parts
from kpidsl.reports.format import day, figure
from kpidsl.reports.sentences import when
from kpidsl.reports.values import Figure, Mark, Reference, Unit
from kpidsl.run.partial import covers, is_partial
from kpidsl.run.runner import Runner
from kpidsl.text.diagnostic import Diagnostic


class Ids:
    """Ids that are each given out once: the second `sales` of a page is `sales-2`."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def take(self, wanted: str) -> str:
        base = re.sub(r"[^\w.-]", "-", wanted).lstrip(".-") or "block"
        found, number = base, 2
        while found in self._taken:
            found, number = f"{base}-{number}", number + 1
        self._taken.add(found)
        return found


@dataclass(frozen=True, slots=True)
class Page:
    """One page while it is made. `today` is local; `questions` are asked before the first
    block is made; `diagnostics` gathers what stood in the way."""

    model: Model
    runner: Runner
    report: Report
    audience: Audience
    span: Span
    today: date
    sees_goals: bool
    questions: Questions
    ids: Ids = field(default_factory=Ids)
    diagnostics: list[Diagnostic] = field(default_factory=list)

    def ask(
        self,
        selections: Sequence[Selection],
        by: tuple[QueryDimension, ...] = (),
        window: Window | None = None,
        grain: Grain | None = None,
    ) -> Asked:
        """Ask about the page's own period, or about another window, or about each period in one.

        Whatever asks about the page's own period, or one such as it, compares it alike, and so
        shows the same number.
        """
        days = window or self.span.window
        compared_by = self.span.compared_by(days) if grain is None else None
        return self.questions.ask(
            selections, window=days, by=by, grain=grain, compared_by=compared_by
        )

    def until(self, sources: tuple[str, ...]) -> date | None:
        """Return the first day that not all of the sources vouch for (S21)."""
        return min((known.end for _, known in self._known(sources) if known), default=None)

    def figure(
        self,
        value: Number | None,
        unit: Unit,
        expr: MetricExpr,
        sources: tuple[str, ...],
        window: Window,
    ) -> Figure:
        """Return the figure of a value over a window; a NULL says why it is one (S12, S13)."""
        missing = self._missing(expr, sources, window) if value is None else ""
        return figure(value, unit, missing=missing)

    def marks(self, answer: Answer, sources: tuple[str, ...], window: Window) -> tuple[Mark, ...]:
        """Return what must be known about a value over a window (S4, S13, S21)."""
        found: list[Mark] = []
        if answer.overlapping:
            found.append(Mark(kind="overlapping", note=PHRASES.overlapping))
        found += self.known_in_part(sources, window)
        if window == self.span.window and not self.span.complete:
            note = PHRASES.data_until.format(day=day(window.last_day))
            found.append(Mark(kind="partial", note=note))
        return tuple(found)

    def known_in_part(self, sources: tuple[str, ...], window: Window) -> tuple[Mark, ...]:
        """Return which of the sources know only some of a window's days, and which (S13, S21)."""
        found: list[Mark] = []
        for name, known in self._known(sources):
            if known is None or not known.intersect(window):
                continue
            title = self.model.sources[name].title
            if known.end < window.end:
                note = f"{title}: {PHRASES.data_until.format(day=day(known.last_day))}"
                found.append(Mark(kind="stale", note=note))
            if known.start > window.start:
                note = f"{title}: {PHRASES.data_from.format(day=day(known.start))}"
                found.append(Mark(kind="partial", note=note))
        return tuple(found)

    def covers(self, sources: tuple[str, ...], window: Window) -> bool:
        """Whether all the sources know all the days of a window."""
        return covers((known for _, known in self._known(sources)), window)

    def is_partial(self, sources: tuple[str, ...], window: Window) -> bool:
        """Whether a window is less than a period of the page, or known in part only (S21)."""
        known = (known for _, known in self._known(sources))
        return is_partial(window, self.span.grain, self.span.calendar, known)

    def knows_nothing(self, sources: tuple[str, ...], window: Window) -> bool:
        """Whether a window lies outside what some source knows."""
        return any(
            known is None or known.intersect(window) is None for _, known in self._known(sources)
        )

    def benchmark(self, name: str | None) -> tuple[Benchmark, Reference] | None:
        """Return a benchmark with its source and date; stale once it has expired (D25)."""
        found = self.model.benchmarks.get(name) if name else None
        if found is None:
            return None
        unit = page_unit(found.unit, percent=found.percent)
        return found, Reference(
            label=PHRASES.benchmark,
            value=figure(found.value, unit),
            source=PHRASES.benchmark_source.format(source=found.published_in, day=day(found.as_of)),
            stale=found.expires is not None and self.today > found.expires,
        )

    def dimension_title(self, by: tuple[QueryDimension, ...]) -> str:
        return ", ".join(self._dimension_title(item) for item in by)

    def _dimension_title(self, dimension: QueryDimension) -> str:
        if dimension.source is None:
            return self.model.shared[dimension.name].title
        return self.model.sources[dimension.source].dimensions[dimension.name].title

    def _known(self, sources: tuple[str, ...]) -> list[tuple[str, Window | None]]:
        """Return what each source with a clock knows."""
        timed = [self.model.sources[name] for name in sources if self.model.sources[name].time]
        return [(source.name, self.runner.knowledge.known(source)) for source in timed]

    def _missing(self, expr: MetricExpr, sources: tuple[str, ...], window: Window) -> str:
        for name, known in self._known(sources):
            title = self.model.sources[name].title
            if known is None:
                return PHRASES.no_data.format(source=title)
            if known.start >= window.end:
                return PHRASES.before_data.format(source=title, day=day(known.start))
            if known.end <= window.start:
                return PHRASES.after_data.format(source=title, day=day(known.last_day))
        phrase = PHRASES.no_denominator if ratio_parts(expr, self.model) else PHRASES.no_rows
        return phrase.format(when=when(window.start, window.last_day))
