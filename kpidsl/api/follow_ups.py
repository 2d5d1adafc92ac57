"""What follows from a mistake already reported says nothing new."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from kpidsl.text.diagnostic import Diagnostic

_UNKNOWN_NAME, _SOMETHING_MISSING = "K211", "K204"
_QUOTED = re.compile(r"`([^`]+)`")


def without_follow_ups(
    found: Iterable[Diagnostic], malformed: Sequence[Diagnostic]
) -> list[Diagnostic]:
    """Drop complaints about names that stand on a line that could not be read.

    Such an entry is taken out whole, so what it declares is missing; that is no second mistake.
    """
    broken = " ".join(
        item.span.file.line_text(item.span.line) for item in malformed if item.span is not None
    )
    lost = set(re.findall(r"\w+", broken))
    return [
        item
        for item in found
        if item.code not in {_UNKNOWN_NAME, _SOMETHING_MISSING}
        or lost.isdisjoint(_QUOTED.findall(item.message))
    ]
