"""ClickHouse, by clickhouse-connect: over HTTP, where each statement is a request of its own."""

from __future__ import annotations

import logging
import math
import re
import uuid
from collections.abc import Callable, Mapping, Sequence, Set
from functools import partial
from typing import Any

from kpidsl.engines.base import EngineError, Scan
from kpidsl.engines.servers.base import Refusal
from kpidsl.engines.servers.http import CAUSE, may_pass, refused_by
from kpidsl.sql.dialects.clickhouse import SETTINGS_TEXT

LARGE = {
    "max_query_size": 16 * 2**20,
    "max_ast_elements": 1_000_000,
    "max_expanded_ast_elements": 5_000_000,
    "query_plan_max_optimizations_to_apply": 1_000_000,
}
"""How long a statement may be: a question about many metrics outgrows what ClickHouse allows by
default, the more as it writes a named query out wherever that is read."""
_WHOLE = {
    f"{part}_overflow_mode{place}": "throw"
    for part, place in (
        *((part, "") for part in ("distinct", "group_by", "join", "result", "set", "sort")),
        *((part, place) for part in ("read", "timeout") for place in ("", "_leaf")),
        ("transfer", ""),
    )
}
"""What a limit of the server's does: a user's settings may let it give a part of the answer."""
_GRACE = 10
"""Seconds after its time limit in which a server that has fallen silent is waited for."""

_KINDS = {
    6: "value",  # a text that can't be read as a number,
    16: "missing column",
    27: "value",
    38: "value",  # as a day,
    41: "value",  # or as a moment
    43: "value",  # of a type that a function doesn't take: a sum of texts
    47: "missing column",
    60: "missing table",
    69: "value",
    70: "value",
    72: "value",
    81: "missing table",
    153: "division",
    159: "cancelled",
    160: "timeout",
    164: "writing",
    243: "disk",
    321: "value",
    349: "value",
    386: "value",  # of types that have none in common
    394: "cancelled",
    395: "overflow",  # what `throwIf` finds
    407: "overflow",  # of a decimal
    497: "permission",
}
"""What the codes of ClickHouse's errors mean, as its table `system.error_log` numbers them."""
_LIMITED, _FILES = 396, "Limit for temporary files"
"""The code of an operator's limits, and what is said of one of them."""

_REFUSALS = (
    (Refusal.LOGIN, r"code: (192|193|194|516)\b"),
    (Refusal.DATABASE, r"code: 81\b"),
)
"""Why there is no connection, by the code of the server."""
_REASONS = (
    re.compile(r".*DB::Exception: (.*)", re.DOTALL),
    CAUSE,
    re.compile(r"'Connection aborted\.', \w+\((?:\d+, )?['\"](.*?)['\"]\)"),
)
"""Where the reason stands in what the server says, and where in what the driver does."""
_AFTER = re.compile(
    r"(\. If you have installed|[.:?]? In scope |: [Ww]hile executing "
    r"| \([A-Z_]+\)( \(version | \(for url |$)| \(for url ).*",
    re.DOTALL,
)
"""What the server and the driver say behind the reason."""
_COLUMN = re.compile(r"[Ii]dentifier ['`](?:[^'`]*\.)?([^'`.]+)['`]")
_DECIMAL = re.compile(r"Decimal\(\d+, (\d+)\)")


class ClickHouse:
    name = "ClickHouse"
    dialect = "clickhouse"
    schemes: tuple[str, ...] = ("clickhouse", "clickhousedb")
    extra = "clickhouse"
    needs: tuple[str, ...] = ("sqlalchemy", "clickhouse_connect")
    driver = "clickhousedb"
    options: Mapping[str, object] = {"query_formats": {"FixedString": "string"}}
    about = "SELECT version(), NULL, getSetting('readonly') > 0"
    percent = "%%"
    hidden: tuple[str, ...] = ("system", "information_schema", "INFORMATION_SCHEMA")
    known: Set[str] | None = None
    pasted = ""

    def arguments(self, patience: int, timeout: float) -> dict[str, object]:
        # The driver warns by its log of what it raises as well.
        logging.getLogger("clickhouse_connect").addHandler(logging.NullHandler())
        return {
            "connect_timeout": patience,
            "send_receive_timeout": math.ceil(timeout) + _GRACE,
            "client_name": "kpidsl",
            "autogenerate_session_id": False,  # statements know nothing of each other
            "query_retries": 0,
            "dedicated_pool": True,
            "tz_mode": "naive_utc",
            # 2: a statement may have settings of its own, but none of them lets it write. Under
            # both of its names, so that a url doesn't say otherwise.
            "readonly": 2,
            "ch_readonly": 2,
            "session_timezone": "UTC",
            "use_query_cache": 0,  # what it holds may be old
            "max_execution_time": timeout,
            "offset": 0,
            **LARGE,
            **_WHOLE,
        }

    def mark(self, connection: Any) -> None:  # noqa: ANN401
        """What runs on a connection is found by its comment in the server's log of statements. By
        itself the driver sends a SELECT again whose connection ends without an answer, though it
        may have run."""
        connection.client.set_client_setting("log_comment", f"kpidsl {uuid.uuid4()}")
        sender = connection.client._backend  # noqa: SLF001 -- no option of the driver says it
        sender.request = partial(_once, sender.request)

    def settings(self, timezone: str, timeout: float) -> str:
        """All is set with each request; this one asks whether the server is there."""
        del timezone, timeout
        return "SELECT 1"

    def at_most(self, sql: str, rows: int) -> str:
        if rows == 0:
            return f"SELECT * FROM (\n{sql}\n) LIMIT 0"  # noqa: S608 -- is a SELECT
        # As the setting of a whole statement, which keeps its order: a SELECT around it would not.
        joined = ", " if sql.endswith(SETTINGS_TEXT) else "\nSETTINGS "
        return f"{sql}{joined}limit = {rows}"

    def places(self, column: Sequence[Any]) -> int | None:
        found = _DECIMAL.search(str(column[1]))
        return None if found is None else int(found[1])

    def rows(self, path: Sequence[str]) -> str:
        *schemas, name = path
        database = _text(schemas[-1]) if schemas else "currentDatabase()"
        return (
            f"SELECT sum(total_rows) FROM system.tables "  # noqa: S608
            f"WHERE database = {database} AND name = {_text(name)} "
            "SETTINGS aggregate_functions_null_for_empty = 1"
        )

    def explained(self, sql: str) -> str:
        return f"EXPLAIN ESTIMATE {sql}"

    def scanned(
        self, plan: Sequence[Sequence[Any]], size_of: Callable[[Sequence[str]], int | None]
    ) -> Scan:
        """It tells of tables of the MergeTree family, after their keys and partitions."""
        del size_of
        return Scan(rows=sum(rows for _, _, _, rows, _ in plan))

    def state(self, path: Sequence[str]) -> None:
        """The parts that a table is made of tell of its rows, and not of the policies for them,
        which only those who may grant rights can look up."""

    def refusal(self, text: str) -> tuple[Refusal, str]:
        return refused_by(text, _REFUSALS), _reason(text)

    def may_pass(self, text: str) -> bool:
        return may_pass(text)

    def failed(self, failure: BaseException, sql: str) -> EngineError:
        del sql
        code, text = getattr(failure, "code", None), _reason(str(failure))
        if code is None:
            is_lost = type(failure).__name__ in {"OperationalError", "StreamFailureError"}
            return EngineError("lost" if is_lost else "other", text)
        kind = _KINDS.get(code, "other")
        if code == _LIMITED and text.startswith(_FILES):
            kind = "disk"
        if kind == "missing column" and (column := _COLUMN.search(text)):
            text = f'no such column: "{column[1]}"'
        return EngineError(kind, text)

    def noticed(self, connection: Any, cursor: Any) -> EngineError | None:  # noqa: ANN401
        """ClickHouse refuses what it can't do."""
        del connection, cursor
        return None

    def cancel(self, connection: Any) -> None:  # noqa: ANN401
        client = connection.client
        mark = _text(client.get_client_setting("log_comment"))
        client.command(
            f"KILL QUERY WHERE user = currentUser() AND Settings['log_comment'] = {mark}",
            settings={"log_comment": "kpidsl cancels a question"},
        )

    def hang_up(self, connection: Any) -> None:  # noqa: ANN401
        """A request under way can't be left; one on which nothing comes ends with its time."""
        self.cancel(connection)


def _once(request: Callable[..., Any], *given: Any, **named: Any) -> Any:  # noqa: ANN401
    """Make a request that the driver may not make again."""
    return request(*given, **named | {"retryable": False})


def _reason(text: str) -> str:
    found = next(filter(None, (pattern.search(text) for pattern in _REASONS)), None)
    return _AFTER.sub("", text if found is None else found[1]).strip()


def _text(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"
