"""What is known of the sources of one model, beside the answers: their days, and their ids."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from sqlglot import exp

from kpidsl.engines.base import Engine, Table, ValueType
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
from kpidsl.text.diagnostic import Diagnostic, has_errors, warning

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
        return self._looked_at(source)[0]

    def _looked_at(self, source: Source) -> tuple[Window | None, list[Diagnostic]]:
        if source.name not in self._ranges:
            if source.time is None or self._excludes.in_reach(source) is not None:
                return None, []
            tree = known_range(self._model, source, self._engine.dialect)
            days = [ValueType.MOMENT] * len(tree.selects)
            table, found = self._statements.aside(tree, [source], days)
            if table is None:
                return None, found
            self._ranges[source.name] = self._known(source, table)
        return self._ranges[source.name], []

    def _known(self, source: Source, table: Table) -> Window | None:
        first, last, *until = map(_in_calendar, table.rows[0])
        if not isinstance(first, date) or not isinstance(last, date):
            return None
        # The calendar has no day after 9999-12-31, as exports write "never".
        end = until[0] if until else source.watermark or min(last, date.max - _DAY) + _DAY
        if not isinstance(end, date):
            return None
        return Window(first, end) if first < end else None

    def holds_days(self, sources: Sequence[Source]) -> bool:
        """Tell whether the clocks of sources hold days alone, without a time of day (S20); raises
        `EngineError`."""
        timed = [source for source in sources if source.time is not None]
        for source in timed:
            tree = known_range(self._model, source, self._engine.dialect)
            if has_errors(self._engine.prepare(self._statements.used(tree))):
                return False  # it is told when the rows themselves are asked for
        return all(self._statements.claims.holds_days(source) for source in timed)

    def known_by(self, planned: Plan) -> tuple[tuple[Known, ...], list[Diagnostic]]:
        """Return what the sources of a question about time know, and of which that can't be
        told."""
        if planned.frame.grain is None and planned.frame.window is None:
            return (), []
        sources = {node.input.source.name: node.input.source for node in read_by(planned)}
        known, noticed = [], list[Diagnostic]()
        for name, source in sources.items():
            days, found = self._looked_at(source)
            known.append(Known(name, days, guessed=source.watermark is None))
            if found:
                noticed.append(_untold(f"which days `{name}` knows", source, found))
        return tuple(known), noticed

    def identified_in(
        self, tree: exp.Query, inputs: Sequence[Source]
    ) -> tuple[tuple[Identified, ...], list[Diagnostic]]:
        """Return how many ids of the entities in an answer are resolved (S29), and of which that
        can't be told."""
        read = (*self._statements.used(tree), *self._statements.shaped(tree), *inputs)
        names = sorted({source.name for source in read})
        counted, noticed = [], list[Diagnostic]()
        for entity in self._statements.resolved(tree):
            for name in (name for name in names if name in entity.resolved):
                source = self._model.sources[name]
                ids, found = self._counted(entity, source)
                if ids is None:
                    what = f"how many ids of `{entity.name}` in `{name}` are resolved"
                    noticed.append(_untold(what, source, found))
                else:
                    counted.append(ids)
        return tuple(counted), noticed

    def identified(self, entity: Entity, source: Source) -> Identified | None:
        """Return how many ids of an entity a source has, and how many are unresolved; None when
        they can't be counted."""
        return self._counted(entity, source)[0]

    def _counted(
        self, entity: Entity, source: Source
    ) -> tuple[Identified | None, list[Diagnostic]]:
        place = (entity.name, source.name)
        if place not in self._counted_ids:
            tree = unresolved(self._model, entity, source, self._engine.dialect)
            counts = [ValueType.EXACT] * len(tree.selects)
            table, found = self._statements.aside(tree, [source], counts)
            if table is None:
                return None, found
            self._counted_ids[place] = Identified(*place, *map(number, table.rows[0]))
        return self._counted_ids[place], []


def _in_calendar(day: object) -> object:
    """Return the calendar's first or last day for one before or after it, which an engine gives as
    a text: "never" in UTC may be a day later elsewhere."""
    if not isinstance(day, str):
        return day
    year = day.partition("-")[0]
    return date.max if len(year) > len("9999") else date.min


def _untold(what: str, source: Source, found: Sequence[Diagnostic]) -> Diagnostic:
    """Return that something can't be told beside an answer, with the first reason."""
    fact = f"{what} can't be told"
    return warning(
        "K680",
        f"{fact}: {found[0].message}",
        source.span,
        on_pages=fact,
        help=found[0].help,
    )
