"""I2: the number alone is the number in company, also of questions that are asked together.

A random batch gives on every engine what its questions give one by one; those are compared with the
row-by-row oracle elsewhere.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

import pytest
from hypothesis import HealthCheck, given, settings

from kpidsl.plan.planner import plan
from kpidsl.plan.sharing import share
from kpidsl.run.result import Result
from kpidsl.run.runner import Outcome, Runner
from tests.oracle.batches import BatchCase, batches
from tests.oracle.engine import EVERY_ENGINE, engine_of
from tests.support import EngineName


def differences(alone: Sequence[Outcome], together: Sequence[Outcome]) -> list[str]:
    """How the answers to a batch differ from those to its questions."""
    told: list[str] = []
    for place, (one, other) in enumerate(zip(alone, together, strict=True)):
        codes = [[item.code for item in found] for _, found in (one, other)]
        if codes[0] != codes[1]:
            told.append(f"question {place}: {codes[0]} alone, {codes[1]} together")
        elif one[0] is not None and other[0] is not None:
            told += [f"question {place}: {item}" for item in _of_results(one[0], other[0])]
        elif one[0] is not other[0]:
            told.append(f"question {place}: answered only {'alone' if one[0] else 'together'}")
    return told


def _of_results(one: Result, other: Result) -> list[str]:
    told = [
        f"{name} is {getattr(one, name)} alone, {getattr(other, name)} together"
        for name in ("columns", "partial", "known", "identified", "marks")
        if getattr(one, name) != getattr(other, name)
    ]
    if len(one.rows) != len(other.rows):
        return [*told, f"{len(one.rows)} rows alone, {len(other.rows)} together"]
    pairs = zip(one.rows, other.rows, strict=True)
    return told + [
        f"{row} alone, {found} together" for row, found in pairs if not _same(row, found)
    ]


def _same(row: Sequence[object], other: Sequence[object]) -> bool:
    """The same values of the same types; a float may differ in its last digits, for it is the sum
    of others in any order (S12)."""
    return all(
        type(one) is type(found)
        and (
            math.isclose(one, found, rel_tol=1e-12, abs_tol=1e-12)
            if isinstance(one, float) and isinstance(found, float)
            else one == found
        )
        for one, found in zip(row, other, strict=True)
    )


def shares_rows(batch: BatchCase, runner: Runner) -> bool:
    """Whether questions of a batch read some rows together."""
    planned = [plan(batch.case.model, query, runner.ground)[0] for query in batch.queries]
    return bool(share([item for item in planned if item], runner.ground).shared)


@pytest.mark.parametrize("engine", EVERY_ENGINE)
def test_a_batch_is_answered_as_its_questions_are(engine: EngineName) -> None:
    outcomes: Counter[str] = Counter()

    # A statement takes Spark a second.
    examples = 6 if engine == "spark" else 60

    @settings(suppress_health_check=[HealthCheck.too_slow], max_examples=examples)
    @given(batches())
    def look(batch: BatchCase) -> None:
        with engine_of(batch.case, engine) as opened:
            runner = Runner(batch.case.model, opened)
            alone = [runner.query(query) for query in batch.queries]
            together = runner.queries(batch.queries)
            outcomes["sharing" if shares_rows(batch, runner) else "apart"] += 1
        assert differences(alone, together) == []

    look()
    assert outcomes["sharing"] > outcomes.total() / 3, outcomes
