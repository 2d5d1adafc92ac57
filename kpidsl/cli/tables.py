"""An answer as text: a table for people, JSON and CSV for machines."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Iterator, Sequence
from datetime import date
from decimal import ROUND_HALF_UP, Decimal, localcontext
from enum import Enum
from typing import TYPE_CHECKING, TypeGuard

from kpidsl.text.display import visible, width
from kpidsl.text.render import render

if TYPE_CHECKING:
    from kpidsl.run.result import Column, Known, Result, Value

Number = Decimal | float | int


def as_json(result: Result) -> str:
    """Return `{"columns": […], "rows": […], "known": […], "diagnostics": […]}`.

    In a row, an absent member is null, and why it is absent stands in `NAME__state`;
    `period__partial` tells whether it stands for a part of its period only (S21).
    """
    columns = [
        {
            "name": column.name,
            "role": column.role.value,
            "unit": "percent" if column.percent else str(column.unit),
            "overlapping": column.overlapping,
        }
        for column in result.columns
    ]
    rows = []
    for record, partial in zip(result.records(), result.partial, strict=True):
        row: dict[str, object] = {}
        for name, value in record.items():
            if isinstance(value, Enum):
                row |= {name: None, f"{name}__state": value.name.lower()}
            else:
                row[name] = plain(value)
        rows.append(row | {"period__partial": partial})
    answer = {
        "columns": columns,
        "rows": rows,
        "known": [_known(item) for item in result.known],
        # The same shape as that of `check --format json`.
        "diagnostics": json.loads(render(result.diagnostics, "json")),
    }
    return json.dumps(answer, ensure_ascii=False, indent=2)


def _known(item: Known) -> dict[str, object]:
    days = item.days
    return {
        "source": item.source,
        "first_day": days.start.isoformat() if days else None,
        "last_day": days.last_day.isoformat() if days else None,
        "guessed": item.guessed,
    }


def plain(value: Value) -> object:
    """Return a JSON value. A number that a double can't hold stays text: most readers of JSON
    would round it in silence."""
    match value:
        case bool():
            return value
        case int():
            return value if int(float(value)) == value else str(value)
        case Decimal():
            if value == value.to_integral_value():
                return plain(int(value))
            return float(value) if Decimal(repr(float(value))) == value else exact(value)
        case float():
            return value if math.isfinite(value) else str(value)
        case date():
            return value.isoformat()
    return value


def as_csv(result: Result) -> str:
    """Return comma-separated values with a header; absent members print as in the table."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(result.names)
    for row in result.rows:
        writer.writerow(["" if value is None else exact(value) for value in row])
    return out.getvalue().rstrip("\n")


def exact(value: Value) -> str:
    """Return a value with all of its digits, none of them needless."""
    if isinstance(value, Decimal):
        text = format(value, "f")
        return text.rstrip("0").rstrip(".") if "." in text else text
    return str(value)


def as_table(result: Result) -> str:
    """Return aligned columns, numbers to the right, with units in the header; below them, what
    their marks mean: `*` for rows that overlap (S4, S10), `†` for partial periods (S21)."""
    columns = [_texts(result, position) for position in range(len(result.columns))]
    right = [column.role == "metric" for column in result.columns]
    lines = [*aligned(columns, right), *_footnotes(result)]
    if not result.rows:
        lines.append("no rows")
    return "\n".join(lines)


def aligned(columns: Sequence[Sequence[str]], right: Sequence[bool]) -> Iterator[str]:
    """Yield the lines of a table; each column begins with its header."""
    widths = [max(map(width, texts)) for texts in columns]
    header, *rows = zip(*columns, strict=True)
    for line in [header, ["─" * most for most in widths], *rows]:
        yield _line(line, widths, right)


def _texts(result: Result, position: int) -> list[str]:
    """Return one column as it is printed, its header first."""
    column = result.columns[position]
    cells = _cells(column, [row[position] for row in result.rows])
    if column.name == result.period:
        marks = ("†" if partial else "" for partial in result.partial)
        cells = [cell + mark for cell, mark in zip(cells, marks, strict=True)]
    return [_header(column), *cells]


def _footnotes(result: Result) -> Iterator[str]:
    if any(column.overlapping for column in result.columns):
        yield "* rows overlap: they need not add up to the total"
    if any(result.partial):
        by_time = result.columns[0].role == "period"
        yield f"{'† ' if by_time else ''}partial: not all of the days are asked for and known"
        for item in result.known:
            yield f"  {_reach(item)}"


def _reach(item: Known) -> str:
    if item.days is None:
        return f"{visible(item.source)}: no day is known"
    guess = ", the day of its last row (it declares no `watermark`)" if item.guessed else ""
    return f"{visible(item.source)}: known from {item.days.start} to {item.days.last_day}{guess}"


def _header(column: Column) -> str:
    mark = "*" if column.overlapping else ""
    if column.role != "metric" or column.percent or column.unit.is_plain:
        return visible(column.name) + mark
    return visible(f"{column.name}{mark} [{column.unit}]")


def _cells(column: Column, values: Sequence[Value]) -> list[str]:
    """Return a column's texts; its numbers have the same number of decimals."""
    if column.role != "metric":
        return ["–" if value is None else visible(str(value)) for value in values]
    numbers = [value for value in values if _is_finite(value)]
    places = 0 if all(value == int(value) for value in numbers) else 2
    return [_number(value, column, places) for value in values]


def _number(value: Value, column: Column, places: int) -> str:
    if value is None:
        return "–"
    if not _is_finite(value):
        return visible(str(value))
    if column.percent:
        return f"{_rounded(value, 4) * 100:,.2f}%"
    if 0 < abs(float(value)) < 0.1:
        return f"{value:.3g}"
    return f"{_rounded(value, places):,.{places}f}"


def _rounded(value: Number, places: int) -> Decimal:
    """Round half up, as pages do; a float by the digits that it prints with."""
    exact = value if isinstance(value, Decimal) else Decimal(str(value))
    with localcontext(prec=60):
        return exact.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)


def _is_finite(value: Value) -> TypeGuard[Number]:
    return (
        isinstance(value, Decimal | float | int)
        and not isinstance(value, bool)
        and math.isfinite(value)
    )


def _line(cells: Sequence[str], widths: Sequence[int], right: Sequence[bool]) -> str:
    padded = []
    for text, most, to_right in zip(cells, widths, right, strict=True):
        gap = " " * (most - width(text))
        padded.append(gap + text if to_right else text + gap)
    return "  ".join(padded).rstrip()
