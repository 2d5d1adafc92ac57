"""A value beside another: last period, last year, plan (D20, D23)."""

from __future__ import annotations

from dataclasses import dataclass

from kpidsl.analysis.quantities import Number, difference, ratio, same
from kpidsl.model.purpose import Better


@dataclass(frozen=True, slots=True)
class Delta:
    """How a value differs from its base.

    `absolute` has the value's unit; `relative` is a fraction of the base, None where the base is
    zero or negative and a percentage would mislead; `points` are percentage points, for values
    that are percentages. `favourable` is None when nothing changed or no direction is better.
    """

    absolute: Number
    relative: float | None
    points: float | None
    favourable: bool | None


def compare(
    value: Number | None, base: Number | None, better: Better | None, *, percent: bool = False
) -> Delta | None:
    """Compare a value with its base; None when either is missing: there is no comparison."""
    if value is None or base is None:
        return None
    absolute = difference(value, base)
    return Delta(
        absolute=absolute,
        relative=ratio(absolute, base) if base > 0 else None,
        points=float(absolute) * 100 if percent else None,
        favourable=_favourable(value, base, better),
    )


def _favourable(value: Number, base: Number, better: Better | None) -> bool | None:
    if better is None or same(value, base):
        return None
    return (value > base) == (better is Better.HIGHER)
