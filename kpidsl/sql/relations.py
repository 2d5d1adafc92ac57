"""The rows of each source as a table or a named CTE."""

from __future__ import annotations

import sqlglot
from sqlglot import exp

from kpidsl.model.expr import Resolved
from kpidsl.model.project import Model
from kpidsl.model.sources import (
    BY_ORDER,
    FilesOrigin,
    PerEntity,
    RowsOrigin,
    Source,
    SqlOrigin,
    Stock,
    TableOrigin,
    UnionOrigin,
)
from kpidsl.plan.conversion import source_of_rates
from kpidsl.plan.naming import Names
from kpidsl.plan.nodes import Frame
from kpidsl.sql import build
from kpidsl.sql.aggregates import aggregated
from kpidsl.sql.carried import (
    ID,
    IDENTITIES,
    STANDS_FOR,
    Attributes,
    attribute_column,
    next_column,
)
from kpidsl.sql.dialects import Dialect
from kpidsl.sql.entities import Lower
from kpidsl.sql.meeting import marked
from kpidsl.sql.money import by_day, quotes
from kpidsl.sql.scope import Scope

_ENTITY, _SOURCE = "entity", "source"


def resolved_in(tree: exp.Query) -> list[str]:
    """Return the entities whose ids a statement resolves."""
    return _noted(tree, _ENTITY)


def used_in(tree: exp.Query, model: Model) -> list[Source]:
    """Return the sources whose tables a statement names."""
    names = {table.name for table in tree.find_all(exp.Table)}
    return [source for source in model.sources.values() if _table_of(source) in names]


def shaped_in(tree: exp.Query, model: Model) -> list[Source]:
    """Return the sources whose rows are no table of their own in a statement."""
    return [model.sources[name] for name in _noted(tree, _SOURCE)]


def _noted(tree: exp.Query, what: str) -> list[str]:
    """Return what the tables of a statement are of, each once."""
    named = (cte.this.meta.get(what) for cte in tree.ctes)
    return list(dict.fromkeys(name for name in named if name is not None))


def _table_of(source: Source) -> str:
    return source.origin.path[-1] if isinstance(source.origin, TableOrigin) else source.name


class Relations:
    """Names each source's rows; what needs more than a table's name becomes a CTE, once."""

    def __init__(self, frame: Frame, dialect: Dialect) -> None:
        self._sources = frame.sources
        self._dialect = dialect
        self._zone = frame.settings.timezone
        self._named_rows: dict[tuple[str, Attributes], str] = {}
        self._rates: dict[str, str] = {}
        self._identities: dict[str, str] = {}
        self.names = Names(reserved=frame.table_names)
        self.ctes: list[tuple[str, exp.Query]] = []
        self.entities: Lower | None = None
        """What lowers answers by entity, in a statement that may hold some."""

    def relation(
        self, source: Source | Resolved, attributes: Attributes = frozenset()
    ) -> exp.Table:
        """Return the rows of a source, less the excluded ones, with the wanted attributes; or the
        ids that stand for others."""
        if isinstance(source, Resolved):
            return build.table(self._resolving(source))
        if attributes:
            return build.table(self._named(source, attributes))
        if source.exclude is not None or not _is_plain(source):
            return build.table(self._named(source, frozenset()))
        return self._origin_table(source)

    def _named(self, source: Source, attributes: Attributes) -> str:
        key = (source.name, attributes)
        if key not in self._named_rows:
            query = self._with_attributes(source, attributes) if attributes else self._rows(source)
            self._named_rows[key] = self.names.unused(f"{source.name}_rows")
            query.meta[_SOURCE] = source.name
            self.ctes.append((self._named_rows[key], query))
        return self._named_rows[key]

    def rates(self, into: str) -> str:
        """Return the name of the rates into a currency: what one unit of each other `currency`
        costs on each `day` (S26)."""
        if into not in self._rates:
            source = source_of_rates(self._sources)
            assert source.rates is not None
            scope = self._bare_scope(source)
            told = (source.rates.base, source.rates.quote, source.rates.rate)
            columns = (*map(scope.value, told), scope.time())
            select = scope.apply_joins(build.select())
            name = into.lower()
            quoted = self.names.unused(f"{name}_quotes")
            self.ctes.append((quoted, quotes(select, columns, into)))
            self._rates[into] = self.names.unused(f"{name}_rates")
            daily = by_day(quoted, source.rates.stale_days, self._dialect)
            self.ctes.append((self._rates[into], daily))
        return self._rates[into]

    def _resolving(self, wanted: Resolved) -> str:
        """Return the name of the ids that an entity's table says to stand for others, each once
        (S29)."""
        if wanted.entity not in self._identities:
            scope = self._bare_scope(self._sources[wanted.table])
            ids, others = scope.value(wanted.ids), scope.value(wanted.stands_for)
            columns = [build.alias(ids, ID), build.alias(others, STANDS_FOR)]
            known = [exp.Not(this=build.is_null(part.copy())) for part in (ids, others)]
            query = build.where(scope.apply_joins(build.select(*columns)), *known)
            name = self.names.unused(IDENTITIES.format(wanted.entity))
            self._identities[wanted.entity] = name
            query.meta[_ENTITY] = wanted.entity
            self.ctes.append((name, build.distinct(query)))
        return self._identities[wanted.entity]

    def _origin_table(self, source: Source) -> exp.Table:
        match source.origin:
            case TableOrigin(path=path):
                *qualifiers, name = path
                table = build.table(name)
                for slot, part in zip(("db", "catalog"), reversed(qualifiers), strict=False):
                    table.set(slot, build.identifier(part))
                return table
            case _:
                return build.table(source.name)

    def _rows(self, source: Source) -> exp.Query:
        """Return the SELECT of a source that isn't a plain table."""
        query = self._shaped(source)
        if source.exclude is None:
            return query
        scope = self._bare_scope(source)
        kept = exp.Not(this=build.wrapped(scope.condition(source.exclude, exact=True)))
        inner = self._origin_table(source) if _is_plain(source) else None
        rows = inner if inner is not None else build.subquery(query, source.name)
        if inner is not None and inner.name != source.name:
            inner.set("alias", exp.TableAlias(this=build.identifier(source.name)))
        select = build.from_(build.select(build.all_of(source.name)), rows)
        return build.where(scope.join_to(select), kept)

    def _bare_scope(self, source: Source) -> Scope:
        return Scope(source, self._sources, self._dialect, self._zone, self.relation)

    def _shaped(self, source: Source) -> exp.Query:
        match source.origin:
            case SqlOrigin(text=text):
                query = build.verbatim(sqlglot.parse_one(text, read=self._dialect.name))
                assert isinstance(query, exp.Query)
            case UnionOrigin(sources=members):
                query = marked(self._union(members), source.name)
            case RowsOrigin(columns=columns, rows=rows):
                query = build.rows(columns, rows)
            case TableOrigin() | FilesOrigin():
                query = build.from_(build.select(exp.Star()), self._origin_table(source))
        if source.unnest is not None:
            query = self._unnested(source, query)
        if source.unpivot is not None:
            query = self._unpivoted(source, query)
        return query

    def _union(self, members: tuple[str, ...]) -> exp.Query:
        """Columns meet by name; one that a member lacks is NULL there."""
        parts = [
            build.from_(build.select(exp.Star()), self.relation(self._sources[name]))
            for name in members
        ]
        query: exp.Query = parts[0]
        for part in parts[1:]:
            query = exp.Union(this=query, expression=part, distinct=False, by_name=True)
        return query

    def _unnested(self, source: Source, query: exp.Query) -> exp.Query:
        unnest = source.unnest
        assert unnest is not None
        value: exp.Expr = build.column(unnest.column[0], source.name)
        for name in unnest.column[1:]:
            value = self._dialect.field(value, name)
        rows, hides = build.subquery(query, source.name), unnest.column == (unnest.alias,)
        return self._dialect.unnested(rows, value, unnest.alias, hides)

    def _unpivoted(self, source: Source, query: exp.Query) -> exp.Query:
        """One scan: each row meets the list of members, each member takes its columns.

        The new columns stand first: of columns that share a name the first is read.
        """
        unpivot = source.unpivot
        assert unpivot is not None
        members = self.names.unused("members")
        member = build.column("member", members)
        values = [
            build.alias(
                marked(
                    build.case(
                        [
                            (
                                exp.EQ(this=member.copy(), expression=exp.Literal.string(name)),
                                build.column(columns[position], source.name),
                            )
                            for name, columns in unpivot.members
                        ]
                    ),
                    source.name,
                ),
                target,
            )
            for position, target in enumerate(unpivot.into)
        ]
        names: exp.Query | None = None
        for name, _ in unpivot.members:
            row = build.select(build.alias(exp.Literal.string(name), "member"))
            names = row if names is None else exp.Union(this=names, expression=row, distinct=False)
        assert names is not None
        columns = [build.alias(member.copy(), unpivot.name), *values, build.all_of(source.name)]
        rows = build.from_(build.select(*columns), build.subquery(query, source.name))
        return build.cross_join(rows, build.subquery(names, members))

    # --- attributes of entities ------------------------------------------------------------

    def _with_attributes(self, source: Source, attributes: Attributes) -> exp.Query:
        """Join each entity's value to its rows; a NULL entity has none."""
        scope = self._bare_scope(source)
        joins: list[tuple[exp.Subquery, exp.Expr]] = []
        columns: list[exp.Expr] = [build.all_of(source.name)]
        named = sorted(item for item in attributes if isinstance(item, str))
        columns += [
            self._next(source, item, scope) for item in attributes if isinstance(item, Stock)
        ]
        aliases = Names((source.name, *source.joins))
        for number, name in enumerate(named, start=1):
            dimension = source.dimensions[name]
            attribute = dimension.attribute
            assert attribute is not None
            alias = aliases.unused(f"entity_{number}")
            keys = [f"key_{position}" for position in range(1, len(attribute.entity) + 1)]
            matches = [
                exp.EQ(this=build.column(key, alias), expression=scope.value(part))
                for key, part in zip(keys, attribute.entity, strict=True)
            ]
            condition = build.conjunction(matches)
            assert condition is not None
            grouped = self._entity_values(source, attribute, keys)
            joins.append((build.subquery(grouped, alias), condition))
            columns.append(build.alias(build.column("value", alias), attribute_column(name)))
        select = scope.apply_joins(build.select(*columns))
        for subquery, condition in joins:
            select = build.left_join(select, subquery, condition)
        return select

    def _next(self, source: Source, stock: Stock, scope: Scope) -> exp.Expr:
        """Return when the next row of the same entity came (S11); ties follow the key."""
        later = exp.Window(
            this=exp.Lead(this=scope.time()),
            partition_by=[scope.value(part) for part in stock.entity],
            order=exp.Order(expressions=scope.order()),
        )
        return build.alias(later, next_column(source, stock))

    def _entity_values(self, source: Source, attribute: PerEntity, keys: list[str]) -> exp.Select:
        scope = self._bare_scope(source)
        parts = [scope.value(part) for part in attribute.entity]
        operand = None if attribute.operand is None else scope.value(attribute.operand)
        if operand is not None and attribute.aggregate == "sum":
            operand = self._dialect.summand(operand)
        order = scope.order() if attribute.aggregate in BY_ORDER else ()
        value = aggregated(attribute.aggregate, operand, self._dialect, order=order)
        if attribute.aggregate == "sum":  # of NULLs alone it is 0, as a measure's is (S13)
            value = build.coalesce(value, build.number(0))
        select = build.select(
            *(build.alias(part, key) for part, key in zip(parts, keys, strict=True)),
            build.alias(value, "value"),
        )
        known = [exp.Not(this=build.is_null(part.copy())) for part in parts]
        select = build.where(scope.apply_joins(select), *known)
        return build.group_by(
            select, *(build.number(position + 1) for position in range(len(keys)))
        )


def _is_plain(source: Source) -> bool:
    return (
        isinstance(source.origin, TableOrigin | FilesOrigin)
        and source.unnest is None
        and source.unpivot is None
    )
