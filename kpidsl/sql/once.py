"""Groups in which things count once, told apart by the keys of small tables and named last.

Two keys of one name are one group, where a thing that was found under both counts once (S4, S10).
So each name gets a number, and things that were found under keys that share theirs with others are
put together by the number before they are counted; there are hardly any, as a rule.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sqlglot import exp

from kpidsl.model.sources import Aggregate as Kind
from kpidsl.plan.naming import Names
from kpidsl.plan.nodes import PERIOD, Aggregate, Hop, Leaf
from kpidsl.sql import build
from kpidsl.sql.aggregates import whole_values
from kpidsl.sql.grouping import Grouping, grouped
from kpidsl.sql.scope import Scope, names

_SHARING, _ALONE = "sharing", "alone"


def counted_once(
    node: Aggregate, grouping: Grouping, cte: Callable[[str, exp.Query], str]
) -> exp.Select:
    """Return the period, the keys and the leaves of a node."""
    return _Once(node, grouping, cte).select()


class _Table:
    """The names of some keys, numbered: `number` is the column that refers to them, `codes` those
    that hold what joins the table."""

    def __init__(self, hops: tuple[Hop, ...], columns: Names) -> None:
        self.hops = hops
        self.join = hops[-1].join
        self.number = columns.unused(f"{self.join.name}_number")
        self.codes = [columns.unused(f"{self.join.name}_key") for _ in self.join.columns]
        self.rows = ""

    def numbered(self, far: Scope, keys: dict[str, exp.Expr]) -> exp.Select:
        """Return the table's keys, its names, the number of each, and how many keys share it."""
        columns: list[exp.Expr] = [
            build.alias(far.value(column), code)
            for column, code in zip(self.join.target_columns, self.codes, strict=True)
        ]
        columns += [build.alias(value, key) for key, value in keys.items()]
        order = exp.Order(expressions=[value.copy() for value in keys.values()])
        number = exp.Window(this=exp.DenseRank(), order=order)
        together = [value.copy() for value in keys.values()]
        sharing = exp.Window(this=exp.Count(this=exp.Star()), partition_by=together)
        columns += [build.alias(number, self.number), build.alias(sharing, _SHARING)]
        return far.apply_joins(build.select(*columns))


class _Once:
    def __init__(
        self, node: Aggregate, grouping: Grouping, cte: Callable[[str, exp.Query], str]
    ) -> None:
        self.node = node
        self.grouping = grouping
        self.scope = grouping.scope_of(node.input.source)
        self.scope.closing = grouping.closing(node, None)
        self._cte = cte
        keys = [key.column for key in node.keys]
        values = [leaf.column for leaf in node.leaves]
        columns = Names((PERIOD, _ALONE, _SHARING, *keys, *values))
        self.counted = columns.unused("counted")
        sides = node.fan_outs[0].hops[0].join.columns if node.fan_outs else ()
        self.links = [columns.unused(f"key_{place}") for place, _ in enumerate(sides, start=1)]
        self.tables = {
            hops: _Table(hops, columns)
            for hops in dict.fromkeys(key.value.hops for key in node.keys)
        }

    def select(self) -> exp.Select:
        for table in self.tables.values():
            far = self.scope.beside(table.join.target, table.join.target)
            keys = {
                key.column: far.dimension(key.value.dimension, ())
                for key in self.node.keys
                if key.value.hops == table.hops
            }
            table.rows = self._cte(f"{table.join.name}_names", table.numbered(far, keys))
        counts = self._split() if self.node.fan_outs else self._distinct()
        return self._named(counts)

    @property
    def _numbers(self) -> list[str]:
        return [table.number for table in self.tables.values()]

    @property
    def _timed(self) -> list[str]:
        return [PERIOD] if self.node.timed else []

    def _period(self) -> list[exp.Expr]:
        if not self.node.timed:
            return []
        return [build.alias(self.grouping.period(self.scope, self.node, None), PERIOD)]

    def _distinct(self) -> exp.Select:
        """Count what is distinct: each thing is one row in each group."""
        node, scope, source = self.node, self.scope, self.node.input.source.name
        sums = [leaf for leaf in node.leaves if leaf.measure.aggregate is not Kind.COUNT_DISTINCT]
        distinct = [leaf for leaf in node.leaves if leaf not in sums]
        conditions, wheres = self.grouping.conditions(scope, node, None)
        operands = {
            leaf.column: self.grouping.operand(scope, leaf, own)
            for leaf, own in zip(node.leaves, conditions, strict=True)
        }
        counted = operands[distinct[0].column]
        assert counted is not None
        groups = [*self._period(), *self._codes(scope), build.alias(counted, self.counted)]
        values = [
            build.alias(self.grouping.aggregated(scope, leaf, operands[leaf.column]), leaf.column)
            for leaf in sums
        ]
        rows = self.grouping.rows(scope, node, [*groups, *values], None)
        by_key = self._cte(f"{source}_by_key", grouped(build.where(rows, *wheres), len(groups)))
        once = self._together(source, by_key, [*self._timed, self.counted], sums)
        counts = [
            build.alias(exp.Count(this=build.column(self.counted)), leaf.column)
            for leaf in distinct
        ]
        columns = [build.column(name) for name in (*self._timed, *self._numbers)]
        merged = whole_values(sums, sums, once, self.grouping.dialect)
        select = build.from_(build.select(*columns, *merged, *counts), build.table(once))
        return grouped(select, len(columns))

    def _split(self) -> exp.Select:
        """Aggregate rows that are split by their many side: each is one row in each group."""
        node, scope = self.node, self.scope
        (fan_out,) = node.fan_outs
        join, side = fan_out.hops[0].join, fan_out.hops[-1].to
        inner, link = scope.many_side(fan_out.hops)
        foreign = [inner.value(part, link) for part in join.columns]
        keys = [build.alias(value, name) for value, name in zip(foreign, self.links, strict=True)]
        pairs = inner.apply_joins(build.select(*keys, *self._codes(inner)))
        known = [exp.Not(this=build.is_null(value.copy())) for value in foreign]
        by_key = self._cte(f"{side}_by_key", build.distinct(build.where(pairs, *known)))
        once = self._together(side, by_key, self.links, [])
        matches = [
            exp.EQ(this=build.column(name, once), expression=scope.value(part))
            for name, part in zip(self.links, join.target_columns, strict=True)
        ]
        conditions, wheres = self.grouping.conditions(scope, node, None)
        groups = [*self._period(), *(build.column(number, once) for number in self._numbers)]
        values = [
            build.alias(
                self.grouping.aggregated(scope, leaf, self.grouping.operand(scope, leaf, own)),
                leaf.column,
            )
            for leaf, own in zip(node.leaves, conditions, strict=True)
        ]
        rows = self.grouping.rows(scope, node, [*groups, *values], None)
        rows = build.left_join(rows, build.table(once), build.conjunction(matches))
        return grouped(build.where(rows, *wheres), len(groups))

    def _codes(self, scope: Scope) -> list[exp.Expr]:
        """Return what the tables are joined by, in rows that lead to them."""
        return [
            build.alias(scope.value(column, names(table.hops[:-1])), code)
            for table in self.tables.values()
            for column, code in zip(table.join.columns, table.codes, strict=True)
        ]

    def _together(
        self, source: str, by_key: str, others: Sequence[str], sums: Sequence[Leaf]
    ) -> str:
        """Return the name of rows with numbers for keys: those whose keys alone have their names as
        they are, and those of all other keys, of which several can be one now, put together."""
        columns: list[exp.Expr] = [build.column(name, by_key) for name in others]
        tests: list[exp.Expr] = []
        for table in self.tables.values():
            columns.append(build.column(table.number, table.rows))
            sharing = build.column(_SHARING, table.rows)
            tests.append(exp.EQ(this=sharing, expression=build.number(1)))
        columns += [build.column(leaf.column, by_key) for leaf in sums]
        alone = build.conjunction(tests)
        assert alone is not None
        columns.append(build.alias(build.case([(alone, build.number(1))]), _ALONE))
        numbered = build.from_(build.select(*columns), build.table(by_key))
        for table in self.tables.values():
            same = [
                exp.EQ(this=build.column(code, by_key), expression=build.column(code, table.rows))
                for code in table.codes
            ]
            numbered = build.left_join(numbered, build.table(table.rows), build.conjunction(same))
        rows = self._cte(f"{source}_by_number", numbered)
        groups = [*others, *self._numbers]
        own = [build.column(name) for name in (*groups, *(leaf.column for leaf in sums))]
        single = build.from_(build.select(*own), build.table(rows))
        flag = build.column(_ALONE)
        single = build.where(single, exp.Not(this=build.is_null(flag)))
        merged = whole_values(sums, sums, rows, self.grouping.dialect)
        shared = build.select(*(build.column(name) for name in groups), *merged)
        shared = build.where(build.from_(shared, build.table(rows)), build.is_null(flag.copy()))
        return self._cte(f"{source}_once", build.union_all([single, grouped(shared, len(groups))]))

    def _named(self, counts: exp.Select) -> exp.Select:
        """Give groups their names, each one of its own."""
        groups = self.grouping.relations.names.unused(f"{self.node.input.source.name}_groups")
        columns: list[exp.Expr] = [build.column(name, groups) for name in self._timed]
        by_name = {key.column: key for key in self.node.keys}
        for column in self.grouping.frame.keys:
            if column.column not in by_name:
                continue
            table = self.tables[by_name[column.column].value.hops]
            columns.append(build.column(column.column, table.rows))
            if column.state is not None:
                nobody = build.is_null(build.column(table.number, groups))
                state = build.case([(nobody, exp.Literal.string("unmapped"))])
                columns.append(build.alias(state, column.state))
        columns += [build.column(leaf.column, groups) for leaf in self.node.leaves]
        select = build.from_(build.select(*columns), build.subquery(counts, groups))
        for table in self.tables.values():
            keys = [key.column for key in self.node.keys if key.value.hops == table.hops]
            each = build.select(*(build.column(name) for name in (table.number, *keys)))
            each = build.distinct(build.from_(each, build.table(table.rows)))
            same = exp.EQ(
                this=build.column(table.number, groups),
                expression=build.column(table.number, table.rows),
            )
            select = build.left_join(select, build.subquery(each, table.rows), same)
        return select
