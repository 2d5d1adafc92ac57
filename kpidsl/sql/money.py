"""Money as exact decimals (S12), and the rates at which it is converted (S26)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sqlglot import exp

from kpidsl.model.expr import Exchanged, Literal
from kpidsl.sql import build
from kpidsl.sql.dialects import Dialect
from kpidsl.sql.meeting import VALUE

MONEY_PLACES = 9
MONEY = f"DECIMAL(38, {MONEY_PLACES})"
"""Money is exact decimals (S12), whatever the column's own type: fine enough for the price of a
single impression, and no finer than what a double holds of amounts up to nine million."""
RATE_PLACES = 12
RATE = f"DECIMAL(38, {RATE_PLACES})"
"""Rates, and what comes of money at a rate: exact unless it has more decimals than these, and then
rounded row by row, so that parts still add up to their total."""
WEIGHT = "DECIMAL(38, 12)"
"""The share that a row of a bridge has; times an amount it is exact (S7)."""
CURRENCY, WANTED, DAY, RATE_COLUMN = "currency", "wanted", "day", "rate"
_DAY, _NEXT = "quoted_on", "next_quoted_on"


_SOURCE = "money of"


def as_money(value: exp.Expr, source: str) -> exp.Expr:
    """Return a value of a source's rows as money, marked so that `roundings` finds it."""
    kept = build.cast(value, MONEY)
    kept.meta[_SOURCE] = source
    return kept


def roundings(tree: exp.Expr) -> Iterator[tuple[str, exp.Cast]]:
    """Yield where a statement makes money of the values of rows, after the name of their source."""
    for cast in tree.find_all(exp.Cast):
        if _SOURCE in cast.meta:
            yield cast.meta[_SOURCE], cast


def most_places(value: exp.Expr, of_columns: Mapping[str, int]) -> int | None:
    """Return how many decimals a value may have, given those of its columns by their text; None
    where that can't be told."""
    parts = [most_places(part, of_columns) for part in _operands(value)]
    match value:
        case exp.Column():
            return of_columns.get(value.sql(), 0)
        case exp.Literal(is_string=False):
            return len(value.name.partition(".")[2])
        case _ if not parts or None in parts:
            return None
        case exp.Mul():
            return sum(filter(None, parts))
    return max(filter(None, parts), default=0)


def _operands(value: exp.Expr) -> list[exp.Expr]:
    match value:
        case exp.Neg() | exp.Paren():
            return [value.this]
        case exp.Add() | exp.Mul() | exp.Sub():
            return [value.this, value.expression]
        case exp.Case() | exp.Coalesce():
            return list(build.choices(value))
    return []


def too_fine(amounts: exp.Query) -> exp.Select:
    """Return a SELECT of one of the amounts, in the column `VALUE`, that are no money as they are:
    they have more decimals."""
    value = build.column(VALUE)
    kept = exp.Round(this=value.copy(), decimals=build.number(MONEY_PLACES))
    select = build.from_(build.select(value.copy()), build.subquery(amounts, "amounts"))
    return build.limit(build.where(select, exp.NEQ(this=value, expression=kept)), 1)


def amount(exchanged: Exchanged, value: exp.Expr, source: str) -> exp.Expr:
    """Return what a rate is multiplied by."""
    return value if isinstance(exchanged.operand, Exchanged) else as_money(value, source)


def multiplied(value: exp.Expr, exchanged: Exchanged, currency: exp.Expr, table: str) -> exp.Expr:
    """Return an amount at its rate; one that is in the wanted currency already stays as it is."""
    rate: exp.Expr = build.column(RATE_COLUMN, table)
    if not isinstance(exchanged.currency, Literal):
        one = build.cast(build.number(1), RATE)
        rate = build.case([(is_same(exchanged, currency), one)], rate)
    return build.cast(build.exactly(exp.Mul(this=value, expression=rate)), RATE)


def is_same(exchanged: Exchanged, currency: exp.Expr) -> exp.Expr:
    return exp.EQ(this=currency.copy(), expression=exp.Literal.string(exchanged.into))


def quotes(select: exp.Select, columns: tuple[exp.Expr, ...], into: str) -> exp.Select:
    """Complete a SELECT over rows of rates: those into one currency, each with its day and that of
    the next. `columns` are a row's currencies, its rate and its local time."""
    base, quote, rate, moment = columns
    day = build.cast(moment, "DATE")
    following = exp.Window(
        this=exp.Lead(this=day),
        partition_by=[base.copy()],
        order=exp.Order(expressions=[day.copy()]),
    )
    values = {CURRENCY: base, RATE_COLUMN: build.cast(rate, RATE), _DAY: day, _NEXT: following}
    select.set("expressions", [build.alias(value.copy(), name) for name, value in values.items()])
    wanted = exp.EQ(this=quote, expression=exp.Literal.string(into))
    # A row that lacks a part is no rate.
    told = [exp.Not(this=build.is_null(part.copy())) for part in (base, rate, moment)]
    return build.where(select, wanted, *told)


def by_day(table: str, stale_days: int, dialect: Dialect) -> exp.Select:
    """Return the rates of a table of quotes for each day on which they hold."""
    first = build.column(_DAY)
    stale = dialect.add(first.copy(), 0, stale_days)
    until = dialect.add(build.column(_NEXT), 0, -1)
    last = exp.Least(this=stale, expressions=[until], ignore_nulls=True)
    return dialect.each_day(first, last, DAY, (CURRENCY, RATE_COLUMN), table)
