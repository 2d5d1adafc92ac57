"""Runs questions on an engine."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date, timedelta

from sqlglot import exp

from kpidsl.engines.base import Engine, EngineError, Table, ValueType
from kpidsl.model.expr import Exchanged
from kpidsl.model.listed_years import ListedYears
from kpidsl.model.moments import DayPart
from kpidsl.model.periods import Grain, Window
from kpidsl.model.project import Model
from kpidsl.model.purpose import Funnel
from kpidsl.model.sources import Entity, Measure, Source, TableOrigin
from kpidsl.plan.conversion import source_of_rates
from kpidsl.plan.funnel import plan_funnel
from kpidsl.plan.groundwork import Groundwork
from kpidsl.plan.nodes import PERIOD, Aggregate, Plan
from kpidsl.plan.planner import plan
from kpidsl.plan.query import Query
from kpidsl.plan.sharing import Batch, SharedPlan, share
from kpidsl.plan.within import aggregates_of, tested_by
from kpidsl.run.calendars import years_of
from kpidsl.run.catalogue import Catalogue
from kpidsl.run.claims import Claims
from kpidsl.run.failures import CANCELLED, explain, too_large
from kpidsl.run.heading import heading, heading_of
from kpidsl.run.marks import marks_of
from kpidsl.run.partial import partial_rows
from kpidsl.run.proof import Proof, prove
from kpidsl.run.result import Column, FunnelResult, Identified, Known, Result, Role
from kpidsl.run.rounding import Rounding
from kpidsl.run.rows import has_infinity, rows_of, with_local_periods
from kpidsl.run.spacious import too_many
from kpidsl.run.types import value_types
from kpidsl.run.units import unit_of
from kpidsl.sql import build
from kpidsl.sql.dialects import DIALECTS
from kpidsl.sql.funnel import funnel_tree
from kpidsl.sql.known import known_range, listed_days, unresolved
from kpidsl.sql.lacking import lacking, sql_in
from kpidsl.sql.relations import resolved_in
from kpidsl.sql.trees import rows_tree, to_tree, unrated_tree
from kpidsl.text.diagnostic import Diagnostic, has_errors

_DAY = timedelta(days=1)

Outcome = tuple[Result | None, list[Diagnostic]]
"""The answer to a question, or None, with what is noticed or stands in its way."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What is kept for several questions: the statement that did it, and what was noticed, or that
    it was cancelled. `resolves`: ids of entities are resolved in it (S29)."""

    text: str
    noticed: list[Diagnostic]
    resolves: bool = False


class Runner:
    """Answers questions about one model on one engine.

    `made_by` (which kpidsl, from which definitions) stands above the SQL of answers. What is run is
    the statement alone: an engine needs no comments.
    """

    def __init__(self, model: Model, engine: Engine, made_by: str = "") -> None:
        self.model = model
        self.engine = engine
        self._made_by = made_by
        self.ground = Groundwork(model, Catalogue(engine))
        self._ranges: dict[str, Window | None] = {}
        self._counted_ids: dict[tuple[str, str], Identified] = {}
        self._claims = Claims(model, engine)
        self._rounding = Rounding(model, engine)

    def over(self, model: Model) -> Runner:
        """Return a runner of another model on the same engine."""
        return Runner(model, self.engine, self._made_by)

    def query(self, query: Query) -> tuple[Result | None, list[Diagnostic]]:
        """Return the answer, or None with what stands in its way."""
        planned, diagnostics = plan(self.model, query, self.ground)
        if planned is None:
            return None, diagnostics
        result, found = self._answer(query, SharedPlan(planned, planned))
        return result, diagnostics + found

    def queries(self, queries: Sequence[Query]) -> list[Outcome]:
        """Return the answer to each question, the one that it gets alone, or what stands in its
        way.

        All are planned together, and what several of them read is read once and kept until they
        are answered. A question of which that fails is asked alone, and so are all on an engine
        that keeps nothing.
        """
        if not self.engine.keeps:
            return [self.query(query) for query in queries]
        planned = [plan(self.model, query, self.ground) for query in queries]
        sound = [place for place, (found, _) in enumerate(planned) if found is not None]
        outcomes: list[Outcome | None] = [(None, diagnostics) for _, diagnostics in planned]
        batch = share([found for found, _ in planned if found is not None], self.ground)
        with self._kept(batch) as kept:
            for place, own in zip(sound, batch.plans, strict=True):
                result = self._beside(queries[place], own, kept)
                outcomes[place] = result and (result[0], planned[place][1] + result[1])
        return [
            self.query(query) if outcome is None else outcome
            for query, outcome in zip(queries, outcomes, strict=True)
        ]

    def _beside(self, query: Query, own: SharedPlan, kept: dict[str, Kept]) -> Outcome | None:
        """Return the answer to a question of a batch, or None where it has to be asked alone."""
        if not own.reads <= kept.keys():
            return None
        read = [kept[name] for name in kept if name in own.reads]
        noticed = list(dict.fromkeys(item for each in read for item in each.noticed))
        if has_errors(noticed):
            return None, noticed
        result, found = self._answer(query, own, read)
        if result is None and own.reads and not any(item.code == CANCELLED for item in found):
            return None
        return result, list(dict.fromkeys([*noticed, *found]))

    @contextmanager
    def _kept(self, batch: Batch) -> Iterator[dict[str, Kept]]:
        """Keep what a batch shares, as far as it can be had, while its questions are answered."""
        kept: dict[str, Kept] = {}
        dialect = self.engine.dialect
        trees = [
            (item.name, rows_tree(item.node, item.frame, dialect), item.node.input.source)
            for item in batch.shared
        ]
        trees += [
            (name, known_range(self.model, source, dialect), source) for name, source in batch.known
        ]
        try:
            for name, tree, source in trees:
                found = self._keep(name, tree, source)
                if found is not None:
                    kept[name] = found
            yield kept
        finally:
            for name in kept:
                with suppress(EngineError):  # the connection takes it along when it closes
                    self.engine.keep(self._text(build.dropped(name), pretty=False))

    def _keep(self, name: str, tree: exp.Query, source: Source) -> Kept | None:
        used, noticed = self._sound(tree, [source])
        if has_errors(noticed):
            return None
        text = self._text(build.kept(name, tree), pretty=True)
        try:
            self.engine.keep(text)
        except EngineError as failure:
            if failure.kind != "cancelled":
                return None
            return Kept("", [explain(failure, [source], used, self.model, self.engine)])
        return Kept(f"{text};\n\n", noticed, bool(resolved_in(tree)))

    def _answer(self, query: Query, own: SharedPlan, kept: Sequence[Kept] = ()) -> Outcome:
        """Run a plan that reads what is `kept`; its SQL is told with the statements for that."""
        planned = own.plan
        tree = to_tree(planned, self.engine.dialect)
        sql = self._text(tree, pretty=True)
        nodes = _aggregates(planned)
        columns = self._columns(query, planned)
        types = value_types(planned, columns, self.engine)
        sources = [node.input.source for node in nodes]
        rated = unrated_tree(own.alone, self.engine.dialect) if _converts(nodes) else None
        table, found = self._run(tree, sql, sources, types, nodes, query.grain, rated)
        if table is not None:
            found = [*found, *self._too_many(planned, table)]
        if table is None or has_errors(found):
            return None, found
        rows = rows_of(table, planned.frame.keys, columns)
        if has_infinity(rows, columns):
            found += [too_large("it is infinite", sources, _measures(nodes), self.model)]
            return None, found
        if isinstance(query.grain, DayPart):
            place = len(planned.frame.coarser)
            rows = with_local_periods(rows, place, query.grain, self.model.settings.timezone)
        known = self._known_by(planned)
        partial = partial_rows(planned, rows, {item.source: item.days for item in known})
        marks = marks_of(planned, rows, query, self.model)
        before = "".join(item.text for item in kept)
        shown = heading_of(query, self.model, self._made_by) + before + sql
        if any(item.resolves for item in kept):
            tree = to_tree(own.alone, self.engine.dialect)  # whose ids the question itself counts
        told = self._identified(tree, sources)
        result = Result(columns, rows, shown, partial, known, identified=told, marks=marks)
        return result, found

    def compile(self, query: Query) -> tuple[str | None, list[Diagnostic]]:
        """Return the SQL that `query` would run, or None with the refusals."""
        planned, diagnostics = plan(self.model, query, self.ground)
        if planned is None:
            return None, diagnostics
        sql, found = sql_in(planned, self.engine.dialect)
        if sql is None:
            return None, diagnostics + found
        return heading_of(query, self.model, self._made_by) + sql, diagnostics + found

    def _text(self, tree: exp.Expr, *, pretty: bool) -> str:
        return DIALECTS[self.engine.dialect].text(tree, pretty=pretty)

    def funnel(
        self, funnel: Funnel, window: Window | None = None
    ) -> tuple[FunnelResult | None, list[Diagnostic]]:
        """Return a funnel's counts over the attempts entered within `window`."""
        walk, diagnostics = plan_funnel(self.model, funnel, window, self.ground)
        if walk is None:
            return None, diagnostics
        sources = [item.source for item in walk.events]
        tree = funnel_tree(walk, self.engine.dialect, by_days=self._holds_days(sources))
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
        tree = listed_days(self.model, calendar, self.engine.dialect)
        source = self.model.sources[calendar.source]
        table, found = self._run(tree, self._text(tree, pretty=False), [source], None)
        if table is None:
            return ListedYears(), found
        years, problems = years_of(table.rows, calendar)
        return years, found + problems

    def prove(self, tell: Callable[[str], None]) -> Proof:
        """Test every claim of the model on the data (S3); `tell` hears what is looked at."""
        return prove(self.model, self.engine, self._claims, tell)

    def known(self, source: Source) -> Window | None:
        """Return the days that a source knows: from its first row to its watermark, or to its
        last row where none is declared (S21). None without a clock or a row, or when the
        source can't be read."""
        if source.name not in self._ranges:
            self._ranges[source.name] = self._known(source)
        return self._ranges[source.name]

    def _known(self, source: Source) -> Window | None:
        if source.time is None or self.ground.excludes.in_reach(source) is not None:
            return None
        tree = known_range(self.model, source, self.engine.dialect)
        days = [ValueType.MOMENT] * len(tree.selects)
        table, _ = self._run(tree, self._text(tree, pretty=False), [source], days)
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

    def _holds_days(self, sources: Sequence[Source]) -> bool:
        """Tell whether the clocks of sources hold days alone, without a time of day (S20)."""
        timed = [source for source in sources if source.time is not None]
        for source in timed:
            tree = known_range(self.model, source, self.engine.dialect)
            self.engine.prepare(self._used(tree))
        try:
            return all(self._claims.holds_days(source) for source in timed)
        except EngineError:
            return False  # what can't be read is told when the rows themselves are asked for

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
        nodes: Sequence[Aggregate] = (),
        grain: Grain | DayPart | None = None,
        rated: exp.Select | None = None,
    ) -> tuple[Table | None, list[Diagnostic]]:
        """Run a statement over the rows of `inputs`, unless they refute a claim it rests on: their
        keys and clocks, which must be as fine as its grain, that the measures of its `nodes` have
        one value per key where they are counted once, and that all is `rated` which is converted.
        """
        used, found = self._sound(tree, inputs)
        try:
            if isinstance(grain, DayPart) and not has_errors(found):
                found = [*found, *self._claims.coarse(inputs, grain)]
            if not has_errors(found):
                once = _measures(node for node in nodes if node.once_per)
                counted = [measure for measure in once if measure.operand is not None]
                found = [*found, *self._claims.not_once(counted)]
            if rated is not None and not has_errors(found):
                rates = source_of_rates(self.model.sources)
                found = [*found, *self._claims.unrated(rated, rates)]
            if has_errors(found):
                return None, found
            return self.engine.run(sql, types), found
        except EngineError as failure:
            told = explain(failure, inputs, used, self.model, self.engine, _measures(nodes))
            return None, [*found, told]

    def _sound(
        self, tree: exp.Query, inputs: Sequence[Source]
    ) -> tuple[list[Source], list[Diagnostic]]:
        """Return the sources that a statement reads, once their rows are at hand, and what is
        noticed of them: nothing may refute a claim of theirs, or of `inputs`."""
        used = self._used(tree)
        found = [*lacking(tree, self.engine.dialect), *self.engine.prepare(used)]
        if has_errors(found):
            return used, found
        claimed = [*used, *inputs, *self._shaped(tree)]
        # Of several sources over one table some may have no rows to test (K472).
        sound = [item for item in claimed if self.ground.excludes.in_reach(item) is None]
        found += [*self._claims.refuted(sound), *self._rounding.refuted(tree)]
        return used, [*found, *self._claims.ids_refuted(self._resolved(tree))]

    def _too_many(self, planned: Plan, table: Table) -> list[Diagnostic]:
        def ask(tree: exp.Query) -> Table | None:
            return self._run(tree, self._text(tree, pretty=False), [], None)[0]

        return too_many(planned, len(table.rows), self.engine.dialect, ask)

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
            tree = unresolved(self.model, entity, source, self.engine.dialect)
            counts = [ValueType.EXACT] * len(tree.selects)
            table, _ = self._run(tree, self._text(tree, pretty=False), [source], counts)
            ids, unknown = (0, 0) if table is None else map(_count, table.rows[0])
            self._counted_ids[place] = Identified(*place, ids, unknown)
        return self._counted_ids[place]

    def _columns(self, query: Query, planned: Plan) -> tuple[Column, ...]:
        found = [Column(item.column, Role.PERIOD) for item in planned.frame.coarser]
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


def _measures(nodes: Iterable[Aggregate]) -> list[Measure]:
    return [leaf.measure for node in nodes for leaf in node.leaves]


def _converts(nodes: Iterable[Aggregate]) -> bool:
    """Tell whether money is converted in an answer (S26)."""
    return any(isinstance(measure.operand, Exchanged) for measure in _measures(nodes))


def _table_of(source: Source) -> str:
    return source.origin.path[-1] if isinstance(source.origin, TableOrigin) else source.name


def _count(value: object) -> int:
    assert isinstance(value, int)
    return value
