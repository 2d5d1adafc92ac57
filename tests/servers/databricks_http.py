"""Databricks' interface for SQL in front of Spark's own server, which is older: Hive's.

The connector is Databricks' own, and Spark runs the SQL. This file translates between the two, asks
for a token, and lets no session change Spark's settings where it plays a warehouse. So what
statements give, how they fail and how they are cancelled is Spark's; how Databricks starts
warehouses, sends rows as Arrow, and knows catalogs, users and their rights is not shown by it.
"""

from __future__ import annotations

import os
import re
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyspark
from databricks.sql.thrift_api.TCLIService import TCLIService, ttypes
from thrift.protocol.TBinaryProtocol import TBinaryProtocol
from thrift.transport.THttpClient import THttpClient
from thrift.transport.TTransport import TMemoryBuffer

from tests.servers.http import Handler, serving
from tests.servers.ports import free_port

TOKEN = "dapi/of=the%tests"  # noqa: S105  (needs percent-encoding)
_HIVE = 9
"""Version 10 of Hive's protocol."""
_STARTS_IN = 120
"""So many seconds."""
_SETTINGS = {
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1",
    "spark.driver.host": "127.0.0.1",
    "spark.hadoop.javax.jdo.option.ConnectionURL": "jdbc:derby:memory:kpidsl;create=true",
    "spark.sql.adaptive.enabled": "false",
    "spark.sql.ansi.enabled": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.session.timeZone": "Pacific/Kiritimati",
    "spark.sql.shuffle.partitions": "1",
    "spark.sql.thriftServer.interruptOnCancel": "true",
    "spark.ui.enabled": "false",
}
_NOT_AVAILABLE = "[CONFIG_NOT_AVAILABLE] Configuration {} is not available. SQLSTATE: 42K0I"


@dataclass
class Front:
    """What speaks to the connector: `is_warehouse` where no session may change Spark's settings,
    `is_gone` where no request is answered."""

    spark: int
    port: int = 0
    is_warehouse: bool = False
    is_gone: bool = False
    statements: list[str] = field(default_factory=list)
    sessions: list[Any] = field(default_factory=list)
    cancelled: int = 0

    @property
    def uri(self) -> str:
        return f"http://127.0.0.1:{self.port}/cliservice"

    def OpenSession(self, asked: Any) -> Any:  # noqa: N802
        namespace = asked.initialNamespace
        asked.client_protocol, asked.client_protocol_i64 = _HIVE, None
        asked.initialNamespace = asked.canUseMultipleCatalogs = None
        told = self._asked("OpenSession", asked)
        self.sessions.append(told.sessionHandle)
        told.serverProtocolVersion = ttypes.TProtocolVersion.SPARK_CLI_SERVICE_PROTOCOL_V7
        told.canUseMultipleCatalogs, told.initialNamespace = True, namespace
        if namespace is not None and namespace.schemaName is not None:
            name = f"USE `{namespace.schemaName}`"
            self._asked(
                "ExecuteStatement",
                ttypes.TExecuteStatementReq(told.sessionHandle, name, runAsync=False),
            )
        return told

    def forget(self) -> None:
        """Close the session that was opened last, as Databricks does with one that isn't used."""
        self._asked("CloseSession", ttypes.TCloseSessionReq(self.sessions[-1]))

    def ExecuteStatement(self, asked: Any) -> Any:  # noqa: N802
        self.statements.append(asked.statement)
        found = re.match(r"SET (spark[\w.]+)", asked.statement)
        if self.is_warehouse and found:
            error = ttypes.TStatusCode.ERROR_STATUS
            status = ttypes.TStatus(error, errorMessage=_NOT_AVAILABLE.format(found[1]))
            return ttypes.TExecuteStatementResp(status)
        return self._asked("ExecuteStatement", asked)

    def GetResultSetMetadata(self, asked: Any) -> Any:  # noqa: N802
        told = self._asked("GetResultSetMetadata", asked)
        told.resultFormat = ttypes.TSparkRowSetType.COLUMN_BASED_SET
        told.lz4Compressed = told.isStagingOperation = False
        return told

    def FetchResults(self, asked: Any) -> Any:  # noqa: N802
        told = self._asked("FetchResults", asked)
        if asked.includeResultSetMetadata:
            about = ttypes.TGetResultSetMetadataReq(asked.operationHandle)
            told.resultSetMetadata = self.GetResultSetMetadata(about)
        return told

    def CancelOperation(self, asked: Any) -> Any:  # noqa: N802
        self.cancelled += 1
        return self._asked("CancelOperation", asked)

    def __getattr__(self, method: str) -> Callable[[Any], Any]:
        return lambda asked: self._asked(method, asked)

    def _asked(self, method: str, asked: Any) -> Any:
        transport = THttpClient(f"http://127.0.0.1:{self.spark}/cliservice")
        transport.setCustomHeaders({"Authorization": "Basic YTph"})
        transport.open()
        try:
            return getattr(TCLIService.Client(TBinaryProtocol(transport)), method)(asked)
        finally:
            transport.close()


class _Handler(Handler):
    front: Front

    def do_POST(self) -> None:  # noqa: N802
        body = self.body()
        if self.front.is_gone:
            self.close_connection = True
            return
        if self.headers.get("Authorization") != f"Bearer {TOKEN}":
            self.send(403, b"", {"x-databricks-reason-phrase": "Invalid access token"})
            return
        told = TMemoryBuffer()
        processor = TCLIService.Processor(self.front)
        processor.process(TBinaryProtocol(TMemoryBuffer(body)), TBinaryProtocol(told))
        self.send(200, told.getvalue(), {"Content-Type": "application/x-thrift"})


@contextmanager
def databricks_server() -> Iterator[Front]:
    """Start Spark's server for SQL, and what stands before it; stop both."""
    with tempfile.TemporaryDirectory() as folder, _spark(Path(folder)) as port:
        front = Front(port)
        with serving(_Handler, front=front) as front.port:
            yield front


@contextmanager
def _spark(folder: Path) -> Iterator[int]:
    port = free_port()
    home = Path(pyspark.__file__).parent
    settings = _SETTINGS | {"spark.sql.warehouse.dir": str(folder / "warehouse")}
    hive = {
        "hive.server2.transport.mode": "http",
        "hive.server2.thrift.http.port": str(port),
        "hive.server2.thrift.bind.host": "127.0.0.1",
    }
    command = [
        *(str(home / "bin" / "spark-submit"), "--master", "local[1]", "--class"),
        "org.apache.spark.sql.hive.thriftserver.HiveThriftServer2",
        *(word for item in settings.items() for word in ("--conf", "=".join(item))),
        "spark-internal",
        *(word for item in hive.items() for word in ("--hiveconf", "=".join(item))),
    ]
    environment = {**os.environ, "SPARK_HOME": str(home)}
    log = folder / "log"
    with (
        log.open("wb") as out,
        subprocess.Popen(command, cwd=folder, env=environment, stdout=out, stderr=out) as process,
    ):
        try:
            end = time.monotonic() + _STARTS_IN
            while not _answers(port):
                if process.poll() is not None or time.monotonic() > end:
                    raise RuntimeError(log.read_text(errors="replace")[-2000:])
                time.sleep(0.2)
            yield port
        finally:
            process.kill()


def _answers(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False
