"""The random pairs show a bug: planted in the planner, each of `BUGS` gives a wrong answer to one
of the pairs that try out its rule, while the planner as it is answers all of those rightly."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from itertools import islice

import pytest

from tests.oracle.bugs import BUGS, Bug
from tests.oracle.coverage import rules
from tests.oracle.engine import run_on
from tests.oracle.generate import Case, case_of
from tests.oracle.leaves import Answer
from tests.oracle.test_against_engine import compared, differences, tolerance
from tests.oracle.test_generate import answered

_SEEDS = range(1_000_000, 1_001_500)
_PAIRS = 60
"""So many pairs are asked at most about one bug."""


@cache
def _tried(seed: int) -> tuple[Case, Answer, frozenset[str]] | None:
    """The pair of a seed with the answer of the oracle and the rules that it tries out."""
    return _judged(case_of(seed))


def _judged(case: Case) -> tuple[Case, Answer, frozenset[str]] | None:
    answer = answered(case)
    if answer is None:
        return None
    return case, answer, frozenset(rule for rule, tried in rules(case, answer).items() if tried)


def _pairs(bug: Bug) -> Iterator[tuple[int, Case, Answer]]:
    for seed in _SEEDS:
        if bug.asked is None:
            found = _tried(seed)
        else:
            case = bug.asked(case_of(seed))
            found = None if case is None else _judged(case)
        if found is not None and bug.rule in found[2] and bug.where(found[0]):
            yield seed, found[0], found[1]


_answers: dict[tuple[int, str], bool] = {}


def _is_answered(seed: int, case: Case) -> bool:
    """Whether the planner answers a pair, as it must: rightly."""
    pair = (seed, str(case.query))
    if pair not in _answers:
        outcome, told = compared(case)
        assert not told, f"seed {seed}"
        _answers[pair] = outcome == "answered"
    return _answers[pair]


def _shows(case: Case, answer: Answer) -> bool:
    try:
        return bool(differences(answer, run_on("duckdb", case), tolerance(case)))
    except AssertionError as told:
        if "two rows for" not in str(told):
            raise
        return True


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_random_pairs_show_a_planted_bug(bug: Bug, monkeypatch: pytest.MonkeyPatch) -> None:
    for seed, case, answer in islice(_pairs(bug), _PAIRS):
        if not _is_answered(seed, case):
            continue
        with monkeypatch.context() as patch:
            bug.plant(patch)
            if _shows(case, answer):
                return
    pytest.fail(f"no pair shows that {bug.name}")
