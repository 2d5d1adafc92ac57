"""Spark, by Spark Connect and its own client."""

from __future__ import annotations

import json
import logging
import os
import re
import warnings
from collections.abc import Callable, Sequence
from contextlib import suppress
from threading import Lock
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote
from uuid import uuid4

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from kpidsl.engines.attended import PATIENCE, Stoppable, asked, attended
from kpidsl.engines.base import EngineError, Scan, Table, TableFacts, TableKeys, ValueType
from kpidsl.engines.servers.address import Address, refused
from kpidsl.engines.servers.spark import FULL, KINDS, SAYS_MORE, Spark, at_most
from kpidsl.engines.servers.values import answered
from kpidsl.engines.tables_only import KeepsNothing, refused_files
from kpidsl.model.sources import Source
from kpidsl.text.diagnostic import Diagnostic

# What fails is told by an exception; gRPC would print it, too.
os.environ.setdefault("GRPC_VERBOSITY", "NONE")
with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # of a release of pandas, which is not used
    from pyspark.errors import PySparkException
    from pyspark.errors.exceptions.connect import SparkConnectGrpcException
    from pyspark.sql.connect.client import DefaultChannelBuilder
    from pyspark.sql.connect.plan import SQL
    from pyspark.sql.connect.session import SparkSession
    from pyspark.sql.types import DecimalType

if TYPE_CHECKING:
    from pyspark.sql.types import StructType

T = TypeVar("T")

_PAUSES = (0.5, 1.5)
"""Seconds between the attempts to connect."""
_SCHEMAS = 20
"""So many schemas are looked through for the names of tables."""
_SETTINGS = {
    "spark.sql.ansi.enabled": "true",
    "spark.sql.caseSensitive": "false",
    "spark.sql.decimalOperations.allowPrecisionLoss": "false",
    "spark.sql.legacy.decimal.retainFractionDigitsOnTruncate": "true",
    "spark.sql.orderByOrdinal": "true",
    "spark.sql.groupByOrdinal": "true",
    "spark.sql.parser.escapedStringLiterals": "false",
    "spark.sql.timestampType": "TIMESTAMP_LTZ",
}
"""What SQL rests on, whatever the server has for a default: what is too large is an error, and no
digit of a decimal is lost."""
_SHORT_CALLS = ("Config", "Interrupt", "ReleaseSession")
"""The calls that a server answers at once, if it does."""
_GONE = ("INVALID_HANDLE", "NO_ACTIVE_SESSION")
"""With these begin the conditions that Spark tells where it knows a session no more."""
_COUNTED = re.compile(r"(\d+) rows")

logging.getLogger("SQLQueryContextLogger").setLevel(logging.CRITICAL)  # it prints failures, too


class NotConnected(Exception):
    """There is no session; the text is the client's."""


class SparkEngine(KeepsNothing):
    """Read-only by construction: what is sent is the inner query of a SELECT, which nothing that
    writes can be.

    `timeout` is in seconds, `rows` the most that an answer may have; the server knows statements by
    a tag that begins with `tag`.
    """

    dialect = "spark"

    def __init__(
        self, address: Address, *, timezone: str, timeout: float, rows: int, tag: str = "kpidsl"
    ) -> None:
        assert isinstance(address.server, Spark)
        self._address = address
        self._server = address.server
        self._timezone = timezone
        self._timeout = timeout
        self._rows = rows
        self._tag = tag.replace(",", "")
        self._session: SparkSession | None = None
        self._connecting = Lock()
        self._under_way: set[_Statement] = set()

    @staticmethod
    def open(
        address: Address, timezone: str, *, timeout: float, rows: int, tag: str
    ) -> tuple[SparkEngine | None, list[Diagnostic]]:
        """Connect, or say why the server can't be connected to."""
        engine = SparkEngine(address, timezone=timezone, timeout=timeout, rows=rows, tag=tag)
        statement = _Statement(engine._tag)
        try:
            attended(lambda: engine._connected(statement), statement.stop, None)
        except NotConnected as failure:
            engine.close()
            return None, [refused(address, str(failure))]
        return engine, []

    def prepare(self, sources: Sequence[Source]) -> list[Diagnostic]:
        return refused_files("a Spark catalog", sources)

    def run(
        self, sql: str, types: Sequence[ValueType] | None = None, most: int | None = None
    ) -> Table:
        most = most or self._rows

        def answer(session: SparkSession) -> tuple[tuple[str, ...], list[Any]]:
            _look_again(session, sql)
            plan = SQL(at_most(sql, most + 1)).to_proto(session.client)
            # `session.sql(…).toArrow()` would analyse the statement three times.
            table = session.client.to_table(plan, {})[0]
            assert table is not None
            return tuple(table.column_names), table.columns

        names, columns = self._ask(answer)
        try:
            values = [column.to_pylist() for column in columns]
        except (ArithmeticError, ValueError) as failure:  # of a value of which Python has none
            raise EngineError("value", self._told(failure)) from None
        rows = list(zip(*values, strict=True))
        return answered(Table(names, rows), most, types, self._timezone)

    # --- sessions --------------------------------------------------------------------------

    def _ask(self, work: Callable[[SparkSession], T]) -> T:
        """Do work in the session; raises `EngineError`."""
        statement = _Statement(self._tag)

        def answer() -> T:
            session = self._connected(statement)
            session.addTag(statement.tag)  # of this thread, which ends with its work
            return work(session)

        try:
            return asked(answer, statement, self._under_way, self._timeout)
        except NotConnected as failure:
            raise EngineError("lost", str(failure)) from None
        except (PySparkException, ValueError) as failure:
            found = self._failed(failure)
        if found.kind == "lost":
            self.close()
        raise found

    def _connected(self, statement: _Statement) -> SparkSession:
        """Return the session, made again where it is gone; no statement has run yet."""
        with self._connecting:
            for pause in (*_PAUSES, None):
                kept = self._session
                try:
                    if kept is None:
                        self._session = statement.session = self._made()
                        self._set_up(self._session)
                    else:
                        statement.session = kept
                        kept.conf.get("spark.sql.session.timeZone")
                except (PySparkException, ValueError) as failure:
                    self.close()
                    text = self._told(failure)
                    again = kept is not None or self._server.may_pass(text)
                    if pause is None or not again or statement.stopped.wait(pause):
                        raise NotConnected(text) from None
                else:
                    assert statement.session is not None
                    return statement.session
        raise AssertionError("the last attempt connects or raises")

    def _made(self) -> SparkSession:
        """Return a session of which nothing is known yet."""
        address = self._address
        login = {"user_id": address.user, "token": address.password}
        options = {name: value for name, value in login.items() if value} | dict(address.options)
        written = "".join(
            f";{quote(name, safe='')}={quote(value, safe='')}" for name, value in options.items()
        )
        port = "" if address.port is None else f":{address.port}"
        url = f"sc://{address.host or 'localhost'}{port}/{written}"
        session = SparkSession(DefaultChannelBuilder(url, [("grpc.service_config", _limits())]))
        session.client.set_retry_policies([])  # by itself the client tries for ten minutes
        return session

    def _set_up(self, session: SparkSession) -> None:
        settings = _SETTINGS | {"spark.sql.session.timeZone": self._timezone}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of a setting that will be gone one day
            for name, value in settings.items():
                session.conf.set(name, value)
        if self._address.database is not None:
            session.sql(f"USE {_quoted(self._address.database.split('.'))}")

    def _failed(self, failure: Exception) -> EngineError:
        text = self._told(failure)
        state = (failure.getSqlState() if isinstance(failure, PySparkException) else None) or ""
        if _is_lost(failure):
            return EngineError("lost", text)
        assert isinstance(failure, PySparkException)
        kind = KINDS.get(state) or KINDS.get(state[:2], "other")
        if kind == "other" and (full := FULL.search(str(failure))):
            kind, text = "disk", full[0]
        if kind == "missing column":
            name = (failure.getMessageParameters() or {}).get("objectName", "")
            text = f'no such column: "{name.removesuffix("`").rpartition("`")[2]}"'
        return EngineError(kind, text)

    def _told(self, failure: Exception) -> str:
        """Return the first line of what a failure says, without a secret."""
        details = re.search(r'details = "(.*)"', str(failure))
        text = details[1] if details else str(failure)
        line = next(iter(text.strip().splitlines()), type(failure).__name__)
        return self._address.without_secrets(SAYS_MORE.sub("", line))

    def state(self, source: Source) -> str | None:
        """Of what a catalogue leads to, files or another database, nobody tells."""
        del source
        return None

    def cancel(self) -> None:
        for statement in list(self._under_way):
            statement.stop()

    def close(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            session.stop()

    # --- the catalogue ---------------------------------------------------------------------

    def tables(self) -> list[str]:
        def listed(session: SparkSession) -> list[str]:
            own = session.catalog.currentDatabase()
            names = [row[0] for row in session.sql("SHOW SCHEMAS").collect()]
            found = []
            for schema in sorted(names, key=lambda name: name != own)[:_SCHEMAS]:
                rows = session.sql(f"SHOW TABLES IN {_quoted([schema])}").collect()
                tables = sorted(row[1] for row in rows)
                found += [name if schema == own else f"{schema}.{name}" for name in tables]
            return found

        try:
            return self._ask(listed)
        except EngineError:
            return []

    def columns(self, path: Sequence[str]) -> dict[str, str]:
        try:
            schema = self._ask(lambda session: session.table(_quoted(path)).schema)
        except EngineError:
            return {}
        return {field.name: field.dataType.simpleString() for field in schema}

    def decimals(self, sql: str) -> dict[str, int]:
        return _places(self._ask(lambda session: session.sql(at_most(sql, 0)).schema))

    def facts(self, path: Sequence[str]) -> TableFacts:
        def known(session: SparkSession) -> TableFacts:
            described = session.sql(f"DESCRIBE TABLE EXTENDED {_quoted(path)}").collect()
            told = " ".join(row[1] for row in described if row[0] == "Statistics")
            counted = _COUNTED.search(told)
            schema = session.table(_quoted(path)).schema
            return TableFacts(int(counted[1]) if counted else None, _places(schema))

        try:
            return self._ask(known)
        except EngineError:
            return TableFacts()

    def keys(self, path: Sequence[str]) -> TableKeys:
        """Spark's own catalogue keeps none."""
        del path
        return TableKeys()

    def estimate(self, sql: str) -> Scan:
        """Its plans tell bytes of files, and no rows unless somebody has counted them."""
        del sql
        return Scan()


class _Statement(Stoppable):
    """What runs in a session, which knows it by a tag."""

    def __init__(self, tag: str) -> None:
        super().__init__()
        self.tag = f"{tag} {uuid4()}"
        self.session: SparkSession | None = None

    def _has_begun(self) -> bool:
        return self.session is not None

    def _cancel(self) -> None:
        assert self.session is not None
        self.session.interruptTag(self.tag)

    def _hang_up(self) -> None:
        assert self.session is not None
        self.session.client.close()


def _is_lost(failure: Exception) -> bool:
    """Tell whether there is no connection any more. Only what is said in codes tells that: words
    may quote the data."""
    if not isinstance(failure, PySparkException):
        return True  # the client's own word that its channel is closed
    if (failure.getCondition() or "").startswith(_GONE):
        return True
    if not isinstance(failure, SparkConnectGrpcException):
        return False
    return failure.getGrpcStatusCode().name in {"CANCELLED", "UNAVAILABLE"}


def _look_again(session: SparkSession, sql: str) -> None:
    """Let a session see what others have written to the tables of a statement: it lists the files
    of a table once, and would go on reading those."""
    try:
        tree = sqlglot.parse_one(sql, dialect="spark")
    except SqlglotError:
        return  # Spark says what is wrong
    named = {cte.alias for cte in tree.find_all(exp.CTE)}
    paths = {tuple(part.name for part in table.parts) for table in tree.find_all(exp.Table)}
    for path in sorted(paths):
        if len(path) > 1 or path[0] not in named:
            with suppress(PySparkException):  # the statement itself fails on it, too
                session.catalog.refreshTable(_quoted(path))


def _limits() -> str:
    """Return the seconds in which calls must be answered, as gRPC is told them."""
    names = [
        {"service": "spark.connect.SparkConnectService", "method": call} for call in _SHORT_CALLS
    ]
    return json.dumps({"methodConfig": [{"name": names, "timeout": f"{PATIENCE}s"}]})


def _quoted(path: Sequence[str]) -> str:
    return ".".join("`" + part.replace("`", "``") + "`" for part in path)


def _places(schema: StructType) -> dict[str, int]:
    return {
        field.name: field.dataType.scale
        for field in schema
        if isinstance(field.dataType, DecimalType)
    }
