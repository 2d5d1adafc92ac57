"""Fixed amounts accrue by the day (S9)."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal, localcontext
from fractions import Fraction

from kpidsl.model.expr import FixedAmount
from kpidsl.model.moments import DayPart
from kpidsl.model.periods import (
    GREGORIAN,
    Calendar,
    Grain,
    Window,
    next_start,
    period_start,
    periods,
)
from kpidsl.model.project import Settings
from kpidsl.plan.leaves import AccrualSpec, leaves_of
from kpidsl.plan.looking import looked_at
from kpidsl.plan.nodes import Accrual, Aggregate
from kpidsl.plan.query import Query
from kpidsl.plan.refusal import Refused
from kpidsl.text.diagnostic import error

# The days of a year must add up to the year within a billionth (S12, I1).
_SCALE = Decimal("1e-12")
_DIGITS = 38


def accrual(column: str, spec: AccrualSpec, query: Query, settings: Settings) -> Accrual:
    """Return what a fixed amount comes to in each period of the query's window."""
    assert query.window is not None
    assert not isinstance(query.grain, DayPart)
    rows = tuple(
        (start, accrued(spec.amount, days, settings.calendar))
        for start, days in looked_at(query.window, query.grain, settings.calendar, spec.look)
        if days is not None
    )
    filtered = query.where is not None
    return Accrual(column, rows, spec.look, spec.weight, spec.total, filtered, spec.filtered)


def accrued(amount: FixedAmount, window: Window, calendar: Calendar = GREGORIAN) -> Decimal:
    """Return a fixed amount over a window: whole periods count whole, parts by their days.

    12,000 per month over 1 January to 15 February is 12,000 + 12,000 × 14/28 = 18,000.
    """
    grain = Grain(amount.per)
    share = Fraction(0)
    for piece in periods(window, grain, calendar):
        start = period_start(piece.start, grain, calendar)
        share += Fraction(piece.days, (next_start(piece.start, grain, calendar) - start).days)
    exact = share * Fraction(amount.amount)
    with localcontext(prec=_DIGITS):
        return (Decimal(exact.numerator) / Decimal(exact.denominator)).quantize(_SCALE)


def check_weights(accruals: Iterable[AccrualSpec], aggregates: Iterable[Aggregate]) -> None:
    """Refuse to allocate by what counts in several groups: the shares would be of more than
    the whole (S4, S9)."""
    weights = {
        leaf.column
        for spec in accruals
        if spec.weight is not None
        for leaf in leaves_of(spec.weight)
    }
    for node in aggregates:
        split = [leaf.measure for leaf in node.leaves if leaf.column in weights]
        if split and node.fan_outs:
            side = node.fan_outs[0].hops[-1].to
            raise Refused(
                error(
                    "K462",
                    f"`{split[0].name}` can't allocate a fixed amount to the groups of "
                    f"`{side}`: what stands in several of them would count in each",
                    split[0].span,
                    label="split by its many side",
                    help=f"ask without the dimensions of `{side}`, or allocate by a measure of it",
                )
            )
