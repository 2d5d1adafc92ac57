"""Spark, by Spark Connect."""

from __future__ import annotations

import re

from kpidsl.engines.servers.base import Refusal

_REFUSALS = (
    (Refusal.HOST, r"errors? resolving|DNS resolution failed|lookup failed"),
    (Refusal.ENCRYPTION, r"\b(SSL|TLS)\b|handshake|certificate|hostname verification"),
    (Refusal.LOGIN, r"UNAUTHENTICATED|PERMISSION_DENIED|authenticat|authoriz"),
    (Refusal.DATABASE, r"SCHEMA_NOT_FOUND|CATALOG_NOT_FOUND"),
    (
        Refusal.UNREACHABLE,
        r"failed to connect|refused|time(out|d out)|deadline|unreachable|no route|reset|closed",
    ),
)
"""Why there is no connection; gRPC says `unavailable` of most, and the reason in words."""
_MAY_PASS = re.compile(r"refused|reset|closed|Temporary failure", re.IGNORECASE)
_AROUND = re.compile(r"^(failed to connect to all addresses; last error: )?(UNKNOWN: )?")

KINDS = {
    "22003": "overflow",
    "22012": "division",
    "42501": "permission",
    "42703": "missing column",
    "42704": "missing table",
    "42P01": "missing table",
    "HY008": "cancelled",
    # By the first two digits, where the five tell no more.
    "08": "lost",
    "22": "value",
}
"""What the SQLSTATEs of Spark's errors mean."""
FULL = re.compile(r"(?<=java\.io\.IOException: )No space left on device")
"""What Java says where a disk is full; Spark has no SQLSTATE for it."""
SAYS_MORE = re.compile(r"\. [A-Z].*$| SQLSTATE: .*$")
"""What stands after the first sentence: it may advise against the settings above."""


def at_most(sql: str, rows: int) -> str:
    """Return a SELECT with no more rows than that, in the same order, of what can be nothing else:
    what writes is no inner query."""
    return f"SELECT * FROM (\n{sql}\n) AS `answer` LIMIT {rows}"  # noqa: S608 -- is a SELECT


class Spark:
    """What is known of it before there is a connection; nothing here imports its client."""

    name = "Spark"
    dialect = "spark"
    schemes: tuple[str, ...] = ("sc",)
    extra = "spark"
    needs: tuple[str, ...] = ("pyspark", "grpc", "pandas")
    about = "SELECT SPLIT(VERSION(), ' ')[0], CURRENT_TIMEZONE(), CAST(NULL AS BOOLEAN)"
    harmless = frozenset(
        {
            *("use_ssl", "user_agent", "user_id", "x-databricks-cluster-id"),
            *("grpc_keepalive_enabled", "grpc_keepalive_time_ms", "grpc_keepalive_timeout_ms"),
            *("grpc_keepalive_without_calls", "grpc_max_message_size"),
        }
    )
    """The options of a url that hold no secret; any other may be a header that does."""

    def refusal(self, text: str) -> tuple[Refusal, str]:
        """Return why a connection was not made, of which the client says `text`, and what of that
        is the reason."""
        found = (why for why, said in _REFUSALS if re.search(said, text, re.IGNORECASE))
        return next(found, Refusal.OTHER), _AROUND.sub("", text)

    def may_pass(self, text: str) -> bool:
        """Tell whether a connection that was not made may be a moment later."""
        return _MAY_PASS.search(text) is not None and self.refusal(text)[0] is Refusal.UNREACHABLE
