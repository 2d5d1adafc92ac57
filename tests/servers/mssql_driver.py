"""SQL Server's driver in front of DuckDB, within the process of the tests: in place of a connection
of pymssql stands one of this file.

What SQLAlchemy asks SQL Server's catalogue by is read as T-SQL by a parser, and answered by views
that DuckDB's own catalogue fills. So what kpidsl makes of the answers is shown; neither how they
travel nor what a SQL Server says of its tables is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import duckdb
import pymssql
import sqlglot
from sqlglot import exp

from kpidsl.engines.servers.mssql import _note
from kpidsl.sql.dialects.rewriting import rewritten
from tests.conformance.translated import TO_DUCKDB

PASSWORD = "p@ss/w%rd"  # noqa: S105  (needs percent-encoding)
_CATALOGUE = (
    "CREATE SCHEMA sys",
    "CREATE SCHEMA told",
    """CREATE VIEW sys.schemas AS
    SELECT oid AS schema_id, schema_name AS name FROM duckdb_schemas()
    WHERE database_name = current_database()""",
    """CREATE VIEW sys.objects AS
    SELECT table_oid AS object_id, table_name AS name, schema_oid AS schema_id, 'U' AS type
    FROM duckdb_tables()
    UNION ALL
    SELECT view_oid, view_name, schema_oid, 'V' FROM duckdb_views() WHERE NOT internal""",
    """CREATE TABLE sys.types AS
    SELECT *, user_type_id AS system_type_id FROM (VALUES
      ('int', 56), ('bigint', 127), ('decimal', 106), ('nvarchar', 231), ('date', 40),
      ('datetime2', 42), ('datetimeoffset', 43), ('float', 62), ('bit', 104)
    ) AS known(name, user_type_id)""",
    """CREATE VIEW sys.columns AS
    SELECT table_oid AS object_id, column_name AS name, column_index AS column_id,
      0 AS default_object_id, is_nullable, numeric_precision AS precision, numeric_scale AS scale,
      CASE data_type WHEN 'VARCHAR' THEN 100 ELSE 8 END AS max_length, NULL AS collation_name,
      CASE WHEN data_type LIKE 'DECIMAL%' THEN 106 ELSE MAP {
        'INTEGER': 56, 'BIGINT': 127, 'VARCHAR': 231, 'DATE': 40, 'TIMESTAMP': 42,
        'TIMESTAMP WITH TIME ZONE': 43, 'DOUBLE': 62, 'BOOLEAN': 104
      }[data_type] END AS user_type_id
    FROM duckdb_columns() WHERE NOT internal""",
    "CREATE TABLE sys.system_views (name TEXT)",
    "CREATE TABLE sys.default_constraints (object_id INT, parent_column_id INT, definition TEXT)",
    """CREATE TABLE sys.computed_columns
    (object_id INT, column_id INT, is_persisted INT, definition TEXT)""",
    """CREATE TABLE sys.identity_columns
    (object_id INT, column_id INT, is_identity INT, seed_value INT, increment_value INT)""",
    """CREATE TABLE sys.extended_properties
    (class INT, major_id INT, minor_id INT, name TEXT, value TEXT)""",
    """CREATE VIEW told.primary_keys AS
    SELECT constraint_name AS name, table_oid AS object_id, constraint_column_indexes AS places
    FROM duckdb_constraints() WHERE constraint_type = 'PRIMARY KEY'""",
    """CREATE VIEW sys.key_constraints AS
    SELECT name, object_id AS parent_object_id, 'PK' AS type, 1 AS unique_index_id
    FROM told.primary_keys""",
    """CREATE VIEW sys.indexes AS
    SELECT object_id, 1 AS index_id, name, 1 AS type FROM told.primary_keys""",
    """CREATE VIEW sys.index_columns AS
    SELECT object_id, 1 AS index_id, UNNEST(places) + 1 AS column_id,
      GENERATE_SUBSCRIPTS(places, 1) AS key_ordinal
    FROM told.primary_keys""",
    """CREATE VIEW sys.partitions AS
    SELECT table_oid AS object_id, 1 AS index_id, estimated_size AS rows FROM duckdb_tables()""",
    """CREATE MACRO object_id(path) AS
    (SELECT object_id FROM sys.objects WHERE ENDS_WITH(path, '[' || name || ']'))""",
    """CREATE VIEW told.schemata AS
    SELECT name AS schema_name FROM sys.schemas WHERE name <> 'told'""",
    """CREATE VIEW told.tables AS
    SELECT s.name AS table_schema, o.name AS table_name,
      CASE o.type WHEN 'U' THEN 'BASE TABLE' ELSE 'VIEW' END AS table_type
    FROM sys.objects AS o JOIN sys.schemas AS s ON s.schema_id = o.schema_id""",
    "CREATE VIEW told.key_column_usage AS SELECT * FROM information_schema.key_column_usage",
    """CREATE VIEW told.referential_constraints AS
    SELECT * FROM information_schema.referential_constraints""",
)
"""What SQL Server has in its schemas `sys` and `INFORMATION_SCHEMA`: the latter is told under
another name, as DuckDB has one of its own. A primary key has the index of number 1."""
_SAYS = {
    "select @@version": "Microsoft SQL Server 2022 - 16.0.4135.4 (X64)",
    "SELECT schema_name()": "dbo",
}


class Connection:
    def __init__(self, database: duckdb.DuckDBPyConnection) -> None:
        self._database = database

    def cursor(self) -> Cursor:
        return Cursor(self._database.cursor())

    def commit(self) -> None:
        """Nothing was written."""

    rollback = close = commit

    def autocommit(self, on: bool) -> None:
        assert not on


class Cursor:
    def __init__(self, con: duckdb.DuckDBPyConnection) -> None:
        self._con = con.execute("USE dbo")
        self._rows: list[tuple[Any, ...]] = []
        self.description: Sequence[tuple[Any, ...]] | None = None
        self.rowcount = self.lastrowid = -1

    def execute(self, sql: str, given: Mapping[str, object] | tuple[()] = ()) -> None:
        if given:
            sql %= {name: _literal(value) for name, value in given.items()}
        self.description = None
        if sql.startswith("SET "):
            return
        if sql in _SAYS:
            self._rows, self.description = [(_SAYS[sql],)], [("", 1, *[None] * 5)]
            return
        if "fn_listextendedproperty" in sql:
            raise pymssql.OperationalError((208, b"Invalid object name."))
        try:
            self._con.execute(_in_duckdb(sql))
        except duckdb.CatalogException as failure:
            raise pymssql.ProgrammingError(208, str(failure).encode()) from None
        except duckdb.BinderException as failure:
            raise pymssql.ProgrammingError(207, str(failure).encode()) from None
        self._rows = self._con.fetchall()
        self.description = [(name, 1, *[None] * 5) for name, *_ in self._con.description or []]

    def fetchall(self) -> list[tuple[Any, ...]]:
        rows, self._rows = self._rows, []
        return rows

    def fetchone(self) -> tuple[Any, ...] | None:
        return self._rows.pop(0) if self._rows else None

    def fetchmany(self, size: int = 1) -> list[tuple[Any, ...]]:
        rows, self._rows = self._rows[:size], self._rows[size:]
        return rows

    def close(self) -> None:
        self._con.close()


def _literal(value: object) -> str:
    return exp.convert(value).sql("tsql")


def _in_duckdb(sql: str) -> str:
    own = re.sub(r"\bINFORMATION_SCHEMA\b", "told", sql).replace(" WITH (READPAST)", "")
    tree = sqlglot.parse_one(own, dialect="tsql")
    if isinstance(tree, exp.Union) and "order" in tree.args:
        for column in tree.args["order"].find_all(exp.Column):
            column.set("table", None)  # DuckDB knows the names of what is united alone
    return rewritten(tree, TO_DUCKDB["tsql"]).sql("duckdb")


def connecting(*statements: str) -> Callable[..., Connection]:
    """Return what connects, in place of pymssql's own, to a database that statements have filled:
    the schema `dbo` of it."""
    database = duckdb.connect()
    for statement in ("CREATE SCHEMA dbo", "USE dbo", *statements, *_CATALOGUE):
        database.execute(statement)

    def connect(user: str, password: str, **_: object) -> Connection:
        _note(-1)
        if password != PASSWORD:
            raise pymssql.OperationalError((18456, f"Login failed for user '{user}'.".encode()))
        return Connection(database)

    return connect
