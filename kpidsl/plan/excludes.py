"""An `exclude` that waits for its own outcome can't be computed."""

from __future__ import annotations

from functools import cached_property

from kpidsl.model.expr import Column, DimensionRef, Resolved, TimeColumn
from kpidsl.model.project import Model
from kpidsl.model.sources import Source
from kpidsl.plan.nodes import PlacedExpr
from kpidsl.plan.placing import children
from kpidsl.plan.refusal import Refused
from kpidsl.text.diagnostic import Diagnostic, error


class Excludes:
    """The excludes of a model that can't be computed; each is tested once."""

    def __init__(self, model: Model) -> None:
        self._model = model

    @cached_property
    def circular(self) -> dict[str, Diagnostic]:
        """Why a source's own `exclude` can't be computed, by the source, where it depends on its
        own outcome."""
        tested = ((name, self._tested(item)) for name, item in self._model.sources.items())
        return {name: found for name, found in tested if found is not None}

    def _tested(self, source: Source) -> Diagnostic | None:
        if source.exclude is None:
            return None
        try:
            _Rows(self._model, source).resolve(source.exclude, source, ())
        except Refused as refused:
            return refused.diagnostic
        return None

    @cached_property
    def _near(self) -> dict[str, list[str]]:
        """By source the sources that it joins and those that resolve its ids, then those that join
        it."""
        near = {
            name: [join.target for join in source.joins.values()]
            for name, source in self._model.sources.items()
        }
        for entity in self._model.entities.values():
            for name in entity.members if entity.resolve is not None else ():
                assert entity.resolve is not None
                near[name].append(entity.resolve.source)
        for name, source in self._model.sources.items():
            for target in dict.fromkeys(join.target for join in source.joins.values()):
                near[target].append(name)
        return near

    def in_reach(self, source: Source) -> Diagnostic | None:
        """Return why a source's rows can't be had: its own `exclude`, or that of one which joins
        may bring in, depends on its own outcome."""
        if not self.circular:
            return None
        waiting, seen = [source.name], {source.name}
        while waiting:
            one = waiting.pop()
            if one in self.circular:
                return self.circular[one]
            near = self._near[one]
            waiting += [item for item in near if item not in seen]
            seen.update(near)
        return None


class _Rows:
    """Walks all that the rows of one source, less the excluded ones, are computed from."""

    def __init__(self, model: Model, source: Source) -> None:
        self._model = model
        self._source = source

    def resolve(self, expr: PlacedExpr, at: Source, seen: tuple[str, ...]) -> None:
        for part in children(expr):
            self.resolve(part, at, seen)
        if isinstance(expr, Resolved):
            table = self._model.sources[expr.table]
            if table.name not in seen:
                self._enter(table, seen)
            self.resolve(expr.ids, table, (*seen, table.name))
            self.resolve(expr.stands_for, table, (*seen, table.name))
        if not isinstance(expr, Column | DimensionRef | TimeColumn):
            return
        for join in expr.joins:
            at = self._model.sources[at.joins[join].target]
            if at.name not in seen:
                self._enter(at, seen)
        if isinstance(expr, DimensionRef):
            dimension = at.dimensions[expr.name]
            if dimension.attribute is not None and at is self._source:
                raise self._circular()
            if dimension.expr is not None:
                self.resolve(dimension.expr, at, seen)

    def _enter(self, at: Source, seen: tuple[str, ...]) -> None:
        if at is self._source:
            raise self._circular()
        if at.exclude is not None:
            self.resolve(at.exclude, at, (*seen, at.name))

    def _circular(self) -> Refused:
        return Refused(
            error(
                "K472",
                f"`exclude` of `{self._source.name}` is tested on values that are computed from "
                "the rows that it leaves",
                self._source.span,
                help="exclude by a column of the source's own, or of one that it joins",
            )
        )
