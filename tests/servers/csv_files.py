"""CSV files as tables of a server: the rows, typed as kpidsl types them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import duckdb

from kpidsl.engines.files.load import load
from kpidsl.engines.files.typed import column_types
from kpidsl.model.files import FileSet
from kpidsl.sql import build


class Read(NamedTuple):
    """A file's name, its columns with DuckDB's types, and its rows."""

    name: str
    columns: Mapping[str, str]
    rows: Sequence[tuple[Any, ...]]


def read(folder: Path, names: Iterable[str], *, as_text: bool = True) -> Iterator[Read]:
    """Read files; their values may stay texts, of which a server makes the values of a type."""
    with duckdb.connect() as con:
        for name in names:
            files = FileSet(patterns=(f"{name}.csv",))
            load(con, name, files, folder, key=None, drop_where=None, span=None)
            table = con.table(name)
            if as_text:
                table = table.project("CAST(COLUMNS(*) AS VARCHAR)")
            yield Read(name, column_types(con, build.table(name)), table.fetchall())
