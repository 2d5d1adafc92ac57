"""An answer as text: a table for people, JSON and CSV for machines."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Sequence
from datetime import date
from decimal import ROUND_HALF_UP, Decimal, localcontext
from enum import Enum
from typing import TYPE_CHECKING, TypeGuard

from kpidsl.text.display import visible, width

if TYPE_CHECKING:
    from kpidsl.run.result import Column, Result, Value

Number = Decimal | float | int


def as_json(result: Result) -> str:
    """Return `{"columns": […], "rows": […]}`; an absent member is null, and why it is absent
    stands in `NAME__state`."""
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
    for record in result.records():
        row: dict[str, object] = {}
        for name, value in record.items():
            if isinstance(value, Enum):
                row |= {name: None, f"{name}__state": value.name.lower()}
            else:
                row[name] = _plain(value)
        rows.append(row)
    return json.dumps({"columns": columns, "rows": rows}, ensure_ascii=False, indent=2)


def _plain(value: Value) -> object:
    """Return a JSON value. A number that a double can't hold stays text: most readers of JSON
    would round it in silence."""
    match value:
        case bool():
            return value
        case int():
            return value if int(float(value)) == value else str(value)
        case Decimal():
            if value == value.to_integral_value():
                return _plain(int(value))
            return float(value) if Decimal(repr(float(value))) == value else _exact(value)
        case float():
            return value if math.isfinite(value) else str(value)
        case date():
            return value.isoformat()
    return value


def as_csv(result: Result) -> str:
    """Return comma-separated values with a header; absent members print as in the table."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([column.name for column in result.columns])
    for row in result.rows:
        writer.writerow(["" if value is None else _exact(value) for value in row])
    return out.getvalue().rstrip("\n")


def _exact(value: Value) -> str:
    if isinstance(value, Decimal):
        text = format(value, "f")
        return text.rstrip("0").rstrip(".") if "." in text else text
    return str(value)


def as_table(result: Result) -> str:
    """Return aligned columns; numbers to the right, with units in the header."""
    columns = [
        [_header(column), *_cells(column, [row[position] for row in result.rows])]
        for position, column in enumerate(result.columns)
    ]
    widths = [max(map(width, texts)) for texts in columns]
    right = [column.role == "metric" for column in result.columns]
    header, *rows = zip(*columns, strict=True)
    lines = [_line(line, widths, right) for line in [header, ["─" * w for w in widths], *rows]]
    if any(column.overlapping for column in result.columns):
        lines.append("* rows overlap: they may add up to more than the total")
    if not rows:
        lines.append("no rows")
    return "\n".join(lines)


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


def _line(cells: Sequence[str], widths: list[int], right: list[bool]) -> str:
    padded = []
    for text, most, to_right in zip(cells, widths, right, strict=True):
        gap = " " * (most - width(text))
        padded.append(gap + text if to_right else text + gap)
    return "  ".join(padded).rstrip()
