"""The last thirteen periods of a figure beside their plan (S21, D20)."""

from __future__ import annotations

from kpidsl.model.periods import Window
from kpidsl.reports.blocks import GapBlock, TrendBlock, TrendPoint
from kpidsl.reports.build.facts import Facts
from kpidsl.reports.build.figures import difference
from kpidsl.reports.build.page import Page
from kpidsl.reports.build.subject import Subject
from kpidsl.reports.format import figure


def trend(subject: Subject, facts: Facts, page: Page) -> TrendBlock | GapBlock:
    """Return a point per period; one that the data don't cover whole is partial, and has no plan
    to be compared with (S19, S21)."""
    answer = facts.history(subject)
    block_id = page.ids.take(f"{subject.name}-trend")
    if answer.gap is not None:
        return GapBlock(id=block_id, title=subject.title, gap=answer.gap)
    return TrendBlock(
        id=block_id,
        title=subject.title,
        unit=subject.unit,
        points=tuple(_point(piece, subject, facts, page) for piece in facts.pieces),
    )


def _point(piece: Window, subject: Subject, facts: Facts, page: Page) -> TrendPoint:
    value = facts.history(subject).values.get((piece.start,))
    actual = page.figure(value, subject.unit, subject.expr, subject.sources, piece)
    partial = page.is_partial(subject.sources, piece)
    settings = page.model.settings
    planned = None if partial else facts.planned(subject).values.get((piece.start,))
    plan = None if planned is None else figure(planned, subject.unit)
    return TrendPoint(
        label=page.span.label_of(piece),
        first=piece.start,
        last=piece.last_day,
        actual=actual,
        plan=plan,
        delta=difference(actual, plan, subject.better, settings, in_table=True) if plan else None,
        partial=partial,
    )
