"""BigQuery's SQL gives on Google's reference evaluator what the oracle gives; each test is of
something that it says otherwise."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
import sqlglot
from sqlglot import exp

from kpidsl.model.expr import Arithmetic
from kpidsl.sql import build
from kpidsl.sql.dialects import DIALECTS, Clock, Kind
from tests.oracle import one_table
from tests.oracle.build import ask, by, column, model, of, source
from tests.oracle.engine import run_on
from tests.oracle.generate import Case
from tests.oracle.one_table import called

pytestmark = pytest.mark.googlesql
answers = partial(one_table.answers, "googlesql")
of_rows = partial(one_table.of_rows, "googlesql")
BIGQUERY = DIALECTS["bigquery"]
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
    ("held", "months", "days", "moved"),
    [
        ("9999-12-31", 0, 1, date(9999, 12, 31)),
        ("9999-12-31", 1, 3, date(9999, 12, 30)),
        ("9999-11-30", 1, 0, date(9999, 12, 30)),
        ("9999-12-31", 0, -1, date(9999, 12, 30)),
        ("2026-01-31", 1, 1, date(2026, 3, 1)),
    ],
)
def test_no_day_comes_after_the_last(
    rows: Asked, held: str, months: int, days: int, moved: date
) -> None:
    """Exports write it for "never"."""
    assert value(rows, BIGQUERY.add(written(f"DATE '{held}'"), months, days)) == moved
    assert value(rows, BIGQUERY.add(build.cast(exp.Null(), "DATE"), months, days)) is None


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


@pytest.mark.parametrize(
    ("kind", "held", "found"),
    [
        # As a NUMERIC it would be rounded to 0.000000013.
        ("DECIMAL(20, 5)", Decimal("0.00011"), Decimal("0.0000000121")),
        ("BIGINT", 3_000_000, 9_000_000_000_000),
        ("DOUBLE", 0.5, 0.25),
    ],
)
def test_products_keep_all_decimals(kind: str, held: object, found: object) -> None:
    squared = Arithmetic("*", column("x"), column("x"))
    product = of_rows([held], kind, squared)
    assert (product, isinstance(product, float)) == (found, kind == "DOUBLE")


@pytest.mark.parametrize(
    ("product", "found"),
    [
        ("{x} * ({x} * {x})", "0.000000000001"),
        ("{x} * 2 * {x}", "0.00000002"),
        ("CASE WHEN {x} < CAST('1' AS DOUBLE) THEN {x} END * {x}", "0.00000001"),
    ],
)
def test_products_of_more_are_wide_from_the_first(rows: Asked, product: str, found: str) -> None:
    """Each x is 0.0001, a NUMERIC."""
    tree = sqlglot.parse_one(product.format(x="x"), read="duckdb")
    numeric = written("SELECT NUMERIC '0.0001' AS x")
    assert isinstance(numeric, exp.Query)
    select = build.from_(build.select(tree), build.subquery(numeric, "t"))
    assert rows(select) == [Decimal(found)]


def test_more_decimals_than_are_kept_are_rounded(rows: Asked) -> None:
    for held, kept in [("1.0000000015", "1.000000002"), ("-1.0000000015", "-1.000000002")]:
        decimal = written(f"BIGNUMERIC '{held}'")
        assert value(rows, build.cast(decimal, "DECIMAL(38, 9)")) == Decimal(kept)


def test_certain_digits_make_a_decimal(rows: Asked) -> None:
    for held, kept in [("0.1 + 0.2", "0.3"), ("1e20", "1e20"), ("-2.5e-7", "-0.00000025")]:
        digits = BIGQUERY.certain_digits(written(held))
        assert value(rows, build.cast(digits, "DECIMAL(38, 12)")) == Decimal(kept)


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


def test_null_is_neither_the_least_nor_the_greatest(rows: Asked) -> None:
    for kind, found in ((exp.Least, 1), (exp.Greatest, 2)):
        node = kind(this=build.number(2), expressions=[exp.Null(), build.number(1)])
        assert value(rows, node) == found


# --- texts -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "expected"),
    [("upper", " ÄPFEL\t"), ("lower", " äpfel\t"), ("length", 7), ("trim", "Äpfel\t")],
)
def test_letters_are_not_bytes(name: str, expected: object) -> None:
    query = ask(of("t.n"), by=(by("t.part"),))
    told = {"dimensions": {"part": called(name)}, "measures": {"n": ("count",)}}
    assert answers([{"id": 1, "x": " Äpfel\t"}], {"x": "VARCHAR"}, query, **told) == [(expected, 1)]


def test_texts_and_names_hold_quotes_and_backslashes(rows: Asked) -> None:
    name = "a `b` \\ c"
    inner = build.select(build.alias(build.literal("it's \\ so\n`\"ü"), name))
    select = build.from_(build.select(build.column(name)), build.subquery(inner, name))
    assert rows(select) == ["it's \\ so\n`\"ü"]


# --- names of columns ------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["umsatz", "_x", "Größe 大", "share % of a+b", "2026"])
def test_a_name_of_letters_and_spaces_is_one_of_bigquery(name: str) -> None:
    assert BIGQUERY.lacks(build.select(build.alias(build.number(1), name))) == []


@pytest.mark.parametrize("name", ['quo"ted', "a.b", "a/b", "(a)", "tab\t", "_TABLE_x", "x" * 301])
def test_a_name_that_bigquery_gives_to_no_column_is_refused(name: str) -> None:
    told = BIGQUERY.lacks(build.select(build.alias(build.number(1), name)))
    assert told == [f"column named `{name}`"]


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
