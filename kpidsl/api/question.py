"""From a question in words to a checked query."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TypedDict

from kpidsl.kinds.vocabulary import Vocabulary
from kpidsl.model.expr import Prior, QueryDimension, RowExpr
from kpidsl.model.leaves import leaf_sources
from kpidsl.model.moments import DayPart
from kpidsl.model.periods import Grain, Window, is_iso_week, parse_period
from kpidsl.model.project import Model, Settings
from kpidsl.plan.nodes import PERIOD
from kpidsl.plan.planner import key_names
from kpidsl.plan.query import Order, Query, Selection
from kpidsl.syntax.parser import parse_expression
from kpidsl.syntax.tree import Ref
from kpidsl.text.diagnostic import Diagnostic, error, has_errors
from kpidsl.text.source import SourceFile, Span
from kpidsl.text.suggest import nearest

_COMPARISONS: dict[str, tuple[int, int]] = {
    "prior_year": (12, 0),
    "prior_quarter": (3, 0),
    "prior_month": (1, 0),
    "prior_week": (0, 7),
    "prior_day": (0, 1),
}
_GRAINS: dict[str, Grain | DayPart] = {item.value: item for item in (*DayPart, *Grain)}


class Asked(TypedDict, total=False):
    """What may be asked beside the metrics; each key is explained at `Question`."""

    by: Sequence[str]
    where: str | None
    period: str | None
    order: Sequence[str]
    limit: int | None
    compare: Sequence[str]
    totals: bool


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked, as text.

    `by` holds dimensions and at most one grain; `period` is `2026-Q2`, `2026-01 .. 2026-06`, or
    None for all data; `order` names columns, a leading `-` turns one round; `compare` adds a
    column per metric: `prior_year`, `prior_month`…; `totals` adds rows: the totals over the last
    of `by`, over the last two, …, and over everything, each computed from the rows (S10).
    """

    metrics: Sequence[str]
    by: Sequence[str] = ()
    where: str | None = None
    period: str | None = None
    order: Sequence[str] = ()
    limit: int | None = None
    compare: Sequence[str] = ()
    totals: bool = False


def ask(
    question: Question, model: Model, vocabulary: Vocabulary | None = None
) -> tuple[Query | None, list[Diagnostic]]:
    """Return the query that a question means, or None with all that is wrong in it.

    `vocabulary` may be shared between questions of the same model.
    """
    vocabulary = vocabulary or Vocabulary(model)
    found: list[Diagnostic] = []
    if not all(text.strip() for text in question.metrics or [""]):
        found.append(error("K924", "no metric is asked for", help="name at least one metric"))
    asked: list[Selection] = []
    for text in filter(str.strip, question.metrics):
        selection, own = _metric(text, vocabulary)
        found += own
        if selection is not None:
            asked.append(selection)
    homes = frozenset[str]().union(*(leaf_sources(item.expr, model.metrics) for item in asked))
    grain, by, own = _by(question.by, vocabulary, homes)
    found += own
    keys = [*([PERIOD] if grain else []), *key_names(by, grain)]
    select: list[Selection] = []
    for item in asked:
        name = _unused(item.name, [*keys, *(other.name for other in select)])
        select.append(replace(item, name=name))
    select = [item for base in select for item in (base, *_compared(base, question.compare))]
    found += _unknown_words(question.compare, _COMPARISONS, "comparison")
    found += _repeated(question.compare)
    where, own = _where(question.where, vocabulary, homes)
    found += own
    window, own = window_of(question.period, model.settings)
    found += own
    order = tuple(Order(text.removeprefix("-"), text.startswith("-")) for text in question.order)
    columns = [*(item.name for item in select), *keys]
    found += _unknown_words([item.column for item in order], columns, "column to order by")
    if question.limit is not None and question.limit < 1:
        found.append(
            error("K924", f"a limit of {question.limit} leaves no row", help="use 1 or more")
        )
    if has_errors(found):
        return None, found
    query = Query(
        tuple(select), by, grain, window, where, order, question.limit, totals=question.totals
    )
    return query, found


def _metric(text: str, vocabulary: Vocabulary) -> tuple[Selection | None, list[Diagnostic]]:
    tree, found = parse_expression(SourceFile("<metric>", text))
    if tree is None or has_errors(found):
        return None, found
    value, own = vocabulary.metric(tree)
    if value is None:
        return None, found + own
    return Selection(text, value.expr, value.unit, value.percent), found + own


def _compared(base: Selection, words: Iterable[str]) -> list[Selection]:
    return [
        replace(base, name=f"{base.name} {word}", expr=Prior(base.expr, *_COMPARISONS[word]))
        for word in words
        if word in _COMPARISONS
    ]


def _unused(wanted: str, taken: Sequence[str]) -> str:
    name, number = wanted, 2
    while name in taken:
        name, number = f"{wanted} {number}", number + 1
    return name


def _by(
    words: Sequence[str], vocabulary: Vocabulary, homes: frozenset[str]
) -> tuple[Grain | DayPart | None, tuple[QueryDimension, ...], list[Diagnostic]]:
    grain: Grain | DayPart | None = None
    dimensions: list[QueryDimension] = []
    found: list[Diagnostic] = []
    for word in words:
        if word in _GRAINS:
            if grain is not None:
                found.append(
                    error(
                        "K924",
                        f"both `{grain}` and `{word}` are asked for",
                        help="group by one grain of time",
                    )
                )
            grain = _GRAINS[word]
            continue
        tree, own = parse_expression(SourceFile("<by>", word))
        found += own
        if isinstance(tree, Ref):
            dimension, own = vocabulary.dimension(tree, homes)
            found += own
            if dimension in dimensions:
                found += _repeated([word, word])
            elif dimension is not None:
                dimensions.append(dimension)
        elif tree is not None:
            found.append(
                error(
                    "K924",
                    "only dimensions and grains can be grouped by",
                    tree.span,
                    help=f"name a dimension, or {', '.join(_GRAINS)}",
                )
            )
    return grain, tuple(dimensions), found


def _where(
    text: str | None, vocabulary: Vocabulary, homes: frozenset[str]
) -> tuple[RowExpr | None, list[Diagnostic]]:
    if text is None:
        return None, []
    tree, found = parse_expression(SourceFile("<where>", text))
    if tree is None or has_errors(found):
        return None, found
    condition, own = vocabulary.condition(tree, homes)
    return condition, found + own


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


def _one_period(
    text: str, place: Span, settings: Settings
) -> tuple[Window | None, list[Diagnostic]]:
    window = parse_period(text, settings.calendar)
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


def _repeated(words: Sequence[str]) -> list[Diagnostic]:
    return [
        error("K924", f"`{word}` is asked for twice", help="name it once")
        for position, word in enumerate(words)
        if word in words[:position]
    ]


def _unknown_words(words: Iterable[str], known: Iterable[str], what: str) -> list[Diagnostic]:
    known = list(known)
    found = []
    for word in words:
        if word not in known:
            close = nearest(word, known, 1)
            found.append(
                error(
                    "K924",
                    f"`{word}` is no {what}",
                    help=f"use `{close[0]}`" if close else f"use one of: {', '.join(known)}",
                )
            )
    return found
