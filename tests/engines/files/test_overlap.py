"""Exports that overlap are settled by declaration, never by luck (D40)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import duckdb
import pytest

from kpidsl.text.diagnostic import Severity
from tests.engines.files.conftest import Read

Write = Callable[..., Path]

JANUARY = "day,channel,cost\n2026-01-30,a,1\n2026-01-31,a,2\n2026-01-31,b,3\n"
# The later export holds the last day of January again, corrected for channel a.
FEBRUARY = "day,channel,cost\n2026-01-31,a,20\n2026-02-01,a,4\n"
KEY = ("day", "channel")


@pytest.fixture
def exports(write: Write) -> None:
    write("ads_1.csv", JANUARY)
    write("ads_2.csv", FEBRUARY)


@pytest.mark.usefixtures("exports")
def test_the_same_key_twice_is_refused(read: Read) -> None:
    refusal = read("ads_*.csv", key=KEY).refusal
    assert refusal.code == "K614"
    assert "1 key stands in more than one file" in refusal.message
    assert "`day` 2026-01-31, `channel` a in `ads_1.csv` and `ads_2.csv`" in refusal.message
    assert "latest_file" in refusal.help


@pytest.mark.usefixtures("exports")
def test_the_later_file_wins_per_key(read: Read) -> None:
    outcome = read("ads_*.csv", key=KEY, overlap="latest_file")
    assert sorted(outcome.rows) == [
        (date(2026, 1, 30), "a", 1),
        (date(2026, 1, 31), "a", 20),
        (date(2026, 1, 31), "b", 3),
        (date(2026, 2, 1), "a", 4),
    ]


def test_later_is_by_name_and_not_by_the_order_of_patterns(write: Write, read: Read) -> None:
    write("b.csv", "k,v\n1,new\n")
    write("a.csv", "k,v\n1,old\n")
    assert read("b.csv", "a.csv", key=("k",), overlap="latest_file").rows == [(1, "new")]


@pytest.mark.usefixtures("exports")
def test_keep_all(read: Read) -> None:
    outcome = read("ads_*.csv", key=None, overlap="keep_all")
    assert len(outcome.rows) == 5
    assert outcome.diagnostics == []


def test_keys_with_a_null_equal_no_other(write: Write, read: Read) -> None:
    write("a.csv", "k,v\n,1\n1,2\n")
    write("b.csv", "k,v\n,3\n")
    assert len(read("?.csv", key=("k",)).rows) == 3
    assert len(read("?.csv", key=("k",), overlap="latest_file").rows) == 3


def test_rows_of_one_file_never_win_over_each_other(write: Write, read: Read) -> None:
    # Whether a key is unique within a file is for S3's check to say, not for the reader.
    write("a.csv", "k,v\n1,1\n1,2\n")
    write("b.csv", "k,v\n2,3\n")
    assert len(read("?.csv", key=("k",), overlap="latest_file").rows) == 3


@pytest.mark.usefixtures("exports")
def test_latest_file_without_a_key(read: Read) -> None:
    assert read("ads_*.csv", overlap="latest_file").refusal.code == "K614"


def test_identical_rows_without_a_key_are_a_warning(write: Write, read: Read) -> None:
    write("a.csv", "x,y\n1,\n2,b\n")
    write("b.csv", "y,x\n,1\nb,2\nc,3\n")  # another order of columns, the same rows
    outcome = read("?.csv")
    assert len(outcome.rows) == 5
    [problem] = outcome.diagnostics
    assert (problem.code, problem.severity) == ("K615", Severity.WARNING)
    assert problem.message.startswith("2 rows are the same")


def test_an_unknown_key(write: Write, read: Read) -> None:
    write("a.csv", "order_id,v\n1,2\n")
    refusal = read("a.csv", key=("order",)).refusal
    assert refusal.code == "K616"
    assert "`order_id`" in refusal.help


def test_columns_in_another_order_are_matched_by_name(write: Write, read: Read) -> None:
    write("a.csv", "x,y\n1,a\n")
    write("b.csv", "Y,x\nb,2\n")
    assert read("?.csv").rows == [(1, "a"), (2, "b")]


def test_other_columns_are_refused(write: Write, read: Read) -> None:
    write("a.csv", "day,cost\n1,2\n")
    write("b.csv", "day,costs\n1,2\n")
    refusal = read("?.csv").refusal
    assert refusal.code == "K610"
    assert "`b.csv`" in refusal.message
    assert "lacks `cost`" in refusal.message
    assert "rename `costs`" in refusal.help


def test_one_typing_over_all_files(write: Write, read: Read) -> None:
    write("a.csv", "x\n1\n2\n")
    write("b.csv", "x\n1.25\n")
    assert read("?.csv").types == {"x": "DECIMAL(18,2)"}


def test_a_bad_value_names_its_own_file(write: Write, read: Read) -> None:
    write("a.csv", "x\n" + "1\n" * 30)
    write("b.csv", "x\n" + "1\n" * 30 + "?\n")
    assert "`?` in line 32 of `b.csv`" in read("?.csv").diagnostics[0].message


def test_parquet_exports_overlap_as_well(
    read: Read, tmp_path: Path, con: duckdb.DuckDBPyConnection
) -> None:
    for name, value in (("a", 1), ("b", 2)):
        con.execute(f"COPY (SELECT 1 AS k, {value} AS v) TO '{tmp_path / name}.parquet'")
    assert read("*.parquet", key=("k",)).refusal.code == "K614"
    assert read("*.parquet", key=("k",), overlap="latest_file").rows == [(1, 2)]
