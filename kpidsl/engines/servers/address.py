"""Where a server is, and what of its url must not be shown."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, unquote, urlsplit

from kpidsl.engines.servers import SERVERS, AnyServer, Refusal
from kpidsl.text.diagnostic import Diagnostic, error

SECRET_OPTION = (
    r"(?:password|passwd|passphrase|pwd|secret|token|credential|private_key)"  # noqa: S105
    r"(?!\w*_(?:file|path)\b)"
)
"""Which options of a url hold a secret; the path of a file that does is none."""
_HIDDEN = "***"
_MENDS = {
    Refusal.HOST: ("the host isn't known", "correct the host in the profile's url"),
    Refusal.UNREACHABLE: (
        "it can't be reached",
        "check that it runs, and the host and port in the profile's url",
    ),
    Refusal.LOGIN: (
        "it refuses the login",
        "check whom the profile names, and the variable that holds the password or the credentials",
    ),
    Refusal.ENCRYPTION: (
        "no encrypted connection can be made",
        "check what the url says of TLS against what the server offers",
    ),
    Refusal.DATABASE: ("it has no such database", "correct the database in the profile's url"),
    Refusal.OTHER: ("it can't be used", "check the profile's url"),
}


@dataclass(frozen=True, slots=True)
class Address:
    """A server's url in parts; `shown` names the server without a secret."""

    server: AnyServer
    host: str | None
    port: int | None
    database: str | None
    user: str | None = field(repr=False)
    password: str | None = field(repr=False)
    options: Mapping[str, str] = field(repr=False)

    @property
    def shown(self) -> str:
        host = self.host or self.options.get("host") or "this computer"
        return host if self.port is None else f"{host}:{self.port}"

    @property
    def plain_options(self) -> dict[str, str]:
        """The options that hold no secret."""
        return {name: value for name, value in self.options.items() if not _is_secret(name)}

    def without_secrets(self, text: str) -> str:
        """Return a text, of a driver say, that repeats no secret of the url, however written."""
        secrets = [value for name, value in self.options.items() if _is_secret(name)]
        written = map(_forms, filter(None, [self.password, *secrets]))
        return re.sub("|".join(written) or r"(?!)", _HIDDEN, text)


def _forms(secret: str) -> str:
    """Return a pattern of a secret, each sign of which may be percent-encoded or not."""
    return "".join(
        f"(?:{re.escape(sign)}|(?i:{''.join(f'%{byte:02x}' for byte in sign.encode())})"
        f"{'|[+]' if sign == ' ' else ''})"
        for sign in secret
    )


def address_of(url: str) -> Address | None:
    """Return the parts of a server's url; None where it can't be told which they are: a `/` or `@`
    in a password that stands as it is would lead to another host."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    server = SERVERS.get(parts.scheme)
    if server is None or "@" in parts.path or parts.fragment:
        return None
    path, _, beside = parts.path.partition(";")
    return Address(
        server,
        parts.hostname,
        port,
        unquote(path[1:]) or None,
        _plain(parts.username),
        _plain(parts.password),
        dict(parse_qsl(parts.query)) | dict(map(_option, filter(None, beside.split(";")))),
    )


def _option(text: str) -> tuple[str, str]:
    """Return an option of those that stand behind the path."""
    name, _, value = text.partition("=")
    return name, unquote(value)


def refused(address: Address, text: str) -> Diagnostic:
    """Return why a server isn't connected to, of which its driver says `text`."""
    why, text = address.server.refusal(text)
    fact, mend = _MENDS[why]
    return error(
        why.value, f"{address.server.name} at `{address.shown}`: {fact}: {text}", help=mend
    )


def _plain(text: str | None) -> str | None:
    return None if text is None else unquote(text)


def _is_secret(option: str) -> bool:
    return re.search(SECRET_OPTION, option, re.IGNORECASE) is not None
