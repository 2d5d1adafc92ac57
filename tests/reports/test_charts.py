"""Geometry of charts: what must hold for any values."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import combinations, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpidsl.reports.charts import bars as bar_chart
from kpidsl.reports.charts import bullet as bullet_graph
from kpidsl.reports.charts.bars import bars
from kpidsl.reports.charts.bullet import bullet
from kpidsl.reports.charts.columns import Box, ColumnChart, Slot, columns
from kpidsl.reports.charts.funnel import funnel
from kpidsl.reports.charts.labels import FONT_SIZE, Label, fitting, text_width
from kpidsl.reports.charts.scale import Scale, around, from_zero
from kpidsl.reports.charts.sparkline import HEIGHT, WIDTH, sparkline

VALUES = st.floats(-1e12, 1e12, allow_nan=False)
HUGE = st.floats(allow_nan=False, allow_infinity=False)
GAPS = st.none() | VALUES
ROUNDING = 0.011  # coordinates are rounded to hundredths, differences of two of them thus twice


@given(st.lists(HUGE, min_size=1, max_size=20))
def test_scales_are_monotone_and_stay_inside(values: list[float]) -> None:
    for scale in (around(values, 0, 100), from_zero(values, 0, 100)):
        places = [scale(value) for value in sorted(values)]
        assert all(0 <= place <= 100 for place in places)
        assert all(one <= two for one, two in pairwise(places))


def test_scale_by_hand() -> None:
    up = Scale(0, 50, 200, 0)  # y grows downwards
    assert [up(0), up(25), up(50)] == [200, 100, 0]
    assert up.span(0, 25) == (100, 100)
    assert around([7, 7], 0, 100)(7) == 50
    assert from_zero([0, 0], 0, 100)(0) == 0
    assert from_zero([-50, 150], 0, 200)(0) == 50


@given(st.lists(GAPS, max_size=30), st.data())
def test_sparkline_lies_inside_and_breaks_at_gaps(
    values: list[float | None], data: st.DataObject
) -> None:
    flags = data.draw(st.lists(st.booleans(), min_size=len(values), max_size=len(values)))
    chart = sparkline(values, flags)
    points = [point for stroke in chart.strokes for point in stroke.points]
    points += [(dot.x, dot.y) for dot in chart.dots]
    assert all(0 <= x <= WIDTH and 0 <= y <= HEIGHT for x, y in points)
    neighbours = sum(one is not None and two is not None for one, two in pairwise(values))
    assert sum(len(stroke.points) - 1 for stroke in chart.strokes) == neighbours
    known = sum(value is not None for value in values)
    assert len(chart.dots) >= min(known, 1)
    assert len(set(points)) <= known


def test_sparkline_by_hand() -> None:
    chart = sparkline([0, 10, None, 5, None, 10], [False] * 5 + [True])
    # 6 places from 5 to 155, 30 apart; the least value at y 35, the greatest at y 5.
    assert [stroke.points for stroke in chart.strokes] == [((5.0, 35.0), (35.0, 5.0))]
    assert [(dot.x, dot.y, dot.partial) for dot in chart.dots] == [(95, 20, False), (155, 5, True)]


def test_sparkline_of_one_or_equal_values_is_in_the_middle() -> None:
    assert [(dot.x, dot.y) for dot in sparkline([3], [False]).dots] == [(80, 20)]
    assert {y for _, y in sparkline([3, 3, 3], [False] * 3).strokes[0].points} == {20}
    assert sparkline([], []).dots == ()
    assert sparkline([None, None], [False, False]).strokes == ()


def test_sparkline_marks_the_way_to_a_partial_period() -> None:
    chart = sparkline([1, 2, 3, 4], [False, False, False, True])
    assert [(len(stroke.points), stroke.partial) for stroke in chart.strokes] == [
        (3, False),
        (2, True),
    ]


BANDS = st.lists(st.tuples(VALUES, st.sampled_from(["red", "amber", "green"])), max_size=4).map(
    sorted
)


@given(GAPS, GAPS, BANDS)
def test_bullet_starts_at_zero_and_its_ranges_tile_the_graph(
    actual: float | None, target: float | None, bands: list[tuple[float, str]]
) -> None:
    graph = bullet(actual, target, bands)
    assert (graph.bar is None) == (actual is None)
    assert (graph.target_x is None) == (target is None)
    if graph.bar is not None:
        x, width = graph.bar
        start = x if actual is None or actual >= 0 else x + width
        assert start == pytest.approx(graph.zero_x, abs=ROUNDING)
        assert x >= 0
        assert x + width <= bullet_graph.WIDTH + ROUNDING
    assert len(graph.ranges) == len(bands)
    ends = [0.0]
    for band in graph.ranges:
        assert band.x == pytest.approx(ends[-1], abs=ROUNDING)
        ends.append(band.x + band.width)
    if bands:
        assert ends[-1] == pytest.approx(bullet_graph.WIDTH, abs=ROUNDING * len(bands))


def test_bullet_by_hand() -> None:
    # The scale ends at the last band, 120, for 1.06 × 100 lies below it: 300/120 = 2.5 a unit.
    graph = bullet(80, 100, [(60, "red"), (100, "amber"), (120, "green")])
    assert graph.bar == (0.0, 200.0)
    assert graph.target_x == 250
    assert [(band.x, band.width) for band in graph.ranges] == [(0, 150), (150, 100), (250, 50)]


@given(st.lists(GAPS, min_size=1, max_size=15), st.lists(VALUES, max_size=2))
def test_bars_start_at_zero_and_are_proportional(
    values: list[float | None], references: list[float]
) -> None:
    drawn = bars(values, references)
    assert [bar.bar is None for bar in drawn] == [value is None for value in values]
    assert len({(bar.zero_x, bar.marks) for bar in drawn}) == 1  # the same scale for all
    known = [
        (value, bar.bar)
        for value, bar in zip(values, drawn, strict=True)
        if value is not None and bar.bar is not None
    ]
    for value, (x, width) in known:
        assert 0 <= x <= x + width <= bar_chart.WIDTH + ROUNDING
        start = x if value >= 0 else x + width
        assert start == pytest.approx(drawn[0].zero_x, abs=ROUNDING)
    reach = max([0.0, *(v for v, _ in known), *references]) - min(
        [0.0, *(v for v, _ in known), *references]
    )
    for value, (_, width) in known:
        expected = bar_chart.WIDTH * abs(value) / reach if reach else 0
        assert width == pytest.approx(expected, abs=2 * ROUNDING)


@given(st.lists(st.none() | st.floats(0, 1), min_size=1, max_size=8))
def test_funnel_bars_are_rates_of_one_scale(rates: list[float | None]) -> None:
    for rate, bar in zip(rates, funnel(rates), strict=True):
        if rate is None:
            assert bar.bar is None
        else:
            assert bar.bar is not None
            assert bar.bar[0] == 0
            assert bar.bar[1] == pytest.approx(bar_chart.WIDTH * rate, abs=ROUNDING)


SLOTS = st.lists(
    st.builds(
        Slot,
        name=st.text("Ab 26月", min_size=1, max_size=9),
        actual=GAPS,
        actual_text=st.text("0123456789.,KM−", min_size=1, max_size=12),
        plan=GAPS,
        delta=st.none() | st.floats(-10, 10),
        delta_text=st.text("+−0123.", min_size=1, max_size=6),
        favourable=st.none() | st.booleans(),
        partial=st.booleans(),
    ),
    max_size=16,
)


def _labels(chart: ColumnChart) -> Iterable[tuple[Label, ...]]:
    return (chart.values, chart.delta_labels, chart.names)


@given(SLOTS)
def test_columns_lie_inside_and_labels_never_collide(slots: list[Slot]) -> None:
    chart = columns(slots)
    for box in (*chart.columns, *chart.outlines, *chart.variances):
        assert box.width > 0
        assert box.height >= 0
        assert 0 <= box.x <= box.x + box.width <= chart.width
        assert 0 <= box.y <= box.y + box.height <= chart.height
    for labels in _labels(chart):
        for one, two in combinations(labels, 2):
            assert abs(one.x - two.x) > (one.width + two.width) / 2 or (
                abs(one.y - two.y) >= FONT_SIZE
            )
    for label in (label for labels in _labels(chart) for label in labels):
        assert label.width / 2 - ROUNDING <= label.x <= chart.width - label.width / 2 + ROUNDING
        assert FONT_SIZE * 0.7 <= label.y <= chart.height


@given(SLOTS)
def test_columns_start_at_zero_and_leave_gaps(slots: list[Slot]) -> None:
    chart = columns(slots)
    actual = [slot.actual for slot in slots if slot.actual is not None]
    plan = [slot.plan for slot in slots if slot.plan is not None]
    for values, boxes in ((actual, chart.columns), (plan, chart.outlines)):
        assert len(values) == len(boxes)
        for value, box in zip(values, boxes, strict=True):
            start = box.y + box.height if value >= 0 else box.y
            assert start == pytest.approx(chart.zero_y, abs=ROUNDING)
    _proportional([*actual, *plan], [*chart.columns, *chart.outlines])
    assert (chart.variance_y is None) == (not plan)


def _proportional(values: list[float], boxes: list[Box]) -> None:
    """Heights are to each other as the values: actual and plan stand on one scale."""
    if values and (greatest := max(map(abs, values))):
        tallest = max(box.height for box in boxes)
        for value, box in zip(values, boxes, strict=True):
            assert box.height == pytest.approx(tallest * abs(value) / greatest, abs=2 * ROUNDING)


def test_columns_say_what_they_are() -> None:
    slots = [
        Slot("Jan", 100, "100", plan=80, delta=0.25, delta_text="+25.0", favourable=True),
        Slot("Feb", 50, "50", plan=80, delta=-0.375, delta_text="−37.5", favourable=False),
        Slot("Mar", 60, "60", plan=60, delta=0, delta_text="0.0", partial=True),
    ]
    chart = columns(slots)
    assert [box.tone for box in chart.columns] == ["actual", "actual", "partial"]
    assert [box.tone for box in chart.variances] == ["good", "bad", "neutral"]
    assert [label.text for label in chart.values] == ["100", "50", "60"]
    assert [label.text for label in chart.names] == ["Jan", "Feb", "Mar"]
    # January's column, the tallest, fills its tier of 104 to 250; February's is half of it.
    assert [(box.y, box.height) for box in chart.columns[:2]] == [(104, 146), (177, 73)]


def test_the_latest_label_has_the_right_of_way() -> None:
    slots = [Slot(f"a long name {i}", 1000 - i, "1,234,567,890") for i in range(20)]
    chart = columns(slots)
    assert chart.names[-1].text == "a long name 19"
    assert 0 < len(chart.names) < 20


def test_labels_that_fit_are_kept_and_pushed_inside() -> None:
    kept = fitting([Label(0, 10, "first"), Label(5, 10, "second"), Label(90, 10, "third")], 100)
    assert [label.text for label in kept] == ["first", "third"]
    assert kept[0].x == round(text_width("first") / 2, 2)
    assert fitting([Label(5, 10, "wider than the chart")], 20) == ()


def test_cjk_letters_take_a_full_square() -> None:
    assert text_width("月") == FONT_SIZE
