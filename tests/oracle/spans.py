"""The periods that a query asks for."""

from __future__ import annotations

from datetime import date, timedelta

from kpidsl.model.moments import DayPart
from kpidsl.model.project import Settings
from kpidsl.plan.query import Query
from tests.oracle.days import Span, bucket, buckets, day_of, hours, part_of_day
from tests.oracle.leaves import Leaf

Spans = dict[date | None, Span | None]
"""The days of each period by its first day; without a grain, the window's under None."""


def spans(query: Query, settings: Settings, leaves: list[Leaf]) -> Spans:
    """Each period by its own first day; one span, of no period, without a grain."""
    window: Span | None = None
    if query.window is not None:
        window = (query.window.start, query.window.end)
    if query.grain is None:
        return {None: window}
    if isinstance(query.grain, DayPart):
        assert window is not None
        return _parts_of_days(query, query.grain, window, settings.timezone, leaves)
    if window is not None:
        return dict(buckets(window, query.grain, settings))
    # Whole periods: cut at the data's ends, a prior value would hang on the other metrics of
    # the query (S1).
    days = [day for leaf in leaves for day in leaf.rows_days()]
    if not days:
        return {}
    every = (min(days), max(days) + timedelta(days=1))
    return {
        start: bucket(start, query.grain, settings)
        for start, _ in buckets(every, query.grain, settings)
    }


def _parts_of_days(
    query: Query, grain: DayPart, window: Span, zone: str, leaves: list[Leaf]
) -> Spans:
    """Those that hold a row; for a dense answer also all others, which are hours."""
    moments = [moment for leaf in leaves for moment in leaf.rows_instants()]
    held = [part_of_day(moment, grain, zone) for moment in moments]
    found = [span for span in held if window[0] <= day_of(span[0]) < window[1]]
    if not query.sparse:
        assert grain is DayPart.HOUR, "minutes and seconds are too many to look at"
        found += hours(window, zone)
    return {span[0]: span for span in found}
