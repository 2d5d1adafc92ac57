"""A database server, by SQLAlchemy and the server's own driver."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import islice
from typing import Any, TypeVar

import sqlalchemy
from sqlalchemy.exc import DBAPIError, NoSuchTableError, SAWarning, SQLAlchemyError
from sqlalchemy.types import Float, NullType, Numeric, TypeEngine

from kpidsl.engines.attended import PATIENCE, Stoppable, asked, too_long
from kpidsl.engines.base import (
    EngineError,
    ForeignKey,
    Scan,
    Table,
    TableFacts,
    TableKeys,
    ValueType,
)
from kpidsl.engines.servers import BigQuery, Server, Spark
from kpidsl.engines.servers.address import Address, refused
from kpidsl.engines.servers.values import answered
from kpidsl.engines.tables_only import KeepsNothing, refused_files
from kpidsl.model.sources import Source, TableOrigin
from kpidsl.text.diagnostic import Diagnostic

T = TypeVar("T")

_CONNECTIONS = 4
"""So many statements run at the same time; further ones wait."""
_PAUSES = (0.5, 1.5)
"""Seconds between the attempts to connect."""
_GRACE = 5
"""Seconds that the server has to stop a statement by itself when its time is up."""


class NotConnected(Exception):
    """No connection was made; the text is the driver's."""


class ServerEngine(KeepsNothing):
    """Read-only by construction: each statement is one SELECT in a transaction of its own, which
    is begun as one that only reads, and rolled back.

    `timeout` is in seconds, `rows` the most that an answer may have, and `tag` stands in a comment
    above each statement, for those who look at what the server runs.
    """

    def __init__(
        self, address: Address, *, timezone: str, timeout: float, rows: int, tag: str = "kpidsl"
    ) -> None:
        self._address = address
        assert not isinstance(address.server, BigQuery | Spark), "it is not reached by SQLAlchemy"
        self._server: Server = address.server
        unknown = address.options.keys() - (self._server.known or address.options.keys())
        if unknown:
            raise ValueError(f"there is no option `{min(unknown)}`")
        self.dialect = self._server.dialect
        self._timezone = timezone
        self._timeout = timeout
        self._rows = rows
        self._tag = f"/* {tag.replace('*/', '')} */ "
        self._under_way: set[_Statement] = set()
        self._engine = sqlalchemy.create_engine(
            sqlalchemy.URL.create(
                self._server.driver,
                address.user,
                address.password,
                address.host,
                address.port,
                address.database,
                address.options,
            ),
            connect_args=self._server.arguments(PATIENCE, timeout),
            execution_options=self._server.options,
            hide_parameters=True,
            max_overflow=0,
            pool_size=_CONNECTIONS,
            pool_timeout=timeout,
        )

        @sqlalchemy.event.listens_for(self._engine, "connect")
        def mark(connection: Any, _: object) -> None:  # noqa: ANN401 -- each driver has its own
            self._server.mark(connection)

    @classmethod
    def open(
        cls, address: Address, timezone: str, *, timeout: float, rows: int, tag: str
    ) -> tuple[ServerEngine | None, list[Diagnostic]]:
        """Connect, or say why the server can't be connected to."""
        try:
            engine = cls(address, timezone=timezone, timeout=timeout, rows=rows, tag=tag)
        except (SQLAlchemyError, ValueError) as failure:  # of a url that can't be taken
            return None, [refused(address, address.without_secrets(str(failure)))]
        try:
            with engine._connection(_Statement(engine._server)):
                return engine, []
        except NotConnected as failure:
            engine.close()
            return None, [refused(address, str(failure))]

    def prepare(self, sources: Sequence[Source]) -> list[Diagnostic]:
        return refused_files(f"a {self._server.name} database", sources)

    def run(
        self, sql: str, types: Sequence[ValueType] | None = None, most: int | None = None
    ) -> Table:
        most = most or self._rows
        table = self._ask(lambda con: self._fetched(con, sql, most + 1))
        return answered(table, most, types, self._timezone)

    def _fetched(self, con: sqlalchemy.Connection, sql: str, rows: int) -> Table:
        result = self._executed(con, self._tag + self._server.at_most(sql, rows))
        cursor = result.cursor
        assert cursor is not None
        names = tuple(column[0] for column in cursor.description)  # SQLAlchemy may change some
        # Of some statements no limit could be written into the SQL.
        table = Table(names, [tuple(row) for row in islice(result, rows)])
        noticed = self._server.noticed(con.connection.dbapi_connection, cursor)
        result.close()
        if noticed is not None:
            raise noticed
        return table

    def _executed(self, con: sqlalchemy.Connection, sql: str) -> sqlalchemy.CursorResult[Any]:
        # Without this option `%` and `:name` in a statement would be taken for parameters.
        written = sql.replace("%", self._server.percent)
        return con.exec_driver_sql(written, execution_options={"no_parameters": True})

    # --- connections -----------------------------------------------------------------------

    def _ask(self, work: Callable[[sqlalchemy.Connection], T]) -> T:
        """Do work on a connection; raises `EngineError`."""
        statement = _Statement(self._server)
        begun = time.monotonic()

        def answer() -> T:
            with self._connection(statement) as con:
                return work(con)

        try:
            return asked(answer, statement, self._under_way, self._timeout, _GRACE)
        except NotConnected as failure:
            raise EngineError("lost", self._server.refusal(str(failure))[1]) from None
        except DBAPIError as failure:
            found = self._failed(failure)
        except SQLAlchemyError as failure:  # such as of a view whose table is gone
            found = self._cleaned(EngineError("other", str(failure)))
        except (ArithmeticError, ValueError) as failure:  # of a value that a driver can't read
            found = self._cleaned(EngineError("value", str(failure)))
        if found.kind == "cancelled" and time.monotonic() - begun >= self._timeout:
            raise too_long(self._timeout)
        raise found

    @contextmanager
    def _connection(self, statement: _Statement) -> Iterator[sqlalchemy.Connection]:
        """Yield a connection in a transaction that only reads, with the session's settings."""
        con = self._connected(statement)
        try:
            yield con
        finally:
            statement.connection = None
            with suppress(SQLAlchemyError):  # a connection that is lost has nothing to roll back
                con.close()

    def _connected(self, statement: _Statement) -> sqlalchemy.Connection:
        """Connect, again after a pause where that may help: no statement has run yet."""
        settings = self._server.settings(self._timezone, self._timeout)
        for pause in (*_PAUSES, None):
            con = None
            try:
                con = self._engine.connect()
                statement.connection = con.connection.dbapi_connection
                self._executed(con, settings)
            # A driver has errors of Python's own for an option of the url that it can't take.
            except (SQLAlchemyError, TypeError, ValueError) as failure:
                if con is not None:
                    con.close()
                reason = failure.orig if isinstance(failure, DBAPIError) else failure
                text = self._address.without_secrets(" ".join(str(reason).split()))
                # One that has ended is told from one that was not made by what is at hand.
                is_lost = isinstance(failure, DBAPIError) and failure.connection_invalidated
                was_kept = con is not None and is_lost
                again = was_kept or self._server.may_pass(text)
                if pause is None or not again or statement.stopped.wait(pause):
                    raise NotConnected(text) from None
            else:
                return con
        raise AssertionError("the last attempt connects or raises")

    def _failed(self, failure: DBAPIError) -> EngineError:
        assert failure.orig is not None
        return self._cleaned(self._server.failed(failure.orig, failure.statement or ""))

    def _cleaned(self, found: EngineError) -> EngineError:
        """Return the first line of what a failure says, without a secret."""
        text = self._address.without_secrets(str(found).strip())
        return EngineError(found.kind, text.splitlines()[0] if text else found.kind)

    def state(self, source: Source) -> str | None:
        origin = source.origin
        sql = self._server.state(origin.path) if isinstance(origin, TableOrigin) else None
        if sql is None:
            return None
        statement = self._tag + sql
        try:
            return self._ask(lambda con: self._executed(con, statement).scalar())
        except EngineError:
            return None

    def cancel(self) -> None:
        for statement in list(self._under_way):
            statement.stop()

    def close(self) -> None:
        self._engine.dispose()

    # --- the catalogue ---------------------------------------------------------------------

    def tables(self) -> list[str]:
        def listed(con: sqlalchemy.Connection) -> list[str]:
            catalogue = sqlalchemy.inspect(con)
            return [
                name if schema == catalogue.default_schema_name else f"{schema}.{name}"
                for schema in catalogue.get_schema_names()
                if schema not in self._server.hidden and self._may_look_up([schema])
                for name in sorted(_names_in(catalogue, schema))
            ]

        try:
            return self._ask(listed)
        except EngineError:
            return []

    def columns(self, path: Sequence[str]) -> dict[str, str]:
        if not self._may_look_up(path):
            return {}
        try:
            return self._ask(
                lambda con: {
                    column["name"]: _type_name(column["type"], con)
                    for column in _columns(con, path)
                }
            )
        except EngineError:
            return {}

    def decimals(self, sql: str) -> dict[str, int]:
        def described(con: sqlalchemy.Connection) -> dict[str, int]:
            result = self._executed(con, self._tag + self._server.at_most(sql, 0))
            assert result.cursor is not None
            known = (
                (column[0], self._server.places(column)) for column in result.cursor.description
            )
            return {name: places for name, places in known if places is not None}

        return self._ask(described)

    def facts(self, path: Sequence[str]) -> TableFacts:
        if not self._may_look_up(path):
            return TableFacts()

        def known(con: sqlalchemy.Connection) -> TableFacts:
            rows = self._executed(con, self._tag + self._server.rows(path)).scalar()
            return TableFacts(
                rows,
                {
                    column["name"]: column["type"].scale
                    for column in _columns(con, path)
                    if isinstance(column["type"], Numeric)
                    and not isinstance(column["type"], Float)
                    and column["type"].scale is not None
                },
            )

        try:
            return self._ask(known)
        except EngineError:
            return TableFacts()

    def keys(self, path: Sequence[str]) -> TableKeys:
        if not self._may_look_up(path):
            return TableKeys()
        *schemas, name = path
        schema = schemas[-1] if schemas else None

        def declared(con: sqlalchemy.Connection) -> TableKeys:
            catalogue = sqlalchemy.inspect(con)
            with _unknown_types():
                primary = catalogue.get_pk_constraint(name, schema)["constrained_columns"]
                found = catalogue.get_foreign_keys(name, schema)
            own = (None, catalogue.default_schema_name)
            foreign = (
                ForeignKey(
                    tuple(item["constrained_columns"]),
                    (item["referred_table"],)
                    if item["referred_schema"] in own
                    else (item["referred_schema"], item["referred_table"]),
                    tuple(item["referred_columns"]),
                )
                for item in found
            )
            return TableKeys(tuple(primary), tuple(foreign))

        try:
            return self._ask(declared)
        except EngineError:
            return TableKeys()

    def _may_look_up(self, path: Sequence[str]) -> bool:
        return not set(self._server.pasted) & set("".join(path))

    def estimate(self, sql: str) -> Scan:
        def told(con: sqlalchemy.Connection) -> Scan:
            def size_of(path: Sequence[str]) -> int | None:
                rows = self._executed(con, self._tag + self._server.rows(path)).scalar()
                return None if rows is None else int(rows)

            plan = self._executed(con, self._tag + self._server.explained(sql)).fetchall()
            return self._server.scanned(plan, size_of)

        return self._ask(told)


class _Statement(Stoppable):
    """What runs on a connection of a driver."""

    def __init__(self, server: Server) -> None:
        super().__init__()
        self._server = server
        self.connection: Any = None

    def _has_begun(self) -> bool:
        return self.connection is not None

    def _cancel(self) -> None:
        self._server.cancel(self.connection)

    def _hang_up(self) -> None:
        self._server.hang_up(self.connection)


def _type_name(kind: TypeEngine[Any], con: sqlalchemy.Connection) -> str:
    return "" if isinstance(kind, NullType) else kind.compile(dialect=con.dialect)


def _names_in(catalogue: sqlalchemy.Inspector, schema: str) -> set[str]:
    """Return the names of what has rows in a schema, of any kind."""
    found = {*catalogue.get_table_names(schema), *catalogue.get_view_names(schema)}
    if catalogue.dialect.name == "postgresql":
        own: Any = catalogue  # it knows more kinds than other inspectors
        found.update(own.get_materialized_view_names(schema), own.get_foreign_table_names(schema))
    return found


def _columns(con: sqlalchemy.Connection, path: Sequence[str]) -> list[Any]:
    *schemas, name = path
    own = (con.engine.url.database or "").partition("/")[0]
    if len(schemas) > 1 and schemas[-2].casefold() != own.casefold():
        return []  # SQLAlchemy looks into the database of the url alone
    with _unknown_types(), suppress(NoSuchTableError):
        return list(sqlalchemy.inspect(con).get_columns(name, schemas[-1] if schemas else None))
    return []


@contextmanager
def _unknown_types() -> Iterator[None]:
    """Look at tables with types that SQLAlchemy has no class for, and would warn of."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SAWarning)
        yield
