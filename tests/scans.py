"""How often statements read the rows of a table."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import sqlglot
from sqlglot import exp

from kpidsl.engines.base import Engine


class Listening:
    """Remembers the statements that an engine runs."""

    def __init__(self, engine: Engine) -> None:
        self.statements: list[str] = []
        for name in ("run", "keep"):
            setattr(engine, name, self._heard(getattr(engine, name)))

    def _heard(self, work: Callable[..., object]) -> Callable[..., object]:
        def hear(sql: str, *rest: object, **named: object) -> object:
            self.statements.append(sql)
            return work(sql, *rest, **named)

        return hear


def scans(statements: Iterable[str], table: str, dialect: str = "duckdb") -> int:
    """Count the passes over all rows of a table: a look at their first and last day, at a few
    that contradict a claim, or at which types a column holds, is none."""
    trees = (sqlglot.parse_one(sql, dialect=dialect) for sql in statements)
    return sum(
        not _is_a_look(found)
        for tree in trees
        for found in tree.find_all(exp.Table)
        if found.name == table
    )


def _is_a_look(table: exp.Table) -> bool:
    select = table.find_ancestor(exp.Select)
    if select is None:
        return False
    if select.args.get("limit") or select.args.get("distinct"):
        return True
    columns = (column.unalias() for column in select.expressions)
    return not select.args.get("group") and all(column.find(exp.Min, exp.Max) for column in columns)
