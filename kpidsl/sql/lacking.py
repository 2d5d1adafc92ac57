"""What a statement needs and its dialect has no way to write: refused before anything runs."""

from __future__ import annotations

from sqlglot import exp
from sqlglot.errors import SqlglotError

from kpidsl.plan.nodes import Plan
from kpidsl.sql.dialects import DIALECTS
from kpidsl.sql.dialects.base import NAMED
from kpidsl.sql.trees import to_tree
from kpidsl.text.diagnostic import Diagnostic, error
from kpidsl.text.suggest import nearest

_MAKE_VIEW = "make a view that does it, and name the view as the source's table"
_RENAME = "give the metric or the dimension another name"


def sql_in(plan: Plan, dialect: str) -> tuple[str | None, list[Diagnostic]]:
    """Return a plan as SQL of any dialect, or what stands in the way."""
    if dialect not in DIALECTS:
        close = nearest(dialect, DIALECTS, 1)
        known = ", ".join(f"`{name}`" for name in DIALECTS)
        mend = f"use `{close[0]}`" if close else f"use one of: {known}"
        return None, [error("K503", f"there is no dialect `{dialect}`", help=mend)]
    try:
        tree = to_tree(plan, dialect)
    except SqlglotError:
        return None, [
            error(
                "K501",
                f"the dialect `{dialect}` can't read the SQL that stands in the definitions",
                help="compile for the dialect of the project's own database",
            )
        ]
    found = lacking(tree, dialect)
    return (None if found else DIALECTS[dialect].text(tree, pretty=True, copy=False)), found


def lacking(tree: exp.Query, dialect: str) -> list[Diagnostic]:
    """Return what stands in the way of a tree in a dialect of `DIALECTS`."""
    return [
        error(
            "K501",
            f"the dialect `{dialect}` has no {what}",
            help=_RENAME if what.startswith(NAMED) else _MAKE_VIEW,
        )
        for what in DIALECTS[dialect].lacks(tree)
    ]
