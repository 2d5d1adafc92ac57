"""What the questions of a page read together (S1, S10): which passes, worked out by hand from the
cells that each question has."""

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
    RowExpr,
)
from kpidsl.model.periods import Grain, Window
from kpidsl.model.project import Model
from kpidsl.plan.groundwork import Groundwork
from kpidsl.plan.nodes import Base
from kpidsl.plan.planner import plan
from kpidsl.plan.query import Query, Selection
from kpidsl.plan.sharing import Batch, share
from tests.plan.test_bases import Sized
from tests.semantics.conftest import SHOP
from tests.support import project

REVENUE, BUYERS = MeasureRef("orders", "revenue"), MeasureRef("orders", "buyers")
YEAR = Window(date(2026, 1, 1), date(2027, 1, 1))
JUNE = Window(date(2026, 6, 1), date(2026, 7, 1))
CHANNEL, REGION = QueryDimension("channel"), QueryDimension("region", "customers")
ADS = Compare("=", QueryDimension("channel", "orders"), Literal("ads"))


@pytest.fixture
def model(tmp_path: Path) -> Iterator[Model]:
    with project(tmp_path, SHOP) as loaded:
        assert loaded.model is not None
        yield loaded.model


def asked(
    *exprs: MetricExpr,
    by: tuple[QueryDimension, ...] = (),
    grain: Grain | None = None,
    window: Window | None = JUNE,
    where: RowExpr | None = None,
) -> Query:
    select = tuple(Selection(f"c{place}", expr) for place, expr in enumerate(exprs))
    return Query(select, by=by, grain=grain, window=window, where=where)


def batch(model: Model, *queries: Query, rows: int | None = None) -> Batch:
    ground = Groundwork(model, None if rows is None else Sized(rows))
    planned = [plan(model, query, ground) for query in queries]
    assert not any(found for _, found in planned)
    return share([each for each, _ in planned if each is not None], ground)


def passes(found: Batch) -> list[tuple[Base | None, list[str]]]:
    """Each pass: by which periods over which days, and the measures that it reads."""
    return [
        (item.node.base, [leaf.measure.name for leaf in item.node.leaves]) for item in found.shared
    ]


def test_a_month_of_a_history_is_looked_up_in_it(model: Model) -> None:
    """June is one of the year's months, so its distinct buyers are a cell of the history."""
    found = batch(model, asked(BUYERS, grain=Grain.MONTH, window=YEAR), asked(BUYERS))
    assert passes(found) == [(Base(Grain.MONTH, (YEAR.start, YEAR.end)), ["buyers"])]
    assert all(found.shared[0].name in each.reads for each in found.plans)


@pytest.mark.parametrize(
    "window",
    [
        Window(date(2026, 6, 1), date(2026, 6, 30)),  # a day less than the month
        Window(date(2026, 6, 1), date(2026, 8, 1)),  # two months
        Window(date(2025, 12, 1), date(2026, 1, 1)),  # the month before
    ],
)
def test_other_days_are_no_cell_of_a_history(model: Model, window: Window) -> None:
    history = asked(BUYERS, grain=Grain.MONTH, window=YEAR)
    assert batch(model, history, asked(BUYERS, window=window)).shared == ()


def test_the_last_part_of_a_history_is_a_cell_of_it(model: Model) -> None:
    """A history up to 14 June ends with a cell of these two weeks."""
    history = Window(date(2026, 1, 1), date(2026, 6, 15))
    weeks = Window(date(2026, 6, 1), date(2026, 6, 15))
    found = batch(
        model,
        asked(BUYERS, grain=Grain.MONTH, window=history),
        asked(BUYERS, window=weeks),
        asked(BUYERS, window=JUNE),
    )
    shared = {found.shared[0].name}
    assert [shared <= each.reads for each in found.plans] == [True, True, False]


def test_what_has_to_be_recomputed_is_not_read_for_more_periods(model: Model) -> None:
    """The median of June alone would be one of each month."""
    average = MeasureRef("orders", "average")
    history = asked(BUYERS, grain=Grain.MONTH, window=YEAR)
    assert batch(model, history, asked(average)).shared == ()
    # What adds up costs little, and goes along.
    found = batch(model, history, asked(REVENUE))
    assert [measures for _, measures in passes(found)] == [["buyers", "revenue"]]


def test_the_same_cells_are_one_pass_for_all_measures(model: Model) -> None:
    found = batch(model, asked(REVENUE, by=(CHANNEL,)), asked(BUYERS, by=(CHANNEL,)))
    assert passes(found) == [(None, ["buyers", "revenue"])]


def test_a_filter_of_one_value_makes_no_groups_of_the_others(model: Model) -> None:
    """All channels have revenue; only that of the ads has revenue of ads."""
    ads = Filtered(REVENUE, ADS)
    found = batch(model, asked(REVENUE, by=(CHANNEL,)), asked(ads, by=(CHANNEL,)))
    (shared,) = found.shared
    present = [
        node.present
        for each in found.plans
        for node in each.plan.root.input.input.inputs
        if hasattr(node, "present")
    ]
    assert present == [None, "orders_rows"]
    assert [leaf.column for leaf in shared.node.leaves][-1] == "orders_rows"


def test_a_filter_of_the_question_reads_other_rows(model: Model) -> None:
    found = batch(model, asked(REVENUE), asked(REVENUE, where=ADS))
    assert found.shared == ()


def test_what_adds_up_is_read_once_by_the_day(model: Model) -> None:
    """The months from December to June, the last 28 days of June, and June by region."""
    found = batch(
        model,
        asked(Prior(REVENUE, 1, 0), grain=Grain.MONTH, window=Window(date(2026, 1, 1), JUNE.end)),
        asked(Rolling(REVENUE, 0, 28)),
        asked(REVENUE, by=(REGION,)),
        rows=8,
    )
    assert passes(found) == [(Base(Grain.DAY, (date(2025, 12, 1), JUNE.end)), ["revenue"])]
    assert [key.column for key in found.shared[0].node.keys] == ["region"]


def test_by_the_day_there_must_be_few_members(model: Model) -> None:
    queries = (asked(REVENUE, grain=Grain.MONTH, window=YEAR), asked(REVENUE, by=(REGION,)))
    assert batch(model, *queries, rows=8).shared != ()
    assert batch(model, *queries, rows=5_000_000).shared == ()
    assert batch(model, *queries).shared == ()


def test_what_a_source_knows_is_looked_up_once(model: Model) -> None:
    """`refunds` has a watermark, but no first day that is known."""
    month, year = asked(REVENUE), asked(REVENUE, MeasureRef("refunds", "refunded"), window=YEAR)
    assert [source.name for _, source in batch(model, month, year).known] == ["orders"]
    assert [source.name for _, source in batch(model, year, year).known] == ["orders", "refunds"]
