"""Actual against plan over the period and the year to date (S27)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from kpidsl.model.period_texts import label, label_of
from kpidsl.model.periods import Grain, Window, is_of_months, period_start, year_to_date
from kpidsl.plan.query import Selection
from kpidsl.reports.blocks import PlanCell, PlanRow, PlanTable
from kpidsl.reports.build.asking import NOTHING, Answer
from kpidsl.reports.build.figures import difference, materiality
from kpidsl.reports.build.page import Page
from kpidsl.reports.build.phrases import ENGLISH as PHRASES
from kpidsl.reports.build.subject import Subject
from kpidsl.reports.format import figure
from kpidsl.reports.values import Delta, Figure
from kpidsl.text.diagnostic import advice

YEAR_TO_DATE, FULL_YEAR = "year_to_date", "full_year"


def plan_table(subjects: Sequence[Subject], page: Page) -> Callable[[], PlanTable]:
    """Ask for a row per KPI and a group of columns per span of the report (S27); return what makes
    the table of the answers.

    A span that is not whole months has no plan, for plans are by the month.
    """
    spans = _spans(page)
    asked = [page.ask(_selections(subjects, window), window=window) for window in spans]
    return lambda: _table(subjects, spans, [item.answers for item in asked], page)


def _table(
    subjects: Sequence[Subject],
    spans: Mapping[Window, str],
    answers: Sequence[Mapping[str, Answer]],
    page: Page,
) -> PlanTable:
    if FULL_YEAR in page.report.columns:
        page.diagnostics.append(
            advice(
                "K705",
                "the column `full_year` is declared, but not computed yet",
                page.report.span,
                help="nothing to do: the other columns are whole without it",
            )
        )
    titles = tuple(
        PHRASES.year_to_date.format(period=label(window))
        if name == YEAR_TO_DATE
        else label_of(window, Grain(name), page.span.calendar)
        for window, name in spans.items()
    )
    return PlanTable(
        id=page.ids.take("plan"),
        title=PHRASES.plan_table,
        spans=titles,
        rows=tuple(
            PlanRow(
                title=subject.title,
                unit=subject.unit,
                cells=tuple(
                    _cell(subject, window, found, page)
                    for window, found in zip(spans, answers, strict=True)
                ),
            )
            for subject in subjects
        ),
        materiality=materiality(page.model.settings),
    )


def planned(subject: Subject, answer: Answer, window: Window) -> Figure | None:
    """Return the plan of a window; the reason where it has none; None for a KPI without a plan."""
    if subject.plan is None:
        return None
    if answer.total is not None:
        return figure(answer.total, subject.unit)
    phrase = PHRASES.no_plan if is_of_months(window) else PHRASES.plan_finer
    missing = answer.gap.message if answer.gap else phrase.format(period=label(window))
    return figure(None, subject.unit, missing=missing)


def _spans(page: Page) -> dict[Window, str]:
    """Return the windows of the report's columns: by default the period and the year to date."""
    span = page.span
    found: dict[Window, str] = {}
    for name in page.report.columns or (page.report.grain, YEAR_TO_DATE):
        if name == FULL_YEAR:
            continue  # said where the table is made
        if name == YEAR_TO_DATE:
            if span.calendar.knows(span.window.last_day, Grain.FISCAL_YEAR):
                found.setdefault(year_to_date(span.window, span.calendar), name)
        elif name == span.grain:
            found.setdefault(span.window, name)
        else:
            start = period_start(span.window.last_day, Grain(name), span.calendar)
            found.setdefault(Window(start, span.window.end), name)
    return found or {span.window: page.report.grain}


def _selections(subjects: Sequence[Subject], window: Window) -> list[Selection]:
    found = [Selection(subject.name, subject.expr) for subject in subjects]
    if is_of_months(window):
        found += [Selection(_plan(item), item.plan) for item in subjects if item.plan is not None]
    return found


def _plan(subject: Subject) -> str:
    return f"{subject.name} plan"


def _cell(subject: Subject, window: Window, answers: Mapping[str, Answer], page: Page) -> PlanCell:
    answer = answers[subject.name]
    actual = (
        page.figure(answer.total, subject.unit, subject.expr, subject.sources, window)
        if answer.gap is None
        else figure(None, subject.unit, missing=answer.gap.message)
    )
    plan = planned(subject, answers.get(_plan(subject), NOTHING), window)
    marks = page.known_in_part(subject.sources, window)
    if plan is None or marks:
        return PlanCell(actual=actual, plan=plan, marks=marks)

    def from_plan(*, absolute: bool) -> Delta | None:
        settings = page.model.settings
        return difference(actual, plan, subject.better, settings, absolute=absolute, in_table=True)

    return PlanCell(
        actual=actual,
        plan=plan,
        difference=from_plan(absolute=True),
        relative=from_plan(absolute=False),
    )
