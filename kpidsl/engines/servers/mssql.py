"""SQL Server and Azure SQL, by pymssql."""

from __future__ import annotations

import os
import re
import socket
import threading
from ast import literal_eval
from collections.abc import Callable, Mapping, Sequence, Set
from contextlib import suppress
from typing import Any

from kpidsl.engines.base import EngineError, Scan
from kpidsl.engines.servers.base import Refusal

_KINDS = {
    207: "missing column",
    208: "missing table",
    220: "overflow",
    229: "permission",
    230: "permission",
    232: "overflow",
    241: "value",
    242: "value",
    245: "value",
    248: "overflow",
    262: "permission",
    295: "value",
    517: "overflow",
    916: "permission",
    1222: "cancelled",  # a lock was not to be had in time
    3617: "cancelled",
    3906: "writing",
    4104: "missing column",
    8114: "value",
    8115: "overflow",
    8134: "division",
    # Of DB-Library itself, which the driver is made of.
    20003: "cancelled",  # the time is up
    20004: "lost",
    20006: "lost",
    20017: "lost",
    20047: "lost",
}
"""What error numbers mean."""
_REFUSALS = {
    911: Refusal.DATABASE,
    916: Refusal.DATABASE,
    4060: Refusal.DATABASE,
    18452: Refusal.LOGIN,
    18456: Refusal.LOGIN,
    18470: Refusal.LOGIN,
    18486: Refusal.LOGIN,
    18487: Refusal.LOGIN,
    18488: Refusal.LOGIN,
    40532: Refusal.LOGIN,
    40615: Refusal.LOGIN,  # a firewall of Azure's
    20002: Refusal.UNREACHABLE,
    20003: Refusal.UNREACHABLE,
    20009: Refusal.UNREACHABLE,
}
_NOT_OPENED, _UNAVAILABLE = 20009, "Unable to connect"
_BUSY = {10928, 10929, 40197, 40501, 40613, 49918, 49919, 49920}
"""What Azure SQL says while it moves a database, or has too much to do."""
_ENCRYPTION = re.compile(r"\bSSL\b|\bTLS\b|certificate|encrypt", re.IGNORECASE)
_MAY_PASS = re.compile(r"refused|reset by|unexpected EOF|connection failed", re.IGNORECASE)
_BESIDE = re.compile(r"(DB-Lib error message \d+, severity \d+:\s*)")
_GENERAL = re.compile(r"General SQL Server error: .*")
"""What DB-Library says beside the reason."""
_NAMES = re.compile(r"'([^']*)'|\"([^\"]*)\"")

_TOKEN = re.compile(
    r"""N?'(?:[^']|'')*' | \[(?:[^\]]|\]\])*\] | "(?:[^"]|"")*" | --[^\n]* | /\*.*?\*/
    | (?P<open>\() | (?P<close>\)) | (?P<ends>;)
    | (?P<word>\bNEXT\s+VALUE\b|(?!SELECT\b)[@\#\w]+)
    | (?P<select>\bSELECT\b(?P<once>\s+DISTINCT\b)?
      (?:\s+TOP\s+\(?(?P<top>\d+)\)?)?)""",
    re.IGNORECASE | re.VERBOSE | re.DOTALL,
)
_STACKS = {"EXCEPT", "INTERSECT", "UNION"}
_WRITES = {
    *("ALTER", "BACKUP", "BEGIN", "BULK", "COMMIT", "CREATE", "DBCC", "DECLARE", "DELETE", "DENY"),
    *("DROP", "EXEC", "EXECUTE", "GRANT", "INSERT", "INTO", "KILL", "MERGE", "NEXT VALUE"),
    *("OPENDATASOURCE", "OPENQUERY", "OPENROWSET", "RECONFIGURE", "RESTORE", "REVERT", "REVOKE"),
    *("ROLLBACK", "SAVE", "SET", "SHUTDOWN", "TRUNCATE", "UPDATE", "UPDATETEXT", "USE"),
    *("WAITFOR", "WRITETEXT"),
}
"""Words of what is more than one SELECT, of rows that another server makes, and of a sequence's
next number, which no rollback takes back."""

_ON = (
    *("ANSI_NULLS", "ANSI_PADDING", "ANSI_WARNINGS", "ARITHABORT", "CONCAT_NULL_YIELDS_NULL"),
    "QUOTED_IDENTIFIER",
)
_MAY_CHANGE = " OR ".join(
    "HAS_PERMS_BY_NAME(QUOTENAME(SCHEMA_NAME(schema_id)) + '.' + QUOTENAME(name), 'OBJECT', "
    f"'{right}') = 1"
    for right in ("INSERT", "UPDATE", "DELETE")
)
"""Whether a user may change the rows of a table."""
_DESCRIPTORS: dict[int, int] = {}
"""The sockets of connections, by the identity of these: the driver tells of it while it waits."""
_waiting = threading.local()


class MSSQL:
    """No transaction of SQL Server only reads. So a statement is looked at before it is sent, says
    that it only means to read, as a replica asks for, and is rolled back."""

    name = "SQL Server"
    dialect = "tsql"
    schemes: tuple[str, ...] = ("mssql",)
    extra = "mssql"
    needs: tuple[str, ...] = ("sqlalchemy", "pymssql")
    driver = "mssql+pymssql"
    options: Mapping[str, object] = {}
    about = (
        "SELECT CAST(SERVERPROPERTY('ProductVersion') AS NVARCHAR(128)) AS [version], "  # noqa: S608
        "NULL AS [zone], CASE WHEN HAS_PERMS_BY_NAME(DB_NAME(), 'DATABASE', 'INSERT') = 1 "
        "OR HAS_PERMS_BY_NAME(DB_NAME(), 'DATABASE', 'CREATE TABLE') = 1 "
        f"OR EXISTS (SELECT 1 FROM sys.tables WHERE {_MAY_CHANGE}) "
        "THEN 0 ELSE 1 END AS [reads]"
    )
    percent = "%"
    hidden: tuple[str, ...] = (
        *("INFORMATION_SCHEMA", "guest", "sys", "db_accessadmin", "db_backupoperator"),
        *("db_datareader", "db_datawriter", "db_ddladmin", "db_denydatareader"),
        *("db_denydatawriter", "db_owner", "db_securityadmin"),
    )
    known: Set[str] | None = None
    pasted = ""

    def arguments(self, patience: int, timeout: float) -> dict[str, object]:
        import pymssql  # noqa: PLC0415 -- an extra brings it

        pymssql.set_wait_callback(_note)
        return {
            "appname": "kpidsl",
            "autocommit": False,  # whatever the url says
            "charset": "UTF-8",
            "login_timeout": patience,
            "read_only": True,
            "timeout": max(1, round(timeout)),
            "use_datetime2": True,
        }

    def mark(self, connection: Any) -> None:  # noqa: ANN401
        """The arguments tell who asks."""
        _DESCRIPTORS[id(connection)] = _waiting.descriptor

    def settings(self, timezone: str, timeout: float) -> str:
        """Where warnings are off, a division by zero and a number that is too large are NULL."""
        del timezone  # statements hold what they need of it
        patience = max(1, round(timeout * 1000))
        return (
            f"SET {', '.join(_ON)} ON; SET XACT_ABORT ON; SET NUMERIC_ROUNDABORT OFF; "
            "SET LANGUAGE us_english; SET DATEFORMAT ymd; SET ROWCOUNT 0; "
            f"SET LOCK_TIMEOUT {patience}"
        )

    def at_most(self, sql: str, rows: int) -> str:
        """Rows of a query within another have no order, and there named queries can't be."""
        depth, select, stacked = 0, None, False
        for token in _TOKEN.finditer(sql):
            word = " ".join((token["word"] or "").upper().split())
            if token["ends"] or word in _WRITES:
                raise EngineError("writing", f"`{token[0]}` is more than one SELECT may say")
            depth += bool(token["open"]) - bool(token["close"])
            if depth == 0 and token["select"]:
                select = token
            stacked = stacked or (depth == 0 and word in _STACKS)
        if select is None:
            raise EngineError("writing", "this is no SELECT")
        if stacked:
            return sql  # its rows are counted when they are read
        most = min(rows, int(select["top"] or rows))
        first = f"SELECT{select['once'] or ''} TOP ({most})"
        return sql[: select.start()] + first + sql[select.end() :]

    def places(self, column: Sequence[Any]) -> int | None:
        """The driver tells nothing of decimals."""
        del column
        return None

    def rows(self, path: Sequence[str]) -> str:
        quoted = ".".join("[" + part.replace("]", "]]") + "]" for part in path)
        return (
            "SELECT NULLIF(SUM(rows), 0) AS [rows] FROM sys.partitions "  # noqa: S608
            f"WHERE index_id IN (0, 1) AND object_id = OBJECT_ID({_text(quoted)})"
        )

    def state(self, path: Sequence[str]) -> str | None:
        """When a table was last written to is forgotten with a restart."""
        del path
        return None

    def explained(self, sql: str) -> str:
        """A plan is told instead of an answer, which only a setting of the session asks for."""
        del sql
        return "SELECT 0 AS [nothing] WHERE 1 = 0"

    def scanned(
        self, plan: Sequence[Sequence[Any]], size_of: Callable[[Sequence[str]], int | None]
    ) -> Scan:
        """Nothing is told."""
        del plan, size_of
        return Scan()

    def refusal(self, text: str) -> tuple[Refusal, str]:
        number, said = _parts(_read(text))
        if number == _NOT_OPENED and said.startswith(_UNAVAILABLE) and "error during" not in said:
            return Refusal.HOST, said  # no attempt was made
        if number not in _REFUSALS or _REFUSALS[number] is Refusal.UNREACHABLE:
            words = _NAMES.sub("_", said)
            if _ENCRYPTION.search(re.sub(r"\([^()]*\)", "", words)):
                return Refusal.ENCRYPTION, said
        return _REFUSALS.get(number, Refusal.OTHER), said

    def may_pass(self, text: str) -> bool:
        number, said = _parts(_read(text))
        return number in _BUSY or _MAY_PASS.search(_NAMES.sub("_", said)) is not None

    def failed(self, failure: BaseException, sql: str) -> EngineError:
        del sql
        number, text = _parts(failure.args)
        kind = _KINDS.get(number, "other")
        if kind == "missing column":
            name = _NAMES.search(text)
            found = (name[1] or name[2]).rpartition(".")[2] if name else ""
            text = f'no such column: "{found}"'
        return EngineError(kind, text)

    def noticed(self, connection: Any, cursor: Any) -> EngineError | None:  # noqa: ANN401
        """With the settings of each transaction SQL Server refuses what it can't do."""
        del connection, cursor
        return None

    def cancel(self, connection: Any) -> None:  # noqa: ANN401
        """A connection may not be used by two threads: hang up, upon which the server stops."""
        self.hang_up(connection)

    def hang_up(self, connection: Any) -> None:  # noqa: ANN401
        descriptor = _DESCRIPTORS[id(connection)]
        with socket.socket(fileno=os.dup(descriptor)) as line:
            line.shutdown(socket.SHUT_RDWR)


def _note(descriptor: int) -> None:
    """Note the socket on which the driver waits for an answer, in the thread that asks."""
    _waiting.descriptor = descriptor


def _read(text: str) -> tuple[object, ...]:
    """Return the arguments of an error of pymssql that Python shows as text."""
    with suppress(ValueError, SyntaxError):
        told = literal_eval(text)
        if isinstance(told, tuple):
            return told
    return (text,)


def _parts(told: object) -> tuple[int, str]:
    """Return the number and the words of an error, which has them as a pair within a pair or
    not."""
    while isinstance(told, tuple) and len(told) == 1:
        (told,) = told
    number, said = told if isinstance(told, tuple) and len(told) > 1 else (0, told)
    text = said.decode(errors="replace") if isinstance(said, bytes) else str(said)
    server, *driver = _BESIDE.split(text)
    own = _GENERAL.sub("", server).strip()
    lines = own or "\n".join(line for line in driver if not _BESIDE.match(line))
    words = dict.fromkeys(filter(None, map(str.strip, lines.splitlines())))
    return (number if isinstance(number, int) else 0), "; ".join(words) or "no connection"


def _text(value: str) -> str:
    doubled = value.replace("'", "''")
    return f"N'{doubled}'"
