"""Answers within a statement: by entity, for filters (S14) and for aggregates over them (S10)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from sqlglot import exp

from kpidsl.model.periods import Grain
from kpidsl.plan.formulas import has_none_of_no_rows
from kpidsl.plan.nodes import PERIOD, Compute, Frame, Regroup, Subtotal
from kpidsl.sql import build
from kpidsl.sql.aggregates import aggregated
from kpidsl.sql.cells import Cells
from kpidsl.sql.entities import EntityTable
from kpidsl.sql.periods import period_start
from kpidsl.sql.spans import within
from kpidsl.sql.spine import Spine
from kpidsl.sql.statement import Statement


class Lowering(Protocol):
    """Lowers one answer."""

    spine: Spine

    def select(self, whole: Frame) -> exp.Select: ...


@dataclass(frozen=True, slots=True)
class EntityTables:
    """Lowers each answer by entity of one statement once, before the rows that need it."""

    statement: Statement
    lowering: Callable[[Compute, Frame, Statement], Lowering]
    known: dict[int, EntityTable] = field(default_factory=dict)

    def of(self, answer: Subtotal) -> EntityTable:
        """Return the table of an answer."""
        if id(answer) not in self.known:
            self.known[id(answer)] = self._table(answer)
        return self.known[id(answer)]

    def _table(self, answer: Subtotal) -> EntityTable:
        frame = answer.frame
        lowering = self.lowering(answer.input, frame, self.statement)
        keys = tuple(key.column for key in frame.keys)
        (output,) = answer.input.outputs
        wanted = "_".join((output.name, "per", *keys))
        name = self.statement.cte(wanted, lowering.select(frame))
        if has_none_of_no_rows(output.formula):
            return EntityTable(name, keys, output.name)
        known = lowering.spine.ranges(source.name for source in answer.input.ranges)
        cells = Cells(frame, self.statement.dialect, known, {}, {}, {}, empty=True)
        value = cells.value(output.formula)
        if known:
            first, *others = (table for _, table in known.values())
            rows = build.from_(build.select(build.alias(value, output.name)), build.table(first))
            for table in others:
                rows = build.cross_join(rows, build.table(table))
            nothing = self.statement.cte(f"{wanted}_of_no_rows", rows)
            one = build.select(build.column(output.name))
            value = exp.Subquery(this=build.from_(one, build.table(nothing)))
        return EntityTable(name, keys, output.name, value)


def over_entities(
    node: Regroup, lowering: Lowering, frame: Frame, statement: Statement, spans: str | None
) -> tuple[str, list[str]]:
    """Add what a node makes of its answer to a statement, with the key columns that the answer
    around it has; return the name and the columns. Groups all of whose rows are without an entity
    are there, and no such row counts. `spans` is the table of the days that count towards each
    period, where these are not its own."""
    own = {key.column: key for key in node.answer.frame.keys}
    (output,) = node.answer.input.outputs
    each = node.entity or (str(node.answer.frame.grain),)
    wanted = "_".join((output.name, "per", *each))
    answer = statement.cte(wanted, lowering.select(node.answer.frame))
    groups: list[exp.Expr] = []
    if node.timed:
        period: exp.Expr = build.column(PERIOD, spans or answer)
        finer = frame.grain is not node.answer.frame.grain and spans is None
        if isinstance(frame.grain, Grain) and finer:
            period = period_start(statement.dialect, period, frame.grain, frame.settings.calendar)
            period = build.alias(period, PERIOD)
        groups.append(period)
    for key in frame.keys:
        if key.column in node.keys:
            groups.append(build.column(key.column, answer))
            if key.state is not None:
                state = own[key.column].state
                told = (
                    build.cast(exp.Null(), "VARCHAR")
                    if state is None
                    else build.column(state, answer)
                )
                groups.append(told if state == key.state else build.alias(told, key.state))
    values = [
        build.alias(
            aggregated(
                item.aggregate,
                _of_one(node.entity, build.column(output.name, answer)),
                statement.dialect,
                item.fraction,
            ),
            item.column,
        )
        for item in node.columns
    ]
    select = build.from_(build.select(*groups, *values), build.table(answer))
    if spans is not None:
        day = build.column(PERIOD, answer)
        select = build.inner_join(select, build.table(spans), within(day, spans, node.look))
    if groups:
        numbers = (build.number(place) for place in range(1, len(groups) + 1))
        select = build.group_by(select, *numbers)
    return statement.cte("over_entities", select), [item.column for item in node.columns]


def _of_one(entity: tuple[str, ...], value: exp.Expr) -> exp.Expr:
    """Return a value where its row is of an entity."""
    known = [exp.Not(this=build.is_null(build.column(column))) for column in entity]
    is_one = build.conjunction(known)
    return value if is_one is None else build.case([(is_one, value)])
