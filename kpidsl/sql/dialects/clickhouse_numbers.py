"""Numbers of ClickHouse, whose types a tree doesn't know.

A rule is right for whole numbers, decimals and floats alike: it adds a zero whose type leads to the
wide one, or it has the server compute a type from the names of others, before it reads a row.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlglot import exp

from kpidsl.sql import build
from kpidsl.sql.dialects.clickhouse_calls import applied
from kpidsl.sql.dialects.rewriting import call, text, whole

_Type = exp.DataType.Type

DAY = "Nullable(Date32)"
MOMENT = "Nullable(DateTime64(6, 'UTC'))"
FLOAT = "Nullable(Float64)"
_TYPES = {
    _Type.DATE: DAY,
    _Type.TIMESTAMP: MOMENT,
    _Type.TIMESTAMPTZ: MOMENT,
    _Type.TIMESTAMPNTZ: "Nullable(DateTime64(6))",  # as a column is that names no zone
    _Type.DOUBLE: FLOAT,
    _Type.BOOLEAN: "Nullable(Bool)",
    _Type.VARCHAR: "Nullable(String)",
    _Type.BIGINT: "Nullable(Decimal(38, 0))",  # an Int64 can't stand beside a UInt64
}
_WIDE = "Decimal(76, 0)"
_DIGITS_OF_INTEGERS = 18
"""So many digits of a whole number are read as such; of more a float is made."""


def cast(value: exp.Expr, kind: str) -> exp.Expr:
    return exp.Cast(this=value, to=exp.DataType.build(kind, dialect="clickhouse"))


def is_of(value: exp.Expr, pattern: str) -> exp.Expr:
    """Return the test that the name of a value's type matches a pattern."""
    return call("match", call("toTypeName", value), text(pattern))


@dataclass(frozen=True, slots=True)
class Told:
    """A literal of a type: the text that it is read from, and the type."""

    text: str
    kind: str


def told(value: exp.Expr) -> Told | None:
    """Return a literal that is cast to what its text says exactly; None of any other value."""
    if not isinstance(value, exp.Cast):
        return None
    inner, sign = value.this.unnest(), ""
    if isinstance(inner, exp.Neg):
        inner, sign = inner.this, "-"
    kind = _TYPES.get(value.to.this)
    if not isinstance(inner, exp.Literal):
        return None
    if value.to.this is _Type.DECIMAL:
        precision, places = _sizes(value)
        decimals = inner.name.partition(".")[2]
        kind = _decimal_kind(precision, places) if len(decimals) <= places else None
    return None if kind is None else Told(sign + inner.name, kind)


def _sizes(node: exp.Cast) -> tuple[int, int]:
    precision, places = (int(size.name) for size in node.to.expressions)
    return precision, places


def _decimal_kind(precision: int, places: int) -> str:
    return f"Nullable(Decimal({precision}, {places}))"


def converted(node: exp.Cast) -> exp.Expr:
    value, kind = node.this, node.to.this
    if kind is _Type.DECIMAL:
        return _decimal(value, *_sizes(node))
    if kind is _Type.DOUBLE:
        return _read_float(value) if build.is_reading(node) else as_float(value)
    if kind is _Type.DATE and build.is_reading(node):
        # A cast would make some day of any text that begins as one, and NULL of others.
        return cast(call("toDateTime64", value, whole(6), text("UTC")), DAY)
    if kind is _Type.BIGINT and isinstance(value, exp.Null):
        return value  # a number of any type may stand beside it
    return cast(value, _TYPES[kind]) if kind in _TYPES else node


def as_float(value: exp.Expr) -> exp.Expr:
    """Return a number as a float. Of a column of texts a cast would make NULL where one is no
    number; as a summand it is refused."""
    if isinstance(value, exp.Column):
        value = exp.Add(this=value, expression=exp.Literal.number("0e0"))
    return cast(value, FLOAT)


def _read_float(value: exp.Expr) -> exp.Expr:
    """Read a number from what may be a text: a cast to a type that knows NULL would make that of
    a text which is no number."""

    def read(held: exp.Expr) -> exp.Expr:
        number = _cast_exactly(call("assumeNotNull", held), "Float64")
        return call("if", call("isNull", held.copy()), exp.Null(), number)

    return applied(read, value)


def _decimal(value: exp.Expr, precision: int, places: int) -> exp.Expr:
    """A cast cuts off what rounding must not, and off a float's nearest decimal, too: only of its
    text is a float the decimal that it shows."""
    kind = _decimal_kind(precision, places)
    if isinstance(value, exp.Null):
        return value
    if _is_text(value):
        return cast(call("round", cast(value, "Nullable(Decimal(76, 38))"), whole(places)), kind)

    def exact(number: exp.Expr) -> exp.Expr:
        between = call("if", is_of(number, "Float"), text("Nullable(String)"), text(kind))
        return cast(call("CAST", call("round", number.copy(), whole(places)), between), kind)

    return applied(exact, value)


def _is_text(value: exp.Expr) -> bool:
    return isinstance(value, exp.Anonymous) and value.name == "printf"


def literal(node: exp.Literal) -> exp.Expr:
    """A number with decimals would be a float, and so would one of many digits."""
    digits, _, decimals = node.name.partition(".")
    if node.is_string or (not decimals and len(digits) <= _DIGITS_OF_INTEGERS):
        return node
    return _cast_exactly(text(node.name), f"Decimal(76, {len(decimals)})")


def _cast_exactly(value: exp.Expr, kind: str) -> exp.Expr:
    """Cast to a type without NULL."""
    to = exp.DataType.build(kind, dialect="clickhouse")
    to.set("nullable", False)
    return exp.Cast(this=value, to=to)


def _wide(value: exp.Expr) -> exp.Expr:
    """Return a number as it is, but a whole one or a decimal with room for 76 digits: what has
    less wraps without a word."""
    return exp.Add(this=build.wrapped(value), expression=_cast_exactly(whole(0), _WIDE))


def widened(node: exp.Expr) -> exp.Expr:
    """Arithmetic on whole numbers would wrap."""
    if isinstance(node.this, exp.Literal) and isinstance(node, exp.Neg):
        return node
    node.set("this", exp.Paren(this=_wide(node.this)))
    return node


def product(node: exp.Mul) -> exp.Expr:
    """Even one of 76 digits would wrap, far away from what the factors make as floats."""

    def checked(left: exp.Expr, right: exp.Expr) -> exp.Expr:
        made = exp.Mul(this=exp.Paren(this=_wide(left)), expression=right)
        near = exp.Mul(
            this=call("toFloat64", left.copy()), expression=call("toFloat64", right.copy())
        )
        off = exp.Sub(this=call("toFloat64", made.copy()), expression=near)
        most = exp.Mul(this=exp.Literal.number("1e-6"), expression=call("abs", near.copy()))
        too_large = exp.GT(this=call("abs", off), expression=most)
        return exp.Add(
            this=made, expression=call("throwIf", too_large, text("a product is too large"))
        )

    return exp.Paren(this=applied(checked, node.this, node.expression))


def total(node: exp.Sum) -> exp.Expr:
    if isinstance(node.this, exp.Count):
        return node
    return call("sum", _wide(node.this))


def rounded(node: exp.Round) -> exp.Expr:
    """A float halfway between two goes to the even one; the one away from zero is meant."""
    decimals = node.args.get("decimals") or whole(0)

    def away_from_zero(value: exp.Expr) -> exp.Expr:
        power = call("exp10", decimals.copy())
        scaled = exp.Mul(this=call("toFloat64", value), expression=power)
        after = exp.Mod(this=call("abs", scaled), expression=whole(2))
        half = exp.EQ(this=after, expression=exp.Literal.number("0.5"))
        is_float = is_of(value.copy(), "Float")
        away = exp.Div(this=call("sign", value.copy()), expression=power.copy())
        step = call("if", exp.And(this=is_float, expression=half), away, whole(0))
        kind = call("if", is_float.copy(), text(FLOAT), text("Nullable(UInt8)"))
        near = call("round", value.copy(), decimals)
        return exp.Add(this=near, expression=call("CAST", step, kind))

    return exp.Paren(this=applied(away_from_zero, node.this))


def deviation(node: exp.StddevSamp) -> exp.Expr:
    """Of one value it would be NaN."""
    several = exp.GT(this=exp.Count(this=node.this), expression=build.number(1))
    return build.case([(several, call("stddevSampStable", node.this.copy()))])


def meeting(node: exp.Coalesce | exp.Case) -> exp.Expr:
    """Numbers meet as floats if one of them is, else as decimals with room for all digits."""
    places = list(build.choices(node))
    # A bare number takes the type of what it meets.
    unsure = [value for value in places if not isinstance(value, exp.Null | exp.Literal)]
    if len(unsure) < 2 or any(map(_is_no_number, places)) or all(map(_is_float, unsure)):
        return node

    def alike(*values: exp.Expr) -> exp.Expr:
        types = call("concat", *(call("toTypeName", value) for value in values))
        met = node.copy()
        others = [
            place for place in build.choices(met) if not isinstance(place, exp.Null | exp.Literal)
        ]
        for place, value in zip(others, values, strict=True):
            place.replace(call("CAST", value.copy(), _common(types, value)))
        return met

    return applied(alike, *unsure)


def _common(types: exp.Expr, value: exp.Expr) -> exp.Expr:
    """Return the type of a value among others, as the server computes it from their names."""
    places = call("extractAll", types.copy(), text("Decimal.[0-9]+, ([0-9]+)"))
    most = call("arrayMax", call("CAST", places, text("Array(UInt8)")))
    decimal = call("concat", text("Nullable(Decimal(76, "), call("toString", most), text("))"))
    any_float = call("match", types.copy(), text("Float"))
    number = is_of(value.copy(), "Decimal|Int")
    own = call("toTypeName", value.copy())
    return call("multiIf", any_float, text(FLOAT), number, decimal, own)


def _is_no_number(value: exp.Expr) -> bool:
    if isinstance(value, exp.Cast):
        return value.to.this not in {_Type.DOUBLE, _Type.DECIMAL}
    kinds = (exp.Boolean, exp.Concat, exp.Predicate, exp.Not, exp.And, exp.Or)
    return isinstance(value, kinds) or (isinstance(value, exp.Literal) and value.is_string)


def _is_float(value: exp.Expr) -> bool:
    is_cast = isinstance(value, exp.Cast) and value.to.this is _Type.DOUBLE
    return is_cast or isinstance(value, exp.Div)
