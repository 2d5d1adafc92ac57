"""A Spark of the tests' own: one Connect server a test run on loopback, and schemas on it.

Its settings differ from those of the sessions that kpidsl opens, so that a test fails which gets
them from the server: its clocks stand in Kiritimati, and what is too large is NULL.
"""

from __future__ import annotations

import atexit
import fcntl
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kpidsl.engines import spark as _quiet  # noqa: F401 -- without it PySpark warns of pandas
from tests.servers import csv_files
from tests.servers.ports import free_port

if TYPE_CHECKING:
    from pyspark.sql.connect.session import SparkSession

TOKEN = "t/k=n;%"  # noqa: S105  (needs percent-encoding)
_ENCODED = "t%2Fk%3Dn%3B%25"
_SETTINGS = {
    "spark.sql.ansi.enabled": "false",
    "spark.sql.caseSensitive": "true",
    "spark.sql.orderByOrdinal": "false",
    "spark.sql.groupByOrdinal": "false",
    "spark.sql.session.timeZone": "Pacific/Kiritimati",
    # Of small questions, each asked once, code takes longer to compile than to run.
    "spark.sql.shuffle.partitions": "1",
    "spark.sql.adaptive.enabled": "false",
    "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    "spark.sql.codegen.wholeStage": "false",
    "spark.ui.enabled": "false",
}
_TYPES = {
    '"NULL"': "STRING",
    "HUGEINT": "DECIMAL(38, 0)",
    "INTEGER": "INT",
    "REAL": "FLOAT",
    "TIMESTAMP": "TIMESTAMP_NTZ",
    "TIMESTAMP WITH TIME ZONE": "TIMESTAMP",
    "TIMESTAMPTZ": "TIMESTAMP",
    "VARCHAR": "STRING",
}
"""Types of DuckDB that are called otherwise in Spark; a column without a value has none."""
_STARTS_IN = 120
"""So many seconds."""
_NUMBERS = count(1)
_STARTED: list[subprocess.Popen[bytes]] = []
"""What this process has started: a process that nobody holds any more is a warning."""


@dataclass(frozen=True)
class SparkServer:
    """A running server."""

    port: int

    def url(self, schema: str = "", token: str = _ENCODED) -> str:
        # Without TLS a token is only sent to what is called `localhost`.
        return f"sc://localhost:{self.port}/{schema};token={token}"


@cache
def server() -> SparkServer:
    """The server of this test run, whose last process ends it."""
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID", str(os.getpid()))
    folder = Path(tempfile.gettempdir()) / f"kpidsl_spark_{run}"
    folder.mkdir(exist_ok=True)
    with _locked(folder):
        users, told = folder / "users", folder / "server"
        if not told.exists():
            process, port = _started(folder)
            told.write_text(f"{process} {port}")
        process, port = map(int, told.read_text().split())
        users.write_text(str(int(users.read_text()) + 1 if users.exists() else 1))
    atexit.register(_left, folder, process)
    return SparkServer(port)


def _left(folder: Path, process: int) -> None:
    with _locked(folder):
        users = folder / "users"
        users.write_text(str(int(users.read_text()) - 1))
        if users.read_text() == "0":
            os.kill(process, signal.SIGKILL)
            shutil.rmtree(folder, ignore_errors=True)
            folder.with_suffix(".lock").unlink()


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    with folder.with_suffix(".lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _started(folder: Path) -> tuple[int, int]:
    """Start a server; return its process and its port."""
    settings = _SETTINGS | {
        "spark.connect.authenticate.token": TOKEN,
        "spark.sql.warehouse.dir": str(folder / "warehouse"),
    }
    process, port = connect_server("local[2]", settings, folder)
    _STARTED.append(process)
    return process.pid, port


def connect_server(
    master: str, settings: Mapping[str, str], folder: Path
) -> tuple[subprocess.Popen[bytes], int]:
    """Start a Connect server that has its work done by a master; return its port, too."""
    port = free_port()
    bound = {
        "spark.connect.grpc.binding.address": "127.0.0.1",
        "spark.connect.grpc.binding.port": str(port),
        "spark.driver.host": "127.0.0.1",
    }
    words = ["--master", master]
    words += ["--class", "org.apache.spark.sql.connect.service.SparkConnectServer"]
    for name, value in (bound | dict(settings)).items():
        words += ["--conf", f"{name}={value}"]
    return program("spark-submit", [*words, "spark-internal"], port, folder), port


def program(name: str, words: Sequence[str], port: int, folder: Path) -> subprocess.Popen[bytes]:
    """Start one of Spark's own programs, and wait until it listens."""
    import pyspark  # noqa: PLC0415  (its folder is that of the programs)

    home, log = Path(pyspark.__file__).parent, folder / f"{port}.log"
    around = {"SPARK_HOME": str(home), "SPARK_LOCAL_IP": "127.0.0.1", "SPARK_DAEMON_MEMORY": "1g"}
    with log.open("w") as written:
        process = subprocess.Popen(
            [str(home / "bin" / name), *words],
            cwd=folder,
            env=os.environ | around,
            stdout=written,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C is the tests' own
        )
    _wait_for(port, process, log)
    return process


def _wait_for(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    """Return once something listens; raise what the log says where it doesn't."""
    end = time.monotonic() + _STARTS_IN
    while time.monotonic() < end and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    process.kill()
    process.wait()
    raise RuntimeError(f"Spark does not start: {log.read_text()[-2000:]}")


# --- schemas -------------------------------------------------------------------------------


@cache
def _writer() -> SparkSession:
    from pyspark.sql.connect.session import SparkSession  # noqa: PLC0415

    session = SparkSession(server().url().replace("/;", "/;user_id=writer;"))
    session.conf.set("spark.sql.session.timeZone", "UTC")
    atexit.register(session.stop)
    return session


def run(*statements: str) -> list[Any]:
    """Run statements, and return the rows of the last one."""
    for statement in statements:
        found = _writer().sql(statement).collect()
    return found


def made_schema() -> str:
    schema = f"case_{os.getpid()}_{next(_NUMBERS)}"
    run(f"CREATE SCHEMA {schema}")
    return schema


def select_of(columns: Mapping[str, str], rows: Iterable[Sequence[object]]) -> str:
    """Return a SELECT of rows; `columns` have DuckDB's types."""
    types = [_type(kind) for kind in columns.values()]
    written = [
        "(" + ", ".join(_literal(*part) for part in zip(row, types, strict=True)) + ")"
        for row in rows
    ]
    none = "(" + ", ".join(_literal(None, kind) for kind in types) + ")"
    values = ", ".join(written) or none
    named = ", ".join(map(quoted, columns))
    end = "" if written else " WHERE FALSE"
    return f"SELECT * FROM VALUES {values} AS rows({named}){end}"  # noqa: S608


def write_files(folder: Path, names: Iterable[str]) -> str:
    """Copy CSV files, typed as kpidsl types them, into a new schema; return its url."""
    schema = made_schema()
    for name, columns, rows in csv_files.read(folder, names):
        run(f"CREATE VIEW {schema}.{quoted(name)} AS {select_of(columns, rows)}")
    return server().url(schema)


def _type(kind: str) -> str:
    if kind.startswith("STRUCT"):
        name = kind.removeprefix('STRUCT("').removesuffix('" VARCHAR)')
        return f"STRUCT<{quoted(name)}: STRING>"
    return _TYPES.get(kind, kind)


def _literal(value: object, kind: str) -> str:
    match value:
        case None:
            written = "NULL"
        case dict():
            ((name, part),) = value.items()
            written = f"NAMED_STRUCT({_text(name)}, {_literal(part, 'STRING')})"
        case datetime():
            written = _text(value.isoformat(" "))
        case _:
            written = _text(str(value))
    return f"CAST({written} AS {kind})"


def _text(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def quoted(name: str) -> str:
    doubled = name.replace("`", "``")
    return f"`{doubled}`"
