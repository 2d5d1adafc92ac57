"""Answers of more cells than can be given (S17)."""

from __future__ import annotations

from collections.abc import Callable

from sqlglot import exp

from kpidsl.engines.base import Table
from kpidsl.plan.looking import MOST_CELLS
from kpidsl.plan.nodes import Plan
from kpidsl.run.examples import number
from kpidsl.sql.trees import cell_counts
from kpidsl.text.diagnostic import Diagnostic, error
from kpidsl.text.display import counted


def too_many(
    planned: Plan, rows: int, dialect: str, ask: Callable[[exp.Query], Table | None]
) -> list[Diagnostic]:
    """Return that an answer of so many `rows` has more cells than are given, with their number.

    The statement ends the rows after one too many, so they are counted apart; `ask` runs that.
    """
    if rows <= MOST_CELLS or not planned.root.input.input.dense:
        return []
    told = f"more than {MOST_CELLS:,} cells"
    table = ask(cell_counts(planned, dialect))
    if table is not None:
        periods, members = map(number, table.rows[0])
        if periods * members <= MOST_CELLS:
            return []  # it is the totals that make it more rows
        grain = str(planned.frame.grain)
        keys = ", ".join(f"`{key.column}`" for key in planned.frame.keys)
        told = f"{periods * members:,} cells: {counted(periods, grain)}"
        told += f" for each of {counted(members, 'combination')} of {keys}" if keys else ""
    return [
        error(
            "K490",
            f"the answer would have {told}",
            help="say fewer days, a coarser grain or `--top 10`; `--sparse` gives only the rows "
            "that the data hold",
        )
    ]
