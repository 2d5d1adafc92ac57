"""PostgreSQL gives what the oracle gives; each test is of something that its SQL says otherwise."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
import sqlglot
from sqlglot import exp

from kpidsl.model.expr import Arithmetic, Compare, Function, QueryDimension, RowExpr
from kpidsl.model.units import Datatype
from kpidsl.plan.query import Order
from kpidsl.sql import build
from kpidsl.sql.dialects import DIALECTS, Clock
from kpidsl.sql.functions import SCALAR_BUILDERS
from tests.oracle import one_table
from tests.oracle.build import ask, by, column, literal, model, of, source
from tests.oracle.engine import run_on
from tests.oracle.generate import Case

if TYPE_CHECKING:
    import psycopg

pytestmark = pytest.mark.postgres
answers = partial(one_table.answers, "postgres")
of_rows = partial(one_table.of_rows, "postgres")
POSTGRES = DIALECTS["postgres"]


# --- days ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def con() -> Iterator[psycopg.Connection[Any]]:
    """A session in which clocks are changed at midnight."""
    import psycopg  # noqa: PLC0415  (the extra `engines` brings it)

    from tests.servers.schemas import database  # noqa: PLC0415

    with psycopg.connect(database(), autocommit=True) as opened:
        opened.execute("SET TimeZone = 'Africa/Cairo'")
        opened.execute("SET DateStyle = 'ISO'")
        yield opened


def rows(con: psycopg.Connection[Any], tree: exp.Query) -> list[Any]:
    return [row[0] for row in con.execute(POSTGRES.text(tree, pretty=True).encode())]


def value(con: psycopg.Connection[Any], tree: exp.Expr) -> Any:
    return rows(con, build.select(tree))[0]


@pytest.mark.parametrize(("zone", "ahead"), [("CET", 2), ("EET", 3), ("MET", 2), ("WET", 1)])
def test_a_zone_whose_name_is_an_abbreviation_too_has_its_summer(
    con: psycopg.Connection[Any], zone: str, ahead: int
) -> None:
    """As an abbreviation it is the offset of its winter, an hour less."""
    noon = datetime(2025, 7, 1, 12)  # noqa: DTZ001
    offset = timedelta(hours=ahead)
    local = POSTGRES.local_time(build.literal(noon), Clock(zone, "UTC"))
    assert value(con, local) == noon + offset
    instant = POSTGRES.instant(build.literal(noon), Clock("UTC", zone))
    assert value(con, instant) == noon - offset


# --- values ----------------------------------------------------------------------------------


def test_reals_are_added_up_as_doubles() -> None:
    # From 16,777,216 on a real counts by two.
    assert of_rows([16_777_216.0, 1.0], "REAL", column("x"), "sum") == 16_777_217.0


def test_sums_of_whole_numbers_are_whole() -> None:
    found = of_rows([2**40, 1], "BIGINT", column("x"), "sum")
    assert found == 2**40 + 1
    assert isinstance(found, int)


def test_a_rounded_quotient_is_a_float() -> None:
    quotient = Arithmetic("/", column("x"), literal(2))
    found = of_rows([5, 4], "INTEGER", Function("round", (quotient,)))
    assert repr(found) == "3.0"


def test_parts_of_days_are_whole(con: psycopg.Connection[Any]) -> None:
    year = exp.Extract(this=exp.Var(this="YEAR"), expression=build.day(date(2026, 1, 1)))
    assert repr(value(con, year)) == "2026"


def test_approximate_counts_are_exact() -> None:
    assert of_rows(list("abcab"), "VARCHAR", column("x"), "approx_count_distinct") == 3


def test_days_between_are_the_difference_of_days(con: psycopg.Connection[Any]) -> None:
    first, last = (exp.Literal.string(f"2026-03-{day} 23:00") for day in (1, 30))
    between = SCALAR_BUILDERS["days_between"]([first, last])
    assert value(con, between) == 29
    assert "epoch" not in POSTGRES.text(between, pretty=False).lower()


# --- texts by their bytes --------------------------------------------------------------------

# In American English: a, A, b, B; by their bytes: A, B, a, b.
LETTERS = [{"id": place, "x": letter} for place, letter in enumerate("bAaB")]


def test_members_stand_in_the_order_of_their_bytes() -> None:
    query = ask(of("t.n"), by=(by("t.x"),))
    told = {"dimensions": {"x": column("x")}, "measures": {"n": ("count",)}}
    found = answers(LETTERS, {"x": "VARCHAR"}, query, **told)
    assert [key for key, _ in found] == ["A", "B", "a", "b"]


@pytest.mark.parametrize(("op", "count"), [("<", 2), ("<=", 3), (">", 1), (">=", 2)])
@pytest.mark.parametrize("other", [literal("a"), column("y")])
def test_texts_are_compared_by_their_bytes(op: str, count: int, other: RowExpr) -> None:
    table = [each | {"y": "a"} for each in LETTERS]
    measures = {"n": ("count", None, Compare(op, column("x"), other))}
    columns = {"x": "VARCHAR", "y": "VARCHAR"}
    assert answers(table, columns, ask(of("t.n")), measures=measures) == [((), count)]


@pytest.mark.parametrize("kind", ["CHAR(5)", "VARCHAR(5)", "mood"])
def test_a_pattern_meets_no_blanks_that_fill_a_text_up(
    con: psycopg.Connection[Any], kind: str
) -> None:
    con.execute("DROP TYPE IF EXISTS mood")
    con.execute("CREATE TYPE mood AS ENUM ('fine')")
    text = exp.Like(this=build.column("x", "t"), expression=exp.Literal.string("f%e"))
    sql = POSTGRES.text(build.select(text), pretty=False)
    found = con.execute(f"{sql} FROM (SELECT CAST('fine' AS {kind}) AS x) AS t".encode())
    assert found.fetchall() == [(True,)]


def test_last_values_stand_in_the_order_of_their_bytes() -> None:
    table = [each | {"day": date(2026, 1, 1)} for each in LETTERS]
    query = ask(of("t.m"), by=(by("t.id"),), order=(Order("a", descending=True),))
    told = {"dimensions": {"id": column("id")}, "measures": {"m": ("last", column("x"))}}
    found = answers(table, {"x": "VARCHAR", "day": "DATE"}, query, time="day", **told)
    assert [value for _, value in found] == ["b", "a", "B", "A"]


def test_at_one_moment_keys_follow_their_bytes() -> None:
    table = [each | {"day": date(2026, 1, 1)} for each in LETTERS]
    made = source("t", key=("x",), time="day", measures={"m": ("last", column("x"))})
    columns = {"t": {"id": "INTEGER", "x": "VARCHAR", "day": "DATE"}}
    case = Case(model(made), ask(of("t.m")), {"t": table}, columns)
    assert run_on("postgres", case) == run_on("duckdb", case) == {(): {"a": "b"}}


# --- types that meet -------------------------------------------------------------------------


def test_a_truth_value_is_merged_with_other_sources() -> None:
    both = [
        source(
            name,
            key=("id",),
            time="day",
            dimensions={"g": column("g")},
            measures={"m": ("last", column("x"))},
        )
        for name in ("t", "u")
    ]
    columns = {"id": "INTEGER", "x": "BOOLEAN", "g": "VARCHAR", "day": "DATE"}
    row = {"id": 1, "x": True, "g": "one", "day": date(2026, 1, 1)}
    tables = {"t": [row], "u": [row | {"x": False, "g": "two"}]}
    made = model(*both, shared={"g": {"t": "g", "u": "g"}})
    query = ask(of("t.m"), of("u.m"), by=(by("g"),))
    case = Case(made, query, tables, dict.fromkeys(tables, columns))
    expected = {("one",): {"a": True, "b": None}, ("two",): {"a": None, "b": False}}
    assert run_on("postgres", case) == run_on("duckdb", case) == expected


def test_names_that_differ_after_63_bytes_stay_apart() -> None:
    one, other = (f"{'ä' * 40}{digit}" for digit in (1, 2))
    dimensions: dict[str, Any] = {one: column("id"), other: column("x")}
    query = ask(of("t.n"), by=(QueryDimension(one, "t"), QueryDimension(other, "t")))
    made = model(source("t", dimensions=dimensions, measures={"n": ("count",)}))
    columns = {"t": {"id": "INTEGER", "x": "INTEGER"}}
    case = Case(made, query, {"t": [{"id": 5, "x": 6}]}, columns)
    assert run_on("postgres", case) == {(5, 6): {"a": 1}}


@pytest.mark.parametrize("kind", ["JSONB", "JSON", "place"])
def test_fields_are_those_of_json_and_of_composite_types(
    con: psycopg.Connection[Any], kind: str
) -> None:
    con.execute("DROP TABLE IF EXISTS pg_temp.held")
    con.execute("DROP TYPE IF EXISTS place")
    con.execute("CREATE TYPE place AS (city TEXT, level INTEGER)")
    con.execute(f"CREATE TEMP TABLE held (x {kind})")
    held = "('Oslo', 10)" if kind == "place" else """'{"city": "Oslo", "level": 10}'"""
    con.execute(f"INSERT INTO held VALUES ({held}), (NULL)")  # noqa: S608 -- constants
    city, level = (POSTGRES.field(build.column("x"), name) for name in ("city", "level"))
    number = POSTGRES.comparable(level, Datatype.NUMBER)
    cities = build.from_(build.select(city), build.table("held"))
    assert rows(con, cities) == ["Oslo", None]
    large = exp.GT(this=number, expression=build.number(9))
    assert rows(con, build.from_(build.select(large), build.table("held"))) == [True, None]


def test_fields_of_fields(con: psycopg.Connection[Any]) -> None:
    whole = build.cast(exp.Literal.string('{"a": {"b": "c"}}'), "JSONB")
    assert value(con, POSTGRES.field(POSTGRES.field(whole, "a"), "b")) == "c"


def test_an_array_has_a_row_for_each_element(con: psycopg.Connection[Any]) -> None:
    parsed = sqlglot.parse_one("SELECT 1 AS id, ARRAY['a', 'b'] AS tags", read="postgres")
    assert isinstance(parsed, exp.Query)
    rows_of = build.subquery(parsed, "t")
    taken = POSTGRES.unnested(rows_of, build.column("tags", "t"), "tag", hides=False)
    assert rows(con, taken) == ["a", "b"]
    assert POSTGRES.lacks(taken) == []


def test_an_element_can_not_stand_in_its_lists_place() -> None:
    subquery = build.subquery(build.select(build.number(1)), "t")
    taken = POSTGRES.unnested(subquery, build.column("tags"), "tags", hides=True)
    (told,) = POSTGRES.lacks(taken)
    assert told.startswith("column in the place of another")
