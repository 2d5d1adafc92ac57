from __future__ import annotations

from decimal import Decimal

import pytest

from kpidsl.syntax import tree
from kpidsl.syntax.parser import parse_expression
from kpidsl.text.source import SourceFile
from tests.syntax.shape import expression, shape

DAY = 24 * 60 * 60


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("12", "12"),
        ("1_000", "1000"),
        ("12.5", "12.5"),
        ("12.5M", "12500000"),
        ("20k", "20000"),
        ("1.25B", "1250000000"),
        ("0.1", "0.1"),
        ("123456789012345678901234567890.5", "123456789012345678901234567890.5"),
    ],
)
def test_numbers_are_exact(text: str, value: str) -> None:
    literal = expression(text)
    assert isinstance(literal, tree.Number)
    assert literal.value == Decimal(value)
    assert "E" not in str(literal.value)


def test_percent_is_a_fraction() -> None:
    literal = expression("12.5%")
    assert isinstance(literal, tree.Percent)
    assert literal.value == Decimal("0.125")


@pytest.mark.parametrize(
    ("text", "value", "unit"),
    [("45_000 TWD", 45000, "TWD"), ("3 order", 3, "order"), ("12.5M EUR", 12_500_000, "EUR")],
)
def test_quantities(text: str, value: int, unit: str) -> None:
    literal = expression(text)
    assert isinstance(literal, tree.Quantity)
    assert literal.value == Decimal(value)
    assert (literal.unit.text, literal.unit.span.text) == (unit, unit)


@pytest.mark.parametrize(
    ("text", "months", "seconds"),
    [
        ("30s", 0, 30),
        ("15min", 0, 900),
        ("12h", 0, 43_200),
        ("30d", 0, 30 * DAY),
        ("2w", 0, 14 * DAY),
        ("6mo", 6, 0),
        ("2q", 6, 0),
        ("1y", 12, 0),
    ],
)
def test_durations(text: str, months: int, seconds: int) -> None:
    literal = expression(text)
    assert isinstance(literal, tree.Duration)
    assert (literal.months, literal.seconds) == (months, seconds)


@pytest.mark.parametrize("text", ["2026-06-30", "2024-02-29", "1999-12-31"])
def test_dates(text: str) -> None:
    literal = expression(text)
    assert isinstance(literal, tree.DateLiteral)
    assert literal.iso == text


@pytest.mark.parametrize(
    "text",
    ["2026-03-08T02:30-05:00", "2026-03-08T02:30", "2026-03-08T02:30:15.25Z"],
)
def test_timestamps(text: str) -> None:
    literal = expression(text)
    assert isinstance(literal, tree.TimestampLiteral)
    assert literal.iso == text


@pytest.mark.parametrize(
    "text",
    ["2026-Q2", "2026-06", "2026-W07", "2026-W53", "2026-H1", "FY2026", "FY2026-H1", "FY2026-Q4"],
)
def test_periods(text: str) -> None:  # 2026 has 53 weeks: its 1 January is a Thursday
    literal = expression(text)
    assert isinstance(literal, tree.PeriodLiteral)
    assert literal.text == text


def test_a_year_alone_is_a_number() -> None:
    assert isinstance(expression("2026"), tree.Number)


def test_numbers_beside_operators_stay_apart() -> None:
    assert shape(expression("1..2")) == "(.. 1 2)"
    assert shape(expression("2026-01-01..2026-06-30")) == "(.. 2026-01-01 2026-06-30)"
    assert shape(expression("10-5")) == "(- 10 5)"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('"a b"', "a b"),
        ('""', ""),
        (r'"say \"hi\" \\ \n \t"', 'say "hi" \\ \n \t'),
        ('"""one line"""', "one line"),
        ('"""\n  select 1\n    from x\n"""', "select 1\n  from x"),
        ('"""\r\n  a\r\n  b\r\n"""', "a\nb"),
        ('"總計（營收）"', "總計（營收）"),
        ('"# no comment"', "# no comment"),
    ],
)
def test_strings(text: str, value: str) -> None:
    literal = expression(text)
    assert isinstance(literal, tree.String)
    assert literal.value == value
    assert literal.span.text == text


@pytest.mark.parametrize(
    ("text", "body"),
    [('sql"a + b"', "a + b"), (r'sql"x \"y\" \d"', r'x "y" \d'), ('sql"""a\n"b" """', 'a\n"b" ')],
)
def test_sql(text: str, body: str) -> None:
    literal = expression(text)
    assert isinstance(literal, tree.SqlLiteral)
    assert literal.text == body
    assert literal.body_span.text.replace('\\"', '"') == body


def test_words_that_are_values() -> None:
    assert shape(expression("[true, false, null]")) == "[true false null]"


@pytest.mark.parametrize(
    ("text", "code", "read_as"),
    [
        ("2026-02-30", "K109", "2026-02-28"),
        ("2026-13-01", "K109", "2026-12-01"),
        ("2026-13", "K109", "2026-12"),
        ("2026-Q5", "K109", "2026-Q4"),
        ("2026-Q0", "K109", "2026-Q1"),
        ("2025-W53", "K109", "2025-W52"),
        ("FY2026-H3", "K109", "FY2026-H2"),
        ("0000-01", "K109", "0001-01"),
        ("2026-06-30T25:00", "K109", "2026-06-30T00:00"),
        ("2026/6/3", "K108", "2026-06-03"),
        ("2026-6-3", "K108", "2026-06-03"),
        ("2026Q2", "K108", "2026-Q2"),
        ("2026-w7", "K108", "2026-W07"),
        ("30m", "K108", "30"),
        ("1e6", "K108", "1"),
        ("5_", "K108", "5"),
    ],
)
def test_malformed_literals_are_reported_and_read_as_the_nearest(
    text: str, code: str, read_as: str
) -> None:
    value, diagnostics = parse_expression(SourceFile("<test>", text))
    assert [item.code for item in diagnostics] == [code]
    assert diagnostics[0].span is not None
    assert diagnostics[0].span.text == text
    assert value is not None
    assert shape(value) == read_as


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        ("30m", "`30min`, `30mo` or `30M`"),
        ("30days", "`30d`"),
        ("45USD", "`45 USD`"),
        ("2K", "`2k`"),
        ("3rd_party", "backticks"),
    ],
)
def test_malformed_numbers_say_how_to_write_them(text: str, advice: str) -> None:
    _, diagnostics = parse_expression(SourceFile("<test>", text))
    assert advice in diagnostics[0].help


def test_a_malformed_date_may_also_not_exist() -> None:
    _, diagnostics = parse_expression(SourceFile("<test>", "2026/2/30"))
    assert [item.code for item in diagnostics] == ["K108", "K109"]
