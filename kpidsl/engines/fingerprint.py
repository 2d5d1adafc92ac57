"""What tells whether files have changed."""

from __future__ import annotations

import time
from collections.abc import Iterable
from pathlib import Path

_SETTLED = 2.0
"""Seconds after a change in which another may leave the same time behind."""


def fingerprint(paths: Iterable[Path]) -> str | None:
    """Return a text that differs once any of the files is written, moved or removed; None where
    nothing tells so surely: there is no such file, or it has only just been written."""
    parts = []
    for path in paths:
        try:
            found = path.stat()
        except OSError:
            return None
        if time.time() - found.st_mtime < _SETTLED:
            return None
        place = path.absolute().as_posix()
        parts.append(f"{place} {found.st_ino} {found.st_size} {found.st_mtime_ns}")
    return "\n".join(parts) or None


def beside(database: Path, *endings: str) -> list[Path]:
    """Return a database file, and those of its logs that there are, which end in addition so."""
    logs = (database.with_name(database.name + ending) for ending in endings)
    return [database, *(log for log in logs if log.exists())]
