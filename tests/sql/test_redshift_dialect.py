"""What Redshift's dialect refuses, and what it writes otherwise, run by DuckDB as a parser of
Redshift's SQL understands it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from sqlglot import ErrorLevel, exp, parse_one

import kpidsl
from kpidsl.model.periods import Grain
from kpidsl.sql import build
from kpidsl.sql.dialects import DIALECTS
from kpidsl.sql.dialects.semijoins import as_joins, can_join

REDSHIFT = DIALECTS["redshift"]
SHOP = """\
kpidsl 1

project shop "Shop" { currency: EUR }

source orders {
  table: orders
  key: order_id
  time: paid_at
  dimensions: [channel]
  measure half: median(amount)
  measure ninety: percentile(amount, 0.9)
  measure quick: median(hours)
  measure first_amount: first(amount)
}
"""


@pytest.fixture(scope="module")
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with closing(duckdb.connect()) as opened:
        opened.execute("CREATE TABLE orders AS SELECT * FROM (VALUES (1), (2), (NULL)) AS t(id)")
        opened.execute(
            "CREATE TABLE lines AS "
            "SELECT * FROM (VALUES (1, 'a'), (1, 'b'), (3, 'a')) AS t(of, kind)"
        )
        yield opened


def rows(con: duckdb.DuckDBPyConnection, tree: exp.Expr) -> list[Any]:
    sql = REDSHIFT.text(tree, pretty=True)
    read = parse_one(sql, read="redshift", error_level=ErrorLevel.RAISE)
    return con.execute(read.sql("duckdb")).fetchall()


@pytest.mark.parametrize("held", ["it's", "back\\slash", "two\nlines\t", "", "\\'", "Ünïcode 💰"])
def test_a_text_is_itself_whatever_a_backslash_means(
    con: duckdb.DuckDBPyConnection, held: str
) -> None:
    sql = REDSHIFT.text(build.select(exp.Literal.string(held)), pretty=False)
    assert "\\" not in sql
    assert "\n" not in sql
    assert rows(con, build.select(exp.Literal.string(held))) == [(held,)]


@pytest.mark.parametrize(
    ("held", "pattern", "is_like"),
    [
        ("a\\b", "a\\_", True),
        ("a\\b", "a\\b", True),
        ("a_b", "a\\_b", False),
        ("^a\\b", "^a\\%", True),
        ("a'b", "a'_", True),
    ],
)
def test_a_backslash_in_a_pattern_is_itself(
    con: duckdb.DuckDBPyConnection, held: str, pattern: str, is_like: bool
) -> None:
    like = exp.Like(this=exp.Literal.string(held), expression=exp.Literal.string(pattern))
    assert rows(con, build.select(like)) == [(is_like,)]


@pytest.mark.parametrize(
    ("said", "told"),
    [("1 > 0", "true"), ("1 > NULL", None), ("COALESCE(1 > NULL, FALSE)", "false")],
)
def test_a_truth_is_written_without_a_cast(
    con: duckdb.DuckDBPyConnection, said: str, told: str | None
) -> None:
    select = build.select(build.cast(build.wrapped(parse_one(said)), "VARCHAR"))
    assert "CAST" not in REDSHIFT.text(select, pretty=False)
    assert rows(con, select) == [(told,)]


@pytest.mark.parametrize("count", [1, 2, 10, 11, 100, 367])
@pytest.mark.parametrize("grain", [Grain.DAY, Grain.WEEK])
@pytest.mark.parametrize("of", [None, "ends"])
def test_days_are_counted_by_digits(
    con: duckdb.DuckDBPyConnection, count: int, grain: Grain, of: str | None
) -> None:
    first = date(2023, 12, 25)
    every = [first + timedelta(days=number * grain.days) for number in range(count)]
    ends = [build.day(every[0]), build.day(every[-1])]
    if of is None:
        tree = REDSHIFT.date_series(ends[0], ends[1], grain, "day", None)
    else:
        named = [build.column("one"), build.column("other")]
        tree = REDSHIFT.date_series(named[0], named[1], grain, "day", of)
        row = build.select(build.alias(ends[0], "one"), build.alias(ends[1], "other"))
        tree = build.with_ctes(
            build.from_(build.select(exp.Star()), build.subquery(tree, "days")), [(of, row)]
        )
    assert sorted(rows(con, tree)) == [(day,) for day in every]


@pytest.mark.parametrize(
    "test",
    [
        "EXISTS (SELECT 1 FROM lines WHERE lines.of = orders.id)",
        "NOT EXISTS (SELECT 1 FROM lines WHERE orders.id = lines.of AND lines.kind = 'b')",
        (
            "EXISTS (SELECT 1 FROM lines AS l WHERE l.of IS NOT DISTINCT FROM orders.id) "
            "OR NOT EXISTS (SELECT 1 FROM lines WHERE lines.of = orders.id AND lines.kind = 'a')"
        ),
        "EXISTS (SELECT 1 FROM lines WHERE lines.kind = 'c')",
    ],
)
def test_a_test_of_other_rows_is_a_join_of_one_row_or_none(
    con: duckdb.DuckDBPyConnection, test: str
) -> None:
    sql = (
        f"SELECT COUNT(CASE WHEN {test} THEN 1 END) AS n, SUM(orders.id) AS total FROM orders "  # noqa: S608
        f"WHERE {test}"
    )
    tree = parse_one(sql, read="duckdb")
    assert isinstance(tree, exp.Select)
    assert can_join(tree)
    as_joins(tree)
    assert all("FROM orders" not in str(each) for each in tree.find_all(exp.Exists))
    assert con.execute(tree.sql("duckdb")).fetchall() == con.execute(sql).fetchall()


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT id FROM orders WHERE EXISTS (SELECT 1 FROM lines WHERE lines.of > orders.id)",
        "SELECT * FROM orders WHERE EXISTS (SELECT 1 FROM lines WHERE lines.of = orders.id)",
        (
            "SELECT id FROM orders GROUP BY id "
            "HAVING EXISTS (SELECT 1 FROM lines WHERE lines.of = orders.id)"
        ),
        "SELECT id FROM orders WHERE EXISTS (SELECT 1 FROM lines WHERE lines.of + orders.id = 2)",
        (
            "SELECT id FROM orders WHERE EXISTS (SELECT 1 FROM lines WHERE lines.of = 1 AND EXISTS "
            "(SELECT 1 FROM other WHERE other.id = orders.id))"
        ),
    ],
)
def test_other_tests_of_other_rows_are_refused(sql: str) -> None:
    tree = parse_one(sql, read="duckdb")
    assert isinstance(tree, exp.Query)
    assert any("test of other rows" in what for what in REDSHIFT.lacks(tree))


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        (["half", "quick"], "medians or percentiles of several values"),
        (["first_amount"], "first or last value"),
    ],
)
def test_what_redshift_has_not_is_refused(tmp_path: Path, asked: list[str], told: str) -> None:
    (tmp_path / "shop.kpi").write_text(SHOP)
    with kpidsl.load(tmp_path) as loaded, pytest.raises(kpidsl.KpidslError, match=told) as refused:
        loaded.compile(*asked, dialect="redshift")
    assert [item.code for item in refused.value.diagnostics] == ["K501"]


def test_percentiles_of_one_value_stand_in_one_statement(tmp_path: Path) -> None:
    (tmp_path / "shop.kpi").write_text(SHOP)
    with kpidsl.load(tmp_path) as loaded:
        sql = loaded.compile("half", "ninety", dialect="redshift")
    assert sql.count("PERCENTILE_CONT") == 2
