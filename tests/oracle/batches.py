"""Random batches: questions that have to do with each other, as those of a page have."""

from __future__ import annotations

from dataclasses import dataclass, replace

from hypothesis import strategies as st
from hypothesis.vendor.pretty import RepresentationPrinter

from kpidsl.model.moments import DayPart
from kpidsl.model.periods import Calendar, Grain, Window, next_start, period_start
from kpidsl.plan.grains import rollup
from kpidsl.plan.query import Query
from tests.oracle.draws import Draw, chance, pick
from tests.oracle.generate import Case, random_case


@dataclass(frozen=True, repr=False)
class BatchCase:
    """A case, and more questions about its model and rows."""

    case: Case
    queries: tuple[Query, ...]

    def __repr__(self) -> str:
        return "\n".join([*map(str, self.queries), repr(self.case)])

    def _repr_pretty_(self, printer: RepresentationPrinter, _cycle: bool) -> None:
        printer.text(repr(self))


def batches() -> st.SearchStrategy[BatchCase]:
    """Batches that Hypothesis draws."""
    return st.randoms(use_true_random=False).map(random_batch)


def random_batch(draw: Draw) -> BatchCase:
    """A random case, and questions each of which changes something of one before it."""
    case = random_case(draw)
    asked = [case.query]
    for _ in range(pick(draw, (2, 3, 5))):
        query = _changed(draw, pick(draw, asked))
        if query.window is not None and chance(draw, 40):
            period = _period(draw, query.window, case.model.settings.calendar)
            query = replace(query, window=period)
        asked.append(query)
    return BatchCase(case, tuple(asked))


def _changed(draw: Draw, query: Query) -> Query:
    """The same question in some other respects, or in none."""
    if chance(draw, 15):
        query = replace(query, where=None)
    if chance(draw, 10):
        query = replace(query, sparse=not query.sparse)
    if not query.select or chance(draw, 35):
        return query  # members alone are asked for in one way
    query = query.values_alone()
    with_totals = chance(draw, 20)
    if chance(draw, 50):
        query = replace(query, select=(pick(draw, query.select),))
    if query.by and chance(draw, 50):
        query = replace(query, by=query.by[: pick(draw, (0, 1))])
    if not isinstance(query.grain, DayPart) and chance(draw, 50):
        grain = pick(draw, (None, query.grain, Grain.DAY, Grain.MONTH, Grain.MONTH))
        query = replace(query, grain=grain)
    if not with_totals:
        return query
    grains = [] if query.grain is None else [query.grain]
    return replace(query, totals=rollup(len(query.by), grains))


def _period(draw: Draw, window: Window, calendar: Calendar) -> Window:
    """A whole period at one end of a window, or what the window holds of it."""
    grain = pick(draw, (Grain.DAY, Grain.WEEK, Grain.MONTH, Grain.MONTH, Grain.YEAR))
    day = pick(draw, (window.start, window.last_day))
    whole = Window(period_start(day, grain, calendar), next_start(day, grain, calendar))
    return whole if chance(draw, 30) else whole.intersect(window) or whole
