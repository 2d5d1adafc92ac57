"""Which blocks stand on a page: those of the report that its audience may see (D21)."""

from __future__ import annotations

from dataclasses import dataclass

from kpidsl.model.expr import QueryDimension
from kpidsl.model.pages import Audience, Report, Section, SectionItem
from kpidsl.model.project import Model
from kpidsl.model.purpose import Goal
from kpidsl.text.diagnostic import Diagnostic, advice, error

GOALS = "goals"


@dataclass(frozen=True, slots=True)
class Place:
    """One block to make. `kind`: card, table, roi, funnel, trend, breakdown, goals or note."""

    kind: str
    names: tuple[str, ...]
    by: tuple[QueryDimension, ...]
    item: SectionItem


@dataclass(frozen=True, slots=True)
class Room:
    """One section with the places that are left of it."""

    section: Section
    places: tuple[Place, ...]


def lay_out(
    report: Report, audience: Audience, model: Model
) -> tuple[tuple[Room, ...], list[Diagnostic]]:
    """Return the sections of a page without what its audience may not see, and say what that was.

    The checker refuses such a report too; here the rule holds for a model that was never checked.
    """
    found: list[Diagnostic] = []
    rooms = []
    for section in report.sections:
        wanted = [place for item in section.items for place in _places(item, model)]
        seen = (_visible(place, report, audience, found) for place in wanted)
        places = tuple(place for place in seen if place is not None)
        if places:
            rooms.append(Room(section, places))
    return tuple(rooms), found


def may_see(audience: Audience, name: str, by: tuple[QueryDimension, ...] = ()) -> bool:
    """Whether an audience sees an item split by these dimensions: by no other than those listed."""
    return any(sight.item == name and set(by) <= set(sight.by) for sight in audience.sees)


def visible_goals(names: tuple[str, ...], audience: Audience, model: Model) -> tuple[Goal, ...]:
    """Return the goals (all, when none is named) whose KPI the audience sees."""
    if not may_see(audience, GOALS):
        return ()
    return tuple(
        goal
        for goal in model.goals.values()
        if (not names or names == ("all",) or goal.name in names) and may_see(audience, goal.kpi)
    )


def _places(item: SectionItem, model: Model) -> list[Place]:
    """Return the blocks of one item: figures `show`n take the form that suits each."""
    match item.kind:
        case "goals" | "note":
            return [Place(item.kind, item.names, (), item)]
        case "table":
            return [Place("table", item.names, item.by, item)]
    return [Place(_form(item, name, model), (name,), item.by, item) for name in item.names]


def _form(item: SectionItem, name: str, model: Model) -> str:
    if name in model.funnels:
        return "funnel"
    if name in model.rois and (item.kind == "roi" or (item.by and item.kind != "trend")):
        return "roi"
    if item.kind == "show":
        return "breakdown" if item.by else "card"
    return item.kind


def _visible(
    place: Place, report: Report, audience: Audience, found: list[Diagnostic]
) -> Place | None:
    if place.kind == "note":
        return place
    if place.kind == "goals":
        if may_see(audience, GOALS):
            return place
        found.append(_refused(GOALS, (), place.item, report, audience))
        return None
    by = place.by
    if by and place.kind in {"table", "trend"}:
        found.append(
            advice(
                "K705",
                f"a {place.kind} by {_listed(by)} is declared, but not computed yet",
                place.item.span,
                help=f"use `breakdown`, or leave `by {_listed(by)}` out",
            )
        )
        by = ()
    seen = []
    for name in place.names:
        if may_see(audience, name, place.by):
            seen.append(name)
        else:
            found.append(_refused(name, place.by, place.item, report, audience))
    return Place(place.kind, tuple(seen), by, place.item) if seen else None


def _refused(
    name: str,
    by: tuple[QueryDimension, ...],
    item: SectionItem,
    report: Report,
    audience: Audience,
) -> Diagnostic:
    shown = f"{name} by {_listed(by)}" if by else name
    return error(
        "K704",
        f"`{shown}` is not on the page `{report.name}`: the audience `{audience.name}` does not "
        "see it",
        item.span,
        label="left out",
        help=f"add `{shown}` to `sees` of `{audience.name}`, or take it out of the report",
    )


def _listed(by: tuple[QueryDimension, ...]) -> str:
    names = ", ".join(str(item) for item in by)
    return f"[{names}]" if len(by) > 1 else names
