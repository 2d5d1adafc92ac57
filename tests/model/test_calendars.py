"""Fiscal periods, read off calendars."""

from __future__ import annotations

from datetime import date

import pytest

from kpidsl.model.period_texts import label_of, parse_period
from kpidsl.model.periods import Calendar, Grain, Window, next_start, period_start


def window(start: str, end: str) -> Window:
    return Window(date.fromisoformat(start), date.fromisoformat(end))


@pytest.mark.parametrize(
    ("day", "grain", "start", "after"),
    [
        # A year from April: its first quarter is April to June, its last January to March.
        ("2026-03-31", Grain.FISCAL_YEAR, "2025-04-01", "2026-04-01"),
        ("2026-04-01", Grain.FISCAL_YEAR, "2026-04-01", "2027-04-01"),
        ("2026-06-30", Grain.FISCAL_QUARTER, "2026-04-01", "2026-07-01"),
        ("2027-01-31", Grain.FISCAL_QUARTER, "2027-01-01", "2027-04-01"),
    ],
)
def test_fiscal_periods_start_with_the_fiscal_year(
    day: str, grain: Grain, start: str, after: str
) -> None:
    april = Calendar(fiscal_year_starts=4)
    assert period_start(date.fromisoformat(day), grain, april) == date.fromisoformat(start)
    assert next_start(date.fromisoformat(day), grain, april) == date.fromisoformat(after)


def test_fiscal_quarters_need_not_be_those_of_the_calendar() -> None:
    # A year from November: its quarters begin in November, February, May and August. The 30th of
    # November to the 30th of January is one of them, though no February has a 30th.
    november = Calendar(fiscal_year_starts=11)
    for day in ("2026-11-30", "2026-12-31", "2027-01-30"):
        start = period_start(date.fromisoformat(day), Grain.FISCAL_QUARTER, november)
        assert start == date(2026, 11, 1)
    start = period_start(date(2027, 5, 31), Grain.FISCAL_QUARTER, november)
    assert start == date(2027, 5, 1)


@pytest.mark.parametrize(
    ("start", "end", "grain", "name"),
    [
        ("2025-04-01", "2026-04-01", Grain.FISCAL_YEAR, "FY2026"),
        ("2025-04-01", "2025-07-01", Grain.FISCAL_QUARTER, "Q1 FY2026"),
        ("2026-01-01", "2026-04-01", Grain.FISCAL_QUARTER, "Q4 FY2026"),
        ("2026-01-01", "2026-03-01", Grain.FISCAL_QUARTER, "1 Jan – 28 Feb 2026"),
        ("2026-01-01", "2026-04-01", Grain.QUARTER, "Q1 2026"),
    ],
)
def test_fiscal_periods_are_named_by_the_year_in_which_they_end(
    start: str, end: str, grain: Grain, name: str
) -> None:
    named = window(start, end)
    assert label_of(named, grain, Calendar(fiscal_year_starts=4)) == name
    if name.startswith("FY"):
        assert parse_period(name, Calendar(fiscal_year_starts=4)) == named
