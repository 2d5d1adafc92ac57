"""The frame of a page: freshness of its sources, and how its figures were made."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from kpidsl.model.formula import row_text
from kpidsl.model.mentions import Member, resolved_members
from kpidsl.model.project import Model
from kpidsl.reports.build.breakdown import DIFFERS, NOTED
from kpidsl.reports.build.figures import NEAR
from kpidsl.reports.build.layout import Room
from kpidsl.reports.build.page import Page
from kpidsl.reports.build.phrases import ENGLISH as PHRASES
from kpidsl.reports.build.plans import FULL_YEAR
from kpidsl.reports.build.span import Back
from kpidsl.reports.build.subject import Subject
from kpidsl.reports.format import day
from kpidsl.reports.model import Footer, Freshness


def freshness(page: Page, sources: Iterable[str]) -> tuple[Freshness, ...]:
    """Return until when each source of the page reaches; stale: not to the period's end (S21)."""
    found = []
    for name in sorted(sources):
        source = page.model.sources[name]
        if source.time is None:
            continue
        known = page.runner.knowledge.known(source)
        found.append(
            Freshness(
                source=source.title,
                until=known.last_day if known else None,
                stale=known is not None and known.end < page.span.whole.end,
                guessed=known is not None and source.watermark is None,
            )
        )
    return tuple(found)


def footer(
    page: Page,
    rooms: Sequence[Room],
    subjects: Iterable[Subject],
    sources: Iterable[str],
    *,
    asked: bool,
) -> Footer:
    """Return the rules that the page's figures follow, and only those that it needs."""
    resolved = _resolved(page.model, rooms, subjects)
    kinds = {place.kind for room in rooms for place in room.places}
    limit = page.audience.suppress_below
    split = bool(kinds & {"breakdown", "roi"})
    read = []
    if "card" in kinds:
        read.append(PHRASES.status_rule.format(near=round(NEAR * 100)))
        if page.span.year_before == Back(days=364):
            read.append(PHRASES.year_before_rule)
    if "breakdown" in kinds:
        read.append(PHRASES.note_rule.format(count=NOTED, limit=round(DIFFERS * 100)))
    if split and limit is not None:
        read.append(PHRASES.suppression_rule.format(limit=limit))
    shows_full_year = "table" in kinds and FULL_YEAR in page.report.columns
    return Footer(
        method=(
            *_period(page, asked=asked),
            *_rois(page.model, rooms),
            *(_unresolved(page, *member) for member in sorted(resolved) if member[1] in sources),
        ),
        exclusions=_exclusions(page.model, sources),
        how_to_read=tuple(read),
        not_on_this_page=(PHRASES.full_year,) if shows_full_year else (),
    )


def _period(page: Page, *, asked: bool) -> list[str]:
    phrase = PHRASES.period_asked if asked else PHRASES.period_rule
    found = [phrase.format(period=page.span.label, grain=page.span.grain.value.replace("_", " "))]
    if not page.span.complete:
        found.append(PHRASES.period_partial.format(day=day(page.span.window.last_day)))
    return found


def _rois(model: Model, rooms: Sequence[Room]) -> list[str]:
    found = []
    named = {name for room in rooms for place in room.places for name in place.names}
    for roi in (model.rois[name] for name in sorted(named) if name in model.rois):
        basis = PHRASES.basis.format(basis=roi.basis) if roi.basis else ""
        found.append(PHRASES.roi_method.format(title=roi.title, basis=basis, model=roi.attribution))
        if roi.sales_cycle_days is not None and PHRASES.young_roi not in found:
            found.append(PHRASES.young_roi)
    return found


def _resolved(model: Model, rooms: Sequence[Room], subjects: Iterable[Subject]) -> set[Member]:
    """Return whose ids the figures and funnels of a page resolve (S29)."""
    found = set[Member]()
    for subject in subjects:
        found |= resolved_members(subject.expr, model)
    for place in (place for room in rooms for place in room.places):
        for dimension in place.by:
            found |= resolved_members(dimension, model)
        for name in place.names if place.kind == "funnel" else ():
            for step in model.funnels[name].steps:
                found |= resolved_members(step.entity, model, step.source)
    return found


def _unresolved(page: Page, entity: str, source: str) -> str:
    told = page.runner.knowledge.identified(page.model.entities[entity], page.model.sources[source])
    called = {
        "entity": page.model.entities[entity].title.lower(),
        "source": page.model.sources[source].title,
    }
    if told is None:
        return PHRASES.not_counted.format(**called)
    share = 100 * told.unresolved / told.ids if told.ids else 0.0
    return PHRASES.unresolved.format(share=f"{share:.1f}", ids=f"{told.ids:,}", **called)


def _exclusions(model: Model, sources: Iterable[str]) -> tuple[str, ...]:
    return tuple(
        PHRASES.excluded.format(source=source.title, condition=row_text(source.exclude))
        for source in (model.sources[name] for name in sorted(sources))
        if source.exclude is not None
    )
