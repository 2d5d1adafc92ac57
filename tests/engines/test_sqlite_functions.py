"""The functions that SQLite is given, against Python's own arithmetic."""

from __future__ import annotations

import inspect
import re
import sqlite3
import statistics
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from decimal import Decimal, localcontext
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpidsl.engines.sqlite_functions import register
from kpidsl.model.expr import Column
from kpidsl.model.moments import DayPart
from kpidsl.model.sources import TimeSpec
from kpidsl.sql.dialects import sqlite, sqlite_trees
from tests.oracle import days

CENTS = st.integers(-(10**11), 10**11).map(lambda cents: Decimal(cents) / 100)


@pytest.fixture(scope="module")
def con() -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(":memory:")) as opened:
        register(opened, "America/New_York")
        yield opened


def value(con: sqlite3.Connection, call: str, *arguments: object) -> Any:
    return con.execute(f"SELECT {call}", arguments).fetchone()[0]


@given(values=st.lists(CENTS, min_size=1, max_size=30))
def test_sums_of_decimals_are_exact(con: sqlite3.Connection, values: list[Decimal]) -> None:
    rows = " UNION ALL ".join("SELECT ? AS x" for _ in values)
    sql = f"SELECT kpi_sum_decimals(x, 9) FROM ({rows})"  # noqa: S608
    [(found,)] = con.execute(sql, list(map(float, values)))
    assert Decimal(repr(found)) == sum(values)


@given(one=CENTS, other=CENTS)
def test_operators_work_on_digits(con: sqlite3.Connection, one: Decimal, other: Decimal) -> None:
    """A float that is nearest to the exact result: of up to 15 digits it is that result."""
    with localcontext() as context:
        context.prec = 60
        expected = (one + other, one - other, one * other)
    calls = ("kpi_add(?, ?)", "kpi_subtract(?, ?)", "kpi_multiply(?, ?)")
    found = [value(con, call, float(one), float(other)) for call in calls]
    assert found == [float(exact) for exact in expected]


@given(
    values=st.lists(st.integers(-1000, 1000), min_size=2, max_size=20),
)
def test_aggregates_are_those_of_the_statistics_module(
    con: sqlite3.Connection, values: list[int]
) -> None:
    rows = " UNION ALL ".join("SELECT ? AS x" for _ in values)
    asked = "kpi_avg(x), kpi_stddev(x), kpi_quantile(x, '0.5'), kpi_sum(x)"
    [(mean, deviation, median, total)] = con.execute(
        f"SELECT {asked} FROM ({rows})",  # noqa: S608
        values,
    )
    assert mean == pytest.approx(statistics.fmean(values), rel=1e-12, abs=1e-12)
    assert deviation == pytest.approx(statistics.stdev(values), rel=1e-12, abs=1e-12)
    assert median == statistics.median(values)
    assert total == sum(values)


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ("kpi_round(2.5, 0)", 3.0),
        ("kpi_round(-2.5, 0)", -3.0),
        ("kpi_round(1.005, 2)", 1.01),  # as a float it is a little less than 1.005
        ("kpi_round(7, 0)", 7),
        ("kpi_floor(-0.5)", -1),
        ("kpi_ceil(0.2)", 1),
        ("kpi_certain_digits(29.999999999999996)", 30.0),
        ("kpi_certain_digits(0.123456789012345)", 0.123456789012345),
        ("kpi_certain_digits(NULL)", None),
        ("kpi_decimal(0.1234567890126, 12)", 0.123456789013),
        ("kpi_decimal(33.333333333333336, 9)", 33.333333333),
        ("kpi_number('12.50')", 12.5),
        ("kpi_number(' 7 ')", 7),
        ("kpi_number('-007')", -7),
        ("kpi_number('+.5e1')", 5.0),
        ("kpi_round(1e100, 2)", 1e100),  # it has no decimals
        ("kpi_round(1e308, 2)", 1e308),
        ("kpi_real(2)", 2.0),
        ("kpi_boolean('No')", 0),
        ("kpi_boolean(2)", 1),
        ("kpi_moment('2026-01-05')", "2026-01-05 00:00:00"),
        ("kpi_moment('2026-01-05T04:59Z')", "2026-01-04 23:59:00"),
        ("kpi_moment('2026-01-05 04:59:00.5')", "2026-01-05 04:59:00.500000"),
        ("kpi_day('2026-01-05T04:59')", "2026-01-05"),
        ("kpi_later('2026-01-05 23:59:30', 45)", "2026-01-06 00:00:15"),
        ("kpi_local('2026-03-08 07:00', 'UTC', 'America/New_York')", "2026-03-08 03:00:00"),
        ("kpi_local('2026-03-08 06:59', 'UTC', 'America/New_York')", "2026-03-08 01:59:00"),
        # 01:30 is shown twice, at 5:30 and 6:30 UTC; 02:30 never, 3:30 is an hour later.
        ("kpi_local('2024-11-03 01:30', 'America/New_York', 'UTC')", "2024-11-03 06:30:00"),
        ("kpi_local('2024-03-10 02:30', 'America/New_York', 'UTC')", "2024-03-10 07:30:00"),
        ("kpi_instant('2024-11-03 01:30', 'America/New_York', 'UTC')", "2024-11-03 06:30:00"),
        ("kpi_instant('2024-03-10 02:30', 'America/New_York', 'UTC')", "2024-03-10 07:30:00"),
        ("kpi_instant('2026-01-05T04:59+01:00', NULL, 'America/New_York')", "2026-01-05 03:59:00"),
        ("kpi_instant('2026-01-05', NULL, 'America/New_York')", "2026-01-05 05:00:00"),
        ("kpi_instant(NULL, NULL, 'UTC')", None),
        # Kathmandu is 5:45 ahead of UTC: 10:20 there is 4:35, and 10:00 is 4:15.
        (
            "kpi_part_start('2026-01-05 04:35:30.5', '2026-01-05 10:20:30.5', 'hour')",
            "2026-01-05 04:15:00",
        ),
        (
            "kpi_part_start('2026-01-05 04:35:30.5', '2026-01-05 10:20:30.5', 'minute')",
            "2026-01-05 04:35:00",
        ),
        (
            "kpi_part_start('2026-01-05 04:35:30.5', '2026-01-05 10:20:30.5', 'second')",
            "2026-01-05 04:35:30",
        ),
        ("kpi_type('2026-01-05')", "days"),
        ("kpi_type('2026-01-05 10:00')", "moments"),
        ("kpi_type('2026-01-05 10:00-05:00')", "moments with a zone"),
        ("kpi_type('007')", "texts"),
        ("kpi_type(7.5)", "numbers"),
        ("kpi_type(x'00')", "other values"),
        ("kpi_field('{\"a \\\"b\": 1.5}', 'a \"b')", 1.5),
        ("kpi_field('{\"a\": [1]}', 'a')", "[1]"),
        ("kpi_field('{}', 'a')", None),
        ("kpi_upper('ü')", "Ü"),
        *((f"{name}(NULL)", None) for name in ("kpi_number", "kpi_day", "kpi_lower", "kpi_floor")),
        ("kpi_add(NULL, 1)", None),
        ("kpi_sum(NULL)", None),
        ("kpi_stddev(1)", None),
    ],
)
def test_values(con: sqlite3.Connection, call: str, expected: object) -> None:
    found = value(con, call)
    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize(
    "call",
    [
        "kpi_sum('1')",
        "kpi_avg('')",
        "kpi_add('1', 1)",
        "kpi_number('')",
        "kpi_number('1,5')",
        "kpi_number('nan')",
        "kpi_number('sNaN')",
        "kpi_number('inf')",
        "kpi_number('--5')",
        "kpi_number('1_000')",
        "kpi_number('.')",
        "kpi_number('\u0663')",  # an Arabic 3
        "kpi_number('1e400')",
        f"kpi_number('{'9' * 5000}')",
        # What is no number would be NULL: infinity less itself, and its middle.
        "kpi_subtract(9e999, 9e999)",
        "kpi_sum(x) FROM (SELECT 9e999 AS x UNION ALL SELECT -9e999)",
        "kpi_quantile(x, '0.5') FROM (SELECT 9e999 AS x UNION ALL SELECT 9e999)",
        "kpi_boolean('maybe')",
        "kpi_moment(20260105)",
        "kpi_moment('2026-1-5')",
        "kpi_local('2026-01-05', 'UTC', 'UTC')",
        "kpi_local('2026-01-05 10:00', NULL, 'UTC')",
        "kpi_local('2026-01-05 10:00Z', 'UTC', 'UTC')",
        "kpi_instant('2026-01-05 10:00', NULL, 'UTC')",
        "kpi_instant('2026-01-05', 'UTC', 'UTC')",
        "kpi_instant('noon', 'UTC', 'UTC')",
        "kpi_field('[1]', 'a')",
        "kpi_multiply(4611686018427387904, 2)",
        "kpi_sum_decimals(x, 9) FROM (SELECT 1e15 AS x UNION ALL SELECT 0.001)",
    ],
)
def test_what_does_not_fit_is_refused(con: sqlite3.Connection, call: str) -> None:
    with pytest.raises(sqlite3.OperationalError, match="user-defined"):
        value(con, call)


ZONES = ("UTC", "America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "Asia/Kathmandu")


@given(
    moment=st.datetimes(datetime(2024, 1, 1), datetime(2026, 12, 31))  # noqa: DTZ001
    | st.sampled_from([datetime(2024, 3, 10), datetime(2024, 11, 3), datetime(2024, 4, 7)]).flatmap(  # noqa: DTZ001
        lambda day: st.timedeltas(timedelta(), timedelta(hours=4)).map(day.__add__)
    ),
    stored=st.sampled_from(ZONES),
    zone=st.sampled_from(ZONES),
    part=st.sampled_from(DayPart),
)
def test_clocks_show_what_the_oracle_says(
    con: sqlite3.Connection, moment: datetime, stored: str, zone: str, part: DayPart
) -> None:
    spec = TimeSpec(expr=Column(("at",)), stored_as=stored)
    when = days.instant(moment, spec, zone)
    shown = value(con, "kpi_local(?, ?, ?)", moment.isoformat(" "), stored, zone)
    expected = moment if stored == zone else when.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    assert datetime.fromisoformat(shown) == expected
    found = value(con, "kpi_instant(?, ?, ?)", moment.isoformat(" "), stored, zone)
    assert datetime.fromisoformat(found) == when.replace(tzinfo=None)
    local = when.astimezone(ZoneInfo(zone)).replace(tzinfo=None).isoformat(" ")
    start = datetime.fromisoformat(value(con, "kpi_part_start(?, ?, ?)", found, local, part))
    begins, _ = days.part_of_day(when, part, zone)
    assert isinstance(begins, datetime)
    assert start.replace(tzinfo=UTC) == begins


def test_every_function_that_is_written_is_registered(con: sqlite3.Connection) -> None:
    """The names stand in the dialect as text."""
    written = set(
        re.findall(r'"(kpi_\w+)"', inspect.getsource(sqlite) + inspect.getsource(sqlite_trees))
    )
    known = {name for (name,) in con.execute("SELECT name FROM pragma_function_list")}
    assert len(written) > 20
    assert written <= known
