"""S22: what a funnel counts, on a handful of events each."""

from __future__ import annotations

from pathlib import Path

import pytest

import kpidsl
from tests.support import SQLITE_PROFILE, project, write_sqlite

LOG = """kpidsl 1
project p {{ timezone: "UTC" }}
source log {{
  files: "log.csv", key: id, time: seen {{ stored_as: "UTC" }}, dimensions: [act]
  watermark: {watermark}
}}
entity person {{ in: [log.who] }}
funnel path {{
  entity: person
  within: 5d
  step view: log where act = "view"
  step cart: log where act = "cart" {{ within: 2d }}
  step buy: log where act = "buy"
}}
funnel short {{
  entity: person
  within: 5d
  step view: log where act = "view"
  step cart: log where act = "cart" {{ within: 2d }}
}}
funnel any_way {{
  entity: person
  sequence: any
  step view: log where act = "view"
  step cart: log where act = "cart"
}}
funnel any_way_to_buy {{
  entity: person
  sequence: any
  step view: log where act = "view" {{ event: id }}
  step cart: log where act = "cart" {{ event: id }}
  step buy: log where act = "buy" {{ event: id }}
}}
funnel numbered {{
  entity: person
  order_by: id
  step view: log where act = "view"
  step cart: log where act = "cart"
}}
funnel any_numbered {{
  entity: person
  sequence: any
  order_by: id
  step view: log where act = "view"
  step cart: log where act = "cart"
}}
funnel again {{
  entity: person
  step once: log where act = "buy"
  step twice: log where act = "buy"
}}
"""


def walked(folder: Path, *events: str, watermark: str = "2026-03-01") -> kpidsl.Project:
    """Events are `WHO DAY-OF-JANUARYThh:mm ACT`, told apart and at one moment ordered by number."""
    rows = "\n".join(
        f"{number},{who},{f'2026-01-{at}:00' if at else ''},{act}"
        for number, (who, at, act) in enumerate((event.split(" ") for event in events), start=1)
    )
    return project(folder, LOG.format(watermark=watermark), log=f"id,who,seen,act\n{rows}")


@pytest.mark.parametrize(
    ("events", "counts"),
    [
        # People, not views.
        (["u 01T00:00 view", "u 02T00:00 view", "w 03T00:00 view"], [2, 0, 0]),
        # A cart before the first view follows none, and so the purchase has no cart before it.
        (["u 01T00:00 cart", "u 02T00:00 view", "u 03T00:00 buy"], [1, 0, 0]),
        # The cart's two days include their end, and end with it.
        (["u 01T00:00 view", "u 03T00:00 cart"], [1, 1, 0]),
        (["u 01T00:00 view", "u 03T00:01 cart"], [1, 0, 0]),
        # And so do the five days of the whole, which are counted from the view.
        (["u 01T00:00 view", "u 02T00:00 cart", "u 06T00:00 buy"], [1, 1, 1]),
        (["u 01T00:00 view", "u 02T00:00 cart", "u 06T00:01 buy"], [1, 1, 0]),
        # At one moment the key decides.
        (["u 01T00:00 view", "u 01T00:00 cart"], [1, 1, 0]),
        (["u 01T00:00 cart", "u 01T00:00 view"], [1, 0, 0]),
        # The first view is too far from the cart, the second is not.
        (["u 01T00:00 view", "u 08T00:00 view", "u 09T00:00 cart"], [1, 1, 0]),
        # What has no time, or is of nobody, is no event of anybody.
        (["u  view", " 01T00:00 view", "w 02T00:00 view"], [1, 0, 0]),
    ],
)
def test_each_step_after_the_one_before_within_its_window(
    tmp_path: Path, events: list[str], counts: list[int]
) -> None:
    with walked(tmp_path, *events) as loaded:
        result = loaded.funnel("path")
    assert result.steps == tuple(zip(("view", "cart", "buy"), counts, strict=True))
    assert result.immature == 0


def test_an_event_fills_one_step(tmp_path: Path) -> None:
    """u buys once, w twice: a second purchase is another one."""
    events = ["u 01T00:00 buy", "w 01T00:00 buy", "w 02T00:00 buy"]
    with walked(tmp_path, *events) as loaded:
        assert loaded.funnel("again").steps == (("once", 2), ("twice", 1))


def test_in_any_order_steps_need_no_sequence(tmp_path: Path) -> None:
    """u fills both steps backwards; w has no view, so not even the first."""
    events = ["u 01T00:00 cart", "u 02T00:00 view", "w 03T00:00 cart"]
    with walked(tmp_path, *events) as loaded:
        assert loaded.funnel("any_way").steps == (("view", 1), ("cart", 1))
        assert loaded.funnel("path").steps == (("view", 1), ("cart", 0), ("buy", 0))


@pytest.mark.parametrize(
    ("events", "counts"),
    [
        # The view is all there is of u's attempt: without a cart, the purchase fills no step.
        (["u 01T00:00 buy", "u 10T00:00 view"], [1, 0, 0]),
        # The visit to the home page is no step.
        (["u 01T00:00 home", "u 10T00:00 cart", "u 11T00:00 view"], [1, 1, 0]),
        # Each cart may be the one of the attempt, and so the earlier is.
        (["u 10T00:00 cart", "u 11T00:00 cart", "u 12T00:00 view"], [1, 1, 0]),
        (["u 10T00:00 buy", "u 11T00:00 cart", "u 12T00:00 view"], [1, 1, 1]),
    ],
)
def test_in_any_order_an_attempt_is_entered_at_the_first_event_that_fills_a_step_of_it(
    tmp_path: Path, events: list[str], counts: list[int]
) -> None:
    with walked(tmp_path, *events) as loaded:
        found = {
            day: [count for _, count in loaded.funnel("any_way_to_buy", period=day).steps]
            for day in ("2026-01-01", "2026-01-10")
        }
    assert found == {"2026-01-01": [0, 0, 0], "2026-01-10": counts}


@pytest.mark.parametrize(
    ("events", "entered"),
    [
        # The attempt of the 10th goes further than that of the 1st.
        (["u 01T00:00 view", "u 10T00:00 view", "u 11T00:00 cart"], "2026-01-10"),
        # Both go as far as the cart: the earlier counts.
        (["u 01T00:00 view", "u 02T00:00 view", "u 03T00:00 cart"], "2026-01-01"),
    ],
)
def test_the_earliest_attempt_that_goes_furthest_counts_in_the_period_of_its_entry(
    tmp_path: Path, events: list[str], entered: str
) -> None:
    days = sorted({f"2026-01-{event[2:4]}" for event in events})
    with walked(tmp_path, *events) as loaded:
        found = {day: loaded.funnel("path", period=day).steps for day in days}
    assert {day for day, steps in found.items() if steps[0][1]} == {entered}
    assert found[entered] == (("view", 1), ("cart", 1), ("buy", 0))


def test_what_is_entered_at_no_time_is_entered_in_no_period(tmp_path: Path) -> None:
    """u views at no time, before the cart; w views on the 10th. In any order u is first seen with
    the cart, on the 11th."""
    events = ["u  view", "u 11T00:00 cart", "w 10T00:00 view"]
    with walked(tmp_path, *events) as loaded:
        found = {
            (name, day): [count for _, count in loaded.funnel(name, period=day).steps]
            for name in ("numbered", "any_numbered")
            for day in ("2026-01", "2026-01-10", "2026-01-11")
        }
        assert loaded.funnel("numbered").steps == (("view", 2), ("cart", 1))
    assert found == {
        ("numbered", "2026-01"): [1, 0],
        ("numbered", "2026-01-10"): [1, 0],
        ("numbered", "2026-01-11"): [0, 0],
        ("any_numbered", "2026-01"): [2, 1],
        ("any_numbered", "2026-01-10"): [1, 0],
        ("any_numbered", "2026-01-11"): [1, 1],
    }


@pytest.mark.parametrize(
    ("watermark", "counts", "immature"),
    [
        # u entered on the 1st, w on the 3rd; each has five days. The watermark is the first day
        # that nobody vouches for.
        ("2026-01-08", [2, 1, 0], 0),
        ("2026-01-07", [1, 1, 0], 1),
        ("2026-01-06", [1, 1, 0], 1),
        ("2026-01-05", [0, 0, 0], 2),
    ],
)
def test_those_whose_window_is_not_over_stand_apart(
    tmp_path: Path, watermark: str, counts: list[int], immature: int
) -> None:
    events = ["u 01T00:00 view", "u 02T00:00 cart", "w 03T00:00 view"]
    with walked(tmp_path, *events, watermark=watermark) as loaded:
        result = loaded.funnel("path")
    assert [count for _, count in result.steps] == counts
    assert result.immature == immature


@pytest.mark.parametrize(
    ("events", "counts", "immature"),
    [
        # Data end with the 9th. Both attempts of u go as far: the earlier counts, whose five days
        # are over.
        (["u 01T00:00 view", "u 08T00:00 view"], [1, 0, 0], 0),
        # The later one goes further, and its five days are not over.
        (["u 01T00:00 view", "u 08T00:00 view", "u 09T00:00 cart"], [0, 0, 0], 1),
        # The first goes further: that another has just begun changes nothing.
        (["u 01T00:00 view", "u 02T00:00 cart", "u 08T00:00 view"], [1, 1, 0], 0),
    ],
)
def test_the_attempt_that_counts_is_the_one_to_be_over(
    tmp_path: Path, events: list[str], counts: list[int], immature: int
) -> None:
    with walked(tmp_path, *events, watermark="2026-01-10") as loaded:
        result = loaded.funnel("path")
    assert [count for _, count in result.steps] == counts
    assert result.immature == immature


def test_the_shortest_window_decides_how_long_an_attempt_may_take(tmp_path: Path) -> None:
    """All of `short` is over two days after the view, although the whole might take five."""
    for watermark, immature in (("2026-01-03", 0), ("2026-01-02", 1)):
        with walked(tmp_path, "u 01T00:00 view", watermark=watermark) as loaded:
            assert loaded.funnel("short").immature == immature


TWO = """kpidsl 1
project p {{ timezone: "UTC" }}
source visits {{ files: "visits.csv", key: id, time: seen {{ stored_as: "UTC" }} {visits_until} }}
source orders {{ files: "orders.csv", key: id, time: seen {{ stored_as: "UTC" }} {orders_until} }}
entity person {{ in: [visits.who, orders.who] }}
funnel path {{ entity: person, within: 1d, step visit: visits, step order: orders }}
"""


def test_at_one_moment_the_source_of_the_earlier_step_comes_first(tmp_path: Path) -> None:
    """The keys of two sources have no order; the funnel names visits first."""
    with project(
        tmp_path,
        TWO.format(visits_until=", watermark: 2026-02-01", orders_until=", watermark: 2026-02-01"),
        visits="id,who,seen\n9,u,2026-01-01T10:00:00",
        orders="id,who,seen\n1,u,2026-01-01T10:00:00",
    ) as loaded:
        assert loaded.funnel("path").steps == (("visit", 1), ("order", 1))


@pytest.mark.parametrize(
    ("visits_until", "orders_until", "immature"),
    [
        # w may order until 10:00 on the 4th.
        (", watermark: 2026-01-05", ", watermark: 2026-01-05", 0),
        (", watermark: 2026-01-04", ", watermark: 2026-01-05", 1),
        (", watermark: 2026-01-05", ", watermark: 2026-01-04", 1),
        # Without a watermark the last row ends what is known: the visit of the 3rd, at 10:00.
        ("", ", watermark: 2026-01-05", 1),
        # The last order is of the 2nd at 10:00: that is just enough for u, of the 1st.
        (", watermark: 2026-01-05", "", 1),
    ],
)
def test_the_source_that_ends_first_decides_what_is_mature(
    tmp_path: Path, visits_until: str, orders_until: str, immature: int
) -> None:
    with project(
        tmp_path,
        TWO.format(visits_until=visits_until, orders_until=orders_until),
        visits="id,who,seen\n1,u,2026-01-01T10:00:00\n2,w,2026-01-03T10:00:00",
        orders="id,who,seen\n1,u,2026-01-02T10:00:00",
    ) as loaded:
        result = loaded.funnel("path")
    assert result.immature == immature
    assert result.steps == (("visit", 2 - immature), ("order", 1))


@pytest.mark.refused_on("clickhouse", "K643", "no supertype for types String, Int8")
def test_nobody_is_mature_where_a_source_has_no_row_to_tell_how_far_it_goes(tmp_path: Path) -> None:
    with project(
        tmp_path,
        TWO.format(visits_until=", watermark: 2026-02-01", orders_until=""),
        visits="id,who,seen\n1,u,2026-01-01T10:00:00",
        orders="id,who,seen\n1,,2026-01-02T10:00:00",
    ) as loaded:
        result = loaded.funnel("path")
    assert (result.steps, result.immature) == ((("visit", 0), ("order", 0)), 1)


# --- the change of the clock (S20) -------------------------------------------------------------

CLOCKS = """kpidsl 1
project p {{ timezone: "America/New_York" }}
source views {{ files: "views.csv", key: id, time: seen{views} }}
source orders {{ files: "orders.csv", key: id, time: seen{orders} }}
entity person {{ in: [views.who, orders.who] }}
funnel path {{ entity: person, within: {within}, step view: views, step order: orders }}
"""
STORED = ' {{ stored_as: "{}" }}, watermark: 2025-01-01'
UTC, TAIPEI, ITSELF = STORED.format("UTC"), STORED.format("Asia/Taipei"), ", watermark: 2025-01-01"
ZONED = pytest.mark.never_on("mysql", "its moments have no zone of their own")


def converted(
    folder: Path, clocks: tuple[str, str], within: str, view: str, order: str, **asked: str
) -> tuple[int, ...]:
    with project(
        folder,
        CLOCKS.format(views=clocks[0], orders=clocks[1], within=within),
        views=f"id,who,seen\n1,u,{view}",
        orders=f"id,who,seen\n1,u,{order}",
    ) as loaded:
        result = loaded.funnel("path", **asked)
    assert result.immature == 0
    return tuple(count for _, count in result.steps)


@pytest.mark.parametrize(
    ("view", "order", "counts"),
    [
        # New York's clock goes from 2:00 to 3:00 on 10 March at 7:00 in UTC: an hour passes between
        # 1:30 and 3:30.
        ("2024-03-10T06:30:00", "2024-03-10T07:30:00", (1, 1)),
        ("2024-03-10T06:30:00", "2024-03-10T07:30:01", (1, 0)),
        # It goes from 2:00 back to 1:00 on 3 November at 6:00 in UTC: 1:15 comes after 1:30, and
        # from 1:30 to 2:00 an hour and a half passes.
        ("2024-11-03T05:30:00", "2024-11-03T06:15:00", (1, 1)),
        ("2024-11-03T05:30:00", "2024-11-03T07:00:00", (1, 0)),
        ("2024-11-03T06:15:00", "2024-11-03T05:30:00", (1, 0)),
    ],
)
@pytest.mark.parametrize(
    ("clocks", "written"),
    [
        pytest.param((UTC, UTC), "{}", id="stored as UTC"),
        pytest.param((ITSELF, ITSELF), "{}Z", id="with a zone", marks=ZONED),
        pytest.param((ITSELF, UTC), "{}Z|{}", id="one of each", marks=ZONED),
    ],
)
def test_an_hour_is_an_hour_where_the_clock_is_changed(
    tmp_path: Path,
    clocks: tuple[str, str],
    written: str,
    view: str,
    order: str,
    counts: tuple[int, ...],
) -> None:
    first, _, second = written.partition("|")
    times = first.format(view), (second or first).format(order)
    assert converted(tmp_path, clocks, "1h", *times) == counts


@pytest.mark.parametrize(
    ("order", "counts"),
    [
        # 30 days from 20 October, with 25 hours in one of them.
        ("2024-11-19", (1, 1)),
        ("2024-11-20", (1, 0)),
    ],
)
def test_days_are_counted_as_days(tmp_path: Path, order: str, counts: tuple[int, ...]) -> None:
    clocks = (ITSELF, ITSELF)
    assert converted(tmp_path, clocks, "30d", "2024-10-20", order) == counts


@pytest.mark.parametrize(
    ("view", "counts"),
    [
        # An order of 3 November, of which only the day is known, is taken for its midnight in
        # New York, 4:00 in UTC and 12:00 in Taipei.
        ("2024-11-03T11:59:00", (1, 1)),
        ("2024-11-03T12:01:00", (1, 0)),
    ],
)
def test_a_day_beside_moments_begins_at_its_midnight(
    tmp_path: Path, view: str, counts: tuple[int, ...]
) -> None:
    assert converted(tmp_path, (TAIPEI, ITSELF), "1d", view, "2024-11-03") == counts


def test_a_funnel_is_entered_on_the_local_day(tmp_path: Path) -> None:
    """4:00 in UTC is the midnight at which 3 November begins in New York."""
    for view, entered in (("03:59:59", "2024-11-02"), ("04:00:00", "2024-11-03")):
        times = f"2024-11-03T{view}", "2024-11-03T05:00:00"
        for day in ("2024-11-02", "2024-11-03"):
            counts = converted(tmp_path, (UTC, UTC), "1d", *times, period=day)
            assert counts == ((1, 1) if day == entered else (0, 0))


def test_a_funnel_over_a_table_that_is_not_there_is_refused(tmp_path: Path) -> None:
    (tmp_path / "kpidsl.toml").write_text(SQLITE_PROFILE, encoding="utf-8")
    (tmp_path / "another.csv").write_text("id\n1\n", encoding="utf-8")
    write_sqlite(tmp_path / "shop.sqlite", [tmp_path / "another.csv"])
    definitions = LOG.format(watermark="2026-03-01").replace('files: "log.csv"', "table: log")
    (tmp_path / "project.kpi").write_text(definitions, encoding="utf-8")
    with (
        kpidsl.load(tmp_path / "project.kpi") as loaded,
        pytest.raises(kpidsl.KpidslError) as refused,
    ):
        loaded.funnel("path")
    assert [found.code for found in refused.value.diagnostics] == ["K641"]
