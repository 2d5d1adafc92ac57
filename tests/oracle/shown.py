"""Which rows of an answer are shown: those at which a condition holds, and the first of these."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from kpidsl.model.expr import AnswerValue, MetricExpr, RowExpr
from kpidsl.plan.query import Query, Selection
from tests.oracle.leaves import Answer, children
from tests.oracle.rows import Row, Rows
from tests.oracle.together import Tie


def with_tested(query: Query) -> Query:
    """The question with a column more for each metric that its condition tests."""
    tested = _names(query.having)
    return replace(query, select=(*query.select, *(Selection(*item) for item in tested.items())))


def shown(query: Query, rows: Rows, answer: Answer) -> Answer:
    """The rows of an answer to the question with what is tested that are shown."""
    names = {metric: name for name, metric in _names(query.having).items()}
    kept = {key: row for key, row in answer.items() if _holds(query.having, rows, row, names)}
    if query.limit is not None:
        kept = _first(query, kept, query.limit)
    return {
        key: {name: value for name, value in row.items() if name not in names.values()}
        for key, row in kept.items()
    }


def _names(condition: RowExpr | None) -> dict[str, MetricExpr]:
    found = [] if condition is None else _metrics(condition)
    return {f"tested {place}": metric for place, metric in enumerate(dict.fromkeys(found))}


def _metrics(expr: RowExpr) -> list[MetricExpr]:
    if isinstance(expr, AnswerValue):
        return [expr.metric]
    return [metric for child in children(expr) for metric in _metrics(child)]


def _holds(
    condition: RowExpr | None,
    rows: Rows,
    row: Mapping[str, object],
    names: Mapping[MetricExpr, str],
) -> bool:
    def value(wanted: object) -> object:
        assert isinstance(wanted, AnswerValue)
        return row[names[wanted.metric]]

    return condition is None or rows.truth(condition, Row("", {}), value)


def _first(query: Query, answer: Answer, count: int) -> Answer:
    """The first rows of each group, told by a part of their keys; what has no value is last."""
    grains = [*query.coarser, *([] if query.grain is None else [query.grain])]
    places = [grains.index(query.per.grain)] if query.per.grain is not None else []
    places += [len(grains) + place for place in query.per.by]
    groups: dict[tuple[object, ...], list[tuple[Any, tuple[object, ...]]]] = {}
    for key, row in answer.items():
        order = tuple(_place(row[item.column], down=item.descending) for item in query.order)
        groups.setdefault(tuple(key[place] for place in places), []).append((order, key))
    first = []
    for members in groups.values():
        members.sort(key=lambda member: member[0])
        cut = members[count - 1 : count + 1]
        if len(cut) == 2 and cut[0][0] == cut[1][0]:
            raise Tie
        first += [key for _, key in members[:count]]
    return {key: answer[key] for key in first}


def _place(value: Any, *, down: bool) -> tuple[int, Any]:
    if value is None:
        return 1, 0
    return 0, -value if down else value
