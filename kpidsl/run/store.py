"""Answers on disk, for several processes at once, and not more than fit into a size."""

from __future__ import annotations

import json
import os
import sqlite3
import time
import zlib
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

from kpidsl.engines.base import Table

_FORMAT = 1
"""Raised when what is stored is written otherwise: what others have stored is then thrown away."""
_PATIENCE = 2.0
"""Seconds to wait for another process that writes."""
_LEFT = 0.8
"""How much of the size is left when the oldest answers have been thrown away."""
_TABLES = """
CREATE TABLE IF NOT EXISTS answers (
  key TEXT PRIMARY KEY, body BLOB NOT NULL, size INTEGER NOT NULL, used REAL NOT NULL
) WITHOUT ROWID
"""


@dataclass(frozen=True, slots=True)
class Remembered:
    """The rows of an answer, and the SQL that they came from."""

    table: Table
    sql: str


class Store:
    """A SQLite file of answers by key, of which the longest unused give way to new ones.

    It can fail in no way that a question would notice: what can't be read isn't there, what can't
    be written is not kept, and a file that is no store is made anew. Only its owner may read it.
    """

    def __init__(self, path: Path, most: int) -> None:
        """`most` is in bytes."""
        self._path = path
        self._most = most

    def get(self, key: str) -> Remembered | None:
        def found(file: sqlite3.Connection) -> bytes | None:
            row = file.execute("SELECT body FROM answers WHERE key = ?", [key]).fetchone()
            if row is not None:
                file.execute("UPDATE answers SET used = ? WHERE key = ?", [time.time(), key])
            return None if row is None else bytes(row[0])

        body = self._with_file(found)
        return None if body is None else _unpacked(body)

    def put(self, key: str, answer: Remembered) -> None:
        body = _packed(answer)
        if body is None or len(body) > self._most * (1 - _LEFT):
            return

        def write(file: sqlite3.Connection) -> None:
            file.execute(
                "INSERT OR REPLACE INTO answers VALUES (?, ?, ?, ?)",
                [key, body, len(body), time.time()],
            )
            (size,) = file.execute("SELECT sum(size) FROM answers").fetchone()
            if size > self._most:
                self._make_room(file, size)

        self._with_file(write)

    def _make_room(self, file: sqlite3.Connection, size: int) -> None:
        for key, own in file.execute("SELECT key, size FROM answers ORDER BY used").fetchall():
            if size <= self._most * _LEFT:
                break
            file.execute("DELETE FROM answers WHERE key = ?", [key])
            size -= own

    def _with_file(self, work: Callable[[sqlite3.Connection], bytes | None]) -> bytes | None:
        try:
            return self._worked(work)
        except (sqlite3.OperationalError, OSError):
            return None  # locked by others, read-only, or a full disk
        except sqlite3.DatabaseError:
            with suppress(OSError):
                self._path.unlink(missing_ok=True)
            return None

    def _worked(self, work: Callable[[sqlite3.Connection], bytes | None]) -> bytes | None:
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        os.close(os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600))
        with closing(sqlite3.connect(self._path, timeout=_PATIENCE)) as file, file:
            (written,) = file.execute("PRAGMA user_version").fetchone()
            if written != _FORMAT:
                file.execute("DROP TABLE IF EXISTS answers")
                file.execute(f"PRAGMA user_version = {_FORMAT}")
            file.execute(_TABLES)
            return work(file)


# --- values as text --------------------------------------------------------------------------


def _packed(answer: Remembered) -> bytes | None:
    """Return an answer as bytes; None where it has values that no text tells exactly."""
    try:
        rows = [[_told(value) for value in row] for row in answer.table.rows]
    except TypeError:
        return None
    content = {"columns": answer.table.columns, "rows": rows, "sql": answer.sql}
    return zlib.compress(json.dumps(content, separators=(",", ":")).encode(), 1)


def _unpacked(body: bytes) -> Remembered | None:
    try:
        content = json.loads(zlib.decompress(body))
        rows = [tuple(_value(told) for told in row) for row in content["rows"]]
        return Remembered(Table(tuple(content["columns"]), rows), content["sql"])
    except (zlib.error, ValueError, LookupError, TypeError):
        return None


def _told(value: object) -> object:
    """Return a value as JSON holds it, in a list where its type would be lost; raises `TypeError`
    for one of another type."""
    match value:
        case None | bool() | int() | float() | str():
            return value
        case Decimal():
            return ["decimal", str(value)]
        case datetime():
            return ["moment", value.isoformat()]
        case date():
            return ["day", value.isoformat()]
    raise TypeError


def _value(told: object) -> object:
    match told:
        case ["decimal", str(text)]:
            return Decimal(text)
        case ["moment", str(text)]:
            return datetime.fromisoformat(text)
        case ["day", str(text)]:
            return date.fromisoformat(text)
        case None | bool() | int() | float() | str():
            return told
    raise ValueError
