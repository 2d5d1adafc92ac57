"""A case's rows as tables of a schema on a PostgreSQL server, and an engine that reads them."""

from __future__ import annotations

import atexit
import json
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import datetime
from decimal import Decimal
from functools import cache
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
import pytest
from psycopg.sql import SQL, Identifier

from kpidsl.engines.base import EngineError, Table, TableFacts, ValueType
from kpidsl.model.sources import Source
from kpidsl.text.diagnostic import Diagnostic
from tests.oracle.generate import Case
from tests.servers.postgres import postgres_server

_LOCALE = "en_US.UTF-8"
_NUMBERS = count(1)


@cache
def database() -> str:
    """Start a server, once a process, and return the url of a database on it. That puts texts in
    order as people do, so that a statement which leaves their order to it is found out."""
    running = ExitStack()
    atexit.register(running.close)
    locales = running.enter_context(TemporaryDirectory())
    _make_locale(Path(locales))
    with pytest.MonkeyPatch.context() as around:
        around.setenv("LOCPATH", locales)
        server = running.enter_context(postgres_server())
    server.run(server.url(), f"CREATE DATABASE cases TEMPLATE template0 LOCALE '{_LOCALE}'")
    return server.url("cases")


def _make_locale(folder: Path) -> None:
    """The server knows the locales of the machine, which may have none but C."""
    folder.chmod(0o755)  # a server doesn't run as root
    made = ["localedef", "-i", "en_US", "-f", "UTF-8", str(folder / _LOCALE)]
    try:
        subprocess.run(made, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError) as failure:
        raise RuntimeError("no locale for PostgreSQL: apt-get install locales") from failure


@cache
def _writer() -> psycopg.Connection[Any]:
    return psycopg.connect(database(), autocommit=True)


class PostgresEngine:
    """A connection that only reads, in a schema and at a project's time zone."""

    dialect = "postgres"
    keeps = False

    def __init__(self, case: Case, schema: str) -> None:
        self._case = case
        self._zone = ZoneInfo(case.model.settings.timezone)
        self._con = psycopg.connect(database(), autocommit=True)
        for name, value in {
            "datestyle": "ISO",
            "default_transaction_read_only": "on",
            "search_path": schema,
            "timezone": case.model.settings.timezone,
        }.items():
            self._con.execute("SELECT set_config(%s, %s, false)", [name, value])

    def prepare(self, sources: Sequence[Source]) -> list[Diagnostic]:
        del sources
        return []

    def run(self, sql: str, types: Sequence[ValueType] | None = None) -> Table:
        del types
        try:
            cursor = self._con.execute(sql.encode())
        except psycopg.errors.NumericValueOutOfRange as failure:
            raise EngineError("overflow", str(failure)) from failure
        names = tuple(item.name for item in cursor.description or ())
        return Table(names, [tuple(map(self._value, row)) for row in cursor.fetchall()])

    def _value(self, value: object) -> object:
        match value:
            case Decimal() if value.as_tuple().exponent == 0:
                return int(value)  # a sum of whole numbers is a `numeric`
            case datetime() if value.tzinfo is not None:
                return value.astimezone(self._zone).replace(tzinfo=None)
        return value

    def keep(self, sql: str) -> None:
        raise EngineError("permission", sql)

    def tables(self) -> list[str]:
        return []

    def columns(self, path: Sequence[str]) -> dict[str, str]:
        del path
        return {}

    def decimals(self, sql: str) -> dict[str, int]:
        del sql
        return {}

    def facts(self, path: Sequence[str]) -> TableFacts:
        if not self._case.has_catalogue:
            return TableFacts()
        (name,) = path
        return TableFacts(rows=len(self._case.tables[name]))

    def cancel(self) -> None:
        self._con.cancel()

    def close(self) -> None:
        self._con.close()


@contextmanager
def postgres_of(case: Case) -> Iterator[PostgresEngine]:
    """An engine over a case's rows, in a schema that is dropped afterwards."""
    schema = f"case_{next(_NUMBERS)}"
    with _writer().transaction():
        _write(case, schema)
    engine = PostgresEngine(case, schema)
    try:
        yield engine
    finally:
        engine.close()
        _writer().execute(SQL("DROP SCHEMA {} CASCADE").format(Identifier(schema)))


def _write(case: Case, schema: str) -> None:
    con = _writer()
    con.execute(SQL("CREATE SCHEMA {}").format(Identifier(schema)))
    for name, columns in case.columns.items():
        table = Identifier(schema, name)
        declared = SQL(", ").join(
            SQL("{} {}").format(Identifier(column), SQL(_type(kind)))
            for column, kind in columns.items()
        )
        con.execute(SQL("CREATE TABLE {} ({})").format(table, declared))
        with con.cursor().copy(SQL("COPY {} FROM STDIN").format(table)) as copy:
            for row in case.tables[name]:
                copy.write_row([_kept(row[column]) for column in columns])


def _type(kind: str) -> str:
    return "JSONB" if kind.startswith("STRUCT") else kind


def _kept(value: object) -> object:
    return json.dumps(value) if isinstance(value, dict) else value
