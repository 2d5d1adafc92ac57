"""Rounding for readers: half up, on decimals."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Context, Decimal

# So wide that no sum of money loses digits, nor a float: it has up to 309 before its point.
_WIDE = Context(prec=320, rounding=ROUND_HALF_UP)


def half_up(value: Decimal | float | int, places: int) -> Decimal:
    """Return a number with so many decimals; a float is taken by the digits it prints with."""
    exact = value if isinstance(value, Decimal) else Decimal(str(value))
    return exact.quantize(Decimal(1).scaleb(-places), context=_WIDE)
