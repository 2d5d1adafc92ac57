"""Whether two tables are the same: exact where values are exact, 1e-9 where they are floats."""

from __future__ import annotations

import math
from collections.abc import Sequence
from decimal import Decimal

from kpidsl.plan.query import Absent

Row = Sequence[object]
TOLERANCE = 1e-9


def difference(ours: Sequence[Row], theirs: Sequence[Row]) -> str | None:
    """Return the first difference between two tables, in any order of rows; None: they agree.

    Members that stand for absent ones, such as `(unmapped)`, equal their text.
    """
    if len(ours) != len(theirs):
        return f"{len(ours)} rows, {len(theirs)} expected"
    for mine, other in zip(_sorted(ours), _sorted(theirs), strict=True):
        if len(mine) != len(other):
            return f"{len(mine)} columns, {len(other)} expected"
        if not all(map(_same, mine, other)):
            return f"{_shown(mine)}, {_shown(other)} expected"
    return None


def _same(mine: object, other: object) -> bool:
    if isinstance(mine, float) or isinstance(other, float):
        if mine is None or other is None:
            return mine is other
        return math.isclose(_number(mine), _number(other), rel_tol=TOLERANCE)
    return mine == other


def _number(value: object) -> float:
    assert isinstance(value, int | float | Decimal), f"{value!r} is no number"
    return float(value)


def _sorted(rows: Sequence[Row]) -> list[Row]:
    """Keys come first and are exact, so that rounding never changes the order."""
    plain = [
        tuple(str(value) if isinstance(value, Absent) else value for value in row) for row in rows
    ]
    return sorted(plain, key=lambda row: [(value is not None, str(value)) for value in row])


def _shown(row: Row) -> str:
    return "(" + ", ".join(map(str, row)) + ")"
