"""The blocks of a page, each by its kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property

from kpidsl.reports.blocks import Block, GoalRows
from kpidsl.reports.build.breakdown import breakdown
from kpidsl.reports.build.cards import card
from kpidsl.reports.build.facts import Facts
from kpidsl.reports.build.funnels import funnel_block
from kpidsl.reports.build.goals import GoalState, goal_row
from kpidsl.reports.build.layout import GOALS, Place, Room, visible_goals
from kpidsl.reports.build.notes import note
from kpidsl.reports.build.page import Page
from kpidsl.reports.build.phrases import ENGLISH as PHRASES
from kpidsl.reports.build.plans import plan_table
from kpidsl.reports.build.roi import roi_table
from kpidsl.reports.build.subject import Subject
from kpidsl.reports.build.trends import trend


class Maker:
    """Makes one block after the other, once its questions and all others are answered."""

    def __init__(
        self,
        page: Page,
        subjects: Mapping[str, Subject],
        facts: Facts,
        states: Callable[[], Mapping[str, GoalState]],
    ) -> None:
        self.page, self.subjects, self.facts, self._states = page, subjects, facts, states

    @cached_property
    def states(self) -> Mapping[str, GoalState]:
        return self._states()

    def asking(self, place: Place, room: Room) -> Callable[[], Block]:
        """Ask what a block needs for itself alone; return what makes it of the answers."""
        page = self.page
        match place.kind:
            case "table":
                return plan_table([self.subjects[name] for name in place.names], page)
            case "roi":
                (name,) = place.names
                return roi_table(self.subjects[name], page.model.rois[name], place.by, page)
            case "breakdown":
                (name,) = place.names
                return breakdown(self.subjects[name], place.by, page)
        return lambda: self._block(place, room)

    def _block(self, place: Place, room: Room) -> Block:
        page = self.page
        match place.kind:
            case "note":
                return note(place.item, page)
            case "goals":
                return self._goals(place)
        (name,) = place.names
        if place.kind == "funnel":
            return funnel_block(page.model.funnels[name], page)
        subject = self.subjects[name]
        if place.kind == "card":
            return card(subject, room.section.compare, self.facts, self._goal(name), page)
        return trend(subject, self.facts, page)

    def _goals(self, place: Place) -> GoalRows:
        seen = visible_goals(place.names, self.page.audience, self.page.model)
        return GoalRows(
            id=self.page.ids.take(GOALS),
            title=PHRASES.goals,
            rows=tuple(goal_row(self.states[goal.name]) for goal in seen),
        )

    def _goal(self, name: str) -> GoalState | None:
        """Return the goal that a card is judged by: the first of its KPI that is on now and for
        all of it, not for a part."""
        window = self.page.span.window
        for state in self.states.values():
            goal = state.goal
            on = goal.over.intersect(window) if goal.over else goal.at and goal.at >= window.start
            if goal.kpi == name and goal.where is None and on:
                return state
        return None
