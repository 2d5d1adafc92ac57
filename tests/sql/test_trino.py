"""What a parser can't show of Trino's SQL: limits, types and functions that differ by their values.

The expected texts are those of Trino's documentation: what the functions do there is said beside.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
import sqlglot
from sqlglot import exp

from kpidsl.model.moments import DayPart, Run
from kpidsl.model.periods import Grain
from kpidsl.sql import build
from kpidsl.sql.dialects import DIALECTS, Clock
from kpidsl.sql.functions import SCALAR_BUILDERS
from tests.conformance.translated import TO_DUCKDB, Translated

TRINO = DIALECTS["trino"]
RULES = TO_DUCKDB["trino"]
SECOND = timedelta(seconds=1)
FORTY_YEARS = [date(1990, 1, 1) + timedelta(days=day) for day in range(14_610)]


def written(tree: exp.Expr) -> str:
    return TRINO.text(tree, pretty=False)


def x() -> exp.Expr:
    return build.column("x")


def rows(tree: exp.Query) -> list[object]:
    return [row[0] for row in Translated("trino", "UTC").run(written(tree)).rows]


# --- rows ------------------------------------------------------------------------------------


def test_a_series_may_be_longer_than_a_sequence() -> None:
    ends = [build.day(day) for day in (FORTY_YEARS[0], FORTY_YEARS[-1])]
    series = TRINO.date_series(ends[0], ends[1], Grain.DAY, "period", None)
    assert sorted(map(str, rows(series))) == [str(day) for day in FORTY_YEARS]


def test_a_series_between_the_ends_of_a_row_may_be_longer_than_a_sequence() -> None:
    bounds = build.rows(
        [("first", "DATE"), ("last", "DATE"), ("kind", "VARCHAR")],
        [
            (FORTY_YEARS[0], FORTY_YEARS[-1], "long"),
            (date(2026, 1, 2), date(2026, 1, 1), "none"),
            (date(2026, 1, 1), None, "open"),
            (date(2026, 1, 1), date(2026, 1, 1), "one"),
        ],
    )
    ends = [build.column(name, "bounds") for name in ("first", "last")]
    days = TRINO.each_day(ends[0], ends[1], "day", ("kind",), "bounds")
    found = Translated("trino", "UTC").run(written(build.with_ctes(days, [("bounds", bounds)])))
    assert sorted(found.rows) == [
        *(("long", day) for day in FORTY_YEARS),
        ("one", date(2026, 1, 1)),
    ]


def test_hours_may_be_more_than_a_sequence_has() -> None:
    first = datetime(2024, 1, 1)  # noqa: DTZ001 -- of UTC
    hours = [first + timedelta(hours=hour) for hour in range(20_001)]
    found = rows(TRINO.instants([Run(hours[0], hours[-1], DayPart.HOUR)], "hour"))
    assert sorted(map(str, found)) == [str(hour) for hour in hours]


def test_the_limit_of_a_sequence_is_tried() -> None:
    with pytest.raises(Exception, match="a sequence is too long"):
        Translated("trino", "UTC").run("SELECT * FROM UNNEST(SEQUENCE(1, 10001, 1)) AS t(n)")


# --- moments ---------------------------------------------------------------------------------


def _earlier(node: exp.Anonymous) -> exp.Expr:
    """Of the two hours that a clock shows alike, take the one that DuckDB doesn't."""
    if node.name != "WITH_TIMEZONE":
        return RULES[exp.Anonymous](node)
    moment, zone = node.expressions
    late = exp.AtTimeZone(this=moment.copy(), zone=zone.copy())
    hour = exp.Interval(this=exp.Literal.string("1"), unit=exp.Var(this="HOUR"))
    early = exp.Paren(this=exp.Sub(this=late, expression=hour))
    shown = exp.AtTimeZone(this=early.copy(), zone=zone.copy())
    return build.case([(exp.EQ(this=shown, expression=moment), early)], late.copy())


@pytest.mark.parametrize("takes", ["the later", "the earlier"])
@pytest.mark.parametrize(
    ("zone", "hour"),
    [
        ("Europe/Berlin", datetime(2026, 10, 25, 2, 30)),  # noqa: DTZ001 -- of the zone's clock
        ("America/New_York", datetime(2026, 11, 1, 1, 30)),  # noqa: DTZ001
        ("Europe/Berlin", datetime(2026, 10, 24, 2, 30)),  # noqa: DTZ001
        ("Europe/Berlin", datetime(2026, 10, 26, 2, 30)),  # noqa: DTZ001
        ("America/New_York", datetime(2026, 3, 7, 2, 30)),  # noqa: DTZ001
        ("America/New_York", datetime(2026, 3, 9, 2, 30)),  # noqa: DTZ001
    ],
)
def test_an_instant_is_the_later_one_whichever_trino_takes(
    monkeypatch: pytest.MonkeyPatch, takes: str, zone: str, hour: datetime
) -> None:
    """What `with_timezone` takes depends on the sign of the zone's offset."""
    if takes == "the earlier":
        monkeypatch.setitem(TO_DUCKDB, "trino", {**RULES, exp.Anonymous: _earlier})
    tree = build.select(TRINO.instant(build.literal(hour), Clock("UTC", zone)))
    later = hour.replace(tzinfo=ZoneInfo(zone), fold=1).astimezone(UTC).replace(tzinfo=None)
    assert rows(tree) == [later]


def test_moments_have_microseconds() -> None:
    """A `TIMESTAMP` alone is one of milliseconds."""
    moment = datetime(2026, 1, 1, 0, 0, 0, 999_999)  # noqa: DTZ001
    assert written(build.literal(moment)) == "CAST('2026-01-01 00:00:00.999999' AS TIMESTAMP(6))"
    zoned = build.cast(x(), "TIMESTAMPTZ")
    assert written(zoned) == 'CAST("x" AS TIMESTAMP(6) WITH TIME ZONE)'


def test_what_has_a_zone_is_shown_by_the_project_s_whatever_the_session_s() -> None:
    """A cast of it alone shows its own clock."""
    shown = written(TRINO.local_time(x(), Clock("Europe/Berlin", None)))
    assert "AT_TIMEZONE(CAST(\"x\" AS TIMESTAMP(6) WITH TIME ZONE), 'Europe/Berlin')" in shown


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Europe/Berlin", "Pacific/Pago_Pago"])
@pytest.mark.parametrize("session", ["Pacific/Kiritimati", "Pacific/Pago_Pago"])
@pytest.mark.parametrize("kind", ["DATE", "TIMESTAMP", "TIMESTAMPTZ"])
def test_a_column_is_compared_itself_so_that_no_row_is_lost(
    zone: str, session: str, kind: str
) -> None:
    """A cast or a function of a column keeps Trino from leaving out partitions."""
    begin, end = (datetime(2026, 3, day, tzinfo=ZoneInfo(zone)) for day in (1, 2))
    moments = [begin - SECOND, begin, end - SECOND, end]
    if kind == "DATE":
        moments = [begin - timedelta(days=1), begin, end]
    naive = [moment.replace(tzinfo=None) for moment in moments]
    given = [
        build.select(build.alias(build.cast(exp.Literal.string(str(told)), kind), "at"))
        for told in (moments if kind == "TIMESTAMPTZ" else naive)
    ]
    clock = Clock(zone, None)
    bounds = [build.literal(clock.stored(moment.date())) for moment in (begin, end)]
    value = TRINO.stored_time(build.column("at"), clock)
    kept = build.where(
        build.from_(build.select(exp.Count(this=exp.Star())), build.table("given")),
        exp.GTE(this=value, expression=bounds[0]),
        exp.LT(this=value.copy(), expression=bounds[1]),
    )
    sql = written(build.with_ctes(kept, [("given", build.union_all(given))]))
    assert "\"at\" >= CAST('2026-02-27' AS DATE)" in sql
    assert "\"at\" < CAST('2026-03-05' AS DATE)" in sql
    assert Translated("trino", session).run(sql).rows == [(1 if kind == "DATE" else 2,)]


def test_the_first_of_all_days_has_none_before_it() -> None:
    value = TRINO.local_time(build.column("at"), Clock("UTC", None))
    first = exp.GTE(this=value, expression=build.literal(datetime(1, 1, 1)))  # noqa: DTZ001
    assert '"at" >=' not in written(first)


# --- numbers ---------------------------------------------------------------------------------


def test_an_average_is_not_rounded_to_the_places_of_its_decimals() -> None:
    """`avg` of decimals is a decimal of as many places."""
    assert written(exp.Avg(this=x())) == 'AVG(CAST("x" AS DOUBLE))'


@pytest.mark.parametrize(
    ("values", "fraction", "expected"),
    [
        ([1, 2, 4, 8], "0.5", 3.0),
        ([8, 1, None, 2], "0.25", 1.5),
        ([5], "0.9", 5.0),
        ([None, None], "0.5", None),
        ([1, 2, 3, 4, 5], "0", 1.0),
        ([1, 2, 3, 4, 5], "1", 5.0),
    ],
)
def test_percentiles_are_exact(
    values: list[int | None], fraction: str, expected: float | None
) -> None:
    given = build.rows(
        [("x", "DECIMAL(18, 2)")], [[None if value is None else Decimal(value)] for value in values]
    )
    share = build.select(TRINO.quantile(x(), Decimal(fraction)))
    tree = build.from_(share, build.subquery(given, "given"))
    assert "APPROX" not in written(tree)
    assert rows(tree) == [expected]


def test_a_long_whole_number_is_a_decimal() -> None:
    number = "12345678901234567890"
    assert written(build.number(int(number))) == f"CAST('{number}' AS DECIMAL(38, 0))"


def test_the_largest_of_some_values_and_nothing_is_one_of_them() -> None:
    """`greatest` is NULL where any is."""
    for found in (
        exp.Greatest(this=x(), expressions=[exp.Null()]),
        exp.Least(this=x(), expressions=[exp.Null()]),
    ):
        given = build.rows([("x", "BIGINT")], [[Decimal(3)]])
        assert rows(build.from_(build.select(found), build.subquery(given, "given"))) == [3]
        assert written(found.copy()).count("COALESCE") == 2


# --- texts -----------------------------------------------------------------------------------


def test_only_spaces_are_trimmed() -> None:
    """`trim(x)` leaves off tabs and line breaks, too."""
    assert written(SCALAR_BUILDERS["trim"]([x()])) == "TRIM(' ' FROM \"x\")"


def test_an_empty_text_is_not_replaced() -> None:
    """`replace('ab', '', '-')` is `-a-b-`."""
    empty, dash = exp.Literal.string(""), exp.Literal.string("-")
    found = SCALAR_BUILDERS["replace"]([exp.Literal.string("ab"), empty, dash])
    assert written(found).startswith("CASE WHEN '' = '' THEN 'ab' ELSE")


# --- what is refused -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sql", "lacks"),
    [
        (
            "SELECT PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY a) FROM t",
            "percentile that is exact",
        ),
        ("SELECT a IS NOT TRUE FROM t", "test for `TRUE` by `IS`"),
        ('SELECT a AS "Paid", b AS paid FROM t', "column named `paid`"),
        ("SELECT a FROM t WHERE NOT b IS NULL", None),
    ],
)
def test_what_would_be_written_otherwise_than_it_was_meant_is_refused(
    sql: str, lacks: str | None
) -> None:
    tree = build.verbatim(sqlglot.parse_one(sql, read="trino"))
    assert isinstance(tree, exp.Query)
    assert TRINO.lacks(tree) == ([] if lacks is None else [lacks])


def test_an_element_in_the_place_of_its_list_is_refused() -> None:
    list_ = build.subquery(build.from_(build.select(exp.Star()), build.table("t")), "t")
    found = TRINO.unnested(list_, build.column("items", "t"), "items", hides=True)
    assert TRINO.lacks(found) == ["column in the place of another of its name, as of a list"]


def test_an_element_with_fields_stays_one_column() -> None:
    """`unnest` makes a column of each field of a row: the row is put into another."""
    list_ = build.subquery(build.from_(build.select(exp.Star()), build.table("t")), "t")
    found = TRINO.unnested(list_, build.column("items", "t"), "item", hides=False)
    assert TRINO.lacks(found) == []
    assert 'UNNEST(TRANSFORM("t"."items", "element" -> ROW("element")))' in written(found)
