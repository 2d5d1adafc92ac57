"""Parquet and JSON keep their own types; fractions in JSON stay exact (S12)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb

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
    assert outcome.loaded is not None
    assert outcome.loaded.rows is None
    assert [path.name for path in outcome.loaded.files] == ["a.parquet", "b.parquet"]
    assert outcome.types == {"the day": "DATE", "cost": "DECIMAL(9,2)"}
    assert outcome.rows == [
        (date(2024, 1, 1), Decimal("1.50")),
        (date(2024, 1, 2), Decimal("1.50")),
    ]


def test_parquet_files_with_other_columns(
    read: Read, tmp_path: Path, con: duckdb.DuckDBPyConnection
) -> None:
    con.execute(f"COPY (SELECT 1 AS cost) TO '{tmp_path / 'a'}.parquet'")
    con.execute(f"COPY (SELECT 1 AS costs) TO '{tmp_path / 'b'}.parquet'")
    assert read("*.parquet").refusal.code == "K610"
