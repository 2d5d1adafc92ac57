"""Urls in messages, of which what may be secret is not shown."""

from __future__ import annotations

import re

HIDDEN = "***"
# Both take too much rather than too little: a password may hold any sign.
_PASSWORD = re.compile(r"(:/+[^/@:\s`]*:)(?!\$\{\w+\}@).*@", re.DOTALL)
_OPTIONS = re.compile(r"(:/+[^\s`?;]*[?;])[^`]*=[^`]*")


def without_secrets(text: str) -> str:
    """Return a message without the password and the options of a url that stands in it, such as one
    that is given where a name belongs."""
    if ":/" not in text:
        return text
    return _OPTIONS.sub(rf"\1{HIDDEN}", _PASSWORD.sub(rf"\1{HIDDEN}@", text))
