"""Columns beside a metric's own: its value at another time or its plan, and how far it is off."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from kpidsl.model.expr import MeasureRef, MetricArithmetic, MetricExpr, MetricRef, Prior
from kpidsl.model.moments import DayPart
from kpidsl.model.periods import Calendar, Grain, Window, is_of_months, periods
from kpidsl.model.project import Model
from kpidsl.model.units import NUMBER
from kpidsl.plan.query import Selection
from kpidsl.text.diagnostic import Diagnostic, error
from kpidsl.text.suggest import nearest

_EARLIER: dict[str, tuple[int, int]] = {
    "prior_year": (12, 0),
    "prior_quarter": (3, 0),
    "prior_month": (1, 0),
    "prior_week": (0, 7),
    "prior_day": (0, 1),
}
_PLAN = "plan"
_DIFFERENCE, _CHANGE = "difference", "change"
_FORMS = ("", f":{_DIFFERENCE}", f":{_CHANGE}")
COMPARISONS = tuple(f"{word}{form}" for word in (*_EARLIER, _PLAN) for form in _FORMS)


def compared(
    base: Selection, words: Sequence[str], model: Model
) -> tuple[list[Selection], list[Diagnostic]]:
    """Return a column per comparison: the value compared with, the `difference` from it, or the
    `change`, which is the difference as a percentage of it."""
    columns: list[Selection] = []
    for word in words:
        if word not in COMPARISONS:
            continue
        with_, _, form = word.partition(":")
        other = _other(base.expr, with_, model)
        if other is None:
            mend = "compare what has one: `plan:` is declared in a `kpi`"
            return columns, [error("K924", f"`{base.name}` has no plan", help=mend)]
        columns.append(_column(base, word, other, form))
    return columns, []


def _column(base: Selection, word: str, other: MetricExpr, form: str) -> Selection:
    named = replace(base, name=f"{base.name} {word.replace(':', ' ')}")
    if not form:
        return replace(named, expr=other)
    difference = MetricArithmetic("-", base.expr, other)
    if form == _DIFFERENCE:
        return replace(named, expr=difference)
    return replace(named, expr=MetricArithmetic("/", difference, other), unit=NUMBER, percent=True)


def _other(expr: MetricExpr, word: str, model: Model) -> MetricExpr | None:
    """Return what a metric is compared with; None where it has no plan."""
    if word != _PLAN:
        return Prior(expr, *_EARLIER[word])
    kpi = model.kpis.get(expr.name) if isinstance(expr, MetricRef) else None
    if kpi is None or kpi.plan is None:
        return None
    if kpi.plan in model.metrics:
        return MetricRef(kpi.plan)
    return MeasureRef(*kpi.plan.split(".", 1))


def check_comparisons(
    words: Sequence[str], grain: Grain | DayPart | None, window: Window | None, calendar: Calendar
) -> Iterator[Diagnostic]:
    """Yield what is wrong with the words of comparisons, and a plan that is split by other periods
    than its months (S27)."""
    for word in words:
        if word not in COMPARISONS:
            close = nearest(word, COMPARISONS, 1)
            mend = f"use `{close[0]}`" if close else f"use one of: {', '.join(COMPARISONS)}"
            yield error("K924", f"`{word}` is no comparison", help=mend)
    other = _other_than_months(grain, window, calendar)
    if other is not None and any(word.partition(":")[0] == _PLAN for word in words):
        yield error(
            "K486",
            f"a plan is by the month, and {other} is no whole number of its months",
            help="ask by months, or longer periods of whole months",
        )


def _other_than_months(
    grain: Grain | DayPart | None, window: Window | None, calendar: Calendar
) -> str | None:
    """Return what periods of a question are that are no whole calendar months, or None."""
    if grain is not None and (isinstance(grain, DayPart) or not grain.months):
        return f"`{grain}`"
    if window is None:
        return None
    if not is_of_months(window):
        return f"a period of {window.days} days"
    if grain is None or not all(
        calendar.knows(day, grain) for day in (window.start, window.last_day)
    ):
        return None  # of days that are not listed the plan tells
    return None if all(map(is_of_months, periods(window, grain, calendar))) else f"`{grain}`"
