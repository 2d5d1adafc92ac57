"""The exact type of a column whose way of reading is known: digits, times, zones."""

from __future__ import annotations

from dataclasses import dataclass, replace

import duckdb
from sqlglot import exp

from kpidsl.engines.files import nodes
from kpidsl.engines.files.readings import (
    AMOUNT_COMMA,
    AMOUNT_POINT,
    CURRENCY,
    Clocks,
    Family,
    Reading,
    extract,
)
from kpidsl.engines.files.staging import KEPT, original, trimmed
from kpidsl.text.diagnostic import Diagnostic, warning
from kpidsl.text.source import Span

_MAX_SCALE = 6
_INT64_DIGITS = 18
_MAX_DIGITS = 38
# What has no value has no type: the engine lets it stand for any, as it does NULL.
NOTHING = '"NULL"'


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the result: `reading` None keeps the text as it is, if there is any."""

    name: str
    position: int
    type: str = "VARCHAR"
    reading: Reading | None = None

    def value(self) -> exp.Expr:
        """Return the typed value over the staged cells; a cell of blanks alone has none."""
        cell = trimmed(self.position)
        if self.type == NOTHING:
            return exp.Null()
        if self.reading is None:
            return nodes.case(nodes.present(cell), original(self.position))
        value = self.reading.value(cell)
        if not self.reading.scale:
            return nodes.cast(value, self.type)
        # Percent: a product of decimals is exact, where a quotient would be a float.
        hundredth = nodes.cast(nodes.text("0.01"), "DECIMAL(3, 2)")
        product = exp.Mul(this=nodes.cast(value, "DECIMAL(30, 12)"), expression=hundredth)
        return nodes.cast(product, self.type)


Sized = tuple[Column, list[str], list[Diagnostic]]


def sized(con: duckdb.DuckDBPyConnection, column: Column, span: Span | None) -> Sized:
    """Return the column with its exact type, remarks on how it was read, and findings."""
    reading = column.reading
    assert reading is not None
    match reading.family:
        case Family.BOOLEAN:
            return replace(column, type="BOOLEAN"), [], []
        case Family.FLOAT:
            return replace(column, type="DOUBLE"), [], []
        case Family.DATE:
            return _date(con, column, reading, span)
        case Family.INTEGER | Family.NUMBER:
            return _number(con, column, reading, span)


def _date(
    con: duckdb.DuckDBPyConnection, column: Column, reading: Reading, span: Span | None
) -> Sized:
    clocks = Clocks(*_ask(con, *Clocks.counts(reading.value(trimmed(column.position)))))
    if clocks.type is not None:
        return replace(column, type=clocks.type), [reading.said] if reading.said else [], []
    problem = warning(
        "K611",
        f"`{column.name}` is read as text: {clocks.zones} of its {clocks.values} times have a "
        "time zone",
        span,
        help="export all times with a zone, or all without",
    )
    return replace(column, reading=None), [], [problem]


def _number(
    con: duckdb.DuckDBPyConnection,
    column: Column,
    reading: Reading,
    span: Span | None,
) -> Sized:
    cell = trimmed(column.position)
    value = reading.value(cell)
    plain = nodes.call("ltrim", value, nodes.text("-"))
    point = nodes.call("strpos", plain, nodes.text("."))
    length = nodes.call("length", plain)
    part = exp.Sub(this=length, expression=point)
    whole = exp.Sub(this=point, expression=nodes.number(1))
    no_point = nodes.equals(point, nodes.number(0))
    digits, scale = _ask(
        con,
        exp.Max(this=nodes.case(no_point, length, whole)),
        exp.Max(this=nodes.case(no_point, nodes.number(0), part)),
    )
    said = [] if reading.sign is None else _formats(con, column, reading)
    mixed = _mixed_currencies(con, column, reading, span)
    if mixed is not None:
        return replace(column, reading=None), [], [mixed]
    scale += reading.scale
    if scale == 0 and digits > _INT64_DIGITS:
        return replace(column, reading=None), [], []  # an identifier: no measure is so long
    return replace(column, type=fraction_type(digits, scale) if scale else "BIGINT"), said, []


def fraction_type(digits: int, scale: int) -> str:
    """Return the type of numbers with so many digits before the point and so many behind it:
    an exact decimal where six places hold them all (S12)."""
    if scale > _MAX_SCALE or digits + scale > _MAX_DIGITS:
        return "DOUBLE"
    width = _INT64_DIGITS if digits + scale <= _INT64_DIGITS else _MAX_DIGITS
    return f"DECIMAL({width},{scale})"


def _formats(con: duckdb.DuckDBPyConnection, column: Column, reading: Reading) -> list[str]:
    """Return in words what was taken off the digits."""
    cell = trimmed(column.position)
    group = ", '\u2019" if reading.sign == "." else ". '\u2019"
    patterns = {
        "thousands separators removed": f"[0-9][{group}][0-9]{{2,3}}",
        "currency sign removed": CURRENCY,
        "percentages read as fractions": "[%\uff05]",
        "parentheses read as a minus": "[(]",
        "decimal commas read": "," if reading.sign == "," else "$.",
    }
    counts = _ask(
        con,
        *[
            nodes.count_where(nodes.call("regexp_matches", cell, nodes.text(pattern)))
            for pattern in patterns.values()
        ],
    )
    return [remark for remark, count in zip(patterns, counts, strict=True) if count]


def _mixed_currencies(
    con: duckdb.DuckDBPyConnection, column: Column, reading: Reading, span: Span | None
) -> Diagnostic | None:
    """Amounts of two currencies in one column never become plain numbers (S26)."""
    if reading not in (AMOUNT_POINT, AMOUNT_COMMA):
        return None
    sign = nodes.call("nullif", extract(trimmed(column.position), CURRENCY, 0), nodes.text(""))
    query = exp.select(sign).distinct().from_(nodes.table(KEPT)).where(nodes.present(sign))
    signs = sorted(str(row[0]) for row in con.execute(nodes.sql(query)).fetchall())
    if len(signs) < 2:
        return None
    listed = ", ".join(f"`{sign}`" for sign in signs)
    return warning(
        "K621",
        f"`{column.name}` is read as text: its amounts are in more than one currency ({listed})",
        span,
        help="export amounts and currency as two columns",
    )


def _ask(con: duckdb.DuckDBPyConnection, *values: exp.Expr) -> tuple[int, ...]:
    row = con.execute(nodes.sql(exp.select(*values).from_(nodes.table(KEPT)))).fetchone() or ()
    return tuple(int(value or 0) for value in row)
