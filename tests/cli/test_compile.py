"""`compile`: the SQL, and the plan that it was made from."""

from __future__ import annotations

import json

import pytest

import kpidsl
from tests.cli.conftest import SHOP, Shell

TREE = """\
sort by channel
└─ compute aov = revenue / orders  [S12]
   └─ aggregate revenue = sum(amount); orders = count(); by channel  [S1]  shop.kpi:13
      └─ scan `sales`: files sales.csv  shop.kpi:8
"""


def test_the_tree_on_the_command_line(shop: Shell) -> None:
    done = shop.run("compile", "aov", "--by", "channel", "--explain")
    assert (done.code, done.out) == (0, TREE)


def test_branches_are_drawn(shop: Shell) -> None:
    done = shop.run(
        "compile",
        "revenue",
        "--by",
        "month",
        "--period",
        "2026",
        "--compare",
        "prior_year",
        "--explain",
    )
    drawn = [line.rstrip().split("  [")[0][:14] for line in done.out.splitlines()]
    assert drawn == [
        "sort by period",
        "└─ compute rev",
        "   └─ merge on",
        "      ├─ aggre",
        "      │  └─ ag",
        "      │     └─",
        "      │       ",
        "      └─ aggre",
        "         └─ ag",
        "            └─",
        "              ",
    ]


def test_the_tree_as_json(shop: Shell) -> None:
    done = shop.run("compile", "aov", "--explain", "--format", "json")
    node = json.loads(done.out)
    assert set(node) == {"node", "says", "rules", "sources", "place", "inputs"}
    for kind in ("sort", "compute", "aggregate", "scan"):
        assert node["node"] == kind
        node = node["inputs"][0] if node["inputs"] else node
    assert (node["sources"], node["place"]) == (["sales"], "shop.kpi:8")


def test_sql_as_json(shop: Shell) -> None:
    plain = shop.run("compile", "aov")
    told = json.loads(shop.run("compile", "aov", "--format", "json").out)
    assert told == {"sql": plain.out.rstrip("\n")}


def test_sql_that_another_engine_has_run_says_so(shop: Shell) -> None:
    shop.write("shop.kpi", SHOP.replace('files: "sales.csv"', "table: sales"))
    asked = ("compile", "aov", "--dialect")
    on_mariadb = (
        "-- mysql: executed on MariaDB, no MySQL has run this SQL: compare its numbers there\n"
    )
    on_spark = (
        "-- databricks: executed on Spark, no engine of its own has run this SQL: compare its "
        "numbers\n"
    )
    assert on_mariadb in shop.run(*asked, "mysql").out
    assert on_spark in shop.run(*asked, "databricks").out


@pytest.mark.parametrize("dialect", ["snowflake", "tsql"])
def test_sql_that_no_engine_has_run_says_so(shop: Shell, dialect: str) -> None:
    shop.write("shop.kpi", SHOP.replace('files: "sales.csv"', "table: sales"))
    comment = (
        f"-- {dialect}: parsed only, no engine of its own has run this SQL: compare its numbers\n"
    )
    asked = ("compile", "aov", "--by", "channel")
    assert comment in shop.run(*asked, "--dialect", dialect).out
    assert "parsed only" not in shop.run(*asked, "--dialect", "postgres").out
    told = json.loads(shop.run(*asked, "--dialect", dialect, "--format", "json").out)
    assert comment in told["sql"]


def test_a_refused_question_has_no_plan(shop: Shell) -> None:
    shop.refused("compile", "nothing", "--explain", code=2, names=["`nothing`"])


def test_the_python_call(shop: Shell) -> None:
    with kpidsl.load(shop.folder) as loaded:
        assert loaded.explain("revenue").node == "sort"


@pytest.mark.parametrize(
    ("dialect", "mend"),
    [("mssql", "tsql"), ("mariadb", "mysql"), ("postgresql", "postgres"), ("sqlit", "sqlite")],
)
def test_an_unknown_dialect_is_a_mistake_of_the_call(shop: Shell, dialect: str, mend: str) -> None:
    """SQL Server's dialect is not MySQL, the name nearest to `mssql`."""
    names = ["K503", f"`{dialect}`", f"use `{mend}`"]
    shop.refused("compile", "revenue", "--dialect", dialect, code=2, names=names)
