"""Servers whose disk for temporary files is full: a small one, which only root may mount."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import pytest

from kpidsl.engines.servers.address import address_of
from tests.servers.asking import failure, opened

if TYPE_CHECKING:
    from tests.servers.postgres import PostgresServer

MEGABYTES = 2


@pytest.fixture
def disk() -> Iterator[Path]:
    with TemporaryDirectory() as name:
        folder = Path(name)
        size = f"size={MEGABYTES}m"
        mounting = ["mount", "-t", "tmpfs", "-o", size, "tmpfs", name]
        done = subprocess.run(mounting, capture_output=True, text=True, check=False)
        if done.returncode:
            pytest.skip(f"no small disk can be mounted here: {done.stderr.strip()}")
        try:
            yield folder
        finally:
            subprocess.run(["umount", "--lazy", name], check=True)


@pytest.mark.postgres
def test_postgresql(postgres_server: PostgresServer, postgres_url: str, disk: Path) -> None:
    [(data,)] = postgres_server.run(postgres_url, "SHOW data_directory")
    owner = Path(str(data)).stat()
    folder = disk / "kept"
    folder.mkdir()
    os.chown(folder, owner.st_uid, owner.st_gid)
    name = postgres_url.rpartition("/")[2]
    postgres_server.run(
        postgres_url,
        f"CREATE TABLESPACE small LOCATION '{folder}'",
        f"ALTER DATABASE {name} SET temp_tablespaces = 'small'",
        f"ALTER DATABASE {name} SET work_mem = '64kB'",
    )
    try:
        with opened(postgres_url) as engine:
            sql = "SELECT g FROM generate_series(1, 500000) AS g ORDER BY -g"
            kind, text = failure(engine, sql)
            assert (kind, "No space left on device" in text) == ("disk", True)
            assert engine.run("SELECT 1").rows == [(1,)]
    finally:
        postgres_server.run(postgres_url, "DROP TABLESPACE small")


# --- ClickHouse ----------------------------------------------------------------------------

SORTED = (
    "SELECT count() FROM "
    "(SELECT number FROM numbers(2000000) ORDER BY cityHash64(number) LIMIT 1999999)"
)
ON_DISK = (
    "max_threads=1&max_bytes_before_external_sort=100000&max_bytes_ratio_before_external_sort=0"
)
COUNTED = "SELECT count() FROM (SELECT number, count() FROM numbers(500000) GROUP BY number)"


@pytest.mark.clickhouse
def test_clickhouse(disk: Path) -> None:
    from tests.servers.clickhouse import clickhouse_server  # noqa: PLC0415 -- of an extra

    with (
        clickhouse_server(disk / "kept") as server,
        opened(f"{server.url()}?{ON_DISK}") as engine,
    ):
        kind, text = failure(engine, SORTED)
        assert (kind, "Not enough space on temporary disk" in text) == ("disk", True)
        assert engine.run("SELECT 1").rows == [(1,)]


@pytest.mark.clickhouse
def test_what_an_operator_of_clickhouse_allows(clickhouse_server: Any) -> None:
    limits = (
        "max_bytes_before_external_group_by=100000&max_bytes_ratio_before_external_group_by=0"
        "&max_temporary_data_on_disk_size_for_query=100000"
    )
    with opened(f"{clickhouse_server.url()}?{limits}") as engine:
        kind, text = failure(engine, COUNTED)
        assert (kind, "Limit for temporary files size exceeded" in text) == ("disk", True)
        assert engine.run("SELECT 1").rows == [(1,)]


# --- Spark ---------------------------------------------------------------------------------

SHUFFLED = (
    "SELECT COUNT(*) FROM (SELECT id, SHA2(CAST(id AS STRING), 256) AS h FROM RANGE(300000) "
    "DISTRIBUTE BY id) WHERE h > 'a'"
)


@pytest.mark.spark
def test_spark(tmp_path: Path, disk: Path) -> None:
    from kpidsl.engines.spark import SparkEngine  # noqa: PLC0415 -- PySpark is an extra
    from tests.servers.spark import connect_server  # noqa: PLC0415 -- of the extra `engines`

    settings = {
        "spark.local.dir": str(disk),
        "spark.shuffle.compress": "false",
        "spark.ui.enabled": "false",
    }
    process, port = connect_server("local[1]", settings, tmp_path)
    address = address_of(f"sc://127.0.0.1:{port}/")
    assert address is not None
    try:
        with closing(SparkEngine(address, timezone="UTC", timeout=120, rows=10)) as engine:
            kind, text = failure(engine, SHUFFLED)
            assert (kind, "No space left on device" in text, "\n" in text) == ("disk", True, False)
            assert engine.run("SELECT 1").rows == [(1,)]
    finally:
        process.kill()
        process.wait()


FAILED = """\
Job aborted due to stage failure: Task 0 in stage 0.0 failed 1 times, most recent failure: Lost \
task 0.0 in stage 0.0 (TID 0) (localhost executor driver): java.io.IOException: No space left on \
device
\tat java.base/java.io.FileOutputStream.writeBytes(Native Method)
\tat java.base/java.io.FileOutputStream.write(FileOutputStream.java:349)"""
"""The beginning of what Spark 4.3 said when its disk was full."""


@pytest.mark.spark
@pytest.mark.parametrize(
    ("text", "kind", "told"),
    [
        (FAILED, "disk", "No space left on device"),
        (FAILED.replace("IOException: ", "IOException: [x] "), "other", "Job aborted"),
        ("[x] No space left on device", "other", "[x] No space left on device"),  # of the data, say
    ],
)
def test_what_spark_says_of_it(text: str, kind: str, told: str) -> None:
    from pyspark.errors.exceptions.connect import SparkException  # noqa: PLC0415 -- an extra's

    from kpidsl.engines.spark import SparkEngine  # noqa: PLC0415 -- PySpark is an extra

    address = address_of("sc://127.0.0.1:1/")
    assert address is not None
    engine = SparkEngine(address, timezone="UTC", timeout=1, rows=1)
    found = engine._failed(SparkException(text))  # noqa: SLF001 -- no server says so at will
    assert (found.kind, str(found)[: len(told)]) == (kind, told)
