"""A funnel's plan → one SELECT with a row of counts (S22).

Each event gets a number in its source's total order. An attempt is one event of the first
step; `step_2` holds, per attempt, the events that may continue it, and so on. Where no later
step has a window of its own the earliest event is enough; otherwise all are kept, since a
later one may reach what the earliest can't.
"""

from __future__ import annotations

from datetime import date
from itertools import combinations

from sqlglot import exp

from kpidsl.model.expr import Compare, Literal, RowExpr
from kpidsl.plan.funnel import Events, Walk, WalkStep
from kpidsl.sql import build
from kpidsl.sql.dialects import DIALECTS, Clock, Dialect
from kpidsl.sql.grouping import Grouping
from kpidsl.sql.relations import Relations
from kpidsl.sql.scope import Scope

_ENTITY, _AT, _NUMBER, _START = "entity", "at", "number", "start_number"
_STARTED, _TIME = "started_at", "time"


def funnel_tree(walk: Walk, dialect: str = "duckdb", *, by_days: bool = False) -> exp.Select:
    """Return the funnel as a SELECT tree: columns `step_1` … `step_n` and `immature`.

    `by_days`: all times are days. They are counted as such; times of day are compared as moments,
    since a window is so many seconds whether the clock is changed in it or not (S20).
    """
    return _FunnelLowering(walk, DIALECTS[dialect], by_days=by_days).select()


class _FunnelLowering:
    def __init__(self, walk: Walk, dialect: Dialect, *, by_days: bool) -> None:
        self.walk = walk
        self.dialect = dialect
        self.by_days = by_days
        self.relations = Relations(walk.frame, dialect)
        self.grouping = Grouping(walk.frame, dialect, self.relations)
        self.ctes: list[tuple[str, exp.Query]] = []
        self.names: dict[str, str] = {}
        timeless = walk.events[0].order_by is not None and walk.frame.window is not None
        self.clock = _TIME if timeless else _AT
        """The column that says when an attempt began."""

    def select(self) -> exp.Select:
        for number, events in enumerate(self.walk.events):
            self.ctes.append((f"events_{number + 1}", self._events(number, events)))
        if self.walk.ordered:
            for number, step in enumerate(self.walk.steps, start=1):
                query = self._first(step) if number == 1 else self._next(number, step)
                self.ctes.append((f"step_{number}", query))
            self.ctes.append(("attempts", self._attempts()))
            self.ctes.append(("entities", self._furthest()))
        else:
            self.ctes.append(("entities", self._any_order()))
        select = self._counts()
        named = [(self._name(wanted), query) for wanted, query in self.ctes]
        return build.with_ctes(select, [*self.relations.ctes, *named])

    def _name(self, wanted: str) -> str:
        """Return what a relation of the funnel is called, so that it hides no source's table."""
        if wanted not in self.names:
            self.names[wanted] = self.relations.names.unused(wanted)
        return self.names[wanted]

    def _table(self, wanted: str, alias: str | None = None) -> exp.Table:
        return build.table(self._name(wanted), alias)

    def _when(self, scope: Scope) -> exp.Expr:
        """Return the time of an event, to compare with others and with `_begin`."""
        return scope.time() if self.by_days else scope.instant()

    def _begin(self, day: date) -> exp.Expr:
        """Return when a local day begins."""
        utc = Clock(self.walk.frame.settings.timezone, None if self.by_days else "UTC")
        return build.literal(utc.stored(day))

    # --- events ----------------------------------------------------------------------------

    def _events(self, number: int, events: Events) -> exp.Select:
        """One row an event: entity, place in order, number, time where the window needs it, and
        which steps it may fill."""
        scope = self.grouping.scope_of(events.source)
        times = [self._when(scope)] if self.clock == _TIME else []
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
            if step.events == number
        ]
        identity = events.identity or events.source.key or ()
        ties = [scope.value(part) for part in identity]
        known = [exp.Not(this=build.is_null(value.copy())) for value in (entity, at)]
        if events.identity:
            columns = [
                build.alias(entity, _ENTITY),
                *(build.alias(tie, f"tie_{item}") for item, tie in enumerate(ties)),
                build.alias(exp.Min(this=at), _AT),
                *(build.alias(exp.Min(this=time), _TIME) for time in times),
                *(build.alias(exp.Max(this=flag.this), flag.alias) for flag in flags),
            ]
            inner = build.where(scope.apply_joins(build.select(*columns)), *known)
            inner = build.group_by(
                inner, *(build.number(item + 1) for item in range(len(ties) + 1))
            )
        else:
            columns = [
                build.alias(entity, _ENTITY),
                *(build.alias(tie, f"tie_{item}") for item, tie in enumerate(ties)),
                build.alias(at, _AT),
                *(build.alias(time, _TIME) for time in times),
                *flags,
            ]
            inner = build.where(scope.apply_joins(build.select(*columns)), *known)
        order = exp.Order(
            expressions=[build.column(_AT), *(build.column(f"tie_{i}") for i in range(len(ties)))]
        )
        rank = exp.Window(this=exp.RowNumber(), order=order)
        return build.from_(
            build.select(
                build.column(_ENTITY),
                build.column(_AT),
                build.alias(rank, _NUMBER),
                *(build.column(_TIME) for _ in times),
                *(build.column(flag.alias) for flag in flags),
            ),
            build.subquery(inner, "raw"),
        )

    # --- ordered ---------------------------------------------------------------------------

    def _first(self, step: WalkStep) -> exp.Select:
        select = build.from_(
            build.select(
                build.column(_ENTITY),
                build.alias(build.column(_NUMBER), _START),
                build.alias(build.column(self.clock), _STARTED),
                build.column(_AT),
                build.column(_NUMBER),
            ),
            self._table(f"events_{step.events + 1}"),
        )
        return build.where(select, exp.EQ(this=build.column("fills_1"), expression=build.number(1)))

    def _next(self, position: int, step: WalkStep) -> exp.Select:
        """Continue each attempt by events after the one before, within the windows."""
        before = self.walk.steps[position - 2]
        at, number = build.column(_AT, "e"), build.column(_NUMBER, "e")
        last_at, last_number = build.column(_AT, "s"), build.column(_NUMBER, "s")
        tests: list[exp.Expr] = [
            exp.EQ(this=build.column(_ENTITY, "e"), expression=build.column(_ENTITY, "s")),
            exp.EQ(this=build.column(f"fills_{position}", "e"), expression=build.number(1)),
        ]
        if step.events == before.events:
            tests.append(exp.GT(this=number, expression=last_number))
        else:
            # At one moment, events follow the order in which the funnel names their sources.
            follows = exp.GTE if step.events > before.events else exp.GT
            tests.append(follows(this=at, expression=last_at))
        if step.within_seconds is not None:
            tests.append(self._within(at, last_at, step.within_seconds))
        if self.walk.within_seconds is not None:
            started = build.column(_STARTED, "s")
            tests.append(self._within(at, started, self.walk.within_seconds))
        keys = [build.column(name, "s") for name in (_ENTITY, _START, _STARTED)]
        joined = build.select(*keys, at.copy(), number.copy())
        joined = build.from_(joined, self._table(f"step_{position - 1}", "s")).join(
            self._table(f"events_{step.events + 1}", "e"), on=build.conjunction(tests), copy=False
        )
        if any(later.within_seconds is not None for later in self.walk.steps[position:]):
            return build.distinct(joined)
        # Within one source the smallest number is the earliest event, so both minima are its.
        return build.group_by(
            build.from_(
                build.select(
                    *(build.column(name) for name in (_ENTITY, _START, _STARTED)),
                    build.alias(exp.Min(this=build.column(_AT)), _AT),
                    build.alias(exp.Min(this=build.column(_NUMBER)), _NUMBER),
                ),
                build.subquery(joined, "next"),
            ),
            *(build.number(i) for i in (1, 2, 3)),
        )

    def _attempts(self) -> exp.Select:
        steps: list[exp.Query] = []
        for position in range(1, len(self.walk.steps) + 1):
            one = build.from_(
                build.select(
                    build.column(_ENTITY),
                    build.column(_START),
                    build.column(_STARTED),
                    build.alias(build.number(position), "reached"),
                ),
                self._table(f"step_{position}"),
            )
            steps.append(one)
        return build.group_by(
            build.from_(
                build.select(
                    *(build.column(name) for name in (_ENTITY, _START, _STARTED)),
                    build.alias(exp.Max(this=build.column("reached")), "reached"),
                ),
                build.subquery(build.union_all(steps), "steps"),
            ),
            *(build.number(i) for i in (1, 2, 3)),
        )

    def _furthest(self) -> exp.Select:
        """Of several attempts the earliest that goes furthest counts."""
        order = exp.Order(
            expressions=[
                exp.Ordered(this=build.column("reached"), desc=True),
                exp.Ordered(this=build.column(_START), desc=False),
            ]
        )
        rank = exp.Window(this=exp.RowNumber(), partition_by=[build.column(_ENTITY)], order=order)
        ranked = build.from_(
            build.select(
                build.column(_ENTITY),
                build.column(_STARTED),
                build.column("reached"),
                build.alias(rank, "choice"),
            ),
            self._table("attempts"),
        )
        return build.where(
            build.from_(
                build.select(build.column(_STARTED), build.column("reached")),
                build.subquery(ranked, "ranked"),
            ),
            exp.EQ(this=build.column("choice"), expression=build.number(1)),
        )

    # --- any order -------------------------------------------------------------------------

    def _any_order(self) -> exp.Select:
        """An entity reaches step n when its events can fill the first n steps, one each.

        They can when every set of those steps has at least as many events to choose from as it
        has steps (Hall's theorem).
        """
        count = len(self.walk.steps)
        parts: list[exp.Query] = []
        for number in range(len(self.walk.events)):
            flags = [
                build.column(f"fills_{position}")
                if step.events == number
                else build.alias(exp.Null(), f"fills_{position}")
                for position, step in enumerate(self.walk.steps, start=1)
            ]
            part = build.select(build.column(_ENTITY), build.column(self.clock), *flags)
            parts.append(build.from_(part, self._table(f"events_{number + 1}")))
        first_missing = [
            (exp.LT(this=_events_for(chosen), expression=build.number(len(chosen))), position)
            for position in range(1, count + 1)
            for chosen in self._rival_sets(position)
        ]
        reached = build.case(
            [(missing, build.number(position - 1)) for missing, position in first_missing],
            build.number(count),
        )
        started = exp.Min(this=build.column(self.clock))
        select = build.select(build.alias(started, _STARTED), build.alias(reached, "reached"))
        select = build.from_(select, build.subquery(build.union_all(parts), "events"))
        return build.group_by(select, build.column(_ENTITY))

    def _rival_sets(self, position: int) -> list[tuple[int, ...]]:
        """Return the sets of steps, this one the last, that may want the same events."""
        own = self.walk.steps[position - 1]
        rivals = [
            other
            for other in range(1, position)
            if self.walk.steps[other - 1].events == own.events
            and not _exclude_each_other(self.walk.steps[other - 1].where, own.where)
        ]
        return [
            (*chosen, position)
            for size in range(len(rivals) + 1)
            for chosen in combinations(rivals, size)
        ]

    # --- counts ----------------------------------------------------------------------------

    def _counts(self) -> exp.Select:
        mature = self._mature()
        columns = []
        for position in range(1, len(self.walk.steps) + 1):
            reached: exp.Expr = exp.GTE(
                this=build.column("reached"), expression=build.number(position)
            )
            if mature is not None:
                reached = exp.And(this=mature.copy(), expression=reached)
            columns.append(_count_if(reached, f"step_{position}"))
        if mature is None:
            columns.append(build.alias(build.number(0), "immature"))
        else:
            columns.append(_count_if(exp.Not(this=build.wrapped(mature.copy())), "immature"))
        select = build.from_(build.select(*columns), self._table("entities"))
        if mature is not None:
            select = build.cross_join(select, self._table("data_until"))
        window = self.walk.frame.window
        if window is not None:
            started = build.column(_STARTED)
            select = build.where(
                select,
                exp.GTE(this=started, expression=self._begin(window.start)),
                exp.LT(this=started.copy(), expression=self._begin(window.end)),
            )
        return select

    def _mature(self) -> exp.Expr | None:
        """The attempt's window had run out when the data of the last source ended."""
        seconds = self.walk.maturity_seconds
        if seconds is None:
            return None
        ends: list[exp.Expr] = []
        for number, events in enumerate(self.walk.events, start=1):
            watermark = events.source.watermark
            if watermark is not None:
                ends.append(self._begin(watermark))
            else:
                latest = build.select(exp.Max(this=build.column(_AT)))
                ends.append(build.from_(latest, self._table(f"events_{number}")).subquery())
        until = ends[0] if len(ends) == 1 else exp.Least(this=ends[0], expressions=ends[1:])
        self.ctes.append(("data_until", build.select(build.alias(until, "until"))))
        return exp.GTE(
            this=build.column("until"),
            expression=self.dialect.later(build.column(_STARTED), seconds),
        )

    def _within(self, later: exp.Expr, earlier: exp.Expr, seconds: int) -> exp.Expr:
        limit = self.dialect.later(earlier.copy(), seconds)
        return exp.LTE(this=later.copy(), expression=limit)


def _events_for(steps: tuple[int, ...]) -> exp.Expr:
    """Count the events that may fill any of some steps."""
    fills = [
        exp.EQ(this=build.column(f"fills_{position}"), expression=build.number(1))
        for position in steps
    ]
    either = build.disjunction(fills)
    assert either is not None
    return exp.Count(this=build.case([(either, build.number(1))]))


def _exclude_each_other(one: RowExpr | None, other: RowExpr | None) -> bool:
    """Tell whether no event satisfies both: the same column equals two different values."""
    match one, other:
        case Compare("=", column, Literal(value)), Compare("=", same, Literal(another)):
            return column == same and value != another
    return False


def _count_if(condition: exp.Expr, name: str) -> exp.Expr:
    return build.alias(exp.Count(this=build.case([(condition, build.number(1))])), name)
