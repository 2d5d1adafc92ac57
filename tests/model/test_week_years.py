"""Years of whole weeks. The National Retail Federation's calendar (4-5-4, to the Saturday nearest
31 January) began its 2022 on 30 January 2022, 2023 on 29 January 2023 (53 weeks), 2024 on
4 February 2024 and 2025 on 2 February 2025; 2017 also had 53 weeks. A year to the last Saturday of
September, as some makers of computers keep it, began 2023 on 25 September 2022 (53 weeks)."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpidsl.model.period_texts import label_of, parse_period
from kpidsl.model.periods import (
    Calendar,
    Grain,
    Window,
    last_complete,
    moved_back,
    next_start,
    period_start,
    periods,
    year_to_date,
)
from kpidsl.model.week_years import WeekYears

SUNDAY = 6
NRF = WeekYears((4, 5, 4), 1, nearest=True, named_by_start=True, week_starts=SUNDAY)
MAKER = WeekYears((4, 4, 5), 9, nearest=False, named_by_start=False, week_starts=SUNDAY)
RETAIL = Calendar(SUNDAY, years=NRF)
YEARS = st.builds(
    WeekYears,
    st.sampled_from(((4, 4, 5), (4, 5, 4), (5, 4, 4))),
    st.integers(1, 12),
    st.booleans(),
    st.booleans(),
    st.integers(0, 6),
)
DAYS = st.dates(date(1990, 1, 1), date(2060, 12, 31))


def window(start: str, end: str) -> Window:
    return Window(date.fromisoformat(start), date.fromisoformat(end))


@pytest.mark.parametrize(
    ("years", "year", "first", "weeks"),
    [
        (NRF, 2017, "2017-01-29", 53),
        (NRF, 2022, "2022-01-30", 52),
        (NRF, 2023, "2023-01-29", 53),
        (NRF, 2024, "2024-02-04", 52),
        (NRF, 2025, "2025-02-02", 52),
        (MAKER, 2022, "2021-09-26", 52),
        (MAKER, 2023, "2022-09-25", 53),
        (MAKER, 2024, "2023-10-01", 52),
    ],
)
def test_published_years(years: WeekYears, year: int, first: str, weeks: int) -> None:
    start, after = years.first_day(year), years.first_day(year + 1)
    assert start == date.fromisoformat(first)
    assert (after - start).days == 7 * weeks


def test_months_and_the_53rd_week() -> None:
    # 4, 5 and 4 weeks from 29 January 2023 on.
    starts = NRF.starts(2023)
    assert starts[:4] == [date(2023, 1, 29), date(2023, 2, 26), date(2023, 4, 2), date(2023, 4, 30)]
    # The last month has five weeks, from 31 December 2023 to 3 February 2024.
    assert starts[-2:] == [date(2023, 12, 31), date(2024, 2, 4)]
    assert NRF.starts(2023, 3)[1] == date(2023, 4, 30)
    assert NRF.week(2023, 53) == date(2024, 1, 28)
    assert NRF.week(2024, 53) is None
    assert NRF.week_of(date(2024, 1, 28)) == (2023, 53)


def test_a_day_before_the_first_monday_of_a_year_that_ends_in_december() -> None:
    # The Sunday nearest to 31 December 1999, a Friday, is 2 January 2000, and the one nearest to
    # 31 December 1998, a Thursday, is 3 January 1999: the year of 1 January 2000 began the day
    # after the latter.
    years = WeekYears((4, 4, 5), 12, nearest=True, named_by_start=False, week_starts=0)
    assert years.year_of(date(2000, 1, 1)) == 1999
    assert years.first_day(1999) == date(1999, 1, 4)
    assert years.first_day(2000) == date(2000, 1, 3)


@given(YEARS, DAYS)
def test_every_day_is_in_the_year_of_that_name(years: WeekYears, day: date) -> None:
    year = years.year_of(day)
    start, after = years.first_day(year), years.first_day(year + 1)
    assert start <= day < after
    assert start.weekday() == years.week_starts
    assert (after - start).days in {364, 371}
    # Its last day lies near the end of the month that it ends in.
    middle = after - timedelta(days=1) - timedelta(days=3 if years.nearest else 0)
    assert (middle + timedelta(days=6)).month in {years.end_month, years.end_month % 12 + 1}


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("FY2023", "2023-01-29", "2024-02-04"),
        ("FY2023-Q1", "2023-01-29", "2023-04-30"),
        ("FY2023-Q4", "2023-10-29", "2024-02-04"),
        ("FY2023-H2", "2023-07-30", "2024-02-04"),
        ("2023-Q1", "2023-01-01", "2023-04-01"),
    ],
)
def test_fiscal_periods_as_written(text: str, start: str, end: str) -> None:
    assert parse_period(text, RETAIL) == window(start, end)


def test_the_months_of_a_year_are_its_periods() -> None:
    whole = window("2023-01-29", "2024-02-04")
    found = periods(whole, Grain.FISCAL_MONTH, RETAIL)
    assert [piece.days // 7 for piece in found] == [4, 5, 4, 4, 5, 4, 4, 5, 4, 4, 5, 5]
    assert label_of(found[6], Grain.FISCAL_MONTH, RETAIL) == "month 7 of FY2023"
    assert label_of(whole, Grain.FISCAL_YEAR, RETAIL) == "FY2023"
    quarter = window("2023-10-29", "2024-02-04")
    assert label_of(quarter, Grain.FISCAL_QUARTER, RETAIL) == "Q4 FY2023"
    assert last_complete(date(2024, 2, 5), Grain.FISCAL_QUARTER, None, RETAIL) == quarter
    assert year_to_date(window("2023-02-26", "2023-04-02"), RETAIL).start == date(2023, 1, 29)


@pytest.mark.parametrize(
    ("asked", "months", "start", "end"),
    [
        # Q1 of 2024 and of 2023; a year of 52 weeks looks at the one of 53.
        (("2024-02-04", "2024-05-05"), 12, "2023-01-29", "2023-04-30"),
        (("2024-02-04", "2025-02-02"), 12, "2023-01-29", "2024-02-04"),
        # The month before January, over the year's end.
        (("2024-02-04", "2024-03-03"), 1, "2023-12-31", "2024-02-04"),
        # Ten days into a month are compared with ten days.
        (("2024-02-04", "2024-02-14"), 12, "2023-01-29", "2023-02-08"),
        # 2026 begins on 1 February, and its first month is February: a calendar month as well.
        (("2026-02-01", "2026-03-01"), 12, "2025-02-01", "2025-03-01"),
        # What begins with no month of the calendar is moved by dates.
        (("2024-02-05", "2024-02-14"), 12, "2023-02-05", "2023-02-14"),
    ],
)
def test_periods_look_back_at_those_of_the_same_number(
    asked: tuple[str, str], months: int, start: str, end: str
) -> None:
    assert moved_back(window(*asked), months, 0, RETAIL) == window(start, end)


def test_four_weeks_that_are_as_long_as_a_month_are_no_calendar_month() -> None:
    # With weeks from Monday on, 2026 begins on 2 February, and 2025 on the 3rd.
    monday = WeekYears((4, 5, 4), 1, nearest=True, named_by_start=True, week_starts=0)
    asked = window("2026-02-02", "2026-03-02")
    found = moved_back(asked, 12, 0, Calendar(0, years=monday))
    assert found == window("2025-02-03", "2025-03-03")


@given(YEARS, DAYS, st.sampled_from((Grain.FISCAL_MONTH, Grain.FISCAL_QUARTER, Grain.FISCAL_YEAR)))
def test_periods_of_weeks_meet_without_a_gap(years: WeekYears, day: date, grain: Grain) -> None:
    calendar = Calendar(years.week_starts, years=years)
    start, after = period_start(day, grain, calendar), next_start(day, grain, calendar)
    assert start <= day < after
    assert period_start(after, grain, calendar) == after
    assert period_start(after - timedelta(days=1), grain, calendar) == start
    assert start.weekday() == after.weekday() == years.week_starts
