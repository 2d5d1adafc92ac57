"""Groups in which things count once, told apart by the keys of small tables and named last.

Two keys of one name are one group, where a thing that was found under both counts once (S4, S10).
So all is counted by key, and then again for the names that several of the keys seen turn out to
share; there are hardly any, as a rule, and then the second count reads no row.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from sqlglot import exp

from kpidsl.model.periods import Grain
from kpidsl.model.sources import Aggregate as Kind
from kpidsl.plan.naming import Names
from kpidsl.plan.nodes import PERIOD, Aggregate
from kpidsl.sql import build
from kpidsl.sql.aggregates import whole_values
from kpidsl.sql.grouping import Grouping, grouped
from kpidsl.sql.naming import LateNames
from kpidsl.sql.scope import Scope


def counted_once(
    node: Aggregate, grouping: Grouping, cte: Callable[[str, exp.Query], str]
) -> exp.Select:
    """Return the period, the keys and the leaves of a node."""
    return _Once(node, grouping, cte).select()


class _Once:
    def __init__(
        self, node: Aggregate, grouping: Grouping, cte: Callable[[str, exp.Query], str]
    ) -> None:
        self.node = node
        self.grouping = grouping
        self._cte = cte
        self.source = node.input.source.name
        self.members = [name for name in grouping.key_names(node) if name != PERIOD]
        self.values = [leaf.column for leaf in node.leaves]
        columns = Names((PERIOD, *self.members, *self.values))
        self.counted, self.sharing = columns.unused("counted"), columns.unused("sharing")
        self.nobody, self.month = columns.unused("nobody"), columns.unused("month")
        sides = node.fan_outs[0].hops[0].join.columns if node.fan_outs else ()
        self.links = [columns.unused(f"key_{place}") for place, _ in enumerate(sides, start=1)]
        self._groups = grouping.relations.names.unused(f"{self.source}_groups")
        self.late = LateNames.of(node, self._scope(), columns, Names((self._groups,)))

    def select(self) -> exp.Select:
        by_key = self._split() if self.node.fan_outs else self._distinct()
        named = self._cte(f"{self.source}_by_name", self._named(by_key))
        shared = self._cte(f"{self.source}_shared", self._shared(named))
        again = self._split_again(shared) if self.node.fan_outs else self._distinct_again(shared)
        both = build.union_all([self._alone(named, shared), again])
        if not self.node.fan_outs:
            return build.from_(
                build.select(*map(build.column, (*self._timed, *self.members, *self.values))),
                build.subquery(both, self._groups),
            )
        # Rows that nothing on the many side refers to are unmapped, as those of unknown keys are.
        groups = [build.column(name) for name in (*self._timed, *self.members)]
        leaves = self.node.leaves
        merged = whole_values(leaves, leaves, self._groups, self.grouping.dialect)
        select = build.from_(build.select(*groups, *merged), build.subquery(both, self._groups))
        return grouped(select, len(groups))

    @property
    def _timed(self) -> list[str]:
        return [PERIOD] if self.node.timed else []

    @property
    def _codes(self) -> list[str]:
        return [code for _, codes in self.late.tables.values() for code in codes]

    def _scope(self) -> Scope:
        scope = self.grouping.scope_of(self.node.input.source)
        scope.closing = self.grouping.closing(self.node, None)
        return scope

    def _period(self, scope: Scope) -> list[exp.Alias]:
        if not self.node.timed:
            return []
        return [build.alias(self.grouping.period(scope, self.node, None), PERIOD)]

    # --- by key ------------------------------------------------------------------------------

    def _named(self, by_key: exp.Select) -> exp.Select:
        """Return groups by key with their members' names."""
        own = [*self._timed, *self._codes]
        columns: list[exp.Expr] = [build.column(name, self._groups) for name in own]
        if self.node.fan_outs:
            columns.append(build.column(self.nobody, self._groups))
        members = {key.column: self.late.member(key) for key in self.node.keys}
        for column in self.grouping.frame.keys:
            if column.column in members:
                value, state = members[column.column]
                columns.append(build.alias(value, column.column))
                if column.state is not None:
                    columns.append(build.alias(state, column.state))
        columns += [build.column(name, self._groups) for name in self.values]
        select = build.from_(build.select(*columns), build.subquery(by_key, self._groups))
        return self.late.apply(select, self._groups)

    def _distinct(self) -> exp.Select:
        """Count what is distinct by key: each thing is one row in each group."""
        node, scope = self.node, self._scope()
        sums = [leaf for leaf in node.leaves if leaf.measure.aggregate is not Kind.COUNT_DISTINCT]
        conditions, wheres = self.grouping.conditions(scope, node, None)
        operands = {
            leaf.column: self.grouping.operand(scope, leaf, own)
            for leaf, own in zip(node.leaves, conditions, strict=True)
        }
        counted = next(operands[leaf.column] for leaf in node.leaves if leaf not in sums)
        assert counted is not None
        period, shown = self._quick_period(scope)
        keys = [*period, *self.late.codes(scope)]
        groups = [*keys, build.alias(counted, self.counted)]
        values = [
            build.alias(self.grouping.aggregated(scope, leaf, operands[leaf.column]), leaf.column)
            for leaf in sums
        ]
        rows = self.grouping.rows(scope, node, [*groups, *values], None)
        rows = grouped(build.where(rows, *wheres), len(groups))
        once = self.grouping.relations.names.unused(f"{self.source}_once")
        merged = {
            value.alias: value for value in whole_values(sums, sums, once, self.grouping.dialect)
        }
        columns = [*shown, *map(build.column, self._codes)]
        for leaf in node.leaves:
            count = build.alias(exp.Count(this=build.column(self.counted)), leaf.column)
            columns.append(merged.get(leaf.column, count))
        select = build.from_(build.select(*columns), build.subquery(rows, once))
        return build.group_by(select, *(build.column(key.alias) for key in keys))

    def _quick_period(self, scope: Scope) -> tuple[list[exp.Alias], list[exp.Expr]]:
        """Return what tells periods apart in many rows, and the period that it stands for."""
        period = self._period(scope)
        shown: list[exp.Expr] = [build.column(name) for name in self._timed]
        is_own = self.node.base is None and not self.node.look.shift
        if period and is_own and self.grouping.frame.grain is Grain.MONTH:
            dialect = self.grouping.dialect
            period = [build.alias(dialect.month_number(scope.time()), self.month)]
            shown = [build.alias(dialect.month_of(build.column(self.month)), PERIOD)]
        return period, shown

    def _split(self) -> exp.Select:
        """Aggregate rows that are split by their many side, by key."""
        (fan_out,) = self.node.fan_outs
        scope, (inner, foreign, known) = self._scope(), self._side()
        keys = [build.alias(value, name) for value, name in zip(foreign, self.links, strict=True)]
        pairs = inner.apply_joins(build.select(*keys, *self.late.codes(inner)))
        pairs = build.distinct(build.where(pairs, *known))
        table = self._cte(f"{fan_out.hops[-1].to}_by_key", pairs)
        nobody = build.case([(build.is_null(build.column(self.links[0], table)), build.number(1))])
        groups = [*self._period(scope), *(build.column(code, table) for code in self._codes)]
        groups.append(build.alias(nobody, self.nobody))
        rows, wheres = self._aggregated(scope, groups)
        rows = build.left_join(rows, build.table(table), self._linked(scope, table))
        return grouped(build.where(rows, *wheres), len(groups))

    def _side(self) -> tuple[Scope, list[exp.Expr], list[exp.Expr]]:
        """Return a scope over the many side, what refers to the node's rows, and that it does."""
        (fan_out,) = self.node.fan_outs
        inner, link = Scope.many_side(self._scope(), fan_out.hops)
        foreign = [inner.value(part, link) for part in fan_out.hops[0].join.columns]
        return inner, foreign, [exp.Not(this=build.is_null(value.copy())) for value in foreign]

    def _linked(self, scope: Scope, table: str) -> exp.Expr:
        targets = self.node.fan_outs[0].hops[0].join.target_columns
        return _all(
            [
                exp.EQ(this=build.column(name, table), expression=scope.value(part))
                for name, part in zip(self.links, targets, strict=True)
            ]
        )

    def _aggregated(
        self, scope: Scope, groups: Sequence[exp.Expr]
    ) -> tuple[exp.Select, list[exp.Expr]]:
        """Return the leaves of the source's rows beside groups, and what is asked of rows."""
        conditions, wheres = self.grouping.conditions(scope, self.node, None)
        values = [
            build.alias(
                self.grouping.aggregated(scope, leaf, self.grouping.operand(scope, leaf, own)),
                leaf.column,
            )
            for leaf, own in zip(self.node.leaves, conditions, strict=True)
        ]
        return self.grouping.rows(scope, self.node, [*groups, *values], None), wheres

    # --- names that keys share ---------------------------------------------------------------

    def _shared(self, named: str) -> exp.Select:
        """Return the keys seen that are called as another one is, with their names."""
        columns = (*self._codes, *self.members)
        each = build.from_(build.select(*map(build.column, columns)), build.table(named))
        if self.node.fan_outs:
            each = build.where(each, build.is_null(build.column(self.nobody)))
        together = exp.Window(
            this=exp.Count(this=exp.Star()), partition_by=[*map(build.column, self.members)]
        )
        counted = build.select(*map(build.column, columns), build.alias(together, self.sharing))
        counted = build.from_(counted, build.subquery(build.distinct(each), "seen"))
        select = build.from_(build.select(exp.Star()), build.subquery(counted, "counted"))
        several = exp.GT(this=build.column(self.sharing), expression=build.number(1))
        return build.where(select, several)

    def _alone(self, named: str, shared: str) -> exp.Select:
        """Return the groups whose keys alone have their names, as they were counted."""
        columns = (*self._timed, *self.members, *self.values)
        select = build.select(*(build.column(name, named) for name in columns))
        same = _same(self._codes, named, shared)
        if self.node.fan_outs:
            same.append(build.is_null(build.column(self.nobody, named)))
        select = build.from_(select, build.table(named))
        select = build.left_join(select, build.table(shared), build.conjunction(same))
        return build.where(select, build.is_null(build.column(self.sharing, shared)))

    def _distinct_again(self, shared: str) -> exp.Select:
        """Return the groups of all other keys, by their names."""
        scope = self._scope()
        own = {code.alias: code.this for code in self.late.codes(scope)}
        groups = [*self._period(scope), *(build.column(name, shared) for name in self.members)]
        rows, wheres = self._aggregated(scope, groups)
        rows = build.inner_join(rows, build.table(shared), self._is_code(own, shared))
        return grouped(build.where(rows, *wheres), len(groups))

    def _split_again(self, shared: str) -> exp.Select:
        """As above; each row of the source once in each group."""
        scope, (inner, foreign, known) = self._scope(), self._side()
        own = {code.alias: code.this for code in self.late.codes(inner)}
        keys = [build.alias(value, name) for value, name in zip(foreign, self.links, strict=True)]
        members = [build.column(name, shared) for name in self.members]
        pairs = inner.apply_joins(build.select(*keys, *members))
        pairs = build.inner_join(pairs, build.table(shared), self._is_code(own, shared))
        pairs = build.distinct(build.where(pairs, *known))
        alias = self.grouping.relations.names.unused(f"{inner.source.name}_groups")
        groups = [*self._period(scope), *(build.column(name, alias) for name in self.members)]
        rows, wheres = self._aggregated(scope, groups)
        rows = build.inner_join(rows, build.subquery(pairs, alias), self._linked(scope, alias))
        return grouped(build.where(rows, *wheres), len(groups))

    def _is_code(self, own: dict[str, exp.Expr], shared: str) -> exp.Expr:
        same = [
            exp.NullSafeEQ(this=value, expression=build.column(code, shared))
            for code, value in own.items()
        ]
        return _all(same)


def _all(tests: Sequence[exp.Expr]) -> exp.Expr:
    condition = build.conjunction(tests)
    assert condition is not None
    return condition


def _same(names: Iterable[str], left: str, right: str) -> list[exp.Expr]:
    """Return the tests that columns of two tables are the same, NULL or not."""
    return [
        exp.NullSafeEQ(this=build.column(name, left), expression=build.column(name, right))
        for name in names
    ]
