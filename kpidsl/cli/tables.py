"""An answer as text: a table for people, JSON and CSV for machines."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import date
from decimal import MAX_PREC, ROUND_HALF_UP, Decimal, localcontext
from enum import Enum
from typing import TYPE_CHECKING, TypeGuard

from kpidsl.text.display import visible, width
from kpidsl.text.render import render

if TYPE_CHECKING:
    from kpidsl.run.result import Column, Identified, Known, Mark, Result, Value

Number = Decimal | float | int
_BOTH = "\r\n"
_REASONS = {
    "no_partner": "without an earlier period of its number",
    "shorter_month": "a day that the earlier month lacks, beside that month's last",
    "longer_month": "a month's last day, beside all days that are left of a longer month",
    "one_sided": "the event `{}` is on one side only",
}


def as_json(result: Result) -> str:
    """Return `{"columns": […], "rows": […], "known": […], "identified": […], "diagnostics": […]}`.

    In a row, an absent member is null, and why it is absent stands in `NAME__state`;
    `period__partial` tells whether it stands for a part of its period only (S21), and
    `period__marks` why its comparisons are uneven, where it has some (S19).
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
    for place, (record, partial) in enumerate(zip(result.records(), result.partial, strict=True)):
        row: dict[str, object] = {}
        for name, value in record.items():
            if isinstance(value, Enum):
                row |= {name: None, f"{name}__state": value.name.lower()}
            else:
                row[name] = plain(value)
        row["period__partial"] = partial
        if result.marks:
            row["period__marks"] = [str(mark) for mark in result.marks[place]]
        rows.append(row)
    answer = {
        "columns": columns,
        "rows": rows,
        "known": [_known(item) for item in result.known],
        "identified": [asdict(item) for item in result.identified],
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


class _LineFeeds(io.StringIO):
    """Lines that end with a line feed. Python quotes a carriage return in a cell only where its
    own lines end with one, and readers take each for an end."""

    def write(self, line: str) -> int:
        return super().write(line.removesuffix(_BOTH) + "\n")


def as_csv(result: Result) -> str:
    """Return comma-separated values with a header; absent members print as in the table.

    Of a question about time `period__partial` is `true` or `false` (S21), and where it compares,
    `period__marks` are the reasons why that is uneven (S19).
    """
    out = _LineFeeds()
    writer = csv.writer(out, lineterminator=_BOTH)
    marked = ["period__partial"] * result.is_timed + ["period__marks"] * bool(result.marks)
    writer.writerow([*result.names, *marked])
    for place, row in enumerate(result.rows):
        cells = ["" if value is None else exact(value) for value in row]
        cells += [str(result.partial[place]).lower()] * result.is_timed
        cells += ["; ".join(map(str, marks)) for marks in result.marks[place : place + 1]]
        writer.writerow(cells)
    return out.getvalue().rstrip("\n")


def exact(value: Value) -> str:
    """Return a value with all of its digits, none of them needless."""
    if isinstance(value, Decimal):
        text = format(value, "f")
        return text.rstrip("0").rstrip(".") if "." in text else text
    return str(value)


def as_table(result: Result) -> str:
    """Return aligned columns, numbers to the right, with units in the header; below them, what
    their marks mean: `*` for rows that overlap (S4, S10), `†` for partial periods (S21), `‡` for
    uneven comparisons (S19)."""
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
        uneven = result.marks or ((),) * len(result.rows)
        marks = (
            "†" * partial + "‡" * bool(own)
            for partial, own in zip(result.partial, uneven, strict=True)
        )
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
    if result.marks:
        yield from _uneven(result)
    for told in result.identified:
        yield unresolved(told)


def _uneven(result: Result) -> Iterator[str]:
    """Yield why comparisons are uneven, and of which periods they are."""
    by_time = result.period is not None
    periods_of = result.values(result.period) if result.period else [""] * len(result.rows)
    whose: dict[Mark, list[str]] = {}
    for period, marks in zip(periods_of, result.marks, strict=True):
        for mark in marks:
            whose.setdefault(mark, []).append(str(period))
    if whose:
        yield f"{'‡ ' if by_time else ''}uneven: not all is compared with its like"
    for mark, periods in whose.items():
        listed = ", ".join(dict.fromkeys(filter(None, periods)))
        yield f"  {_REASONS[mark.sign].format(visible(mark.event))}" + (listed and f": {listed}")


def unresolved(told: Identified) -> str:
    """Return how many of a source's ids are unresolved, in words (S29)."""
    whole = f"{told.ids:,} ids of `{visible(told.entity)}` in {visible(told.source)}"
    share = f" ({100 * told.unresolved / told.ids:.1f}%)" if told.ids else ""
    return f"identities: {told.unresolved:,} of {whole} unresolved{share}"


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
    exact = value if isinstance(value, Decimal) else Decimal(str(value))
    if column.percent:
        return f"{_rounded(exact, 4) * 100:,.2f}%"
    if 0 < exact.copy_abs() < Decimal("0.1"):
        return f"{value:.3g}"
    return f"{_rounded(exact, places):,.{places}f}"


def _rounded(exact: Decimal, places: int) -> Decimal:
    """Round half up, as pages do; a float by the digits that it prints with."""
    with localcontext(prec=MAX_PREC):  # of which it may have 309 before its decimals
        return exact.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)


def _is_finite(value: Value) -> TypeGuard[Number]:
    return (
        isinstance(value, Decimal | float | int)
        and not isinstance(value, bool)
        and (isinstance(value, int) or math.isfinite(value))
    )


def _line(cells: Sequence[str], widths: Sequence[int], right: Sequence[bool]) -> str:
    padded = []
    for text, most, to_right in zip(cells, widths, right, strict=True):
        gap = " " * (most - width(text))
        padded.append(gap + text if to_right else text + gap)
    return "  ".join(padded).rstrip()
