"""Which aggregates merge: parts of a group make the whole without looking at its rows (S10)."""

from __future__ import annotations

from kpidsl.model.sources import Aggregate, Measure

_MERGED_BY = {
    Aggregate.SUM: Aggregate.SUM,
    Aggregate.COUNT: Aggregate.SUM,
    Aggregate.MIN: Aggregate.MIN,
    Aggregate.MAX: Aggregate.MAX,
}


def merged_by(measure: Measure) -> Aggregate | None:
    """Return the aggregate that makes one value of the values of disjoint sets of rows, or None:
    distinct counts, averages, medians and percentiles are recomputed from the rows, and so is
    what counts once per key, since the parts may share keys; a level is no sum over time."""
    if measure.once_per or measure.stock is not None:
        return None
    return _MERGED_BY.get(measure.aggregate)
