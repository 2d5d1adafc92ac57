"""Several grains in one query: the longer periods in which each period lies (S17)."""

from __future__ import annotations

from datetime import date, timedelta

from kpidsl.model.moments import DayPart
from kpidsl.model.periods import Grain
from kpidsl.model.project import Settings
from kpidsl.plan.query import Absent, Query
from tests.oracle.days import FISCAL, bucket, buckets, day_of
from tests.oracle.leaves import Answer
from tests.oracle.listed import is_listed
from tests.oracle.rows import Refused


def with_longer_periods(
    query: Query, grain: Grain | DayPart | None, settings: Settings, answer: Answer
) -> Answer:
    """An answer by `grain`, or by no time, with the columns of all grains of a query: the coarser
    ones, from the longest on, and the finest. A total has no period shorter than its own."""
    if query.grain is None:
        return answer
    if isinstance(query.grain, Grain):
        for each in query.coarser:
            if not _lies_in_one(query.grain, each, query, settings):
                raise Refused(f"a {query.grain} lies in several periods of one {each}")
    holding = {
        each: isinstance(grain, DayPart)
        or (grain is not None and _lies_in_one(grain, each, query, settings))
        for each in query.coarser
    }
    found: Answer = {}
    for key, values in answer.items():
        own, members = (None, key) if grain is None else (key[0], key[1:])
        longer = [_period(own, grain, each, settings, holds=holding[each]) for each in holding]
        period = own if grain is query.grain else Absent.ALL
        found[(*longer, period, *members)] = values
    return found


def _period(
    start: object, grain: Grain | DayPart | None, longer: Grain, settings: Settings, *, holds: bool
) -> object:
    """The first day of the longer period that holds the one that starts on a day, if one does."""
    if grain is None:
        return Absent.ALL
    assert isinstance(start, date)
    if grain is longer:
        return start
    return bucket(day_of(start), longer, settings)[0] if holds else Absent.ALL


def _lies_in_one(grain: Grain, longer: Grain, query: Query, settings: Settings) -> bool:
    """Whether each period lies in one longer one: of some years, or where years are no calendar
    months each that the window meets."""
    days = (date(2023, 1, 1), date(2027, 1, 1))
    if query.window is not None and {grain, longer} & set(FISCAL) and _own_years(settings):
        days = (query.window.start, query.window.end)
    elif _own_years(settings) and {grain, longer} & set(FISCAL):
        return False
    for start, _ in buckets(days, grain, settings):
        last = bucket(start, grain, settings)[1] - timedelta(days=1)
        if longer in FISCAL and not (_is_listed(start, settings) and _is_listed(last, settings)):
            return False
        if bucket(start, longer, settings)[0] != bucket(last, longer, settings)[0]:
            return False
    return True


def _own_years(settings: Settings) -> bool:
    return settings.week_years is not None or settings.listed is not None


def _is_listed(day: date, settings: Settings) -> bool:
    """Whether a day belongs to a year, where years are listed."""
    return settings.listed is None or is_listed(settings.listed.years, day)
