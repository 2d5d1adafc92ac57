"""Parquet and JSON keep their own types; fractions in JSON stay exact (S12)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from tests.engines.files.conftest import Read

Write = Callable[..., Path]


def test_json(write: Write, read: Read) -> None:
    write(
        "a.json",
        '[{"cost": 1.10, "code": "00123", "day": "2024-01-02", "deep": {"n": 1}},'
        ' {"cost": 2.25, "code": "x", "day": "2024-01-03", "deep": {"n": 2}}]',
    )
    outcome = read("a.json")
    assert outcome.types == {
        "cost": "DECIMAL(18,2)",
        "code": "VARCHAR",
        "day": "DATE",
        "deep": "STRUCT(n BIGINT)",
    }
    assert outcome.rows[0] == (Decimal("1.10"), "00123", date(2024, 1, 2), {"n": 1})


def test_json_lines_decide_types_over_the_whole_file(write: Write, read: Read) -> None:
    lines = ['{"x": 1}'] * 50_000 + ['{"x": 0.5}']
    write("a.jsonl", "\n".join(lines))
    outcome = read("a.jsonl")
    assert outcome.types == {"x": "DECIMAL(18,1)"}
    assert outcome.rows[-1] == (Decimal("0.5"),)


def test_json_fractions_beyond_six_places_are_floats(write: Write, read: Read) -> None:
    write("a.json", '[{"x": 0.12345678}, {"x": 1e-9}]')
    outcome = read("a.json")
    assert outcome.types == {"x": "DOUBLE"}
    assert outcome.rows == [(0.12345678,), (1e-9,)]


def test_drop_where_sees_typed_columns(write: Write, read: Read) -> None:
    write("a.json", '[{"x": 1, "kind": "day"}, {"x": 9, "kind": "total"}, {"x": 2}]')
    assert read("a.json", drop="kind = 'total'").rows == [(1, "day"), (2, None)]
    assert read("a.json", drop="rows.kind = 'total'").rows == [(1, "day"), (2, None)]
    assert read("a.json", drop="kin = 'total'").refusal.code == "K616"


def test_parquet_is_a_view(read: Read, tmp_path: Path, con: duckdb.DuckDBPyConnection) -> None:
    for name, day in (("b", "2024-01-02"), ("a", "2024-01-01")):
        con.execute(
            f"COPY (SELECT DATE '{day}' AS \"the day\", 1.50::DECIMAL(9,2) AS cost)"
            f" TO '{tmp_path / name}.parquet'"
        )
    outcome = read("*.parquet")
    made = con.execute("SELECT table_type FROM information_schema.tables").fetchall()
    assert made == [("VIEW",)]  # nothing is copied
    assert outcome.types == {"the day": "DATE", "cost": "DECIMAL(9,2)"}
    assert outcome.rows == [
        (date(2024, 1, 1), Decimal("1.50")),
        (date(2024, 1, 2), Decimal("1.50")),
    ]


@pytest.fixture
def parquet(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> Callable[..., None]:
    """Write `name.parquet` with one column of texts."""

    def run(name: str, *texts: str | None, column: str = "x") -> None:
        target = str(tmp_path / f"{name}.parquet")
        con.execute(f"CREATE TEMP TABLE written ({column} VARCHAR)")
        con.executemany("INSERT INTO written VALUES (?)", [[text] for text in texts])
        con.execute("COPY written TO ?", [target])
        con.execute("DROP TABLE written")

    return run


@pytest.mark.parametrize(
    ("texts", "kind", "shown", "expected"),
    [
        # 1 January 2024 began at second 1,704,067,200 in UTC, and 8 hours before in Taipei.
        (
            ["2024-01-01T00:00:00Z", None, "2024-01-01T00:00:00+08:00"],
            "TIMESTAMP WITH TIME ZONE",
            "epoch(x)",
            [1_704_067_200, None, 1_704_067_200 - 8 * 3600],
        ),
        (["2024-01-01 10:30"], "TIMESTAMP", "epoch(x)", [1_704_067_200 + 37_800]),
        ([*[None] * 2000, "2024-01-01"], "DATE", "x", [*[None] * 2000, date(2024, 1, 1)]),
        (["2024-01-01", "2023-12-31"], "DATE", "x", [date(2024, 1, 1), date(2023, 12, 31)]),
        # Not all of them are times, or not all have a zone: texts they stay.
        (["2024-01-01", "Total"], "VARCHAR", "x", ["2024-01-01", "Total"]),
        (["2024-01-01", "2024-02-30"], "VARCHAR", "x", ["2024-01-01", "2024-02-30"]),
        (["2024-01-01T00:00:00Z", "2024-01-01T00:00:00"], "VARCHAR", "length(x)", [20, 19]),
        (["2024-01-01"] * 2000 + ["x"], "VARCHAR", "length(x)", [10] * 2000 + [1]),
        # Numbers in texts are codes: the file says that they are texts.
        (["20240101"], "VARCHAR", "x", ["20240101"]),
        ([None, None], "VARCHAR", "x", [None, None]),
    ],
)
def test_times_in_texts_of_parquet(
    parquet: Callable[..., None],
    read: Read,
    texts: list[str | None],
    kind: str,
    shown: str,
    expected: list[object],
) -> None:
    parquet("a", *texts)
    outcome = read("a.parquet", shown=shown)
    assert outcome.types == {"x": kind}
    assert [row[0] for row in outcome.rows] == expected


def test_times_in_texts_are_decided_over_all_files(
    parquet: Callable[..., None], read: Read
) -> None:
    parquet("a", "2024-01-01T00:00:00Z")
    parquet("b", "none yet")
    assert read("*.parquet").rows == [("2024-01-01T00:00:00Z",), ("none yet",)]
    parquet("b", "2024-01-02T00:00:00Z")
    assert read("*.parquet", shown="typeof(x)").rows == [("TIMESTAMP WITH TIME ZONE",)] * 2


def test_texts_are_dates_without_what_is_dropped(parquet: Callable[..., None], read: Read) -> None:
    parquet("a", "2024-01-01", "Total")
    assert read("a.parquet", drop="x = 'Total'").rows == [(date(2024, 1, 1),)]


def test_backticks_are_no_part_of_a_name(parquet: Callable[..., None], read: Read) -> None:
    parquet("a", "v", column='"the `x`"')
    assert read("a.parquet", drop="\"the x\" = 'w'").types == {"the x": "VARCHAR"}


def test_backticks_are_no_part_of_a_name_in_json(write: Write, read: Read) -> None:
    write("a.json", '[{"`a`": 1.5, "b": 2}]')
    outcome = read("a.json")
    assert outcome.types == {"a": "DECIMAL(18,1)", "b": "BIGINT"}
    assert outcome.rows == [(Decimal("1.5"), 2)]
    write("b.json", '[{"`a`": 1, "a": 2}]')
    assert read("b.json").refusal.code == "K608"


def test_parquet_files_with_other_columns(
    read: Read, tmp_path: Path, con: duckdb.DuckDBPyConnection
) -> None:
    con.execute(f"COPY (SELECT 1 AS cost) TO '{tmp_path / 'a'}.parquet'")
    con.execute(f"COPY (SELECT 1 AS costs) TO '{tmp_path / 'b'}.parquet'")
    assert read("*.parquet").refusal.code == "K610"


def test_parquet_files_whose_decimals_no_type_holds(
    read: Read, tmp_path: Path, con: duckdb.DuckDBPyConnection
) -> None:
    """33 digits before the point and 5 behind it, and 36 and 2: together 36 and 5 are 41."""
    for name, value in (("a", "1.12345::DECIMAL(38, 5)"), ("b", "1.12::DECIMAL(38, 2)")):
        con.execute(f"COPY (SELECT {value} AS cost) TO '{tmp_path / name}.parquet'")
    problem = read("*.parquet").refusal
    assert problem.code == "K658"
    assert "column `cost` of `a.parquet` has 5 decimals" in problem.message
    con.execute(f"COPY (SELECT 1.12::DECIMAL(18, 2) AS cost) TO '{tmp_path / 'b'}.parquet'")
    assert read("*.parquet").rows == [(Decimal("1.12345"),), (Decimal("1.12"),)]
