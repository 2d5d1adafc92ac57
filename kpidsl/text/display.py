"""Text as a terminal shows it: columns taken, tabs expanded, control characters made visible."""

from __future__ import annotations

import unicodedata

TAB = 4
# Joiners are part of how some scripts are written; every other invisible character is shown,
# since right-to-left marks can make source read differently from what it is.
_JOINERS = "\u200c\u200d"


def visible(text: str) -> str:
    """Return `text` on one line with each control or invisible character escaped."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(map(_visible_character, text))


def width(text: str) -> int:
    """Return how many terminal columns a visible text takes."""
    if text.isascii():
        return len(text)
    return sum(map(_character_width, text))


def expand(line: str) -> list[str]:
    """Return what is shown for each character of a source line, tabs as blanks to the next stop."""
    shown: list[str] = []
    column = 0
    for char in line:
        piece = " " * (TAB - column % TAB) if char == "\t" else _visible_character(char)
        shown.append(piece)
        column += width(piece)
    return shown


def counted(count: int, noun: str) -> str:
    """Return `1 row`, `1,234 rows`."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def _visible_character(char: str) -> str:
    category = unicodedata.category(char)
    if category in ("Cc", "Cf", "Cs", "Zl", "Zp") and char not in _JOINERS:
        return f"\\x{ord(char):02x}" if ord(char) < 256 else f"\\u{ord(char):04x}"
    return char


def _character_width(char: str) -> int:
    if char in _JOINERS or unicodedata.category(char) in ("Mn", "Me"):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1
