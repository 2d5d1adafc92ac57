"""A standalone cluster of Spark on loopback: a master, two workers, and a Connect server on it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from subprocess import Popen
from urllib.request import urlopen

from tests.servers.ports import free_port
from tests.servers.spark import connect_server, program

_DEPLOY = "org.apache.spark.deploy"
_SETTINGS = {
    "spark.executor.cores": "1",
    "spark.executor.memory": "768m",
    "spark.sql.shuffle.partitions": "4",
    "spark.ui.enabled": "false",
}


@dataclass(frozen=True)
class Cluster:
    port: int
    page: str

    def url(self, schema: str = "") -> str:
        return f"sc://127.0.0.1:{self.port}/{schema}"

    def run(self, *statements: str) -> None:
        from pyspark.sql.connect.session import SparkSession  # noqa: PLC0415

        session = SparkSession(self.url())
        for statement in statements:
            session.sql(statement)
        session.stop()

    def busy_workers(self) -> int:
        """How many workers lend their cores to the server."""
        with urlopen(self.page) as told:  # noqa: S310  (of the master's own page)
            return sum(worker["coresused"] > 0 for worker in json.load(told)["workers"])


@contextmanager
def spark_cluster(folder: Path) -> Iterator[Cluster]:
    """Start a cluster whose files lie in a folder, and end it."""
    with ExitStack() as running:

        def kept(process: Popen[bytes]) -> None:
            running.callback(process.wait)
            running.callback(process.kill)

        port, page = free_port(), free_port()
        local = ["--host", "127.0.0.1"]
        at = [*local, "--port", str(port), "--webui-port", str(page)]
        kept(program("spark-class", [f"{_DEPLOY}.master.Master", *at], port, folder))
        master = f"spark://127.0.0.1:{port}"
        for _ in range(2):
            own = free_port()
            lends = ["--port", str(own), "--cores", "1", "--memory", "1g", "--webui-port", "0"]
            work = ["--work-dir", str(folder / "work")]
            words = [f"{_DEPLOY}.worker.Worker", *local, *lends, *work, master]
            kept(program("spark-class", words, own, folder))
        settings = _SETTINGS | {"spark.sql.warehouse.dir": str(folder / "warehouse")}
        server, listening = connect_server(master, settings, folder)
        kept(server)
        yield Cluster(listening, f"http://127.0.0.1:{page}/json/")
