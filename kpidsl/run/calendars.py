"""Years that a source lists, from its rows (S20)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import pairwise

from kpidsl.model.listed_years import ListedCalendar, ListedMonth, ListedYears
from kpidsl.model.project import Model
from kpidsl.model.sources import Source
from kpidsl.text.diagnostic import Diagnostic, error, warning
from kpidsl.text.display import counted

_DAY = timedelta(days=1)


def with_years(model: Model, years: ListedYears) -> Model:
    """Return a model whose calendar knows its years."""
    listed = model.settings.listed
    assert listed is not None
    read = listed.model_copy(update={"years": years})
    settings = model.settings.model_copy(update={"listed": read})
    return model.model_copy(update={"settings": settings})


def years_of(
    rows: Sequence[tuple[object, ...]], calendar: ListedCalendar
) -> tuple[ListedYears, list[Diagnostic]]:
    """Return the whole years that rows of days and numbers list, or what is wrong with them.

    Of a year in whose midst the rows begin or end it is not known where its quarters and the year
    itself do, so it is none of the years.
    """
    known = [row for row in map(_row, rows) if row is not None]
    problems = list(_unread(len(rows) - len(known), len(rows)))
    known.sort(key=lambda row: (row.start, row.end))
    problems += _apart(known)
    months = _merged(known)
    problems += [] if problems else _out_of_order(months)
    whole = [] if problems else _whole(months)
    if not problems and not whole:
        problems.append("its rows hold no whole year")
    found = [
        error(
            "K660",
            f"the calendar `{calendar.name}` can't be read from `{calendar.source}`: {problem}",
            calendar.span,
            help="correct the rows: each day once, in months numbered from 1 in every year",
        )
        for problem in problems
    ]
    return ListedYears(tuple(whole)), found


def outside(source: Source, ends: tuple[object, ...], calendar: ListedCalendar) -> list[Diagnostic]:
    """Return that a source has rows on days that a calendar does not list; `ends` are the first and
    the last day of its rows."""
    years = calendar.years
    known = [day for day in map(_day, ends) if day is not None]
    if all(map(years.lists, known)):
        return []
    first, last = years.months[0].start, years.months[-1].end - _DAY
    return [
        warning(
            "K661",
            f"`{source.name}` has rows from {known[0]} to {known[-1]}, and the calendar "
            f"`{calendar.name}` lists whole years from {first} to {last}",
            calendar.span,
            help=f"add the other years to `{calendar.source}`; until then they are refused by "
            "fiscal periods",
        )
    ]


@dataclass(frozen=True, slots=True)
class _Row:
    start: date
    end: date
    label: tuple[int, int, int]
    """Year, quarter and month."""


def _row(row: tuple[object, ...]) -> _Row | None:
    first, last, *numbers = row
    start, until = _day(first), _day(last)
    year, quarter, month = map(_whole_number, numbers)
    if start is None or until is None or year is None or quarter is None or month is None:
        return None
    return _Row(start, until + _DAY, (year, quarter, month)) if start <= until < date.max else None


def _day(value: object) -> date | None:
    if isinstance(value, str):  # as SQLite gives it, and DuckDB a day that Python has none for
        with suppress(ValueError):
            value = date.fromisoformat(value[:10])
    if isinstance(value, datetime):
        return value.date()
    return value if isinstance(value, date) else None


def _whole_number(value: object) -> int | None:
    text = str(value)
    number, _, places = text.partition(".")
    is_whole = number.isdecimal() and not places.strip("0")
    return int(number) if is_whole else None


def _unread(count: int, rows: int) -> Iterator[str]:
    if count:
        yield f"{count:,} of {counted(rows, 'row')} have no days or no whole numbers"


def _apart(rows: Sequence[_Row]) -> Iterator[str]:
    """Yield that days are missing between rows, and that rows share days."""
    gaps = [(one.end, two.start) for one, two in pairwise(rows) if one.end < two.start]
    shared = [two.start for one, two in pairwise(rows) if two.start < one.end]
    if gaps:
        days = sum((end - start).days for start, end in gaps)
        verb = "is" if days == 1 else "are"
        yield f"{counted(days, 'day')} between its rows {verb} missing, first {gaps[0][0]}"
    if shared:
        verb = "begins" if len(shared) == 1 else "begin"
        yield f"{counted(len(shared), 'row')} {verb} on a day of another, first on {shared[0]}"


def _merged(rows: Sequence[_Row]) -> list[ListedMonth]:
    """Put together the days of each month."""
    months: list[ListedMonth] = []
    for row in rows:
        year, quarter, number = row.label
        if months and (months[-1].year, months[-1].quarter, months[-1].number) == row.label:
            months[-1] = replace(months[-1], end=row.end)
        else:
            months.append(ListedMonth(row.start, row.end, year, quarter, number))
    return months


def _out_of_order(months: Sequence[ListedMonth]) -> Iterator[str]:
    for one, two in pairwise(months):
        within = (two.year, two.number) == (one.year, one.number + 1)
        follows = within and two.quarter - one.quarter in {0, 1}
        begins = (two.year, two.quarter, two.number) == (one.year + 1, 1, 1)
        if not (follows or begins):
            yield (
                f"month {two.number} of {two.year} (quarter {two.quarter}) from {two.start} on "
                f"follows month {one.number} of {one.year} (quarter {one.quarter})"
            )
            return


def _whole(months: Sequence[ListedMonth]) -> list[ListedMonth]:
    """Leave out the months of a first and a last year that are there in part."""
    begun = next((place for place, month in enumerate(months) if month.number == 1), len(months))
    found = list(months[begun:])
    lengths: dict[int, int] = {}
    for month in found:
        lengths[month.year] = lengths.get(month.year, 0) + 1
    if len(lengths) > 1:
        *before, last = lengths
        if lengths[last] < min(lengths[year] for year in before):
            found = [month for month in found if month.year != last]
    return found
