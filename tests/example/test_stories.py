"""The stories that README.md promises, computed from the files in plain Python.

The bounds come from the story ("about a quarter", "not one order"), not from what was generated.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from python_calamine import load_workbook

Rows = list[dict[str, str]]
RowsOf = Callable[[str], Rows]

NEW_YORK = ZoneInfo("America/New_York")
STAFF_A_MONTH = 1500  # USD, as in definitions/goals.kpi
MONTHS = 24 + 18 / 30
SOURCES = {
    "google_ads": "search",
    "google": "organic",
    "bing": "organic",
    "(direct)": "direct",
    "newsletter": "email",
    "fb": "social",
    "ig": "social",
    "banner": "display",
    "partner_blog": "referral",
    "": "",
}


def local_day(stamp: str) -> date:
    return datetime.fromisoformat(stamp).replace(tzinfo=UTC).astimezone(NEW_YORK).date()


def total(rows: Iterable[dict[str, str]], column: str) -> float:
    return sum(float(row[column]) for row in rows)


def part_of(count: int, whole: int) -> float:
    return count / whole


@pytest.fixture(scope="session")
def sold(rows_of: RowsOf) -> Rows:
    """The lines of real orders."""
    return [row for row in rows_of("lines") if row["is_test_order"] == "false"]


@pytest.fixture(scope="session")
def orders(rows_of: RowsOf) -> Rows:
    return [row for row in rows_of("orders") if row["is_test_order"] == "false"]


def roi(lines: Rows, spend: float, staff: float) -> float:
    profit = total(lines, "price") - total(lines, "cost")
    return (profit - spend - staff) / (spend + staff)


def test_economics_are_those_of_a_small_shop(rows_of: RowsOf, sold: Rows, orders: Rows) -> None:
    revenue, spend = total(sold, "price"), total(rows_of("ad_spend"), "amount")
    assert 60 <= revenue / len(orders) <= 75
    assert 0.020 <= len(orders) / len(rows_of("sessions")) <= 0.026
    assert 0.43 <= 1 - total(sold, "cost") / revenue <= 0.47
    assert 3 <= revenue / spend <= 5
    assert 0.20 <= roi(sold, spend, STAFF_A_MONTH * MONTHS) <= 0.60
    assert 0.04 <= total(rows_of("refunds"), "amount") / revenue <= 0.07


def test_failing_campaign_gets_clicks_and_not_one_order(rows_of: RowsOf, sold: Rows) -> None:
    ads = [row for row in rows_of("ad_spend") if row["campaign"] == "autumn_splash"]
    visits = [row for row in rows_of("sessions") if row["campaign"] == "autumn_splash"]
    assert ads[0]["day"] == "2026-08-01"
    assert 60 <= total(ads, "amount") / len(ads) <= 72
    assert total(ads, "clicks") > 4000
    assert total(visits, "bounced") / len(visits) > 0.85
    assert not [row for row in sold if row["campaign"] == "autumn_splash"]


@pytest.mark.parametrize(
    ("channel", "low", "high"),
    [("search", 0.0, 0.2), ("social", -0.9, -0.6), ("display", -1.0, -0.7), ("email", 1.0, 9.0)],
)
def test_roi_by_channel(channel: str, low: float, high: float, rows_of: RowsOf, sold: Rows) -> None:
    ads = rows_of("ad_spend")
    spend = total((row for row in ads if row["channel"] == channel), "amount")
    staff = STAFF_A_MONTH * MONTHS * spend / total(ads, "amount")
    assert low < roi([row for row in sold if row["channel"] == channel], spend, staff) < high


def test_social_traffic_is_vanity(rows_of: RowsOf, orders: Rows) -> None:
    visits = [row for row in rows_of("sessions") if SOURCES[row["utm_source"]] == "social"]
    bought = sum(row["channel"] == "social" for row in orders)
    assert part_of(len(visits), len(rows_of("sessions"))) == pytest.approx(0.18, abs=0.01)
    assert part_of(bought, len(orders)) == pytest.approx(0.03, abs=0.01)
    assert total(visits, "bounced") / len(visits) > 0.65
    assert total(rows_of("ad_spend"), "likes") > 10_000


def test_phones_convert_at_little_over_a_quarter_of_desktops(rows_of: RowsOf, orders: Rows) -> None:
    visits = Counter(row["device"] for row in rows_of("sessions"))
    bought = Counter(row["device"] for row in orders)
    rate = {device: bought[device] / visits[device] for device in visits}
    assert 0.25 <= rate["mobile"] / rate["desktop"] <= 0.32
    assert part_of(visits["mobile"], visits.total()) == pytest.approx(0.58, abs=0.01)


def test_season_and_growth(sold: Rows) -> None:
    revenue: defaultdict[tuple[int, int], float] = defaultdict(float)
    for line in sold:
        day = local_day(line["paid_at"])
        revenue[day.year, day.month] += float(line["price"])
    peak = (revenue[2025, 11] + revenue[2025, 12]) / 2
    others = sum(revenue[2025, month] for month in range(1, 11)) / 10
    assert peak / others == pytest.approx(1.6, abs=0.15)
    first = sum(revenue[2025, month] for month in range(1, 11))
    second = sum(revenue[2026, month] for month in range(1, 11))
    assert second / first == pytest.approx(1.22, abs=0.05)


def test_weekdays_differ(rows_of: RowsOf) -> None:
    visits = Counter(local_day(row["started_at"]).weekday() for row in rows_of("sessions"))
    assert min(visits[6], visits[0]) > 1.06 * max(visits[4], visits[5])


def test_customers_come_back(orders: Rows) -> None:
    bought = Counter(row["customer_id"] for row in orders)
    repeaters = sum(count > 1 for count in bought.values())
    assert 0.4 <= repeaters / len(bought) <= 0.6


def test_lead_form_breaks_on_phones(rows_of: RowsOf) -> None:
    leads = Counter(
        (row["device"], row["created_at"] >= "2026-07-01 04") for row in rows_of("leads")
    )
    visits = Counter(
        (row["device"], row["started_at"] >= "2026-07-01 04") for row in rows_of("sessions")
    )
    rate = {key: leads[key] / visits[key] for key in leads}
    assert rate["mobile", True] < 0.4 * rate["mobile", False]
    assert rate["desktop", True] > 0.7 * rate["desktop", False]


def test_ad_figures_end_two_days_before_the_others(rows_of: RowsOf) -> None:
    days = [local_day(row["started_at"]) for row in rows_of("sessions")]
    assert (min(days), max(days)) == (date(2024, 11, 1), date(2026, 11, 18))
    assert max(row["day"] for row in rows_of("ad_spend")) == "2026-11-16"
    for table, column in (("orders", "paid_at"), ("leads", "created_at")):
        assert max(local_day(row[column]) for row in rows_of(table)) == date(2026, 11, 18)


def test_outage_day_is_empty(rows_of: RowsOf) -> None:
    visits = Counter(local_day(row["started_at"]) for row in rows_of("sessions"))
    bought = Counter(local_day(row["paid_at"]) for row in rows_of("orders"))
    outage = date(2026, 3, 12)
    assert visits[outage] == bought[outage] == 0
    empty = {day for day in (date(2026, 3, n) for n in range(1, 32)) if not visits[day]}
    assert empty == {outage}


def test_missing_values_and_orphans(rows_of: RowsOf, orders: Rows) -> None:
    customers = rows_of("customers")
    known = {row["customer_id"] for row in customers}
    orphans = sum(row["customer_id"] not in known for row in orders)
    assert 0.005 <= orphans / len(orders) <= 0.02
    for rows, column in ((orders, "channel"), (customers, "region")):
        assert 0.005 <= sum(not row[column] for row in rows) / len(rows) <= 0.02
    sources = [row["utm_source"] for row in rows_of("sessions")]
    assert set(sources) == set(SOURCES)
    assert 0.005 <= sources.count("") / len(sources) <= 0.02


def test_test_orders_are_flagged_and_would_matter(rows_of: RowsOf, sold: Rows) -> None:
    tests = [row for row in rows_of("lines") if row["is_test_order"] == "true"]
    assert {row["price"] for row in tests} == {"349.00"}
    assert 0.05 <= total(tests, "price") / total(sold, "price") <= 0.10


# --- the goals of definitions/goals.kpi: one on target, one amber, one red -------------------


def half_to_date(stamp: str, year: int) -> bool:
    return date(year, 7, 1) <= local_day(stamp) <= date(year, 11, 18)


def test_revenue_goal_is_on_target(sold: Rows) -> None:
    now, before = (
        total((row for row in sold if half_to_date(row["paid_at"], year)), "price")
        for year in (2026, 2025)
    )
    assert now / before >= 1.18


def test_cost_of_a_customer_is_amber(rows_of: RowsOf, sold: Rows) -> None:
    first: dict[str, str] = {}
    for row in sold:
        first.setdefault(row["customer_id"], row["paid_at"])
    won = sum(half_to_date(stamp, 2026) for stamp in first.values())
    ads = (row for row in rows_of("ad_spend") if row["day"] >= "2026-07-01")
    staff = STAFF_A_MONTH * (4 + 18 / 30)  # July to 18 November
    cost = (total(ads, "amount") + staff) / won
    assert 47 < cost <= 47 * 1.10


def test_lead_goal_is_red(rows_of: RowsOf) -> None:
    qualified = [row for row in rows_of("leads") if row["is_qualified"] == "true"]
    now, before = (
        sum(half_to_date(row["created_at"], year) for row in qualified) for year in (2026, 2025)
    )
    assert now / before < 1.10 * 0.90


def test_revenue_is_near_the_plan(toy_data: Path, sold: Rows) -> None:
    plan = load_workbook(toy_data / "budget.xlsx").get_sheet_by_name("Plan").to_python()[1:]
    months = {f"2026-{month:02}-01" for month in range(1, 11)}
    planned = sum(float(str(row[2])) for row in plan if str(row[0]) in months)
    days = (date(2026, 1, 1), date(2026, 10, 31))
    actual = total((r for r in sold if days[0] <= local_day(r["paid_at"]) <= days[1]), "price")
    assert actual / planned == pytest.approx(1, abs=0.08)
