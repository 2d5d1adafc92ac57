"""What has to be known of a source's rows: first and last local day (S13, S21), types, keys."""

from __future__ import annotations

from sqlglot import exp

from kpidsl.model.expr import RowExpr
from kpidsl.model.project import Model
from kpidsl.model.sources import Join, Measure, Source
from kpidsl.plan.groundwork import table_names
from kpidsl.plan.nodes import Frame
from kpidsl.sql import build
from kpidsl.sql.dialects import DIALECTS
from kpidsl.sql.grouping import Grouping
from kpidsl.sql.relations import Relations


def known_range(model: Model, source: Source, dialect: str) -> exp.Select:
    """Return a SELECT of one row: `first_day`, `last_day`."""
    grouping = _grouping(model, dialect)
    return build.with_ctes(first_and_last(grouping, source), grouping.relations.ctes)


def type_of(model: Model, source: Source, value: RowExpr, dialect: str) -> exp.Select:
    """Return a SELECT of the type of a row expression, as text; no row without a value."""
    grouping = _grouping(model, dialect)
    scope, relations = grouping.scope_of(source), grouping.relations
    lowered = scope.value(value)
    select = scope.apply_joins(build.select(grouping.dialect.type_of(lowered)))
    known = exp.Not(this=build.is_null(lowered.copy()))
    return build.with_ctes(build.limit(build.where(select, known), 1), relations.ctes)


def repeated_key(
    model: Model, source: Source, columns: tuple[RowExpr, ...], dialect: str
) -> exp.Select:
    """Return a SELECT of one key that several rows share, and of their number; or of no row."""
    grouping = _grouping(model, dialect)
    scope, relations = grouping.scope_of(source), grouping.relations
    parts = [scope.value(column) for column in columns]
    keys = [build.alias(part, f"key_{place}") for place, part in enumerate(parts, start=1)]
    rows = exp.Count(this=exp.Star())
    select = scope.apply_joins(build.select(*keys, build.alias(rows, "rows")))
    known = [exp.Not(this=build.is_null(part.copy())) for part in parts]
    select = build.group_by(
        build.where(select, *known), *(build.number(place) for place in range(1, len(parts) + 1))
    )
    several = exp.GT(this=rows.copy(), expression=build.number(1))
    select = build.limit(build.having(select, several), 1)
    return build.with_ctes(select, relations.ctes)


def overlapping_validity(model: Model, join: Join, dialect: str) -> exp.Select:
    """Return a SELECT of one key of a joined source two of whose rows hold at the same time; or of
    no row (S8)."""
    assert join.validity is not None
    grouping = _grouping(model, dialect)
    scope, relations = grouping.scope_of(model.sources[join.target]), grouping.relations
    parts = [scope.value(column) for column in join.target_columns]
    keys = [build.alias(part, f"key_{place}") for place, part in enumerate(parts, start=1)]
    start = build.cast(scope.value(join.validity.start), "TIMESTAMP")
    beginning = build.coalesce(start, build.cast(exp.Literal.string("0001-01-01"), "TIMESTAMP"))
    following = exp.Window(
        this=exp.Lead(this=beginning),
        partition_by=[part.copy() for part in parts],
        order=exp.Order(expressions=[beginning.copy()]),
    )
    until = build.cast(scope.value(join.validity.end), "TIMESTAMP")
    columns = [*keys, build.alias(following, "following"), build.alias(until, "until")]
    known = [exp.Not(this=build.is_null(part.copy())) for part in parts]
    rows = build.where(scope.apply_joins(build.select(*columns)), *known)
    names = [build.column(f"key_{place}") for place in range(1, len(parts) + 1)]
    open_or_later = exp.Or(
        this=build.is_null(build.column("until")),
        expression=exp.GT(this=build.column("until"), expression=build.column("following")),
    )
    select = build.from_(build.select(*names), build.subquery(rows, "rows"))
    select = build.where(
        select, exp.Not(this=build.is_null(build.column("following"))), open_or_later
    )
    return build.with_ctes(build.limit(select, 1), relations.ctes)


def differing_value(model: Model, measure: Measure, dialect: str) -> exp.Select:
    """Return a SELECT of one `once per` key and two values that a measure has within it; or of
    no row, where each key has one value."""
    grouping = _grouping(model, dialect)
    scope, relations = grouping.scope_of(model.sources[measure.source]), grouping.relations
    parts = [scope.value(part) for part in measure.once_per]
    keys = [build.alias(part, f"key_{place}") for place, part in enumerate(parts, start=1)]
    assert measure.operand is not None
    value = scope.value(measure.operand)
    least, most = exp.Min(this=value), exp.Max(this=value.copy())
    known: list[exp.Expr] = [exp.Not(this=build.is_null(part.copy())) for part in parts]
    if measure.where is not None:
        known.append(scope.condition(measure.where))
    select = scope.apply_joins(
        build.select(*keys, build.alias(least, "least"), build.alias(most, "most"))
    )
    select = build.group_by(
        build.where(select, *known), *(build.number(place) for place in range(1, len(parts) + 1))
    )
    several = exp.NEQ(this=least.copy(), expression=most.copy())
    select = build.limit(build.having(select, several), 1)
    return build.with_ctes(select, relations.ctes)


def first_and_last(grouping: Grouping, source: Source) -> exp.Select:
    """Return the bare SELECT, whose relations the caller adds."""
    scope = grouping.scope_of(source)
    return scope.apply_joins(
        build.select(
            build.alias(build.cast(exp.Min(this=scope.time()), "DATE"), "first_day"),
            build.alias(build.cast(exp.Max(this=scope.time()), "DATE"), "last_day"),
        )
    )


def _grouping(model: Model, dialect: str) -> Grouping:
    """Return what lowers the rows of a model's sources, outside of any plan."""
    target = DIALECTS[dialect]
    frame = Frame(model.settings, model.sources, table_names(model), ())
    return Grouping(frame, target, Relations(frame, target))
