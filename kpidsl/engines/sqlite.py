"""A SQLite database file, read in this process by Python's own `sqlite3`."""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from datetime import date, datetime
from decimal import Decimal
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import TypeVar
from urllib.parse import quote

from kpidsl.engines.attended import attended
from kpidsl.engines.base import (
    EngineError,
    ForeignKey,
    Scan,
    Table,
    TableFacts,
    TableKeys,
    ValueType,
)
from kpidsl.engines.by_bytes import named, view_by_bytes
from kpidsl.engines.fingerprint import Opened
from kpidsl.engines.limited import fetched
from kpidsl.engines.members import as_text
from kpidsl.engines.missing import missing_file
from kpidsl.engines.sqlite_functions import register
from kpidsl.engines.sqlite_numbers import digits_of
from kpidsl.engines.sqlite_values import Misfit, TooFine, TooLarge
from kpidsl.engines.tables_only import refused_files
from kpidsl.model.sources import Source, TableOrigin
from kpidsl.text.diagnostic import Diagnostic, error
from kpidsl.text.disk import as_bytes

T = TypeVar("T")

_ALLOWED = {
    sqlite3.SQLITE_FUNCTION,
    sqlite3.SQLITE_READ,
    sqlite3.SQLITE_RECURSIVE,
    sqlite3.SQLITE_SELECT,
}
_CATALOGUE = ("table_info", "table_xinfo", "foreign_key_list")
_KEPT = {
    sqlite3.SQLITE_CREATE_TEMP_TABLE,
    sqlite3.SQLITE_DROP_TEMP_TABLE,
    sqlite3.SQLITE_DELETE,
    sqlite3.SQLITE_INSERT,
    sqlite3.SQLITE_UPDATE,
}
"""What making and dropping a temporary table does, in the database of those alone."""
_SURE_DIGITS = 15
"""Decimals of so many digits are told apart by the floats nearest to them."""


class SQLiteEngine:
    """Read-only by construction: the file is opened for reading, and a statement may do nothing
    but select from its tables, and keep what it selects in memory. `timeout` is in seconds, `rows`
    the most that an answer may have."""

    dialect = "sqlite"
    keeps = True

    def __init__(
        self,
        database: Path,
        *,
        timezone: str = "UTC",
        timeout: float | None = None,
        rows: int | None = None,
    ) -> None:
        self._opened = Opened(database, "-wal", "-journal")
        self._timeout = timeout
        self._rows = rows
        self._reason: Exception | None = None
        self._seen: set[str] = set()
        uri = f"file:{quote(as_bytes(str(database.absolute())))}?mode=ro"
        self._con = sqlite3.connect(uri, uri=True, check_same_thread=False)
        self._con.execute("PRAGMA trusted_schema = OFF")
        self._con.execute("PRAGMA temp_store = MEMORY")
        self._con.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
        register(self._con, timezone, self._note)
        # SQLite defines these on first use, which the authorizer would take for CREATE TABLE.
        self._con.execute(
            "SELECT 1 FROM json_each('[]'), pragma_table_info(''), pragma_table_xinfo(''), "
            "pragma_foreign_key_list('')"
        )
        self._con.set_authorizer(_authorized)

    @staticmethod
    def open(
        database: Path, timezone: str, *, timeout: float | None = None, rows: int | None = None
    ) -> tuple[SQLiteEngine | None, list[Diagnostic]]:
        """Connect, or say why the database file can't be opened."""
        missing = missing_file(database)
        if missing:
            return None, missing
        try:
            engine = SQLiteEngine(database, timezone=timezone, timeout=timeout, rows=rows)
            engine._names()
        except sqlite3.Error as failure:
            return None, [
                error(
                    "K645",
                    f"database file `{database}` can't be opened: {failure}",
                    help="check that it is a SQLite database that may be read",
                )
            ]
        return engine, []

    def prepare(self, sources: Sequence[Source]) -> list[Diagnostic]:
        for source in sources:
            if isinstance(source.origin, TableOrigin):
                with suppress(sqlite3.Error):  # it is told when the rows are read
                    self._tell_texts_apart(source.origin.path[-1])
        return refused_files("a SQLite database", sources)

    def _tell_texts_apart(self, name: str) -> None:
        """Read a table by the bytes of its texts, whatever the collations of its columns."""
        if name in self._seen:
            return
        self._seen.add(name)
        collates = "SELECT 1 FROM main.sqlite_master WHERE sql LIKE '%COLLATE%' LIMIT 1"
        if not self._con.execute(collates).fetchall():
            return
        view = view_by_bytes(
            name,
            named("main", name),
            dict.fromkeys(self.columns([name]), True),
            lambda sql: self._con.execute(sql).fetchall(),
        )
        if view is not None:
            self._con.set_authorizer(None)
            try:
                self._con.execute(view)
            finally:
                self._con.set_authorizer(_authorized)

    def run(
        self, sql: str, types: Sequence[ValueType] | None = None, most: int | None = None
    ) -> Table:
        def answer() -> Table:
            names, rows = self._attended(lambda: self._fetch(sql, most or self._rows))
            return Table(names, rows if types is None else _typed(rows, types))

        return self._run(answer)

    def keep(self, sql: str) -> None:
        self._con.set_authorizer(_authorized_to_keep)
        try:
            self._run(lambda: self._attended(lambda: self._fetch(sql, None)))
        finally:
            self._con.set_authorizer(_authorized)

    def _attended(self, work: Callable[[], T]) -> T:
        return attended(work, self._con.interrupt, self._timeout)

    def _run(self, work: Callable[[], T]) -> T:
        self._reason = None
        try:
            return work()
        except (Misfit, TooFine, TooLarge) as failure:
            raise _explained(failure) from failure
        except sqlite3.Error as failure:
            raise self._explained(failure) from failure

    def _fetch(
        self, sql: str, most: int | None
    ) -> tuple[tuple[str, ...], list[tuple[object, ...]]]:
        with closing(self._con.execute(sql)) as cursor:  # or the file stays locked
            names = tuple(item[0] for item in cursor.description or ())
            return names, fetched(cursor, most)

    def _note(self, failure: Exception) -> None:
        self._reason = self._reason or failure

    def _explained(self, failure: sqlite3.Error) -> EngineError:
        return _explained(failure if self._reason is None else self._reason)

    def tables(self) -> list[str]:
        try:
            return self._names()
        except sqlite3.Error:
            return []

    def _names(self) -> list[str]:
        found = self._con.execute(
            "SELECT name FROM sqlite_master WHERE type IN ('table', 'view') "
            "AND name NOT LIKE 'sqlite!_%' ESCAPE '!' ORDER BY name"  # its own
        )
        return [name for (name,) in found.fetchall()]

    def columns(self, path: Sequence[str]) -> dict[str, str]:
        statement = "SELECT name, type FROM pragma_table_xinfo(?, 'main')"  # computed ones, too
        try:
            return dict(self._con.execute(statement, [path[-1]]).fetchall())
        except sqlite3.Error:
            return {}

    def decimals(self, sql: str) -> dict[str, int]:
        """SQLite has no type of decimals."""
        del sql
        return {}

    def facts(self, path: Sequence[str]) -> TableFacts:
        """SQLite counts rows by reading them, and keeps any value in a column of any type."""
        del path
        return TableFacts()

    def state(self, source: Source) -> str | None:
        if not isinstance(source.origin, TableOrigin) or self._is_view(source.origin.path[-1]):
            return None
        return self._opened.state()

    def _is_view(self, name: str) -> bool:
        """Tell whether the rows of a table may depend on more than the file, as on the date."""
        sql = "SELECT count(*) FROM sqlite_master WHERE type = 'view' AND lower(name) = lower(?)"
        try:
            return bool(self._con.execute(sql, [name]).fetchone() != (0,))
        except sqlite3.Error:
            return True

    def keys(self, path: Sequence[str]) -> TableKeys:
        try:
            return self._keys(path)
        except sqlite3.Error:
            return TableKeys()

    def _keys(self, path: Sequence[str]) -> TableKeys:
        primary = self._con.execute(
            "SELECT name FROM pragma_table_info(?, 'main') WHERE pk > 0 ORDER BY pk", [path[-1]]
        ).fetchall()
        parts = self._con.execute(
            'SELECT id, "table", "from", "to" FROM pragma_foreign_key_list(?, \'main\') '
            "ORDER BY id DESC, seq",  # the last one is the first
            [path[-1]],
        ).fetchall()
        foreign = []
        for _, each in groupby(parts, key=itemgetter(0)):
            _, (table, *_), columns, target_columns = zip(*each, strict=True)
            if None in target_columns:  # it names the table alone, and means its key
                target_columns = self._keys((table,)).primary
            foreign.append(ForeignKey(columns, (table,), target_columns))
        return TableKeys(tuple(name for (name,) in primary), tuple(foreign))

    def estimate(self, sql: str) -> Scan:
        """Its plans tell no numbers."""
        del sql
        return Scan()

    def cancel(self) -> None:
        self._con.interrupt()

    def close(self) -> None:
        self._con.close()


def _authorized(action: int, first: str | None, *_: object) -> int:
    reads_catalogue = action == sqlite3.SQLITE_PRAGMA and first in _CATALOGUE
    allowed = action in _ALLOWED or reads_catalogue
    return sqlite3.SQLITE_OK if allowed else sqlite3.SQLITE_DENY


def _authorized_to_keep(
    action: int, first: str | None, second: str | None, database: str | None, inner: str | None
) -> int:
    if action in _KEPT and database == "temp":
        return sqlite3.SQLITE_OK
    return _authorized(action, first, second, database, inner)


def _explained(failure: Exception) -> EngineError:
    text = str(failure)
    match failure:
        case Misfit():
            return EngineError("value", text)
        case TooLarge() | OverflowError():
            return EngineError("overflow", text)
        case TooFine():
            return EngineError("too fine", text)
    what, _, name = text.partition(": ")
    match what:
        case "no such table":
            return EngineError("missing table", text)
        case "no such column":
            return EngineError("missing column", f'{what}: "{name.partition(".")[2] or name}"')
        case "integer overflow":
            return EngineError("overflow", text)
        case "interrupted":
            return EngineError("cancelled", text)
    denied = "readonly" in what or "not authorized" in what or "prohibited" in what
    return EngineError("permission" if denied else "other", text)


# --- values --------------------------------------------------------------------------------


def _typed(rows: list[tuple[object, ...]], types: Sequence[ValueType]) -> list[tuple[object, ...]]:
    """Return rows of Python's types."""
    return [
        tuple(
            value if value is None else _of_type(value, kind)
            for value, kind in zip(row, types, strict=True)
        )
        for row in rows
    ]


def _of_type(value: object, kind: ValueType) -> object:
    match kind:
        case ValueType.MOMENT if isinstance(value, str):
            return _moment(value)
        case ValueType.BOOLEAN if value in {0, 1}:
            return bool(value)
        case ValueType.EXACT | ValueType.MONEY | ValueType.FLOAT:
            return _number(value, kind)
        case ValueType.HELD if isinstance(value, int | float):
            return _number(value, ValueType.EXACT)
    return as_text(value) if isinstance(value, bytes) else value


def _moment(text: str) -> date | datetime | str:
    """Return a day or a moment; a member that is neither keeps its text."""
    try:
        return date.fromisoformat(text) if len(text) == 10 else datetime.fromisoformat(text)
    except ValueError:
        return text


def _number(value: object, kind: ValueType) -> object:
    if not isinstance(value, int | float):
        raise Misfit(f"`{value!s}` is no number")
    if kind is ValueType.FLOAT:
        return float(value)
    if isinstance(value, int):
        return Decimal(value) if kind is ValueType.MONEY else value
    if math.isinf(value):
        return value  # decimals know infinity, too, which is told by floats
    exact = digits_of(value + 0.0)  # no negative zero
    if len(exact.as_tuple().digits) <= _SURE_DIGITS + _is_whole(exact):
        return exact
    if kind is ValueType.MONEY:
        raise TooLarge(f"{exact} has more digits than SQLite keeps exactly")
    return value


def _is_whole(exact: Decimal) -> bool:
    """A float's text ends in .0 where it is whole."""
    return exact == exact.to_integral_value()
