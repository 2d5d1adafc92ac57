"""What the rows of exchange rates must not say (S26)."""

from __future__ import annotations

from sqlglot import exp

from kpidsl.model.project import Model
from kpidsl.model.sources import Source
from kpidsl.sql import build
from kpidsl.sql.known import examples, grouping_of
from kpidsl.sql.money import RATE
from kpidsl.sql.relations import Relations
from kpidsl.sql.scope import Scope


def repeated_rate(model: Model, source: Source, dialect: str) -> exp.Select:
    """Return the examples of pairs of currencies, and days, with several rates (S26)."""
    scope, keys, rate, relations = _quoted(model, source, dialect)
    several = exp.GT(this=exp.Count(this=exp.Star()), expression=build.number(1))
    select = scope.apply_joins(build.select(*keys)).having(several, copy=False)
    parts = [*(key.this.copy() for key in keys), rate]
    known = [exp.Not(this=build.is_null(part)) for part in parts]
    select = build.where(select, *known)
    return build.with_ctes(examples(select, len(keys)), relations.ctes)


def worthless_rate(model: Model, source: Source, dialect: str) -> exp.Select:
    """Return the examples of pairs of currencies, and days, with a rate of zero or below."""
    scope, keys, rate, relations = _quoted(model, source, dialect)
    value = build.cast(rate, RATE)
    none = exp.LTE(this=value, expression=build.number(0))
    select = build.where(scope.apply_joins(build.select(*keys)), none)
    return build.with_ctes(examples(select, len(keys)), relations.ctes)


def _quoted(
    model: Model, source: Source, dialect: str
) -> tuple[Scope, list[exp.Alias], exp.Expr, Relations]:
    """Return a scope over the rows of rates, what tells one, and its value."""
    assert source.rates is not None
    grouping = grouping_of(model, dialect)
    scope = grouping.scope_of(source)
    parts = [scope.value(source.rates.base), scope.value(source.rates.quote)]
    parts.append(build.cast(scope.time(), "DATE"))
    keys = [build.alias(part, f"key_{place}") for place, part in enumerate(parts, start=1)]
    return scope, keys, scope.value(source.rates.rate), grouping.relations
