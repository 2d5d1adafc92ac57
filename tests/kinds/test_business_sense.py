"""The domain's advice: D1, D3, D6, D11, D19, D25, T3, T4."""

from __future__ import annotations

from datetime import date

import pytest

from kpidsl.kinds.checks.vanity import is_vanity_name
from kpidsl.kinds.usual_costs import USUAL_COSTS, not_covered
from kpidsl.text.diagnostic import Severity
from tests.kinds.checking import SHOP, checked, codes, only

LIKES = SHOP.replace("measure rows: count()", "measure rows: count()\n  measure likes: sum(likes)")


def advised(text: str, code: str, today: date | None = None) -> list[str]:
    return [item.message for item in checked(text, today=today)[1] if item.code == code]


def test_a_goal_that_names_the_kpi_is_a_goal_that_it_serves() -> None:
    assert advised(SHOP + "\nkpi k: revenue {\n}\n", "D001") == ["the KPI `k` serves no goal"]
    goal = "\ngoal g {\n  kpi: k\n  over: 2026\n  target: 5 USD\n}\n"
    assert advised(SHOP + "\nkpi k: revenue {\n}\n" + goal, "D001") == []


@pytest.mark.parametrize(
    ("name", "vain"),
    [
        ("likes", True),
        ("meta.likes", True),
        ("new_followers", True),
        ("page_views", True),
        ("impressions", True),
        ("page_views_per_visit", False),
        ("market_share", False),
        ("reviews", False),
        ("visits", False),
    ],
)
def test_vanity_names(name: str, vain: bool) -> None:
    assert is_vanity_name(name) is vain


KPI = '\nkpi sales: revenue {\n  serves: "x"\n  stage: conversion\n}\n'


def test_a_vanity_kpi_of_awareness_that_drives_sales_is_in_order() -> None:
    vain = '\nkpi love: likes {\n  serves: "x"\n  stage: awareness\n  drives: sales\n}\n'
    assert advised(LIKES + KPI + vain, "D003") == []
    assert len(advised(LIKES + KPI + vain.replace("  drives: sales\n", ""), "D003")) == 1
    assert len(advised(LIKES + KPI + vain.replace("awareness", "conversion"), "D003")) == 1
    assert advised(LIKES + KPI.replace("conversion", "loyalty") + vain, "D003") == []
    assert len(advised(LIKES + KPI.replace("conversion", "consideration") + vain, "D003")) == 1
    # A rate over impressions is none.
    assert advised(LIKES + '\nkpi r: likes / rows {\n  serves: "x"\n}\n', "D003") == []


@pytest.mark.parametrize("formula", ['likes where channel = "x"', "prior(likes, 1y)", "likes"])
@pytest.mark.parametrize(("tier", "severities"), [("executive", ["error"]), ("specialist", [])])
def test_no_vanity_metric_on_an_executive_page(
    tier: str, severities: list[str], formula: str
) -> None:
    text = (
        LIKES + f"\nmetric love: {formula}\n"
        f"audience a {{\n  tier: {tier}\n  sees: love\n}}\n"
        'report r {\n  for: a\n  section "Why?" { show: love }\n}\n'
    )
    found = [item.severity.value for item in checked(text)[1] if item.code == "D003"]
    assert found == severities


def test_a_valued_like_is_no_gain() -> None:
    text = LIKES + "\nroi r {\n  gain: likes * 2 USD\n  cost { a: cogs }\n}\n"
    assert only(checked(text)[1], "D003").severity is Severity.ERROR


def test_a_goal_names_the_letters_that_it_misses() -> None:
    text = (
        SHOP
        + "\nkpi k: revenue {\n  serves: g\n}\n"
        + "goal g {\n  kpi: k\n  over: 2026\n  target: 5 USD\n}\n"
    )
    (message,) = advised(text, "D006")
    assert message == (
        "the goal `g` is not SMART: nothing shows that it is achievable (A), no business reason "
        "makes it relevant (R), no review keeps it time-bound (T)"
    )
    # What the KPI is for, in words, is a reason too.
    (message,) = advised(text.replace("serves: g", 'serves: "Rent is due."'), "D006")
    assert "(R)" not in message
    better = text.replace("5 USD", '+5% from 2025\n  review: monthly\n  relevant: "x"')
    assert advised(better, "D006") == []


def test_the_mend_of_a_target_inside_a_kpi_is_a_key_of_the_kpi() -> None:
    text = SHOP + "\nkpi k: revenue {\n  serves: g\n  target: 5 USD at 2026-12\n}\n"
    text += "\ngoal g {\n  kpi: k\n  over: 2026\n  target: +5% from 2025\n  review: monthly\n"
    text += '  relevant: "x"\n}\n'
    found = only(checked(text)[1], "D006")
    assert found.help == "add a `benchmark:` and a `cadence:`"
    mended = text.replace("  serves: g\n", "  serves: g\n  benchmark: b\n  cadence: monthly\n")
    assert advised(mended + BENCHMARK, "D006") == []


def test_a_stage_without_a_kpi_is_named() -> None:
    kpi = 'kpi k: revenue {\n  serves: "x"\n  stage: [awareness, conversion]\n}\n'
    text = f"{SHOP}\n{kpi}audience a {{\n  tier: manager\n  sees: k\n}}\n"
    found = only(checked(text)[1], "D011")
    assert found.message == "`a` sees no core KPI for consideration and loyalty"
    assert found.help == "add to `sees:` KPIs with `stage: consideration` and `stage: loyalty`"


def test_seven_core_kpis_are_enough_and_auxiliary_ones_are_not_core() -> None:
    def text(count: int, auxiliary: int) -> str:
        kpis = "".join(
            f'kpi k{n}: revenue {{\n  serves: "x"\n'
            "  stage: [awareness, consideration, conversion, loyalty]\n"
            f"  state: {'auxiliary' if n < auxiliary else 'active'}\n}}\n"
            for n in range(count)
        )
        sees = ", ".join(f"k{n}" for n in range(count))
        return f"{SHOP}\n{kpis}audience a {{\n  tier: manager\n  sees: [{sees}]\n}}\n"

    assert advised(text(7, 0), "D011") == []
    assert advised(text(8, 0), "D011") == [
        "`a` sees 8 core KPIs; five to seven can be kept in mind"
    ]
    assert advised(text(8, 1), "D011") == []
    for state in ("draft", "deprecated", "retired"):
        assert advised(text(8, 1).replace("state: auxiliary", f"state: {state}"), "D011") == []


@pytest.mark.parametrize(
    ("cadence", "tier", "grain", "count"),
    [
        ("daily", "executive", "month", 1),
        ("daily", "specialist", "day", 0),
        ("monthly", "specialist", "day", 1),
        ("quarterly", "specialist", "day", 1),
        ("yearly", "specialist", "day", 1),
        ("weekly", "specialist", "day", 0),
        ("monthly", "executive", "month", 0),
    ],
)
def test_each_kpi_on_a_page_of_its_rhythm(cadence: str, tier: str, grain: str, count: int) -> None:
    text = (
        f'{SHOP}\nkpi k: revenue {{\n  serves: "x"\n  cadence: {cadence}\n}}\n'
        f"audience a {{\n  tier: {tier}\n  sees: k\n}}\n"
        f"report r {{\n  for: a\n  period: last_complete({grain})\n"
        '  section "How?" { show: k }\n}\n'
    )
    assert len(advised(text, "D019")) == count


BENCHMARK = '\nbenchmark b: 5 USD {\n  source: "x"\n  as_of: 2025-01-01\n  expires: 2026-01-01\n}\n'


def test_benchmarks_age_by_the_given_day() -> None:
    assert advised(SHOP + BENCHMARK, "D025") == []
    assert advised(SHOP + BENCHMARK, "D025", date(2026, 1, 1)) == []
    assert advised(SHOP + BENCHMARK, "D025", date(2026, 1, 2)) == [
        "the benchmark `b` expired on 2026-01-01"
    ]


def test_a_benchmark_without_source_is_compared_with_nothing() -> None:
    kpi = '\nkpi k: revenue {\n  serves: "x"\n  benchmark: b\n}\n'
    model, findings = checked(SHOP + BENCHMARK.replace('  source: "x"\n', "") + kpi)
    assert only(findings, "D025").severity is Severity.WARNING
    assert model is not None
    assert model.benchmarks == {}
    assert model.kpis["k"].benchmark is None


def test_two_figures_do_not_share_a_name() -> None:
    assert len(advised(SHOP + "\nmetric revenue: cogs * 2\n", "D104")) == 1
    assert advised(SHOP + "\nmetric revenue: revenue\n", "D104") == []
    titled = '\nmetric a "CTR": orders / visits\nmetric b "ctr": {}\n'
    assert len(advised(SHOP + titled.format("orders / customers"), "D104")) == 1
    # Another name for the same figure is no other figure.
    assert advised(SHOP + titled.format("a"), "D104") == []


def test_a_lifetime_value_names_its_basis() -> None:
    text = SHOP + "\nmetric clv: (revenue - cogs) / customers\n"
    assert advised(text, "D103") == [
        "`clv` does not say whether it is revenue or profit; it sums revenue net of cogs"
    ]
    assert advised(text.replace("metric clv", "/// Gross margin.\nmetric clv"), "D103") == []
    titled = text.replace("metric clv", 'metric worth "Customer lifetime value"')
    assert len(advised(titled, "D103")) == 1


def test_the_usual_costs_are_told_from_the_names_of_the_lines() -> None:
    # By hand: the twelve of the domain's list, less those that the names mention.
    assert len(USUAL_COSTS) == 12
    assert "promotion" not in not_covered(["ad_spend"])
    assert "staff" not in not_covered(["sales_team"])
    assert "materials" not in not_covered(["lines.cogs"])
    assert not_covered([]) == tuple(USUAL_COSTS)


def test_advice_is_no_error() -> None:
    findings = checked(SHOP + "\nkpi k: revenue {\n}\n")[1]
    assert codes(findings) == ["D001"]
    assert findings[0].severity is Severity.ADVICE
