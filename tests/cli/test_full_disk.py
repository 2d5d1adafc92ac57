"""The command where files can't grow: nothing is half written, and it is said what is missing."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from pathlib import Path
from typing import IO

import duckdb
import pytest

from tests.cli.conftest import SHOP, Shell
from tests.cli.test_reports import MAKE, PAGES

KPIDSL = str(Path(sys.executable).with_name("kpidsl"))
MEGABYTE, LITTLE = 2**20, 2**14
"""So many bytes a file may have; the disk is full behind them."""


def run(
    shop: Shell, *words: str, most: int, stdout: int | IO[str] = subprocess.PIPE
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [KPIDSL, *words],
        cwd=shop.folder,
        env={**os.environ, "XDG_CACHE_HOME": str(shop.folder / "caches")},
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        timeout=60,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (most, most)),
    )


def test_a_report_onto_a_full_disk(shop: Shell) -> None:
    """The page of last month stays, and no part of a new one is beside it."""
    shop.write("shop.kpi", SHOP + PAGES)
    shop.write("made/monthly.html", "last month's")
    done = run(shop, *MAKE, "--out", "made", most=LITTLE)
    assert done.returncode == 2
    assert "error[K927]: `made/monthly.html` can't be written: " in done.stderr
    assert "Traceback" not in done.stderr
    assert [path.name for path in (shop.folder / "made").iterdir()] == ["monthly.html"]
    assert (shop.folder / "made/monthly.html").read_text(encoding="utf-8") == "last month's"


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_an_answer_into_a_file_that_can_not_grow(
    shop: Shell, monkeypatch: pytest.MonkeyPatch, unbuffered: str
) -> None:
    """A part of it is there already when nothing more can be written."""
    monkeypatch.setenv("PYTHONUNBUFFERED", unbuffered)
    rows = "".join(f"{n},2026-01-01,c{n},1\n" for n in range(20_000))
    shop.write("sales.csv", f"order_id,day,channel,amount\n{rows}")
    words = ("query", "revenue", "--by", "channel", "--format", "csv", "--no-cache")
    with (shop.folder / "answer.csv").open("w", encoding="utf-8") as file:
        done = run(shop, *words, most=LITTLE, stdout=file)
    assert done.returncode == 2
    assert done.stderr.startswith("error[K927]: something can't be written: File too large")


def test_answers_that_can_not_be_kept_are_given(shop: Shell) -> None:
    for _ in range(2):
        done = run(shop, "query", "revenue", "--format", "csv", most=LITTLE // 4)
        assert (done.returncode, done.stdout, done.stderr) == (0, "revenue\n260.1\n", "")


def test_what_does_not_fit_onto_the_disk_either(shop: Shell) -> None:
    """Two million texts of 64 characters are more than 60 MB of memory and 1 MB of a disk."""
    with duckdb.connect(shop.folder / "shop.duckdb") as con:
        con.execute(
            "CREATE TABLE sales AS SELECT md5(i::VARCHAR) || md5((i + 1)::VARCHAR) AS who, 1 AS id "
            "FROM range(2000000) AS rows(i)"
        )
    shop.write(
        "kpidsl.toml",
        'default_profile = "p"\n[profile.p]\nurl = "duckdb:///shop.duckdb"\nmemory_limit = "60 MB"',
    )
    shop.write(
        "shop.kpi",
        "kpidsl 1\nsource sales { table: sales, key: none, measure people: count_distinct(who) }",
    )
    done = run(shop, "query", "people", most=MEGABYTE)
    assert done.returncode == 1
    assert "error[K676]: the engine has no space" in done.stderr
    assert "Traceback" not in done.stderr
