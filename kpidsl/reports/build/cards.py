"""One card per KPI: value, status, comparisons, history, bullet, marks, definition (D13, D23)."""

from __future__ import annotations

from kpidsl.analysis.goals import direction, goal_status
from kpidsl.model.periods import Window
from kpidsl.reports.blocks import KpiCard
from kpidsl.reports.build.asking import Answer
from kpidsl.reports.build.definition import definition_of
from kpidsl.reports.build.facts import Facts
from kpidsl.reports.build.figures import (
    NEAR,
    bullet,
    difference,
    exact_number,
    light,
    plan_level,
)
from kpidsl.reports.build.goals import GoalState
from kpidsl.reports.build.page import Page
from kpidsl.reports.build.phrases import ENGLISH as PHRASES
from kpidsl.reports.build.plans import planned
from kpidsl.reports.build.subject import Subject
from kpidsl.reports.format import figure
from kpidsl.reports.values import Bullet, Comparison, Figure, Mark, Point, Status

NO_TARGET = Status(level="none", word=PHRASES.no_target)


def card(
    subject: Subject, compare: tuple[str, ...], facts: Facts, goal: GoalState | None, page: Page
) -> KpiCard:
    """Return the card of a KPI, a metric or an ROI; one that failed is a card with a gap.

    Its status is the goal's, else the plan's, else none (D13). A target that grows with time is
    judged to date, as in the goal's own row; any other target by the period's value (S27). A
    provisional figure (D30) and a vanity metric (D3) have none.
    """
    answer = facts.value(subject)
    kpi = subject.kpi
    shared = {
        "id": page.ids.take(subject.name),
        "title": subject.title,
        "unit": subject.unit,
        "period": page.span.label,
        "stages": tuple(stage.value for stage in kpi.stages) if kpi else (),
        "indicator": kpi.indicator if kpi else None,
        "owner": subject.owner,
        "context_only": kpi is not None and kpi.vanity,
        "definition": definition_of(subject, page),
    }
    if answer.gap is not None:
        return KpiCard(
            gap=answer.gap, status=Status(level="none", word=PHRASES.no_figure), **shared
        )
    value = page.figure(answer.total, subject.unit, subject.expr, subject.sources, page.span.window)
    beside = _Beside(subject, value, facts, goal, page)
    marks = page.marks(answer, subject.sources, page.span.window) + young(subject, page)
    status = beside.status()
    if shared["context_only"] or any(mark.kind == "provisional" for mark in marks):
        status = NO_TARGET
    playbook = (kpi.playbook,) if kpi and kpi.playbook and status.level == "red" else ()
    return KpiCard(
        figure=value,
        status=status,
        comparisons=beside.comparisons(compare),
        history=_history(subject, facts, page),
        bullet=beside.bullet(),
        marks=marks,
        playbook=playbook,
        **shared,
    )


def young(subject: Subject, page: Page) -> tuple[Mark, ...]:
    """Return the mark of an ROI whose sales cycle has not run since the period's end (D30)."""
    cycle = subject.roi.sales_cycle_days if subject.roi else None
    if cycle is None:
        return ()
    known = page.until(subject.sources) or page.today
    age = max(0, (min(known, page.today) - page.span.window.end).days)
    if age >= cycle:
        return ()
    return (Mark(kind="provisional", note=PHRASES.young.format(cycle=cycle, age=age)),)


class _Beside:
    """What stands beside a card's value."""

    def __init__(
        self, subject: Subject, value: Figure, facts: Facts, goal: GoalState | None, page: Page
    ) -> None:
        self.subject, self.value, self.facts, self.page = subject, value, facts, page
        self.goal = goal if goal is not None and goal.status is not None else None
        self.plan = planned(subject, facts.beside(subject, "plan"), page.span.window)
        in_part = page.known_in_part(subject.sources, page.span.window)
        self.judged_by = None if in_part else self.plan  # a plan is of all days (S27)
        self.target = self._target()

    def status(self) -> Status:
        if self.goal is not None and self.goal.status is not None:
            if self.goal.additive:
                status = light(self.goal.status.status)
                word = PHRASES.to_date.format(word=status.word)
                return status if status.level == "none" else Status(level=status.level, word=word)
            return light(
                goal_status(
                    self.goal.goal,
                    self.value.value,
                    self.goal.as_of,
                    self.goal.better,
                    additive=False,
                    baseline=self.goal.baseline,
                ).status
            )
        plan = self.judged_by.value if self.judged_by else None
        if self.value.value is None or plan is None:
            return NO_TARGET
        level = plan_level(self.value.value, plan, self.subject.better)
        word = PHRASES.on_plan.get(level, PHRASES.no_target)
        return Status(level=level, word=word)

    def comparisons(self, compare: tuple[str, ...]) -> tuple[Comparison, ...]:
        """Target, then what the section asks for (else all there is), then the benchmark."""
        wanted = compare or ("plan", "prior_period", "prior_year")
        found: list[Comparison] = []
        if self.target is not None:
            found.append(self._comparison(PHRASES.target, self.target))
        if "plan" in wanted and self.plan is not None:
            judges = self.judged_by is not None
            found.append(self._comparison(PHRASES.plan, self.plan, judges=judges))
        for what, back in (
            ("prior_period", self.page.span.prior),
            ("prior_year", self.page.span.year_before),
        ):
            before = self.page.span.before(back)
            if what in wanted and before is not None:
                found += self._earlier(self.facts.beside(self.subject, what), before)
        return tuple(found + self._benchmark())

    def bullet(self) -> Bullet | None:
        """Against the target, where the period's own value is judged by it; else the plan."""
        if self.value.value is None:
            return None
        if self.target is not None and self.goal is not None:
            goal = self.goal.goal
            better = direction(goal.target, self.goal.better)
            return bullet(self.value, self.target, better, goal.bands.amber_within)
        kpi = self.subject.kpi
        plan = self.judged_by
        if plan is None or plan.value is None or kpi is None or kpi.better is None:
            return None
        graph = bullet(self.value, plan, kpi.better, NEAR)
        return graph.model_copy(update={"against": "plan"})

    def _target(self) -> Figure | None:
        if self.goal is None or self.goal.additive or self.goal.status is None:
            return None
        target = exact_number(self.goal.status.target)
        return None if target is None else figure(target, self.subject.unit)

    def _earlier(self, answer: Answer, window: Window) -> list[Comparison]:
        if answer.gap is not None:
            base = figure(None, self.subject.unit, missing=answer.gap.message)
        elif answer.total is None and self.page.knows_nothing(self.subject.sources, window):
            return []  # before the data begin there is nothing to compare with
        else:
            base = self.page.figure(
                answer.total, self.subject.unit, self.subject.expr, self.subject.sources, window
            )
        marks = self.page.marks(answer, self.subject.sources, window)
        notes = "; ".join(mark.note for mark in marks if mark.kind == "partial")
        return [self._comparison(self.page.span.label_of(window), base, source=notes)]

    def _benchmark(self) -> list[Comparison]:
        found = self.page.benchmark(self.subject.benchmark)
        if found is None:
            return []
        benchmark, line = found
        # In the KPI's own unit; `52 USD` is said of a cost per customer too.
        value = figure(benchmark.value, self.subject.unit)
        return [self._comparison(line.label, value, source=line.source, stale=line.stale)]

    def _comparison(
        self, name: str, base: Figure, *, source: str = "", stale: bool = False, judges: bool = True
    ) -> Comparison:
        settings = self.page.model.settings
        delta = difference(self.value, base, self.subject.better, settings) if judges else None
        return Comparison(
            label=name,
            value=base,
            delta=delta,
            source=source,
            stale=stale,
        )


def _history(subject: Subject, facts: Facts, page: Page) -> tuple[Point, ...]:
    """Return the last thirteen periods; one that the data don't cover whole is partial (S21)."""
    answer, sources = facts.history(subject), subject.sources
    if answer.gap is not None:
        return ()
    return tuple(
        Point(
            label=page.span.label_of(piece),
            figure=page.figure(
                answer.values.get((piece.start,)), subject.unit, subject.expr, sources, piece
            ),
            partial=page.is_partial(sources, piece),
        )
        for piece in facts.pieces
    )
