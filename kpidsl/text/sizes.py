"""Sizes of memory and of what is read, as people write them."""

from __future__ import annotations

import re
from decimal import Decimal

SIZE = r"\d+(\.\d+)? ?[KMGT]i?B"
_PARTS = re.compile(r"([\d.]+) ?([KMGT])(i?)B")
_UNITS = "KMGT"


def bytes_of(text: str) -> int:
    """Return how many bytes a size such as `10 GB` or `1.5 TiB` is."""
    found = _PARTS.fullmatch(text)
    assert found is not None, "it is written as `SIZE` says"
    power = _UNITS.index(found[2]) + 1
    return int(Decimal(found[1]) * (1024 if found[3] else 1000) ** power)


def size_text(size: int) -> str:
    """Return a number of bytes with a unit, rounded to three digits."""
    value = Decimal(size)
    for unit in ("bytes", "KB", "MB", "GB"):
        if value < 1000:
            return f"{_rounded(value)} {unit}"
        value /= 1000
    return f"{_rounded(value)} TB"


def _rounded(value: Decimal) -> str:
    places = 0 if value >= 100 else 1 if value >= 10 else 2
    text = f"{value:,.{places}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
