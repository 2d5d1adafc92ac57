"""What a user asks for in error, or of data that hold no answer: a code, the cause and one mend, on
every engine, and never a traceback (`Shell.run` insists on that)."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import duckdb
import pytest

from tests.cli.conftest import Shell

DEFINITIONS = """kpidsl 1
project shop {{ currency: USD }}
source customers {{ table: customers, key: id, dimensions: [country] }}
source orders {{
  table: orders
  key: id
  time: day
  join billing: customers on billing_id to id
  join shipping: customers on shipping_id to id
  dimensions: [channel]
  measure revenue: sum(amount) as USD
  measure pieces: sum(pieces) as piece
  measure twd: sum(amount) as TWD
  measure fees: sum(amount once per billing_id) as USD
  measure orders: count() as order
}}
source lines {{
  table: lines
  key: id
  join of_order: orders on order_id to id
  dimensions: [sku]
  measure units: count() as unit
}}
source logs {{ table: logs, key: none, dimensions: [page], measure hits: count() as hit }}
source balances {{
  table: logs
  key: none
  time: day
  measure balance: sum(id) as USD {{ stock: last per page }}
}}
source empty {{ table: empty, key: id, time: day, dimensions: [c], measure none: count() as row }}
source budget {{ table: budget, key: month, time: month, measure planned: sum(amount) as USD }}
metric per_none: revenue / none
kpi sales "Sales": revenue {{ plan: budget.planned }}
{more}
"""
TABLES = {
    "customers": ("id INTEGER, country VARCHAR", ["1, 'MY'", "2, 'TW'"]),
    "orders": (
        (
            "id INT, day DATE, billing_id INT, shipping_id INT, channel TEXT, "
            "amount DECIMAL(38, 2), pieces HUGEINT"
        ),
        ["1, '2026-01-05', 1, 2, 'web', 10, 1", "2, '2026-01-06', 2, 2, 'shop', 20, 2"],
    ),
    "lines": ("id INTEGER, order_id INTEGER, sku VARCHAR", ["1, 1, 'a'"]),
    "logs": ("id INTEGER, day DATE, page VARCHAR", ["1, '2026-01-05', 'home'"]),
    "empty": ("id INTEGER, day DATE, c VARCHAR", []),
    "budget": ("month DATE, amount INTEGER", ["'2026-01-01', 50"]),
}


def make(shell: Shell, engine: str, more: str = "", **rows: list[str]) -> None:
    """A project over tables of an engine, some of them with other rows."""
    file = f"shop.{engine}"
    shell.write("shop.kpi", DEFINITIONS.format(more=more))
    shell.write("kpidsl.toml", f'default_profile = "w"\n[profile.w]\nurl = "{engine}:///{file}"\n')
    statements = []
    for name, (columns, own) in TABLES.items():
        statements.append(f"CREATE TABLE {name} ({columns})")
        statements += [f"INSERT INTO {name} VALUES ({row})" for row in rows.get(name, own)]  # noqa: S608
    if engine == "sqlite":
        with closing(sqlite3.connect(shell.folder / file)) as con:
            con.executescript(";\n".join(statements))
    else:
        with closing(duckdb.connect(shell.folder / file)) as con:
            con.execute(";\n".join(statements))


@pytest.fixture(params=["duckdb", "sqlite"])
def engine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.mark.parametrize(
    ("words", "names"),
    [
        # No path; two paths, with both and how to choose; rows that can't be told apart.
        (["none", "--by", "channel"], ["K451", "`none`", "`orders.channel`", "no join leads"]),
        (["revenue", "--by", "country"], ["K452", "orders → billing", "`orders.billing.country`"]),
        (["fees", "--by", "sku"], ["K466", "`once per`"]),
        # A missing key, where the last row of an entity is asked for.
        (["balance", "--period", "2026-01"], ["K483", "`balances`", "declare the source's `key`"]),
        # A plan by the day; currencies that mix.
        (["sales", "--by", "day", "--compare", "plan"], ["K486", "by the month"]),
        (["revenue + twd"], ["K302", "USD", "TWD"]),
        # A window without time; periods and looks without a window.
        (["units", "--period", "2026-01"], ["K468", "`lines`", "declare `time: COLUMN`"]),
        (["revenue", "--compare", "prior_year"], ["K469", "--period 2026"]),
        (["12_000 USD per month"], ["K471", "--period 2026"]),
        # A grain finer than the source's clock.
        (["revenue", "--by", "hour", "--period", "2026-01-05"], ["K657", "`hour`", "`day`"]),
    ],
)
def test_refusals_say_what_and_why_and_how_to_mend_it(
    shell: Shell, engine: str, words: list[str], names: list[str]
) -> None:
    make(shell, engine)
    done = shell.run("query", *words)
    assert done.code in {1, 2}
    text = " ".join(done.err.split())
    for name in names:
        assert name in text
    assert "= help:" in text


def test_definitions_in_a_circle(shell: Shell, engine: str) -> None:
    make(shell, engine, "metric a: b + revenue\nmetric b: a * 2")
    done = shell.run("check")
    assert done.code == 1
    assert "K213" in done.out + done.err
    assert "`a` → `b` → `a`" in done.out + done.err


def test_rows_that_there_are_none_of_and_division_by_none(shell: Shell, engine: str) -> None:
    """S12, S13: a count of no rows is 0, and what is divided by it has no value."""
    make(shell, engine)
    assert shell.run("query", "none", "per_none", "--format", "csv").out == "none,per_none\n0,\n"
    assert "no rows" in shell.run("query", "none", "--by", "month").out


@pytest.mark.parametrize(
    ("metric", "line"),
    [("revenue", 11), ("pieces", 12), ("pieces * pieces", 12), ("pieces / orders", 12)],
)
def test_sums_that_are_too_large_are_no_numbers(
    shell: Shell, engine: str, metric: str, line: int
) -> None:
    """Two of the largest amounts; a DECIMAL(38, 2) of DuckDB has 36 digits before the point, and
    one of 10^36 times itself has none."""
    nines = "9" * 36
    big = 2**63 - 1 if engine == "sqlite" else 2**127 - 1
    rows = [f"{n}, '2026-01-0{n}', 1, 2, 'web', {nines}.99, {big}" for n in (1, 2)]
    make(shell, engine, orders=rows)
    shell.refused(
        "query", metric, code=1,
        names=["K644", "larger than the engine can hold", f"shop.kpi:{line}:3", "far too large"],
    )  # fmt: skip
