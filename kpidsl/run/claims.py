"""Claims of the definitions that the data may contradict, tested before they are built on."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from functools import partial
from typing import TypeVar

from sqlglot import exp

from kpidsl.engines.base import UNSHOWN, Engine, EngineError
from kpidsl.engines.guarded import peeked
from kpidsl.model.expr import RowExpr
from kpidsl.model.moments import DayPart
from kpidsl.model.project import Model
from kpidsl.model.sources import Entity, Join, Measure, Source, TimeSpec
from kpidsl.run.clashes import (
    clashing_clock,
    clashing_ends,
    clashing_extreme,
    clashing_ids,
    clashing_join,
)
from kpidsl.run.computed import TIMES, no_numbers, times_in
from kpidsl.run.examples import Examples, quoted
from kpidsl.run.failures import OF_ROWS, explain
from kpidsl.run.kinds import ColumnKinds
from kpidsl.run.rates import CONTRADICTIONS, contradicted, lacking
from kpidsl.run.shares import no_whole
from kpidsl.sql.dialects import DIALECTS, Kind
from kpidsl.sql.known import (
    chained_ids,
    differing_value,
    ids_of_several,
    overlapping_validity,
    repeated_key,
    types_of,
    unread_times,
)
from kpidsl.sql.shares import wrong_shares
from kpidsl.text.diagnostic import Diagnostic, error
from kpidsl.text.display import counted

T = TypeVar("T")


class Claims:
    """Tests the claims of one model on one engine, each once.

    The tests of single claims raise `EngineError` where the statement fails. Those of several go on
    to the next after a failure that is about rows, and tell of it; any other they raise, since
    nothing may be built on a claim that wasn't tested.
    """

    def __init__(self, model: Model, engine: Engine) -> None:
        self._model = model
        self._engine = engine
        self._dialect = DIALECTS[engine.dialect]
        self._columns = ColumnKinds(model, engine)
        self._kinds: dict[tuple[str, RowExpr], frozenset[Kind]] = {}
        self._found: dict[tuple[object, ...], Examples | None] = {}

    def refuted(self, sources: Iterable[Source]) -> Iterator[Diagnostic]:
        """Return what the rows of sources contradict: clocks (S20) and joins between them (S3)."""
        known = {source.name: source for source in sources}
        for source in known.values():
            yield from self._where_possible(self.clock, source, source)
            if source.rates is not None:
                yield from self._where_possible(self.rates, source, source)
            for join in source.joins.values():
                if join.target in known:
                    yield from self._where_possible(self.join, join, source)

    def not_once(self, measures: Iterable[Measure]) -> Iterator[Diagnostic]:
        """Return what contradicts `once per`."""
        for measure in measures:
            source = self._model.sources[measure.source]
            yield from self._where_possible(self.once, measure, source)

    def holds_days(self, source: Source) -> bool:
        """Tell whether the clock of a source holds days alone."""
        return source.time is not None and self._kinds_of(source, source.time.expr) == {Kind.DAY}

    def texts(self, measures: Iterable[Measure]) -> Iterator[Diagnostic]:
        """Return which measures compare texts, which SQL for SQLite reads as numbers."""
        each = {(measure.source, measure.name): measure for measure in measures}
        for measure in each.values() if self._dialect.is_typed else ():
            source = self._model.sources[measure.source]
            test = partial(clashing_extreme, source=source, kinds_of=self._declared)
            yield from self._where_possible(test, measure, source)

    def times(self, measures: Iterable[Measure]) -> Iterator[Diagnostic]:
        """Return which measures compute with times, of which an engine makes numbers of its own: to
        MySQL, from 31 January until 2 February there are 71 days."""
        if self._dialect.numbers_times:
            each: dict[str, list[Measure]] = {}
            for measure in measures:
                each.setdefault(measure.source, []).append(measure)
            for name, own in each.items():
                source = self._model.sources[name]
                yield from no_numbers(self._model, source, own, self._columns.of, TIMES)

    def times_in(self, tree: exp.Query) -> Iterator[Diagnostic]:
        """Return which times such an engine computes with in a statement."""
        if self._dialect.numbers_times:
            yield from times_in(tree, self._model, self._columns.of)

    def coarse(self, sources: Iterable[Source], part: DayPart) -> Iterator[Diagnostic]:
        """Return which sources hold no times of day, so that they know no hours (S20)."""
        for source in {source.name: source for source in sources}.values():
            assert source.time is not None
            if self._kinds_of(source, source.time.expr) - {Kind.MOMENT, Kind.ZONED}:
                yield error(
                    "K657",
                    f"`{part}` is asked for, and the clock of `{source.name}` holds days",
                    source.span,
                    help="ask by `day`, or let `time` name a column with times of day",
                )

    def clock(self, source: Source) -> list[Diagnostic]:
        """Return why the days of a source's times are unknown (S20)."""
        told = [each for each in (source.time, source.watermark) if isinstance(each, TimeSpec)]
        return clashing_clock(source, self._kinds_of) or self._no_times(
            source, [each.expr for each in told]
        )

    def join(self, join: Join) -> list[Diagnostic]:
        """Return why a row might meet several partners, or wrong ones (S3, S8)."""
        unlike = clashing_join(self._model, join, self._kinds_of, self._dialect)
        unlike += clashing_ends(self._model, join, self._kinds_of)
        if join.validity is not None:
            ends = (join.validity.start, join.validity.end)
            unlike = unlike or self._no_times(self._model.sources[join.target], ends)
            return unlike or self._validity(join)
        if join.weight is not None:
            return unlike or self._shares(join)
        target = self._model.sources[join.target]
        return unlike or self.key(target, join.target_columns)

    def key(self, source: Source, columns: tuple[RowExpr, ...]) -> list[Diagnostic]:
        """Return that rows of a source share its key, whose columns stand in any order (S3)."""
        found = self._examples(
            ("key", source.name, frozenset(columns)),
            lambda: repeated_key(self._model, source, columns, self._engine.dialect),
        )
        if found is None:
            return []
        fact = (
            f"the key of `{source.name}` isn't one: {counted(found.keys, 'key')} "
            f"{'stand' if found.keys > 1 else 'stands'} in {found.rows:,} rows"
        )
        then = ", and what joins them would count as often"
        return [
            error(
                "K651",
                f"{fact} ({found}){then}",
                source.span,
                on_pages=fact + then,
                help="correct the `key`, or leave the repeated rows out with `exclude`",
            )
        ]

    def once(self, measure: Measure) -> list[Diagnostic]:
        """Return that a measure has two values within a `once per` key: none of them is the one
        to count."""
        found = self._examples(
            ("once", measure.source, measure.name, measure.operand),
            lambda: differing_value(self._model, measure, self._engine.dialect),
        )
        if found is None:
            return []
        texts = map(_told_of_key, found.values, found.counts)
        fact = (
            f"`{measure.name}` counts one value once per key, and "
            f"{counted(found.keys, 'key')} {'have' if found.keys > 1 else 'has'} several"
        )
        return [
            error(
                "K652",
                f"{fact}: {found.listed(texts)}",
                measure.span,
                on_pages=fact,
                help="add what tells the values apart to `once per`, or correct the data",
            )
        ]

    def rates(self, source: Source) -> list[Diagnostic]:
        """Return that a source has two rates of one day, or rates that are none (S26)."""
        told: dict[str, Examples | None] = {}
        for code, statement in CONTRADICTIONS.items():
            tree = partial(statement, self._model, source, self._engine.dialect)
            told[code] = self._examples((code, source.name), tree)
        return contradicted(source, told)

    def unrated(self, statement: exp.Select, source: Source) -> list[Diagnostic]:
        """Return which amounts of a question have no rate (S26), as its statement finds them;
        `source` is that of the rates."""
        found = Examples.of(self._rows(statement))
        return [] if found is None else [lacking(source, found)]

    def identities(self, entity: Entity, sources: Collection[str]) -> list[Diagnostic]:
        """Return why a table doesn't tell for whom ids stand that `sources` have (S29)."""
        assert entity.resolve is not None
        table = self._model.sources[entity.resolve.source]
        mixed = clashing_ids(self._model, entity, sources, self._kinds_of, self._dialect)
        if mixed:
            return mixed
        several = self._examples(
            ("ids", entity.name),
            lambda: ids_of_several(self._model, entity, self._engine.dialect),
        )
        if several is not None:
            texts = (f"{quoted(value[:1])} for {quoted(value[1:])}" for value in several.values)
            fact = (
                f"{counted(several.keys, 'id')} of `{table.name}` "
                f"{'stand' if several.keys > 1 else 'stands'} for several others"
            )
            return [
                error(
                    "K666",
                    f"{fact}: {several.listed(texts)}",
                    table.span,
                    on_pages=fact,
                    help="leave the rows that don't hold out of it, as with `exclude`",
                )
            ]
        chained = self._examples(
            ("chained ids", entity.name),
            lambda: chained_ids(self._model, entity, self._engine.dialect),
        )
        if chained is None:
            return []
        texts = (" → ".join(quoted([item]) for item in value) for value in chained.values)
        fact = (
            f"{counted(chained.keys, 'id')} of `{table.name}` "
            f"{'lead' if chained.keys > 1 else 'leads'} to an id that stands for another"
        )
        return [
            error(
                "K667",
                f"{fact}: {chained.listed(texts)}",
                table.span,
                on_pages=fact,
                help="let each row name the last id, the one that stands for itself",
            )
        ]

    def ids_refuted(
        self, entities: Iterable[Entity], sources: Iterable[Source]
    ) -> Iterator[Diagnostic]:
        """Return what contradicts that ids stand for one other each, of those in `sources`."""
        names = {source.name for source in sources}
        for entity in entities:
            assert entity.resolve is not None
            table = self._model.sources[entity.resolve.source]
            test = partial(self.identities, sources=names)
            yield from self._where_possible(test, entity, table)

    def _shares(self, join: Join) -> list[Diagnostic]:
        """Return that the parts of a row don't make a whole one (S7)."""
        found = self._examples(
            ("shares", join.source, join.name),
            lambda: wrong_shares(self._model, join, self._engine.dialect),
        )
        return [] if found is None else [no_whole(join, found)]

    def _validity(self, join: Join) -> list[Diagnostic]:
        found = self._examples(
            ("validity", join.source, join.name),
            lambda: overlapping_validity(self._model, join, self._engine.dialect),
        )
        if found is None:
            return []
        fact = f"rows of `{join.target}` hold at the same time for {counted(found.keys, 'key')}"
        then = ", and what joins them then would count twice"
        return [
            error(
                "K654",
                f"{fact} ({found.named}){then}",
                join.span,
                on_pages=fact + then,
                help="end the earlier row where the later one begins",
            )
        ]

    def _no_times(self, source: Source, values: Iterable[RowExpr]) -> list[Diagnostic]:
        """Return that a text is no time, where the engine would leave its row out unseen."""
        if not self._dialect.reads_loosely:
            return []
        for value in values:
            if Kind.TEXT in self._kinds_of(source, value):
                rows = self._rows(unread_times(self._model, source, value, self._dialect.name))
                if rows:
                    failure = EngineError("value", f"`{rows[0][0]}` is no time")
                    return [explain(failure, [source], [source], self._model, self._engine)]
        return []

    def _declared(self, source: Source, value: RowExpr) -> frozenset[Kind]:
        """Return what a column holds, by its type where the catalogue knows it: no row is read."""
        return self._columns.of(source, value) or self._kinds_of(source, value)

    def _kinds_of(self, source: Source, value: RowExpr) -> frozenset[Kind]:
        """Return what a row expression holds, nothing where there is no value."""
        if (source.name, value) not in self._kinds:
            tree = types_of(self._model, source, value, self._dialect.name)
            if self._dialect.lacks(tree):
                found = self._columns.of(source, value)
            else:
                # Where a column has a type, one value tells it.
                rows = self._rows(tree, self._dialect.is_typed)
                found = frozenset(self._dialect.kind_of(str(name)) for (name,) in rows)
            self._kinds[source.name, value] = found
        return self._kinds[source.name, value]

    def _where_possible(
        self, test: Callable[[T], list[Diagnostic]], about: T, source: Source
    ) -> list[Diagnostic]:
        try:
            return test(about)
        except EngineError as failure:
            if failure.kind not in OF_ROWS:
                raise
            return [explain(failure, [source], [source], self._model, self._engine)]

    def _examples(
        self, at: tuple[object, ...], statement: Callable[[], exp.Query]
    ) -> Examples | None:
        if at not in self._found:
            self._found[at] = Examples.of(self._rows(statement()))
        return self._found[at]

    def _rows(self, tree: exp.Query, is_peek: bool = False) -> list[tuple[object, ...]]:
        text = self._dialect.text(tree, pretty=False)
        if is_peek:
            return peeked(self._engine, text).rows
        return self._engine.run(text, most=UNSHOWN).rows


def _told_of_key(values: tuple[object, ...], rows: int) -> str:
    *key, least, most = values
    if None in key:
        return f"{rows:,} rows miss a part of it"
    return f"{quoted(key)} has {least} and {most}"
