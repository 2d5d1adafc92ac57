"""The generator reaches what it is for, and the oracle keeps the product's invariants on it."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from hypothesis import given

from kpidsl.model.expr import MeasureRef, Not
from kpidsl.plan.query import Query, Selection
from tests.oracle.coverage import rules
from tests.oracle.evaluate import evaluate
from tests.oracle.generate import Case, case_of, cases
from tests.oracle.leaves import Answer
from tests.oracle.rows import Refused
from tests.oracle.together import Tie


def answered(case: Case) -> Answer | None:
    try:
        return evaluate(case.model, case.query, case.tables)
    except (Refused, Tie):
        return None


def test_random_cases_try_out_every_rule() -> None:
    seen: Counter[str] = Counter()

    for seed in range(1500):
        case = case_of(seed)
        answer = answered(case)
        seen["refused" if answer is None else "answered"] += 1
        seen.update({} if answer is None else rules(case, answer))
    assert min(seen.values()) >= 1, seen
    assert seen["answered"] > seen["refused"], seen


@given(cases())
def test_company_changes_no_number(case: Case) -> None:
    # S1, I2: every row of a metric asked alone is in the joint answer, with the same value.
    # Which members and rows come first hangs on one column.
    asked = case.query
    query = replace(asked.values_alone(), totals=asked.totals, coarser=asked.coarser)
    together = answered(replace(case, query=query))
    if together is None:
        return
    for selection in query.select:
        alone = evaluate(case.model, replace(query, select=(selection,)), case.tables)
        for key, row in alone.items():
            assert together[key][selection.name] == row[selection.name]


@given(cases())
def test_a_filter_and_its_complement_make_the_whole(case: Case) -> None:
    # I5, on counts of rows without groups: many sides included.
    condition = case.query.where
    if condition is None:
        return
    counting = [name for name, each in case.model.sources.items() if "rows" in each.measures]
    for source in counting:
        counts = []
        for where in (None, condition, Not(condition)):
            query = Query((Selection("n", MeasureRef(source, "rows")),), where=where)
            found = answered(replace(case, query=query))
            counts.append(None if found is None else found[()]["n"])
        whole, kept, left = counts
        if isinstance(kept, int) and isinstance(left, int):
            assert kept + left == whole
