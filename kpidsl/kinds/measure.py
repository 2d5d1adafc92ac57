"""`measure`: one aggregate over the rows of a source."""

from __future__ import annotations

from kpidsl.kinds.binding.aggregates import bind_aggregation
from kpidsl.kinds.binding.amounts import canonical
from kpidsl.kinds.binding.columns import column_binder, identities, listed
from kpidsl.kinds.binding.fields import Fields
from kpidsl.kinds.binding.literals import whole_days
from kpidsl.kinds.binding.scope import Scope
from kpidsl.kinds.binding.shapes import CONDITION, DURATION, EXPRESSION, NAME, NAMES, word_of
from kpidsl.kinds.binding.spec import Header, Key, Kind, Later, Shape
from kpidsl.kinds.binding.units import UnitWord
from kpidsl.model.sources import Measure, Stock
from kpidsl.syntax import tree
from kpidsl.text.diagnostic import Label


def _last_per(expr: tree.Expr) -> tree.Expr | None:
    match expr:
        case tree.Binary(op="per", left=tree.Ref(parts=(tree.Name(text="last"),)), right=right):
            return right
    return None


NET_OF = Key(
    "net_of",
    NAMES,
    "What has been deducted from the amount already, so that nothing is deducted twice.",
    default="nothing",
)
STALE_AFTER = Key("stale_after", DURATION, "How old the last row may be.", default="any age")
CLOSED = Key("closed", CONDITION, "When the last row says that there is nothing any more.")
ROLLING = Key(
    "rolling",
    word_of("last", "average"),
    "What the level is over several days, as in `rolling(balance, 28d)` and `to_date`: that of the "
    "last day, or the average of all of them.",
    default="refused: levels are not added up",
)
LAST_PER: Shape[tree.Expr] = Shape("`last per` an entity", "last per account_id", _last_per)
STOCK = Key(
    "stock",
    LAST_PER,
    "That it is a level (a balance, seats, units in stock): of each entity the last row at or "
    "before a period's end counts, and levels are not added up over time (S11).",
    options=(STALE_AFTER, CLOSED, ROLLING),
)
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
    mark = scope.mark()
    stock = _stock(fields, source, scope)
    if bound is None or scope.drops(mark):
        return None
    if not fields.ok and bound.unit == UnitWord():
        return None  # its unit may be what could not be read
    deducted = (canonical(ref.text, scope, source) for ref in fields.get(NET_OF) or ())
    return Measure(
        **fields.described(),
        source=source,
        aggregate=bound.aggregate,
        operand=bound.operand,
        where=bound.where,
        fraction=bound.fraction,
        once_per=bound.once_per,
        stock=stock,
        unit=bound.unit.unit,
        percent=bound.unit.percent,
        net_of=frozenset(deducted),
    )


def _stock(fields: Fields, source: str, scope: Scope) -> Stock | None:
    """Bind how a level is carried: by whose last row, for how long, and what ends it (S11)."""
    said = fields.get(STOCK)
    if said is None:
        return None
    names = scope.catalog.sources[source]
    if not names.clocked:
        scope.error(
            "K407",
            f"`{fields.name}` is a level, and `{source}` declares no time to tell the last row by",
            fields.key_span(STOCK),
            label="the last at which time?",
            labels=(Label(names.span, f"`{source}` is declared here"),) if names.span else (),
            help=f"declare `time: COLUMN` in `{source}`",
        )
        return None
    entity = identities(listed(said), scope, source)
    options = fields.options(STOCK)
    stale = options.get(STALE_AFTER) if options else None
    closed = options.get(CLOSED) if options else None
    days = whole_days(stale, scope) if stale is not None else None
    condition = column_binder(scope, source).condition(closed) if closed is not None else None
    if entity is None:
        return None
    rolling = options.get(ROLLING) if options else None
    return Stock(entity=entity, stale_days=days, closed=condition, rolling=rolling)
