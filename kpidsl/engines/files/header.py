"""Column names: those of a header line, made fit for use or refused."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from kpidsl.engines.files.refusal import Refused
from kpidsl.model.files import ReadOptions

_INVISIBLE = re.compile("[\u200b\u2060\ufeff]")
_VALUE = re.compile(
    r"[-(]?[$€£¥]?\d[\d.,]*[%)]?"  # numbers and amounts
    r"|\d{1,4}[-/.年]\d{1,2}([-/.月]\d{1,4}日?)?([T ].*)?"  # dates
)
NAMELESS = '`read { header_row: 0, columns: ["id", "day", "amount"] }`'
"""How the columns of a file without column names are named."""
_MEND = 'name the columns, as in `read { columns: ["day", "campaign", "cost"] }`'


def looks_like_data(fields: Sequence[str]) -> bool:
    """Say whether each field of a would-be header is a number or a date."""
    return bool(fields) and all(_VALUE.fullmatch(field.strip()) for field in fields)


def clean_name(name: str) -> str:
    """Return the name as a person sees it: no outer blanks, line breaks or invisible signs."""
    return " ".join(_INVISIBLE.sub("", writable(name)).split())


def writable(name: str) -> str:
    """Return the name as definitions can write it: on a line, between backticks."""
    return re.sub(r"[\r\n]+", " ", name.replace("`", ""))


def column_names(
    first: Sequence[str], read: ReadOptions, where: str
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return (names, those that stand for unnamed fields) of the table that begins with
    `first`, its header or its first row of data, or refuse."""
    if read.header_row is None and looks_like_data(first):
        raise Refused(
            "K608",
            f"{where} holds values such as `{first[0]}` and no column names",
            f"tell so and name the columns, as in {NAMELESS}",
        )
    given = read.columns
    found = [f"column{i + 1}" for i in range(len(first))] if read.header_row == 0 else first
    if given is not None and len(given) != len(found):
        raise Refused(
            "K608",
            f"`columns` gives {len(given)} names, and {where} has {len(found)} columns",
            "name each column once, in the order of the file",
        )
    names: list[str] = []
    unnamed: list[str] = []
    for position, raw in enumerate(given or found, start=1):
        name = clean_name(raw)
        if not name:
            name = f"unnamed column {position}"
            unnamed.append(name)
        names.append(name)
    refuse_repeated(names, where)
    if len(unnamed) == len(names):
        raise Refused("K608", f"{where} holds no column names", "correct `header_row`")
    return tuple(names), tuple(unnamed)


def refuse_repeated(names: Sequence[str], where: str) -> None:
    """Refuse a name that two columns share: the engine's names ignore case, so `Cost` and
    `cost` are the same name twice."""
    seen: dict[str, int] = {}
    for position, name in enumerate(names, start=1):
        first = seen.setdefault(name.casefold(), position)
        if first != position:
            raise Refused(
                "K608",
                f"columns {first} and {position} in {where} have the same name `{name}`",
                _MEND,
            )


def usual_width(widths: Iterable[int]) -> tuple[int, int]:
    """Return (the most frequent width, its count), the wider where two are as frequent."""
    return max(Counter(widths).items(), key=lambda item: (item[1], item[0]))


def likely_header_row(head: Sequence[tuple[int, list[str]]]) -> int | None:
    """Return the line of the column names where it is not the first, 0 for none.

    It is the first line as wide as most lines whose cells are all filled; before it stand
    the titles that export programs write. Lines come as (line, fields).
    """
    filled = [(line, [cell.strip() for cell in fields]) for line, fields in head]
    filled = [(line, fields) for line, fields in filled if any(fields)]
    if not filled:
        return None
    width, _ = usual_width(len(fields) for _, fields in filled)
    for line, fields in filled:
        if len(fields) == width and all(fields):
            if looks_like_data(fields):
                return 0
            return None if line == filled[0][0] else line
    return None


def unnamed_with_values(name: str, file: str) -> Refused:
    return Refused("K608", f"{name} of `{file}` has values and no name", _MEND)
