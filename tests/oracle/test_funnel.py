"""The funnel oracle against cases worked out by hand; hours stand for times."""

from __future__ import annotations

from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from tests.oracle.funnel import Event, FunnelAnswer, Reached, funnel_counts

START = datetime(2024, 3, 9, 12)  # noqa: DTZ001 -- the change of the clock on the 10th is nothing to it
HOUR = timedelta(hours=1)


def at(hour: int) -> datetime:
    return START + hour * HOUR


def events(*found: tuple[str | None, int, str], source: str = "log") -> list[Event]:
    return [
        Event(entity=entity, at=at(hour), source=source, key=key) for entity, hour, key in found
    ]


def count(
    *steps: list[Event],
    within: tuple[timedelta | None, ...] | None = None,
    whole: timedelta | None = None,
) -> FunnelAnswer:
    return funnel_counts(steps, within or (None,) * len(steps), whole)


def test_a_purchase_before_the_visit_is_no_conversion() -> None:
    found = count(events(("u", 5, "v")), events(("u", 4, "p")))
    assert found.counts == (1, 0)


def test_equal_times_are_ordered_by_key() -> None:
    assert count(events(("u", 5, "a")), events(("u", 5, "b"))).counts == (1, 1)
    assert count(events(("u", 5, "b")), events(("u", 5, "a"))).counts == (1, 0)


def test_of_two_sources_the_later_step_is_the_later_event() -> None:
    assert count(events(("u", 5, "b")), events(("u", 5, "a"), source="shop")).counts == (1, 1)


def test_one_event_fills_one_step() -> None:
    order = events(("u", 1, "o1"))
    assert count(order, order).counts == (1, 0)
    twice = events(("u", 1, "o1"), ("u", 2, "o2"))
    assert count(twice, twice).counts == (1, 1)


def test_rows_of_one_event_are_one_at_their_earliest_time() -> None:
    # The order's second line comes after the visit, its first before: the order came before.
    lines = events(("u", 1, "o1"), ("u", 3, "o1"))
    assert count(events(("u", 2, "v")), lines).counts == (1, 0)


def test_limits_run_from_the_step_before_and_from_the_entry_and_include_their_end() -> None:
    steps = (events(("u", 0, "a")), events(("u", 24, "b")), events(("u", 48, "c")))
    day = 24 * HOUR
    assert count(*steps, within=(None, day, day)).counts == (1, 1, 1)
    assert count(*steps, within=(None, day, day - HOUR)).counts == (1, 1, 0)
    assert count(*steps, whole=47 * HOUR).counts == (1, 1, 0)


def test_the_earliest_of_the_attempts_that_go_furthest_counts() -> None:
    # From hour 0 nothing follows within 2 hours; from 10 and from 11 a purchase at 12 does.
    steps = (events(("u", 0, "a"), ("u", 10, "b"), ("u", 11, "c")), events(("u", 12, "d")))
    assert count(*steps, within=(None, 2 * HOUR)).reached == {"u": Reached(2, at(10))}


def test_an_earlier_second_step_may_be_the_wrong_one() -> None:
    # Taking the first b (hour 1) leaves c (hour 9) too late; the second b (hour 8) reaches it.
    steps = (events(("u", 0, "a")), events(("u", 1, "b1"), ("u", 8, "b2")), events(("u", 9, "c")))
    assert count(*steps, within=(None, None, 2 * HOUR)).counts == (1, 1, 1)


def test_any_order_needs_an_event_of_its_own_for_each_step() -> None:
    steps = (events(("u", 5, "a"), ("w", 1, "x")), events(("u", 4, "b"), ("w", 1, "x")))
    found = funnel_counts(steps, (None, None), None, "any")
    assert found.counts == (2, 1)
    assert found.reached["u"] == Reached(2, at(4))


def test_rows_of_nobody_count_for_nobody() -> None:
    assert count(events((None, 1, "a"))) == FunnelAnswer((0,), {})


_STEP = st.lists(
    st.tuples(st.sampled_from("uvw"), st.integers(0, 6), st.sampled_from("abcdef")), max_size=5
).map(lambda found: events(*found))


@given(st.lists(_STEP, min_size=1, max_size=4), st.sampled_from([None, HOUR, 3 * HOUR]))
def test_step_counts_never_rise(steps: list[list[Event]], whole: timedelta | None) -> None:
    # I6, whatever the limits; and every entity of the answer has an event of the first step.
    found = count(*steps, whole=whole)
    assert list(found.counts) == sorted(found.counts, reverse=True)
    assert set(found.reached) == {event["entity"] for event in steps[0]}
