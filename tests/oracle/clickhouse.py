"""ClickHouse in this process, with a case's rows as tables of a database of its own."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from decimal import Decimal
from functools import cache
from itertools import count

import clickhouse_connect
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import DatabaseError

from kpidsl.engines.base import EngineError, Table, ValueType
from kpidsl.engines.servers.clickhouse import LARGE
from tests.oracle.case_engine import CaseEngine
from tests.oracle.generate import Case
from tests.servers.clickhouse_tables import write_table

_OVERFLOWS = {"395", "407"}
"""The codes of what `throwIf` finds, and of a decimal that is too large for its type."""
_NUMBERS = count(1)


class ProcessEngine(CaseEngine):
    dialect = "clickhouse"
    keeps = True

    def __init__(self, case: Case, client: Client) -> None:
        super().__init__(case)
        self._client = client

    def run(
        self, sql: str, types: Sequence[ValueType] | None = None, most: int | None = None
    ) -> Table:
        del types, most
        try:
            found = self._client.query(sql)
        except DatabaseError as failure:
            code = re.search(r"Code: (\d+)", str(failure))
            is_overflow = code is not None and code[1] in _OVERFLOWS
            raise EngineError("overflow" if is_overflow else "other", str(failure)) from failure
        return Table(
            tuple(found.column_names), [tuple(map(_given, row)) for row in found.result_rows]
        )

    def keep(self, sql: str) -> None:
        self._client.command(sql)

    def cancel(self) -> None:
        """Nothing runs while a test looks at an answer."""

    def close(self) -> None:
        """The client serves the other cases, too."""


@cache
def client() -> Client:
    return clickhouse_connect.get_client(interface="chdb", settings=dict(LARGE))


@contextmanager
def clickhouse_of(case: Case) -> Iterator[ProcessEngine]:
    database = f"case_{next(_NUMBERS)}"
    shared = client()
    shared.command(f"CREATE DATABASE {database} ENGINE = Memory")
    shared.command(f"USE {database}")
    try:
        for name, columns in case.columns.items():
            rows = ([row[column] for column in columns] for row in case.tables[name])
            write_table(shared, name, columns, rows)
        yield ProcessEngine(case, shared)
    finally:
        shared.command("USE default")
        shared.command(f"DROP DATABASE {database}")


def _given(value: object) -> object:
    """A whole number of any size comes as a decimal without places."""
    if isinstance(value, Decimal) and value.is_finite() and value.as_tuple().exponent == 0:
        return int(value)
    return value
