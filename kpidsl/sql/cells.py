"""Formulas over merged leaves → expressions over a row of cells (S12, S13)."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from functools import partial

from sqlglot import exp

from kpidsl.model.sources import Source
from kpidsl.plan.formulas import (
    AccrualValue,
    FirstKnown,
    Formula,
    LeafValue,
    Negation,
    Number,
    Operation,
    Over,
    Place,
    RegroupValue,
    has_none_of_no_rows,
    may_have_decimals,
)
from kpidsl.plan.leaves import parts_of
from kpidsl.plan.looks import Look
from kpidsl.plan.nodes import PERIOD, Accrual, Frame
from kpidsl.sql import build
from kpidsl.sql.dialects import Dialect
from kpidsl.sql.grouping import ACCRUED
from kpidsl.sql.spans import END_DAY, FIRST_DAY, Day, edges, in_tree

CELLS = "cells"
"""The alias of the merged rows, one per cell of the answer."""
Known = tuple[str, Look]
"""What is asked of a cell: whether a source is known in the days that are looked at."""
_OPERATORS: dict[str, type[exp.Binary]] = {"+": exp.Add, "-": exp.Sub, "*": exp.Mul}


@dataclass(frozen=True, slots=True)
class Cells:
    """Lowers the formulas of one answer.

    `ranges` gives each source whose known range matters with the table that holds it,
    `accruals` each fixed amount with the table of its amounts per period, `totals` each
    total's groups with the table of its leaves, `spans` each look at listed days with their table.
    Where the rows are not `ranked`, as those of the rest, they have no place; `empty`: the cell has
    no rows, and its leaves have the values of none (S13). `tested` gives the columns of the cells
    that tell whether a source is known there, `homes` the columns of tables that stand beside the
    cells. `used` gathers the tables that the values lowered so far are read from.
    """

    frame: Frame
    dialect: Dialect
    ranges: dict[str, tuple[Source, str]]
    accruals: dict[str, tuple[Accrual, str]]
    totals: dict[Over, str]
    spans: dict[Look, str]
    ranked: bool = True
    empty: bool = False
    tested: dict[Known, str] = field(default_factory=dict)
    homes: dict[str, exp.Column] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)

    def value(self, formula: Formula) -> exp.Expr:
        """Return a formula's value in a cell."""
        match formula:
            case LeafValue() | Operation() | Negation():
                asked = dict.fromkeys((leaf.source, leaf.look) for leaf in _needed(formula))
                known = self._all_known(asked)
                value = self._of_known(formula)
                return value if known is None else build.case([(known, value)])
            case RegroupValue():
                return self._regrouped(formula)
            case AccrualValue(column):
                return self._accrued(*self.accruals[column])
            case Number(value):
                return build.number(value)
            case FirstKnown(items):
                decimals = sum(map(may_have_decimals, items))
                first, *rest = [
                    self.met(item) if decimals > 1 else self.value(item) for item in items
                ]
                return exp.Coalesce(this=first, expressions=rest)
            case Place(operand):
                return self._rank(operand)

    def _of_known(self, formula: Formula) -> exp.Expr:
        """Return a formula's value in a cell in whose days all that it needs is known."""
        match formula:
            case LeafValue():
                return self._of_none(formula) if self.empty else self._of_rows(formula)
            case Operation("/", left, right):
                return build.quotient(self._of_known(left), self._of_known(right))
            case Operation(op, left, right):
                return _OPERATORS[op](
                    this=build.wrapped(self._of_known(left)),
                    expression=build.wrapped(self._of_known(right)),
                )
            case Negation(operand):
                return exp.Neg(this=build.wrapped(self._of_known(operand)))
        return self.value(formula)

    def met(self, formula: Formula) -> exp.Expr:
        """Return a value that meets others in one column."""
        value = self.value(formula)
        return self.dialect.widened(value) if may_have_decimals(formula) else value

    def _column(self, name: str, table: str) -> exp.Column:
        if table == CELLS and name in self.homes:
            column = self.homes[name].copy()
            self.used.add(column.table)
            return column
        self.used.add(table)
        return build.column(name, table)

    def _rank(self, operand: Formula) -> exp.Expr:
        """Rank the known values of a period, the largest first. Those of no rows of their own come
        last, as NULL, and have no rank."""
        if not self.ranked:
            return build.cast(exp.Null(), "BIGINT")
        value = self.value(operand)
        tests = [] if has_none_of_no_rows(operand) else self._counted(operand)
        counted = build.disjunction(tests)
        if counted is not None:
            value = build.case([(counted, value)])
        order = exp.Order(expressions=[exp.Ordered(this=value, desc=True, nulls_first=False)])
        within = [] if self.frame.grain is None else [self._column(PERIOD, CELLS)]
        rank = exp.Window(this=exp.Rank(), partition_by=within, order=order)
        return build.case([(exp.Not(this=build.is_null(value.copy())), rank)])

    def _counted(self, formula: Formula) -> list[exp.Expr]:
        """Return the tests of which one holds where a formula counts something in the cell itself:
        a total doesn't, and a fixed amount does where it falls to no member, or to this one."""
        tests: list[exp.Expr] = []
        for part in dict.fromkeys(parts_of(formula)):
            match part:
                case AccrualValue(column):
                    tests.append(exp.Not(this=build.is_null(self._column(column, CELLS))))
                    weight = self.accruals[column][0].weight
                    tests += [] if weight is None else self._counted(weight)
                case LeafValue(column, over=None, counts=True) | RegroupValue(
                    column, over=None, counts=True
                ):
                    some = exp.NEQ(this=self._column(column, CELLS), expression=build.number(0))
                    tests.append(some)
                case LeafValue(column, over=None) | RegroupValue(column, over=None):
                    tests.append(exp.Not(this=build.is_null(self._column(column, CELLS))))
        return tests

    def _regrouped(self, value: RegroupValue) -> exp.Expr:
        """An aggregate over values that are not known, as of no value, has none already, unless it
        is over others than those of its own period."""
        own = self._of_none(value) if self.empty else self._of_rows(value)
        if not (value.zero_when_empty or value.reaches):
            return own
        known = self._all_known(dict.fromkeys((leaf.source, leaf.look) for leaf in value.leaves))
        return own if known is None else build.case([(known, own)])

    def _of_none(self, leaf: LeafValue | RegroupValue) -> exp.Expr:
        return build.number(0) if leaf.zero_when_empty else exp.Null()

    def _of_rows(self, leaf: LeafValue | RegroupValue) -> exp.Expr:
        table = CELLS if leaf.over is None else self.totals[leaf.over]
        value = self._column(leaf.column, table)
        return build.coalesce(value, build.number(0)) if leaf.zero_when_empty else value

    def _accrued(self, accrual: Accrual, amounts: str) -> exp.Expr:
        if not accrual.rows:  # no period has a partner
            return build.cast(exp.Null(), ACCRUED)
        value = self._accrued_at_all(accrual, amounts)
        if not accrual.look.listed:
            return value
        table = self.spans[replace(accrual.look, reach=None)]
        partner = build.is_null(self._column(END_DAY, table))
        return build.case([(exp.Not(this=partner), value)])

    def _accrued_at_all(self, accrual: Accrual, amounts: str) -> exp.Expr:
        own = build.coalesce(self._column(accrual.column, CELLS), build.number(0))
        if accrual.weight is None or accrual.total is None:
            return own
        share = build.quotient(self.value(accrual.weight), self.value(accrual.total))
        product = exp.Mul(this=self._column("amount", amounts), expression=share)
        allocated = build.cast(self.dialect.certain_digits(product), ACCRUED)
        return exp.Add(this=own, expression=build.coalesce(allocated, build.number(0)))

    # --- known ranges ----------------------------------------------------------------------

    def within_known(self, asked: Known) -> exp.Expr | None:
        """Return the test that a period as looked at meets a source's known range, if one is
        due."""
        return build.conjunction(self._tests_of(asked))

    def _all_known(self, asked: Collection[Known]) -> exp.Expr | None:
        tests = [test for each in asked for test in self._tests_of(each)]
        # Several sources may have one watermark.
        return build.conjunction(tests if len(asked) < 2 else list(dict.fromkeys(tests)))

    def _tests_of(self, asked: Known) -> list[exp.Expr]:
        name, look = asked
        if name not in self.ranges:
            return []
        if asked in self.tested:
            return [self._column(self.tested[asked], CELLS)]
        source, known = self.ranges[name]
        starts, ends = self._edges(look)
        first_day = partial(self._column, "first_day", known)
        tests: list[exp.Expr] = [exp.GT(this=in_tree(end), expression=first_day()) for end in ends]
        mark = source.watermark
        if mark is None:
            last_day = partial(self._column, "last_day", known)
            tests += [exp.LTE(this=in_tree(start), expression=last_day()) for start in starts]
            return tests
        if isinstance(mark, date) and self._ends_by(mark, look):
            return tests
        until: exp.Expr = self._column("end_day", known)
        later = starts
        if isinstance(mark, date):
            later = [start for start in starts if not (isinstance(start, date) and start < mark)]
            until = build.day(mark)
        # A watermark before the first row vouches for no day at all.
        known_days = [*map(in_tree, later), first_day()]
        tests += [exp.LT(this=day, expression=until.copy()) for day in known_days]
        return tests

    def _ends_by(self, mark: date, look: Look) -> bool:
        """Tell whether all days that are looked at are before a watermark, so that the days before
        the first row are the only ones that may be unknown."""
        window, moves = self.frame.window, look.moves
        if window is None or look.listed or moves.months < 0 or moves.days < 0:
            return False
        return window.end <= mark

    def _edges(self, look: Look) -> tuple[list[Day], list[Day]]:
        """Return the period's own days as looked at, however far back the leaf reaches."""
        if not look.listed:
            return edges(self.frame, self.dialect, CELLS, look)
        table = self.spans[replace(look, reach=None)]
        return [self._column(FIRST_DAY, table)], [self._column(END_DAY, table)]


def _needed(formula: Formula) -> Iterator[LeafValue]:
    """Yield the leaves without which a formula has no value."""
    match formula:
        case LeafValue():
            yield formula
        case Operation(_, left, right):
            yield from _needed(left)
            yield from _needed(right)
        case Negation(operand):
            yield from _needed(operand)
