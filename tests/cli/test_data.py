"""`check --data`: what the data contradict."""

from __future__ import annotations

import json

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
