"""Hours of local clocks. Instants are those at which zones are known to move their clocks: Berlin
on 30 March and 26 October 2025 at 01:00 UTC, New York on 2 November 2025 at 06:00 UTC."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpidsl.model.moments import DayPart, local_period, runs
from kpidsl.model.periods import Window


def hours(day: str, zone: str, part: DayPart = DayPart.HOUR, days: int = 1) -> list[str]:
    """The periods of some days from one on, as local times with their offset."""
    start = date.fromisoformat(day)
    found = []
    for run in runs(Window(start, start + timedelta(days=days)), part, zone):
        instants = [run.first + number * part.length for number in range(run.count)]
        assert instants[-1] == run.last
        found += [local_period(instant, part, zone).isoformat() for instant in instants]
    return [text[11:16] + text[19:] for text in found]


def test_the_hour_that_autumn_repeats_is_two() -> None:
    found = hours("2025-10-26", "Europe/Berlin")
    assert len(found) == 25
    assert found[:5] == ["00:00+02:00", "01:00+02:00", "02:00+02:00", "02:00+01:00", "03:00+01:00"]
    assert found[-1] == "23:00+01:00"
    new_york = hours("2025-11-02", "America/New_York")
    assert len(new_york) == 25
    assert new_york[:3] == ["00:00-04:00", "01:00-04:00", "01:00-05:00"]


def test_the_hour_that_spring_skips_is_none() -> None:
    found = hours("2025-03-30", "Europe/Berlin")
    assert len(found) == 23
    assert found[:4] == ["00:00+01:00", "01:00+01:00", "03:00+02:00", "04:00+02:00"]


@pytest.mark.parametrize(
    ("day", "zone", "part", "count"),
    [
        ("2025-10-26", "Europe/Berlin", DayPart.MINUTE, 25 * 60),
        ("2025-03-30", "Europe/Berlin", DayPart.SECOND, 23 * 3600),
        ("2025-06-01", "Asia/Kolkata", DayPart.HOUR, 24),
        ("2024-09-08", "America/Santiago", DayPart.HOUR, 23),  # midnight itself is skipped
        ("2024-11-03", "America/Havana", DayPart.HOUR, 25),  # and here repeated
    ],
)
def test_a_day_has_the_parts_that_its_clock_shows(
    day: str, zone: str, part: DayPart, count: int
) -> None:
    assert len(hours(day, zone, part)) == count


def test_hours_begin_on_full_local_hours_whatever_the_offset() -> None:
    # India is 5 h 30 min ahead: midnight of 1 June is 18:30 of 31 May in UTC.
    (run,) = runs(Window(date(2025, 6, 1), date(2025, 6, 2)), DayPart.HOUR, "Asia/Kolkata")
    assert run.first == datetime(2025, 5, 31, 18, 30)  # noqa: DTZ001 -- an instant
    assert hours("2025-06-01", "Asia/Kolkata")[0] == "00:00+05:30"


def test_a_clock_moved_by_half_an_hour_begins_an_hour_anew() -> None:
    # Lord Howe on 6 April 2025: at 02:00 the clock goes back to 01:30, from +11:00 to +10:30.
    found = hours("2025-04-06", "Australia/Lord_Howe")
    assert found[:4] == ["00:00+11:00", "01:00+11:00", "01:00+10:30", "02:00+10:30"]
    assert len(found) == 25
    # And on 5 October at 02:00 on to 02:30: the hour of 2 is half an hour long.
    found = hours("2025-10-05", "Australia/Lord_Howe")
    assert found[:4] == ["00:00+10:30", "01:00+10:30", "02:00+11:00", "03:00+11:00"]
    assert len(found) == 24


@given(
    st.dates(date(2015, 1, 1), date(2026, 12, 1)),
    st.integers(1, 40),
    st.sampled_from(("UTC", "America/New_York", "Europe/Berlin", "Asia/Taipei", "Asia/Kolkata")),
)
def test_hours_are_those_met_by_walking_through_the_days(day: date, days: int, zone: str) -> None:
    """By another route: each quarter of an hour of the window, in the local hour that it is in."""
    local = ZoneInfo(zone)
    walked = []
    at = datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(days=1)
    for _ in range((days + 2) * 96):
        here = at.astimezone(local)
        if day <= here.date() < day + timedelta(days=days):
            offset = timezone(here.utcoffset() or timedelta())
            walked.append(here.replace(minute=0, tzinfo=offset).isoformat())
        at += timedelta(minutes=15)
    wanted = [text[11:16] + text[19:] for text in dict.fromkeys(walked)]
    assert hours(day.isoformat(), zone, days=days) == wanted
