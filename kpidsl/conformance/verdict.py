"""What comes of a case."""

from __future__ import annotations

from enum import StrEnum


class Verdict(StrEnum):
    """`refused`: no number was given, for a reason that was told before anything ran, or that the
    case expects; `failed`: the engine gave none, though it should."""

    HOLDS = "holds"
    DIFFERS = "differs"
    REFUSED = "refused"
    FAILED = "failed"
