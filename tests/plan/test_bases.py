"""One pass over a source for all that adds up (S10), where that pays: the plans, worked out by
hand from what the rows of each value are."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from kpidsl.model.expr import (
    Compare,
    Filtered,
    Literal,
    MeasureRef,
    MetricExpr,
    Prior,
    QueryDimension,
    Rolling,
)
from kpidsl.model.periods import Grain, Window
from kpidsl.model.project import Model
from kpidsl.model.sources import Source
from kpidsl.plan.groundwork import Groundwork
from kpidsl.plan.nodes import Aggregate
from kpidsl.plan.planner import plan
from kpidsl.plan.query import Query, Selection
from tests.semantics.conftest import SHOP
from tests.support import project

REVENUE, BUYERS = MeasureRef("orders", "revenue"), MeasureRef("orders", "buyers")
YEAR = Window(date(2026, 1, 1), date(2027, 1, 1))
REGION = QueryDimension("region", "customers")


class Sized:
    """A catalogue in which all tables have as many rows."""

    def __init__(self, rows: int) -> None:
        self._rows = rows

    def at_most(self, source: Source) -> int | None:
        del source
        return self._rows

    def decimal_places(self, source: Source, column: str) -> int | None:
        del source, column
        return None


@pytest.fixture
def model(tmp_path: Path) -> Iterator[Model]:
    with project(tmp_path, SHOP) as loaded:
        assert loaded.model is not None
        yield loaded.model


def nodes(
    model: Model,
    *asked: MetricExpr,
    by: tuple[QueryDimension, ...] = (),
    grain: Grain | None = Grain.MONTH,
    rows: int | None = None,
) -> list[Aggregate]:
    select = tuple(Selection(f"c{place}", expr) for place, expr in enumerate(asked))
    query = Query(select, by=by, grain=grain, window=YEAR)
    facts = None if rows is None else Sized(rows)
    planned, found = plan(model, query, Groundwork(model, facts))
    assert planned is not None, found
    inputs = planned.root.input.input.inputs
    return [node for node in inputs if isinstance(node, Aggregate)]


def bases(found: list[Aggregate]) -> list[Aggregate]:
    """The bases, one for each pass over the rows."""
    every = {id(node.merged_from): node.merged_from for node in found}
    return [base for base in every.values() if base is not None]


def test_months_beside_those_before_are_one_pass(model: Model) -> None:
    """The months of 2026 and those from December 2025 to November 2026 overlap."""
    own, prior = nodes(model, REVENUE, Prior(REVENUE, 1, 0))
    (base,) = bases([own, prior])
    assert own.merged_from is prior.merged_from
    assert base.base is not None
    assert (base.base.grain, base.base.span) == (
        Grain.DAY,
        (date(2025, 12, 1), date(2027, 1, 1)),
    )
    # The same sum serves both.
    assert len(base.leaves) == 1


def test_years_that_lie_apart_are_two_passes(model: Model) -> None:
    """Between 2026 and 2024 lies a year that nobody asks for."""
    assert len(bases(nodes(model, REVENUE, Prior(REVENUE, 24, 0)))) == 2


def test_what_does_not_add_up_has_a_pass_of_its_own(model: Model) -> None:
    revenue, buyers = nodes(model, Rolling(REVENUE, 0, 28), Rolling(BUYERS, 0, 28))
    assert revenue.merged_from is not None
    assert buyers.merged_from is None


def test_rows_that_only_one_value_keeps_make_no_groups_of_the_other(model: Model) -> None:
    """A month without ads is no month of the ads' revenue, though it is one of all revenue."""
    channel = QueryDimension("channel", "orders")
    ads = Filtered(Prior(REVENUE, 1, 0), Compare("=", channel, Literal("ads")))
    assert len(bases(nodes(model, REVENUE, ads))) == 2


def test_groups_of_unknown_number_are_not_counted_by_the_day(model: Model) -> None:
    (unknown,) = nodes(model, REVENUE, by=(REGION,))
    (few,) = nodes(model, REVENUE, by=(REGION,), rows=8)
    (many,) = nodes(model, REVENUE, by=(REGION,), rows=5_000_000)
    assert [node.merged_from is not None for node in (unknown, few, many)] == [False, True, False]
    assert [node.named_late for node in (unknown, few, many)] == [False, True, False]


def test_whole_months_of_many_groups_share_a_pass_by_the_month(model: Model) -> None:
    """By the day they would be as many as the rows; the months serve both looks as they are."""
    (base,) = bases(nodes(model, REVENUE, Prior(REVENUE, 1, 0), by=(REGION,)))
    assert base.base is not None
    assert base.base.grain is Grain.MONTH
