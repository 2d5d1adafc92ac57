"""The shape of one registered diagnostic code."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CodeInfo:
    """One code's page: `explain CODE` and the reference docs print it.

    `example` is a complete `.kpi` text (or shell line) that shows the mistake; `mended` the
    same text without it. A code, once published, keeps its meaning for ever.
    """

    code: str
    title: str
    what: str
    why: str
    example: str
    mended: str
