"""Runs questions on an engine."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime, timedelta

from sqlglot import exp

from kpidsl.engines.base import Engine, EngineError, Table, ValueType
from kpidsl.model.expr import Exchanged
from kpidsl.model.listed_years import ListedYears
from kpidsl.model.moments import DayPart, local_period
from kpidsl.model.periods import Grain, Window
from kpidsl.model.project import Model
from kpidsl.model.purpose import Funnel
from kpidsl.model.sources import Entity, Measure, Source, TableOrigin
from kpidsl.plan.conversion import source_of_rates
from kpidsl.plan.funnel import plan_funnel
from kpidsl.plan.groundwork import Groundwork
from kpidsl.plan.nodes import PERIOD, Aggregate, KeyColumn, Plan
from kpidsl.plan.planner import plan
from kpidsl.plan.query import Absent, Query
from kpidsl.plan.within import aggregates_of, tested_by
from kpidsl.run.calendars import years_of
from kpidsl.run.catalogue import Catalogue
from kpidsl.run.claims import Claims
from kpidsl.run.failures import explain
from kpidsl.run.heading import heading, heading_of
from kpidsl.run.marks import marks_of
from kpidsl.run.partial import partial_rows
from kpidsl.run.proof import Proof, prove
from kpidsl.run.result import Column, FunnelResult, Identified, Known, Result, Role, Value
from kpidsl.run.spacious import too_many
from kpidsl.run.types import value_types
from kpidsl.run.units import unit_of
from kpidsl.sql.dialects import DIALECTS
from kpidsl.sql.funnel import funnel_tree
from kpidsl.sql.known import known_range, listed_days, unresolved
from kpidsl.sql.lacking import lacking, sql_in
from kpidsl.sql.lower import to_tree, unrated_tree
from kpidsl.sql.relations import resolved_in
from kpidsl.text.diagnostic import Diagnostic, has_errors

_DAY = timedelta(days=1)


class Runner:
    """Answers questions about one model on one engine.

    `made_by` (which kpidsl, from which definitions) stands above the SQL of answers. What is run is
    the statement alone: an engine needs no comments.
    """

    def __init__(self, model: Model, engine: Engine, made_by: str = "") -> None:
        self.model = model
        self._engine = engine
        self._made_by = made_by
        self._ground = Groundwork(model, Catalogue(engine))
        self._ranges: dict[str, Window | None] = {}
        self._counted_ids: dict[tuple[str, str], Identified] = {}
        self._claims = Claims(model, engine)

    def over(self, model: Model) -> Runner:
        """Return a runner of another model on the same engine."""
        return Runner(model, self._engine, self._made_by)

    def query(self, query: Query) -> tuple[Result | None, list[Diagnostic]]:
        """Return the answer, or None with what stands in its way."""
        planned, diagnostics = plan(self.model, query, self._ground)
        if planned is None:
            return None, diagnostics
        tree = to_tree(planned, self._engine.dialect)
        sql = self._text(tree, pretty=True)
        nodes = _aggregates(planned)
        once = [leaf.measure for node in nodes if node.once_per for leaf in node.leaves]
        columns = self._columns(query, planned)
        types = value_types(planned, columns, self._engine)
        sources = [node.input.source for node in nodes]
        rated = unrated_tree(planned, self._engine.dialect) if _converts(nodes) else None
        table, found = self._run(tree, sql, sources, types, once, query.grain, rated)
        if table is not None:
            found = [*found, *self._too_many(planned, table)]
        if table is None or has_errors(found):
            return None, diagnostics + found
        rows = _rows(table, planned.frame.keys, columns)
        if isinstance(query.grain, DayPart):
            rows = _with_local_periods(rows, query.grain, self.model.settings.timezone)
        known = self._known_by(planned)
        partial = partial_rows(planned, rows, {item.source: item.days for item in known})
        marks = marks_of(planned, rows, query, self.model)
        shown = heading_of(query, self.model, self._made_by) + sql
        told = self._identified(tree, sources)
        result = Result(columns, rows, shown, partial, known, identified=told, marks=marks)
        return result, diagnostics + found

    def compile(self, query: Query) -> tuple[str | None, list[Diagnostic]]:
        """Return the SQL that `query` would run, or None with the refusals."""
        planned, diagnostics = plan(self.model, query, self._ground)
        if planned is None:
            return None, diagnostics
        sql, found = sql_in(planned, self._engine.dialect)
        if sql is None:
            return None, diagnostics + found
        return heading_of(query, self.model, self._made_by) + sql, diagnostics + found

    def _text(self, tree: exp.Query, *, pretty: bool) -> str:
        return DIALECTS[self._engine.dialect].text(tree, pretty=pretty)

    def funnel(
        self, funnel: Funnel, window: Window | None = None
    ) -> tuple[FunnelResult | None, list[Diagnostic]]:
        """Return a funnel's counts over the attempts entered within `window`."""
        walk, diagnostics = plan_funnel(self.model, funnel, window, self._ground)
        if walk is None:
            return None, diagnostics
        sources = [item.source for item in walk.events]
        tree = funnel_tree(walk, self._engine.dialect, by_days=self._holds_days(sources))
        sql = self._text(tree, pretty=True)
        counts = [ValueType.EXACT] * len(tree.selects)
        table, found = self._run(tree, sql, sources, counts)
        if table is None:
            return None, diagnostics + found
        *reached, immature = (_count(value) for value in table.rows[0])
        names = [step.name for step in funnel.steps]
        steps = tuple(zip(names, reached, strict=True))
        shown = heading([(funnel.name, funnel)], self._made_by) + sql
        told = self._identified(tree, sources)
        result = FunnelResult(steps, immature, shown, identified=told)
        return result, diagnostics + found

    def listed_years(self) -> tuple[ListedYears, list[Diagnostic]]:
        """Return the years that the source of the project's calendar lists, or what is wrong with
        them; none where no calendar is listed."""
        calendar = self.model.settings.listed
        if calendar is None or calendar.source not in self.model.sources:
            return ListedYears(), []
        tree = listed_days(self.model, calendar, self._engine.dialect)
        source = self.model.sources[calendar.source]
        table, found = self._run(tree, self._text(tree, pretty=False), [source], None)
        if table is None:
            return ListedYears(), found
        years, problems = years_of(table.rows, calendar)
        return years, found + problems

    def prove(self, tell: Callable[[str], None]) -> Proof:
        """Test every claim of the model on the data (S3); `tell` hears what is looked at."""
        return prove(self.model, self._engine, self._claims, tell)

    def known(self, source: Source) -> Window | None:
        """Return the days that a source knows: from its first row to its watermark, or to its
        last row where none is declared (S21). None without a clock or a row, or when the
        source can't be read."""
        if source.name not in self._ranges:
            self._ranges[source.name] = self._known(source)
        return self._ranges[source.name]

    def _known(self, source: Source) -> Window | None:
        if source.time is None or self._ground.excludes.in_reach(source) is not None:
            return None
        tree = known_range(self.model, source, self._engine.dialect)
        days = [ValueType.MOMENT] * len(tree.selects)
        table, _ = self._run(tree, self._text(tree, pretty=False), [source], days)
        if table is None:
            return None
        first, last = table.rows[0]
        if not isinstance(first, date) or not isinstance(last, date):
            return None
        # The calendar has no day after 9999-12-31, as exports write "never".
        end = source.watermark or min(last, date.max - _DAY) + _DAY
        return Window(first, end) if first < end else None

    def _holds_days(self, sources: Sequence[Source]) -> bool:
        """Tell whether the clocks of sources hold days alone, without a time of day (S20)."""
        timed = [source for source in sources if source.time is not None]
        for source in timed:
            tree = known_range(self.model, source, self._engine.dialect)
            self._engine.prepare(self._used(tree))
        return all(self._claims.holds_days(source) for source in timed)

    def _known_by(self, planned: Plan) -> tuple[Known, ...]:
        """Return what the sources of a question about time know."""
        if planned.frame.grain is None and planned.frame.window is None:
            return ()
        sources = {node.input.source.name: node.input.source for node in _aggregates(planned)}
        return tuple(
            Known(name, self.known(source), guessed=source.watermark is None)
            for name, source in sources.items()
        )

    # --- running ---------------------------------------------------------------------------

    def _run(
        self,
        tree: exp.Query,
        sql: str,
        inputs: Sequence[Source],
        types: Sequence[ValueType] | None,
        once: Sequence[Measure] = (),
        grain: Grain | DayPart | None = None,
        rated: exp.Select | None = None,
    ) -> tuple[Table | None, list[Diagnostic]]:
        """Run a statement over the rows of `inputs`, unless they refute a claim it rests on: their
        keys and clocks, which must be as fine as its grain, that the measures `once` have one
        value per key, and that all is `rated` which is converted."""
        used = self._used(tree)
        found = [*lacking(tree, self._engine.dialect), *self._engine.prepare(used)]
        if not has_errors(found):
            claimed = [*used, *inputs, *self._shaped(tree)]
            # Of several sources over one table some may have no rows to test (K472).
            sound = [item for item in claimed if self._ground.excludes.in_reach(item) is None]
            found = [*found, *self._claims.refuted(sound)]
            found += self._claims.ids_refuted(self._resolved(tree))
        if not has_errors(found) and isinstance(grain, DayPart):
            found = [*found, *self._claims.coarse(inputs, grain)]
        if not has_errors(found):
            counted = [measure for measure in once if measure.operand is not None]
            found = [*found, *self._claims.not_once(counted)]
        try:
            if rated is not None and not has_errors(found):
                rates = source_of_rates(self.model.sources)
                found = [*found, *self._claims.unrated(rated, rates)]
            if has_errors(found):
                return None, found
            return self._engine.run(sql, types), found
        except EngineError as failure:
            return None, [*found, explain(failure, inputs, used, self.model, self._engine)]

    def _too_many(self, planned: Plan, table: Table) -> list[Diagnostic]:
        def ask(tree: exp.Query) -> Table | None:
            return self._run(tree, self._text(tree, pretty=False), [], None)[0]

        return too_many(planned, len(table.rows), self._engine.dialect, ask)

    def _used(self, tree: exp.Query) -> list[Source]:
        names = {table.name for table in tree.find_all(exp.Table)}
        return [source for source in self.model.sources.values() if _table_of(source) in names]

    def _shaped(self, tree: exp.Query) -> list[Source]:
        """Return the sources whose rows are no table of their own."""
        names = {cte.alias for cte in tree.ctes}
        return [item for item in self.model.sources.values() if f"{item.name}_rows" in names]

    def _resolved(self, tree: exp.Query) -> list[Entity]:
        return [self.model.entities[name] for name in resolved_in(tree)]

    def _identified(self, tree: exp.Query, inputs: Sequence[Source]) -> tuple[Identified, ...]:
        """Tell how many ids of the entities in an answer are resolved (S29)."""
        read = (*self._used(tree), *self._shaped(tree), *inputs)
        names = sorted({source.name for source in read})
        return tuple(
            self.identified(entity, self.model.sources[name])
            for entity in self._resolved(tree)
            for name in names
            if name in entity.resolved
        )

    def identified(self, entity: Entity, source: Source) -> Identified:
        """Return how many ids of an entity a source has, and how many are unresolved; of a source
        that can't be read none."""
        place = (entity.name, source.name)
        if place not in self._counted_ids:
            tree = unresolved(self.model, entity, source, self._engine.dialect)
            counts = [ValueType.EXACT] * len(tree.selects)
            table, _ = self._run(tree, self._text(tree, pretty=False), [source], counts)
            ids, unknown = (0, 0) if table is None else map(_count, table.rows[0])
            self._counted_ids[place] = Identified(*place, ids, unknown)
        return self._counted_ids[place]

    def _columns(self, query: Query, planned: Plan) -> tuple[Column, ...]:
        found: list[Column] = []
        if query.grain is not None:
            found.append(Column(PERIOD, Role.PERIOD))
        found += [Column(key.column, Role.DIMENSION) for key in planned.frame.keys]
        for item, output in zip(query.select, planned.root.input.outputs, strict=True):
            unit, percent = item.unit, item.percent
            if unit is None:
                unit, percent = unit_of(item.expr, self.model)
            found.append(Column(item.name, Role.METRIC, unit, percent, output.overlapping))
        return tuple(found)


def _aggregates(planned: Plan) -> tuple[Aggregate, ...]:
    """Return what reads the rows of an answer, and of the answers that its filters test."""
    nodes = tuple(aggregates_of(planned.root.input.input.inputs))
    return (*nodes, *tested_by(nodes))


def _converts(nodes: Iterable[Aggregate]) -> bool:
    """Tell whether money is converted in an answer (S26)."""
    measures = (leaf.measure for node in nodes for leaf in node.leaves)
    return any(isinstance(measure.operand, Exchanged) for measure in measures)


def _rows(
    table: Table, keys: tuple[KeyColumn, ...], columns: tuple[Column, ...]
) -> tuple[tuple[Value, ...], ...]:
    """Fold the columns that tell why a member is absent, each after its key, into the members
    (S2). A period is absent in a total over all of them only."""
    with_state = iter(key.state is not None for key in keys)
    folds: list[tuple[int, Role, bool]] = []
    position = 0
    for column in columns:
        has_state = column.role is Role.DIMENSION and next(with_state)
        folds.append((position, column.role, has_state))
        position += 2 if has_state else 1

    def cell(row: tuple[object, ...], position: int, role: Role, has_state: bool) -> Value:
        value = row[position]
        if role is Role.METRIC or value is not None:
            return value  # type: ignore[return-value]
        if role is Role.PERIOD:
            return Absent.ALL
        state = row[position + 1] if has_state else None
        return Absent.NONE if state is None else Absent(f"({state})")

    return tuple(tuple(cell(row, *fold) for fold in folds) for row in table.rows)


def _with_local_periods(
    rows: tuple[tuple[Value, ...], ...], part: DayPart, zone: str
) -> tuple[tuple[Value, ...], ...]:
    """Turn the instants at which periods begin into local times with their offset (S20)."""
    return tuple(
        (local_period(row[0], part, zone) if isinstance(row[0], datetime) else row[0], *row[1:])
        for row in rows
    )


def _table_of(source: Source) -> str:
    return source.origin.path[-1] if isinstance(source.origin, TableOrigin) else source.name


def _count(value: object) -> int:
    assert isinstance(value, int)
    return value
