"""Calendar periods. Expected dates are read off a calendar; weeks off the ISO 8601 rule that
week 1 holds the year's first Thursday."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpidsl.model.period_texts import label, parse_period
from kpidsl.model.periods import (
    Calendar,
    DayCount,
    Grain,
    Window,
    is_complete,
    last_complete,
    next_start,
    period_start,
    periods,
    shift,
    shift_window,
    whole_months,
    year_fraction,
    year_to_date,
)

DAYS = st.dates(date(1990, 1, 1), date(2060, 12, 31))
GRAINS = st.sampled_from(Grain)
CALENDARS = st.builds(Calendar, st.integers(0, 6), st.integers(1, 12))
WINDOWS = st.builds(
    lambda day, days: Window(day, day + timedelta(days=days)), DAYS, st.integers(1, 900)
)
WHOLE_MONTH_WINDOWS = st.builds(
    lambda day, months: Window(day.replace(day=1), shift(day.replace(day=1), months)),
    DAYS,
    st.integers(1, 40),
)


def window(start: str, end: str) -> Window:
    return Window(date.fromisoformat(start), date.fromisoformat(end))


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("2026", "2026-01-01", "2027-01-01"),
        ("2026-06", "2026-06-01", "2026-07-01"),
        ("2026-12", "2026-12-01", "2027-01-01"),
        ("2026-Q2", "2026-04-01", "2026-07-01"),
        ("2026-Q4", "2026-10-01", "2027-01-01"),
        ("2026-H1", "2026-01-01", "2026-07-01"),
        ("2026-H2", "2026-07-01", "2027-01-01"),
        # 1 January 2026 is a Thursday, so week 1 starts on Monday 29 December 2025;
        # week 7 starts six weeks later. Being a Thursday also gives 2026 a week 53.
        ("2026-W01", "2025-12-29", "2026-01-05"),
        ("2026-W07", "2026-02-09", "2026-02-16"),
        ("2026-W53", "2026-12-28", "2027-01-04"),
        ("2026-06-30", "2026-06-30", "2026-07-01"),
        ("2024-02-29", "2024-02-29", "2024-03-01"),
        ("FY2026", "2026-01-01", "2027-01-01"),
    ],
)
def test_parses_every_form(text: str, start: str, end: str) -> None:
    assert parse_period(text) == window(start, end)


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        # The fiscal year that ends on 30 June 2026.
        ("FY2026", "2025-07-01", "2026-07-01"),
        ("FY2026-H1", "2025-07-01", "2026-01-01"),
        ("FY2026-H2", "2026-01-01", "2026-07-01"),
        ("FY2026-Q2", "2025-10-01", "2026-01-01"),
        ("FY2026-Q3", "2026-01-01", "2026-04-01"),
        ("2026-Q2", "2026-04-01", "2026-07-01"),
    ],
)
def test_fiscal_year_is_named_by_the_year_in_which_it_ends(text: str, start: str, end: str) -> None:
    assert parse_period(text, Calendar(fiscal_year_starts=7)) == window(start, end)


@pytest.mark.parametrize(
    "text",
    [
        *["2026-13", "2026-00", "2026-W54", "2026-W00", "2026-Q5", "2026-Q0", "2026-H3"],
        # 1 January 2025 is a Wednesday and 2025 is no leap year: 52 weeks.
        *["2025-W53", "2026-02-29", "2026-6", "26-06", "2026-06-", " 2026", "2026\n", ""],
        *["FY2026-06", "FY2026-W07", "fy2026", "0000", "9999", "9999-12-31", "2026-W7", "２０２６"],
    ],
)
def test_no_such_period(text: str) -> None:
    assert parse_period(text) is None


def test_an_empty_or_reversed_window_is_refused() -> None:
    with pytest.raises(ValueError, match="must end after"):
        window("2026-01-01", "2026-01-01")
    with pytest.raises(ValueError, match="must end after"):
        window("2026-01-02", "2026-01-01")


def test_window_helpers() -> None:
    june = window("2026-06-01", "2026-07-01")
    assert (june.days, june.last_day) == (30, date(2026, 6, 30))
    assert date(2026, 6, 1) in june
    assert date(2026, 6, 30) in june
    assert date(2026, 7, 1) not in june
    assert june.intersect(window("2026-06-20", "2026-08-01")) == window("2026-06-20", "2026-07-01")
    assert june.intersect(window("2026-07-01", "2026-08-01")) is None


@pytest.mark.parametrize(
    ("day", "months", "days", "expected"),
    [
        ("2026-01-31", 1, 0, "2026-02-28"),
        ("2024-01-31", 1, 0, "2024-02-29"),
        ("2024-02-29", -12, 0, "2023-02-28"),
        ("2023-02-28", 12, 0, "2024-02-28"),
        ("2026-01-15", -1, 0, "2025-12-15"),
        ("2026-12-31", 2, 1, "2027-03-01"),
        ("2026-03-01", 0, -1, "2026-02-28"),
    ],
)
def test_shift_by_calendar(day: str, months: int, days: int, expected: str) -> None:
    assert shift(date.fromisoformat(day), months, days) == date.fromisoformat(expected)


def test_shift_out_of_the_calendar_is_an_overflow() -> None:
    for months, days in [(12 * 9000, 0), (-12 * 3000, 0), (0, 10_000_000)]:
        with pytest.raises(OverflowError):
            shift(date(2026, 1, 1), months, days)


@pytest.mark.parametrize(
    ("before", "months", "after"),
    [
        # S19: February stays February, whatever its length.
        (("2024-02-01", "2024-03-01"), -12, ("2023-02-01", "2023-03-01")),
        (("2023-02-01", "2023-03-01"), 12, ("2024-02-01", "2024-03-01")),
        (("2024-02-29", "2024-03-01"), -12, ("2023-02-28", "2023-03-01")),
        # 1 to 28 February against 1 to 28 February, not against 1 to 27.
        (("2024-02-01", "2024-02-29"), -12, ("2023-02-01", "2023-03-01")),
        # A partial month against the same part of the month before, capped at its end.
        (("2026-11-01", "2026-11-19"), -1, ("2026-10-01", "2026-10-19")),
        (("2026-03-01", "2026-03-31"), -1, ("2026-02-01", "2026-03-01")),
        (("2026-03-30", "2026-03-31"), -1, ("2026-02-28", "2026-03-01")),
        (("2026-01-01", "2026-11-19"), -12, ("2025-01-01", "2025-11-19")),
    ],
)
def test_shift_window(before: tuple[str, str], months: int, after: tuple[str, str]) -> None:
    assert shift_window(window(*before), months) == window(*after)


def test_shift_window_by_days_keeps_its_length() -> None:
    week = window("2026-03-02", "2026-03-09")
    assert shift_window(week, days=-364) == window("2025-03-03", "2025-03-10")


@pytest.mark.parametrize(
    ("grain", "start", "after"),
    [
        (Grain.DAY, "2026-11-21", "2026-11-22"),
        (Grain.WEEK, "2026-11-16", "2026-11-23"),
        (Grain.MONTH, "2026-11-01", "2026-12-01"),
        (Grain.QUARTER, "2026-10-01", "2027-01-01"),
        (Grain.YEAR, "2026-01-01", "2027-01-01"),
    ],
)
def test_period_of_a_saturday_in_november(grain: Grain, start: str, after: str) -> None:
    day = date(2026, 11, 21)
    assert period_start(day, grain) == date.fromisoformat(start)
    assert next_start(day, grain) == date.fromisoformat(after)


def test_weeks_may_start_on_sunday() -> None:
    assert period_start(date(2026, 11, 21), Grain.WEEK, Calendar(6)) == date(2026, 11, 15)
    assert period_start(date(2026, 11, 22), Grain.WEEK, Calendar(6)) == date(2026, 11, 22)


def test_periods_are_cut_at_the_window() -> None:
    assert periods(window("2026-09-15", "2026-11-19"), Grain.MONTH) == [
        window("2026-09-15", "2026-10-01"),
        window("2026-10-01", "2026-11-01"),
        window("2026-11-01", "2026-11-19"),
    ]


@pytest.mark.parametrize(
    ("text", "grain", "prior"),
    [
        ("2026-03-01", Grain.DAY, "2026-02-28"),
        ("2026-W01", Grain.WEEK, "2025-W52"),
        ("2026-01", Grain.MONTH, "2025-12"),
        ("2026-Q1", Grain.QUARTER, "2025-Q4"),
        ("2026-02", Grain.YEAR, "2025-02"),
        ("2026", Grain.YEAR, "2025"),
    ],
)
def test_the_period_before(text: str, grain: Grain, prior: str) -> None:
    current = parse_period(text)
    assert current is not None
    assert shift_window(current, -grain.months, -grain.days) == parse_period(prior)


def test_last_complete_waits_for_the_watermark() -> None:
    now = date(2026, 11, 21)
    assert last_complete(now, Grain.MONTH) == parse_period("2026-10")
    assert last_complete(now, Grain.MONTH, date(2026, 11, 1)) == parse_period("2026-10")
    # Data through 30 October only: October still lacks a day.
    assert last_complete(now, Grain.MONTH, date(2026, 10, 31)) == parse_period("2026-09")
    # A watermark in the future cannot complete a period that is not over.
    assert last_complete(now, Grain.MONTH, date(2027, 1, 1)) == parse_period("2026-10")
    assert last_complete(now, Grain.DAY) == parse_period("2026-11-20")
    assert last_complete(now, Grain.QUARTER) == parse_period("2026-Q3")
    assert last_complete(now, Grain.YEAR) == parse_period("2025")
    # 21 November is a Saturday: the Monday week is not over, that of 9 November is.
    assert last_complete(now, Grain.WEEK) == window("2026-11-09", "2026-11-16")
    assert last_complete(now, Grain.WEEK, None, Calendar(5)) == window("2026-11-14", "2026-11-21")


def test_is_complete() -> None:
    october = window("2026-10-01", "2026-11-01")
    assert is_complete(october, date(2026, 11, 1))
    assert not is_complete(october, date(2026, 10, 31))
    assert is_complete(october, date(2026, 11, 21), date(2026, 11, 1))
    assert not is_complete(october, date(2026, 11, 21), date(2026, 10, 31))


def test_year_to_date() -> None:
    october = window("2026-10-01", "2026-11-01")
    assert year_to_date(october) == window("2026-01-01", "2026-11-01")
    assert year_to_date(october, Calendar(fiscal_year_starts=7)) == window(
        "2026-07-01", "2026-11-01"
    )
    assert year_to_date(
        window("2026-03-01", "2026-04-01"), Calendar(fiscal_year_starts=7)
    ) == window("2025-07-01", "2026-04-01")
    # The end of December is 1 January, which must not count as next year.
    assert year_to_date(window("2026-12-01", "2027-01-01")) == parse_period("2026")


@pytest.mark.parametrize(
    ("start", "end", "months"),
    [
        ("2026-01-01", "2026-07-01", 6),
        ("2026-01-15", "2026-07-15", 6),
        ("2025-11-20", "2026-01-20", 2),
        ("2026-01-31", "2026-02-28", None),
        ("2026-01-01", "2026-07-02", None),
    ],
)
def test_whole_months(start: str, end: str, months: int | None) -> None:
    assert whole_months(window(start, end)) == months


def test_year_fraction_names_its_convention() -> None:
    half = year_fraction(window("2026-01-01", "2026-07-01"))
    assert (half.years, half.convention) == (0.5, DayCount.WHOLE_MONTHS)
    # January to June is 31+28+31+30+31+30 = 181 days; ending a day off the month, 182.
    other = year_fraction(window("2026-01-01", "2026-07-02"))
    assert (other.years, other.convention) == (182 / 365, DayCount.ACT_365)


@pytest.mark.parametrize(
    ("start", "end", "words"),
    [
        ("2026-10-01", "2026-11-01", "Oct 2026"),
        ("2026-07-01", "2026-10-01", "Q3 2026"),
        ("2026-01-01", "2026-07-01", "H1 2026"),
        ("2026-07-01", "2027-01-01", "H2 2026"),
        ("2026-01-01", "2027-01-01", "2026"),
        ("2026-02-09", "2026-02-16", "week 2026-W07"),
        ("2025-12-29", "2026-01-05", "week 2026-W01"),
        ("2026-11-18", "2026-11-19", "18 Nov 2026"),
        ("2026-01-01", "2026-11-19", "1 Jan – 18 Nov 2026"),
        ("2026-11-01", "2026-11-19", "1 – 18 Nov 2026"),
        ("2025-12-15", "2026-01-04", "15 Dec 2025 – 3 Jan 2026"),
        ("2025-07-01", "2026-07-01", "1 Jul 2025 – 30 Jun 2026"),
        # Three months, but no quarter; a week, but no ISO week.
        ("2026-02-01", "2026-05-01", "1 Feb – 30 Apr 2026"),
        ("2026-11-15", "2026-11-22", "15 – 21 Nov 2026"),
    ],
)
def test_label(start: str, end: str, words: str) -> None:
    assert label(window(start, end)) == words


@given(st.integers(1900, 2200), st.integers(1, 12), st.integers(1, 4), st.integers(1, 2))
def test_label_names_what_was_parsed(year: int, month: int, quarter: int, half: int) -> None:
    """Reading a standard period and naming it again gives the same period back."""
    month_name = date(year, month, 1).strftime("%b")
    for text, words in [
        (f"{year}", f"{year}"),
        (f"{year}-{month:02}", f"{month_name} {year}"),
        (f"{year}-Q{quarter}", f"Q{quarter} {year}"),
        (f"{year}-H{half}", f"H{half} {year}"),
        (f"{year}-{month:02}-09", f"9 {month_name} {year}"),
    ]:
        parsed = parse_period(text)
        assert parsed is not None
        assert label(parsed) == words


@given(st.integers(1900, 2200), st.integers(1, 52))
def test_label_of_an_iso_week_reads_back(year: int, week: int) -> None:
    parsed = parse_period(f"{year}-W{week:02}")
    assert parsed is not None
    assert label(parsed) == f"week {year}-W{week:02}"
    assert parse_period(label(parsed).removeprefix("week ")) == parsed


@given(WINDOWS, GRAINS, CALENDARS)
def test_periods_tile_the_window(whole: Window, grain: Grain, calendar: Calendar) -> None:
    pieces = periods(whole, grain, calendar)
    assert pieces[0].start == whole.start
    assert pieces[-1].end == whole.end
    for left, right in pairwise(pieces):
        assert left.end == right.start
    for piece in pieces:
        assert period_start(piece.start, grain, calendar) == period_start(
            piece.last_day, grain, calendar
        )
    starts = {period_start(piece.start, grain, calendar) for piece in pieces}
    assert len(starts) == len(pieces)


@given(DAYS, GRAINS, CALENDARS)
def test_a_period_holds_its_days(day: date, grain: Grain, calendar: Calendar) -> None:
    start, after = period_start(day, grain, calendar), next_start(day, grain, calendar)
    assert start <= day < after
    assert period_start(start, grain, calendar) == start
    assert period_start(after, grain, calendar) == after
    assert period_start(after - timedelta(days=1), grain, calendar) == start


@given(DAYS, st.integers(-240, 240))
def test_shift_there_and_back_up_to_day_28(day: date, months: int) -> None:
    early = day.replace(day=min(day.day, 28))
    assert shift(shift(early, months), -months) == early
    moved = shift(day, months)
    assert (moved.year * 12 + moved.month) - (day.year * 12 + day.month) == months
    assert day.day - 3 <= moved.day <= day.day


@given(WINDOWS, st.integers(-240, 240))
def test_a_shifted_window_is_never_empty(whole: Window, months: int) -> None:
    assert shift_window(whole, months).days >= 1


@given(WHOLE_MONTH_WINDOWS, st.integers(-240, 240))
def test_whole_months_stay_whole(whole: Window, months: int) -> None:
    moved = shift_window(whole, months)
    assert whole_months(moved) == whole_months(whole)
    assert shift_window(moved, -months) == whole
    assert moved.start.day == moved.end.day == 1


@given(DAYS, GRAINS, st.none() | DAYS, CALENDARS)
def test_last_complete_is_the_latest(
    now: date, grain: Grain, watermark: date | None, calendar: Calendar
) -> None:
    latest = last_complete(now, grain, watermark, calendar)
    assert is_complete(latest, now, watermark)
    following = Window(latest.end, next_start(latest.end, grain, calendar))
    assert not is_complete(following, now, watermark)
