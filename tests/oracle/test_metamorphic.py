"""The invariants I1 to I5 on random models and queries, between answers of the engines alone: no
oracle says what is right, only that two ways to ask must agree."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from functools import cache
from itertools import islice
from typing import Any

import pytest

from kpidsl.model.expr import MeasureRef, Not, QueryDimension
from kpidsl.model.sources import Aggregate, Measure
from kpidsl.plan.query import Query, Selection
from tests.oracle.coverage import measures_of
from tests.oracle.engine import EVERY_ENGINE, run_on
from tests.oracle.generate import Case, case_of
from tests.oracle.leaves import Answer
from tests.oracle.paths import ends
from tests.oracle.rows import Refused
from tests.oracle.test_against_engine import differences, tolerance
from tests.support import EngineName

_SEEDS = range(2_000_000, 2_000_400)
_PAIRS = 25
"""So many pairs keep each invariant, of those that have an answer."""


def _found(case: Case, engine: EngineName = "duckdb") -> Answer | None:
    try:
        return run_on(engine, case)
    except Refused:
        return None


@cache
def _answered() -> tuple[tuple[Case, Answer], ...]:
    """Random cases whose rows don't hang on which member comes first, with their answers."""
    found = []
    for seed in _SEEDS:
        case = case_of(seed)
        case = replace(case, query=case.query.values_alone())
        answer = _found(case)
        if answer:
            found.append((case, answer))
        if len(found) == 3 * _PAIRS:
            break
    return tuple(found)


def _adds_up(measure: Measure) -> bool:
    adds = measure.aggregate in {Aggregate.SUM, Aggregate.COUNT}
    return adds and not measure.once_per and measure.stock is None


def _has_names(case: Case, engine: EngineName) -> bool:
    """BigQuery gives no column of an answer a name with a quotation mark (K501)."""
    return engine != "googlesql" or all('"' not in by.name for by in case.query.by)


def _split(case: Case, measure: Measure) -> tuple[QueryDimension, ...]:
    """The dimensions of a case that lead each row of a measure to one member."""
    return tuple(
        by
        for by in case.query.by
        if all(not end.reverse for end in ends(case.model, [measure.source], by))
    )


def _only(case: Case, measure: Measure, **query: Any) -> Case:
    asked = MeasureRef(measure.source, measure.name)
    return replace(case, query=Query((Selection("x", asked),), **query))


def _sum(answer: Answer) -> Fraction:
    found = Fraction(0)
    for row in answer.values():
        value = row["x"]
        assert value is None or isinstance(value, int | float | Decimal)
        found += Fraction(value or 0)
    return found


def test_i1_parts_add_up_to_the_total() -> None:
    def kept() -> Iterator[bool]:
        for case, _ in _answered():
            for measure in filter(_adds_up, measures_of(case)):
                by, timed = _split(case, measure), case.query.grain is not None
                grain = case.query.grain if case.query.window is not None else None
                if not by and grain is None:
                    continue
                window = case.query.window if timed else None
                whole = _found(_only(case, measure, window=window))
                parts = _found(_only(case, measure, window=window, by=by, grain=grain))
                if whole is not None and parts is not None:
                    assert abs(_sum(parts) - _sum(whole)) <= abs(_sum(whole)) / 10**9 + 10**-8, case
                    yield True

    assert len(list(islice(kept(), _PAIRS))) == _PAIRS


@pytest.mark.parametrize("engine", EVERY_ENGINE)
def test_i2_a_number_alone_is_the_number_in_company(engine: EngineName) -> None:
    in_company = (
        case for case, _ in _answered() if len(case.query.select) > 1 and _has_names(case, engine)
    )
    seen = 0
    for case in islice(in_company, _PAIRS):
        together = _found(case, engine)
        assert together is not None
        for selection in case.query.select:
            alone = _found(replace(case, query=replace(case.query, select=(selection,))), engine)
            assert alone is not None, case
            both = {key: {selection.name: together[key][selection.name]} for key in alone}
            assert differences(both, alone, tolerance(case)) == [], case
            seen += 1
    assert seen > _PAIRS


def _turned(case: Case) -> Case:
    """The case with all that it names in the opposite order."""
    sources = {
        name: source.model_copy(
            update={
                part: dict(reversed(getattr(source, part).items()))
                for part in ("joins", "dimensions", "measures")
            }
        )
        for name, source in reversed(case.model.sources.items())
    }
    update = {"sources": sources, "metrics": dict(reversed(case.model.metrics.items()))}
    query = replace(case.query, select=case.query.select[::-1])
    return replace(case, model=case.model.model_copy(update=update), query=query)


@pytest.mark.parametrize("engine", EVERY_ENGINE)
def test_i3_the_order_of_metrics_joins_and_definitions_changes_nothing(engine: EngineName) -> None:
    for case in islice((case for case, _ in _answered() if _has_names(case, engine)), _PAIRS):
        there, back = _found(case, engine), _found(_turned(case), engine)
        assert there is not None
        assert back is not None, case
        assert differences(there, back, tolerance(case)) == [], case


@pytest.mark.parametrize("engine", EVERY_ENGINE[1:])
def test_i4_engines_agree(engine: EngineName) -> None:
    known = ((case, answer) for case, answer in _answered() if _has_names(case, engine))
    for case, answer in islice(known, 2 * _PAIRS):
        other = _found(case, engine)
        assert other is not None
        assert differences(answer, other, tolerance(case)) == [], case


@pytest.mark.parametrize("engine", EVERY_ENGINE)
def test_i5_a_filter_and_its_complement_make_the_whole(engine: EngineName) -> None:
    seen = 0
    for case in map(case_of, _SEEDS):
        condition = case.query.where
        if condition is None:
            continue
        for source in dict.fromkeys(measure.source for measure in measures_of(case)):
            rows = case.model.sources[source].measures.get("rows")
            if rows is None:
                continue
            whole, kept, left = (
                _found(_only(case, rows, where=where), engine)
                for where in (None, condition, Not(condition))
            )
            if whole is not None and kept is not None and left is not None:
                assert _sum(kept) + _sum(left) == _sum(whole), case
                seen += 1
        if seen >= _PAIRS:
            return
    pytest.fail(f"only {seen} filters have an answer")
