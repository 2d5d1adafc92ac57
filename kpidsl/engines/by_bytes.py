"""Tables with columns to whose collation some texts are the same that differ, as `EU` and `eu`.

They are read by views of the connection's own, which tell texts apart and order them by their
bytes, as on each other engine.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

Rows = list[tuple[object, ...]]
_TEXTS = ("A", "B", "a", "a ", "á")
"""In the order of their bytes."""


def view_by_bytes(
    name: str, table: str, columns: Mapping[str, bool], rows_of: Callable[[str], Rows]
) -> str | None:
    """Return a statement that lets a temporary view stand in the place of a table, which `table`
    names in full, and whose columns are told with whether they may hold texts. None where all of
    these are told apart by their bytes already."""
    loose = [
        _quoted(column)
        for column, may_be_text in columns.items()
        if may_be_text and _is_loose(table, _quoted(column), rows_of)
    ]
    if not loose:
        return None
    selected = ", ".join(
        f'{column} COLLATE "BINARY" AS {column}' if column in loose else column
        for column in map(_quoted, columns)
    )
    return f"CREATE TEMP VIEW IF NOT EXISTS {_quoted(name)} AS SELECT {selected} FROM {table}"  # noqa: S608


def named(schema: str, name: str) -> str:
    return f"{schema}.{_quoted(name)}"


def _is_loose(table: str, column: str, rows_of: Callable[[str], Rows]) -> bool:
    """Tell whether texts are the same in a column that differ, or stand in another order. No row of
    the table is read."""
    texts = " UNION ".join(f"SELECT '{text}'" for text in _TEXTS)
    each = f"SELECT {column} AS x FROM {table} WHERE 1 = 0 UNION {texts}"  # noqa: S608 -- is a SELECT
    return rows_of(f"SELECT x FROM ({each}) AS texts ORDER BY x") != [(text,) for text in _TEXTS]  # noqa: S608


def _quoted(name: str) -> str:
    doubled = name.replace('"', '""')
    return f'"{doubled}"'
