"""Every number of the kiosk's pages, worked out by hand from the rows of `kiosk.DATA`.

The page is of February 2026: today is 10 March, and the sources vouch for all days before 5 March.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

import pytest

from kpidsl.model.expr import Column
from kpidsl.model.periods import Window
from kpidsl.plan.query import Query
from kpidsl.reports.build import build_report
from kpidsl.reports.html import render_html
from kpidsl.reports.model import (
    BreakdownBlock,
    FunnelBlock,
    GapBlock,
    GoalRow,
    GoalRows,
    KpiCard,
    NoteBlock,
    PlanTable,
    ReportModel,
    RoiRow,
    RoiTable,
    TrendBlock,
    from_json,
    to_json,
)
from kpidsl.reports.values import Delta, Figure
from kpidsl.text.diagnostic import Diagnostic
from tests.reports.build import kiosk

B = TypeVar("B")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("kiosk")
    kiosk.write_data(made)
    return made


def build(
    folder: Path,
    name: str = "month",
    *,
    period: Window | None = None,
    changed: dict[str, str] | None = None,
) -> tuple[ReportModel, list[Diagnostic]]:
    model, runner = kiosk.load(folder, changed)
    return build_report(
        model.reports[name],
        model,
        runner,
        now=kiosk.NOW,
        commit="c0ffee",
        definition_hash="abc",
        period=period,
    )


@pytest.fixture(scope="module")
def month(folder: Path) -> ReportModel:
    return build(folder)[0]


@pytest.fixture(scope="module")
def detail(folder: Path) -> ReportModel:
    return build(folder, "detail")[0]


def block(page: ReportModel, block_id: str, kind: type[B]) -> B:
    found = next(b for s in page.sections for b in s.blocks if b.id == block_id)
    assert isinstance(found, kind)
    return found


def goal(page: ReportModel, title: str) -> GoalRow:
    return next(row for row in block(page, "goals", GoalRows).rows if row.title == title)


def comparison(card: KpiCard, label: str) -> tuple[Any, Any]:
    found = next(item for item in card.comparisons if item.label == label)
    return number(found.value), number(found.delta)


def number(printed: Figure | Delta | None) -> Any:
    """The value of a figure or difference, which equals an integer or a decimal alike."""
    return None if printed is None else printed.value


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


def test_a_rate_has_the_same_target_on_every_day(month: ReportModel) -> None:
    row = goal(month, "Fill the basket")
    assert float(row.actual.value or 0) == pytest.approx(460 / 6)  # January and February
    assert number(row.target_to_date) == number(row.target) == 70
    assert row.status.level == "green"


def test_a_seasonal_goal_follows_last_year(month: ReportModel) -> None:
    row = goal(month, "Double the orders")
    # The first quarter of 2025 had 4 orders, 3 of them before March; the target is 8, 6 to date.
    assert number(row.target) == 8
    assert number(row.target_to_date) == 6
    assert number(row.actual) == 6  # two in January, four in February
    assert row.status.level == "green"


# --- return on investment ------------------------------------------------------------------


def roi_row(table: RoiTable, label: str) -> RoiRow:
    return next(row for row in table.rows if row.label == label)


def test_roi_by_channel(month: ReportModel) -> None:
    table = block(month, "ads_roi-by-channel", RoiTable)
    # Best first; those without an ROI by name; no channel last.
    assert [row.label for row in table.rows] == ["ads", "tv", "seo", "(none)"]
    ads = roi_row(table, "ads")
    # Gain (100 − 40) + (60 − 30) = 90 for 80: net 10, 12.5 %, below the panel's 20 %.
    assert (number(ads.gain), number(ads.cost), number(ads.net), number(ads.roi)) == (
        90, 80, 10, Decimal("0.125"),
    )  # fmt: skip
    assert (ads.verdict, ads.per_one) == ("watch", "1 USD → 0.13 USD net")
    # (1 + 0.125)^12 − 1 = 3.10989…: one month, whole months/12.
    assert ads.annualised is not None
    assert float(ads.annualised.value or 0) == pytest.approx(3.1098907, abs=1e-6)
    tv = roi_row(table, "tv")
    assert (number(tv.gain), number(tv.cost), number(tv.roi), tv.verdict) == (0, 20, -1, "stop")
    assert tv.annualised is not None
    assert number(tv.annualised) is None  # nothing is left to reinvest (T6)
    seo = roi_row(table, "seo")
    assert (number(seo.gain), number(seo.cost), number(seo.roi)) == (60, 0, None)
    assert seo.roi.missing == "nothing to divide by in Feb 2026"
    assert roi_row(table, "(none)").gain.value == 5


def test_roi_total_is_asked_for_and_a_fixed_cost_stands_apart(month: ReportModel) -> None:
    table = block(month, "ads_roi-by-channel", RoiTable)
    assert table.unallocated is not None
    assert number(table.unallocated.cost) == 28  # the whole of February's staff
    assert (table.unallocated.verdict, table.unallocated.per_one) == (None, "")  # nobody's
    assert table.total is not None
    # Gain 155 for 80 + 20 + 28 = 128: net 27, 21.09375 %, above the panel's 20 %.
    total = (number(table.total.gain), number(table.total.cost), number(table.total.net))
    assert total == (155, 128, 27)
    assert float(table.total.roi.value or 0) == pytest.approx(0.2109375)
    assert table.total.verdict == "keep"
    assert table.benchmark is not None
    assert (number(table.benchmark.value), table.benchmark.stale) == (Decimal("0.2"), False)
    assert "20.0%" in table.rule
    assert table.convention == "discrete compounding, reinvested; whole months/12"


def test_a_young_roi_is_provisional_and_advises_nothing(folder: Path) -> None:
    # The data reach four days beyond February, fewer than the cycle's thirty.
    page, _ = build(folder, changed={"sales_cycle: 3d": "sales_cycle: 30d"})
    row = roi_row(block(page, "ads_roi-by-channel", RoiTable), "ads")
    assert row.verdict is None
    assert [mark.note for mark in row.marks] == ["sales cycle 30 d, cohort 4 d"]


def test_an_expired_benchmark_no_longer_counts(folder: Path) -> None:
    page, _ = build(folder, changed={"expires: 2026-06-01": "expires: 2026-03-01"})
    table = block(page, "ads_roi-by-channel", RoiTable)
    assert table.benchmark is not None
    assert table.benchmark.stale
    assert roi_row(table, "ads").verdict == "keep"  # 12.5 % is above break-even
    assert "20" not in table.rule


def test_the_break_even_point_of_a_margin(folder: Path) -> None:
    # Of each 1 of revenue 0.4 is kept: 2.5 of revenue pay for 1 of cost (V9).
    page, _ = build(folder, changed={"sales_cycle: 3d": "margin: 40%"})
    line = block(page, "ads_roi-by-channel", RoiTable).break_even
    assert (number(line.value), line.source) == (0, "ROAS 2.50× at a margin of 40.0%")


def test_small_groups_lose_their_gain_and_keep_their_cost(folder: Path) -> None:
    # Orders: ads 2, seo 1, none 1, tv 0. With a limit of 2, seo and (none) lose what tells of
    # them, and are two together; tv has no buyer to protect.
    changed = {"  shows_sql: false": "  shows_sql: false\n  suppress_below: 2"}
    table = block(build(folder, changed=changed)[0], "ads_roi-by-channel", RoiTable)
    seo = roi_row(table, "seo")
    assert seo.gain.missing == seo.net.missing == "suppressed: fewer than 2"
    assert number(seo.cost) == 0
    assert number(roi_row(table, "ads").gain) == 90
    assert number(roi_row(table, "tv").roi) == -1
    assert table.total is not None


# --- tables, trends, breakdowns, funnels, notes --------------------------------------------


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


def test_a_difference_is_material_by_share_or_by_amount(folder: Path) -> None:
    # Turnover is 10 above plan, 4 %: material by the amount. The basket is 65, 15 per order above
    # the 50 of February 2025, 30 %: material by the share, for 15 is no amount of money.
    for amount, told in (("10 USD", True), ("11 USD", False)):
        page, _ = build(folder, changed={"materiality: 5%": f"materiality: 5% or {amount}"})
        assert block(page, "plan", PlanTable).materiality == f"5.0% or USD {amount[:2]}"
        card = block(page, "turnover", KpiCard)
        plan = next(item.delta for item in card.comparisons if item.label == "Plan")
        assert plan is not None
        assert plan.material is told
    basket = block(page, "basket", KpiCard).comparisons
    assert all(item.delta and item.delta.material for item in basket)


def test_a_full_year_column_is_declared_and_left_out(folder: Path) -> None:
    page, found = build(folder, changed={"[month, year_to_date]": "[month, full_year]"})
    assert block(page, "plan", PlanTable).spans == ("Feb 2026",)
    assert [item.code for item in found] == ["K705"]
    assert page.footer.not_on_this_page


def test_a_trend_has_plans_where_there_are_any(month: ReportModel) -> None:
    points = block(month, "turnover-trend", TrendBlock).points
    assert [number(point.actual) for point in points] == [100, 30, *[0] * 9, 200, 260]
    # The plan begins in January 2026: what lies before it has none.
    assert [number(point.plan) for point in points] == [*[None] * 11, 180, 250]
    assert points[-2].delta is not None
    assert points[-2].delta.text == "+11.1%"  # 20 / 180


def test_a_breakdown_of_what_adds_up_shows_shares(month: ReportModel) -> None:
    made = block(month, "turnover-by-channel", BreakdownBlock)
    rows = [(row.label, number(row.figure), row.special) for row in made.rows]
    assert rows == [("ads", 160, None), ("seo", 90, None), ("(none)", 10, "none")]
    assert made.reference is not None
    assert number(made.reference.value) == 260
    shares = [float(row.share.value or 0) for row in made.rows if row.share]
    assert shares == pytest.approx([160 / 260, 90 / 260, 10 / 260])


def test_a_breakdown_of_a_rate_notes_who_differs(month: ReportModel) -> None:
    made = block(month, "basket-by-channel", BreakdownBlock)
    rows = [(row.label, number(row.figure), row.note) for row in made.rows]
    # Overall 65: seo 90 is 38.5% above; ads 160 / 2 = 80 is 23% above, under a quarter;
    # orders without a channel are no segment.
    assert rows == [("seo", 90, "38.5% above overall"), ("ads", 80, ""), ("(none)", 10, "")]
    assert all(row.share is None for row in made.rows)


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
    page, found = build(folder, changed={" (B. Boss, 2 March 2026)": ""})
    assert [item.code for item in found] == ["K706"]
    assert "shut on 9 February" in render_html(page)


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


def test_nothing_known_before_the_data_is_no_comparison(folder: Path) -> None:
    page, _ = build(folder, period=Window(date(2025, 1, 1), date(2025, 2, 1)))
    card = block(page, "turnover", KpiCard)
    # December and January of 2024 lie before the first row; the plan begins a year later.
    assert [item.label for item in card.comparisons] == ["Plan"]
    assert card.comparisons[0].value.value is None


# --- who sees what (D21) -------------------------------------------------------------------

SECRETS = ("Wages", "wages", "payroll", "Payroll", "salary", "Zelda", "98,765", "98765", "98.8K")


def test_an_executive_page_holds_nothing_of_another_audience(month: ReportModel) -> None:
    for text in (render_html(month), to_json(month)):
        for secret in (*SECRETS, "SELECT", "Ad spend"):
            assert secret not in text


def test_the_search_for_secrets_would_find_them(detail: ReportModel) -> None:
    for text in (render_html(detail), to_json(detail)):
        assert all(secret in text for secret in ("Wages", "Zelda", "SELECT", "Ad spend"))
    assert "98765.43" in to_json(detail)


def test_a_report_that_asks_for_more_gets_no_more(folder: Path) -> None:
    """The checker refuses such a report; the page is safe even for a model that never saw it."""
    model, runner = kiosk.load(folder)
    wider = model.reports["detail"].model_copy(update={"audience": "owner"})
    page, found = build_report(wider, model, runner, now=kiosk.NOW)
    assert [b.id for s in page.sections for b in s.blocks] == ["turnover-by-channel"]
    assert {item.code for item in found} == {"K704"}
    left_out = ("`ad_cost`", "`wages`", "`wages by payroll.person`", "`visit_to_order`")
    assert [item.message.split(" is not")[0] for item in found] == list(left_out)
    for text in (render_html(page), to_json(page)):
        for secret in (*SECRETS, "Ad spend", "From visit to order"):
            assert secret not in text


def test_sql_is_shown_where_it_may_be_and_of_one_figure_only(detail: ReportModel) -> None:
    meaning = block(detail, "ad_cost", KpiCard).definition
    assert meaning is not None
    assert 'FROM "spend"' in meaning.sql
    assert "payroll" not in meaning.sql  # though both cards were fetched by one question


def test_goals_are_not_told_to_those_who_do_not_see_them(detail: ReportModel) -> None:
    assert "Grow" not in to_json(detail)
    assert "1500" not in to_json(detail)


def test_small_groups_are_not_shown(detail: ReportModel) -> None:
    # Orders in February: ads 2, seo 1, none 1. The clerk sees no group of fewer than two.
    made = block(detail, "turnover-by-channel", BreakdownBlock)
    shown = {
        row.label: (number(row.figure), row.figure.missing, row.share is None) for row in made.rows
    }
    assert shown["ads"] == (160, "", False)
    assert shown["seo"] == (None, "suppressed: fewer than 2", True)
    assert shown["(none)"] == (None, "suppressed: fewer than 2", True)
    assert made.reference is not None
    assert '"90' not in to_json(detail)


def test_groups_that_could_not_be_counted_are_not_shown(folder: Path) -> None:
    # Turnover could be had, but not the count of orders behind each channel.
    model, runner = kiosk.load(folder)
    sales = model.sources["sales"]
    broken = sales.measures["orders"].model_copy(update={"operand": Column(("no_such_column",))})
    measures = {**sales.measures, "orders": broken}
    sources = {**model.sources, "sales": sales.model_copy(update={"measures": measures})}
    runner.model = model.model_copy(update={"sources": sources})
    page, _ = build_report(model.reports["detail"], runner.model, runner, now=kiosk.NOW)
    assert block(page, "turnover-by-channel", GapBlock).gap.code


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
    query = runner.query

    def counting(question: Query) -> Any:
        asked.append(question)
        return query(question)

    runner.query = counting  # type: ignore[method-assign, assignment]
    page, _ = build_report(model.reports["detail"], model, runner, now=kiosk.NOW)
    assert len(page.sections[0].blocks) == 40
    assert len(asked) == 2  # the period with all that stands beside it, and the history


def test_the_page_is_the_same_when_every_kpi_is_asked_alone(
    folder: Path, month: ReportModel
) -> None:
    """The missing file splits the questions; without that KPI they run whole (S1)."""
    page, _ = build(folder, changed={"show: answered }": "show: order_count }"})
    for name in ("turnover", "basket", "order_count"):
        assert block(page, name, KpiCard) == block(month, name, KpiCard)
