"""Disagreements that the random search has found, at their smallest; the expected values follow
from the rules, and the oracle and every engine must give them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from kpidsl.model.expr import (
    CaseWhen,
    Column,
    DimensionRef,
    Filtered,
    FixedAmount,
    IsState,
    OverEntities,
    Prior,
    QueryDimension,
    RowExpr,
    Total,
)
from kpidsl.model.periods import Grain
from kpidsl.model.project import Model
from kpidsl.model.sources import PerEntity
from kpidsl.plan.query import Absent, Query
from tests.oracle.build import ask, by, column, compare, days, literal, model, of, source
from tests.oracle.engine import EVERY_ENGINE, run_on
from tests.oracle.evaluate import evaluate
from tests.oracle.generate import Case
from tests.support import Running

COLUMNS = {
    "customers": {"id": "INTEGER", "region": "VARCHAR"},
    "orders": {"id": "INTEGER", "customer_id": "INTEGER", "paid": "INTEGER", "day": "DATE"},
}


def shop(watermark: date | None = None) -> Model:
    in_eu = (compare(column("region"), "=", "EU"), literal("in"))
    return model(
        source(
            "customers",
            key=("id",),
            dimensions={"band": CaseWhen((in_eu,), literal("out"))},
            measures={"customers": ("count",)},
        ),
        source(
            "orders",
            key=("id",),
            time="day",
            watermark=watermark,
            joins={"customer": ("customer_id", "customers", "id")},
            dimensions={
                "region": Column(("region",), ("customer",)),
                "band": DimensionRef("band", ("customer",)),
                "paid": column("paid"),
                "total": PerEntity(
                    aggregate="sum", operand=column("paid"), entity=(column("customer_id"),)
                ),
            },
            measures={"orders": ("count",)},
        ),
    )


@pytest.fixture(autouse=True, params=EVERY_ENGINE)
def engine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Running, "engine", request.param)


def both(
    query: Query, of_model: Model | None = None, orders: list[dict[str, object]] | None = None
) -> dict[Any, Any]:
    """The one column's values by key, on which the oracle and the engine agree."""
    tables: dict[str, list[dict[str, object]]] = {
        # 3 has no order; 9 is nobody; 2 has paid nothing that is known.
        "customers": [
            {"id": 1, "region": "EU"},
            {"id": 2, "region": None},
            {"id": 3, "region": ""},
        ],
        "orders": orders
        or [
            {"id": 1, "customer_id": 1, "paid": 5, "day": date(2024, 3, 1)},
            {"id": 2, "customer_id": 2, "paid": None, "day": date(2024, 3, 2)},
            {"id": 3, "customer_id": 9, "paid": 7, "day": date(2024, 3, 3)},
        ],
    }
    case = Case(of_model or shop(), query, tables, COLUMNS)
    expected = evaluate(case.model, query, tables)
    found = run_on(Running.engine, case)
    assert found == expected
    return {key[0] if len(key) == 1 else key: row["a"] for key, row in found.items()}


def test_a_computed_dimension_has_no_member_without_a_partner() -> None:
    # S2: `else "out"` is computed for customer 2 only, not for the orphan.
    orders = of("orders.orders")
    expected = {"in": 1, "out": 1, Absent.UNMAPPED: 1}
    assert both(ask(orders, by=(by("customers.band"),))) == expected
    assert both(ask(orders, by=(by("orders.band"),))) == expected
    assert both(ask(orders, where=compare(by("customers.band"), "=", "out"))) == {(): 1}


def test_a_dimension_that_is_a_reference_over_a_join_can_be_unmapped() -> None:
    # S2: the orphan's region is unmapped, customer 2's is NULL.
    region = by("orders.region")
    assert both(ask(of("orders.orders"), by=(region,))) == {
        "EU": 1,
        Absent.NONE: 1,
        Absent.UNMAPPED: 1,
    }
    assert both(ask(of("orders.orders"), where=IsState(region, "unmapped"))) == {(): 1}


@pytest.mark.parametrize(
    ("predicate", "customers"),
    [
        (IsState(by("orders.paid"), "unmapped"), 1),  # 3
        (compare(by("orders.paid"), "!=", 5), 2),  # 2, whose order's is NULL, and 3
        (compare(by("orders.paid"), "=", 5), 1),
    ],
)
def test_those_without_rows_on_the_many_side_are_filtered_like_any_member(
    predicate: RowExpr, customers: int
) -> None:
    assert both(ask(of("customers.customers"), where=predicate)) == {(): customers}


def test_one_number_alone_is_unknown_outside_the_known_range() -> None:
    # S13: the source knows 1 to 3 March; a watermark before its first row leaves it no day.
    april = ask(of("orders.orders"), window=days("2024-04-01", "2024-05-01"))
    assert both(april) == {(): None}
    year = ask(of("orders.orders"), window=days("2024-01-01", "2025-01-01"))
    assert both(year) == {(): 3}
    assert both(year, shop(date(2024, 2, 1))) == {(): None}


def test_a_sum_of_nulls_per_entity_is_zero() -> None:
    # S13, as for a measure.
    assert both(ask(of("orders.orders"), by=(by("orders.total"),))) == {5: 1, 0: 1, 7: 1}


def test_a_filter_in_a_formula_leaves_out_what_falls_to_no_member() -> None:
    # S9: in 2025 nobody orders, and the rent falls to no member: to none of the EU's, either.
    rent = FixedAmount(Decimal(365), "USD", "year", of("orders.orders"))
    in_eu = Filtered(rent, compare(by("orders.region"), "=", "EU"))
    year = days("2025-01-01", "2026-01-01")
    known = shop(date(2026, 1, 1))
    assert both(ask(rent, window=year), known) == {(): 365}
    assert both(ask(in_eu, window=year), known) == {(): 0}


def test_the_last_day_of_a_short_month_looks_at_the_rest_of_a_longer_one() -> None:
    # S19: both boundaries move. Of 29 February the first is 29 January, and the second, 1 March,
    # is 1 February; so the days of February look at all of January, as the month does. Of 30 March
    # they are 29 February and, as the 31st, the day after it.
    every = [date(2024, 1, day) for day in (28, 29, 30, 31)] + [date(2024, 2, 29)]
    prior = Prior(of("orders.orders"), 1, 0)
    rows: list[dict[str, object]] = [
        {"id": number, "customer_id": None, "paid": 1, "day": day}
        for number, day in enumerate(every)
    ]
    known = shop(date(2025, 1, 1))
    asked = ask(prior, grain=Grain.DAY, window=days("2024-02-28", "2024-03-02"))
    assert both(asked, known, rows) == {
        date(2024, 2, 28): 1,
        date(2024, 2, 29): 3,
        date(2024, 3, 1): 0,
    }
    asked = ask(prior, grain=Grain.DAY, window=days("2024-03-29", "2024-04-01"))
    assert set(both(asked, known, rows).values()) == {1}  # each looks at 29 February
    assert both(ask(prior, window=days("2024-02-29", "2024-03-01")), known, rows) == {(): 3}


def marked() -> Model:
    """The shop, whose customers and orders have marks: their bands, and what they are paid."""
    members = {"customers": "band", "orders": "paid"}
    sources = {
        name: each.model_copy(
            update={
                "dimensions": {
                    key: value.model_copy(update={"shared": "mark"} if key == members[name] else {})
                    for key, value in each.dimensions.items()
                }
            }
        )
        for name, each in shop().sources.items()
    }
    return model(*sources.values(), shared={"mark": members})


def test_a_member_of_a_shared_dimension_is_not_that_dimension() -> None:
    # S9: by what orders are paid, over the marks of customers, which are their bands: each group
    # has one customer, those without orders and with an order of NULL too.
    average = OverEntities(of("customers.customers"), "avg", (QueryDimension("mark"),))
    assert both(ask(average, by=(by("orders.paid"),)), marked()) == {
        5: 1,
        Absent.NONE: 1,
        Absent.UNMAPPED: 1,
    }


def test_a_total_is_over_a_dimension_by_whichever_of_its_names() -> None:
    # S9, S10: what is over all marks is over all bands of customers, which are their marks: three
    # customers in each row, and not the one of band `in` and the two of `out`.
    mark, band = QueryDimension("mark"), by("customers.band")
    for named in (mark, band):
        total = Total(of("customers.customers"), (named,))
        assert both(ask(total, by=(mark, band)), marked()) == {("in", "in"): 3, ("out", "out"): 3}


def test_a_week_without_an_earlier_one_bears_no_fixed_amount() -> None:
    # S19: 2020 has a week 53 and 2019 has none, so that there are no days whose rent could be
    # seen; S17: a period in which nothing is seen has a row among all periods only.
    before = Prior(FixedAmount(Decimal(70), "USD", "week"), 12, 0)
    weeks = days("2020-12-21", "2021-01-04")
    last, extra = (date(2020, 12, 21), Absent.UNALLOCATED), (date(2020, 12, 28), Absent.UNALLOCATED)
    asked = ask(before, by=(by("customers.region"),), grain=Grain.WEEK, window=weeks)
    assert both(asked) == {last: 70, extra: None}
    assert both(replace(asked, sparse=True)) == {last: 70}
    assert both(replace(asked, window=days("2020-12-28", "2021-01-04"))) == {}
