"""Google's reference evaluator of GoogleSQL, over a case's rows. It is not BigQuery: it knows that
engine's SQL, and none of its limits.

It runs in a process of its own: where it ends by a fault of its own, a test fails, and the next one
gets another. So it does where a statement takes too long, which is a refusal.
"""

from __future__ import annotations

import atexit
import re
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from functools import cache
from multiprocessing import get_context
from typing import TypeVar

from kpidsl.engines.base import EngineError, Table, ValueType
from tests.oracle.case_engine import CaseEngine
from tests.oracle.generate import Case
from tests.oracle.googlesql_worker import MOST_SECONDS, Failed, Given, evaluate, prepare

T = TypeVar("T")
_TYPES = {
    "BIGINT": "INT64",
    "BOOLEAN": "BOOL",
    "DATE": "DATE",
    "DOUBLE": "DOUBLE",
    "INTEGER": "INT64",
    "REAL": "DOUBLE",
    "TIMESTAMP": "DATETIME",
    "TIMESTAMPTZ": "TIMESTAMP",
    "VARCHAR": "STRING",
}
_DECIMAL = re.compile(r"DECIMAL\((\d+), ?(\d+)\)")
_NUMERIC = (29, 9)
"""So many digits a NUMERIC has before its point and after it."""


class EvaluatorEngine(CaseEngine):
    dialect = "bigquery"
    keeps = False

    def __init__(self, case: Case) -> None:
        super().__init__(case)
        self._tables = [
            Given(
                name,
                {column: _type(kind) for column, kind in columns.items()},
                [tuple(row[column] for column in columns) for row in case.tables[name]],
            )
            for name, columns in case.columns.items()
        ]

    def run(
        self, sql: str, types: Sequence[ValueType] | None = None, most: int | None = None
    ) -> Table:
        del types, most
        began = time.monotonic()
        try:
            return Table(*evaluated(sql, self._tables))
        except BrokenProcessPool as end:
            if time.monotonic() - began < MOST_SECONDS:
                raise
            raise EngineError("timeout", f"more than {MOST_SECONDS:g} s") from end
        except Failed as failure:
            is_overflow = re.search("overflow|out of range", str(failure), re.IGNORECASE)
            raise EngineError("overflow" if is_overflow else "other", str(failure)) from failure

    def keep(self, sql: str) -> None:
        raise EngineError("permission", sql)

    def cancel(self) -> None:
        """Nothing runs while a test looks at an answer."""

    def close(self) -> None:
        """The process serves the other cases, too."""


def evaluated(
    sql: str, tables: Sequence[Given] = ()
) -> tuple[tuple[str, ...], list[tuple[object, ...]]]:
    """Return the names of the columns of an answer, and its rows."""
    return _asked(evaluate, sql, tables)


def typed(sql: str, tables: Sequence[Given] = ()) -> list[tuple[str, str]]:
    """Return the names of the columns of an answer, and of their types."""
    return _asked(prepare, sql, tables)


def _asked(what: Callable[[str, Sequence[Given]], T], sql: str, tables: Sequence[Given]) -> T:
    try:
        return _process().submit(what, sql, tables).result()
    except BrokenProcessPool:
        _process.cache_clear()
        raise


@cache
def _process() -> ProcessPoolExecutor:
    pool = ProcessPoolExecutor(1, mp_context=get_context("spawn"))
    atexit.register(pool.shutdown)
    return pool


@contextmanager
def googlesql_of(case: Case) -> Iterator[EvaluatorEngine]:
    yield EvaluatorEngine(case)


def _type(kind: str) -> str | dict[str, str]:
    if kind.startswith("STRUCT"):
        return dict.fromkeys(re.findall('"([^"]*)"', kind), "STRING")
    if sizes := _DECIMAL.fullmatch(kind):
        precision, places = map(int, sizes.groups())
        fits = precision - places <= _NUMERIC[0] and places <= _NUMERIC[1]
        return "NUMERIC" if fits else "BIGNUMERIC"
    return _TYPES[kind]
