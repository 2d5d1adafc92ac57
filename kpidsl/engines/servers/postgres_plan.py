"""About how many rows a plan of PostgreSQL's reads: a node tells what comes of it each time that it
is run, in each process that shares the work."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

Node = Mapping[str, Any]
SizeOf = Callable[[Sequence[str]], int | None]

_LEADER = 0.3
"""The part of its own work that a process leaves to wait for each of the others."""


@dataclass(frozen=True, slots=True)
class _Runs:
    """How often a node is run, by how many processes, and whether what it finds is remembered for
    the next time that the same is looked up."""

    times: float = 1
    processes: float = 1
    remembered: bool = False


def rows_read(plan: Node, size_of: SizeOf) -> int:
    return round(_read(plan, _Runs(), size_of))


def _read(node: Node, runs: _Runs, size_of: SizeOf) -> float:
    below = (
        _read(child, _runs_of(child, node, runs, size_of), size_of) for child in _children(node)
    )
    return sum(below, start=_own(node, runs, size_of))


def _own(node: Node, runs: _Runs, size_of: SizeOf) -> float:
    """Return what a node reads itself: of a table that is read from end to end the plan tells only
    what is kept of it."""
    if "Relation Name" not in node:
        return 0
    is_whole = node["Node Type"] == "Seq Scan"
    size = _size(node, size_of) if is_whole or runs.remembered else None
    if is_whole and size is not None:
        return size * runs.times * (1 if node.get("Parallel Aware") else runs.processes)
    rows = float(node["Plan Rows"]) * runs.times * runs.processes
    # Each row is found by one key, and each key looked up but once.
    return rows if size is None else min(rows, size * runs.processes)


def _size(node: Node, size_of: SizeOf) -> int | None:
    return size_of((node["Schema"], node["Relation Name"]))


def _runs_of(child: Node, node: Node, runs: _Runs, size_of: SizeOf) -> _Runs:
    """Return how often a node is run below another one."""
    match child.get("Parent Relationship"), node["Node Type"]:
        case "InitPlan", _:
            return runs
        case "SubPlan", _:
            return replace(runs, times=runs.times * _asked(child, node, size_of))
        case "Inner", "Nested Loop":
            outer = max(_handed(node, "Outer"), default=1)
            return replace(runs, times=runs.times * outer)
        case _, "Gather" | "Gather Merge":
            return replace(runs, processes=_processes(node))
        case _, "Materialize":
            return replace(runs, times=1)  # what it has found it keeps
        case _, "Memoize":
            return replace(runs, remembered=True)
        case _, "Append" if node.get("Parallel Aware") and not _is_shared(child):
            return replace(runs, processes=1)
    return runs


def _asked(subplan: Node, node: Node, size_of: SizeOf) -> float:
    """Return how often a query is asked for by the node whose expressions it stands in."""
    name = str(subplan.get("Subplan Name", ""))
    own = {key: value for key, value in node.items() if key != "Plans"}
    if f"hashed {name}" in json.dumps(own):
        return 1
    rows = [float(node["Plan Rows"]), *_handed(node, "Outer", "Inner", "Subquery", "Member")]
    filters = json.dumps({key: value for key, value in own.items() if key != "Output"})
    if name in filters and "Relation Name" in node:
        rows.append(_size(node, size_of) or 0)
    return max(rows)


def _handed(node: Node, *relationships: str) -> Iterator[float]:
    """Yield how many rows come from below."""
    for child in _children(node):
        if child.get("Parent Relationship") in relationships:
            yield float(child["Plan Rows"])


def _processes(gather: Node) -> float:
    """Return by how many the rows of the nodes below are divided, as PostgreSQL reckons."""
    workers = int(gather.get("Workers Planned", 0))
    return 1 if gather.get("Single Copy") else workers + max(0, 1 - _LEADER * workers)


def _is_shared(node: Node) -> bool:
    """Tell whether several processes share the rows of a node."""
    return bool(node.get("Parallel Aware")) or any(map(_is_shared, _children(node)))


def _children(node: Node) -> Sequence[Node]:
    found: Sequence[Node] = node.get("Plans", ())
    return found
