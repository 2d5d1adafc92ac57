"""The same seed gives the same bytes, everywhere."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from examples.toy_store import generate as toy

# The digest of all tables but the Parquet file, whose bytes belong to DuckDB's version. It was
# printed by the generator and pins it: a change of the data changes every figure that documents
# and tests quote.
PINNED = "83fe8b2b10beb11b278613ca359790fff7e62c2181f871790b28b3bded254a97"


def manifest(folder: Path) -> dict[str, str]:
    """Each file's digest by its name."""
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.iterdir())
    }


def test_another_process_writes_the_same_bytes(toy_data: Path, tmp_path: Path) -> None:
    # Another order of hashes and another time zone than this process's.
    environment = {**os.environ, "PYTHONHASHSEED": "4242", "TZ": "Asia/Taipei"}
    script = str(Path(toy.__file__))
    subprocess.run([sys.executable, script, str(tmp_path / "data")], check=True, env=environment)
    assert manifest(tmp_path / "data") == manifest(toy_data)


def test_bytes_are_those_of_the_documents(toy_data: Path) -> None:
    tables = {
        name: digest for name, digest in manifest(toy_data).items() if not name.endswith("parquet")
    }
    lines = "\n".join(f"{digest}  {name}" for name, digest in sorted(tables.items()))
    assert hashlib.sha256(lines.encode()).hexdigest() == PINNED


def test_another_seed_gives_other_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(toy, "LAST_DAY", date(2024, 11, 9))
    toy.generate(tmp_path / "seven", seed=7)
    toy.generate(tmp_path / "eight", seed=8)
    seven, eight = manifest(tmp_path / "seven"), manifest(tmp_path / "eight")
    assert seven.keys() == eight.keys()
    assert {name for name in seven if seven[name] == eight[name]} == {"budget.xlsx"}
