"""From a question in words to a checked query."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypedDict

from kpidsl.api.comparing import check_comparisons, compared
from kpidsl.api.config import MOST_ROWS
from kpidsl.api.splitting import Split, group_of, repeated, split_by, totals_of, unknown_words
from kpidsl.kinds.binding.report_days import Days
from kpidsl.kinds.vocabulary import Vocabulary
from kpidsl.model.expr import RowExpr
from kpidsl.model.leaves import leaf_sources
from kpidsl.model.period_texts import is_iso_week, parse_period
from kpidsl.model.periods import Grain, Window
from kpidsl.model.project import Model, Settings
from kpidsl.plan.members import needs_metric
from kpidsl.plan.query import Group, Order, Query, Selection, Top
from kpidsl.syntax.parser import parse_expression
from kpidsl.text.diagnostic import Diagnostic, error, has_errors
from kpidsl.text.source import SourceFile, Span


class Asked(TypedDict, total=False):
    """What may be asked beside the metrics; each key is explained at `Question`."""

    by: Sequence[str]
    where: str | None
    period: str | None
    order: Sequence[str]
    limit: int | None
    compare: Sequence[str]
    totals: bool | Sequence[str]
    top: int | None
    rest: bool
    sparse: bool
    having: str | None
    per: Sequence[str]


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked, as text. Without `metrics` it is which members there are of `by`.

    `by` holds dimensions and grains of time, of which the finest makes the periods; `period` is
    `2026-Q2`, `2026-01 .. 2026-06`, or None for all data; conditions on `time` in `where` cut it
    (S16). `order` names columns, a leading `-` turns one round, and what has no value is last
    either way. `compare` adds a column per metric: `prior_year`, `prior_month`, …, `plan`, and with
    `:difference` or `:change` behind the word how far the metric is off, as an amount or as a
    percentage.

    `totals` adds rows: the totals over the last of `by`, over the last two, …, and over everything,
    each computed from the rows (S10); or else those that are named: `["region", "month+channel",
    "all"]`. `top` keeps the first so many members of the last of `by`, in
    each group of the others, by the first metric of `order` or else the largest of the first
    metric; `rest` adds all others as one row. `sparse` leaves out the periods in which a member has
    no rows, which otherwise are there with the values of none (S17).

    `having` is a condition over metrics, such as `revenue > 100`, and keeps the rows at which it
    holds; `limit` keeps the first so many of these, in each group of the columns `per`, or of all.
    Neither changes a value, and totals are over all rows.
    """

    metrics: Sequence[str]
    by: Sequence[str] = ()
    where: str | None = None
    period: str | None = None
    order: Sequence[str] = ()
    limit: int | None = None
    compare: Sequence[str] = ()
    totals: bool | Sequence[str] = False
    top: int | None = None
    rest: bool = True
    sparse: bool = False
    having: str | None = None
    per: Sequence[str] = ()


def ask(
    question: Question, model: Model, vocabulary: Vocabulary | None = None
) -> tuple[Query | None, list[Diagnostic]]:
    """Return the query that a question means, or None with all that is wrong in it.

    `vocabulary` may be shared between questions of the same model.
    """
    vocabulary = vocabulary or Vocabulary(model)
    found: list[Diagnostic] = []
    if not all(text.strip() for text in question.metrics):
        found.append(error("K924", "no metric is asked for", help="name at least one metric"))
    asked: list[Selection] = []
    for text in filter(str.strip, question.metrics):
        selection, own = _metric(text, vocabulary)
        found += own
        if selection is not None:
            asked.append(selection)
    homes = frozenset[str]().union(*(leaf_sources(item.expr, model.metrics) for item in asked))
    split, own = split_by(question.by, vocabulary, homes)
    found += own
    keys = split.columns
    select: list[Selection] = []
    for item in asked:
        name = _unused(item.name, [*keys, *(other.name for other in select)])
        select.append(item if name == item.name else replace(item, name=name))
    where, days, own = _where(question.where, vocabulary, homes)
    found += own
    period, own = window_of(question.period, model.settings)
    window, found = period, found + own
    if not has_errors(own):
        window, own = _cut(period, days)
        found += own
    select, own = _with_compared(select, question.compare, model)
    calendar = model.settings.calendar
    found += [*own, *check_comparisons(question.compare, split.grain, window, calendar)]
    found += repeated(question.compare)
    having, own = _having(question.having, vocabulary)
    found += own
    order = tuple(Order(text.removeprefix("-"), text.startswith("-")) for text in question.order)
    columns = [*(item.name for item in select), *keys]
    found += unknown_words([item.column for item in order], columns, "column to order by")
    found += _of_first_rows(question, split)
    per, own = _per(question, split)
    found += own
    totals, own = totals_of(question.totals, split)
    found += own
    if not question.metrics:
        found += _of_members(question)
    if has_errors(found):
        return None, found
    is_of_weeks = split.grain is None and window == period and _is_of_weeks(question.period)
    query = Query(
        tuple(select),
        split.by,
        split.grain,
        window,
        where,
        order,
        question.limit,
        totals=totals,
        sparse=question.sparse,
        coarser=split.coarser,
        having=having,
        per=per,
        compared_by=Grain.WEEK if is_of_weeks else None,
    )
    if question.top is not None:
        query = replace(query, top=_top(question.top, question.rest, query))
    return query, found


def _of_members(question: Question) -> list[Diagnostic]:
    """Return what a question about members alone can't be turned into a query with; the plan says
    what else is about metrics."""
    needed = {"top": question.top is not None, "compare": bool(question.compare)}
    return [needs_metric(f"`{what}`") for what, is_asked in needed.items() if is_asked]


def _of_first_rows(question: Question, split: Split) -> list[Diagnostic]:
    """Return what is wrong with how many rows and members are asked for."""
    found: list[Diagnostic] = []
    if question.limit is not None and question.limit < 1:
        found.append(
            error("K924", f"a limit of {question.limit} leaves no row", help="use 1 or more")
        )
    if question.top is not None and question.top < 1:
        found.append(error("K924", f"a top of {question.top} has no member", help="use 1 or more"))
    if max(question.limit or 0, question.top or 0) > MOST_ROWS:
        mend = f"use at most {MOST_ROWS:,}"
        found.append(error("K924", "more rows are asked for than an answer may have", help=mend))
    if question.top is not None and not split.by:
        mend = "name a dimension, as in `--by product --top 10`"
        found.append(error("K924", "the first members of no dimension are asked for", help=mend))
    if question.top is not None and (question.having is not None or question.per):
        left_out = "`per`" if question.per else "`having`"
        mend = "leave `top` out: `limit` with `per` keeps the first rows of each group"
        message = f"`top` chooses members of all rows, and {left_out} leaves some of them out"
        found.append(error("K924", message, help=mend))
    return found


def _top(count: int, rest: bool, query: Query) -> Top:
    """Return whose first members are meant: by the first metric to order by, or the first one."""
    metrics = [item.name for item in query.select]
    first = next((item for item in query.order if item.column in metrics), None)
    if first is None:
        return Top(count, metrics[0], rest=rest)
    return Top(count, first.column, first.descending, rest)


def _metric(text: str, vocabulary: Vocabulary) -> tuple[Selection | None, Sequence[Diagnostic]]:
    value, found = vocabulary.metric_called(text)
    if value is None:
        return None, found
    return Selection(text, value.expr, value.unit, value.percent), found


def _unused(wanted: str, taken: Sequence[str]) -> str:
    name, number = wanted, 2
    while name in taken:
        name, number = f"{wanted} {number}", number + 1
    return name


def _where(
    text: str | None, vocabulary: Vocabulary, homes: frozenset[str]
) -> tuple[RowExpr | None, list[Days], list[Diagnostic]]:
    """Return the filter of members, and the days that it keeps."""
    if text is None:
        return None, [], []
    tree, found = parse_expression(SourceFile("<where>", text))
    if tree is None or has_errors(found):
        return None, [], found
    rest, days, own = vocabulary.days(tree)
    found += own
    if rest is None:
        return None, days, found
    condition, own = vocabulary.condition(rest, homes)
    return condition, days, found + own


def _cut(window: Window | None, days: Sequence[Days]) -> tuple[Window | None, list[Diagnostic]]:
    """Return the days of a window that are kept, or of all time."""
    if not days:
        return window, []
    ends = [] if window is None else [window.end]
    ends += [item.end for item in days if item.end is not None]
    starts = [] if window is None else [window.start]
    starts += [item.first for item in days if item.first is not None]
    place = days[0].span
    if not starts or not ends:
        last = "first" if not starts else "last"
        mend = f"say the {last} day too, joined by `and`, or a `--period`"
        return None, [error("K925", f"the filter on `time` names no {last} day", place, help=mend)]
    if max(starts) >= min(ends):
        mend = "name days that lie in the period, and the earlier one first"
        message = "no day is left of the period by the filter on `time`"
        return None, [error("K925", message, place, help=mend)]
    return Window(max(starts), min(ends)), []


def _having(text: str | None, vocabulary: Vocabulary) -> tuple[RowExpr | None, list[Diagnostic]]:
    if text is None:
        return None, []
    tree, found = parse_expression(SourceFile("<having>", text))
    if tree is None or has_errors(found):
        return None, found
    condition, own = vocabulary.kept(tree)
    return condition, found + own


def _per(question: Question, split: Split) -> tuple[Group, list[Diagnostic]]:
    """Return the groups of which the first rows are kept."""
    if not question.per:
        return Group(), []
    found: list[Diagnostic] = []
    if question.limit is None:
        mend = "say how many, as in `--limit 3 --per region`"
        found.append(error("K924", "the first rows of each group are asked for", help=mend))
    group, own = group_of(question.per, split)
    return group, found + own


def _with_compared(
    select: Sequence[Selection], words: Sequence[str], model: Model
) -> tuple[list[Selection], list[Diagnostic]]:
    """Return the columns, each followed by those that it is compared by."""
    columns: list[Selection] = []
    found: list[Diagnostic] = []
    for base in select:
        others, own = compared(base, words, model)
        columns += [base, *others]
        found += own
    return columns, found


def window_of(text: str | None, settings: Settings) -> tuple[Window | None, list[Diagnostic]]:
    """Read `2026-Q2` or `2026-01 .. 2026-06` (both ends belong to it).

    An ISO week is refused where the project's weeks don't start on Monday: it is none of the weeks
    that answers by week and pages are about (S20).
    """
    if text is None:
        return None, []
    parts = [part.strip() for part in text.split("..")]
    whole = Span(SourceFile("<period>", text), 0, len(text))
    if "" in parts or len(parts) > 2:
        mend = "write one period, or the FIRST .. LAST that belong to it"
        return None, [error("K925", f"`{text}` is not a period", whole, help=mend)]
    windows: list[Window] = []
    for part in parts:
        start = text.rfind(part) if windows else text.find(part)
        place = replace(whole, start=start, end=start + len(part))
        window, found = _one_period(part, place, settings)
        if window is None:
            return None, found
        windows.append(window)
    first, last = windows[0], windows[-1]
    if first.start >= last.end:
        message = f"the period ends before it begins: `{text}`"
        return None, [error("K925", message, whole, help="write the earlier end first")]
    return Window(first.start, last.end), []


def _is_of_weeks(period: str | None) -> bool:
    return period is not None and all(is_iso_week(part.strip()) for part in period.split(".."))


def _one_period(
    text: str, place: Span, settings: Settings
) -> tuple[Window | None, list[Diagnostic]]:
    window = parse_period(text, settings.calendar)
    if window is None and settings.listed is not None and parse_period(text) is not None:
        message = f"the project's calendar does not list `{text}`"
        mend = "add the year to the calendar's source, or ask for one that it lists"
        return None, [error("K492", message, place, help=mend)]
    # Comparisons and the ends of periods must not leave the calendar, whose last year is 9999.
    if window is None or window.start.year < 1000 or window.end.year > 9998:
        mend = "write 2026, 2026-06, 2026-Q2, 2026-W07, 2026-06-30, or FIRST .. LAST"
        return None, [error("K925", f"`{text}` is not a period", place, help=mend)]
    if is_iso_week(text) and settings.week_starts != 0:
        reason = (
            "an ISO week, from Monday to Sunday, and the project's `week_starts` is another day"
        )
        mend = f"write the days that are meant, as in `{window.start} .. {window.last_day}`"
        return None, [error("K925", f"`{text}` is {reason}", place, help=mend)]
    return window, []
