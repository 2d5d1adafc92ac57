"""Pages are written whole or not at all, and a KPI that fails takes no other with it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.conftest import SHOP, Shell

PAGES = """\
kpi revenue_kpi "Revenue": revenue {
  serves: "Sell more."
  better: higher
}

kpi aov_kpi "Average order value": aov {
  serves: "Sell more per order."
  better: higher
}

audience owner {
  tier: executive
  cadence: monthly
  sees: [revenue_kpi, aov_kpi]
}

report monthly "Monthly" {
  for: owner
  period: last_complete(month)
  section "How much?" { show: [revenue_kpi, aov_kpi] }
}
"""
MAKE = ["report", "--period", "2026-01"]


@pytest.fixture
def pages(shop: Shell) -> Shell:
    """The shop with a report of two KPIs."""
    shop.write("shop.kpi", SHOP + PAGES)
    return shop


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_page_and_its_model(pages: Shell) -> None:
    done = pages.run(*MAKE, "--json", "--out", "made/here")
    assert done.code == 0, done.err
    assert done.out.splitlines() == ["made/here/monthly.html", "made/here/monthly.json"]
    assert files(pages.folder / "made/here") == ["monthly.html", "monthly.json"]
    json.loads((pages.folder / "made/here/monthly.json").read_text(encoding="utf-8"))


def test_two_runs_write_the_same_bytes(pages: Shell) -> None:
    for folder in ("a", "b"):
        assert pages.run(*MAKE, "--now", "2026-03-01", "--json", "--out", folder).code == 0
    for name in files(pages.folder / "a"):
        one, other = (pages.folder / folder / name for folder in ("a", "b"))
        assert one.read_bytes() == other.read_bytes()


def test_the_page_has_the_rights_that_the_user_gives_new_files(pages: Shell) -> None:
    before = os.umask(0o077)
    try:
        pages.run(*MAKE, "--out", "made")
    finally:
        os.umask(before)
    assert (pages.folder / "made/monthly.html").stat().st_mode & 0o777 == 0o600


def test_a_project_without_a_report_says_so(shop: Shell) -> None:
    """No page is no success."""
    shop.refused("report", code=2, names=["K928", "defines no report"])


def test_an_unknown_report_writes_nothing(pages: Shell) -> None:
    pages.refused("report", "montly", code=2, names=["K928", "use `monthly`"])
    assert files(pages.folder) == ["sales.csv", "shop.kpi"]


@pytest.mark.parametrize("out", ["blocked", "blocked/below"])
def test_a_file_in_place_of_the_folder(pages: Shell, out: str) -> None:
    pages.write("blocked", "mine")
    pages.refused(*MAKE, "--out", out, code=2, names=["K927", f"`{out}`", "`blocked` is a file"])
    assert (pages.folder / "blocked").read_text(encoding="utf-8") == "mine"


def test_a_folder_in_place_of_the_page(pages: Shell) -> None:
    (pages.folder / "made/monthly.html").mkdir(parents=True)
    pages.refused(*MAKE, "--out", "made", code=2, names=["K927", "monthly.html"])
    assert files(pages.folder / "made") == ["monthly.html"]


def test_a_place_that_the_system_forbids(pages: Shell) -> None:
    pages.refused(*MAKE, "--out", "/proc/pages", code=2, names=["K927", "`/proc/pages`"])


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 4 KiB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    # Root may write anywhere but on a disk that is full or read-only.
    mount = shutil.which("mount")
    command = [mount or "mount", "-t", "tmpfs", "-o", "size=4k", "tmpfs", str(disk)]
    if mount is None or subprocess.run(command, capture_output=True, check=False).returncode != 0:
        pytest.skip("this user may not mount a file system, so no disk can be filled")
    yield disk
    subprocess.run(["umount", str(disk)], check=True)


def test_a_full_disk_leaves_nothing_behind(pages: Shell, tiny_disk: Path) -> None:
    pages.refused(*MAKE, "--out", str(tiny_disk), code=2, names=["K927", "No space left"])
    assert files(tiny_disk) == []


def test_a_folder_that_may_only_be_read_is_refused_before_any_work(
    pages: Shell, tiny_disk: Path
) -> None:
    subprocess.run(["mount", "-o", "remount,ro", str(tiny_disk)], check=True)
    (pages.folder / "sales.csv").unlink()  # a question would say so
    text = pages.refused(*MAKE, "--out", str(tiny_disk), code=2, names=["K927", "no writing"])
    assert "K601" not in text


def test_a_page_that_cannot_be_replaced_stays_as_it_was(pages: Shell, tiny_disk: Path) -> None:
    (tiny_disk / "monthly.html").write_text("last month", encoding="utf-8")
    pages.refused(*MAKE, "--out", str(tiny_disk), code=2, names=["K927"])
    assert (tiny_disk / "monthly.html").read_text(encoding="utf-8") == "last month"
    assert files(tiny_disk) == ["monthly.html"]


def test_a_kpi_that_fails_is_a_gap_and_the_others_stand(pages: Shell) -> None:
    # The visits' file is missing: `aov` per visit can't be had, the revenue can.
    visits = 'source web { files: "web.csv", key: none, time: day, measure visits: count() }\n'
    text = (SHOP + PAGES).replace("revenue / orders", "revenue / visits")
    pages.write("shop.kpi", text + visits)
    done = pages.run(*MAKE, "--out", "made")
    assert done.code == 1
    assert done.out == "made/monthly.html\n"
    assert "K601" in done.err
    assert "`web.csv`" in done.err
    page = (pages.folder / "made/monthly.html").read_text(encoding="utf-8")
    # 180 is January's 40 and 60 and 30 and 50.
    assert "180" in page
    assert "Average order value" in page
    assert "web.csv" in page


def test_broken_definitions_fail_the_report_and_are_mentioned(pages: Shell) -> None:
    pages.write("more.kpi", "metric b: revenue + orders\n")
    done = pages.run(*MAKE, "--out", "made")
    assert done.code == 1
    assert "the definitions have 1 error" in done.err
    assert files(pages.folder / "made") == ["monthly.html"]


@pytest.mark.parametrize("period", ["2026-13", "2026-03 .. 2026-01"])
def test_a_period_that_is_none_writes_nothing(pages: Shell, period: str) -> None:
    pages.refused("report", "--period", period, code=2, names=["K925"])
    assert files(pages.folder) == ["sales.csv", "shop.kpi"]


def test_a_project_has_templates_of_its_own(pages: Shell) -> None:
    """They stand in for the shipped ones; what fails in one is named, and no page is left."""
    pages.write("kpidsl.toml", '[project]\ntemplates = "branding"\n')
    assert "branding" in pages.refused(*MAKE, code=1, names=["K701"])
    pages.write("branding/page.html.jinja", "<h1>Corner shop: {{ report.title }}</h1>")
    done = pages.run(*MAKE)
    assert done.code == 0, done.err
    page = pages.folder / "reports/monthly.html"
    assert page.read_text(encoding="utf-8") == "<h1>Corner shop: Monthly</h1>\n"
    page.unlink()
    pages.write("branding/page.html.jinja", "<h1>{{ report.titel }}</h1>")
    pages.refused(*MAKE, code=1, names=["K702", "page.html.jinja:1", "titel"])
    assert not page.exists()


def test_what_a_page_noticed_is_said(pages: Shell) -> None:
    """One of 20 ranks is no number, so that the column is read as text."""
    rows = "".join(f"{n},2026-01-04,search,1,{n}\n" for n in range(1, 20))
    header, last = "order_id,day,channel,amount,rank\n", "20,2026-01-05,search,1,n/a\n"
    pages.write("sales.csv", header + rows + last)
    done = pages.run(*MAKE)
    assert done.code == 0
    assert done.err.count("warning[K611]") == 1
