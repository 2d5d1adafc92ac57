"""What a statement needs and its dialect has no way to write: refused before anything runs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlglot import exp
from sqlglot.errors import SqlglotError

from kpidsl.model.definition import Definition
from kpidsl.model.expr import DimensionRef, MeasureRef
from kpidsl.model.project import Model
from kpidsl.model.sources import Measure, Source
from kpidsl.plan.nodes import Plan
from kpidsl.plan.planner import plan
from kpidsl.plan.query import Query, Selection
from kpidsl.plan.within import read_by
from kpidsl.sql.dialects import DIALECTS
from kpidsl.sql.dialects.base import NAMED
from kpidsl.sql.known import columns_of, types_of
from kpidsl.sql.relations import shaped_in, used_in
from kpidsl.sql.trees import to_tree
from kpidsl.text.diagnostic import Diagnostic, error
from kpidsl.text.suggest import nearest

_OTHER_NAMES = {"mariadb": ["mysql"], "mssql": ["tsql"], "sqlserver": ["tsql"]}
"""Dialects by what their databases are called, where another name lies nearer or none does."""
_MAKE_VIEW = "make a view that does it, and name the view as the source's table"
_RENAME = "give the metric or the dimension another name"


@dataclass(frozen=True, slots=True)
class Needs:
    """The definitions that a statement is made of, among which are those that need what its
    dialect lacks."""

    model: Model
    sources: Sequence[Source]
    measures: Sequence[Measure] = ()
    columns: Sequence[str] = ()

    def error(self, what: str, dialect: str) -> Diagnostic:
        """Return that a dialect lacks something, at the definition that needs it, or where the
        statement as a whole does, at the first that it reads."""
        needing = next(self._needing(what, dialect), None)
        found = needing or next(iter([*self.measures, *self.sources]), None)
        return error(
            "K501",
            f"the dialect `{dialect}` has no {what}",
            None if found is None else found.span,
            label="needs it" if needing else "is asked for",
            help=_RENAME if what.startswith(NAMED) else _MAKE_VIEW,
        )

    def _needing(self, what: str, dialect: str) -> Iterator[Definition]:
        """Yield what is of that name, sources whose rows can't be had without it, and dimensions
        and measures whose values can't."""
        name = what.removeprefix(NAMED).strip("`")
        if name in self.model.metrics:
            yield self.model.metrics[name]
        yield from (item.dimensions[name] for item in self.sources if name in item.dimensions)
        lacks = DIALECTS[dialect].lacks
        for source in self.sources:
            if what in lacks(columns_of(self.model, source, dialect)):
                yield source
        for source in self.sources:
            for column in (name for name in self.columns if name in source.dimensions):
                if what in lacks(types_of(self.model, source, DimensionRef(column), dialect)):
                    yield source.dimensions[column]
        for measure in self.measures:
            alone = Selection(measure.name, MeasureRef(measure.source, measure.name))
            planned, _ = plan(self.model, Query((alone,)))
            if planned is not None and what in lacks(to_tree(planned, dialect)):
                yield measure


def sql_in(planned: Plan, dialect: str, model: Model) -> tuple[str | None, list[Diagnostic]]:
    """Return a plan as SQL of any dialect, or what stands in the way."""
    if dialect not in DIALECTS:
        close = _OTHER_NAMES.get(dialect.lower(), nearest(dialect, DIALECTS, 1))
        known = ", ".join(f"`{name}`" for name in DIALECTS)
        mend = f"use `{close[0]}`" if close else f"use one of: {known}"
        return None, [error("K503", f"there is no dialect `{dialect}`", help=mend)]
    try:
        tree = to_tree(planned, dialect)
    except SqlglotError:
        return None, [
            error(
                "K501",
                f"the dialect `{dialect}` can't read the SQL that stands in the definitions",
                help="compile for the dialect of the project's own database",
            )
        ]
    if not DIALECTS[dialect].lacks(tree):
        return DIALECTS[dialect].text(tree, pretty=True, copy=False), []
    read = [*used_in(tree, model), *shaped_in(tree, model)]
    measures = [leaf.measure for node in read_by(planned) for leaf in node.leaves]
    needs = Needs(model, read, measures, [key.column for key in planned.frame.keys])
    return None, lacking(tree, dialect, needs)


def lacking(tree: exp.Query, dialect: str, needs: Needs) -> list[Diagnostic]:
    """Return what stands in the way of a tree in a dialect of `DIALECTS`."""
    return [needs.error(what, dialect) for what in DIALECTS[dialect].lacks(tree)]
