"""MariaDB gives what the oracle gives; each test is of something that its SQL says otherwise."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
import sqlglot
from hypothesis import example, given
from hypothesis import strategies as st
from sqlglot import exp

from kpidsl.model.expr import Arithmetic, Compare, Function, In, Like, RowExpr
from kpidsl.model.moments import DayPart
from kpidsl.model.periods import Grain, Window
from kpidsl.plan.query import Order, Query
from kpidsl.sql import build
from kpidsl.sql.dialects import DIALECTS, Clock, Kind
from kpidsl.sql.functions import SCALAR_BUILDERS
from tests.oracle import one_table
from tests.oracle.build import ask, by, column, compare, literal, model, of, source
from tests.oracle.engine import engine_of, run_on
from tests.oracle.generate import Case
from tests.oracle.one_table import called

if TYPE_CHECKING:
    from kpidsl.engines.base import Engine

pytestmark = pytest.mark.mysql
answers = partial(one_table.answers, "mysql")
of_rows = partial(one_table.of_rows, "mysql")
MYSQL = DIALECTS["mysql"]
ZONES = ["UTC", "Europe/Berlin", "Australia/Lord_Howe", "Asia/Kathmandu", "Africa/Casablanca"]
MOMENTS = st.datetimes(datetime(1970, 1, 1), datetime(2100, 12, 31))  # noqa: DTZ001


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    """The engine over a database without a table."""
    with engine_of(Case(model(source("t")), Query(()), {}, {}), "mysql") as opened:
        yield opened


def rows(engine: Engine, tree: exp.Query) -> list[Any]:
    return [row[0] for row in engine.run(MYSQL.text(tree, pretty=True)).rows]


def value(engine: Engine, tree: exp.Expr) -> Any:
    return rows(engine, build.select(tree))[0]


def written(sql: str) -> exp.Expr:
    """A value in MariaDB's own SQL, as a column is one."""
    return build.verbatim(sqlglot.parse_one(sql, read="mysql"))


def moment(at: datetime | str) -> exp.Expr:
    return build.cast(exp.Literal.string(str(at)), "TIMESTAMP")


# --- days and moments ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("held", "months", "days", "moved"),
    [
        ("9999-12-31", 0, 1, date(9999, 12, 31)),
        ("9999-12-31", 1, 3, date(9999, 12, 30)),
        ("9999-12-31", 2, 0, date(9999, 12, 31)),
        ("9999-11-30", 1, 0, date(9999, 12, 30)),
        ("9999-12-31", 0, -1, date(9999, 12, 30)),
    ],
)
def test_no_day_comes_after_the_last(
    engine: Engine, held: str, months: int, days: int, moved: date
) -> None:
    """Exports write it for "never"."""
    assert value(engine, MYSQL.add(written(f"FROM_DAYS(TO_DAYS('{held}'))"), months, days)) == moved
    assert value(engine, MYSQL.add(build.day(date.fromisoformat(held)), months, days)) == moved
    assert value(engine, MYSQL.add(build.cast(exp.Null(), "DATE"), months, days)) is None


def test_a_series_that_ends_before_it_begins_is_empty(engine: Engine) -> None:
    day, before = (build.day(date(2026, 1, number)) for number in (2, 1))
    assert rows(engine, MYSQL.date_series(day, before, Grain.DAY, "period", None)) == []
    none = build.cast(exp.Null(), "DATE")
    assert rows(engine, MYSQL.date_series(none, before.copy(), Grain.DAY, "period", None)) == []


@given(at=MOMENTS, zone=st.sampled_from(ZONES))
@example(at=datetime(2026, 3, 29, 0, 59, 59, 999_999), zone="Europe/Berlin")  # noqa: DTZ001
@example(at=datetime(2026, 3, 29, 1), zone="Europe/Berlin")  # noqa: DTZ001
@example(at=datetime(2026, 10, 25, 1), zone="Europe/Berlin")  # noqa: DTZ001
@example(at=datetime(1944, 4, 3, 1), zone="Europe/Berlin")  # noqa: DTZ001
def test_a_clock_shows_local_time(engine: Engine, at: datetime, zone: str) -> None:
    """The server itself knows no zone by name."""
    local = at.replace(tzinfo=UTC).astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    assert value(engine, MYSQL.local_time(moment(at), Clock(zone, "UTC"))) == local


@given(at=MOMENTS, zone=st.sampled_from(ZONES))
def test_an_instant_is_found_again(engine: Engine, at: datetime, zone: str) -> None:
    """What a clock shows once is of that instant; of two the later one is."""
    local = at.replace(tzinfo=UTC).astimezone(ZoneInfo(zone))
    later = local.replace(fold=1).astimezone(UTC).replace(tzinfo=None)
    shown = moment(local.replace(tzinfo=None))
    assert value(engine, MYSQL.instant(shown, Clock("UTC", zone))) == later


def test_an_hour_that_a_clock_skips_is_read_by_the_clock_before(engine: Engine) -> None:
    skipped = MYSQL.instant(moment("2026-03-29 02:30"), Clock("UTC", "Europe/Berlin"))
    assert value(engine, skipped) == datetime(2026, 3, 29, 1, 30)  # noqa: DTZ001


@given(at=MOMENTS, zones=st.tuples(st.sampled_from(ZONES), st.sampled_from(ZONES)))
def test_one_clock_is_read_by_another(engine: Engine, at: datetime, zones: tuple[str, str]) -> None:
    own, other = map(ZoneInfo, zones)
    told = at.replace(tzinfo=UTC).astimezone(own)
    local = told.replace(fold=1).astimezone(other).replace(tzinfo=None)
    shown = MYSQL.local_time(moment(told.replace(tzinfo=None)), Clock(zones[1], zones[0]))
    assert value(engine, shown) == local


def test_an_unknown_moment_is_none(engine: Engine) -> None:
    for clock in (Clock("Europe/Berlin", "UTC"), Clock("UTC", None)):
        assert value(engine, MYSQL.local_time(exp.Null(), clock)) is None


def test_moments_are_those_of_utc_wherever_the_server_stands(engine: Engine) -> None:
    """Its own clock is 13 hours ahead."""
    assert value(engine, written("CAST(FROM_UNIXTIME(0) AS DATETIME)")) == datetime(1970, 1, 1)  # noqa: DTZ001


@pytest.mark.parametrize(
    ("held", "kind"),
    [
        ("DATE '2026-01-31'", Kind.DAY),
        ("TIMESTAMP '2026-01-31 12:00:00.5'", Kind.MOMENT),
        ("7", Kind.NUMBER),
        ("-7.50", Kind.NUMBER),
        ("1e300", Kind.NUMBER),
        ("TRUE", Kind.NUMBER),
        ("'2026-01-31'", Kind.TEXT),
        ("CAST('x' AS CHAR CHARACTER SET latin1)", Kind.TEXT),
        ("TIME '12:00:00'", Kind.OTHER),
    ],
)
def test_types_tell_what_they_hold(engine: Engine, held: str, kind: Kind) -> None:
    assert MYSQL.kind_of(value(engine, MYSQL.type_of(written(held)))) is kind


@pytest.mark.parametrize(
    ("named", "kind"),
    [
        ("INTEGER(10) UNSIGNED", Kind.NUMBER),
        ("decimal(12, 2)", Kind.NUMBER),
        ("VARCHAR(20)", Kind.TEXT),
        ("ENUM('a','b')", Kind.TEXT),
        ("DATE", Kind.DAY),
        ("DATETIME(6)", Kind.MOMENT),
        ("TIMESTAMP", Kind.MOMENT),
        ("JSON", Kind.OTHER),
        ("", Kind.OTHER),
    ],
)
def test_types_of_the_catalogue_tell_what_they_hold(named: str, kind: Kind) -> None:
    assert MYSQL.kind_of(named) is kind


def test_days_between_are_the_difference_of_days(engine: Engine) -> None:
    first, last = (exp.Literal.string(f"2026-03-{day} 23:00") for day in (1, 30))
    assert value(engine, SCALAR_BUILDERS["days_between"]([first, last])) == 29


# --- numbers ---------------------------------------------------------------------------------


def test_sums_of_whole_numbers_are_whole() -> None:
    found = of_rows([2**62, 2**62, 1], "BIGINT", column("x"), "sum")
    assert found == 2**63 + 1
    assert isinstance(found, int)


def test_places_are_rounded_away_from_zero() -> None:
    assert of_rows([Decimal("0.125")], "DOUBLE", called("round", Decimal(2))) == 0.13
    found = of_rows([Decimal("0.125")], "DECIMAL(5, 3)", called("round", Decimal(2)))
    assert (found, type(found)) == (Decimal("0.13"), Decimal)
    assert of_rows([250], "INTEGER", called("round", Decimal(-2))) == 300


def test_a_rounded_quotient_is_a_float() -> None:
    quotient = Arithmetic("/", column("x"), literal(2))
    assert repr(of_rows([5, 4], "INTEGER", Function("round", (quotient,)))) == "3.0"


def test_a_float_is_the_decimal_that_it_shows(engine: Engine) -> None:
    for shown in ("0.29", "1.13", "4503599.627", "4499999.123456789", "-2.675"):
        held = written(f"CAST('{shown}' AS DOUBLE)")
        assert value(engine, build.cast(held, "DECIMAL(38, 9)")) == Decimal(shown)


@pytest.mark.parametrize(
    ("held", "kept"),
    [
        ("1e2 / 3", "33.3333333333333"),
        ("1e9 * 0.1 / 3", "33333333.3333333"),
        ("0.1 + 0.2e0", "0.3"),
        ("-1e-3 / 3", "-0.000333333333333333"),
        ("0e0", "0"),
        ("1e15 / 7", "142857142857143"),
    ],
)
def test_the_first_fifteen_digits_are_certain(engine: Engine, held: str, kept: str) -> None:
    digits = MYSQL.certain_digits(written(held))
    assert value(engine, build.cast(digits, "DECIMAL(38, 18)")) == Decimal(kept)


def test_floats_of_single_precision_are_added_up_as_doubles() -> None:
    assert of_rows([16_777_216.0, 1.0], "REAL", column("x"), "sum") == 16_777_217.0


@pytest.mark.parametrize(
    ("held", "aggregate", "found"),
    [
        ([1, 2, 3, 10], "median", 2.5),
        ([5], "median", 5.0),
        ([None, 4, 8], "median", 6.0),
        ([None], "median", None),
    ],
)
def test_the_value_in_the_middle(held: list[object], aggregate: str, found: object) -> None:
    assert of_rows(held, "INTEGER", column("x"), aggregate) == found


@pytest.mark.parametrize("sql", ["CAST('12 apples' AS DOUBLE)", "CAST('2026-02-30' AS DATE)"])
def test_a_value_that_does_not_fit_is_no_other_one(engine: Engine, sql: str) -> None:
    """MySQL itself makes 12 and NULL of them, and warns."""
    with pytest.raises(Exception, match=r"ncorrect .* value"):
        value(engine, written(sql))


# --- texts by their bytes --------------------------------------------------------------------

WORDS = ("a", "A", "á", "a ", "b")
"""The database takes the first four for one, and puts the last after them."""
TEXTS = [{"id": place, "x": word} for place, word in enumerate(WORDS)]
BY_X: dict[str, Any] = {"dimensions": {"x": column("x")}, "measures": {"n": ("count",)}}


def test_members_are_told_apart_and_stand_in_the_order_of_their_bytes() -> None:
    found = answers(TEXTS, {"x": "VARCHAR"}, ask(of("t.n"), by=(by("t.x"),)), **BY_X)
    assert found == [("A", 1), ("a", 1), ("a ", 1), ("b", 1), ("á", 1)]


def test_distinct_texts_are_counted_apart() -> None:
    for aggregate in ("count_distinct", "approx_count_distinct"):
        assert of_rows([*WORDS, "a", None], "VARCHAR", column("x"), aggregate) == 5


@pytest.mark.parametrize("other", [literal("a"), column("y")])
@pytest.mark.parametrize(
    ("op", "count"), [("=", 1), ("!=", 4), ("<", 1), ("<=", 2), (">", 3), (">=", 4)]
)
def test_texts_are_compared_by_their_bytes(op: str, count: int, other: RowExpr) -> None:
    table = [each | {"y": "a"} for each in TEXTS]
    measures = {"n": ("count", None, Compare(op, column("x"), other))}
    columns = {"x": "VARCHAR", "y": "VARCHAR"}
    assert answers(table, columns, ask(of("t.n")), measures=measures) == [((), count)]


@pytest.mark.parametrize(
    "test",
    [
        In(column("x"), (literal("a"), literal("B"))),
        In(Function("lower", (column("x"),)), (literal("á"), literal("B"))),
        Like(column("x"), "a"),
        compare(Function("nullif", (column("x"), literal("a"))), "=", "b"),
    ],
    ids=["in", "in of computed", "like", "nullif"],
)
def test_one_text_is_the_one(test: RowExpr) -> None:
    measures = {"n": ("count", None, test)}
    assert answers(TEXTS, {"x": "VARCHAR"}, ask(of("t.n")), measures=measures) == [((), 1)]


def test_texts_join_by_their_bytes_in_any_character_set(engine: Engine) -> None:
    """One table's texts are kept as Latin-1, the other's as Unicode."""
    latin = written("(SELECT CAST('é' AS CHAR CHARACTER SET latin1) AS k) AS l")
    wide = written("(SELECT CAST('é' AS CHAR) AS k UNION ALL SELECT 'e' UNION ALL SELECT 'É') AS w")
    same = exp.EQ(this=build.column("k", "l"), expression=build.column("k", "w"))
    select = build.from_(build.select(build.column("k", "w")), latin)
    assert rows(engine, build.inner_join(select, wide, same)) == ["é"]


def test_numbers_of_different_types_are_equal(engine: Engine) -> None:
    pairs = [
        ("9007199254740993", "CAST(9007199254740993 AS DECIMAL(38, 9))"),
        ("DATE '2026-01-01'", "TIMESTAMP '2026-01-01 00:00:00'"),
        ("1", "1.0e0"),
    ]
    for one, other in pairs:
        test = exp.EQ(this=build.column("a"), expression=build.column("b"))
        held = written(f"(SELECT {one} AS a, {other} AS b) AS t")
        assert rows(engine, build.from_(build.select(test), held)) == [1]


def test_a_subquery_is_asked_for_each_text(engine: Engine) -> None:
    """MariaDB remembers what it gave for a text, and takes another for the same."""
    outer = written("(SELECT 'EU' AS k UNION ALL SELECT 'eu' UNION ALL SELECT 'Eu') AS o")
    inner = written("(SELECT 'eu' AS k) AS i")
    same = exp.NullSafeEQ(this=build.column("k", "i"), expression=build.column("k", "o"))
    one = build.where(build.from_(build.select(build.number(1)), inner), same)
    known = build.case([(exp.Exists(this=one), build.number(1))], build.number(0))
    assert rows(engine, build.from_(build.select(known), outer)) == [0, 1, 0]


def test_rows_are_each_once_by_their_bytes(engine: Engine) -> None:
    arms = [build.select(build.alias(exp.Literal.string(word), "k")) for word in ("a", "A", "a")]
    union: exp.Query = arms[0]
    for arm in arms[1:]:
        union = exp.Union(this=union, expression=arm, distinct=True)
    assert sorted(rows(engine, union)) == ["A", "a"]
    held = written("(SELECT 'a' AS k UNION ALL SELECT 'A' UNION ALL SELECT 'a') AS t")
    once = build.distinct(build.from_(build.select(build.column("k")), held))
    assert sorted(rows(engine, once)) == ["A", "a"]


def test_last_values_stand_in_the_order_of_their_bytes() -> None:
    table = [each | {"day": date(2026, 1, 1)} for each in TEXTS]
    query = ask(of("t.m"), by=(by("t.id"),), order=(Order("a", descending=True),))
    told = {"dimensions": {"id": column("id")}, "measures": {"m": ("last", column("x"))}}
    found = answers(table, {"x": "VARCHAR", "day": "DATE"}, query, time="day", **told)
    assert [value for _, value in found] == ["á", "b", "a ", "a", "A"]


def test_at_one_moment_keys_follow_their_bytes() -> None:
    table = [each | {"day": date(2026, 1, 1)} for each in TEXTS]
    for aggregate, found in (("first", "A"), ("last", "á")):
        made = source("t", key=("x",), time="day", measures={"m": (aggregate, column("x"))})
        columns = {"t": {"id": "INTEGER", "x": "VARCHAR", "day": "DATE"}}
        case = Case(model(made), ask(of("t.m")), {"t": table}, columns)
        assert run_on("mysql", case) == run_on("duckdb", case) == {(): {"a": found}}


def test_names_hold_quotes_and_signs_of_all_kinds(engine: Engine) -> None:
    for name in ("a `b` \\ c", "💰 net", "ä" * 70, "behind "):
        inner = build.select(build.alias(build.literal("it's \\ so\n"), name))
        select = build.from_(build.select(build.column(name)), build.subquery(inner, name))
        assert rows(engine, select) == ["it's \\ so\n"]


def test_long_names_that_differ_at_their_ends_stay_apart(engine: Engine) -> None:
    names = [f"{'ä' * 70}{digit}" for digit in (1, 2)]
    inner = build.select(*(build.alias(build.number(n), name) for n, name in enumerate(names)))
    select = build.from_(build.select(*map(build.column, names)), build.subquery(inner, "t"))
    assert engine.run(MYSQL.text(select, pretty=True)).rows == [(0, 1)]


# --- rows ------------------------------------------------------------------------------------


def test_null_stands_where_the_question_says(engine: Engine) -> None:
    held = written("(SELECT 1 AS x UNION ALL SELECT NULL UNION ALL SELECT 2) AS t")
    for desc, first, expected in [
        (False, False, [1, 2, None]),
        (False, True, [None, 1, 2]),
        (True, False, [2, 1, None]),
        (True, True, [None, 2, 1]),
    ]:
        term = exp.Ordered(this=build.column("x"), desc=desc, nulls_first=first)
        select = build.from_(build.select(build.column("x")), held.copy())
        assert rows(engine, build.order_by(select, term)) == expected


def test_rows_are_in_order_of_what_is_shown(engine: Engine) -> None:
    """A column that is read has the name of one that is shown."""
    shown = build.alias(exp.Neg(this=build.column("x")), "x")
    select = build.from_(build.select(shown), written("(SELECT 1 AS x UNION ALL SELECT 2) AS t"))
    ordered = exp.Ordered(this=build.column("x"), desc=False, nulls_first=False)
    assert rows(engine, build.order_by(select, ordered)) == [-2, -1]


def test_a_time_that_names_its_zone_is_refused() -> None:
    zoned = build.cast(exp.Literal.string("2026-01-01 00:00+02"), "TIMESTAMPTZ")
    assert MYSQL.lacks(build.select(zoned)) == ["time that names its own zone"]


def named(count: int, *, twice: int) -> exp.Select:
    """A statement of so many named queries, each of which is read, and some of them twice."""
    ctes: list[tuple[str, exp.Query]] = [
        (f"q{number}", build.select(build.alias(build.number(number), "n")))
        for number in range(count)
    ]
    names = [*(name for name, _ in ctes), *(name for name, _ in ctes[:twice])]
    each = [build.from_(build.select(build.column("n")), build.table(name)) for name in names]
    total = build.select(exp.Sum(this=build.column("n")))
    select = build.from_(total, build.subquery(build.union_all(each), "each"))
    return build.with_ctes(select, ctes)


def test_many_queries_are_named(engine: Engine) -> None:
    """MariaDB takes 64."""
    assert rows(engine, named(80, twice=5)) == [sum(range(80)) + sum(range(5))]
    assert rows(engine, named(64, twice=64)) == [2 * sum(range(64))]
    assert MYSQL.lacks(named(64, twice=64)) == []
    (told,) = MYSQL.lacks(named(65, twice=65))
    assert told.startswith("room for")


def test_fields_are_those_of_json(engine: Engine) -> None:
    held = """'{"city": "Oslo", "le vel": {"n": 10}, "none": null}'"""
    city, level, none = (MYSQL.field(written(held), name) for name in ("city", "le vel", "none"))
    assert [value(engine, each) for each in (city, none)] == ["Oslo", None]
    assert value(engine, MYSQL.field(level, "n")) == "10"


def test_an_array_has_a_row_for_each_element(engine: Engine) -> None:
    held = written("""SELECT 1 AS id, '["a", "b"]' AS tags UNION ALL SELECT 2, '[]'""")
    assert isinstance(held, exp.Query)
    taken = MYSQL.unnested(build.subquery(held, "t"), build.column("tags", "t"), "tag", hides=False)
    assert rows(engine, taken) == ["a", "b"]
    assert MYSQL.lacks(taken) == []


def test_an_element_can_not_stand_in_its_lists_place() -> None:
    subquery = build.subquery(build.select(build.number(1)), "t")
    taken = MYSQL.unnested(subquery, build.column("tags"), "tags", hides=True)
    (told,) = MYSQL.lacks(taken)
    assert told.startswith("column in the place of another")


def test_hours_are_those_of_the_projects_clock() -> None:
    # Half past one comes twice on 3 November; 4:30 of UTC is half past midnight.
    at = [datetime(2024, 11, 3, hour, 30) for hour in (4, 5, 6)]  # noqa: DTZ001
    at.append(datetime(2024, 11, 3, 3, 30))  # noqa: DTZ001  (still 2 November)
    made = model(
        source("t", key=("id",), time="at", stored_as="UTC", measures={"n": ("count",)}),
        timezone="America/New_York",
    )
    table = [{"id": place, "at": each} for place, each in enumerate(at)]
    columns = {"t": {"id": "INTEGER", "at": "TIMESTAMP"}}
    window = Window(date(2024, 11, 3), date(2024, 11, 4))
    by_day = Case(made, ask(of("t.n"), grain=Grain.DAY, window=window), {"t": table}, columns)
    assert run_on("mysql", by_day) == {(date(2024, 11, 3),): {"a": 3}}
    by_hour = replace(by_day, query=replace(by_day.query, grain=DayPart.HOUR, sparse=True))
    found = [str(start) for (start,) in run_on("mysql", by_hour)]
    assert found == [
        "2024-11-03 00:00:00-04:00",
        "2024-11-03 01:00:00-04:00",
        "2024-11-03 01:00:00-05:00",
    ]
