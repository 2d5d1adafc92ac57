"""`audience`: who reads, what they may see, and how finely (D21)."""

from __future__ import annotations

from kpidsl.kinds.binding.fields import Fields
from kpidsl.kinds.binding.pages import bind_shown
from kpidsl.kinds.binding.scope import Scope
from kpidsl.kinds.binding.shapes import (
    ANYTHING,
    CONDITION,
    EXPRESSIONS,
    TRUTH,
    WHOLE_NUMBER,
    one_of,
)
from kpidsl.kinds.binding.spec import Header, Key, Kind, Later
from kpidsl.model.pages import Audience, Sight, Tier
from kpidsl.model.purpose import Cadence

TIER = Key("tier", one_of(Tier), "Who they are.", required=True)
CADENCE = Key("cadence", one_of(Cadence), "How often they look.")
SEES = Key(
    "sees",
    EXPRESSIONS,
    "What they may see: KPIs, metrics, ROIs, funnels, `goals`; `by` says how finely.",
    required=True,
    names=lambda catalog, _: [*["goals"] * bool(catalog.goals), *catalog.kpis],
)
SUPPRESS = Key("suppress_below", WHOLE_NUMBER, "Groups of fewer entities are not shown.")
SHOWS_SQL = Key("shows_sql", TRUTH, "Whether pages carry the compiled SQL.", default="true")
PRECISION = Key("precision", ANYTHING, "How figures are rounded.", later=Later.ADVISE)
# Without its filter an audience would see rows that are not for it, so it is refused.
ROWS = Key("rows", CONDITION, "The rows that they may see.", later=Later.REFUSE)

KIND = Kind(
    "audience",
    "Readers with one purpose: what they may see, how often, how finely.",
    "audience executive {\n  tier: executive\n  sees: [goals, marketing_roi by channel]\n}",
    Header(),
    (TIER, CADENCE, SEES, SUPPRESS, SHOWS_SQL, PRECISION, ROWS),
)


def bind(fields: Fields, scope: Scope) -> Audience | None:
    """Bind an audience."""
    mark = scope.mark()
    tier = fields.get(TIER)
    shown = [bind_shown(expr, scope, goals=True) for expr in fields.get(SEES) or ()]
    # With a part missing, its pages would seem to show what they may not see.
    if tier is None or SEES.name not in fields.values or scope.failed_since(mark) or None in shown:
        return None
    shows_sql = fields.get(SHOWS_SQL)
    return Audience(
        **fields.described(),
        tier=tier,
        cadence=fields.get(CADENCE),
        sees=tuple(Sight(item=item.name, by=item.by) for item in shown if item is not None),
        suppress_below=fields.get(SUPPRESS),
        sql_visible=shows_sql if shows_sql is not None else True,
    )
