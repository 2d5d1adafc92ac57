"""Several grains in one question, and chosen totals; worked out by hand from these visits:

2025  30 December   Ann, Bob            (a Tuesday; the week of Monday 29 December)
2026   2 January    Ann                 (the same week)
      14 February   Bob, shop
      20 May        Cem, shop
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

import kpidsl
from kpidsl.plan.query import Absent
from tests.support import project, rows

DEFINITIONS = """kpidsl 1
project shop {{ timezone: "Europe/Berlin", {fiscal} }}
{calendar}
source visits {{
  files: "visits.csv"
  key: id
  time: seen {{ stored_as: "UTC" }}
  watermark: 2026-07-01
  dimensions: [channel]
  measure visits: count() as visit
  measure visitors: count_distinct(who) as visitor
}}
"""
VISITS = """
id,seen,channel,who
1,2025-12-30T09:00:00,web,Ann
2,2025-12-30T23:30:00,web,Bob
3,2026-01-02T09:00:00,web,Ann
4,2026-02-14T09:00:00,shop,Bob
5,2026-05-20T09:00:00,shop,Cem
"""
ALL = Absent.ALL
RETAIL = "calendar retail { pattern: retail_454, ends: nearest(january), named_by: start }"


def shop_in(
    folder: Path, fiscal: str = "fiscal_year_starts: april", calendar: str = ""
) -> kpidsl.Project:
    text = DEFINITIONS.format(fiscal=fiscal, calendar=calendar)
    return project(folder, text, visits=VISITS)


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[kpidsl.Project]:
    with shop_in(tmp_path) as loaded:
        yield loaded


def code(shop: kpidsl.Project, **asked: Any) -> str:
    with pytest.raises(kpidsl.KpidslError) as refused:
        shop.query("visits", **asked)
    (found,) = refused.value.diagnostics
    return found.code


def day(text: str) -> date:
    return date.fromisoformat(text)


def test_each_period_tells_the_longer_ones_that_it_lies_in(shop: kpidsl.Project) -> None:
    """The finest makes the rows, in whatever order they are named."""
    result = shop.query("visits", by=["month", "year", "quarter"], period="2025-12 .. 2026-02")
    assert result.names == ("year", "quarter", "period", "visits")
    assert result.rows == (
        (day("2025-01-01"), day("2025-10-01"), day("2025-12-01"), 2),
        (day("2026-01-01"), day("2026-01-01"), day("2026-01-01"), 1),
        (day("2026-01-01"), day("2026-01-01"), day("2026-02-01"), 1),
    )


def test_s10_totals_of_longer_periods_are_recomputed(shop: kpidsl.Project) -> None:
    """Ann comes in December and January, Bob in December and February: three are two."""
    result = shop.query(
        "visits", "visitors", by=["fiscal_year", "month"], period="2025-12 .. 2026-05", totals=True
    )
    fy26, fy27 = day("2025-04-01"), day("2026-04-01")
    assert rows(result, *result.names)[6:] == [
        (fy26, ALL, 4, 2),
        (fy27, ALL, 1, 1),
        (ALL, ALL, 5, 3),
    ]
    # Known from 30 December on; no fiscal year is there whole.
    assert result.partial == (True, *(False,) * 5, True, True, True)


def test_days_lie_in_weeks_and_in_months(shop: kpidsl.Project) -> None:
    result = shop.query("visits", by=["month", "week", "day"], period="2025-12-30 .. 2026-01-02")
    week = day("2025-12-29")
    assert [row[:3] for row in result.rows] == [
        (day("2025-12-01"), week, day("2025-12-30")),
        (day("2025-12-01"), week, day("2025-12-31")),
        (day("2026-01-01"), week, day("2026-01-01")),
        (day("2026-01-01"), week, day("2026-01-02")),
    ]
    # Half past eleven at night in UTC is the next day in Berlin.
    assert result.values("visits") == [1, 1, 0, 1]


def test_hours_lie_in_the_day_of_the_local_clock(shop: kpidsl.Project) -> None:
    result = shop.query(
        "visits", by=["day", "hour"], period="2025-12-30 .. 2025-12-31", having="visits > 0"
    )
    assert [(row[0], row[1].hour, row[2]) for row in result.rows] == [  # type: ignore[union-attr]
        (day("2025-12-30"), 10, 1),
        (day("2025-12-31"), 0, 1),
    ]


def test_s20_weeks_lie_in_the_months_of_years_of_weeks(tmp_path: Path) -> None:
    """The year of 2 February 2025 ends on 31 January; the months of its last quarter are of 4, 5
    and 4 weeks, from 2 and 30 November and from 4 January on."""
    with shop_in(tmp_path, "week_starts: sunday, calendar: retail", RETAIL) as shop:
        result = shop.query(
            "visits", by=["fiscal_year", "fiscal_month", "week"], period="2025-12-28 .. 2026-01-10"
        )
        assert rows(result, *result.names) == [
            (day("2025-02-02"), day("2025-11-30"), day("2025-12-28"), 3),
            (day("2025-02-02"), day("2026-01-04"), day("2026-01-04"), 0),
        ]
        assert code(shop, by=["month", "week"], period="2026") == "K485"


def test_s10_any_groups_may_have_totals(shop: kpidsl.Project) -> None:
    result = shop.query(
        "visitors",
        by=["month", "channel"],
        period="2025-12 .. 2026-02",
        totals=["channel", "month", "all"],
    )
    assert rows(result, "period", "channel", "visitors")[6:] == [
        (ALL, "shop", 1),
        (ALL, "web", 2),
        (day("2025-12-01"), ALL, 2),
        (day("2026-01-01"), ALL, 1),
        (day("2026-02-01"), ALL, 1),
        (ALL, ALL, 2),
    ]


def test_the_first_rows_of_longer_periods(shop: kpidsl.Project) -> None:
    result = shop.query(
        "visits",
        by=["quarter", "month"],
        period="2026-H1",
        order=["-visits", "-period"],
        limit=1,
        per=["quarter"],
    )
    assert rows(result, "quarter", "period", "visits") == [
        (day("2026-01-01"), day("2026-02-01"), 1),
        (day("2026-04-01"), day("2026-05-01"), 1),
    ]


@pytest.mark.parametrize("by", [["month", "week"], ["year", "week"], ["year", "fiscal_year"]])
def test_periods_that_lie_in_several_are_refused(shop: kpidsl.Project, by: list[str]) -> None:
    assert code(shop, by=by, period="2026") == "K485"
