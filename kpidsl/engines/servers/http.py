"""Why no connection was made over HTTP, by what a driver says of it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from kpidsl.engines.servers.base import Refusal

CAUSE = re.compile(r"Caused by (?:\w+\()+(?:\d+, )?[\"'](?:\w+\(.*?\): )?(.*?)[\"']\)")
"""Where the reason stands in what urllib3 says."""
_WAYS = (
    (Refusal.HOST, r"failed to resolve|name or service not known|NameResolution"),
    (Refusal.ENCRYPTION, r"SSL|TLS|certificate"),
    (
        Refusal.UNREACHABLE,
        r"refused|timed? ?out|unreachable|no route|aborted|reset by|(status|error) 50[234]",
    ),
)
_MAY_PASS = re.compile(
    r"temporary failure|refused|aborted|reset by|(status|error) 50[234]", re.IGNORECASE
)


def refused_by(text: str, own: Sequence[tuple[Refusal, str]]) -> Refusal:
    """Return why there is no connection: by what a server says of its `own`, or by the way."""
    found = (why for why, said in (*own, *_WAYS) if re.search(said, text, re.IGNORECASE))
    return next(found, Refusal.OTHER)


def may_pass(text: str) -> bool:
    """Tell whether there may be a connection a moment later."""
    return _MAY_PASS.search(text) is not None
