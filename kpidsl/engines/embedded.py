"""DuckDB inside this process: over a database file, or straight over the sources' files."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path
from typing import TypeVar

import duckdb

from kpidsl.engines.base import EngineError, Table
from kpidsl.engines.files import load
from kpidsl.model.expr import Arithmetic, Column, Negate
from kpidsl.model.sources import Aggregate, FilesOrigin, Source
from kpidsl.sql import build
from kpidsl.sql.dialects import DIALECTS
from kpidsl.sql.rawtext import raw_condition
from kpidsl.text.diagnostic import Diagnostic, error
from kpidsl.text.suggest import nearest

T = TypeVar("T")

_KINDS: tuple[tuple[type[duckdb.Error], str], ...] = (
    (duckdb.CatalogException, "missing table"),
    (duckdb.BinderException, "missing column"),
    (duckdb.ConversionException, "value"),
    (duckdb.OutOfRangeException, "overflow"),
    (duckdb.InterruptException, "cancelled"),
    (duckdb.PermissionException, "permission"),
)

_OWN = "memory.main"


class EmbeddedEngine:
    """Read-only by construction: the database is attached read-only, and once the sources are
    prepared nothing outside the named files can be read or written.

    `base` is the folder that the patterns of files are relative to; `timeout` is in seconds.
    """

    dialect = "duckdb"

    def __init__(
        self,
        base: Path,
        *,
        database: Path | None = None,
        timezone: str = "UTC",
        timeout: float | None = 300.0,
    ) -> None:
        self._base = base
        self._timeout = timeout
        self._assumptions: dict[str, tuple[str, ...]] = {}
        self._prepared: dict[str, list[Diagnostic]] = {}
        self._warehouse: set[str] = set()
        self._path = _OWN
        self._con = duckdb.connect()
        self._con.execute("SET TimeZone = ?", [timezone])
        self._con.execute("SET autoinstall_known_extensions = false")
        self._con.execute("SET autoload_known_extensions = false")
        # DuckDB 2.0.0 fails (`BindBuiltinScalarFunction did not return…`) on a comparison with a
        # CASE of constants whose branches the statistics of the data rule out.
        self._con.execute("SET disabled_optimizers = 'statistics_propagation'")
        if database is not None:
            path = str(database).replace("'", "''")
            self._con.execute(f"ATTACH '{path}' AS warehouse (READ_ONLY)")
            self._path = f"warehouse.main,{_OWN}"
            self._search(self._path)
            self._warehouse = {name.casefold() for name in self.tables()}

    @staticmethod
    def open(
        base: Path, database: Path | None, timezone: str, *, timeout: float | None = 300.0
    ) -> tuple[EmbeddedEngine | None, list[Diagnostic]]:
        """Connect, or say why a database file can't be opened."""
        if database is not None and not database.is_file():
            siblings = (
                [item.name for item in database.parent.iterdir()]
                if database.parent.is_dir()
                else []
            )
            close = nearest(database.name, siblings, 1)
            return None, [
                error(
                    "K645",
                    f"database file `{database}` doesn't exist",
                    help=f"use `{close[0]}`" if close else "correct the path in the profile's url",
                )
            ]
        try:
            engine = EmbeddedEngine(base, database=database, timezone=timezone, timeout=timeout)
        except duckdb.Error as failure:
            return None, [
                error(
                    "K645",
                    f"database file `{database}` can't be opened: {_first_line(failure)}",
                    help="check that it is a DuckDB database and that no other program has it open",
                )
            ]
        return engine, []

    def prepare(self, sources: Sequence[Source]) -> list[Diagnostic]:
        found: list[Diagnostic] = []
        for source in sources:
            if isinstance(source.origin, FilesOrigin) and source.name not in self._prepared:
                self._prepared[source.name] = self._load(source, source.origin)
            found += self._prepared.get(source.name, [])
        return found

    def _search(self, path: str) -> None:
        """Say where bare names are looked up, and in the first of which tables are made."""
        self._con.execute(f"SET search_path = '{path}'")

    def _load(self, source: Source, origin: FilesOrigin) -> list[Diagnostic]:
        if source.name.casefold() in self._warehouse:
            return [
                error(
                    "K650",
                    f"source `{source.name}` reads files, and the warehouse has a table of that "
                    "name",
                    source.span,
                    help="give the source another name",
                )
            ]
        drop = None
        if origin.drop_where is not None:
            drop = raw_condition(origin.drop_where, source, DIALECTS[self.dialect])
        key = None
        if source.key and all(isinstance(part, Column) for part in source.key):
            key = tuple(part.path[0] for part in source.key if isinstance(part, Column))
        if source.unnest is not None or source.unpivot is not None:
            key = None  # the key is one of the reshaped rows, not of the files' own
        self._search(_OWN)
        try:
            loaded, diagnostics = self._attended(
                lambda: load(
                    self._con,
                    source.name,
                    origin.files,
                    self._base,
                    key=key,
                    drop_where=drop,
                    span=source.span,
                )
            )
            if loaded is not None:
                self._assumptions[source.name] = loaded.assumptions
                if loaded.rows is not None:
                    self._type_empty(source, loaded.columns)
        finally:
            self._search(self._path)
        return diagnostics

    def _type_empty(self, source: Source, columns: Sequence[tuple[str, str]]) -> None:
        """Make columns that measures compute with numbers, where no cell says so."""
        summed = _computed_with(source)
        for name, datatype in columns:
            if datatype == "VARCHAR" and name.casefold() in summed:
                table = build.identifier(source.name).sql(self.dialect)
                column = build.identifier(name).sql(self.dialect)
                known = f"SELECT COUNT({column}) FROM {table}"  # noqa: S608  (quoted)
                if self._con.execute(known).fetchall() == [(0,)]:
                    self._con.execute(f"ALTER TABLE {table} ALTER {column} TYPE BIGINT")

    def run(self, sql: str) -> Table:
        try:
            return self._attended(lambda: self._fetch(sql), self._timeout)
        except TimeoutError as failure:
            raise EngineError("timeout", f"stopped after {self._timeout:g} s") from failure
        except duckdb.Error as failure:
            kind = next((kind for cls, kind in _KINDS if isinstance(failure, cls)), "other")
            raise EngineError(kind, _first_line(failure)) from failure

    def _fetch(self, sql: str) -> Table:
        cursor = self._con.execute(sql)
        names = tuple(item[0] for item in cursor.description or ())
        return Table(names, cursor.fetchall())

    def _attended(self, work: Callable[[], T], timeout: float | None = None) -> T:
        """Do work with the connection in a second thread, so that Ctrl-C and the time limit reach
        the first one at once, whatever the engine is doing."""
        with ThreadPoolExecutor(max_workers=1) as pool:
            future = pool.submit(work)
            try:
                return future.result(timeout)
            except (KeyboardInterrupt, TimeoutError):
                while not future.done():  # between two statements an interrupt would be lost
                    self._con.interrupt()
                    wait([future], timeout=0.05)
                raise

    def tables(self) -> list[str]:
        rows = self._con.execute(
            "SELECT table_schema, table_name FROM information_schema.tables ORDER BY ALL"
        ).fetchall()
        return [name if schema == "main" else f"{schema}.{name}" for schema, name in rows]

    def columns(self, relation: str) -> list[str]:
        try:
            cursor = self._con.execute(f"SELECT * FROM {relation} LIMIT 0")  # noqa: S608  (quoted)
        except duckdb.Error:
            return []
        return [item[0] for item in cursor.description or ()]

    def assumptions(self, source: str) -> tuple[str, ...]:
        return self._assumptions.get(source, ())

    def cancel(self) -> None:
        self._con.interrupt()

    def close(self) -> None:
        self._con.close()


def _computed_with(source: Source) -> set[str]:
    """Return the columns that measures add up or average, in lower case."""
    found: set[str] = set()
    waiting = [
        item.operand
        for item in source.measures.values()
        if item.operand is not None and item.aggregate in {Aggregate.SUM, Aggregate.AVG}
    ]
    while waiting:
        match waiting.pop():
            case Column(path=(name,), joins=()):
                found.add(name.casefold())
            case Arithmetic(left=left, right=right):
                waiting += [left, right]
            case Negate(operand=operand):
                waiting.append(operand)
    return found


def _first_line(failure: duckdb.Error) -> str:
    text = str(failure).strip()
    return text.splitlines()[0] if text else type(failure).__name__
