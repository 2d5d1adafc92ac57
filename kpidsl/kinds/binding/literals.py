"""Dates, periods, durations and amounts as written, made into values."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from kpidsl.kinds.binding.scope import Scope
from kpidsl.kinds.binding.shapes import describe
from kpidsl.model.period_texts import is_iso_week, parse_period
from kpidsl.model.periods import Window
from kpidsl.syntax import tree

_DAY_SECONDS = 86_400


def local_moment(expr: tree.TimestampLiteral, scope: Scope) -> datetime | None:
    """Return a moment on the clock of the project, on which the times of sources are compared
    (S20); one that names no zone is of that clock already."""
    try:
        moment = datetime.fromisoformat(expr.iso)
        if moment.tzinfo is not None:
            moment = moment.astimezone(ZoneInfo(scope.settings.timezone)).replace(tzinfo=None)
    except (ValueError, OverflowError):
        scope.error(
            "K313",
            f"`{expr.iso}` is no point in time",
            expr.span,
            label="no such moment",
            help="write it as `2026-03-08T02:30`",
        )
        return None
    return moment


def day_window(expr: tree.DateLiteral, scope: Scope) -> Window | None:
    """Return the one day of a date."""
    window = parse_period(expr.iso)
    if window is None:
        scope.error(
            "K313",
            f"the calendar has no day `{expr.iso}`",
            expr.span,
            label="no such day",
            help="write a day that exists, such as `2026-06-30`",
        )
    return window


def period_window(expr: tree.Expr, scope: Scope) -> Window | None:
    """Return the days of a period, a date, a year, or a range `a .. b` with both ends in it."""
    match expr:
        case tree.DateLiteral():
            return day_window(expr, scope)
        case tree.PeriodLiteral(text=text):
            pass
        case tree.Number(value=number) if number == number.to_integral_value():
            text = f"{number:.0f}"
        case tree.Binary(op="..", left=left, right=right):
            first, last = period_window(left, scope), period_window(right, scope)
            if first is None or last is None:
                return None
            if last.end <= first.start:
                scope.error(
                    "K313",
                    "this range ends before it begins",
                    expr.span,
                    label="no day lies in it",
                    help="write the earlier date first",
                )
                return None
            return Window(first.start, last.end)
        case _:
            scope.error(
                "K313",
                "a period is expected here",
                expr.span,
                label=f"this is {describe(expr)}",
                help="write, for example, `2026-H1`, `2026-06` or `2026-01-01 .. 2026-03-31`",
            )
            return None
    if is_iso_week(text) and scope.settings.week_starts != 0:
        scope.error(
            "K313",
            f"`{text}` is a week from Monday on, and the project's weeks start on another day",
            expr.span,
            label="a week of ISO 8601",
            help="write its days, such as `2026-02-08 .. 2026-02-14`",
        )
        return None
    listed = scope.settings.listed
    if listed is not None and text.startswith("FY"):
        scope.error(
            "K313",
            f"`{text}` is of the calendar `{listed.name}`, and only the rows of "
            f"`{listed.source}` tell its days",
            expr.span,
            label="a period that the data tell",
            help="write its days, such as `2025-12-29 .. 2026-12-27`",
        )
        return None
    window = parse_period(text, scope.settings.calendar)
    if window is None:
        scope.error(
            "K313",
            f"the calendar has no period `{text}`",
            expr.span,
            label="no such period",
            help="write it as `2026-06`, `2026-Q2`, `2026-H1`, `2026-W07` or `FY2026`",
        )
    return window


def last_day(expr: tree.Expr, scope: Scope) -> date | None:
    """Return a date, or the last day of a period."""
    window = period_window(expr, scope)
    return window.last_day if window else None


def whole_days(expr: tree.Duration, scope: Scope) -> int | None:
    """Return a duration in days; a month counts 30, a year 365 (only lengths are compared)."""
    if expr.seconds % _DAY_SECONDS:
        scope.error(
            "K313",
            "a duration in whole days is expected here",
            expr.span,
            label="not a whole number of days",
            help="write, for example, `45d`",
        )
        return None
    years, months = divmod(expr.months, 12)
    return years * 365 + months * 30 + expr.seconds // _DAY_SECONDS


def seconds_of(expr: tree.Duration, scope: Scope) -> int | None:
    """Return a duration in seconds, where a day is 24 hours (S20); months have no fixed length."""
    if expr.months:
        scope.error(
            "K313",
            "a window of a funnel is counted in days or hours, and months differ in length",
            expr.span,
            label="months or years",
            help="write, for example, `90d`",
        )
        return None
    return expr.seconds
