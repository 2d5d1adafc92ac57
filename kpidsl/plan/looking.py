"""Which days count towards each period of a question (S16, S18, S19)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date, timedelta

from kpidsl.model.moments import DayPart, runs
from kpidsl.model.periods import (
    Calendar,
    Grain,
    Window,
    moved_back,
    period_start,
    periods,
    same_week,
    shift_window,
    week_of_year,
)
from kpidsl.model.week_years import WeekYears
from kpidsl.plan.looks import Look, Reach, Shift
from kpidsl.plan.query import Query
from kpidsl.plan.refusal import Refused
from kpidsl.text.diagnostic import Diagnostic, error

MOST_CELLS = 1_000_000
"""So many periods with a combination of members each an answer may have (S17)."""


def look_of(query: Query, calendar: Calendar, shift: Shift, reach: Reach | None) -> Look:
    """Return how a leaf of the question looks at time."""
    if isinstance(query.grain, DayPart):
        if shift or reach is not None:
            raise Refused(beyond_part_of_day(query.grain, "a value that looks at other days"))
        return Look()
    if shift and query.window is None:
        raise Refused(
            error(
                "K469",
                "a prior value is asked for, and the question has no window",
                help="say from when to when, as in `--period 2026`",
            )
        )
    if reach is not None and query.grain is None and query.window is None:
        raise Refused(
            error(
                "K469",
                "a value up to the end of a period is asked for, and the question has no period",
                help="say from when to when, as in `--period 2026`, or group by a grain",
            )
        )
    _check_listed(query, calendar, (query.grain, None if reach is None else reach.since))
    pairs = _pairs(query, calendar, shift, reach)
    look = Look(shift, reach, pairs, _evenly(query, calendar, shift, reach, pairs))
    moves_whole = query.grain is None or (reach is None and not look.listed)
    return replace(look, joined=not (moves_whole and _aligned(look.moves, query.grain)))


def check_periods(query: Query, zone: str) -> None:
    """Refuse parts of days without end, and more periods than an answer can hold (S17); how many
    members they have each only the data tell."""
    grain, window = query.grain, query.window
    if isinstance(grain, DayPart) and window is None:
        message = f"`{grain}` is asked for, and the question has no window"
        raise Refused(error("K488", message, help="say which days, as in `--period 2026-06-30`"))
    if query.sparse or window is None:
        return
    if isinstance(grain, DayPart):
        count = sum(run.count for run in runs(window, grain, zone))
    else:
        count = window.days if grain is Grain.DAY else 0
    if count > MOST_CELLS:
        message = f"the window has {count:,} periods of one `{grain}`"
        mend = "say fewer days, as in `--period 2026-06-30`, or `--sparse`"
        raise Refused(error("K488", message, help=mend))


def beyond_part_of_day(part: DayPart, what: str) -> Diagnostic:
    """Return the refusal of a value that is no count or sum of what a part of a day holds."""
    return error(
        "K487",
        f"{what} is asked for by `{part}`, which knows what happens within it alone",
        help="ask by `day`",
    )


Span = tuple[date | None, date]
"""The first day that counts (None: all from the beginning do) and the first that does no more."""


def counted_days(
    window: Window | None, grain: Grain | DayPart | None, calendar: Calendar, look: Look
) -> Span | None:
    """Return the days that any period needs; None when the question has no window."""
    if window is None:
        return None
    if isinstance(grain, DayPart) or not (look.shift or look.reach or look.pairs):
        return window.start, window.end
    is_bounded = look.reach is None or look.reach.is_bounded
    days = looked_at if is_bounded else moved_periods
    known = [own for _, own in days(window, grain, calendar, look) if own is not None]
    if not known:
        return window.start, window.start
    end = max(own.end for own in known)
    return (min(own.start for own in known) if is_bounded else None), end


def looked_at(
    window: Window, grain: Grain | None, calendar: Calendar, look: Look
) -> list[tuple[date | None, Window | None]]:
    """Return each period of a window (None: the window itself) by its first day, with the days
    that count towards it: None where it has no partner. Not for a look back to the beginning."""
    moved = moved_periods(window, grain, calendar, look)
    return [(start, _reached(own, look.reach, calendar)) for start, own in moved]


def moved_periods(
    window: Window, grain: Grain | None, calendar: Calendar, look: Look
) -> tuple[tuple[date | None, Window | None], ...]:
    """Return each period of a window as `looked_at` does, with its own days, moved (S19)."""
    back = look.shift
    if look.pairs is not None:
        return look.pairs
    if grain is None:
        return ((None, shift_window(window, -back.months, -back.days)),)
    return tuple(
        (
            period_start(piece.start, grain, calendar),
            shift_window(piece, -back.months, -back.days),
        )
        for piece in periods(window, grain, calendar)
    )


def _reached(own: Window | None, reach: Reach | None, calendar: Calendar) -> Window | None:
    if own is None or reach is None:
        return own
    first = reach.start(own.end, calendar)
    assert first is not None
    return Window(first, own.end)


def _aligned(shift: Shift, grain: Grain | None) -> bool:
    """Tell whether the grain's periods, moved, are whole periods again."""
    if not shift or grain is None:
        return True
    if grain.months:
        return not shift.days and shift.months % grain.months == 0
    return not shift.months and shift.days % grain.days == 0


def _pairs(
    query: Query, calendar: Calendar, shift: Shift, reach: Reach | None
) -> tuple[tuple[date | None, Window | None], ...] | None:
    """Return each period, or the window (None) of a question without periods, with the days that it
    looks at, where no calendar arithmetic of the engine tells them: those of weeks moved by months,
    and of years of whole weeks."""
    grain, window = query.grain, query.window
    if isinstance(grain, DayPart) or window is None:
        return None
    since = None if reach is None else reach.since
    pairs: tuple[tuple[date | None, Window | None], ...] | None
    if grain is None:
        own = _moved_whole(window, query.compared_by, calendar, shift)
        by_date = shift_window(window, -shift.months, -shift.days)
        pairs = None if own == by_date else ((None, own),)
    else:
        pairs = partners(window, grain, calendar, shift)
        shorter = query.compared_by
        if shorter is not None and (pairs or partners(window, shorter, calendar, shift)):
            pairs = tuple(
                (
                    period_start(piece.start, grain, calendar),
                    _moved_whole(piece, shorter, calendar, shift),
                )
                for piece in periods(window, grain, calendar)
            )
    if pairs is None and calendar.own_years(since) is None:
        return None
    pairs = pairs or moved_periods(window, grain, calendar, Look(shift))
    return tuple((start, own if begins(own, since, calendar) else None) for start, own in pairs)


def partners(
    window: Window, grain: Grain, calendar: Calendar, shift: Shift
) -> tuple[tuple[date, Window | None], ...] | None:
    """Return each period with the days that it looks at, where these are other ones than its own
    dates, moved: weeks moved by months, and months of a calendar's own years."""
    if grain is Grain.WEEK and shift.months:
        return tuple(_week_pairs(window, calendar, shift))
    if calendar.own_years(grain) is not None:
        return tuple(_fiscal_pairs(window, grain, calendar, shift))
    return None


def _moved_whole(
    window: Window, grain: Grain | None, calendar: Calendar, shift: Shift
) -> Window | None:
    """Move the days of a total over periods of a grain (S19): from the first partner on up to the
    last one's end, so that these make up the whole; or of a question that is about none."""
    if grain is None:
        return moved_back(window, shift.months, shift.days, calendar)
    look = Look(shift, pairs=partners(window, grain, calendar, shift))
    return look.moved(window, None, calendar)


def _evenly(
    query: Query,
    calendar: Calendar,
    shift: Shift,
    reach: Reach | None,
    pairs: tuple[tuple[date | None, Window | None], ...] | None,
) -> Shift | None:
    """Return the days back at which each week of the question finds the one of the same number: all
    do at as many, unless a 53rd week lies between for some of them. When a period of a calendar's
    own years began, only a list of days tells."""
    by_years = shift.months and _is_by_weeks(shift)
    is_listed = reach is not None and calendar.own_years(reach.since) is not None
    if pairs is None or query.grain is not Grain.WEEK or not by_years or is_listed:
        return None
    assert query.window is not None
    pieces = periods(query.window, Grain.WEEK, calendar)
    back = {
        move
        for piece, (_, own) in zip(pieces, pairs, strict=True)
        for move in ([None] if own is None else [piece.start - own.start, piece.end - own.end])
    }
    move = back.pop() if len(back) == 1 else None
    return None if move is None else Shift(days=move.days)


def _fiscal_pairs(
    window: Window, grain: Grain, calendar: Calendar, shift: Shift
) -> Iterator[tuple[date, Window | None]]:
    """Months of a calendar's own years look at those of the same number, or so many days before."""
    years = calendar.own_years(grain)
    assert years is not None
    for piece in periods(window, grain, calendar):
        start = period_start(piece.start, grain, calendar)
        if not shift.months:
            yield start, shift_window(piece, days=-shift.days)
            continue
        found = years.moved(piece.start, piece.end, shift.months)
        yield start, None if found is None else shift_window(Window(*found), days=-shift.days)


def begins(own: Window | None, since: Grain | None, calendar: Calendar) -> bool:
    """Tell whether it is known when the period of a grain began that some days end in."""
    return own is None or calendar.knows(own.last_day, since)


def _check_listed(query: Query, calendar: Calendar, grains: Iterable[Grain | None]) -> None:
    """Refuse periods of a calendar's own years without end, or on days that it doesn't list."""
    years = next(filter(None, map(calendar.own_years, grains)), None)
    if years is None:
        return
    if query.window is None:
        raise Refused(
            error(
                "K489",
                "periods of a calendar are asked for, and the question has no window",
                help="say from when to when, as in `--period FY2026`",
            )
        )
    missing = [day for day in (query.window.start, query.window.last_day) if not years.lists(day)]
    if missing:
        raise Refused(
            error(
                "K492",
                f"the project's calendar does not list the whole year that {missing[0]} is of",
                help="add the year to the calendar's source, or ask for days that it lists",
            )
        )


def _week_pairs(
    window: Window, calendar: Calendar, shift: Shift
) -> Iterator[tuple[date, Window | None]]:
    """By whole years a week looks at the week of the same number, of which there may be none, or of
    that of so many weeks before; by months at the days of the same dates."""
    for piece in periods(window, Grain.WEEK, calendar):
        start = period_start(piece.start, Grain.WEEK, calendar)
        if not _is_by_weeks(shift):
            yield start, shift_window(piece, -shift.months, -shift.days)
            continue
        found = _same_week(start - timedelta(days=shift.days), shift.months // 12, calendar)
        moved = None if found is None else found - start
        yield start, None if moved is None else _moved(piece, moved)


def _is_by_weeks(shift: Shift) -> bool:
    """Tell whether a week looks back by whole years and weeks."""
    return not shift.months % 12 and not shift.days % 7


def _same_week(start: date, years: int, calendar: Calendar) -> date | None:
    """Return the first day of the week of the same number some years before, or None: of the
    project's years of weeks, else of ISO's."""
    if isinstance(calendar.years, WeekYears):
        year, number = calendar.years.week_of(start)
        return calendar.years.week(year - years, number)
    year, number = week_of_year(start)
    return same_week(year - years, number, calendar)


def _moved(window: Window, by: timedelta) -> Window:
    return Window(window.start + by, window.end + by)
