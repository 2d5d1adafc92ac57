"""What makes a statement more than the one SELECT that it begins as."""

from __future__ import annotations

import re

from kpidsl.engines.base import EngineError

_WITHIN = re.compile(
    r"""'(?:[^'\\]|''|\\.)*' | "(?:[^"]|"")*" | `(?:[^`]|``)*` | --[^\n]* | /\*(?!M?!).*?\*/""",
    re.VERBOSE | re.DOTALL,
)
"""Texts, names and comments, which may hold any sign; what MySQL runs of a comment is none."""


def one_select(sql: str, more: str) -> str:
    """Return a statement that has nothing outside its texts, names and comments by which `more`,
    a pattern, is found."""
    found = re.search(more, _WITHIN.sub(" ", sql), re.IGNORECASE)
    if found is not None:
        raise EngineError("writing", f"`{found[0]}` is more than one SELECT may say")
    return sql
