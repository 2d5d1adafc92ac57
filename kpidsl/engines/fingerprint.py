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


class Opened:
    """A database file that a connection has opened: it goes on to read that one where another is
    put in its place. Made before the connection is. Logs of the file end in addition so."""

    def __init__(self, database: Path, *logs: str) -> None:
        self._database = database
        self._logs = [database.with_name(database.name + log) for log in logs]
        self._file = database.stat().st_ino

    def state(self) -> str | None:
        """Return a text that differs once what the connection reads may have changed; None where
        nothing tells so surely."""
        try:
            # A log is made by reading, too, and tells nothing while it is empty.
            logs = [log for log in self._logs if log.exists() and log.stat().st_size]
            found = fingerprint([self._database, *logs])
            return found if self._database.stat().st_ino == self._file else None
        except OSError:
            return None
