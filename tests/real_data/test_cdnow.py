"""CDNOW: 69,659 purchases of 23,570 customers, and the published summary of its sample.

The expected totals are those published with the data; each other figure is computed here by
reading the file line by line in plain Python.
"""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

import kpidsl

pytestmark = pytest.mark.real_data

MASTER = """
source purchases {{
  files: "{path}"
  key: none
  time: date
  dimension customer: customer_id
  dimension first_day: min(date) per customer_id
  dimension cohort_month: month(first_day)
  dimension purchase_count: count() per customer_id
  measure customers: count_distinct(customer_id) as customer
  measure purchases: count() as purchase
  measure revenue: sum(dollar_value) as USD
  measure repeat_customers: count_distinct(customer_id) where purchase_count > 1 as customer
}}
metric aov: revenue / purchases
metric repeat_rate: repeat_customers / customers as percent
"""


Loaded = tuple[kpidsl.Project, list[tuple[str, date, Decimal]]]


def lines(path: Path) -> list[tuple[str, date, Decimal]]:
    rows = []
    for line in path.read_text(encoding="ascii").splitlines()[1:]:
        customer, day, _, dollars = line.split()
        rows.append((customer, date(int(day[:4]), int(day[4:6]), int(day[6:])), Decimal(dollars)))
    return rows


@pytest.fixture
def cdnow(project_of: Callable[..., kpidsl.Project], shared_data: Path) -> Loaded:
    path = shared_data / "cdnow" / "CDNOW_master.txt"
    return project_of(MASTER.format(path=path.as_posix())), lines(path)


def test_published_totals(cdnow: Loaded) -> None:
    project, _ = cdnow
    record = project.query("customers", "purchases", "revenue").records()[0]
    assert record["customers"] == 23_570
    assert record["purchases"] == 69_659
    assert record["revenue"] == Decimal("2500315.63")


def test_average_order_and_repeat_rate(cdnow: Loaded) -> None:
    project, rows = cdnow
    counts = Counter(customer for customer, _, _ in rows)
    record = project.query("aov", "repeat_rate").records()[0]
    assert record["aov"] == pytest.approx(2500315.63 / 69_659, rel=1e-12)
    repeaters = sum(count > 1 for count in counts.values())
    assert record["repeat_rate"] == pytest.approx(repeaters / len(counts), rel=1e-12)


def test_revenue_by_month(cdnow: Loaded) -> None:
    project, rows = cdnow
    expected: dict[date, Decimal] = defaultdict(Decimal)
    for _, day, dollars in rows:
        expected[day.replace(day=1)] += dollars
    result = project.query("revenue", by=["month"])
    assert dict(zip(result.values("period"), result.values("revenue"), strict=True)) == expected


def test_cohorts_by_month_of_first_purchase(cdnow: Loaded) -> None:
    project, rows = cdnow
    first: dict[str, date] = {}
    for customer, day, _ in rows:
        first[customer] = min(day, first.get(customer, day))
    expected: dict[tuple[int, date], set[str]] = defaultdict(set)
    for customer, day, _ in rows:
        expected[first[customer].month, day.replace(day=1)].add(customer)
    result = project.query("customers", by=["cohort_month", "month"])
    got = {(int(r["cohort_month"]), r["period"]): r["customers"] for r in result.records()}
    assert {key: count for key, count in got.items() if count} == {
        key: len(customers) for key, customers in expected.items()
    }
    assert (
        sum(
            count
            for (cohort, day), count in got.items()
            if day.month == cohort and day.year == 1997
        )
        == 23_570
    )


SAMPLE = """
source sample {{
  files: "{path}"
  read {{ header_row: 0, columns: [master_id, sample_id, day, cds, dollars] }}
  key: none
  time: day
  exclude: day > 1997-09-30
  dimension customer: sample_id
  dimension first_day: min(day) per sample_id
  dimension last_day: max(day) per sample_id
  measure days: count_distinct(day)
  measure recency_days: max(days_between(first_day, last_day))
  measure age_days: max(days_between(first_day, 1997-09-30))
}}
metric frequency: days - 1
metric recency: recency_days / 7
metric age: age_days / 7
"""


def test_frequency_recency_and_age_of_every_sample_customer(
    project_of: Callable[..., kpidsl.Project], shared_data: Path
) -> None:
    """The published summary rounds weeks to two decimals."""
    folder = shared_data / "cdnow"
    path = (folder / "CDNOW_sample.txt").as_posix()
    project = project_of(SAMPLE.format(path=path))
    result = project.query("frequency", "recency", "age", by=["customer"])
    got = {int(str(row["customer"])): row for row in result.records()}
    with (folder / "cdnow_customers_summary.csv").open(newline="") as file:
        published = list(csv.DictReader(file))
    assert len(published) == len(got) == 2_357
    for row in published:
        mine = got[int(row["ID"])]
        assert mine["frequency"] == int(row["frequency"]), row
        assert mine["recency"] == pytest.approx(float(row["recency"]), abs=0.00501), row
        assert mine["age"] == pytest.approx(float(row["T"]), abs=0.00501), row
