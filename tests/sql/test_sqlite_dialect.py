"""What SQLite's own functions make of days, against the oracle's calendar and Python's."""

from __future__ import annotations

import sqlite3
from calendar import monthrange
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlglot import exp

from kpidsl.model.moments import DayPart, runs
from kpidsl.model.periods import Grain, Window
from kpidsl.model.project import Settings
from kpidsl.sql import build
from kpidsl.sql.dialects import DIALECTS
from kpidsl.sql.periods import period_start
from tests.oracle.days import bucket, buckets, hours

SQLITE = DIALECTS["sqlite"]
DAYS = st.dates(date(1970, 1, 1), date(2100, 12, 31))
ORDINARY = [grain for grain in Grain if grain is grain.ordinary]
LAST_DAYS = DAYS.map(lambda day: day.replace(day=monthrange(day.year, day.month)[1]))


@pytest.fixture(scope="module")
def con() -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(":memory:")) as opened:
        yield opened


def rows(con: sqlite3.Connection, tree: exp.Query) -> list[Any]:
    return [row[0] for row in con.execute(SQLITE.text(tree, pretty=True))]


def value(con: sqlite3.Connection, tree: exp.Expr) -> Any:
    return rows(con, build.select(tree))[0]


@given(day=DAYS | LAST_DAYS, months=st.integers(-40, 40), days=st.integers(-400, 400))
def test_a_day_moves_by_months_to_at_most_the_months_last(
    con: sqlite3.Connection, day: date, months: int, days: int
) -> None:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    last = monthrange(year, month + 1)[1]
    expected = date(year, month + 1, min(day.day, last)) + timedelta(days=days)
    assert value(con, SQLITE.add(build.day(day), months, days)) == expected.isoformat()


@pytest.mark.parametrize(
    ("day", "months", "days", "expected"),
    [
        (date(9999, 11, 1), 1, 0, "9999-12-01"),
        (date(9999, 11, 30), 1, 0, "9999-12-30"),
        (date(9999, 12, 31), 0, 1, "9999-12-32"),
        (date(9999, 12, 1), 1, 0, "9999-12-32"),
        (date(9999, 1, 1), 12, 0, "9999-12-32"),
    ],
)
def test_a_period_may_end_with_the_calendar(
    con: sqlite3.Connection, day: date, months: int, days: int, expected: str
) -> None:
    assert value(con, SQLITE.add(build.day(day), months, days)) == expected


@pytest.mark.parametrize(
    ("months", "days", "expected"),
    [
        (0, 1, "9999-12-31"),
        (0, 31, "9999-12-01"),
        (1, 0, "9999-12-01"),
        (12, 0, "9999-01-01"),
        (1, 1, "9999-11-30"),
    ],
)
def test_and_be_looked_back_from(
    con: sqlite3.Connection, months: int, days: int, expected: str
) -> None:
    end = SQLITE.add(build.day(date(9999, 12, 1)), 1, 0)
    assert value(con, SQLITE.add(end, -months, -days)) == expected


@given(
    day=DAYS,
    grain=st.sampled_from(Grain),
    settings=st.builds(
        Settings,
        name=st.just("p"),
        week_starts=st.integers(0, 6),
        fiscal_year_starts=st.integers(1, 12),
    ),
)
def test_a_period_begins_where_the_calendar_says(
    con: sqlite3.Connection, day: date, grain: Grain, settings: Settings
) -> None:
    first, _ = bucket(day, grain, settings)
    noon = build.literal(f"{day} 12:00:00")
    found = period_start(SQLITE, noon, grain, settings.calendar)
    assert value(con, found) == first.isoformat()


@given(day=DAYS, length=st.integers(0, 800), grain=st.sampled_from(ORDINARY))
def test_a_series_has_every_period(
    con: sqlite3.Connection, day: date, length: int, grain: Grain
) -> None:
    end = day + timedelta(days=length + 1)
    expected = [start.isoformat() for start, _ in buckets((day, end), grain, Settings(name="p"))]
    first, _ = bucket(day, grain, Settings(name="p"))
    last = build.day(end - timedelta(days=1))
    series = SQLITE.date_series(build.day(first), last, grain, "period", None)
    assert rows(con, series) == expected


@given(
    day=DAYS,
    length=st.integers(1, 4),
    zone=st.sampled_from(["UTC", "Europe/Berlin", "Australia/Lord_Howe", "Asia/Kathmandu"]),
)
def test_a_series_has_every_hour(
    con: sqlite3.Connection, day: date, length: int, zone: str
) -> None:
    """Lord Howe moves its clocks by half an hour, so that its hours begin anew in their midst."""
    end = day + timedelta(days=length)
    series = SQLITE.instants(runs(Window(day, end), DayPart.HOUR, zone), "period")
    starts = [datetime.fromisoformat(str(start)) for start, _ in hours((day, end), zone)]
    expected = {start.astimezone(UTC).strftime("%F %T") for start in starts}
    found = rows(con, series)
    assert len(found) == len(expected)
    assert set(found) == expected


def test_a_series_without_bounds_is_empty(con: sqlite3.Connection) -> None:
    con.execute("CREATE TEMP TABLE IF NOT EXISTS extent AS SELECT NULL AS first, NULL AS last")
    ends = (build.column("first"), build.column("last"))
    assert rows(con, SQLITE.date_series(*ends, Grain.DAY, "period", "extent")) == []


@pytest.mark.parametrize("arguments", [("2", "NULL", "1"), ("NULL", "1", "2"), ("1", "2", "NULL")])
def test_the_least_and_the_greatest_are_of_what_is_known(
    con: sqlite3.Connection, arguments: tuple[str, ...]
) -> None:
    first, *others = [
        exp.Null() if text == "NULL" else exp.Literal.number(text) for text in arguments
    ]
    assert value(con, exp.Least(this=first, expressions=others)) == 1
    assert value(con, exp.Greatest(this=first, expressions=others)) == 2


def test_a_thousand_rows_of_constants_are_no_thousand_queries(con: sqlite3.Connection) -> None:
    stacked = build.union_all(
        [build.select(build.alias(build.number(number), "n")) for number in range(1000)]
    )
    assert rows(con, stacked) == list(range(1000))


def test_queries_are_stacked_as_they_are(con: sqlite3.Connection) -> None:
    one = build.select(build.alias(build.cast(exp.Null(), "DATE"), "day"))
    none = build.select(build.alias(build.day(date(2026, 1, 1)), "day"))
    none = none.where(exp.Boolean(this=False), copy=False)
    assert rows(con, build.union_all([one, none, none.copy()])) == [None]
