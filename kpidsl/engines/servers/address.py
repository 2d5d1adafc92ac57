"""Where a server is, and what of its url must not be shown."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, unquote, urlsplit

from kpidsl.engines.servers import SERVERS, AnyServer, Refusal, Spark
from kpidsl.text.diagnostic import Diagnostic, error
from kpidsl.text.secrets import HIDDEN

_SECRET = re.compile(
    r"(?:password|passwd|passphrase|passcode|pwd|secret|token|credential|private_key"
    r"|authorization|headers?\b|jwt\b|scram_\w+_key)"
    r"(?!\w*_(?:file|path|url)\b)",
    re.IGNORECASE,
)
"""Which options of a url hold a secret; where one is to be found is none."""
_LOGIN = re.compile(r"(?:^|//)[^/@:]*:[^/@]+@")
"""A login within an option, such as that of a proxy."""
_PLAIN = {"0", "1", "basic", "bearer", "false", "true"}
"""Values that tell nothing, such as what stands in front of a token."""
_STRING = re.compile(r'"((?:[^"\\]|\\.)*)"\s*[,}\]]')
_LEAST = 6
"""A word of fewer signs isn't hidden by itself: it stands in other words, too."""
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
        secrets = self._secrets
        return {name: value for name, value in self.options.items() if name not in secrets}

    @property
    def _secrets(self) -> dict[str, str]:
        found = self.options.items()
        return {name: value for name, value in found if is_secret(self.server, name, value)}

    def without_secrets(self, text: str) -> str:
        """Return a text, of a driver say, that repeats no secret of the url, however written."""
        secrets = {part for value in self._secrets.values() for part in _parts(value)}
        hidden = sorted({self.password or "", *secrets} - {""}, key=len, reverse=True)
        return re.sub("|".join(map(_forms, hidden)) or r"(?!)", HIDDEN, text)


def _parts(secret: str) -> Iterator[str]:
    """Yield a secret, and what of it a driver may show by itself: the values of headers, and what
    stands in one behind a word such as `Bearer`."""
    for text in (secret, *_STRING.findall(secret)):
        yield text
        _, _, last = text.rpartition(" ")
        if len(last) >= _LEAST:
            yield last


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


def is_secret(server: AnyServer | None, option: str, value: str) -> bool:
    """Tell whether an option of a url holds a secret; Spark is sent any that it doesn't know."""
    if not value or value.strip().lower() in _PLAIN:
        return False
    unknown = isinstance(server, Spark) and option not in server.harmless
    return unknown or any([_SECRET.search(option), _LOGIN.search(value)])
