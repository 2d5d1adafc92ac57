"""The shapes of values: what a key takes, in words and as a reader."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import TypeVar

from kpidsl.kinds.binding.spec import Shape
from kpidsl.syntax import tree
from kpidsl.text.suggest import either

T = TypeVar("T")
E = TypeVar("E", bound=StrEnum)


_WORDS: dict[type[object], str] = {
    tree.Ref: "a name",
    tree.Number: "a number",
    tree.Percent: "a percentage",
    tree.Quantity: "a number with a unit",
    tree.Duration: "a duration",
    tree.String: "a text",
    tree.Null: "`null`",
    tree.DateLiteral: "a date",
    tree.TimestampLiteral: "a point in time",
    tree.PeriodLiteral: "a period",
    tree.ListLiteral: "a list",
    tree.RecordLiteral: "a record in braces",
    tree.SqlLiteral: "an SQL expression",
}


def describe(expr: tree.Expr) -> str:
    """Name what was written, for "found …"."""
    match expr:
        case tree.Ref(parts=(_, _, *_)):
            return "a dotted name"
        case tree.Bool(value=truth):
            return "`true`" if truth else "`false`"
        case tree.Call(function=function):
            return f"a call of `{function.text}`"
    return _WORDS.get(type(expr), "a formula")


def _expression(expr: tree.Expr) -> tree.Expr | None:
    return None if isinstance(expr, tree.RecordLiteral) else expr


def _anything(expr: tree.Expr) -> tree.Expr:
    return expr


def _ref(expr: tree.Expr) -> tree.Ref | None:
    return expr if isinstance(expr, tree.Ref) else None


def _simple_name(expr: tree.Expr) -> tree.Name | None:
    return expr.parts[0] if isinstance(expr, tree.Ref) and len(expr.parts) == 1 else None


def _text(expr: tree.Expr) -> str | None:
    return expr.value if isinstance(expr, tree.String) else None


def _texts_per_language(expr: tree.Expr) -> dict[str, str] | None:
    match expr:
        case tree.String(value=text):
            return {"": text}
        case tree.RecordLiteral(fields=fields):
            texts = {name.text: _text(value) for name, value in fields}
            present = {name: text for name, text in texts.items() if text is not None}
            return present if present and len(present) == len(fields) else None
    return None


def _whole(expr: tree.Expr) -> int | None:
    if isinstance(expr, tree.Number) and expr.value == expr.value.to_integral_value():
        return int(expr.value)
    return None


def _fraction(expr: tree.Expr) -> Decimal | None:
    return expr.value if isinstance(expr, tree.Percent) else None


def _truth(expr: tree.Expr) -> bool | None:
    return expr.value if isinstance(expr, tree.Bool) else None


def _duration(expr: tree.Expr) -> tree.Duration | None:
    return expr if isinstance(expr, tree.Duration) else None


def _date(expr: tree.Expr) -> date | None:
    if not isinstance(expr, tree.DateLiteral):
        return None
    try:
        return date.fromisoformat(expr.iso)
    except ValueError:
        return None


def _literal_text(expr: tree.Expr) -> str | None:
    match expr:
        case tree.String(value=value):
            return value
        case tree.Number(value=number):
            return str(number)
    return None


def _call(expr: tree.Expr) -> tree.Call | None:
    return expr if isinstance(expr, tree.Call) else None


EXPRESSION: Shape[tree.Expr] = Shape("a formula", "revenue / orders", _expression)
CONDITION: Shape[tree.Expr] = Shape("a condition", 'status = "paid"', _expression)
ANYTHING: Shape[tree.Expr] = Shape("a value", "all", _anything)
NAME = Shape("a name", "revenue", _ref)
SIMPLE_NAME = Shape("a name without dots", "revenue", _simple_name)
TEXT = Shape("a text in double quotes", '"Retail panel 2026"', _text)
TEXTS = Shape(
    "a text, or one text per language",
    '{ en: "Revenue", zh_Hant: "營收" }',
    _texts_per_language,
)
WHOLE_NUMBER = Shape("a whole number", "10", _whole)
PERCENTAGE = Shape("a percentage", "10%", _fraction)
TRUTH = Shape("`true` or `false`", "true", _truth)
DURATION = Shape("a duration", "30d", _duration)
DATE = Shape("a date", "2026-06-30", _date)
PERIOD: Shape[tree.Expr] = Shape("a period", "2026-H1", _expression)
DATA_TEXT = Shape("a text or a number of the data", '"fb"', _literal_text)


def list_of(shape: Shape[T], words: str) -> Shape[tuple[T, ...]]:
    """Return the shape of a list, in which a single item may stand without brackets."""

    def read(expr: tree.Expr) -> tuple[T, ...] | None:
        items = expr.items if isinstance(expr, tree.ListLiteral) else (expr,)
        values = [shape.read(item) for item in items]
        present = tuple(value for value in values if value is not None)
        return present if len(present) == len(values) else None

    return Shape(words, f"[{shape.example}]", read, shape.choices)


NAMES = list_of(NAME, "a name or a list of names")
SIMPLE_NAMES = list_of(SIMPLE_NAME, "a name or a list of names")
TEXT_LIST = list_of(TEXT, "a text or a list of texts")
DATA_TEXTS = list_of(DATA_TEXT, "a text or a list of texts")
EXPRESSIONS: Shape[tuple[tree.Expr, ...]] = list_of(EXPRESSION, "a name or a list of names")


def one_of(choices: type[E]) -> Shape[E]:
    """Return the shape of one word of an enumeration."""
    words = tuple(choice.value for choice in choices)

    def read(expr: tree.Expr) -> E | None:
        name = _simple_name(expr)
        return choices(name.text) if name is not None and name.text in words else None

    return Shape(either(words), words[0], read, words)


def word_of(*words: str) -> Shape[str]:
    """Return the shape of one of a few words."""

    def read(expr: tree.Expr) -> str | None:
        name = _simple_name(expr)
        return name.text if name is not None and name.text in words else None

    return Shape(either(words), words[0], read, words)


def call_of(function: str, words: tuple[str, ...]) -> Shape[str]:
    """Return the shape of `function(word)`; the value is the word."""

    def read(expr: tree.Expr) -> str | None:
        match expr:
            case tree.Call(function=called, arguments=(tree.Argument(name=None, value=value),)):
                name = _simple_name(value)
                if called.text == function and name is not None and name.text in words:
                    return name.text
        return None

    listed = ", ".join(f"`{function}({word})`" for word in words)
    return Shape(f"one of {listed}", f"{function}({words[0]})", read)


def call_with(function: str, inner: Shape[T]) -> Shape[T]:
    """Return the shape of `function(value)`; the value is that of the argument."""

    def read(expr: tree.Expr) -> T | None:
        match expr:
            case tree.Call(function=called, arguments=(tree.Argument(name=None, value=value),)):
                return inner.read(value) if called.text == function else None
        return None

    return Shape(f"`{function}({inner.example})`", f"{function}({inner.example})", read)
