"""The scalar functions as the oracle reads them; a NULL argument gives NULL, but for `coalesce`."""

from __future__ import annotations

import math
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from tests.oracle.days import day_of


class Unsupported(Exception):
    """The oracle does not know this construct."""


def call(name: str, arguments: list[Any]) -> Any:  # noqa: C901, PLR0911, PLR0912 -- a table
    if name == "coalesce":
        return next((argument for argument in arguments if argument is not None), None)
    if name == "nullif":
        return None if arguments[0] == arguments[1] else arguments[0]
    if any(argument is None for argument in arguments):
        return None
    first = arguments[0]
    match name:
        case "lower":
            return first.lower()
        case "upper":
            return first.upper()
        case "trim":
            return first.strip(" ")
        case "length":
            return len(first)
        case "replace":
            return first.replace(*arguments[1:])
        case "substring":
            start = int(arguments[1]) - 1
            return first[start : start + int(arguments[2])] if arguments[2:] else first[start:]
        case "abs":
            return abs(first)
        case "round":
            digits = Decimal(1).scaleb(-int(arguments[1]) if arguments[1:] else 0)
            return Decimal(first).quantize(digits, ROUND_HALF_UP)
        case "floor":
            return math.floor(first)
        case "ceil":
            return math.ceil(first)
        case "year" | "month" | "day" | "hour":
            return getattr(first, name)
        case "quarter":
            return (first.month + 2) // 3
        case "weekday":
            return first.isoweekday()
        case "days_between":
            return (day_of(arguments[1]) - day_of(first)).days
    raise Unsupported(f"function {name}")
