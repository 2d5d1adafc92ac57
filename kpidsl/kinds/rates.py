"""`rates`: what one currency costs in another, from the rows of a source (S26)."""

from __future__ import annotations

from kpidsl.kinds.binding.columns import column_binder
from kpidsl.kinds.binding.fields import Fields
from kpidsl.kinds.binding.literals import whole_days
from kpidsl.kinds.binding.row_types import type_words
from kpidsl.kinds.binding.scope import Scope
from kpidsl.kinds.binding.shapes import DURATION, EXPRESSION
from kpidsl.kinds.binding.spec import Header, Key, Kind
from kpidsl.model.expr import RowExpr
from kpidsl.model.sources import Rates
from kpidsl.model.units import Datatype
from kpidsl.syntax import tree
from kpidsl.text.diagnostic import Label

USUAL_DAYS = 7
"""Longer than banks are ever closed, and too short for a feed that has stopped to go unnoticed."""

FROM = Key("from", EXPRESSION, "The currency of which one unit is priced.", required=True)
TO = Key("to", EXPRESSION, "The currency in which it is priced.", required=True)
RATE = Key("rate", EXPRESSION, "How many units of `to` are paid for one of `from`.", required=True)
STALE_AFTER = Key(
    "stale_after",
    DURATION,
    "How long a rate holds where none follows, as over a weekend.",
    default=f"{USUAL_DAYS}d",
)

KIND = Kind(
    "rates",
    "That the source's rows are exchange rates, for `convert`: each holds from the source's `time` "
    "on, until the next one of the same pair. Only pairs that stand there convert, and in that "
    "direction.",
    "rates { from: base, to: quote, rate: rate }",
    Header(name=None, label=False),
    (FROM, TO, RATE, STALE_AFTER),
    top_level=False,
)


def bind(fields: Fields, source: str, scope: Scope) -> Rates | None:
    """Bind what the rows of a source say about currencies."""
    names = scope.catalog.sources[source]
    if not names.clocked:
        scope.error(
            "K407",
            f"`{source}` has rates, and declares no time to tell of which day they are",
            fields.header_span,
            label="the rates of which day?",
            labels=(Label(names.span, f"`{source}` is declared here"),) if names.span else (),
            help=f"declare `time: COLUMN` in `{source}`",
        )
        return None
    base = _typed(fields, FROM, Datatype.TEXT, source, scope)
    quote = _typed(fields, TO, Datatype.TEXT, source, scope)
    rate = _typed(fields, RATE, Datatype.NUMBER, source, scope)
    stale = fields.get(STALE_AFTER)
    days = whole_days(stale, scope) if stale is not None else USUAL_DAYS
    if base is None or quote is None or rate is None or days is None:
        return None
    return Rates(base=base, quote=quote, rate=rate, stale_days=days)


def _typed(
    fields: Fields, key: Key[tree.Expr], wanted: Datatype, source: str, scope: Scope
) -> RowExpr | None:
    said = fields.get(key)
    bound = column_binder(scope, source).value(said) if said is not None else None
    if bound is None or bound.datatype in {wanted, Datatype.UNKNOWN}:
        return None if bound is None else bound.expr
    kind = "a number" if wanted is Datatype.NUMBER else "a currency, which is a text"
    scope.error(
        "K306",
        f"`{key.name}` is {kind}",
        bound.span,
        label=f"this is {type_words(bound)}",
        help=f"name the column that holds {kind.partition(',')[0]}",
    )
    return None
