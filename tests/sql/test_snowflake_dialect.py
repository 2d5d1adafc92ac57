"""What a parser can't show of Snowflake's SQL: where it takes tests of other rows, how many
decimals it keeps, and functions that differ by their values.

The expected texts are those of Snowflake's documentation: what the functions do there is said
beside.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlglot import exp, parse_one

from kpidsl.sql import build
from kpidsl.sql.dialects import DIALECTS, Clock
from kpidsl.sql.money import MONEY, RATE, WEIGHT
from kpidsl.sql.products import cut_products
from tests.conformance.translated import Translated
from tests.semantics.conftest import SHOP
from tests.sql.test_text import QUESTIONS
from tests.support import project

SNOWFLAKE = DIALECTS["snowflake"]


def written(tree: exp.Expr) -> str:
    return SNOWFLAKE.text(tree, pretty=False)


def column(name: str) -> exp.Expr:
    return build.column(name)


def answer(tree: exp.Expr) -> Any:
    """What DuckDB answers, as a parser understands the SQL."""
    select = build.select(build.alias(tree, "x"))
    return Translated("snowflake", "UTC").run(written(select)).rows[0][0]


# --- rows ------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["the many side", "any on the many side"])
def test_a_test_of_other_rows_is_a_join(name: str, tmp_path: Path) -> None:
    """Snowflake takes a correlated EXISTS as a condition of WHERE alone, and not within CASE."""
    question: dict[str, Any] = dict(QUESTIONS[name])
    with project(tmp_path, SHOP) as loaded:
        sql = loaded.compile(*question.pop("metrics"), **question, dialect="snowflake")
    assert "EXISTS" not in sql


def test_a_test_of_other_rows_by_a_range_is_refused() -> None:
    tree = parse_one("SELECT 1 FROM t WHERE EXISTS (SELECT 1 FROM u WHERE u.id > t.id)")
    assert isinstance(tree, exp.Query)
    (told,) = SNOWFLAKE.lacks(tree)
    assert told.startswith("test of other rows")


def test_one_of_the_values_that_are_the_same_is_taken_of_any_type() -> None:
    """MAX takes no BOOLEAN; MODE does, and leaves NULL out."""
    assert written(build.as_held(exp.Max(this=column("x")))) == 'MODE("x")'
    assert written(exp.Max(this=column("x"))) == 'MAX("x")'


# --- times -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("held", "instant"),
    [
        # New York's clock goes from 02:00 to 03:00 on 8 March, and back on 1 November 2026: of an
        # hour that is skipped it counts as it did before, and of two the later one is meant.
        ("2026-03-08 02:30:00", "2026-03-08 07:30:00"),
        ("2026-11-01 01:30:00", "2026-11-01 06:30:00"),
        ("2026-07-01 00:00:00", "2026-07-01 04:00:00"),
    ],
)
def test_what_is_stored_by_a_clock_that_changes_is_one_instant(held: str, instant: str) -> None:
    """Which one CONVERT_TIMEZONE would take isn't said: so it is asked what is shown there."""
    clock = Clock("Europe/Berlin", "America/New_York")
    assert str(answer(SNOWFLAKE.instant(build.literal(held), clock))) == instant


# --- numbers ---------------------------------------------------------------------------------


def test_an_average_is_a_float() -> None:
    """Of a NUMBER it would have six decimals more than that."""
    assert written(exp.Avg(this=column("x"))) == 'AVG(CAST("x" AS DOUBLE))'


def product(value: exp.Expr, factor: exp.Expr) -> exp.Expr:
    return build.exactly(exp.Mul(this=value, expression=factor))


def test_exact_products_have_room_for_all_decimals() -> None:
    """Of S1 and S2 decimals a product has the lesser one of S1 + S2 and of the greatest of S1, S2
    and 12: so 9 and 12 made twelve, and with a factor of 9 + 12 = 21 all 21 are kept."""
    rate = column("rate")
    money = build.cast(column("amount"), MONEY)
    amount = 'CAST("amount" AS DECIMAL(38, 9))'
    assert written(product(money, rate)) == f'{amount} * CAST("rate" AS DECIMAL(38, 21))'
    share = build.cast(column("share"), WEIGHT)
    known = written(product(column("amount"), share))  # by its type money has nine at most
    assert known.endswith("AS DECIMAL(38, 21))")
    exchanged = build.cast(product(money.copy(), rate.copy()), RATE)
    # Money at a rate has twelve, and twelve more with a share.
    assert written(product(exchanged, share)).endswith("AS DECIMAL(38, 24))")


def test_products_of_columns_are_asked_for_their_decimals() -> None:
    tree = parse_one("SELECT SUM(a * b), SUM(a * 2) FROM t")
    assert [each.sql() for each in cut_products(tree, "snowflake")] == ["a * b"]


# --- texts -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("start", "length", "part"),
    [(1, 3, "abc"), (0, 3, "ab"), (-2, 3, "de"), (2, None, "bcde"), (0, None, "abcde")],
)
def test_the_place_before_the_first_character_is_counted(
    start: int, length: int | None, part: str
) -> None:
    """Snowflake takes 0 for 1: so no such place may be left to it."""
    node = exp.Substring(
        this=build.literal("abcde"),
        start=build.number(start),
        length=None if length is None else build.number(length),
    )
    assert answer(node) == part
    assert "GREATEST(CASE" in written(node)


def test_a_name_has_no_more_than_255_characters() -> None:
    """Such as that of a formula: its end, in which two may differ, is told by a mark."""
    one, other = ("n" * 300 + end for end in "ab")
    select = build.select(build.alias(column("x"), one), build.alias(column("x"), other))
    names = parse_one(written(select), read="snowflake", into=exp.Select).named_selects
    assert [len(name) for name in names] == [255, 255]
    assert len(set(names)) == 2
