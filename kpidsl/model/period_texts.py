"""Periods as people write them, and as they read them (S19, S20)."""

from __future__ import annotations

import re
from datetime import date, timedelta

from kpidsl.model.fiscal_years import FiscalYears
from kpidsl.model.periods import (
    GREGORIAN,
    Calendar,
    Grain,
    Window,
    is_whole,
    shift,
    shift_window,
    whole_months,
)

_DAY = timedelta(days=1)
_MONTH_NAMES = [
    *["Jan", "Feb", "Mar", "Apr", "May", "Jun"],
    *["Jul", "Aug", "Sep", "Oct", "Nov", "Dec"],
]
_PERIOD = re.compile(
    r"(?P<fiscal>FY)?(?P<year>[0-9]{4})"
    r"(?:-(?:Q(?P<quarter>[1-4])|H(?P<half>[12])|W(?P<week>[0-9]{2})"
    r"|(?P<month>[0-9]{2})(?:-(?P<day>[0-9]{2}))?))?"
)


def parse_period(text: str, calendar: Calendar = GREGORIAN) -> Window | None:
    """Read a period as a person writes it; None when there is no such period.

    The forms are `2026`, `2026-06`, `2026-06-30`, `2026-Q2`, `2026-H1`, `2026-W07`, `FY2026`,
    `FY2026-H1` and `FY2026-Q2`. Weeks are ISO weeks, whatever day the project's weeks start on.
    A fiscal year is named by the year in which it ends: where it starts in July, `FY2026` is July
    2025 to June 2026, and where it starts in January it is the calendar year.
    """
    match = _PERIOD.fullmatch(text)
    if match is None or (match["fiscal"] and (match["week"] or match["month"])):
        return None
    year = int(match["year"])
    try:
        if match["week"]:
            monday = date.fromisocalendar(year, int(match["week"]), 1)
            return Window(monday, monday + 7 * _DAY)
        if match["day"]:
            day = date(year, int(match["month"]), int(match["day"]))
            return Window(day, day + _DAY)
        first = date(year, int(match["month"] or 1), 1)
        if match["fiscal"] and calendar.months_after_january:
            first = date(year - 1, calendar.fiscal_year_starts, 1)
        if match["quarter"]:
            first, months = shift(first, 3 * (int(match["quarter"]) - 1)), 3
        elif match["half"]:
            first, months = shift(first, 6 * (int(match["half"]) - 1)), 6
        else:
            months = 1 if match["month"] else 12
        if match["fiscal"] and calendar.years is not None:
            return _of_own_year(match, calendar.years)
        return Window(first, shift(first, months))
    except (ValueError, OverflowError, IndexError):
        return None


def _of_own_year(match: re.Match[str], years: FiscalYears) -> Window:
    year, months, number = int(match["year"]), 12, 1
    if match["quarter"]:
        months, number = 3, int(match["quarter"])
    elif match["half"]:
        months, number = 6, int(match["half"])
    starts = years.starts(year, months)
    return Window(starts[number - 1], starts[number])


def is_iso_week(text: str) -> bool:
    """Tell whether a period is written as an ISO week, such as `2026-W07`."""
    match = _PERIOD.fullmatch(text)
    return match is not None and match["week"] is not None


def label(window: Window) -> str:
    """Name a window in English.

    A standard period is `2026`, `H1 2026`, `Q3 2026`, `Oct 2026`, `week 2026-W07` or
    `18 Nov 2026`; any other window is its first and last day, `1 Jan – 18 Nov 2026`.
    """
    start, last = window.start, window.last_day
    if start.day == window.end.day == 1:
        match whole_months(window):
            case 1:
                return f"{_MONTH_NAMES[start.month - 1]} {start.year}"
            case 3 if start.month % 3 == 1:
                return f"Q{start.month // 3 + 1} {start.year}"
            case 6 if start.month % 6 == 1:
                return f"H{start.month // 6 + 1} {start.year}"
            case 12 if start.month == 1:
                return f"{start.year}"
    if window.days == Grain.WEEK.days and start.weekday() == 0:
        iso = start.isocalendar()
        return f"week {iso.year}-W{iso.week:02}"
    last_text = f"{last.day} {_MONTH_NAMES[last.month - 1]} {last.year}"
    if start == last:
        return last_text
    if start.year != last.year:
        return f"{start.day} {_MONTH_NAMES[start.month - 1]} {start.year} – {last_text}"
    if start.month != last.month:
        return f"{start.day} {_MONTH_NAMES[start.month - 1]} – {last_text}"
    return f"{start.day} – {last_text}"


def label_of(window: Window, grain: Grain, calendar: Calendar) -> str:
    """Name a window as `label` does, and a whole fiscal period `FY2026`, `Q3 FY2026` or `month 7 of
    FY2026`."""
    known = grain is not grain.ordinary and calendar.knows(window.start, grain)
    if not known or not is_whole(window, grain, calendar):
        return label(window)
    if calendar.years is not None:
        return _label_of_own(window, grain, calendar.years)
    moved = shift_window(window, -calendar.months_after_january)
    year = moved.start.year + (1 if calendar.months_after_january else 0)
    return _fiscal_label(grain, year, (moved.start.month - 1) // grain.months + 1)


def _label_of_own(window: Window, grain: Grain, years: FiscalYears) -> str:
    year = years.year_of(window.start)
    return _fiscal_label(grain, year, years.starts(year, grain.months).index(window.start) + 1)


def _fiscal_label(grain: Grain, year: int, number: int) -> str:
    match grain:
        case Grain.FISCAL_YEAR:
            return f"FY{year}"
        case Grain.FISCAL_QUARTER:
            return f"Q{number} FY{year}"
    return f"month {number} of FY{year}"
