"""How much memory a process takes in which kpidsl answers questions about many rows: see README.md.

Each question is asked in a process of its own, as from the command line, over a DuckDB database
with a `memory_limit`. What counts is what the process takes beyond that limit.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.data import LINES, database
from benchmarks.queries import PROJECT, QUERIES, Query

ALLOWED = 300
"""Megabytes beyond what the engine may take."""
_MEGABYTE = 1_000_000

_ASKING = """
import resource, sys
import kpidsl
from benchmarks.queries import QUERIES
from benchmarks.run import ask
query = next(item for item in QUERIES if item.name == sys.argv[2])
with kpidsl.load(sys.argv[1], profile="limited") as project:
    answer = ask(project, query)
assert answer.sql is not None, answer.why_not
print(len(answer.rows), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
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


def limited(folder: Path, path: Path, limit: int) -> Path:
    """Write the benchmarks' project with a profile on the database, which may take `limit`
    megabytes; return its folder."""
    for file in PROJECT.glob("*.kpi"):
        (folder / file.name).write_bytes(file.read_bytes())
    (folder / "kpidsl.toml").write_text(
        f'[profile.limited]\nurl = "duckdb:///{path}"\nmemory_limit = "{limit} MB"\n'
        "timeout = 3600\n"
    )
    return folder


def main(arguments: Sequence[str] | None = None) -> int:
    """Print a table; 1 when a process took more than it should, or had no answer."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.memory", description=__doc__)
    parser.add_argument("--scale", type=float, default=10, help="10: 100 M order lines")
    parser.add_argument("--limit", type=int, default=1_000, help="megabytes for the engine")
    parser.add_argument("--only", nargs="*", default=(), help="names of queries")
    args = parser.parse_args(arguments)
    path = database(args.scale, None)
    size = path.stat().st_size / _MEGABYTE
    print(f"{LINES * args.scale:,.0f} order lines, {size:,.0f} MB on disk; limit {args.limit} MB\n")
    print("| query | rows of the answer | MB at most | beyond the limit |\n|---|---|---|---|")
    failed = False
    with tempfile.TemporaryDirectory() as folder:
        project = limited(Path(folder), path, args.limit)
        for query in QUERIES:
            if args.only and query.name not in args.only:
                continue
            found = measure(query, project)
            beyond = found.megabytes - args.limit
            failed |= bool(found.why_not) or beyond > ALLOWED
            told = found.why_not or f"{found.rows} | {found.megabytes:,.0f} | {max(beyond, 0):,.0f}"
            print(f"| {found.query} | {told} |", flush=True)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
