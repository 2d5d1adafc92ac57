"""Money in other currencies, one amount at a time (S26)."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal, localcontext
from fractions import Fraction
from typing import Any

from kpidsl.model.project import Model
from kpidsl.model.sources import Aggregate, Measure
from kpidsl.model.units import SEVERAL
from tests.oracle.days import day_of
from tests.oracle.rows import Refused, Row, Rows, decimal_of

Conversion = tuple[str, str]
"""From which currency into which."""
COUNTS = {Aggregate.COUNT, Aggregate.COUNT_DISTINCT, Aggregate.APPROX_COUNT_DISTINCT}
_PLACES = Decimal("1e-12")


def check_currency(model: Model, measure: Measure, conversions: tuple[Conversion, ...]) -> None:
    """Raise `Refused` where money of several currencies would add up, or has no day."""
    own = measure.unit.money
    for of, into in conversions:
        if of == own and into != own:
            if measure.aggregate in COUNTS:
                raise Refused("a count is no money")
            if model.sources[measure.source].time is None:
                raise Refused(f"{measure.source} has no time to take a rate at")
            own = into
    if own == SEVERAL:
        raise Refused(f"{measure.name} adds up several currencies")


def in_currency(
    rows: Rows,
    measure: Measure,
    conversions: tuple[Conversion, ...],
    amount: Any,
    row: Row,
    day: date | None,
) -> Any:
    """The amount of a row in the currency that the conversions lead to, the innermost first."""
    own = measure.unit.money
    if own is None or amount is None:
        return amount
    for of, into in conversions:
        if of != own or into == own:
            continue
        held = rows.plain(measure.currency, row) if own == SEVERAL and measure.currency else own
        if held != into:
            amount = _exact(Fraction(amount) * Fraction(rate(rows, held, into, day)))
        own = into
    return amount


def rate(rows: Rows, base: object, quote: str, day: date | None) -> Decimal:
    """The last rate of a pair on a day or before it, unless it is too old."""
    source = next(each for each in rows.model.sources.values() if each.rates is not None)
    rates = source.rates
    assert rates is not None
    quoted: dict[date, Decimal] = {}
    for row in rows.of(source.name):
        value = rows.plain(rates.rate, row)
        at = _day(rows, row)
        pair = (rows.plain(rates.base, row), rows.plain(rates.quote, row))
        if base is not None and pair == (base, quote) and at is not None and value is not None:
            quoted[at] = value
    held = [at for at in quoted if day is not None and at <= day]
    if not held or day is None or day - max(held) > timedelta(days=rates.stale_days):
        raise Refused(f"no rate from {base} to {quote} on {day}")
    return quoted[max(held)]


def _day(rows: Rows, row: Row) -> date | None:
    moment = rows.moment(row)
    return None if moment is None else day_of(moment)


def last_known(until: date | None, days: list[date]) -> date:
    """The last day that a source knows: that before its watermark, or of its last row."""
    return max(days) if until is None or until == date.min else until - timedelta(days=1)


def _exact(value: Fraction) -> Decimal:
    with localcontext(prec=200):
        return decimal_of(value).quantize(_PLACES, ROUND_HALF_UP)
