"""Whether a peer's table is the right one, in the words of the comparison."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal

from benchmarks.tables import Row
from kpidsl.plan.query import Absent

Key = tuple[object, ...]
ABSENT = "(unmapped)"


def verdict(rows: Sequence[Row], truth: Sequence[Row], keys: int) -> str | None:
    """Return None when the tables agree, else what is wrong, such as `wrong: 13233 instead of
    10939 at social`.

    The first `keys` columns tell rows apart. What is a matter of form is forgiven: the order of
    rows, a midnight for a day, NULL for the member without a partner, floats for decimals.
    """
    found, expected = _by_key(rows, keys), _by_key(truth, keys)
    if len(found) < len(rows):
        return "wrong: several rows with one key"
    for key, values in expected.items():
        if key not in found:
            return f"wrong: no row at {_shown(key)}"
        if len(found[key]) != len(values):
            return f"wrong: {len(found[key])} values instead of {len(values)}"
        for mine, other in zip(found[key], values, strict=True):
            if not _same(mine, other):
                return f"wrong: {_words(mine)} instead of {_words(other)} at {_shown(key)}"
    extra = next((key for key in found if key not in expected), None)
    return None if extra is None else f"wrong: a row too many, at {_shown(extra)}"


def _by_key(rows: Sequence[Row], keys: int) -> Mapping[Key, Row]:
    return {tuple(map(_member, row[:keys])): row[keys:] for row in rows}


def _member(value: object) -> object:
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, Absent):
        return str(value)
    return ABSENT if value is None else value


def _same(mine: object, other: object) -> bool:
    if mine is None or other is None:
        return mine is other
    assert isinstance(mine, int | float | Decimal), f"{mine!r} is no number"
    assert isinstance(other, int | float | Decimal), f"{other!r} is no number"
    return math.isclose(float(mine), float(other), rel_tol=1e-9)


def _words(value: object) -> str:
    return "nothing" if value is None else str(value)


def _shown(key: Key) -> str:
    return ", ".join(item.isoformat() if isinstance(item, date) else str(item) for item in key)
