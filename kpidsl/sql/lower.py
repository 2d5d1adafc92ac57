"""The outputs of a plan, or of one of its subtotals → named CTEs and the SELECT over them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal

from sqlglot import exp

from kpidsl.model.moments import DayPart
from kpidsl.model.sources import Source
from kpidsl.plan.additivity import counts_once
from kpidsl.plan.bases import holds_all_days
from kpidsl.plan.formulas import Formula, Over
from kpidsl.plan.leaves import leaves_of, timed_values
from kpidsl.plan.looks import Look
from kpidsl.plan.naming import Names
from kpidsl.plan.nodes import (
    PERIOD,
    Accrual,
    Aggregate,
    Compute,
    Frame,
    Input,
    Merge,
    Output,
    Regroup,
    Totals,
)
from kpidsl.plan.within import held_columns, in_own_periods
from kpidsl.sql import build
from kpidsl.sql.answers import over_entities
from kpidsl.sql.arrivals import arrivals, counts_arrivals
from kpidsl.sql.cells import CELLS, Cells
from kpidsl.sql.finer import again, from_finer, looks_back_at
from kpidsl.sql.grouping import ACCRUED, Grouping
from kpidsl.sql.leaders import LeaderTables
from kpidsl.sql.merging import Part, Rows, columns_of, folded, skeleton
from kpidsl.sql.once import counted_once
from kpidsl.sql.periods import coarser_period
from kpidsl.sql.spans import spans
from kpidsl.sql.spine import Spine
from kpidsl.sql.statement import ALL, OTHER, Statement, key_columns
from kpidsl.sql.unrated import unrated


class Lowering:
    """Lowers the outputs of a plan, or of one of its subtotals."""

    def __init__(
        self,
        compute: Compute,
        frame: Frame,
        statement: Statement,
        beside: LeaderTables | None = None,
        most: int | None = None,
    ) -> None:
        """`beside`: the outputs are those of all members that are no leaders; `most`: so many cells
        are enough to know that they are too many (S17)."""
        self.compute = compute
        self.frame = frame
        self.dialect = statement.dialect
        self.grouping = Grouping(frame, statement.dialect, statement.relations, beside)
        self.beside = beside
        self.most = most
        self.spine = Spine(frame, self.grouping, statement, self._all_days)
        self.aggregates = statement.aggregates
        self.statement = statement
        self._cte = statement.cte
        self.totals: dict[Over, str] = {}
        self.spans: dict[Look, str] = {}
        self.amounts: dict[str, str] = {}

    def select(self, whole: Frame) -> exp.Select:
        """Return the rows with the key columns of the whole answer, in no order."""
        select = self._compute(self.compute)
        same = len(whole.keys) == len(self.frame.keys) and whole.grain is self.frame.grain
        if same and not whole.coarser:
            return select
        count = len(key_columns(self.frame))
        keys, values = select.expressions[:count], select.expressions[count:]
        keys = keys if same else list(self._keys_of(whole))
        period = build.column(PERIOD, CELLS)
        longer = [
            build.alias(coarser_period(item, period.copy(), self.frame, self.dialect), item.column)
            for item in whole.coarser
        ]
        select.set("expressions", [*longer, *keys, *values])
        return select

    def _keys_of(self, whole: Frame) -> Iterator[exp.Expr]:
        """Yield the keys of the whole answer in a row that is a total over some of them."""
        if whole.grain is not None:
            own = self.frame.grain is whole.grain
            day = build.column(PERIOD, CELLS) if own else None
            kind = "TIMESTAMP" if isinstance(whole.grain, DayPart) else "DATE"
            yield day or build.alias(build.cast(exp.Null(), kind), PERIOD)
        keys = {key.column: key for key in self.frame.keys}
        for key in whole.keys:
            mine = keys.get(key.column)
            assert key.state is not None
            if mine is None:
                yield build.alias(exp.Null(), key.column)
                label = ALL if self.beside is None else OTHER
                yield build.alias(exp.Literal.string(label), key.state)
            else:
                yield build.column(key.column, CELLS)
                state = exp.Null() if mine.state is None else build.column(mine.state, CELLS)
                yield build.alias(state, key.state)

    # --- columns ---------------------------------------------------------------------------

    def _key_names(self, kept: Iterable[int] | None = None) -> list[str]:
        return key_columns(self.frame, kept)

    # --- merge -----------------------------------------------------------------------------

    def _merge(self, merge: Merge) -> Rows:
        """Return the merged rows, one per key (S5, S17)."""
        parts = self.parts(merge)
        keys, columns = self._key_names(), columns_of(parts)
        if len(parts) == 1 and not merge.dense:
            return Rows(*parts[0])
        if not merge.dense:
            return Rows(self._folded(parts), columns)
        periods = self.spine.periods()
        if keys == [PERIOD]:
            return Rows(periods, columns, parts, self.statement.again)
        tables = [name for name, _ in parts]
        every = self._cte("skeleton", skeleton(tables, keys, periods, self.most))
        return Rows(self._folded([*parts, (every, [])]), columns)

    def _folded(self, parts: list[Part]) -> str:
        held = held_columns(self.compute.input.inputs)
        return self._cte("merged", folded(parts, self._key_names(), held))

    def parts(self, merge: Merge) -> list[Part]:
        """Return what is merged, at the keys of the answer."""
        found = [self._part(node) for node in merge.inputs]
        self.totals = {total.over: self._total(total) for total in merge.totals}
        accruals = merge.accruals
        return found + [(self._unallocated(item), [item.column]) for item in accruals]

    def _part(self, node: Input) -> Part:
        if isinstance(node, Regroup):
            inner = Lowering(node.answer.input, node.answer.frame, self.statement, self.beside)
            spans = self._spans(node.look) if node.look.joined else None
            return over_entities(node, inner, self.frame, self.statement, spans)
        return self.rows(node), [leaf.column for leaf in node.leaves]

    def rows(self, node: Aggregate) -> str:
        """Return the name of the rows of a node."""
        if id(node) not in self.aggregates:
            self.aggregates[id(node)] = self._rows_of(node)
        return self.aggregates[id(node)]

    def _all_days(self, source: Source) -> str | None:
        """Return the name of a table with the days of all rows of a source, if there is one."""
        for node in self.compute.input.inputs:
            if isinstance(node, Regroup):
                continue
            days = node.merged_from or node
            if node.input.source is source and holds_all_days(days, self.frame.grain):
                return self.rows(days)
        return None

    def _rows_of(self, node: Aggregate) -> str:
        if node.kept is not None:
            return node.kept
        source = node.input.source.name
        if node.base is not None:
            return self._cte(f"{source}_by_{node.base.grain}", self._grouped(node, None))
        name = f"{source}_totals{'_prior' if node.look.shift else ''}"
        finer, other = node.merged_from, self._looked_back_at(node)
        if other is not None:
            found = again(node, other, self.rows(other), self.dialect)
            return self.statement.read_again(name, found)
        if finer is not None and finer.base is None:
            return self._cte(name, self._merged(node, finer, None))
        spans = self._spans(node.look) if node.look.joined else None
        if finer is not None:
            return self._cte(name, self._merged(node, finer, spans))
        if spans is not None and counts_arrivals(node):
            return self._cte(name, arrivals(node, self.grouping, spans, self._cte))
        return self._cte(name, self._grouped(node, spans))

    def _grouped(self, node: Aggregate, spans: str | None) -> exp.Select:
        if self.statement.with_unrated:
            self.statement.unrated += unrated(self.grouping, node, spans)
        if node.named_late and counts_once(node):
            return counted_once(node, self.grouping, self._cte)
        return self.grouping.select(node, spans)

    def _merged(self, node: Aggregate, finer: Aggregate, spans: str | None) -> exp.Select:
        table, by_period = self.rows(finer), self._has_own_periods(node)
        return from_finer(node, finer, table, self.grouping, spans, by_period=by_period)

    def _looked_back_at(self, node: Aggregate) -> Aggregate | None:
        """Return the node whose values of periods before are those of another one, if any is."""
        if not node.look.shift or not self._has_own_periods(node):
            return None
        inputs = [item for item in self.compute.input.inputs if isinstance(item, Aggregate)]
        if not any(item is node for item in inputs):
            return None  # it doesn't stand beside the cells
        found = (
            other
            for other in inputs
            if self._has_own_periods(other) and looks_back_at(node, other, self.grouping)
        )
        return next(found, None)

    def _has_own_periods(self, node: Aggregate) -> bool:
        """Tell whether only the rows of a node's that are of the answer's periods are read."""
        keyless = self.compute.input.dense and self._key_names() == [PERIOD]
        return keyless and node.timed and id(node) not in self.statement.merged

    def _spans(self, look: Look) -> str:
        """Return the name of the days that count towards each period."""
        if look not in self.spans:
            periods = self.spine.periods() if not look.listed else ""
            self.spans[look] = self._cte("spans", spans(self.frame, self.dialect, periods, look))
        return self.spans[look]

    def _listed(self, formulas: Iterable[Formula]) -> dict[Look, str]:
        """Return the tables of listed days that the values of formulas are tested with."""
        looks = [value.look for formula in formulas for value in timed_values(formula)]
        listed = dict.fromkeys(replace(look, reach=None) for look in looks if look.listed)
        return {look: self._spans(look) for look in listed}

    # --- fixed amounts ---------------------------------------------------------------------

    def _total(self, total: Totals) -> str:
        """Return the name of leaves over more than one cell, one row per group of cells."""
        parts = [self._part(node) for node in total.inputs]
        if len(parts) == 1:
            return parts[0][0]
        keys, held = self._key_names(total.over.kept), held_columns(total.inputs)
        return self._cte("overall", folded(parts, keys, held))

    def _amounts(self, accrual: Accrual) -> str:
        """Return the name of a CTE with what the fixed amount comes to per period."""
        if accrual.column not in self.amounts:
            rows: list[exp.Query] = [self._amount(*row) for row in accrual.rows]
            if not rows:  # no period looks at days that there are
                assert self.frame.window is not None
                start = None if self.frame.grain is None else self.frame.window.start
                none = self._amount(start, Decimal(0))
                is_one_row = not self._key_names()  # which is there whatever is known of it
                rows.append(none if is_one_row else build.where(none, exp.Boolean(this=False)))
            name = self._cte(f"{accrual.column}_amounts", build.union_all(rows))
            self.amounts[accrual.column] = name
        return self.amounts[accrual.column]

    def _amount(self, start: date | None, amount: Decimal) -> exp.Select:
        values = [build.alias(build.cast(build.number(amount), ACCRUED), "amount")]
        if start is not None:
            values.insert(0, build.alias(build.day(start), PERIOD))
        return build.select(*values)

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
        amount = build.number(0) if accrual.narrowed else build.column("amount", CELLS)
        values.append(build.alias(amount, accrual.column))
        select = build.from_(build.select(*values), build.table(amounts, CELLS))
        if accrual.total is None:
            return self._cte(accrual.column, select)
        if accrual.filtered:
            # A filter keeps members, and what falls to no member is none of them.
            return self._cte(accrual.column, build.where(select, exp.Boolean(this=False)))
        for over in dict.fromkeys(leaf.over for leaf in leaves_of(accrual.total)):
            assert over is not None
            select = self._join_on_keys(select, self.totals[over], over.kept)
        known = self.spine.ranges(leaf.source for leaf in leaves_of(accrual.total))
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
        if in_own_periods(compute.input.inputs) and self._only_seen(compute.input):
            # One source's own rows always lie in its known range.
            ranges = {name: item for name, item in ranges.items() if item.watermark is not None}
        known = self.spine.ranges(ranges)
        amounts = {item.column: self._amounts(item) for item in compute.input.accruals}
        computed = (*compute.outputs, *compute.tested)
        listed = self._listed(output.formula for output in computed)
        cells = Cells(
            self.frame,
            self.dialect,
            known,
            {item.column: (item, amounts[item.column]) for item in compute.input.accruals},
            self.totals,
            listed,
            ranked=self.beside is None,
            homes=merged.homes,
        )
        rows = self._tested(merged, cells, computed)
        value = cells.met if self.statement.widens else cells.value
        values = [build.alias(value(output.formula), output.name) for output in computed]
        keys = [build.column(key, CELLS) for key in self._key_names()]
        select = rows.under(build.select(*keys, *values), CELLS)
        for _, table in known.values():
            if table in cells.used:
                select = build.cross_join(select, build.table(table))
        coarser = [(table, over.kept) for over, table in self.totals.items()]
        coarser += [(table, ()) for table in (*amounts.values(), *listed.values())]
        own = {name for name, _ in rows.beside}
        for table, kept in coarser:
            if table in cells.used - own:
                select = self._join_on_keys(select, table, kept)
        return select

    def _tested(self, merged: Rows, cells: Cells, outputs: Iterable[Output]) -> Rows:
        """Find out once per cell whether a source is known there, where more than one value depends
        on it; return the cells, with what was found."""
        leaves = (leaf for output in outputs for leaf in leaves_of(output.formula))
        asked = Counter((leaf.source, leaf.look) for leaf in leaves if not leaf.look.listed)
        tests = {known: cells.within_known(known) for known, times in asked.items() if times > 1}
        names = Names((*self._key_names(), *merged.columns))
        found = [
            build.alias(test, cells.tested.setdefault(known, names.unused(f"{known[0]}_is_known")))
            for known, test in tests.items()
            if test is not None
        ]
        if not found:
            return merged
        beside = [
            column if column.name == name else build.alias(column, name)
            for name, column in merged.homes.items()
        ]
        select = merged.under(build.select(build.all_of(CELLS), *beside, *found), CELLS)
        for ranges in dict.fromkeys(cells.ranges[name][1] for name, _ in cells.tested):
            select = build.cross_join(select, build.table(ranges))
        cells.used.clear()
        cells.homes.clear()
        return Rows(self._cte("known", select), merged.columns)
