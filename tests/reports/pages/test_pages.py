"""The kiosk's pages. Every number worked out by hand from the rows of `kiosk.DATA`.

The page is of February 2026: today is 10 March, and the sources vouch for all days before 5 March.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from kpidsl.model.periods import Window
from kpidsl.plan.query import Query
from kpidsl.reports.blocks import (
    BreakdownBlock,
    FunnelBlock,
    GapBlock,
    GoalRows,
    KpiCard,
    NoteBlock,
    PlanTable,
    TrendBlock,
)
from kpidsl.reports.build import build_report
from kpidsl.reports.html import render_html
from kpidsl.reports.model import ReportModel, from_json, to_json
from tests.reports.pages import kiosk
from tests.reports.pages.looking import block, build, comparison, goal, number, page_text

# --- frame ---------------------------------------------------------------------------------


def test_the_page_is_of_the_last_month_that_its_sources_have_passed(month: ReportModel) -> None:
    assert month.period.label == "Feb 2026"
    assert (month.period.first, month.period.last) == (date(2026, 2, 1), date(2026, 2, 28))
    assert month.period.complete
    assert (month.commit, month.definition_hash) == ("c0ffee", "abc")
    assert (month.project, month.title, month.audience.name) == ("Kiosk", "The month", "Owner")


def test_a_source_that_ends_in_february_holds_the_page_back(folder: Path) -> None:
    # With sales known to 20 February only, January is the last month that all cards have.
    page, _ = build(
        folder, changed={"watermark: 2026-03-05\n  exclude": "watermark: 2026-02-21\n  exclude"}
    )
    assert page.period.label == "Jan 2026"
    assert number(block(page, "turnover", KpiCard).figure) == 200  # 120 + 80


def test_freshness_names_only_the_sources_of_the_page(
    month: ReportModel, detail: ReportModel
) -> None:
    # Vouched for until the day before the watermark; `lost` can't be read; the plan is no data.
    known = {item.source: (item.until, item.guessed, item.stale) for item in month.freshness}
    assert known == {
        "Lost": (None, False, False),
        "Sales": (date(2026, 3, 4), False, False),
        "Spend": (date(2026, 3, 4), False, False),
    }
    # Without a watermark the last row is a guess: 5 March, and 6 February, before the month's end.
    other = {item.source: (item.until, item.guessed, item.stale) for item in detail.freshness}
    assert other["Payroll"] == (date(2026, 3, 5), True, False)
    assert other["Events"] == (date(2026, 2, 6), True, True)


def test_a_source_that_ends_with_the_period_is_not_stale(folder: Path) -> None:
    changed = {"watermark: 2026-03-05\n  exclude": "watermark: 2026-03-01\n  exclude"}
    page, _ = build(folder, changed=changed)
    assert page.period.label == "Feb 2026"
    sales = next(item for item in page.freshness if item.source == "Sales")
    assert (sales.until, sales.stale) == (date(2026, 2, 28), False)


def test_the_headline_counts_the_goals(month: ReportModel) -> None:
    # Grow is amber, fill and again are green; worked out below.
    assert month.headline.startswith("2 of 3 goals on target; Turnover at risk: USD 460")


# --- cards ---------------------------------------------------------------------------------


def test_turnover_beside_plan_last_month_and_last_year(month: ReportModel) -> None:
    card = block(month, "turnover", KpiCard)
    assert card.figure is not None
    assert number(card.figure) == 260  # 100 + 60 + 90 + 10; the test order of 5,000 is excluded
    assert comparison(card, "Plan") == (250, Decimal("0.04"))  # 10 / 250
    assert comparison(card, "Jan 2026") == (200, Decimal("0.3"))  # 60 / 200
    assert comparison(card, "Feb 2025") == (100, Decimal("1.6"))  # 160 / 100
    plan = next(item for item in card.comparisons if item.label == "Plan")
    assert plan.delta is not None
    assert not plan.delta.material  # 4 % is below the project's 5 %
    # The goal grows with time, so its light is the goal's own, to date.
    assert (card.status.level, card.status.word) == ("amber", "at risk to date")
    assert card.bullet is not None
    assert number(card.bullet.target) == 250
    assert card.owner == "boss@kiosk.example"
    assert (card.stages, card.indicator) == (("conversion",), "lagging")


def test_thirteen_months_of_history_with_zeros_where_nothing_was_sold(month: ReportModel) -> None:
    card = block(month, "turnover", KpiCard)
    assert [point.label for point in card.history][:2] == ["Feb 2025", "Mar 2025"]
    values = [number(point.figure) for point in card.history]
    assert values == [100, 30, *[0] * 9, 200, 260]
    assert not any(point.partial for point in card.history)


def test_a_rate_is_judged_by_the_period_and_compared_with_a_stale_benchmark(
    month: ReportModel,
) -> None:
    card = block(month, "basket", KpiCard)
    assert card.figure is not None
    assert number(card.figure) == 65  # 260 / 4
    # At least 70: 65 misses it by 5 / 70 = 7.1 %, within the band of 10 %.
    assert card.status.level == "amber"
    assert comparison(card, "Target")[0] == 70
    assert comparison(card, "Jan 2026")[0] == 100  # 200 / 2
    assert comparison(card, "Feb 2025")[0] == 50  # 100 / 2
    mark = next(item for item in card.comparisons if item.label == "Benchmark")
    assert (number(mark.value), mark.value.unit.label) == (80, "USD per order")
    assert mark.stale
    assert mark.source == "Kiosk trade 2024, 1 Jun 2024"
    assert card.playbook == ()  # only a red KPI shows what to do
    assert card.history[3].figure.missing == "nothing to divide by in May 2025"


def test_the_history_of_a_filter_by_entities_tests_them_period_by_period(folder: Path) -> None:
    """Of January and February ads alone have more than 100 USD, 120 and 160, as each month's page
    says; over all months together seo has, too."""
    changed = {
        "metric gross_profit": 'metric large "Large": revenue where revenue per channel > 100 USD\n'
        "metric gross_profit",
        "sees: [goals, turnover": "sees: [goals, large, turnover",
        "show: [turnover,": "show: [large, turnover,",
        "trend: turnover": "trend: large",
    }
    page, _ = build(folder, changed=changed)
    card = block(page, "large", KpiCard)
    assert card.figure is not None
    assert number(card.figure) == 160
    assert comparison(card, "Jan 2026")[0] == 120
    assert [number(point.figure) for point in card.history[-2:]] == [120, 160]
    trend = block(page, "large-trend", TrendBlock)
    assert [number(point.actual) for point in trend.points[-2:]] == [120, 160]


def test_a_red_kpi_shows_its_playbook(folder: Path) -> None:
    # 65 misses 90 by 28 %.
    page, _ = build(folder, changed={"at least 70 USD": "at least 90 USD"})
    card = block(page, "basket", KpiCard)
    assert (card.status.level, card.playbook) == ("red", ("Offer a second coffee.",))


def test_a_kpi_without_a_goal_is_judged_by_its_plan(folder: Path) -> None:
    # 260 against 250: above plan. The goal on turnover is moved to another KPI.
    page, _ = build(folder, changed={"kpi: turnover, over": "kpi: ad_cost, over"})
    assert block(page, "turnover", KpiCard).status.word == "on plan"


def test_a_definition_tells_formula_filters_goal_and_place(month: ReportModel) -> None:
    meaning = block(month, "basket", KpiCard).definition
    assert meaning is not None
    assert (meaning.formula, meaning.numerator, meaning.denominator) == (
        "revenue / orders",
        "revenue",
        "orders",
    )
    assert meaning.filters == ('sales: not (test = "yes")',)
    assert meaning.goal == "serves: Fill the basket"
    assert meaning.sources == ("Sales",)
    assert meaning.location.startswith("kiosk.kpi:")


# --- a failure takes nothing with it -------------------------------------------------------


def test_a_kpi_whose_file_is_missing_is_a_gap_and_the_others_stand(month: ReportModel) -> None:
    card = block(month, "answered", KpiCard)
    assert card.figure is None
    assert card.gap is not None
    assert "lost.csv" in card.gap.message
    assert card.status.level == "none"
    cards = [b for s in month.sections for b in s.blocks if isinstance(b, KpiCard)]
    assert [c.id for c in cards if c.gap] == ["answered"]
    assert len(cards) == 4
    assert month.headline.endswith("KPIs without a figure: 1")


def test_a_failed_goal_says_why(folder: Path) -> None:
    page, _ = build(folder, changed={"kpi: order_count\n": "kpi: answered\n"})
    row = goal(page, "Double the orders")
    assert number(row.actual) is None
    assert "lost.csv" in row.actual.missing
    assert (row.status.level, row.status.word) == ("none", "no figure")


def test_a_refused_split_is_a_gap_in_its_place(folder: Path) -> None:
    # Events know no channel, so the split is refused (S9).
    changed = {
        "order_count by channel, visit": "seen by channel, visit",
        "breakdown: wages by person": "breakdown: [seen by channel, wages by person]",
        "source payroll {": 'metric seen "Events seen": views\n\nsource payroll {',
        "  dimensions: [kind]\n": "  dimensions: [kind]\n  measure views: count() as event\n",
    }
    page, _ = build(folder, "detail", changed=changed)
    gap = block(page, "seen-by-channel", GapBlock)
    assert gap.gap.code == "K451"
    assert block(page, "wages-by-person", BreakdownBlock).rows
    assert "K451" in render_html(page)


# --- goals ---------------------------------------------------------------------------------


def test_a_linear_goal_to_date(month: ReportModel) -> None:
    row = goal(month, "Grow")
    assert number(row.actual) == 460  # January 200 and February 260
    assert number(row.target) == 1500
    # 59 of the 181 days of the half-year have passed: 1500 × 59 / 181 = 488.950…
    assert float(row.target_to_date.value or 0) == pytest.approx(488.9502762)
    assert float(row.attainment.value or 0) == pytest.approx(460 / 488.9502762)  # 94.1 %
    assert row.status.level == "amber"
    assert row.due == date(2026, 6, 30)
    assert row.owner == "boss@kiosk.example"


def test_a_limit_is_called_one_and_its_attainment_explained(folder: Path) -> None:
    # Basket 460 / 6 = 76.67 against at most 70: 6.67 / 70 = 9.5 % above it, within the 10 % band.
    page, _ = build(folder, changed={"at least 70 USD": "at most 70 USD"})
    row = goal(page, "Fill the basket")
    assert row.is_limit
    assert not goal(page, "Grow").is_limit
    assert row.note.startswith("9.5% above the limit (100% − 9.5% = 90.5%), within the 10% band; ")
    assert row.attainment.short == "90.5%"
    shown = page_text(page, "goals")
    assert "90.5% 100% keeps the limit" in shown
    assert "Limit USD 70" in shown
    assert "94.1% of target to date" in shown  # Grow, of which more is better


def test_a_rate_has_the_same_target_on_every_day(month: ReportModel) -> None:
    row = goal(month, "Fill the basket")
    assert float(row.actual.value or 0) == pytest.approx(460 / 6)  # January and February
    assert number(row.target_to_date) == number(row.target) == 70
    assert row.status.level == "green"


def with_till_goal(text: str) -> dict[str, str]:
    goal = f'goal kept "Kept" {{ kpi: in_till, {text} }}\ngoal grow "Grow"'
    return kiosk.TILL | {'goal grow "Grow"': goal}


def test_a_level_has_the_same_target_on_every_day(folder: Path) -> None:
    # A level doesn't come step by step: of 320 stand 160, a half, though 59 of 365 days are over.
    page, _ = build(folder, changed=with_till_goal("over: 2026, target: 320 USD"))
    row = goal(page, "Kept")
    assert (number(row.actual), number(row.target_to_date), number(row.target)) == (160, 320, 320)
    assert (number(row.attainment), row.status.level) == (Decimal("0.5"), "red")


def test_a_count_of_levels_is_a_level_itself(folder: Path) -> None:
    # Of ten channels that are to hold something in the end, none is due earlier than the others.
    changed = with_till_goal("over: 2026, target: 10")
    changed['kpi order_count "Orders"'] = changed['kpi order_count "Orders"'].replace(
        "till { better", "count(till per sales.channel) { better"
    )
    page, _ = build(folder, changed=changed)
    row = goal(page, "Kept")
    assert (number(row.target_to_date), number(row.target)) == (10, 10)


def test_a_date_that_is_over_is_judged_by_its_own_level(folder: Path) -> None:
    # 200 at the end of January reach 200; the 160 at the end of February would be red.
    page, _ = build(folder, changed=with_till_goal("at: 2026-01-31, target: 200 USD"))
    row = goal(page, "Kept")
    assert (number(row.actual), row.status.level) == (200, "green")
    assert row.note == "on the target; as of 31 Jan 2026"
    # In the page's own period: 60 (ads, of the same day) and 80 (seo, January) on the 10th.
    page, _ = build(folder, changed=with_till_goal("at: 2026-02-10, target: 200 USD"))
    assert number(goal(page, "Kept").actual) == 140
    # As of 5 February nothing is known of that day: 120 (ads) and 80 (seo), both of January.
    early = Window(date(2026, 1, 1), date(2026, 2, 5))
    changed = with_till_goal("at: 2026-02-05, target: 200 USD")
    page, _ = build(folder, changed=changed, period=early)
    assert number(goal(page, "Kept").actual) == 200
    # A date to come: the page's period, and nothing said of a day.
    page, _ = build(folder, changed=with_till_goal("at: 2026-03-31, target: 200 USD"))
    row = goal(page, "Kept")
    assert (number(row.actual), row.note) == (160, "20% below the target, outside the 10% band")


def test_a_rate_at_a_date_that_is_over_is_that_of_its_period(folder: Path) -> None:
    # January: 200 / 2 orders = 100. February has 65, all of the year 76.67.
    changed = {"over: 2026-H1, target: at least 70": "at: 2026-01, target: at least 70"}
    page, _ = build(folder, changed=changed)
    assert number(goal(page, "Fill the basket").actual) == 100


def test_a_seasonal_goal_follows_last_year(month: ReportModel) -> None:
    row = goal(month, "Double the orders")
    # The first quarter of 2025 had 4 orders, 3 of them before March; the target is 8, 6 to date.
    assert number(row.target) == 8
    assert number(row.target_to_date) == 6
    assert number(row.actual) == 6  # two in January, four in February
    assert row.status.level == "green"


def test_goals_of_kpis_that_the_audience_does_not_see_are_left_out(folder: Path) -> None:
    changed = {"order_count, answered": "answered", "basket, order_count] }": "basket] }"}
    page, _ = build(folder, changed=changed)
    assert [row.title for row in block(page, "goals", GoalRows).rows] == ["Grow", "Fill the basket"]


def test_a_target_of_things_is_shown_whole_and_reached_exactly(folder: Path) -> None:
    # 1.9 × 4 = 7.6 orders, three quarters of them, 5.7, to date: six are 105.3 % of that.
    page, _ = build(folder, changed={"+100% from 2025-Q1": "+90% from 2025-Q1"})
    row = goal(page, "Double the orders")
    assert (number(row.target), number(row.target_to_date)) == (8, 6)
    assert float(row.attainment.value or 0) == pytest.approx(6 / 5.7)


def test_a_percentage_of_nothing_is_no_target(folder: Path) -> None:
    page, _ = build(folder, changed={"+100% from 2025-Q1": "+100% from 2025-Q2"})
    assert goal(page, "Double the orders").status.word == "no target"


def test_a_part_of_a_baseline_makes_no_target(folder: Path) -> None:
    # The data begin on 1 January 2025, the week on 30 December 2024. Its one known order would make
    # a target of two, which six orders reach.
    page, _ = build(folder, changed={"+100% from 2025-Q1": "+100% from 2025-W01"})
    row = goal(page, "Double the orders")
    assert row.status.word == "no target"
    assert (number(row.actual), number(row.target), number(row.target_to_date)) == (6, None, None)
    assert row.note.startswith(
        "the baseline, week 2025-W01, is known in part only (Sales: data from 1 Jan 2025)"
    )
    assert block(page, "order_count", KpiCard).status.word == "no target"


def test_a_goal_says_from_when_its_actual_is_known(tmp_path: Path) -> None:
    row = goal(build(since_january(tmp_path))[0], "Grow")
    assert row.note.endswith("; counted since 1 Jan 2026; Sales: data from 10 Jan 2026")


# --- tables, trends, funnels, notes --------------------------------------------------------


def test_plan_of_the_month_and_of_the_year_to_date(month: ReportModel) -> None:
    table = block(month, "plan", PlanTable)
    assert table.spans == ("Feb 2026", "Year to date (1 Jan – 28 Feb 2026)")
    now, to_date = table.rows[0].cells
    assert (number(now.actual), number(now.plan)) == (260, 250)
    assert now.difference is not None
    assert (number(now.difference), now.difference.text) == (10, "+10.00")
    # 460 against 180 + 250 = 430: + 30, + 6.98 %.
    assert (number(to_date.actual), number(to_date.plan)) == (460, 430)
    assert to_date.relative is not None
    assert to_date.relative.text == "+7.0%"
    assert to_date.relative.material  # above 5 %, unlike February's 4 %
    assert now.relative is not None
    assert not now.relative.material
    assert table.rows[1].cells[0].plan is None  # the basket has no plan


def since_january(folder: Path) -> Path:
    """Write the kiosk's data without what was sold before 2026: its first row is of 10 January."""
    kiosk.write_data(folder)
    header, *rows = kiosk.DATA["sales.csv"].splitlines()
    known = [header, *(row for row in rows if ",2026-" in row)]
    (folder / "sales.csv").write_text("\n".join(known) + "\n", encoding="utf-8")
    return folder


def test_what_is_known_in_part_is_not_compared_with_the_whole_plan(tmp_path: Path) -> None:
    # Sales are known from 10 January 2026 on: of the year to date 50 days of 59, all of February.
    page, _ = build(since_january(tmp_path))
    turnover, basket = block(page, "plan", PlanTable).rows
    now, to_date = turnover.cells
    assert not now.marks
    assert now.relative is not None
    assert (number(to_date.actual), number(to_date.plan)) == (460, 430)
    assert (to_date.difference, to_date.relative) == (None, None)
    marks = [("partial", "Sales: data from 10 Jan 2026")]
    assert [(mark.kind, mark.note) for mark in to_date.marks] == marks
    assert [(mark.kind, mark.note) for mark in basket.cells[1].marks] == marks  # without a plan
    assert page_text(page, "plan").count("partial: Sales: data from 10 Jan 2026") == 2


def test_a_vanity_metric_has_no_status(folder: Path) -> None:
    # D3: 260 likes would be on a plan of 250.
    changed = {
        "measure orders: count()": "measure likes: sum(amount) as USD\n  measure orders: count()",
        "tier: executive": "tier: manager",
        'kpi turnover "Turnover": revenue': 'kpi turnover "Turnover": likes',
        'goal grow "Grow" { kpi: turnover': 'goal grow "Grow" { kpi: ad_cost',
    }
    card = block(build(folder, changed=changed)[0], "turnover", KpiCard)
    assert comparison(card, "Plan")[0] == 250
    assert (card.context_only, card.status.level) == (True, "none")


def test_a_card_known_in_part_is_not_judged_by_the_whole_plan(tmp_path: Path) -> None:
    # The 200 of January are those of the 10th on; the 180 planned are of all of it.
    kiosk.write_data(tmp_path)
    header, *rows = kiosk.DATA["sales.csv"].splitlines()
    known = [header, *(row for row in rows if ",2026-" in row)]
    (tmp_path / "sales.csv").write_text("\n".join(known) + "\n", encoding="utf-8")
    changed = {'goal grow "Grow" { kpi: turnover': 'goal grow "Grow" { kpi: ad_cost'}
    page, _ = build(tmp_path, period=Window(date(2026, 1, 1), date(2026, 2, 1)), changed=changed)
    card = block(page, "turnover", KpiCard)
    assert card.figure is not None
    assert number(card.figure) == 200
    assert comparison(card, "Plan") == (180, None)
    assert (card.status.level, card.bullet) == ("none", None)
    # All of February is known, as is its plan: 260 of 250.
    february = block(build(tmp_path, changed=changed)[0], "turnover", KpiCard)
    assert comparison(february, "Plan")[0] == 250
    assert (february.status.level, february.bullet is None) == ("green", False)


def test_a_difference_is_material_by_share_or_by_amount(folder: Path) -> None:
    # Turnover is 10 above plan, 4 %: material by the amount. The basket is 65, 15 per order above
    # the 50 of February 2025, 30 %: material by the share, for 15 is no amount of money.
    for amount, told in (("10 USD", True), ("11 USD", False)):
        page, _ = build(folder, changed={"materiality: 5%": f"materiality: 5% or {amount}"})
        assert block(page, "plan", PlanTable).materiality == f"5% or USD {amount[:2]}"
        card = block(page, "turnover", KpiCard)
        plan = next(item.delta for item in card.comparisons if item.label == "Plan")
        assert plan is not None
        assert plan.material is told
    basket = block(page, "basket", KpiCard).comparisons
    assert all(item.delta and item.delta.material for item in basket)


@pytest.mark.parametrize(
    ("materiality", "money", "rate"),
    [
        # Turnover is exactly 4 % and 10 USD above plan, the basket 30 % above last year's.
        ("4%", True, True),
        ("4.1%", False, True),
        ("10 USD", True, True),
        ("11 USD", False, True),  # which says nothing of dollars per order
        ("31%", False, False),
    ],
)
def test_a_difference_is_material_from_its_limit_on(
    folder: Path, materiality: str, money: bool, rate: bool
) -> None:
    page, _ = build(folder, changed={"materiality: 5%": f"materiality: {materiality}"})

    def material(card: str, label: str) -> bool:
        found = next(i for i in block(page, card, KpiCard).comparisons if i.label == label)
        assert found.delta is not None
        return found.delta.material

    assert (material("turnover", "Plan"), material("basket", "Feb 2025")) == (money, rate)


@pytest.mark.parametrize(
    ("changed", "span", "actual"),
    [
        # From March on: 30, January's 200 and February's 260.
        (
            {"materiality: 5%": "fiscal_year_starts: march"},
            "Year to date (1 Mar 2025 – 28 Feb 2026)",
            490,
        ),
        ({"[month, year_to_date]": "[month, quarter]"}, "1 Jan – 28 Feb 2026", 460),
    ],
)
def test_columns_of_a_fiscal_year_and_of_a_quarter(
    folder: Path, changed: dict[str, str], span: str, actual: int
) -> None:
    table = block(build(folder, changed=changed)[0], "plan", PlanTable)
    assert table.spans == ("Feb 2026", span)
    assert number(table.rows[0].cells[1].actual) == actual


def test_a_full_year_column_is_declared_and_left_out(folder: Path) -> None:
    page, found = build(folder, changed={"[month, year_to_date]": "[month, full_year]"})
    assert block(page, "plan", PlanTable).spans == ("Feb 2026",)
    assert [item.code for item in found] == ["K601", "K705"]  # K601: the file that is lost
    assert page.footer.not_on_this_page


def test_a_trend_has_plans_where_there_are_any(month: ReportModel) -> None:
    points = block(month, "turnover-trend", TrendBlock).points
    assert [number(point.actual) for point in points] == [100, 30, *[0] * 9, 200, 260]
    # The plan begins in January 2026: what lies before it has none.
    assert [number(point.plan) for point in points] == [*[None] * 11, 180, 250]
    assert points[-2].delta is not None
    assert points[-2].delta.text == "+11.1%"  # 20 / 180


def test_a_funnel_with_its_weakest_step(detail: ReportModel) -> None:
    made = block(detail, "visit_to_order", FunnelBlock)
    assert [(step.label, number(step.count)) for step in made.steps] == [
        ("Seen", 3),
        ("In the cart", 2),  # visits 1 and 2
        ("Bought", 1),  # visit 1
    ]
    # The events end on 6 February, so visit 4 of that morning may still buy: it stands apart.
    assert made.immature is not None
    assert number(made.immature) == 1
    rates = [float(step.from_previous.value or 0) for step in made.steps if step.from_previous]
    assert rates == pytest.approx([2 / 3, 1 / 2])
    assert [step.bottleneck for step in made.steps] == [False, False, True]
    assert (made.entity, made.window) == ("visit", "1 d")


def test_a_note_is_signed_at_its_end(month: ReportModel, folder: Path) -> None:
    made = block(month, "note", NoteBlock)
    assert made.text == "The kiosk was shut on 9 February."
    assert (made.author, made.written) == ("B. Boss", date(2026, 3, 2))
    page, _ = build(folder, changed={"(B. Boss, 2 March 2026)": "(B. Boss, 2026-03-02)"})
    assert block(page, "note", NoteBlock) == made
    for unsigned in ("", " (B. Boss, 30 February 2026)", " (B. Boss, 2 Marsh 2026)"):
        page, found = build(folder, changed={" (B. Boss, 2 March 2026)": unsigned})
        assert [item.code for item in found] == ["K601", "K706"]  # K601: the file that is lost
        assert block(page, "note", NoteBlock).author == ""
        assert f"shut on 9 February.{unsigned}" in render_html(page)


def test_a_value_whose_data_end_early_is_marked(folder: Path) -> None:
    changed = {"watermark: 2026-03-05\n  exclude": "watermark: 2026-02-21\n  exclude"}
    page, _ = build(folder, changed=changed, period=Window(date(2026, 2, 1), date(2026, 3, 1)))
    assert (page.period.label, page.period.complete) == ("1 – 20 Feb 2026", False)
    marks = block(page, "turnover", KpiCard).marks
    assert [(mark.kind, mark.note) for mark in marks] == [("partial", "data until 20 Feb 2026")]


# --- periods -------------------------------------------------------------------------------


def test_part_of_a_month_is_compared_with_the_same_part(folder: Path) -> None:
    # Of March the first four days are known: 70. The same days of February: none (0); of 2025: 0.
    page, _ = build(folder, period=Window(date(2026, 3, 1), date(2026, 4, 1)))
    assert (page.period.label, page.period.complete) == ("1 – 4 Mar 2026", False)
    card = block(page, "turnover", KpiCard)
    assert card.figure is not None
    assert number(card.figure) == 70
    assert comparison(card, "1 – 4 Feb 2026")[0] == 0
    # 1 to 4 March 2025; the order of 15 March is outside.
    assert comparison(card, "1 – 4 Mar 2025")[0] == 0
    plan = next(item for item in card.comparisons if item.label == "Plan")
    assert plan.value.missing == "the plan is monthly, and 1 – 4 Mar 2026 is not whole months"
    assert [mark.kind for mark in card.marks] == ["partial"]
    assert card.history[-1].partial


WEEKLY = "for: owner\n  period: last_complete(week)"


def test_days_and_weeks_look_back_52_weeks(folder: Path) -> None:
    page, _ = build(folder, changed={"for: owner\n  period: last_complete(month)": WEEKLY})
    # The last whole week before 5 March 2026, a Thursday: 23 February to 1 March; 90 + 10.
    card = block(page, "turnover", KpiCard)
    assert page.period.label == "week 2026-W09"
    assert card.figure is not None
    assert number(card.figure) == 100
    # 52 weeks before: 24 February to 2 March 2025, without an order.
    assert comparison(card, "week 2025-W09")[0] == 0
    plan = next(item for item in card.comparisons if item.label == "Plan")
    assert "not whole months" in plan.value.missing  # finer than the plan: refused (S27)
    points = block(page, "turnover-trend", TrendBlock).points
    assert (points[-1].first, points[-1].last) == (date(2026, 2, 23), date(2026, 3, 1))
    assert "Turnover USD 100 in the week of 23 Feb 2026" in page_text(page, "turnover-trend")
    # 16 to 22 February had no order, so no basket either.
    basket = block(page, "basket", KpiCard).history[-2].figure
    assert basket.missing == "nothing to divide by in the week of 16 Feb 2026"


def test_a_kpi_that_compares_itself_does_so_by_weeks_wherever_a_page_shows_it(
    tmp_path: Path,
) -> None:
    """Week 9 is 23 February to 1 March 2026, and 24 February to 2 March 2025: a Sunday, of which
    the one order is."""
    sales = f"{kiosk.DATA['sales.csv']}12,2025-03-02,seo,25.00,5.00,no\n"
    kiosk.write_data(tmp_path)
    (tmp_path / "sales.csv").write_text(sales, encoding="utf-8")
    changed = {
        "for: owner\n  period: last_complete(month)": WEEKLY,
        'kpi order_count "Orders": orders {': 'kpi order_count "Orders": prior(orders, 1y) {',
        "over: 2026-Q1\n  target: +100% from 2025-Q1\n  curve: seasonal": (
            "at: 2026-06-30, target: at least 2 order"
        ),
        "columns: [month, year_to_date]": "columns: [week]",
        "table: [turnover, basket]": "table: [turnover, order_count]",
        "shows_sql: false": "shows_sql: true",
    }
    page, _ = build(tmp_path, changed=changed)
    card = block(page, "order_count", KpiCard)
    assert card.figure is not None
    assert number(card.figure) == number(card.history[-1].figure) == 1
    [week] = block(page, "plan", PlanTable).rows[1].cells
    assert number(week.actual) == 1
    assert number(goal(page, "Double the orders").actual) == 1
    assert card.definition is not None
    assert "2025-02-24" in card.definition.sql


def test_weeks_of_a_whole_month_have_no_plan(folder: Path) -> None:
    """S27: of the month's plan no week has all, nor the one in which the month begins."""
    february = Window(date(2026, 2, 1), date(2026, 3, 1))
    weekly = {"for: owner\n  period: last_complete(month)": WEEKLY}
    page, _ = build(folder, changed=weekly, period=february)
    assert comparison(block(page, "turnover", KpiCard), "Plan")[0] == 250
    points = block(page, "turnover-trend", TrendBlock).points
    assert [point.plan for point in points] == [None] * len(points)


def test_nothing_known_before_the_data_is_no_comparison(folder: Path) -> None:
    page, _ = build(folder, period=Window(date(2025, 1, 1), date(2025, 2, 1)))
    card = block(page, "turnover", KpiCard)
    # December and January of 2024 lie before the first row; the plan begins a year later.
    assert [item.label for item in card.comparisons] == ["Plan"]
    assert card.comparisons[0].value.value is None


# --- promises ------------------------------------------------------------------------------


def test_the_same_page_every_time(folder: Path, month: ReportModel) -> None:
    again, _ = build(folder)
    assert to_json(again) == to_json(month)
    assert from_json(to_json(month)) == month


def test_a_page_of_forty_kpis_takes_two_questions(folder: Path) -> None:
    names = [f"kpi_{number}" for number in range(40)]
    kpis = "\n".join(f"kpi {name}: revenue {{ serves: grow, better: higher }}" for name in names)
    model, runner = kiosk.load(
        folder,
        {
            "kpi turnover": f"{kpis}\n\nkpi turnover",
            "sees: [wages": f"sees: [{', '.join(names)}, wages",
            'section "What happened?" { show: [ad_cost, wages] }': 'section "What happened?" '
            f"{{ show: [{', '.join(names)}] }}",
            '  section "Which channel?" { breakdown: turnover by channel }\n  section "Who?" '
            '{ breakdown: wages by person }\n  section "Where do visits end?" '
            "{ funnel: visit_to_order }\n": "",
        },
    )
    asked = []
    queries = runner.queries

    def counting(questions: list[Query]) -> Any:
        asked.append(questions)
        return queries(questions)

    runner.queries = counting  # type: ignore[method-assign, assignment]
    page, _ = build_report(model.reports["detail"], model, runner, now=kiosk.NOW)
    assert len(page.sections[0].blocks) == 40
    # The period with all that stands beside it, and the history, at once.
    assert [len(questions) for questions in asked] == [2]


def test_the_page_is_the_same_when_every_kpi_is_asked_alone(
    folder: Path, month: ReportModel
) -> None:
    """The missing file splits the questions; without that KPI they run whole (S1)."""
    page, _ = build(folder, changed={"show: answered }": "show: order_count }"})
    for name in ("turnover", "basket", "order_count"):
        assert block(page, name, KpiCard) == block(month, name, KpiCard)
