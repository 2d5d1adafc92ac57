"""Numbers, differences and dates as a reader sees them. Rounding is half up, on decimals."""

from __future__ import annotations

from datetime import date, datetime
from decimal import ROUND_HALF_UP, Context, Decimal

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
# Wide enough that a sum of money is never rounded on its way to the page.
_WIDE = Context(prec=60, rounding=ROUND_HALF_UP)

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


def figure(
    value: Decimal | int | float | None, unit: Unit, *, missing: str = "", digits: int | None = None
) -> Figure:
    """Return the figure of a value, with the texts that cards and tables print.

    Args:
        value: in the unit's own scale (see `Unit`); a float is taken at its shortest spelling.
        unit: what the value counts.
        missing: why there is no value; needed if and only if `value` is None.
        digits: decimals of the exact text, where the reader's precision says so.
    """
    if value is None:
        return Figure(value=None, unit=unit, short=NO_VALUE, exact=NO_VALUE, missing=missing)
    number = value if isinstance(value, Decimal) else Decimal(str(value))
    return Figure(
        value=number, unit=unit, short=short(number, unit), exact=exact(number, unit, digits)
    )


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


def exact(value: Decimal, unit: Unit, digits: int | None = None) -> str:
    """The text of a value in a table, under a heading that names its unit."""
    match unit.kind:
        case "money":
            return fixed(value, _money_digits(value, unit) if digits is None else digits)
        case "percent":
            percent = value * 100
            return f"{fixed(percent, _rate_digits(percent) if digits is None else digits)}%"
        case "multiple":
            return f"{fixed(value, 2 if digits is None else digits)}×"
        case "count":
            return fixed(value, _count_digits(value) if digits is None else digits)
        case "duration":
            return duration(value)
        case "number":
            return fixed(value, digits) if digits is not None else _trim(fixed(value, 2))


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
    band: tuple[Decimal, Decimal] | None = None,
    material: bool = True,
) -> Delta | None:
    """Return how far a value is from a base; None where one of the two has no value.

    Rates differ in percentage points; other values relatively, or absolutely where the base is
    zero or negative, since no percentage of such a base means anything.
    """
    if value.value is None or base.value is None:
        return None
    difference = value.value - base.value
    good = favourable(value.value, base.value, better, band)
    if value.unit.kind == "percent":
        points = difference * 100
        text = f"{signed(points, _point_digits(points))} pp"
        return Delta(kind="pp", value=difference, text=text, favourable=good, material=material)
    if base.value <= 0:
        return absolute_delta(value, base, better, band=band, material=material)
    relative = difference / base.value
    text = f"{signed(relative * 100, 1)}%"
    return Delta(kind="relative", value=relative, text=text, favourable=good, material=material)


def absolute_delta(
    value: Figure,
    base: Figure,
    better: Better | None,
    *,
    band: tuple[Decimal, Decimal] | None = None,
    material: bool = True,
    digits: int | None = None,
) -> Delta | None:
    """Return the difference in the values' own unit (percentage points for a rate), signed."""
    if value.value is None or base.value is None:
        return None
    if value.unit.kind == "percent":
        return delta(value, base, better, band=band, material=material)
    difference = value.value - base.value
    text = exact(difference, value.unit, digits)
    good = favourable(value.value, base.value, better, band)
    return Delta(
        kind="absolute", value=difference, text=_plus(text), favourable=good, material=material
    )


def favourable(
    value: Decimal, base: Decimal, better: Better | None, band: tuple[Decimal, Decimal] | None
) -> bool | None:
    """Whether moving from `base` to `value` is good by the KPI's `better`, whatever the sign.

    For a band: nearer to it is better. None: no direction declared, or no difference.
    """
    match better:
        case "higher":
            gain = value - base
        case "lower":
            gain = base - value
        case "band" if band is not None:
            gain = _outside(base, band) - _outside(value, band)
        case _:
            return None
    return None if gain == 0 else gain > 0


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
    """One decimal; two significant digits under 1 %, where one decimal would hide the value."""
    return 1 if percent == 0 or abs(percent) >= 1 else min(4, 1 - percent.adjusted())


def _point_digits(points: Decimal) -> int:
    return 1 if points == 0 or abs(points) >= Decimal("0.1") else min(4, -points.adjusted())


def _three_significant(value: Decimal) -> Decimal:
    return Context(prec=3, rounding=ROUND_HALF_UP).plus(value)


def _outside(value: Decimal, band: tuple[Decimal, Decimal]) -> Decimal:
    """How far a value lies outside a band."""
    low, high = band
    return max(low - value, value - high, Decimal(0))


def _trim(text: str) -> str:
    return text.rstrip("0").rstrip(".") if "." in text else text


def _plus(text: str) -> str:
    is_zero = not any(char in "123456789" for char in text)
    return text if is_zero or text.startswith(MINUS) else f"+{text}"
