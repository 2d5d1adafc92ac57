"""What all plans of one model rest on."""

from __future__ import annotations

from functools import cached_property

from kpidsl.model.project import Model
from kpidsl.model.sources import SqlOrigin, TableOrigin
from kpidsl.plan.excludes import Excludes
from kpidsl.plan.paths import Paths


class Groundwork:
    """Finds out once, for all questions about a model, what takes as long as the model is large."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self.excludes = Excludes(model)

    @cached_property
    def paths(self) -> Paths:
        return Paths(self._model)

    @cached_property
    def table_names(self) -> frozenset[str]:
        return table_names(self._model)


def table_names(model: Model) -> frozenset[str]:
    """Return the names of tables, case folded, that no relation of a statement may hide: those of
    the sources, and of what they read."""
    names: list[str] = []
    for source in model.sources.values():
        names.append(source.name)
        match source.origin:
            case TableOrigin(path=path):
                names.append(path[-1])
            case SqlOrigin(reads=reads):
                names += reads
    return frozenset(name.casefold() for name in names)
