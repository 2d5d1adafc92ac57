"""ClickHouse behind its HTTP interface, as a program: the engine is ClickHouse's own, run by chdb
in this process; what speaks HTTP and asks for a login is this file.

So what statements, settings, time limits and `KILL QUERY` do is real. What the interface of a
server does beyond passing them on is not shown by it: TLS, compression, sessions, progress, a query
that ends with its request, roles and rights.
"""

from __future__ import annotations

import re
import sys
from base64 import b64decode
from threading import Event
from urllib.parse import parse_qsl, urlsplit

import chdb

from tests.servers.http import Handler, serving

_TRANSPORT = re.compile(
    "query_id|session_|compress|decompress|wait_end_of_query|buffer_size|client_protocol_version"
    "|send_progress|http_headers_progress|enable_http_compression|cancel_http_readonly|param_"
)
"""Parameters of a request that are no settings of a statement."""
_FORMAT = re.compile(rb"FORMAT\s+(\w+)\s*$")
_CODE = re.compile(r"Code: (\d+)\.")
_NO_LOGIN = (
    "Code: 516. DB::Exception: {}: Authentication failed: password is incorrect, or there is no "
    "user with such name. (AUTHENTICATION_FAILED)"
)


class _Handler(Handler):
    known: str
    kept: str

    def do_POST(self) -> None:  # noqa: N802
        body = self.body()
        options = dict(parse_qsl(urlsplit(self.path).query))
        user, _, password = self._login()
        if password != self.known:
            self.send(403, _NO_LOGIN.format(user).encode(), {"X-ClickHouse-Exception-Code": "516"})
            return
        try:
            data, form = _run(self.kept, body, options)
        except RuntimeError as failure:
            self._refuse(500, f"{failure} (version 26.9)")
            return
        zone = options.get("session_timezone", "Pacific/Kiritimati")
        self.send(200, data, {"X-ClickHouse-Format": form, "X-ClickHouse-Timezone": zone})

    def _login(self) -> tuple[str, str, str]:
        _, _, login = self.headers.get("Authorization", "").partition(" ")
        return b64decode(login).decode().partition(":")

    def _refuse(self, status: int, text: str) -> None:
        code = _CODE.search(text)
        number = "1000" if code is None else code[1]
        self.send(status, text.encode(), {"X-ClickHouse-Exception-Code": number})


def _run(kept: str, body: bytes, options: dict[str, str]) -> tuple[bytes, str]:
    """Run a statement on a handle of its own, with its own settings and database."""
    con = chdb.connect(kept)
    try:
        if database := options.pop("database", None):
            con.query(f"USE {_quoted(database, '`')}")
        # A setting that forbids further ones comes last.
        for name, value in sorted(options.items(), key=lambda item: item[0] == "readonly"):
            if not _TRANSPORT.match(name) and name not in {"query", "default_format"}:
                con.query(f"SET {name} = {_quoted(value)}")
        asked = "\n".join(filter(None, [options.get("query"), body.decode()]))
        found = _FORMAT.search(body)
        form = found[1].decode() if found else options.get("default_format", "TabSeparated")
        return bytes(con.query(asked, form).bytes()), form
    finally:
        con.close()


def _quoted(text: str, sign: str = "'") -> str:
    escaped = text.replace("\\", "\\\\").replace(sign, f"\\{sign}")
    return f"{sign}{escaped}{sign}"


def main() -> None:
    password, kept = sys.argv[1:]
    first = chdb.connect(kept)  # its tables are there as long as a handle is
    try:
        with serving(_Handler, known=password, kept=kept) as port:
            print(port, flush=True)  # noqa: T201 -- whoever started this reads it
            Event().wait()
    finally:
        first.close()


if __name__ == "__main__":
    main()
