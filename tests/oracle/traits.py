"""What is peculiar to the rows of a case: where a rule that is broken would show."""

from __future__ import annotations

from datetime import datetime

from kpidsl.model.expr import Compare, Not, RowExpr
from kpidsl.model.sources import Measure
from tests.oracle.days import day_of
from tests.oracle.leaves import children
from tests.oracle.paths import Reach
from tests.oracle.rows import Row, Rows


def doubles(rows: Rows, source: str, end: Reach) -> bool:
    """Whether a plain join to the many side would make two rows of one."""
    return any(len(_many(rows, row, end)) > 1 for row in rows.of(source))


def _many(rows: Rows, row: Row, end: Reach) -> list[Row]:
    found = [row]
    for hop in end.reverse:
        found = [far for near in found for far in rows.many(near, hop.source, hop.join)]
    return found


def plays_a_role(rows: Rows, source: str, end: Reach) -> bool:
    """Whether another join of the source leads to another row of the same target."""
    if end.reverse or not end.forward:
        return False
    joins = rows.model.sources[source].joins
    taken = joins[end.forward[0]]
    if taken.weight is not None:
        return False  # it leads to many
    return any(
        rows.partner(row, other.name) is not rows.partner(row, taken.name)
        for other in joins.values()
        if other.target == taken.target
        for row in rows.of(source)
    )


def has_versions(rows: Rows, source: str, end: Reach) -> bool:
    """Whether the key alone would find other rows than those that hold at the time."""
    if end.reverse or not end.forward:
        return False
    join = rows.model.sources[source].joins[end.forward[0]]
    if join.validity is None:
        return False
    for row in rows.of(source):
        key = tuple(rows.plain(part, row) for part in join.columns)
        versions = [
            far
            for far in rows.of(join.target)
            if key == tuple(rows.plain(part, far) for part in join.target_columns)
        ]
        partner = rows.partner(row, join.name)
        if None not in key and versions != ([] if partner is None else [partner]):
            return True
    return False


def moves_a_day(rows: Rows, source: str) -> bool:
    """Whether a row's local day is not the one that is stored."""
    spec = rows.model.sources[source].time
    if spec is None:
        return False
    for row in rows.of(source):
        stored, local = rows.plain(spec.expr, row), rows.moment(row)
        if isinstance(stored, datetime) and local is not None and day_of(stored) != day_of(local):
            return True
    return False


def repeats(rows: Rows, source: str) -> bool:
    """Whether two rows of a source are alike in all they hold."""
    every = [row.data for row in rows.of(source)]
    return any(data in every[:place] for place, data in enumerate(every))


def negates(predicate: RowExpr) -> bool:
    """Whether a condition holds for what is absent because something else doesn't."""
    if isinstance(predicate, Not) or (isinstance(predicate, Compare) and predicate.op == "!="):
        return True
    return any(map(negates, children(predicate)))


def counts_once(rows: Rows, measure: Measure) -> bool:
    """Whether several rows have one key of a measure that counts once per key."""
    keys = [
        tuple(rows.plain(part, row) for part in measure.once_per)
        for row in rows.of(measure.source)
        if measure.once_per
    ]
    return len(set(keys)) < len(keys)
