"""Statements of many named queries: MariaDB takes no more than 64."""

from __future__ import annotations

from collections import Counter

from sqlglot import exp

from kpidsl.sql import build

_MOST = 64


def too_many_named(query: exp.Query) -> bool:
    """Tell whether more queries are named than can be, even where those that are read once stand
    where they are read."""
    readings = _readings(query)
    return sum(readings[cte.alias] != 1 for cte in query.ctes) > _MOST


def few_named(query: exp.Query) -> None:
    """Put named queries that are read once where they are read, if there are too many."""
    readings = _readings(query)
    spare = len(query.ctes) - _MOST
    for cte in list(query.ctes) if spare > 0 else ():
        if readings[cte.alias] == 1 and spare > 0:
            table = next(each for each in query.find_all(exp.Table) if each.name == cte.alias)
            rows = cte.this
            cte.pop()
            table.replace(build.subquery(rows, table.alias_or_name))
            spare -= 1


def _readings(query: exp.Query) -> Counter[str]:
    return Counter(table.name for table in query.find_all(exp.Table) if not table.args.get("db"))
