"""Spark, with a case's rows as views of a session."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

from kpidsl.engines.base import TableFacts
from kpidsl.engines.servers.address import address_of
from kpidsl.engines.spark import SparkEngine
from tests.oracle.case_engine import facts_of
from tests.oracle.generate import Case
from tests.servers.spark import quoted, select_of, server

if TYPE_CHECKING:
    from pyspark.sql.connect.session import SparkSession


class SessionEngine(SparkEngine):
    """Spark as kpidsl connects to it, told how large a case's tables are: of views nobody knows."""

    def __init__(self, case: Case, dialect: str) -> None:
        address = address_of(server().url())
        assert address is not None
        super().__init__(address, timezone=case.model.settings.timezone, timeout=120, rows=100_000)
        self.dialect = dialect
        self._case = case

    def _set_up(self, session: SparkSession) -> None:
        super()._set_up(session)
        for name, columns in self._case.columns.items():
            rows = ([row[column] for column in columns] for row in self._case.tables[name])
            # Only what a session alone sees may have a name of any signs.
            session.sql(f"CREATE TEMPORARY VIEW {quoted(name)} AS {select_of(columns, rows)}")

    def facts(self, path: Sequence[str]) -> TableFacts:
        return facts_of(self._case, path)


@contextmanager
def spark_of(case: Case, dialect: str) -> Iterator[SessionEngine]:
    """An engine over a case's rows; what it is sent is Spark's own SQL, or Databricks'."""
    with closing(SessionEngine(case, dialect)) as engine:
        yield engine
