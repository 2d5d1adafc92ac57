"""A plan as its levels, and the same plan with other nodes in the places of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from kpidsl.plan.nodes import Aggregate, Frame, Input, Plan, Regroup, Subtotal


def levels_of(planned: Plan) -> Iterator[Subtotal]:
    """Yield the answer and the others beside and below it, each before what is merged from it."""
    found = [Subtotal(planned.root.input, planned.frame), *planned.subtotals]
    if planned.leaders is not None:
        beside = (planned.leaders.ranking, planned.leaders.rest)
        found += [level for level in beside if level is not None]
    for level in found:
        yield from _within(level)


def _within(level: Subtotal) -> Iterator[Subtotal]:
    yield level
    for node in inputs_of(level):
        if isinstance(node, Regroup):
            yield from _within(node.answer)


def inputs_of(level: Subtotal) -> tuple[Input, ...]:
    """Return the inputs of an answer and of the totals in it."""
    merge = level.input.input
    return (*merge.inputs, *(node for total in merge.totals for node in total.inputs))


@dataclass(frozen=True, slots=True)
class Rebuilding:
    """Puts what `node` and `frame` return into the places of a plan's nodes and frames."""

    node: Callable[[Aggregate], Aggregate]
    frame: Callable[[Frame], Frame]

    def plan(self, planned: Plan) -> Plan:
        level = self._level(Subtotal(planned.root.input, planned.frame))
        leaders = planned.leaders
        if leaders is not None:
            leaders = replace(
                leaders,
                ranking=leaders.ranking and self._level(leaders.ranking),
                rest=leaders.rest and self._level(leaders.rest),
            )
        root = replace(planned.root, input=level.input)
        return Plan(root, level.frame, tuple(map(self._level, planned.subtotals)), leaders)

    def _level(self, level: Subtotal) -> Subtotal:
        merge = level.input.input
        totals = tuple(
            replace(total, inputs=tuple(map(self._input, total.inputs))) for total in merge.totals
        )
        merge = replace(merge, inputs=tuple(map(self._input, merge.inputs)), totals=totals)
        return Subtotal(replace(level.input, input=merge), self.frame(level.frame))

    def _input(self, node: Input) -> Input:
        if isinstance(node, Regroup):
            return replace(node, answer=self._level(node.answer))
        return self.node(node)
