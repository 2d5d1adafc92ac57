"""The oracle itself, against cases small enough to work out by hand."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from kpidsl.model.expr import (
    And,
    Column,
    Constant,
    EntityValue,
    Filtered,
    FixedAmount,
    In,
    IsState,
    Literal,
    MetricArithmetic,
    MetricCoalesce,
    MetricNegate,
    MetricRef,
    Not,
    OverEntities,
    QueryDimension,
    RowExpr,
    TimeColumn,
)
from kpidsl.model.periods import Grain
from kpidsl.model.project import Model
from kpidsl.model.sources import PerEntity
from tests.oracle.build import ask, by, column, compare, days, model, of, source
from tests.oracle.rows import Tables
from tests.oracle.shop import (
    FEB,
    NAMED,
    NONE,
    UNMAPPED,
    D,
    answer,
    refused,
    table,
)


def test_excluded_rows_are_gone_but_a_null_condition_excludes_nothing() -> None:
    # Orders 1 to 6; order 2's `test` is NULL. 10 + 20 + 40 + 80 + 160.
    assert answer(ask(of("orders.orders"), of("orders.revenue"))) == {(): (6, D("310.00"))}


def test_an_attribute_of_an_entity_is_taken_over_all_kept_rows() -> None:
    # First days: customer 1 JAN, 2 FEB, 9 FEB, 3 MAR; a NULL customer has none.
    assert answer(ask(of("orders.new"), grain=Grain.MONTH)) == {
        date(2024, 1, 1): 1,
        date(2024, 2, 1): 2,
        date(2024, 3, 1): 1,
    }


def test_unmatched_and_null_members_are_kept_apart_from_texts_that_look_alike() -> None:
    assert answer(ask(of("orders.orders"), by=(NAMED,))) == {
        "EU": 2,
        NONE: 1,
        "(none)": 1,
        UNMAPPED: 2,
    }


def test_a_dimension_computed_in_the_lookup_is_unmapped_where_there_is_no_partner() -> None:
    # `else "out"` holds for the matched 2 and 3, not for the orphan and the NULL key.
    assert answer(ask(of("orders.orders"), by=(by("customers.band"),))) == {
        "in": 2,
        "out": 2,
        UNMAPPED: 2,
    }


def test_a_chain_is_unmapped_when_any_hop_is() -> None:
    # Lines 1 to 3 → order 1 → EU; 4 → order 2 → NULL; 5 → order 3 → no customer; 6 → no order.
    assert answer(ask(of("lines.lines"), by=(NAMED,))) == {"EU": 3, NONE: 1, UNMAPPED: 2}


@pytest.mark.parametrize(
    ("predicate", "rows"),
    [
        (compare(NAMED, "=", "EU"), 2),
        (compare(NAMED, "!=", "EU"), 4),
        (Not(compare(NAMED, "=", "EU")), 4),
        (Not(compare(NAMED, "!=", "EU")), 2),
        (compare(NAMED, "<", "EU"), 1),  # "(none)": "(" stands before letters
        (In(NAMED, (Literal("EU"), Literal("x"))), 2),
        (Not(In(NAMED, (Literal("EU"), Literal("x")))), 4),
        (IsState(NAMED, "null"), 3),
        (IsState(NAMED, "none"), 1),
        (IsState(NAMED, "unmapped"), 2),
        (compare(NAMED, "=", "(none)"), 1),
        (compare(NAMED, "=", None), 0),
        (compare(NAMED, "!=", None), 6),
        (compare(TimeColumn(), ">=", FEB), 5),
    ],
)
def test_predicates_have_two_values(predicate: RowExpr, rows: int) -> None:
    assert answer(ask(of("orders.orders"), where=predicate)) == {(): rows}


def test_a_row_counts_once_in_each_group_of_its_many_side() -> None:
    # Order 1 has a (twice) and b, order 2 b, order 3 a NULL sku; 4, 5 and 6 have no line.
    assert answer(ask(of("orders.revenue"), by=(by("lines.sku"),))) == {
        "a": D("10.00"),
        "b": D("30.00"),
        NONE: D("40.00"),
        UNMAPPED: D("240.00"),
    }


def test_two_dimensions_of_one_many_side_are_read_from_one_row() -> None:
    # Order 1: (a, 1), (a, 2), (b, 1); never (b, 2), which only order 2 has.
    found = answer(ask(of("orders.orders"), by=(by("lines.sku"), by("lines.size"))))
    assert found == {
        ("a", 1): 1,
        ("a", 2): 1,
        ("b", 1): 1,
        ("b", 2): 1,
        (NONE, 1): 1,
        (UNMAPPED, UNMAPPED): 3,
    }


def test_a_reverse_path_may_have_two_hops() -> None:
    # Customer 1 has order 1 (skus a, b), and 6 adds nothing; 2 has b, 3 has order 5 without
    # lines and 4 has no order.
    assert answer(ask(of("customers.customers"), by=(by("lines.sku"),))) == {
        "a": 1,
        "b": 2,
        UNMAPPED: 2,
    }


@pytest.mark.parametrize(
    ("predicate", "rows"),
    [
        (compare(by("lines.sku"), "=", "a"), 1),
        (compare(by("lines.sku"), "!=", "a"), 6),  # any other sku, NULL and no line included
        (Not(compare(by("lines.sku"), "=", "a")), 5),  # no line with a
        (IsState(by("lines.sku"), "unmapped"), 3),
        # One line must be both: (b, 1) of order 1; order 2 has only (b, 2).
        (And((compare(by("lines.sku"), "=", "b"), compare(by("lines.size"), "=", 1))), 1),
        (And((compare(by("lines.sku"), "=", "a"), compare(by("lines.size"), "=", 3))), 0),
        (And((compare(by("lines.sku"), "=", "b"), Not(compare(by("lines.sku"), "=", "a")))), 1),
        (And((compare(by("lines.sku"), "=", "b"), compare(NAMED, "=", "EU"))), 1),
    ],
)
def test_a_filter_on_the_many_side_means_any_row(predicate: RowExpr, rows: int) -> None:
    assert answer(ask(of("orders.orders"), where=predicate)) == {(): rows}


def test_refusals() -> None:
    orders = of("orders.orders")
    sku = by("lines.sku")
    refused(ask(orders, by=(sku,), where=compare(sku, "=", "a")))
    refused(ask(of("customers.customers"), grain=Grain.MONTH))  # no clock
    refused(ask(FixedAmount(D(1), "USD", "day")))  # no window
    refused(
        ask(
            Filtered(FixedAmount(D(1), "USD", "day"), compare(NAMED, "=", "EU")),
            window=days("2024-01-01", "2024-04-01"),
        )
    )


def test_fan_out_over_a_source_whose_rows_may_repeat_is_refused() -> None:
    keyless = model(
        source("a", key=(), measures={"n": ("count",)}),
        source("b", joins={"a": ("a", "a", "id")}, dimensions={"d": column("d")}),
    )
    refused(ask(of("a.n"), by=(by("b.d"),)), keyless)


def test_paths_are_reverse_then_forward_and_only_one() -> None:
    def triangle(*, second: bool) -> Model:
        joins = {"to_b": ("b", "b", "id")}
        if second:
            joins["also_b"] = ("b2", "b", "id")
        return model(
            source("a", joins=joins, measures={"n": ("count",)}),
            source("b", key=("id",), dimensions={"d": column("d")}),
            source(
                "c", key=("id",), joins={"to_b": ("b", "b", "id")}, dimensions={"e": column("e")}
            ),
        )

    tables: Tables = {
        "a": table("b b2", (1, 2)),
        "b": table("id d", (1, "one"), (2, "two")),
        "c": table("id b e", (1, 1, "e")),
    }
    n = of("a.n")
    assert answer(ask(n, by=(by("b.d"),)), tables, triangle(second=False)) == {"one": 1}
    refused(ask(n, by=(by("b.d"),)), triangle(second=True))
    refused(ask(n, by=(by("c.e"),)), triangle(second=False))  # forward, then reverse
    chosen = QueryDimension("d", "b", "a", ("also_b",))
    assert answer(ask(n, by=(chosen,)), tables, triangle(second=True)) == {"two": 1}


def test_a_shared_dimension_is_own_or_reached_over_a_join() -> None:
    # Orders have it themselves; lines reach it over their order: 1 web (3 lines), 2 NULL,
    # 3 web, 8 no order.
    found = answer(ask(of("orders.orders"), of("lines.lines"), by=(by("way"),)))
    assert found == {"web": (3, 4), NONE: (1, 1), "shop": (2, 0), UNMAPPED: (0, 1)}


def test_filters_of_the_measure_the_formula_and_the_query_all_hold() -> None:
    # New orders: 1, 2, 3, 5; on the web: 1, 3; with an EU customer: 1.
    on_web = Filtered(of("orders.new"), compare(by("way"), "=", "web"))
    assert answer(ask(on_web, where=compare(NAMED, "=", "EU"))) == {(): 1}


def test_the_rows_of_an_answer_are_those_of_any_leaf() -> None:
    # Only the EU order of January is on the web with an amount; the others stand for order rows.
    web = Filtered(of("orders.revenue"), compare(by("way"), "=", "shop"))
    assert answer(ask(web, by=(NAMED,))) == {UNMAPPED: D("80.00"), "(none)": D("160.00")}
    company = ask(web, of("orders.least"), by=(NAMED,))
    assert answer(company)["EU"] == (0, D("10.00"))


def test_no_rows_are_zero_for_sums_and_counts_and_null_for_the_rest() -> None:
    names = ("orders", "revenue", "kinds", "least", "mean")
    query = ask(*(of(f"orders.{name}") for name in names), where=compare(by("way"), "=", "nowhere"))
    assert answer(query) == {(): (0, 0, 0, None, None)}


def test_a_sum_of_nulls_is_zero_and_distinct_counts_skip_nulls() -> None:
    # Order 6 has no amount; channels are web and shop.
    six = compare(by("orders.channel"), "=", "web")
    window = days("2024-03-01", "2024-04-01")
    assert answer(ask(of("orders.revenue"), of("orders.mean"), where=six, window=window)) == {
        (): (0, None)
    }
    assert answer(ask(of("orders.kinds"))) == {(): 2}


def test_once_per_takes_one_value_a_key_in_each_group() -> None:
    # 3 + 5 + nothing + 7; by sku order 1's 3 stands under both a and b.
    assert answer(ask(of("lines.shipping"))) == {(): D("15.00")}
    assert answer(ask(of("lines.shipping"), by=(by("lines.sku"),))) == {
        "a": D("10.00"),
        "b": D("8.00"),
        NONE: 0,
    }


def test_arithmetic_passes_nulls_on_and_division_by_zero_is_null() -> None:
    revenue, least = of("orders.revenue"), of("orders.least")
    zero, seven = Constant(D(0)), Constant(D(7))

    def one(op: str, left: Any, right: Any) -> Any:
        return answer(ask(MetricArithmetic(op, left, right)))[()]

    assert one("/", revenue, zero) is None
    assert one("/", Constant(D(1)), Constant(D(8))) == 0.125
    assert one("*", revenue, Constant(D("0.001"))) == D("0.310")
    assert one("-", seven, revenue) == D(-303)
    nothing = Filtered(least, compare(NAMED, "=", "nowhere"))
    assert one("+", nothing, seven) is None
    assert one("-", MetricNegate(nothing), seven) is None
    assert one("+", MetricCoalesce((nothing, seven)), MetricNegate(seven)) == 0
    # 310 / 6, of which one order has no amount: a ratio of sums.
    assert answer(ask(MetricRef("aov")))[()] == pytest.approx(310 / 6, rel=1e-12)


def test_a_sum_of_nulls_per_entity_is_zero_too() -> None:
    total = PerEntity(aggregate="sum", operand=column("x"), entity=(column("who"),))
    made = model(source("t", dimensions={"d": total}, measures={"n": ("count",)}))
    tables: Tables = {"t": table("who x", (1, None), (1, None), (2, 3), (None, 5))}
    assert answer(ask(of("t.n"), by=(by("t.d"),)), tables, made) == {0: 2, 3: 1, NONE: 1}


def test_a_struct_column_is_read_by_its_path() -> None:
    made = model(
        source("t", dimensions={"d": Column(("info", "level"))}, measures={"n": ("count",)})
    )
    tables: Tables = {"t": [{"info": {"level": "x"}}, {"info": None}, {"info": {"level": None}}]}
    assert answer(ask(of("t.n"), by=(by("t.d"),)), tables, made) == {"x": 1, NONE: 2}


# --- metrics per entity --------------------------------------------------------------------

CHANNEL = by("orders.channel")


def test_a_metric_of_each_entity_filters_its_rows() -> None:
    # By web 10 + 40, by shop 80 + 160; order 2 has no channel, so it passes neither test of more or
    # less, but differs (S2).
    revenue = EntityValue(of("orders.revenue"), (CHANNEL,))
    assert answer(ask(of("orders.revenue"), where=compare(revenue, ">", 100))) == {(): D("240.00")}
    assert answer(ask(of("orders.revenue"), where=compare(revenue, "<=", 100))) == {(): D("50.00")}
    for other in (Not(compare(revenue, ">", 100)), compare(revenue, "!=", 240)):
        assert answer(ask(of("orders.revenue"), where=other)) == {(): D("70.00")}
    nobody = IsState(revenue, "null")
    assert answer(ask(of("orders.revenue"), where=nobody)) == {(): D("20.00")}


def test_an_entity_without_rows_is_tested_as_no_rows() -> None:
    # Nothing was sold by "none", so to each of the two bands of the four customers 0.
    unsold = Filtered(of("orders.revenue"), compare(CHANNEL, "=", "none"))
    of_band = EntityValue(unsold, (by("customers.band"),))
    assert answer(ask(of("customers.customers"), where=compare(of_band, "=", 0))) == {(): 4}


def test_entities_are_those_with_rows_in_the_group() -> None:
    # EU: web 10 | of no region: nobody, as order 2 has no channel | "(none)": shop 160 |
    # of no customer in the list: web 40, shop 80.
    average = OverEntities(of("orders.revenue"), "avg", (CHANNEL,))
    assert answer(ask(average, by=(NAMED,))) == {"EU": 10, NONE: None, "(none)": 160, UNMAPPED: 60}
    assert answer(ask(average)) == {(): (50 + 240) / 2}
    count = OverEntities(of("orders.revenue"), "count", (CHANNEL,))
    assert answer(ask(count, by=(NAMED,))) == {"EU": 1, NONE: 0, "(none)": 1, UNMAPPED: 2}
