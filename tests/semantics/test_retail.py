"""S19, S20: a calendar of whole weeks. By the National Retail Federation's calendar FY2023 is
29 January 2023 to 3 February 2024, of 53 weeks; FY2024 goes to 1 February 2025. The first months of
both are of 4 weeks: 29 January to 25 February 2023, and 4 February to 2 March 2024."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import pytest

import kpidsl
from kpidsl.model.expr import MeasureRef, Prior, ToDate
from kpidsl.model.periods import Grain, Window
from kpidsl.plan.query import Query, Selection
from kpidsl.run.result import Mark, Result, Sign
from tests.support import load, project, rows

DEFINITIONS = """kpidsl 1
project p { currency: USD, week_starts: sunday, calendar: retail }
calendar retail { pattern: retail_454, ends: nearest(january), named_by: start }
source sales {
  files: "sales.csv"
  key: id
  time: day
  watermark: 2025-02-02
  measure revenue: sum(amount) as USD
  measure buyers: count_distinct(buyer) as buyer
}
"""
SALES = """
id,day,amount,buyer
1,2023-01-28,1.00,a
2,2023-01-29,2.00,a
3,2023-02-25,4.00,b
4,2023-02-26,8.00,b
5,2024-02-03,16.00,c
6,2024-02-04,32.00,c
7,2024-03-02,64.00,d
8,2024-03-03,128.00,d
"""


def shop(folder: Path) -> kpidsl.Project:
    return project(folder, DEFINITIONS, sales=SALES)


def test_months_of_weeks(tmp_path: Path) -> None:
    with shop(tmp_path) as loaded:
        result = loaded.query("revenue", "buyers", by=["fiscal_month"], period="FY2023")
    assert len(result.rows) == 12
    assert result.rows[:3] == (
        (date(2023, 1, 29), 6, 2),
        (date(2023, 2, 26), 8, 1),
        (date(2023, 4, 2), 0, 0),
    )
    assert result.rows[-1] == (date(2023, 12, 31), 16, 1)
    assert not any(result.partial)


def test_years_and_quarters_beside_those_of_the_same_number(tmp_path: Path) -> None:
    with shop(tmp_path) as loaded:
        years = loaded.query(
            "revenue", "buyers", by=["fiscal_year"], period="FY2023", compare=["prior_year"]
        )
        asked = {"by": ["fiscal_quarter"], "period": "FY2024", "compare": ["prior_year"]}
        quarters = loaded.query("revenue", "buyers", **asked)  # type: ignore[arg-type]
        alone = loaded.query("revenue", period="FY2024-Q1", compare=["prior_year"])
    # FY2022 knows 28 January 2023 alone.
    names = ("period", "revenue", "revenue prior_year", "buyers", "buyers prior_year")
    assert rows(years, *names) == [(date(2023, 1, 29), 30, 1, 3, 1)]
    assert years.partial == (True,)
    assert rows(quarters, *names)[0] == (date(2024, 2, 4), 224, 14, 2, 2)
    assert rows(quarters, *names)[3] == (date(2024, 11, 3), 0, 16, 0, 1)
    assert alone.rows == ((224, 14),)


def test_weeks_are_numbered_by_the_fiscal_year(tmp_path: Path) -> None:
    """Week 5 of 2024 is 3 to 9 March, and that of 2023 26 February to 4 March; the last week of
    2023 is its 53rd, of which 2022 has none."""
    with shop(tmp_path) as loaded:
        asked = {"by": ["week"], "compare": ["prior_year"]}
        fifth = loaded.query("revenue", period="2024-03-03 .. 2024-03-09", **asked)  # type: ignore[arg-type]
        last = loaded.query("revenue", period="2024-01-28 .. 2024-02-03", **asked)  # type: ignore[arg-type]
    assert fifth.rows == ((date(2024, 3, 3), 128, 8),)
    assert last.rows == ((date(2024, 1, 28), 16, None),)


@pytest.mark.parametrize(
    ("grain", "period", "before", "marked"),
    [
        # Weeks 1 to 52 of FY2023, whose week 53 has the 16 of 3 February 2024.
        ("week", "FY2024", 2 + 4 + 8, False),
        # The four quarters of FY2023, of all its days.
        ("fiscal_quarter", "FY2024", 2 + 4 + 8 + 16, False),
        # The days from 4 February 2023 to 1 February 2024.
        ("day", "FY2024", 4 + 8, False),
        # From the seventh day of the first month of FY2023, 4 February, to its last, the 25th.
        ("fiscal_month", "2024-02-10 .. 2024-03-02", 4, False),
        # FY2022 has no week 53; of it 28 January 2023 alone is known.
        ("week", "FY2023", 1, True),
    ],
)
def test_a_total_is_compared_as_its_periods_are(
    tmp_path: Path, grain: str, period: str, before: int, marked: bool
) -> None:
    with shop(tmp_path) as loaded:
        result = loaded.query(
            "revenue", by=[grain], period=period, compare=["prior_year"], totals=True
        )
    *parts, total = result.values("revenue prior_year")
    assert total == before == sum(part for part in parts if isinstance(part, Decimal))
    assert (result.marks[-1] == (Mark(Sign.NO_PARTNER),)) is marked


def test_to_date_of_the_fiscal_year_and_quarter(tmp_path: Path) -> None:
    """By calendar months: January 2024 is of FY2023, and the end of February of FY2024."""
    revenue = MeasureRef("sales", "revenue")
    with shop(tmp_path) as loaded:
        window = Window(date(2024, 1, 1), date(2024, 4, 1))
        select = (
            Selection("year", ToDate(revenue, Grain.FISCAL_YEAR)),
            Selection("before", Prior(ToDate(revenue, Grain.FISCAL_YEAR), 12, 0)),
        )
        result, _ = loaded.runner.query(Query(select, (), Grain.MONTH, window))
    assert result is not None
    # 2 + 4 + 8 by the end of January; 32 by the end of February, and all of 2024 by that of March.
    assert result.values("year") == [14, 32, 224]
    # The ends of January, February and March 2023: 2 by the 31st of January, then 14.
    assert result.values("before") == [2, 14, 14]


def test_to_date_of_the_fiscal_month_by_week(tmp_path: Path) -> None:
    """The fiscal months begin on 31 December, 4 February and 3 March 2024; the week of 25 February
    ends in March, and in the month of weeks that began on 4 February."""
    asked = {"by": ["week"], "period": "2024-01-28 .. 2024-03-09"}
    with shop(tmp_path) as loaded:
        result = loaded.query("to_date(revenue, fiscal_month)", **asked)  # type: ignore[arg-type]
    assert [row[1] for row in result.rows] == [16, 32, 32, 32, 96, 128]


def test_without_a_window_it_is_refused(tmp_path: Path) -> None:
    with shop(tmp_path) as loaded, pytest.raises(kpidsl.KpidslError) as refusal:
        loaded.query("revenue", by=["fiscal_month"])
    assert [item.code for item in refusal.value.diagnostics] == ["K489"]


def test_fiscal_months_of_a_year_from_april_are_months(tmp_path: Path) -> None:
    text = DEFINITIONS.replace("calendar: retail", "fiscal_year_starts: april")
    with project(tmp_path, text, sales=SALES) as loaded:
        asked: dict[str, object] = {"period": "2024-02 .. 2024-03"}
        fiscal: Result = loaded.query("revenue", by=["fiscal_month"], **asked)  # type: ignore[arg-type]
        plain: Result = loaded.query("revenue", by=["month"], **asked)  # type: ignore[arg-type]
    assert fiscal.rows == plain.rows


BUDGET = """
source budget { files: "budget.csv", key: month, time: month, measure planned: sum(amount) as USD }
kpi sold "Sold": revenue { plan: budget.planned }
"""


def planned(folder: Path, definitions: str, grain: str, period: str, **tables: str) -> Result:
    """What was sold beside the plan: 100 in January 2024, 200 in February, 300 in March."""
    budget = "month,amount\n2024-01-01,100\n2024-02-01,200\n2024-03-01,300"
    with project(folder, definitions + BUDGET, sales=SALES, budget=budget, **tables) as loaded:
        return loaded.query("sold", by=[grain], period=period, compare=["plan"])


@pytest.mark.parametrize(
    ("grain", "period"),
    [
        # 4 February to 2 March, beside which all of March would stand.
        ("fiscal_month", "2024-02 .. 2024-03"),
        ("fiscal_month", "FY2024"),
        # From 4 February on, without that month's plan.
        ("fiscal_quarter", "2024"),
        ("fiscal_year", "2023-01 .. 2024-12"),
    ],
)
def test_s27_months_of_weeks_have_no_plan(tmp_path: Path, grain: str, period: str) -> None:
    with pytest.raises(kpidsl.KpidslError) as refusal:
        planned(tmp_path, DEFINITIONS, grain, period)
    assert [item.code for item in refusal.value.diagnostics] == ["K486"]


def test_s27_fiscal_periods_of_months_have_a_plan(tmp_path: Path) -> None:
    """In years from April, the last quarter is January to March: 16 + 32 + 64 + 128 is sold. So it
    is where a company lists such a year."""
    quarter = ((date(2024, 1, 1), 240, 600),)
    april = DEFINITIONS.replace("calendar: retail", "fiscal_year_starts: april")
    found = planned(tmp_path, april, "fiscal_quarter", "2024-Q1")
    assert tuple(row[:3] for row in found.rows) == quarter
    months = [date(2023 + (month > 9), (month + 2) % 12 + 1, 1) for month in range(1, 14)]
    listed = [
        f"{first},{until - timedelta(days=1)},{month},{(month + 2) // 3},2023"
        for month, (first, until) in enumerate(pairwise(months), start=1)
    ]
    calendar = """calendar company {
      listed_in: company_months
      first_day: first
      last_day: last
      month: month
      quarter: quarter
      year: year
    }
    source company_months { files: "company_months.csv", key: first }
    """
    company = DEFINITIONS.replace("calendar: retail }", "calendar: company }\n" + calendar)
    rows_of_months = "\n".join(["first,last,month,quarter,year", *listed])
    asked = "fiscal_quarter", "2024-Q1"
    found = planned(tmp_path, company, *asked, company_months=rows_of_months)
    assert tuple(row[:3] for row in found.rows) == quarter


def test_a_year_is_named_by_the_year_in_which_it_finishes(tmp_path: Path) -> None:
    """The year from 29 January 2023 to 3 February 2024 is then 2024; 2 + 4 in its first month."""
    text = DEFINITIONS.replace("named_by: start", "named_by: finish")
    with project(tmp_path, text, sales=SALES) as loaded:
        result = loaded.query("revenue", by=["fiscal_month"], period="FY2024")
    assert result.rows[0] == (date(2023, 1, 29), 6)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (("calendar: retail }", "calendar: retial }"), "K211"),
        (("calendar: retail }", "calendar: retail, fiscal_year_starts: april }"), "K203"),
        (("ends: nearest(january)", "ends: january"), "K205"),
        ((", named_by: start", ""), "K204"),
        (("retail_454", "retail_455"), "K205"),
    ],
)
def test_mistakes_in_a_calendar(tmp_path: Path, change: tuple[str, str], code: str) -> None:
    loaded = load(tmp_path, DEFINITIONS.replace(*change), sales=SALES)
    assert [item.code for item in loaded.diagnostics] == [code]


def test_s19_the_week_before_a_month_of_weeks_is_moved_with_it(tmp_path: Path) -> None:
    """2024 begins on 4 February: its first month is 4 February to 2 March, its second 3 March to
    6 April. What the second month's row says of the days a week before, as of the month before, is
    what the first one's says: of 28 January to 24 February. By the calendar's dates it would be of
    27 January to 28 February, and so with the 50."""
    with project(
        tmp_path,
        """kpidsl 1
        project p { currency: USD, calendar: retail, week_starts: sunday }
        calendar retail { pattern: retail_454, ends: nearest(january), named_by: start }
        source sales { files: "sales.csv", key: id, time: day, watermark: 2024-06-01
          measure revenue: sum(amount) as USD }
        metric a_week_ago: prior(revenue, 7d)
        """,
        sales="id,day,amount\n1,2024-01-01,1\n2,2024-01-28,5\n3,2024-02-26,50",
    ) as loaded:
        months = loaded.query(
            "a_week_ago",
            by=["fiscal_month"],
            period="2024-02-04 .. 2024-04-06",
            compare=["prior_month"],
        )
        alone = loaded.query(
            "a_week_ago", period="2024-03-03 .. 2024-04-06", compare=["prior_month"]
        )
    assert [row[1] for row in months.rows] == [5, 50]
    assert months.rows[1][2] == 5
    assert alone.rows == ((50, 5),)
