"""Numbers, differences and dates as a reader sees them. Rounding is half up, on decimals."""

from __future__ import annotations

from datetime import date, datetime
from decimal import MAX_PREC, ROUND_HALF_UP, Context, Decimal
from typing import Literal

from kpidsl.reports.values import Better, Delta, Figure, Unit
from kpidsl.reports.words import MONTHS

MINUS = "\N{MINUS SIGN}"
NO_VALUE = "\N{EN DASH}"

_COMPACT = ((Decimal(10) ** 12, "T"), (Decimal(10) ** 9, "B"), (Decimal(10) ** 6, "M"))
_THOUSAND = (Decimal(1000), "K")
_COMPACT_MONEY_FROM = 10_000
_COMPACT_COUNT_FROM = 1_000_000
# ISO 4217 minor units that are not 2; TWD has 2 on paper, and none in any price.
_MINOR_DIGITS = {"JPY": 0, "KRW": 0, "VND": 0, "CLP": 0, "TWD": 0, "BHD": 3, "KWD": 3, "OMR": 3}
# Wide enough that no number is rounded on its way to the page but where it is said.
_WIDE = Context(prec=MAX_PREC, rounding=ROUND_HALF_UP)

PERCENT = Unit(kind="percent", label="%")
MULTIPLE = Unit(kind="multiple", label="×")
DURATION = Unit(kind="duration", label="time")
NUMBER = Unit(kind="number", label="number")


def money(currency: str, per: str = "") -> Unit:
    """The unit of an amount in an ISO 4217 currency, or of a quotient such as USD per customer."""
    label = f"{currency} per {per}" if per else currency
    return Unit(kind="money", label=label, currency=currency)


def count(noun: str) -> Unit:
    """The unit of a count; `noun` is printed as given (`orders`)."""
    return Unit(kind="count", label=noun)


def figure(value: Decimal | int | float | None, unit: Unit, *, missing: str = "") -> Figure:
    """Return the figure of a value, with the texts that cards and tables print.

    Args:
        value: in the unit's own scale (see `Unit`); a float is taken at its shortest spelling.
        unit: what the value counts.
        missing: why there is no value; needed if and only if `value` is None.
    """
    if value is None:
        return Figure(value=None, unit=unit, short=NO_VALUE, exact=NO_VALUE, missing=missing)
    number = value if isinstance(value, Decimal) else Decimal(str(value))
    return Figure(value=number, unit=unit, short=short(number, unit), exact=exact(number, unit))


def short(value: Decimal, unit: Unit) -> str:
    """The text of a value on a card, with its unit where that is not a plain count."""
    match unit.kind:
        case "money":
            return f"{unit.currency} {_short_money(value, unit)}"
        case "count":
            if abs(value) >= _COMPACT_COUNT_FROM:
                return compact(value)
            return fixed(value, _count_digits(value))
        case "percent" if abs(value) >= 2:
            return f"{fixed(value * 100, 0)}%"
        case _:
            return exact(value, unit)


def exact(value: Decimal, unit: Unit) -> str:
    """The text of a value in a table, under a heading that names its unit."""
    match unit.kind:
        case "money":
            return fixed(value, _money_digits(value, unit))
        case "percent":
            percent = value * 100
            return f"{fixed(percent, _rate_digits(percent))}%"
        case "multiple":
            return f"{fixed(value, 2)}×"
        case "count":
            return fixed(value, _count_digits(value))
        case "duration":
            return duration(value)
        case "number":
            return _trim(fixed(value, _number_digits(value)))


def fixed(value: Decimal, digits: int) -> str:
    """Half up to `digits` decimals, thousands grouped, minus U+2212, no minus before a zero."""
    rounded = value.quantize(Decimal(1).scaleb(-digits), context=_WIDE)
    text = f"{rounded.copy_abs():,f}"  # abs() would round to the context
    return MINUS + text if rounded < 0 else text


def compact(value: Decimal) -> str:
    """Three significant digits with K, M, B or T: 999,999 is 1M, never 1000K."""
    rounded = _three_significant(value)
    for size, letter in (*_COMPACT, _THOUSAND):
        if abs(rounded) >= size:
            scaled = rounded / size
            return _trim(fixed(scaled, max(0, 2 - scaled.adjusted()))) + letter
    return fixed(value, 0)


def duration(seconds: Decimal) -> str:
    """A span of time in its two leading units: 45 s, 2 min 5 s, 3 h 10 min, 3.2 d."""
    sign = MINUS if seconds < 0 else ""
    whole = int(abs(seconds).quantize(Decimal(1), context=_WIDE))
    if whole < 60:
        small = _trim(fixed(abs(seconds), 1))
        return f"{sign if small != '0' else ''}{small} s"
    if whole < 3600:
        return f"{sign}{whole // 60} min" + (f" {whole % 60} s" if whole % 60 else "")
    if whole < 86_400:
        minutes = whole % 3600 // 60
        return f"{sign}{whole // 3600} h" + (f" {minutes} min" if minutes else "")
    return f"{sign}{_trim(fixed(abs(seconds) / 86_400, 1))} d"


def delta(
    value: Figure,
    base: Figure,
    better: Better | None,
    *,
    absolute: bool = False,
    material: bool = True,
    in_table: bool = False,
) -> Delta | None:
    """Return how far a value is from a base; None where one of the two has no value.

    Rates differ in percentage points; other values relatively, or in their own unit where that is
    asked for (`absolute`) or the base is zero or negative, of which no percentage means anything.

    Two different figures that print alike are about the same: their difference is neither better
    nor worse, for the reader sees none. `in_table` says which of their texts stand beside it: the
    exact ones of tables, or the short ones of cards, which are rounded.
    """
    if value.value is None or base.value is None:
        return None
    difference = value.value - base.value
    kind: Literal["relative", "pp", "absolute"]
    if value.unit.kind == "percent":
        points = difference * 100
        kind, text = "pp", f"{signed(points, _point_digits(points))} pp"
    elif absolute or base.value <= 0:
        kind, text = "absolute", _plus(exact(difference, value.unit))
    else:
        difference /= base.value
        kind, text = "relative", f"{signed(difference * 100, 1)}%"
    same_text = value.exact == base.exact if in_table else value.short == base.short
    alike = same_text and difference != 0
    return Delta(
        kind=kind,
        value=difference,
        text=text,
        favourable=None if alike else favourable(value.value, base.value, better),
        material=material and not alike,
        alike=alike,
    )


def favourable(value: Decimal, base: Decimal, better: Better | None) -> bool | None:
    """Whether moving from `base` to `value` is good by the KPI's `better`, whatever the sign.

    None: no direction declared, or no difference.
    """
    if better is None or value == base:
        return None
    return (value > base) == (better == "higher")


def signed(value: Decimal, digits: int) -> str:
    """`fixed` with a plus before what is above zero as printed."""
    return _plus(fixed(value, digits))


def day(value: date) -> str:
    """A day without a weekday: 31 Oct 2026."""
    return f"{value.day} {MONTHS[value.month - 1]} {value.year}"


def days(first: date, last: date) -> str:
    """A span of days, its last day included, saying each year and month once."""
    if first == last:
        return day(last)
    if first.year != last.year:
        return f"{day(first)} – {day(last)}"
    if first.month != last.month:
        return f"{first.day} {MONTHS[first.month - 1]} – {day(last)}"
    return f"{first.day}–{day(last)}"


def moment(value: date | datetime) -> str:
    """A day, or a day and time with its offset: 1 Nov 2026, 06:00 UTC−05:00.

    The offset and not the zone's name, which a model read back from JSON no longer has.
    """
    if not isinstance(value, datetime):
        return day(value)
    offset = value.isoformat()[-6:].replace("-", MINUS) if value.utcoffset() else ""
    return f"{day(value)}, {value:%H:%M} UTC{offset}"


def _short_money(value: Decimal, unit: Unit) -> str:
    if abs(value) >= _COMPACT_MONEY_FROM:
        return compact(value)
    if abs(value) >= 1000:
        return fixed(value, 0)
    is_whole = value == value.to_integral_value()
    return fixed(value, 0 if is_whole else _money_digits(value, unit))


def _count_digits(value: Decimal) -> int:
    """A share of a count, such as a target to date, shows a decimal while it is small."""
    return 0 if abs(value) >= 100 or value == value.to_integral_value() else 1


def _money_digits(value: Decimal, unit: Unit) -> int:
    """The currency's minor digits; more for a price such as 0.0043 that they would wipe out."""
    minor = _MINOR_DIGITS.get(unit.currency or "", 2)
    return minor if value == 0 or abs(value) >= 1 else max(minor, min(6, 1 - value.adjusted()))


def _rate_digits(percent: Decimal) -> int:
    """One decimal, and under 10 % as many as three digits need, up to four decimals."""
    return 1 if percent == 0 else max(1, min(4, 2 - percent.adjusted()))


def _number_digits(value: Decimal) -> int:
    """Two decimals, and under 1 as many as three digits need, up to six decimals."""
    return 2 if value == 0 else max(2, min(6, 2 - value.adjusted()))


def _point_digits(points: Decimal) -> int:
    """One decimal; two under 1 point, and one digit where those would print a zero."""
    return 1 if points == 0 or abs(points) >= 1 else max(2, min(4, -points.adjusted()))


def _three_significant(value: Decimal) -> Decimal:
    return Context(prec=3, rounding=ROUND_HALF_UP).plus(value)


def _trim(text: str) -> str:
    return text.rstrip("0").rstrip(".") if "." in text else text


def _plus(text: str) -> str:
    is_zero = not any(char in "123456789" for char in text)
    return text if is_zero or text.startswith(MINUS) else f"+{text}"
