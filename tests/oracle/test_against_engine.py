"""I10: a random model and query gives on every engine what the row-by-row oracle gives."""

from __future__ import annotations

import math
from collections import Counter
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings

from kpidsl.model.expr import Arithmetic, FixedAmount, MeasureRef, MetricArithmetic, OverEntities
from kpidsl.model.sources import Aggregate
from tests.oracle.coverage import parts
from tests.oracle.engine import EVERY_ENGINE, run_on
from tests.oracle.evaluate import evaluate
from tests.oracle.generate import Case, cases
from tests.oracle.leaves import Answer
from tests.oracle.rows import Refused
from tests.oracle.together import Tie
from tests.support import EngineName

FLOAT_DIGITS = 15
"""Decimals of so many digits are told apart by the floats nearest to them."""
FLOATS = {Aggregate.AVG, Aggregate.MEDIAN, Aggregate.PERCENTILE, Aggregate.STDDEV}

STRICTER = {
    "K501": "BigQuery has no column of such a name",
    "K462": "a fixed amount is allocated by an additive metric only",
    "K463": "a condition is about one side of a join at a time",
    "K464": "a measure is split by one many side at a time",
    "K466": "a measure once per a key is not split by the many side",
    "K467": "a measure split by a many side is filtered by none",
    "K469": "a look back needs a window",
    "K478": "the rest of a many side is not told apart",
    "K646": "the evaluator of GoogleSQL goes through joins row by row, however many there are",
    "K644": "a product of amounts has more digits than an engine holds",
    "K671": "a pair of currencies has one rate a day",
    "K672": "every row that is read is converted, also for a period of which nothing is known",
    "K652": "a value once per key is one value",
    "K666": "an id stands for one other, whether it comes up or not",
    "K667": "an id stands for one other, whether it comes up or not",
}
"""What the planner refuses though the oracle has an answer: a refusal is never a wrong number."""


def tolerance(case: Case) -> float | None:
    """How near the answer must be, relatively and absolutely (S12): a formula of sums and
    products alone is exact (None), a fixed amount by the day is a quotient."""
    every = [part for each in case.query.select for part in parts(case.model, each.expr)]
    if any(isinstance(part, FixedAmount | OverEntities) for part in every):
        return 1e-9
    measures = [
        case.model.sources[part.source].measures[part.measure]
        for part in every
        if isinstance(part, MeasureRef)
    ]
    quotients = [*every, *(measure.operand for measure in measures)]
    if any(
        isinstance(part, MetricArithmetic | Arithmetic) and part.op == "/" for part in quotients
    ):
        return 1e-9
    averages = [each for each in measures if each.stock and each.stock.rolling == "average"]
    return 1e-9 if averages or any(each.aggregate in FLOATS for each in measures) else None


def same(expected: object, found: object, near: float | None) -> bool:
    if expected is None or found is None:
        return expected is found
    if near is None:
        return expected == found and not isinstance(found, float)
    assert isinstance(expected, float | int | Decimal)
    assert isinstance(found, float | int | Decimal)
    return math.isclose(expected, found, rel_tol=near, abs_tol=10 * near)


def _same_in_sqlite(expected: object, found: object, near: float | None) -> bool:
    """SQLite keeps no more digits of a number than a float does: money with more is refused, and
    anything else is the nearest float."""
    if near is None and isinstance(found, float) and isinstance(expected, Decimal):
        digits = len(expected.normalize().as_tuple().digits)
        return digits > FLOAT_DIGITS and found == float(expected)
    return same(expected, found, near)


def differences(
    expected: Answer, found: Answer, near: float | None, engine: EngineName = "duckdb"
) -> list[str]:
    are_same = _same_in_sqlite if engine == "sqlite" else same
    told = [f"missing row {key}: {expected[key]}" for key in expected.keys() - found.keys()]
    told += [f"extra row {key}: {found[key]}" for key in found.keys() - expected.keys()]
    told += [
        f"{key} {name}: expected {value!r}, found {found[key].get(name)!r}"
        for key in expected.keys() & found.keys()
        for name, value in expected[key].items()
        if not are_same(value, found[key].get(name), near)
    ]
    return told


def compared(case: Case, engine: EngineName = "duckdb") -> tuple[str, list[str]]:
    """What came of a case (answered, refused, or the code of a stricter refusal), and how the
    engine's answer differs from the oracle's."""
    expected = refusal = None
    try:
        expected = evaluate(case.model, case.query, case.tables)
    except Refused as reason:
        refusal = reason
    except Tie:
        return "tie", []
    try:
        found = run_on(engine, case)
    except Refused as reason:
        code = str(reason)[:4]
        if refusal is not None:
            return "refused", []
        return code, [] if code in STRICTER else [f"refused: {reason}"]
    if expected is None:
        return "refused", [f"answered, though {refusal}"]
    return "answered", differences(expected, found, tolerance(case), engine)


@pytest.mark.parametrize("engine", EVERY_ENGINE)
def test_the_engine_agrees_with_the_oracle(engine: EngineName) -> None:
    outcomes: Counter[str] = Counter()

    @settings(suppress_health_check=[HealthCheck.too_slow])
    @given(cases())
    def look(case: Case) -> None:
        outcome, told = compared(case, engine)
        outcomes[outcome] += 1
        assert told == []

    look()
    del outcomes["tie"]
    # Two in three in the long run; a hundred cases in a row are alike, so some runs have fewer.
    assert outcomes["answered"] > outcomes.total() / 3, outcomes
