"""A ClickHouse of the tests' own, on loopback and with a password: see `clickhouse_http`.

No package has a server's program; chdb has its engine as a library. Its clocks stand in Kiritimati,
so that a test fails which gets a time zone from the server.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from urllib.parse import quote

import clickhouse_connect
from clickhouse_connect.driver.client import Client

_PASSWORD = "p@ss/w%rd"  # noqa: S105  (needs percent-encoding)
_ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class ClickHouseServer:
    """A running server, and one who may write to it."""

    port: int
    client: Client
    process: subprocess.Popen[str]
    _numbers: Iterator[int] = field(default_factory=count)

    def url(self, database: str = "default", password: str = _PASSWORD) -> str:
        return f"clickhouse://default:{quote(password, safe='')}@127.0.0.1:{self.port}/{database}"

    def run(self, *statements: str) -> list[tuple[object, ...]]:
        """Run statements and return the rows of the last one, none where it has none."""
        for statement in statements[:-1]:
            self.client.command(statement)
        return [tuple(row) for row in self.client.query(statements[-1]).result_rows]

    @contextmanager
    def database(self) -> Iterator[str]:
        """The name of an empty database, which is dropped afterwards."""
        name = f"kpidsl_{next(self._numbers)}"
        self.client.command(f"CREATE DATABASE {name} ENGINE = Memory")
        try:
            yield name
        finally:
            self.client.command(f"DROP DATABASE {name}")


@contextmanager
def clickhouse_server(folder: Path | None = None) -> Iterator[ClickHouseServer]:
    """Start a server, and stop it; about two seconds. What it keeps on a disk, of temporary files
    too, is in a folder, where one is named."""
    kept = ":memory:" if folder is None else f"file:{folder}"
    with subprocess.Popen(
        [sys.executable, "-m", "tests.servers.clickhouse_http", _PASSWORD, kept],
        cwd=_ROOT,
        env={**os.environ, "TZ": "Pacific/Kiritimati"},
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            port = int(process.stdout.readline())
            client = clickhouse_connect.get_client(
                host="127.0.0.1",
                port=port,
                username="default",
                password=_PASSWORD,
                autogenerate_session_id=False,
            )
            try:
                yield ClickHouseServer(port, client, process)
            finally:
                client.close()
        finally:
            process.kill()
