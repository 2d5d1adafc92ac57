"""All values of a page's cards and trends, asked for in two questions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kpidsl.model.expr import Prior
from kpidsl.model.periods import Window, is_of_months
from kpidsl.plan.query import Selection
from kpidsl.reports.build.asking import NOTHING, Answer, Asked
from kpidsl.reports.build.page import Page
from kpidsl.reports.build.subject import Subject


@dataclass(frozen=True, slots=True)
class Facts:
    """Answers over the page's period, and by its `pieces`, the last thirteen periods."""

    period: Asked
    series: Asked
    pieces: tuple[Window, ...]

    def value(self, subject: Subject) -> Answer:
        return self.period.answers.get(subject.name, NOTHING)

    def beside(self, subject: Subject, what: str) -> Answer:
        """Return `plan`, `prior_period` or `prior_year` of a subject."""
        return self.period.answers.get(_named(subject, what), NOTHING)

    def history(self, subject: Subject) -> Answer:
        return self.series.answers.get(subject.name, NOTHING)

    def planned(self, subject: Subject) -> Answer:
        return self.series.answers.get(_named(subject, "plan"), NOTHING)


def fetch(page: Page, cards: Sequence[Subject], trends: Sequence[Subject]) -> Facts:
    """Ask for every value, plan and earlier value of the page at once, and for every history."""
    span, pieces = page.span, tuple(page.span.series())
    period = {
        item.name: item
        for subject in cards
        for item in (Selection(subject.name, subject.expr), *_beside(subject, page))
    }
    series = {subject.name: Selection(subject.name, subject.expr) for subject in (*cards, *trends)}
    if all(map(is_of_months, pieces)):  # as plans are (S27)
        for subject in trends:
            if subject.plan is not None:
                name = _named(subject, "plan")
                series[name] = Selection(name, subject.plan)
    return Facts(
        page.ask(list(period.values())),
        page.ask(
            list(series.values()),
            window=Window(pieces[0].start, pieces[-1].end),
            grain=span.grain,
        ),
        pieces,
    )


def _beside(subject: Subject, page: Page) -> list[Selection]:
    found = [
        Selection(_named(subject, what), Prior(subject.expr, back.months, back.days))
        for what, back in (
            ("prior_period", page.span.prior),
            ("prior_year", page.span.year_before),
        )
    ]
    if subject.plan is not None and is_of_months(page.span.window):
        found.append(Selection(_named(subject, "plan"), subject.plan))
    return found


def _named(subject: Subject, what: str) -> str:
    return f"{subject.name} {what}"
