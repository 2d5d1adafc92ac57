"""Declarations that begin wrongly, and parts that stand where they mean nothing."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from kpidsl.model.period_texts import parse_period
from tests.kinds.checking import SHOP, checked, errors, model_of, says
from tests.kinds.test_rows import SOURCE


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("\nmetric «a.b»: revenue\n", "the name of a metric has no dots"),
        ("\n«source» {\n  table: t\n}\n", "this source has no name"),
        ("\nsource s(«x») {\n  table: t\n}\n", "a source takes no parameters"),
        ("\nsource s as «q» {\n  table: t\n}\n", "a source takes no `as`"),
        ("\nsource s by «r» {\n  table: t\n}\n", "a source takes no `by`"),
        ("\nsource s: «t» {\n  table: t\n}\n", "a source takes no value after a colon"),
        ("\n«metric m» {\n}\n", "this metric has no value"),
    ],
)
def test_what_a_declaration_has_too_much_or_too_little(text: str, message: str) -> None:
    assert says(text, "K207").message == message


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("\nmetric m: revenue «by» channel\n", "K311"),
        ("\nmetric m: «revenue = 3 USD»\n", "K305"),
        ("\nmetric m: («revenue is null»)\n", "K305"),
        ('\nmetric m: «sql"1"»\n', "K311"),
        ('\nmetric m: «"x"»\n', "K311"),
        ('\nmetric m: «5 where channel = "x"»\n', "K311"),
        ("\nmetric m: «orders per 3»\n", "K311"),
        ("\nmetric m: prior(revenue, «by»: 1y)\n", "K308"),
        ("\nroi r {\n  gain: revenue\n  cost { a: cogs }\n  benchmark: «nobody»\n}\n", "K211"),
        ("\nproject p {\n  materiality: «1% or 20k EUR»\n}\n", "K205"),
        ("\nproject p {\n  materiality: «5»\n}\n", "K205"),
        ("\nproject p {\n  currency: «dollars»\n}\n", "K312"),
        ("\nproject ‹p› {\n}\nproject «q» {\n}\n", "K210"),
        ('\nkpi k: revenue {\n  serves: "x"\n  plan: «a.b.c»\n}\n', "K211"),
    ],
)
def test_what_means_nothing_where_it_stands(text: str, code: str) -> None:
    assert says(text, code).help


@pytest.mark.parametrize(
    ("formula", "code", "marked"),
    [
        ("a where b", "K311", "a where b"),
        ("a as USD", "K311", "a as USD"),
        ("5 USD > 1", "K311", "5 USD"),
        ("a like b", "K306", "b"),
        ('length(a) like "x"', "K306", "length(a)"),
    ],
)
def test_what_means_nothing_in_a_row(formula: str, code: str, marked: str) -> None:
    findings = checked(SOURCE.format(line=f"dimension d: {formula}"))[1]
    wrong = [(item.code, item.span and item.span.text) for item in findings]
    assert wrong == [(code, marked)]


def test_a_target_inside_a_kpi_may_be_one_over_a_period() -> None:
    kpi = '\nkpi k: revenue {\n  serves: "x"\n  target: 5 USD over 2026\n}\n'
    goal = model_of(SHOP + kpi).goals["k_target"]
    assert (goal.target.sense, goal.target.value) == ("reach", Decimal(5))
    assert (goal.over, goal.at) == (parse_period("2026"), None)


def test_a_target_may_lie_below_zero() -> None:
    kpi = '\nkpi k: revenue - cogs {\n  serves: "x"\n  target: at least -5 USD at 2026-12\n}\n'
    goal = model_of(SHOP + kpi).goals["k_target"]
    assert (goal.target.sense, goal.target.value) == ("at_least", Decimal(-5))
    assert (goal.over, goal.at) == (None, date(2026, 12, 31))


def test_a_change_of_a_target_is_a_percentage() -> None:
    goal = "\nkpi k: revenue {\n  serves: g\n}\ngoal g {\n  kpi: k\n  over: 2026\n  target: {}\n}\n"
    text = goal.replace("{}", "5 USD from 2025")
    assert [error[:4] for error in errors(checked(SHOP + text)[1])] == ["K314"]


def test_a_plan_is_a_metric_or_a_measure() -> None:
    kpi = '\nmetric planned: revenue * 2\nkpi k: revenue {\n  serves: "x"\n  plan: PLAN\n}\n'
    for plan, bound in (("planned", "planned"), ("cogs", "lines.cogs"), ("lines.cogs",) * 2):
        assert model_of(SHOP + kpi.replace("PLAN", plan)).kpis["k"].plan == bound


def test_a_plan_of_two_sources_is_ambiguous() -> None:
    store = "\nsource store {\n  table: s\n  measure revenue: sum(x) as USD\n}\n"
    kpi = 'kpi k: lines.revenue {\n  serves: "x"\n  plan: revenue\n}\n'
    found = [error for error in errors(checked(SHOP + store + kpi)[1]) if "K212" in error]
    assert found == ["K212 revenue: `revenue` may be `lines.revenue` or `store.revenue`"]


@pytest.mark.parametrize(
    ("written", "share", "amount"),
    [
        ("5%", Decimal("0.05"), None),
        ("20k USD", None, Decimal(20_000)),
        ("1% or 20k USD", Decimal("0.01"), Decimal(20_000)),
    ],
)
def test_materiality_is_a_share_an_amount_or_either(
    written: str, share: Decimal | None, amount: Decimal | None
) -> None:
    settings = model_of(f"{SHOP}\nproject p {{\n  materiality: {written}\n}}\n").settings
    assert (settings.materiality, settings.materiality_amount) == (share, amount)
