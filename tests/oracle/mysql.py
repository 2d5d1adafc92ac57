"""MariaDB, with a case's rows as tables of a database."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager

from kpidsl.engines.base import TableFacts
from kpidsl.engines.server import ServerEngine
from kpidsl.engines.servers.address import address_of
from tests.oracle.case_engine import facts_of
from tests.oracle.generate import Case
from tests.servers.databases import dropped, made_database, server, write_table


class MySQLEngine(ServerEngine):
    """The engine that people use, told how large a case's tables are: only a case knows."""

    def __init__(self, case: Case, database: str) -> None:
        address = address_of(server().url(database))
        assert address is not None
        zone = case.model.settings.timezone
        super().__init__(address, timezone=zone, timeout=60, rows=1_000_000)
        self._case = case

    def facts(self, path: Sequence[str]) -> TableFacts:
        return facts_of(self._case, path)


@contextmanager
def mysql_of(case: Case) -> Iterator[MySQLEngine]:
    """An engine over a case's rows, in a database that is dropped afterwards."""
    database = made_database()
    try:
        for name, columns in case.columns.items():
            rows = ([row[column] for column in columns] for row in case.tables[name])
            write_table(database, name, columns, rows)
        with closing(MySQLEngine(case, database)) as engine:
            yield engine
    finally:
        dropped(database)
