"""Published data sets are read as published."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from kpidsl.engines.files import LoadedFiles, describe_file, load
from kpidsl.model.files import FileSet, ReadOptions

pytestmark = pytest.mark.real_data


def loaded(con: duckdb.DuckDBPyConnection, base: Path, name: str, read: ReadOptions) -> LoadedFiles:
    result, diagnostics = load(
        con, "t", FileSet(patterns=(name,), read=read), base, key=None, drop_where=None, span=None
    )
    assert result is not None, diagnostics
    assert diagnostics == []
    return result


def test_purchases(con: duckdb.DuckDBPyConnection, shared_data: Path) -> None:
    # The data set's own documentation: 69,659 purchases of 23,570 customers; the sum of
    # dollars comes from `awk '{ s += int($4 * 100 + 0.5) }'` over the file.
    result = loaded(con, shared_data, "cdnow/CDNOW_master.txt", ReadOptions())
    assert dict(result.columns) == {
        "customer_id": "VARCHAR",
        "date": "DATE",
        "number_of_cds": "BIGINT",
        "dollar_value": "DECIMAL(18,2)",
    }
    totals = "SELECT count(*), count(DISTINCT customer_id), sum(dollar_value) FROM t"
    assert con.execute(totals).fetchone() == (69_659, 23_570, Decimal("2500315.63"))


def test_purchases_without_a_header(con: duckdb.DuckDBPyConnection, shared_data: Path) -> None:
    names = ("master_id", "sample_id", "date", "cds", "dollars")
    read = ReadOptions(header_row=0, columns=names)
    result = loaded(con, shared_data, "cdnow/CDNOW_sample.txt", read)
    assert tuple(name for name, _ in result.columns) == names
    assert con.execute("SELECT count(*), count(DISTINCT sample_id) FROM t").fetchone() == (
        6_919,
        2_357,
    )


def test_sessions(con: duckdb.DuckDBPyConnection, shared_data: Path) -> None:
    loaded(con, shared_data, "ga_sample/ga_sample.parquet", ReadOptions())
    assert con.execute("SELECT count(*) FROM t").fetchone() == (2_556,)


def test_weekly_spend(con: duckdb.DuckDBPyConnection, shared_data: Path) -> None:
    result = loaded(con, shared_data, "meridian/national_all_channels.csv", ReadOptions())
    assert con.execute("SELECT count(*) FROM t").fetchone() == (156,)
    assert dict(result.columns)["time"] == "DATE"


@pytest.mark.parametrize(
    "name",
    ["cdnow/CDNOW_master.txt", "ga_sample/ga_sample.parquet", "meridian/national_all_channels.csv"],
)
def test_drafts(shared_data: Path, name: str) -> None:
    draft, diagnostics = describe_file(shared_data / name)
    assert draft is not None
    assert diagnostics == []
    assert draft.measures
