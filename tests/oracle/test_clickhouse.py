"""ClickHouse gives what the oracle gives; each test is of something that its SQL says otherwise."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
import sqlglot
from hypothesis import example, given
from hypothesis import strategies as st
from sqlglot import exp

from kpidsl.model.expr import Arithmetic, Function, Like, MetricCoalesce, RowExpr
from kpidsl.model.moments import DayPart, runs
from kpidsl.model.periods import Grain, Window
from kpidsl.model.project import Settings
from kpidsl.plan.query import Query
from kpidsl.sql import build
from kpidsl.sql.dialects import DIALECTS, Clock, Kind
from kpidsl.sql.periods import period_start
from tests.oracle.build import ask, by, column, compare, literal, model, of, source
from tests.oracle.days import bucket, buckets, hours
from tests.oracle.engine import engine_of, run_on
from tests.oracle.generate import Case

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client

pytestmark = pytest.mark.clickhouse
CLICKHOUSE = DIALECTS["clickhouse"]
DAYS = st.dates(date(1970, 1, 1), date(2100, 12, 31))
LAST_DAYS = DAYS.map(lambda day: day.replace(day=monthrange(day.year, day.month)[1]))
ORDINARY = [grain for grain in Grain if grain is grain.ordinary]


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


@given(day=DAYS | LAST_DAYS, months=st.integers(-40, 40), days=st.integers(-400, 400))
def test_a_day_moves_by_months_to_at_most_the_months_last(
    client: Client, day: date, months: int, days: int
) -> None:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    last = monthrange(year, month + 1)[1]
    expected = date(year, month + 1, min(day.day, last)) + timedelta(days=days)
    assert value(client, CLICKHOUSE.add(build.day(day), months, days)) == expected


@given(
    day=st.dates(date(1, 1, 8), date(9999, 12, 24)),
    grain=st.sampled_from(Grain),
    settings=st.builds(
        Settings,
        name=st.just("p"),
        week_starts=st.integers(0, 6),
        fiscal_year_starts=st.integers(1, 12),
    ),
)
def test_a_period_begins_where_the_calendar_says(
    client: Client, day: date, grain: Grain, settings: Settings
) -> None:
    first, _ = bucket(day, grain, settings)
    noon = build.cast(exp.Literal.string(f"{day} 12:00:00"), "TIMESTAMP")
    assert value(client, period_start(CLICKHOUSE, noon, grain, settings.calendar)) == first


@given(day=DAYS, length=st.integers(0, 800), grain=st.sampled_from(ORDINARY))
def test_a_series_has_every_period(client: Client, day: date, length: int, grain: Grain) -> None:
    end = day + timedelta(days=length + 1)
    expected = [start for start, _ in buckets((day, end), grain, Settings(name="p"))]
    first, _ = bucket(day, grain, Settings(name="p"))
    last = build.day(end - timedelta(days=1))
    series = CLICKHOUSE.date_series(build.day(first), last, grain, "period", None)
    assert rows(client, series) == expected


def test_a_series_that_ends_before_it_begins_is_empty(client: Client) -> None:
    first, last = build.day(date(2026, 3, 1)), build.day(date(2026, 2, 1))
    for grain in (Grain.DAY, Grain.YEAR):
        series = CLICKHOUSE.date_series(first.copy(), last.copy(), grain, "period", None)
        assert rows(client, series) == []


@example(day=date(2008, 10, 2), length=4, zone="Australia/Lord_Howe")
@given(
    day=DAYS,
    length=st.integers(1, 4),
    zone=st.sampled_from(["UTC", "Europe/Berlin", "Australia/Lord_Howe", "Asia/Kathmandu"]),
)
def test_a_series_has_every_hour(client: Client, day: date, length: int, zone: str) -> None:
    """Lord Howe moves its clocks by half an hour, so that its hours begin anew in their midst."""
    end = day + timedelta(days=length)
    series = CLICKHOUSE.instants(runs(Window(day, end), DayPart.HOUR, zone), "period")
    starts = [datetime.fromisoformat(str(start)) for start, _ in hours((day, end), zone)]
    found = rows(client, series)
    assert len(found) == len(starts)
    assert set(found) == {start.astimezone(UTC).replace(tzinfo=None) for start in starts}


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


@pytest.mark.parametrize(
    ("stored", "instant"),
    [
        ("2026-03-29 01:59:59", "2026-03-29 00:59:59"),
        ("2026-03-29 02:30:00", "2026-03-29 01:30:00"),  # skipped: as before the change
        ("2026-03-29 03:00:00", "2026-03-29 01:00:00"),
        ("2026-10-25 01:59:59", "2026-10-24 23:59:59"),
        ("2026-10-25 02:30:00", "2026-10-25 01:30:00"),  # twice: the later one
        ("2026-10-25 03:00:00", "2026-10-25 02:00:00"),
    ],
)
def test_an_hour_that_a_clock_shows_twice_is_the_later_one(
    client: Client, stored: str, instant: str
) -> None:
    clock = Clock("UTC", "Europe/Berlin")
    held = written(f"toDateTime('{stored}')")
    assert str(value(client, CLICKHOUSE.instant(held, clock))) == instant
    assert str(value(client, CLICKHOUSE.local_time(held, clock))) == instant
    assert str(value(client, CLICKHOUSE.instant(held, BERLIN))) == instant


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


def answers(
    held: Sequence[dict[str, object]], columns: dict[str, str], query: Query, **told: Any
) -> list[tuple[Any, Any]]:
    """What a query over one table `t` gives, as key and value in order; DuckDB gives the same."""
    made = model(source("t", key=("id",), **told))
    case = Case(made, query, {"t": list(held)}, {"t": {"id": "INTEGER"} | columns})
    found = run_on("clickhouse", case)
    assert list(found.items()) == list(run_on("duckdb", case).items())
    return [(key[0] if key else (), row["a"]) for key, row in found.items()]


def of_rows(held: Sequence[object], kind: str, operand: RowExpr, aggregate: str = "max") -> Any:
    """An aggregate of what is computed of some values in a column `x`."""
    table = [{"id": place, "x": value} for place, value in enumerate(held)]
    measures = {"m": (aggregate, operand)}
    ((_, found),) = answers(table, {"x": kind}, ask(of("t.m")), measures=measures)
    return found


def called(name: str, *arguments: object) -> RowExpr:
    return Function(name, (column("x"), *map(literal, arguments)))


def times(factor: object) -> RowExpr:
    return Arithmetic("*", column("x"), literal(factor))


def test_sums_and_products_of_whole_numbers_do_not_wrap() -> None:
    assert of_rows([2**62, 2**62, 2**62], "BIGINT", column("x"), "sum") == 3 * 2**62
    assert isinstance(of_rows([2**62, 2**62], "BIGINT", column("x"), "sum"), int)


def test_a_product_of_whole_numbers_has_all_its_digits(client: Client) -> None:
    product = exp.Mul(this=build.column("x"), expression=build.column("x"))
    select = build.from_(
        build.select(product), written("(SELECT toInt64(4611686018427387904) AS x)")
    )
    assert rows(client, select) == [2**124]


def test_a_product_that_outgrows_decimals_is_refused() -> None:
    """ClickHouse itself gives some other number."""
    square = Arithmetic("*", column("x"), column("x"))
    measures = {"m": ("sum", Arithmetic("*", square, square))}
    table = [{"id": 1, "x": Decimal(10) ** 20}]
    made = model(source("t", key=("id",), measures=measures))
    case = Case(made, ask(of("t.m")), {"t": table}, {"t": {"id": "INTEGER", "x": "DECIMAL(38, 9)"}})
    with pytest.raises(Exception, match="K644"):
        run_on("clickhouse", case)


@pytest.mark.parametrize("kind", ["DOUBLE", "DECIMAL(4, 1)"])
@pytest.mark.parametrize(
    ("held", "rounded"), [(2.5, 3), (3.5, 4), (-2.5, -3), (0.5, 1), (-0.5, -1), (0.4, 0), (2.6, 3)]
)
def test_a_half_is_rounded_away_from_zero(kind: str, held: float, rounded: int) -> None:
    assert of_rows([Decimal(str(held))], kind, called("round")) == rounded


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


def test_written_decimals_are_exact() -> None:
    assert of_rows([1], "INTEGER", times(Decimal("1.1")), "sum") == Decimal("1.1")
    assert of_rows([3], "INTEGER", times(Decimal("0.1")), "sum") == Decimal("0.3")


def test_an_average_and_a_deviation_are_floats_or_nothing() -> None:
    assert of_rows([1, 2], "INTEGER", column("x"), "avg") == 1.5
    assert of_rows([1, 2, 3], "INTEGER", column("x"), "stddev") == 1.0
    assert of_rows([1], "INTEGER", column("x"), "stddev") is None


def test_numbers_of_all_types_meet() -> None:
    """ClickHouse has no common type of a decimal and a float, nor of UInt64 and Int64."""
    table: list[dict[str, object]] = [
        {"id": 1, "x": Decimal("2.5"), "y": None},
        {"id": 2, "x": None, "y": 0.5},
    ]
    measures = {
        "m": ("sum", Function("coalesce", (column("x"), column("y")))),
        "n": ("count", None, compare(column("x"), ">", 9)),
        "last": ("max", column("y")),
    }
    columns = {"x": "DECIMAL(9, 2)", "y": "DOUBLE"}
    assert answers(table, columns, ask(of("t.m")), measures=measures) == [((), 3.0)]
    first = MetricCoalesce((of("t.last"), of("t.n")))
    assert answers(table, columns, ask(first), measures=measures) == [((), 0.5)]


# --- texts and conditions --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("places", "left"),
    [
        ((-2,), "üf"),
        ((-2, 1), "ü"),
        ((2, 3), "bcd"),
        ((0,), "abcdüf"),
        ((0, 2), "a"),  # the place before the first character is counted
        ((0, 0), ""),
        ((1, Arithmetic("-", Function("length", (column("x"),)), literal(2))), "abcd"),
    ],
)
def test_parts_of_texts_are_counted_in_characters(places: tuple[object, ...], left: str) -> None:
    table = [{"id": 1, "x": "abcdüf"}]
    told = [each if isinstance(each, Arithmetic) else literal(each) for each in places]
    dimensions = {"part": Function("substring", (column("x"), *told))}
    query = ask(of("t.n"), by=(by("t.part"),))
    measures = {"n": ("count",)}
    found = answers(table, {"x": "VARCHAR"}, query, dimensions=dimensions, measures=measures)
    assert found == [(left, 1)]


def test_letters_are_not_bytes() -> None:
    table = [{"id": 1, "x": "Äpfel"}]
    for name, expected in (("upper", "ÄPFEL"), ("lower", "äpfel"), ("length", 5)):
        query = ask(of("t.n"), by=(by("t.part"),))
        told = {"dimensions": {"part": called(name)}, "measures": {"n": ("count",)}}
        assert answers(table, {"x": "VARCHAR"}, query, **told) == [(expected, 1)]


def test_a_backslash_stands_for_itself_in_a_pattern() -> None:
    table = [{"id": 1, "x": r"50\%"}, {"id": 2, "x": "50%"}]
    measures = {"n": ("count", None, Like(column("x"), "50\\%"))}
    assert answers(table, {"x": "VARCHAR"}, ask(of("t.n")), measures=measures) == [((), 1)]


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


def test_a_union_by_names_is_refused() -> None:
    arms = [build.from_(build.select(exp.Star()), build.table(name)) for name in "ab"]
    union = exp.Union(this=arms[0], expression=arms[1], distinct=False, by_name=True)
    assert CLICKHOUSE.lacks(union) == ["union by the names of columns"]


def test_rows_are_in_order_of_what_is_shown(client: Client) -> None:
    """A column that is read has the name of one that is shown."""
    shown = build.alias(exp.Neg(this=build.column("x")), "x")
    select = build.from_(build.select(shown), written("(SELECT 1 AS x UNION ALL SELECT 2) AS t"))
    ordered = exp.Ordered(this=build.column("x"), desc=False, nulls_first=False)
    assert rows(client, build.order_by(select, ordered)) == [-2, -1]


def test_thousands_of_queries_can_be_stacked(client: Client) -> None:
    """As the amounts of ten years by the day are."""
    day = date(2026, 1, 1)
    each = [
        build.select(
            build.alias(build.day(day + timedelta(days=place)), "day"),
            build.alias(build.cast(build.number(Decimal("1200.5")), "DECIMAL(38, 12)"), "amount"),
        )
        for place in range(4000)
    ]
    found = client.query(CLICKHOUSE.text(build.union_all(each), pretty=True)).result_rows
    assert [row[0] for row in found] == [day + timedelta(days=place) for place in range(4000)]
    assert {row[1] for row in found} == {Decimal("1200.5")}


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
