"""`check --data` and `verify`: what the data contradict, and what the answers do."""

from __future__ import annotations

import json

import pytest
from sqlglot import exp

from kpidsl.sql import build
from tests.cli.conftest import Shell
from tests.run.test_proof import CUSTOMERS, ORDERS, SALES


def seeded(shell: Shell) -> None:
    shell.write("p.kpi", SALES)
    shell.write("sales.csv", ORDERS + "\n4,99,1\n")
    shell.write("customers.csv", CUSTOMERS + "\n2,East\n")


def test_findings_are_diagnostics_in_each_form(shell: Shell) -> None:
    seeded(shell)
    full = shell.run("check", "--data")
    assert full.code == 1
    assert "error[K651]: the key of `customers` isn't one" in full.out
    assert " --> p.kpi:9:1\n" in full.out
    concise = shell.run("check", "--data", "--format", "concise")
    assert concise.code == 1
    assert concise.out.startswith("p.kpi:9:1: error[K651]")
    (item,) = json.loads(shell.run("check", "--data", "--format", "json").out)
    assert (item["code"], item["severity"], item["start"]["line"]) == ("K651", "error", 9)


def test_without_the_option_no_data_are_read(shell: Shell) -> None:
    seeded(shell)
    assert shell.run("check").code == 0


def test_orphans_fail_only_a_strict_run(shell: Shell) -> None:
    seeded(shell)
    shell.write("customers.csv", CUSTOMERS + "\n")
    done = shell.run("check", "--data")
    assert done.code == 0
    assert "warning[K656]" in done.out
    assert "tested: 5 claims on 6 rows of 2 sources" in done.err
    assert shell.run("check", "--data", "--strict").code == 1


def test_mistakes_of_definitions_and_of_data_come_in_one_run(shell: Shell) -> None:
    seeded(shell)
    shell.write("p.kpi", SALES + "metric wrong: revnue / 2\n")
    found = json.loads(shell.run("check", "--data", "--format", "json").out)
    assert [item["start"]["line"] for item in found] == [9, 10]


def sound(shell: Shell) -> None:
    """60 of revenue: 40 of the North, and 20 of the South."""
    seeded(shell)
    shell.write("customers.csv", CUSTOMERS + "\n")
    shell.write("sales.csv", ORDERS + "\n")


def test_verify_prints_each_comparison(shell: Shell) -> None:
    sound(shell)
    done = shell.run("verify", "--metric", "revenue")
    assert done.code == 0
    header, _, *lines = done.out.splitlines()
    assert header.split() == ["rule", "metric", "compared", "expected", "got", "result"]
    whole = [line.split() for line in lines if "the sum over 2 members" in line]
    assert [words[-3:] for words in whole] == [["60", "60", "ok"]]
    assert done.err.startswith(f"{len(lines)} of {len(lines)} comparisons hold: 1 metric, ")


def test_verify_as_json(shell: Shell) -> None:
    sound(shell)
    done = shell.run("verify", "--format", "json")
    answer = json.loads(done.out)
    assert (answer["metrics"], answer["unverified"], answer["diagnostics"]) == (1, [], [])
    (whole,) = [item for item in answer["verdicts"] if item["rule"] == "I1"]
    assert whole == {
        "rule": "I1",
        "metric": "sales.revenue",
        "compared": "the sum over 2 members of `customers.region` with the number",
        "expected": 60,
        "got": 60,
        "holds": True,
    }


def test_verify_fails_where_a_comparison_does(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A planner that loses the rows without a partner, here 1 of 61."""

    def inner(select: exp.Select, rows: exp.Expr, on: exp.Expr) -> exp.Select:
        return build.inner_join(select, rows, on)

    sound(shell)
    shell.write("sales.csv", ORDERS + "\n4,99,1\n")
    monkeypatch.setattr(build, "left_join", inner)
    done = shell.run("verify")
    assert done.code == 1
    (line,) = [line for line in done.out.splitlines() if "the sum over 2 members" in line]
    assert line.split()[-4:] == ["61", "60", "NOT", "OK"]


def test_verify_says_which_metrics_it_left_out(shell: Shell) -> None:
    sound(shell)
    done = shell.run("verify", "-m", "revenue", "-m", "revenue / 2", "--limit", "1")
    assert done.code == 0
    assert "not verified, since " in done.err
    assert "`revenue / 2`" in done.err


def test_verify_tells_of_numbers_that_cannot_be_had(shell: Shell) -> None:
    seeded(shell)
    shell.refused("verify", code=1, names=["error[K651]", "comparisons hold: 1 metric"])


def test_verify_refuses_an_unknown_metric(shell: Shell) -> None:
    sound(shell)
    shell.refused("verify", "-m", "revnue", code=2, names=["`revnue`", "`revenue`"])
