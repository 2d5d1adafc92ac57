"""Paths and words that no text can hold, or no system takes."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.cli.conftest import SALES, SHOP, Shell

CAFE = os.fsdecode(b"caf\xe9")
"""A name in Latin-1, as old archives and shares have them."""
LONG = "a" * 300
"""No file system in use takes names of more than 255 bytes."""


@pytest.mark.parametrize(
    ("words", "code", "expected"),
    [
        (["check", LONG], 2, "K926"),
        (["check", f"{LONG}.kpi"], 2, "K903"),
        (["query", "revenue", "-p", LONG], 2, "K926"),
        (["report", "--out", LONG], 2, "K927"),
        (["init", f"{LONG}.csv", "--out", "drafted"], 1, "K601"),
        (["init", "sales.csv", "--out", LONG], 2, "K927"),
        (["init", "--from-database", f"duckdb:///{LONG}", "--out", "drafted"], 1, "K645"),
        (["init", "--from-database", f"sqlite:///{LONG}", "--out", "drafted"], 1, "K645"),
        (["demo", "--out", LONG], 2, "K927"),
        (["certify", "--output", f"{LONG}/x.md"], 2, "K927"),
    ],
)
def test_a_path_that_is_too_long(shop: Shell, words: list[str], code: int, expected: str) -> None:
    shop.refused(*words, code=code, names=[expected, LONG])


def test_settings_and_sources_that_name_one(shop: Shell) -> None:
    shop.write("kpidsl.toml", f'[project]\ndefinitions = ["{LONG}"]\n')
    shop.refused("check", code=2, names=["K926", LONG])
    shop.write("kpidsl.toml", "")
    shop.write("shop.kpi", SHOP.replace("sales.csv", f"{LONG}.csv"))
    shop.refused("query", "revenue", code=1, names=["K601", LONG])


def test_a_definition_file_of_any_name(shop: Shell) -> None:
    (shop.folder / "shop.kpi").rename(shop.folder / f"{CAFE}.kpi")
    assert shop.run("check").code == 0
    assert "260.10" in shop.run("query", "revenue").out
    shop.write(f"{CAFE}.kpi", "metric")
    assert shop.run("check", "--format", "concise").out.startswith("caf\\udce9.kpi:1:")


def test_a_data_file_of_any_name_is_refused(shop: Shell) -> None:
    """DuckDB takes paths as texts."""
    (shop.folder / "sales.csv").rename(shop.folder / f"{CAFE}.csv")
    shop.write("shop.kpi", SHOP.replace("sales.csv", "*.csv"))
    refusal = ["K603", "caf\\udce9.csv", "no UTF-8", "rename"]
    shop.refused("query", "revenue", code=1, names=refusal)
    shop.refused("init", f"{CAFE}.csv", "--out", "drafted", code=1, names=refusal)


def test_a_project_in_a_folder_of_any_name(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    shell.write(f"{CAFE}/shop.kpi", SHOP)
    shell.write(f"{CAFE}/sales.csv", SALES)
    refusal = ["K603", "caf\\udce9/sales.csv", "no UTF-8"]
    shell.refused("query", "revenue", "-p", str(Path(CAFE).absolute()), code=1, names=refusal)
    monkeypatch.chdir(CAFE)
    assert "260.10" in shell.run("query", "revenue").out


def test_a_database_in_a_folder_of_any_name(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    source = "source t { table: t, key: id, measure n: count() }"
    shell.write(f"{CAFE}/shop.kpi", f"kpidsl 1\nproject p {{ currency: USD }}\n{source}\n")
    with closing(sqlite3.connect(shell.folder / CAFE / "shop.db")) as con:
        con.execute("CREATE TABLE t (id)")
    for scheme in ("duckdb", "sqlite"):
        settings = f'default_profile = "w"\n[profile.w]\nurl = "{scheme}:///shop.db"\n'
        shell.write(f"{CAFE}/kpidsl.toml", settings)
        folder = str(Path(CAFE).absolute())
        shell.refused("query", "n", "-p", folder, code=1, names=["K645", "no UTF-8"])
    monkeypatch.chdir(CAFE)
    assert shell.run("query", "n", "--format", "csv").out == "n\n0\n"


@pytest.mark.parametrize("verb", ["query", "compile"])
def test_words_that_are_no_utf_8(shop: Shell, verb: str) -> None:
    where = f'channel = "{CAFE}"'
    names = ["K110", "`U+DCE9` is no character", "<where>:1:15"]
    shop.refused(verb, "revenue", "--where", where, code=2, names=names)
