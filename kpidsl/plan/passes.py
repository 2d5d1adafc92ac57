"""Passes over the rows of a source, each for all that the questions of a report read there.

A pass *by cells* reads the groups and periods of one question, and others look up their own among
them: right for whatever is counted (S10). A pass *by days* adds up the rows by the day, for all
that is merged from days and from more groups.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from kpidsl.model.moments import DayPart
from kpidsl.model.periods import Calendar, Grain, period_start
from kpidsl.plan.additivity import merged_by
from kpidsl.plan.bases import can_merge, holds_span, present_in
from kpidsl.plan.groundwork import Groundwork
from kpidsl.plan.looking import Span, counted_days
from kpidsl.plan.looks import Look
from kpidsl.plan.nodes import Aggregate, Base, Frame, Key, Leaf

_DAY = date.resolution


@dataclass(frozen=True, slots=True)
class Reading:
    """A node of a question that takes its values from rows, and the days that count in it."""

    node: Aggregate
    frame: Frame
    span: Span | None

    @classmethod
    def of(cls, node: Aggregate, frame: Frame) -> Reading:
        span = None
        if node.windowed:
            calendar = frame.settings.calendar
            span = counted_days(frame.window, frame.grain, calendar, node.look)
        return cls(node, frame, span)

    @property
    def is_plain(self) -> bool:
        """Tell whether its rows count in their own periods, or in those that lie so much later."""
        look = self.node.look
        return not look.joined and look.reach is None and not look.listed

    @property
    def adds_up(self) -> bool:
        node = self.node
        by_days = not isinstance(self.frame.grain, DayPart)
        return can_merge(node) and not node.fan_outs and by_days

    @property
    def names_as_usual(self) -> bool:
        """Tell whether the columns that tell why a member is absent are called as everywhere."""
        usual = (state_of(key.column) for key in self.frame.keys)
        return all(
            key.state in (None, name) for key, name in zip(self.frame.keys, usual, strict=True)
        )


@dataclass(frozen=True, slots=True)
class Scan:
    """What one question reads in one pass: a node, or those merged from a base of its own."""

    readings: tuple[Reading, ...]

    @property
    def adds_up(self) -> bool:
        return all(reading.adds_up for reading in self.readings)

    @property
    def length(self) -> int:
        """Return how many days are read."""
        spans = [reading.span for reading in self.readings]
        return max(_days_in(span) for span in spans)


@dataclass(slots=True)
class Pass:
    """What is read together. `base` is None where the cells are those of one question as it is."""

    first: Reading
    keys: tuple[Key, ...]
    base: Base | None
    scans: list[Scan] = field(default_factory=list)
    leaves: list[Leaf] = field(default_factory=list)

    def add(self, scan: Scan) -> None:
        self.scans.append(scan)
        for reading in scan.readings:
            self.leaves += [leaf for leaf in reading.node.leaves if not holds(self.leaves, leaf)]

    def reads_rows_of(self, node: Aggregate) -> bool:
        own = self.first.node
        return own.input.source is node.input.source and own.where == node.where


class ByCells(Pass):
    """A pass over the groups, and by the periods, of its first scan."""

    picks = True

    @classmethod
    def of(cls, scan: Scan) -> ByCells | None:
        """Return the pass over one node's cells; a base's own cells are no question's."""
        if len(scan.readings) != 1 or scan.readings[0].node.merged_from is not None:
            return None
        (first,) = scan.readings
        node, grain = first.node, first.frame.grain
        by_periods = node.timed and node.look == Look() and isinstance(grain, Grain)
        base = Base(grain, first.span) if by_periods and isinstance(grain, Grain) else None
        found = cls(first, node.keys, base)
        found.add(scan)
        return found

    def takes(self, scan: Scan) -> bool:
        return all(self._holds(reading) for reading in scan.readings)

    def _holds(self, reading: Reading) -> bool:
        own, node = self.first.node, reading.node
        same_groups = (
            self.reads_rows_of(node)
            and own.keys == node.keys
            and own.fan_outs == node.fan_outs
            and own.once_per == node.once_per
            and own.stock == node.stock
        )
        return same_groups and (self._is_twin(reading) or self._has_cells_of(reading))

    def _is_twin(self, reading: Reading) -> bool:
        """Tell whether a question asks for the very same cells."""
        own, frame = self.first.frame, reading.frame
        same = own.window == frame.window and own.grain is frame.grain
        extent = own.window is not None or own.extent == frame.extent
        one, other = self.first.node, reading.node
        return same and extent and one.look == other.look and one.dated == other.dated

    def _has_cells_of(self, reading: Reading) -> bool:
        """Tell whether each cell of a question is one of these; then nothing that has to be
        recomputed for each period is read over more of them than before."""
        if self.base is None or self.base.span is None or reading.span is None:
            return False
        grain, calendar = self.base.grain, reading.frame.settings.calendar
        if not reading.is_plain or not holds_span(self.base.span, reading.span):
            return False
        if reading.node.timed and reading.frame.grain is not grain:
            return False
        if not _is_cut(reading.span, self.base.span, grain, calendar):
            return False
        if not reading.node.timed and not _is_one(reading.span, grain, calendar):
            return False
        dear = (leaf for leaf in reading.node.leaves if merged_by(leaf.measure) is None)
        return all(holds(self.leaves, leaf) for leaf in dear)


class ByDays(Pass):
    """A pass by the day, for all that adds up: over the keys of all its scans."""

    picks = False

    @classmethod
    def of(cls, scan: Scan) -> ByDays:
        found = cls(scan.readings[0], (), None)
        found.widen(scan)
        return found

    def widen(self, scan: Scan) -> None:
        self.keys = _all_keys([self.keys, *(reading.node.keys for reading in scan.readings)])
        spans = [reading.span for reading in scan.readings]
        if self.base is not None:
            spans.append(self.base.span)
        self.base = Base(Grain.DAY, _around(spans))
        self.add(scan)

    def takes(self, scan: Scan, ground: Groundwork) -> bool:
        """Tell whether a scan reads the same rows, on days that touch these, by few keys."""
        assert self.base is not None
        own = self.first.node
        return all(
            self.reads_rows_of(reading.node)
            and own.windowed == reading.node.windowed
            and _touch(self.base.span, reading.span)
            and _are_one_set([self.keys, reading.node.keys])
            and ground.are_small(_all_keys([self.keys, reading.node.keys]))
            for reading in scan.readings
        )


def holds(leaves: Iterable[Leaf], leaf: Leaf) -> bool:
    return any(own.measure is leaf.measure and own.where == leaf.where for own in leaves)


def state_of(column: str) -> str:
    """Return how the column is called that tells why a key has no member."""
    return f"{column}__state"


def has_same_rows(leaves: Sequence[Leaf], node: Aggregate) -> bool:
    """Tell whether the rows of some leaves are in the groups of a node, and no others."""
    if not node.keys and not node.timed:
        return True  # one group, with rows or without
    every, own = present_in(leaves), present_in(node.leaves)
    return len(every) == len(own) and all(item in every for item in own)


def shaped(found: Pass, leaves: tuple[Leaf, ...]) -> Aggregate:
    """Return the node that reads a pass's rows."""
    node = replace(
        found.first.node, leaves=leaves, keys=found.keys, merged_from=None, named_late=False
    )
    if found.base is None:
        return node
    return replace(node, look=Look(), timed=True, base=found.base)


def _is_cut(span: Span, whole: Span, grain: Grain, calendar: Calendar) -> bool:
    """Tell whether days begin and end where periods of others do."""
    return span[0] != span[1] and all(
        day == bound or (day is not None and period_start(day, grain, calendar) == day)
        for day, bound in zip(span, whole, strict=True)
    )


def _is_one(span: Span, grain: Grain, calendar: Calendar) -> bool:
    """Tell whether days lie in one period."""
    first, end = span
    if first is None:
        return False
    return period_start(first, grain, calendar) == period_start(end - _DAY, grain, calendar)


def _touch(one: Span | None, other: Span | None) -> bool:
    if one is None or other is None:
        return one is other
    return (one[0] or date.min) <= other[1] and (other[0] or date.min) <= one[1]


def _around(spans: Sequence[Span | None]) -> Span | None:
    known = [span for span in spans if span is not None]
    if not known:
        return None
    starts = [start for start, _ in known if start is not None]
    return (min(starts) if len(starts) == len(known) else None), max(end for _, end in known)


def _days_in(span: Span | None) -> int:
    return (date.max - date.min).days if span is None else (span[1] - (span[0] or date.min)).days


def _all_keys(lists: Sequence[tuple[Key, ...]]) -> tuple[Key, ...]:
    found: dict[str, Key] = {}
    for keys in lists:
        for key in keys:
            found.setdefault(key.column, key)
    return tuple(found.values())


def _are_one_set(lists: Sequence[tuple[Key, ...]]) -> bool:
    """Tell whether keys of one name are one key."""
    found = {key.column: key for key in _all_keys(lists)}
    return all(found[key.column] == key for keys in lists for key in keys)
