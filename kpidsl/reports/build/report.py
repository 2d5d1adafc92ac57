"""One page: what its audience may see of a report, with the numbers of one period."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from kpidsl.model.pages import Audience as Reader
from kpidsl.model.pages import Report
from kpidsl.model.periods import Grain, Window
from kpidsl.model.project import Model
from kpidsl.model.purpose import Goal
from kpidsl.reports.build.asking import Questions
from kpidsl.reports.build.blocks import Maker
from kpidsl.reports.build.facts import fetch
from kpidsl.reports.build.frame import footer, freshness
from kpidsl.reports.build.goals import goal_states
from kpidsl.reports.build.layout import GOALS, Room, lay_out, may_see, visible_goals
from kpidsl.reports.build.page import Page
from kpidsl.reports.build.phrases import ENGLISH as PHRASES
from kpidsl.reports.build.span import span_of
from kpidsl.reports.build.subject import Subject, subject_of
from kpidsl.reports.model import Audience, Period, ReportModel, Section
from kpidsl.reports.sentences import report_headline
from kpidsl.run.runner import Runner
from kpidsl.text.diagnostic import Diagnostic

_CADENCES = {
    "day": "daily",
    "week": "weekly",
    "month": "monthly",
    "quarter": "quarterly",
    "year": "yearly",
}


def build_report(
    report: Report,
    model: Model,
    runner: Runner,
    *,
    now: datetime,
    commit: str = "",
    definition_hash: str = "",
    period: Window | None = None,
) -> tuple[ReportModel, list[Diagnostic]]:
    """Return the page of a report, and what is not on it and why.

    Args:
        report: of `model`, for one audience; only what that audience sees is on the page (D21).
        model: the checked definitions.
        runner: answers questions about the model.
        now: the moment of reading, with a time zone; it decides which period is complete.
        commit: the revision of the definitions, printed.
        definition_hash: the hash of the definitions, printed.
        period: the days to report on, instead of the last complete period before `now` that all
            sources of the page's cards have passed (S21, D19).

    A figure that can't be had is a stated gap and takes no other with it.
    """
    audience = model.audiences[report.audience]
    rooms, found = lay_out(report, audience, model)
    today = now.astimezone(ZoneInfo(model.settings.timezone)).date()
    subjects = {
        name: subject_of(name, model)
        for name in _names(rooms, {"card", "table", "trend", "breakdown", "roi"})
    }
    goals = _goals(rooms, audience, model)
    page = Page(
        model,
        runner,
        report,
        audience,
        span_of(
            Grain(report.grain),
            model.settings.calendar,
            today,
            _known_until(runner, model, rooms, subjects, goals),
            period,
        ),
        today,
        sees_goals=may_see(audience, GOALS),
        questions=Questions(runner),
        diagnostics=found,
    )
    states = goal_states(goals, page)
    facts = fetch(
        page,
        [subjects[name] for name in _names(rooms, {"card"})],
        [subjects[name] for name in _names(rooms, {"trend"})],
    )
    maker = Maker(page, subjects, facts, states)
    wanted = [(room, [maker.asking(place, room) for place in room.places]) for room in rooms]
    page.questions.answer(page.diagnostics)
    sections = tuple(
        Section(
            id=page.ids.take(f"section-{number}"),
            question=room.section.question or report.title,
            blocks=tuple(make() for make in blocks),
        )
        for number, (room, blocks) in enumerate(wanted, 1)
    )
    sources = _sources(model, rooms, subjects.values(), goals)
    made = ReportModel(
        title=report.title,
        headline=PHRASES.no_target,
        project=model.settings.title,
        audience=Audience(
            name=audience.title,
            tier=audience.tier.value,
            cadence=audience.cadence.value
            if audience.cadence
            else _CADENCES[report.grain.ordinary],
        ),
        period=Period(
            label=page.span.label,
            first=page.span.window.start,
            last=page.span.window.last_day,
            complete=page.span.complete,
        ),
        currency=model.settings.currency,
        time_zone=model.settings.timezone,
        now=now,
        definition_hash=definition_hash,
        commit=commit,
        freshness=freshness(page, sources),
        sections=sections,
        footer=footer(page, rooms, subjects.values(), sources, asked=period is not None),
    )
    return made.model_copy(update={"headline": report_headline(made)}), page.diagnostics


def _names(rooms: Sequence[Room], kinds: set[str]) -> list[str]:
    found = [
        name
        for room in rooms
        for place in room.places
        if place.kind in kinds
        for name in place.names
    ]
    return list(dict.fromkeys(found))


def _goals(rooms: Sequence[Room], audience: Reader, model: Model) -> tuple[Goal, ...]:
    """Return the goals to measure: those with a row, and those that a card is judged by."""
    places = [place for room in rooms for place in room.places if place.kind == GOALS]
    listed = {goal.name for place in places for goal in visible_goals(place.names, audience, model)}
    cards = _names(rooms, {"card"})
    return tuple(
        goal
        for goal in visible_goals((), audience, model)
        if goal.name in listed or goal.kpi in cards
    )


def _known_until(
    runner: Runner,
    model: Model,
    rooms: Sequence[Room],
    subjects: Mapping[str, Subject],
    goals: Sequence[Goal],
) -> date | None:
    """Return the first day that some source of the cards (without cards: of any figure) does not
    vouch for; sources that can't be read are gaps, and hold nothing back."""
    cards = _names(rooms, {"card"})
    sources = {source for name in cards for source in subjects[name].sources}
    if not cards:
        sources = _sources(model, rooms, subjects.values(), goals)
    known = (runner.knowledge.known(model.sources[name]) for name in sorted(sources))
    return min((window.end for window in known if window is not None), default=None)


def _sources(
    model: Model, rooms: Sequence[Room], subjects: Iterable[Subject], goals: Iterable[Goal]
) -> set[str]:
    """Return the sources of every figure on the page; plans are no data and not among them."""
    found = {source for subject in subjects for source in subject.sources}
    found |= {source for goal in goals for source in subject_of(goal.kpi, model).sources}
    for name in _names(rooms, {"funnel"}):
        found |= {step.source for step in model.funnels[name].steps}
    return found
