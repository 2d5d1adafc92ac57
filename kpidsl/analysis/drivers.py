"""Driver trees that multiply: what each driver must become to reach a goal (V8, D35)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod

from kpidsl.analysis.quantities import Number, ratio


@dataclass(frozen=True, slots=True)
class Lever:
    """One driver, its value now, and the value that reaches the goal while the others stay.

    `needed` is None when the others multiply to zero: then this driver alone can't reach it.
    """

    name: str
    now: Number
    needed: float | None


def backward_plan(drivers: Mapping[str, Number | None], goal: Number) -> tuple[Lever, ...]:
    """Solve a product of drivers for each driver in turn, the others held constant.

    Revenue = visits × conversion rate × average order value gives three levers, in the order of
    `drivers`. Empty when a driver's value is not known, for then none can be solved.
    """
    known = {name: value for name, value in drivers.items() if value is not None}
    if len(known) < len(drivers):
        return ()
    return tuple(
        Lever(name, now, ratio(goal, prod(float(v) for other, v in known.items() if other != name)))
        for name, now in known.items()
    )
