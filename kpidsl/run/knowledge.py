"""What is known of the sources of one model, beside the answers: their days, and their ids."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from sqlglot import exp

from kpidsl.engines.base import Engine, EngineError, ValueType
from kpidsl.model.periods import Window
from kpidsl.model.project import Model
from kpidsl.model.sources import Entity, Source
from kpidsl.plan.excludes import Excludes
from kpidsl.plan.nodes import Plan
from kpidsl.plan.within import read_by
from kpidsl.run.examples import number
from kpidsl.run.result import Identified, Known
from kpidsl.run.statements import Statements
from kpidsl.sql.known import known_range, unresolved

_DAY = timedelta(days=1)


class Knowledge:
    """Looks at the rows of sources by statements of one engine; what was found stays known."""

    def __init__(
        self, model: Model, engine: Engine, excludes: Excludes, statements: Statements
    ) -> None:
        self._model = model
        self._engine = engine
        self._excludes = excludes
        self._statements = statements
        self._ranges: dict[str, Window | None] = {}
        self._counted_ids: dict[tuple[str, str], Identified] = {}

    def known(self, source: Source) -> Window | None:
        """Return the days that a source knows: from its first row to its watermark, or to its
        last row where none is declared (S21). None without a clock or a row, or when the
        source can't be read."""
        if source.name not in self._ranges:
            self._ranges[source.name] = self._known(source)
        return self._ranges[source.name]

    def _known(self, source: Source) -> Window | None:
        if source.time is None or self._excludes.in_reach(source) is not None:
            return None
        tree = known_range(self._model, source, self._engine.dialect)
        days = [ValueType.MOMENT] * len(tree.selects)
        table, _ = self._statements.aside(tree, [source], days)
        if table is None:
            return None
        first, last, *until = table.rows[0]
        if not isinstance(first, date) or not isinstance(last, date):
            return None
        # The calendar has no day after 9999-12-31, as exports write "never".
        end = until[0] if until else source.watermark or min(last, date.max - _DAY) + _DAY
        if not isinstance(end, date):
            return None
        return Window(first, end) if first < end else None

    def holds_days(self, sources: Sequence[Source]) -> bool:
        """Tell whether the clocks of sources hold days alone, without a time of day (S20)."""
        timed = [source for source in sources if source.time is not None]
        for source in timed:
            tree = known_range(self._model, source, self._engine.dialect)
            self._engine.prepare(self._statements.used(tree))
        try:
            return all(self._statements.claims.holds_days(source) for source in timed)
        except EngineError:
            return False  # what can't be read is told when the rows themselves are asked for

    def known_by(self, planned: Plan) -> tuple[Known, ...]:
        """Return what the sources of a question about time know."""
        if planned.frame.grain is None and planned.frame.window is None:
            return ()
        sources = {node.input.source.name: node.input.source for node in read_by(planned)}
        return tuple(
            Known(name, self.known(source), guessed=source.watermark is None)
            for name, source in sources.items()
        )

    def identified_in(self, tree: exp.Query, inputs: Sequence[Source]) -> tuple[Identified, ...]:
        """Tell how many ids of the entities in an answer are resolved (S29)."""
        read = (*self._statements.used(tree), *self._statements.shaped(tree), *inputs)
        names = sorted({source.name for source in read})
        return tuple(
            self.identified(entity, self._model.sources[name])
            for entity in self._statements.resolved(tree)
            for name in names
            if name in entity.resolved
        )

    def identified(self, entity: Entity, source: Source) -> Identified:
        """Return how many ids of an entity a source has, and how many are unresolved; of a source
        that can't be read none."""
        place = (entity.name, source.name)
        if place not in self._counted_ids:
            tree = unresolved(self._model, entity, source, self._engine.dialect)
            counts = [ValueType.EXACT] * len(tree.selects)
            table, _ = self._statements.aside(tree, [source], counts)
            ids, unknown = (0, 0) if table is None else map(number, table.rows[0])
            self._counted_ids[place] = Identified(*place, ids, unknown)
        return self._counted_ids[place]
