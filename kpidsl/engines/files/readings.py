"""The ways to read a text cell: what fits, which value it has, what to say about it.

Each `Reading` gives two expressions over a cell: whether it fits, and its value as text that
the engine casts without loss. Patterns are RE2's and cover the whole cell.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from sqlglot import exp

from kpidsl.engines.files.nodes import (
    call,
    case,
    cast,
    count_where,
    equals,
    number,
    present,
    text,
    try_cast,
)
from kpidsl.model.files import DateOrder, DecimalSign

Node = exp.Expr


class Family(StrEnum):
    BOOLEAN = "boolean"
    INTEGER = "integer"
    NUMBER = "number"
    FLOAT = "float"
    DATE = "date"


@dataclass(frozen=True, slots=True)
class Reading:
    """`value` gives text: a plain number, or an ISO date or timestamp.

    `calendar` says that a cell of the right form may still be no value, such as 30 February.
    `scale` moves the decimal point of the number (2 for percent). `order` is the order of
    the parts of a date that could have been another, `sign` the decimal sign of an amount.
    What fits this reading also fits those named in `implies`.
    """

    name: str
    family: Family
    pattern: str
    value: Callable[[Node], Node]
    calendar: bool = False
    scale: int = 0
    order: DateOrder | None = None
    sign: DecimalSign | None = None
    said: str = ""
    implies: frozenset[str] = frozenset()

    def looks(self, cell: Node) -> Node:
        """Return whether the cell has the form, which is quick to tell."""
        return matches(cell, self.pattern)

    def fits(self, cell: Node) -> Node:
        """Return whether the cell has a value."""
        if not self.calendar:
            return self.looks(cell)
        valid = present(try_cast(self.value(cell), "TIMESTAMP"))
        return exp.And(this=self.looks(cell), expression=valid)


def matches(cell: Node, pattern: str) -> Node:
    return call("regexp_full_match", cell, text(pattern))


def extract(cell: Node, pattern: str, group: int) -> Node:
    return call("regexp_extract", cell, text(pattern), number(group))


def _replace(cell: Node, pattern: str, by: str) -> Node:
    return call("regexp_replace", cell, text(pattern), text(by), text("g"))


def _joined(*parts: Node) -> Node:
    return call("concat", *parts)


# --- booleans and numbers ------------------------------------------------------------------

_MINUS = "[-\u2212\uff0d]"
_CODES = (
    "AUD|BRL|CAD|CHF|CNY|CZK|DKK|EUR|GBP|HKD|HUF|IDR|ILS|INR|JPY|KRW|MXN|MYR|NOK|NTD|NZD|PHP|PLN"
    "|RMB|SEK|SGD|THB|TRY|TWD|USD|VND|ZAR"
)
CURRENCY = f"NT\\$|US\\$|HK\\$|S\\$|A\\$|C\\$|R\\$|[$€£¥￥₩₹฿₫]|RM|Rp|{_CODES}|kr|zł|元|円"
_WHOLE = "(?:0|[1-9][0-9]*)"
_POINT = (
    r"(?:(?:0|[1-9][0-9]*|[1-9][0-9]{0,2}(?:,[0-9]{2,3})*,[0-9]{3}"
    r"|[1-9][0-9]{0,2}(?:[ '’][0-9]{3})+)(?:\.[0-9]+)?|\.[0-9]+)"
)
_COMMA = (
    r"(?:(?:0|[1-9][0-9]*|[1-9][0-9]{0,2}(?:\.[0-9]{3})+"
    r"|[1-9][0-9]{0,2}(?:[ '’][0-9]{3})+)(?:,[0-9]+)?|,[0-9]+)"
)


def _amount(digits: str) -> str:
    """Return the pattern of an amount: sign, currency, digits; or all of it in parentheses."""
    before, after = f"(?:(?:{CURRENCY}) ?)?", f"(?: ?(?:{CURRENCY}))?"
    signed = f"{_MINUS}? ?{before}{_MINUS}?{digits}{after}"
    return f"(?:{signed}|\\({before}{digits}{after}\\))"


def _percent(digits: str) -> str:
    return f"(?:(?:{_MINUS}|[+])? ?{digits} ?[%％]|\\({digits} ?[%％]\\))"


def _plain_number(cell: Node, decimal: DecimalSign) -> Node:
    """Return the digits with a point and a minus, whatever else stands around them."""
    digits: Node = _replace(cell, f"[^0-9{decimal}]", "")
    if decimal == ",":
        digits = call("replace", digits, text(","), text("."))
    negative = call("regexp_matches", cell, text(f"{_MINUS}|[(]"))
    return case(negative, _joined(text("-"), digits), digits)


def _as_it_is(cell: Node) -> Node:
    return cell


def _formatted(name: str, sign: DecimalSign, pattern: str, scale: int) -> Reading:
    return Reading(
        name,
        Family.NUMBER,
        pattern,
        lambda cell: _plain_number(cell, sign),
        scale=scale,
        sign=sign,
    )


BOOLEAN = Reading("boolean", Family.BOOLEAN, "(?i)true|false", _as_it_is)
INTEGER = Reading(
    "integer",
    Family.INTEGER,
    f"-?{_WHOLE}",
    _as_it_is,
    implies=frozenset({"decimal", "float", "amount_point", "amount_comma"}),
)
DECIMAL = Reading(
    "decimal",
    Family.NUMBER,
    rf"-?(?:{_WHOLE}(?:\.[0-9]+)?|\.[0-9]+)",
    _as_it_is,
    implies=frozenset({"float", "amount_point"}),
)
FLOAT = Reading(
    "float",
    Family.FLOAT,
    rf"-?(?:{_WHOLE}(?:\.[0-9]+)?|\.[0-9]+)(?:[eE][-+]?[0-9]{{1,3}})?",
    _as_it_is,
)
AMOUNT_POINT = _formatted("amount_point", ".", _amount(_POINT), 0)
AMOUNT_COMMA = _formatted("amount_comma", ",", _amount(_COMMA), 0)
PERCENT_POINT = _formatted("percent_point", ".", _percent(_POINT), 2)
PERCENT_COMMA = _formatted("percent_comma", ",", _percent(_COMMA), 2)
AMOUNTS = (AMOUNT_POINT, AMOUNT_COMMA, PERCENT_POINT, PERCENT_COMMA)

# --- dates ---------------------------------------------------------------------------------

_ZONE = "(?:Z|UTC|[+-][0-9]{2}(?::?[0-9]{2})?)"
_TIME = (
    r"(?:(?:[T ] *)(?:(上午|下午|AM|PM|am|pm) *)?"
    r"([0-9]{1,2}):([0-9]{2})(?::([0-9]{2}(?:\.[0-9]{1,6})?))?"
    rf" ?(上午|下午|AM|PM|am|pm)?({_ZONE})?)?"
)
_SEP = "[-/.]"


@dataclass(frozen=True, slots=True)
class _Layout:
    """Where year, month and day stand: the groups of the pattern, and how years count."""

    pattern: str
    year: int = 1
    month: int = 2
    day: int | None = 3
    roc: bool = False


_YMD = _Layout(rf"([0-9]{{4}}){_SEP}([0-9]{{1,2}}){_SEP}([0-9]{{1,2}})")
_YMD_WORDS = _Layout("(?:西元)?([0-9]{4})年([0-9]{1,2})月([0-9]{1,2})日")
_COMPACT = _Layout("((?:19|20)[0-9]{2})(0[1-9]|1[0-2])(0[1-9]|[12][0-9]|3[01])")
_MONTH = _Layout("([0-9]{4})[-/](0[1-9]|1[0-2])", day=None)
_MONTH_WORDS = _Layout("([0-9]{4})年([0-9]{1,2})月", day=None)
_DMY = _Layout(rf"([0-9]{{1,2}}){_SEP}([0-9]{{1,2}}){_SEP}([0-9]{{4}}|[0-9]{{2}})", 3, 2, 1)
_MDY = _Layout(_DMY.pattern, 3, 1, 2)
_YY = _Layout(rf"([0-9]{{2}}){_SEP}([0-9]{{1,2}}){_SEP}([0-9]{{1,2}})")
_ROC_WORDS = _Layout("(?:中華)?(?:民國)? ?([0-9]{2,3})年([0-9]{1,2})月([0-9]{1,2})日", roc=True)
_ROC_MONTH = _Layout("(?:民國)?([0-9]{2,3})年([0-9]{1,2})月", day=None, roc=True)
_ROC2 = _Layout(rf"([0-9]{{2,3}}){_SEP}([0-9]{{1,2}}){_SEP}([0-9]{{1,2}})", roc=True)
_ROC_COMPACT = _Layout("(1[0-9]{2}|[0-9]{2})(0[1-9]|1[0-2])(0[1-9]|[12][0-9]|3[01])", roc=True)
_ROC_MONTH_SIGNS = _Layout(f"(1[0-9]{{2}}){_SEP}(0[1-9]|1[0-2])", day=None, roc=True)
_NAMED = ("%d-%b-%Y", "%d %b %Y", "%b %d, %Y", "%d %B %Y", "%B %d, %Y", "%d-%b-%y")
_NAMED_PATTERN = r"[0-9]{1,2}[- ][A-Z][a-z]{2,8}[- ][0-9]{2,4}|[A-Z][a-z]{2,8} [0-9]{1,2}, [0-9]{4}"
# Any date of three numbers whose order has to be known: this is what an order is asked for.
NUMERIC_DATE = rf"[0-9]{{1,3}}{_SEP}[0-9]{{1,2}}{_SEP}(?:[0-9]{{4}}|[0-9]{{1,2}})" + _TIME


def _year(layout: _Layout, cell: Node, pattern: str) -> Node:
    found = extract(cell, pattern, layout.year)
    if layout.roc:
        return exp.Add(this=cast(found, "INT"), expression=number(1911))
    # Two digits count as POSIX counts them: 69 to 99 are the 1900s.
    century = case(exp.GTE(this=found, expression=text("69")), text("19"), text("20"))
    return case(equals(call("length", found), number(2)), _joined(century, found), found)


def _date_value(layout: _Layout, cell: Node) -> Node:
    """Return the cell as ISO text, or NULL where it is no date of this layout."""
    pattern = layout.pattern + _TIME
    groups = 2 if layout.day is None else 3
    day = text("1") if layout.day is None else extract(cell, pattern, layout.day)
    date = _joined(
        _year(layout, cell, pattern),
        text("-"),
        _two_digits(extract(cell, pattern, layout.month)),
        text("-"),
        _two_digits(day),
    )
    before, hour, minute, second, after, zone = (
        extract(cell, pattern, groups + i) for i in range(1, 7)
    )
    seconds = case(equals(second, text("")), text("00"), second)
    offset = call("replace", zone, text("UTC"), text("Z"))
    clock = (_hour(hour, _joined(before, after)), text(":"), minute, text(":"), seconds, offset)
    time = _joined(text(" "), *clock)
    whole = case(equals(hour, text("")), date, _joined(date, time))
    return case(matches(cell, pattern), whole)


def _hour(hour: Node, half: Node) -> Node:
    """Return the hour of 24 from an hour and the half of the day that stands with it."""
    word = call("lower", half)
    afternoon = exp.In(this=word, expressions=[text("pm"), text("下午")])
    twelve = exp.Mod(this=cast(hour, "INT"), expression=number(12))
    full = exp.Add(this=twelve, expression=case(afternoon, number(12), number(0)))
    return _two_digits(case(equals(word, text("")), hour, cast(exp.Paren(this=full), "VARCHAR")))


def _two_digits(value: Node) -> Node:
    return call("lpad", value, number(2), text("0"))


def _date(
    name: str, layouts: tuple[_Layout, ...], order: DateOrder | None = None, said: str = ""
) -> Reading:
    def value(cell: Node) -> Node:
        found = [_date_value(layout, cell) for layout in layouts]
        return found[0] if len(found) == 1 else exp.Coalesce(this=found[0], expressions=found[1:])

    pattern = "|".join(f"(?:{layout.pattern}{_TIME})" for layout in layouts)
    return Reading(name, Family.DATE, pattern, value, calendar=True, order=order, said=said)


def _named_value(cell: Node) -> Node:
    parsed = call("try_strptime", cell, exp.Array(expressions=[text(f) for f in _NAMED]))
    return call("strftime", parsed, text("%Y-%m-%d"))


_STANDARD = (
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
    rf"(?:[T ][0-9]{{2}}:[0-9]{{2}}(?::[0-9]{{2}}(?:\.[0-9]{{1,6}})?)?(?: UTC|{_ZONE})?)?"
)

NUMERIC = Reading("numeric date", Family.DATE, NUMERIC_DATE, _as_it_is)
STANDARD = Reading(
    "iso", Family.DATE, _STANDARD, _as_it_is, calendar=True, implies=frozenset({"ymd"})
)
_ALWAYS = (
    STANDARD,
    _date("ymd", (_YMD, _YMD_WORDS)),
    _date("compact", (_COMPACT,), said="dates read as yyyymmdd"),
    _date("month", (_MONTH, _MONTH_WORDS), said="months read as their first day"),
    Reading("named", Family.DATE, _NAMED_PATTERN, _named_value, calendar=True),
)
_ORDERS: dict[DateOrder, tuple[_Layout, ...]] = {
    "iso": (_YMD, _YMD_WORDS),
    "dmy": (_DMY,),
    "mdy": (_MDY,),
    "ymd": (_YY,),
    "roc": (_ROC2, _ROC_WORDS),
}
_SAID: dict[DateOrder, str] = {
    "iso": "dates read as year-month-day",
    "dmy": "dates read as day-month-year",
    "mdy": "dates read as month-day-year",
    "ymd": "dates read as year-month-day",
    "roc": "dates read as ROC years",
}


@dataclass(frozen=True, slots=True)
class Clocks:
    """How many of the `values` of a date reading have a time of day, and how many a zone."""

    values: int
    times: int
    zones: int

    @staticmethod
    def counts(value: Node) -> tuple[Node, Node, Node]:
        """Return the three as aggregates over the values of a reading."""
        timed = call("contains", value, text(":"))
        zoned = exp.And(this=timed, expression=call("regexp_matches", value, text(f"{_ZONE}$")))
        return exp.Count(this=value), count_where(timed), count_where(zoned)

    @property
    def type(self) -> str | None:
        """The type that holds them all; None where only some name their zone."""
        if not self.times:
            return "DATE"
        if not self.zones:
            return "TIMESTAMP"
        return "TIMESTAMP WITH TIME ZONE" if self.zones == self.values else None


@cache
def date_readings(declared: DateOrder | None) -> tuple[Reading, ...]:
    """Return the ways to read a date; where several orders of undeclared dates fit, the
    caller refuses. A declared order also admits ISO dates, which have but one order.

    Cached, since readings serve as keys and their functions are compared by identity."""
    if declared is None:
        orders = tuple(_date(o, _ORDERS[o], o, _SAID[o]) for o in ("dmy", "mdy", "ymd", "roc"))
        return (*_ALWAYS, *orders, _date("roc_month", (_ROC_MONTH,), None, _SAID["roc"]))
    own = _date(declared, (*_ORDERS[declared], _YMD, _YMD_WORDS), declared)
    if declared != "roc":
        return (*_ALWAYS, own)
    compact = _date("roc_compact", (_ROC_COMPACT,), None, _SAID["roc"])
    month = _date("roc_month", (_ROC_MONTH, _ROC_MONTH_SIGNS), None, _SAID["roc"])
    return (*_ALWAYS, own, compact, month)


def number_readings(declared: DecimalSign | None) -> tuple[Reading, ...]:
    """Return the ways to read a number under a declared decimal sign, or under both."""
    point = (DECIMAL, FLOAT, AMOUNT_POINT, PERCENT_POINT)
    comma = (AMOUNT_COMMA, PERCENT_COMMA)
    match declared:
        case ".":
            return (INTEGER, *point)
        case ",":
            return (INTEGER, *comma)
        case None:
            return (INTEGER, *point, *comma)
