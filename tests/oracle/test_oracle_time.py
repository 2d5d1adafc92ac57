"""The oracle on time: clocks, periods, known ranges, shifts and fixed amounts, by hand."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest

from kpidsl.model.expr import (
    FixedAmount,
    MetricArithmetic,
    Prior,
)
from kpidsl.model.periods import Grain
from kpidsl.model.project import Model
from tests.oracle.build import ask, by, compare, days, model, of, source
from tests.oracle.days import earlier
from tests.oracle.rows import Tables
from tests.oracle.shop import (
    NONE,
    SHOP,
    UNALLOCATED,
    D,
    answer,
    shop,
)


def clock(stored_as: str, zone: str, *stamps: str | None, **rest: Any) -> tuple[Model, Tables]:
    made = model(
        source("t", time="at", stored_as=stored_as, measures={"n": ("count",)}, **rest),
        timezone=zone,
    )
    rows = [None if stamp is None else datetime.fromisoformat(stamp) for stamp in stamps]
    return made, {"t": [{"at": row} for row in rows]}


def test_days_are_local_across_the_change_of_the_clock() -> None:
    # New York is UTC−5 until 10 March 2024 07:00 UTC, then UTC−4.
    made, tables = clock(
        "UTC", "America/New_York", "2024-03-10 04:59", "2024-03-10 05:00", "2024-03-11 03:59",
        "2024-03-11 04:00", None,
    )  # fmt: skip
    assert answer(ask(of("t.n"), grain=Grain.DAY), tables, made) == {
        date(2024, 3, 9): 1,
        date(2024, 3, 10): 2,
        date(2024, 3, 11): 1,
    }
    assert answer(ask(of("t.n")), tables, made) == {(): 5}  # no window: no time needed
    window = days("2024-03-10", "2024-03-11")
    assert answer(ask(of("t.n"), window=window), tables, made) == {(): 2}


def test_weeks_start_where_the_project_says() -> None:
    # 10 March 2024 is a Sunday.
    made, tables = clock("UTC", "UTC", "2024-03-10 12:00")
    sunday = model(*made.sources.values(), week_starts=6)
    assert answer(ask(of("t.n"), grain=Grain.WEEK), tables, made) == {date(2024, 3, 4): 1}
    assert answer(ask(of("t.n"), grain=Grain.WEEK), tables, sunday) == {date(2024, 3, 10): 1}


def test_a_window_gives_every_period_for_each_member_and_sparse_only_those_with_rows() -> None:
    window = days("2024-01-05", "2024-03-05")  # cuts off MAR
    query = ask(of("orders.revenue"), by=(by("way"),), grain=Grain.MONTH, window=window)
    january, february, march = (date(2024, month, 1) for month in (1, 2, 3))
    assert answer(query) == {
        (january, "web"): D("10.00"),
        (january, NONE): 0,
        (february, "web"): D("40.00"),
        (february, NONE): D("20.00"),
        (march, "web"): 0,
        (march, NONE): 0,
    }
    sparse = ask(
        of("orders.revenue"), by=(by("way"),), grain=Grain.MONTH, window=window, sparse=True
    )
    assert set(answer(sparse)) == {(january, "web"), (february, "web"), (february, NONE)}


def test_without_a_window_the_spine_spans_all_sources_of_the_query() -> None:
    # t: May 2024 only; orders: January to March.
    made, tables = clock("UTC", "UTC", "2024-05-31 23:59")
    both = model(*shop().sources.values(), *made.sources.values())
    found = answer(ask(of("orders.orders"), of("t.n"), grain=Grain.MONTH), {**SHOP, **tables}, both)
    assert found == {
        date(2024, 1, 1): (1, None),
        date(2024, 2, 1): (2, None),
        date(2024, 3, 1): (3, None),
        date(2024, 4, 1): (None, None),
        date(2024, 5, 1): (None, 1),
    }


def test_outside_the_known_range_there_is_no_number() -> None:
    # Known from 10 January to 5 March, or up to the watermark, that day not included.
    query = ask(of("orders.orders"), window=days("2024-03-06", "2024-04-01"))
    assert answer(query) == {(): None}
    vouched = {
        name: each.model_copy(update={"watermark": date(2024, 3, 7)})
        for name, each in shop().sources.items()
    }
    known = shop().model_copy(update={"sources": vouched})
    assert answer(query, of_model=known) == {(): 0}
    after = ask(of("orders.orders"), window=days("2024-03-07", "2024-04-01"))
    assert answer(after, of_model=known) == {(): None}


def test_a_source_without_rows_is_known_nowhere() -> None:
    empty: Tables = {name: [] for name in SHOP}
    assert answer(ask(of("orders.orders"), of("orders.least")), empty) == {(): (0, None)}
    assert answer(ask(of("orders.orders"), window=days("2024-01-01", "2024-02-01")), empty) == {
        (): None
    }


def test_a_month_before_a_week_is_seven_other_days() -> None:
    # Before 25 to 31 March: 25 to 29 February, with two orders; before 1 to 7 April: 1 to 7
    # March, with three.
    query = ask(
        Prior(of("orders.orders"), 1, 0), grain=Grain.WEEK, window=days("2024-03-25", "2024-04-08")
    )
    assert answer(query) == {date(2024, 3, 25): 2, date(2024, 4, 1): 3}


@pytest.mark.parametrize(
    ("start", "end", "months", "shifted"),
    [
        ("2024-02-01", "2024-03-01", 12, ("2023-02-01", "2023-03-01")),  # whole month
        ("2024-02-29", "2024-03-01", 12, ("2023-02-28", "2023-03-01")),  # 29 February
        ("2024-02-28", "2024-02-29", 12, ("2023-02-28", "2023-03-01")),
        ("2024-03-01", "2024-03-06", 1, ("2024-02-01", "2024-02-06")),  # the same part
        ("2024-03-01", "2024-03-31", 1, ("2024-02-01", "2024-03-01")),  # capped at its end
        ("2024-01-15", "2024-02-15", 2, ("2023-11-15", "2023-12-15")),
    ],
)
def test_shifts_keep_months_whole(start: str, end: str, months: int, shifted: Any) -> None:
    span = (date.fromisoformat(start), date.fromisoformat(end))
    assert earlier(span, months, 0) == tuple(map(date.fromisoformat, shifted))


def test_prior_compares_a_part_with_the_same_part() -> None:
    # The window holds 1 to 5 March; the same part of February holds no order, all of it two.
    orders = of("orders.orders")
    window = days("2024-02-01", "2024-03-06")
    query = ask(orders, Prior(orders, 1, 0), grain=Grain.MONTH, window=window)
    assert answer(query) == {date(2024, 2, 1): (2, 1), date(2024, 3, 1): (3, 0)}
    # Nested shifts add up: 29 February lies 5 days before 5 March.
    march = days("2024-03-05", "2024-03-06")
    assert answer(ask(Prior(Prior(orders, 0, 2), 0, 3), window=march)) == {(): 2}


def test_prior_gives_rows_to_members_seen_only_then() -> None:
    query = ask(
        Prior(of("orders.orders"), 1, 0), of("orders.orders"), by=(by("way"),),
        window=days("2024-03-01", "2024-04-01"),
    )  # fmt: skip
    assert answer(query) == {"web": (1, 1), NONE: (1, 0), "shop": (0, 2)}


def test_a_fixed_amount_accrues_by_the_day_of_its_own_month() -> None:
    # 31 a month: one a day in January and March, 31/29 a day in February 2024.
    fixed = FixedAmount(D(31), "USD", "month")
    window = days("2024-01-22", "2024-03-02")
    found = answer(ask(fixed, grain=Grain.MONTH, window=window))
    assert found == {
        date(2024, 1, 1): pytest.approx(10),
        date(2024, 2, 1): pytest.approx(31),
        date(2024, 3, 1): pytest.approx(1),
    }
    for per, total in {"day": 40, "week": 40 / 7, "quarter": 40 / 91, "year": 40 / 366}.items():
        amount = FixedAmount(D(1), "USD", per)
        assert answer(ask(amount, window=window)) == {(): pytest.approx(total)}


def test_a_fixed_amount_stands_on_the_unallocated_line() -> None:
    both = MetricArithmetic("+", of("orders.revenue"), FixedAmount(D(31), "USD", "month"))
    found = answer(ask(both, by=(by("way"),), window=days("2024-03-01", "2024-04-01")))
    assert found == {"web": 0, "shop": 240, UNALLOCATED: pytest.approx(31)}


def test_an_allocated_amount_is_split_in_proportion() -> None:
    # March: web 0 (a NULL amount), shop 240; all of it: web 50, NULL 20, shop 240.
    split = FixedAmount(D(31), "USD", "month", of("orders.revenue"))
    march = days("2024-03-01", "2024-04-01")
    assert answer(ask(split, by=(by("way"),), window=march)) == {
        "web": 0,
        "shop": pytest.approx(31),
    }
    quarter = days("2024-01-01", "2024-04-01")
    assert answer(ask(split, by=(by("way"),), window=quarter)) == {
        "web": pytest.approx(93 * 50 / 310),
        NONE: pytest.approx(93 * 20 / 310),
        "shop": pytest.approx(93 * 240 / 310),
    }
    filtered = ask(split, where=compare(by("way"), "=", "web"), window=quarter)
    assert answer(filtered) == {(): pytest.approx(93 * 50 / 310)}
    # Nothing to go by in April: the whole stands on the unallocated line.
    april = ask(split, by=(by("way"),), window=days("2024-04-01", "2024-05-01"))
    assert answer(april) == {UNALLOCATED: pytest.approx(31)}
