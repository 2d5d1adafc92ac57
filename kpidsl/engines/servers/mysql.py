"""MySQL and MariaDB, by PyMySQL."""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Callable, Mapping, Sequence, Set
from typing import Any

from kpidsl.engines.base import EngineError, Scan
from kpidsl.engines.servers.base import Refusal
from kpidsl.engines.servers.limits import limited
from kpidsl.engines.servers.mysql_plan import rows_read
from kpidsl.engines.servers.reading import one_select
from kpidsl.sql.dialects.mysql import SETTINGS

_KINDS = {
    0: "lost",  # of PyMySQL itself: there is no connection any more
    3: "disk",  # a file can't be written
    1021: "disk",
    1044: "permission",
    1049: "missing table",
    1053: "lost",
    1054: "missing column",
    1114: "disk",  # a table, such as one for what is sorted, can't grow
    1142: "permission",
    1143: "permission",
    1146: "missing table",
    1227: "permission",
    1264: "overflow",
    1292: "value",
    1301: "overflow",
    1317: "cancelled",
    1365: "division",
    1366: "value",
    1370: "permission",
    1411: "value",
    1690: "overflow",
    1792: "writing",
    1916: "overflow",
    1927: "lost",
    1931: "other",  # a query that calls itself was stopped, and some rows are missing
    1969: "cancelled",
    2006: "lost",
    2013: "lost",
    3024: "cancelled",
    4031: "lost",
}
"""What error codes mean, those of the server and from 2000 on of the driver."""
_WRONG = {"division", "other", "overflow", "value"}
"""Warnings of these kinds say that the answer is not the one that was asked for."""

_REFUSALS = {
    1044: Refusal.DATABASE,
    1045: Refusal.LOGIN,
    1049: Refusal.DATABASE,
    1130: Refusal.LOGIN,
    1698: Refusal.LOGIN,
    2026: Refusal.ENCRYPTION,
    3159: Refusal.ENCRYPTION,
}
_WORDS = (
    (Refusal.HOST, r"name or service not known|name resolution|nodename nor servname|getaddrinfo"),
    (Refusal.ENCRYPTION, r"\bSSL\b|\bTLS\b|certificate|secure[_ ]transport"),
    (
        Refusal.UNREACHABLE,
        r"refused|lost connection|time(out|d out)|unreachable|no route|no such file|reset|too many",
    ),
)
"""Why there is no connection, where the code tells no more."""
_NAMES = re.compile(r"(?<!\w)'[^']*'")
_MAY_PASS = re.compile(
    r"temporary failure|refused|lost connection|reset by|broken pipe|too many connections",
    re.IGNORECASE,
)
_SAID = re.compile(r"^\((?P<code>\d+), (?P<quote>['\"])(?P<text>.*)(?P=quote)\)$")
"""How Python shows an error of PyMySQL."""
_DECIMAL = 246
"""PyMySQL's code of decimals."""

_MODE = (
    "ERROR_FOR_DIVISION_BY_ZERO,NO_UNSIGNED_SUBTRACTION,NO_ZERO_DATE,NO_ZERO_IN_DATE,"
    "ONLY_FULL_GROUP_BY,STRICT_TRANS_TABLES"
)
_SORT_BUFFER = 2 * 2**20
"""MariaDB's own default: it holds the fifteen texts at least that a sort needs, of the length that
counts. By default that is 1024 bytes; of rows whose texts differ later a window would take some for
a group of their own."""
_COLLATION = "IF(@@collation_database LIKE 'utf8mb4%', @@collation_database, 'utf8mb4_general_ci')"
"""Texts that statements make meet those of the database, which have its collation as a rule."""


class MySQL:
    name = "MySQL"
    dialect = "mysql"
    schemes: tuple[str, ...] = ("mysql", "mariadb")
    extra = "mysql"
    needs: tuple[str, ...] = ("sqlalchemy", "pymysql")
    driver = "mysql+pymysql"
    options: Mapping[str, object] = {}  # a session's settings say that transactions only read
    about = "SELECT VERSION(), NULL, /*M! @@tx_read_only */ /*!80000 @@transaction_read_only */"
    percent = "%"
    hidden: tuple[str, ...] = ("information_schema", "mysql", "performance_schema", "sys")
    known: Set[str] | None = None
    pasted = ""

    def arguments(self, patience: int, timeout: float) -> dict[str, object]:
        """Bits are numbers, as the server computes with them; the driver has bytes for them."""
        from pymysql.constants import FIELD_TYPE  # noqa: PLC0415 -- an extra brings it
        from pymysql.converters import conversions  # noqa: PLC0415 -- as above

        del timeout  # the session has it
        return {
            "autocommit": False,  # whatever the url says
            "charset": "utf8mb4",
            "connect_timeout": patience,
            "conv": conversions | {FIELD_TYPE.BIT: int.from_bytes},
            "local_infile": False,
            "program_name": "kpidsl",
            "sql_mode": _MODE,  # SQLAlchemy, too, looks up at first how names are quoted
        }

    def mark(self, connection: Any) -> None:  # noqa: ANN401
        """The arguments tell it all."""

    def settings(self, timezone: str, timeout: float) -> str:
        """All times are read as UTC shows them: zones by name are not known to each server. MySQL
        and MariaDB each have settings of their own, in comments that they read."""
        del timezone  # statements hold what they need of it
        seconds = max(0.001, timeout)
        return (
            f"SET SESSION sql_mode = '{_MODE}', time_zone = '+00:00', "
            f"collation_connection = {_COLLATION}, sql_big_selects = 1, "
            "sql_select_limit = DEFAULT, max_sort_length = 65536, "
            f"sort_buffer_size = GREATEST(@@sort_buffer_size, {_SORT_BUFFER}) "
            f"/*M! , max_statement_time = {seconds:.3f}, tx_read_only = 1 */"
            f"/*!80000 , max_execution_time = {round(seconds * 1000)}, transaction_read_only = 1 */"
        )

    def at_most(self, sql: str, rows: int) -> str:
        """Rows of a query within another have no order. A transaction that only reads may write a
        file."""
        return limited(one_select(sql, r"\bINTO\s+(OUTFILE|DUMPFILE)\b"), rows)

    def rows(self, path: Sequence[str]) -> str:
        *schemas, name = path
        schema = _text(schemas[-1]) if schemas else "DATABASE()"
        return (
            "SELECT NULLIF(table_rows, 0) FROM information_schema.tables "  # noqa: S608
            f"WHERE table_schema = {schema} AND table_name = {_text(name)}"
        )

    def explained(self, sql: str) -> str:
        settings = SETTINGS if sql.startswith(SETTINGS) else ""
        return f"{settings} EXPLAIN FORMAT = JSON {sql[len(settings) :]}"

    def scanned(
        self, plan: Sequence[Sequence[Any]], size_of: Callable[[Sequence[str]], int | None]
    ) -> Scan:
        """A named query is read anew wherever it is named, and what it reads is told as often."""
        del size_of
        [(told,)] = plan
        return Scan(rows=rows_read(json.loads(told)))

    def state(self, path: Sequence[str]) -> str | None:
        """When a table was last written to is forgotten with a restart."""
        del path
        return None

    def places(self, column: Sequence[Any]) -> int | None:
        _, code, _, _, _, scale, _ = column
        return int(scale) if code == _DECIMAL else None

    def refusal(self, text: str) -> tuple[Refusal, str]:
        code, said = _parts(text)
        why = _REFUSALS.get(code)
        if why is None:
            words = _NAMES.sub("_", said)  # a host may be called `ssl.example.com`
            found = (why for why, pattern in _WORDS if re.search(pattern, words, re.IGNORECASE))
            why = next(found, Refusal.OTHER)
        return why, said

    def may_pass(self, text: str) -> bool:
        _, said = _parts(text)
        return _MAY_PASS.search(_NAMES.sub("_", said)) is not None

    def failed(self, failure: BaseException, sql: str) -> EngineError:
        del sql
        code, said, *_ = (*failure.args, 0, "")
        text = str(said) or "the connection has ended"
        kind = _KINDS.get(code, "other") if isinstance(code, int) else "other"
        if kind == "missing column":
            name = _NAMES.search(text)
            column = name[0][1:-1].rpartition(".")[2] if name else ""
            text = f'no such column: "{column}"'
        return EngineError(kind, text)

    def noticed(self, connection: Any, cursor: Any) -> EngineError | None:  # noqa: ANN401
        """MySQL reads `12 apples` as 12, cuts off what has too many digits, and warns of it."""
        if not cursor.warning_count:
            return None
        for _, code, text in connection.show_warnings():
            kind = _KINDS.get(code)
            if kind in _WRONG:
                return EngineError(kind, text)
        return None

    def cancel(self, connection: Any) -> None:  # noqa: ANN401
        """Another connection, encrypted as the first, ends the statement by the first one's
        number."""
        import pymysql  # noqa: PLC0415 -- an extra brings it

        secure = connection._secure  # noqa: SLF001 -- PyMySQL doesn't tell otherwise
        other = pymysql.connect(
            host=connection.host,
            port=connection.port,
            user=connection.user,
            password=connection.password,
            unix_socket=connection.unix_socket,
            ssl=connection.ctx if secure else None,
            ssl_disabled=not secure,
            connect_timeout=5,
            read_timeout=5,
        )
        try:
            with other.cursor() as cursor:
                cursor.execute(f"KILL QUERY {connection.thread_id()}")
        finally:
            other.close()

    def hang_up(self, connection: Any) -> None:  # noqa: ANN401
        connection._sock.shutdown(socket.SHUT_RDWR)  # noqa: SLF001 -- PyMySQL tells of no other way


def _parts(text: str) -> tuple[int, str]:
    """Return the code and the words of an error as Python shows it."""
    found = _SAID.match(text)
    return (0, text) if found is None else (int(found["code"]), found["text"])


def _text(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace("'", "''")
    return f"'{escaped}'"
