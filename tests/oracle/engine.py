"""The product's answer to a case, in the oracle's shape, on each engine that runs here."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
import pytest

from kpidsl.engines.base import Engine, EngineError, Table, TableFacts, ValueType
from kpidsl.engines.embedded import execute
from kpidsl.engines.sqlite import SQLiteEngine
from kpidsl.plan.planner import plan
from kpidsl.run.result import Role
from kpidsl.run.runner import Runner
from kpidsl.text.diagnostic import Severity
from tests import support
from tests.oracle.case_engine import CaseEngine, facts_of
from tests.oracle.generate import Case
from tests.oracle.leaves import Answer
from tests.oracle.rows import Refused
from tests.support import EngineName

EVERY_ENGINE = (
    *support.EVERY_ENGINE,
    pytest.param("googlesql", marks=pytest.mark.googlesql),
)
"""All that a test may run on, one test each."""


class MemoryEngine(CaseEngine):
    """DuckDB in memory, with a case's rows as tables."""

    dialect = "duckdb"
    keeps = True

    def __init__(self, case: Case) -> None:
        super().__init__(case)
        self._con = duckdb.connect()
        self._con.execute("SET TimeZone = ?", [case.model.settings.timezone])
        for name, columns in case.columns.items():
            declared = ", ".join(f"{_quoted(column)} {kind}" for column, kind in columns.items())
            self._con.execute(f"CREATE TABLE {_quoted(name)} ({declared})")
            places = ", ".join("?" * len(columns))
            for row in case.tables[name]:
                self._con.execute(
                    f"INSERT INTO {_quoted(name)} VALUES ({places})",  # noqa: S608 -- quoted
                    [row[column] for column in columns],
                )

    def run(
        self, sql: str, types: Sequence[ValueType] | None = None, most: int | None = None
    ) -> Table:
        del types, most
        try:
            cursor = execute(self._con, sql)
        except duckdb.OutOfRangeException as failure:
            raise EngineError("overflow", str(failure)) from failure
        return Table(tuple(item[0] for item in cursor.description or ()), cursor.fetchall())

    def keep(self, sql: str) -> None:
        self._con.execute(sql)

    def cancel(self) -> None:
        self._con.interrupt()

    def close(self) -> None:
        self._con.close()


class FileEngine(SQLiteEngine):
    """SQLite, told how large a case's tables are: it doesn't know by itself."""

    def __init__(self, case: Case, database: Path) -> None:
        super().__init__(database, timezone=case.model.settings.timezone)
        self._case = case

    def facts(self, path: Sequence[str]) -> TableFacts:
        return facts_of(self._case, path)


def _quoted(name: str) -> str:
    doubled = name.replace('"', '""')
    return f'"{doubled}"'


@contextmanager
def engine_of(case: Case, name: EngineName = "duckdb") -> Iterator[Engine]:
    if name == "duckdb":
        with closing(MemoryEngine(case)) as engine:
            yield engine
        return
    if name == "postgres":
        from tests.oracle.postgres import postgres_of  # noqa: PLC0415 -- of an extra

        with postgres_of(case) as server:
            yield server
        return
    if name == "clickhouse":
        from tests.oracle.clickhouse import clickhouse_of  # noqa: PLC0415 -- of an extra

        with clickhouse_of(case) as process:
            yield process
        return
    if name in {"spark", "databricks"}:
        from tests.oracle.spark import spark_of  # noqa: PLC0415 -- of an extra

        with spark_of(case, name) as session:
            yield session
        return
    if name == "googlesql":
        from tests.oracle.googlesql import googlesql_of  # noqa: PLC0415 -- of an extra

        with googlesql_of(case) as evaluator:
            yield evaluator
        return
    if name == "mysql":
        from tests.oracle.mysql import mysql_of  # noqa: PLC0415 -- of an extra

        with mysql_of(case) as other:
            yield other
        return
    with TemporaryDirectory() as folder:
        database = Path(folder) / "case.sqlite"
        _write_sqlite(case, database)
        with closing(FileEngine(case, database)) as file:
            yield file


def _write_sqlite(case: Case, database: Path) -> None:
    """A case's rows as an application would keep them: SQLite knows numbers and texts."""
    with closing(sqlite3.connect(database)) as con:
        con.execute("PRAGMA synchronous = OFF")
        for name, columns in case.columns.items():
            declared = ", ".join(
                f"{_quoted(column)} {'JSON' if kind.startswith('STRUCT') else kind}"
                for column, kind in columns.items()
            )
            con.execute(f"CREATE TABLE {_quoted(name)} ({declared})")
            places = ", ".join("?" * len(columns))
            con.executemany(
                f"INSERT INTO {_quoted(name)} VALUES ({places})",  # noqa: S608 -- quoted
                [[_kept(row[column]) for column in columns] for row in case.tables[name]],
            )
        con.commit()


def _kept(value: object) -> Any:
    match value:
        case Decimal():
            return float(value)
        case datetime():
            return value.isoformat(" ")
        case date():
            return value.isoformat()
        case dict():
            return json.dumps(value)
    return value


def run_on(name: EngineName, case: Case) -> Answer:
    """Plan, lower and run a case; raises `Refused` where the planner gives no plan, or
    the data contradict `once per`, know no hours, or let an id stand for two."""
    planned, diagnostics = plan(case.model, case.query)
    if planned is None:
        raise Refused("; ".join(f"{each.code} {each.message}" for each in diagnostics))
    with engine_of(case, name) as engine:
        result, found = Runner(case.model, engine).query(case.query)
    claimed = {"K644", "K652", "K657", "K671", "K672", "K666", "K667"}
    if name == "googlesql":
        claimed |= {"K501", "K646"}
    errors = [each for each in found if each.severity is Severity.ERROR]
    if result is None and {each.code for each in errors} <= claimed:
        raise Refused(f"{errors[0].code} {errors[0].message}")
    assert result is not None, found
    key_columns = [
        number for number, column in enumerate(result.columns) if column.role is not Role.METRIC
    ]
    answer: Answer = {}
    for row in result.rows:
        key = tuple(row[number] for number in key_columns)
        values: dict[str, object] = {
            column.name: value
            for column, value in zip(result.columns, row, strict=True)
            if column.role is Role.METRIC
        }
        # Totals by quarter and by a fiscal quarter may be of the same days.
        assert answer.setdefault(key, values) == values, f"two rows for {key}"
    return answer
