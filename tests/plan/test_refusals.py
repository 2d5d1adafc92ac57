"""What the planner refuses, each with its own reason; that nothing else is refused, and that what
is answered is right, the oracle's comparison with DuckDB shows."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from kpidsl.model.expr import (
    And,
    Compare,
    Constant,
    EntityValue,
    Filtered,
    FixedAmount,
    MetricArithmetic,
    MetricCoalesce,
    MetricExpr,
    MetricNegate,
    Not,
    OverEntities,
    Prior,
    QueryDimension,
    Running,
    Total,
)
from kpidsl.model.moments import DayPart
from kpidsl.model.periods import Grain, Window
from kpidsl.model.project import Model
from kpidsl.model.purpose import Funnel, FunnelStep
from kpidsl.plan.funnel import plan_funnel
from kpidsl.plan.planner import plan
from kpidsl.plan.query import Query
from tests.oracle.build import ask, by, column, compare, days, model, of, source
from tests.oracle.shop import D

YEAR = days("2026-01-01", "2027-01-01")
SKU, REASON, REGION = by("lines.sku"), by("refunds.reason"), by("customers.region")
REVENUE, REFUNDED = of("orders.revenue"), of("refunds.refunded")
FACTOR = Constant(D(2))


def shop(key: tuple[str, ...] = ("id",)) -> Model:
    """Orders of customers, with two many sides: lines, in packs, and refunds."""
    return model(
        source("customers", key=("id",), dimensions={"region": column("region")}),
        source(
            "orders",
            key=key,
            time="day",
            joins={"customer": ("customer_id", "customers", "id")},
            dimensions={"channel": column("channel")},
            measures={
                "revenue": ("sum", column("amount")),
                "fees": ("sum", column("fee"), None, (column("customer_id"),)),
                "buyers": ("count_distinct", column("customer_id")),
                "mean": ("avg", column("amount")),
            },
        ),
        source(
            "lines",
            key=("id",),
            joins={"of_order": ("order_id", "orders", "id")},
            dimensions={"sku": column("sku")},
            measures={"lines": ("count",)},
        ),
        source(
            "packs",
            key=("id",),
            joins={"line": ("line_id", "lines", "id")},
            dimensions={"size": column("size")},
            measures={"packs": ("count",)},
        ),
        source(
            "refunds",
            key=("id",),
            time="day",
            joins={"of_order": ("order_id", "orders", "id")},
            dimensions={"reason": column("reason")},
            measures={"refunded": ("sum", column("amount"))},
        ),
    )


def codes(query: Query, of_model: Model | None = None) -> list[str]:
    planned, found = plan(of_model or shop(), query)
    assert (planned is None) == bool(found)
    return [item.code for item in found]


def fixed(weight: MetricExpr | None = None) -> FixedAmount:
    return FixedAmount(D(31), "USD", "month", weight)


def over(metric: MetricExpr, each: tuple[QueryDimension, ...] | Grain) -> OverEntities:
    if isinstance(each, Grain):
        return OverEntities(metric, "max", (), period=each)
    return OverEntities(metric, "max", each)


def of_sku(metric: MetricExpr) -> EntityValue:
    return EntityValue(metric, (SKU,))


@pytest.mark.parametrize(
    ("query", "code"),
    [
        # S6: refunds lead on to their order, and its lines lead there too; that is no path.
        (ask(REFUNDED, by=(SKU,)), "K451"),
        (ask(REFUNDED, where=compare(SKU, "=", "a")), "K451"),
        # S9: a fixed amount has no channel.
        (ask(fixed(), where=compare(REGION, "=", "EU"), window=YEAR), "K461"),
        (ask(Filtered(fixed(), compare(REGION, "=", "EU")), window=YEAR), "K461"),
        # S10: the parts of these don't add up to their total.
        (ask(fixed(of("orders.buyers")), by=(REGION,), window=YEAR), "K462"),
        (ask(fixed(of("orders.mean")), by=(REGION,), window=YEAR), "K462"),
        (ask(fixed(of("orders.fees")), by=(REGION,), window=YEAR), "K462"),
        (ask(fixed(MetricArithmetic("/", REVENUE, REFUNDED)), by=(REGION,), window=YEAR), "K462"),
        (ask(fixed(MetricArithmetic("*", REVENUE, REFUNDED)), by=(REGION,), window=YEAR), "K462"),
        (ask(fixed(MetricArithmetic("/", FACTOR, REVENUE)), by=(REGION,), window=YEAR), "K462"),
        (ask(fixed(MetricArithmetic("+", REVENUE, FACTOR)), by=(REGION,), window=YEAR), "K462"),
        (ask(fixed(MetricCoalesce((REVENUE, REFUNDED))), by=(REGION,), window=YEAR), "K462"),
        (ask(fixed(Total(REVENUE)), by=(REGION,), window=YEAR), "K462"),
        (ask(fixed(fixed(REVENUE)), by=(REGION,), window=YEAR), "K462"),
        # S4: of lines and their order, and of lines and refunds, no two rows belong together; an
        # order's lines and its packs would be paired though each pack is of one line.
        (ask(REVENUE, where=Compare("=", SKU, by("orders.channel"))), "K463"),
        (ask(REVENUE, where=Compare("=", SKU, REASON)), "K463"),
        (ask(REVENUE, by=(SKU, by("packs.size"))), "K464"),
        (ask(of("orders.fees"), by=(SKU,)), "K466"),
        (ask(REVENUE, by=(SKU,), where=compare(SKU, "=", "a")), "K467"),
        (ask(REVENUE, by=(SKU,), where=Not(compare(SKU, "=", "a"))), "K467"),
        (ask(Filtered(REVENUE, compare(SKU, "=", "a")), by=(SKU,)), "K467"),
        # S15: lines have no clock.
        (ask(of("lines.lines"), grain=Grain.MONTH), "K468"),
        (ask(of("lines.lines"), window=YEAR), "K468"),
        # S19: what is before everything?
        (ask(Prior(REVENUE, 1, 0)), "K469"),
        (ask(Prior(REVENUE, 1, 0), grain=Grain.MONTH), "K469"),
        # S14: an entity that only the filter's side, or only the filtered one, knows.
        (ask(REVENUE, where=compare(EntityValue(of("lines.lines"), (REASON,)), ">", 1)), "K451"),
        (ask(REFUNDED, where=compare(of_sku(REVENUE), ">", 1)), "K451"),
        (ask(of("lines.lines"), where=compare(of_sku(REVENUE), ">", 1), window=YEAR), "K468"),
        # S10: an aggregate over entities adds up to no total.
        (ask(fixed(over(REVENUE, (REGION,))), by=(REGION,), window=YEAR), "K462"),
        (ask(over(REFUNDED, (SKU,))), "K451"),
        (ask(over(Prior(REVENUE, 1, 0), (REGION,))), "K469"),
        (ask(over(REVENUE, (SKU,)), where=compare(SKU, "=", "a")), "K467"),
        # S17: weeks lie in several months; other days are looked at inside; none is left out.
        (ask(over(REVENUE, Grain.WEEK), grain=Grain.MONTH), "K479"),
        (ask(over(REVENUE, Grain.MONTH), grain=Grain.DAY), "K479"),
        (ask(over(REVENUE, Grain.QUARTER), grain=Grain.FISCAL_YEAR), "K479"),
        (ask(over(REVENUE, Grain.DAY), grain=DayPart.HOUR, window=YEAR), "K479"),
        (ask(Prior(over(REVENUE, Grain.DAY), 1, 0), window=YEAR), "K479"),
        (ask(Running(over(REVENUE, Grain.DAY)), window=YEAR), "K479"),
        (ask(over(REVENUE, Grain.DAY), grain=Grain.MONTH, sparse=True), "K479"),
        # A fixed amount over no time is none.
        (ask(fixed()), "K471"),
    ],
)
def test_a_refusal_has_its_own_reason(query: Query, code: str) -> None:
    assert codes(query) == [code]


@pytest.mark.parametrize(
    "query",
    [
        ask(fixed(REVENUE), by=(REGION,), window=YEAR),
        # S10: sums and differences of sums add up, and so does a number of times each.
        ask(fixed(MetricArithmetic("-", REVENUE, REFUNDED)), by=(REGION,), window=YEAR),
        ask(fixed(MetricArithmetic("*", FACTOR, MetricNegate(REVENUE))), by=(REGION,), window=YEAR),
        ask(fixed(MetricArithmetic("/", REVENUE, FACTOR)), by=(REGION,), window=YEAR),
        # Neither split nor filtered, there is nothing to allocate.
        ask(fixed(of("orders.buyers")), window=YEAR),
        ask(over(Prior(REVENUE, 1, 0), Grain.DAY), window=YEAR),
        ask(over(REVENUE, Grain.MONTH), grain=Grain.FISCAL_YEAR),
        ask(over(REVENUE, (SKU,)), by=(SKU, REGION)),
        ask(REVENUE, by=(SKU,), where=compare(REASON, "=", "late")),
        ask(REVENUE, by=(SKU, REGION)),
        ask(REVENUE, by=(SKU, REASON)),
        ask(REVENUE, where=And((compare(SKU, "=", "a"), compare(REASON, "=", "late")))),
        ask(of("orders.fees"), by=(REGION,)),
        ask(of("lines.lines"), by=(REGION,)),
    ],
)
def test_what_is_near_a_refusal_and_none(query: Query) -> None:
    assert codes(query) == []


def test_rows_that_can_not_be_told_apart_are_not_split() -> None:
    """S3: equal rows of orders would count once for each sku, or once for all."""
    assert codes(ask(REVENUE, by=(SKU,)), shop(key=())) == ["K465"]
    assert codes(ask(REVENUE, by=(REGION,)), shop(key=())) == []
    assert codes(ask(REVENUE, where=compare(SKU, "=", "a")), shop(key=())) == []


@pytest.mark.parametrize("grain", [None, *Grain])
@pytest.mark.parametrize(("months", "days_back"), [(0, 1), (0, 364), (1, 0), (12, 0), (1, 7)])
def test_any_look_back_with_a_window_is_answered(
    grain: Grain | None, months: int, days_back: int
) -> None:
    """S19: the ends of the periods move, whether or not that gives periods again."""
    assert codes(ask(Prior(REVENUE, months, days_back), grain=grain, window=YEAR)) == []


# --- funnels (S22) -----------------------------------------------------------------------------


def step(name: str, where: str, key: str | None = None, within: int | None = None) -> FunnelStep:
    event = () if key is None else (column(key),)
    return FunnelStep(
        name=name, source=where, entity=column("customer_id"), event=event, within_seconds=within
    )


def funnel_codes(*steps: FunnelStep, window: Window | None = None, **rest: Any) -> list[str]:
    made = model(
        source("orders", key=("id",), time="day"),
        source("calls", time="day"),
        source("lines", key=("id",)),
    )
    funnel = Funnel(name="f", entity="customer", steps=steps, **rest)
    planned, found = plan_funnel(made, funnel, window)
    assert (planned is None) == bool(found)
    return [item.code for item in found]


JANUARY = Window(date(2026, 1, 1), date(2026, 2, 1))
ONE, TWO = step("one", "orders"), step("two", "orders")
LINE = step("line", "lines")
NUMBER = column("number")


@pytest.mark.parametrize(
    ("second", "rest", "code"),
    [
        # A window of time over events without an order in time.
        (TWO, {"within_seconds": 60, "order_by": NUMBER}, "K481"),
        (TWO, {"within_seconds": 60, "sequence": "any"}, "K481"),
        (step("two", "orders", within=60), {"sequence": "any"}, "K481"),
        # Is one event a row of orders, or all rows of a number?
        (step("two", "orders", key="number"), {}, "K482"),
        # Two calls at one moment: which was first?
        (step("call", "calls"), {}, "K483"),
        # Lines have no clock; by a number they have an order, but lie in no period.
        (LINE, {}, "K468"),
        (LINE, {"order_by": NUMBER, "window": JANUARY}, "K468"),
    ],
)
def test_refused_funnels(second: FunnelStep, rest: dict[str, Any], code: str) -> None:
    assert funnel_codes(ONE, second, **rest) == [code]


def test_funnels_near_a_refusal() -> None:
    assert funnel_codes(ONE, TWO, within_seconds=60) == []
    assert funnel_codes(ONE, TWO, sequence="any") == []
    assert funnel_codes(ONE, step("call", "calls", key="number")) == []
    assert funnel_codes(ONE, LINE, order_by=NUMBER) == []


def test_the_refused_measure_is_named_by_its_own_name() -> None:
    planned, (found,) = plan(shop(), ask(REVENUE, of("refunds.refunded"), by=(SKU,)))
    assert planned is None
    assert found.message.startswith("`refunded` can't be split or filtered by `lines.sku`")
