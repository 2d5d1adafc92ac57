"""Any table, written in any dialect of text files, comes back equal."""

from __future__ import annotations

import csv
import io
import tempfile
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Literal

import duckdb
from hypothesis import given, settings
from hypothesis import strategies as st

from kpidsl.engines.files import describe_file, load
from kpidsl.model.files import DateOrder, DecimalSign, FileSet, ReadOptions

Row = tuple[str, Decimal | None, date | None]

# Letters of the encodings' common ground, with the signs that files use for themselves.
_TEXTS = {
    "utf-8": st.text("abcé 春ß,;\t|\"'\n%()", min_size=1, max_size=8),
    "utf-16": st.text("abc春節,;\t\"'\n", min_size=1, max_size=8),
    "cp950": st.text("abc春節元宵,;\"'\n", min_size=1, max_size=8),
    "cp1252": st.text("abcéüß€,;\"'\n", min_size=1, max_size=8),
}


@dataclass(frozen=True)
class Dialect:
    encoding: str
    delimiter: str
    decimal: DecimalSign
    grouped: bool
    dates: DateOrder
    line_end: str
    quoting: Literal[0, 1]  # minimal, all

    def amount(self, value: Decimal | None) -> str:
        if value is None:
            return ""
        written = f"{value:,.2f}" if self.grouped else f"{value:.2f}"
        return written.translate(str.maketrans(",.", ".,")) if self.decimal == "," else written

    def day(self, value: date | None) -> str:
        if value is None:
            return ""
        y, m, d = value.year, value.month, value.day
        return {
            "iso": f"{y}-{m:02}-{d:02}",
            "ymd": f"{y}/{m}/{d}",
            "dmy": f"{d:02}.{m:02}.{y}",
            "mdy": f"{m}/{d}/{y}",
            "roc": f"{y - 1911:03}/{m:02}/{d:02}",
        }[self.dates]

    def write(self, rows: list[Row]) -> bytes:
        stream = io.StringIO(newline="")
        writer = csv.writer(
            stream, delimiter=self.delimiter, lineterminator=self.line_end, quoting=self.quoting
        )
        writer.writerow(["text", "amount", "day"])
        writer.writerows([text, self.amount(amount), self.day(day)] for text, amount, day in rows)
        return stream.getvalue().encode(self.encoding)


_DIALECTS = st.builds(
    Dialect,
    encoding=st.sampled_from(sorted(_TEXTS)),
    delimiter=st.sampled_from([",", ";", "\t", "|"]),
    decimal=st.sampled_from([".", ","]),
    grouped=st.booleans(),
    dates=st.sampled_from(["iso", "ymd", "dmy", "mdy", "roc"]),
    line_end=st.sampled_from(["\n", "\r\n"]),
    quoting=st.sampled_from([0, 1]),
)


@st.composite
def _files(draw: st.DrawFn) -> tuple[Dialect, list[Row]]:
    dialect = draw(_DIALECTS)
    amounts = st.decimals(-(10**9), 10**9, places=2, allow_nan=False)
    # An ROC year of three digits, as government forms write it: 2011 is year 100.
    days = st.dates(date(2011, 1, 1), date(2099, 12, 31))
    # A row in which every cell is blank is an empty row, and goes away.
    texts = _TEXTS[dialect.encoding].filter(str.strip)
    row = st.tuples(texts, st.none() | amounts, st.none() | days)
    rows = draw(st.lists(row, min_size=1, max_size=6))
    # One amount and one day, so that the columns have types to find.
    return dialect, [("x", draw(amounts), draw(days)), *rows]


@given(_files())
@settings(max_examples=60)
def test_tables_come_back_equal(file: tuple[Dialect, list[Row]]) -> None:
    dialect, rows = file
    read = ReadOptions(
        encoding=dialect.encoding,
        delimiter=dialect.delimiter,
        decimal=dialect.decimal,
        dates=dialect.dates,
    )
    with tempfile.TemporaryDirectory() as name, duckdb.connect() as con:
        (Path(name) / "a.csv").write_bytes(dialect.write(rows))
        loaded, diagnostics = load(
            con,
            "t",
            FileSet(patterns=("a.csv",), read=read),
            Path(name),
            key=None,
            drop_where=None,
            span=None,
        )
        assert loaded is not None, diagnostics
        assert dict(loaded.columns) == {
            "text": "VARCHAR",
            "amount": "DECIMAL(18,2)",
            "day": "DATE",
        }
        assert con.execute("SELECT * FROM t").fetchall() == rows


@given(_files())
@settings(max_examples=60)
def test_what_is_not_declared_is_found_or_refused(file: tuple[Dialect, list[Row]]) -> None:
    """Without any declaration the table is equal, or refused: never another table."""
    dialect, rows = file
    with tempfile.TemporaryDirectory() as name, duckdb.connect() as con:
        (Path(name) / "a.csv").write_bytes(dialect.write(rows))
        loaded, diagnostics = load(
            con,
            "t",
            FileSet(patterns=("a.csv",)),
            Path(name),
            key=None,
            drop_where=None,
            span=None,
        )
        if loaded is None:
            assert {item.code for item in diagnostics} <= {"K606", "K608", "K609", "K612", "K613"}
        else:
            assert [column for column, _ in loaded.columns] == ["text", "amount", "day"]
            assert con.execute("SELECT * FROM t").fetchall() == rows


_BYTES = st.binary(min_size=1, max_size=60) | st.text("a1,;\t\"'\n\r .-/%(", min_size=1).map(
    str.encode
)


@given(
    content=_BYTES,
    name=st.sampled_from(
        ["a.csv", "a.txt", "a.csv.gz", "a.json", "a.jsonl", "a.xlsx", "a.parquet"]
    ),
    header=st.sampled_from([None, 0, 1, 2]),
)
def test_no_content_whatever_raises(content: bytes, name: str, header: int | None) -> None:
    with tempfile.TemporaryDirectory() as folder, duckdb.connect() as con:
        (Path(folder) / name).write_bytes(content)
        files = FileSet(patterns=(name,), read=ReadOptions(header_row=header))
        loaded, diagnostics = load(
            con, "t", files, Path(folder), key=None, drop_where=None, span=None
        )
        assert loaded is not None or [item for item in diagnostics if item.help]
        describe_file(Path(folder) / name)
