"""What every dialect has to write in its own way gives the same on each engine.

What only one of them says otherwise is in the file of that one.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given
from hypothesis import settings as configured
from hypothesis import strategies as st
from sqlglot import exp

from kpidsl.engines.base import Engine
from kpidsl.model.expr import Arithmetic, Function, Like, MetricCoalesce
from kpidsl.model.moments import DayPart, runs
from kpidsl.model.periods import Grain, Window
from kpidsl.model.project import Settings
from kpidsl.plan.query import Query
from kpidsl.sql import build
from kpidsl.sql.dialects import DIALECTS, Clock, Dialect
from kpidsl.sql.periods import period_start
from tests.conformance.translated import Translated
from tests.oracle.build import ask, by, column, compare, literal, model, of, source
from tests.oracle.days import bucket, buckets, hours
from tests.oracle.engine import EVERY_ENGINE, engine_of, run_on
from tests.oracle.generate import Case
from tests.oracle.one_table import answers, called, of_rows, times
from tests.support import EngineName

TYPED = [each for each in EVERY_ENGINE if each != "sqlite"]
"""SQLite has no types of dates: `tests/sql/test_sqlite_dialect.py` has its own of these."""
DAYS = st.dates(date(1970, 1, 1), date(2100, 12, 31))
LAST_DAYS = DAYS.map(lambda day: day.replace(day=monthrange(day.year, day.month)[1]))
ORDINARY = [grain for grain in Grain if grain is grain.ordinary]
PATIENT = configured(max_examples=60, suppress_health_check=[HealthCheck.too_slow], deadline=None)
"""Statements without a table take some engines a fifth of a second."""


@dataclass(frozen=True)
class Asked:
    """An engine over a database without a table, in a session whose clocks change at midnight."""

    engine: Engine

    @property
    def dialect(self) -> Dialect:
        return DIALECTS[self.engine.dialect]

    def table(self, tree: exp.Query) -> list[tuple[Any, ...]]:
        return self.engine.run(self.dialect.text(tree, pretty=True)).rows

    def rows(self, tree: exp.Query) -> list[Any]:
        return [row[0] for row in self.table(tree)]

    def value(self, tree: exp.Expr) -> Any:
        return self.rows(build.select(tree))[0]


@pytest.fixture(scope="module", params=[*TYPED, "trino"])
def asked(request: pytest.FixtureRequest) -> Iterator[Asked]:
    if request.param == "trino":
        yield Asked(Translated("trino", "Africa/Cairo"))
        return
    empty = Case(model(source("t"), timezone="Africa/Cairo"), Query(()), {}, {})
    with engine_of(empty, request.param) as opened:
        yield Asked(opened)


# --- days and moments ------------------------------------------------------------------------


@PATIENT
@given(day=DAYS | LAST_DAYS, months=st.integers(-40, 40), days=st.integers(-400, 400))
def test_a_day_moves_by_months_to_at_most_the_months_last(
    asked: Asked, day: date, months: int, days: int
) -> None:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    last = monthrange(year, month + 1)[1]
    expected = date(year, month + 1, min(day.day, last)) + timedelta(days=days)
    assert asked.value(asked.dialect.add(build.day(day), months, days)) == expected


@PATIENT
@given(
    day=st.dates(date(2, 1, 8), date(9999, 12, 24)),
    settings=st.builds(
        Settings,
        name=st.just("p"),
        week_starts=st.integers(0, 6),
        fiscal_year_starts=st.integers(1, 12),
    ),
)
def test_a_period_begins_where_the_calendar_says(
    asked: Asked, day: date, settings: Settings
) -> None:
    noon = build.cast(exp.Literal.string(f"{day} 12:00:00"), "TIMESTAMP")
    starts = [period_start(asked.dialect, noon.copy(), grain, settings.calendar) for grain in Grain]
    [found] = asked.table(build.select(*starts))
    assert list(found) == [bucket(day, grain, settings)[0] for grain in Grain]


@PATIENT
@given(day=DAYS, length=st.integers(0, 800), grain=st.sampled_from(ORDINARY))
def test_a_series_has_every_period(asked: Asked, day: date, length: int, grain: Grain) -> None:
    end = day + timedelta(days=length + 1)
    expected = [start for start, _ in buckets((day, end), grain, Settings(name="p"))]
    first, _ = bucket(day, grain, Settings(name="p"))
    last = build.day(end - timedelta(days=1))
    series = asked.dialect.date_series(build.day(first), last, grain, "period", None)
    assert asked.rows(series) == expected


def test_a_series_that_ends_before_it_begins_is_empty(asked: Asked) -> None:
    first, last = build.day(date(2026, 3, 1)), build.day(date(2026, 2, 1))
    for grain in (Grain.DAY, Grain.YEAR):
        series = asked.dialect.date_series(first.copy(), last.copy(), grain, "period", None)
        assert asked.rows(series) == []


@PATIENT
@example(day=date(2008, 10, 2), length=4, zone="Australia/Lord_Howe")
@given(
    day=DAYS,
    length=st.integers(1, 4),
    zone=st.sampled_from(
        ["UTC", "Europe/Berlin", "Australia/Lord_Howe", "Asia/Kathmandu", "Africa/Casablanca"]
    ),
)
def test_a_series_has_every_hour(asked: Asked, day: date, length: int, zone: str) -> None:
    """Lord Howe moves its clocks by half an hour, so that its hours begin anew in their midst."""
    end = day + timedelta(days=length)
    series = asked.dialect.instants(runs(Window(day, end), DayPart.HOUR, zone), "period")
    starts = [datetime.fromisoformat(str(start)) for start, _ in hours((day, end), zone)]
    found = asked.rows(series)
    assert len(found) == len(starts)
    assert set(found) == {start.astimezone(UTC).replace(tzinfo=None) for start in starts}


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
    asked: Asked, stored: str, instant: str
) -> None:
    held = build.cast(exp.Literal.string(stored), "TIMESTAMP")
    berlin = Clock("UTC", "Europe/Berlin")
    assert str(asked.value(asked.dialect.instant(held.copy(), berlin))) == instant
    assert str(asked.value(asked.dialect.local_time(held, berlin))) == instant


# --- statements ------------------------------------------------------------------------------


def test_thousands_of_queries_can_be_stacked(asked: Asked) -> None:
    """As the amounts of ten years by the day are; the last column has a value in the last row.
    GoogleSQL's evaluator takes minutes for so many."""
    day, count = date(2026, 1, 1), 400 if asked.engine.dialect == "bigquery" else 4000
    none, one = build.alias(exp.Null(), "n"), build.alias(build.number(1), "n")
    each = [
        build.select(
            build.alias(build.day(day + timedelta(days=place)), "day"),
            build.alias(build.cast(build.number(Decimal("1200.5")), "DECIMAL(38, 12)"), "amount"),
            one.copy() if place == count - 1 else none.copy(),
        )
        for place in range(count)
    ]
    found = asked.table(build.union_all(each))
    assert sorted(row[0] for row in found) == [day + timedelta(days=each) for each in range(count)]
    assert {row[1] for row in found} == {Decimal("1200.5")}
    assert [row[0] for row in found if row[2] == 1] == [day + timedelta(days=count - 1)]


def test_a_union_by_names_is_refused(asked: Asked) -> None:
    arms = [build.from_(build.select(exp.Star()), build.table(name)) for name in "ab"]
    union = exp.Union(this=arms[0], expression=arms[1], distinct=False, by_name=True)
    lacked = ["union by the names of columns"]
    assert asked.dialect.lacks(union)[:1] == ([] if asked.engine.dialect == "duckdb" else lacked)


# --- moments with a zone -----------------------------------------------------------------------

ZONED = [
    each
    for each in EVERY_ENGINE
    if {"duckdb", "postgres", "spark", "googlesql"} & set(getattr(each, "values", (each,)))
]
"""Those whose tables can hold them."""


@pytest.mark.parametrize("engine", ZONED)
def test_moments_with_a_zone_are_read_in_the_projects(engine: EngineName) -> None:
    # Half past one comes twice on 3 November; 4:30 of UTC is half past midnight.
    at = [datetime(2024, 11, 3, hour, 30, tzinfo=UTC) for hour in (4, 5, 6)]
    at.append(datetime(2024, 11, 3, 3, 30, tzinfo=UTC))  # still 2 November
    made = model(
        source("t", key=("id",), time="at", measures={"n": ("count",)}),
        timezone="America/New_York",
    )
    table = [{"id": place, "at": each} for place, each in enumerate(at)]
    columns = {"t": {"id": "INTEGER", "at": "TIMESTAMPTZ"}}
    window = Window(date(2024, 11, 3), date(2024, 11, 4))
    by_day = Case(made, ask(of("t.n"), grain=Grain.DAY, window=window), {"t": table}, columns)
    assert run_on(engine, by_day) == {(date(2024, 11, 3),): {"a": 3}}
    by_hour = replace(by_day, query=replace(by_day.query, grain=DayPart.HOUR, sparse=True))
    assert [str(start) for (start,) in run_on(engine, by_hour)] == [
        "2024-11-03 00:00:00-04:00",
        "2024-11-03 01:00:00-04:00",
        "2024-11-03 01:00:00-05:00",
    ]


# --- values ----------------------------------------------------------------------------------

on_every_engine = pytest.mark.parametrize("engine", EVERY_ENGINE)


@on_every_engine
@pytest.mark.parametrize("kind", ["DOUBLE", "DECIMAL(4, 1)"])
@pytest.mark.parametrize(
    ("held", "rounded"), [(2.5, 3), (3.5, 4), (-2.5, -3), (0.5, 1), (-0.5, -1), (0.4, 0), (2.6, 3)]
)
def test_a_half_is_rounded_away_from_zero(
    engine: EngineName, kind: str, held: float, rounded: int
) -> None:
    assert of_rows(engine, [Decimal(str(held))], kind, called("round")) == rounded


@on_every_engine
def test_an_average_and_a_deviation_are_floats_or_nothing(engine: EngineName) -> None:
    average = of_rows(engine, [1, 2], "INTEGER", column("x"), "avg")
    assert (average, type(average)) == (1.5, float)
    assert of_rows(engine, [1, 2, 3], "INTEGER", column("x"), "stddev") == 1.0
    assert of_rows(engine, [1], "INTEGER", column("x"), "stddev") is None
    decimals = [Decimal("1.00"), Decimal("2.01")]
    average = of_rows(engine, decimals, "DECIMAL(9, 2)", column("x"), "avg")
    assert (average, type(average)) == (1.505, float)


@on_every_engine
def test_written_decimals_are_exact(engine: EngineName) -> None:
    assert of_rows(engine, [1], "INTEGER", times(Decimal("1.1")), "sum") == Decimal("1.1")
    assert of_rows(engine, [3], "INTEGER", times(Decimal("0.1")), "sum") == Decimal("0.3")


@on_every_engine
def test_numbers_of_all_types_meet(engine: EngineName) -> None:
    """ClickHouse, for one, has no common type of a decimal and a float, nor of UInt64 and Int64."""
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
    assert answers(engine, table, columns, ask(of("t.m")), measures=measures) == [((), 3.0)]
    first = MetricCoalesce((of("t.last"), of("t.n")))
    assert answers(engine, table, columns, ask(first), measures=measures) == [((), 0.5)]


BOUNDED = [each for each in TYPED if "postgres" not in getattr(each, "values", ())]


@pytest.mark.parametrize("engine", BOUNDED)
def test_a_product_that_outgrows_decimals_is_refused(engine: EngineName) -> None:
    """By itself, ClickHouse gives some other number. PostgreSQL's decimals have no bounds."""
    square = Arithmetic("*", column("x"), column("x"))
    measures = {"m": ("sum", Arithmetic("*", square, square))}
    table = [{"id": 1, "x": Decimal(10) ** 20}]
    made = model(source("t", key=("id",), measures=measures))
    case = Case(made, ask(of("t.m")), {"t": table}, {"t": {"id": "INTEGER", "x": "DECIMAL(38, 9)"}})
    with pytest.raises(Exception, match="K644"):
        run_on(engine, case)


@on_every_engine
def test_numbers_stand_in_their_own_order(engine: EngineName) -> None:
    table: list[dict[str, object]] = [{"id": number, "x": number} for number in (10, 9, -1)]
    told = {"dimensions": {"x": column("x")}, "measures": {"n": ("count",)}}
    found = answers(engine, table, {"x": "INTEGER"}, ask(of("t.n"), by=(by("t.x"),)), **told)
    assert [key for key, _ in found] == [-1, 9, 10]


# --- texts -----------------------------------------------------------------------------------


@on_every_engine
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
def test_parts_of_texts_are_counted_in_characters(
    engine: EngineName, places: tuple[object, ...], left: str
) -> None:
    table = [{"id": 1, "x": "abcdüf"}]
    told = [each if isinstance(each, Arithmetic) else literal(each) for each in places]
    dimensions = {"part": Function("substring", (column("x"), *told))}
    query = ask(of("t.n"), by=(by("t.part"),))
    measures = {"n": ("count",)}
    found = answers(
        engine, table, {"x": "VARCHAR"}, query, dimensions=dimensions, measures=measures
    )
    assert found == [(left, 1)]


@on_every_engine
@pytest.mark.parametrize(
    ("name", "expected"), [("upper", "ÄPFEL"), ("lower", "äpfel"), ("length", 5)]
)
def test_letters_are_not_bytes(engine: EngineName, name: str, expected: object) -> None:
    query = ask(of("t.n"), by=(by("t.part"),))
    told = {"dimensions": {"part": called(name)}, "measures": {"n": ("count",)}}
    table = [{"id": 1, "x": "Äpfel"}]
    assert answers(engine, table, {"x": "VARCHAR"}, query, **told) == [(expected, 1)]


@on_every_engine
def test_a_backslash_stands_for_itself(engine: EngineName) -> None:
    table = [{"id": place, "x": text} for place, text in enumerate([r"50\%", r"50\ off", "50%"])]
    for test in (Like(column("x"), "50\\%"), compare(column("x"), "!=", "50%")):
        measures = {"n": ("count", None, test)}
        found = answers(engine, table, {"x": "VARCHAR"}, ask(of("t.n")), measures=measures)
        assert found == [((), 2)]
