"""Spark gives what the oracle gives; each test is of something that its SQL says otherwise."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import date
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
import sqlglot
from hypothesis import HealthCheck, given, settings
from sqlglot import exp

from kpidsl.engines.servers.address import address_of
from kpidsl.sql import build
from kpidsl.sql.dialects import DIALECTS, Clock, Kind
from kpidsl.sql.functions import SCALAR_BUILDERS
from tests.oracle import one_table
from tests.oracle.build import ask, column, model, of, source
from tests.oracle.engine import run_on
from tests.oracle.generate import Case, cases
from tests.oracle.one_table import called, times
from tests.oracle.test_against_engine import compared

if TYPE_CHECKING:
    from kpidsl.engines.spark import SparkEngine

pytestmark = pytest.mark.spark
of_rows = partial(one_table.of_rows, "spark")
SPARK = DIALECTS["spark"]
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


def test_an_instant_keeps_to_itself_in_an_hour_that_comes_twice(engine: SparkEngine) -> None:
    for moment in ("2026-10-25 00:30:00", "2026-10-25 01:30:00"):
        held = written(f"TIMESTAMP '{moment}Z'")
        assert str(value(engine, SPARK.instant(held, BERLIN))) == moment


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


def test_products_keep_all_their_decimals() -> None:
    """By default Spark leaves six of them where there may be many digits."""
    small = Decimal("0.000000001")
    assert of_rows([small], "DECIMAL(38, 9)", times(Decimal("0.001")), "sum") == small / 1000


def test_a_sum_of_whole_numbers_that_outgrows_them_is_refused() -> None:
    made = model(source("t", key=("id",), measures={"m": ("sum", column("x"))}))
    table: list[dict[str, object]] = [{"id": number, "x": 2**62} for number in range(3)]
    case = Case(made, ask(of("t.m")), {"t": table}, {"t": {"id": "INTEGER", "x": "BIGINT"}})
    with pytest.raises(Exception, match="K644"):
        run_on("spark", case)


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


def test_a_median_lies_between_two_values() -> None:
    """What sqlglot makes of it takes one of them."""
    assert of_rows([1, 2, 4, 10], "INTEGER", column("x"), "median") == 3.0


# --- texts -----------------------------------------------------------------------------------


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
