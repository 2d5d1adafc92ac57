"""Units as written and the rules of D14: what may be added, what a ratio may be called."""

from __future__ import annotations

from dataclasses import dataclass

from kpidsl.kinds.binding.scope import Scope
from kpidsl.kinds.binding.shapes import describe
from kpidsl.model.currencies import CURRENCIES
from kpidsl.model.units import NUMBER, Unit, is_currency
from kpidsl.syntax import tree
from kpidsl.text.diagnostic import Diagnostic, error
from kpidsl.text.source import Span
from kpidsl.text.suggest import either, nearest

TIME_WORDS = frozenset({"day", "week", "month", "quarter", "year"})


@dataclass(frozen=True, slots=True)
class UnitWord:
    """What stands after `as`: a unit, `percent`, or `money` (a currency, whichever)."""

    unit: Unit = NUMBER
    percent: bool = False
    money: bool = False


def read_unit(expr: tree.Expr, scope: Scope) -> UnitWord | None:
    """Read the unit after `as`."""
    match expr:
        case tree.Ref(parts=(name,)):
            match name.text:
                case "percent":
                    return UnitWord(percent=True)
                case "money":
                    return UnitWord(money=True)
                case "number":
                    return UnitWord()
            return UnitWord(Unit.of(name.text)) if known_unit(name, scope) else None
        case tree.Binary(op="per" | "/" | "*"):
            left, right = read_unit(expr.left, scope), read_unit(expr.right, scope)
            if left is None or right is None:
                return None
            if not (left.percent or left.money or right.percent or right.money):
                joined = left.unit * right.unit if expr.op == "*" else left.unit / right.unit
                return UnitWord(joined)
    scope.error(
        "K316",
        "a unit is expected after `as`",
        expr.span,
        label=f"this is {describe(expr)}",
        help="write, for example, `as USD`, `as order`, `as USD per order` or `as percent`",
    )
    return None


def known_unit(name: tree.Name, scope: Scope) -> bool:
    """Tell whether a unit exists; only currencies come from a list, counted things are free, but
    for one that is called as the project's currency: its amounts would be no money."""
    currency = scope.settings.currency
    if name.text == "percent":
        scope.error(
            "K316",
            "a percentage is written with its sign",
            name.span,
            label="no unit of an amount",
            help="write it as in `5%`",
        )
        return False
    if name.text != currency and name.text.upper() == currency:
        scope.error(
            "K312",
            f"`{name.text}` in small letters is something that is counted, and no money",
            name.span,
            label="no currency",
            help=f"write `{currency}`",
        )
        return False
    return not is_currency(name.text) or check_currency(name, scope.diagnostics)


def check_currency(name: tree.Name, diagnostics: list[Diagnostic]) -> bool:
    """Tell whether ISO 4217 has a currency, or say that it has not."""
    if name.text in CURRENCIES:
        return True
    near = nearest(name.text, sorted(CURRENCIES), 1)
    diagnostics.append(
        error(
            "K312",
            f"there is no currency `{name.text}`",
            name.span,
            label="unknown currency",
            help=f"write {either(near)}, if that is meant"
            if near
            else "write a currency of ISO 4217, or what is counted in small letters",
        )
    )
    return False


def say_unit(unit: Unit, percent: bool = False) -> str:
    """Name a unit in a message."""
    if percent:
        return "a percentage"
    if unit.is_plain:
        return "a plain number"
    return str(unit)


def fits(unit: Unit, percent: bool, word: UnitWord) -> bool:
    """Tell whether an amount is already what `as` says."""
    if word.money:
        return unit.currency is not None
    if word.percent:
        return percent or unit.is_quotient_of_counts
    return unit == word.unit


def refuse_unit(unit: Unit, word: UnitWord, value: Span, asked: Span, scope: Scope) -> None:
    """Say that an amount is not in the unit that `as` asserts."""
    if word.percent:
        scope.error(
            "K303",
            f"only a share or a rate is a percentage; this is in {say_unit(unit)}",
            asked,
            label="a percentage needs one count divided by another, or one currency by itself",
            help=f"write `as {unit}`" if not unit.is_plain else "divide it by a total",
        )
        return
    wanted = "money" if word.money else say_unit(word.unit)
    scope.error(
        "K301",
        f"this is in {say_unit(unit)}, not in {wanted}",
        value,
        label=say_unit(unit),
        help=f"write `as {unit}`, or correct the formula",
    )
