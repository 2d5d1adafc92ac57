"""`measure`: one aggregate over the rows of a source."""

from __future__ import annotations

from kpidsl.kinds.binding.aggregates import Aggregation, bind_aggregation
from kpidsl.kinds.binding.amounts import canonical
from kpidsl.kinds.binding.columns import column_binder, identities, listed
from kpidsl.kinds.binding.fields import Fields
from kpidsl.kinds.binding.literals import whole_days
from kpidsl.kinds.binding.row_types import type_words
from kpidsl.kinds.binding.scope import Scope
from kpidsl.kinds.binding.shapes import CONDITION, DURATION, EXPRESSION, NAME, NAMES, word_of
from kpidsl.kinds.binding.spec import Header, Key, Kind, Later, Shape
from kpidsl.kinds.binding.units import UnitWord
from kpidsl.model.expr import RowExpr
from kpidsl.model.sources import COUNTS, Measure, Stock
from kpidsl.model.units import SEVERAL, Datatype, Unit
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
CURRENCY = Key(
    "currency",
    EXPRESSION,
    "The currency of each row's amount, where rows have different ones: `convert` makes one of "
    "them, and nothing else adds them up (S26).",
    default="the one after `as`",
)
RECOGNISED_AT = Key(
    "recognised_at", NAME, "Another clock for this measure alone.", later=Later.REFUSE
)

KIND = Kind(
    "measure",
    "One aggregate over the rows of a source, with its own filter and unit.",
    "measure revenue: sum(price) as USD",
    Header(value=EXPRESSION),
    (NET_OF, STOCK, CURRENCY, RECOGNISED_AT),
    top_level=False,
)


def bind(fields: Fields, source: str, scope: Scope) -> Measure | None:
    """Bind a measure of `source`."""
    if fields.value is None:
        return None
    bound = bind_aggregation(fields.value, source, scope)
    mark = scope.mark()
    stock = _stock(fields, source, scope)
    currency = _currency(fields, bound, source, scope) if bound is not None else None
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
        currency=currency,
        unit=bound.unit.unit if currency is None else Unit.of(SEVERAL),
        percent=bound.unit.percent,
        net_of=frozenset(deducted),
    )


def _currency(fields: Fields, bound: Aggregation, source: str, scope: Scope) -> RowExpr | None:
    """Bind what tells the currency of a row."""
    said = fields.get(CURRENCY)
    if said is None:
        return None
    if bound.operand is None or bound.aggregate in COUNTS:
        _refuse_currency(fields, f"`{bound.aggregate}` counts, and is no money", scope)
        return None
    if bound.unit != UnitWord():
        _refuse_currency(fields, "this measure says its unit twice", scope)
        return None
    value = column_binder(scope, source).value(said)
    if value is None or value.datatype in {Datatype.TEXT, Datatype.UNKNOWN}:
        return None if value is None else value.expr
    scope.error(
        "K306",
        '`currency` is a text, as in `"USD"`',
        said.span,
        label=f"this is {type_words(value)}",
        help="name the column that holds the currency",
    )
    return None


def _refuse_currency(fields: Fields, message: str, scope: Scope) -> None:
    scope.error(
        "K323",
        message,
        fields.key_span(CURRENCY),
        label="the currency of each row",
        help="take `currency` out; of money in one currency `as` says which",
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
