"""What has to be known of a source's rows: first and last local day (S13, S21), types, keys."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlglot import exp

from kpidsl.model.expr import Literal, RowExpr
from kpidsl.model.listed_years import ListedCalendar
from kpidsl.model.project import Model
from kpidsl.model.sources import Entity, Join, Measure, Source, TimeSpec
from kpidsl.plan.groundwork import table_names
from kpidsl.plan.nodes import Frame
from kpidsl.sql import build
from kpidsl.sql.carried import ID, STANDS_FOR
from kpidsl.sql.dialects import DIALECTS, Clock
from kpidsl.sql.grouping import Grouping
from kpidsl.sql.relations import Relations
from kpidsl.sql.scope import Scope
from kpidsl.sql.validity import alike

EXAMPLES = 3
"""So many keys are shown of those that contradict a claim."""


def known_range(model: Model, source: Source, dialect: str) -> exp.Select:
    """Return a SELECT of one row: `first_day`, `last_day`."""
    grouping = grouping_of(model, dialect)
    return build.with_ctes(first_and_last(grouping, source), grouping.relations.ctes)


def listed_days(model: Model, calendar: ListedCalendar, dialect: str) -> exp.Select:
    """Return a SELECT of the rows of a calendar's source: first and last day, and the numbers of
    year, quarter and month."""
    grouping = grouping_of(model, dialect)
    scope = grouping.scope_of(model.sources[calendar.source])
    days = [build.cast(scope.value(day), "DATE") for day in (calendar.first_day, calendar.last_day)]
    numbers = map(scope.value, (calendar.year, calendar.quarter, calendar.month))
    names = ("first_day", "last_day", "year", "quarter", "month")
    columns = [
        build.alias(value, name) for value, name in zip((*days, *numbers), names, strict=True)
    ]
    return build.with_ctes(scope.apply_joins(build.select(*columns)), grouping.relations.ctes)


def types_of(model: Model, source: Source, value: RowExpr, dialect: str) -> exp.Select:
    """Return a SELECT of the types of a row expression's values, as texts; where columns have a
    type one value tells."""
    grouping = grouping_of(model, dialect)
    scope, relations = grouping.scope_of(source), grouping.relations
    lowered = scope.value(value)
    select = scope.apply_joins(build.select(grouping.dialect.type_of(lowered)))
    known = exp.Not(this=build.is_null(lowered.copy()))
    select = build.where(select, known)
    each = build.limit(select, 1) if grouping.dialect.is_typed else build.distinct(select)
    return build.with_ctes(each, relations.ctes)


def unread_times(model: Model, source: Source, value: RowExpr, dialect: str) -> exp.Select:
    """Return a SELECT of a text that is no time as they are written, year first: of any other an
    engine may make what it likes, or NULL."""
    grouping = grouping_of(model, dialect)
    scope, relations = grouping.scope_of(source), grouping.relations
    lowered = scope.value(value)
    known = exp.Not(this=build.is_null(lowered.copy()))
    shape = exp.Like(this=lowered.copy(), expression=exp.Literal.string("____-__-__%"))
    unread = build.is_null(build.cast(lowered.copy(), "TIMESTAMP"))
    wrong = exp.Paren(this=exp.Or(this=exp.Not(this=shape), expression=unread))
    select = scope.apply_joins(build.select(build.alias(lowered, "value")))
    return build.with_ctes(build.limit(build.where(select, known, wrong), 1), relations.ctes)


def columns_of(model: Model, source: Source, dialect: str) -> exp.Select:
    """Return a SELECT of no row, with all columns that a source's expressions may name."""
    relations = grouping_of(model, dialect).relations
    rows = relations.relation(source.model_copy(update={"exclude": None}))
    select = build.select(exp.Star()).from_(rows, copy=False).limit(0, copy=False)
    return build.with_ctes(select, relations.ctes)


def row_counts(model: Model, source: Source, joins: Iterable[Join], dialect: str) -> exp.Select:
    """Return a SELECT of one row: the rows of a source, those with a part of its key missing, and
    for each join, whose partners are unique, those with a part of its columns missing and those
    that name a partner which is not there."""
    grouping = grouping_of(model, dialect)
    scope, relations = grouping.scope_of(source), grouping.relations
    conditions = [_any_missing(scope, source.key or ())]
    for join in joins:
        missing = _any_missing(scope, join.columns)
        alone = build.is_null(scope.matched((join.name,)))
        named = exp.Not(this=build.wrapped(missing.copy()))
        conditions += [missing, exp.And(this=build.wrapped(named), expression=alone)]
    counts = [
        exp.Count(this=build.case([(condition, build.number(1))])) for condition in conditions
    ]
    columns = [exp.Count(this=exp.Star()), *counts]
    select = build.select(
        *(build.alias(count, f"count_{place}") for place, count in enumerate(columns, start=1))
    )
    return build.with_ctes(scope.apply_joins(select), relations.ctes)


def orphans(model: Model, join: Join, dialect: str) -> exp.Select:
    """Return the examples of keys for which a join, whose partners are unique, finds none."""
    grouping = grouping_of(model, dialect)
    scope, relations = grouping.scope_of(model.sources[join.source]), grouping.relations
    keys = _keys(scope, join.columns)
    alone = build.is_null(scope.matched((join.name,)))
    select = scope.apply_joins(build.select(*keys)).where(*_known(keys), alone, copy=False)
    return build.with_ctes(examples(select, len(keys)), relations.ctes)


def repeated_key(
    model: Model, source: Source, columns: tuple[RowExpr, ...], dialect: str
) -> exp.Select:
    """Return the examples of keys that several rows share (S3)."""
    grouping = grouping_of(model, dialect)
    scope, relations = grouping.scope_of(source), grouping.relations
    keys = _keys(scope, columns)
    select = scope.apply_joins(build.select(*keys)).where(*_known(keys), copy=False)
    several = exp.GT(this=exp.Count(this=exp.Star()), expression=build.number(1))
    select = select.having(several, copy=False)
    return build.with_ctes(examples(select, len(keys)), relations.ctes)


def overlapping_validity(model: Model, join: Join, dialect: str) -> exp.Select:
    """Return the examples of keys of a joined source two of whose rows hold at the same time
    (S8); a row that ends where it begins never holds."""
    assert join.validity is not None
    grouping = grouping_of(model, dialect)
    scope, relations = grouping.scope_of(model.sources[join.target]), grouping.relations
    keys = _keys(scope, join.target_columns)
    clock = Clock(model.settings.timezone, join.validity.stored_as)
    read = alike(grouping.dialect, clock, clock)
    start = read(scope.value(join.validity.start), clock)
    beginning = build.coalesce(start, build.cast(exp.Literal.string("0001-01-01"), "TIMESTAMP"))
    end = read(scope.value(join.validity.end), clock)
    following = exp.Window(
        this=exp.Lead(this=beginning),
        partition_by=[key.this.copy() for key in keys],
        order=exp.Order(expressions=[beginning.copy()]),
    )
    columns = [*keys, build.alias(following, "following"), build.alias(end, "until")]
    holds = exp.Or(
        this=build.is_null(end.copy()),
        expression=exp.GT(this=end.copy(), expression=beginning.copy()),
    )
    rows = scope.apply_joins(build.select(*columns)).where(*_known(keys), holds, copy=False)
    names = [build.alias(build.column(key.alias), key.alias) for key in keys]
    open_or_later = exp.Or(
        this=build.is_null(build.column("until")),
        expression=exp.GT(this=build.column("until"), expression=build.column("following")),
    )
    select = build.from_(build.select(*names), build.subquery(rows, "rows"))
    select = build.where(
        select, exp.Not(this=build.is_null(build.column("following"))), open_or_later
    )
    return build.with_ctes(examples(select, len(keys)), relations.ctes)


def differing_value(model: Model, measure: Measure, dialect: str) -> exp.Select:
    """Return the examples of `once per` keys within which a measure has several values: after
    the key its least and its greatest. Rows that miss a part of the key have none in common."""
    grouping = grouping_of(model, dialect)
    scope, relations = grouping.scope_of(model.sources[measure.source]), grouping.relations
    keys = _keys(scope, measure.once_per)
    assert measure.operand is not None
    value = scope.value(measure.operand)
    least, most = exp.Min(this=value), exp.Max(this=value.copy())
    wanted: list[exp.Expr] = [exp.Not(this=build.is_null(value.copy()))]
    if measure.where is not None:
        wanted.append(scope.condition(measure.where))
    select = scope.apply_joins(
        build.select(*keys, build.alias(least, "least"), build.alias(most, "most"))
    )
    rows = exp.GT(this=exp.Count(this=exp.Star()), expression=build.number(1))
    missing = build.disjunction([build.is_null(key.this.copy()) for key in keys])
    assert missing is not None
    nameless = exp.And(this=build.wrapped(missing), expression=rows)
    differ = exp.NEQ(this=least.copy(), expression=most.copy())
    several = exp.Or(this=differ, expression=exp.Paren(this=nameless))
    select = select.where(*wanted, copy=False).having(several, copy=False)
    return build.with_ctes(examples(select, len(keys)), relations.ctes)


def ids_of_several(model: Model, entity: Entity, dialect: str) -> exp.Select:
    """Return the examples of ids that a table says to stand for several others: after the id the
    least and the greatest of them (S29)."""
    relations, pairs = _pairs(model, entity, dialect)
    others = build.column(STANDS_FOR)
    select = build.select(
        build.alias(build.column(ID), "key_1"),
        build.alias(exp.Min(this=others), "least"),
        build.alias(exp.Max(this=others.copy()), "most"),
    )
    several = exp.GT(this=exp.Count(this=exp.Star()), expression=build.number(1))
    select = build.having(build.from_(select, pairs), several)
    return build.with_ctes(examples(select, 1), relations.ctes)


def chained_ids(model: Model, entity: Entity, dialect: str) -> exp.Select:
    """Return the examples of ids that stand for one which itself stands for another: the id, the
    one it stands for, and that one's (S29)."""
    relations, pairs = _pairs(model, entity, dialect)
    on = pairs.copy()
    for table, alias in ((pairs, "one"), (on, "other")):
        table.set("alias", exp.TableAlias(this=build.identifier(alias)))
    columns = [
        build.column(ID, "one"),
        build.column(STANDS_FOR, "one"),
        build.column(STANDS_FOR, "other"),
    ]
    keys = [build.alias(column, f"key_{place}") for place, column in enumerate(columns, start=1)]
    itself = build.column(ID, "other")
    select = build.inner_join(
        build.from_(build.select(*keys), pairs),
        on,
        exp.EQ(this=itself, expression=columns[1].copy()),
    )
    goes_on = exp.NEQ(this=columns[2].copy(), expression=itself.copy())
    return build.with_ctes(examples(build.where(select, goes_on), 3), relations.ctes)


def unresolved(model: Model, entity: Entity, source: Source, dialect: str) -> exp.Select:
    """Return a SELECT of one row: how many ids a source has, and how many of them the table knows
    neither as one that stands for another nor as one that others stand for (S29)."""
    grouping = grouping_of(model, dialect)
    scope, relations = grouping.scope_of(source), grouping.relations
    member = entity.resolved[source.name]
    own = scope.value(member.operand)
    seen = scope.apply_joins(build.select(build.alias(own, "seen")))
    seen = build.distinct(build.where(seen, exp.Not(this=build.is_null(own.copy()))))
    pairs = relations.relation(member)
    unknown: list[exp.Expr] = []
    for name in (ID, STANDS_FOR):
        same = exp.EQ(
            this=build.column(name, pairs.alias_or_name),
            expression=build.column("seen", "seen_ids"),
        )
        one = build.from_(build.select(build.number(1)), pairs.copy())
        unknown.append(exp.Not(this=exp.Exists(this=build.where(one, same))))
    condition = build.conjunction(unknown)
    assert condition is not None
    columns = [
        build.alias(exp.Count(this=exp.Star()), "ids"),
        build.alias(exp.Count(this=build.case([(condition, build.number(1))])), "unresolved"),
    ]
    select = build.from_(build.select(*columns), build.subquery(seen, "seen_ids"))
    return build.with_ctes(select, relations.ctes)


def _pairs(model: Model, entity: Entity, dialect: str) -> tuple[Relations, exp.Table]:
    """Return the ids that an entity's table says to stand for others, as a table."""
    relations = grouping_of(model, dialect).relations
    assert entity.resolve is not None
    return relations, relations.relation(entity.resolve.of(entity.name, Literal(None)))


def examples(select: exp.Select, keys: int) -> exp.Select:
    """Group rows by their first columns, the key, and keep the keys of the most rows: after what
    is selected stand the key's rows, the number of all keys, and that of their rows."""
    rows = exp.Count(this=exp.Star())
    added = {
        "rows": rows,
        "all_keys": exp.Window(this=rows.copy()),
        "all_rows": exp.Window(this=exp.Sum(this=rows.copy())),
    }
    for name, value in added.items():
        select.append("expressions", build.alias(value, name))
    select = select.group_by(*map(build.number, range(1, keys + 1)), copy=False)
    terms = [exp.Ordered(this=rows.copy(), desc=True, nulls_first=False)]
    terms += [
        exp.Ordered(this=build.number(place), desc=False, nulls_first=False)
        for place in range(1, keys + 1)
    ]
    return select.order_by(*terms, copy=False).limit(EXAMPLES, copy=False)


def _keys(scope: Scope, columns: Sequence[RowExpr]) -> list[exp.Alias]:
    parts = (scope.value(column) for column in columns)
    return [build.alias(part, f"key_{place}") for place, part in enumerate(parts, start=1)]


def _known(keys: Sequence[exp.Alias]) -> list[exp.Expr]:
    return [exp.Not(this=build.is_null(key.this.copy())) for key in keys]


def _any_missing(scope: Scope, columns: Sequence[RowExpr]) -> exp.Expr:
    tests = [build.is_null(scope.value(column)) for column in columns]
    return build.disjunction(tests) or exp.Boolean(this=False)


def first_and_last(grouping: Grouping, source: Source, *, last: bool = True) -> exp.Select:
    """Return the bare SELECT, whose relations the caller adds; without the `last` day where nobody
    asks for it."""
    scope, dialect = grouping.scope_of(source), grouping.dialect
    stored, clock = scope.stored_time(), scope.clock()
    ends: list[tuple[type[exp.Min] | type[exp.Max], str]] = [(exp.Min, "first_day")]
    if last:
        ends.append((exp.Max, "last_day"))
    days = [
        build.alias(build.cast(dialect.local_end(stored.copy(), clock, end), "DATE"), name)
        for end, name in ends
    ]
    return scope.apply_joins(build.select(*days, *told_end(grouping, source)))


def told_end(grouping: Grouping, source: Source) -> list[exp.Expr]:
    """Return the column `end_day`, the first day that is not complete, where rows tell it (S21)."""
    if not isinstance(source.watermark, TimeSpec):
        return []
    until = grouping.vouched_until(source)
    assert until is not None
    return [build.alias(until, "end_day")]


def grouping_of(model: Model, dialect: str) -> Grouping:
    """Return what lowers the rows of a model's sources, outside of any plan."""
    target = DIALECTS[dialect]
    frame = Frame(model.settings, model.sources, table_names(model), ())
    return Grouping(frame, target, Relations(frame, target))
