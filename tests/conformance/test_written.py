"""How tables of cases are written."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction

import pytest

from kpidsl.conformance.written import read_table
from kpidsl.plan.query import Absent


def test_each_type() -> None:
    table = read_table(
        """
        id: int | "a \\"b\\"": text | paid: decimal(18, 2) | part: float | sure: truth
        7       | "x | y "          | -1.50                | 1/3         | true
        8       | plain text        | NULL                 | 0.5         | false
        """
    )
    assert table.columns == (
        ("id", "int"),
        ('a "b"', "text"),
        ("paid", "decimal(18, 2)"),
        ("part", "float"),
        ("sure", "truth"),
    )
    assert table.rows == (
        (Decimal(7), "x | y ", Decimal("-1.50"), Fraction(1, 3), True),
        (Decimal(8), "plain text", None, Decimal("0.5"), False),
    )
    assert dict(table.declared)["paid"] == "DECIMAL(18, 2)"


def test_moments_and_absent_members() -> None:
    table = read_table("day: date | at: moment | who: text\n2026-02-28 | 2026-02-28T12:00 | (none)")
    assert table.rows == (
        (date(2026, 2, 28), datetime(2026, 2, 28, 12), Absent.NONE),  # noqa: DTZ001
    )
    assert read_table('who: text\n"(none)"').rows == (("(none)",),)
    assert read_table("id: int").rows == ()


@pytest.mark.parametrize("row", ["1", "1 | 2 | 3"])
def test_a_row_has_as_many_cells_as_there_are_columns(row: str) -> None:
    with pytest.raises(ValueError, match=r"zip\(\)"):
        read_table(f"a: int | b: int\n{row}")
