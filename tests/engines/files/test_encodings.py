"""National encodings are read right or refused with the mend (D40)."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from tests.engines.files.conftest import Read

Write = Callable[..., Path]

# What an advertising platform exports for a Taiwanese shop: two title lines, ROC dates,
# amounts with thousands separators, a totals row.
REPORT = (
    "廣告報表\n匯出時間,113/03/01\n日期,行銷活動名稱,花費金額 (TWD)\n"
    '113/02/05,春節,"1,234.50"\n113/02/06,元宵,"12,345.00"\n總計,,"13,579.50"\n'
)
# ROC year 113 is 1911 + 113 = 2024.
ROWS = [
    (date(2024, 2, 5), "春節", Decimal("1234.50")),
    (date(2024, 2, 6), "元宵", Decimal("12345.00")),
]


@pytest.mark.parametrize(
    ("encoding", "said"),
    [
        ("utf-8", None),
        ("utf-8-sig", None),
        ("utf-16", "read as utf-16"),
        ("cp950", "read as cp950"),
    ],
)
def test_one_report_in_each_encoding(
    write: Write, read: Read, encoding: str, said: str | None
) -> None:
    write("report.csv", REPORT, encoding)
    outcome = read("report.csv", header_row=3, drop="\"日期\" = '總計'")
    assert outcome.rows == ROWS
    declared_later = [item for item in outcome.assumptions if item.startswith("read as")]
    assert declared_later == ([said] if said else [])
    assert list(outcome.types) == ["日期", "行銷活動名稱", "花費金額 (TWD)"]


def test_utf_16_big_endian_with_its_mark(write: Write, read: Read) -> None:
    write("report.csv", b"\xfe\xff" + REPORT.encode("utf-16-be"))
    assert read("report.csv", header_row=3, drop="\"日期\" = '總計'").rows == ROWS


def test_packed_and_encoded(write: Write, read: Read) -> None:
    write("report.csv.gz", gzip.compress(REPORT.encode("cp950")))
    assert read("report.csv.gz", header_row=3, drop="\"日期\" = '總計'").rows == ROWS


def test_western_european(write: Write, read: Read) -> None:
    write("a.csv", "Straße;Größe\nKölner Straße;12,5\nMünchen € 5;1,25\n", "cp1252")
    outcome = read("a.csv")
    assert outcome.rows == [
        ("Kölner Straße", Decimal("12.50")),
        ("München € 5", Decimal("1.25")),
    ]
    assert "read as cp1252" in outcome.assumptions


@pytest.mark.parametrize(
    "encoding", ["gb18030", "shift_jis", "cp1251", "euc_kr", "cp1250", "cp1254"]
)
def test_other_encodings_are_never_guessed(write: Write, read: Read, encoding: str) -> None:
    texts = {
        "gb18030": "活动,金额\n春节促销,5\n元宵,7\n",
        "shift_jis": "キャンペーン,金額\n春の販売促進,5\nひなまつり,7\n",
        "cp1251": "кампания,сумма\nвесна,5\nлето,7\n",
        "cp1250": "kampania,kwota\nświąteczna,5\nłódź,7\n",
        "cp1254": "kampanya,tutar\nkış,5\ndoğum günü,7\n",
        "euc_kr": "캠페인,금액\n봄,5\n여름 세일,7\n",
    }
    write("a.csv", texts[encoding], encoding)
    assert read("a.csv").refusal.code == "K606"
    outcome = read("a.csv", encoding=encoding)
    lines = [line.split(",") for line in texts[encoding].splitlines()]
    assert list(outcome.types) == lines[0]
    assert outcome.rows == [(name, int(amount)) for name, amount in lines[1:]]
    assert outcome.assumptions == ()  # what is declared is no assumption


def test_a_wrong_declaration_names_the_byte(write: Write, read: Read) -> None:
    # "day,cost\n" is 9 bytes, "caf" 3 more; é in cp1252 is the byte E9, no UTF-8 sequence.
    write("a.csv", "day,cost\ncafé,5\n", "cp1252")
    refusal = read("a.csv", encoding="utf-8").refusal
    assert refusal.code == "K606"
    assert "byte 12 (line 2)" in refusal.message


def test_a_wrong_byte_far_into_the_file_is_counted_from_its_start(write: Write, read: Read) -> None:
    head = b"name\n" + b"ab\xc3\xa9\n" * 300_000  # 5 + 5 bytes a line, over several chunks
    write("a.csv", head + b"\xff\n")
    refusal = read("a.csv", encoding="utf-8").refusal
    assert f"byte {5 + 5 * 300_000} (line 300002)" in refusal.message


def test_an_unknown_name(write: Write, read: Read) -> None:
    write("a.csv", "a\n1\n")
    assert read("a.csv", encoding="klingon").refusal.code == "K620"
    assert read("a.csv", encoding="base64").refusal.code == "K620"  # a codec, but of no text


def test_utf_16_without_its_mark_is_refused_and_declared(write: Write, read: Read) -> None:
    write("a.csv", "a,b\n1,2\n", "utf-16-le")
    refusal = read("a.csv").refusal
    assert refusal.code == "K606"
    assert "NUL" in refusal.message
    assert read("a.csv", encoding="utf-16-le").rows == [(1, 2)]


@pytest.mark.parametrize(
    ("declared", "written"), [("utf-16", "utf-16-le"), ("utf-32", "utf-32-be"), ("utf-16", "utf-8")]
)
def test_a_missing_mark_is_no_byte_that_decodes(
    write: Write, read: Read, declared: str, written: str
) -> None:
    write("a.csv", "a,b\n1,2\n", written)
    refusal = read("a.csv", encoding=declared).refusal
    assert refusal.code == "K606"
    assert f"is not {declared}: byte 0 (line 1)" in refusal.message


@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
def test_line_ends_and_values_of_several_lines(write: Write, read: Read, ends: str) -> None:
    write("a.csv", ends.join(["a,b", '1,"x\ny"', "2,z", ""]))
    assert read("a.csv").rows == [(1, "x\ny"), (2, "z")]


def test_mixed_line_ends(write: Write, read: Read) -> None:
    write("a.csv", "a,b\r\n1,2\n3,4\r\n")
    assert read("a.csv").rows == [(1, 2), (3, 4)]


def test_a_line_end_is_one_wherever_the_file_is_cut_for_reading(write: Write, read: Read) -> None:
    """Files are read by the mebibyte: its last byte is a carriage return, the next a line feed."""
    head = 'a,b\r\n1,"'
    filled = "x" * (2**20 - len(head) - 1)
    write("a.csv", f'{head}{filled}\r\ny"\r\n', "cp1252")
    assert read("a.csv", encoding="cp1252").rows == [(1, f"{filled}\ny")]
