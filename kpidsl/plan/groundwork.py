"""What all plans of one model rest on."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from kpidsl.model.project import Model
from kpidsl.model.sources import SqlOrigin, TableOrigin
from kpidsl.plan.conversion import Conversions
from kpidsl.plan.excludes import Excludes
from kpidsl.plan.facts import Facts, NothingKnown
from kpidsl.plan.nodes import Key
from kpidsl.plan.paths import Paths

FEW = 10_000
"""So many groups by the day are made of rows before the periods: years of them fit a cache."""


_MANY = FEW**3


class Groundwork:
    """Finds out once, for all questions about a model, what takes as long as the model is large."""

    def __init__(self, model: Model, facts: Facts | None = None) -> None:
        self._model = model
        self.facts = facts or NothingKnown()
        self.excludes = Excludes(model)
        self.conversions = Conversions(model, self.excludes)

    def are_small(self, keys: Sequence[Key]) -> bool:
        """Tell whether keys are known to have few members together."""
        return self._members(keys) <= FEW

    def pay_naming(self, keys: Sequence[Key]) -> bool:
        """Tell whether keys are known to have far fewer members than there are rows to join."""
        return self._members(keys) <= FEW * FEW and all(self.are_small([key]) for key in keys)

    def _members(self, keys: Sequence[Key]) -> int:
        """Return how many members keys have together at most: each as many as what it is joined
        from has rows."""
        members = 1
        for key in keys:
            if not key.value.hops:
                return _MANY
            rows = self.facts.at_most(self._model.sources[key.value.hops[-1].join.target])
            if rows is None:
                return _MANY
            members *= max(rows, 1)
        return members

    @cached_property
    def has_bridges(self) -> bool:
        """Whether any source has rows that are split over those of another (S7)."""
        joins = (join for source in self._model.sources.values() for join in source.joins.values())
        return any(join.weight is not None for join in joins)

    @cached_property
    def paths(self) -> Paths:
        return Paths(self._model)

    @cached_property
    def table_names(self) -> frozenset[str]:
        return table_names(self._model)


def table_names(model: Model) -> frozenset[str]:
    """Return names, case folded, that no relation of a statement may have: those of the sources and
    of what they read, and those that rows get where they are joined."""
    names: list[str] = []
    for source in model.sources.values():
        names += (source.name, *source.joins)
        match source.origin:
            case TableOrigin(path=path):
                names.append(path[-1])
            case SqlOrigin(reads=reads):
                names += reads
    return frozenset(name.casefold() for name in names)
