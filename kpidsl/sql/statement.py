"""What surrounds the rows of an answer: its key columns and its named queries."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from sqlglot import exp

from kpidsl.plan.nodes import PERIOD, Frame
from kpidsl.sql.dialects import Dialect
from kpidsl.sql.merging import Again
from kpidsl.sql.relations import Relations

ALL = "all"
"""The state of a key in a row that is a total over its members."""
OTHER = "other"
"""The state of a key in a row that stands for all members that are no leaders."""


def key_columns(frame: Frame, kept: Iterable[int] | None = None) -> list[str]:
    """Return the columns that a row of the answer is known by, or those at some places."""
    found = [PERIOD] if frame.grain is not None else []
    for key in frame.keys if kept is None else (frame.keys[place] for place in kept):
        found.append(key.column)
        if key.state is not None:
            found.append(key.state)
    return found


class Statement:
    """The named queries of one statement, in the order in which they are read. `with_unrated`: what
    lacks an exchange rate is gathered in `unrated` (S26). `widens`: shares of amounts stand in one
    column with whole ones, which have fewer decimals (S7)."""

    def __init__(
        self,
        frame: Frame,
        dialect: Dialect,
        merged: Collection[int] = (),
        *,
        with_unrated: bool = False,
    ) -> None:
        """`merged` are the identities of the nodes that others are merged from."""
        self.dialect = dialect
        self.merged = merged
        self.with_unrated = with_unrated
        self.widens = False
        self.unrated: list[exp.Select] = []
        self.relations = Relations(frame, dialect)
        self.aggregates: dict[int, str] = {}
        """The names of aggregates, by the identity of their nodes."""
        self.shared: dict[tuple[object, ...], str] = {}
        """The names of queries that several parts of an answer may read, by what they hold."""
        self.again: dict[str, Again] = {}
        """The tables that are read a second time, by the names that they have there."""
        self._ctes: list[tuple[str, exp.Query]] = []

    def cte(self, wanted: str, query: exp.Query) -> str:
        """Add a query; return the name that it got."""
        name = self.relations.names.unused(wanted)
        self._ctes.append((name, query))
        return name

    def read_again(self, wanted: str, table: Again) -> str:
        """Remember what is a table's second name; return the name that it got."""
        name = self.relations.names.unused(wanted)
        self.again[name] = table
        return name

    def all_ctes(self) -> list[tuple[str, exp.Query]]:
        return [*self.relations.ctes, *self._ctes]

    def ctes_of(self, select: exp.Select) -> list[tuple[str, exp.Query]]:
        """Return the named queries that a SELECT reads, over others or itself."""
        read = {table.name for table in select.find_all(exp.Table)}
        kept: list[tuple[str, exp.Query]] = []
        for name, query in reversed(self.all_ctes()):
            if name in read:
                read |= {table.name for table in query.find_all(exp.Table)}
                kept.append((name, query))
        return kept[::-1]
