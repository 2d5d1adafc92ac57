"""Literals that look right and are not: days that do not exist, digits that run into letters."""

from __future__ import annotations

import calendar
import re
from datetime import date, datetime

_LAST_OF = {"Q": (4, "quarters"), "H": (2, "halves"), "W": (53, "weeks"), "": (12, "months")}

_DURATION_WORDS = {
    "sec": "s", "second": "s", "minute": "min", "hr": "h", "hour": "h", "day": "d", "week": "w",
    "month": "mo", "quarter": "q", "yr": "y", "year": "y",
}  # fmt: skip


def date_problem(text: str) -> tuple[str, str]:
    """Return why a date or timestamp can't be, with the nearest that can; ("", text) if it can."""
    try:
        datetime.fromisoformat(text) if "T" in text else date.fromisoformat(text)
    except ValueError as problem:
        return str(problem), _nearest_date(text[:10]) + ("T00:00" if "T" in text else "")
    return "", text


def _nearest_date(text: str) -> str:
    year, month, day = (max(1, int(part)) for part in text.split("-"))
    month = min(month, 12)
    return f"{year:04}-{month:02}-{min(day, calendar.monthrange(year, month)[1]):02}"


def period_problem(text: str) -> tuple[str, str]:
    """Return why a period can't be, with the nearest that can; ("", text) if it can."""
    head, _, part = text.partition("-")
    prefix, year = head[:-4], int(head[-4:])
    if year == 0:
        return "there is no year 0000", f"{prefix}0001" + (f"-{part}" if part else "")
    if not part:
        return "", text
    unit = part[0] if part[0] in "QHW" else ""
    number = int(part[len(unit) :])
    last, plural = _LAST_OF[unit]
    if unit == "W":
        last = date(year, 12, 28).isocalendar().week  # 28 December is in the year's last week
    if 1 <= number <= last:
        return "", text
    digits = len(part) - len(unit)
    nearest = f"{head}-{unit}{min(max(number, 1), last):0{digits}}"
    return f"{head} has {plural} 1 to {last}", nearest


def usual_date(text: str) -> tuple[str, str]:
    """Return the token type and the right spelling of `2026/6/3`, `2026Q2` or `2026-w7`."""
    parts = re.split("[-/]", text)
    if len(parts) == 3:
        year, month, day = parts
        return "DATE", f"{year}-{month:0>2}-{day:0>2}"
    year, unit, number = re.fullmatch("([0-9]{4})-?([a-zA-Z])([0-9]+)", text).groups()  # type: ignore[union-attr]
    digits = 2 if unit in "wW" else 1
    return "PERIOD", f"{year}-{unit.upper()}{int(number):0{digits}}"


def number_help(text: str) -> tuple[str, str]:
    """Return the digits that malformed number begins with, and how to write what was meant."""
    digits = re.match(r"[0-9]+(?:_[0-9]+)*(?:\.[0-9]+)?", text).group()  # type: ignore[union-attr]
    suffix = text[len(digits) :]
    small = suffix.lower()
    if small in ("m", "mn", "mio"):
        return (
            digits,
            f"write `{digits}min`, `{digits}mo` or `{digits}M` (minutes, months, millions)",
        )
    if small in ("k", "b", "bn"):
        return digits, f"write `{digits}{'k' if small == 'k' else 'B'}`"
    short = _DURATION_WORDS.get(small) or _DURATION_WORDS.get(small.removesuffix("s"))
    if short:
        return digits, f"write `{digits}{short}`"
    if re.fullmatch("[A-Z]{3}", suffix):
        return digits, f"write `{digits} {suffix}` with a blank"
    if re.fullmatch("e[0-9]+", small):
        return digits, "write the number out, or with `k`, `M` or `B`"
    return digits, (
        "write a duration as `30s`, `15min`, `12h`, `30d`, `2w`, `6mo`, `1q` or `1y`; "
        "a name that begins with a digit in backticks"
    )
