"""What a dialect may do differently, as functions that build trees."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Protocol
from zoneinfo import ZoneInfo

from sqlglot import exp

from kpidsl.model.moments import DayPart, Run
from kpidsl.model.periods import Grain


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
    """`name` is sqlglot's name of the dialect."""

    name: str

    def local_time(self, value: exp.Expr, clock: Clock) -> exp.Expr:
        """Return a time column's value as a naive local timestamp."""

    def instant(self, value: exp.Expr, clock: Clock) -> exp.Expr:
        """Return a time column's value as a naive timestamp of UTC; of two instants at which the
        local clock that it is stored by shows the same, the later one."""

    def part_start(self, instant: exp.Expr, local: exp.Expr, part: DayPart) -> exp.Expr:
        """Return the instant at which the part of a day begins that holds an instant, given the
        local time then."""

    def period_start(self, value: exp.Expr, grain: Grain, week_starts: int) -> exp.Expr:
        """Return the first day, as a DATE, of the period that holds a local timestamp."""

    def add(self, value: exp.Expr, months: int, days: int) -> exp.Expr:
        """Return a DATE moved by calendar months, then days."""

    def date_series(self, first: exp.Expr, last: exp.Expr, grain: Grain) -> exp.Expr:
        """Return a set-returning expression: the starts of the periods from first to last."""

    def instants(self, run: Run) -> exp.Expr:
        """Return a set-returning expression: the instants at which parts of a day begin."""

    def quantile(self, value: exp.Expr, fraction: Decimal) -> exp.Expr:
        """Return the value below which a share of the values lies, exact, as a float; between two
        values in proportion."""

    def type_of(self, value: exp.Expr) -> exp.Expr:
        """Return the name of a value's type, as text."""

    def field(self, value: exp.Expr, name: str) -> exp.Expr:
        """Return a field of a struct."""

    def unnested(self, value: exp.Expr) -> exp.Expr:
        """Return a set-returning expression: one row per element of a list."""

    def all_but(self, columns: list[str]) -> exp.Expr:
        """Return `*` less some columns."""
