"""Fixed amounts accrue by the day (S9)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal, localcontext
from fractions import Fraction

from kpidsl.model.expr import FixedAmount
from kpidsl.model.periods import Grain, Window, next_start, period_start, periods, shift_window
from kpidsl.model.project import Settings
from kpidsl.plan.leaves import AccrualSpec
from kpidsl.plan.nodes import Accrual
from kpidsl.plan.query import Query

# The days of a year must add up to the year within a billionth (S12, I1).
_SCALE = Decimal("1e-12")
_DIGITS = 38


def accrual(column: str, spec: AccrualSpec, query: Query, settings: Settings) -> Accrual:
    """Return what a fixed amount comes to in each period of the query's window."""
    assert query.window is not None
    pieces: list[tuple[date | None, Window]]
    if query.grain is None:
        pieces = [(None, query.window)]
    else:
        starts = settings.week_starts
        pieces = [
            (period_start(piece.start, query.grain, starts), piece)
            for piece in periods(query.window, query.grain, starts)
        ]
    rows = tuple(
        (
            start,
            accrued(
                spec.amount,
                _counted(piece, spec, settings.week_starts),
                settings.week_starts,
            ),
        )
        for start, piece in pieces
    )
    return Accrual(column, rows, spec.weight, spec.total, query.where is not None)


def _counted(piece: Window, spec: AccrualSpec, week_starts: int) -> Window:
    """Return the days that a period looks at (S18, S19)."""
    looked = shift_window(piece, -spec.shift.months, -spec.shift.days)
    if spec.reach is None:
        return looked
    first = spec.reach.start(looked.end, week_starts)
    assert first is not None
    return Window(first, looked.end)


def accrued(amount: FixedAmount, window: Window, week_starts: int = 0) -> Decimal:
    """Return a fixed amount over a window: whole periods count whole, parts by their days.

    12,000 per month over 1 January to 15 February is 12,000 + 12,000 × 14/28 = 18,000.
    """
    grain = Grain(amount.per)
    share = Fraction(0)
    for piece in periods(window, grain, week_starts):
        start = period_start(piece.start, grain, week_starts)
        share += Fraction(piece.days, (next_start(piece.start, grain, week_starts) - start).days)
    exact = share * Fraction(amount.amount)
    with localcontext(prec=_DIGITS):
        return (Decimal(exact.numerator) / Decimal(exact.denominator)).quantize(_SCALE)
