"""A figure by the members of a dimension: largest first, small groups left out (D21, D24)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Literal

from kpidsl.analysis.quantities import Number, percent_text, ratio
from kpidsl.model.expr import Constant, MetricArithmetic, MetricExpr, QueryDimension
from kpidsl.model.growth import adds_up, unfolded
from kpidsl.plan.query import Absent, Selection
from kpidsl.reports.blocks import BreakdownBlock, BreakdownRow, GapBlock, Part
from kpidsl.reports.build.asking import Answer, Key
from kpidsl.reports.build.groups import counted, too_small
from kpidsl.reports.build.layout import may_see
from kpidsl.reports.build.page import Page
from kpidsl.reports.build.phrases import ENGLISH as PHRASES
from kpidsl.reports.build.subject import Subject, ratio_parts, subject_of
from kpidsl.reports.format import PERCENT, figure
from kpidsl.reports.values import Figure, Reference

DIFFERS = 0.25
"""From how far above or below overall a segment may carry a note."""
NOTED = 3
"""How many segments carry a note: those furthest from overall, and any just as far."""


def breakdown(
    subject: Subject, by: tuple[QueryDimension, ...], page: Page
) -> Callable[[], BreakdownBlock | GapBlock]:
    """Ask for a KPI by members, beside its overall value, which is asked for, never added up (S10);
    return what makes the block of the answers.

    A share of the whole stands by what adds up; a note of how far a segment differs by what does
    not, such as a rate. Beside a ratio stand its numerator and denominator, where the audience
    sees both split like this (D21); the groups behind either are then small or large enough.
    """
    selection = Selection(subject.name, subject.expr)
    parts = _parts(subject, by, page)
    beside = [Selection(f"part {n}", part.expr) for n, part in enumerate(parts)]
    counts: tuple[Selection, ...] = ()
    if page.audience.suppress_below is not None:
        counts = counted([part.expr for part in parts] or [subject.expr], page.model)
    asked = page.ask((selection, *beside, *counts), by)
    whole = page.ask((selection, *counts))
    members = {item.name: part for item, part in zip(beside, parts, strict=True)}
    return lambda: _block(subject, by, members, asked.answers, whole.answers, page)


def _block(
    subject: Subject,
    by: tuple[QueryDimension, ...],
    parts: Mapping[str, Subject],
    answers: Mapping[str, Answer],
    total: Mapping[str, Answer],
    page: Page,
) -> BreakdownBlock | GapBlock:
    limit = page.audience.suppress_below
    answer, overall = answers[subject.name], total[subject.name]
    dimension = page.dimension_title(by)
    title = PHRASES.by.format(title=subject.title, dimension=dimension.lower())
    block_id = page.ids.take(f"{subject.name}-by-{'-'.join(item.name for item in by)}")
    gap = answer.gap or next((item.gap for item in answers.values() if item.gap), None)
    if gap is not None:
        return GapBlock(id=block_id, title=title, gap=gap)
    hidden = too_small(answers, limit)
    reference = None
    if overall.total is not None and not hidden.total and not too_small(total, limit).total:
        reference = Reference(label=PHRASES.overall, value=figure(overall.total, subject.unit))
    columns = [(part, answers[name]) for name, part in parts.items()]
    made = _Rows(
        subject, answer, columns, overall.total if reference else None, hidden.members, page
    )
    rows = [made.row(key) for key in answer.values]
    return BreakdownBlock(
        id=block_id,
        title=title,
        dimension=dimension,
        unit=subject.unit,
        parts=tuple(Part(title=part.title, unit=part.unit) for part in parts.values()),
        rows=tuple(sorted(rows, key=_order)),
        reference=reference,
        marks=page.marks(answer, subject.sources, page.span.window),
    )


def member_label(key: Key) -> str:
    """The members of a row, as a reader sees them."""
    return " · ".join(str(member) for member in key) or PHRASES.total


def suppressed(small: bool, limit: int | None) -> str:
    """Why a small group's figure is missing, or that of the group left out with it."""
    phrase = PHRASES.suppressed if small else PHRASES.suppressed_too
    return phrase.format(limit=limit)


def _parts(
    subject: Subject, by: tuple[QueryDimension, ...], page: Page
) -> tuple[Subject, Subject] | tuple[()]:
    """Return the numerator and the denominator of a ratio, by the names under which the audience
    sees them; nothing unless it sees both."""
    found = ratio_parts(subject.expr, page.model)
    if found is None:
        return ()
    top, bottom = (_seen(part, by, page) for part in found)
    return (top, bottom) if top and bottom else ()


def _seen(part: MetricExpr, by: tuple[QueryDimension, ...], page: Page) -> Subject | None:
    """Return what the audience sees that is a part of a ratio, its constant factor left out."""
    model, wanted = page.model, unfolded(part, page.model)
    match wanted:
        case MetricArithmetic("*", Constant(), amount) | MetricArithmetic("*", amount, Constant()):
            wanted = unfolded(amount, model)
    seen = (
        subject_of(sight.item, model)
        for sight in page.audience.sees
        if sight.item in model.metrics and may_see(page.audience, sight.item, by)
    )
    return next((item for item in seen if unfolded(item.expr, model) == wanted), None)


class _Rows:
    """Makes the rows of one breakdown; `overall` is None where nothing may be told of it."""

    def __init__(
        self,
        subject: Subject,
        answer: Answer,
        parts: Sequence[tuple[Subject, Answer]],
        overall: Number | None,
        hidden: Mapping[Key, bool],
        page: Page,
    ) -> None:
        self._subject, self._answer, self._parts, self._page = subject, answer, parts, page
        self._overall, self._hidden = overall, hidden
        self._adds_up = adds_up(subject.expr, page.model)
        self._shares = self._adds_up and not answer.overlapping
        self._noted = set() if self._adds_up else self._furthest()

    def row(self, key: Key) -> BreakdownRow:
        share = self._shares and key not in self._hidden
        return BreakdownRow(
            label=member_label(key),
            figure=self._figure(key, self._subject, self._answer),
            parts=tuple(self._figure(key, part, answer) for part, answer in self._parts),
            share=self._share(self._answer.values[key]) if share else None,
            note=self._note(key) if key in self._noted else "",
            special=_special(key),
        )

    def _figure(self, key: Key, subject: Subject, answer: Answer) -> Figure:
        page = self._page
        if key in self._hidden:
            missing = suppressed(self._hidden[key], page.audience.suppress_below)
            return figure(None, subject.unit, missing=missing)
        value = answer.values[key]
        return page.figure(value, subject.unit, subject.expr, subject.sources, page.span.window)

    def _share(self, value: Number | None) -> Figure | None:
        part = ratio(value, self._overall)
        return figure(part, PERCENT) if part is not None and part >= 0 else None

    def _furthest(self) -> set[Key]:
        """Return the members with a note, by the rule that the page's footer prints (D24)."""
        apart = {
            key: round(abs(away), 3)  # as it is printed: what prints alike is just as far
            for key in self._answer.values
            if key not in self._hidden
            and _special(key) is None
            and (away := self._apart(key)) is not None
            and abs(away) >= DIFFERS
        }
        furthest = sorted(apart.values(), reverse=True)[:NOTED]
        return {key for key, away in apart.items() if away >= furthest[-1]}

    def _apart(self, key: Key) -> float | None:
        """How far a member is above or below overall, as a fraction of it."""
        if self._overall is None or self._overall <= 0:
            return None
        part = ratio(self._answer.values[key], self._overall)
        return None if part is None else part - 1

    def _note(self, key: Key) -> str:
        apart = self._apart(key) or 0.0
        side = PHRASES.above if apart > 0 else PHRASES.below
        return PHRASES.differs.format(share=percent_text(abs(apart)), side=side)


def _special(key: Key) -> Literal["none", "unmapped"] | None:
    if Absent.UNMAPPED in key:
        return "unmapped"
    return "none" if Absent.NONE in key else None


def _order(row: BreakdownRow) -> tuple[bool, bool, Decimal, str]:
    """Members by value, those without one by name, (none) and (unmapped) last."""
    value = row.figure.value
    return row.special is not None, value is None, -(value or Decimal(0)), row.label
