"""Tables for tests in ClickHouse, from columns of DuckDB's types; on one server a process."""

from __future__ import annotations

import atexit
import re
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from itertools import count
from pathlib import Path

from clickhouse_connect.driver.client import Client

from tests.servers import csv_files
from tests.servers.clickhouse import ClickHouseServer, clickhouse_server

_NUMBERS = count(1)
_TYPES = {
    '"NULL"': "Nullable(Int8)",
    "BIGINT": "Nullable(Int64)",
    "BOOLEAN": "Nullable(Bool)",
    "DATE": "Nullable(Date32)",
    "DOUBLE": "Nullable(Float64)",
    "HUGEINT": "Nullable(Int128)",
    "INTEGER": "Nullable(Int32)",
    "TIMESTAMP": "Nullable(DateTime64(6))",
    "TIMESTAMP WITH TIME ZONE": "Nullable(DateTime64(6, 'UTC'))",
    "VARCHAR": "Nullable(String)",
}
_STRUCT = re.compile(r'STRUCT\((".*") VARCHAR\)')


@cache
def server() -> ClickHouseServer:
    running = ExitStack()
    atexit.register(running.close)
    return running.enter_context(clickhouse_server())


def write_files(folder: Path, names: Iterable[str]) -> str:
    """Copy CSV files, typed as kpidsl types them, into a new database; return its url."""
    client = server().client
    database = f"case_{next(_NUMBERS)}"
    client.command(f"CREATE DATABASE {database} ENGINE = Memory")
    for file in csv_files.read(folder, names):
        write_table(client, *file, f"{database}.")
    return server().url(database)


def write_table(
    client: Client,
    name: str,
    columns: Mapping[str, str],
    rows: Iterable[Sequence[object]],
    database: str = "",
) -> None:
    """Make a table in the client's database, or in another one."""
    table = f"{database}{_quoted(name)}"
    declared = ", ".join(f"{_quoted(each)} {_type(kind)}" for each, kind in columns.items())
    client.command(f"CREATE TABLE {table} ({declared}) ENGINE = Memory")
    kinds = columns.values()
    written = [f"({', '.join(map(_literal, row, kinds))})" for row in rows]
    if written:
        into = f"INSERT INTO {table} SETTINGS session_timezone = 'UTC'"
        client.command(f"{into} VALUES {', '.join(written)}")


def _type(kind: str) -> str:
    if struct := _STRUCT.fullmatch(kind):
        return f"Tuple({struct[1]} Nullable(String))"
    if kind.startswith("DECIMAL"):
        return f"Nullable({kind.title()})"
    return _TYPES[kind]


def _literal(value: object, kind: str) -> str:
    match value:
        case None:
            return "(NULL,)" if kind.startswith("STRUCT") else "NULL"
        case bool():
            return str(value).lower()
        case dict():
            return f"({', '.join(_literal(part, 'VARCHAR') for part in value.values())},)"
        case datetime():
            return _text(value.isoformat(" "))
        case date() | Decimal():
            return _text(str(value))
        case str():
            return _text(value)
    return str(value)


def _text(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def _quoted(name: str) -> str:
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
