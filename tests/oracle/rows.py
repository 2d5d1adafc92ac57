"""Rows of sources, their joins, attributes and dimensions, and row expressions: one row at a
time, in plain Python."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from statistics import stdev
from typing import Any

from kpidsl.model.expr import (
    And,
    AnswerValue,
    Arithmetic,
    CaseWhen,
    Column,
    Compare,
    DimensionRef,
    EntityValue,
    Function,
    In,
    IsState,
    Like,
    Literal,
    Negate,
    Not,
    Or,
    QueryDimension,
    Resolved,
    RowExpr,
    TimeColumn,
)
from kpidsl.model.project import Model
from kpidsl.model.sources import Join, PerEntity, TimeSpec, Validity
from kpidsl.plan.query import Absent
from tests.oracle.days import day_of, instant, local_time
from tests.oracle.functions import Unsupported, call

Tables = dict[str, list[dict[str, object]]]
Resolve = Callable[[Any], object]
"""The value of a query dimension for the row at hand (`Absent.UNMAPPED` without a partner), of a
metric for the row's entity, or of one in a row of the answer."""


class Refused(Exception):
    """The rules give no answer to this query."""


@dataclass(frozen=True, eq=False, slots=True)
class Row:
    """One row of a source; rows are told apart by identity, for they may repeat."""

    source: str
    data: dict[str, object]


def _no_query_dimension(reference: QueryDimension | EntityValue) -> object:
    raise Unsupported(f"{reference} outside a query or a metric's filter")


class Rows:
    """All rows of a model's sources, after `exclude`."""

    def __init__(self, model: Model, tables: Tables) -> None:
        self.model = model
        self._attributes: dict[tuple[str, str], dict[tuple[object, ...], object]] = {}
        self._partners: dict[tuple[str, str], dict[tuple[object, ...], list[Row]]] = {}
        self._many: dict[tuple[str, str], dict[Row, list[Row]]] = {}
        self._kept: dict[str, list[Row]] = {}
        self._ids: dict[str, dict[object, object]] = {}
        self._tables = tables
        self.chosen: dict[tuple[str, str], Row | None] = {}
        """Of the many partners in a bridge the one at hand, by the join to them."""

    def of(self, name: str) -> list[Row]:
        """A source's rows without the excluded ones."""
        if name not in self._kept:
            exclude = self.model.sources[name].exclude
            every = [Row(name, data) for data in self._tables[name]]
            self._kept[name] = [
                row for row in every if exclude is None or not self.truth(exclude, row)
            ]
        return self._kept[name]

    # --- time ------------------------------------------------------------------------------

    def moment(self, row: Row) -> date | datetime | None:
        """The row's own local time (S15, S20)."""
        spec = self.model.sources[row.source].time
        if spec is None:
            raise Refused(f"{row.source} has no time")
        return local_time(self.plain(spec.expr, row), spec, self.model.settings.timezone)

    def vouched_until(self, name: str) -> date | None:
        """The first day that a source does not vouch for, if it says so; where rows tell, but there
        is none, it vouches for no day (S21)."""
        said = self.model.sources[name].watermark
        if not isinstance(said, TimeSpec):
            return said
        zone = self.model.settings.timezone
        found = [local_time(self.plain(said.expr, row), said, zone) for row in self.of(name)]
        return max((day_of(each) for each in found if each is not None), default=date.min)

    def instant(self, row: Row) -> datetime | None:
        """When the row was, not only what the local clock showed (S20)."""
        spec = self.model.sources[row.source].time
        assert spec is not None
        value = self.plain(spec.expr, row)
        if value is None:
            return None
        if not isinstance(value, datetime):
            raise Refused(f"{row.source} knows days only")
        return instant(value, spec, self.model.settings.timezone)

    def ordered(self, aggregate: str, rows: list[Row]) -> list[Row]:
        """Rows in the order in which an aggregate takes them."""
        return self.in_order(rows) if aggregate in {"first", "last"} else rows

    def in_order(self, rows: Iterable[Row]) -> list[Row]:
        """Rows by when they were, those of one moment by their key; without a time they have no
        place."""
        found = []
        for row in rows:
            spec = self.model.sources[row.source].time
            key = self.model.sources[row.source].key
            assert spec is not None
            assert key
            at = self.plain(spec.expr, row)
            if at is not None:
                moment = self.instant(row) if isinstance(at, datetime) else at
                found.append(((moment, [self.plain(part, row) for part in key]), row))
        return [row for _, row in sorted(found, key=lambda item: item[0])]

    # --- joins -----------------------------------------------------------------------------

    def partner(self, row: Row, join_name: str) -> Row | None:
        """The row's one partner, or None (S2); a key with a NULL has none."""
        join = self.model.sources[row.source].joins[join_name]
        place = (row.source, join_name)
        if join.weight is not None:
            return self.chosen[place]
        if place not in self._partners:
            self._partners[place] = self._by_key(join)
        key = tuple(self.plain(part, row) for part in join.columns)
        found = [
            candidate
            for candidate in self._partners[place].get(key, [])
            if join.validity is None or self._holds(candidate, join.validity, row)
        ]
        assert len(found) < 2, f"the key of {join.target} repeats: {key}"
        return found[0] if found else None

    def _by_key(self, join: Join) -> dict[tuple[object, ...], list[Row]]:
        found: dict[tuple[object, ...], list[Row]] = {}
        for row in self.of(join.target):
            key = tuple(self.plain(part, row) for part in join.target_columns)
            if None not in key:
                found.setdefault(key, []).append(row)
        return found

    def _holds(self, row: Row, validity: Validity, joining: Row) -> bool:
        """Whether a row holds when another was: from its start, if it has one, until before its
        end."""
        start, end = self.plain(validity.start, row), self.plain(validity.end, row)
        if self.moment(joining) is None:
            return start is None and end is None
        began = start is None or not self._before(joining, start, validity)
        return began and (end is None or self._before(joining, end, validity))

    def _before(self, row: Row, end: date | datetime, validity: Validity) -> bool:
        """Whether a row was before an end: before the local day, or the instant, that it is."""
        moment = self.moment(row)
        assert moment is not None
        if not isinstance(end, datetime):
            return day_of(moment) < end
        zone = self.model.settings.timezone
        clock = TimeSpec(expr=validity.start, stored_as=validity.stored_as)
        if isinstance(moment, datetime):
            at = self.instant(row)
            assert at is not None
        else:
            at = instant(_midnight(moment), TimeSpec(expr=validity.start), zone)
        return at < instant(end, clock, zone)

    def follow(self, row: Row | None, joins: Sequence[str]) -> Row | None:
        """Walk forward joins; any hop without a partner ends at None."""
        for join in joins:
            if row is None:
                return None
            row = self.partner(row, join)
        return row

    def many(self, row: Row, source: str, join_name: str) -> list[Row]:
        """The rows of `source` whose join finds `row`: the join walked in reverse (S4)."""
        place = (source, join_name)
        if place not in self._many:
            found: dict[Row, list[Row]] = {}
            for candidate in self.of(source):
                partner = self.partner(candidate, join_name)
                if partner is not None:
                    found.setdefault(partner, []).append(candidate)
            self._many[place] = found
        return self._many[place].get(row, [])

    # --- dimensions ------------------------------------------------------------------------

    def dimension(self, row: Row | None, name: str) -> object:
        """A dimension's value for its own source's row; without a row `Absent.UNMAPPED`."""
        if row is None:
            return Absent.UNMAPPED
        definition = self.model.sources[row.source].dimensions[name]
        if definition.attribute is not None:
            return self._attribute(row, name, definition.attribute)
        assert definition.expr is not None
        return self.value(definition.expr, row)

    def _attribute(self, row: Row, name: str, attribute: PerEntity) -> object:
        """One value per entity over all kept rows of the source; NULL entities have none."""
        place = (row.source, name)
        if place not in self._attributes:
            groups: dict[tuple[object, ...], list[Row]] = {}
            for member in self.of(row.source):
                groups.setdefault(self._entity(attribute, member), []).append(member)
            self._attributes[place] = {
                entity: aggregate(
                    attribute.aggregate,
                    [
                        1 if attribute.operand is None else self.plain(attribute.operand, member)
                        for member in self.ordered(attribute.aggregate, members)
                    ],
                )
                for entity, members in groups.items()
                if None not in entity
            }
        return self._attributes[place].get(self._entity(attribute, row))

    def _entity(self, attribute: PerEntity, row: Row) -> tuple[object, ...]:
        return tuple(self.plain(part, row) for part in attribute.entity)

    def _stands_for(self, wanted: Resolved) -> dict[object, object]:
        """For whom ids stand, by the rows of a table that know both (S29); refused where one stands
        for two, or for one that stands for another."""
        if wanted.entity not in self._ids:
            found: dict[object, object] = {}
            for row in self.of(wanted.table):
                own, other = self.plain(wanted.ids, row), self.plain(wanted.stands_for, row)
                if own is not None and other is not None and found.setdefault(own, other) != other:
                    raise Refused(f"{own} stands for {found[own]} and {other}")
            for own, other in found.items():
                if found.get(other, other) != other:
                    raise Refused(f"{own} stands for {other}, which stands for {found[other]}")
            self._ids[wanted.entity] = found
        return self._ids[wanted.entity]

    # --- expressions -----------------------------------------------------------------------

    def plain(self, expr: RowExpr, row: Row, resolve: Resolve = _no_query_dimension) -> Any:
        """The value, with every absence as None."""
        value = self.value(expr, row, resolve)
        return None if isinstance(value, Absent) else value

    def truth(self, expr: RowExpr, row: Row, resolve: Resolve = _no_query_dimension) -> bool:
        """Two-valued: what is not true is false (S2)."""
        return self.plain(expr, row, resolve) is True

    def value(  # noqa: C901, PLR0911, PLR0912 -- one case a node
        self, expr: RowExpr, row: Row, resolve: Resolve = _no_query_dimension
    ) -> object:
        """The value; only a bare reference over a join can be `Absent.UNMAPPED`."""

        def plain(part: RowExpr) -> Any:
            return self.plain(part, row, resolve)

        match expr:
            case Literal(value):
                return value
            case Column(path, joins):
                end = self.follow(row, joins)
                return Absent.UNMAPPED if end is None else _field(end.data, path)
            case DimensionRef(name, joins):
                return self.dimension(self.follow(row, joins), name)
            case QueryDimension() | EntityValue() | AnswerValue():
                return resolve(expr)
            case Resolved(operand=operand):
                own = plain(operand)
                return None if own is None else self._stands_for(expr).get(own, own)
            case TimeColumn(joins):
                end = self.follow(row, joins)
                return Absent.UNMAPPED if end is None else self.moment(end)
            case Arithmetic(op, left, right):
                return arithmetic(
                    op, self.plain(left, row, resolve), self.plain(right, row, resolve)
                )
            case Negate(operand):
                value = plain(operand)
                return None if value is None else -value
            case Compare(op, left, right):
                return compare(op, self.plain(left, row, resolve), self.plain(right, row, resolve))
            case And(items):
                return all(self.truth(item, row, resolve) for item in items)
            case Or(items):
                return any(self.truth(item, row, resolve) for item in items)
            case Not(operand):
                return not self.truth(operand, row, resolve)
            case In(operand, items):
                element = plain(operand)
                return any(compare("=", element, item.value) for item in items)
            case Like(operand, pattern):
                text = plain(operand)
                return text is not None and _like(pattern).fullmatch(text) is not None
            case IsState(operand, state):
                found = self.value(operand, row, resolve)
                if state == "null":
                    return found is None or found is Absent.UNMAPPED
                return found is (None if state == "none" else Absent.UNMAPPED)
            case CaseWhen(branches, default):
                for condition, result in branches:
                    if self.truth(condition, row, resolve):
                        return plain(result)
                return None if default is None else plain(default)
            case Function(name, arguments):
                return call(name, [plain(argument) for argument in arguments])
            case _:
                raise Unsupported(f"{expr}")


def _field(data: object, path: Sequence[str]) -> object:
    for part in path:
        if data is None:
            return None
        assert isinstance(data, dict)
        data = data[part]
    return data


def _like(pattern: str) -> re.Pattern[str]:
    parts = {"%": ".*", "_": "."}
    return re.compile("".join(parts.get(mark, re.escape(mark)) for mark in pattern), re.DOTALL)


def compare(op: str, left: Any, right: Any) -> bool:
    """Two-valued; `!=` is the complement of `=` (S2)."""
    if op == "!=":
        return not compare("=", left, right)
    if left is None or right is None:
        return False
    if isinstance(left, datetime) != isinstance(right, datetime):
        left, right = _midnight(left), _midnight(right)
    match op:
        case "=":
            return bool(left == right)
        case "<":
            return bool(left < right)
        case "<=":
            return bool(left <= right)
        case ">":
            return bool(left > right)
        case ">=":
            return bool(left >= right)
    raise Unsupported(f"comparison {op}")


def _midnight(value: date | datetime) -> datetime:
    return value if isinstance(value, datetime) else datetime(value.year, value.month, value.day)  # noqa: DTZ001 -- local


Number = Decimal | float | int


def arithmetic(op: str, left: Number | None, right: Number | None) -> Number | None:
    """`+ - *` are exact on whole numbers and decimals, `/` is a float and NULL over zero (S12)."""
    if left is None or right is None:
        return None
    if op == "/":
        return None if right == 0 else float(Fraction(left) / Fraction(right))
    if isinstance(left, float) or isinstance(right, float):
        left, right = float(left), float(right)
        return {"+": left + right, "-": left - right, "*": left * right}[op]
    exact = {
        "+": Fraction(left) + Fraction(right),
        "-": Fraction(left) - Fraction(right),
        "*": Fraction(left) * Fraction(right),
    }[op]
    return (
        decimal_of(exact) if isinstance(left, Decimal) or isinstance(right, Decimal) else int(exact)
    )


def decimal_of(value: Fraction) -> Decimal:
    """A decimal of exactly this value, however many digits that takes."""
    scale, denominator = 0, value.denominator
    while (10**scale) % denominator:
        scale += 1
        assert scale < 400, f"{value} is no decimal number"
    digits = value.numerator * (10**scale // denominator)
    return Decimal((int(digits < 0), tuple(map(int, str(abs(digits)))), -scale))


def _quantile(values: Sequence[Any], fraction: Fraction) -> float:
    """Of n values in order the one at place (n − 1) × fraction, counted from 0; between two
    values in proportion (type 7 of Hyndman and Fan)."""
    ordered = sorted(map(Fraction, values))
    place = (len(ordered) - 1) * fraction
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return float(ordered[below] + (place - below) * (ordered[above] - ordered[below]))


def counts_some(name: str, values: Sequence[Any]) -> bool:
    """Whether an aggregate has values that it counts; a deviation of one value is none."""
    return sum(value is not None for value in values) > (name == "stddev")


def aggregate(name: str, values: Sequence[Any], fraction: Decimal | None = None) -> Any:
    """An aggregate over a group's values, NULLs among them (S13), in order where that matters;
    `fraction` is a percentile's."""
    known = [value for value in values if value is not None]
    match name:
        case "count":
            return len(known)
        case "count_distinct":
            return len(set(known))
        case "sum":
            total: Number = 0
            for value in known:
                result = arithmetic("+", total, value)
                assert result is not None
                total = result
            return total
        case "avg" if known:
            return float(sum(map(Fraction, known)) / len(known))
        case "median" | "percentile" if known:
            return _quantile(known, Fraction(fraction or Decimal("0.5")))
        case "stddev" if len(known) > 1:
            return stdev(map(Fraction, known))
        case "first" if known:
            return known[0]
        case "last" if known:
            return known[-1]
        case "min" if known:
            return min(known)
        case "max" if known:
            return max(known)
    return None
