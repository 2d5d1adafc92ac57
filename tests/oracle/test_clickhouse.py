"""ClickHouse gives what the oracle gives; each test is of something that its SQL says otherwise."""

from __future__ import annotations

from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
import sqlglot
from sqlglot import exp

from kpidsl.plan.query import Query
from kpidsl.sql import build
from kpidsl.sql.dialects import DIALECTS, Clock, Kind
from tests.oracle import one_table
from tests.oracle.build import ask, by, column, compare, model, of, source
from tests.oracle.engine import engine_of
from tests.oracle.generate import Case
from tests.oracle.one_table import called

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client

pytestmark = pytest.mark.clickhouse
answers = partial(one_table.answers, "clickhouse")
of_rows = partial(one_table.of_rows, "clickhouse")
CLICKHOUSE = DIALECTS["clickhouse"]


# --- days and moments ------------------------------------------------------------------------


@pytest.fixture(scope="module")
def client() -> Client:
    from tests.oracle.clickhouse import client  # noqa: PLC0415  (the extra `engines` brings it)

    return client()


def rows(client: Client, tree: exp.Query) -> list[Any]:
    return [row[0] for row in client.query(CLICKHOUSE.text(tree, pretty=True)).result_rows]


def value(client: Client, tree: exp.Expr) -> Any:
    return rows(client, build.select(tree))[0]


def written(sql: str) -> exp.Expr:
    """A value in ClickHouse's own SQL, as a column is one."""
    return build.verbatim(sqlglot.parse_one(sql, read="clickhouse"))


BERLIN = Clock("Europe/Berlin", None)


@pytest.mark.parametrize(
    ("held", "local"),
    [
        # A type that names a zone holds instants, whichever zone it is.
        ("toDateTime('2026-07-01 22:30:00', 'UTC')", "2026-07-02 00:30:00"),
        ("toDateTime64('2026-07-02 07:30:00', 3, 'Asia/Tokyo')", "2026-07-02 00:30:00"),
        ("toNullable(toDateTime('2026-07-01 22:30:00', 'UTC'))", "2026-07-02 00:30:00"),
        # One that names none, and a day, are local already.
        ("toDateTime('2026-07-01 22:30:00')", "2026-07-01 22:30:00"),
        ("toDateTime64('2026-07-01 22:30:00.25', 3)", "2026-07-01 22:30:00.250000"),
        ("toDate('2026-07-01')", "2026-07-01 00:00:00"),
        ("toDate32('1850-07-01')", "1850-07-01 00:00:00"),
        ("'2026-07-01 22:30:00'", "2026-07-01 22:30:00"),
    ],
)
def test_a_clock_shows_local_time(client: Client, held: str, local: str) -> None:
    assert str(value(client, CLICKHOUSE.local_time(written(held), BERLIN))) == local


def test_the_zone_of_a_session_changes_nothing(client: Client) -> None:
    held = CLICKHOUSE.local_time(written("toDateTime(1782945000)"), BERLIN)
    sql = CLICKHOUSE.text(build.select(held), pretty=False)
    found = [
        str(client.query(sql, settings={"session_timezone": zone}).result_rows[0][0])
        for zone in ("UTC", "America/New_York")
    ]
    assert found == ["2026-07-01 22:30:00"] * 2


def test_types_tell_what_they_hold(client: Client) -> None:
    kinds = {
        "toDate('2026-01-01')": Kind.DAY,
        "toDateTime('2026-01-01 00:00:00')": Kind.MOMENT,
        "toNullable(toDateTime64('2026-01-01', 3, 'UTC'))": Kind.ZONED,
        "toLowCardinality(toNullable('a'))": Kind.TEXT,
        "toNullable(toInt8(1))": Kind.NUMBER,
        "toDecimal32('1.5', 2)": Kind.NUMBER,
        "[1]": Kind.OTHER,
    }
    found = {held: value(client, CLICKHOUSE.type_of(written(held))) for held in kinds}
    assert {held: CLICKHOUSE.kind_of(name) for held, name in found.items()} == kinds


# --- numbers ---------------------------------------------------------------------------------


def test_sums_and_products_of_whole_numbers_do_not_wrap() -> None:
    assert of_rows([2**62, 2**62, 2**62], "BIGINT", column("x"), "sum") == 3 * 2**62
    assert isinstance(of_rows([2**62, 2**62], "BIGINT", column("x"), "sum"), int)


def test_a_product_of_whole_numbers_has_all_its_digits(client: Client) -> None:
    product = exp.Mul(this=build.column("x"), expression=build.column("x"))
    select = build.from_(
        build.select(product), written("(SELECT toInt64(4611686018427387904) AS x)")
    )
    assert rows(client, select) == [2**124]


def test_places_are_rounded_away_from_zero() -> None:
    assert of_rows([Decimal("0.125")], "DOUBLE", called("round", Decimal(2))) == 0.13
    assert of_rows([Decimal("0.125")], "DECIMAL(5, 3)", called("round", Decimal(2))) == Decimal(
        "0.13"
    )


def test_a_float_is_the_decimal_that_it_shows(client: Client) -> None:
    for shown in ("0.29", "1.13", "4503599.627", "4499999.123456789", "-2.675"):
        held = written(f"toFloat64({shown})")
        assert value(client, build.cast(held, "DECIMAL(38, 9)")) == Decimal(shown)


def test_more_decimals_than_are_kept_are_rounded(client: Client) -> None:
    for held, kept in [("1.0000000015", "1.000000002"), ("-1.0000000015", "-1.000000002")]:
        decimal = written(f"toDecimal128('{held}', 12)")
        assert value(client, build.cast(decimal, "DECIMAL(38, 9)")) == Decimal(kept)


# --- texts and conditions --------------------------------------------------------------------


def test_a_condition_is_a_boolean() -> None:
    table: list[dict[str, object]] = [{"id": 1, "x": 5}, {"id": 2, "x": 1}, {"id": 3, "x": None}]
    query = ask(of("t.n"), by=(by("t.large"),))
    told = {"dimensions": {"large": compare(column("x"), ">", 2)}, "measures": {"n": ("count",)}}
    found = answers(table, {"x": "INTEGER"}, query, **told)
    assert found == [(False, 2), (True, 1)]
    assert all(isinstance(key, bool) for key, _ in found)


@pytest.mark.parametrize("kind", ["toFloat64", "toInt32"])
def test_a_value_is_one_of_listed_ones(client: Client, kind: str) -> None:
    """NULL is none, neither where it is looked for nor where it is listed."""
    listed = [build.number(Decimal("-1.5")), build.number(2), exp.Null()]
    for held, found in [(f"{kind}(2)", True), (f"{kind}(-1)", False), ("NULL", None)]:
        test = exp.In(this=written(held), expressions=[item.copy() for item in listed])
        assert value(client, test) is found
    of_null = exp.In(this=exp.Null(), expressions=[build.number(1)])
    assert value(client, build.coalesce(of_null, exp.Boolean(this=False))) == 0
    negative = exp.In(this=written("toFloat64(-1.5)"), expressions=listed)
    assert value(client, negative) is True


def test_names_hold_quotes_and_backslashes(client: Client) -> None:
    name = 'a "b" \\ c'
    inner = build.select(build.alias(build.literal("it's \\ so\n"), name))
    select = build.from_(build.select(build.column(name)), build.subquery(inner, name))
    assert rows(client, select) == ["it's \\ so\n"]


# --- rows ------------------------------------------------------------------------------------


def test_null_meets_null_where_a_member_is_one(client: Client) -> None:
    """Subqueries that read the outer row are wrong about NULL in ClickHouse 26.9."""
    outer = written("(SELECT NULL::Nullable(Int32) AS k) AS o")
    inner = written("(SELECT NULL::Nullable(Int32) AS k) AS i")
    for comparison, found in ((exp.NullSafeEQ, [1]), (exp.EQ, [])):
        same = comparison(this=build.column("k", "o"), expression=build.column("k", "i"))
        exists = exp.Exists(
            this=build.where(build.from_(build.select(build.number(1)), inner.copy()), same)
        )
        select = build.where(build.from_(build.select(build.number(1)), outer.copy()), exists)
        assert CLICKHOUSE.lacks(select) == []
        assert rows(client, select) == found


def test_a_subquery_over_a_range_of_the_outer_row_is_refused() -> None:
    earlier = exp.LT(this=build.column("k", "i"), expression=build.column("k", "o"))
    inner = build.from_(build.select(build.number(1)), build.table("t", "i"))
    exists = exp.Exists(this=build.where(inner, earlier))
    select = build.from_(build.select(build.number(1)), build.table("t", "o"))
    (told,) = CLICKHOUSE.lacks(build.where(select, exists))
    assert told.startswith("subquery whose rows")


def test_rows_are_in_order_of_what_is_shown(client: Client) -> None:
    """A column that is read has the name of one that is shown."""
    shown = build.alias(exp.Neg(this=build.column("x")), "x")
    select = build.from_(build.select(shown), written("(SELECT 1 AS x UNION ALL SELECT 2) AS t"))
    ordered = exp.Ordered(this=build.column("x"), desc=False, nulls_first=False)
    assert rows(client, build.order_by(select, ordered)) == [-2, -1]


def test_an_array_has_a_row_for_each_element(client: Client) -> None:
    held = written("SELECT 1 AS id, ['a', 'b'] AS tags UNION ALL SELECT 2, []")
    assert isinstance(held, exp.Query)
    table = build.subquery(held, "t")
    taken = CLICKHOUSE.unnested(table.copy(), build.column("tags", "t"), "tag", hides=False)
    assert rows(client, taken) == ["a", "b"]
    instead = CLICKHOUSE.unnested(table, build.column("tags", "t"), "tags", hides=True)
    assert client.query(CLICKHOUSE.text(instead, pretty=True)).result_rows == [("a", 1), ("b", 1)]


def test_what_is_kept_is_read_again() -> None:
    columns = {"t": {"id": "INTEGER", "x": "VARCHAR"}}
    case = Case(model(source("t", key=("id",))), Query(()), {"t": [{"id": 1, "x": "a"}]}, columns)
    kept = build.kept("kept rows", build.from_(build.select(exp.Star()), build.table("t")))
    again = build.from_(build.select(exp.Star()), build.table("kept rows"))
    with engine_of(case, "clickhouse") as engine:
        for _ in range(2):
            engine.keep(CLICKHOUSE.text(kept, pretty=True))
            assert engine.run(CLICKHOUSE.text(again, pretty=True)).rows == [(1, "a")]
            engine.keep(CLICKHOUSE.text(build.dropped("kept rows"), pretty=True))
