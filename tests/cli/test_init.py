"""What `init` drafts from files as people have them checks clean and can be asked."""

from __future__ import annotations

import json

import openpyxl
import pytest

from tests.cli.conftest import SALES, Shell

# An ad platform's export: Big5, two lines above the header, ROC dates (115 is 2026), a totals row.
ADS = """\
廣告報表
匯出日期,115/02/01
日期,行銷活動名稱,花費金額 (TWD)
115/01/05,新年,"1,200"
115/01/06,新年,"800"
115/01/07,清倉,"500"
總計,,"2,500"
"""


@pytest.fixture
def data(shell: Shell) -> Shell:
    """A folder `data` with the exports of a shop."""
    shell.write("data/sales.csv", SALES)
    shell.write("data/廣告.csv", ADS.encode("cp950"))
    shell.write(
        "data/leads.csv",
        "Lead ID;Datum;Wert (€)\n1;05.01.2026;1.234,50\n2;25.01.2026;99,00\n".encode("utf-16"),
    )
    shell.write("data/visits.json", '[{"id": 1, "day": "2026-01-01", "pages": 3}]')
    book = openpyxl.Workbook()
    rows: list[tuple[str, str | int]] = [("month", "planned"), ("2026-01-01", 500)]
    assert book.active is not None
    for row in rows:
        book.active.append(row)
    book.save(shell.folder / "data/budget.xlsx")
    return shell


NAMES = [
    "data/sales.csv",
    "data/廣告.csv",
    "data/leads.csv",
    "data/visits.json",
    "data/budget.xlsx",
]


def test_the_draft_checks_clean_and_answers(data: Shell) -> None:
    done = data.run("init", *NAMES, "--out", ".")
    assert done.code == 0, done.err
    assert done.out.splitlines() == ["definitions/sources.kpi", "kpidsl.toml"]
    assert "assumed:" in done.err
    checked = data.run("check")
    assert checked.code == 0, checked.out
    # Sales 260.10; ads 1,200 + 800 + 500 without the totals row.
    text = (data.folder / "definitions/sources.kpi").read_text(encoding="utf-8")
    measures = [line.split()[1].rstrip(":") for line in text.splitlines() if " measure " in line]
    amount, cost = (
        next(name for name in measures if part in name) for part in ("amount", "花費金額")
    )
    (row,) = json.loads(data.run("query", amount, cost, "--format", "json").out)["rows"]
    assert (row[amount], row[cost]) == (260.1, 2500)


def test_cells_that_mean_none_among_amounts(shell: Shell) -> None:
    shell.write("ads.csv", "day,cost,clicks\n2026-01-05,n/a,3\n2026-01-06,2.50,-\n2026-01-07,4,5\n")
    done = shell.run("init", "ads.csv")
    assert done.code == 0, done.err
    assert "  assumed: `-`, `n/a` read as no value in `cost`, `clicks`\n" in done.err
    assert shell.run("check").code == 0
    # 2.50 + 4 and 3 + 5: neither column is taken for a key or a dimension.
    answer = shell.run("query", "total_cost", "total_clicks", "--format", "csv").out
    assert answer == "total_cost,total_clicks\n6.5,8\n"
    assert "key: day\n" in (shell.folder / "definitions/sources.kpi").read_text(encoding="utf-8")


def test_a_missing_folder_is_the_one_that_was_named(shell: Shell) -> None:
    names = ["K601", "`data/sales.csv`", "the folder `data` does not exist"]
    shell.refused("init", "data/sales.csv", code=1, names=names)


def test_a_file_that_is_named_twice_gives_one_source(shell: Shell) -> None:
    shell.write("ads.csv", "day,cost\n2026-01-05,3\n")
    assert shell.run("init", "ads.csv", "./ads.csv").code == 0
    text = (shell.folder / "definitions/sources.kpi").read_text(encoding="utf-8")
    assert text.count("source ") == 1


def test_two_files_of_one_name_give_two_sources(shell: Shell) -> None:
    shell.write("a/sales.csv", SALES)
    shell.write("b/sales.csv", SALES)
    assert shell.run("init", "a/sales.csv", "b/sales.csv").code == 0
    assert shell.run("check").code == 0
    # Both have a measure `rows`, which the source's name tells apart: 5 + 5.
    out = shell.run("query", "sales.rows + sales_2.rows", "--format", "csv").out
    assert out.splitlines()[1] == "10"


@pytest.mark.parametrize("name", ["where", "2026", "my shop", "_"])
def test_a_folder_of_any_name_gives_a_project(shell: Shell, name: str) -> None:
    shell.write("sales.csv", SALES)
    assert shell.run("init", "sales.csv", "--out", name).code == 0
    assert shell.run("check", name).code == 0, shell.run("check", name).out
    assert shell.run("query", "rows", "-p", name, "--format", "csv").out == "rows\n5\n"


def test_a_terminal_is_not_told_what_to_do_by_a_header(shell: Shell) -> None:
    shell.write("ads.csv", "id,\x1b]0;mine\x07cost\n1,n/a\n2,2.50\n3,4\n")
    done = shell.run("init", "ads.csv")
    assert "`n/a` read as no value in `\\x1b]0;mine\\x07cost`" in done.err
    assert "\x1b" not in done.out + done.err


@pytest.mark.parametrize("existing", ["kpidsl.toml", "definitions/sources.kpi"])
def test_nothing_is_overwritten(data: Shell, existing: str) -> None:
    data.write(existing, "mine")
    before = sorted(data.folder.rglob("*"))
    data.refused("init", *NAMES, code=2, names=["K927", f"`{existing}` exists"])
    assert (data.folder / existing).read_text(encoding="utf-8") == "mine"
    assert sorted(data.folder.rglob("*")) == before


def test_a_draft_that_cannot_be_written_leaves_no_half(data: Shell) -> None:
    data.write("definitions", "a file in place of the folder")
    data.refused("init", *NAMES, code=2, names=["K927", "`definitions` is a file"])
    assert not (data.folder / "kpidsl.toml").exists()


@pytest.mark.parametrize(
    ("name", "content", "names"),
    [
        ("missing.csv", None, ["K601", "missing.csv"]),
        ("empty.csv", b"", ["K607"]),
        ("shop.dat", b"a,b\n1,2\n", ["K604"]),
        ("broken.parquet", b"PAR1 not really", ["K605"]),
    ],
)
def test_a_file_that_cannot_be_read(
    shell: Shell, name: str, content: bytes | None, names: list[str]
) -> None:
    if content is not None:
        shell.write(name, content)
    shell.refused("init", name, code=1, names=names)
    assert not (shell.folder / "kpidsl.toml").exists()
    shell.write("sales.csv", SALES)
    # The others are drafted, and the exit code tells that one is not.
    shell.refused("init", "sales.csv", name, code=1, names=names)
    assert shell.run("query", "rows", "--format", "csv").out == "rows\n5\n"


def test_a_folder_in_place_of_a_file(shell: Shell) -> None:
    (shell.folder / "data").mkdir()
    shell.refused("init", "data", code=1, names=["K603", "`data` is a folder"])
