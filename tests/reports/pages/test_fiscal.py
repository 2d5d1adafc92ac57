"""A page by the fiscal year. With a year from February, FY2026 is February 2025 to January 2026."""

from __future__ import annotations

from pathlib import Path

from kpidsl.reports.blocks import KpiCard
from tests.reports.pages import kiosk
from tests.reports.pages.looking import block, build, comparison, goal, number

MONTHLY = "for: owner\n  period: last_complete(month)"
FROM_FEBRUARY = {
    "  currency: USD": "  currency: USD\n  fiscal_year_starts: february",
    MONTHLY: MONTHLY.replace("month", "fiscal_year"),
}


def test_the_last_complete_fiscal_year_beside_the_one_before(folder: Path) -> None:
    page, _ = build(folder, changed=FROM_FEBRUARY)
    assert (page.period.label, page.period.complete) == ("FY2026", True)
    assert any("the last fiscal year that all sources" in text for text in page.footer.method)
    card = block(page, "turnover", KpiCard)
    assert card.figure is not None
    assert number(card.figure) == 330  # 40 + 60 + 30 + 120 + 80
    # The year before knows 1 January 2025 on: 20 of that day.
    assert comparison(card, "FY2025")[0] == 20
    assert [point.label for point in card.history[-2:]] == ["FY2025", "FY2026"]


def test_the_last_complete_fiscal_quarter(folder: Path) -> None:
    quarter = {
        key: text.replace("fiscal_year)", "fiscal_quarter)") for key, text in FROM_FEBRUARY.items()
    }
    page, _ = build(folder, changed=quarter)
    # November to January; the quarter from February on has not ended.
    assert page.period.label == "Q4 FY2026"
    card = block(page, "turnover", KpiCard)
    assert card.figure is not None
    assert number(card.figure) == 200
    assert comparison(card, "Q3 FY2026")[0] == 0


def test_the_last_complete_month_of_a_calendar_of_weeks(folder: Path) -> None:
    """Weeks begin on Mondays, years after the Sunday nearest 31 January: 2025 on 3 February, 2026
    on 2 February. The first month of 2026 is 2 February to 1 March, and was so from 3 February to
    2 March in 2025; the last of 2025 is 5 January to 1 February."""
    weeks = "calendar weeks { pattern: retail_454, ends: nearest(january), named_by: start }"
    changed = {
        "  currency: USD": "  currency: USD\n  calendar: weeks",
        "project kiosk": f"{weeks}\nproject kiosk",
        MONTHLY: MONTHLY.replace("month", "fiscal_month"),
    }
    page, _ = build(folder, changed=changed)
    assert page.period.label == "month 1 of FY2026"
    card = block(page, "turnover", KpiCard)
    assert card.figure is not None
    assert number(card.figure) == 260  # 100 + 60 + 90 + 10
    assert comparison(card, "month 12 of FY2025")[0] == 200  # 120 + 80
    assert comparison(card, "month 1 of FY2025")[0] == 100  # 40 + 60
    assert [number(point.figure) for point in card.history[-2:]] == [200, 260]


def test_a_month_of_weeks_that_is_a_calendar_month_is_compared_as_its_history_is(
    tmp_path: Path,
) -> None:
    """Where weeks begin on Sundays, the first month of 2026 is 1 to 28 February, and the one before
    4 to 31 January: without the 7 of the 2nd. A year before it was 2 February to 1 March, with the
    3 of that day."""
    kiosk.write_data(tmp_path)
    with (tmp_path / "sales.csv").open("a", encoding="utf-8") as sales:
        sales.write("21,2026-01-02,ads,7.00,1.00,no\n22,2025-03-01,ads,3.00,1.00,no\n")
    weeks = "calendar weeks { pattern: retail_454, ends: nearest(january), named_by: start }"
    changed = {
        "  currency: USD": "  currency: USD\n  calendar: weeks\n  week_starts: sunday",
        "project kiosk": f"{weeks}\nproject kiosk",
        MONTHLY: MONTHLY.replace("month", "fiscal_month"),
    }
    page, _ = build(tmp_path, changed=changed)
    assert page.period.label == "month 1 of FY2026"
    card = block(page, "turnover", KpiCard)
    assert card.figure is not None
    assert number(card.figure) == 260
    assert comparison(card, "month 12 of FY2025")[0] == 200  # 120 + 80
    assert comparison(card, "month 1 of FY2025")[0] == 103  # 40 + 60 + 3
    assert [number(point.figure) for point in card.history[-2:]] == [200, 260]


def test_a_goal_over_a_year_of_weeks_follows_the_year_of_weeks_before(tmp_path: Path) -> None:
    """2025 is 2 February 2025 to 31 January 2026: 330, of which 100 are of its first month, up to 1
    March. So of twice as much 200 should stand by the end of the first month of 2026. The 70 of 1
    February 2025 are of 2024."""
    kiosk.write_data(tmp_path)
    with (tmp_path / "sales.csv").open("a", encoding="utf-8") as sales:
        sales.write("21,2025-02-01,ads,70.00,1.00,no\n")
    weeks = "calendar weeks { pattern: retail_454, ends: nearest(january), named_by: start }"
    changed = {
        "  currency: USD": "  currency: USD\n  calendar: weeks\n  week_starts: sunday",
        "project kiosk": f"{weeks}\nproject kiosk",
        MONTHLY: MONTHLY.replace("month", "fiscal_month"),
        "over: 2026-H1, target: 1_500 USD": "over: FY2026\n  target: +100% from FY2025\n"
        "  curve: seasonal",
    }
    page, _ = build(tmp_path, changed=changed)
    row = goal(page, "Grow")
    assert (number(row.target), number(row.target_to_date)) == (660, 200)
