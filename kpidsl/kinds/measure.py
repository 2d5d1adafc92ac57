"""`measure`: one aggregate over the rows of a source."""

from __future__ import annotations

from kpidsl.kinds.binding.aggregates import bind_aggregation
from kpidsl.kinds.binding.amounts import canonical
from kpidsl.kinds.binding.fields import Fields
from kpidsl.kinds.binding.scope import Scope
from kpidsl.kinds.binding.shapes import ANYTHING, EXPRESSION, NAME, NAMES
from kpidsl.kinds.binding.spec import Header, Key, Kind, Later
from kpidsl.kinds.binding.units import UnitWord
from kpidsl.model.sources import Measure

NET_OF = Key(
    "net_of",
    NAMES,
    "What has been deducted from the amount already, so that nothing is deducted twice.",
    default="nothing",
)
STOCK = Key("stock", ANYTHING, "How a level is carried over time.", later=Later.REFUSE)
RECOGNISED_AT = Key(
    "recognised_at", NAME, "Another clock for this measure alone.", later=Later.REFUSE
)

KIND = Kind(
    "measure",
    "One aggregate over the rows of a source, with its own filter and unit.",
    "measure revenue: sum(price) as USD",
    Header(value=EXPRESSION),
    (NET_OF, STOCK, RECOGNISED_AT),
    top_level=False,
)


def bind(fields: Fields, source: str, scope: Scope) -> Measure | None:
    """Bind a measure of `source`."""
    if fields.value is None:
        return None
    bound = bind_aggregation(fields.value, source, scope)
    if bound is None or (not fields.ok and bound.unit == UnitWord()):
        return None  # its unit may be what could not be read
    deducted = (canonical(ref.text, scope, source) for ref in fields.get(NET_OF) or ())
    return Measure(
        **fields.described(),
        source=source,
        aggregate=bound.aggregate,
        operand=bound.operand,
        where=bound.where,
        once_per=bound.once_per,
        unit=bound.unit.unit,
        percent=bound.unit.percent,
        net_of=frozenset(deducted),
    )
