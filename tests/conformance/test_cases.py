"""The cases that are shipped say what the row-by-row oracle says."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from kpidsl.api.question import Question, ask
from kpidsl.conformance.cases import Case, Topic, topics
from kpidsl.conformance.proving import Answer, agrees
from tests.docs.test_rules import EXPLAINED
from tests.oracle.evaluate import evaluate
from tests.oracle.rows import Tables

BEYOND_THE_ORACLE = {
    "texts put together, to which NULL adds nothing": "it has no `concat`",
    "numbers read from texts": "it has no `number`",
    "in the order of numbers, from the largest": "it orders by metrics alone",
    "the first and the last by the clock, ties by the key": "it computes with numbers alone",
    "rows of two tables, one after the other, by the names of columns": "it has no unions",
}
EVERY = [(topic, case) for topic in topics() for case in topic.cases]


EVALUATED = [
    pytest.param(topic, case, id=f"{topic.title}: {case.name}")
    for topic, case in EVERY
    if isinstance(case.asked, Question) and case.name not in BEYOND_THE_ORACLE
]


@pytest.mark.parametrize(("topic", "case"), EVALUATED)
def test_the_oracle_expects_the_same(topic: Topic, case: Case) -> None:
    assert isinstance(case.asked, Question)
    query, _ = ask(case.asked, topic.model)
    assert query is not None
    tables: Tables = {
        name: [
            dict(zip([each for each, _ in table.columns], row, strict=True)) for row in table.rows
        ]
        for name, table in topic.tables.items()
    }
    found = evaluate(topic.model, query, tables)
    # The rows of the oracle are in no order.
    keys = [row[: -len(query.select)] for row in case.expected.rows]
    rows: Any = tuple((*key, *found.get(key, {}).values()) for key in keys)
    assert agrees(case.expected, Answer(tuple(name for name, _ in case.expected.columns), rows))
    assert len(found) == len(keys)


def test_what_the_oracle_can_not_tell_are_few_cases_of_those_there_are() -> None:
    assert BEYOND_THE_ORACLE.keys() <= {case.name for _, case in EVERY}
    assert len(BEYOND_THE_ORACLE) < len(EVERY) / 20


def test_each_case_has_a_name_of_its_own_and_rules_that_there_are() -> None:
    assert max(Counter(case.name for _, case in EVERY).values()) == 1
    assert max(Counter(topic.title for topic in topics()).values()) == 1
    assert {rule for _, case in EVERY for rule in case.rules} <= EXPLAINED
    assert all(case.rules for _, case in EVERY)
