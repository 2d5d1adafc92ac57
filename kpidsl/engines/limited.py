"""An answer has no more rows than a profile allows."""

from __future__ import annotations

from typing import Protocol

from kpidsl.engines.base import EngineError


class Cursor(Protocol):
    """What the drivers of DuckDB and SQLite share."""

    def fetchall(self) -> list[tuple[object, ...]]: ...

    def fetchmany(self, size: int, /) -> list[tuple[object, ...]]: ...


def fetched(cursor: Cursor, most: int | None) -> list[tuple[object, ...]]:
    """Return the rows of an answer, without fetching more than tells that there are too many;
    raises `EngineError`."""
    if most is None:
        return cursor.fetchall()
    return limited(cursor.fetchmany(most + 1), most)


def limited(rows: list[tuple[object, ...]], most: int) -> list[tuple[object, ...]]:
    """Return the rows of an answer, if there are no more than `most`; raises `EngineError`."""
    if len(rows) > most:
        raise EngineError("too many rows", f"more than {most:,}")
    return rows
