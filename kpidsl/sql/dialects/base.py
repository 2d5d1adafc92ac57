"""What a dialect may do differently, as functions that build trees."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from enum import StrEnum
from typing import Protocol
from zoneinfo import ZoneInfo

from sqlglot import exp

from kpidsl.model.moments import DayPart, Run
from kpidsl.model.periods import Grain
from kpidsl.model.units import Datatype

NAMED = "column named "
"""What a dialect lacks and begins so, needs another name."""


class Kind(StrEnum):
    """What a type holds, whatever an engine calls it. A moment says in which zone it is, or not."""

    DAY = "days"
    MOMENT = "moments"
    ZONED = "moments with a zone"
    NUMBER = "numbers"
    TEXT = "texts"
    OTHER = "other values"


@dataclass(frozen=True, slots=True)
class Clock:
    """How a time column's values become local time (S20)."""

    zone: str
    stored_as: str | None

    def stored(self, day: date) -> datetime:
        """Return the stored value at which a local day begins."""
        midnight = datetime.combine(day, time.min)
        if self.stored_as is None:
            return midnight
        local = midnight.replace(tzinfo=ZoneInfo(self.zone))
        return local.astimezone(ZoneInfo(self.stored_as)).replace(tzinfo=None)


class Dialect(Protocol):
    """`name` is sqlglot's name of the dialect. Values have the types of their columns where it
    `is_typed`, and each its own where it is not; where it `has_booleans`, these are no numbers.
    Where it `reads_loosely`, a text that is no time is NULL once it is read as one; where it
    `numbers_times`, a day or a moment is some number where it is computed with.

    Trees are built with DuckDB's types and functions; `text` writes them as the dialect does.
    What it has no way to write at all, `lacks` finds.
    """

    name: str
    is_typed: bool
    has_booleans: bool
    reads_loosely: bool
    numbers_times: bool

    def text(self, tree: exp.Expr, *, pretty: bool, copy: bool = True) -> str:
        """Return the SQL of a tree, which stays as it is, or without a copy, which takes as long
        again, may be changed."""

    def lacks(self, tree: exp.Query) -> list[str]:
        """Return what a tree needs and the dialect has not, in words that follow `has no`."""

    def local_time(self, value: exp.Expr, clock: Clock) -> exp.Expr:
        """Return a time column's value as a naive local timestamp."""

    def local_end(
        self, value: exp.Expr, clock: Clock, end: type[exp.Min] | type[exp.Max]
    ) -> exp.Expr:
        """Return the first or the last of a time column's values as a naive local timestamp."""

    def stored_time(self, value: exp.Expr, clock: Clock) -> exp.Expr:
        """Return a time column's value so that it compares with `clock.stored`."""

    def instant(self, value: exp.Expr, clock: Clock) -> exp.Expr:
        """Return a time column's value as a naive timestamp of UTC; of two instants at which the
        local clock that it is stored by shows the same, the later one."""

    def part_start(self, instant: exp.Expr, local: exp.Expr, part: DayPart) -> exp.Expr:
        """Return the instant at which the part of a day begins that holds an instant, given the
        local time then."""

    def period_start(self, value: exp.Expr, grain: Grain, week_starts: int) -> exp.Expr:
        """Return the first day, as a DATE, of the period that holds a local timestamp."""

    def month_number(self, value: exp.Expr) -> exp.Expr:
        """Return what tells the month of a local timestamp from others most quickly."""

    def month_of(self, number: exp.Expr) -> exp.Expr:
        """Return the first day, as a DATE, of the month that such a number tells."""

    def add(self, value: exp.Expr, months: int, days: int) -> exp.Expr:
        """Return a DATE moved by calendar months, then days."""

    def later(self, moment: exp.Expr, seconds: int) -> exp.Expr:
        """Return a timestamp moved by seconds."""

    def date_series(
        self, first: exp.Expr, last: exp.Expr, grain: Grain, name: str, of: str | None
    ) -> exp.Select:
        """Return the starts of the periods from first to last, one row each, in a column `name`;
        the bounds stand in the one row of the table `of`, or are constants."""

    def each_day(
        self, first: exp.Expr, last: exp.Expr, name: str, kept: tuple[str, ...], of: str
    ) -> exp.Select:
        """Return one row for each day from the first to the last of a row of the table `of`, in a
        column `name` after the columns `kept`; none where the last is before the first."""

    def listed_days(self, names: Sequence[str], rows: Sequence[Sequence[date]]) -> exp.Query:
        """Return rows, one or more, of days that are known while compiling; `names` are those of
        their columns."""

    def instants(self, runs: Sequence[Run], name: str) -> exp.Query:
        """Return the instants at which parts of a day begin, one row each, in a column `name`."""

    def quantile(self, value: exp.Expr, fraction: Decimal) -> exp.Expr:
        """Return the value below which a share of the values lies, exact, as a float; between two
        values in proportion."""

    def picked(self, value: exp.Expr, order: Sequence[exp.Expr], *, last: bool) -> exp.Expr:
        """Return the first of the values in an order, or the last; a row without a value counts for
        none, and so does one that lacks the first part of the order."""

    def summand(self, value: exp.Expr) -> exp.Expr:
        """Return a number so that a sum is no coarser than what it adds up."""

    def widened(self, value: exp.Expr) -> exp.Expr:
        """Return a number that keeps its decimals where it meets others in one column."""

    def certain_digits(self, value: exp.Expr) -> exp.Expr:
        """Return the first fifteen digits of a float, to be cast to a decimal: what is computed in
        floats has noise in the later ones."""

    def comparable(self, value: exp.Expr, datatype: Datatype) -> exp.Expr:
        """Return a value so that it compares with others of a type, UNKNOWN where only the data
        tell; where columns have types of their own it is the value itself."""

    def type_of(self, value: exp.Expr) -> exp.Expr:
        """Return the name of a value's type, as text."""

    def kind_of(self, type_name: str) -> Kind:
        """Return what a type holds that `type_of` or the catalogue names."""

    def field(self, value: exp.Expr, name: str) -> exp.Expr:
        """Return a field of a struct."""

    def unnested(self, rows: exp.Subquery, value: exp.Expr, alias: str, hides: bool) -> exp.Select:
        """Return one row per element of a list: the element as `alias`, then the columns of
        `rows`, of which it `hides` the one of its own name."""


class MonthsByDay:
    """Tells months by their first days, where nothing is quicker."""

    def month_number(self: Dialect, value: exp.Expr) -> exp.Expr:
        return self.period_start(value, Grain.MONTH, 0)

    def month_of(self, number: exp.Expr) -> exp.Expr:
        return number
