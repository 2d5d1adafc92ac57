"""About how many rows a plan of MySQL or MariaDB reads: of a table that is joined it tells those of
one look-up."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Node = Mapping[str, Any]

_BUFFERED = "block-nl-join"
"""Tables that are read once for all rows before them, which wait in a buffer: MariaDB's node."""

_MADE = ("materialized", "materialized_from_subquery")
"""Where it stands how a table is made for the statement, by MariaDB and by MySQL."""


@dataclass(frozen=True, slots=True)
class _Part:
    """What a part of a plan reads, and how many rows it hands on each time that it is run."""

    read: float = 0
    handed: float = 1


def rows_read(told: Node) -> int | None:
    """Return about how many rows are read; None of a plan of another form than is known."""
    known = told.get("query_block")
    return None if known is None else round(_part(known, 1, 1).read)


def _part(node: Node, lookups: float, runs: float) -> _Part:
    """Look at a part that is run `lookups` times, within a query that is run `runs` times."""
    read, handed = 0.0, 1.0
    for name, value in node.items():
        match value:
            case _ if name.endswith("subqueries"):
                continue
            case {} if name == "table":
                found = _table(value, lookups, runs)
            case {}:
                found = _part(value, runs if name == _BUFFERED else lookups, runs)
            case [{}, *_] if name == "query_specifications":
                parts = [_part(each, lookups, runs) for each in value]
                found = _Part(sum(each.read for each in parts), sum(each.handed for each in parts))
            case [{}, *_]:
                found = _joined(value, lookups)
            case _:
                continue
        read, handed = read + found.read, max(handed, found.handed)
    return _Part(read + _asked(node, handed * lookups), handed)


def _joined(tables: Sequence[Node], runs: float) -> _Part:
    """Look at tables each of which is looked up for the rows of those before it."""
    read, handed = 0.0, 1.0
    for each in tables:
        found = _part(each, runs * handed, runs)
        read, handed = read + found.read, handed * found.handed
    return _Part(read, handed)


def _table(node: Node, lookups: float, runs: float) -> _Part:
    rows = float(node.get("rows", node.get("rows_examined_per_scan", 0)) or 0)
    is_made = str(node.get("table_name", "<")).startswith("<") or any(
        name in node for name in ("table_function", *_MADE)
    )
    times = runs if "using_join_buffer" in node else lookups
    read = 0 if is_made else rows * times
    for name in _MADE:
        made: Node = node.get(name, {})
        again = lookups if made.get("lateral") or made.get("dependent") else 1
        read += _part(made, again, again).read
    kept = float(node.get("filtered", 100)) / 100
    return _Part(read + _asked(node, lookups * rows), max(1, rows * kept))


def _asked(node: Node, rows: float) -> float:
    """Return what the queries read that stand in the expressions of a part: once, or for each of
    its rows."""
    items = (each for name in node if name.endswith("subqueries") for each in node[name])
    outer = set(_names(node, within=False))
    read = 0.0
    for each in items:
        times = max(1, rows) if _depends(each, outer) else 1
        read += _part(each, times, times).read
    return read


def _depends(query: Node, outer: set[str]) -> bool:
    """Tell whether a query has another answer for each row of the tables around it."""
    if "dependent" in query:
        return bool(query["dependent"])
    others = outer - set(_names(query, within=True))
    text = json.dumps(query, ensure_ascii=False)
    mentioned = any(re.search(rf"(?<!\w){re.escape(name)}`?\.", text) for name in others)
    return mentioned or "expression_cache" in query


def _names(node: object, *, within: bool) -> Iterator[str]:
    """Yield the names of the tables of a part, and of the queries in its expressions if those are
    asked for."""
    match node:
        case {}:
            if "table_name" in node:
                yield str(node["table_name"])
            for name, value in node.items():
                if within or not name.endswith("subqueries"):
                    yield from _names(value, within=within)
        case [*items]:
            for item in items:
                yield from _names(item, within=within)
