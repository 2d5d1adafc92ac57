"""A server that speaks Trino's protocol in front of DuckDB, within the process of the tests.

What it proves is the way there: the client, pages, errors, limits of time, cancelling,
transactions, logins. It is no Trino: a parser's idea of Trino's SQL is put into DuckDB's words.
"""

from __future__ import annotations

import json
import math
import re
import threading
import uuid
from base64 import b64decode
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from functools import partial
from typing import Any
from urllib.parse import unquote

import duckdb
import sqlglot
from sqlglot import exp

from kpidsl.sql.dialects.rewriting import rewritten
from tests.conformance.translated import TO_DUCKDB
from tests.servers.http import Handler, serving

_PAGE = 2
"""So many rows a page has."""
_WAIT = 0.05
"""Seconds that a request for a page waits for one."""
_ZONED = "timestamp with time zone"
_TYPES = {
    "timestamp": "timestamp(6)",
    _ZONED: "timestamp(6) with time zone",
    "hugeint": "decimal(38,0)",
    '"null"': "unknown",
}
_ERRORS: tuple[tuple[type[Exception], str, str, str], ...] = (
    (duckdb.CatalogException, "Table with name", "TABLE_NOT_FOUND", "USER_ERROR"),
    (duckdb.CatalogException, "", "FUNCTION_NOT_FOUND", "USER_ERROR"),
    (duckdb.BinderException, "olumn", "COLUMN_NOT_FOUND", "USER_ERROR"),
    (duckdb.BinderException, "", "FUNCTION_NOT_FOUND", "USER_ERROR"),
    (duckdb.OutOfRangeException, "", "NUMERIC_VALUE_OUT_OF_RANGE", "USER_ERROR"),
    (duckdb.ConversionException, "", "INVALID_CAST_ARGUMENT", "USER_ERROR"),
    (duckdb.InterruptException, "", "USER_CANCELED", "USER_ERROR"),
)
_SAID = re.compile(r"raise\('(\w+)'\)")
"""A statement that fails as Trino says by that name."""


@dataclass
class _Query:
    """A statement that runs, or has run."""

    sql: str
    con: duckdb.DuckDBPyConnection
    name: str = field(default_factory=lambda: uuid.uuid4().hex)
    done: threading.Event = field(default_factory=threading.Event)
    columns: list[dict[str, Any]] = field(default_factory=list)
    rows: list[list[object]] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    error: dict[str, Any] | None = None
    too_long: bool = False


@dataclass
class TrinoServer:
    """A running server, what it was told, and the database that it reads."""

    database: duckdb.DuckDBPyConnection
    password: str | None
    port: int = 0
    requests: list[dict[str, str]] = field(default_factory=list)
    queries: dict[str, _Query] = field(default_factory=dict)
    refuses: int | None = None
    """The status by which requests are refused."""

    def url(self, user: str = "ana", catalog: str = "memory/main") -> str:
        return f"trino://{user}@127.0.0.1:{self.port}/{catalog}"

    def statements(self) -> list[str]:
        return [query.sql for query in list(self.queries.values())]

    def running(self) -> list[str]:
        return [query.sql for query in list(self.queries.values()) if not query.done.is_set()]


class _Handler(Handler):
    trino: TrinoServer

    def do_POST(self) -> None:  # noqa: N802
        sql = self.body().decode()
        told = {name.lower(): value for name, value in self.headers.items()}
        self.trino.requests.append(told)
        if self._refused():
            return
        if self.trino.password is not None:
            _, _, login = told.get("authorization", "").partition(" ")
            if b64decode(login).decode().partition(":")[2] != self.trino.password:
                said = b"Access Denied: Invalid credentials"
                self.send(401, said, {"WWW-Authenticate": 'Basic realm="Trino"'})
                return
        query = _Query(sql, self.trino.database.cursor())
        self.trino.queries[query.name] = query
        threading.Thread(target=_run, args=(query, told), daemon=True).start()
        self._page(query, "0")

    def _refused(self) -> bool:
        if self.trino.refuses is None:
            return False
        self.send(self.trino.refuses, b"not now", {})
        return True

    def do_GET(self) -> None:  # noqa: N802
        if self._refused():
            return
        _, name, token = self.path.rsplit("/", 2)
        query = self.trino.queries[name]
        query.done.wait(_WAIT)
        self._page(query, token)

    def do_DELETE(self) -> None:  # noqa: N802
        _, name, _ = self.path.rsplit("/", 2)
        query = self.trino.queries[name]
        threading.Thread(target=_stop, args=(query,), daemon=True).start()
        self.send(204, b"", {})

    def _page(self, query: _Query, token: str) -> None:
        """Answer with a page of rows: the token says how many were sent before."""
        told: dict[str, Any] = {
            "id": query.name,
            "infoUri": f"http://127.0.0.1:{self.trino.port}/ui/{query.name}",
            "stats": {"state": "FINISHED" if query.done.is_set() else "RUNNING"},
        }
        sent, headers = int(token), {}
        if not query.done.is_set() or self.command == "POST":
            told["nextUri"] = self._uri(query, sent)
        elif query.error is not None:
            told["error"] = query.error
        else:
            headers = query.headers
            told["columns"] = query.columns
            if rows := query.rows[sent : sent + _PAGE]:
                told["data"] = rows
            if sent + _PAGE < len(query.rows):
                told["nextUri"] = self._uri(query, sent + _PAGE)
        body = json.dumps(told).encode()
        self.send(200, body, {"Content-Type": "application/json", **headers})

    def _uri(self, query: _Query, sent: int) -> str:
        return f"http://127.0.0.1:{self.trino.port}/v1/statement/executing/{query.name}/{sent}"


# --- statements ----------------------------------------------------------------------------


def _run(query: _Query, told: dict[str, str]) -> None:
    session = dict(
        part.strip().split("=", 1) for part in told.get("x-trino-session", "").split(",") if part
    )
    seconds = float(unquote(session.get("query_max_run_time", "100s")).removesuffix("s"))
    clock = threading.Timer(seconds, partial(_too_long, query))
    clock.daemon = True
    clock.start()
    try:
        _answered(query, unquote(session.get("time_zone_id", "UTC")), told)
    except Exception as failure:  # noqa: BLE001 -- whatever it is, the client hears of it
        query.error = _error(query, failure)
    finally:
        clock.cancel()
        query.con.close()
        query.done.set()


def _too_long(query: _Query) -> None:
    query.too_long = True
    _stop(query)


def _stop(query: _Query) -> None:
    """What has not begun yet can't be interrupted."""
    while not query.done.wait(0.02):
        with suppress(duckdb.ConnectionException):  # it has ended by itself
            query.con.interrupt()


def _answered(query: _Query, zone: str, told: dict[str, str]) -> None:
    sql = re.sub(r"^\s*(/\*.*?\*/|--.*\n)\s*", "", query.sql, flags=re.MULTILINE).strip()
    match sql.split()[:2]:
        case ["START", "TRANSACTION"]:
            writes = "" if sql.endswith("READ ONLY") else "writes "
            query.headers["X-Trino-Started-Transaction-Id"] = f"{writes}{query.name}"
        case ["ROLLBACK" | "COMMIT", *_]:
            query.headers["X-Trino-Clear-Transaction-Id"] = "true"
        case ["SET", "TIME"]:
            query.headers["X-Trino-Set-Session"] = f"time_zone_id={sql.split()[3].strip(chr(39))}"
        case ["EXPLAIN", _]:
            _planned(query, sql.partition("JSON)")[2])
        case _:
            if not told.get("x-trino-transaction-id", "writes").startswith("writes"):
                _only_reads(sql)
            query.con.execute(f"SET TimeZone = '{zone}'")
            _asked(query, sql)
    query.columns = query.columns or [_column("result", "boolean")]


def _only_reads(sql: str) -> None:
    if not sql.startswith(("SELECT", "WITH", "EXECUTE IMMEDIATE")):
        raise RuntimeError("READ_ONLY_VIOLATION: Cannot execute in a read-only transaction")


def _asked(query: _Query, sql: str) -> None:
    if said := _SAID.search(sql):
        raise RuntimeError(f"{said[1]}: as it was asked to say")
    if given := re.fullmatch(r"EXECUTE IMMEDIATE '(.*)' USING (.*)", sql, re.DOTALL):
        sql = given[1].replace("''", "'")
        for value in given[2].split(","):
            sql = sql.replace("?", value, 1)
    elif sql.startswith("EXECUTE IMMEDIATE"):
        sql = "SELECT 1"
    own = '(SELECT * FROM "information_schema"."schemata" WHERE catalog_name = \'memory\') AS own'
    sql = sql.replace('"information_schema"."schemata"', own)
    sql = sql.replace('"comment"', 'NULL AS "comment"')
    sql = sql.replace('"data_type"', 'LOWER("data_type") AS "data_type"')
    tree = sqlglot.parse_one(sql, read="trino").transform(_native)
    query.con.execute(rewritten(tree, TO_DUCKDB["trino"]).sql("duckdb"))
    described = query.con.description or []
    query.columns = [_column(name, _type(str(kind))) for name, kind, *_ in described]
    kinds = [column["type"] for column in query.columns]
    query.rows = [
        [_sent(value, kind) for value, kind in zip(row, kinds, strict=True)]
        for row in query.con.fetchall()
    ]


def _native(node: exp.Expr) -> exp.Expr:
    if isinstance(node, exp.CurrentTimezone):
        return exp.Anonymous(this="CURRENT_SETTING", expressions=[exp.Literal.string("TimeZone")])
    return node


def _planned(query: _Query, sql: str) -> None:
    """Tell each table once, with all of its rows, one without a row as one of unknown size."""
    tables = []
    for table in sqlglot.parse_one(sql, read="trino").find_all(exp.Table):
        with suppress(duckdb.CatalogException):  # a named query
            ((count,),) = query.con.execute(f"SELECT COUNT(*) FROM {table.name}").fetchall()  # noqa: S608
            estimate = {"outputRowCount": float(count) if count else "NaN"}
            tables.append({"table": {"catalog": "memory"}, "estimate": estimate})
    query.columns = [_column("Query Plan", "varchar")]
    query.rows = [[json.dumps({"inputTableColumnInfos": tables})]]


def _column(name: str, kind: str) -> dict[str, Any]:
    sizes = [int(size) for size in re.findall(r"\d+", kind)]
    if kind == "varchar":
        sizes = [2**31 - 1]
    return {
        "name": name,
        "type": kind,
        "typeSignature": {
            "rawType": re.sub(r"\(.*?\)", "", kind),
            "arguments": [{"kind": "LONG", "value": size} for size in sizes],
        },
    }


def _type(kind: str) -> str:
    small = kind.lower()
    return _TYPES.get(small, small)


def _sent(value: object, kind: str) -> object:
    match value:
        case datetime() if value.tzinfo is not None:
            return f"{value:%Y-%m-%d %H:%M:%S.%f} {value.tzinfo}"
        case datetime():
            return f"{value:%Y-%m-%d %H:%M:%S.%f}"
        case date() | Decimal():
            return str(value)
        case int() if kind.startswith("decimal"):
            return str(value)
        case float() if not math.isfinite(value):
            return {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}[str(value)]
    return value


def _error(query: _Query, failure: Exception) -> dict[str, Any]:
    text = str(failure)
    named, kind = "GENERIC_INTERNAL_ERROR", "INTERNAL_ERROR"
    if isinstance(failure, RuntimeError) and re.match(r"[A-Z_]+: ", text):
        named, _, text = text.partition(": ")
        kind = "USER_ERROR"
    for sort, says, name, of in _ERRORS:
        if isinstance(failure, sort) and says in text:
            named, kind = name, of
            break
    if named == "COLUMN_NOT_FOUND" and (column := re.search(r'column "?([\w.]+)', text)):
        text = f"line 1:8: Column '{column[1]}' cannot be resolved"
    if isinstance(failure, duckdb.InterruptException):
        text = "Query was canceled"
    if query.too_long:
        named, kind = "EXCEEDED_TIME_LIMIT", "INSUFFICIENT_RESOURCES"
        text = "Query exceeded the maximum run time limit"
    return {
        "message": text.splitlines()[0],
        "errorCode": 1,
        "errorName": named,
        "errorType": kind,
        "failureInfo": {"type": "io.trino.spi.TrinoException", "message": text},
    }


@contextmanager
def trino_server(
    statements: Sequence[str] = (), password: str | None = None
) -> Iterator[TrinoServer]:
    """Start a server over a database in memory that some statements have filled, and stop it."""
    with duckdb.connect(":memory:") as database:
        for statement in statements:
            database.execute(statement)
        server = TrinoServer(database, password)
        with serving(_Handler, trino=server) as server.port:
            try:
                yield server
            finally:
                for query in list(server.queries.values()):
                    _stop(query)
