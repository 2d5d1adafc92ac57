"""Headers, delimiters, titles, totals and ragged rows of text files (D40)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from tests.engines.files.conftest import Read

Write = Callable[..., Path]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", "id,text\n1,x\n2,y\n"),
        ("a.csv", "id;text\n1;x\n2;y\n"),
        ("a.csv", "id|text\n1|x\n2|y\n"),
        ("a.csv", "id\ttext\n1\tx\n2\ty\n"),
        ("a.tsv", "id\ttext\n1\tx\n2\ty\n"),
        ("a.txt", "  id   text\n   1   x\n   2 y\n"),
        ("a.csv", "sep=;\nid;text\n1;x\n2;y\n"),
        ("a.csv", "\n\nid,text\n\n1,x\n\n2,y\n\n"),
        ("a.csv", 'id,text\n"1",x\n2,"y"'),
    ],
)
def test_one_table_in_many_layouts(write: Write, read: Read, name: str, content: str) -> None:
    write(name, content)
    outcome = read(name)
    assert outcome.rows == [(1, "x"), (2, "y")]
    assert outcome.types == {"id": "BIGINT", "text": "VARCHAR"}


def test_a_declared_delimiter_wins(write: Write, read: Read) -> None:
    write("a.csv", "a~b\n1~2\n")
    assert read("a.csv", delimiter="~").rows == [(1, 2)]


def test_decimal_commas_do_not_pass_for_delimiters(write: Write, read: Read) -> None:
    # Split at commas, every data line has two parts as well; the header tells them apart.
    write("a.csv", "name;cost;note\na;1,50;x\nb;2,25;y\n")
    assert read("a.csv").rows == [("a", Decimal("1.50"), "x"), ("b", Decimal("2.25"), "y")]


def test_a_title_above_the_header_is_refused_with_the_line(write: Write, read: Read) -> None:
    write("a.csv", "Report\nfrom January\nday,cost\n2026-01-01,5\n")
    refusal = read("a.csv").refusal
    assert refusal.code == "K608"
    assert "header_row: 3" in refusal.help
    assert read("a.csv", header_row=3).types == {"day": "DATE", "cost": "BIGINT"}


def test_no_header(write: Write, read: Read) -> None:
    write("a.csv", "1,2.50\n3,4.25\n")
    assert read("a.csv").refusal.code == "K608"
    assert list(read("a.csv", header_row=0).types) == ["column1", "column2"]
    named = read("a.csv", header_row=0, columns=("id", "cost"))
    assert list(named.types) == ["id", "cost"]
    assert named.rows == [(1, Decimal("2.50")), (3, Decimal("4.25"))]
    assert read("a.csv", header_row=0, columns=("id",)).refusal.code == "K608"


def test_a_header_line_beyond_the_file(write: Write, read: Read) -> None:
    write("a.csv", "a,b\n1,2\n")
    assert read("a.csv", header_row=9).refusal.code == "K608"
    assert read("a.csv", header_row=10**20).refusal.code == "K608"


@pytest.mark.parametrize("header", ["cost,day,cost", "cost,day,Cost", "cost,day, cost "])
def test_a_name_twice_is_refused(write: Write, read: Read, header: str) -> None:
    write("a.csv", f"{header}\n1,2,3\n")
    refusal = read("a.csv").refusal
    assert refusal.code == "K608"
    assert "columns 1 and 3" in refusal.message
    assert read("a.csv", columns=("x", "y", "z")).rows == [(1, 2, 3)]


def test_an_unnamed_column_must_be_empty(write: Write, read: Read) -> None:
    write("empty.csv", "a,b,\n1,2,\n3,4,\n")
    assert read("empty.csv").rows == [(1, 2), (3, 4)]
    write("full.csv", "a,,b\n1,9,2\n")
    refusal = read("full.csv").refusal
    assert refusal.code == "K608"
    assert "column 2" in refusal.message


def test_odd_names_stay_as_they_are_but_for_backticks(write: Write, read: Read) -> None:
    write("a.csv", '"say ""hi""",`x`,花費 (TWD),t0,c0," two\nlines ",select\n1,2,3,4,5,6,7\n')
    outcome = read("a.csv")
    # Definitions write a name between backticks, so none can stand in it.
    names = ['say "hi"', "x", "花費 (TWD)", "t0", "c0", "two lines", "select"]
    assert list(outcome.types) == names
    assert outcome.rows == [(1, 2, 3, 4, 5, 6, 7)]


def test_names_that_meet_without_their_backticks_are_refused(write: Write, read: Read) -> None:
    write("a.csv", "`cost`,cost\n1,2\n")
    refusal = read("a.csv").refusal
    assert refusal.code == "K608"
    assert "columns 1 and 2 in line 1 of `a.csv` have the same name `cost`" in refusal.message


def test_header_only_means_no_rows(write: Write, read: Read) -> None:
    write("a.csv", "a,b\n")
    outcome = read("a.csv")
    assert outcome.types == {"a": '"NULL"', "b": '"NULL"'}
    assert outcome.rows == []


def test_nothing_at_all_is_refused(write: Write, read: Read) -> None:
    write("a.csv", "")
    assert read("a.csv").refusal.code == "K607"


@pytest.mark.parametrize(
    ("content", "line", "count"),
    [
        ("a,b\n1,2\n3\n4,5\n", 3, "1 value for 2 columns"),
        ("a,b\n1,2\n\n3,4,5\n", 4, "3 values for 2 columns"),
        ('a,b\n"x\ny",2\n3\n', 4, "1 value for 2 columns"),
    ],
)
def test_a_ragged_row_is_named_by_its_line(
    write: Write, read: Read, content: str, line: int, count: str
) -> None:
    write("a.csv", content)
    refusal = read("a.csv").refusal
    assert refusal.code == "K609"
    assert f"line {line} of `a.csv` has {count}" in refusal.message


def test_a_short_totals_line_goes_away(write: Write, read: Read) -> None:
    write("a.csv", "day,cost\n2026-01-01,5\nTotal\n")
    outcome = read("a.csv", drop="day = 'Total'")
    assert outcome.types == {"day": "DATE", "cost": "BIGINT"}
    assert outcome.rows == [(date(2026, 1, 1), 5)]


def test_a_short_line_that_stays_is_refused(write: Write, read: Read) -> None:
    write("a.csv", "day,cost\nTotal\n2026-01-01,5\n2026-01-02\n")
    refusal = read("a.csv", drop="day = 'Total'").refusal
    assert refusal.code == "K609"
    assert "line 4" in refusal.message


def test_an_open_quote_is_refused(write: Write, read: Read) -> None:
    write("a.csv", 'a,b\n1,"x\n2,y\n')
    assert read("a.csv").refusal.code == "K605"


def test_an_open_quote_before_much_text_is_refused(write: Write, read: Read) -> None:
    """A size in inches opens a quote in line 2, and all of the 600 kB below are of its cell."""
    rows = "".join(f"{number},{'y' * 200}\n" for number in range(3000))
    write("a.csv", f'size,note\n"5 inch,x\n{rows}')
    refusal = read("a.csv").refusal
    assert refusal.code == "K609"
    assert "line 2 of `a.csv` has 1 value for 2 columns" in refusal.message


def test_totals_are_dropped_before_typing(write: Write, read: Read) -> None:
    write("a.csv", 'day,cost\n2026-01-01,5\n 小計 ,5\n2026-01-02,7\n總計,"1,2 (sum)"\n')
    outcome = read("a.csv", drop="day IN ('總計', '小計')")
    assert outcome.types == {"day": "DATE", "cost": "BIGINT"}
    assert [cost for _, cost in outcome.rows] == [5, 7]


def test_drop_where_over_an_empty_cell_keeps_the_row(write: Write, read: Read) -> None:
    # NULL = 'Total' is unknown, and an unknown condition must not drop the row.
    write("a.csv", "day,cost\n,5\nTotal,6\n")
    assert read("a.csv", drop="day = 'Total'").rows == [(None, 5)]


def test_drop_where_with_an_unknown_column(write: Write, read: Read) -> None:
    write("a.csv", "day,cost\n2026-01-01,5\n")
    refusal = read("a.csv", drop="dey = 'Total'").refusal
    assert refusal.code == "K616"
    assert "`day`" in refusal.help


def test_drop_where_that_compares_text_with_a_number(write: Write, read: Read) -> None:
    write("a.csv", "day,cost\nx,5\ny,z\n")
    assert read("a.csv", drop="cost > 3").refusal.code == "K616"


def test_empty_rows_are_left_out_and_said(write: Write, read: Read) -> None:
    write("a.csv", "a,b\n1,2\n,\n3,\n , \n")
    outcome = read("a.csv")
    assert outcome.rows == [(1, 2), (3, None)]
    assert "empty rows left out: 2" in outcome.assumptions


def test_columns_name_a_file_without_header_only_if_told_so(write: Write, read: Read) -> None:
    # Else the first row of data would pass for a header and be lost.
    write("a.csv", "1,2.50\n3,4.25\n")
    assert read("a.csv", columns=("id", "cost")).refusal.code == "K608"


def test_a_dropped_value_may_also_be_a_null_value(write: Write, read: Read) -> None:
    write("a.csv", "day,cost\n2026-01-01,5\n--,5\n2026-01-02,--\n")
    outcome = read("a.csv", drop="day = '--'", null_values=("--",))
    assert [cost for _, cost in outcome.rows] == [5, None]


def test_null_values(write: Write, read: Read) -> None:
    write("a.csv", "a,b\n1,x\n--,--\nn/a,y\n")
    # The row of `--` alone holds no value at all, and goes away like an empty one.
    assert read("a.csv", null_values=("--", "n/a")).rows == [(1, "x"), (None, "y")]
