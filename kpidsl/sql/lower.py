"""A logical plan → one sqlglot tree: named CTEs in the order in which they are read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from sqlglot import exp

from kpidsl.model.moments import DayPart, runs
from kpidsl.model.periods import period_start, periods
from kpidsl.model.sources import Source
from kpidsl.plan.additivity import merged_by
from kpidsl.plan.leaves import leaves_of, timed_values
from kpidsl.plan.nodes import (
    PERIOD,
    Accrual,
    Aggregate,
    Compute,
    Formula,
    Frame,
    Look,
    Merge,
    Over,
    Plan,
    Totals,
)
from kpidsl.sql import build
from kpidsl.sql.aggregates import aggregated
from kpidsl.sql.cells import CELLS, Cells
from kpidsl.sql.dialects import DIALECTS
from kpidsl.sql.grouping import ACCRUED, Grouping
from kpidsl.sql.known import first_and_last
from kpidsl.sql.periods import period_start as first_day_of
from kpidsl.sql.spans import spans, within
from kpidsl.sql.statement import ALL, Statement, in_order, key_columns


def to_tree(plan: Plan, dialect: str = "duckdb") -> exp.Select:
    """Return the plan as one SELECT tree.

    Columns: `period` when grouped by time, then each key (and `KEY__state`, NULL, `unmapped` or
    `unallocated`, where a member can be absent), then the outputs.
    """
    statement = Statement(plan.frame, DIALECTS[dialect])
    select = _Lowering(plan.root.input, plan.frame, statement).select(plan.frame)
    if plan.subtotals:
        parts = [
            _Lowering(part.input, part.frame, statement).select(plan.frame)
            for part in plan.subtotals
        ]
        stacked = build.subquery(build.union_all([select, *parts]), "levels")
        select = build.from_(build.select(exp.Star()), stacked)
    return build.with_ctes(in_order(select, plan), statement.all_ctes())


class _Lowering:
    """Lowers the outputs of a plan, or of one of its subtotals."""

    def __init__(self, compute: Compute, frame: Frame, statement: Statement) -> None:
        self.compute = compute
        self.frame = frame
        self.dialect = statement.dialect
        self.grouping = Grouping(frame, statement.dialect, statement.relations)
        self._cte = statement.cte
        self.totals: dict[Over, str] = {}
        self.spans: dict[Look, str] = {}
        self.periods: str | None = None
        self.known: dict[str, str] = {}
        self.amounts: dict[str, str] = {}

    def select(self, whole: Frame) -> exp.Select:
        """Return the rows with the key columns of the whole answer, in no order."""
        select = self._compute(self.compute)
        if len(whole.keys) == len(self.frame.keys) and whole.grain is self.frame.grain:
            return select
        values = select.expressions[len(key_columns(self.frame)) :]
        select.set("expressions", [*self._keys_of(whole), *values])
        return select

    def _keys_of(self, whole: Frame) -> Iterator[exp.Expr]:
        """Yield the keys of the whole answer in a row that is a total over some of them."""
        if whole.grain is not None:
            day = build.column(PERIOD, CELLS) if self.frame.grain is not None else None
            kind = "TIMESTAMP" if isinstance(whole.grain, DayPart) else "DATE"
            yield day or build.alias(build.cast(exp.Null(), kind), PERIOD)
        own = {key.column: key for key in self.frame.keys}
        for key in whole.keys:
            mine = own.get(key.column)
            assert key.state is not None
            if mine is None:
                yield build.alias(exp.Null(), key.column)
                yield build.alias(exp.Literal.string(ALL), key.state)
            else:
                yield build.column(key.column, CELLS)
                state = exp.Null() if mine.state is None else build.column(mine.state, CELLS)
                yield build.alias(state, key.state)

    # --- columns ---------------------------------------------------------------------------

    def _key_names(self, kept: Iterable[int] | None = None) -> list[str]:
        return key_columns(self.frame, kept)

    # --- merge -----------------------------------------------------------------------------

    def _merge(self, merge: Merge) -> str:
        """Return the name of the merged rows, one per key (S5, S17)."""
        parts = [self._part(node) for node in merge.inputs]
        self.totals = {total.over: self._total(total) for total in merge.totals}
        parts += [(self._unallocated(accrual), [accrual.column]) for accrual in merge.accruals]
        if len(parts) == 1 and not merge.dense:
            return parts[0][0]
        columns = [column for _, own in parts for column in own]
        keys = self._key_names()
        selects = [self._padded(name, keys, own, columns) for name, own in parts]
        if merge.dense:
            skeleton = self._cte("skeleton", self._skeleton([name for name, _ in parts], keys))
            selects.append(self._padded(skeleton, keys, [], columns))
        return self._cte("merged", _folded(selects, keys, columns))

    def _part(self, node: Aggregate) -> tuple[str, list[str]]:
        return self._aggregate(node), [leaf.column for leaf in node.leaves]

    def _aggregate(self, node: Aggregate) -> str:
        name = f"{node.input.source.name}_totals{'_prior' if node.look.shift else ''}"
        if not node.look.joined:
            return self._cte(name, self.grouping.select(node))
        spans = self._spans(node.look)
        if not node.by_day:
            return self._cte(name, self.grouping.select(node, spans))
        by_day = self._cte(f"{node.input.source.name}_by_day", self.grouping.select(node))
        return self._cte(name, self._added_up(node, by_day, spans))

    def _added_up(self, node: Aggregate, by_day: str, spans: str) -> exp.Select:
        """Add up the days that count towards each period (S10, S18)."""
        own = {key.column for key in node.keys}
        keys = [build.column(PERIOD, spans)]
        for key in self.frame.keys:
            if key.column in own:
                keys.append(build.column(key.column, by_day))
                keys += [build.column(key.state, by_day)] if key.state is not None else []
        values = []
        for leaf in node.leaves:
            merge = merged_by(leaf.measure)
            assert merge is not None
            whole = aggregated(merge, build.column(leaf.column, by_day), self.dialect)
            values.append(build.alias(whole, leaf.column))
        day = build.column(PERIOD, by_day)
        select = build.from_(build.select(*keys, *values), build.table(by_day))
        select = build.inner_join(select, build.table(spans), within(day, spans, node.look))
        return build.group_by(select, *(key.copy() for key in keys))

    def _spans(self, look: Look) -> str:
        """Return the name of the days that count towards each period."""
        if look not in self.spans:
            periods = self._periods() if look.pairs is None else ""
            self.spans[look] = self._cte("spans", spans(self.frame, self.dialect, periods, look))
        return self.spans[look]

    def _listed(self, formulas: Iterable[Formula]) -> dict[Look, str]:
        """Return the tables of listed days that the values of formulas are tested with."""
        looks = [value.look for formula in formulas for value in timed_values(formula)]
        listed = dict.fromkeys(replace(look, reach=None) for look in looks if look.pairs)
        return {look: self._spans(look) for look in listed}

    def _padded(
        self, table: str, keys: list[str], own: list[str], columns: list[str]
    ) -> exp.Select:
        """Select one part with bare NULLs for the columns of the others (dialect quirk 5)."""
        values: list[exp.Expr] = [build.column(key) for key in keys]
        values += [
            build.column(name) if name in own else build.alias(exp.Null(), name) for name in columns
        ]
        return build.from_(build.select(*values), build.table(table))

    def _skeleton(self, parts: list[str], keys: list[str]) -> exp.Query:
        """Every period of the window × every combination of members seen (S17)."""
        periods = self._periods()
        members = [key for key in keys if key != PERIOD]
        select = build.from_(
            build.select(*(build.column(key) for key in keys)), build.table(periods)
        )
        if not members:
            return select
        seen: exp.Query | None = None
        for part in parts:
            one = build.from_(
                build.select(*(build.column(key) for key in members)), build.table(part)
            )
            seen = one if seen is None else exp.Union(this=seen, expression=one, distinct=True)
        if isinstance(seen, exp.Select):
            seen = build.distinct(seen)
        assert seen is not None
        return build.cross_join(select, build.subquery(seen, "members"))

    def _periods(self) -> str:
        """Return the name of every period of the window, or of the data where there is none."""
        if self.periods is None:
            self.periods = self._cte("periods", self._period_rows())
        return self.periods

    def _period_rows(self) -> exp.Query:
        grain, window = self.frame.grain, self.frame.window
        assert grain is not None
        if isinstance(grain, DayPart):
            assert window is not None
            found = runs(window, grain, self.frame.settings.timezone)
            return self.dialect.instants(found, PERIOD)
        calendar = self.frame.settings.calendar
        if window is not None and calendar.years_of_weeks(grain) is not None:
            starts = [
                period_start(piece.start, grain, calendar)
                for piece in periods(window, grain, calendar)
            ]
            every = [build.alias(build.day(start), PERIOD) for start in starts]
            return build.union_all([build.select(start) for start in every])
        if window is not None:
            first: exp.Expr = build.day(period_start(window.start, grain, calendar))
            last: exp.Expr = build.day(window.last_day)
            return self.dialect.date_series(first, last, grain.ordinary, PERIOD, None)
        extent, last = self._extent(), build.column("last_day")
        first = first_day_of(self.dialect, build.column("first_day"), grain, calendar)
        return self.dialect.date_series(first, last, grain.ordinary, PERIOD, extent)

    # --- known ranges ----------------------------------------------------------------------

    def _known(self, source: Source) -> str:
        """Return a one-row CTE: the first and the last day that a source knows (S13)."""
        if source.name not in self.known:
            rows = first_and_last(self.grouping, source)
            self.known[source.name] = self._cte(f"{source.name}_known", rows)
        return self.known[source.name]

    def _ranges(self, names: Iterable[str]) -> dict[str, tuple[Source, str]]:
        """Return sources by name, each with the table of what it knows."""
        sources = [self.frame.sources[name] for name in dict.fromkeys(names)]
        return {source.name: (source, self._known(source)) for source in sources}

    def _extent(self) -> str:
        selects = [
            build.from_(
                build.select(build.column("first_day"), build.column("last_day")),
                build.table(self._known(source)),
            )
            for source in self.frame.extent
        ]
        whole = build.select(
            build.alias(exp.Min(this=build.column("first_day")), "first_day"),
            build.alias(exp.Max(this=build.column("last_day")), "last_day"),
        )
        return self._cte(
            "extent", build.from_(whole, build.subquery(build.union_all(selects), "ranges"))
        )

    # --- fixed amounts ---------------------------------------------------------------------

    def _total(self, total: Totals) -> str:
        """Return the name of leaves over more than one cell, one row per group of cells."""
        parts = [self._part(node) for node in total.inputs]
        if len(parts) == 1:
            return parts[0][0]
        keys = self._key_names(total.over.kept)
        columns = [column for _, own in parts for column in own]
        selects = [self._padded(name, keys, own, columns) for name, own in parts]
        return self._cte("overall", _folded(selects, keys, columns))

    def _amounts(self, accrual: Accrual) -> str:
        """Return the name of a CTE with what the fixed amount comes to per period."""
        if accrual.column not in self.amounts:
            rows: list[exp.Query] = []
            for start, amount in accrual.rows:
                values = [build.alias(build.cast(build.number(amount), ACCRUED), "amount")]
                if start is not None:
                    values.insert(0, build.alias(build.day(start), PERIOD))
                rows.append(build.select(*values))
            name = self._cte(f"{accrual.column}_amounts", build.union_all(rows))
            self.amounts[accrual.column] = name
        return self.amounts[accrual.column]

    def _unallocated(self, accrual: Accrual) -> str:
        """Return the rows of what falls to no member: all, or where the weights are zero."""
        amounts = self._amounts(accrual)
        values: list[exp.Expr] = []
        if self.frame.grain is not None:
            values.append(build.column(PERIOD, CELLS))
        for key in self.frame.keys:
            values.append(build.alias(exp.Null(), key.column))
            assert key.state is not None
            values.append(build.alias(exp.Literal.string("unallocated"), key.state))
        values.append(build.alias(build.column("amount", CELLS), accrual.column))
        select = build.from_(build.select(*values), build.table(amounts, CELLS))
        if accrual.total is None:
            return self._cte(accrual.column, select)
        if accrual.filtered:
            # A filter keeps members, and what falls to no member is none of them.
            return self._cte(accrual.column, build.where(select, exp.Boolean(this=False)))
        for over in dict.fromkeys(leaf.over for leaf in leaves_of(accrual.total)):
            assert over is not None
            select = self._join_on_keys(select, self.totals[over], over.kept)
        known = self._ranges(leaf.source for leaf in leaves_of(accrual.total))
        listed = self._listed([accrual.total])
        for table in listed.values():
            select = self._join_on_keys(select, table, ())
        cells = Cells(self.frame, self.dialect, known, {}, self.totals, listed)
        total = build.coalesce(cells.value(accrual.total), build.number(0))
        for _, table in known.values():
            select = build.cross_join(select, build.table(table))
        return self._cte(
            accrual.column, build.where(select, exp.EQ(this=total, expression=build.number(0)))
        )

    def _join_on_keys(self, select: exp.Select, table: str, kept: tuple[int, ...]) -> exp.Select:
        """Join what is known per period and the keys at some places to the cells."""
        names = self._key_names(kept)
        if not names:
            return build.cross_join(select, build.table(table))
        same = [
            (exp.EQ if name == PERIOD else exp.NullSafeEQ)(
                this=build.column(name, table), expression=build.column(name, CELLS)
            )
            for name in names
        ]
        return build.left_join(select, build.table(table), build.conjunction(same))

    # --- formulas --------------------------------------------------------------------------

    def _only_seen(self, merge: Merge) -> bool:
        """Tell whether each row of the answer stands for rows of some source."""
        grouped = bool(self.frame.keys) or self.frame.grain is not None
        return grouped and not merge.dense and not merge.accruals

    def _compute(self, compute: Compute) -> exp.Select:
        merged = self._merge(compute.input)
        ranges = {source.name: source for source in compute.ranges}
        inputs = compute.input.inputs
        plain = len(inputs) == 1 and not inputs[0].look.joined and inputs[0].look.reach is None
        if plain and self._only_seen(compute.input):
            # One source's own rows always lie in its known range.
            ranges = {name: item for name, item in ranges.items() if item.watermark is not None}
        known = self._ranges(ranges)
        amounts = {item.column: self._amounts(item) for item in compute.input.accruals}
        listed = self._listed(output.formula for output in compute.outputs)
        cells = Cells(
            self.frame,
            self.dialect,
            known,
            {item.column: (item, amounts[item.column]) for item in compute.input.accruals},
            self.totals,
            listed,
        )
        values = [
            build.alias(cells.value(output.formula), output.name) for output in compute.outputs
        ]
        keys = [build.column(key, CELLS) for key in self._key_names()]
        select = build.from_(build.select(*keys, *values), build.table(merged, CELLS))
        for _, table in known.values():
            if table in cells.used:
                select = build.cross_join(select, build.table(table))
        coarser = [(table, over.kept) for over, table in self.totals.items()]
        coarser += [(table, ()) for table in (*amounts.values(), *listed.values())]
        for table, kept in coarser:
            if table in cells.used:
                select = self._join_on_keys(select, table, kept)
        return select


def _folded(selects: list[exp.Select], keys: list[str], columns: list[str]) -> exp.Select:
    """Fold stacked rows into one per key; each column has at most one value to fold."""
    folded = build.from_(
        build.select(
            *(build.column(key) for key in keys),
            *(build.alias(exp.Max(this=build.column(name)), name) for name in columns),
        ),
        build.subquery(build.union_all(selects), "parts"),
    )
    return (
        build.group_by(folded, *(build.number(item + 1) for item in range(len(keys))))
        if keys
        else folded
    )
