"""KPIs, ROIs, goals, funnels, packs: what a number is for."""

from __future__ import annotations

from decimal import Decimal

import pytest

from kpidsl.model.expr import Column, Compare, Literal, MetricArithmetic, MetricRef
from kpidsl.model.period_texts import parse_period
from kpidsl.model.project import Model
from tests.kinds.checking import SHOP, checked, codes, errors, model_of, only, says


def roi(cost: str, gain: str = "revenue", more: str = "") -> str:
    return f"\nroi r {{\n  gain: {gain}\n  cost {{\n    {cost}\n  }}\n{more}}}\n"


# --- ROI (T1, V1, V3) -------------------------------------------------------------------------


def test_an_roi_is_net_over_cost_of_all_lines() -> None:
    model = model_of(SHOP + roi("media: cogs, staff: 3_000 USD per month", more="  margin: 25%\n"))
    metrics = model.metrics
    assert metrics["r.cost"].expr == MetricArithmetic(
        "+", MetricRef("r.cost.media"), MetricRef("r.cost.staff")
    )
    assert metrics["r.net"].expr == MetricArithmetic("-", MetricRef("r.gain"), MetricRef("r.cost"))
    assert metrics["r.roi"].expr == MetricArithmetic("/", MetricRef("r.net"), MetricRef("r.cost"))
    assert metrics["r.roi"].percent
    assert model.rois["r"].basis == "revenue, nothing deducted"
    assert model.rois["r"].margin == Decimal("0.25")
    assert "promotion" not in model.rois["r"].not_covered
    assert "venue" in model.rois["r"].not_covered


@pytest.mark.parametrize(
    ("value", "figure", "message"),
    [
        ("5 visit", "orders", "the benchmark is visit, and `k` in order"),
        ("5 EUR", "revenue", "the benchmark is EUR, and `k` in USD"),
        ("52 EUR", "revenue / orders", "the benchmark is EUR, and `k` in USD per order"),
        ("5 USD", "orders / visits as percent", "the benchmark is USD, and `k` in a percentage"),
        ("52 USD", "revenue / orders", ""),
        ("52 USD per order", "revenue / orders", ""),
        ("5%", "orders / visits as percent", ""),
    ],
)
def test_a_benchmark_is_in_the_unit_of_its_kpi(value: str, figure: str, message: str) -> None:
    """Five visits beside five orders would be a comparison of numbers that mean nothing."""
    text = f'\nkpi k: {figure} {{\n  serves: "x"\n  benchmark: «b»\n}}\nbenchmark ‹b›: {value} {{\n'
    text += '  source: "x"\n  as_of: 2026-01-01\n}\n'
    text = text.replace("benchmark ‹b›", "‹benchmark b›")
    if message:
        assert says(text, "K301").message == message
    else:
        model_of(SHOP + text.translate({ord(mark): None for mark in "«»‹›"}))


def test_a_benchmark_of_an_roi_is_a_percentage() -> None:
    """52 dollars would be a bar of 5,200 %."""
    text = roi("media: cogs", more="  benchmark: «b»\n")
    text += '‹benchmark b›: 52 USD {\n  source: "x"\n  as_of: 2026-01-01\n}\n'
    assert says(text, "K301").message == "the benchmark is USD, and `r` in a percentage"


def test_roas_divides_revenue_by_the_lines_that_are_advertising() -> None:
    model = model_of(
        SHOP + roi("media: cogs, staff: 3_000 USD per month", more="  ad_cost: media\n")
    )
    # V3: the gain is revenue, since nothing has been deducted from it.
    ratio = model.metrics["r.roas"].expr
    assert isinstance(ratio, MetricArithmetic)
    assert ratio.right == MetricRef("r.cost.media")
    profit = "\nmetric profit: revenue - 3_000 USD per week\n"
    net = SHOP + profit + roi("media: cogs", "profit", "  ad_cost: media\n")
    assert "revenue" in only(checked(net)[1], "K204").message
    assert errors(checked(net.replace("ad_cost", "revenue: revenue\n  ad_cost"))[1]) == []


@pytest.mark.parametrize(
    "text",
    [
        # By measure, by metric, by a metric over it, by the name of the line, by a fixed amount.
        "\nmetric p: revenue - ‹cogs›\nroi r {\n  gain: p\n  cost { a: «cogs» }\n}\n",
        "\nmetric c: cogs * 2\nmetric p: revenue - ‹c›\nroi r {\n  gain: p\n  cost { a: «c» }\n}\n",
        (
            "\nmetric p: revenue - ‹cogs›\nmetric q: p * 2\n"
            "roi r {\n  gain: q\n  cost { a: «cogs + 1 USD per day» }\n}\n"
        ),
        "\nmetric p: revenue - ‹cogs›\nroi r {\n  gain: p\n  cost { cogs: «9 USD per day» }\n}\n",
        (
            "\nmetric p: revenue - ‹9 USD per day›\nroi r {\n  gain: p\n"
            "  cost { staff: «9 USD per day» }\n}\n"
        ),
        (
            '\nmetric p: revenue - ‹cogs›\nroi r {\n  gain: p where region = "EU"\n'
            '  cost { a: «cogs where region = "EU"» }\n}\n'
        ),
        # In a formula without an ROI too.
        "\nmetric p: revenue - ‹cogs›\nmetric q: p - «cogs»\n",
    ],
)
def test_nothing_is_deducted_twice(text: str) -> None:
    found = says(text, "D101")
    assert found.message.endswith("is deducted twice")


@pytest.mark.parametrize(
    "text",
    [
        # ROI on gross profit is legal where the cost of goods is no cost line.
        "\nmetric p: revenue - cogs\nroi r {\n  gain: p\n  cost { staff: 9 USD per day }\n}\n",
        # A difference of two periods deducts nothing.
        "\nmetric p: revenue - cogs\nmetric q: p - prior(p, 1y)\n",
        # Different filters: nothing is known.
        (
            '\nmetric p: revenue - (cogs where region = "EU")\n'
            'metric q: p - (cogs where region = "US")\n'
        ),
    ],
)
def test_deductions_that_are_none_or_differ_are_legal(text: str) -> None:
    assert errors(checked(SHOP + text)[1]) == []


def test_what_a_measure_is_net_of_counts_as_deducted() -> None:
    text = SHOP.replace("as USD\n  measure cogs", "as USD { net_of: [cogs] }\n  measure cogs")
    assert only(checked(text + "\nmetric m: revenue - cogs\n")[1], "D101").labels


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("\nroi r {\n  gain: «orders»\n  cost { a: cogs }\n}\n", "K301"),
        ("\nroi r {\n  gain: ‹revenue›\n  cost { a: «imports» }\n}\n", "K302"),
        ("\n«roi r» {\n  gain: revenue\n}\n", "K204"),
        ("\nroi r {\n  gain: revenue\n  cost { a: cogs { allocate_by: «orders» } }\n}\n", "K403"),
        (
            (
                "\nroi r {\n  gain: revenue\n"
                "  cost { a: 5 USD per day { allocate_by: «rank(cogs)» } }\n}\n"
            ),
            "K320",
        ),
        ("\nroi r {\n  gain: revenue\n  cost { a: cogs }\n  ad_cost: «b»\n}\n", "K211"),
        ("\nroi r {\n  gain: revenue\n  cost { a: cogs }\n  attribution: «linear»\n}\n", "K291"),
        ("\nroi r {\n  gain: revenue\n  cost { a: cogs }\n}\nmetric m: «r» * 2\n", "K214"),
        ("\nroi r {\n  gain: revenue\n  cost { a: cogs }\n}\nmetric m: r.«roas» * 2\n", "K211"),
        ("\nroi r {\n  gain: revenue\n  cost { a: cogs }\n}\nmetric m: r.«npv» * 2\n", "K291"),
        ('\nroi r {\n  gain: revenue\n  cost { «"a b"»: cogs }\n}\n', "K202"),
    ],
)
def test_refused_rois(text: str, code: str) -> None:
    assert says(text, code).help


# --- packs (T2) -------------------------------------------------------------------------------

PACK = """
pack p {
  kpi clv(value, frequency, years: 3) "Lifetime revenue": value * frequency * years {
    requires { value: money / count, frequency: ratio, years: number }
    better: higher
    stage: loyalty
  }
  metric sum_of(a, b): a + b
}
"""


def used(arguments: str, more: str = "") -> str:
    return f'{SHOP}{PACK}\nuse p.clv({arguments}) as clv {{\n  serves: "x"\n{more}}}\n'


def test_a_definition_of_a_pack_with_a_default_and_an_override() -> None:
    model = model_of(used("value: revenue / orders, frequency: 2", "  stage: conversion\n"))
    assert str(model.metrics["clv"].unit) == "USD per order"
    assert model.metrics["clv"].formula == "revenue / orders * 2 * 3"
    kpi = model.kpis["clv"]
    assert kpi.label == "Lifetime revenue"
    assert [stage.value for stage in kpi.stages] == ["conversion"]
    assert kpi.better == "higher"


def test_a_number_of_transactions_is_no_value() -> None:
    text = used("value: orders, frequency: 2")
    model, findings = checked(text)
    found = only(findings, "D102")
    assert found.message == "`value` of `p.clv` is money per count; this is in order"
    assert found.span is not None
    assert found.span.text == "orders"
    assert model is not None
    assert "clv" not in model.metrics


@pytest.mark.parametrize(
    ("arguments", "marked", "part"),
    [
        ("value: revenue", "use p.clv(value: revenue) as clv", "not told its `frequency`"),
        ("valu: revenue, frequency: 2", "valu: revenue", "no parameter `valu`"),
        ("revenue, frequency: 2", "revenue", "which parameter"),
        ("value: revenue, value: cogs, frequency: 1", "value: cogs", "twice"),
    ],
)
def test_arguments_that_do_not_fit(arguments: str, marked: str, part: str) -> None:
    found = next(item for item in checked(used(arguments))[1] if item.code == "K218")
    assert found.span is not None
    assert found.span.text == marked
    assert part in found.message


def test_a_mistake_inside_a_pack_points_at_the_use_and_names_the_pack() -> None:
    text = f"{SHOP}{PACK}\nuse p.sum_of(a: revenue, b: orders) as odd {{\n}}\n"
    found = only(checked(text)[1], "K301")
    # The arguments are the author's own words, so they are what is marked.
    assert found.span is not None
    assert found.span.text == "orders"
    broken = text.replace("a + b", "a + nobody")
    inside = only(checked(broken)[1], "K211")
    assert inside.span is not None
    assert inside.span.text.startswith("use p.sum_of")
    assert inside.labels[-1].message == "`p.sum_of` is defined here"


def test_an_unknown_definition_is_said_once() -> None:
    text = f"{SHOP}{PACK}\nuse p.clw(value: revenue) as clv {{\n}}\nmetric m: clv * 2\n"
    assert codes(checked(text)[1]) == ["K217"]


def test_a_project_overrides_a_shipped_pack() -> None:
    own = SHOP + "\npack q {\n  metric half(a): a / 4\n}\nuse q.half(a: revenue) as h {\n}\n"
    shipped = "pack q {\n  metric half(a): a / 2\n  metric third(a): a / 3\n}\n"
    model = model_of(own + "use q.third(a: revenue) as t {\n}\n", shipped)
    assert model.metrics["h"].formula == "revenue / 4"
    assert model.metrics["t"].formula == "revenue / 3"


# --- goals ------------------------------------------------------------------------------------


def goal(target: str, time: str = "over: 2026-H1", formula: str = "revenue") -> Model:
    return model_of(
        f"{SHOP}\nkpi k: {formula} {{\n  serves: g\n}}\ngoal g {{\n  kpi: k\n  {time}\n"
        f"  target: {target}\n  bands {{ amber: within(5%) }}\n}}\n"
    )


@pytest.mark.parametrize(
    ("target", "formula", "sense", "value", "change"),
    [
        ("150_000 USD", "revenue", "reach", Decimal(150000), None),
        ("at most 1.5k USD", "revenue", "at_most", Decimal(1500), None),
        ("at least 3%", "orders / visits as percent", "at_least", Decimal("0.03"), None),
        ("+20% from 2025-H1", "revenue", "reach", None, Decimal("0.2")),
        ("-5% from 2025-H1", "revenue", "reach", None, Decimal("-0.05")),
        ("12 order", "orders", "reach", Decimal(12), None),
        ("1200", "rows", "reach", Decimal(1200), None),
    ],
)
def test_targets(
    target: str, formula: str, sense: str, value: Decimal | None, change: Decimal | None
) -> None:
    bound = goal(target, formula=formula).goals["g"]
    assert (bound.target.sense, bound.target.value, bound.target.change) == (sense, value, change)
    assert bound.bands.amber_within == Decimal("0.05")
    assert bound.over == parse_period("2026-H1")


def test_deadlines() -> None:
    assert str(goal("1 USD", "at: 2026-06").goals["g"].at) == "2026-06-30"
    assert str(goal("1 USD at 2026-03-31", "").goals["g"].at) == "2026-03-31"
    ranged = goal("1 USD", "over: 2026-01-01 .. 2026-03-31").goals["g"]
    assert ranged.over == parse_period("2026-Q1")
    assert goal("1 USD", "over: 2026").goals["g"].over == parse_period("2026")


def test_fiscal_periods_follow_the_project() -> None:
    text = (
        f"{SHOP}\nproject p {{\n  fiscal_year_starts: july\n}}\n"
        "kpi k: revenue {\n  serves: g\n}\n"
        "goal g {\n  kpi: k\n  over: FY2026\n  target: 1 USD\n}\n"
    )
    over = model_of(text).goals["g"].over
    assert over is not None
    # The fiscal year 2026 that begins in July runs from July 2025 to June 2026.
    assert (str(over.start), str(over.end)) == ("2025-07-01", "2026-07-01")


def test_an_iso_week_is_refused_where_weeks_begin_on_another_day() -> None:
    text = (
        f"{SHOP}\nproject p {{\n  week_starts: sunday\n}}\n"
        "kpi k: revenue {\n  serves: g\n}\n"
        "goal g {\n  kpi: k\n  over: 2026-W07\n  target: 1 USD\n}\n"
    )
    wrong = [item for item in checked(text)[1] if item.code == "K313"]
    assert [item.span.text for item in wrong if item.span is not None] == ["2026-W07"]


GOAL = "\nkpi k: revenue {{\n  serves: g\n}}\ngoal g {{\n  kpi: k\n  {lines}\n}}\n"


@pytest.mark.parametrize(
    ("lines", "code"),
    [
        ("over: 2026\n  target: «5»", "K304"),
        ("over: 2026\n  target: «5 order»", "K301"),
        ("over: 2026\n  target: «5%»", "K301"),
        ("over: 2026\n  target: «+20%»", "K314"),
        ("over: 2026\n  target: «revenue»", "K314"),
        ("over: 2026\n  at: «2026-06»\n  target: 5 USD", "K318"),
        ("over: «revenue»\n  target: 5 USD", "K313"),
        ("over: 2026\n  target: 5 USD\n  where: «nobody» = 1", "K211"),
    ],
)
def test_refused_goals(lines: str, code: str) -> None:
    # The second deadline is shown beside the first.
    marked = lines.replace("over: 2026\n  at", "over: ‹2026›\n  at")
    text = GOAL.replace("{{", "{").replace("}}", "}").replace("{lines}", marked)
    findings = checked(SHOP + text.translate({ord(mark): None for mark in "«»‹›"}))[1]
    wrong = [item for item in findings if item.code == code]
    assert len(wrong) == 1, errors(findings)
    assert wrong[0].span is not None
    assert f"«{wrong[0].span.text}»" in lines


def test_a_target_in_a_kpi_needs_a_date() -> None:
    text = '\nkpi k: revenue {\n  serves: "x"\n  target: «5 USD»\n}\n'
    assert says(text, "K318").help == "write `5 USD at 2026-12` or `5 USD over 2026`"


# --- funnels ----------------------------------------------------------------------------------

HITS = """kpidsl 1
source hits {
  table: h
  time: at_time
  unnest: hits { as: hit }
}
source orders {
  table: o
  time: at_time
}
"""


def test_a_funnel_over_a_column_that_all_steps_have() -> None:
    funnel = model_of(
        HITS + "funnel f {\n  entity: session\n  within: 1d\n  sequence: any\n"
        '  order_by: hit.number\n  step cart: hits where action = "3" { event: hit.number }\n'
        '  step pay: hits where action = "6" { within: 12h, stage: conversion }\n}\n'
    ).funnels["f"]
    cart, pay = funnel.steps
    assert funnel.order_by == Column(("hit", "number"))
    assert (funnel.sequence, funnel.within_seconds) == ("any", 86_400)
    assert cart.entity == Column(("session",))
    assert cart.where == Compare("=", Column(("action",)), Literal("3"))
    assert cart.event == (Column(("hit", "number")),)
    assert pay.within_seconds == 12 * 3600


FUNNEL = "entity e {{\n  in: [hits.a, orders.b]\n}}\nfunnel f {{\n  entity: e\n  {lines}\n}}\n"


@pytest.mark.parametrize(
    ("lines", "code"),
    [
        ("step a: hits", "K404"),
        ("step a: hits\n  step a: orders", "K210"),
        ("step a: hits\n  step b: nowhere", "K211"),
        ("step a: hits\n  step b: orders + 1", "K205"),
        ("within: 1mo\n  step a: hits\n  step b: orders", "K313"),
        ("order_by: x\n  step a: hits\n  step b: orders", "K406"),
        ("step a: hits where length(x)\n  step b: orders", "K305"),
    ],
)
def test_refused_funnels(lines: str, code: str) -> None:
    model, findings = checked(HITS + FUNNEL.format(lines=lines))
    assert [error[:4] for error in errors(findings)] == [code]
    assert model is not None
    assert model.funnels == {}


def test_an_entity_names_one_column_of_each_source() -> None:
    text = HITS + "entity e {\n  in: [OF]\n}\n"
    model = model_of(text.replace("OF", "hits.a, orders.b.c"))
    assert model.entities["e"].members["orders"] == Column(("b", "c"))
    assert codes(checked(text.replace("OF", "hits"))[1]) == ["K205"]
    assert codes(checked(text.replace("OF", "hots.a"))[1]) == ["K211"]
    assert codes(checked(text.replace("OF", "hits.a, hits.b"))[1]) == ["K210"]
