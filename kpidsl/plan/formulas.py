"""Formulas over the values of the cells of an answer."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from kpidsl.plan.looks import Look


@dataclass(frozen=True, slots=True)
class Over:
    """Which groups a total is over: it keeps the query's keys at the positions `kept`, and with
    `rest` what a top list is by: it is over what no leader has. What shares of allocated amounts
    are taken from is free of the query's filter (S9)."""

    kept: tuple[int, ...] = ()
    filtered: bool = True
    rest: bool = False


@dataclass(frozen=True, slots=True)
class LeafValue:
    """A leaf with its null policy (S13); `over` reads it from those `Totals`. `counts`: of no rows
    it is 0 already, also where others have some."""

    column: str
    zero_when_empty: bool
    source: str
    look: Look = Look()
    over: Over | None = None
    counts: bool = False


@dataclass(frozen=True, slots=True)
class RegroupValue:
    """An aggregate over entities; one of none is 0, if so, where all `leaves` are known (S13).
    `reaches`: it is over days that may be known where its own period isn't."""

    column: str
    zero_when_empty: bool
    leaves: tuple[LeafValue, ...]
    over: Over | None = None
    counts: bool = False
    reaches: bool = False


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
    """The rank among the rows of a period in which the operand counts something, the largest
    first: rows that other metrics add to an answer change no rank (S1)."""

    operand: Formula


Value = LeafValue | RegroupValue | AccrualValue
Formula = Value | Number | Operation | Negation | FirstKnown | Place


def has_none_of_no_rows(formula: Formula) -> bool:
    """Tell whether a formula has no value in a cell where it has no rows (S13). A total has those
    of other cells."""
    match formula:
        case (
            LeafValue(zero_when_empty=zero, over=over)
            | RegroupValue(zero_when_empty=zero, over=over)
        ):
            return not zero and over is None
        case Operation(_, left, right):
            return has_none_of_no_rows(left) or has_none_of_no_rows(right)
        case Negation(operand) | Place(operand):
            return has_none_of_no_rows(operand)
        case FirstKnown(items):
            return all(map(has_none_of_no_rows, items))
        case Number() | AccrualValue():
            return False


def is_sum(formula: Formula) -> bool:
    """Tell whether a formula is a sum of its values, each as it is or times a number."""
    match formula:
        case LeafValue() | AccrualValue():
            return True
        case Operation("+" | "-", left, right):
            return is_sum(left) and is_sum(right)
        case Operation("*" | "/", part, Number()) | Operation("*", Number(), part):
            return is_sum(part)
        case Negation(operand):
            return is_sum(operand)
    return False


def may_have_decimals(formula: Formula) -> bool:
    """Tell whether a formula's value is an exact number that can have decimals: no text, no place,
    no quotient, which is a float."""
    match formula:
        case LeafValue(zero_when_empty=is_sum) | RegroupValue(zero_when_empty=is_sum):
            return is_sum
        case Number(value):
            return value != value.to_integral_value()
        case Operation(op, left, right):
            return op != "/" and (may_have_decimals(left) or may_have_decimals(right))
        case Negation(operand):
            return may_have_decimals(operand)
        case FirstKnown(items):
            return any(map(may_have_decimals, items))
        case AccrualValue():
            return True
    return False
