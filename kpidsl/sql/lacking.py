"""What a statement needs and its dialect has no way to write: refused before anything runs."""

from __future__ import annotations

from sqlglot import exp

from kpidsl.sql.dialects import DIALECTS
from kpidsl.text.diagnostic import Diagnostic, error


def lacking(tree: exp.Query, dialect: str) -> list[Diagnostic]:
    """Return what stands in the way of a tree in a dialect of `DIALECTS`."""
    return [
        error(
            "K501",
            f"the dialect `{dialect}` has no {what}",
            help="make a view that does it, and name the view as the source's table",
        )
        for what in DIALECTS[dialect].lacks(tree)
    ]
