"""Sentences computed from numbers."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from kpidsl.reports.blocks import BreakdownBlock, BreakdownRow, GoalRows, KpiCard, TrendBlock
from kpidsl.reports.format import PERCENT, figure
from kpidsl.reports.sentences import (
    breakdown_message,
    bullet_message,
    funnel_message,
    goals_message,
    headline,
    history_message,
    per_one,
    plan_message,
    roi_message,
    roi_rule,
    roi_verdict,
    trend_message,
    when,
)
from kpidsl.reports.values import Level
from tests.reports import sample


def with_level(card: KpiCard, level: Level) -> KpiCard:
    return KpiCard.model_validate(
        dict(card) | {"status": sample.status(level), "playbook": (), "marks": ()}
    )


def test_goals_lead_the_headline_and_the_worst_is_named() -> None:
    rows = sample.goals().rows
    assert headline(rows, [sample.revenue_card(), sample.gap_card()]) == (
        "1 of 3 goals on target; Customer acquisition cost off target: USD 52.30 against USD 45; "
        "KPIs without a figure: 1"
    )
    assert headline(rows[:1], []) == "The goal is on target"
    assert headline((rows[0], rows[0]), []) == "All 2 goals on target"
    assert headline(rows[1:2], []) == (
        "The goal is at risk; Qualified leads at risk: 3,120 against 3,300"
    )


def test_without_goals_the_kpis_are_counted() -> None:
    red, amber, none = sample.cac_card(), sample.rate_card(), sample.ltv_card()
    green = sample.revenue_card()
    assert headline([], [green, amber, red, none]) == (
        "1 of 3 KPIs on target; Customer acquisition cost off target at USD 52.30"
    )
    assert headline([], [green, with_level(red, "green")]) == "2 of 2 KPIs on target"
    assert headline([], [green]) == "Revenue on target at USD 1.24M"


def test_without_targets_the_first_comparison_speaks() -> None:
    card = with_level(sample.revenue_card(), "none")
    assert headline([], [sample.null_card(), card]) == "Revenue USD 1.24M, +4.5% against Plan"
    assert headline([], [sample.null_card()]) == "No KPI on this page has a target yet"
    assert headline([], []) == "No KPI on this page has a target yet"


def test_provisional_figures_make_no_headline() -> None:
    assert "lifetime" not in headline([], [sample.ltv_card(), sample.rate_card()])


def test_messages_of_the_blocks() -> None:
    assert trend_message(sample.trend()) == (
        # Above plan by hand: Nov, Dec, Jun, Sep, Oct.
        "Revenue USD 1.24M in Oct 2026, 4.5% above plan; better than plan in 5 of 12 periods"
    )
    assert trend_message(sample.trend(partial=True)).startswith("Revenue USD 1.01M in Sep 2026,")
    assert plan_message(sample.plan_table()) == (
        # Revenue and orders above; cost +4.5 % and rate −0.16 pp miss, the cost by more.
        "October 2026: 2 of 4 KPIs better than plan; Marketing cost misses it most (+4.5%)"
    )
    assert roi_message(sample.roi_table()) == (
        "3 of 4 above break-even; E-mail earns most (700%), Social least (−40.6%)"
    )
    assert funnel_message(sample.funnel()) == (
        "Weakest step: Product viewed → Added to cart, 33.7% (145 of 430); "
        "6.74% go from Product viewed to Ordered"
    )
    assert breakdown_message(sample.breakdown()) == (
        "Desktop is highest at 3.10%; Mobile: half the overall rate"
    )
    card = sample.rate_card()
    assert history_message(card.title, card.history) == (
        "Conversion rate from Nov 25 to Oct 26: lowest 2.00%, highest 2.40%, latest 2.34%"
    )
    assert card.bullet is not None
    assert bullet_message("CR", card.bullet) == "CR: 2.34% against a target of 2.50%"


def test_blocks_without_values_say_so() -> None:
    empty = TrendBlock(id="t", title="Revenue", unit=sample.USD, points=())
    assert trend_message(empty) == "Revenue: no period has a value yet"
    nothing = figure(None, PERCENT, missing="no visits")
    rows = tuple(row.model_copy(update={"figure": nothing}) for row in sample.breakdown().rows)
    block = sample.breakdown().model_copy(update={"rows": rows})
    assert breakdown_message(block) == "Conversion rate by device: no period has a value yet"
    assert goals_message(GoalRows(id="g", title="Goals", rows=())) == (
        "No KPI on this page has a target yet"
    )


@pytest.mark.parametrize(
    ("first", "last", "said"),
    [
        ("2026-11-16", "2026-11-16", "on 16 Nov 2026"),
        ("2026-11-09", "2026-11-15", "in the week of 9 Nov 2026"),
        ("2026-11-15", "2026-11-21", "in the week of 15 Nov 2026"),  # a week from Sunday
        ("2026-10-01", "2026-10-31", "in Oct 2026"),
        ("2026-07-01", "2026-09-30", "in Q3 2026"),
        ("2026-01-01", "2026-12-31", "in 2026"),
        ("2026-03-01", "2026-03-04", "over 1 – 4 Mar 2026"),
        ("2025-12-01", "2026-02-10", "over 1 Dec 2025 – 10 Feb 2026"),
    ],
)
def test_when_something_was(first: str, last: str, said: str) -> None:
    days = date.fromisoformat(first), date.fromisoformat(last)
    assert when(*days) == said
    point = sample.trend().points[-1].model_copy(update={"first": days[0], "last": days[1]})
    block = sample.trend().model_copy(update={"points": (point,)})
    assert trend_message(block).startswith(f"Revenue USD 1.24M {said}, 4.5% above plan")


def test_members_with_the_same_note_stand_together() -> None:
    """A note that several share is told once, and more than three of them are counted."""

    def message(*noted: str) -> str:
        # By value, from 9 down: the first is the highest, and its own note is not told again.
        values = [figure(9 - place, sample.USD) for place in range(len(noted))]
        rows = tuple(
            BreakdownRow(label=f"m{place}", figure=value, note=note)
            for place, (value, note) in enumerate(zip(values, noted, strict=True))
        )
        return breakdown_message(
            BreakdownBlock(id="b", title="B", dimension="D", unit=sample.USD, rows=rows)
        )

    assert message("up", "", "low", "low", "low") == "m0 is highest at USD 9; m2, m3, m4: low"
    assert message("", "up", "low", "low") == "m0 is highest at USD 9; m1: up; m2, m3: low"
    assert message("", "low", "low", "low", "low") == ("m0 is highest at USD 9; m1 and 3 more: low")


def test_per_one_says_gross_or_net() -> None:
    # V1: 45,000 for 15,000 TWD is 200 %; V3: 20,000 for 5,000 is 400 %; V4: 125 %.
    assert per_one(Decimal(2), "TWD", "net") == "1 TWD → 2 TWD net"
    assert per_one(Decimal(4), "TWD", "gross") == "1 TWD → 4 TWD gross"
    assert per_one(Decimal("1.25"), "TWD", "net") == "1 TWD → 1.25 TWD net"
    assert per_one(Decimal("-0.25"), "TWD", "net") == "1 TWD → −0.25 TWD net"
    assert per_one(Decimal("1234.566"), "USD", "gross") == "1 USD → 1,234.57 USD gross"
    assert per_one(Decimal("-0.001"), "USD", "net") == "1 USD → 0 USD net"


@pytest.mark.parametrize(
    ("roi", "benchmark", "advice"),
    [
        ("2.5", "2.5", "keep"),
        ("2.4", "2.5", "watch"),
        ("0", "2.5", "watch"),
        ("-0.01", "2.5", "stop"),
        ("0.01", None, "keep"),
        ("0", None, "watch"),
        # V6: V2's 21 % a year against the 10.2 % of a long-run equity index.
        ("0.21", "0.102", "keep"),
        # V7: V1, V4 and V5 lie below the 250 % of search marketing.
        ("2", "2.5", "watch"),
        ("1.25", "2.5", "watch"),
        ("2.333", "2.5", "watch"),
        (None, "2.5", None),
    ],
)
def test_advice_follows_the_printed_rule(
    roi: str | None, benchmark: str | None, advice: str | None
) -> None:
    value = None if roi is None else Decimal(roi)
    bar = None if benchmark is None else Decimal(benchmark)
    assert roi_verdict(value, bar) == advice


def test_the_rule_names_its_bar() -> None:
    assert roi_rule("250%") == (
        "keep: ROI at or above 250%; watch: at or above break-even; stop: below it"
    )
    assert roi_rule("") == "keep: ROI above break-even; watch: at it; stop: below it"
