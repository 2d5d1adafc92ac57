"""What a cell of SQLite holds, and what is wrong with one."""

from __future__ import annotations

Number = int | float
Held = Number | str | bytes | None


class Misfit(Exception):
    """A value isn't what it is taken for."""


class TooLarge(Exception):
    """A number has more digits than SQLite holds."""


class NoNumber(TooLarge):
    """What comes of infinite numbers is none, such as their difference."""

    def __init__(self) -> None:
        super().__init__("what comes of infinite numbers is no number")


class TooFine(Exception):
    """An amount of money has more decimals than are kept."""


def shown(value: Held) -> str:
    """Return a value as a message names it."""
    text = str(value)
    return text if len(text) <= 40 else f"{text[:39]}…"
