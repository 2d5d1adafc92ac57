"""Which files a source reads, and what is said where it can't."""

from __future__ import annotations

import gzip
import os
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from tests.engines.files.conftest import Read

Write = Callable[..., Path]


def test_globs_are_sorted_and_leave_lock_files_out(write: Write, read: Read) -> None:
    for name in ("b.csv", "a.csv", "sub/c.csv", "~$a.csv"):
        write(name, f"x\n{name}\n")
    assert read("*.csv").rows == [("a.csv",), ("b.csv",)]
    assert read("**/*.csv").rows == [("a.csv",), ("b.csv",), ("sub/c.csv",)]
    assert read("b.csv", "*.csv").rows == [("a.csv",), ("b.csv",)]  # each file once


def test_a_name_with_glob_signs_is_a_name(write: Write, read: Read) -> None:
    write("ads [1].csv", "x\n1\n")
    write("ads 1.csv", "x\n2\n")
    assert read("ads [1].csv").rows == [(1,)]
    write("ads [2].json", '[{"x": 3}]')
    assert read("ads [2].json").rows == [(3,)]


def test_a_quote_in_a_name(write: Write, read: Read) -> None:
    write("it's.csv", "x\n1\n")
    assert read("it's.csv").rows == [(1,)]


def test_absolute_and_parent_paths(write: Write, read: Read, tmp_path: Path) -> None:
    path = write("a.csv", "x\n1\n")
    assert read(str(path)).rows == [(1,)]
    assert read(f"../{tmp_path.name}/a.csv").rows == [(1,)]


def test_a_misspelt_file(write: Write, read: Read) -> None:
    write("meta_2026.csv", "x\n1\n")
    refusal = read("mata_2026.csv").refusal
    assert refusal.code == "K601"
    assert "`meta_2026.csv`" in refusal.help


@pytest.mark.parametrize("pattern", ["data/a.csv", "data/*.csv"])
def test_a_missing_folder(read: Read, pattern: str) -> None:
    refusal = read(pattern).refusal
    assert refusal.code == "K601"
    assert "folder `data`" in refusal.message


def test_a_pattern_without_files(write: Write, read: Read) -> None:
    write("shop.txt", "x\n1\n")
    refusal = read("*.csv").refusal
    assert refusal.code == "K601"
    assert "`shop.txt`" in refusal.help


@pytest.mark.parametrize("address", ["https://a.example/b.csv", "s3://b/c.parquet", "file:///a"])
def test_addresses_are_refused(read: Read, address: str) -> None:
    assert read(address).refusal.code == "K602"


def test_a_folder(tmp_path: Path, read: Read) -> None:
    (tmp_path / "a.csv").mkdir()
    refusal = read("a.csv").refusal
    assert refusal.code == "K603"
    assert "a.csv/*.csv" in refusal.help


def test_a_link_to_itself_can_not_be_opened(tmp_path: Path, read: Read) -> None:
    (tmp_path / "a.csv").symlink_to("a.csv")
    assert read("a.csv").refusal.code == "K601"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every file")
def test_no_right_to_read(write: Write, read: Read) -> None:
    write("a.csv", "x\n1\n").chmod(0)
    assert read("a.csv").refusal.code == "K603"


def test_an_unknown_suffix(write: Write, read: Read) -> None:
    write("a.dat", "x\n1\n")
    assert read("a.dat").refusal.code == "K604"


def test_text_beside_typed_files(write: Write, read: Read) -> None:
    write("a.csv", "x\n1\n")
    write("b.json", '[{"x": 1}]')
    assert read("*.*").refusal.code == "K604"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv.gz", gzip.compress(b"a,b\n" + b"1,2\n" * 9000, mtime=0)[:-12]),
        ("a.csv.gz", b"a,b\n1,2\n"),
        ("a.parquet", b"PAR1 and no more"),
        ("a.json", b'[{"x": 1}, {"x": '),
        ("a.json", b'[{"x": 1}, {"x": ]}]'),
        ("a.jsonl", b'{"x": 1}\n{"x": \n'),
        ("a.jsonl", b'{"x": 1}\n{"x": 2\n{"x": 3}\n'),
    ],
    ids=["cut gzip", "no gzip", "parquet", "cut json", "json", "cut jsonl", "jsonl"],
)
def test_damaged_files(write: Write, read: Read, name: str, content: bytes) -> None:
    write(name, content)
    assert read(name).refusal.code == "K605"


def test_a_failed_load_leaves_the_relation_as_it_was(
    write: Write, read: Read, con: duckdb.DuckDBPyConnection
) -> None:
    write("a.csv", "x\n1\n")
    read("a.csv")
    assert read("b.csv").loaded is None
    assert con.execute('SELECT x FROM "the ""source"""').fetchall() == [(1,)]
