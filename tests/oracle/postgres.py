"""PostgreSQL, with a case's rows as tables of a schema."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import psycopg

from kpidsl.engines.base import EngineError, Table, ValueType
from tests.oracle.case_engine import CaseEngine
from tests.oracle.generate import Case
from tests.servers.schemas import dropped, made_schema, url_of, write_table


class PostgresEngine(CaseEngine):
    """A connection that only reads, in a schema and at a project's time zone."""

    dialect = "postgres"
    keeps = False

    def __init__(self, case: Case, schema: str) -> None:
        super().__init__(case)
        self._zone = ZoneInfo(case.model.settings.timezone)
        self._con = psycopg.connect(url_of(schema), autocommit=True)
        for name, value in {
            "datestyle": "ISO",
            "default_transaction_read_only": "on",
            "timezone": case.model.settings.timezone,
        }.items():
            self._con.execute("SELECT set_config(%s, %s, false)", [name, value])

    def run(
        self, sql: str, types: Sequence[ValueType] | None = None, most: int | None = None
    ) -> Table:
        del types, most
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

    def cancel(self) -> None:
        self._con.cancel()

    def close(self) -> None:
        self._con.close()


@contextmanager
def postgres_of(case: Case) -> Iterator[PostgresEngine]:
    """An engine over a case's rows, in a schema that is dropped afterwards."""
    schema = made_schema()
    for name, columns in case.columns.items():
        rows = ([row[column] for column in columns] for row in case.tables[name])
        write_table(schema, name, columns, rows)
    engine = PostgresEngine(case, schema)
    try:
        yield engine
    finally:
        engine.close()
        dropped(schema)
