"""Tables for tests in databases of their own, on one MariaDB server a process."""

from __future__ import annotations

import atexit
import json
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

import pymysql

from tests.servers import csv_files
from tests.servers.mysql import MySQLServer, mysql_server

_NUMBERS = count(1)
_TYPES = {
    '"NULL"': "VARCHAR(1)",
    "BOOLEAN": "TINYINT(1)",
    "HUGEINT": "DECIMAL(38, 0)",
    "REAL": "FLOAT",
    "TIMESTAMP": "DATETIME(6)",
    "VARCHAR": "VARCHAR(200)",
}
"""Types of DuckDB that are called otherwise in MySQL; a column without a value has none."""
_MANY = 500


@cache
def server() -> MySQLServer:
    running = ExitStack()
    atexit.register(running.close)
    return running.enter_context(mysql_server())


@cache
def _writer() -> pymysql.Connection[Any]:
    # What is written holds no mistake that a stricter server would refuse.
    return pymysql.connect(**server().own, charset="utf8mb4", autocommit=True)


def _run(statement: str, rows: Sequence[Sequence[object]] | None = None) -> None:
    with _writer().cursor() as cursor:
        if rows is None:
            cursor.execute(statement)
        else:
            cursor.executemany(statement, rows)


def made_database() -> str:
    name = f"case_{next(_NUMBERS)}"
    _run(f"CREATE DATABASE {name}")
    return name


def dropped(database: str) -> None:
    _run(f"DROP DATABASE {database}")


def write_table(
    database: str, name: str, columns: Mapping[str, str], rows: Iterable[Sequence[object]]
) -> None:
    """Make a table; its `columns` have DuckDB's types, and structs become JSON."""
    table = f"{database}.{_quoted(name)}"
    declared = ", ".join(
        f"{_quoted(column)} {_type(kind)} NULL" for column, kind in columns.items()
    )
    _run(f"CREATE TABLE {table} ({declared})")
    held = [[_kept(value) for value in row] for row in rows]
    places = ", ".join(["%s"] * len(columns))
    for start in range(0, len(held), _MANY):
        _run(f"INSERT INTO {table} VALUES ({places})", held[start : start + _MANY])  # noqa: S608


def write_files(folder: Path, names: Iterable[str]) -> str:
    """Copy CSV files, typed as kpidsl types them, into a new database; return its url."""
    database = made_database()
    for file in csv_files.read(folder, names, as_text=False):
        write_table(database, *file)
    return server().url(database)


def _kept(value: object) -> object:
    return json.dumps(value) if isinstance(value, dict) else value


def _quoted(name: str) -> str:
    doubled = name.replace("`", "``")
    return f"`{doubled}`"


def _type(kind: str) -> str:
    return "JSON" if kind.startswith("STRUCT") else _TYPES.get(kind, kind)
