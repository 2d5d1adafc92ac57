"""What random models, rows and formulas are drawn from, and conditions over typed operands."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, time
from decimal import Decimal
from random import Random
from typing import Any, Literal

from kpidsl.model import expr as e

Draw = Random
"""Where chance comes from: a seed, or Hypothesis, which then finds smaller choices."""
Kind = Literal["text", "int", "bool"]

TEXTS = ("EU", "(none)", "(unmapped)", "", "it's", "Größe 大", "eu", *("EU", "(none)") * 2)
"""Some are more frequent, so that rows and conditions meet."""
INTS = (-2, 0, 1, 2, 3)
MONEY = tuple(map(Decimal, ("0.00", "0.10", "1.05", "-3.33", "100.00")))
DAYS = tuple(
    map(
        date.fromisoformat,
        (
            "2023-02-28",
            "2023-03-01",
            "2023-12-31",
            "2024-01-31",
            "2024-02-28",
            "2024-02-29",
            "2024-03-01",
            "2024-03-09",
            "2024-03-10",
            "2024-03-11",
            "2024-03-31",
            "2024-11-03",
            "2025-12-30",
            "2026-12-30",
        ),
    )
)
HELD = (*DAYS, *DAYS[4:12] * 3, *DAYS[8:12:3] * 8)
"""The days of rows: most are near each other."""
MOVING = "America/New_York"
MOVED = (date(2024, 3, 10), date(2024, 11, 3))
"""A zone, and days on which its clocks are moved."""
# New York's clocks skip 02:30 on 10 March 2024 and show 01:30 twice on 3 November.
TIMES = (
    *(time(0), time(0, 30), time(1, 30), time(2, 30), time(4, 30), time(5, 30), time(6, 30)),
    *(time(7, 30), time(12), time(23, 59, 59)),
)
TURNS = (time(0), time(1, 30), time(5, 30), time(6, 30))
"""Times at which rows begin and end to hold; no clock skips them."""
ZONES = ("UTC", MOVING, MOVING, "Asia/Taipei")


def chance(draw: Draw, percent: int) -> bool:
    return draw.randrange(100) >= 100 - percent


def pick(draw: Draw, options: Sequence[Any]) -> Any:
    return draw.choice(options)


def some(draw: Draw, options: Sequence[Any], least: int, most: int) -> list[Any]:
    """From `least` to `most` different places of the options, as far as there are so many."""
    places = list(range(len(options)))
    count = min(draw.randint(least, most), len(places))
    return [options[places.pop(draw.randrange(len(places)))] for _ in range(count)]


def predicate(draw: Draw, options: Sequence[tuple[Kind, e.RowExpr]], *, timed: bool) -> e.RowExpr:
    """A condition of up to three atoms over typed operands."""

    def atom() -> e.RowExpr:
        if timed and chance(draw, 10):
            op = pick(draw, ("<", ">=", "!="))
            return e.Compare(op, e.TimeColumn(), e.Literal(pick(draw, DAYS)))
        kind, operand = pick(draw, options)
        if chance(draw, 15):
            return e.IsState(operand, pick(draw, ("null", "none", "unmapped")))
        if kind == "bool":
            return e.Compare(pick(draw, ("=", "!=")), operand, e.Literal(pick(draw, (False, True))))
        values: Sequence[Any] = TEXTS if kind == "text" else tuple(map(Decimal, INTS))
        if kind == "text" and chance(draw, 10):
            return e.Like(operand, pick(draw, ("%u%", "(%", "_U", "")))
        if chance(draw, 20):
            items = sorted(set(some(draw, values, 1, 4)))
            return e.In(operand, tuple(map(e.Literal, items)))
        return e.Compare(
            pick(draw, ("=", "=", "!=", "!=", "<", ">=")), operand, e.Literal(pick(draw, values))
        )

    shape = pick(draw, ("atom", "atom", "not", "not", "or", "or", "and", "and not"))
    match shape:
        case "not":
            return e.Not(atom())
        case "and":
            return e.And((atom(), atom()))
        case "or":
            return e.Or((atom(), atom()))
        case "and not":
            return e.And((atom(), e.Not(atom())))
    return atom()
