"""BigQuery, by its own client: a service whose statements are jobs."""

from __future__ import annotations

import re

from kpidsl.engines.base import EngineError
from kpidsl.engines.servers.base import Refusal
from kpidsl.engines.servers.http import CAUSE, refused_by

_REFUSALS = (
    (Refusal.DATABASE, r"Not found: (Project|Dataset)"),
    (
        Refusal.LOGIN,
        r"credentials|invalid_grant|invalid_client|access ?denied|no such file|^file .* not found",
    ),
    (Refusal.UNREACHABLE, r"try again|backend ?error"),
)
"""Why there is no connection, by what BigQuery or its client says."""

_KINDS = {
    "accessDenied": "permission",
    "backendError": "lost",
    "bytesBilledLimitExceeded": "too many bytes to read",
    "internalError": "lost",
    "notFound": "missing table",
    "quotaExceeded": "quota",
    "rateLimitExceeded": "lost",
    "responseTooLarge": "too many rows",
    "stopped": "cancelled",
    "timeout": "timeout",
}
"""What the reasons of BigQuery's errors mean."""
_SAID = (
    ("missing column", r"unrecognized name: |^name \S+ not found inside "),
    ("division", r"division by zero"),
    ("overflow", r"overflow|out of range"),
    ("value", r"^(bad|invalid) \S+( string)?( value)?: |could not cast|no matching signature"),
)
"""What else it says of a statement that can't be run."""
_COLUMN = re.compile(r"(?i)^(?:unrecognized )?name:? `?([^\s;`]+)")


class BigQuery:
    """What is known of it before there is a connection; nothing here imports its client."""

    name = "BigQuery"
    dialect = "bigquery"
    schemes: tuple[str, ...] = ("bigquery",)
    extra = "bigquery"
    needs: tuple[str, ...] = ("google.cloud.bigquery",)
    about = "SELECT 'GoogleSQL', CAST(NULL AS STRING), CAST(NULL AS BOOL)"
    """A service has no version, but a language; SQL names the zones itself, and what an account may
    do no SELECT tells."""

    def refusal(self, text: str) -> tuple[Refusal, str]:
        """Return why a connection was not made, of which the client says `text`, and what of that
        is the reason."""
        reason = CAUSE.search(text)
        return refused_by(text, _REFUSALS), text if reason is None else reason[1]

    def failed(self, reason: str, status: int | None, text: str) -> EngineError:
        """Return what a failure at a statement means, of which the service says `text`."""
        said = (kind for kind, words in _SAID if re.search(words, text, re.IGNORECASE))
        kind = _KINDS.get(reason) or next(said, "other")
        if "Not found: Job" in text or (not reason and (status or 500) >= 500):
            kind = "lost"
        if kind == "missing column" and (column := _COLUMN.search(text)):
            text = f'no such column: "{column[1].rpartition(".")[2]}"'
        return EngineError(kind, text)
