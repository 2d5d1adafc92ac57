"""`kpidsl certify`: what it prints, what it saves, and how it ends."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from decimal import Decimal

import pytest
from sqlglot import exp

from kpidsl.sql.dialects import DIALECTS
from kpidsl.sql.dialects.duckdb import DuckDB
from tests.cli.conftest import Shell


class OneHigher(DuckDB):
    """Counts one too many, and knows no median."""

    def text(self, tree: exp.Expr, *, pretty: bool, copy: bool = True) -> str:
        def changed(node: exp.Expr) -> exp.Expr:
            return exp.Add(this=node, expression=exp.Literal.number(1)) if _counts(node) else node

        return super().text(tree.copy().transform(changed), pretty=pretty, copy=copy)

    def quantile(self, value: exp.Expr, fraction: Decimal) -> exp.Expr:
        del fraction
        return exp.Anonymous(this="NO_MEDIAN", expressions=[value])


def _counts(node: exp.Expr) -> bool:
    return isinstance(node, exp.Count) and not isinstance(node.parent, exp.Add)


def test_a_sound_database(shell: Shell) -> None:
    done = shell.run("certify")
    assert done.code == 0
    first, blank, header, *_ = done.out.splitlines()
    assert first.startswith("DuckDB 2.")
    assert "dialect duckdb (executed), kpidsl " in first
    assert blank == ""
    assert header.split() == ["topic", "cases", "holds"]
    assert "differs" not in done.out
    total = sum(int(line.split()[-1]) for line in done.out.splitlines()[4:])
    assert f"{total} of {total} cases hold on DuckDB 2." in done.err


def test_every_case_is_kept(shell: Shell) -> None:
    """SQLite refuses what it can't, as the cases expect of it: that is no wrong number."""
    with closing(sqlite3.connect(shell.folder / "shop.sqlite")) as con:
        con.execute("CREATE TABLE other (id INTEGER)")
    shell.write("kpidsl.toml", '[profile.w]\nurl = "sqlite:///shop.sqlite"\n')
    done = shell.run("certify", "--profile", "w", "--output", "kept/support.md")
    assert done.code == 0
    assert "(S12): refused\n    K644 " in done.out
    page = (shell.folder / "kept" / "support.md").read_text(encoding="utf-8")
    lines = page.splitlines()
    assert lines[0].startswith("# kpidsl on SQLite 3.")
    held = "| Money | tenths add up exactly | S12 | holds | card, 0.6; refund, -0.3 |"
    assert any(line.startswith(held) for line in lines)
    assert any("| refused | 9007199254740993.12 | K644 " in line for line in lines)
    assert all(line.count(" | ") == 5 for line in lines[6:])


def test_for_programs(shell: Shell) -> None:
    done = shell.run("certify", "--format", "json", "--output", "support.json")
    assert done.code == 0
    told = json.loads(done.out)
    assert json.loads((shell.folder / "support.json").read_text(encoding="utf-8")) == told
    assert told["counts"] == {"holds": len(told["cases"]), "differs": 0, "refused": 0, "failed": 0}
    first = told["cases"][0]
    assert (first["case"], first["result"], first["columns"]) == (
        "tenths add up exactly",
        "holds",
        ["kind", "paid"],
    )
    assert first["expected"] == first["got"] == [["card", 0.6], ["refund", -0.3]]
    assert "SELECT" in first["sql"]


def test_a_broken_database(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(DIALECTS, "duckdb", OneHigher())
    done = shell.run("certify", "-o", "support.md")
    assert done.code == 1
    assert done.out.splitlines()[2].split() == ["topic", "cases", "holds", "differs", "failed"]
    told = done.out.partition("`not` is the complement: NULL is in it (S2): differs\n")[2]
    expected, _, rest = told.partition("  got:\n")
    assert expected.split() == ["expected:", "tickets", "───────", "4"]
    assert rest.split("\n  SQL:\n")[0].split() == ["tickets", "───────", "5"]
    assert "COUNT(*) + 1" in rest
    assert "the median of all is none of medians (S10): failed\n    K640 " in done.out
    assert " differs; " in done.err
    page = (shell.folder / "support.md").read_text(encoding="utf-8")
    assert "## \\`not\\` is the complement: NULL is in it\n\n```sql\n" in page


class Outgrown(DuckDB):
    """Counts beyond the largest of DuckDB's numbers."""

    def text(self, tree: exp.Expr, *, pretty: bool, copy: bool = True) -> str:
        def changed(node: exp.Expr) -> exp.Expr:
            if not isinstance(node, exp.Count) or isinstance(node.parent, exp.Mul):
                return node
            large = exp.Mul(this=node, expression=exp.Literal.number(10**30))
            return exp.Mul(this=large, expression=exp.Literal.number(10**30))

        return super().text(tree.copy().transform(changed), pretty=pretty, copy=copy)


def test_an_error_of_the_database_is_no_refusal(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only what is refused before it runs is: a number that grows too large should have come."""
    monkeypatch.setitem(DIALECTS, "duckdb", Outgrown())
    done = shell.run("certify")
    assert done.code == 1
    assert "`not` is the complement: NULL is in it (S2): failed\n    K644 " in done.out
    assert "refused" not in done.err


def test_what_stands_in_the_way_is_told_first(shell: Shell) -> None:
    shell.refused("certify", "--profile", "w", code=2, names=["K921", "`w`"])
    shell.write("kpidsl.toml", '[profile.w]\nurl = "sqlite:///shop.sqlite"\n')
    shell.refused("certify", "--profile", "w", code=2, names=["K645", "`shop.sqlite`"])
    shell.write("file", "")
    shell.refused("certify", "--output", "file/support.md", code=2, names=["K927", "`file`"])
    for folder in (".", "", "/"):
        text = shell.refused("certify", "--output", folder, code=2, names=["K927", "is a folder"])
        assert "topic" not in text  # no case has run
