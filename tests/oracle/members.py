"""A query without a metric: which members there are, in the rows of the sources that have them."""

from __future__ import annotations

from collections.abc import Sequence

from kpidsl.model.expr import QueryDimension
from kpidsl.model.project import Model
from kpidsl.model.sources import Aggregate, Measure
from kpidsl.plan.query import Query
from tests.oracle.leaves import Answer, Leaf, references
from tests.oracle.paths import reach
from tests.oracle.rows import Refused, Rows


def members_of(model: Model, query: Query, rows: Rows) -> Answer:
    """Each combination of members once, and nothing of it."""
    filters = () if query.where is None else (query.where,)
    filtered = [found for each in filters for found in references(each)]
    span = None if query.window is None else (query.window.start, query.window.end)
    homes = _homes(model, query.by, [*query.by, *filtered])
    homes = homes or _homes(model, filtered, [*query.by, *filtered])
    if not homes:
        raise Refused("no source has all of the dimensions")
    found: Answer = {}
    for source in dict.fromkeys(homes):
        if span is not None and model.sources[source].time is None:
            raise Refused(f"{source} has no time")
        every = Measure(name="rows", source=source, aggregate=Aggregate.COUNT)
        found |= {combo: {} for combo in Leaf(rows, every, filters, query.by).combos(span)}
    return found


def _homes(model: Model, own: Sequence[QueryDimension], every: list[QueryDimension]) -> list[str]:
    return [
        source
        for dimension in own
        for source in _own(model, dimension)
        if all(_has(model, source, each) for each in every)
    ]


def _own(model: Model, dimension: QueryDimension) -> list[str]:
    if dimension.source is None:
        return list(model.shared[dimension.name].members)
    return [dimension.start or dimension.source]


def _has(model: Model, source: str, dimension: QueryDimension) -> bool:
    try:
        return not reach(model, source, dimension).reverse
    except Refused:
        return False
