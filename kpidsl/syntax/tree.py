"""The syntax tree: what the text says, before anybody asks what it means.

The grammar knows no kind and no key, so neither does this tree: a file is blocks and
entries, a value is an expression. Every node carries its exact span.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from kpidsl.text.source import SourceFile, Span


@dataclass(frozen=True, slots=True)
class Name:
    """An identifier, plain or in backticks; `text` is without the backticks."""

    text: str
    span: Span


# --- expressions ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Ref:
    """A dotted path such as `revenue`, `orders.revenue`, `totals.pageviews`."""

    parts: tuple[Name, ...]
    span: Span

    @property
    def text(self) -> str:
        return ".".join(part.text for part in self.parts)


@dataclass(frozen=True, slots=True)
class Number:
    """`12`, `1_000`, `12.5M` (suffixes k, M, B multiply)."""

    value: Decimal
    span: Span


@dataclass(frozen=True, slots=True)
class Percent:
    """`5%`; `value` is the fraction (0.05)."""

    value: Decimal
    span: Span


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number with a unit after it: `45_000 TWD`, `3 order`; money when the unit is a currency."""

    value: Decimal
    unit: Name
    span: Span


@dataclass(frozen=True, slots=True)
class Duration:
    """`30d`, `12h`, `6mo`, `1y`: months (y = 12 mo, q = 3 mo) and seconds are kept apart,
    since a month has no fixed length."""

    months: int
    seconds: int
    span: Span


@dataclass(frozen=True, slots=True)
class String:
    value: str
    span: Span


@dataclass(frozen=True, slots=True)
class Bool:
    value: bool
    span: Span


@dataclass(frozen=True, slots=True)
class Null:
    span: Span


@dataclass(frozen=True, slots=True)
class DateLiteral:
    """`2026-06-30`; `iso` is the text."""

    iso: str
    span: Span


@dataclass(frozen=True, slots=True)
class TimestampLiteral:
    """`2026-03-08T02:30-05:00` or without an offset; `iso` is the text."""

    iso: str
    span: Span


@dataclass(frozen=True, slots=True)
class PeriodLiteral:
    """`2026`, never (that is a number): `2026-06`, `2026-Q2`, `2026-H1`, `2026-W07`, `FY2026`,
    `FY2026-H1`; `text` is the text."""

    text: str
    span: Span


@dataclass(frozen=True, slots=True)
class ListLiteral:
    items: tuple[Expr, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class RecordLiteral:
    """`{ order_id: 1, price: 20 }` as a value (rows of a test, texts per language)."""

    fields: tuple[tuple[Name, Expr], ...]
    span: Span


@dataclass(frozen=True, slots=True)
class SqlLiteral:
    """`sql"…"`; `body_span` covers the text between the quotes."""

    text: str
    body_span: Span
    span: Span


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument of a call; `name` is set in `share(x, of: channel)`."""

    name: Name | None
    value: Expr


@dataclass(frozen=True, slots=True)
class Call:
    function: Ref
    arguments: tuple[Argument, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Unary:
    """`op` is one of `-`, `+`, `not`, `at most`, `at least`."""

    op: str
    operand: Expr
    op_span: Span
    span: Span


@dataclass(frozen=True, slots=True)
class Binary:
    """`op` is one of `+ - * /`, `= != < <= > >=`, `and`, `or`, `like`, `not like`, `..`, `±`,
    or one of the word operators that take an expression on both sides:
    `where` (value where condition), `by` (value by dimension or list of dimensions),
    `as` (value as unit expression), `per` (`40_000 TWD per month`, `min(x) per customer_id`),
    `once per` (value once per key), `from` (`+20% from 2025-H1`), `at` (`45 USD at 2026-12`),
    `over`, `on` (`customers on customer_id`), `to`."""

    op: str
    left: Expr
    right: Expr
    op_span: Span
    span: Span


@dataclass(frozen=True, slots=True)
class InList:
    operand: Expr
    items: tuple[Expr, ...]
    negated: bool
    span: Span


@dataclass(frozen=True, slots=True)
class Between:
    operand: Expr
    low: Expr
    high: Expr
    negated: bool
    span: Span


@dataclass(frozen=True, slots=True)
class IsTest:
    """`x is null`, `x is not none`, `x is unmapped`; `state` is the word after `is`."""

    operand: Expr
    state: Name
    negated: bool
    span: Span


@dataclass(frozen=True, slots=True)
class Case:
    """`case when c then v … else v end`."""

    branches: tuple[tuple[Expr, Expr], ...]
    default: Expr | None
    span: Span


Expr = (
    Ref
    | Number
    | Percent
    | Quantity
    | Duration
    | String
    | Bool
    | Null
    | DateLiteral
    | TimestampLiteral
    | PeriodLiteral
    | ListLiteral
    | RecordLiteral
    | SqlLiteral
    | Call
    | Unary
    | Binary
    | InList
    | Between
    | IsTest
    | Case
)


# --- blocks and entries --------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Doc:
    """The text of the `///` lines above a declaration, without the slashes."""

    text: str
    span: Span


@dataclass(frozen=True, slots=True)
class Param:
    """One item of a header's parentheses: declared (`metric pct(p)`) or given
    (`use pack(cost: all_cost)`); `value` is None in the first case without a default."""

    name: Name
    value: Expr | None
    span: Span


@dataclass(frozen=True, slots=True)
class Block:
    """`kind path? (params)? (as name)? (by path)? "Label"?` followed by `{ items }`,
    or in the short form `: value { items }?`.

    `items` is None when there are no braces. `span` covers all, `header_span` the part before
    the value or the brace.
    """

    kind: Name
    path: tuple[Name, ...]
    params: tuple[Param, ...]
    alias: Name | None
    by: Ref | None
    label: String | None
    value: Expr | None
    items: tuple[Item, ...] | None
    doc: Doc | None
    header_span: Span
    span: Span


@dataclass(frozen=True, slots=True)
class Entry:
    """`key: value { items }?`; the key is a name, or a string where keys are the user's data."""

    key: Name | String
    value: Expr
    items: tuple[Item, ...] | None
    doc: Doc | None
    span: Span


Item = Block | Entry


@dataclass(frozen=True, slots=True)
class Comment:
    """A `#` comment, kept for the formatter; `text` is without the sign and outer blanks."""

    text: str
    span: Span


@dataclass(frozen=True, slots=True)
class File:
    """One parsed file. `edition` is None when the first line does not say it."""

    source: SourceFile
    edition: int | None
    items: tuple[Item, ...]
    comments: tuple[Comment, ...]
