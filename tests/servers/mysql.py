"""A MariaDB of the tests' own, from Debian, on loopback and with passwords.

Its settings differ from those of the sessions that kpidsl opens, so that a test fails which gets
them from the server: the server's clocks are ahead of UTC, it knows no zones by name, and its texts
are the same whatever the case of their letters.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import pymysql

from tests.servers.certificates import Certified
from tests.servers.ports import free_port

_SETTINGS = """
[mariadbd]
bind-address = 127.0.0.1
character-set-server = utf8mb4
collation-server = utf8mb4_general_ci
default-time-zone = +13:00
innodb-flush-log-at-trx-commit = 0
innodb-log-file-size = 8M
port = {port}
skip-log-bin
socket = {folder}/socket
tmpdir = {folder}
"""
"""A server that starts removes what other servers keep in a folder for temporary tables."""
_PATIENCE = 30
"""Seconds in which the server is there."""


@dataclass(frozen=True)
class MySQLServer:
    """A running server; `server.run(server.url(), "SELECT 1")` reaches it."""

    port: int
    password: str
    """As it stands in a url."""
    own: dict[str, Any]
    """What the driver connects with as an administrator."""
    _numbers: Iterator[int] = field(default_factory=count)

    def url(self, database: str = "", password: str | None = None) -> str:
        secret = self.password if password is None else password
        return f"mysql://kpi:{secret}@127.0.0.1:{self.port}/{database}"

    def run(self, *statements: str, database: str | None = None) -> list[tuple[Any, ...]]:
        """Run statements as an administrator, and return the rows of the last one."""
        own = pymysql.connect(**self.own, database=database, charset="utf8mb4", autocommit=True)
        with own as con, con.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
            return list(cursor.fetchall())

    def asleep(self) -> list[int]:
        """The connections on which a statement sleeps."""
        rows = self.run(
            "SELECT id FROM information_schema.processlist WHERE info LIKE '%SLEEP(30)%' "
            "AND id <> CONNECTION_ID()"
        )
        return [number for (number,) in rows]

    @contextmanager
    def database(self) -> Iterator[str]:
        """The name of an empty database, which is dropped afterwards."""
        name = f"kpidsl_{next(self._numbers)}"
        self.run(f"CREATE DATABASE {name}")
        try:
            yield name
        finally:
            self.run(f"DROP DATABASE {name}")


@contextmanager
def mysql_server(shows: Certified | None = None) -> Iterator[MySQLServer]:
    """Start a server in a temporary folder, and stop it; about a second. With a certificate, which
    it `shows`, it offers TLS."""
    folder = Path(tempfile.mkdtemp(prefix="kpidsl_"))
    as_root = ["--user=root"] if os.geteuid() == 0 else []
    port = free_port()
    settings = folder / "settings"
    written = _SETTINGS.format(port=port, folder=folder)
    if shows is not None:
        written += f"ssl-cert = {shows.certificate}\nssl-key = {shows.key}\n"
    settings.write_text(written, encoding="utf-8")
    options = [f"--defaults-file={settings}", f"--datadir={folder / 'data'}"]
    try:
        made = ["mariadb-install-db", *options, *as_root, "--skip-test-db"]
        made.append("--auth-root-authentication-method=normal")
        _found(subprocess.run, made, check=True, capture_output=True)
        with (folder / "log").open("wb") as log:
            process = _found(subprocess.Popen, [_program(), *options, *as_root], stderr=log)
        try:
            own = {"unix_socket": str(folder / "socket"), "user": "root"}
            _wait(own, process, folder / "log")
            password = "p@ss/w%rd"  # noqa: S105  (needs percent-encoding)
            server = MySQLServer(port, "p%40ss%2Fw%25rd", own)
            server.run(
                f"CREATE USER kpi@127.0.0.1 IDENTIFIED BY '{password}'",
                "GRANT ALL ON *.* TO kpi@127.0.0.1",
            )
            yield server
        finally:
            process.kill()
            process.wait()
    finally:
        shutil.rmtree(folder)


def _program() -> str:
    """The server stands in a folder that not everyone's PATH has."""
    return shutil.which("mariadbd") or "/usr/sbin/mariadbd"


def _found(start: Any, *arguments: Any, **options: Any) -> Any:
    try:
        return start(*arguments, **options)
    except FileNotFoundError as missing:
        raise RuntimeError("no MariaDB: apt-get install mariadb-server") from missing


def _wait(own: dict[str, Any], process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + _PATIENCE
    while time.monotonic() < until and process.poll() is None:
        with socket.socket(socket.AF_UNIX) as line:
            if line.connect_ex(own["unix_socket"]) == 0:
                return
        time.sleep(0.05)
    raise RuntimeError(f"MariaDB doesn't start: {log.read_text(errors='replace')[-2000:]}")
