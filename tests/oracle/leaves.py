"""A leaf measure of a query: which rows it has, under which members they stand, and its value."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from kpidsl.model.expr import (
    And,
    Arithmetic,
    CaseWhen,
    Compare,
    EntityValue,
    FixedAmount,
    Function,
    In,
    IsState,
    Like,
    Negate,
    Not,
    Or,
    OverEntities,
    QueryDimension,
    RowExpr,
)
from kpidsl.model.sources import COUNTS, Aggregate, Measure
from kpidsl.plan.query import Absent
from tests.oracle.around import Around
from tests.oracle.bridges import Prefix, bridge_of, choosing, shares
from tests.oracle.days import Span, day_of
from tests.oracle.money import Conversion, in_currency, last_known
from tests.oracle.paths import Hop, Reach, reach
from tests.oracle.rows import Refused, Row, Rows, aggregate, arithmetic, counts_some

Member = object
Combo = tuple[Member, ...]
"""One member per dimension of the query: a value, or an `Absent`."""
Answer = dict[tuple[object, ...], dict[str, object]]
"""Values by selection, by the period's first day (if there is a grain) and the members."""


Sides = dict[tuple[Hop, ...], Row | None]
"""One row of every many side walked, by the reverse joins to it; None where there is none."""


def children(expr: RowExpr) -> tuple[RowExpr, ...]:
    """The direct parts of a row expression."""
    match expr:
        case Arithmetic(_, left, right) | Compare(_, left, right):
            return (left, right)
        case And(items) | Or(items) | Function(_, items):
            return items
        case Negate(operand) | Not(operand) | In(operand) | Like(operand) | IsState(operand):
            return (operand,)
        case CaseWhen(branches, default):
            parts = tuple(part for branch in branches for part in branch)
            return parts if default is None else (*parts, default)
        case EntityValue(_, entity):
            return entity
    return ()


def references(expr: RowExpr) -> list[QueryDimension]:
    """The query dimensions named in a predicate."""
    if isinstance(expr, QueryDimension):
        return [expr]
    return [found for child in children(expr) for found in references(child)]


def entity_values(expr: RowExpr) -> list[EntityValue]:
    """The metrics per entity in a predicate."""
    if isinstance(expr, EntityValue):
        return [expr]
    return [found for child in children(expr) for found in entity_values(child)]


Counted = tuple[Row, date | None, frozenset[Combo], Decimal]
"""A row with its day, its groups, and its share in them."""


@dataclass(slots=True)
class Leaf:
    """One measure under filters, split by dimensions."""

    rows: Rows
    measure: Measure
    filters: tuple[RowExpr, ...]
    by: tuple[QueryDimension, ...]
    beyond: frozenset[Combo] | None = None
    """The combinations of a top list: the others count, without their last member."""
    kept: tuple[int, ...] | None = None
    """Which of the other members are left, where not all are."""
    dated: bool = False
    """Whether rows without a time don't count."""
    per: int = 0
    """How many of the dimensions tell an entity: the last ones."""
    of_entity: Callable[[EntityValue, Combo], object] | None = None
    """What a metric is of an entity, told by its members."""
    conversions: tuple[Conversion, ...] = ()
    bridge: Prefix = ()
    _found: list[Counted] | None = field(default=None)

    def __post_init__(self) -> None:
        grouped = [hop for reference in self.by for hop in self._reach(reference).reverse]
        filtered = [
            hop
            for predicate in self.filters
            for reference in references(predicate)
            for hop in self._reach(reference).reverse
        ]
        named = [*self.by, *(each for item in self.filters for each in references(item))]
        self.bridge = bridge_of(self.rows.model, self.measure, map(self._reach, named))
        if self.measure.stock is not None and not self.rows.model.sources[self.source].key:
            raise Refused(f"rows of {self.source} at one moment have no order (S11)")
        # Undeclared is no obstacle: the key that the reverse joins lead to is unique (S3).
        if grouped and self.rows.model.sources[self.source].key == ():
            raise Refused(f"rows of {self.source} can't be told apart (S3, S4)")
        if set(grouped) & set(filtered):
            raise Refused(f"grouped and filtered by the same many side of {self.source}")

    @property
    def source(self) -> str:
        return self.measure.source

    def _reach(self, reference: QueryDimension) -> Reach:
        return reach(self.rows.model, self.source, reference)

    # --- rows ------------------------------------------------------------------------------

    def combos(self, span: Span | None) -> set[Combo]:
        """The members under which the leaf has rows in `span`, already shifted."""
        return {combo for _, _, combos, _ in self._in(span) for combo in combos}

    def value(self, span: Span | None, combo: Combo, period: Span | None = None) -> object:
        """The aggregate over a group, by the null policy (S13), where `period` is known."""
        if period is not None and not self.knows(period):
            return None
        if self.bridge:
            return aggregate("sum", self._of_shares(span, combo))
        values = self._values(span, combo)
        return aggregate(self.measure.aggregate, values, self.measure.fraction)

    def counts_some(self, span: Span | None, combo: Combo) -> bool:
        """Whether the leaf has rows in a group that it counts."""
        if self.measure.aggregate in COUNTS:
            return self.value(span, combo) != 0
        values = self._of_shares(span, combo) if self.bridge else self._values(span, combo)
        return counts_some(self.measure.aggregate, values)

    def _values(self, span: Span | None, combo: Combo) -> list[object]:
        """What is aggregated: of each row, or of each key once."""
        values: list[object] = []
        by_key: dict[tuple[object, ...], list[object]] = {}
        held = [row for row, _, combos, _ in self._in(span) if combo in combos]
        for row in self.rows.ordered(self.measure.aggregate, held):
            value = self._amount(row, span)
            if self.measure.once_per:
                key = tuple(self.rows.plain(part, row) for part in self.measure.once_per)
                by_key.setdefault(key, []).append(value)
            else:
                values.append(value)
        return values + [aggregate("max", together) for together in by_key.values()]

    def _amount(self, row: Row, span: Span | None) -> Any:
        operand = self.measure.operand
        value = 1 if operand is None else self.rows.plain(operand, row)
        rated = self._rated(row, span) if self.conversions else None
        return in_currency(self.rows, self.measure, self.conversions, value, row, rated)

    def _of_shares(self, span: Span | None, combo: Combo) -> list[object]:
        """The shares of amounts, or of rows, to be added up (S7)."""
        values: list[object] = []
        for row, _, combos, share in self._in(span):
            amount = self._amount(row, span) if combo in combos else None
            counts = self.measure.aggregate is Aggregate.COUNT and amount is not None
            values.append(share if counts else arithmetic("*", amount, share))
        return values

    def _rated(self, row: Row, span: Span | None) -> date | None:
        """The day of a row's rate: its own, or of a level the last of the period, which in one that
        goes on is the last known (S26)."""
        if self.measure.stock is None:
            return self._day(row)
        assert span is not None
        known = last_known(self.rows.vouched_until(self.source), self.rows_days())
        return min(day_of(span[1]) - timedelta(days=1), known)

    def knows(self, span: Span) -> bool:
        """Whether any day of `span` lies in the source's known range (S13)."""
        if span[0] == span[1]:
            return False
        if isinstance(span[0], datetime):
            day = day_of(span[0])
            span = (day, day + timedelta(days=1))
        days = self.rows_days()
        if not days:
            return False
        # A watermark is the first day that the source does not vouch for, as in `periods`.
        watermark = self.rows.vouched_until(self.source)
        end = watermark if watermark is not None else max(days) + timedelta(days=1)
        return span[0] < end and span[1] > min(days) < end

    def rows_days(self) -> list[date]:
        """The local day of each row of the source, filtered or not."""
        moments = (self.rows.moment(row) for row in self.rows.of(self.source))
        return [day_of(moment) for moment in moments if moment is not None]

    def rows_instants(self) -> list[datetime]:
        """When each row of the source was."""
        moments = (self.rows.instant(row) for row in self.rows.of(self.source))
        return [moment for moment in moments if moment is not None]

    def _counted(self) -> Iterator[Counted]:
        """Each row that counts; of one that is split each part by itself."""
        whole = (None, Decimal(1))
        for row in self.rows.of(self.source):
            for partner, share in shares(self.rows, row, self.bridge) if self.bridge else [whole]:
                with choosing(self.rows, self.bridge, self.source, partner):
                    if self._counts(row):
                        combos = frozenset(self._left_over(self._members(row)))
                        yield row, self._day(row), combos, share

    def _in(self, span: Span | None) -> Iterator[Counted]:
        if self._found is None:
            self._found = list(self._counted())
        held = None if self.measure.stock is None or span is None else self._held(span)
        for row, day, combos, share in self._found:
            if held is not None:
                if row in held:
                    yield row, day, combos, share
            elif self._within(row, day, span) if span else not self.dated or day is not None:
                yield row, day, combos, share

    def _within(self, row: Row, day: date | None, span: Span) -> bool:
        at = self.rows.instant(row) if isinstance(span[0], datetime) else day
        return at is not None and span[0] <= at < span[1]

    def _held(self, span: Span) -> set[Row]:
        """Each entity's last row before the end of `span`, if it is fresh and not closed (S11).
        Entities without a name are one, as groups are."""
        stock = self.measure.stock
        assert stock is not None
        last: dict[tuple[object, ...], Row] = {}
        for row in self.rows.in_order(self.rows.of(self.source)):
            day = self._day(row)
            if day is not None and day < span[1]:
                last[tuple(self.rows.plain(part, row) for part in stock.entity)] = row
        oldest = span[1] - timedelta(days=stock.stale_days or 99_999)
        return {
            row
            for row in last.values()
            if (self._day(row) or oldest) >= oldest
            and not (stock.closed is not None and self.rows.truth(stock.closed, row))
        }

    def _day(self, row: Row) -> date | None:
        if self.rows.model.sources[self.source].time is None:
            return None
        moment = self.rows.moment(row)
        return None if moment is None else day_of(moment)

    # --- filters ---------------------------------------------------------------------------

    def _counts(self, row: Row) -> bool:
        own = self.measure.where
        return (own is None or self.rows.truth(own, row)) and all(
            self._holds(row, predicate) for predicate in self.filters
        )

    def _many(self, predicate: RowExpr) -> bool:
        return any(self._reach(reference).reverse for reference in references(predicate))

    def _negates_many(self, predicate: RowExpr) -> bool:
        if isinstance(predicate, Not):
            return self._many(predicate)
        return any(self._negates_many(child) for child in children(predicate))

    def _holds(self, row: Row, predicate: RowExpr) -> bool:
        """`any row of the many side where …` (S4); a negation says *none* (I5)."""
        match predicate:
            case Not(operand):
                return not self._holds(row, operand)
            case Or(items):
                return any(self._holds(row, item) for item in items)
            case And(items):
                flat = _flat(items)
                apart = [item for item in flat if self._negates_many(item)]
                together = And(tuple(item for item in flat if item not in apart))
                return self._any(row, together) and all(self._holds(row, item) for item in apart)
        return self._any(row, predicate)

    def _any(self, row: Row, predicate: RowExpr) -> bool:
        reaches = {reference: self._reach(reference) for reference in references(predicate)}

        def holds_for(sides: Sides) -> bool:
            def found(wanted: QueryDimension | EntityValue) -> object:
                if isinstance(wanted, QueryDimension):
                    return self._value(sides, reaches[wanted])
                entity = tuple(_member(found(part)) for part in wanted.entity)
                assert self.of_entity is not None
                nobody = any(isinstance(member, Absent) for member in entity)
                return None if nobody else self.of_entity(wanted, entity)

            return self.rows.truth(predicate, row, found)

        return any(map(holds_for, self._sides(row, list(reaches.values()))))

    # --- members ---------------------------------------------------------------------------

    def _left_over(self, members: set[Combo]) -> set[Combo]:
        if self.beyond is None:
            return members
        size = len(self.by) - self.per
        kept = range(size - 1) if self.kept is None else self.kept
        return {
            (*(combo[at] for at in kept), *combo[size:])
            for combo in members
            if combo[:size] not in self.beyond
        }

    def _members(self, row: Row) -> set[Combo]:
        """The row's groups: one per distinct combination among its rows of the many side."""
        reaches = [self._reach(reference) for reference in self.by]
        return {
            tuple(_member(self._value(sides, end)) for end in reaches)
            for sides in self._sides(row, reaches)
        }

    def _sides(self, row: Row, reaches: list[Reach]) -> list[Sides]:
        """Each way to choose one row on every many side walked.

        Over several reverse hops the rows of the far source count: one between without far rows
        makes the row at hand unmapped only when no other leads there.
        """
        ends = {end.reverse for end in reaches}
        branches = {end[:n] for end in ends for n in range(1, len(end) + 1)}
        ways: list[Sides] = [{(): row}]
        for branch in sorted(branches, key=len):
            hop = branch[-1]
            extended = []
            for way in ways:
                near = way[branch[:-1]]
                far: list[Row | None] = []
                if near is not None:
                    far.extend(self.rows.many(near, hop.source, hop.join))
                extended += [{**way, branch: side} for side in far or [None]]
            ways = extended
        for end in ends:
            between = any(other and other == end[: len(other)] for other in ends - {end})
            if not between and any(way[end] for way in ways):
                ways = [way for way in ways if way[end]]
        return ways

    def _value(self, sides: Sides, end: Reach) -> object:
        return self.rows.dimension(self.rows.follow(sides[end.reverse], end.forward), end.dimension)


def _moment(value: date | datetime | None) -> datetime:
    assert value is not None
    return value if isinstance(value, datetime) else datetime(value.year, value.month, value.day)  # noqa: DTZ001 -- local


def _member(value: object) -> Member:
    return Absent.NONE if value is None else value


def _flat(items: tuple[RowExpr, ...]) -> list[RowExpr]:
    return [
        part for item in items for part in (_flat(item.items) if isinstance(item, And) else [item])
    ]


Part = Leaf | FixedAmount | OverEntities
"""What an answer is made of; of aggregates over entities those over periods, the leaves below which
are grouped otherwise."""
Parts = list[tuple[Part, Around]]
