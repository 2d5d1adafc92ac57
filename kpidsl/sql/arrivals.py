"""Distinct counts over periods that overlap, exactly (S18): who arrives, less who leaves.

What is counted is in the count from the first period that its day counts towards until the first
that it doesn't, unless it is seen again by then. So each of its days is read once, and not once for
each period that it counts towards.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sqlglot import exp

from kpidsl.model.periods import Grain
from kpidsl.model.sources import Aggregate as Kind
from kpidsl.plan.naming import Names
from kpidsl.plan.nodes import PERIOD, Aggregate
from kpidsl.sql import build
from kpidsl.sql.grouping import Grouping
from kpidsl.sql.spans import END_DAY, FIRST_DAY


def counts_arrivals(node: Aggregate) -> bool:
    """Tell whether a node counts distinct things over periods that may overlap, and no more."""
    (first, *others) = node.leaves
    distinct = first.measure.aggregate is Kind.COUNT_DISTINCT and not others
    of_all_rows = not node.once_per and node.stock is None
    return node.look.reach is not None and distinct and of_all_rows


def arrivals(
    node: Aggregate, grouping: Grouping, spans: str, cte: Callable[[str, exp.Query], str]
) -> exp.Select:
    """Return the period, the keys and the count of a node; `spans` names its days by period."""
    return _Arrivals(node, grouping, spans, cte).select()


class _Arrivals:
    def __init__(
        self,
        node: Aggregate,
        grouping: Grouping,
        spans: str,
        cte: Callable[[str, exp.Query], str],
    ) -> None:
        self.node = node
        self.spans = spans
        self._cte = cte
        self._grouping = grouping
        self.keys = grouping.key_names(node)
        names = Names((PERIOD, *self.keys))
        self.counted, self.rows = names.unused("counted"), names.unused("rows")
        self.day, self.came = names.unused("day"), names.unused("came")
        self.went = names.unused("went")

    def select(self) -> exp.Select:
        source = self.node.input.source.name
        seen = self._cte(f"{source}_seen", self._grouping.occurrences(self.node, self.counted))
        if self._by_day:
            stays = self._cte(f"{source}_stays", self._days(seen))
        else:
            turns = self._cte(f"{source}_turns", self._turns(seen))
            stays = self._cte(f"{source}_stays", self._stays(seen, turns))
        changes = build.union_all([self._came(stays), self._left(stays)])
        counts = self._counts(self._cte(f"{source}_changes", changes))
        columns = [build.column(name, "counts") for name in (PERIOD, *self.keys)]
        (leaf,) = self.node.leaves
        value = build.alias(build.cast(build.column(self.counted), "BIGINT"), leaf.column)
        select = build.from_(build.select(*columns, value), build.subquery(counts, "counts"))
        if self._by_day:
            # Some come before the first period, and some go after the last.
            own = exp.EQ(
                this=build.column(PERIOD, "counts"), expression=build.column(PERIOD, self.spans)
            )
            select = build.inner_join(select, build.table(self.spans), own)
        some = exp.GT(this=build.column(self.rows), expression=build.number(0))
        return build.where(select, some)

    @property
    def _by_day(self) -> bool:
        """Whether each day counts towards the periods that are its own and the next few days."""
        look = self.node.look
        assert look.reach is not None
        days_back = look.reach.is_bounded and not look.reach.months and look.reach.since is None
        own = look.pairs is None and not look.shift
        return days_back and own and self._grouping.frame.grain is Grain.DAY

    def _days(self, seen: str) -> exp.Select:
        """As `_stays`, where nothing has to be looked up."""
        reach, period = self.node.look.reach, build.column(PERIOD)
        assert reach is not None
        own = [build.column(name) for name in (*self.keys, self.counted)]
        went = self._grouping.dialect.add(period.copy(), 0, reach.days)
        columns = [*own, build.alias(period, self.came), self._until(went, period, own, period)]
        return build.from_(build.select(*columns), build.table(seen))

    def _until(
        self, went: exp.Expr, came: exp.Expr, own: Sequence[exp.Expr], day: exp.Expr
    ) -> exp.Alias:
        """Return until when a day of something counts: if it is seen again by then, its next day
        goes on counting."""
        again = exp.Window(
            this=exp.Lead(this=came.copy()),
            partition_by=[column.copy() for column in own],
            order=exp.Order(expressions=[exp.Ordered(this=day.copy())]),
        )
        first = exp.Least(this=went, expressions=[again], ignore_nulls=True)
        return build.alias(first, self.went)

    def _turns(self, seen: str) -> exp.Select:
        """Return for each day the first period that it counts towards, and the first after those.
        Both bounds of the periods' days rise from period to period."""
        day = build.alias(build.column(PERIOD), self.day)
        each = build.from_(build.distinct(build.select(day)), build.table(seen))
        period = build.column(PERIOD, self.spans)
        went: exp.Expr = build.cast(exp.Null(), "DATE")
        if self.node.look.reach is None or self.node.look.reach.is_bounded:
            first = build.column(FIRST_DAY, self.spans)
            over = exp.GT(this=first, expression=build.column(self.day))
            went = exp.Min(this=build.case([(over, period.copy())]))
        select = build.from_(
            build.select(
                build.column(self.day),
                build.alias(exp.Min(this=period), self.came),
                build.alias(went, self.went),
            ),
            build.subquery(each, "days"),
        )
        end = build.column(END_DAY, self.spans)
        began = exp.LT(this=build.column(self.day), expression=end)
        select = build.inner_join(select, build.table(self.spans), began)
        return build.group_by(select, build.column(self.day))

    def _stays(self, seen: str, turns: str) -> exp.Select:
        """Return from which period on a day of something counts, and until when."""
        own = [build.column(name, seen) for name in (*self.keys, self.counted)]
        came, went = build.column(self.came, turns), build.column(self.went, turns)
        columns = [*own, came, self._until(went.copy(), came, own, build.column(PERIOD, seen))]
        select = build.from_(build.select(*columns), build.table(seen))
        same = exp.EQ(this=build.column(PERIOD, seen), expression=build.column(self.day, turns))
        select = build.inner_join(select, build.table(turns), same)
        never = build.is_null(went.copy())
        some = exp.LT(this=came.copy(), expression=went.copy())
        return build.where(select, exp.Or(this=never, expression=some))

    def _came(self, stays: str) -> exp.Select:
        return self._changed(stays, build.column(self.came), lambda count: count)

    def _left(self, stays: str) -> exp.Select:
        went = build.column(self.went)
        select = self._changed(stays, went, lambda count: exp.Neg(this=count))
        return build.where(select, exp.Not(this=build.is_null(went.copy())))

    def _changed(
        self, stays: str, period: exp.Expr, signed: Callable[[exp.Expr], exp.Expr]
    ) -> exp.Select:
        """Return by how much the counts change at periods: of all rows, and of known values."""
        groups = [build.alias(period, PERIOD), *(build.column(key) for key in self.keys)]
        values = [
            build.alias(signed(exp.Count(this=exp.Star())), self.rows),
            build.alias(signed(exp.Count(this=build.column(self.counted))), self.counted),
        ]
        select = build.from_(build.select(*groups, *values), build.table(stays))
        return build.group_by(select, *(build.number(place + 1) for place in range(len(groups))))

    def _counts(self, changes: str) -> exp.Select:
        """Return the sums of all changes so far, at each period of each group."""
        none = [build.alias(build.number(0), name) for name in (self.rows, self.counted)]
        keys = [build.column(key, "members") for key in self.keys]
        every = build.select(build.column(PERIOD, self.spans), *keys, *none)
        every = build.from_(every, build.table(self.spans))
        if self.keys:
            groups = build.distinct(build.select(*(build.column(key) for key in self.keys)))
            members = build.from_(groups, build.table(changes))
            every = build.cross_join(every, build.subquery(members, "members"))
        names = (PERIOD, *self.keys, self.rows, self.counted)
        changed = build.from_(build.select(*map(build.column, names)), build.table(changes))
        own = [build.column(name) for name in (PERIOD, *self.keys)]
        sums = [build.alias(self._so_far(name), name) for name in (self.rows, self.counted)]
        stacked = build.subquery(build.union_all([changed, every]), "changed")
        select = build.from_(build.select(*own, *sums), stacked)
        return build.group_by(select, *(column.copy() for column in own))

    def _so_far(self, name: str) -> exp.Window:
        return exp.Window(
            this=exp.Sum(this=exp.Sum(this=build.column(name))),
            partition_by=[build.column(key) for key in self.keys],
            order=exp.Order(expressions=[exp.Ordered(this=build.column(PERIOD))]),
        )
