"""Databricks, by its connector for Python: SQL warehouses, and clusters that answer SQL."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Mapping, Sequence, Set
from typing import Any

from kpidsl.engines.base import EngineError, Scan
from kpidsl.engines.servers.base import Refusal
from kpidsl.engines.servers.http import CAUSE, refused_by
from kpidsl.engines.servers.spark import KINDS, SAYS_MORE, Spark, at_most

_REFUSALS = (
    (Refusal.LOGIN, r"\b40[13]\b|access token|unauthorized|forbidden|authenticat"),
    (Refusal.DATABASE, r"(SCHEMA|CATALOG)_NOT_FOUND|NO_SUCH_CATALOG"),
    (Refusal.UNREACHABLE, r"\b50[0-4]\b"),
)
"""Why there is no connection, by what the server or the connector says."""
_BEFORE = re.compile(r"^.*?(?=\[[A-Z_]+(\.[A-Z_]+)?\] (?!org\.apache))")
"""What stands before the name of an error's class."""
_STATE = re.compile(r"SQLSTATE: (\w{5})")
_COLUMN = re.compile(r"name `(?:[^`]*`\.`)*([^`]*)` cannot be resolved")


class Databricks:
    name = "Databricks"
    dialect = "databricks"
    schemes: tuple[str, ...] = ("databricks",)
    extra = "databricks"
    needs: tuple[str, ...] = ("sqlalchemy", "databricks.sql", "databricks.sqlalchemy")
    driver = "databricks+kpidsl"
    options: Mapping[str, object] = {}  # a statement is the inner query of a SELECT
    about = Spark.about
    percent = "%"
    hidden: tuple[str, ...] = ("information_schema",)
    known: Set[str] | None = frozenset({"catalog", "http_path", "schema", "wide_decimals"})
    pasted = "`%"

    def arguments(self, patience: int, timeout: float) -> dict[str, object]:
        import sqlalchemy  # noqa: PLC0415 -- an extra brings it

        # What the connector raises it tells by its log as well.
        logging.getLogger("databricks.sql").addHandler(logging.NullHandler())
        logging.getLogger("databricks.sql").propagate = False
        sqlalchemy.dialects.registry.register(
            "databricks.kpidsl", "kpidsl.engines.servers.databricks_driver", "Dialect"
        )
        return {
            "enable_telemetry": False,
            "statement_timeout": timeout,
            "user_agent_entry": "kpidsl",
            # A warehouse that is stopped is started by this, and says so until it runs.
            "_retry_stop_after_attempts_count": 4,
            "_socket_timeout": 6 * patience,
        }

    def mark(self, connection: Any) -> None:  # noqa: ANN401
        """The arguments tell it all."""

    def settings(self, timezone: str, timeout: float) -> str:
        del timeout  # the session has it
        return f"SET TIME ZONE '{timezone}'"

    def at_most(self, sql: str, rows: int) -> str:
        return at_most(sql, rows)

    def places(self, column: Sequence[Any]) -> int | None:
        _, kind, _, _, _, scale, _ = column
        return int(scale) if kind == "decimal" else None

    def rows(self, path: Sequence[str]) -> str:
        """No SELECT tells it."""
        del path
        return "SELECT CAST(NULL AS BIGINT)"

    def explained(self, sql: str) -> str:
        return f"EXPLAIN {sql}"

    def scanned(
        self, plan: Sequence[Sequence[Any]], size_of: Callable[[Sequence[str]], int | None]
    ) -> Scan:
        """Its plans tell no rows unless somebody has counted them."""
        del plan, size_of
        return Scan()

    def state(self, path: Sequence[str]) -> str | None:
        """A table has versions, and a view or a policy of rows reads others."""
        del path
        return None

    def refusal(self, text: str) -> tuple[Refusal, str]:
        reason = CAUSE.search(text)
        said = _BEFORE.sub("", text if reason is None else reason[1])
        return refused_by(text, _REFUSALS), said

    def may_pass(self, text: str) -> bool:
        """The connector has tried again by itself."""
        del text
        return False

    def failed(self, failure: BaseException, sql: str) -> EngineError:
        del sql
        told = str(failure)
        state = _STATE.search(told)
        text = SAYS_MORE.sub("", _BEFORE.sub("", next(iter(told.splitlines()), "")))
        if "found CANCELED" in told:  # of what has been cancelled the connector says no more
            return EngineError("cancelled", "the statement was cancelled")
        if state is None:
            is_lost = type(failure).__name__ in {"OperationalError", "RequestError"}
            return EngineError("lost" if is_lost else "other", text)
        kind = KINDS.get(state[1]) or KINDS.get(state[1][:2], "other")
        if kind == "missing column" and (column := _COLUMN.search(told)):
            text = f'no such column: "{column[1]}"'
        return EngineError(kind, text)

    def noticed(self, connection: Any, cursor: Any) -> EngineError | None:  # noqa: ANN401
        """Databricks refuses what it can't do."""
        del connection, cursor
        return None

    def cancel(self, connection: Any) -> None:  # noqa: ANN401
        for cursor in connection._cursors:  # noqa: SLF001 -- the connector doesn't tell otherwise
            if cursor.active_command_id is not None:
                cursor.cancel()

    def hang_up(self, connection: Any) -> None:  # noqa: ANN401
        """A request under way can't be left; one on which nothing comes ends with its time."""
        self.cancel(connection)
