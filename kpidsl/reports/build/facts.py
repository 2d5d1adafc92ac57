"""All values of a page's cards and trends, asked for in a few questions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kpidsl.model.expr import Prior
from kpidsl.model.periods import Window, is_of_months
from kpidsl.plan.query import Selection
from kpidsl.reports.build.asking import NOTHING, Answer, Asked
from kpidsl.reports.build.page import Page
from kpidsl.reports.build.subject import Subject, tests_entities


@dataclass(frozen=True, slots=True)
class Facts:
    """Answers over the page's period, and by its `pieces`, the last thirteen periods; of what tests
    entities, each over a piece of its own."""

    period: Asked
    series: Asked
    apart: tuple[Asked, ...]
    pieces: tuple[Window, ...]

    def value(self, subject: Subject) -> Answer:
        return self.period.answers.get(subject.name, NOTHING)

    def beside(self, subject: Subject, what: str) -> Answer:
        """Return `plan`, `prior_period` or `prior_year` of a subject."""
        return self.period.answers.get(_named(subject, what), NOTHING)

    def history(self, subject: Subject) -> Answer:
        name = subject.name
        if name in self.series.answers:
            return self.series.answers[name]
        found = {
            piece: asked.answers[name]
            for piece, asked in zip(self.pieces, self.apart, strict=False)
            if name in asked.answers
        }
        gap = next((answer.gap for answer in found.values() if answer.gap is not None), None)
        return Answer({(piece.start,): answer.total for piece, answer in found.items()}, gap=gap)

    def planned(self, subject: Subject) -> Answer:
        return self.series.answers.get(_named(subject, "plan"), NOTHING)


def fetch(page: Page, cards: Sequence[Subject], trends: Sequence[Subject]) -> Facts:
    """Ask for every value, plan and earlier value of the page at once, and for every history.

    A filter by what a metric is of each customer asks so over the whole question (S14), and so a
    history in one question would be of other customers than each page was that it looks back on.
    """
    span, pieces = page.span, tuple(page.span.series())
    period = {
        item.name: item
        for subject in cards
        for item in (Selection(subject.name, subject.expr), *_beside(subject, page))
    }
    histories = {
        subject.name: Selection(subject.name, subject.expr) for subject in (*cards, *trends)
    }
    tested = [item for item in histories.values() if tests_entities(item.expr, page.model)]
    series = {name: item for name, item in histories.items() if item not in tested}
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
        tuple(page.ask(tested, window=piece) for piece in pieces if tested),
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
