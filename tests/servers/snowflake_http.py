"""Snowflake's HTTP protocol, as far as its connector speaks it with kpidsl: logins, sessions, and
statements, which DuckDB runs as a parser of Snowflake's SQL understands them.

So how values and errors travel, what a session is told, and how a statement is stopped is real in
the connector; what Snowflake itself makes of a statement is not shown by it.
"""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from threading import Event, Lock
from typing import Any

import duckdb

from tests.conformance.translated import in_duckdb
from tests.servers.http import Handler, serving

USER, PASSWORD = "KPIDSL", "s3cret/of@tests"
SESSION = 4711
_WAIT = re.compile(r"SYSTEM\$WAIT\((\d+)\)")
_SET = re.compile(r"([A-Z_]+) = ('[^']*'|\w+)")
_ERROR = re.compile(r"SNOWFLAKE_ERROR\((\d+), '(\w+)', '([^']*)'\)")
_CATALOGUE = (
    "CREATE SCHEMA catalogue",
    """CREATE VIEW catalogue.tables AS
    SELECT schema_name AS TABLE_SCHEMA, table_name AS TABLE_NAME, estimated_size AS ROW_COUNT
    FROM duckdb_tables() UNION ALL SELECT 'INFORMATION_SCHEMA', 'TABLES', NULL""",
    """CREATE VIEW catalogue.columns AS
    SELECT schema_name AS TABLE_SCHEMA, table_name AS TABLE_NAME, column_name AS COLUMN_NAME,
      CASE data_type WHEN 'VARCHAR' THEN 'TEXT' WHEN 'DOUBLE' THEN 'FLOAT' WHEN 'DATE' THEN 'DATE'
        WHEN 'TIMESTAMP WITH TIME ZONE' THEN 'TIMESTAMP_LTZ' ELSE 'NUMBER' END AS DATA_TYPE,
      numeric_precision AS NUMERIC_PRECISION,
      CASE WHEN data_type <> 'DOUBLE' THEN numeric_scale END AS NUMERIC_SCALE,
      column_index AS ORDINAL_POSITION
    FROM duckdb_columns()""",
)
_SHOWN = re.compile(r"SHOW (PRIMARY|IMPORTED) KEYS IN TABLE (.+)")
_KEYS = {
    "PRIMARY": ("column_name", "key_sequence"),
    "IMPORTED": (
        *("pk_schema_name", "pk_table_name", "pk_column_name", "fk_column_name", "fk_name"),
        "key_sequence",
    ),
}
"""A part of what Snowflake shows of each."""


class Refused(Exception):
    def __init__(self, code: int, state: str, text: str) -> None:
        super().__init__(text)
        self.code, self.state = code, state


@dataclass
class Service:
    """One session's: what it was told, and what it runs."""

    con: duckdb.DuckDBPyConnection
    keys: dict[tuple[str, str], list[tuple[Any, ...]]] = field(default_factory=dict)
    """What is shown of a table's keys, by their kind and the table's name."""
    parameters: dict[str, str] = field(default_factory=dict)
    login: dict[str, Any] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    cancelled: Event = field(default_factory=Event)
    waiting: Event = field(default_factory=Event)
    lock: Lock = field(default_factory=Lock)
    port: int = 0

    def url(self, password: str = "s3cret%2Fof%40tests", options: str = "") -> str:  # noqa: S107
        return (
            f"snowflake://{USER}:{password}@127.0.0.1:{self.port}/SHOP/PUBLIC"
            f"?account=shop&protocol=http{options}"
        )

    def called(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        if path.endswith("/login-request"):
            return self._logged_in(body["data"])
        if path.endswith("/query-request"):
            return self._answered(body["sqlText"])
        return {}

    def _logged_in(self, data: dict[str, Any]) -> dict[str, Any]:
        if (data["LOGIN_NAME"], data["PASSWORD"]) != (USER, PASSWORD):
            raise Refused(390100, "08001", "Incorrect username or password was specified.")
        self.login = data
        return {
            "token": "t",
            "masterToken": "m",
            "sessionId": SESSION,
            "serverVersion": "9.30.1",
            "validityInSeconds": 3600,
            "masterValidityInSeconds": 14400,
            "parameters": [{"name": "TIMEZONE", "value": "America/Los_Angeles"}],
            "sessionInfo": {"databaseName": "SHOP", "schemaName": "PUBLIC"},
        }

    def _answered(self, sql: str) -> dict[str, Any]:
        self.asked.append(sql)
        if sql.startswith("ALTER SESSION SET "):
            values = {name: value.strip("'") for name, value in _SET.findall(sql)}
            self.parameters |= values
            if "TIMEZONE" in values:
                with self.lock:
                    self.con.execute(f"SET TimeZone = '{values['TIMEZONE']}'")
            parameters = [{"name": name, "value": value} for name, value in values.items()]
            return _table([("status", "VARCHAR")], [("ok",)]) | {"parameters": parameters}
        if sql in {"COMMIT", "ROLLBACK"}:
            return _table([("status", "VARCHAR")], [("Statement executed successfully.",)])
        if f"SYSTEM$CANCEL_ALL_QUERIES({SESSION})" in sql:
            self.cancelled.set()
            return _table([("status", "VARCHAR")], [("1 cancelled",)])
        if shown := _SHOWN.search(sql):
            kind, table = shown.groups()
            columns = [(name, "VARCHAR") for name in _KEYS[kind]]
            return _table(columns, self.keys.get((kind, table), []))
        error, wait = _ERROR.search(sql), _WAIT.search(sql)
        if error is not None:
            raise Refused(int(error[1]), error[2], error[3])
        if wait is not None:
            self._wait(int(wait[1]))
        if "CURRENT_VERSION()" in sql:
            return _table(
                [("V", "VARCHAR"), ("Z", "VARCHAR"), ("R", "BOOLEAN")], [("9.30.1", None, False)]
            )
        if sql.partition("*/ ")[2].startswith("EXPLAIN USING JSON"):
            plan = json.dumps({"GlobalStats": {"partitionsTotal": 2, "bytesAssigned": 4096}})
            return _table([("content", "VARCHAR")], [(plan,)])
        return self._run(sql)

    def _wait(self, seconds: int) -> None:
        most = int(self.parameters["STATEMENT_TIMEOUT_IN_SECONDS"])
        self.cancelled.clear()
        self.waiting.set()
        if self.cancelled.wait(min(seconds, most)):
            raise Refused(604, "57014", "SQL execution canceled")
        if most < seconds:
            raise Refused(630, "57014", f"Statement reached its timeout of {most} second(s)")

    def _run(self, sql: str) -> dict[str, Any]:
        known = sql.replace("INFORMATION_SCHEMA.", "catalogue.")
        known = known.replace("CURRENT_SCHEMA()", "'PUBLIC'")
        try:
            with self.lock:
                found = self.con.execute(in_duckdb("snowflake", known))
                rows, columns = found.fetchall(), found.description
        except duckdb.CatalogException as failure:
            raise Refused(2003, "42S02", _compiling(failure)) from None
        except duckdb.BinderException:
            raise Refused(
                904, "42000", _compiling("error line 1\ninvalid identifier 'X'")
            ) from None
        assert columns is not None
        return _table([(name, str(kind)) for name, kind, *_ in columns], rows)


def _compiling(failure: object) -> str:
    return f"SQL compilation error:\n{failure}"


def _table(columns: list[tuple[str, str]], rows: list[tuple[Any, ...]]) -> dict[str, Any]:
    kinds = [_kind(kind) for _, kind in columns]
    return {
        "parameters": [],
        "rowtype": [
            {"name": name, "type": kind, "precision": 38, "scale": scale, "nullable": True}
            | dict.fromkeys(("database", "schema", "table"), "")
            | dict.fromkeys(("length", "byteLength"), 16777216 if kind == "text" else None)
            for (name, _), (kind, scale) in zip(columns, kinds, strict=True)
        ],
        "rowset": [[_written(value) for value in row] for row in rows],
        "total": len(rows),
        "returned": len(rows),
        "queryId": "01b2-0001",
        "queryResultFormat": "json",
        "sqlState": "00000",
        "statementTypeId": 4096,
        "finalDatabaseName": "SHOP",
        "finalSchemaName": "PUBLIC",
    }


def _kind(name: str) -> tuple[str, int | None]:
    """Return Snowflake's type, and its scale, of one of DuckDB's."""
    if name.startswith("DECIMAL"):
        return "fixed", int(name.rstrip(")").partition(",")[2])
    if name.endswith("INT") or name == "INTEGER":
        return "fixed", 0
    if name.startswith("TIMESTAMP"):
        return ("timestamp_ltz" if "ZONE" in name else "timestamp_ntz"), 9
    plain = {"DATE": "date", "BOOLEAN": "boolean", "DOUBLE": "real", "FLOAT": "real"}
    return plain.get(name, "text"), None


def _written(value: object) -> str | None:
    match value:
        case None:
            return None
        case bool():
            return "1" if value else "0"
        case datetime():
            at = value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)
            whole = at.replace(microsecond=0)
            return f"{int(whole.timestamp())}.{at.microsecond * 1000:09d}"
        case date():
            return str((value - date(1970, 1, 1)).days)
        case Decimal():
            return format(value, "f")
    return str(value)


@contextmanager
def snowflake_service() -> Iterator[Service]:
    service = Service(duckdb.connect())
    for statement in _CATALOGUE:
        service.con.execute(statement)

    try:
        with serving(_Handler, service=service) as service.port:
            yield service
    finally:
        service.con.close()


class _Handler(Handler):
    service: Service

    def do_POST(self) -> None:  # noqa: N802 -- http.server calls it
        raw = self.body()
        if self.headers.get("Content-Encoding") == "gzip":
            raw = gzip.decompress(raw)
        answer: dict[str, Any] = {"success": True, "code": None, "message": None}
        try:
            path, body = self.path.partition("?")[0], json.loads(raw or "{}")
            answer["data"] = self.service.called(path, body)
        except Refused as refused:
            code = f"{refused.code:06d}"
            answer |= {"success": False, "code": code, "message": str(refused)}
            answer["data"] = {"errorCode": code, "sqlState": refused.state, "queryId": "01b2"}
        self.send(200, json.dumps(answer).encode(), {"Content-Type": "application/json"})
