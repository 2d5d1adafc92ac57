"""Runs statements whose rows refute no claim that they rest on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from sqlglot import exp

from kpidsl.engines.base import UNSHOWN, Engine, EngineError, Table, ValueType
from kpidsl.model.moments import DayPart
from kpidsl.model.periods import Grain
from kpidsl.model.project import Model
from kpidsl.model.sources import Entity, Measure, Source
from kpidsl.plan.conversion import source_of_rates
from kpidsl.plan.excludes import Excludes
from kpidsl.plan.nodes import Aggregate
from kpidsl.run.claims import Claims
from kpidsl.run.failures import explain
from kpidsl.run.memory import Memory
from kpidsl.run.rounding import Rounding
from kpidsl.run.store import Remembered
from kpidsl.sql import build
from kpidsl.sql.dialects import DIALECTS
from kpidsl.sql.lacking import Needs, lacking
from kpidsl.sql.relations import resolved_in, shaped_in, used_in
from kpidsl.text.diagnostic import Diagnostic, has_errors


@dataclass(frozen=True, slots=True)
class Ran:
    """What came of a statement: its rows, or None with what stands in the way; and the kind of the
    engine's failure, if it was one."""

    table: Table | None
    noticed: list[Diagnostic]
    failure: str | None = None


class Statements:
    """The statements of one model on one engine. With a `memory` those that nothing was noticed
    at are run once, as long as what they read stays the same."""

    def __init__(
        self, model: Model, engine: Engine, excludes: Excludes, memory: Memory | None
    ) -> None:
        self._model = model
        self._engine = engine
        self._excludes = excludes
        self._memory = memory
        self.claims = Claims(model, engine)
        self._rounding = Rounding(model, engine)

    def text(self, tree: exp.Expr, *, pretty: bool) -> str:
        return DIALECTS[self._engine.dialect].text(tree, pretty=pretty)

    def run(
        self,
        tree: exp.Query,
        sql: str,
        inputs: Sequence[Source],
        types: Sequence[ValueType] | None,
        nodes: Sequence[Aggregate] = (),
        grain: Grain | DayPart | None = None,
        rated: exp.Select | None = None,
    ) -> Ran:
        """Run a statement over the rows of `inputs`, unless they refute a claim it rests on: their
        keys and clocks, which must be as fine as its grain, that the measures of its `nodes` have
        one value per key where they are counted once, and that all is `rated` which is converted.
        """
        used, found = self.used(tree), list[Diagnostic]()
        try:
            found = self.sound(tree, used, inputs, measures_of(nodes))
            if isinstance(grain, DayPart) and not has_errors(found):
                found = [*found, *self.claims.coarse(inputs, grain)]
            if not has_errors(found):
                once = measures_of(node for node in nodes if node.once_per)
                counted = [measure for measure in once if measure.operand is not None]
                found = [*found, *self.claims.not_once(counted)]
                found = [*found, *self.claims.texts(measures_of(nodes))]
                found = [*found, *self.claims.times(measures_of(nodes))]
            if rated is not None and not has_errors(found):
                rates = source_of_rates(self._model.sources)
                found = [*found, *self.claims.unrated(rated, rates)]
            if has_errors(found):
                return Ran(None, found)
            return Ran(self._engine.run(sql, types), found)
        except EngineError as failure:
            measures = measures_of(nodes)
            told = explain(failure, inputs, used, self._model, self._engine, measures)
            return Ran(None, [*found, told], failure.kind)

    def aside(
        self, tree: exp.Query, inputs: Sequence[Source], types: Sequence[ValueType] | None
    ) -> tuple[Table | None, list[Diagnostic]]:
        """Run a statement that no answer shows, over the rows of `inputs`."""
        key = self.key(tree, types)
        remembered = self.recall(key)
        if remembered is not None:
            return remembered.table, []
        sql, used, found = self.text(tree, pretty=False), self.used(tree), list[Diagnostic]()
        try:
            found = self.sound(tree, used, inputs)
            table = None if has_errors(found) else self._engine.run(sql, types, UNSHOWN)
        except EngineError as failure:
            return None, [*found, explain(failure, inputs, used, self._model, self._engine)]
        if table is not None and not found:
            self.remember(key, Remembered(table, sql))
        return table, found

    # --- what is remembered ----------------------------------------------------------------

    def key(self, tree: exp.Query, *more: object) -> str | None:
        """Return what the answer of a statement is remembered by, and by what `more` it rests on;
        None where it isn't: what SQL of a project's own reads, such as today's date, nobody
        knows."""
        if self._memory is None or build.holds_verbatim(tree):
            return None
        question = "\0".join((*map(str, more), self.text(tree, pretty=False)))
        return self._memory.key(question, [*self.used(tree), *self.shaped(tree)])

    def recall(self, key: str | None) -> Remembered | None:
        return None if self._memory is None else self._memory.recall(key)

    def remember(self, key: str | None, answer: Remembered) -> None:
        if self._memory is not None:
            self._memory.remember(key, answer)

    # --- what a statement reads ------------------------------------------------------------

    def sound(
        self,
        tree: exp.Query,
        used: Sequence[Source],
        inputs: Sequence[Source],
        measures: Sequence[Measure] = (),
    ) -> list[Diagnostic]:
        """Make the rows of the sources `used` by a statement ready, and return what is noticed of
        them: nothing may refute a claim of theirs, or of `inputs`. Raises `EngineError`."""
        shaped = self.shaped(tree)
        needs = Needs(self._model, [*used, *shaped], measures)
        found = [*lacking(tree, self._engine.dialect, needs), *self._engine.prepare(used)]
        if has_errors(found):
            return found
        claimed = [*used, *inputs, *shaped]
        # Of several sources over one table some may have no rows to test (K472).
        sound = [item for item in claimed if self._excludes.in_reach(item) is None]
        try:
            found.extend(self._refuted(tree, sound))  # up to a failure, if there is one
        except EngineError:
            # What the rows contradict says more than what an engine makes of it.
            if not has_errors(found):
                raise
        return found

    def _refuted(self, tree: exp.Query, sources: Sequence[Source]) -> Iterator[Diagnostic]:
        yield from self.claims.refuted(sources)
        yield from self.claims.times_in(tree)
        yield from self._rounding.refuted(tree)
        yield from self.claims.ids_refuted(self.resolved(tree), sources)

    def used(self, tree: exp.Query) -> list[Source]:
        """Return the sources whose tables a statement names."""
        return used_in(tree, self._model)

    def shaped(self, tree: exp.Query) -> list[Source]:
        """Return the sources whose rows are no table of their own."""
        return shaped_in(tree, self._model)

    def resolved(self, tree: exp.Query) -> list[Entity]:
        return [self._model.entities[name] for name in resolved_in(tree)]


def measures_of(nodes: Iterable[Aggregate]) -> list[Measure]:
    return [leaf.measure for node in nodes for leaf in node.leaves]
