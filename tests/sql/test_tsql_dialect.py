"""What no translation shows of the SQL for SQL Server: how exact numbers stay, what is refused, and
that nothing of it depends on how a database or a session is set."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlglot import exp, parse_one

from kpidsl.api.errors import KpidslError
from kpidsl.model.periods import Grain
from kpidsl.sql import build
from kpidsl.sql.dialects import DIALECTS, Clock
from kpidsl.sql.money import MONEY, RATE, WEIGHT
from tests.conformance.test_tsql_rules import faults
from tests.semantics.conftest import SHOP
from tests.sql.test_text import QUESTIONS
from tests.support import line_of, project

TSQL = DIALECTS["tsql"]
AMOUNT = "CAST([amount] AS NUMERIC(38, 9))"
BIT = "CAST(CASE WHEN [n] > 1 THEN 1 WHEN NOT ([n] > 1) THEN 0 END AS BIT)"
ROWS = """
kpidsl 1
project p {{ currency: EUR }}
source rows {{
  table: rows
  key: id
{}
}}
"""


def written(tree: exp.Expr) -> str:
    return TSQL.text(tree, pretty=False)


def column(name: str) -> exp.Expr:
    return build.column(name)


@pytest.mark.parametrize("name", [each for each in QUESTIONS if each != "a fixed amount"])
def test_questions_break_no_rule_of_the_grammar(name: str, tmp_path: Path) -> None:
    question: dict[str, Any] = dict(QUESTIONS[name])
    with project(tmp_path, SHOP) as loaded:
        sql = loaded.compile(*question.pop("metrics"), **question, dialect="tsql")
    assert list(faults(sql)) == []


# --- tests and bits ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("condition", "sql"),
    [
        ("paid", "[paid] = 1"),
        ("NOT COALESCE(paid, FALSE)", "NOT COALESCE([paid], CAST(0 AS BIT)) = 1"),
        ("TRUE", "1 = 1"),
        ("FALSE", "1 = 0"),
        ("NOT COALESCE(n > 1, FALSE)", "NOT CASE WHEN [n] > 1 THEN 1 ELSE 0 END = 1"),
        ("CASE WHEN paid THEN n > 1 END", "CASE WHEN [paid] = 1 THEN " + BIT + " END = 1"),
    ],
)  # fmt: skip
def test_a_test_stands_where_rows_are_chosen(condition: str, sql: str) -> None:
    select = build.from_(build.select(column("n")), build.table("t"))
    tree = build.where(select, quoted(condition))
    assert written(tree) == f"SELECT [n] FROM [t] WHERE {sql}"  # noqa: S608 -- nobody runs it


@pytest.mark.parametrize(
    ("value", "sql"),
    [
        ("TRUE", "CAST(1 AS BIT)"),
        ("n IS NULL", "CAST(CASE WHEN [n] IS NULL THEN 1 ELSE 0 END AS BIT)"),
        ("n > 1", BIT),
        ("COALESCE(n > 1, FALSE)", "CAST(CASE WHEN [n] > 1 THEN 1 ELSE 0 END AS BIT)"),
        ("COALESCE(n > 1, TRUE)", "CAST(CASE WHEN NOT ([n] > 1) THEN 0 ELSE 1 END AS BIT)"),
        ("CAST(n > 1 AS BOOLEAN)", BIT),
    ],
)  # fmt: skip
def test_a_bit_stands_where_a_value_does(value: str, sql: str) -> None:
    tree = build.select(build.alias(quoted(value), "x"))
    assert written(tree) == f"SELECT {sql} AS [x]"


def quoted(text: str) -> exp.Expr:
    tree = parse_one(text, read="duckdb")
    for identifier in tree.find_all(exp.Identifier):
        identifier.set("quoted", True)
    return tree


# --- numbers -------------------------------------------------------------------------------


def test_an_amount_at_a_rate_is_rounded_to_the_rates_decimals_at_once() -> None:
    """17 digits before the point and 8 make 26 with the one that may be carried: of 38 digits 12
    are left, which are those kept."""
    amount, rate = build.cast(column("amount"), MONEY), column("rate")
    product = build.cast(build.exactly(exp.Mul(this=amount, expression=rate)), RATE)
    assert written(product) == (
        "CAST(CAST(CAST([amount] AS NUMERIC(38, 9)) AS NUMERIC(26, 9)) * "
        "CAST([rate] AS NUMERIC(20, 12)) AS NUMERIC(38, 12))"
    )


@pytest.mark.parametrize(
    ("value", "sql"),
    [
        (build.cast(column("amount"), MONEY), f"CAST({AMOUNT} AS NUMERIC(24, 9))"),
        (column("amount"), "CAST([amount] AS NUMERIC(24, 9))"),
        (TSQL.summand(column("pieces")), "(CAST(0 AS BIGINT) + [pieces])"),
    ],
)  # fmt: skip
def test_a_share_of_an_amount_keeps_all_decimals(value: exp.Expr, sql: str) -> None:
    """24 digits and 13 make 38 with the one that may be carried, which are all there are."""
    share = build.coalesce(build.cast(column("share"), WEIGHT), build.number(1))
    product = build.exactly(exp.Mul(this=build.wrapped(value.copy()), expression=share))
    assert written(exp.Sum(this=product)) == (
        f"SUM({sql} * CAST(COALESCE(CAST([share] AS NUMERIC(38, 12)), 1) AS NUMERIC(13, 12)))"
    )


def test_whole_numbers_are_added_up_and_counted_beyond_two_billion() -> None:
    assert written(exp.Sum(this=TSQL.summand(column("n")))) == "SUM(CAST(0 AS BIGINT) + [n])"
    assert written(exp.Count(this=exp.Star())) == "COUNT_BIG(*)"
    assert written(exp.Avg(this=column("n"))) == "AVG(CAST([n] AS FLOAT))"


# --- texts ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "sql"),
    [
        ("it's", "'it''s'"),
        ("Größe", "N'Größe'"),
        ("a\\b", "'a\\b'"),
        ("a\\\nb", "CONCAT('a\\', '\nb')"),
        ("a\\\r\nb\\\n", "CONCAT('a\\', '\r\nb\\', '\n')"),
    ],
)
def test_texts_are_what_they_say(text: str, sql: str) -> None:
    assert written(exp.Literal.string(text)) == sql


def test_a_bracket_in_a_pattern_is_one() -> None:
    like = exp.Like(this=column("t"), expression=exp.Literal.string("[a]%_"))
    select = build.where(
        build.from_(build.select(build.alias(build.number(1), "x")), build.table("r")), like
    )
    assert "COLLATE Latin1_General_100_BIN2_UTF8 LIKE N'[[]a]%_'" in written(select)


@pytest.mark.parametrize("told", ["", "all"])
def test_a_text_that_statements_tell_rows_by_is_one_of_the_data_too(
    told: str, tmp_path: Path
) -> None:
    """By most collations `''` is `'  '`, and `'all'` is `'All'`."""
    source = f"""  measure n: count() where t != "{told}" as row
  dimension d: nullif(t, "{told}")"""
    by_bytes = f"= CAST(CAST('{told}' AS NVARCHAR(MAX)) AS VARBINARY(MAX))"
    with project(tmp_path, ROWS.format(source)) as loaded:
        where = loaded.compile("n", dialect="tsql")
        key = loaded.compile("n", by=["d"], dialect="tsql")
    assert by_bytes.replace("=", "IS NOT DISTINCT FROM") in where
    assert by_bytes in key
    assert "NULLIF" not in key


@pytest.mark.parametrize("reads", ["number", "date"])
def test_an_empty_text_is_neither_a_number_nor_a_day(reads: str, tmp_path: Path) -> None:
    """To SQL Server it is 0, and the first day of 1900; of no value both are an error."""
    source = f"  measure n: count() where {reads}(t) is null as row"
    with project(tmp_path, ROWS.format(source)) as loaded:
        sql = loaded.compile("n", dialect="tsql")
    read = "WHEN CAST([rows].[t] AS NVARCHAR(MAX)) = '' THEN 'no value' ELSE [rows].[t] END"
    assert read in " ".join(sql.split())


def test_texts_that_functions_make_have_one_collation() -> None:
    """SQL Server puts texts of two collations neither beside nor above each other."""
    parts = [exp.Lower(this=column("t")), exp.Literal.string("a"), exp.Upper(this=column("t"))]
    replaced = exp.Replace(this=parts[0], expression=parts[1], replacement=parts[2])
    of_cut = exp.Substring(this=column("t"), start=exp.Literal.number(1))
    for tree in (replaced, of_cut, *(part.copy() for part in parts[::2])):
        assert written(tree).endswith(") COLLATE DATABASE_DEFAULT")
    assert " AS NVARCHAR(MAX)) COLLATE Latin1_General_100_BIN2_UTF8) COLLATE" in written(replaced)


# --- days and clocks -----------------------------------------------------------------------


def test_weeks_are_counted_from_a_monday_whatever_the_session_takes_for_the_first() -> None:
    assert datetime(1, 1, 1).weekday() == 0  # noqa: DTZ001
    sql = written(TSQL.period_start(column("day"), Grain.WEEK, 6))
    since = "(DATEDIFF(DAY, CAST('0001-01-01' AS DATE), CAST([day] AS DATE)) % 7)"
    assert sql == f"CAST(DATEADD(DAY, -(({since} + 1) % 7), CAST([day] AS DATE)) AS DATE)"


def test_no_window_holds_a_query(tmp_path: Path) -> None:
    """Local times are counted by one; each row's is read before rows are put in order."""
    source = """  time: seen { stored_as: "UTC" }
  dimensions: [kind]
  measure typical: median(hour(seen)) as hour
  measure kept: sum(n) { stock: last per who }"""
    with project(tmp_path, ROWS.format(source)) as loaded:
        asked: dict[str, Any] = {"by": ["kind"], "dialect": "tsql", "period": "2026-01"}
        sql = [loaded.compile(metric, **asked) for metric in ("typical", "kept")]
    assert ["OVER (" in each for each in sql] == [True, True]
    assert [list(faults(each)) for each in sql] == [[], []]


def test_no_zone_is_named() -> None:
    clock = Clock("Europe/Berlin", "UTC")
    sql = written(TSQL.local_time(column("at"), clock))
    assert "AT TIME ZONE" not in sql
    assert "('1996-10-27 01:00:00', -3600), ('1997-03-30 01:00:00', 3600)" in sql
    assert written(TSQL.local_time(column("at"), Clock("UTC", "UTC"))) == (
        "CAST([at] AS DATETIME2(6))"
    )


def test_the_name_of_a_type_is_compared_as_a_text() -> None:
    """A `sql_variant` and a text are the same only if their collations are."""
    name = "CAST(SQL_VARIANT_PROPERTY([at], 'BaseType') AS NVARCHAR(128))"
    assert written(TSQL.type_of(column("at"))) == name
    local = written(TSQL.local_time(column("at"), Clock("UTC", None)))
    assert local.startswith(f"CASE WHEN {name} = 'datetimeoffset' THEN ")


def test_never_stays_never() -> None:
    assert written(TSQL.add(column("day"), 0, 1)) == (
        "CASE WHEN [day] > DATEADD(DAY, -1, CAST('9999-12-31' AS DATE)) "
        "THEN CAST('9999-12-31' AS DATE) ELSE CAST(DATEADD(DAY, 1, [day]) AS DATE) END"
    )


# --- what is refused -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "asked", "told", "place"),
    [
        ("measure n: sum(number(x)) as EUR\n  dimension t: text(number(x))", {"by": ["t"]},
         "certain text of a float", "dimension t: text(number(x))"),
        ("measure n: count() as row\n  dimension t: text(x > 1)", {"by": ["t"]},
         "text of a truth value", "dimension t: text(x > 1)"),
        ("measure m: count() as row\n  measure n: sum(coalesce(x, 0.125)) as EUR", {},
         "certain number of decimals", "measure n: sum(coalesce(x, 0.125)) as EUR"),
        ("unnest: items\n  measure n: count() as row", {}, "row for each element",
         "source rows {"),
        (f"measure n: count() as row\n  dimension {'d' * 129}: y", {"by": ["d" * 129]},
         "column named `ddd", f"dimension {'d' * 129}: y"),
    ],
)  # fmt: skip
def test_what_is_not_certain_is_refused_at_its_place(
    source: str, asked: dict[str, Any], told: str, place: str, tmp_path: Path
) -> None:
    with (
        project(tmp_path, ROWS.format("  " + source)) as loaded,
        pytest.raises(KpidslError) as refused,
    ):
        loaded.compile("n", **asked, dialect="tsql")
    (only, *_) = refused.value.diagnostics
    assert only.code == "K501"
    assert told in only.message
    assert line_of(only) == place
    assert only.label == "needs it"


@pytest.mark.parametrize("names", [("a", "A"), ("straße", "STRASSE")])
def test_names_that_differ_by_capital_letters_alone_are_refused(names: tuple[str, str]) -> None:
    one, other = names
    tree = build.select(*(build.alias(build.number(1), name) for name in names))
    assert TSQL.lacks(tree) == [f"column named `{other}`"]
    within = build.with_ctes(build.select(exp.Star()), [(one, tree), (other, build.select())])
    assert TSQL.lacks(within) == [f"column named `{other}`"]
    assert TSQL.lacks(build.select(build.alias(build.number(1), one))) == []


def test_sql_of_a_source_that_names_queries_is_refused(tmp_path: Path) -> None:
    source = 'sql: "WITH a AS (SELECT 1 AS id) SELECT * FROM a"\n  measure n: count() as row'
    text = ROWS.format("  " + source).replace("  table: rows\n", "")
    with project(tmp_path, text) as loaded, pytest.raises(KpidslError) as refused:
        loaded.compile("n", dialect="tsql")
    assert "named queries within others" in refused.value.diagnostics[0].message
