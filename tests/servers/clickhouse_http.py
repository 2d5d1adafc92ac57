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
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

import chdb

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


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # an answer goes out in one piece

    def __init__(self, *args: object, password: str) -> None:
        self._password = password
        super().__init__(*args)  # type: ignore[arg-type]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        options = dict(parse_qsl(urlsplit(self.path).query))
        user, _, password = self._login()
        if password != self._password:
            self._answer(
                403, _NO_LOGIN.format(user).encode(), {"X-ClickHouse-Exception-Code": "516"}
            )
            return
        try:
            data, form = _run(body, options)
        except RuntimeError as failure:
            self._refuse(500, f"{failure} (version 26.9)")
            return
        zone = options.get("session_timezone", "Pacific/Kiritimati")
        self._answer(200, data, {"X-ClickHouse-Format": form, "X-ClickHouse-Timezone": zone})

    def _login(self) -> tuple[str, str, str]:
        _, _, login = self.headers.get("Authorization", "").partition(" ")
        return b64decode(login).decode().partition(":")

    def _refuse(self, status: int, text: str) -> None:
        code = _CODE.search(text)
        number = "1000" if code is None else code[1]
        self._answer(status, text.encode(), {"X-ClickHouse-Exception-Code": number})

    def _answer(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """The tests look at what the client says."""


def _run(body: bytes, options: dict[str, str]) -> tuple[bytes, str]:
    """Run a statement on a handle of its own, with its own settings and database."""
    con = chdb.connect(":memory:")
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
    (password,) = sys.argv[1:]
    kept = chdb.connect(":memory:")  # its tables are there as long as a handle is
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, password=password))
    print(server.server_port, flush=True)  # noqa: T201 -- whoever started this reads it
    try:
        server.serve_forever()
    finally:
        kept.close()


if __name__ == "__main__":
    main()
