"""A question: which metrics, by what, over which window."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum

from kpidsl.model.expr import MetricExpr, QueryDimension, RowExpr
from kpidsl.model.moments import DayPart
from kpidsl.model.periods import Grain, Window
from kpidsl.model.units import Unit


@dataclass(frozen=True, slots=True)
class Selection:
    """One metric column of the answer, named `name`. `unit` is the one that was asked for, and
    `percent` whether it is shown as a percentage; without a unit both are those of the formula."""

    name: str
    expr: MetricExpr
    unit: Unit | None = None
    percent: bool = False


@dataclass(frozen=True, slots=True)
class Order:
    column: str
    descending: bool = False


@dataclass(frozen=True, slots=True)
class Top:
    """Of the last dimension only the first `count` members in each group of the others, by a
    column of the answer over the whole window; `rest`: the others together as one member."""

    count: int
    column: str
    descending: bool = True
    rest: bool = True


@dataclass(frozen=True, slots=True)
class Group:
    """Some of the keys of a question: the dimensions at the positions `by`, and the grain."""

    by: tuple[int, ...] = ()
    grain: Grain | DayPart | None = None


@dataclass(frozen=True, slots=True)
class Query:
    """`grain` groups by each metric's own clock (S15): by periods of days, or by parts of a day,
    which need a window (S17, S20); the columns of `coarser` tell the longer periods in which each
    lies. `window` is the report window, local days, half-open; `where` keeps members of dimensions
    (S2, S4, S14). `sparse`: only the rows that the data hold, rather than every period (S17).
    `dated`: rows without a time don't count, as in an answer by a grain or of a window. `totals`
    are rows of these groups beside, each recomputed (S10), as is what `top` leaves over. The
    window, or each period, is compared as the shorter periods of the length `compared_by` within it
    are, if that is given (S19).

    Rows that are left out change no value (S1): those at which `having` does not hold, and all but
    the first `limit` in each group of the keys `per`. Totals stay, and are over all rows."""

    select: tuple[Selection, ...]
    by: tuple[QueryDimension, ...] = ()
    grain: Grain | DayPart | None = None
    window: Window | None = None
    where: RowExpr | None = None
    order: tuple[Order, ...] = ()
    limit: int | None = None
    sparse: bool = False
    totals: tuple[Group, ...] = ()
    top: Top | None = None
    having: RowExpr | None = None
    per: Group = Group()
    coarser: tuple[Grain, ...] = ()
    dated: bool = False
    compared_by: Grain | None = None

    def whole(self) -> Query:
        """Return the question about all periods together: of the rows that count in any of them,
        and compared as they are."""
        own = self.grain if isinstance(self.grain, Grain) else None
        dated = self.grain is not None and self.window is None
        return replace(self, grain=None, dated=dated, compared_by=self.compared_by or own)

    def values_alone(self) -> Query:
        """Return the question about the same values, less what is said of the rows of the answer:
        their order, which of them are left out, and totals beside them."""
        shown = replace(self, order=(), limit=None, having=None, per=Group())
        return replace(shown, totals=(), coarser=(), top=None)


class Absent(Enum):
    """Why a dimension has no member in a row (S2, S9): the row matched but its value is NULL,
    the join found no partner, a fixed amount belongs to no member, or the row is one of all members
    that a top list leaves over, or a total over all members.

    No text enumeration: a member whose own text is `(none)` must not equal `Absent.NONE`.
    """

    NONE = "(none)"
    UNMAPPED = "(unmapped)"
    UNALLOCATED = "(unallocated)"
    OTHER = "(other)"
    ALL = "(all)"

    def __str__(self) -> str:
        return self.value
