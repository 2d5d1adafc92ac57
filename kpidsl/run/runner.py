"""Runs questions on an engine."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta

from sqlglot import exp

from kpidsl.engines.base import Engine, EngineError, Table, ValueType
from kpidsl.model.expr import Exchanged
from kpidsl.model.listed_years import ListedYears
from kpidsl.model.moments import DayPart
from kpidsl.model.periods import Window
from kpidsl.model.project import Model
from kpidsl.model.purpose import Funnel
from kpidsl.model.sources import Source
from kpidsl.plan.funnel import Walk, plan_funnel
from kpidsl.plan.groundwork import Groundwork
from kpidsl.plan.looking import MOST_CELLS
from kpidsl.plan.nodes import PERIOD, Aggregate, Plan
from kpidsl.plan.planner import plan
from kpidsl.plan.query import Query
from kpidsl.plan.sharing import Batch, SharedPlan, share
from kpidsl.plan.within import read_by
from kpidsl.run.calendars import years_of
from kpidsl.run.catalogue import Catalogue
from kpidsl.run.examples import number
from kpidsl.run.failures import CANCELLED, explain, too_large
from kpidsl.run.heading import heading, heading_of
from kpidsl.run.knowledge import Knowledge
from kpidsl.run.marks import marks_of
from kpidsl.run.memory import Memory
from kpidsl.run.partial import partial_rows
from kpidsl.run.proof import Proof, prove
from kpidsl.run.result import Column, FunnelResult, Result, Role
from kpidsl.run.rows import has_infinity, outside_calendar, rows_of, with_local_periods
from kpidsl.run.spacious import too_many
from kpidsl.run.statements import Statements, measures_of
from kpidsl.run.store import Remembered
from kpidsl.run.types import value_types
from kpidsl.run.units import unit_of
from kpidsl.sql import build
from kpidsl.sql.funnel import funnel_tree
from kpidsl.sql.known import known_range, listed_days
from kpidsl.sql.lacking import sql_in
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

    def __init__(
        self, model: Model, engine: Engine, made_by: str = "", memory: Memory | None = None
    ) -> None:
        self.model = model
        self.engine = engine
        self._made_by = made_by
        self._memory = memory
        self._plain = Groundwork(model)
        self.ground = Groundwork(model, Catalogue(engine))
        excludes = self.ground.excludes
        self._statements = Statements(model, engine, excludes, memory)
        self.knowledge = Knowledge(model, engine, excludes, self._statements)

    def over(self, model: Model) -> Runner:
        """Return a runner of another model on the same engine."""
        return Runner(model, self.engine, self._made_by)

    def query(self, query: Query) -> tuple[Result | None, list[Diagnostic]]:
        """Return the answer, or None with what stands in its way."""
        key, outcome = self._recalled(query)
        return outcome or self._asked(query, key)

    def _asked(self, query: Query, key: str | None) -> Outcome:
        planned, diagnostics = plan(self.model, query, self.ground)
        if planned is None:
            return None, diagnostics
        result, found = self._answer(query, SharedPlan(planned, planned), key)
        return result, diagnostics + found

    def queries(self, queries: Sequence[Query]) -> list[Outcome]:
        """Return the answer to each question, the one that it gets alone, or what stands in its
        way.

        All are planned together, and what several of them read is read once and kept until they
        are answered. A question of which that fails is asked alone, and so are all on an engine
        that keeps nothing.
        """
        recalled = [self._recalled(query) for query in queries]
        keys, outcomes = [key for key, _ in recalled], [outcome for _, outcome in recalled]
        if self.engine.keeps:
            self._ask_together(queries, keys, outcomes)
        return [
            outcome or self._asked(query, key)
            for query, key, outcome in zip(queries, keys, outcomes, strict=True)
        ]

    def _ask_together(
        self,
        queries: Sequence[Query],
        keys: Sequence[str | None],
        outcomes: list[Outcome | None],
    ) -> None:
        """Add the outcome of each question that has none, unless it has to be asked alone."""
        planned = {
            place: plan(self.model, query, self.ground)
            for place, query in enumerate(queries)
            if outcomes[place] is None
        }
        sound = {place: found for place, (found, _) in planned.items() if found is not None}
        for place in planned.keys() - sound.keys():
            outcomes[place] = None, planned[place][1]
        batch = share(list(sound.values()), self.ground)
        with self._kept(batch) as kept:
            for place, own in zip(sound, batch.plans, strict=True):
                result = self._beside(queries[place], own, kept, keys[place])
                outcomes[place] = result and (result[0], planned[place][1] + result[1])

    def _recalled(self, query: Query) -> tuple[str | None, Outcome | None]:
        """Return the answer of an earlier time, if it is still that, and what it is known by. The
        plan is that of `compile`, which rests on no table: so none has to be read for it."""
        if self._memory is None:
            return None, None
        planned, noticed = plan(self.model, query, self._plain)
        if planned is None:
            return None, (None, noticed)
        tree = to_tree(planned, self.engine.dialect)
        key = self._statements.key(tree, self._columns(query, planned))
        remembered = self._statements.recall(key)
        if remembered is None:
            return key, None
        result, found = self._result(query, planned, remembered.table, tree, remembered.sql)
        return key, (None if found else (result, noticed))

    def _beside(
        self, query: Query, own: SharedPlan, kept: dict[str, Kept], key: str | None
    ) -> Outcome | None:
        """Return the answer to a question of a batch, or None where it has to be asked alone."""
        if not own.reads <= kept.keys():
            return None
        read = [kept[name] for name in kept if name in own.reads]
        noticed = list(dict.fromkeys(item for each in read for item in each.noticed))
        if has_errors(noticed):
            return None, noticed
        result, found = self._answer(query, own, key, read)
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
                    self.engine.keep(self._statements.text(build.dropped(name), pretty=False))

    def _keep(self, name: str, tree: exp.Query, source: Source) -> Kept | None:
        used = self._statements.used(tree)
        text = self._statements.text(build.kept(name, tree), pretty=True)
        try:
            noticed = self._statements.sound(tree, used, [source])
            if has_errors(noticed):
                return None
            self.engine.keep(text)
        except EngineError as failure:
            if failure.kind != "cancelled":
                return None
            return Kept("", [explain(failure, [source], used, self.model, self.engine)])
        return Kept(f"{text};\n\n", noticed, bool(resolved_in(tree)))

    def _answer(
        self, query: Query, own: SharedPlan, key: str | None, kept: Sequence[Kept] = ()
    ) -> Outcome:
        """Run a plan that reads what is `kept`; its SQL is told with the statements for that. The
        answer is remembered by the `key`, unless something was noticed."""
        planned = own.plan
        tree = to_tree(planned, self.engine.dialect)
        sql = self._statements.text(tree, pretty=True)
        nodes = read_by(planned)
        types = value_types(planned, self._columns(query, planned), self.engine)
        sources = [node.input.source for node in nodes]
        rated = unrated_tree(own.alone, self.engine.dialect) if _converts(nodes) else None
        ran = self._statements.run(tree, sql, sources, types, nodes, query.grain, rated)
        table, found = ran.table, ran.noticed
        if table is not None:
            found = [*found, *self._too_many(planned, len(table.rows))]
        elif ran.failure == "too many rows":
            found = self._too_many(planned, MOST_CELLS + 1) or found
        if table is None or has_errors(found):
            return None, found
        if any(item.resolves for item in kept):
            tree = to_tree(own.alone, self.engine.dialect)  # whose ids the question itself counts
        told = "".join(item.text for item in kept) + sql
        result, beyond = self._result(query, planned, table, tree, told)
        if result is not None and not any((found, beyond, *(item.noticed for item in kept))):
            self._statements.remember(key, Remembered(table, told))
        return result, found + beyond

    def _result(
        self, query: Query, planned: Plan, table: Table, tree: exp.Query, sql: str
    ) -> Outcome:
        """Return what the rows of a plan's answer tell, which `sql` has led to."""
        nodes = read_by(planned)
        columns = self._columns(query, planned)
        sources = [node.input.source for node in nodes]
        rows = rows_of(table, planned.frame.keys, columns)
        if has_infinity(rows, columns):
            return None, [too_large("it is infinite", sources, measures_of(nodes), self.model)]
        beyond = outside_calendar(rows, columns)
        if beyond is not None:
            failure = EngineError("value", f"`{beyond}` is outside of the years 1 to 9999")
            return None, [explain(failure, sources, sources, self.model, self.engine)]
        if isinstance(query.grain, DayPart):
            place = len(planned.frame.coarser)
            rows = with_local_periods(rows, place, query.grain, self.model.settings.timezone)
        known, noticed = self.knowledge.known_by(planned)
        partial = partial_rows(planned, rows, {item.source: item.days for item in known})
        marks = marks_of(planned, rows, query, self.model)
        shown = heading_of(query, self.model, self._made_by) + sql
        told, more = self.knowledge.identified_in(tree, sources)
        result = Result(columns, rows, shown, partial, known, identified=told, marks=marks)
        return result, noticed + more

    def compile(self, query: Query) -> tuple[str | None, list[Diagnostic]]:
        """Return the SQL that `query` would run, or None with the refusals."""
        planned, diagnostics = plan(self.model, query, self.ground)
        if planned is None:
            return None, diagnostics
        sql, found = sql_in(planned, self.engine.dialect, self.model)
        if sql is None:
            return None, diagnostics + found
        return heading_of(query, self.model, self._made_by) + sql, diagnostics + found

    def funnel(
        self, funnel: Funnel, window: Window | None = None
    ) -> tuple[FunnelResult | None, list[Diagnostic]]:
        """Return a funnel's counts over the attempts entered within `window`."""
        walk, diagnostics = plan_funnel(self.model, funnel, window, self.ground)
        if walk is None:
            return None, diagnostics
        plain = funnel_tree(walk, self.engine.dialect)
        key = self._statements.key(plain, "funnel")
        counted, found = self._statements.recall(key), list[Diagnostic]()
        if counted is None:
            counted, found = self._counted(walk)
            if counted is None:
                return None, diagnostics + found
            if not found:
                self._statements.remember(key, counted)
        *reached, immature = (number(value) for value in counted.table.rows[0])
        names = [step.name for step in funnel.steps]
        steps = tuple(zip(names, reached, strict=True))
        shown = heading([(funnel.name, funnel)], self._made_by) + counted.sql
        told, more = self.knowledge.identified_in(plain, [item.source for item in walk.events])
        result = FunnelResult(steps, immature, shown, identified=told)
        return result, diagnostics + found + more

    def _counted(self, walk: Walk) -> tuple[Remembered | None, list[Diagnostic]]:
        sources = [item.source for item in walk.events]
        try:
            by_days = self.knowledge.holds_days(sources)
        except EngineError as failure:
            return None, [explain(failure, sources, sources, self.model, self.engine)]
        tree = funnel_tree(walk, self.engine.dialect, by_days=by_days)
        sql = self._statements.text(tree, pretty=True)
        counts = [ValueType.EXACT] * len(tree.selects)
        ran = self._statements.run(tree, sql, sources, counts)
        return (None if ran.table is None else Remembered(ran.table, sql)), ran.noticed

    def listed_years(self) -> tuple[ListedYears, list[Diagnostic]]:
        """Return the years that the source of the project's calendar lists, or what is wrong with
        them; none where no calendar is listed."""
        calendar = self.model.settings.listed
        if calendar is None or calendar.source not in self.model.sources:
            return ListedYears(), []
        tree = listed_days(self.model, calendar, self.engine.dialect)
        source = self.model.sources[calendar.source]
        table, found = self._statements.aside(tree, [source], None)
        if table is None:
            return ListedYears(), found
        years, problems = years_of(table.rows, calendar)
        return years, found + problems

    def prove(self, tell: Callable[[str], None]) -> Proof:
        """Test every claim of the model on the data (S3); `tell` hears what is looked at."""
        return prove(self.model, self.engine, self._statements.claims, tell)

    def _too_many(self, planned: Plan, rows: int) -> list[Diagnostic]:
        def ask(tree: exp.Query) -> Table | None:
            return self._statements.aside(tree, [], None)[0]

        return too_many(planned, rows, self.engine.dialect, ask)

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


def _converts(nodes: Iterable[Aggregate]) -> bool:
    """Tell whether money is converted in an answer (S26)."""
    return any(isinstance(measure.operand, Exchanged) for measure in measures_of(nodes))
