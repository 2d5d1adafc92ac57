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


def test_cells_that_mean_none_among_amounts(write: Write) -> None:
    """`-` stands among the clicks, `n/a` among the costs, and `-` among the notes too."""
    rows = [
        f"2024-01-{day:02},{'n/a' if day % 3 == 0 else f'{day}.50'},{'-' if day % 4 == 0 else day}"
        f",{'-' if day % 2 else 'seen'}\n"
        for day in range(1, 13)
    ]
    draft = drafted(write("ads.csv", "day,cost,clicks,note\n" + "".join(rows)))
    assert draft_source(draft, "ads.csv") == (
        "source ads {\n"
        '  files: "ads.csv"\n'
        '  read { null_values: ["-", "n/a"] }\n'
        "  key: day\n"
        "  time: day\n"
        "  dimensions: [note]\n"
        "  measure rows: count()\n"
        "  measure total_cost: sum(cost)\n"
        "  measure total_clicks: sum(clicks)\n"
        "}\n"
    )
    said = "`-`, `n/a` read as no value in `cost`, `clicks`, `note`"
    assert draft.assumptions == (said,)


@pytest.mark.parametrize("cell", ["-", "--", "—", "N/A", "#N/A", "NaN", "null", "k.A.", "無", "?"])
def test_what_means_none(write: Write, cell: str) -> None:
    draft = drafted(write("a.csv", f"turnover,who\n{cell},a\n1.5,b\n{cell},a\n2.5,b\n"))
    assert draft.read.null_values == (cell,)
    assert draft.measures == ("turnover",)


def test_dates_with_cells_that_mean_none(write: Write) -> None:
    draft, diagnostics = describe_file(write("a.csv", "id,sent\n1,03/04/2024\n2,-\n"))
    assert draft is not None
    assert dict(draft.columns)["sent"] == "DATE"
    assert (draft.read.dates, draft.read.null_values) == ("dmy", ("-",))
    assert [item.code for item in diagnostics] == ["K612"]


def test_signs_among_words_are_values(write: Write) -> None:
    # Nothing says that `-` means none: without it, the grades and codes are texts as before.
    draft = drafted(write("a.csv", "grade,code\nA,007\n-,-\nB,008\n-,009\n"))
    assert draft.read.null_values == ()
    assert draft.dimensions == ("grade",)
    assert draft.assumptions == ()


@pytest.mark.parametrize("first", ["turnover,who", "who,turnover"])
def test_amounts_among_words_are_neither_key_nor_dimension(write: Write, first: str) -> None:
    """Most cells are amounts; `unknown` is no sign that everybody would read as none."""
    swap = first.startswith("who")
    pairs = [("unknown" if row % 4 == 0 else f"{row}.50", "ab"[row % 2]) for row in range(8)]
    pairs += [("later", "a")]
    lines = [",".join(reversed(pair) if swap else pair) for pair in pairs[1:]]
    draft = drafted(write("a.csv", "\n".join([first, *lines]) + "\n"))
    assert dict(draft.columns)["turnover"] == "VARCHAR"
    assert draft.key is None
    assert draft.dimensions == ("who",)
    assert draft.measures == ()


def test_codes_most_of_which_are_numbers_are_a_key(write: Write) -> None:
    rows = "".join(f"{'X' if row == 3 else ''}{100 + row},a\n" for row in range(9))
    assert drafted(write("a.csv", "sku,who\n" + rows)).key == ("sku",)


def test_backticks_are_no_part_of_a_name(write: Write) -> None:
    text = draft_source(drafted(write("a.csv", "`id`,the `cost`\n1,1.50\n2,2.50\n")), "a.csv")
    assert "  key: id\n" in text
    assert "  measure total_the_cost: sum(`the cost`)\n" in text


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
