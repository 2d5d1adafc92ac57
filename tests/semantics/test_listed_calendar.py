"""S19, S20: a calendar that a source lists. This company's 2025 is 30 December 2024 to 28 December
2025, thirteen months of 28 days (three to a quarter, four to the last); its 2024 is 1 January to
29 December 2024, of twelve months: eleven of 28 days and one, the twelfth, of the 56 that are left.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

import kpidsl
from kpidsl.run.result import Mark, Result, Sign
from tests.support import load, project, rows

DEFINITIONS = """kpidsl 1
project p { currency: USD, calendar: company }
source fiscal_days { files: "fiscal_days.csv", key: day }
calendar company {
  listed_in: fiscal_days
  first_day: day
  month: month
  quarter: quarter
  year: year
}
source sales {
  files: "sales.csv"
  key: id
  time: day
  watermark: 2025-12-29
  measure revenue: sum(amount) as USD
  measure buyers: count_distinct(buyer) as buyer
}
metric year_so_far: to_date(revenue, fiscal_year)
"""
SALES = """
id,day,amount,buyer
1,2024-01-01,1.00,a
2,2024-01-28,2.00,a
3,2024-01-29,4.00,b
4,2024-12-29,8.00,b
5,2024-12-30,16.00,c
6,2025-01-26,32.00,c
7,2025-01-27,64.00,d
8,2025-12-28,128.00,d
"""


def listed() -> Iterator[tuple[date, int, int, int]]:
    """Each day with its month, quarter and year."""
    for place in range(364):
        month = min(place // 28 + 1, 12)
        yield date(2024, 1, 1) + timedelta(days=place), month, (month + 2) // 3, 2024
    for place in range(364):
        month = place // 28 + 1
        yield date(2024, 12, 30) + timedelta(days=place), month, min((month + 2) // 3, 4), 2025


def as_csv(days: Iterator[tuple[date, int, int, int]] | list[tuple[date, int, int, int]]) -> str:
    lines = [",".join(map(str, row)) for row in days]
    return "\n".join(["day,month,quarter,year", *lines])


def shop(folder: Path, definitions: str = DEFINITIONS) -> kpidsl.Project:
    return project(folder, definitions, sales=SALES, fiscal_days=as_csv(listed()))


def test_months_quarters_and_years_are_those_listed(tmp_path: Path) -> None:
    with shop(tmp_path) as loaded:
        months = loaded.query("revenue", "buyers", by=["fiscal_month"], period="FY2025")
        quarters = loaded.query("revenue", by=["fiscal_quarter"], period="FY2024")
        years = loaded.query("revenue", by=["fiscal_year"], period="2024-01-01 .. 2025-12-28")
    assert len(months.rows) == 13
    # 30 December to 26 January; 27 January to 23 February; the thirteenth is the last 28 days.
    assert months.rows[:2] == ((date(2024, 12, 30), 48, 1), (date(2025, 1, 27), 64, 1))
    assert months.rows[-1] == (date(2025, 12, 1), 128, 1)
    assert not any(months.partial)
    # The last quarter of 2024 begins with its tenth month, 252 days after 1 January.
    assert quarters.rows == (
        (date(2024, 1, 1), 7),
        (date(2024, 3, 25), 0),
        (date(2024, 6, 17), 0),
        (date(2024, 9, 9), 8),
    )
    assert years.rows == ((date(2024, 1, 1), 15), (date(2024, 12, 30), 240))


def test_each_period_is_compared_with_the_one_of_the_same_number(tmp_path: Path) -> None:
    with shop(tmp_path) as loaded:
        asked = {"period": "FY2025", "compare": ["prior_year"]}
        months: Result = loaded.query("revenue", by=["fiscal_month"], **asked)  # type: ignore[arg-type]
        quarters: Result = loaded.query("revenue", by=["fiscal_quarter"], **asked)  # type: ignore[arg-type]
        year: Result = loaded.query("revenue", **asked)  # type: ignore[arg-type]
        first: Result = loaded.query("revenue", period="FY2025-Q1", compare=["prior_quarter"])
    before = months.values("revenue prior_year")
    # The first month looks at 1 to 28 January 2024, the twelfth at the last 56 days of 2024, and
    # 2024 has no thirteenth.
    assert before[:2] == [3, 4]
    assert before[11:] == [8, None]
    # A whole quarter looks at a whole quarter, and a year at a year, however many months it has.
    assert quarters.values("revenue prior_year") == [7, 0, 0, 8]
    assert year.rows == ((240, 15),)
    assert first.rows == ((112, 8),)


def test_the_month_before_and_the_year_to_date(tmp_path: Path) -> None:
    with shop(tmp_path) as loaded:
        months = loaded.query(
            "revenue", by=["fiscal_month"], period="FY2025-Q1", compare=["prior_month"]
        )
        by_month = loaded.query("year_so_far", by=["month"], period="2024-12 .. 2025-01")
    names = ("revenue", "revenue prior_month")
    assert rows(months, *names) == [(48, 8), (64, 48), (0, 64)]
    # By 31 December of 2025 alone, which begins on the 30th; by the end of January with it.
    assert by_month.values("year_so_far") == [16, 112]


def test_days_before_the_calendar_are_no_partner(tmp_path: Path) -> None:
    """A year before the fair of 2024 no fiscal year is listed that the year so far could begin
    with; by that fair the year had the sales of January."""
    fair = """event fair: [2025-06-30, 2024-06-30, 2023-07-01]
metric before: prior(year_so_far, 1y, align: fair)
"""
    with shop(tmp_path, DEFINITIONS + fair) as loaded:
        first = loaded.query("before", period="2024-06-30")
        second = loaded.query("before", period="2025-06-30")
    assert first.values("before") == [None]
    assert first.marks == ((Mark(Sign.NO_PARTNER),),)
    assert second.values("before") == [7]
    assert second.marks == ((),)


def test_a_fixed_amount_of_no_earlier_period_is_unknown(tmp_path: Path) -> None:
    """S19: 2024 has no thirteenth month, whose rent could be seen beside that of 1 to 28 December
    2025, alone or in company, whatever the rows are by. That of the month before, the twelfth, is
    of four weeks."""
    rent = """metric rent: 28 USD per week
metric more_than_the_rent_before: revenue - prior(rent, 1y)
"""
    names = ("prior(rent, 1y)", "more_than_the_rent_before", "prior(rent, 1mo)", "revenue")
    last = "2025-12-01 .. 2025-12-28"
    unknown = ((Mark(Sign.NO_PARTNER),),)
    with shop(tmp_path, DEFINITIONS + rent) as loaded:
        whole = loaded.query(*names, period=last)
        alone = loaded.query(names[0], period=last)
        months = loaded.query(*names, by=["fiscal_month"], period=last)
        month_alone = loaded.query(names[0], by=["fiscal_month"], period=last)
    assert whole.rows == ((None, None, 112, 128),)
    assert whole.marks == unknown
    assert (alone.rows, alone.marks) == (((None,),), unknown)
    assert months.rows == ((date(2025, 12, 1), None, None, 112, 128),)
    assert months.marks == unknown
    assert (month_alone.rows, month_alone.marks) == (((date(2025, 12, 1), None),), unknown)


def test_compiling_and_explaining_read_the_calendar(tmp_path: Path) -> None:
    with shop(tmp_path) as loaded:
        sql = loaded.compile("revenue", by=["fiscal_month"], period="FY2025-Q1")
        plan = loaded.explain("revenue", by=["fiscal_month"], period="FY2025-Q1")
    # The third month of 2025 begins 56 days after 30 December.
    assert "2025-02-24" in sql
    assert plan.inputs


def test_rows_of_ranges_list_the_same(tmp_path: Path) -> None:
    """One row a month, with its first and last day, gives what one row a day does."""
    months: dict[tuple[int, int], list[date]] = {}
    quarters = {}
    for day, month, quarter, year in listed():
        months.setdefault((year, month), []).append(day)
        quarters[year, month] = quarter
    lines = [
        f"{days[0]},{days[-1]},{month},{quarters[year, month]},{year}"
        for (year, month), days in months.items()
    ]
    text = DEFINITIONS.replace("key: day }", "key: since }", 1)
    text = text.replace("first_day: day", "first_day: since\n  last_day: until")
    ranges = "\n".join(["since,until,month,quarter,year", *lines])
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    with (
        shop(tmp_path / "a") as daily,
        project(tmp_path / "b", text, sales=SALES, fiscal_days=ranges) as ranged,
    ):
        asked = {"by": ["fiscal_month"], "period": "FY2025", "compare": ["prior_year"]}
        assert (
            ranged.query("revenue", **asked).rows  # type: ignore[arg-type]
            == daily.query("revenue", **asked).rows  # type: ignore[arg-type]
        )


@pytest.mark.parametrize(
    ("by", "period", "code"),
    [
        ("fiscal_month", None, "K489"),
        ("fiscal_month", "2026-01", "K492"),
        ("fiscal_year", "2023-12-31 .. 2024-12-29", "K492"),
        ("fiscal_year", "FY2026", "K492"),
    ],
)
def test_days_that_are_not_listed_are_refused(
    tmp_path: Path, by: str, period: str | None, code: str
) -> None:
    with shop(tmp_path) as loaded, pytest.raises(kpidsl.KpidslError) as refusal:
        loaded.query("revenue", by=[by], period=period)
    assert [item.code for item in refusal.value.diagnostics] == [code]


def test_a_year_that_the_rows_begin_or_end_in_is_not_listed(tmp_path: Path) -> None:
    days = list(listed())[28:-28]  # without the first month of 2024 and the last of 2025
    with (
        project(tmp_path, DEFINITIONS, sales=SALES, fiscal_days=as_csv(days)) as loaded,
        pytest.raises(kpidsl.KpidslError) as refusal,
    ):
        loaded.query("revenue", by=["fiscal_month"], period="2024-06")
    assert [item.code for item in refusal.value.diagnostics] == ["K492"]


@pytest.mark.parametrize(
    ("broken", "told"),
    [
        (lambda days: days[:40] + days[41:], "1 day between its rows is missing, first 2024-02-10"),
        (lambda days: [*days, days[40]], "1 row begins on a day of another, first on 2024-02-10"),
        (lambda days: [(*row[:1], 14 - row[1], *row[2:]) for row in days], "follows month"),
        (lambda days: [(*row[:1], "", *row[2:]) for row in days], "728 of 728 rows have no days"),
        (lambda days: [row for row in days if row[1] == 2], "between its rows are missing"),
        (lambda days: days[:0], "hold no whole year"),
    ],
)
def test_rows_that_list_no_years_are_refused_and_disproved(
    tmp_path: Path, broken: object, told: str
) -> None:
    days = broken(list(listed()))  # type: ignore[operator]
    text = DEFINITIONS.replace("key: day }", "key: none }", 1)
    with project(tmp_path, text, sales=SALES, fiscal_days=as_csv(days)) as loaded:
        proof = loaded.prove()
        with pytest.raises(kpidsl.KpidslError) as refusal:
            loaded.query("revenue", by=["fiscal_month"], period="2025-06")
    for found in (proof.diagnostics, refusal.value.diagnostics):
        messages = [item.message for item in found if item.code == "K660"]
        assert any(told in message for message in messages), messages


def test_rows_outside_of_the_calendar_are_told_of(tmp_path: Path) -> None:
    with shop(tmp_path) as loaded:
        sound = loaded.prove()
    late = SALES + "9,2026-03-01,1.00,a\n"
    with project(tmp_path, DEFINITIONS, sales=late, fiscal_days=as_csv(listed())) as loaded:
        proof = loaded.prove()
    assert sound.diagnostics == ()
    (found,) = proof.diagnostics
    assert found.code == "K661"
    assert "from 2024-01-01 to 2026-03-01" in found.message
    assert "from 2024-01-01 to 2025-12-28" in found.message


@pytest.mark.parametrize(
    ("change", "codes"),
    [
        (("listed_in: fiscal_days", "listed_in: fiscal_day"), ["K211"]),
        (("  year: year\n", ""), ["K204"]),
        (("listed_in: fiscal_days", "pattern: retail_445"), ["K203"]),
        (("metric year_so_far", "goal g { kpi: k, over: FY2025, target: 5 USD }\n#"), ["K313"]),
    ],
)
def test_mistakes_in_a_listed_calendar(
    tmp_path: Path, change: tuple[str, str], codes: list[str]
) -> None:
    text = DEFINITIONS.replace(*change) + "kpi k: revenue { serves: g, better: higher }\n"
    loaded = load(tmp_path, text, sales=SALES, fiscal_days=as_csv(listed()))
    found = {item.code for item in loaded.diagnostics if item.severity == "error"}
    assert set(codes) <= found, loaded.diagnostics


PAGE = """
kpi turnover "Turnover": revenue { better: higher, cadence: monthly, stage: conversion }
audience owner { tier: executive, cadence: monthly, sees: [turnover] }
report page "Page" {
  for: owner
  period: last_complete(fiscal_month)
  section "How much?" { show: turnover }
}
"""


def test_a_page_by_listed_months(tmp_path: Path) -> None:
    with shop(tmp_path, DEFINITIONS + PAGE) as loaded:
        page, data = loaded.report(
            out=tmp_path / "out", now=datetime(2025, 1, 30, tzinfo=UTC), json=True
        )
    text = data.read_text(encoding="utf-8")
    assert page.exists()
    assert '"label":"month 1 of FY2025"' in text.replace('": "', '":"')
    assert "month 12 of FY2024" in text


def test_a_page_of_a_day_that_is_not_listed_is_refused(tmp_path: Path) -> None:
    text = (DEFINITIONS + PAGE).replace("  watermark: 2025-12-29\n", "  watermark: 2026-12-29\n")
    with shop(tmp_path, text) as loaded, pytest.raises(kpidsl.KpidslError) as refusal:
        loaded.report(out=tmp_path / "out", now=datetime(2026, 3, 1, tzinfo=UTC))
    assert [item.code for item in refusal.value.diagnostics] == ["K492"]
