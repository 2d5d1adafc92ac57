"""Tables as they are written in files of cases.

The first line has each column's name and type, the others a row each, cells parted by `|`:

    order: int | region: text   | paid: decimal(18, 2)
    1          | North          | 9.50
    2          | "it's  odd "  | NULL

A name or a text with signs that would be read otherwise stands in quotes, as in JSON. A number may
be a fraction, `1/3`. An answer has absent members such as `(none)`, which are no texts.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction

from kpidsl.model.expr import Cell
from kpidsl.plan.query import Absent

_NULL = "NULL"
_QUOTED = r'"(?:[^"\\]|\\.)*"'
_CELL = re.compile(rf"\s*({_QUOTED}|[^|]*?)\s*(?:\||$)")
_COLUMN = re.compile(rf"\s*({_QUOTED}|[^|:]*?)\s*:\s*(\w+(?:\([\d, ]+\))?)\s*(?:\||$)")

Given = Cell | Fraction | Absent

_READ: dict[str, Callable[[str], Given]] = {
    "int": Decimal,
    "long": Decimal,
    "decimal": Decimal,
    "float": lambda text: Fraction(text) if "/" in text else Decimal(text),
    "text": str,
    "truth": {"true": True, "false": False}.__getitem__,
    "date": date.fromisoformat,
    "moment": datetime.fromisoformat,
    "instant": datetime.fromisoformat,
}
_TYPES = {
    "int": "INT",
    "long": "BIGINT",
    "float": "DOUBLE",
    "text": "VARCHAR",
    "truth": "BOOLEAN",
    "date": "DATE",
    "moment": "TIMESTAMP_NTZ",
    "instant": "TIMESTAMPTZ",
}
_ABSENT = {str(member): member for member in Absent}


@dataclass(frozen=True, slots=True)
class Written:
    """A table: columns of names and types, and rows."""

    columns: tuple[tuple[str, str], ...]
    rows: tuple[tuple[Given, ...], ...]

    @property
    def declared(self) -> tuple[tuple[str, str], ...]:
        """The columns with DuckDB's types; a decimal has its own sizes."""
        return tuple((name, _TYPES.get(kind, kind.upper())) for name, kind in self.columns)


def read_table(text: str) -> Written:
    """Read a table of a case; raises `ValueError` where it isn't written as tables are."""
    header, *lines = text.strip().splitlines()
    columns = tuple((_name(found[1]), found[2]) for found in _COLUMN.finditer(header))
    rows = []
    for line in lines:
        cells = tuple(_cells(line))
        pairs = zip(cells, columns, strict=True)
        rows.append(tuple(_value(cell, kind) for cell, (_, kind) in pairs))
    return Written(columns, tuple(rows))


def _cells(line: str) -> Iterator[str]:
    place = 0
    while place < len(line):
        found = _CELL.match(line, place)
        if found is None:
            raise ValueError(f"not a row of a table: {line}")
        yield found[1]
        place = found.end()


def _name(text: str) -> str:
    return str(json.loads(text)) if text.startswith('"') else text


def _value(text: str, kind: str) -> Given:
    if text == _NULL:
        return None
    if text in _ABSENT:
        return _ABSENT[text]
    return _READ[kind.partition("(")[0]](_name(text))
