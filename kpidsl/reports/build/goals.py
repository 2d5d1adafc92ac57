"""Where the goals stand: one row per goal that the audience sees (D6, D13, S27)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

from kpidsl.analysis.goals import GoalStatus, Season, direction, goal_status, measured_window
from kpidsl.analysis.quantities import Number
from kpidsl.model.expr import Filtered, MetricExpr
from kpidsl.model.growth import grows
from kpidsl.model.period_texts import label
from kpidsl.model.periods import Grain, Window, moved_back, period_start, shift_window
from kpidsl.model.purpose import Better, Goal
from kpidsl.plan.query import Selection
from kpidsl.reports.blocks import GoalRow
from kpidsl.reports.build.asking import Answer, Asked
from kpidsl.reports.build.figures import bullet, light
from kpidsl.reports.build.page import Page
from kpidsl.reports.build.phrases import ENGLISH as PHRASES
from kpidsl.reports.build.span import Span
from kpidsl.reports.build.subject import Subject, subject_of
from kpidsl.reports.format import PERCENT, day, figure
from kpidsl.reports.values import Figure, Gap, Status


@dataclass(frozen=True, slots=True)
class GoalState:
    """A goal with what was measured for it; `status` is None where measuring failed (`gap`).
    `known` says which of the days measured are known, where not all are."""

    goal: Goal
    subject: Subject
    additive: bool
    as_of: date
    known: str
    status: GoalStatus | None
    baseline: Number | None = None
    gap: Gap | None = None

    @property
    def better(self) -> Better | None:
        """The KPI's direction, which a bound of the goal overrules."""
        return self.subject.kpi.better if self.subject.kpi else None


def goal_states(goals: Sequence[Goal], page: Page) -> Callable[[], dict[str, GoalState]]:
    """Ask for the state of each goal as of the end of the page's period, or of its data if earlier;
    return what makes the states of the answers.

    Goals that look at the same days are one question.
    """
    measured = [_Measured.of(goal, page) for goal in goals]
    wanted: dict[tuple[Window, Grain | None], dict[str, Selection]] = {}
    for item in measured:
        for window, grain in item.windows:
            wanted.setdefault((window, grain), {})[item.goal.name] = item.selection
    asked = {
        (window, grain): page.ask(list(items.values()), window=window, grain=grain)
        for (window, grain), items in wanted.items()
    }
    return lambda: {item.goal.name: _state(item, asked) for item in measured}


def goal_row(state: GoalState) -> GoalRow:
    """Return the row of a goal; one that could not be measured says why, and shows no number."""
    goal, subject, status = state.goal, state.subject, state.status
    why = state.gap.message if state.gap else status.explanation if status else ""

    def shown(value: Number | None) -> Figure:
        return figure(value, subject.unit, missing=why if value is None else "")

    actual = shown(status.actual if status else None)
    to_date = shown(_whole(status.target_to_date if status else None, subject))
    attainment = status.attainment if status else None
    better = direction(goal.target, state.better)
    note = f"{state.gap.message}: {state.gap.help}" if state.gap else why
    since = PHRASES.since.format(day=day(goal.over.start)) if goal.over else ""
    if goal.at is not None and status is not None and status.final:
        since = PHRASES.as_of.format(day=day(goal.at))
    return GoalRow(
        title=goal.title,
        kpi=subject.title,
        actual=actual,
        target_to_date=to_date,
        target=shown(_whole(status.target if status else None, subject)),
        attainment=figure(attainment, PERCENT, missing=why if attainment is None else ""),
        status=light(status.status) if status else Status(level="none", word=PHRASES.no_figure),
        bullet=bullet(actual, to_date, better, goal.bands.amber_within),
        is_limit=better is Better.LOWER,
        due=goal.over.last_day if goal.over else goal.at or date.max,
        owner=goal.owner or subject.owner,
        note="; ".join(filter(None, (note, since, state.known))),
    )


def _whole(target: Number | None, subject: Subject) -> Number | None:
    """A target of things that are counted is shown whole; attainment is of the exact one."""
    if target is None or subject.unit.kind != "count":
        return target
    return Decimal(str(target)).quantize(Decimal(1), ROUND_HALF_UP)


@dataclass(frozen=True, slots=True)
class _Measured:
    """What must be measured for a goal, and over which days."""

    goal: Goal
    subject: Subject
    expr: MetricExpr
    additive: bool
    as_of: date
    measured: Window | None
    season: Window | None
    known: str
    lacking: str
    """What is known of the days measured, and of those of the baseline, where not all are."""

    @classmethod
    def of(cls, goal: Goal, page: Page) -> _Measured:
        subject = subject_of(goal.kpi, page.model)
        expr = subject.expr if goal.where is None else Filtered(subject.expr, goal.where)
        end = page.span.window.end
        as_of = min(end, page.until(subject.sources) or end, page.today)
        additive = grows(subject.expr, page.model)
        measured = _window(goal, as_of, page.span)
        season = _season(goal, page, subject) if additive else None
        known = _known(measured, page, subject)
        lacking = _lacking(goal.target.baseline, page, subject)
        return cls(goal, subject, expr, additive, as_of, measured, season, known, lacking)

    @property
    def selection(self) -> Selection:
        return Selection(self.goal.name, self.expr)

    @property
    def windows(self) -> list[tuple[Window, Grain | None]]:
        found: list[tuple[Window, Grain | None]] = []
        if self.measured is not None:
            found.append((self.measured, None))
        if self.goal.target.baseline is not None:
            found.append((self.goal.target.baseline, None))
        if self.season is not None:
            found.append((self.season, Grain.DAY))
        return found


def _window(goal: Goal, as_of: date, span: Span) -> Window | None:
    """Return the days to measure: of a goal over a period those that are known; of one at a date
    the page's period, but up to the date and no further once it is over."""
    if goal.over is not None:
        return measured_window(goal.over, as_of)
    if goal.at is None or as_of <= goal.at:
        return span.window
    first = span.window.start
    if goal.at < first:
        known = span.calendar.knows(goal.at, span.grain)
        first = period_start(goal.at, span.grain, span.calendar) if known else goal.at
    return Window(first, goal.at + timedelta(days=1))


def _season(goal: Goal, page: Page, subject: Subject) -> Window | None:
    """Return the earlier period whose shape the target follows: the baseline where it is as long
    as the goal's, else the year before; none that the data don't cover."""
    if goal.over is None or goal.curve != "seasonal":
        return None
    season = moved_back(goal.over, 12, 0, page.span.calendar)
    baseline = goal.target.baseline
    if baseline is not None and shift_window(baseline, 12) == goal.over:
        season = baseline
    return season if season is not None and page.covers(subject.sources, season) else None


def _known(window: Window | None, page: Page, subject: Subject) -> str:
    """Say which days the data hold of those that they hold in part; nothing of any other."""
    marks = page.known_in_part(subject.sources, window) if window is not None else ()
    return "; ".join(mark.note for mark in marks)


def _lacking(baseline: Window | None, page: Page, subject: Subject) -> str:
    """Say why a baseline is no base for a target: a part of it is none."""
    known = _known(baseline, page, subject)
    if baseline is None or not known:
        return ""
    return PHRASES.baseline_in_part.format(period=label(baseline), known=known)


def _state(item: _Measured, asked: dict[tuple[Window, Grain | None], Asked]) -> GoalState:
    def answer(window: Window | None, grain: Grain | None = None) -> Answer | None:
        return asked[window, grain].answers[item.goal.name] if window is not None else None

    measured, baseline = answer(item.measured), answer(item.goal.target.baseline)
    daily = answer(item.season, Grain.DAY)
    state = GoalState(item.goal, item.subject, item.additive, item.as_of, item.known, None)
    for found in (measured, baseline, daily):
        if found is not None and found.gap is not None:
            return replace(state, gap=found.gap)
    season = None
    if daily is not None and item.season is not None:
        by_day = tuple(
            (day, value)
            for (day, *_), value in daily.values.items()
            if isinstance(day, date) and value is not None
        )
        season = Season(item.season, by_day)
    base = baseline.total if baseline and not item.lacking else None
    status = goal_status(
        item.goal,
        measured.total if measured else None,
        item.as_of,
        state.better,
        additive=item.additive,
        baseline=base,
        season=season,
    )
    if item.lacking:
        status = replace(status, explanation=item.lacking)
    return replace(state, status=status, baseline=base)
