"""A funnel's plan → one SELECT with a row of counts (S22).

The steps are walked from the last one back: each event of a step is told when, at the earliest,
each later step can be filled after it. So `step_3` holds the events of the third step with the
earliest times of the fourth, `step_2` those of the second with the earliest of both, and an
attempt, which is one event of the first step, finds how far it goes among those of the second.

Of an entity's attempts the earliest that goes furthest counts, and all that is asked of when it
began is on which side of a few moments. So that is told as a number, higher the earlier, and the
highest of `reached` and it together is that attempt's: one MAX, where finding the attempt itself
takes a MIN for each step.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from itertools import combinations

from sqlglot import exp

from kpidsl.model.expr import Compare, Literal, RowExpr
from kpidsl.model.sources import Source
from kpidsl.plan.funnel import Walk
from kpidsl.sql import build
from kpidsl.sql.dialects import DIALECTS, Clock, Dialect
from kpidsl.sql.funnel_events import AT, ENTITY, NUMBER, TIME, FunnelEvents
from kpidsl.sql.grouping import Grouping
from kpidsl.sql.relations import Relations

_START, _BEGAN = "start", "began"
_LATE, _IMMATURE, _MATURE, _EARLY = range(4)
"""When an attempt began: after the window, in it and too late to be judged, in it, before it."""


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
        self.events = FunnelEvents(walk, self.grouping, self._table, by_days=by_days)
        self.clock = self.events.clock

    def select(self) -> exp.Select:
        self.ctes += self.events.named()
        if self.walk.ordered:
            self._walk()
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

    def _begin(self, day: date) -> exp.Expr:
        """Return when a local day begins."""
        utc = Clock(self.walk.frame.settings.timezone, None if self.by_days else "UTC")
        return build.literal(utc.stored(day))

    def _begin_of_latest(self, source: Source) -> exp.Expr:
        """Return when the day begins that a source does not vouch for, where its rows tell it."""
        until = self.grouping.vouched_until(source)
        assert until is not None
        midnight = build.cast(until, "TIMESTAMP")
        if self.by_days:
            return midnight
        zone = self.walk.frame.settings.timezone
        return self.dialect.instant(midnight, Clock(zone, zone))

    # --- ordered ---------------------------------------------------------------------------

    def _walk(self) -> None:
        """Add the steps from the last but one back to the second, and the entities."""
        for position in reversed(range(2, len(self.walk.steps))):
            self.ctes.append((f"step_{position}", self._ahead(position)))
        if self.clock == AT:
            self.ctes.append(("entities", self._furthest()))
        else:
            self.ctes += [("furthest", self._furthest_in_order()), ("entities", self._timed())]

    def _ahead(self, position: int) -> exp.Select:
        """The events of a step, each with the earliest times at which each later step can be
        filled after it."""
        own = [build.column(name, "e") for name in (ENTITY, AT, NUMBER)]
        times = [
            build.alias(exp.Min(this=time), time_of)
            for time_of, time in self._later(position).items()
        ]
        select = self._followed(position, build.select(*own, *times))
        return build.group_by(select, *(build.number(place) for place in (1, 2, 3)))

    def _later(self, position: int) -> dict[str, exp.Expr]:
        """Return when each step after one is filled, from a row `n` of the next one."""
        first: dict[str, exp.Expr] = {f"at_{position + 1}": build.column(AT, "n")}
        last = len(self.walk.steps)
        return first | {
            f"at_{later}": build.column(f"at_{later}", "n")
            for later in range(position + 2, last + 1)
        }

    def _followed(self, position: int, select: exp.Select) -> exp.Select:
        """Join to the events `e` of a step those `n` of the next that may follow them."""
        step, following = self.walk.steps[position - 1], self.walk.steps[position]
        at, number = build.column(AT, "n"), build.column(NUMBER, "n")
        before_at, before_number = build.column(AT, "e"), build.column(NUMBER, "e")
        tests: list[exp.Expr] = [
            exp.EQ(this=build.column(ENTITY, "n"), expression=build.column(ENTITY, "e"))
        ]
        ahead = self._table(f"step_{position + 1}", "n")
        if position + 1 == len(self.walk.steps):
            ahead, filled = self.events.filling(position + 1, "n")
            tests += filled
        later = exp.GT(this=number, expression=before_number)
        if step.events != following.events:
            # At one moment, events follow the order in which the funnel names their sources.
            follows = exp.GTE if following.events > step.events else exp.GT
            tests.append(follows(this=at, expression=before_at))
        elif self.events.are_numbered(self.walk.events[step.events]):
            tests.append(later)
        else:
            tests.append(exp.GTE(this=at, expression=before_at))
            sooner = exp.GT(this=at.copy(), expression=before_at.copy())
            tests.append(exp.Paren(this=exp.Or(this=sooner, expression=later)))
        if following.within_seconds is not None:
            tests.append(self._within(at, before_at, following.within_seconds))
        if position == 1 and self.walk.within_seconds is not None:
            tests.append(self._within(at, before_at, self.walk.within_seconds))
        rows, filled = self.events.filling(position, "e")
        select = build.left_join(build.from_(select, rows), ahead, build.conjunction(tests))
        return build.where(select, *filled)

    def _attempts(self) -> exp.Select:
        """Each attempt with how far it goes, by each event of the second step that may follow."""
        start = build.column(AT if self.clock == AT else NUMBER, "e")
        branches: list[tuple[exp.Expr, exp.Expr]] = []
        for position, time in enumerate(self._later(1).values(), start=2):
            reached: exp.Expr = exp.Not(this=build.is_null(time))
            if self.walk.within_seconds is not None and position > 2:
                began = build.column(AT, "e")
                reached = self._within(time, began, self.walk.within_seconds)
            branches.insert(0, (reached, build.number(position)))
        columns = [
            build.column(ENTITY, "e"),
            build.alias(start, _START),
            build.alias(build.case(branches, build.number(1)), "reached"),
        ]
        return self._followed(1, build.select(*columns))

    def _furthest(self) -> exp.Select:
        """Of several attempts the earliest that goes furthest counts."""
        reached = build.column("reached")
        columns: list[exp.Expr] = [build.alias(exp.Max(this=reached), "reached")]
        began = self._began(build.column(_START))
        if began is not None:
            both = exp.Add(this=_times(reached.copy(), _EARLY + 1), expression=began)
            most = _times(exp.Max(this=reached.copy()), _EARLY + 1)
            columns.append(build.alias(exp.Sub(this=exp.Max(this=both), expression=most), _BEGAN))
        return self._by_entity(columns)

    def _furthest_in_order(self) -> exp.Select:
        """The same, where another order than that of time tells which attempt is the earliest."""
        starts: list[exp.Expr] = [
            exp.Min(
                this=build.case(
                    [
                        (
                            exp.EQ(this=build.column("reached"), expression=build.number(position)),
                            build.column(_START),
                        )
                    ]
                )
            )
            for position in reversed(range(2, len(self.walk.steps) + 1))
        ]
        starts.append(exp.Min(this=build.column(_START)))
        earliest = exp.Coalesce(this=starts[0], expressions=starts[1:])
        reached = exp.Max(this=build.column("reached"))
        return self._by_entity([build.alias(earliest, _START), build.alias(reached, "reached")])

    def _by_entity(self, columns: list[exp.Expr]) -> exp.Select:
        attempts = build.subquery(self._attempts(), "attempts")
        return build.group_by(build.from_(build.select(*columns), attempts), build.column(ENTITY))

    def _timed(self) -> exp.Select:
        """The attempts that count, with when their first event was."""
        began = self._began(build.column(TIME))
        assert began is not None  # another order than that of time is joined to a time for a window
        columns = [build.alias(began, _BEGAN), build.column("reached")]
        select = build.from_(build.select(*columns), self._table("furthest"))
        same = exp.EQ(this=build.column(NUMBER), expression=build.column(_START))
        return build.inner_join(select, self._table("events_1"), same)

    # --- any order -------------------------------------------------------------------------

    def _any_order(self) -> exp.Select:
        """An entity reaches step n when its events can fill the first n steps, one each.

        They can when every set of those steps has at least as many events to choose from as it
        has steps (Hall's theorem). Each event that may fill one of them is then the first of some
        attempt: it can take the place of the one that does.
        """
        count = len(self.walk.steps)
        began = self._began(build.column(self.clock))
        timed = [] if began is None else [build.alias(began, _BEGAN)]
        parts: list[exp.Query] = []
        for number in range(len(self.walk.events)):
            flags = [
                build.column(f"fills_{position}")
                if step.events == number
                else build.alias(exp.Null(), f"fills_{position}")
                for position, step in enumerate(self.walk.steps, start=1)
            ]
            part = build.select(build.column(ENTITY), *(each.copy() for each in timed), *flags)
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
        columns = [build.alias(reached, "reached")]
        if timed:
            # Who reaches no step is counted nowhere, whenever that began.
            earliest = build.case(
                [
                    (missing.copy(), _earliest_for(position - 1))
                    for missing, position in first_missing
                    if position > 1
                ],
                _earliest_for(count),
            )
            columns.append(build.alias(earliest, _BEGAN))
        events = build.subquery(build.union_all(parts), "events")
        select = build.from_(build.select(*columns), events)
        return build.group_by(select, build.column(ENTITY))

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
        columns = []
        for position in range(1, len(self.walk.steps) + 1):
            reached: exp.Expr = exp.GTE(
                this=build.column("reached"), expression=build.number(position)
            )
            if self._is_timed:
                reached = exp.And(this=_began_is(_MATURE), expression=reached)
            columns.append(_count_if(reached, f"step_{position}"))
        if self.walk.maturity_seconds is None:
            columns.append(build.alias(build.number(0), "immature"))
        else:
            columns.append(_count_if(_began_is(_IMMATURE), "immature"))
        return build.from_(build.select(*columns), self._table("entities"))

    @property
    def _is_timed(self) -> bool:
        """Whether it matters when an attempt began."""
        return self.walk.maturity_seconds is not None or self.walk.frame.window is not None

    def _began(self, start: exp.Expr) -> exp.Expr | None:
        """Return when an attempt began, as a number that only falls as time goes on; None where it
        doesn't matter. An attempt is mature when its window had run out before the data of the last
        source ended; where nobody knows when they do, it is not."""
        if not self._is_timed:
            return None
        sides: list[tuple[exp.Expr, exp.Expr]] = []
        window, seconds = self.walk.frame.window, self.walk.maturity_seconds
        if window is not None:
            early = exp.LT(this=start, expression=self._begin(window.start))
            late: exp.Expr = exp.GTE(this=start.copy(), expression=self._begin(window.end))
            if self.clock == TIME:  # an event that is ordered may have no time, and so no period
                late = exp.Or(this=build.is_null(start.copy()), expression=late)
            sides += [(early, build.number(_EARLY)), (late, build.number(_LATE))]
        if seconds is not None:
            over = self.dialect.later(start.copy(), seconds)
            tests = [exp.GTE(this=until, expression=over.copy()) for until in self._untils()]
            mature = build.conjunction(tests)
            assert mature is not None
            sides.append((mature, build.number(_MATURE)))
        return build.case(sides, build.number(_MATURE if seconds is None else _IMMATURE))

    def _untils(self) -> list[exp.Expr]:
        """Return until when the data of the sources go: one moment for those that say so, and one,
        NULL where there is none, for each whose rows tell it."""
        said: list[date] = []
        told: list[exp.Expr] = []
        for number, events in enumerate(self.walk.events, start=1):
            watermark = events.source.watermark
            if isinstance(watermark, date):
                said.append(watermark)
                continue
            until = (
                self.events.latest(number, events).subquery()
                if watermark is None
                else self._begin_of_latest(events.source)
            )
            told.append(build.alias(until, f"until_{number}"))
        untils: list[exp.Expr] = [self._begin(min(said))] if said else []
        if told:
            self.ctes.append(("data_until", build.select(*told)))
        for column in told:
            until = build.select(build.column(column.alias))
            untils.append(build.from_(until, self._table("data_until")).subquery())
        return untils

    def _within(self, later: exp.Expr, earlier: exp.Expr, seconds: int) -> exp.Expr:
        limit = self.dialect.later(earlier.copy(), seconds)
        return exp.LTE(this=later.copy(), expression=limit)


def _events_for(steps: tuple[int, ...]) -> exp.Expr:
    """Count the events that may fill any of some steps."""
    return exp.Count(this=build.case([(_fill_any(steps), build.number(1))]))


def _earliest_for(reached: int) -> exp.Expr:
    """Return when the earliest event began that may fill any of the steps up to one."""
    fills = _fill_any(range(1, reached + 1))
    return exp.Max(this=build.case([(fills, build.column(_BEGAN))]))


def _fill_any(steps: Iterable[int]) -> exp.Expr:
    fills = [
        exp.EQ(this=build.column(f"fills_{position}"), expression=build.number(1))
        for position in steps
    ]
    either = build.disjunction(fills)
    assert either is not None
    return either


def _exclude_each_other(one: RowExpr | None, other: RowExpr | None) -> bool:
    """Tell whether no event satisfies both: the same column equals two different values."""
    match one, other:
        case Compare("=", column, Literal(value)), Compare("=", same, Literal(another)):
            return column == same and value != another
    return False


def _times(value: exp.Expr, number: int) -> exp.Expr:
    return exp.Mul(this=value, expression=build.number(number))


def _began_is(side: int) -> exp.Expr:
    return exp.EQ(this=build.column(_BEGAN), expression=build.number(side))


def _count_if(condition: exp.Expr, name: str) -> exp.Expr:
    return build.alias(exp.Count(this=build.case([(condition, build.number(1))])), name)
