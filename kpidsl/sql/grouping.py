"""One aggregate node → one SELECT: keys, leaves, filters, fan-out, `once per`."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from sqlglot import exp

from kpidsl.model.expr import Column, Exchanged, RowExpr
from kpidsl.model.moments import DayPart
from kpidsl.model.periods import Grain
from kpidsl.model.sources import BY_ORDER, Source
from kpidsl.model.sources import Aggregate as Kind
from kpidsl.model.units import Datatype
from kpidsl.plan.looking import Span, counted_days
from kpidsl.plan.looks import Look
from kpidsl.plan.naming import Names
from kpidsl.plan.nodes import PERIOD, Aggregate, Base, Frame, Key, Leaf
from kpidsl.sql import build
from kpidsl.sql.aggregates import aggregated, whole_values
from kpidsl.sql.dialects import Dialect
from kpidsl.sql.fan_outs import FanOutJoin, key_state
from kpidsl.sql.leaders import LeaderTables
from kpidsl.sql.money import MONEY_PLACES, as_money
from kpidsl.sql.naming import LateNames
from kpidsl.sql.periods import period_start
from kpidsl.sql.relations import Relations
from kpidsl.sql.scope import Scope, joins_of
from kpidsl.sql.spans import END_DAY, within
from kpidsl.sql.statement import key_columns
from kpidsl.sql.watermarks import vouched_until

_KEEPS_MONEY = {Kind.SUM, Kind.MIN, Kind.MAX, *BY_ORDER}
ACCRUED = "DECIMAL(38, 12)"
"""Fixed amounts by the day are fractions of money, rounded far below a billionth."""


@dataclass(frozen=True, slots=True)
class Grouping:
    """Lowers aggregates of one plan."""

    frame: Frame
    dialect: Dialect
    relations: Relations
    leaders: LeaderTables | None = None

    def select(self, node: Aggregate, spans: str | None = None) -> exp.Select:
        """Return the node's SELECT: period, keys and their states, leaves.

        `spans` is the table of the days that count towards each period, for a node that reaches
        beyond them.
        """
        if node.named_late:
            return self._named_late(node, spans)
        scope = self.scope_of(node.input.source)
        fans = self._fans(scope, node)
        groups = self._groups(scope, node, fans, spans)
        conditions, wheres = self.conditions(scope, node, spans)
        scope.closing = self.closing(node, spans)
        if node.once_per:
            return self._once_per(scope, node, groups, conditions, wheres, spans)
        values = [
            build.alias(self._value(scope, node, leaf, own), leaf.column)
            for leaf, own in zip(node.leaves, conditions, strict=True)
        ]
        select = self.rows(scope, node, [*groups, *values], spans)
        for fan in fans:
            select = fan.apply(select)
        return grouped(build.where(select, *wheres), len(groups))

    def _named_late(self, node: Aggregate, spans: str | None) -> exp.Select:
        """Group by the columns that join the keys' tables, and name what has been added up."""
        scope = self.scope_of(node.input.source)
        taken = Names((PERIOD, *(leaf.column for leaf in node.leaves)))
        groups = self.relations.names.unused(f"{node.input.source.name}_by_key")
        late = LateNames.of(node, scope, taken, Names((groups,)))
        timed = [build.alias(self.period(scope, node, spans), PERIOD)] if node.timed else []
        columns = [*timed, *late.codes(scope)]
        conditions, wheres = self.conditions(scope, node, spans)
        values = [
            build.alias(self.aggregated(scope, leaf, self.operand(scope, leaf, own)), leaf.column)
            for leaf, own in zip(node.leaves, conditions, strict=True)
        ]
        inner = build.where(self.rows(scope, node, [*columns, *values], spans), *wheres)
        inner = grouped(inner, len(columns))
        members = {key.column: late.member(key) for key in node.keys}
        outer: list[exp.Expr] = [build.column(PERIOD, groups)] if node.timed else []
        for column in self.frame.keys:
            if column.column in members:
                value, state = members[column.column]
                outer.append(build.alias(value, column.column))
                if column.state is not None:
                    outer.append(build.alias(state, column.state))
        sums = whole_values(node.leaves, node.leaves, groups, self.dialect)
        select = build.from_(build.select(*outer, *sums), build.subquery(inner, groups))
        return grouped(late.apply(select, groups), len(outer))

    def occurrences(self, node: Aggregate, counted: str) -> exp.Select:
        """Return on which days the values of a node's one leaf are seen: the day as period, the
        keys and their states, and the value under the name `counted`; each once."""
        span = counted_by(node, self.frame)
        by_day = replace(node, look=Look(), base=Base(Grain.DAY, span))
        scope = self.scope_of(node.input.source)
        fans = self._fans(scope, by_day)
        groups = self._groups(scope, by_day, fans, None)
        (own,), wheres = self.conditions(scope, by_day, None)
        value = self.operand(scope, node.leaves[0], own)
        assert value is not None
        columns = [*groups, build.alias(value, counted)]
        select = self.rows(scope, by_day, columns, None)
        for fan in fans:
            select = fan.apply(select)
        return build.distinct(build.where(select, *wheres))

    def key_names(self, node: Aggregate) -> list[str]:
        """Return the columns that a node's groups are known by beside the period."""
        own = {key.column for key in node.keys}
        places = [place for place, key in enumerate(self.frame.keys) if key.column in own]
        return [name for name in key_columns(self.frame, places) if name != PERIOD]

    def _fans(self, scope: Scope, node: Aggregate) -> list[FanOutJoin]:
        names = self.relations.names
        return [FanOutJoin(scope, fan_out, node.keys, names) for fan_out in node.fan_outs]

    def conditions(
        self, scope: Scope, node: Aggregate, spans: str | None
    ) -> tuple[list[list[exp.Expr]], list[exp.Expr]]:
        """Return what each leaf asks of a row by itself, and what all or any of them do."""
        wheres = [scope.condition(item) for item in node.where]
        wheres += self._window(scope, node) + self._last(scope, node, spans)
        if self.leaders is not None and node.beyond:
            members = [part for key in node.beyond for part in _member(scope, key)]
            wheres.append(self.leaders.hold_none(members))
        conditions = [self._leaf_conditions(scope, leaf) for leaf in node.leaves]
        first = conditions[0] if conditions else []
        shared = [item for item in first if all(item in other for other in conditions)]
        conditions = [[item for item in own if item not in shared] for own in conditions]
        wheres += shared
        if all(conditions):
            either = [build.conjunction([item.copy() for item in own]) for own in conditions]
            anyone = build.disjunction([item for item in either if item is not None])
            if anyone is not None:
                wheres.append(anyone)
        return conditions, wheres

    def scope_of(self, source: Source) -> Scope:
        """Return a scope over the rows of a source."""
        return Scope(
            source,
            self.frame.sources,
            self.dialect,
            self.frame.settings.timezone,
            self.relations.relation,
            tables=self.relations,
        )

    def rows(
        self, scope: Scope, node: Aggregate, columns: list[exp.Expr], spans: str | None
    ) -> exp.Select:
        """Select columns over the source's rows, each as often as it counts towards a period."""
        day = scope.time() if spans is not None else None
        select = scope.apply_joins(build.select(*columns))
        if spans is not None and day is not None:
            select = build.inner_join(select, build.table(spans), within(day, spans, node.look))
        return scope.join_closing(select)

    def period(self, scope: Scope, node: Aggregate, spans: str | None) -> exp.Expr:
        if spans is not None:
            return build.column(PERIOD, spans)
        grain = self.frame.grain if node.base is None else node.base.grain
        assert grain is not None
        if isinstance(grain, DayPart):
            return self.dialect.part_start(scope.instant(), scope.time(), grain)
        start = period_start(self.dialect, scope.time(), grain, self.frame.settings.calendar)
        return self.dialect.add(start, node.look.moves.months, node.look.moves.days)

    def _groups(
        self, scope: Scope, node: Aggregate, fans: list[FanOutJoin], spans: str | None
    ) -> list[exp.Expr]:
        groups: list[exp.Expr] = []
        if node.timed:
            groups.append(build.alias(self.period(scope, node, spans), PERIOD))
        by_name = {key.column: position for position, key in enumerate(node.keys)}
        for column in self.frame.keys:
            if column.column not in by_name:
                continue
            position = by_name[column.column]
            key = node.keys[position]
            fan = next((fan for fan in fans if fan.holds(position)), None)
            if fan is not None:
                value, state = fan.value(position), fan.state(position)
            else:
                value = scope.value(key.value)
                state = key_state(scope, key)
            groups.append(build.alias(value, key.column))
            if column.state is not None:
                groups.append(build.alias(state, column.state))
        return groups

    def _window(self, scope: Scope, node: Aggregate) -> list[exp.Expr]:
        """Compare the stored column itself with the window's bounds, so that the filter
        reaches the scan."""
        days = counted_by(node, self.frame)
        if days is None or not node.windowed:
            # A row without a time belongs to no period.
            return [exp.Not(this=build.is_null(scope.stored_time()))] if node.all_dated else []
        first, end = days
        before: exp.Expr = self._compared(exp.LT, scope, end)
        return [before] if first is None else [self._compared(exp.GTE, scope, first), before]

    def _compared(self, operator: type[exp.Binary], scope: Scope, day: date) -> exp.Expr:
        """Compare the stored time with the beginning of a local day."""
        clock = scope.clock()
        stored = self.dialect.stored_time(scope.stored_time(), clock)
        return operator(this=stored, expression=build.literal(clock.stored(day)))

    def _last(self, scope: Scope, node: Aggregate, spans: str | None) -> list[exp.Expr]:
        """Of a level keep each entity's last row before the period's end, unless closed (S11)."""
        if node.stock is None:
            return []
        later, end = scope.next_time(node.stock), self._end(node, spans)
        tests: list[exp.Expr] = [
            exp.Paren(
                this=exp.Or(
                    this=build.is_null(later), expression=exp.GTE(this=later.copy(), expression=end)
                )
            )
        ]
        if node.stock.closed is not None:
            closed = scope.condition(node.stock.closed, exact=True)
            tests.append(exp.Not(this=build.wrapped(closed)))
        return tests

    def _end(self, node: Aggregate, spans: str | None) -> exp.Expr:
        """Return the first day after the period that a row counts towards."""
        if spans is not None:
            return build.column(END_DAY, spans)
        days = counted_by(node, self.frame)
        assert days is not None
        return build.day(days[1])

    def closing(self, node: Aggregate, spans: str | None) -> exp.Expr | None:
        """Return the day whose rates a level is converted at: the last of the period, or the last
        that its source knows, where that is earlier (S26)."""
        if not any(isinstance(leaf.measure.operand, Exchanged) for leaf in node.leaves):
            return None
        source = node.input.source
        if node.stock is None:
            return None
        last = self.dialect.add(self._end(node, spans), 0, -1)
        until = self.vouched_until(source)
        if until is not None:
            known = self.dialect.add(until, 0, -1)
        else:
            scope = self.scope_of(source)
            day = exp.Max(this=build.cast(scope.time(), "DATE"))
            known = exp.Subquery(this=scope.apply_joins(build.select(day)))
        return exp.Least(this=last, expressions=[known], ignore_nulls=True)

    def vouched_until(self, source: Source) -> exp.Expr | None:
        """Return the first day of a source that is not complete, if it says so (S21)."""
        zone = self.frame.settings.timezone
        return vouched_until(self.scope_of(source), self.dialect, zone)

    def _leaf_conditions(self, scope: Scope, leaf: Leaf) -> list[exp.Expr]:
        own = [] if leaf.measure.where is None else [scope.condition(leaf.measure.where)]
        return own + [scope.condition(item) for item in leaf.where]

    def operand(self, scope: Scope, leaf: Leaf, conditions: list[exp.Expr]) -> exp.Expr | None:
        """Return what the aggregate takes: the operand where the conditions hold."""
        measure = leaf.measure
        value = None if measure.operand is None else scope.value(measure.operand)
        if value is not None and measure.unit.currency and measure.aggregate in _KEEPS_MONEY:
            if not self._is_exact(scope.source, measure.operand):
                value = as_money(value, scope.source.name)
        elif value is not None and measure.aggregate is Kind.SUM:
            value = self.dialect.summand(value)
        elif value is not None and measure.aggregate in {Kind.MIN, Kind.MAX}:
            value = self.dialect.comparable(value, Datatype.NUMBER)
        condition = build.conjunction(conditions)
        if condition is None:
            return value
        return build.case([(condition, build.number(1) if value is None else value)])

    def _is_exact(self, source: Source, operand: RowExpr | None) -> bool:
        """Tell whether a value is known to be of exact decimals already."""
        if isinstance(operand, Exchanged):
            return True
        if not isinstance(operand, Column) or operand.joins or len(operand.path) > 1:
            return False
        places = self.frame.facts.decimal_places(source, operand.path[0])
        return places is not None and places <= MONEY_PLACES

    def _value(
        self, scope: Scope, node: Aggregate, leaf: Leaf, conditions: list[exp.Expr]
    ) -> exp.Expr:
        """Return the value of a leaf, of rows that are split over a bridge that of their shares."""
        operand = self.operand(scope, leaf, conditions)
        if not node.bridge:
            return self.aggregated(scope, leaf, operand)
        share = scope.share(joins_of(node.bridge))
        if leaf.measure.aggregate is Kind.SUM:
            assert operand is not None
            product = exp.Mul(this=build.wrapped(operand), expression=share)
            return exp.Sum(this=build.exactly(product))
        if operand is not None:
            share = build.case([(exp.Not(this=build.is_null(operand)), share)])
        return build.exactly(exp.Sum(this=share))

    def aggregated(self, scope: Scope, leaf: Leaf, value: exp.Expr | None) -> exp.Expr:
        measure = leaf.measure
        order = scope.order() if measure.aggregate in BY_ORDER else ()
        return aggregated(measure.aggregate, value, self.dialect, measure.fraction, order)

    def _once_per(
        self,
        scope: Scope,
        node: Aggregate,
        groups: list[exp.Expr],
        conditions: list[list[exp.Expr]],
        wheres: list[exp.Expr],
        spans: str | None,
    ) -> exp.Select:
        """Take one value per group and key first, then aggregate."""
        keys = [
            build.alias(scope.value(part), f"once_{position}")
            for position, part in enumerate(node.once_per, start=1)
        ]
        values = []
        for leaf, own in zip(node.leaves, conditions, strict=True):
            operand = self.operand(scope, leaf, own)
            value = build.as_held(exp.Max(this=operand or build.number(1)))
            values.append(build.alias(value, leaf.column))
        inner = self.rows(scope, node, [*groups, *keys, *values], spans)
        inner = build.where(inner, *wheres) if wheres else inner
        inner = grouped(inner, len(groups) + len(keys))
        outer = [build.column(group.alias) for group in groups]
        totals = [
            build.alias(self.aggregated(scope, leaf, build.column(leaf.column)), leaf.column)
            for leaf in node.leaves
        ]
        select = build.from_(build.select(*outer, *totals), build.subquery(inner, "once"))
        return grouped(select, len(groups))


def counted_by(node: Aggregate, frame: Frame) -> Span | None:
    """Return the days that a node needs; None when the question has no window."""
    if node.base is not None:
        return node.base.span
    return counted_days(frame.window, frame.grain, frame.settings.calendar, node.look)


def _member(scope: Scope, key: Key) -> tuple[exp.Expr, exp.Expr]:
    return scope.value(key.value), key_state(scope, key)


def grouped(select: exp.Select, count: int) -> exp.Select:
    """Group by the first columns; without any, all rows are one group."""
    if not count:
        return select
    return build.group_by(select, *(build.number(position) for position in range(1, count + 1)))
