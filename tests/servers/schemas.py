"""Tables for tests in schemas of their own, on one PostgreSQL server a process."""

from __future__ import annotations

import atexit
import json
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from functools import cache
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import quote

import psycopg
import pytest
from psycopg.sql import SQL, Identifier

from tests.servers import csv_files
from tests.servers.postgres import postgres_server

_LOCALE = "en_US.UTF-8"
_NUMBERS = count(1)
_TYPES = {'"NULL"': "TEXT", "DOUBLE": "DOUBLE PRECISION", "HUGEINT": "NUMERIC(38, 0)"}
"""Types of DuckDB that are called otherwise in PostgreSQL; a column without a value has none."""


@cache
def database() -> str:
    """Start the server, and return the url of a database on it. That puts texts in order as people
    do, so that a statement which leaves their order to it is found out."""
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


def made_schema() -> str:
    schema = f"case_{next(_NUMBERS)}"
    _writer().execute(SQL("CREATE SCHEMA {}").format(Identifier(schema)))
    return schema


def dropped(schema: str) -> None:
    _writer().execute(SQL("DROP SCHEMA {} CASCADE").format(Identifier(schema)))


def url_of(schema: str) -> str:
    """The url of a session that looks for tables in a schema."""
    return f"{database()}?options={quote(f'-csearch_path={schema}')}"


def write_table(
    schema: str, name: str, columns: Mapping[str, str], rows: Iterable[Sequence[object]]
) -> None:
    """Make a table; its `columns` have DuckDB's types, and structs become JSON."""
    con, table = _writer(), Identifier(schema, name)
    declared = SQL(", ").join(
        SQL("{} {}").format(Identifier(column), SQL(_type(kind)))
        for column, kind in columns.items()
    )
    with con.transaction():
        con.execute(SQL("CREATE TABLE {} ({})").format(table, declared))
        with con.cursor().copy(SQL("COPY {} FROM STDIN").format(table)) as copy:
            for row in rows:
                copy.write_row([json.dumps(x) if isinstance(x, dict) else x for x in row])


def write_files(folder: Path, names: Iterable[str]) -> str:
    """Copy CSV files, typed as kpidsl types them, into a new schema; return its url."""
    schema = made_schema()
    for file in csv_files.read(folder, names):
        write_table(schema, *file)
    return url_of(schema)


def _type(kind: str) -> str:
    return "JSONB" if kind.startswith("STRUCT") else _TYPES.get(kind, kind)
