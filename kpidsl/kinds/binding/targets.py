"""Targets: what is to be reached, by when, in the unit of its KPI (S27)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from kpidsl.kinds.binding.fields import Fields
from kpidsl.kinds.binding.literals import last_day, period_window
from kpidsl.kinds.binding.scope import Scope
from kpidsl.kinds.binding.shapes import PERCENTAGE, call_with, describe, word_of
from kpidsl.kinds.binding.spec import Header, Key, Kind
from kpidsl.kinds.binding.units import known_unit, say_unit
from kpidsl.model.periods import Window
from kpidsl.model.purpose import Bands, Target
from kpidsl.model.units import NUMBER, SEVERAL, Unit
from kpidsl.syntax import tree
from kpidsl.text.diagnostic import Fix

CURVE = Key(
    "curve",
    word_of("linear", "seasonal"),
    "How the target is spread over its period (S27).",
    default="linear",
)
GREEN = Key("green", word_of("on_target"), "When it is green.", default="on_target")
AMBER = Key(
    "amber",
    call_with("within", PERCENTAGE),
    "How far from the target it is still amber.",
    default="within(10%)",
)
BANDS = Kind(
    "bands",
    "When a figure is green and when it is amber; red is what is left.",
    "bands { green: on_target, amber: within(10%) }",
    Header(name=None, label=False),
    (GREEN, AMBER),
    top_level=False,
)

_FORMS = "write `150_000 USD`, `at most 45 USD`, `at least 3%` or `+20% from 2025-H1`"


@dataclass(frozen=True, slots=True)
class Aim:
    """A bound target with the time that it names itself, as in `at most 45 USD at 2026-12`."""

    target: Target
    at: date | None = None
    over: Window | None = None
    over_label: str = ""


def bind_bands(fields: Fields | None) -> Bands:
    """Return the colours of a goal."""
    within = fields.get(AMBER) if fields is not None else None
    return Bands(amber_within=within) if within is not None else Bands()


def bind_target(expr: tree.Expr, unit: Unit, percent: bool, scope: Scope) -> Aim | None:
    """Bind a target for a KPI of this unit."""
    match expr:
        case tree.Binary(op="at", left=inner, right=right):
            aim, day = bind_target(inner, unit, percent, scope), last_day(right, scope)
            return Aim(aim.target, at=day) if aim and day else None
        case tree.Binary(op="over", left=inner, right=right):
            aim, window = bind_target(inner, unit, percent, scope), period_window(right, scope)
            return Aim(aim.target, None, window, right.span.text) if aim and window else None
        case tree.Unary(op="at most" | "at least" as op, operand=inner):
            value = _absolute(inner, unit, percent, scope)
            if value is None:
                return None
            sense = "at_most" if op == "at most" else "at_least"
            return Aim(Target(sense=sense, value=value))
        case tree.Binary(op="from", left=change, right=right):
            return _relative(change, right, scope)
        case tree.Unary(op="+", operand=tree.Percent()):
            scope.error(
                "K314",
                "this change does not say what it starts from",
                expr.span,
                label="more than what?",
                help=f"write `{expr.span.text} from 2025-H1`, with the period to compare with",
            )
            return None
    value = _absolute(expr, unit, percent, scope)
    return Aim(Target(value=value)) if value is not None else None


def _relative(change: tree.Expr, right: tree.Expr, scope: Scope) -> Aim | None:
    fraction: Decimal | None = None
    match change:
        case tree.Unary(op="+" | "-" as sign, operand=tree.Percent(value=share)):
            fraction = share if sign == "+" else -share
        case tree.Percent(value=share):
            fraction = share
    if fraction is None:
        scope.error(
            "K314",
            "a change is a percentage with a sign",
            change.span,
            label=f"this is {describe(change)}",
            help="write, for example, `+20% from 2025-H1`",
        )
        return None
    window = period_window(right, scope)
    if window is None:
        return None
    label = right.span.text
    return Aim(Target(change=fraction, baseline=window, baseline_label=label))


def _absolute(expr: tree.Expr, unit: Unit, percent: bool, scope: Scope) -> Decimal | None:
    value, given, is_percent = read_amount(expr, scope)
    if value is None or given is None:
        return None
    if fits_amount(given, is_percent, unit, percent):
        return value
    if unit.money == SEVERAL:
        return None  # the KPI itself is refused
    wanted = "a percentage" if percent else say_unit(unit)
    found = "a percentage" if is_percent else say_unit(given)
    written = f"{expr.span.text} {unit}"
    is_number = isinstance(expr, tree.Number) and not percent
    scope.error(
        "K304" if is_number else "K301",
        f"the target is {found}, and the KPI is in {wanted}",
        expr.span,
        label=found,
        help=f"give the number its unit: `{written}`" if is_number else f"write it in {wanted}",
        fix=Fix(expr.span, written) if is_number else None,
    )
    return None


def read_amount(expr: tree.Expr, scope: Scope) -> tuple[Decimal | None, Unit | None, bool]:
    """Read an amount: its number, its unit, and whether it was written as a percentage."""
    match expr:
        case tree.Unary(op="-" | "+", operand=operand):
            value, unit, is_percent = read_amount(operand, scope)
            return (-value if value is not None and expr.op == "-" else value), unit, is_percent
        case tree.Quantity(value=value, unit=name):
            known = known_unit(name, scope)
            return (value, Unit.of(name.text), False) if known else (None, None, False)
        case tree.Binary(op="per", left=left, right=tree.Ref(parts=(name,))):
            value, unit, _ = read_amount(left, scope)
            return value, unit / Unit.of(name.text) if unit is not None else None, False
        case tree.Percent(value=value):
            return value, NUMBER, True
        case tree.Number(value=value):
            return value, NUMBER, False
    scope.error(
        "K314",
        "an amount is expected here",
        expr.span,
        label=f"this is {describe(expr)}",
        help=_FORMS,
    )
    return None, None, False


def fits_amount(given: Unit, is_percent: bool, unit: Unit, percent: bool) -> bool:
    """Tell whether an amount may stand for a figure; `45 USD` does for one in USD per customer."""
    if percent or is_percent:
        return given.is_plain and (percent or unit.is_plain)
    above = Unit(tuple((name, power) for name, power in unit.powers if power > 0))
    return given == unit or (bool(above.powers) and given == above)
