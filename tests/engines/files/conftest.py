"""A small reader over the files of a test's own folder."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest
import sqlglot

from kpidsl.engines.files import LoadedFiles, load
from kpidsl.model.files import FileSet, Overlap, ReadOptions
from kpidsl.text.diagnostic import Diagnostic


@dataclass(frozen=True)
class Outcome:
    loaded: LoadedFiles | None
    diagnostics: list[Diagnostic]
    rows: list[tuple[Any, ...]]

    @property
    def types(self) -> dict[str, str]:
        assert self.loaded is not None, self.diagnostics
        return dict(self.loaded.columns)

    @property
    def assumptions(self) -> tuple[str, ...]:
        assert self.loaded is not None, self.diagnostics
        return self.loaded.assumptions

    @property
    def refusal(self) -> Diagnostic:
        assert self.loaded is None
        assert len(self.diagnostics) == 1
        assert self.diagnostics[0].help, "a refusal names its mend"
        return self.diagnostics[0]


Read = Callable[..., Outcome]


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    connection = duckdb.connect()
    yield connection
    connection.close()


@pytest.fixture
def read(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> Read:
    """Load files of the test's folder: `read("a.csv", dates="dmy", drop="x = 'Total'")`."""

    def run(
        *patterns: str,
        key: tuple[str, ...] | None = None,
        drop: str | None = None,
        overlap: Overlap = "refuse",
        shown: str = "*",
        **options: Any,
    ) -> Outcome:
        files = FileSet(patterns=patterns, read=ReadOptions(**options), overlap=overlap)
        condition = sqlglot.parse_one(drop, dialect="duckdb") if drop else None
        loaded, diagnostics = load(
            con, 'the "source"', files, tmp_path, key=key, drop_where=condition, span=None
        )
        rows = con.execute(f'FROM "the ""source""" SELECT {shown}').fetchall() if loaded else []
        left = con.execute("SELECT table_name FROM information_schema.tables").fetchall()
        assert {name for (name,) in left} <= {'the "source"'}, "no scratch tables stay behind"
        return Outcome(loaded, diagnostics, rows)

    return run


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Write a file: bytes as they are, text in the encoding (UTF-8 unless said)."""

    def run(name: str, content: str | bytes, encoding: str = "utf-8") -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
        return path

    return run
