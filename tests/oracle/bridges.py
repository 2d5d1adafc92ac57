"""Rows that are split over the rows of a bridge, in shares (S7)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from decimal import Decimal

from kpidsl.model.project import Model
from kpidsl.model.sources import Aggregate, Measure
from tests.oracle.paths import Reach
from tests.oracle.rows import Refused, Row, Rows

Prefix = tuple[str, ...]
"""The forward joins that lead to a bridge and into it."""


def has_shares(measure: Measure) -> bool:
    """Whether a measure can be split in shares."""
    return measure.aggregate in {Aggregate.SUM, Aggregate.COUNT} and not measure.once_per


def bridge_of(model: Model, measure: Measure, ends: Iterable[Reach]) -> Prefix:
    """The one bridge that dimensions lie behind, or none; refused where it can't be crossed."""
    found: set[Prefix] = set()
    several = False
    for end in ends:
        place = end.reverse[-1].source if end.reverse else measure.source
        several = several or bool(end.reverse)
        for number, name in enumerate(end.forward, start=1):
            join = model.sources[place].joins[name]
            if join.weight is not None:
                found.add(end.forward[:number])
                break
            place = join.target
    if not found:
        return ()
    if len(found) > 1 or several:
        raise Refused(f"rows of {measure.source} would be split in two ways")
    if not has_shares(measure):
        raise Refused(f"{measure.name} has no shares")
    return found.pop()


def shares(rows: Rows, row: Row, bridge: Prefix) -> Iterator[tuple[Row | None, Decimal]]:
    """The partners of a row in the bridge with their shares; without one the row stays whole."""
    near = rows.follow(row, bridge[:-1])
    partners: list[tuple[Row | None, Decimal]] = []
    if near is not None:
        join = rows.model.sources[near.source].joins[bridge[-1]]
        assert join.weight is not None
        key = [rows.plain(part, near) for part in join.columns]
        for other in rows.of(join.target):
            same = [rows.plain(part, other) for part in join.target_columns]
            if None not in key and key == same:
                partners.append((other, rows.plain(join.weight, other)))
    yield from partners or [(None, Decimal(1))]


@contextmanager
def choosing(rows: Rows, bridge: Prefix, source: str, partner: Row | None) -> Iterator[None]:
    """While one of a row's partners is at hand."""
    if not bridge:
        yield
        return
    place = source
    for name in bridge[:-1]:
        place = rows.model.sources[place].joins[name].target
    before = dict(rows.chosen)
    rows.chosen[place, bridge[-1]] = partner
    try:
        yield
    finally:
        rows.chosen = before
