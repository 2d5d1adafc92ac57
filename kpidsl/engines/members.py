"""Members of other types than answers have, such as ids and times of day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

_OTHERS = {
    "array",
    "blob",
    "interval",
    "list",
    "map",
    "struct",
    "time",
    "time with time zone",
    "time_ns",
    "union",
    "uuid",
    "variant",
}
"""DuckDB's types whose values may be of classes that no answer holds."""


def as_text(member: object) -> str:
    """Return a member as an answer holds it; an id may be kept as bytes that are no text."""
    if not isinstance(member, bytes):
        return str(member)
    try:
        return member.decode()
    except UnicodeDecodeError:
        return member.hex()


def told(rows: list[tuple[object, ...]], types: Sequence[str]) -> list[tuple[object, ...]]:
    """Return rows of DuckDB's `types` as an answer holds them."""
    others = [name in _OTHERS for name in types]
    if not any(others):
        return rows
    return [
        tuple(
            as_text(value) if other and not _is_plain(value) else value
            for value, other in zip(row, others, strict=True)
        )
        for row in rows
    ]


def _is_plain(value: object) -> bool:
    """Tell whether a value stays as it is, as one of a union may."""
    return isinstance(value, Decimal | bool | date | float | int | str | None)
