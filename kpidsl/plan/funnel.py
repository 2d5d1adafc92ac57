"""The plan of a funnel (S22): which events, in which order, within which windows."""

from __future__ import annotations

from dataclasses import dataclass

from kpidsl.model.expr import RowExpr
from kpidsl.model.periods import Window
from kpidsl.model.project import Model
from kpidsl.model.purpose import Funnel, FunnelStep
from kpidsl.model.sources import Source
from kpidsl.plan.groundwork import Groundwork
from kpidsl.plan.nodes import Frame
from kpidsl.plan.refusal import Refused
from kpidsl.text.diagnostic import Diagnostic, error


@dataclass(frozen=True, slots=True)
class Events:
    """Events of one source, each once, in a total order: by time (or `order_by`), ties by key.

    `identity` is what makes one event of several rows; empty: each row is one.
    """

    source: Source
    entity: RowExpr
    identity: tuple[RowExpr, ...]
    order_by: RowExpr | None


@dataclass(frozen=True, slots=True)
class WalkStep:
    """A step takes the events of `events` at which `where` holds, at most `within_seconds`
    after the step before."""

    name: str
    events: int
    where: RowExpr | None
    within_seconds: int | None


@dataclass(frozen=True, slots=True)
class Walk:
    """Entities through steps; the answer is one row: entities that reached each step, and the
    immature ones, which are in none of them."""

    events: tuple[Events, ...]
    steps: tuple[WalkStep, ...]
    ordered: bool
    within_seconds: int | None
    frame: Frame

    @property
    def maturity_seconds(self) -> int | None:
        """How long an attempt may take, when that is bounded."""
        steps = [step.within_seconds for step in self.steps[1:]]
        bounds = [] if self.within_seconds is None else [self.within_seconds]
        if steps and all(item is not None for item in steps):
            bounds.append(sum(item for item in steps if item is not None))
        return min(bounds) if bounds else None


def plan_funnel(
    model: Model, funnel: Funnel, window: Window | None, ground: Groundwork | None = None
) -> tuple[Walk | None, list[Diagnostic]]:
    """Return the plan of a funnel entered within `window`, or None with the refusal.

    `ground` may be shared between questions about the same model.
    """
    try:
        return _walk(model, funnel, window, ground or Groundwork(model)), []
    except Refused as refused:
        return None, [refused.diagnostic]


def _walk(model: Model, funnel: Funnel, window: Window | None, ground: Groundwork) -> Walk:
    timed = funnel.within_seconds is not None or any(step.within_seconds for step in funnel.steps)
    if timed and (funnel.order_by is not None or funnel.sequence == "any"):
        raise Refused(
            error(
                "K481",
                f"`{funnel.name}` has a time window, and its events are not ordered by time",
                funnel.span,
                help="drop `within`, or order the events by time",
            )
        )
    events: list[Events] = []
    steps = []
    for step in funnel.steps:
        own = _events(model, funnel, step, ground, needs_time=window is not None)
        if own not in events:
            if any(own.source is other.source for other in events):
                raise Refused(
                    error(
                        "K482",
                        f"steps of `{funnel.name}` over `{own.source.name}` disagree on what one "
                        "event is",
                        step.span,
                        help="give all its steps the same `event`",
                    )
                )
            events.append(own)
        steps.append(WalkStep(step.name, events.index(own), step.where, step.within_seconds))
    sources = tuple(item.source for item in events)
    frame = Frame(model.settings, model.sources, ground.table_names, (), None, window, sources)
    return Walk(
        tuple(events), tuple(steps), funnel.sequence == "ordered", funnel.within_seconds, frame
    )


def _events(
    model: Model, funnel: Funnel, step: FunnelStep, ground: Groundwork, *, needs_time: bool
) -> Events:
    source = model.sources[step.source]
    circular = ground.excludes.in_reach(source)
    if circular is not None:
        raise Refused(circular)
    if source.time is None and (needs_time or funnel.order_by is None):
        raise Refused(
            error(
                "K468",
                f"step `{step.name}` has no time: source `{source.name}` declares none",
                step.span,
                help="declare `time: COLUMN` in the source",
            )
        )
    if not step.event and not source.key:
        raise Refused(
            error(
                "K483",
                f"events of `{source.name}` at the same moment have no order: it has no key",
                step.span,
                help="declare the source's `key`, or the step's `event`",
            )
        )
    return Events(source, step.entity, step.event, funnel.order_by)
