"""One SELECT over one source: its joins, and row expressions lowered onto their aliases."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

import sqlglot
from sqlglot import exp

from kpidsl.model.expr import (
    AnswerValue,
    Arithmetic,
    CaseWhen,
    Column,
    DimensionRef,
    EntityValue,
    Exchanged,
    Function,
    Literal,
    Negate,
    QueryDimension,
    RawSql,
    Resolved,
    RowExpr,
    TimeColumn,
)
from kpidsl.model.sources import Dimension, Source, Stock, Validity
from kpidsl.model.units import Datatype
from kpidsl.plan.naming import Names
from kpidsl.plan.nodes import Hop, OfEntity, PlacedExpr, Reached
from kpidsl.plan.paths import reference_joins
from kpidsl.sql import build
from kpidsl.sql.carried import (
    ID,
    IDENTITIES,
    STANDS_FOR,
    Attributes,
    attribute_column,
    next_column,
)
from kpidsl.sql.conditions import At, truth
from kpidsl.sql.dialects import Clock, Dialect
from kpidsl.sql.entities import Lower
from kpidsl.sql.functions import SCALAR_BUILDERS
from kpidsl.sql.meeting import alternatives, marked
from kpidsl.sql.money import CURRENCY, DAY, WEIGHT, amount, multiplied
from kpidsl.sql.validity import alike

Joined = At | tuple[Resolved, At]
"""What is joined: the row at the end of joins, or what an id there stands for."""
Relation = Callable[[Source | Resolved, Attributes], exp.Table]
"""Names the rows of a source, or the ids that stand for others."""

_ARITHMETIC: dict[str, type[exp.Binary]] = {"+": exp.Add, "-": exp.Sub, "*": exp.Mul}


class Tables(Protocol):
    """What a row finds by its values and not by a join: answers by entity, and rates by day."""

    entities: Lower | None

    def rates(self, into: str) -> str:
        """Return the name of the rates into a currency."""


class Scope:
    """Lowers what stands in `source`, whose rows are `alias`; joins appear when they are used.

    `relation` names the rows of what is joined, `tables` what else expressions can need beside
    them. Attributes of entities that are used are gathered in `attributes`; the rows of the source
    must then carry them.
    """

    def __init__(
        self,
        source: Source,
        sources: dict[str, Source],
        dialect: Dialect,
        zone: str,
        relation: Relation,
        alias: str | None = None,
        tables: Tables | None = None,
    ) -> None:
        self.source = source
        self.alias = alias or source.name
        self.attributes: set[str | Stock] = set()
        self._sources = sources
        self.dialect = dialect
        self._zone = zone
        self._relation = relation
        self._joined: dict[Joined, tuple[str, Source | Resolved, exp.Expr]] = {}
        self._joined_attributes: dict[Joined, set[str | Stock]] = {}
        self._tables = tables
        self._joined_entities: dict[tuple[int, At], tuple[str, str, exp.Expr, exp.Expr]] = {}
        self.closing: exp.Expr | None = None
        """The last day of the period that a row counts towards, where it is a level's."""
        self._joined_rates: dict[tuple[RowExpr, str, bool], tuple[str, str, exp.Expr]] = {}
        self.around: frozenset[str] = frozenset()
        """The rows of a SELECT around this one that its conditions read: nothing here is called so,
        since that would hide them."""

    # --- joins -----------------------------------------------------------------------------

    def alias_at(self, at: At) -> str:
        if not at:
            return self.alias
        if at not in self._joined:
            self._join(at)
        return self._joined[at][0]

    def source_at(self, at: At) -> Source:
        source = self.source
        for name in at:
            source = self._sources[source.joins[name].target]
        return source

    def _join(self, at: At) -> None:
        *before, name = at
        outer = tuple(before)
        join = self.source_at(outer).joins[name]
        target = self._sources[join.target]
        alias = self._unused("__".join(at))
        # Reserved before its condition is built, which may use further joins of its own.
        self._joined[at] = (alias, target, exp.Boolean(this=True))
        pairs = zip(join.columns, join.target_columns, strict=True)
        matches: list[exp.Expr] = [
            exp.EQ(this=self.value(left, outer), expression=self.value(right, at))
            for left, right in pairs
        ]
        if join.validity is not None:
            matches += self._holds(join.validity, outer, at)
        condition = build.conjunction(matches)
        assert condition is not None
        del self._joined[at]
        self._joined[at] = (alias, target, condition)

    def _unused(self, wanted: str) -> str:
        joined = [alias for alias, *_ in self._joined.values()]
        joined += [alias for alias, *_ in self._joined_entities.values()]
        joined += [alias for alias, *_ in self._joined_rates.values()]
        return Names((self.alias, *joined, *self.around)).unused(wanted)

    def _holds(self, validity: Validity, outer: At, at: At) -> list[exp.Expr]:
        """Return the tests that a joined row holds at the time of the row that joins it (S8)."""
        ends, own = Clock(self._zone, validity.stored_as), self.clock(outer)
        read = alike(self.dialect, ends, own)
        moment = read(self.stored_time(outer), own)
        tests: list[exp.Expr] = []
        for end, compared in ((validity.start, exp.LTE), (validity.end, exp.GT)):
            value = read(self.value(end, at), ends)
            inside = compared(this=value, expression=moment.copy())
            tests.append(
                exp.Paren(this=exp.Or(this=build.is_null(value.copy()), expression=inside))
            )
        return tests

    def matched(self, at: At) -> exp.Expr:
        """Return a column that is NULL exactly where the join found no partner."""
        join = self.source_at(at[:-1]).joins[at[-1]]
        return self.value(join.target_columns[0], at)

    def share(self, at: At) -> exp.Expr:
        """Return which share of its row the partner in a bridge has; without one it is whole."""
        join = self.source_at(at[:-1]).joins[at[-1]]
        assert join.weight is not None
        weight = build.cast(self.value(join.weight, at), WEIGHT)
        return build.coalesce(weight, build.number(1))

    def apply_joins(self, select: exp.Select) -> exp.Select:
        """Add FROM and the joins that the lowered expressions use."""
        select = build.from_(select, self._from(self.source, self.alias, self.attributes))
        return self.join_to(select)

    def join_to(self, select: exp.Select) -> exp.Select:
        """Add those joins alone."""
        for at, (alias, target, condition) in self._joined.items():
            wanted = self._joined_attributes.get(at, set())
            select = build.left_join(select, self._from(target, alias, wanted), condition)
        for alias, name, condition, _ in self._joined_entities.values():
            select = build.left_join(select, build.table(name, alias), condition)
        return self._join_rates(select, closing=False)

    def join_closing(self, select: exp.Select) -> exp.Select:
        """Add the joins of rates at the ends of periods, which must be there already."""
        return self._join_rates(select, closing=True)

    def _join_rates(self, select: exp.Select, *, closing: bool) -> exp.Select:
        for (_, _, own), (alias, name, condition) in self._joined_rates.items():
            if own is closing:
                rates = build.table(name, None if alias == name else alias)
                select = build.left_join(select, rates, condition)
        return select

    def _from(
        self, source: Source | Resolved, alias: str, attributes: set[str | Stock]
    ) -> exp.Table:
        relation = self._relation(source, frozenset(attributes))
        if relation.name == alias:
            return relation
        relation.set("alias", exp.TableAlias(this=build.identifier(alias)))
        return relation

    def beside(self, source: str, alias: str) -> Scope:
        """Return a scope over the rows of another source."""
        target = self._sources[source]
        return Scope(
            target,
            self._sources,
            self.dialect,
            self._zone,
            self._relation,
            alias,
            self._tables,
        )

    def join_itself(self, select: exp.Select, condition: exp.Expr | None) -> exp.Select:
        """Add the rows of the scope's own source to a SELECT of others."""
        rows = self._from(self.source, self.alias, self.attributes)
        return build.left_join(select, rows, condition)

    # --- values ----------------------------------------------------------------------------

    def value(self, expr: PlacedExpr, at: At = ()) -> exp.Expr:  # noqa: C901, PLR0911  (one case a node)
        """Return the value of a row expression that stands at the end of the joins `at`."""
        match expr:
            case Literal(value):
                return build.literal(value)
            case Column(path, joins):
                return self._column(path, at + joins)
            case DimensionRef(name, joins):
                inner = at + joins
                return self.dimension(self.source_at(inner).dimensions[name], inner)
            case Reached(dimension, hops):
                return self.dimension(dimension, at + joins_of(hops))
            case TimeColumn(joins):
                return self.time(at + joins)
            case Arithmetic("/", left, right):
                return build.quotient(self.value(left, at), self.value(right, at))
            case Arithmetic(op, left, right):
                return _ARITHMETIC[op](
                    this=build.wrapped(self.value(left, at)),
                    expression=build.wrapped(self.value(right, at)),
                )
            case Negate(operand):
                return exp.Neg(this=build.wrapped(self.value(operand, at)))
            case CaseWhen():
                return self._case(expr, at)
            case Function():
                return self._function(expr, at)
            case RawSql(text):
                return exp.Paren(this=self._raw(text, at))
            case Resolved():
                return self._resolved(expr, at)
            case OfEntity():
                return self._of_entity(expr, at)
            case Exchanged():
                assert not at, "a measure converts the rows of its own source"
                currency, table = self.rate(expr)
                return multiplied(
                    amount(expr, self.value(expr.operand), self.source.name), expr, currency, table
                )
            case QueryDimension() | EntityValue() | AnswerValue():
                raise AssertionError(f"`{expr}` was not placed on a path")
        return exp.Paren(this=self.condition(expr, at, exact=True))

    def _case(self, expr: CaseWhen, at: At) -> exp.Expr:
        exprs: list[PlacedExpr] = [then for _, then in expr.branches]
        if expr.default is not None:
            exprs.append(expr.default)
        values = self._alternatives(exprs, at)
        default = None if expr.default is None else values.pop()
        tests = [self.condition(when, at) for when, _ in expr.branches]
        case = build.case(list(zip(tests, values, strict=True)), default)
        return marked(case, self.source.name, exprs)

    def _function(self, call: Function, at: At) -> exp.Expr:
        if call.name != "coalesce":
            return SCALAR_BUILDERS[call.name]([self.value(item, at) for item in call.arguments])
        values = self._alternatives(call.arguments, at)
        return marked(SCALAR_BUILDERS[call.name](values), self.source.name, call.arguments)

    def _alternatives(self, exprs: Sequence[PlacedExpr], at: At) -> list[exp.Expr]:
        return alternatives(exprs, [self.value(expr, at) for expr in exprs], self.dialect)

    def condition(self, expr: PlacedExpr, at: At = (), *, exact: bool = False) -> exp.Expr:
        """Return a condition, two-valued (S2)."""
        return truth(self, expr, at, exact=exact)

    def dimension(self, dimension: Dimension, at: At) -> exp.Expr:
        if dimension.attribute is not None:
            wanted = self._joined_attributes.setdefault(at, set()) if at else self.attributes
            wanted.add(dimension.name)
            attribute = build.column(attribute_column(dimension.name), self.alias_at(at))
            return self._told(dimension, attribute)
        assert dimension.expr is not None
        value = self._told(dimension, self.value(dimension.expr, at))
        if not at or isinstance(dimension.expr, Column | DimensionRef):
            return value
        # A row without a partner has no member, whatever would be computed from its NULLs (S2).
        return build.case([(build.is_null(self.matched(at)), exp.Null())], value)

    def _told(self, dimension: Dimension, value: exp.Expr) -> exp.Expr:
        """Return a dimension's value as those of the sources that share it are told."""
        if dimension.shared is None or dimension.datatype is not Datatype.TIMESTAMP:
            return value
        return self.dialect.comparable(value, Datatype.TIMESTAMP)

    def _resolved(self, wanted: Resolved, at: At) -> exp.Expr:
        """Return the id that an id stands for, or itself where nothing is said of it (S29)."""
        own = self.value(wanted.operand, at)
        if (wanted, at) not in self._joined:
            alias = self._unused(IDENTITIES.format(wanted.entity))
            same = exp.EQ(this=build.column(ID, alias), expression=own.copy())
            self._joined[wanted, at] = (alias, wanted, same)
        return build.coalesce(build.column(STANDS_FOR, self._joined[wanted, at][0]), own)

    def _of_entity(self, wanted: OfEntity, at: At) -> exp.Expr:
        """Return a metric's value for the entity of a row; NULL without one."""
        place = (id(wanted.answer), at)
        if place not in self._joined_entities:
            assert self._tables is not None
            assert self._tables.entities is not None
            table = self._tables.entities(wanted.answer)
            keys = [self.value(key, at) for key in wanted.keys]
            alias = self._unused(table.name)
            value, same = table.joined(alias, keys)
            self._joined_entities[place] = (alias, table.name, same, value)
        return self._joined_entities[place][3].copy()

    def rate(self, wanted: Exchanged) -> tuple[exp.Expr, str]:
        """Return the currency of a row's amount, and the alias of its rate of the day (S26)."""
        currency = self.value(wanted.currency)
        place = (wanted.currency, wanted.into, wanted.closing)
        if place not in self._joined_rates:
            assert self._tables is not None
            name = self._tables.rates(wanted.into)
            alias = self._unused(name)
            day = self.closing if wanted.closing else build.cast(self.time(), "DATE")
            assert day is not None
            same = [
                exp.EQ(this=build.column(CURRENCY, alias), expression=currency.copy()),
                exp.EQ(this=build.column(DAY, alias), expression=day.copy()),
            ]
            condition = build.conjunction(same)
            assert condition is not None
            self._joined_rates[place] = (alias, name, condition)
        return currency, self._joined_rates[place][0]

    def time(self, at: At = ()) -> exp.Expr:
        """Return the local time of the source at the end of `at`."""
        return self.dialect.local_time(self.stored_time(at), self.clock(at))

    def instant(self, at: At = ()) -> exp.Expr:
        """Return the time of a source as an instant: a timestamp of UTC, so that an hour is an hour
        even where the clock is changed (S20)."""
        return self.dialect.instant(self.stored_time(at), self.clock(at))

    def order(self) -> list[exp.Expr]:
        """Return what puts the rows of the source in order: when they were, then their key."""
        key = [self.value(part) for part in self.source.key or ()]
        return [self.instant(), *map(build.as_held, key)]

    def next_time(self, stock: Stock) -> exp.Expr:
        """Return the local time of the next row of the same entity, NULL where there is none."""
        self.attributes.add(stock)
        return build.column(next_column(self.source, stock), self.alias)

    def stored_time(self, at: At = ()) -> exp.Expr:
        spec = self.source_at(at).time
        assert spec is not None
        return self.value(spec.expr, at)

    def clock(self, at: At = ()) -> Clock:
        spec = self.source_at(at).time
        assert spec is not None
        return Clock(self._zone, spec.stored_as)

    def _column(self, path: tuple[str, ...], at: At) -> exp.Expr:
        value: exp.Expr = build.column(path[0], self.alias_at(at))
        for name in path[1:]:
            value = self.dialect.field(value, name)
        return value

    def _raw(self, text: str, at: At) -> exp.Expr:
        tree = sqlglot.parse_one(text, read=self.dialect.name)
        for node in tree.find_all(exp.Column):
            if not node.table:
                node.set("table", build.identifier(self.alias_at(at)))
        return build.verbatim(tree)

    def end(self, expr: PlacedExpr, at: At = ()) -> At:
        """Return the joins at whose end a bare reference finds its column, and `at` for
        anything computed: where they find no partner the reference is unmapped (S2)."""
        match expr:
            case Reached(dimension, hops):
                at += joins_of(hops)
                return at + reference_joins(dimension.expr, self.source_at(at), self._sources)
            case Column() | DimensionRef() | TimeColumn():
                return at + reference_joins(expr, self.source_at(at), self._sources)
        return at

    def many_side(
        self, hops: tuple[Hop, ...], around: frozenset[str] = frozenset()
    ) -> tuple[Scope, At]:
        """Return a scope over the far end of reverse hops, which hides none of the rows `around`,
        and the joins from there back to the source whose join leads here."""
        far = self._sources[hops[-1].to]
        alias = Names((*self._sources, *around)).unused(f"{far.name}_side")
        scope = self.beside(far.name, alias)
        scope.around = around
        return scope, joins_of(reversed(hops[1:]))


def joins_of(hops: Iterable[Hop]) -> At:
    """Return the names of the joins of a path."""
    return tuple(hop.join.name for hop in hops)
