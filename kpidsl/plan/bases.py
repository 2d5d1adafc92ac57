"""One pass over a source's rows for all its values that add up: bases to merge them from (S10)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date

from kpidsl.model.moments import DayPart
from kpidsl.model.periods import Calendar, Grain, period_start
from kpidsl.plan.additivity import holds_leaves, merged_by
from kpidsl.plan.looking import Span, counted_days
from kpidsl.plan.looks import Look
from kpidsl.plan.nodes import Aggregate, Base, Key, Leaf, PlacedExpr
from kpidsl.plan.query import Query

Condition = tuple[PlacedExpr, ...]
"""What a row must satisfy, all of it."""


@dataclass(frozen=True, slots=True)
class Bases:
    """Plans the bases of a question. `are_small` tells that keys have few members for certain."""

    query: Query
    calendar: Calendar
    are_small: Callable[[Sequence[Key]], bool]

    def shared(self, nodes: Sequence[Aggregate]) -> list[Aggregate]:
        """Return the nodes, those that a base pays for merged from it."""
        found = list(nodes)
        for places in self._clusters(nodes):
            base = self._base([nodes[place] for place in sorted(places)])
            if base is not None:
                for place in places:
                    found[place] = replace(nodes[place], merged_from=base)
        return found

    def serves(self, base: Aggregate, node: Aggregate) -> bool:
        """Tell whether a node over the same or fewer groups can be merged from a base."""
        assert base.base is not None
        same_rows = (
            base.input.source is node.input.source
            and base.where == node.where
            and base.bridge == node.bridge
            and present_in(base.leaves) == present_in(node.leaves)
            and (base.keys == node.keys if base.fan_outs else not node.fan_outs)
        )
        return (
            same_rows
            and can_merge(node)
            and base.base.grain is Grain.DAY
            and node.all_dated
            and {key.column for key in node.keys} <= {key.column for key in base.keys}
            and holds_leaves(base, node)
            and holds_span(base.base.span, self._span(node))
        )

    def _span(self, node: Aggregate) -> Span | None:
        if not node.windowed:
            return None
        return counted_days(self.query.window, self.query.grain, self.calendar, node.look)

    def _clusters(self, nodes: Sequence[Aggregate]) -> Iterator[list[int]]:
        """Yield the places of nodes over the same rows whose days touch each other."""
        groups: list[list[int]] = []
        for place, node in enumerate(nodes):
            if not can_merge(node) or isinstance(self.query.grain, DayPart):
                continue
            like = (group for group in groups if _are_alike(nodes[group[0]], node))
            group = next(like, None)
            if group is None:
                groups.append([place])
            else:
                group.append(place)
        for group in groups:
            spans = {place: self._span(nodes[place]) or (None, date.max) for place in group}
            ordered = sorted(group, key=lambda place: spans[place][0] or date.min)
            cluster, end = [ordered[0]], spans[ordered[0]][1]
            for place in ordered[1:]:
                start, until = spans[place]
                if start is not None and start > end:
                    yield cluster
                    cluster = []
                cluster.append(place)
                end = max(end, until)
            yield cluster

    def _base(self, nodes: Sequence[Aggregate]) -> Aggregate | None:
        """Return the base of nodes whose days touch each other, or None where it is no gain: one
        by the day of keys with many members would be as large as the rows themselves."""
        first = nodes[0]
        grain = self._grain(nodes)
        if grain is None:
            return None
        leaves: list[Leaf] = []
        for leaf in (leaf for node in nodes for leaf in node.leaves):
            if not any(leaf.measure is own.measure and leaf.where == own.where for own in leaves):
                leaves.append(leaf)
        spans = [span for span in map(self._span, nodes) if span is not None]
        span: Span | None = None
        if first.windowed:
            starts = [start for start, _ in spans]
            earliest = None if None in starts else min(start for start in starts if start)
            span = earliest, max(end for _, end in spans)
        return replace(first, leaves=tuple(leaves), look=Look(), timed=True, base=Base(grain, span))

    def _grain(self, nodes: Sequence[Aggregate]) -> Grain | None:
        grain = self.query.grain
        assert not isinstance(grain, DayPart)
        if any(node.look.joined for node in nodes):
            return Grain.DAY
        several = len(nodes) > 1
        coarser = grain is not None and grain is not Grain.DAY
        if self.are_small(nodes[0].keys) and (several or coarser):
            return Grain.DAY
        if several and grain is not None and all(map(self._is_whole, nodes)):
            return grain
        return None

    def _is_whole(self, node: Aggregate) -> bool:
        """Tell whether a node reads whole periods alone."""
        span = self._span(node)
        if span is None:
            return True
        grain = self.query.grain
        assert isinstance(grain, Grain)
        return all(
            day is not None and period_start(day, grain, self.calendar) == day for day in span
        )


def holds_all_days(node: Aggregate, grain: Grain | DayPart | None) -> bool:
    """Tell whether a node in an answer by a grain has a row for each day of its source."""
    by_day = grain is Grain.DAY if node.base is None else node.base.grain is Grain.DAY
    some = node.windowed or node.where or node.beyond or node.stock or present_in(node.leaves)
    return by_day and node.timed and node.look == Look() and not some


def can_merge(node: Aggregate) -> bool:
    return (
        node.all_dated and not node.beyond and all(merged_by(leaf.measure) for leaf in node.leaves)
    )


def _are_alike(one: Aggregate, other: Aggregate) -> bool:
    """Tell whether nodes group the same rows alike, whatever days they look at."""
    return (
        one.input.source is other.input.source
        and one.keys == other.keys
        and one.where == other.where
        and one.bridge == other.bridge
        and one.fan_outs == other.fan_outs
        and present_in(one.leaves) == present_in(other.leaves)
    )


def present_in(leaves: Iterable[Leaf]) -> list[Condition]:
    """Return what a row must satisfy to be in one of the groups of some leaves: nothing, or all
    parts of one of these."""
    conditions: list[Condition] = []
    for leaf in leaves:
        if leaf.measure.where is None and not leaf.where:
            return []
        own = () if leaf.measure.where is None else (leaf.measure.where,)
        condition = (*own, *leaf.where)
        if condition not in conditions:
            conditions.append(condition)
    return conditions


def holds_span(whole: Span | None, part: Span | None) -> bool:
    if whole is None or part is None:
        return whole is part
    starts = whole[0] is None or (part[0] is not None and whole[0] <= part[0])
    return starts and part[1] <= whole[1]
