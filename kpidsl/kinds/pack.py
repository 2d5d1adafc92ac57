"""`pack` and `use`: definitions with parameters, and where a project takes one (D9)."""

from __future__ import annotations

from kpidsl.kinds import kpi
from kpidsl.kinds.binding.shapes import EXPRESSION
from kpidsl.kinds.binding.spec import Free, Header, Kind, Shape
from kpidsl.kinds.binding.targets import BANDS
from kpidsl.model.units import Unit
from kpidsl.syntax import tree

REQUIREMENTS = ("money", "count", "ratio", "number")


def _requirement(expr: tree.Expr) -> tree.Expr | None:
    match expr:
        case tree.Ref() if expr.text in REQUIREMENTS:
            return expr
        case tree.Binary(op="/" | "per", left=left, right=right):
            sound = _requirement(left) is not None and _requirement(right) is not None
            return expr if sound else None
    return None


REQUIRES = Kind(
    "requires",
    "What each parameter must be: `money`, `count`, `ratio` (plain), `number` (anything), or one "
    "per another.",
    "requires { cost: money, customers: count }",
    Header(name=None, label=False),
    free=Free(
        "a parameter",
        Shape("`money`, `count`, `ratio`, `number`, or one per another", "money", _requirement),
    ),
    top_level=False,
)

PACK_KPI = Kind(
    "kpi",
    "A KPI with parameters.",
    'kpi cac(cost, customers) "Customer acquisition cost": cost / customers',
    Header(params=True, value=EXPRESSION),
    kpi.KEYS,
    (BANDS, REQUIRES),
    top_level=False,
)
PACK_METRIC = Kind(
    "metric",
    "A metric with parameters.",
    "metric ctr(clicks, impressions): clicks / impressions as percent",
    Header(params=True, value=EXPRESSION),
    (),
    (REQUIRES,),
    top_level=False,
)

PACK = Kind(
    "pack",
    "A library of definitions with parameters; a project takes each by `use`.",
    'pack marketing {\n  kpi cac(cost, customers) "Customer acquisition cost": cost / customers\n}',
    Header(),
    (),
    (PACK_KPI, PACK_METRIC),
)

USE = Kind(
    "use",
    "Takes a definition of a pack, with arguments for its parameters; its keys may be overridden.",
    "use marketing.cac(cost: marketing_cost, customers: new_customers) as cac",
    Header(name="name of a pack's definition", dotted=True, params=True, alias=True),
    kpi.KEYS,
    (BANDS,),
)


def satisfies(unit: Unit, percent: bool, needed: tree.Expr) -> bool:
    """Tell whether an argument is what its parameter requires (T2)."""
    if isinstance(needed, tree.Binary):
        above = Unit(tuple((name, power) for name, power in unit.powers if power > 0))
        below = above / unit
        return satisfies(above, percent, needed.left) and satisfies(below, percent, needed.right)
    match needed:
        case tree.Ref(parts=(tree.Name(text="money"),)):
            return unit.currency is not None
        case tree.Ref(parts=(tree.Name(text="count"),)):
            counted = len(unit.powers) == 1 and unit.powers[0][1] == 1
            return (unit.is_plain and not percent) or (counted and unit.currency is None)
        case tree.Ref(parts=(tree.Name(text="ratio"),)):
            return percent or unit.is_quotient_of_counts
    return True


def requirement_words(needed: tree.Expr) -> str:
    """Say what a parameter requires."""
    if isinstance(needed, tree.Binary):
        below = requirement_words(needed.right).removeprefix("a ")
        return f"{requirement_words(needed.left)} per {below}"
    words = {"money": "money", "count": "a count", "ratio": "a plain ratio"}
    return words.get(needed.span.text, "a number")
