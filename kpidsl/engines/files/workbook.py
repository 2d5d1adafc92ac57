"""Sheets of an Excel workbook, turned into delimited text for the common path."""

from __future__ import annotations

import csv
import datetime
import posixpath
import re
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from python_calamine import (
    CalamineError,
    CalamineSheet,
    CalamineWorkbook,
    SheetTypeEnum,
    SheetVisibleEnum,
)

from kpidsl.engines.files.delimited import TextTable
from kpidsl.engines.files.header import column_names
from kpidsl.engines.files.paths import scratch_file
from kpidsl.engines.files.refusal import Refused
from kpidsl.model.files import ReadOptions

Cell = (
    int
    | float
    | str
    | bool
    | datetime.time
    | datetime.date
    | datetime.datetime
    | datetime.timedelta
)
Area = tuple[tuple[int, int], tuple[int, int]]
_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_ERROR_CELL = re.compile(
    rb'<c\b(?=[^>]*\br="([A-Z]+)(\d+)")(?=[^>]*\bt="e")[^>]*>(?:<f[^>]*/>|<f[^>]*>[^<]*</f>)?'
    rb"<v>([^<]*)</v>"
)
_UNCOMPUTED = re.compile(
    rb'<c\b(?=[^>]*\br="([A-Z]+\d+)")[^>]*>(?:<f[^>]*/>|<f[^>]*>[^<]*</f>)(?:<v\s*/>|<v></v>)?</c>'
)


def open_sheet(path: Path, name: str, read: ReadOptions, folder: Path) -> TextTable:
    """Return one sheet as text: the declared one, or the first visible one.

    Formulas give the value that the spreadsheet program stored; a formula without one, and
    cells merged over several rows of the table, are refused, since each would lose values.
    """
    sheet = _read(path, name, read)
    rows, where = sheet.rows, f"sheet `{sheet.name}` of `{name}`"
    start = read.header_row or next((i for i, row in enumerate(rows, 1) if any(map(_text, row))), 0)
    if not rows or not start or start > len(rows):
        raise Refused(
            "K607", f"{where} has no row of column names", "correct `sheet` or `header_row`"
        )
    has_header = read.header_row != 0
    _refuse_merged(sheet.merged, start, has_header, where)
    _refuse_uncomputed(sheet.raw, where)
    first = [_text(cell) for cell in rows[start - 1]]
    names, unnamed = column_names(first, read, f"row {start} of `{name}`")
    data = start if has_header else start - 1
    copy = scratch_file(folder)
    with copy.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        sign = read.decimal or "."
        writer.writerows([_text(cell, sign) for cell in row] for row in rows[data:])
    return TextTable(
        name,
        copy,
        ",",
        0,
        names,
        unnamed,
        unit="row",
        first_row=data + 1,
        assumptions=sheet.assumptions,
        found=read.model_copy(update={"header_row": start if has_header else 0}),
    )


def preview(path: Path, name: str, read: ReadOptions, count: int) -> list[list[str]]:
    """Return the first rows of the sheet that `open_sheet` would read, as text."""
    rows = _read(path, name, read).rows
    return [[_text(cell) for cell in row] for row in rows[:count]]


@dataclass(frozen=True, slots=True)
class _Sheet:
    name: str
    rows: list[list[Cell]]
    merged: Sequence[Area]
    raw: bytes
    assumptions: tuple[str, ...]


def _read(path: Path, name: str, read: ReadOptions) -> _Sheet:
    try:
        book = CalamineWorkbook.from_path(path)
        sheet, assumptions = _choose(book, read, name)
        rows = sheet.to_python(skip_empty_area=False)
        merged = sheet.merged_cell_ranges or []
        raw = _sheet_xml(path, sheet.name)
    except (CalamineError, zipfile.BadZipFile, ElementTree.ParseError, KeyError, OSError) as cause:
        raise Refused(
            "K605",
            f"`{name}` can't be read as a workbook (damaged, protected by a password, or another "
            "format under this name)",
            "save it again as `.xlsx`, or as `.csv`",
        ) from cause
    _restore_errors(rows, raw)
    return _Sheet(sheet.name, rows, merged, raw, assumptions)


def _choose(
    book: CalamineWorkbook, read: ReadOptions, name: str
) -> tuple[CalamineSheet, tuple[str, ...]]:
    sheets = [item.name for item in book.sheets_metadata if item.typ is SheetTypeEnum.WorkSheet]
    visible = [
        item.name
        for item in book.sheets_metadata
        if item.name in sheets and item.visible is SheetVisibleEnum.Visible
    ] or sheets
    listed = ", ".join(f"`{item}`" for item in visible)
    if read.sheet is not None and read.sheet not in sheets:
        raise Refused("K617", f"`{name}` has no sheet `{read.sheet}`", f"choose one of {listed}")
    if not visible:
        raise Refused("K617", f"`{name}` has no sheet with cells", "export it again")
    if read.sheet is not None or len(visible) == 1:
        return book.get_sheet_by_name(read.sheet or visible[0]), ()
    return book.get_sheet_by_name(visible[0]), (f"sheet `{visible[0]}` read of {listed}",)


def _text(cell: Cell, decimal: str = ".") -> str:
    """Return a cell as text that the common typing reads back to the same value.

    A number is written with the decimal sign that the sheet's text cells are declared to use.
    """
    match cell:
        case bool():
            return "true" if cell else "false"
        case float():
            # 15 digits is what a spreadsheet keeps and shows: 0.1 + 0.2 is 0.3 there.
            digits = format(cell, ".15g")
            if "e+" in digits:
                digits = format(cell, ".0f")
            return digits.replace(".", decimal)
        case datetime.datetime():
            return cell.isoformat(sep=" ")
        case str():  # a copy has one kind of line end, as that of a file of text has
            return cell.replace("\r\n", "\n").replace("\r", "\n")
        case _:
            return str(cell)


def _sheet_xml(path: Path, sheet: str) -> bytes:
    """Return the sheet's own part of the workbook, which tells what the reader leaves out."""
    with zipfile.ZipFile(path) as archive:
        # Expat limits how far entities expand, and the reader above has accepted the workbook.
        book = ElementTree.fromstring(archive.read("xl/workbook.xml"))  # noqa: S314
        links = ElementTree.fromstring(archive.read("xl/_rels/workbook.xml.rels"))  # noqa: S314
        identity = next(
            node.attrib[_RELATION]
            for node in book.iter()
            if node.tag.endswith("}sheet") and node.attrib["name"] == sheet
        )
        target = next(node.attrib["Target"] for node in links if node.attrib["Id"] == identity)
        return archive.read(posixpath.normpath(posixpath.join("/xl", target)).lstrip("/"))


def _restore_errors(rows: list[list[Cell]], raw: bytes) -> None:
    """Put `#DIV/0!` and its like back: as an empty cell an error would pass for no value."""
    for letters, row, shown in _ERROR_CELL.findall(raw):
        rows[int(row) - 1][_column_index(letters.decode())] = shown.decode()


def _column_index(letters: str) -> int:
    index = 0
    for letter in letters:
        index = index * 26 + ord(letter) - ord("A") + 1
    return index - 1


def _refuse_uncomputed(raw: bytes, where: str) -> None:
    found = _UNCOMPUTED.search(raw)
    if found:
        raise Refused(
            "K619",
            f"cell {found.group(1).decode()} in {where} is a formula whose value was never stored",
            "open the workbook in a spreadsheet program and save it, so that values are stored",
        )


def _refuse_merged(merged: Sequence[Area], start: int, header: bool, where: str) -> None:
    """Merged cells above the header are a title, within one data row a remark or a total;
    in the header or over several data rows, only the first cell would have the value."""
    for (top, left), (bottom, right) in merged:
        in_header = header and top + 1 <= start <= bottom + 1
        over_rows = bottom > top and bottom + 1 >= start
        if in_header or over_rows:
            area = f"{_letters(left)}{top + 1}:{_letters(right)}{bottom + 1}"
            mend = "unmerge the cells and fill each one"
            if in_header and top + 1 == bottom + 1:
                mend = f"set `header_row: {start + 1}` if the names stand below, or unmerge them"
            raise Refused("K618", f"cells {area} in {where} are merged", mend)


def _letters(index: int) -> str:
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters
