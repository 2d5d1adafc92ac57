"""An answer that is recalled is the one that was asked for, whole, and nothing is asked for it."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from hypothesis import HealthCheck, given, settings

from kpidsl.engines.base import Table, ValueType
from kpidsl.model.sources import Source
from kpidsl.run.memory import Memory
from kpidsl.run.runner import Runner
from kpidsl.run.store import Store
from tests.oracle.batches import BatchCase, batches
from tests.oracle.engine import MemoryEngine
from tests.oracle.generate import Case, cases
from tests.oracle.test_batches import differences

MEGABYTE = 1_000_000


class SteadyEngine(MemoryEngine):
    """Its tables stay as they are; it says so, and counts what it is asked."""

    def __init__(self, case: Case) -> None:
        super().__init__(case)
        self.asked = 0

    def state(self, source: Source) -> str | None:
        return source.name

    def run(
        self, sql: str, types: Sequence[ValueType] | None = None, most: int | None = None
    ) -> Table:
        self.asked += 1
        return super().run(sql, types, most)


def runner(engine: SteadyEngine, case: Case, folder: str) -> Runner:
    store = Store(Path(folder) / "answers.sqlite", MEGABYTE)
    return Runner(case.model, engine, memory=Memory(engine, store, "case"))


@given(cases())
@settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large], deadline=None)
def test_a_recalled_answer_is_the_same(case: Case) -> None:
    with tempfile.TemporaryDirectory() as folder, closing(SteadyEngine(case)) as engine:
        first, noticed = runner(engine, case, folder).query(case.query)
        asked = engine.asked
        second, found = runner(engine, case, folder).query(case.query)
        assert (second, found) == (first, noticed)
        if first is not None and not noticed:
            assert engine.asked == asked


@given(batches())
@settings(suppress_health_check=[HealthCheck.too_slow], max_examples=30, deadline=None)
def test_what_a_batch_has_found_out_answers_its_questions(batch: BatchCase) -> None:
    """Each alone, and those of a batch of which a part is known."""
    with tempfile.TemporaryDirectory() as folder, closing(SteadyEngine(batch.case)) as engine:
        half = batch.queries[::2]
        runner(engine, batch.case, folder).queries(half)
        whole = runner(engine, batch.case, folder).queries(batch.queries)
        asked = engine.asked
        alone = [runner(engine, batch.case, folder).query(query) for query in batch.queries]
        assert not differences(whole, alone)
        if all(result is not None and not found for result, found in whole):
            assert engine.asked == asked
