"""Excel workbooks: values as the spreadsheet shows them, nothing lost silently (D40)."""

# ruff: noqa: DTZ001 - exports hold times without a zone, and so must the expected values
from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from tests.engines.files.conftest import Read


@pytest.fixture
def book(tmp_path: Path) -> Callable[..., Path]:
    """Write a workbook of one sheet, then let `change` do the rest to it."""

    def run(rows: list[list[Any]], change: Callable[[Any], None] | None = None) -> Path:
        workbook = openpyxl.Workbook()
        sheet = workbook.active
        assert sheet is not None
        for row in rows:
            sheet.append(row)
        if change:
            change(workbook)
        path = tmp_path / "a.xlsx"
        workbook.save(path)
        return path

    return run


def test_line_ends_in_a_cell_are_line_feeds(book: Callable[..., Path], read: Read) -> None:
    """As in files of text. A workbook writes a carriage return as `_x000D_`."""
    book([["id", "name"], [1, "a_x000D_"], [2, "a_x000D_b"], [3, "a_x000D_\nb"]])
    assert read("a.xlsx").rows == [(1, "a\n"), (2, "a\nb"), (3, "a\nb")]


def test_types_of_cells(book: Callable[..., Path], read: Read) -> None:
    book(
        [
            ["日期", "時間", "n", "amount", "code", "flag", "sum", "small", "big"],
            [
                date(2024, 2, 5),
                datetime(2024, 2, 5, 13, 5),
                3,
                1234.5,
                "00123",
                True,
                0.1 + 0.2,
                0.25,
                1e15,
            ],
            [date(2024, 2, 6), datetime(2024, 2, 6, 0, 0), -4, 10, "4567", False, 0.3, -1.5, 2],
        ]
    )
    outcome = read("a.xlsx")
    assert outcome.rows == [
        (
            date(2024, 2, 5),
            datetime(2024, 2, 5, 13, 5),
            3,
            Decimal("1234.5"),
            "00123",
            True,
            Decimal("0.3"),
            Decimal("0.25"),
            10**15,
        ),
        (
            date(2024, 2, 6),
            datetime(2024, 2, 6),
            -4,
            Decimal("10.0"),
            "4567",
            False,
            Decimal("0.3"),
            Decimal("-1.50"),
            2,
        ),
    ]


def test_title_totals_and_text_amounts(book: Callable[..., Path], read: Read) -> None:
    book(
        [["Report"], [], ["day", "cost"], ["113/02/05", "1,234"], [None, None], ["總計", "1,234"]],
        lambda workbook: workbook.active.merge_cells("A1:B1"),
    )
    outcome = read("a.xlsx", header_row=3, drop="day = '總計'")
    assert outcome.rows == [(date(2024, 2, 5), 1234)]


def test_a_merged_title_without_header_row_is_refused(
    book: Callable[..., Path], read: Read
) -> None:
    book(
        [["Report", None], ["day", "cost"], [1, 2]],
        lambda workbook: workbook.active.merge_cells("A1:B1"),
    )
    refusal = read("a.xlsx").refusal
    assert refusal.code == "K618"
    assert "A1:B1" in refusal.message
    assert "header_row: 2" in refusal.help


@pytest.mark.parametrize("area", ["A2:A3", "A1:A2"])
def test_cells_merged_over_rows_are_refused(
    book: Callable[..., Path], read: Read, area: str
) -> None:
    book(
        [["channel", "cost"], ["a", 1], ["b", 2]],
        lambda workbook: workbook.active.merge_cells(area),
    )
    refusal = read("a.xlsx").refusal
    assert refusal.code == "K618"
    assert area in refusal.message


def test_a_totals_row_merged_within_itself(book: Callable[..., Path], read: Read) -> None:
    book(
        [["day", "channel", "cost"], ["x", "a", 1], ["Total", None, 1]],
        lambda workbook: workbook.active.merge_cells("A3:B3"),
    )
    assert read("a.xlsx", drop="day = 'Total'").rows == [("x", "a", 1)]


def test_a_formula_without_a_stored_value_is_refused(book: Callable[..., Path], read: Read) -> None:
    book([["a", "b"], [1, "=A2*2"]])  # openpyxl stores formulas without computing them
    refusal = read("a.xlsx").refusal
    assert refusal.code == "K619"
    assert "B2" in refusal.message


def test_errors_of_formulas_are_values_to_declare(book: Callable[..., Path], read: Read) -> None:
    def change(workbook: Any) -> None:
        workbook.active["B2"] = "#DIV/0!"
        workbook.active["B2"].data_type = "e"

    book([["clicks", "cpc"], [0, None], *[[i, i] for i in range(1, 21)]], change)
    outcome = read("a.xlsx")
    assert outcome.types["cpc"] == "VARCHAR"
    assert "`#DIV/0!` in row 2 of `a.xlsx`" in outcome.diagnostics[0].message
    assert read("a.xlsx", null_values=("#DIV/0!",)).rows[0] == (0, None)


def test_sheets(book: Callable[..., Path], read: Read) -> None:
    def change(workbook: Any) -> None:
        workbook.create_sheet("hidden", 0).sheet_state = "hidden"
        workbook.create_sheet("Ads").append(["z"])
        workbook["Ads"].append([7])

    book([["a"], [1]], change)
    first = read("a.xlsx")
    assert first.rows == [(1,)]  # the first that is not hidden
    assert first.assumptions == ("sheet `Sheet` read of `Sheet`, `Ads`",)
    assert read("a.xlsx", sheet="Ads").rows == [(7,)]
    refusal = read("a.xlsx", sheet="Add").refusal
    assert refusal.code == "K617"
    assert "`Ads`" in refusal.help


def test_an_empty_sheet(book: Callable[..., Path], read: Read) -> None:
    book([])
    assert read("a.xlsx").refusal.code == "K607"


def test_declared_decimal_commas_leave_number_cells_alone(
    book: Callable[..., Path], read: Read
) -> None:
    book([["number", "text"], [1234.5, "1.234,50"], [1.234, "12,00"]])
    assert read("a.xlsx", decimal=",").rows == [
        (Decimal("1234.500"), Decimal("1234.50")),
        (Decimal("1.234"), Decimal("12.00")),
    ]


def test_number_cells_beside_text_amounts(book: Callable[..., Path], read: Read) -> None:
    # 1.234 is a number cell here, but nothing in the text form tells; so it is asked for.
    book([["number", "text"], [1.234, "1.234,50"]])
    assert read("a.xlsx").refusal.code == "K613"


@pytest.mark.parametrize("content", [b"PK\x03\x04broken", b"day,cost\n1,2\n"])
def test_no_workbook(tmp_path: Path, read: Read, content: bytes) -> None:
    (tmp_path / "a.xlsx").write_bytes(content)
    assert read("a.xlsx").refusal.code == "K605"


def test_values_of_several_lines_and_row_numbers(book: Callable[..., Path], read: Read) -> None:
    book([["a", "b"], ["x\ny", 1], *[["z", i] for i in range(30)], ["z", "?"]])
    outcome = read("a.xlsx")
    assert outcome.rows[0] == ("x\ny", "1")
    assert "row 33" in outcome.diagnostics[0].message


def test_a_sheet_and_a_text_file_in_one_source(
    book: Callable[..., Path], read: Read, tmp_path: Path
) -> None:
    book([["k", "v"], [1, "x"]])
    (tmp_path / "b.csv").write_text("k,v\n2,y\n", encoding="utf-8")
    assert read("*.*").rows == [(1, "x"), (2, "y")]
