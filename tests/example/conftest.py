"""The toy store's data, generated once for all tests of the example."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import pytest

from examples.toy_store.generate import generate

Rows = list[dict[str, str]]


@pytest.fixture(scope="session")
def toy_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with all tables, made with the usual seed."""
    folder = tmp_path_factory.mktemp("toy") / "data"
    generate(folder)
    return folder


@pytest.fixture(scope="session")
def rows_of(toy_data: Path) -> Callable[[str], Rows]:
    """The rows of a CSV table by its name, each read once."""
    read: dict[str, Rows] = {}

    def rows(table: str) -> Rows:
        if table not in read:
            with (toy_data / f"{table}.csv").open(encoding="utf-8", newline="") as file:
                read[table] = list(csv.DictReader(file))
        return read[table]

    return rows
