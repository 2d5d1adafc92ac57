"""Trino, by its Python client: over HTTP, where a statement's answer is fetched page by page."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping, Sequence, Set
from functools import partial
from typing import Any, NoReturn

from kpidsl.engines.base import EngineError, Scan
from kpidsl.engines.servers.base import Refusal
from kpidsl.engines.servers.http import CAUSE, may_pass, refused_by
from kpidsl.engines.servers.limits import limited

_SILENT = 60
"""Seconds in which a server answers a request; of a statement that takes longer it says so."""
_LOWEST = 0.001
_KINDS = {
    "TABLE_NOT_FOUND": "missing table",
    "SCHEMA_NOT_FOUND": "missing table",
    "CATALOG_NOT_FOUND": "missing table",
    "MISSING_CATALOG_NAME": "missing table",
    "MISSING_SCHEMA_NAME": "missing table",
    "COLUMN_NOT_FOUND": "missing column",
    "DIVISION_BY_ZERO": "division",
    "NUMERIC_VALUE_OUT_OF_RANGE": "overflow",
    "INVALID_CAST_ARGUMENT": "value",
    "INVALID_FUNCTION_ARGUMENT": "value",
    "INVALID_LITERAL": "value",
    "FUNCTION_NOT_FOUND": "value",  # none takes a value of the type: a sum of texts
    "TYPE_MISMATCH": "value",
    "PERMISSION_DENIED": "permission",
    "READ_ONLY_VIOLATION": "writing",
    "EXCEEDED_TIME_LIMIT": "timeout",
    "EXCEEDED_GLOBAL_MEMORY_LIMIT": "memory",
    "EXCEEDED_LOCAL_MEMORY_LIMIT": "memory",
    "CLUSTER_OUT_OF_MEMORY": "memory",
    "USER_CANCELED": "cancelled",
    "ADMINISTRATIVELY_KILLED": "cancelled",
    "ADMINISTRATIVELY_PREEMPTED": "cancelled",
}
"""What the names of Trino's errors mean."""
_LOGIN = (Refusal.LOGIN, r"error 40[13]\b")
_OPTIONS = frozenset(
    {
        *("access_token", "allow_insecure_auth", "cert", "externalAuthentication", "key", "verify"),
        *("extra_credential", "http_headers", "legacy_prepared_statements", "roles"),
    }
)
"""The client takes no notice of others, and another, by which values have no types, is left out."""
_NO_JSON = re.compile(r"^[A-Z][^:]*: line \d+ column \d+ \(char \d+\)$")
"""What Python says of an option's value that the client would have as JSON."""
_ADVICE = re.compile(r" To use HTTPS, .*")
"""What the client tells those who call it."""
_COLUMN = re.compile(r"Column '(?:[^']*\.)?([^'.]+)' cannot be resolved")
_FROM_NUMBER = re.compile(r"Cannot cast (DECIMAL|[A-Z]*INT(EGER)?|DOUBLE|REAL)\b", re.IGNORECASE)


class Trino:
    name = "Trino"
    dialect = "trino"
    schemes: tuple[str, ...] = ("trino",)
    extra = "trino"
    needs: tuple[str, ...] = ("sqlalchemy", "trino")
    driver = "trino"
    options: Mapping[str, object] = {}  # `mark` sees to it that transactions only read
    about = "SELECT VERSION(), CURRENT_TIMEZONE(), CAST(NULL AS BOOLEAN)"
    percent = "%"
    hidden: tuple[str, ...] = ("information_schema",)
    known: Set[str] | None = _OPTIONS
    pasted = ""
    protocol: str | None = None
    """How the server is asked: by the client's own choice it is HTTPS on port 443 alone."""

    def arguments(self, patience: int, timeout: float) -> dict[str, object]:
        seconds = f"{max(_LOWEST, timeout):.3f}s"
        return {
            "source": "kpidsl",
            "client_tags": ["kpidsl"],
            "http_scheme": self.protocol,
            "request_timeout": (patience, _SILENT),
            "encoding": None,  # answers are small: they come from the coordinator itself
            "session_properties": {
                "query_max_run_time": seconds,
                "query_max_execution_time": seconds,
            },
        }

    def mark(self, connection: Any) -> None:  # noqa: ANN401
        """The client begins transactions that may write, and raises errors that are none of its
        own: of HTTP, and of the way there."""
        from trino.transaction import IsolationLevel  # noqa: PLC0415 -- an extra brings it

        asked = connection._create_request  # noqa: SLF001 -- the client has no other way

        def request() -> Any:  # noqa: ANN401
            made = asked()
            made.raise_response_error = _refused
            return made

        connection._create_request = request  # noqa: SLF001
        connection._isolation_level = IsolationLevel.READ_UNCOMMITTED  # noqa: SLF001
        connection.start_transaction = partial(_begin, connection)

    def settings(self, timezone: str, timeout: float) -> str:
        """What kpidsl writes hangs on no session's zone; an author's own SQL may."""
        del timeout  # the session has it
        return f"SET TIME ZONE '{timezone}'"

    def at_most(self, sql: str, rows: int) -> str:
        return limited(sql, rows)

    def places(self, column: Sequence[Any]) -> int | None:
        scale = column[5]
        return None if scale is None else int(scale)

    def rows(self, path: Sequence[str]) -> str:
        """Only a statement of its own tells, which is no SELECT."""
        del path
        return "SELECT CAST(NULL AS BIGINT)"

    def explained(self, sql: str) -> str:
        return f"EXPLAIN (TYPE IO, FORMAT JSON) {sql}"

    def scanned(
        self, plan: Sequence[Sequence[Any]], size_of: Callable[[Sequence[str]], int | None]
    ) -> Scan:
        """Each table is told once, with the rows that a statement takes from it."""
        del size_of
        [(told,)] = plan
        tables = json.loads(told)["inputTableColumnInfos"]
        counts = (float(table["estimate"]["outputRowCount"]) for table in tables)
        return Scan(rows=round(sum(count for count in counts if math.isfinite(count))))

    def state(self, path: Sequence[str]) -> str | None:
        """A connector tells no such thing in a way that all have."""
        del path
        return None

    def refusal(self, text: str) -> tuple[Refusal, str]:
        return refused_by(text, [_LOGIN]), _reason(text)

    def may_pass(self, text: str) -> bool:
        return may_pass(text)

    def failed(self, failure: BaseException, sql: str) -> EngineError:
        del sql
        named, text = getattr(failure, "error_name", None), _reason(str(failure))
        if named is None:
            return EngineError("lost", text)
        text = str(getattr(failure, "message", text))
        kind = _KINDS.get(named, "other")
        if kind == "missing column" and (column := _COLUMN.search(text)):
            text = f'no such column: "{column[1]}"'
        if kind == "value" and _FROM_NUMBER.match(text):
            kind = "overflow"
        return EngineError(kind, text)

    def noticed(self, connection: Any, cursor: Any) -> EngineError | None:  # noqa: ANN401
        """Trino refuses what it can't do."""
        del connection, cursor
        return None

    def cancel(self, connection: Any) -> None:  # noqa: ANN401
        """Say that the rest of the answer isn't wanted: the server stops then."""
        request = connection.transaction.request
        if request.next_uri is not None:
            request.delete(request.next_uri)

    def hang_up(self, connection: Any) -> None:  # noqa: ANN401
        """A request under way can't be left; one on which nothing comes ends with its time."""
        self.cancel(connection)


class SecureTrino(Trino):
    schemes: tuple[str, ...] = ("trino+https",)
    protocol = "https"


def _begin(connection: Any) -> Any:  # noqa: ANN401
    """Begin a transaction that only reads, as the client begins one that may write."""
    import requests  # noqa: PLC0415 -- the client brings it
    from trino.exceptions import TrinoConnectionError  # noqa: PLC0415 -- an extra brings it
    from trino.transaction import Transaction  # noqa: PLC0415

    request = connection._create_request()  # noqa: SLF001
    posted = request.post

    def post(sql: str) -> Any:  # noqa: ANN401
        response = posted(f"{sql} READ ONLY")
        return response if response.ok else _refused(response)

    request.post = post
    begun = Transaction(request)
    try:
        begun.begin()
    except requests.RequestException as failure:
        raise TrinoConnectionError(str(failure)) from None
    request.post = posted
    connection._transaction = begun  # noqa: SLF001
    return begun


def _refused(response: Any) -> NoReturn:  # noqa: ANN401
    from trino.exceptions import TrinoConnectionError  # noqa: PLC0415 -- an extra brings it

    said = " ".join(response.text.split())
    raise TrinoConnectionError(f"error {response.status_code}: {said}")


def _reason(text: str) -> str:
    if _NO_JSON.match(text):
        return "an option is written as in JSON, a text in double quotes"
    found = CAUSE.search(text)
    return _ADVICE.sub("", text if found is None else found[1])
