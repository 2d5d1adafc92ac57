"""Every claim of the definitions about the data, tested at once (S3, S8, S20)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from sqlglot import exp

from kpidsl.engines.base import UNSHOWN, Engine, EngineError, Table
from kpidsl.model.formula import row_text
from kpidsl.model.project import Model
from kpidsl.model.sources import EXTREMES, Join, Measure, Source
from kpidsl.plan.excludes import Excludes
from kpidsl.run.calendars import outside, years_of
from kpidsl.run.claims import Claims
from kpidsl.run.examples import Examples, number
from kpidsl.run.failures import explain, tables_of
from kpidsl.run.schema import Schema
from kpidsl.sql.dialects import DIALECTS
from kpidsl.sql.known import known_range, listed_days, orphans, row_counts
from kpidsl.sql.lacking import Needs, lacking
from kpidsl.text.diagnostic import Diagnostic, error, has_errors, warning
from kpidsl.text.display import counted


@dataclass(frozen=True, slots=True)
class Proof:
    """What the data contradict, and how much was looked at: `claims` are those that could be
    tested, on all `rows` of `sources`."""

    diagnostics: tuple[Diagnostic, ...]
    sources: int
    claims: int
    rows: int


def prove(model: Model, engine: Engine, claims: Claims, tell: Callable[[str], None]) -> Proof:
    """Test the claims of a model; `tell` is called with what is about to be looked at.

    A source that can't be read, or lacks columns, is told of once: nothing that rests on it is
    tested.
    """
    return _Proving(model, engine, claims, tell).proof()


class _Proving:
    def __init__(
        self, model: Model, engine: Engine, claims: Claims, tell: Callable[[str], None]
    ) -> None:
        self._model = model
        self._excludes = Excludes(model)
        self._schema = Schema(model, engine)
        self._engine = engine
        self._claims = claims
        self._tell = tell
        self._tested = 0

    def proof(self) -> Proof:
        found: list[Diagnostic] = []
        sound: list[Source] = []
        rows = 0
        for source in self._model.sources.values():
            self._tell(f"reading `{source.name}`")
            own = self._schema.unreadable(source)
            found += own
            if not has_errors(own):
                sound.append(source)
                found += self._schema.unfit(source)
        names = {source.name for source in sound}
        for source in sound:
            self._tell(f"testing the claims about `{source.name}`")
            joins = [join for join in source.joins.values() if join.target in names]
            own, count = self._source(source, joins)
            found += own
            rows += count
        for entity in self._model.entities.values():
            if entity.resolve is not None and names >= {entity.resolve.source, *entity.members}:
                self._tell(f"testing the ids of `{entity.name}`")
                table = self._model.sources[entity.resolve.source]
                found += self._test(
                    table, partial(self._claims.identities, entity, self._model.sources)
                )
        found += self._calendar(sound)
        # A key is told of once, however many joins rest on it.
        return Proof(tuple(dict.fromkeys(found)), len(sound), self._tested, rows)

    def _source(self, source: Source, joins: list[Join]) -> tuple[list[Diagnostic], int]:
        """Return what the rows of one source contradict, and their number."""
        found: list[Diagnostic] = []
        if source.time is not None:
            found += self._test(source, partial(self._claims.clock, source))
        if source.rates is not None:
            found += self._test(source, partial(self._claims.rates, source))
        if source.key:
            found += self._test(source, partial(self._claims.key, source, source.key))
        unique = []
        for join in joins:
            own = self._test(source, partial(self._claims.join, join))
            found += own
            if not own and join.weight is None:
                unique.append(join)
            elif not own:
                found += self._without_share(join)
        for measure in source.measures.values():
            if measure.once_per and measure.operand is not None:
                found += self._test(source, partial(self._claims.once, measure))
            if measure.aggregate in EXTREMES:
                found += self._test(source, partial(self._texts, measure))
        own, rows = self._counts(source, unique)
        return [*found, *own], rows

    def _texts(self, measure: Measure) -> list[Diagnostic]:
        return list(self._claims.texts([measure]))

    def _calendar(self, sound: list[Source]) -> list[Diagnostic]:
        """Return what is wrong with the rows of the project's calendar, and which sources have rows
        on other days (S20)."""
        calendar = self._model.settings.listed
        source = next((item for item in sound if calendar and item.name == calendar.source), None)
        if calendar is None or source is None:
            return []
        self._tell(f"testing the calendar `{calendar.name}`")
        self._tested += 1
        dialect = self._engine.dialect
        table, found = self._asked(source, listed_days(self._model, calendar, dialect))
        if table is None:
            return found
        years, problems = years_of(table.rows, calendar)
        if problems:
            return [*found, *problems]
        read = calendar.model_copy(update={"years": years})
        for other in sound:
            if other.time is not None and other.name != calendar.source:
                ends, _ = self._asked(other, known_range(self._model, other, dialect))
                found += [] if ends is None else outside(other, ends.rows[0], read)
        return found

    def _test(self, source: Source, claim: Callable[[], list[Diagnostic]]) -> list[Diagnostic]:
        self._tested += 1
        try:
            return claim()
        except EngineError as failure:
            return [explain(failure, [source], [source], self._model, self._engine)]

    def _counts(self, source: Source, joins: list[Join]) -> tuple[list[Diagnostic], int]:
        """Count rows without a key and rows without a partner, in one scan for all joins."""
        table, found = self._asked(
            source, row_counts(self._model, source, joins, self._engine.dialect)
        )
        if table is None:
            return found, 0
        rows, keyless, *ends = map(number, table.rows[0])
        self._tested += bool(source.key)
        if keyless:
            found.append(_keyless(source, keyless, rows))
        for join, empty, alone in zip(joins, ends[::2], ends[1::2], strict=True):
            if alone:
                found += self._orphans(join, alone, empty, rows)
        return found, rows

    def _without_share(self, join: Join) -> list[Diagnostic]:
        """Tell of rows that stand in no row of a bridge: they stay whole (S2, S7)."""
        source = self._model.sources[join.source]
        table, failed = self._asked(source, orphans(self._model, join, self._engine.dialect))
        examples = Examples.of(table.rows) if table is not None else None
        if examples is None:
            return failed
        return [
            warning(
                "K656",
                f"{counted(examples.keys, 'key')} of `{join.source}` "
                f"{'have' if examples.keys > 1 else 'has'} no share in `{join.target}` "
                f"({examples})",
                join.span,
                help=f"add what is missing to `{join.target}`; until then these rows count under "
                "`(unmapped)`",
            )
        ]

    def _orphans(self, join: Join, alone: int, empty: int, rows: int) -> list[Diagnostic]:
        source = self._model.sources[join.source]
        table, failed = self._asked(source, orphans(self._model, join, self._engine.dialect))
        examples = Examples.of(table.rows) if table is not None else None
        if examples is None:
            return failed
        then = " that holds at their time" if join.validity is not None else ""
        names = "names" if empty == 1 else "name"
        also = f"; {counted(empty, 'more row')} {names} none" if empty else ""
        return [
            warning(
                "K656",
                f"{_share(alone, rows)} of `{join.source}` find no row of `{join.target}`{then}: "
                f"{counted(examples.keys, 'key')} ({examples}){also}",
                join.span,
                help=f"add what is missing to `{join.target}`; until then these rows count under "
                "`(unmapped)`",
            )
        ]

    def _asked(self, source: Source, tree: exp.Query) -> tuple[Table | None, list[Diagnostic]]:
        found = lacking(tree, self._engine.dialect, Needs(self._model, [source]))
        if found:
            return None, found
        try:
            text = DIALECTS[self._engine.dialect].text(tree, pretty=False)
            return self._engine.run(text, most=UNSHOWN), []
        except EngineError as failure:
            used = tables_of(source, self._model)
            return None, [explain(failure, [source], used, self._model, self._engine)]


def _keyless(source: Source, keyless: int, rows: int) -> Diagnostic:
    key = ", ".join(f"`{row_text(part)}`" for part in source.key or ())
    return error(
        "K655",
        f"{_share(keyless, rows)} of `{source.name}` have no key: {key} is empty"
        if len(source.key or ()) == 1
        else f"{_share(keyless, rows)} of `{source.name}` have a part of the key ({key}) empty",
        source.span,
        help="correct the `key`, or leave these rows out with `exclude`",
    )


def _share(part: int, whole: int) -> str:
    """Return `12 of 1,000 rows (1.2 %)`; a small share is never shown as none, nor a large one as
    all."""
    percent = 100 * part / whole
    shown = f"{percent:.1f}"
    if shown == "0.0":
        shown = "<0.1"
    elif shown == "100.0" and part < whole:
        shown = ">99.9"
    return f"{part:,} of {counted(whole, 'row')} ({shown.removesuffix('.0')} %)"
