"""Units: what a number counts (D14)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

SEVERAL = "several currencies"
"""The base unit of money whose currency each row tells (S26): one that nobody can write."""
_CURRENCY = re.compile(r"[A-Z]{3}")


def is_currency(name: str) -> bool:
    """Tell whether a base unit is money: three capital letters, as in ISO 4217, or `SEVERAL`."""
    return name == SEVERAL or _CURRENCY.fullmatch(name) is not None


@dataclass(frozen=True, slots=True)
class Unit:
    """A product of base units with integer powers, sorted by name.

    `USD per order` is `(("USD", 1), ("order", -1))`; a plain number or ratio is `()`.
    A base unit is a currency, or the name of what is counted (`order`, `visit`).
    """

    powers: tuple[tuple[str, int], ...] = ()

    @staticmethod
    def of(name: str) -> Unit:
        return Unit(((name, 1),))

    def __mul__(self, other: Unit) -> Unit:
        return self._combine(other, 1)

    def __truediv__(self, other: Unit) -> Unit:
        return self._combine(other, -1)

    def _combine(self, other: Unit, sign: int) -> Unit:
        powers = dict(self.powers)
        for name, power in other.powers:
            powers[name] = powers.get(name, 0) + sign * power
        return Unit(tuple(sorted((name, power) for name, power in powers.items() if power)))

    @property
    def currency(self) -> str | None:
        """The currency, when this is an amount of money and nothing else."""
        match self.powers:
            case ((name, 1),) if is_currency(name):
                return name
        return None

    @property
    def money(self) -> str | None:
        """The one currency in it, as in `USD` and `USD per order`."""
        found = [(name, power) for name, power in self.powers if is_currency(name)]
        return found[0][0] if len(found) == 1 and found[0][1] == 1 else None

    def into(self, currency: str) -> Unit:
        """Return the unit with another currency in the place of its own."""
        own = self.money
        assert own is not None
        return self / Unit.of(own) * Unit.of(currency)

    @property
    def is_plain(self) -> bool:
        return not self.powers

    @property
    def is_quotient_of_counts(self) -> bool:
        """Whether it may be shown as a percentage: plain, or one counted thing per another."""
        return all(not is_currency(name) for name, _ in self.powers) and (
            sum(power for _, power in self.powers) == 0
        )

    def __str__(self) -> str:
        above = [_power(name, power) for name, power in self.powers if power > 0]
        below = [_power(name, -power) for name, power in self.powers if power < 0]
        if not self.powers:
            return "number"
        text = " ".join(above) or "1"
        return f"{text} per {' '.join(below)}" if below else text


def _power(name: str, power: int) -> str:
    return name if power == 1 else f"{name}^{power}"


NUMBER = Unit()


class Datatype(StrEnum):
    """The type of a row-level value; `unknown` where no catalogue has told it."""

    NUMBER = "number"
    TEXT = "text"
    DATE = "date"
    TIMESTAMP = "timestamp"
    BOOLEAN = "boolean"
    UNKNOWN = "unknown"
