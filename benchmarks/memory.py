"""How much memory a process takes in which kpidsl answers questions about many rows: see README.md.

Each question is asked in a process of its own, as from the command line. Over a DuckDB database, in
the same process, what counts is what the process takes beyond the `memory_limit`; over a server,
which `--postgres` starts and fills, all that it takes.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb
import psycopg
from psycopg.sql import SQL, Identifier

from benchmarks.data import LINES, database
from benchmarks.queries import PROJECT, QUERIES, Query
from tests.servers.postgres import postgres_server

ALLOWED = 300
"""Megabytes beyond what the engine may take."""
URL = "KPIDSL_BENCH_URL"
"""The environment variable that the project names its database by; the url holds a password."""
_MEGABYTE = 1_000_000
_BLOCK = 2**20

_ASKING = """
import pathlib, re, sys
import kpidsl
from benchmarks.queries import QUERIES
from benchmarks.run import ask
query = next(item for item in QUERIES if item.name == sys.argv[2])
with kpidsl.load(sys.argv[1], profile="measured") as project:
    answer = ask(project, query)
assert answer.sql is not None, answer.why_not
# What the operating system tells of a process by other ways holds for the one that started it, too.
status = pathlib.Path("/proc/self/status").read_text()
print(len(answer.rows), re.search(r"VmHWM:\\s*(\\d+)", status)[1])
"""


@dataclass(frozen=True, slots=True)
class Taken:
    """The most memory that a process took, in megabytes, and the rows of its answer; or why it
    has none."""

    query: str
    rows: int = 0
    megabytes: float = 0
    why_not: str = ""


def measure(query: Query, project: Path) -> Taken:
    command = [sys.executable, "-c", _ASKING, str(project), query.name]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        return Taken(query.name, why_not=done.stderr.strip().splitlines()[-1])
    rows, kibibytes = map(int, done.stdout.split())
    return Taken(query.name, rows, kibibytes * 1024 / _MEGABYTE)


def project_on(folder: Path, profile: str) -> Path:
    """Write the benchmarks' project with a profile; return its folder."""
    for file in PROJECT.glob("*.kpi"):
        (folder / file.name).write_bytes(file.read_bytes())
    settings = f'[profile.measured]\nurl = "${{{URL}}}"\ntimeout = 3600\n{profile}\n'
    (folder / "kpidsl.toml").write_text(settings, encoding="utf-8")
    return folder


@contextmanager
def copied(path: Path) -> Iterator[str]:
    """Start a PostgreSQL that holds what is in a DuckDB database, and yield its url."""
    with postgres_server() as server, server.database() as url:
        with (
            duckdb.connect(path, read_only=True) as con,
            psycopg.connect(url, autocommit=True) as target,
        ):
            for (table,) in con.execute("SELECT table_name FROM duckdb_tables()").fetchall():
                _copy(con, target, table)
        yield url


def _copy(con: duckdb.DuckDBPyConnection, target: psycopg.Connection, table: str) -> None:
    described = con.execute(f'DESCRIBE "{table}"').fetchall()
    columns = SQL(", ").join(
        SQL("{} {}").format(Identifier(name), SQL(kind)) for name, kind, *_ in described
    )
    target.execute(SQL("CREATE TABLE {} ({})").format(Identifier(table), columns))
    into = SQL("COPY {} FROM STDIN (FORMAT csv)").format(Identifier(table))
    with tempfile.TemporaryDirectory() as folder, target.cursor() as cursor:
        written = Path(folder) / "rows.csv"
        con.execute(f"COPY \"{table}\" TO '{written}' (FORMAT csv, HEADER false)")
        with written.open("rb") as file, cursor.copy(into) as copy:
            while block := file.read(_BLOCK):
                copy.write(block)
    target.execute(SQL("ANALYZE {}").format(Identifier(table)))


def report(profile: str, limit: int, only: Sequence[str]) -> bool:
    """Print a table; tell whether each process had an answer, and took no more than it should."""
    print("| query | rows of the answer | MB at most | beyond the limit |\n|---|---|---|---|")
    held = True
    with tempfile.TemporaryDirectory() as folder:
        project = project_on(Path(folder), profile)
        for query in QUERIES:
            if only and query.name not in only:
                continue
            found = measure(query, project)
            beyond = found.megabytes - limit
            held &= not found.why_not and beyond <= ALLOWED
            told = found.why_not or f"{found.rows} | {found.megabytes:,.0f} | {max(beyond, 0):,.0f}"
            print(f"| {found.query} | {told} |", flush=True)
    return held


def main(arguments: Sequence[str] | None = None) -> int:
    """Return 1 when a process took more than it should, or had no answer."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.memory", description=__doc__)
    parser.add_argument("--scale", type=float, default=10, help="10: 100 M order lines")
    parser.add_argument("--limit", type=int, default=1_000, help="megabytes for the engine")
    parser.add_argument("--only", nargs="*", default=(), help="names of queries")
    parser.add_argument("--postgres", action="store_true", help="ask a server")
    args = parser.parse_args(arguments)
    path = database(args.scale, None)
    lines = f"{LINES * args.scale:,.0f} order lines"
    if args.postgres:
        with copied(path) as url:
            print(f"{lines} in PostgreSQL\n", flush=True)
            os.environ[URL] = url
            return int(not report("", 0, args.only))
    print(f"{lines}, {path.stat().st_size / _MEGABYTE:,.0f} MB on disk; limit {args.limit} MB\n")
    os.environ[URL] = f"duckdb:///{path}"
    return int(not report(f'memory_limit = "{args.limit} MB"', args.limit, args.only))


if __name__ == "__main__":
    sys.exit(main())
