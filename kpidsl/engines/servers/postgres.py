"""PostgreSQL, by psycopg."""

from __future__ import annotations

import os
import re
import socket
from collections.abc import Callable, Mapping, Sequence, Set
from typing import Any

from kpidsl.engines.base import UNLIMITED, EngineError, Scan
from kpidsl.engines.servers.base import Refusal
from kpidsl.engines.servers.postgres_plan import rows_read

_KINDS = {
    "22003": "overflow",
    "22012": "division",
    "25006": "writing",
    "3F000": "missing table",
    "42501": "permission",
    "42703": "missing column",
    "42P01": "missing table",
    "53100": "disk",
    "53400": "disk",  # an operator's limit of temporary files
    "57014": "cancelled",
    # By the first two digits, where the five tell no more.
    "08": "lost",
    "22": "value",
    "57": "lost",
}
"""What PostgreSQL's error codes mean (appendix A of its manual)."""

_BUSY = (
    "too many|remaining connection slots|starting up|shutting down|recovery mode"
    "|not (yet )?accepting connections"
)
_REFUSALS = (
    (Refusal.HOST, r"(failed to resolve|could not translate) host"),
    (Refusal.DATABASE, r"database _ does not exist"),
    (Refusal.LOGIN, r"authentication failed|password|role _|pg_hba"),
    (Refusal.ENCRYPTION, r"SSL|TLS|certificate|encryption"),
    (
        Refusal.UNREACHABLE,
        "refused|time(out|d out)|unreachable|no route|no such file|closed the connection|reset by|"
        + _BUSY,
    ),
)
"""Why there is no connection, of which libpq has words and no code; `_` is a name."""
_NAMES = re.compile(r"\"[^\"]*\"|'[^']*'")
_MAY_PASS = re.compile(
    rf"temporary failure|refused|closed the connection|reset by|{_BUSY}", re.IGNORECASE
)
_AROUND = re.compile(
    r"^(connection (failed|is bad): )?"
    r"(connection to server at [^,]*, port \d+ failed: )?(FATAL: +)?"
    r"| Is the server running .*$"
)
"""What libpq says beside the reason."""
_OWN_KINDS = {"OperationalError": "lost", "InterfaceError": "lost", "DataError": "value"}
"""What errors of a driver itself mean, by class: the end of the connection, and a value of which
Python has none."""

_NUMERIC = 1700
"""PostgreSQL's code of decimals."""

_NAME = r'(?:"(?:[^"]|"")*"|\w+)'
_COLUMN = re.compile(rf"(?:{_NAME}\s*\.\s*)*({_NAME})")


class Postgres:
    name = "PostgreSQL"
    dialect = "postgres"
    schemes: tuple[str, ...] = ("postgresql", "postgres")
    extra = "postgres"
    needs: tuple[str, ...] = ("sqlalchemy", "psycopg")
    driver = "postgresql+psycopg"
    options: Mapping[str, object] = {"postgresql_readonly": True}
    about = (
        "SELECT current_setting('server_version'), current_setting('TimeZone'), "
        "current_setting('transaction_read_only') = 'on'"
    )
    percent = "%"
    hidden: tuple[str, ...] = ("information_schema",)
    known: Set[str] | None = None
    pasted = ""

    def arguments(self, patience: int, timeout: float) -> dict[str, object]:
        del timeout  # it is set in each transaction
        return libpq(patience) | {
            # What is prepared is one statement: no second one ends the transaction.
            "prepare_threshold": 0,
            "autocommit": False,  # whatever the url says
        }

    def mark(self, connection: Any) -> None:  # noqa: ANN401
        """The application's name says it all. The blanks that fill up a `CHAR` are no part of it:
        no text that is compared with it has them."""
        from psycopg.types.string import TextLoader  # noqa: PLC0415 -- an extra brings it

        class Unfilled(TextLoader):
            def load(self, data: Any) -> str | bytes:  # noqa: ANN401
                return super().load(bytes(data).rstrip(b" "))

        connection.adapters.register_loader("bpchar", Unfilled)

    def settings(self, timezone: str, timeout: float) -> str:
        return set_locally(
            {
                "TimeZone": timezone,
                "DateStyle": "ISO, YMD",  # of no text the day may be taken for the month
                "extra_float_digits": "1",
                "IntervalStyle": "postgres",  # the one that the driver reads
                "standard_conforming_strings": "on",
                "statement_timeout": str(max(1, round(timeout * 1000))),
            }
        )

    def at_most(self, sql: str, rows: int) -> str:
        return f'SELECT * FROM (\n{sql}\n) AS "answer" LIMIT {rows}'  # noqa: S608 -- is a SELECT

    def places(self, column: Sequence[Any]) -> int | None:
        _, code, _, _, precision, scale, _ = column
        if precision is None:
            return UNLIMITED if code == _NUMERIC else None
        return int(scale)

    def rows(self, path: Sequence[str]) -> str:
        return (
            "SELECT CAST(NULLIF(GREATEST(reltuples, 0), 0) AS BIGINT) FROM pg_catalog.pg_class "  # noqa: S608
            f"WHERE oid = {_oid(path)}"
        )

    def state(self, path: Sequence[str]) -> str | None:
        """All that is written to any table goes through one log, but for the rows of other servers.
        The end of a transaction stands in it some time before others see what it wrote: so it
        matters, too, which are under way. A view and the policy of a table may ask what time it
        is. Which database and schema a name is looked up in, and as whom, the url need not say:
        variables such as `PGOPTIONS` may."""
        return (
            "SELECT concat_ws(' ', quote_ident(current_database()), quote_ident(current_user), "  # noqa: S608
            "current_setting('search_path'), "
            "system_identifier, timeline_id, pg_current_snapshot(), "
            "CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() "
            "ELSE pg_current_wal_insert_lsn() END) "
            "FROM pg_catalog.pg_class, pg_control_system(), pg_control_checkpoint() "
            f"WHERE oid = {_oid(path)} AND relkind IN ('r', 'p', 'm') AND NOT relrowsecurity "
            "AND NOT EXISTS (SELECT FROM pg_catalog.pg_foreign_table)"
        )

    def explained(self, sql: str) -> str:
        return f"EXPLAIN (VERBOSE, FORMAT JSON) {sql}"

    def scanned(
        self, plan: Sequence[Sequence[Any]], size_of: Callable[[Sequence[str]], int | None]
    ) -> Scan:
        [(told,)] = plan
        return Scan(rows=sum(rows_read(item["Plan"], size_of) for item in told))

    def refusal(self, text: str) -> tuple[Refusal, str]:
        words = _NAMES.sub("_", text)  # a host may be called `ssl.example.com`
        found = (why for why, said in _REFUSALS if re.search(said, words, re.IGNORECASE))
        return next(found, Refusal.OTHER), _AROUND.sub("", text)

    def may_pass(self, text: str) -> bool:
        return _MAY_PASS.search(_NAMES.sub("_", text)) is not None

    def failed(self, failure: BaseException, sql: str) -> EngineError:
        state = getattr(failure, "sqlstate", None) or getattr(failure, "pgcode", None)
        diagnosis = getattr(failure, "diag", None)
        text = getattr(diagnosis, "message_primary", None) or str(failure)
        if state is None:
            return EngineError(_OWN_KINDS.get(type(failure).__name__, "other"), text)
        kind = _KINDS.get(state) or _KINDS.get(state[:2], "other")
        place = getattr(diagnosis, "statement_position", None)
        if kind == "missing column" and place is not None:
            text = f'no such column: "{_column_at(sql, int(place))}"'
        return EngineError(kind, text)

    def noticed(self, connection: Any, cursor: Any) -> EngineError | None:  # noqa: ANN401
        """PostgreSQL refuses what it can't do."""
        del connection, cursor
        return None

    def cancel(self, connection: Any) -> None:  # noqa: ANN401
        connection.cancel_safe(timeout=5)

    def hang_up(self, connection: Any) -> None:  # noqa: ANN401
        with socket.socket(fileno=os.dup(connection.fileno())) as line:
            line.shutdown(socket.SHUT_RDWR)


def libpq(patience: int) -> dict[str, object]:
    """Return options of the library by which drivers of PostgreSQL's protocol connect."""
    return {
        "application_name": "kpidsl",
        "client_encoding": "utf8",
        "connect_timeout": patience,
        # A server that is gone without a word is noticed within a minute.
        "keepalives_idle": 30,
        "keepalives_interval": 10,
        "keepalives_count": 3,
    }


def set_locally(values: Mapping[str, str]) -> str:
    """Return a SELECT that sets what a transaction rests on."""
    calls = (f"set_config('{name}', {quoted(value)}, true)" for name, value in values.items())
    return f"SELECT {', '.join(calls)}"


def _oid(path: Sequence[str]) -> str:
    name = ".".join('"' + part.replace('"', '""') + '"' for part in path)
    return f"to_regclass({quoted(name)})"


def quoted(value: str) -> str:
    doubled = value.replace("'", "''")
    return f"'{doubled}'"


def _column_at(sql: str, place: int) -> str:
    """Return the name of the column whose mention begins at a character, counted from 1: the
    server's own words may be of any language."""
    found = _COLUMN.match(sql, place - 1)
    name = "" if found is None else found[1]
    return name[1:-1].replace('""', '"') if name.startswith('"') else name
