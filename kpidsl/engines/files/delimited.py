"""The layout of a delimited text file: delimiter, header, where the data begins."""

from __future__ import annotations

import csv
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path

from kpidsl.engines.files.encoding import as_utf8
from kpidsl.engines.files.header import (
    column_names,
    likely_header_row,
    usual_width,
)
from kpidsl.engines.files.paths import scratch_file, suffix
from kpidsl.engines.files.refusal import Refused
from kpidsl.model.files import ReadOptions

BLANKS = " "
_CANDIDATES = (",", ";", "\t", "|")
_SAMPLE_LINES = 300
_HEAD = 30
_SEPARATOR_HINT = re.compile(r"sep=(.)\s*")
# After a quote that nothing closes all the rest of a file is one field: the engine refuses that,
# and takes long texts; the module's own limit of 128 KiB would end the program.
csv.field_size_limit(2**31 - 1)
_WORDS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar", BLANKS: "runs of blanks"}


@dataclass(frozen=True, slots=True)
class TextTable:
    """A table as delimited UTF-8 text, ready for the engine.

    `skip` physical lines of `path` come before the first data row. `columns` has one name
    per field; an unnamed field of a header that must be empty below has its place in
    `unnamed`. `first_row` is what a person calls the first data row: a line number, or the
    row number of a sheet (`unit`). `found` are the options as they turned out.
    """

    name: str
    path: Path
    delimiter: str
    skip: int
    columns: tuple[str, ...]
    unnamed: tuple[str, ...] = ()
    unit: str = "line"
    first_row: int = 1
    assumptions: tuple[str, ...] = ()
    found: ReadOptions = field(default_factory=ReadOptions)


def open_delimited(path: Path, name: str, read: ReadOptions, folder: Path) -> TextTable:
    """Find out how the file is laid out; copies that the engine needs go to `folder`."""
    text = as_utf8(path, name, read.encoding, folder)
    wanted = min(_SAMPLE_LINES + (read.header_row or 0), sys.maxsize)
    lines = list(islice(_lines(text.path), wanted))
    hint = _SEPARATOR_HINT.fullmatch(lines[0]) if lines else None
    start = _first_line(lines, read, bool(hint))
    if start > len(lines):
        raise Refused(
            "K608",
            f"`{name}` has {len(lines)} lines, so its column names can't be in line {start}",
            "correct `header_row`",
        )
    if read.header_row is None and read.columns is None and read.delimiter is None and not hint:
        _refuse_title(name, lines, start, path)
    delimiter = (
        read.delimiter or (hint.group(1) if hint else None) or _delimiter(path, lines[start - 1 :])
    )
    first, consumed = _first_record(lines[start - 1 :], delimiter)
    has_header = read.header_row != 0
    names, unnamed = column_names(first, read, f"line {start} of `{name}`")
    skip = start - 1 + (consumed if has_header else 0)
    usual = "\t" if "tsv" in suffix(path) else ","
    found: dict[str, object] = {"header_row": start if has_header else 0}
    assumptions = [text.assumption] if text.assumption else []
    if text.assumption:
        found["encoding"] = text.encoding
    if delimiter not in (usual, read.delimiter) and len(names) > 1:
        found["delimiter"] = delimiter
        assumptions.append(f"columns separated by {_WORDS.get(delimiter, f'`{delimiter}`')}")
    table = TextTable(
        name,
        text.path,
        delimiter,
        skip,
        names,
        unnamed,
        first_row=skip + 1,
        assumptions=tuple(assumptions),
        found=read.model_copy(update=found),
    )
    if delimiter == BLANKS:
        return _with_tabs(table, folder)
    if any(line.count('"') % 2 for line in lines[:skip]):
        return _data_only(table, folder)
    return table


def head_records(path: Path, name: str, folder: Path) -> list[tuple[int, list[str]]]:
    """Return (line, fields) of the first records, wherever the header may stand."""
    text = as_utf8(path, name, None, folder)
    lines = list(islice(_lines(text.path), _SAMPLE_LINES))
    return _head(lines, _delimiter(path, lines))


def _head(lines: list[str], delimiter: str) -> list[tuple[int, list[str]]]:
    if delimiter == BLANKS:
        return [(number, line.split()) for number, line in enumerate(lines[:_HEAD], 1)]
    result, reader, line = [], csv.reader(lines, delimiter=delimiter), 1
    for fields in islice(reader, _HEAD):
        result.append((line, fields))
        line = reader.line_num + 1
    return result


def _refuse_title(name: str, lines: list[str], start: int, path: Path) -> None:
    """Refuse a first line that is the title of a report, naming the line of the header."""
    head = _head(lines, _delimiter(path, lines))
    row = likely_header_row(head)
    if not row:
        return
    width = next(len(fields) for line, fields in head if line == row)
    first = next(fields for line, fields in head if line >= start)
    if len(first) < width:
        raise Refused(
            "K608",
            f"line {start} of `{name}` holds no column names; they seem to stand in line {row}",
            f"say so with `read {{ header_row: {row} }}`",
        )


def records(table: TextTable) -> Iterator[tuple[int, list[str]]]:
    """Yield (line, fields) of each data row as the engine counts rows: blank lines are no
    rows, except in a file of one column, where each is an empty value."""
    lines = islice(_lines(table.path), table.skip, None)
    reader = csv.reader(lines, delimiter=table.delimiter)
    line = table.first_row
    for number, fields in enumerate(reader):
        if fields or len(table.columns) == 1:
            yield (table.first_row + number if table.unit == "row" else line, fields or [""])
        line = table.first_row + reader.line_num


def record_at(table: TextTable, ordinal: int) -> tuple[int, list[str]]:
    """Return (line or sheet row, fields) of a data row, counted from 0."""
    return next(islice(records(table), ordinal, None))


def padded(table: TextTable, folder: Path) -> tuple[TextTable, frozenset[int]]:
    """Return a copy in which short rows are filled up, and the ordinals of those rows.

    A row with too many fields can't be mended by anybody but the file's owner: refused.
    """
    copy = scratch_file(folder)
    width, short = len(table.columns), set()
    with copy.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, delimiter=table.delimiter, lineterminator="\n")
        for ordinal, (line, fields) in enumerate(records(table)):
            if len(fields) > width:
                raise ragged(table, line, len(fields))
            if len(fields) < width:
                short.add(ordinal)
            writer.writerow(fields + [""] * (width - len(fields)))
    return replace(table, path=copy, skip=0), frozenset(short)


def ragged(table: TextTable, row: int, found: int) -> Refused:
    width = len(table.columns)
    cause = (
        "a value that holds the delimiter must stand in double quotes"
        if found > width
        else "a totals or remark line goes away with `drop_where`"
    )
    return Refused(
        "K609",
        f"{table.unit} {row} of `{table.name}` has {_counted(found, 'value')} "
        f"for {_counted(width, 'column')}",
        f"correct the {table.unit}, or the row of column names with `header_row`; {cause}",
    )


def _counted(count: int, thing: str) -> str:
    return f"{count} {thing}" if count == 1 else f"{count} {thing}s"


def first_ragged(table: TextTable) -> Refused | None:
    """Return what is wrong with the first row whose width differs, or None."""
    for line, fields in records(table):
        if len(fields) != len(table.columns):
            return ragged(table, line, len(fields))
    return None


def _lines(path: Path) -> Iterator[str]:
    with path.open(encoding="utf-8-sig", newline="") as stream:
        yield from stream


def _first_line(lines: list[str], read: ReadOptions, hinted: bool) -> int:
    """Return the 1-based line at which the header, or the data where there is none, begins."""
    if read.header_row:
        return read.header_row
    start = 2 if hinted else 1
    while start < len(lines) and not lines[start - 1].strip():
        start += 1
    return start


def _first_record(lines: list[str], delimiter: str) -> tuple[list[str], int]:
    if delimiter == BLANKS:
        return lines[0].split(), 1
    reader = csv.reader(lines, delimiter=delimiter)
    return next(reader, []), reader.line_num


def _delimiter(path: Path, lines: list[str]) -> str:
    """Choose the delimiter that splits the header and most lines into the same width."""
    if "tsv" in suffix(path):
        return "\t"

    def score(delimiter: str) -> tuple[bool, float, int]:
        if delimiter == BLANKS:
            widths = [len(line.split()) for line in lines if line.strip()]
        else:
            widths = [len(fields) for fields in csv.reader(lines, delimiter=delimiter) if fields]
        if not widths:
            return (False, 0.0, 0)
        width, count = usual_width(widths)
        return (width > 1 and widths[0] == width, count / len(widths) if width > 1 else 0.0, width)

    best = max(_CANDIDATES, key=score)
    if not score(best)[0] and suffix(path).startswith(".txt") and score(BLANKS)[0]:
        return BLANKS
    return best if score(best)[2] > 1 else ","


def _data_only(table: TextTable, folder: Path) -> TextTable:
    """Return a copy that begins with the data: the engine skips records, not lines, and a
    column name of two lines would make it skip too many."""
    copy = scratch_file(folder)
    with copy.open("w", encoding="utf-8", newline="") as stream:
        stream.writelines(islice(_lines(table.path), table.skip, None))
    return replace(table, path=copy, skip=0)


def _with_tabs(table: TextTable, folder: Path) -> TextTable:
    """Return a copy with one tab in place of each run of blanks; lines stay lines."""
    copy = scratch_file(folder)
    with copy.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, delimiter="\t", lineterminator="\n")
        for line in _lines(table.path):
            writer.writerow(line.split())
    return replace(table, path=copy, delimiter="\t")
