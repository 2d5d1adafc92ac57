"""BigQuery's SQL gives on Google's reference evaluator what the oracle gives; each test is of
something that it says otherwise."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import sqlglot
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlglot import exp

from kpidsl.model.expr import Arithmetic, Function, Like, MetricCoalesce, RowExpr
from kpidsl.model.moments import DayPart, runs
from kpidsl.model.periods import Grain, Window
from kpidsl.model.project import Settings
from kpidsl.plan.query import Query
from kpidsl.sql import build
from kpidsl.sql.dialects import DIALECTS, Clock, Kind
from kpidsl.sql.lacking import lacking
from kpidsl.sql.periods import period_start
from tests.oracle.build import ask, by, column, compare, days, literal, model, of, source
from tests.oracle.days import bucket, buckets, hours
from tests.oracle.engine import run_on
from tests.oracle.generate import Case

pytestmark = pytest.mark.googlesql
BIGQUERY = DIALECTS["bigquery"]
DAYS = st.dates(date(1970, 1, 1), date(2100, 12, 31))
LAST_DAYS = DAYS.map(lambda day: day.replace(day=monthrange(day.year, day.month)[1]))
ORDINARY = [grain for grain in Grain if grain is grain.ordinary]
SOME = settings(max_examples=60)
Asked = Callable[[exp.Query], list[Any]]


@pytest.fixture(scope="module")
def rows() -> Asked:
    from tests.oracle.googlesql import evaluated  # noqa: PLC0415  (the extra `googlesql` brings it)

    def asked(tree: exp.Query) -> list[Any]:
        return [row[0] for row in evaluated(BIGQUERY.text(tree, pretty=True))[1]]

    return asked


def written(sql: str) -> exp.Expr:
    """A value in BigQuery's own SQL, as a column is one."""
    return build.verbatim(sqlglot.parse_one(sql, read="bigquery"))


def value(rows: Asked, tree: exp.Expr) -> Any:
    return rows(build.select(tree))[0]


# --- days and moments ------------------------------------------------------------------------


@SOME
@given(day=DAYS | LAST_DAYS, months=st.integers(-40, 40), days=st.integers(-400, 400))
def test_a_day_moves_by_months_to_at_most_the_months_last(
    rows: Asked, day: date, months: int, days: int
) -> None:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    last = monthrange(year, month + 1)[1]
    expected = date(year, month + 1, min(day.day, last)) + timedelta(days=days)
    assert value(rows, BIGQUERY.add(build.day(day), months, days)) == expected


@SOME
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
    rows: Asked, day: date, grain: Grain, settings: Settings
) -> None:
    first, _ = bucket(day, grain, settings)
    noon = build.cast(exp.Literal.string(f"{day} 12:00:00"), "TIMESTAMP")
    assert value(rows, period_start(BIGQUERY, noon, grain, settings.calendar)) == first


@SOME
@given(day=DAYS, length=st.integers(0, 800), grain=st.sampled_from(ORDINARY))
def test_a_series_has_every_period(rows: Asked, day: date, length: int, grain: Grain) -> None:
    end = day + timedelta(days=length + 1)
    expected = [start for start, _ in buckets((day, end), grain, Settings(name="p"))]
    first, _ = bucket(day, grain, Settings(name="p"))
    last = build.day(end - timedelta(days=1))
    series = BIGQUERY.date_series(build.day(first), last, grain, "period", None)
    assert rows(series) == expected


def test_a_series_that_ends_before_it_begins_is_empty(rows: Asked) -> None:
    first, last = build.day(date(2026, 3, 1)), build.day(date(2026, 2, 1))
    for grain in (Grain.DAY, Grain.YEAR):
        series = BIGQUERY.date_series(first.copy(), last.copy(), grain, "period", None)
        assert rows(series) == []


@SOME
@given(
    day=DAYS,
    length=st.integers(1, 4),
    zone=st.sampled_from(["UTC", "Europe/Berlin", "Australia/Lord_Howe", "Asia/Kathmandu"]),
)
def test_a_series_has_every_hour(rows: Asked, day: date, length: int, zone: str) -> None:
    """Lord Howe moves its clocks by half an hour, so that its hours begin anew in their midst."""
    end = day + timedelta(days=length)
    series = BIGQUERY.instants(runs(Window(day, end), DayPart.HOUR, zone), "period")
    starts = [datetime.fromisoformat(str(start)) for start, _ in hours((day, end), zone)]
    found = rows(series)
    assert len(found) == len(starts)
    assert set(found) == {start.astimezone(UTC).replace(tzinfo=None) for start in starts}


BERLIN = Clock("Europe/Berlin", None)


@pytest.mark.parametrize(
    ("held", "local"),
    [
        ("TIMESTAMP '2026-07-01 22:30:00+00'", "2026-07-02 00:30:00"),
        ("TIMESTAMP '2026-07-02 07:30:00+09'", "2026-07-02 00:30:00"),
        # What names no zone, and a day, are local already.
        ("DATETIME '2026-07-01 22:30:00.25'", "2026-07-01 22:30:00.250000"),
        ("DATE '2026-07-01'", "2026-07-01 00:00:00"),
        ("'2026-07-01 22:30:00'", "2026-07-01 22:30:00"),
    ],
)
def test_a_clock_shows_local_time(rows: Asked, held: str, local: str) -> None:
    assert str(value(rows, BIGQUERY.local_time(written(held), BERLIN))) == local


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
    rows: Asked, stored: str, instant: str
) -> None:
    clock = Clock("UTC", "Europe/Berlin")
    held = written(f"DATETIME '{stored}'")
    assert str(value(rows, BIGQUERY.instant(held.copy(), clock))) == instant
    assert str(value(rows, BIGQUERY.local_time(held.copy(), clock))) == instant
    assert str(value(rows, BIGQUERY.instant(held, BERLIN))) == instant


def test_instants_are_read_in_the_projects_zone() -> None:
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
    assert run_on("googlesql", by_day) == {(date(2024, 11, 3),): {"a": 3}}
    by_hour = replace(by_day, query=replace(by_day.query, grain=DayPart.HOUR, sparse=True))
    assert [str(start) for (start,) in run_on("googlesql", by_hour)] == [
        "2024-11-03 00:00:00-04:00",
        "2024-11-03 01:00:00-04:00",
        "2024-11-03 01:00:00-05:00",
    ]


def test_parts_of_days(rows: Asked) -> None:
    def part(unit: str, held: str) -> Any:
        extract = exp.Extract(this=exp.Var(this=unit), expression=written(held))
        return value(rows, extract)

    assert [part("ISODOW", f"DATE '2026-11-{day}'") for day in (29, 30)] == [7, 1]
    assert part("HOUR", "DATE '2026-11-30'") == 0
    assert part("HOUR", "DATETIME '2026-11-30 07:59:00'") == 7
    between = build.select(
        exp.DateDiff(
            this=build.day(date(2026, 3, 30)),
            expression=build.day(date(2026, 3, 1)),
            unit=exp.Var(this="DAY"),
        )
    )
    assert rows(between) == [29]


def test_types_tell_what_they_hold(rows: Asked) -> None:
    kinds = {
        "DATE '2026-01-01'": Kind.DAY,
        "DATETIME '2026-01-01 00:00:00'": Kind.MOMENT,
        "TIMESTAMP '2026-01-01 00:00:00+00'": Kind.ZONED,
        "'a'": Kind.TEXT,
        "1": Kind.NUMBER,
        "NUMERIC '1.5'": Kind.NUMBER,
        "[1]": Kind.OTHER,
    }
    found = {held: value(rows, BIGQUERY.type_of(written(held))) for held in kinds}
    assert {held: BIGQUERY.kind_of(name) for held, name in found.items()} == kinds


# --- numbers ---------------------------------------------------------------------------------


def answers(
    held: Sequence[dict[str, object]], columns: dict[str, str], query: Query, **told: Any
) -> list[tuple[Any, Any]]:
    """What a query over one table `t` gives, as key and value in order; DuckDB gives the same."""
    made = model(source("t", key=("id",), **told))
    case = Case(made, query, {"t": list(held)}, {"t": {"id": "INTEGER"} | columns})
    found = run_on("googlesql", case)
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


def test_sums_of_whole_numbers_are_whole_or_refused() -> None:
    assert of_rows([2**61, 2**61], "BIGINT", column("x"), "sum") == 2**62
    measures = {"m": ("sum", column("x"))}
    table: list[dict[str, object]] = [{"id": place, "x": 2**62} for place in range(3)]
    made = model(source("t", key=("id",), measures=measures))
    case = Case(made, ask(of("t.m")), {"t": table}, {"t": {"id": "INTEGER", "x": "BIGINT"}})
    with pytest.raises(Exception, match="K644"):
        run_on("googlesql", case)


def test_sums_of_money_are_exact() -> None:
    held = [Decimal("12345678901234567890.123456789"), Decimal("0.000000001")]
    found = of_rows(held, "DECIMAL(38, 9)", column("x"), "sum")
    assert found == Decimal("12345678901234567890.123456790")


@pytest.mark.parametrize("kind", ["DOUBLE", "DECIMAL(4, 1)"])
@pytest.mark.parametrize(
    ("held", "rounded"), [(2.5, 3), (3.5, 4), (-2.5, -3), (0.5, 1), (-0.5, -1), (0.4, 0), (2.6, 3)]
)
def test_a_half_is_rounded_away_from_zero(kind: str, held: float, rounded: int) -> None:
    assert of_rows([Decimal(str(held))], kind, called("round")) == rounded


def test_more_decimals_than_are_kept_are_rounded(rows: Asked) -> None:
    for held, kept in [("1.0000000015", "1.000000002"), ("-1.0000000015", "-1.000000002")]:
        decimal = written(f"BIGNUMERIC '{held}'")
        assert value(rows, build.cast(decimal, "DECIMAL(38, 9)")) == Decimal(kept)


def test_certain_digits_make_a_decimal(rows: Asked) -> None:
    for held, kept in [("0.1 + 0.2", "0.3"), ("1e20", "1e20"), ("-2.5e-7", "-0.00000025")]:
        digits = BIGQUERY.certain_digits(written(held))
        assert value(rows, build.cast(digits, "DECIMAL(38, 12)")) == Decimal(kept)


def test_written_decimals_are_exact() -> None:
    assert of_rows([1], "INTEGER", times(Decimal("1.1")), "sum") == Decimal("1.1")
    assert of_rows([3], "INTEGER", times(Decimal("0.1")), "sum") == Decimal("0.3")


def test_an_average_and_a_deviation_are_floats_or_nothing() -> None:
    assert of_rows([1, 2], "INTEGER", column("x"), "avg") == 1.5
    assert of_rows([1, 2, 3], "INTEGER", column("x"), "stddev") == 1.0
    assert of_rows([1], "INTEGER", column("x"), "stddev") is None


@pytest.mark.parametrize(
    ("held", "share", "found"),
    [
        ([3, 1, None, 2], "0.5", 2.0),
        ([4, 1, 2, 3], "0.5", 2.5),
        ([10, 20, 30, 40, 50], "0.9", 46.0),
        ([7], "0.25", 7.0),
        ([None], "0.5", None),
        ([1, 2], "0", 1.0),
        ([1, 2], "1", 2.0),
    ],
)
def test_percentiles_are_exact(
    rows: Asked, held: list[int | None], share: str, found: float | None
) -> None:
    quantile = BIGQUERY.quantile(build.column("x"), Decimal(share))
    items = [exp.Null() if each is None else build.number(each) for each in held]
    name = exp.TableAlias(columns=[build.identifier("x")])
    values = exp.Unnest(expressions=[exp.Array(expressions=items)], alias=name)
    asked = build.from_(build.select(quantile), values)
    assert rows(asked) == [found]


def test_numbers_of_all_types_meet() -> None:
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


def test_null_is_neither_the_least_nor_the_greatest(rows: Asked) -> None:
    for kind, found in ((exp.Least, 1), (exp.Greatest, 2)):
        node = kind(this=build.number(2), expressions=[exp.Null(), build.number(1)])
        assert value(rows, node) == found


# --- texts -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("places", "left"),
    [
        ((-2,), "üf"),
        ((-2, 1), "ü"),
        ((-10, 6), "ab"),
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


@pytest.mark.parametrize(
    ("name", "expected"),
    [("upper", " ÄPFEL\t"), ("lower", " äpfel\t"), ("length", 7), ("trim", "Äpfel\t")],
)
def test_letters_are_not_bytes(name: str, expected: object) -> None:
    query = ask(of("t.n"), by=(by("t.part"),))
    told = {"dimensions": {"part": called(name)}, "measures": {"n": ("count",)}}
    assert answers([{"id": 1, "x": " Äpfel\t"}], {"x": "VARCHAR"}, query, **told) == [(expected, 1)]


def test_a_backslash_stands_for_itself_in_a_pattern() -> None:
    table = [{"id": place, "x": text} for place, text in enumerate([r"50\%", r"50\ off", "50%"])]
    measures = {"n": ("count", None, Like(column("x"), "50\\%"))}
    assert answers(table, {"x": "VARCHAR"}, ask(of("t.n")), measures=measures) == [((), 2)]


def test_texts_and_names_hold_quotes_and_backslashes(rows: Asked) -> None:
    name = "a `b` \\ c"
    inner = build.select(build.alias(build.literal("it's \\ so\n`\"ü"), name))
    select = build.from_(build.select(build.column(name)), build.subquery(inner, name))
    assert rows(select) == ["it's \\ so\n`\"ü"]


# --- names of columns ------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["umsatz", "_x", "Größe 大", "share % of a+b", "2026"])
def test_a_name_of_letters_and_spaces_is_one_of_bigquery(name: str) -> None:
    assert lacking(build.select(build.alias(build.number(1), name)), "bigquery") == []


@pytest.mark.parametrize("name", ['quo"ted', "a.b", "a/b", "(a)", "tab\t", "_TABLE_x", "x" * 301])
def test_a_name_that_bigquery_gives_to_no_column_is_refused(name: str) -> None:
    (told,) = lacking(build.select(build.alias(build.number(1), name)), "bigquery")
    assert told.code == "K501"
    assert told.help == "give the metric or the dimension another name"


def test_names_that_differ_by_case_alone_are_refused_also_behind_a_star() -> None:
    inner = build.select(build.alias(build.number(1), "a"), build.alias(build.number(2), "A"))
    star = build.from_(build.select(exp.Star()), build.table("named"))
    (told,) = BIGQUERY.lacks(build.with_ctes(star, [("named", inner)]))
    assert told == "column named `A`"


def test_a_column_is_read_and_not_the_rows_of_its_name(rows: Asked) -> None:
    """In BigQuery a name alone means the rows before it means their column."""
    held = build.select(build.alias(build.number(1), "x"))
    select = build.from_(build.select(exp.Max(this=build.column("x"))), build.subquery(held, "x"))
    assert rows(select) == [1]


# --- rows ------------------------------------------------------------------------------------


def test_a_union_by_names_is_refused() -> None:
    arms = [build.from_(build.select(exp.Star()), build.table(name)) for name in "ab"]
    union = exp.Union(this=arms[0], expression=arms[1], distinct=False, by_name=True)
    assert "union by the names of columns" in BIGQUERY.lacks(union)


def test_a_subquery_over_a_range_of_the_outer_row_is_refused() -> None:
    earlier = exp.LT(this=build.column("k", "i"), expression=build.column("k", "o"))
    inner = build.from_(build.select(build.number(1)), build.table("t", "i"))
    exists = exp.Exists(this=build.where(inner, earlier))
    select = build.from_(build.select(build.number(1)), build.table("t", "o"))
    (told,) = BIGQUERY.lacks(build.where(select, exists))
    assert told.startswith("subquery whose rows")


def test_an_outer_join_over_absent_values_is_an_equality() -> None:
    """BigQuery refuses an outer join without one."""
    same = exp.NullSafeEQ(this=build.column("k", "a"), expression=build.column("k", "b"))
    select = build.from_(build.select(build.number(1)), build.table("a"))
    text = BIGQUERY.text(build.left_join(select, build.table("b"), same), pretty=False)
    assert text.endswith("ON (`a`.`k` = `b`.`k` OR (`a`.`k` IS NULL AND `b`.`k` IS NULL))")


def test_a_row_of_constants_may_be_left_out_or_aggregated(rows: Asked) -> None:
    """BigQuery wants a table for that."""
    for holds, found in ((True, [1]), (False, [])):
        one = build.select(build.number(1))
        assert rows(build.where(one, exp.Boolean(this=holds))) == found
    assert rows(build.select(exp.Max(this=build.number(2)))) == [2]


def test_null_beside_a_window_takes_the_type_of_what_is_stacked(rows: Asked) -> None:
    place = exp.Window(
        this=exp.RowNumber(),
        order=exp.Order(expressions=[exp.Ordered(this=build.column("x"), nulls_first=False)]),
    )
    held = written("(SELECT 1 AS x) AS t")
    one = build.select(build.alias(exp.Null(), "name"), build.alias(place, "place"))
    other = build.select(build.literal("a"), build.number(1))
    assert sorted(map(str, rows(build.union_all([build.from_(one, held), other])))) == ["None", "a"]


def test_windows_put_null_last(rows: Asked) -> None:
    table = written("(SELECT x FROM UNNEST([NULL, 2, 1]) AS x) AS t")
    for descends, expected in ((False, [1, 2, None]), (True, [2, 1, None])):
        term = exp.Ordered(this=build.column("x"), desc=descends, nulls_first=False)
        place = exp.Window(this=exp.RowNumber(), order=exp.Order(expressions=[term]))
        inner = build.select(build.column("x"), build.alias(place, "place"))
        numbered = build.subquery(build.from_(inner, table.copy()), "numbered")
        shown = build.from_(build.select(build.column("x")), numbered)
        assert rows(build.order_by(shown, build.column("place"))) == expected


def test_an_array_has_a_row_for_each_element(rows: Asked) -> None:
    held = written("SELECT 1 AS id, ['a', 'b'] AS tags UNION ALL SELECT 2, []")
    assert isinstance(held, exp.Query)
    table = build.subquery(held, "t")
    taken = BIGQUERY.unnested(table.copy(), build.column("tags", "t"), "tag", hides=False)
    assert sorted(rows(taken)) == ["a", "b"]
    instead = BIGQUERY.unnested(table, build.column("tags", "t"), "tags", hides=True)
    assert sorted(rows(instead)) == ["a", "b"]


def test_listed_days_are_rows(rows: Asked) -> None:
    first, second = date(2026, 1, 1), date(2026, 2, 1)
    listed = BIGQUERY.listed_days(["first day", "end"], [(first, second), (second, first)])
    assert rows(listed) == [first, second]


def test_approximate_counts_are_bigquerys_own() -> None:
    """Google's reference evaluator has no such function, and BigQuery has: it is not run here."""
    count = exp.ApproxDistinct(this=build.column("x"))
    assert BIGQUERY.text(count, pretty=False) == "APPROX_COUNT_DISTINCT(`x`)"
