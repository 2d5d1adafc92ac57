"""Who comes first, and the rows that are no leader's (S10)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlglot import exp

from kpidsl.plan.naming import Names
from kpidsl.plan.nodes import Frame, KeyColumn, Leaders
from kpidsl.sql import build
from kpidsl.sql.statement import Statement, key_columns

_ROWS = "rows"


@dataclass(frozen=True, slots=True)
class LeaderTables:
    """The names of all members with their places (in the column `place`), and of the leaders alone;
    `keys` tell them."""

    ranked: str
    place: str
    leaders: str
    keys: tuple[KeyColumn, ...]
    count: int

    def hold(self, members: Sequence[exp.Expr]) -> exp.Exists:
        """Return the test that a leader has these members, given as key, state, and so on."""
        name = Names(build.tables_of(members)).unused(self.leaders)
        leaders = build.table(self.leaders, None if name == self.leaders else name)
        same = _same(members, self.columns(name))
        one = build.from_(build.select(build.number(1)), leaders)
        return exp.Exists(this=build.where(one, *same))

    def hold_none(self, members: Sequence[exp.Expr]) -> exp.Expr:
        """Return the test that no leader has these members."""
        return exp.Not(this=self.hold(members))

    def leave_some(self) -> exp.Exists:
        """Return the test that there are members beside the leaders."""
        later = exp.GT(this=build.column(self.place), expression=build.number(self.count))
        one = build.from_(build.select(build.number(1)), build.table(self.ranked))
        return exp.Exists(this=build.where(one, later))

    def leave_some_of(self, rows: str) -> exp.Exists:
        """Return the test that an answer by time has members beside the leaders: also such as have
        no place, since nothing is left of them at the end of the window."""
        one = build.from_(build.select(build.number(1)), build.table(rows))
        return exp.Exists(this=build.where(one, self.hold_none(self.columns(rows))))

    def keep(self, rows: str, columns: Iterable[str]) -> exp.Select:
        """Keep the leaders' rows of an answer by time."""
        select = build.select(*(build.column(name, rows) for name in columns))
        select = build.from_(select, build.table(rows))
        return build.where(select, self.hold(self.columns(rows)))

    def columns(self, table: str) -> list[exp.Expr]:
        """Return the columns of a table that tell members: key, state, and so on."""
        return [build.column(name, table) for key in self.keys for name in _names(key)]


def leader_tables(
    rows: exp.Select, columns: Sequence[str], leaders: Leaders, frame: Frame, statement: Statement
) -> LeaderTables:
    """Add the tables of an answer without periods, whose columns are given, to a statement."""
    *others, last = frame.keys
    value = build.column(leaders.column)
    order = [exp.Ordered(this=value, desc=leaders.descending, nulls_first=False)]
    order += [
        exp.Ordered(this=build.as_held(build.column(name)), desc=False, nulls_first=False)
        for name in _names(last)
    ]
    name = Names(columns).unused("place")
    place = exp.Window(
        this=exp.RowNumber(),
        partition_by=[build.column(name) for key in others for name in _names(key)],
        order=exp.Order(expressions=order),
    )
    every = [build.column(name) for name in columns]
    placed = build.select(*every, build.alias(place, name))
    ranked = statement.cte("ranked", build.from_(placed, build.subquery(rows, _ROWS)))
    first = build.from_(build.select(*(item.copy() for item in every)), build.table(ranked))
    within = exp.LTE(this=build.column(name), expression=build.number(leaders.count))
    kept = statement.cte("leaders", build.where(first, within))
    return LeaderTables(ranked, name, kept, frame.keys, leaders.count)


def answer_columns(frame: Frame, outputs: Iterable[str]) -> list[str]:
    """Return all columns of an answer."""
    return [*(item.column for item in frame.coarser), *key_columns(frame), *outputs]


def _names(key: KeyColumn) -> tuple[str, str]:
    assert key.state is not None  # a member that others stand for has a state
    return key.column, key.state


def _same(left: Iterable[exp.Expr], right: Iterable[exp.Expr]) -> list[exp.Expr]:
    return [
        exp.NullSafeEQ(this=one, expression=other) for one, other in zip(left, right, strict=True)
    ]
