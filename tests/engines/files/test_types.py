"""Numbers, amounts, dates and codes: the value that a person means, exactly (D40, S12)."""

# ruff: noqa: DTZ001 - exports hold times without a zone, and so must the expected values
from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from kpidsl.text.diagnostic import Severity
from tests.engines.files.conftest import Outcome, Read

Write = Callable[..., Path]


@pytest.fixture
def column(write: Write, read: Read) -> Callable[..., Outcome]:
    """Read one column of values; a second column keeps empty cells from being empty lines."""

    def run(*values: str, delimiter: str = ",", **options: Any) -> Outcome:
        quoted = [f'"{value}"' for value in values]
        lines = [delimiter.join(["x", "n"]), *[delimiter.join([v, "k"]) for v in quoted]]
        write("a.csv", "\n".join(lines) + "\n")
        return read("a.csv", **options)

    return run


def values(outcome: Outcome) -> list[Any]:
    return [row[0] for row in outcome.rows]


@pytest.mark.parametrize(
    ("cells", "kind", "expected"),
    [
        (["1", "-2", ""], "BIGINT", [1, -2, None]),
        (
            ["1.10", "22.05", "-0.5"],
            "DECIMAL(18,2)",
            [Decimal("1.10"), Decimal("22.05"), Decimal("-0.50")],
        ),
        (["1.1234567"], "DOUBLE", [1.1234567]),
        (["1e3", "2.5E-2"], "DOUBLE", [1000.0, 0.025]),
        (["999999999999999999"], "BIGINT", [999_999_999_999_999_999]),
        (["-999999999999999999"], "BIGINT", [-999_999_999_999_999_999]),
        (["12345678901234567890"], "VARCHAR", ["12345678901234567890"]),
        (["1234567890123456.78"], "DECIMAL(18,2)", [Decimal("1234567890123456.78")]),
        (["12345678901234567.89"], "DECIMAL(38,2)", [Decimal("12345678901234567.89")]),
        (["00123", "45678"], "VARCHAR", ["00123", "45678"]),
        (["+886912345678"], "VARCHAR", ["+886912345678"]),
        (["1_000"], "VARCHAR", ["1_000"]),
        (["TRUE", "false"], "BOOLEAN", [True, False]),
        (["1", "0"], "BIGINT", [1, 0]),
        (["yes", "no"], "VARCHAR", ["yes", "no"]),
        (["NaN", "1"], "VARCHAR", ["NaN", "1"]),
        (["  5 ", "6"], "BIGINT", [5, 6]),
        (["", ""], '"NULL"', [None, None]),  # the engine's type of what fits any other
        # amounts as programs and people write them
        (["1,234.50", "12"], "DECIMAL(18,2)", [Decimal("1234.50"), Decimal("12.00")]),
        (["1,234", "1,234,567"], "BIGINT", [1234, 1_234_567]),
        (["12,34,567.50"], "DECIMAL(18,2)", [Decimal("1234567.50")]),  # lakh and crore
        (["1'234.50"], "DECIMAL(18,2)", [Decimal("1234.50")]),
        (["1 234,50", "1\u202f234,5"], "DECIMAL(18,2)", [Decimal("1234.50"), Decimal("1234.50")]),
        (
            ["1.234,50", "1.234.567,00"],
            "DECIMAL(18,2)",
            [Decimal("1234.50"), Decimal("1234567.00")],
        ),
        (["12,50", "3,25"], "DECIMAL(18,2)", [Decimal("12.50"), Decimal("3.25")]),
        (["(1,234)", "5"], "BIGINT", [-1234, 5]),
        (["($1,234.50)", "-$5", "$-6", "- 7"], "DECIMAL(18,2)", [Decimal("-1234.50"), -5, -6, -7]),
        (["NT$1,200", "NT$ 5"], "BIGINT", [1200, 5]),
        (["TWD 1,200.50"], "DECIMAL(18,2)", [Decimal("1200.50")]),
        (["12,00 €", "1 €"], "DECIMAL(18,2)", [Decimal("12.00"), Decimal("1.00")]),
        (["\u22125", "3"], "BIGINT", [-5, 3]),
        (
            ["5%", "12.5%", "-1 %"],
            "DECIMAL(18,3)",
            [Decimal("0.050"), Decimal("0.125"), Decimal("-0.010")],
        ),
        (["5,25%"], "DECIMAL(18,4)", [Decimal("0.0525")]),
        # text that only looks like numbers
        (["1,23"], "DECIMAL(18,2)", [Decimal("1.23")]),
        (["1,23,4"], "VARCHAR", ["1,23,4"]),
        (["ABC123"], "VARCHAR", ["ABC123"]),
        (["1.2.3"], "VARCHAR", ["1.2.3"]),
        (["5%", "5"], "VARCHAR", ["5%", "5"]),
    ],
)
def test_numbers(
    column: Callable[..., Outcome], cells: list[str], kind: str, expected: list[Any]
) -> None:
    outcome = column(*cells)
    assert outcome.types["x"] == kind
    assert values(outcome) == expected


def test_sums_of_decimals_are_exact(
    column: Callable[..., Outcome], con: duckdb.DuckDBPyConnection
) -> None:
    column(*["0.10"] * 10)  # as floats they add up to 0.9999999999999999
    assert con.execute('SELECT sum(x) FROM "the ""source"""').fetchone() == (Decimal("1.00"),)


def test_what_was_taken_off_is_said(column: Callable[..., Outcome]) -> None:
    outcome = column("NT$1,234.50", "(NT$2)")
    assert outcome.assumptions == (
        "thousands separators removed in `x`",
        "currency sign removed in `x`",
        "parentheses read as a minus in `x`",
    )


def test_two_currencies_never_become_one_number(column: Callable[..., Outcome]) -> None:
    outcome = column("$5", "€3")
    assert outcome.types["x"] == "VARCHAR"
    assert [item.code for item in outcome.diagnostics] == ["K621"]


class TestDecimalSign:
    """`1.234` is a thousand or a bit more than one; only evidence decides."""

    def test_plain_in_a_comma_file(self, column: Callable[..., Outcome]) -> None:
        assert values(column("1.234", "5.678")) == [Decimal("1.234"), Decimal("5.678")]

    def test_grouped_in_a_comma_file(self, column: Callable[..., Outcome]) -> None:
        assert values(column("1,234", "5,678")) == [1234, 5678]

    @pytest.mark.parametrize("cell", ["1.234", "1,234"])
    def test_refused_in_a_semicolon_file(self, column: Callable[..., Outcome], cell: str) -> None:
        refusal = column(cell, delimiter=";").refusal
        assert refusal.code == "K613"
        assert "decimal" in refusal.help

    def test_another_column_is_evidence(self, write: Write, read: Read) -> None:
        write("a.csv", "x;y\n1.234;12,50\n5.678;1,25\n")
        assert read("a.csv").rows == [(1234, Decimal("12.50")), (5678, Decimal("1.25"))]
        write("b.csv", "x;y\n1.234;12.50\n5.678;1.25\n")
        assert read("b.csv").rows == [
            (Decimal("1.234"), Decimal("12.50")),
            (Decimal("5.678"), Decimal("1.25")),
        ]

    def test_contrary_evidence_is_refused(self, write: Write, read: Read) -> None:
        write("a.csv", "x;y;z\n1.234;12,50;12.50\n")
        assert read("a.csv").refusal.code == "K613"

    def test_declared(self, column: Callable[..., Outcome]) -> None:
        assert values(column("1.234", delimiter=";", decimal=",")) == [1234]
        assert values(column("1.234", delimiter=";", decimal=".")) == [Decimal("1.234")]
        assert values(column("1,234", decimal=",")) == [Decimal("1.234")]
        assert column("12.50", decimal=",").types["x"] == "VARCHAR"


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["2024-02-05"], [date(2024, 2, 5)]),
        (["2024/2/5", "2024.12.31"], [date(2024, 2, 5), date(2024, 12, 31)]),
        (["2024年2月5日"], [date(2024, 2, 5)]),
        (["20240205", "20241231"], [date(2024, 2, 5), date(2024, 12, 31)]),
        (["2024-02", "2024-12"], [date(2024, 2, 1), date(2024, 12, 1)]),
        (["13/02/2024", "01/02/2024"], [date(2024, 2, 13), date(2024, 2, 1)]),
        (["02/13/2024", "01/02/2024"], [date(2024, 2, 13), date(2024, 1, 2)]),
        (["31.12.99", "01.02.24"], [date(1999, 12, 31), date(2024, 2, 1)]),
        (["5-Feb-2024"], [date(2024, 2, 5)]),
        (["Feb 5, 2024"], [date(2024, 2, 5)]),
        # ROC year y is 1911 + y: 113 → 2024, 99 → 2010.
        (["113/02/05", "099/12/31"], [date(2024, 2, 5), date(2010, 12, 31)]),
        (["113年2月5日", "民國99年1月1日"], [date(2024, 2, 5), date(2010, 1, 1)]),
        (["113年2月"], [date(2024, 2, 1)]),
    ],
)
def test_unambiguous_dates(
    column: Callable[..., Outcome], cells: list[str], expected: list[date]
) -> None:
    outcome = column(*cells)
    assert outcome.types["x"] == "DATE"
    assert values(outcome) == expected


@pytest.mark.parametrize(
    ("cell", "orders"),
    [
        ("03/04/2024", "`dmy` or `mdy`"),
        ("01/02/03", "`dmy` or `mdy` or `ymd`"),
        ("99/02/05", "`ymd` or `roc`"),
    ],
)
def test_ambiguous_dates_are_refused(
    column: Callable[..., Outcome], cell: str, orders: str
) -> None:
    refusal = column(cell).refusal
    assert refusal.code == "K612"
    assert orders in refusal.message
    assert f"`{cell}` in line 2 of `a.csv`" in refusal.message
    assert "read { dates:" in refusal.help


@pytest.mark.parametrize(
    ("order", "cell", "expected"),
    [
        ("dmy", "03/04/2024", date(2024, 4, 3)),
        ("mdy", "03/04/2024", date(2024, 3, 4)),
        ("ymd", "24/03/04", date(2024, 3, 4)),
        ("roc", "99/02/05", date(2010, 2, 5)),
        ("roc", "1130205", date(2024, 2, 5)),
        ("roc", "113/02", date(2024, 2, 1)),
        ("iso", "2024-03-04", date(2024, 3, 4)),
        ("dmy", "2024-03-04", date(2024, 3, 4)),
    ],
)
def test_declared_dates(
    column: Callable[..., Outcome], order: str, cell: str, expected: date
) -> None:
    assert values(column(cell, dates=order)) == [expected]


def test_compact_roc_dates_are_numbers_until_declared(column: Callable[..., Outcome]) -> None:
    assert values(column("1130205", "1130206")) == [1130205, 1130206]


def test_a_date_that_the_declared_order_does_not_fit(column: Callable[..., Outcome]) -> None:
    refusal = column("01/02/2024", "02/13/2024", dates="dmy").refusal
    assert refusal.code == "K611"
    assert "`02/13/2024` in line 3 of `a.csv`" in refusal.message


def test_no_such_day_is_no_date(column: Callable[..., Outcome]) -> None:
    # 2023 had no 29 February: the column stays text, with a warning.
    outcome = column(*["2023-02-28"] * 20, "2023-02-29")
    assert outcome.types["x"] == "VARCHAR"
    assert "`2023-02-29` in line 22" in outcome.diagnostics[0].message


def test_dates_without_one_order_are_told_of(column: Callable[..., Outcome]) -> None:
    outcome = column("13/02/2024", "02/13/2024")
    assert outcome.types["x"] == "VARCHAR"
    assert [item.code for item in outcome.diagnostics] == ["K611"]


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("2024-02-05 13:05", datetime(2024, 2, 5, 13, 5)),
        ("2024-02-05T13:05:06", datetime(2024, 2, 5, 13, 5, 6)),
        ("2024-02-05 13:05:06.123456", datetime(2024, 2, 5, 13, 5, 6, 123456)),
        ("2024/2/5 下午 3:05:06", datetime(2024, 2, 5, 15, 5, 6)),
        ("2024/2/5 上午 12:05:06", datetime(2024, 2, 5, 0, 5, 6)),
        ("2/13/2024 12:30 PM", datetime(2024, 2, 13, 12, 30)),
        ("13.02.2024 7:05", datetime(2024, 2, 13, 7, 5)),
        ("113/2/5 13:05:06", datetime(2024, 2, 5, 13, 5, 6)),
    ],
)
def test_times(column: Callable[..., Outcome], cell: str, expected: datetime) -> None:
    outcome = column(cell)
    assert outcome.types["x"] == "TIMESTAMP"
    assert values(outcome) == [expected]


def test_times_with_a_zone(column: Callable[..., Outcome]) -> None:
    # 10:00 at +08:00 is 02:00 UTC: 1707091200 is midnight of 5 February 2024 in UTC.
    outcome = column("2024-02-05T10:00:00+08:00", "2024-02-05T02:00:00Z", shown="epoch(x)")
    assert outcome.types["x"] == "TIMESTAMP WITH TIME ZONE"
    assert values(outcome) == [1_707_091_200 + 2 * 3600] * 2


@pytest.mark.parametrize("cell", ["2024-02-05 02:00:00+00", "2024-02-05 02:00:00 UTC"])
@pytest.mark.parametrize("other", ["2024-02-05T02:00:00Z", "2024/2/5 2:00 UTC"])
def test_zones_as_databases_write_them(
    column: Callable[..., Outcome], cell: str, other: str
) -> None:
    outcome = column(cell, other, shown="epoch(x)")
    assert outcome.types["x"] == "TIMESTAMP WITH TIME ZONE"
    assert values(outcome) == [1_707_091_200 + 2 * 3600] * 2


def test_zone_on_some_times_only(column: Callable[..., Outcome]) -> None:
    outcome = column("2024-02-05T10:00:00+08:00", "2024-02-05T02:00:00")
    assert outcome.types["x"] == "VARCHAR"
    assert "1 of its 2 times" in outcome.diagnostics[0].message


class TestLateValues:
    """A value beyond any sample decides as much as the first one."""

    def test_a_late_text(self, column: Callable[..., Outcome]) -> None:
        outcome = column(*["5"] * 5000, "n/a")
        assert outcome.types["x"] == "VARCHAR"
        [problem] = outcome.diagnostics
        assert problem.severity is Severity.WARNING
        assert "`n/a` in line 5002 of `a.csv`" in problem.message
        assert values(column(*["5"] * 5000, "n/a", null_values=("n/a",)))[-2:] == [5, None]

    def test_a_late_fraction(self, column: Callable[..., Outcome]) -> None:
        outcome = column(*["5"] * 5000, "0.25")
        assert outcome.types["x"] == "DECIMAL(18,2)"
        assert values(outcome)[-1] == Decimal("0.25")

    def test_a_late_code(self, column: Callable[..., Outcome]) -> None:
        outcome = column(*["51234"] * 5000, "01234")
        assert outcome.types["x"] == "VARCHAR"
        assert outcome.diagnostics == []  # a code by design

    def test_a_late_separator_makes_the_rest_ambiguous(
        self, column: Callable[..., Outcome]
    ) -> None:
        assert column(*["1.234"] * 5000, "1,234", delimiter=";").refusal.code == "K613"

    def test_a_late_thirteenth_settles_the_order(self, column: Callable[..., Outcome]) -> None:
        outcome = column(*["01/02/2024"] * 5000, "13/02/2024")
        assert values(outcome)[0] == date(2024, 2, 1)

    def test_values_only_after_the_sample(self, column: Callable[..., Outcome]) -> None:
        outcome = column(*[""] * 5000, "1,234.50")
        assert values(outcome)[-1] == Decimal("1234.50")


def test_text_is_kept_to_the_blank(column: Callable[..., Outcome]) -> None:
    assert values(column(" a ", "b\u3000", "c")) == [" a ", "b\u3000", "c"]
    assert values(column("a", "   ", "c")) == ["a", None, "c"]  # blanks alone are no value
