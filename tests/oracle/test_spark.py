"""Spark gives what the oracle gives; each test is of something that its SQL says otherwise."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
import sqlglot
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlglot import exp

from kpidsl.engines.servers.address import address_of
from kpidsl.model.expr import Arithmetic, Function, Like, RowExpr
from kpidsl.model.moments import DayPart, runs
from kpidsl.model.periods import Grain, Window
from kpidsl.model.project import Settings
from kpidsl.plan.query import Query
from kpidsl.sql import build
from kpidsl.sql.dialects import DIALECTS, Clock, Kind
from kpidsl.sql.functions import SCALAR_BUILDERS
from kpidsl.sql.periods import period_start
from tests.oracle.build import ask, by, column, days, literal, model, of, source
from tests.oracle.days import bucket, buckets, hours
from tests.oracle.engine import run_on
from tests.oracle.generate import Case, cases
from tests.oracle.test_against_engine import compared

if TYPE_CHECKING:
    from kpidsl.engines.spark import SparkEngine

pytestmark = pytest.mark.spark
SPARK = DIALECTS["spark"]
DAYS = st.dates(date(1970, 1, 1), date(2100, 12, 31))
LAST_DAYS = DAYS.map(lambda day: day.replace(day=monthrange(day.year, day.month)[1]))
ORDINARY = [grain for grain in Grain if grain is grain.ordinary]
BERLIN = Clock("Europe/Berlin", None)


@pytest.fixture(scope="module")
def engine() -> Iterator[SparkEngine]:
    from kpidsl.engines.spark import SparkEngine  # noqa: PLC0415  (the extra `engines` brings it)
    from tests.servers.spark import server  # noqa: PLC0415

    address = address_of(server().url())
    assert address is not None
    with closing(SparkEngine(address, timezone=BERLIN.zone, timeout=60, rows=10_000)) as opened:
        yield opened


def rows(engine: SparkEngine, tree: exp.Query) -> list[Any]:
    return [row[0] for row in engine.run(SPARK.text(tree, pretty=True)).rows]


def value(engine: SparkEngine, tree: exp.Expr) -> Any:
    return rows(engine, build.select(tree))[0]


def written(sql: str) -> exp.Expr:
    """A value in Spark's own SQL, as a column is one."""
    return build.verbatim(sqlglot.parse_one(sql, read="spark"))


@settings(suppress_health_check=[HealthCheck.too_slow], max_examples=12)
@given(cases())
def test_what_is_written_for_databricks_gives_the_same(case: Case) -> None:
    """On Spark: Databricks itself can't be run by tests."""
    assert compared(case, "databricks")[1] == []


# --- days and moments ------------------------------------------------------------------------


@given(day=DAYS | LAST_DAYS, months=st.integers(-40, 40), days=st.integers(-400, 400))
def test_a_day_moves_by_months_to_at_most_the_months_last(
    engine: SparkEngine, day: date, months: int, days: int
) -> None:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    last = monthrange(year, month + 1)[1]
    expected = date(year, month + 1, min(day.day, last)) + timedelta(days=days)
    assert value(engine, SPARK.add(build.day(day), months, days)) == expected


@given(
    day=st.dates(date(1, 1, 8), date(9999, 12, 24)),
    settings=st.builds(
        Settings,
        name=st.just("p"),
        week_starts=st.integers(0, 6),
        fiscal_year_starts=st.integers(1, 12),
    ),
)
def test_a_period_begins_where_the_calendar_says(
    engine: SparkEngine, day: date, settings: Settings
) -> None:
    noon = build.cast(exp.Literal.string(f"{day:%Y-%m-%d} 12:00:00".zfill(19)), "TIMESTAMP")
    starts = [period_start(SPARK, noon.copy(), grain, settings.calendar) for grain in Grain]
    [found] = engine.run(SPARK.text(build.select(*starts), pretty=True)).rows
    assert list(found) == [bucket(day, grain, settings)[0] for grain in Grain]


@given(day=DAYS, length=st.integers(0, 800), grain=st.sampled_from(ORDINARY))
def test_a_series_has_every_period(
    engine: SparkEngine, day: date, length: int, grain: Grain
) -> None:
    end = day + timedelta(days=length + 1)
    expected = [start for start, _ in buckets((day, end), grain, Settings(name="p"))]
    first, _ = bucket(day, grain, Settings(name="p"))
    last = build.day(end - timedelta(days=1))
    series = SPARK.date_series(build.day(first), last, grain, "period", None)
    assert rows(engine, series) == expected


def test_a_series_that_ends_before_it_begins_is_empty(engine: SparkEngine) -> None:
    first, last = build.day(date(2026, 3, 1)), build.day(date(2026, 2, 1))
    for grain in (Grain.DAY, Grain.YEAR):
        series = SPARK.date_series(first.copy(), last.copy(), grain, "period", None)
        assert rows(engine, series) == []


@example(day=date(2008, 10, 2), length=4, zone="Australia/Lord_Howe")
@given(
    day=DAYS,
    length=st.integers(1, 4),
    zone=st.sampled_from(["UTC", "Europe/Berlin", "Australia/Lord_Howe", "Asia/Kathmandu"]),
)
def test_a_series_has_every_hour(engine: SparkEngine, day: date, length: int, zone: str) -> None:
    """Lord Howe moves its clocks by half an hour, so that its hours begin anew in their midst."""
    end = day + timedelta(days=length)
    series = SPARK.instants(runs(Window(day, end), DayPart.HOUR, zone), "period")
    starts = [datetime.fromisoformat(str(start)) for start, _ in hours((day, end), zone)]
    found = rows(engine, series)
    assert len(found) == len(starts)
    assert set(found) == {start.astimezone(UTC).replace(tzinfo=None) for start in starts}


@pytest.mark.parametrize(
    ("held", "local"),
    [
        # An instant is shown by the session's clock, which is the project's.
        ("TIMESTAMP '2026-07-01 22:30:00Z'", "2026-07-02 00:30:00"),
        # What has no zone, and a day, are local already.
        ("TIMESTAMP_NTZ '2026-07-01 22:30:00.25'", "2026-07-01 22:30:00.250000"),
        ("DATE '1850-07-01'", "1850-07-01 00:00:00"),
        ("'2026-07-01 22:30:00'", "2026-07-01 22:30:00"),
    ],
)
def test_a_clock_shows_local_time(engine: SparkEngine, held: str, local: str) -> None:
    assert str(value(engine, SPARK.local_time(written(held), BERLIN))) == local


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
    engine: SparkEngine, stored: str, instant: str
) -> None:
    clock = Clock("UTC", "Europe/Berlin")
    held = written(f"TIMESTAMP_NTZ '{stored}'")
    assert str(value(engine, SPARK.instant(held, clock))) == instant
    assert str(value(engine, SPARK.local_time(held, clock))) == instant
    assert str(value(engine, SPARK.instant(held, BERLIN))) == instant


def test_an_instant_keeps_to_itself_in_an_hour_that_comes_twice(engine: SparkEngine) -> None:
    for moment in ("2026-10-25 00:30:00", "2026-10-25 01:30:00"):
        held = written(f"TIMESTAMP '{moment}Z'")
        assert str(value(engine, SPARK.instant(held, BERLIN))) == moment


def test_moments_with_a_zone_are_read_in_the_projects() -> None:
    # Half past one comes twice on 3 November; 4:30 of UTC is half past midnight.
    at = [datetime(2024, 11, 3, hour, 30, tzinfo=UTC) for hour in (4, 5, 6)]
    at.append(datetime(2024, 11, 3, 3, 30, tzinfo=UTC))  # still 2 November
    made = model(
        source("t", key=("id",), time="at", measures={"n": ("count",)}),
        timezone="America/New_York",
    )
    table = [{"id": place, "at": each} for place, each in enumerate(at)]
    columns = {"t": {"id": "INTEGER", "at": "TIMESTAMPTZ"}}
    window = days("2024-11-03", "2024-11-04")
    by_day = Case(made, ask(of("t.n"), grain=Grain.DAY, window=window), {"t": table}, columns)
    assert run_on("spark", by_day) == {(date(2024, 11, 3),): {"a": 3}}
    by_hour = replace(by_day, query=replace(by_day.query, grain=DayPart.HOUR, sparse=True))
    found = [str(start) for (start,) in run_on("spark", by_hour)]
    assert found == [
        "2024-11-03 00:00:00-04:00",
        "2024-11-03 01:00:00-04:00",
        "2024-11-03 01:00:00-05:00",
    ]


def test_parts_of_days(engine: SparkEngine) -> None:
    monday = build.day(date(2026, 11, 30))
    found = {name: SCALAR_BUILDERS[name]([monday.copy()]) for name in ("weekday", "quarter", "day")}
    assert [value(engine, each) for each in found.values()] == [1, 4, 30]
    first, last = (exp.Literal.string(f"2026-03-{day} 23:00") for day in ("01", "30"))
    assert value(engine, SCALAR_BUILDERS["days_between"]([first, last])) == 29


def test_types_tell_what_they_hold(engine: SparkEngine) -> None:
    kinds = {
        "DATE '2026-01-01'": Kind.DAY,
        "TIMESTAMP_NTZ '2026-01-01 00:00:00'": Kind.MOMENT,
        "TIMESTAMP '2026-01-01 00:00:00'": Kind.ZONED,
        "'a'": Kind.TEXT,
        "'a' COLLATE UNICODE_CI": Kind.TEXT,
        "1": Kind.NUMBER,
        "1.5": Kind.NUMBER,
        "ARRAY(1)": Kind.OTHER,
    }
    found = {held: value(engine, SPARK.type_of(written(held))) for held in kinds}
    assert {held: SPARK.kind_of(name) for held, name in found.items()} == kinds


# --- numbers ---------------------------------------------------------------------------------


def answers(
    held: Sequence[dict[str, object]], columns: dict[str, str], query: Query, **told: Any
) -> list[tuple[Any, Any]]:
    """What a query over one table `t` gives, as key and value in order; DuckDB gives the same."""
    made = model(source("t", key=("id",), **told))
    case = Case(made, query, {"t": list(held)}, {"t": {"id": "INTEGER"} | columns})
    found = run_on("spark", case)
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


def test_products_keep_all_their_decimals() -> None:
    """By default Spark leaves six of them where there may be many digits."""
    small = Decimal("0.000000001")
    assert of_rows([small], "DECIMAL(38, 9)", times(Decimal("0.001")), "sum") == small / 1000


def test_a_product_that_outgrows_decimals_is_refused() -> None:
    square = Arithmetic("*", column("x"), column("x"))
    measures = {"m": ("sum", Arithmetic("*", square, square))}
    table = [{"id": 1, "x": Decimal(10) ** 20}]
    made = model(source("t", key=("id",), measures=measures))
    case = Case(made, ask(of("t.m")), {"t": table}, {"t": {"id": "INTEGER", "x": "DECIMAL(38, 9)"}})
    with pytest.raises(Exception, match="K644"):
        run_on("spark", case)


def test_a_sum_of_whole_numbers_that_outgrows_them_is_refused() -> None:
    made = model(source("t", key=("id",), measures={"m": ("sum", column("x"))}))
    table: list[dict[str, object]] = [{"id": number, "x": 2**62} for number in range(3)]
    case = Case(made, ask(of("t.m")), {"t": table}, {"t": {"id": "INTEGER", "x": "BIGINT"}})
    with pytest.raises(Exception, match="K644"):
        run_on("spark", case)


@pytest.mark.parametrize("kind", ["DOUBLE", "DECIMAL(4, 1)"])
@pytest.mark.parametrize(("held", "rounded"), [(2.5, 3), (3.5, 4), (-2.5, -3), (0.4, 0)])
def test_a_half_is_rounded_away_from_zero(kind: str, held: float, rounded: int) -> None:
    assert of_rows([Decimal(str(held))], kind, called("round")) == rounded


@pytest.mark.parametrize(("held", "up", "down"), [(1e30, 1e30, 1e30), (-2.5, -2, -3), (7, 7, 7)])
def test_large_floats_are_whole(held: float, up: float, down: float) -> None:
    """Of a float Spark makes a BIGINT, the largest there is of a larger one."""
    assert of_rows([held], "DOUBLE", called("ceil")) == up
    assert of_rows([held], "DOUBLE", called("floor")) == down


def test_a_float_is_the_decimal_that_it_shows(engine: SparkEngine) -> None:
    for shown in ("0.29", "1.13", "4503599.627", "4499999.123456789", "-2.675"):
        held = written(f"CAST('{shown}' AS DOUBLE)")
        assert value(engine, build.cast(held.copy(), "DECIMAL(38, 9)")) == Decimal(shown)
    computed = SPARK.certain_digits(written("CAST(0.1 AS DOUBLE) + CAST(0.2 AS DOUBLE)"))
    assert value(engine, build.cast(computed, "DECIMAL(38, 17)")) == Decimal("0.3")
    nothing = build.cast(SPARK.certain_digits(exp.Null()), "DECIMAL(38, 9)")
    assert value(engine, nothing) is None


def test_an_average_and_a_deviation_are_floats_or_nothing() -> None:
    average = of_rows([Decimal("1.00"), Decimal("2.01")], "DECIMAL(9, 2)", column("x"), "avg")
    assert (average, type(average)) == (1.505, float)
    assert of_rows([1], "INTEGER", column("x"), "stddev") is None


def test_a_median_lies_between_two_values() -> None:
    """What sqlglot makes of it takes one of them."""
    assert of_rows([1, 2, 4, 10], "INTEGER", column("x"), "median") == 3.0


# --- texts -----------------------------------------------------------------------------------


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


def test_a_backslash_stands_for_itself_in_a_pattern() -> None:
    table = [{"id": place, "x": text} for place, text in enumerate([r"50\%", r"50\ off", "50%"])]
    measures = {"n": ("count", None, Like(column("x"), "50\\%"))}
    assert answers(table, {"x": "VARCHAR"}, ask(of("t.n")), measures=measures) == [((), 2)]


def test_names_hold_quotes_and_backslashes(engine: SparkEngine) -> None:
    name = 'a "b" ` \\ c 💰'
    inner = build.select(build.alias(build.literal("it's \\ so\n"), name))
    select = build.from_(build.select(build.column(name)), build.subquery(inner, "t"))
    assert rows(engine, select) == ["it's \\ so\n"]


# --- rows ------------------------------------------------------------------------------------


def test_aggregates_are_put_in_order_beside_a_window(engine: SparkEngine) -> None:
    count = exp.Count(this=exp.Star())
    total = exp.Window(this=exp.Sum(this=count.copy()))
    select = build.select(build.column("x"), build.alias(count, "n"), build.alias(total, "all"))
    select = build.from_(select, written("(SELECT EXPLODE(ARRAY(1, 2, 2)) AS x) AS t"))
    select = build.group_by(select, build.column("x"))
    descending = exp.Ordered(this=count.copy(), desc=True, nulls_first=False)
    assert rows(engine, build.order_by(select, descending)) == [2, 1]


def test_thousands_of_queries_can_be_stacked(engine: SparkEngine) -> None:
    """As the amounts of ten years by the day are."""
    day = date(2026, 1, 1)
    each = [
        build.select(
            build.alias(build.day(day + timedelta(days=place)), "day"),
            build.alias(build.cast(build.number(Decimal("1200.5")), "DECIMAL(38, 12)"), "amount"),
        )
        for place in range(4000)
    ]
    found = engine.run(SPARK.text(build.union_all(each), pretty=True)).rows
    assert [row[0] for row in found] == [day + timedelta(days=place) for place in range(4000)]
    assert {row[1] for row in found} == {Decimal("1200.5")}


def test_fields_of_structs(engine: SparkEngine) -> None:
    held = written("NAMED_STRUCT('a b', NAMED_STRUCT('c', 5))")
    select = build.from_(
        build.select(SPARK.field(SPARK.field(build.column("x", "t"), "a b"), "c")),
        build.subquery(build.select(build.alias(held, "x")), "t"),
    )
    assert rows(engine, select) == [5]


def test_an_array_has_a_row_for_each_element(engine: SparkEngine) -> None:
    held = written("SELECT 1 AS id, ARRAY('a', 'b') AS tags UNION ALL SELECT 2, ARRAY()")
    assert isinstance(held, exp.Query)
    table = build.subquery(held, "t")
    taken = SPARK.unnested(table.copy(), build.column("tags", "t"), "tag", hides=False)
    assert rows(engine, taken) == ["a", "b"]
    instead = SPARK.unnested(table, build.column("tags", "t"), "tags", hides=True)
    assert engine.run(SPARK.text(instead, pretty=True)).rows == [("a", 1), ("b", 1)]


def test_a_union_by_names_is_refused() -> None:
    arms = [build.from_(build.select(exp.Star()), build.table(name)) for name in "ab"]
    union = exp.Union(this=arms[0], expression=arms[1], distinct=False, by_name=True)
    assert SPARK.lacks(union) == ["union by the names of columns"]
