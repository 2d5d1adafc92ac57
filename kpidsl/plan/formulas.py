"""Formulas over the values of the cells of an answer."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from kpidsl.plan.looks import Look


@dataclass(frozen=True, slots=True)
class Over:
    """Which groups a total is over: it keeps the query's keys at the positions `kept`. What shares
    of allocated amounts are taken from is free of the query's filter (S9)."""

    kept: tuple[int, ...] = ()
    filtered: bool = True


@dataclass(frozen=True, slots=True)
class LeafValue:
    """A leaf with its null policy (S13); `over` reads it from those `Totals`."""

    column: str
    zero_when_empty: bool
    source: str
    look: Look = Look()
    over: Over | None = None


@dataclass(frozen=True, slots=True)
class RegroupValue:
    """An aggregate over entities; one of none is 0, if so, where all `leaves` are known (S13)."""

    column: str
    zero_when_empty: bool
    leaves: tuple[LeafValue, ...]
    over: Over | None = None


@dataclass(frozen=True, slots=True)
class AccrualValue:
    column: str
    look: Look = Look()


@dataclass(frozen=True, slots=True)
class Number:
    value: Decimal


@dataclass(frozen=True, slots=True)
class Operation:
    """`op` is one of + - * /; a quotient by zero is NULL, and a float (S12)."""

    op: str
    left: Formula
    right: Formula


@dataclass(frozen=True, slots=True)
class Negation:
    operand: Formula


@dataclass(frozen=True, slots=True)
class FirstKnown:
    items: tuple[Formula, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """The rank among the rows of a period, the largest first."""

    operand: Formula


Value = LeafValue | RegroupValue | AccrualValue
Formula = Value | Number | Operation | Negation | FirstKnown | Place
