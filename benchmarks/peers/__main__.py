"""`python -m benchmarks.peers`: the same questions to other semantic layers, right or wrong.

Each peer is installed from the registry into an environment of its own, where it only writes SQL.
All SQL runs here, interleaved, on connections with the same settings over the same file.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import kpidsl
from benchmarks.compiling import measure
from benchmarks.data import cache_folder, database
from benchmarks.peers.verdict import verdict
from benchmarks.queries import PROJECT, QUERIES, Query
from benchmarks.run import DATABASE, ask
from benchmarks.tables import Row
from benchmarks.timing import Ratio, interleaved, ratio
from kpidsl.engines.base import EngineError
from kpidsl.engines.embedded import EmbeddedEngine

HERE = Path(__file__).parent
PEERS = {
    "metricflow": ("use_metricflow.py", ["metricflow==0.213.0"]),
    "sidemantic": ("use_sidemantic.py", ["sidemantic==0.13.0"]),
    "boring-semantic-layer": (
        "use_bsl.py",
        ["boring-semantic-layer==0.3.18", "ibis-framework[duckdb]==11.0.0"],
    ),
    "sqlmesh": ("use_sqlmesh.py", ["sqlmesh==0.236.4"]),
}
TIMEOUT = 120.0
"""Seconds that one statement may take."""
KPIDSL = "kpidsl"


@dataclass(frozen=True, slots=True)
class Asked:
    """A question that peers are asked too; its truth is hand-written, its first `keys` columns
    tell rows apart."""

    query: Query
    keys: int
    truth: str


@dataclass(frozen=True, slots=True)
class Contestant:
    """SQL by question, or words in its place. `tables` holds the answers of one whose rows need
    reading: ours come in more columns, which tell why a member is absent."""

    name: str
    version: str
    engine: EmbeddedEngine
    answers: dict[str, dict[str, str]]
    compile: dict[str, dict[str, float] | None] = field(default_factory=dict)
    load: float | None = None
    tables: dict[str, Sequence[Row]] = field(default_factory=dict)


def questions() -> list[Asked]:
    """Return those of the benchmarks' queries that peers have a form for, and two more traps."""
    keys = {"revenue_aov": 2}
    asked = [
        Asked(query, keys.get(query.name, 1), query.best)
        for query in QUERIES
        if query.name not in {"funnel", "top_products"}
    ]
    traps = (
        Query("net_revenue", "Revenue less refunds by region", ("net_revenue",), ("region",)),
        Query(
            "two_facts_filtered",
            "Revenue and refunds of one channel",
            ("revenue", "refunded"),
            ("channel",),
            where='channel = "social"',
        ),
    )
    return asked + [
        Asked(query, 1, (HERE / "truth" / f"{query.name}.sql").read_text(encoding="utf-8"))
        for query in traps
    ]


def engine_on(path: Path) -> EmbeddedEngine:
    engine, problems = EmbeddedEngine.open(PROJECT, path, "UTC", timeout=TIMEOUT)
    assert engine is not None, problems
    return engine


def ours(asked: list[Asked], path: Path) -> Contestant:
    """Return what this working tree compiles."""
    answers: dict[str, dict[str, str]] = {}
    tables: dict[str, Sequence[Row]] = {}
    with kpidsl.load(PROJECT) as project:
        for item in asked:
            answer = ask(project, item.query)
            if answer.sql is None:
                answers[item.query.name] = {"refused": answer.why_not}
                continue
            answers[item.query.name] = {"sql": answer.sql}
            tables[item.query.name] = answer.rows
    found = measure((10,), 50)
    compiled: dict[str, dict[str, float] | None] = {
        name: {"ms": item.median, "processor": item.processor}
        for name, item in zip(("revenue_aov", "revenue"), found, strict=True)
    }
    version, load = kpidsl.__version__, found[0].load
    return Contestant(KPIDSL, version, engine_on(path), answers, compiled, load, tables)


def peer(name: str, path: Path) -> Contestant:
    """Install a peer where it isn't yet, and return the SQL that it writes."""
    script, packages = PEERS[name]
    folder = cache_folder() / "peers" / name
    python = folder / "bin" / "python"
    if not python.exists():
        subprocess.run(["uv", "venv", "--quiet", "--python", "3.11", folder], check=True)
    subprocess.run(["uv", "pip", "install", "--quiet", "--python", python, *packages], check=True)
    done = subprocess.run(
        [python, HERE / "adapters" / script, path],
        check=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    engine = engine_on(path)
    for statement in found["setup"]:
        engine.run(statement)
    return Contestant(
        name, found["version"], engine, found["answers"], found["compile"], found["load"]
    )


@dataclass(frozen=True, slots=True)
class Outcome:
    """`words`: equal, or why not; the ratio is to the best hand-written SQL."""

    words: str
    slower: Ratio | None = None

    def __str__(self) -> str:
        figure = "" if self.slower is None else f"{self.slower.median:.2f}"
        return figure if self.words == "equal" else f"{self.words} {figure}".strip()


def compare(
    asked: Asked, contestants: list[Contestant], best: EmbeddedEngine, pairs: int
) -> dict[str, Outcome]:
    """Judge every contestant's table, then time those that have one beside the hand-written."""
    truth = best.run(asked.truth).rows
    words: dict[str, str] = {}
    running: dict[str, Callable[[], object]] = {"best": lambda: best.run(asked.truth)}
    for item in contestants:
        answer = item.answers[asked.query.name]
        sql = answer.get("sql")
        if sql is None:
            kind, why = next(iter(answer.items()))
            words[item.name] = f"{'refused' if kind == 'refused' else 'cannot be expressed'}: {why}"
            continue
        try:
            made = item.engine.run(sql).rows
            rows = item.tables.get(asked.query.name, made)
            words[item.name] = verdict(rows, truth, asked.keys) or "equal"
        except EngineError as failure:
            words[item.name] = f"fails: {failure}"
            continue
        running[item.name] = lambda engine=item.engine, sql=sql: engine.run(sql)  # type: ignore[misc]
    runs = interleaved(running, pairs, TIMEOUT / 2)
    walls = {name: [run.wall for run in done] for name, done in runs.items()}
    return {
        name: Outcome(text, ratio(walls[name], walls["best"]) if name in walls else None)
        for name, text in words.items()
    }


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.peers", description=__doc__)
    parser.add_argument("--scale", type=float, default=1)
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--only", nargs="*", default=list(PEERS), choices=list(PEERS))
    parser.add_argument("--out", type=Path)
    args = parser.parse_args()
    path = database(args.scale)
    os.environ[DATABASE] = str(path)
    asked = questions()
    contestants = [ours(asked, path), *(peer(name, path) for name in args.only)]
    print("| | " + " | ".join(f"{item.name} {item.version}" for item in contestants) + " |")
    print("|---" * (len(contestants) + 1) + "|")
    for name in ("revenue_aov", "revenue"):
        times = [item.compile.get(name) for item in contestants]
        cells = [f"{t['ms']:.1f} ({t['processor']:.1f})" if t else "" for t in times]
        print(f"| compile {name}, ms (processor) | " + " | ".join(cells) + " |")
    best = engine_on(path)
    loads = [f"{item.load:.0f}" if item.load is not None else "" for item in contestants]
    print("| load the model, ms | " + " | ".join(loads) + " |")
    outcomes = {}
    for item in asked:
        found = compare(item, contestants, best, args.pairs)
        outcomes[item.query.name] = {name: asdict(outcome) for name, outcome in found.items()}
        cells = [str(found[contestant.name]) for contestant in contestants]
        print(f"| {item.query.name} | " + " | ".join(cells) + " |", flush=True)
    if args.out is not None:
        args.out.write_text(json.dumps(outcomes, indent=2) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
