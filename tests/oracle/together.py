"""What is put together of the answers to several queries: top lists and totals (S10)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Protocol

from kpidsl.model.expr import QueryDimension
from kpidsl.model.periods import Grain
from kpidsl.plan.query import Absent, Query, Top
from tests.oracle.leaves import Answer, Combo


class Tie(Exception):
    """Which of two members comes first is not said by the rules, only that it is always one."""


class AnswerOf(Protocol):
    """Answers a query; with `beyond`, about what a top list by `every` dimension leaves over."""

    def __call__(
        self,
        query: Query,
        every: tuple[QueryDimension, ...] = (),
        beyond: frozenset[Combo] | None = None,
    ) -> Answer: ...


def led(query: Query, top: Top, answer: Answer, answer_of: AnswerOf) -> Answer:
    """The rows of the first members of the last dimension, and those of the rest."""
    ranking = answer_of(whole(query))
    first = _first(top, ranking)
    timed = query.grain is not None
    kept = {key: row for key, row in answer.items() if (key[1:] if timed else key) in first}
    if top.rest:
        rest = answer_of(replace(query, by=query.by[:-1]), query.by, frozenset(first))
        if any((key[1:] if timed else key) not in first for key in answer):
            kept |= {(*key, Absent.OTHER): row for key, row in rest.items()}
    return kept


def whole(query: Query) -> Query:
    """The question about all periods together, whose rows have a time, compared as these are."""
    compared_by = query.compared_by
    if compared_by is None and isinstance(query.grain, Grain):
        compared_by = query.grain
    return replace(query, grain=None, dated=query.grain is not None, compared_by=compared_by)


def _first(top: Top, ranking: Answer) -> set[Combo]:
    """The first members within each combination of the others."""
    places: dict[Combo, list[tuple[Any, Combo]]] = {}
    for key, values in ranking.items():
        value: Any = values[top.column]
        down = -1 if top.descending else 1
        place = (1, 0) if value is None else (0, down * value)
        places.setdefault(key[:-1], []).append((place, key))
    first: set[Combo] = set()
    for members in places.values():
        members.sort(key=lambda member: member[0])
        cut = members[top.count - 1 : top.count + 1]
        if len(cut) == 2 and cut[0][0] == cut[1][0]:
            raise Tie
        first |= {key for _, key in members[: top.count]}
    return first


def totals(query: Query, answer_of: AnswerOf) -> Answer:
    """The rows of a query's totals, each group's answer by itself."""
    found: Answer = {}
    for group in query.totals:
        by = tuple(query.by[place] for place in group.by)
        level = answer_of(replace(whole(query), by=by, grain=group.grain))
        timed = group.grain is not None
        for key, values in level.items():
            members: list[object] = [Absent.ALL] * len(query.by)
            for place, member in zip(group.by, key[timed:], strict=True):
                members[place] = member
            found[(*key[:timed], *members)] = values
    return found
