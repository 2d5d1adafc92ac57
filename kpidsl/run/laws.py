"""The invariants that one metric's answers must keep, whatever the data are.

Each is a comparison of two answers to different questions, so that a mistake in planning one of
them shows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal

from kpidsl.model.expr import (
    Compare,
    Constant,
    IsState,
    Literal,
    MetricArithmetic,
    MetricExpr,
    Not,
    QueryDimension,
    RowExpr,
)
from kpidsl.model.formula import metric_text
from kpidsl.model.leaves import has_data, leaf_sources
from kpidsl.model.periods import Grain, Window, is_whole, periods
from kpidsl.model.project import Model
from kpidsl.plan.additivity import adds_up
from kpidsl.plan.formulas import AccrualValue, FirstKnown, Formula, Negation, Operation, Place
from kpidsl.plan.groundwork import Groundwork
from kpidsl.plan.leaves import leaves_of, timed_values
from kpidsl.plan.nodes import Plan
from kpidsl.plan.planner import plan
from kpidsl.plan.query import Absent, Group, Query, Selection
from kpidsl.plan.within import aggregates_of, tested_by
from kpidsl.run.result import Result, Role, Value
from kpidsl.run.verdicts import Verdict, added, alike, computed, is_number
from kpidsl.text.display import counted

Key = tuple[Value, ...]
Ask = Callable[[Query], Result | None]
"""Answers a question; None where it is refused or fails."""


@dataclass(frozen=True, slots=True)
class Subject:
    """A metric as it is asked for: by what it can be split, over which days (None: it has no
    time), and beside what."""

    name: str
    expr: MetricExpr
    dimensions: tuple[QueryDimension, ...]
    window: Window | None
    company: Selection | None


class Laws:
    """Asks about one metric; `reordered` answers from the same definitions in another order."""

    def __init__(
        self, subject: Subject, model: Model, ground: Groundwork, ask: Ask, reordered: Ask
    ) -> None:
        self._subject = subject
        self._model = model
        self._ground = ground
        self._ask = ask
        self._reordered = reordered
        self._alone = Query((Selection(subject.name, subject.expr),), window=subject.window)
        planned, _ = plan(model, self._alone, ground)
        formula = planned.root.input.outputs[0].formula if planned is not None else None
        self._tests = planned is not None and any(
            tested_by(aggregates_of(planned.root.input.input.inputs))
        )
        self._ranks = formula is not None and _has_place(formula)
        self._accrues = formula is not None and any(
            isinstance(value, AccrualValue) for value in timed_values(formula)
        )
        self._is_share = formula is not None and any(
            leaf.over is not None for leaf in leaves_of(formula)
        )

    def verdicts(self) -> Iterator[Verdict]:
        """Compare the answers; a question that is refused is compared with nothing."""
        whole = self._ask(self._alone)
        if whole is None:
            return
        total = _values(whole)[()]
        yield from self._parts("in all", self._alone)
        if self._subject.window is not None:
            yield from self._periods(total, self._subject.window)
        for dimension in self._subject.dimensions:
            yield from self._members(total, dimension)
        yield from self._company()

    # --- members of a dimension ------------------------------------------------------------

    def _members(self, total: Value, dimension: QueryDimension) -> Iterator[Verdict]:
        query = replace(self._alone, by=(dimension,))
        split, stacked = self._ask(query), self._ask(replace(query, totals=(Group(),)))
        if split is None or stacked is None:
            return
        cells = _values(split)
        if not self._ranks:
            recomputed = _values(stacked).get((Absent.ALL,))
            yield self._same(
                "S10", f"the total by `{dimension}` with the number", total, recomputed
            )
        if cells and self._adds_up(query):
            parts = added(cells.values())
            what = f"the sum over {counted(len(cells), 'member')} of `{dimension}` with the number"
            yield self._same("I1", what, total, parts, exact=not self._in_shares(dimension))
        if self._ranks or self._is_share:
            return  # a member's place, and its share, are among the others
        for member in _chosen(cells):
            yield from self._filtered(total, dimension, member, cells[member,])

    def _filtered(
        self, total: Value, dimension: QueryDimension, member: Value, cell: Value
    ) -> Iterator[Verdict]:
        condition = _is_member(dimension, member)
        if condition is None:
            return
        kept = self._number(replace(self._alone, where=condition))
        if kept is None:
            return
        what = f"the row `{member}` by `{dimension}` with the number filtered to it"
        yield self._same("S4", what, kept[0], cell)
        rest = self._number(replace(self._alone, where=Not(condition)))
        if rest is not None and self._adds_up(self._alone) and not self._accrues:
            what = f"the numbers of `{dimension}` = `{member}` and of its complement with all"
            both = added((kept[0], rest[0]))
            yield self._same("I5", what, total, both, exact=not self._in_shares(dimension))

    # --- periods ---------------------------------------------------------------------------

    def _periods(self, total: Value, window: Window) -> Iterator[Verdict]:
        query = replace(self._alone, grain=Grain.MONTH)
        answer = self._ask(query)
        if answer is None:
            return
        months = _values(answer)
        yield from self._parts("by month", query)
        if self._adds_up(query):
            what = f"the sum over {counted(len(months), 'month')} with the number"
            yield self._same("I1", what, total, added(months.values()))
            years = self._ask(replace(query, grain=Grain.YEAR))
            if years is not None:
                yield self._rows(
                    "I1", "the sums of months with the years", _values(years), _by_year(months)
                )
        calendar = self._model.settings.calendar
        months_asked = periods(window, Grain.MONTH, calendar)
        whole = [item for item in months_asked if is_whole(item, Grain.MONTH, calendar)]
        # Which entities a filter keeps is asked over the whole period, so a month has others (S14).
        if whole and not self._ranks and not self._tests:
            month = whole[-1]
            apart = self._number(replace(self._alone, window=month))
            if apart is not None and (month.start,) in months:
                what = f"the row {month.start:%Y-%m} by month with the number of that month"
                yield self._same("S16", what, apart[0], months[month.start,])

    # --- company and order -----------------------------------------------------------------

    def _company(self) -> Iterator[Verdict]:
        company = self._subject.company
        queries = [replace(self._alone, by=(item,)) for item in self._subject.dimensions[:1]]
        if self._subject.window is not None:
            queries.append(replace(self._alone, grain=Grain.MONTH))
        for query in queries or [self._alone]:
            alone = self._ask(query)
            if alone is None:
                continue
            cells, by = _values(alone), _by(query)
            other = self._reordered(query)
            if other is not None:
                what = f"{by} with definitions in another order"
                yield self._rows("I3", what, cells, _values(other))
            if company is None:
                continue
            (own,) = query.select
            for rule, select in (("I2", (own, company)), ("I3", (company, own))):
                beside = self._ask(replace(query, select=select))
                if beside is not None:
                    place = "before" if rule == "I2" else "after"
                    values = _values(beside, select.index(own))
                    met = {key: values.get(key) for key in cells}
                    yield self._rows(rule, f"{by} {place} `{company.name}`", cells, met)

    # --- what a formula is made of ---------------------------------------------------------

    def _parts(self, by: str, query: Query) -> Iterator[Verdict]:
        """Compare a formula with its parts, each asked alone (S5, S12)."""
        match self._subject.expr:
            case MetricArithmetic(op, left, right):
                sides = (left, right)
            case _:
                return
        whole = self._ask(query)
        if whole is None:
            return
        cells = _values(whole)
        one, other = (self._part(side, query, cells) for side in sides)
        met = {key: value for key, value in cells.items() if key in one and key in other}
        if not met:
            return
        made = {key: computed(op, one[key], other[key]) for key in met}
        what = f"{metric_text(left)} {op} {metric_text(right)} {by}, each asked alone"
        yield self._rows("S12", what, made, met, exact=op in "+-")

    def _part(self, expr: MetricExpr, query: Query, rows: Iterable[Key]) -> Mapping[Key, Value]:
        """Return the values of a part of a formula; none where it can't be asked."""
        if isinstance(expr, Constant):
            return dict.fromkeys(rows, expr.value)
        if not has_data(expr, self._model.metrics):
            return {}
        answer = self._ask(replace(query, select=(Selection("part", expr),)))
        return {} if answer is None else _values(answer)

    # --- asking and comparing --------------------------------------------------------------

    def _adds_up(self, query: Query) -> bool:
        planned, _ = plan(self._model, query, self._ground)
        return planned is not None and _is_additive(planned)

    def _number(self, query: Query) -> tuple[Value] | None:
        """Return the one value of an answer; None where it is refused."""
        answer = self._ask(query)
        return None if answer is None else (_values(answer)[()],)

    def _in_shares(self, dimension: QueryDimension) -> bool:
        """Tell whether a dimension splits rows into shares, of which a third is never written to
        its end (S7)."""
        sources = leaf_sources(self._subject.expr, self._model.metrics)
        paths = (self._ground.paths.reach(source, dimension)[0] for source in sources)
        return any(hop.join.weight is not None for path in paths for hop in path)

    def _same(
        self, rule: str, compared: str, expected: Value, got: Value, *, exact: bool = True
    ) -> Verdict:
        holds = alike(expected, got, exact=exact and not self._accrues)
        return Verdict(rule, self._subject.name, compared, expected, got, holds)

    def _rows(
        self,
        rule: str,
        compared: str,
        expected: Mapping[Key, Value],
        got: Mapping[Key, Value],
        *,
        exact: bool = True,
    ) -> Verdict:
        exact = exact and not self._accrues
        for key in (*expected, *(key for key in got if key not in expected)):
            one, other = expected.get(key), got.get(key)
            if (key in expected) != (key in got) or not alike(one, other, exact=exact):
                row = ", ".join(f"`{part}`" for part in key)
                what = f"{compared}: row {row}" if key else compared
                return Verdict(rule, self._subject.name, what, one, other, holds=False)
        if set(expected) == {()}:
            return Verdict(rule, self._subject.name, compared, expected[()], got[()], holds=True)
        rows = counted(len(expected), "row")
        return Verdict(rule, self._subject.name, compared, rows, rows, holds=True)


def _values(answer: Result, place: int = 0) -> dict[Key, Value]:
    """Return the values of the metric at a place, by the row's period and members."""
    keys = sum(column.role is not Role.METRIC for column in answer.columns)
    return {row[:keys]: row[keys + place] for row in answer.rows}


def _by(query: Query) -> str:
    if query.by:
        return f"by `{query.by[0]}`"
    return "by month" if query.grain is not None else "in all"


def _by_year(months: Mapping[Key, Value]) -> dict[Key, Value]:
    """Add up months, which are known by their first days, to years."""
    years: dict[Key, list[Value]] = {}
    for (month,), value in months.items():
        assert isinstance(month, date)
        years.setdefault((month.replace(month=1, day=1),), []).append(value)
    return {year: added(values) for year, values in years.items()}


def _chosen(cells: Mapping[Key, Value]) -> list[Value]:
    """Return the member of the largest value, and the first that is absent (S2)."""
    members = [key[0] for key, value in cells.items() if is_number(value)]
    named = [item for item in members if not isinstance(item, Absent)]
    sizes = {item: abs(float(str(cells[item,]))) for item in named}
    absent = [item for item in members if item in (Absent.NONE, Absent.UNMAPPED)]
    return [*sorted(named, key=lambda item: -sizes[item])[:1], *absent[:1]]


def _is_member(dimension: QueryDimension, member: Value) -> RowExpr | None:
    """Return the condition that keeps one member; None for a value that is not written down
    exactly."""
    match member:
        case Absent.NONE:
            return IsState(dimension, "none")
        case Absent.UNMAPPED:
            return IsState(dimension, "unmapped")
        case str() | bool() | Decimal():
            return Compare("=", dimension, Literal(member))
        case int():
            return Compare("=", dimension, Literal(Decimal(member)))
        case date() if not isinstance(member, datetime):
            return Compare("=", dimension, Literal(member))
    return None


def _is_additive(planned: Plan) -> bool:
    compute = planned.root.input
    return adds_up(compute.outputs[0].formula, compute.input.inputs)


def _has_place(formula: Formula) -> bool:
    match formula:
        case Place():
            return True
        case Operation(_, left, right):
            return _has_place(left) or _has_place(right)
        case Negation(operand):
            return _has_place(operand)
        case FirstKnown(items):
            return any(map(_has_place, items))
    return False
