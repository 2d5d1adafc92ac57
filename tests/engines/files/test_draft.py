"""What `kpidsl init` proposes for a file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest

from kpidsl.engines.files import FileDraft, describe_file, draft_source
from kpidsl.syntax.parser import parse
from kpidsl.text.source import SourceFile

Write = Callable[..., Path]


def drafted(path: Path) -> FileDraft:
    draft, diagnostics = describe_file(path)
    assert draft is not None, diagnostics
    return draft


def test_a_platform_export(write: Write) -> None:
    rows = [
        f'113/02/{day:02},{campaign},"1,{day:03}.50",{day}%'
        for day in range(1, 16)
        for campaign in ("春節 (新)", "元宵")
    ]
    content = "廣告報表\n匯出,113/03/01\n日期,行銷活動 名稱,花費金額 (TWD),點擊率\n"
    path = write("meta_2024.csv", content + "\n".join([*rows, '總計,,"9,999.00",']), "cp950")
    draft = drafted(path)
    assert draft.rows == 30
    assert draft.totals == ("總計",)
    assert draft_source(draft, "data/meta_2024.csv") == (
        "source meta_2024 {\n"
        '  files: "data/meta_2024.csv"\n'
        '  read { encoding: "cp950", header_row: 3, drop_where: 日期 = "總計", dates: roc }\n'
        "  key: [日期, `行銷活動 名稱`]\n"
        "  time: 日期\n"
        "  dimension 行銷活動_名稱: `行銷活動 名稱`\n"
        "  measure rows: count()\n"
        "  measure total_花費金額_twd: sum(`花費金額 (TWD)`)\n"
        "}\n"
    )


def test_a_plain_file(write: Write) -> None:
    rows = "".join(f"{i},2024-02-{i:02} 10:00,{'ab'[i % 2]},{i}.50\n" for i in range(1, 21))
    path = write("orders.csv", "order_id,paid_at,channel,amount\n" + rows)
    assert draft_source(drafted(path), "orders.csv") == (
        "source orders {\n"
        '  files: "orders.csv"\n'
        "  key: order_id\n"
        "  # The times have no zone: set the one that they were written in.\n"
        '  time: paid_at { stored_as: "UTC" }\n'
        "  dimensions: [channel]\n"
        "  measure rows: count()\n"
        "  measure total_amount: sum(amount)\n"
        "}\n"
    )


def test_reserved_words_and_names_that_meet(write: Write) -> None:
    path = write("from.csv", "n,where,a b,a-b,total a\nx,y,1.5,2.5,3.5\nx,z,1.5,2.5,3.5\n")
    text = draft_source(drafted(path), "from.csv")
    assert text.startswith("source from_data {\n")
    assert "key: `where`" in text
    assert "total_a_b: sum(`a b`)" in text
    assert "total_a_b_2: sum(`a-b`)" in text
    _, problems = parse(SourceFile("draft.kpi", f"kpidsl 1\n\n{text}"))
    assert problems == []


@pytest.mark.parametrize(
    ("content", "code", "option"),
    [
        ("day,v\n01/02/2024,1\n", "K612", "dates: dmy"),
        ("a;v\nx;1.234\n", "K613", 'decimal: ","'),
    ],
)
def test_an_open_choice_is_made_and_told(
    write: Write, content: str, code: str, option: str
) -> None:
    draft, diagnostics = describe_file(write("a.csv", content))
    assert draft is not None
    assert [(item.code, str(item.severity)) for item in diagnostics] == [(code, "warning")]
    assert option in draft_source(draft, "a.csv")


def test_no_header(write: Write) -> None:
    text = draft_source(drafted(write("a.txt", "  00001  19970101  11.77\n" * 3)), "a.txt")
    assert 'header_row: 0, columns: ["column1", "column2", "column3"]' in text


def test_a_workbook_with_a_title(tmp_path: Path) -> None:
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    assert sheet is not None
    for row in (["Report"], [], ["day", "cost"], ["2024-01-01", 5], ["Total", 5]):
        sheet.append(row)
    workbook.save(tmp_path / "a.xlsx")
    draft = drafted(tmp_path / "a.xlsx")
    assert draft.read.header_row == 3
    assert draft.totals == ("Total",)
    assert draft.columns == (("day", "DATE"), ("cost", "BIGINT"))


@pytest.mark.parametrize("name", ["a.csv", "a.json"])
def test_what_can_not_be_read(write: Write, name: str) -> None:
    draft, [problem] = describe_file(write(name, ""))
    assert draft is None
    assert problem.code == "K607"
    draft, [problem] = describe_file(write(name, "").parent / "gone.csv")
    assert draft is None
    assert problem.code == "K601"


def test_the_draft_reads_the_file_as_it_was_described(write: Write) -> None:
    """What the draft declares leaves nothing to assume but what took off signs."""
    path = write("de.csv", "Datum;Kosten\n13.02.2024;1.234,50\n14.02.2024;2,00\n", "cp1252")
    text = draft_source(drafted(path), "de.csv")
    assert 'read { delimiter: ";", dates: dmy, decimal: "," }' in text
