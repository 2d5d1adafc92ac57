"""What stands around a part of a formula, and which days count there (S14, S18, S19)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta

from kpidsl.model.expr import (
    Convert,
    Filtered,
    MeasureRef,
    OverEntities,
    Prior,
    QueryDimension,
    Rolling,
    RowExpr,
    Running,
    ToDate,
)
from kpidsl.model.moments import DayPart
from kpidsl.model.periods import Grain
from kpidsl.model.project import Settings
from kpidsl.model.sources import Stock
from kpidsl.plan.query import Query
from tests.oracle import listed, retail
from tests.oracle.days import FISCAL, Span, bucket, buckets, earlier, same_week_earlier
from tests.oracle.money import Conversion
from tests.oracle.rows import Refused


@dataclass(frozen=True, slots=True)
class Shift:
    """How far back: the sum of all `prior` around (S19)."""

    months: int = 0
    days: int = 0

    def further(self, other: Shift) -> Shift:
        return Shift(self.months + other.months, self.days + other.days)

    def of(self, span: Span | None) -> Span | None:
        still = not self.months and not self.days
        return span if span is None or still else earlier(span, self.months, self.days)


@dataclass(frozen=True, slots=True)
class Around:
    """What stands around a part of a formula: filters, `prior`s, one of `rolling`, `running` and
    `to_date` (None: none), the dimensions that totals keep (None: no total around), whether they
    keep what a top list is by, the dimensions that tell the entity over which there is an aggregate
    around, and `convert`s, the innermost first."""

    filters: tuple[RowExpr, ...] = ()
    shift: Shift = Shift()
    reach: Rolling | Running | ToDate | None = None
    kept: tuple[int, ...] | None = None
    rest: bool = True
    per: tuple[QueryDimension, ...] = ()
    conversions: tuple[Conversion, ...] = ()

    def own(self, span: Span | None, query: Query, settings: Settings) -> Span | None:
        """The days of the unshifted period `span`, moved (S19); empty without a partner."""
        if query.compared_by is not None and span is not None:
            moved: Span | None = self._moved_by_periods(span, query.compared_by, settings)
        else:
            moved = self._moved(span, query.grain, settings)
        fiscal = isinstance(self.reach, ToDate) and self.reach.grain in FISCAL
        if fiscal and moved is not None and settings.listed is not None:
            last = moved[1] - timedelta(days=1)
            if span is not None and not listed.is_listed(settings.listed.years, last):
                return span[0], span[0]
        return moved

    def _moved_by_periods(self, span: Span, grain: Grain, settings: Settings) -> Span:
        """From the first partner of the periods in a span up to the end of the last."""
        pieces = [piece for _, piece in buckets(span, grain, settings)]
        moved = [self._moved(piece, grain, settings) for piece in pieces]
        found = [each for each in moved if each is not None and each[0] < each[1]]
        return (found[0][0], found[-1][1]) if found else (span[0], span[0])

    def _moved(
        self, span: Span | None, grain: Grain | DayPart | None, settings: Settings
    ) -> Span | None:
        months, rest = self.shift.months, self.shift.days
        by_weeks = grain is Grain.WEEK and not months % 12 and not rest % 7
        if span is not None and months and rest and by_weeks:  # of the year before the week before
            week = earlier(span, 0, rest)
            return same_week_earlier(week, months // 12, settings) or (span[0], span[0])
        if span is None or not months:
            return self.shift.of(span)
        if settings.listed is not None:
            own = settings.listed.years
            if grain in FISCAL or (grain is None and listed.is_compared_by_months(own, span)):
                found = listed.earlier(own, span, months)
                return earlier(found, 0, rest) if found else (span[0], span[0])
        years = settings.week_years
        if years is not None and (
            grain in FISCAL or (grain is None and retail.is_compared_by_months(years, span))
        ):
            start, end = (retail.earlier(years, day, months) for day in span)
            return earlier((start, end), 0, rest) if start < end else (span[0], span[0])
        if grain is not Grain.WEEK or months % 12 or rest:
            return self.shift.of(span)
        return same_week_earlier(span, months // 12, settings) or (span[0], span[0])

    def days(self, span: Span | None, query: Query, settings: Settings) -> Span | None:
        """The days that count towards the unshifted period `span` (S18, S19)."""
        moved = self.own(span, query, settings)
        if moved is None or self.reach is None or moved[0] == moved[1]:
            return moved
        end = moved[1]
        match self.reach:
            case Running():
                return date.min, end
            case ToDate(_, grain):
                return bucket(end - timedelta(days=1), grain, settings)[0], end
            case Rolling(_, months, days):
                return earlier((end, end), months, days)[0], end


def within(expr: Convert | Filtered | Prior | Rolling | Running | ToDate, around: Around) -> Around:
    if isinstance(expr, Filtered):
        return replace(around, filters=(*around.filters, expr.predicate))
    if isinstance(expr, Convert):
        return replace(around, conversions=((expr.of, expr.into), *around.conversions))
    if around.reach is not None:
        raise Refused("what is taken of a rolling, running or to-date value is filtered at most")
    if isinstance(expr, Prior):
        return replace(around, shift=around.shift.further(Shift(expr.months, expr.days)))
    return replace(around, reach=expr)


def as_declared(
    expr: MeasureRef, stock: Stock | None, around: Around
) -> tuple[MeasureRef | OverEntities, Around]:
    """What a level is over several days: that of the last of them, or the average of all (S11)."""
    if stock is None or not isinstance(around.reach, Rolling | ToDate) or stock.rolling is None:
        return expr, around
    if stock.rolling == "last":
        return expr, replace(around, reach=None)
    return OverEntities(expr, "avg", (), None, Grain.DAY), around
