"""A logical plan → one sqlglot tree: named CTEs in the order in which they are read."""

from __future__ import annotations

from sqlglot import exp

from kpidsl.plan.looking import MOST_CELLS
from kpidsl.plan.nodes import Aggregate, Compute, Frame, Leaders, Merge, Plan
from kpidsl.plan.within import aggregates_of, merged_from
from kpidsl.sql import build
from kpidsl.sql.answers import EntityTables
from kpidsl.sql.dialects import DIALECTS
from kpidsl.sql.leaders import answer_columns, leader_tables
from kpidsl.sql.lower import Lowering
from kpidsl.sql.merging import counts
from kpidsl.sql.shown import in_order, leaves_out, shown_rows
from kpidsl.sql.statement import Statement, key_columns
from kpidsl.sql.unrated import lacking


def to_tree(plan: Plan, dialect: str = "duckdb") -> exp.Select:
    """Return the plan as one SELECT tree.

    Columns: `period` when grouped by time, then each key (and `KEY__state`, NULL, `unmapped` or
    `unallocated`, where a member can be absent), then the outputs.
    """
    return _lowered(plan, Statement(plan.frame, DIALECTS[dialect], merged_from(plan)))


def unrated_tree(plan: Plan, dialect: str) -> exp.Select | None:
    """Return the examples of what lacks a rate among all that a plan converts: the currency, the
    one wanted, and the day (S26); None where nothing is converted."""
    if all(source.rates is None for source in plan.frame.sources.values()):
        return None
    statement = Statement(plan.frame, DIALECTS[dialect], merged_from(plan), with_unrated=True)
    _lowered(plan, statement)
    if not statement.unrated:
        return None
    select = lacking(statement.unrated)
    return build.with_ctes(select, statement.ctes_of(select))


def _lowered(plan: Plan, statement: Statement) -> exp.Select:
    statement.relations.entities = EntityTables(statement, Lowering).of
    hides = plan.root.limit is not None or leaves_out(plan) or plan.leaders is not None
    most = None if hides else MOST_CELLS + 1
    shared = any(node.bridge for node in aggregates_of(plan.root.input.input.inputs))
    statement.widens = shared and (bool(plan.subtotals) or plan.leaders is not None)
    root = Lowering(plan.root.input, plan.frame, statement, most=most)
    parts = [root.select(plan.frame)]
    if plan.leaders is not None:
        parts = _leading(parts[0], plan.leaders, plan, statement)
    if leaves_out(plan):
        parts = [shown_rows(build.union_all(parts), plan)]
    parts += [
        Lowering(part.input, part.frame, statement).select(plan.frame) for part in plan.subtotals
    ]
    select = parts[0]
    if len(parts) > 1:
        stacked = build.subquery(build.union_all(parts), "levels")
        select = build.from_(build.select(exp.Star()), stacked)
    return build.with_ctes(in_order(select, plan), statement.all_ctes())


def rows_tree(node: Aggregate, frame: Frame, dialect: str) -> exp.Select:
    """Return the rows of one node as a SELECT of its period, keys and their states, and leaves."""
    statement = Statement(frame, DIALECTS[dialect], (id(node),))
    statement.relations.entities = EntityTables(statement, Lowering).of
    name = Lowering(Compute(Merge((node,)), ()), frame, statement).rows(node)
    select = build.from_(build.select(exp.Star()), build.table(name))
    return build.with_ctes(select, statement.all_ctes())


def cell_counts(plan: Plan, dialect: str) -> exp.Select:
    """Return a SELECT of one row: how many periods an answer by time has, and how many combinations
    of members, with each of which every period is there (S17)."""
    statement = Statement(plan.frame, DIALECTS[dialect])
    statement.relations.entities = EntityTables(statement, Lowering).of
    root = Lowering(plan.root.input, plan.frame, statement)
    tables = [name for name, _ in root.parts(plan.root.input.input)]
    select = counts(tables, key_columns(plan.frame), root.spine.periods())
    return build.with_ctes(select, statement.all_ctes())


def _leading(
    select: exp.Select, leaders: Leaders, plan: Plan, statement: Statement
) -> list[exp.Select]:
    """Return the leaders' rows of an answer, and those of the rest."""
    outputs = [output.name for output in plan.root.input.outputs]
    columns = answer_columns(plan.frame, outputs)
    if leaders.ranking is None:
        tables = leader_tables(select, columns, leaders, plan.frame, statement)
        rows = build.from_(build.select(exp.Star()), build.table(tables.leaders))
        some = tables.leave_some()
    else:
        frame = leaders.ranking.frame
        ranking = Lowering(leaders.ranking.input, frame, statement).select(frame)
        tables = leader_tables(ranking, answer_columns(frame, outputs), leaders, frame, statement)
        every = statement.cte("every_member", select)
        rows = tables.keep(every, columns)
        some = tables.leave_some_of(every)
    if leaders.rest is None:
        return [rows]
    rest = Lowering(leaders.rest.input, leaders.rest.frame, statement, tables)
    return [rows, build.where(rest.select(plan.frame), some)]
