"""Snowflake, by its own connector."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping, Sequence, Set
from typing import Any

from kpidsl.engines.base import EngineError, Scan
from kpidsl.engines.servers.base import Refusal
from kpidsl.engines.servers.limits import limited
from kpidsl.engines.servers.reading import one_select

_KINDS = {
    604: "cancelled",
    630: "cancelled",
    904: "missing column",
    2003: "missing table",
    3001: "permission",
}
"""What Snowflake's own codes mean, where those of the SQL standard tell less."""
_STATES = {
    "22003": "overflow",
    "22012": "division",
    "42501": "permission",
    "42S02": "missing table",
    "57014": "cancelled",
    # By the first two digits, where the five tell no more.
    "08": "lost",
    "22": "value",
}
_LOST = range(390100, 390500)
"""Codes of a login or a session that is no longer good."""
_OWN_KINDS = {"OperationalError": "lost", "InterfaceError": "lost"}
"""What errors of the connector itself mean, by class."""

_REFUSALS = (
    (Refusal.HOST, r"dns error|failed to lookup|name or service not known|name resolution"),
    (
        Refusal.LOGIN,
        r"incorrect username or password|authenticat|jwt|user .*(locked|disabled)|\b3901\d\d\b",
    ),
    (Refusal.ENCRYPTION, r"certificate|\bTLS\b|\bSSL\b|handshake|corrupt message"),
    (Refusal.UNREACHABLE, r"refused|timed? ?out|unreachable|reset by|no route|HTTP request failed"),
)
"""Why there is no connection, by what the connector says."""
_AROUND = re.compile(r"^(\d{6}|-{6})( \(\w{5}\))?: +|\s*\([^()]*\b(request_id|sfqid)=[^()]*\)$")
"""What the connector says beside the reason."""
_COLUMN = re.compile(r"invalid identifier '(?:[^']*\.)?\"?([^'\"]+)\"?'", re.IGNORECASE)
_READS = re.compile(r"(\s|--[^\n]*\n|/\*.*?\*/)*\(*\s*(SELECT|WITH)\b", re.IGNORECASE | re.DOTALL)
_MORE = r";|->>|\bAS\s+PROCEDURE\b"
"""What begins so may go on: with the next statement of a chain, or by calling a procedure that it
holds."""
_FIXED = 0
"""The connector's code of numbers that are no floats."""


class Snowflake:
    name = "Snowflake"
    dialect = "snowflake"
    schemes: tuple[str, ...] = ("snowflake",)
    extra = "snowflake"
    needs: tuple[str, ...] = ("sqlalchemy", "snowflake.connector", "snowflake.sqlalchemy")
    driver = "snowflake"
    options: Mapping[str, object] = {}
    # No transaction of Snowflake's only reads: what a role may do, a session may.
    about = "SELECT CURRENT_VERSION(), NULL, NULL"
    percent = "%"
    hidden: tuple[str, ...] = ("INFORMATION_SCHEMA",)
    known: Set[str] | None = None
    pasted = ""

    def arguments(self, patience: int, timeout: float) -> dict[str, object]:
        return {
            "application": "kpidsl",
            "connect_timeout": patience,
            "login_timeout": 2 * patience,
            "query_timeout": math.ceil(timeout) + patience,
            "retry_max_attempts": 3,
            "session_parameters": {"CLIENT_TELEMETRY_ENABLED": False},  # nobody is told what is run
        }

    def mark(self, connection: Any) -> None:  # noqa: ANN401
        """Each transaction tells it."""

    def settings(self, timezone: str, timeout: float) -> str:
        values = {
            "TIMEZONE": f"'{timezone}'",
            "STATEMENT_TIMEOUT_IN_SECONDS": str(max(1, math.ceil(timeout))),
            "QUERY_TAG": "'kpidsl'",
            "MULTI_STATEMENT_COUNT": "1",
            "DEFAULT_NULL_ORDERING": "'LAST'",
            "QUOTED_IDENTIFIERS_IGNORE_CASE": "FALSE",
            "WEEK_START": "1",
            # A limit would leave out rows, and other formats read and write texts otherwise: by
            # itself a text of digits is taken for seconds since 1970.
            "ROWS_PER_RESULTSET": "0",
            "DATE_INPUT_FORMAT": "'YYYY-MM-DD'",
            "DATE_OUTPUT_FORMAT": "'YYYY-MM-DD'",
            "TIMESTAMP_INPUT_FORMAT": "'AUTO'",
        }
        return (
            f"ALTER SESSION SET {' '.join(f'{name} = {value}' for name, value in values.items())}"
        )

    def at_most(self, sql: str, rows: int) -> str:
        return limited(_select(sql), rows)

    def places(self, column: Sequence[Any]) -> int | None:
        _, code, _, _, _, scale, _ = column
        return scale if code == _FIXED else None

    def rows(self, path: Sequence[str]) -> str:
        catalogue, table = in_catalogue(path)
        return f"SELECT ROW_COUNT FROM {catalogue}.TABLES WHERE {table}"  # noqa: S608

    def state(self, path: Sequence[str]) -> str | None:
        """When a table was last altered is told, but not what a policy of its rows rests on."""
        del path
        return None

    def explained(self, sql: str) -> str:
        return f"EXPLAIN USING JSON {_select(sql)}"

    def scanned(
        self, plan: Sequence[Sequence[Any]], size_of: Callable[[Sequence[str]], int | None]
    ) -> Scan:
        """Of partitions those are counted that filters leave."""
        del size_of
        [(told,)] = plan
        return Scan(bytes=int(json.loads(told)["GlobalStats"]["bytesAssigned"]))

    def refusal(self, text: str) -> tuple[Refusal, str]:
        found = (why for why, said in _REFUSALS if re.search(said, text, re.IGNORECASE))
        return next(found, Refusal.OTHER), _AROUND.sub("", text)

    def may_pass(self, text: str) -> bool:
        """The connector has tried again by itself."""
        del text
        return False

    def failed(self, failure: BaseException, sql: str) -> EngineError:
        del sql
        code, state = getattr(failure, "errno", -1), getattr(failure, "sqlstate", None) or ""
        said = _AROUND.sub("", " ".join(str(getattr(failure, "msg", failure)).split()))
        kind = _KINDS.get(code) or _STATES.get(state) or _STATES.get(state[:2])
        if kind is None and code in _LOST:
            kind = "lost"
        if kind is None and not state:
            kind = _OWN_KINDS.get(type(failure).__name__)
        column = _COLUMN.search(said) if kind == "missing column" else None
        return EngineError(kind or "other", f'no such column: "{column[1]}"' if column else said)

    def noticed(self, connection: Any, cursor: Any) -> EngineError | None:  # noqa: ANN401
        """Snowflake refuses what it can't do."""
        del connection, cursor
        return None

    def cancel(self, connection: Any) -> None:  # noqa: ANN401
        """A session has but one statement: another asks to cancel all that it runs."""
        connection.cursor().execute(f"SELECT SYSTEM$CANCEL_ALL_QUERIES({connection.session_id})")

    def hang_up(self, connection: Any) -> None:  # noqa: ANN401
        connection.close()


def _select(sql: str) -> str:
    """Return a statement that is one SELECT: it doesn't write."""
    if _READS.match(sql) is None:
        raise EngineError("writing", "only SELECT is run")
    return one_select(sql, _MORE)


def in_catalogue(path: Sequence[str]) -> tuple[str, str]:
    """Return the catalogue that knows a table, and the condition that finds it there."""
    *outer, name = path
    schema = _text(outer[-1]) if outer else "CURRENT_SCHEMA()"
    database = f"{quoted(outer[-2])}." if len(outer) > 1 else ""
    return (
        f"{database}INFORMATION_SCHEMA",
        f"TABLE_SCHEMA = {schema} AND TABLE_NAME = {_text(name)}",
    )


def quoted(name: str) -> str:
    doubled = name.replace('"', '""')
    return f'"{doubled}"'


def _text(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace("'", "''")
    return f"'{escaped}'"
