"""DuckDB inside this process: over a database file, or straight over the sources' files."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any, TypeVar

import duckdb
import sqlglot
from sqlglot import exp

from kpidsl.engines.attended import attended
from kpidsl.engines.base import (
    UNSHOWN,
    ForeignKey,
    Scan,
    Table,
    TableFacts,
    TableKeys,
    ValueType,
)
from kpidsl.engines.by_bytes import named, view_by_bytes
from kpidsl.engines.duckdb_failures import explained, first_line
from kpidsl.engines.files import fingerprint_of, load
from kpidsl.engines.files.typed import column_types, decimal_places
from kpidsl.engines.fingerprint import Opened
from kpidsl.engines.limited import fetched
from kpidsl.engines.members import told
from kpidsl.engines.missing import missing_file, missing_table, no_database
from kpidsl.model.expr import Column
from kpidsl.model.sources import FilesOrigin, Source, TableOrigin
from kpidsl.sql import build
from kpidsl.sql.dialects import DIALECTS
from kpidsl.sql.rawtext import raw_condition
from kpidsl.text.diagnostic import Diagnostic, error
from kpidsl.text.sizes import bytes_of

T = TypeVar("T")

_COUNTED = Fraction(15, 16)
"""How much of the memory that DuckDB takes it counts, in a question that sorts or joins much."""
_OWN = "memory.main"
_PLANNING = "BindBuiltinScalarFunction did not return"


class EmbeddedEngine:
    """Read-only by construction: the database is attached read-only, and no file or object of
    Python stands in for a table that it doesn't have.

    `base` is the folder that the patterns of files are relative to; `timeout` is in seconds, `rows`
    the most that an answer may have. What does not fit into `memory`, a size such as `4 GB`, lies
    in a file while it is worked on: DuckDB is told a little less, as it takes more than it counts.
    """

    dialect = "duckdb"
    keeps = True

    def __init__(
        self,
        base: Path,
        *,
        database: Path | None = None,
        timezone: str = "UTC",
        timeout: float | None = None,
        rows: int | None = None,
        memory: str | None = None,
    ) -> None:
        self._base = base
        self._timeout = timeout
        self._rows = rows
        self._prepared: dict[str, list[Diagnostic]] = {}
        self._loaded: dict[str, str | None] = {}
        self._opened = None if database is None else Opened(database, ".wal")
        self._warehouse: set[str] = set()
        self._collates = False
        self._path = _OWN
        self._con = duckdb.connect()
        self._con.execute("SET TimeZone = ?", [timezone])
        # Made when first needed, and removed with the connection: not in the project's folder.
        scratch = Path(tempfile.gettempdir()) / f"kpidsl-{os.getpid()}-{id(self)}"
        self._con.execute("SET temp_directory = ?", [str(scratch)])
        if memory is not None:
            self._con.execute("SET memory_limit = ?", [f"{int(bytes_of(memory) * _COUNTED)} B"])
        # Where nobody wrote a script, as in a notebook, it would be drawn on the standard output.
        self._con.execute("SET enable_progress_bar = false")
        self._con.execute("SET python_enable_replacements = false")
        self._con.execute("SET autoinstall_known_extensions = false")
        self._con.execute("SET autoload_known_extensions = false")
        if database is not None:
            self._con.execute("ATTACH ? AS warehouse (READ_ONLY)", [str(database)])
            self._path = f"warehouse.main,{_OWN}"
            self._search(self._path)
            self._warehouse = {name.casefold() for name in self.tables()}
            collates = "SELECT 1 FROM duckdb_tables() WHERE sql ILIKE '%COLLATE%' LIMIT 1"
            self._collates = bool(self._con.execute(collates).fetchall())

    @staticmethod
    def open(
        base: Path,
        database: Path | None,
        timezone: str,
        *,
        timeout: float | None = None,
        rows: int | None = None,
        memory: str | None = None,
    ) -> tuple[EmbeddedEngine | None, list[Diagnostic]]:
        """Connect, or say why a database file can't be opened."""
        missing = [] if database is None else missing_file(database)
        if missing:
            return None, missing
        try:
            engine = EmbeddedEngine(
                base,
                database=database,
                timezone=timezone,
                timeout=timeout,
                rows=rows,
                memory=memory,
            )
        except duckdb.Error as failure:
            return None, [
                error(
                    "K645",
                    f"database file `{database}` can't be opened: {first_line(failure)}",
                    help="check that it is a DuckDB database and that no other program has it open",
                )
            ]
        return engine, []

    def prepare(self, sources: Sequence[Source]) -> list[Diagnostic]:
        found: list[Diagnostic] = []
        for source in sources:
            if source.name not in self._prepared:
                self._prepared[source.name] = self._prepare(source)
            found += self._prepared[source.name]
        return found

    def _prepare(self, source: Source) -> list[Diagnostic]:
        match source.origin:
            case FilesOrigin():
                self._loaded[source.name] = self.state(source)
                return self._load(source, source.origin)
            # DuckDB would look for a file of that name, in the folder that happens to be current.
            case TableOrigin(path=path) if not self._has(path):
                if self._opened is None:
                    return [no_database(source, path)]
                return [missing_table(source, path, self.tables())]
            case TableOrigin(path=(name,)) if self._collates:
                self._tell_texts_apart(name)
        return []

    def _tell_texts_apart(self, name: str) -> None:
        """Read a table by the bytes of its texts, whatever the collations of its columns."""
        columns = {column: kind == "VARCHAR" for column, kind in self.columns([name]).items()}
        table = named("warehouse.main", name)
        view = view_by_bytes(name, table, columns, lambda sql: self._con.execute(sql).fetchall())
        if view is not None:
            self._con.execute(view)

    def _has(self, path: Sequence[str]) -> bool:
        """Tell whether there is a table by a name, of which the first parts may be left out."""
        asked = [part.casefold() for part in path]
        known = self._con.execute(
            "SELECT table_catalog, table_schema, table_name FROM information_schema.tables"
        ).fetchall()
        return any(
            asked in ([name], [schema, name], [catalogue, name], [catalogue, schema, name])
            for catalogue, schema, name in (map(str.casefold, parts) for parts in known)
        )

    def _search(self, path: str) -> None:
        """Say where bare names are looked up, and in the first of which tables are made."""
        self._con.execute("SET search_path = ?", [path])

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
        self._search(_OWN)
        try:
            _, diagnostics = self._attended(
                lambda: load(
                    self._con,
                    source.name,
                    origin.files,
                    self._base,
                    key=_key_of_files(source),
                    drop_where=drop,
                    span=source.span,
                )
            )
        finally:
            self._search(self._path)
        return diagnostics

    def run(
        self, sql: str, types: Sequence[ValueType] | None = None, most: int | None = None
    ) -> Table:
        del types  # the columns have types of their own
        return self._run(lambda: self._fetch(sql, most or self._rows))

    def keep(self, sql: str) -> None:
        self._run(lambda: self._con.execute(sql))

    def _run(self, work: Callable[[], T]) -> T:
        try:
            return self._attended(work, self._timeout)
        except duckdb.Error as failure:
            raise explained(failure) from failure

    def _fetch(self, sql: str, most: int | None) -> Table:
        cursor = execute(self._con, sql)
        names = tuple(item[0] for item in cursor.description or ())
        zoned = [item[1] == duckdb.sqltypes.TIMESTAMP_TZ for item in cursor.description or ()]
        if any(zoned):
            cursor = execute(self._con, _in_local_time(sql, zoned))
        types = [item[1].id for item in cursor.description or ()]
        return Table(names, told(fetched(cursor, most), types))

    def _attended(self, work: Callable[[], T], timeout: float | None = None) -> T:
        return attended(work, self._con.interrupt, timeout)

    def tables(self) -> list[str]:
        rows = self._con.execute(
            "SELECT table_schema, table_name FROM information_schema.tables ORDER BY ALL"
        ).fetchall()
        return [name if schema == "main" else f"{schema}.{name}" for schema, name in rows]

    def columns(self, path: Sequence[str]) -> dict[str, str]:
        try:
            return column_types(self._con, _table(path))
        except duckdb.Error:
            return {}

    def decimals(self, sql: str) -> dict[str, int]:
        described = self.run(f"DESCRIBE {sql}", most=UNSHOWN)
        return decimal_places({str(name): str(kind) for name, kind, *_ in described.rows})

    def facts(self, path: Sequence[str]) -> TableFacts:
        *schemas, name = path
        rows = self._con.execute(
            "SELECT estimated_size FROM duckdb_tables() WHERE table_name = ? "
            "AND schema_name = coalesce(?, schema_name)",
            [name, schemas[-1] if schemas else None],
        ).fetchall()
        places = decimal_places(self.columns(path))
        return TableFacts(rows[0][0] if len(rows) == 1 else None, places)

    def state(self, source: Source) -> str | None:
        match source.origin:
            case FilesOrigin(files=files):
                now = fingerprint_of(files.patterns, self._base)
                # A file that has changed since it was read is read as it was, or as it is.
                return now if self._loaded.get(source.name, now) == now else None
            case TableOrigin(path=path) if self._opened and not self._is_computed(path[-1]):
                return self._opened.state()
        return None

    def _is_computed(self, name: str) -> bool:
        """Tell whether the rows of a table may depend on more than the database's file: on other
        files, or on the date."""
        found = self._con.execute(
            "SELECT count(*) FROM (SELECT view_name FROM duckdb_views() WHERE NOT temporary "
            "UNION ALL "
            "SELECT table_name FROM duckdb_tables() WHERE sql LIKE '%GENERATED ALWAYS AS%') "
            "AS computed(name) WHERE lower(name) = lower(?)",
            [name],
        ).fetchone()
        return found != (0,)

    def keys(self, path: Sequence[str]) -> TableKeys:
        *schemas, name = path
        found = self._con.execute(
            "SELECT constraint_type, constraint_column_names, referenced_table, "
            "referenced_column_names FROM duckdb_constraints() "
            "WHERE table_name = ? AND schema_name = ?",
            [name, schemas[-1] if schemas else "main"],
        ).fetchall()
        primary = [tuple(columns) for kind, columns, *_ in found if kind == "PRIMARY KEY"]
        # A foreign key is of the same schema.
        foreign = [
            ForeignKey(tuple(columns), (*schemas, target), tuple(target_columns))
            for kind, columns, target, target_columns in found
            if kind == "FOREIGN KEY"
        ]
        return TableKeys(primary[0] if primary else (), tuple(foreign))

    def estimate(self, sql: str) -> Scan:
        """A scan's own estimate is what its filters let through, and all of its rows are read."""
        [(_, told)] = self._run(
            lambda: execute(self._con, f"EXPLAIN (FORMAT json) {sql}").fetchall()
        )
        known = self._con.execute(
            "SELECT concat_ws('.', database_name, schema_name, table_name), estimated_size "
            "FROM duckdb_tables()"
        ).fetchall()
        sizes: dict[str, int] = dict(known)
        scans = (node["extra_info"] for plan in json.loads(told) for node in _leaves(plan))
        rows = sum(
            sizes.get(scan.get("Table", ""), int(scan["Estimated Cardinality"]))
            for scan in scans
            if scan.keys() & {"Table", "Function"}
        )
        return Scan(rows=rows)

    def cancel(self) -> None:
        self._con.interrupt()

    def close(self) -> None:
        self._con.close()


def _leaves(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for child in plan["children"]:
        yield from _leaves(child)
    if not plan["children"]:
        yield plan


def execute(con: duckdb.DuckDBPyConnection, sql: str) -> duckdb.DuckDBPyConnection:
    """Run a statement; without the statistics of the data where DuckDB can't plan it with them.

    DuckDB 2.0.0 fails on a comparison with a CASE of constants whose branches the statistics rule
    out. To do without them always costs a quarter of the time of a sum over ten million rows.
    """
    try:
        return con.execute(sql)
    except duckdb.InvalidInputException as failure:
        if _PLANNING not in str(failure):
            raise
    aside = con.cursor()  # a statement on the connection itself would take the rows away
    aside.execute("SET disabled_optimizers = 'statistics_propagation'")
    try:
        return con.execute(sql)
    finally:
        aside.execute("RESET disabled_optimizers")


def _key_of_files(source: Source) -> tuple[str, ...] | None:
    """Return the columns that are the key of the files' own rows; None where it is one of
    reshaped rows, or stands inside a column."""
    if source.unnest is not None or source.unpivot is not None or not source.key:
        return None
    names = [
        part.path[0] for part in source.key if isinstance(part, Column) and len(part.path) == 1
    ]
    return tuple(names) if len(names) == len(source.key) else None


def _in_local_time(sql: str, zoned: Sequence[bool]) -> str:
    """Return the statement with its `zoned` columns as local times, as clocks are (S20): the
    engine hands over a time with a zone only where a further package is installed."""
    names = [f"column {position}" for position in range(len(zoned))]
    values = map(build.column, names)
    local = [
        build.cast(value, "TIMESTAMP") if moment else value
        for value, moment in zip(values, zoned, strict=True)
    ]
    query = sqlglot.parse_one(sql, dialect="duckdb")
    assert isinstance(query, exp.Query)
    columns = [build.identifier(name) for name in names]
    alias = exp.TableAlias(this=build.identifier("answer"), columns=columns)
    return build.select(*local).from_(exp.Subquery(this=query, alias=alias)).sql("duckdb")


def _table(path: Sequence[str]) -> exp.Table:
    """Return a table named by one to three parts, the most general first."""
    parts = map(build.identifier, reversed(path))
    return exp.Table(**dict(zip(("this", "db", "catalog"), parts, strict=False)))
