"""What the shares in a bridge must not say (S7)."""

from __future__ import annotations

from decimal import Decimal

from sqlglot import exp

from kpidsl.model.project import Model
from kpidsl.model.sources import Join
from kpidsl.sql import build
from kpidsl.sql.known import examples, grouping_of
from kpidsl.sql.money import WEIGHT

_NEAR = Decimal("0.000000001")
"""So far from 1 a sum of shares may be: three thirds are one, though they are written in digits."""


def wrong_shares(model: Model, join: Join, dialect: str) -> exp.Select:
    """Return the examples of keys of a bridge whose shares don't add up to 1, or are none: after
    the key their sum."""
    assert join.weight is not None
    grouping = grouping_of(model, dialect)
    scope = grouping.scope_of(model.sources[join.target])
    parts = [scope.value(column) for column in join.target_columns]
    keys = [build.alias(part, f"key_{place}") for place, part in enumerate(parts, start=1)]
    share = build.cast(scope.value(join.weight), WEIGHT)
    total = build.exactly(exp.Sum(this=share))
    wrong: list[exp.Expr] = [
        exp.LT(this=total.copy(), expression=build.number(1 - _NEAR)),
        exp.GT(this=total.copy(), expression=build.number(1 + _NEAR)),
        exp.LT(this=exp.Min(this=share.copy()), expression=build.number(0)),
        exp.LT(this=exp.Count(this=share.copy()), expression=exp.Count(this=exp.Star())),
    ]
    condition = build.disjunction(wrong)
    assert condition is not None
    select = scope.apply_joins(build.select(*keys, build.alias(total, "total")))
    known = [exp.Not(this=build.is_null(part.copy())) for part in parts]
    select = build.having(build.where(select, *known), condition)
    return build.with_ctes(examples(select, len(keys)), grouping.relations.ctes)
