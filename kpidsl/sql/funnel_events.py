"""The events of a funnel as rows: whose, when, and which steps they may fill (S22)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from sqlglot import exp

from kpidsl.plan.funnel import Events, Walk, WalkStep
from kpidsl.sql import build
from kpidsl.sql.grouping import Grouping
from kpidsl.sql.scope import Scope

ENTITY, AT, NUMBER, TIME = "entity", "at", "number", "time"


@dataclass(frozen=True, slots=True)
class FunnelEvents:
    """Lowers the events of one funnel: `entity`, when they are (`at`), and a `number` that orders
    those of one moment. `table` names a relation of the funnel. With `by_days` times are days.

    Where a key orders them already, the events of each step are read apart; otherwise those of a
    source are numbered together.
    """

    walk: Walk
    grouping: Grouping
    table: Callable[[str, str | None], exp.Table]
    by_days: bool

    @property
    def clock(self) -> str:
        """The column that says when an attempt began."""
        timeless = self.walk.events[0].order_by is not None and self.walk.frame.window is not None
        return TIME if timeless else AT

    def named(self) -> Iterator[tuple[str, exp.Query]]:
        """Yield the queries of the events, named."""
        for place, events in enumerate(self.walk.events):
            if self.are_numbered(events):
                yield f"events_{place + 1}", self._events(place, events)
                continue
            for position, step in enumerate(self.walk.steps, start=1):
                if step.events == place:
                    yield f"filling_{position}", self._filling(events, step)

    def are_numbered(self, events: Events) -> bool:
        """Tell whether events of one moment are ordered by a number that is given to each: a key of
        one column, of rows that are events each, orders them as well."""
        of_rows = not events.identity and len(events.source.key or ()) == 1
        return not of_rows or events.order_by is not None or not self.walk.ordered

    def filling(self, position: int, alias: str) -> tuple[exp.Table, list[exp.Expr]]:
        """Return a table with the events that may fill a step, and the test that one does."""
        place = self.walk.steps[position - 1].events
        if self.are_numbered(self.walk.events[place]):
            return self.table(f"events_{place + 1}", alias), [_fills(position, alias)]
        return self.table(f"filling_{position}", alias), []

    def latest(self, number: int, events: Events) -> exp.Select:
        """Return the time of the last event of anybody."""
        if self.are_numbered(events):
            latest = build.select(exp.Max(this=build.column(AT)))
            return build.from_(latest, self.table(f"events_{number}", None))
        scope = self.grouping.scope_of(events.source)
        known = exp.Not(this=build.is_null(scope.value(events.entity)))
        latest = build.select(exp.Max(this=self._when(scope)))
        return build.where(scope.apply_joins(latest), known)

    def _when(self, scope: Scope) -> exp.Expr:
        """Return the time of an event, to compare with others and with `_begin`."""
        return scope.time() if self.by_days else scope.instant()

    def _events(self, place: int, events: Events) -> exp.Select:
        """One row an event: entity, time or what else orders it, what orders those of one moment,
        time where the window needs it, and which steps it may fill."""
        scope = self.grouping.scope_of(events.source)
        times = [self._when(scope)] if self.clock == TIME else []
        at = self._when(scope) if events.order_by is None else scope.value(events.order_by)
        entity = scope.value(events.entity)
        flags = [
            build.alias(
                build.case(
                    [
                        (
                            exp.Boolean(this=True)
                            if step.where is None
                            else scope.condition(step.where),
                            build.number(1),
                        )
                    ]
                ),
                f"fills_{position}",
            )
            for position, step in enumerate(self.walk.steps, start=1)
            if step.events == place
        ]
        identity = events.identity or events.source.key or ()
        ties = [scope.value(part) for part in identity]
        known: list[exp.Expr] = [
            exp.Not(this=build.is_null(value.copy())) for value in (entity, at)
        ]
        if events.identity:
            columns = [
                build.alias(entity, ENTITY),
                *(build.alias(tie, f"tie_{item}") for item, tie in enumerate(ties)),
                build.alias(exp.Min(this=at), AT),
                *(build.alias(exp.Min(this=time), TIME) for time in times),
                *(build.alias(exp.Max(this=flag.this), flag.alias) for flag in flags),
            ]
            inner = build.where(scope.apply_joins(build.select(*columns)), *known)
            inner = build.group_by(
                inner, *(build.number(item + 1) for item in range(len(ties) + 1))
            )
        else:
            columns = [
                build.alias(entity, ENTITY),
                *(build.alias(tie, f"tie_{item}") for item, tie in enumerate(ties)),
                build.alias(at, AT),
                *(build.alias(time, TIME) for time in times),
                *flags,
            ]
            if not self._tells_the_end(events):
                known += self._wanted(place, scope)
            inner = build.where(scope.apply_joins(build.select(*columns)), *known)
        ties_in_order = (build.column(f"tie_{item}") for item in range(len(ties)))
        order = exp.Order(expressions=[build.column(AT), *ties_in_order])
        rank = exp.Window(this=exp.RowNumber(), order=order)
        return build.from_(
            build.select(
                build.column(ENTITY),
                build.column(AT),
                build.alias(rank, NUMBER),
                *(build.column(TIME) for _ in times),
                *(build.column(flag.alias) for flag in flags),
            ),
            build.subquery(inner, "raw"),
        )

    def _filling(self, events: Events, step: WalkStep) -> exp.Select:
        """One row an event that may fill a step, where the key orders those of one moment."""
        scope = self.grouping.scope_of(events.source)
        (key,) = events.source.key or ()
        entity, at = scope.value(events.entity), self._when(scope)
        columns = [
            build.alias(entity, ENTITY),
            build.alias(at, AT),
            build.alias(scope.value(key), NUMBER),
        ]
        tests: list[exp.Expr] = [
            exp.Not(this=build.is_null(value.copy())) for value in (entity, at)
        ]
        if step.where is not None:
            tests.append(scope.condition(step.where))
        return build.where(scope.apply_joins(build.select(*columns)), *tests)

    def _wanted(self, place: int, scope: Scope) -> list[exp.Expr]:
        """Return the test that an event may fill some step, unless each may."""
        steps = [step.where for step in self.walk.steps if step.events == place]
        conditions = [scope.condition(where) for where in steps if where is not None]
        if len(conditions) < len(steps):
            return []
        anyone = build.disjunction(conditions)
        return [] if anyone is None else [build.wrapped(anyone)]

    def _tells_the_end(self, events: Events) -> bool:
        """Tell whether the last of all events is how far the data of their source go."""
        return self.walk.maturity_seconds is not None and events.source.watermark is None


def _fills(position: int, alias: str) -> exp.Expr:
    return exp.EQ(this=build.column(f"fills_{position}", alias), expression=build.number(1))
