"""Formulas that are too deep: with those of the metrics that they name they are one tree."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from kpidsl.kinds.binding.graph import Edges, children
from kpidsl.kinds.binding.scope import Scope
from kpidsl.syntax import tree

MOST = 200
"""So many levels may lie one within another: twice as many as in one formula, as where it is given
to another that is written out. At some 250 Python gives up."""


def too_deep(
    formulas: Mapping[str, tree.Expr], order: Sequence[str], edges: Edges[str], scope: Scope
) -> set[str]:
    """Return which formulas have too many levels, and say so of the first one in each chain.

    In `order` each comes after those that it names; `edges` tell these."""
    levels: dict[str, int] = {}
    found: set[str] = set()
    for name in order:
        named = [needed for needed, _ in edges[name]]
        if not found.isdisjoint(named):
            found.add(name)
            continue
        below = max((levels.get(needed, 0) for needed in named), default=0)
        levels[name] = below + (_levels(formulas[name]) if name in formulas else 0)
        if levels[name] > MOST:
            found.add(name)
            scope.error(
                "K111",
                f"`{name}` and the metrics that it is made of are more than {MOST} levels deep",
                formulas[name].span,
                label="the end of a long chain",
                help="write it over measures, or over metrics that are",
            )
    return found


def _levels(formula: tree.Expr) -> int:
    """Return how many levels a formula has, without recursion."""
    most, left = 0, [(formula, 0)]
    while left:
        part, above = left.pop()
        # What is asked of each entity is an answer of its own within the answer.
        own = above + (3 if isinstance(part, tree.Binary) and part.op == "per" else 1)
        most = max(most, own)
        left += [(child, own) for child in children(part)]
    return most
