from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpidsl.analysis.funnel import funnel_rates

FALLING = st.lists(st.integers(0, 10**6), min_size=1, max_size=8).map(
    lambda counts: [(f"step_{i}", n) for i, n in enumerate(sorted(counts, reverse=True))]
)


def test_rates_and_bottleneck() -> None:
    # 145/430 = 33.7 %, 71/145 = 49.0 %, 29/71 = 40.8 %: the basket is the worst step.
    rates, diagnostics = funnel_rates([("view", 430), ("basket", 145), ("pay", 71), ("done", 29)])
    assert diagnostics == ()
    assert rates is not None
    assert rates.bottleneck == "basket"
    assert [step.from_previous for step in rates.steps] == [None, 145 / 430, 71 / 145, 29 / 71]
    assert [step.from_first for step in rates.steps] == [1.0, 145 / 430, 71 / 430, 29 / 430]
    assert [step.count for step in rates.steps] == [430, 145, 71, 29]


@pytest.mark.parametrize(
    ("counts", "bottleneck"),
    [
        ([8, 4, 2], "step_1"),  # equal rates: the earlier
        ([8, 8, 8], None),  # nobody is lost
        ([8], None),
        ([8, 6, 0, 0], "step_2"),  # the last step's rate, 0 of 0, is unknown
        ([0, 0], None),
        ([], None),
    ],
)
def test_bottleneck(counts: list[int], bottleneck: str | None) -> None:
    rates, diagnostics = funnel_rates([(f"step_{i}", n) for i, n in enumerate(counts)])
    assert diagnostics == ()
    assert rates is not None
    assert rates.bottleneck == bottleneck


def test_an_empty_step_has_no_rate() -> None:
    rates, _ = funnel_rates([("a", 5), ("b", 0), ("c", 0)])
    assert rates is not None
    assert [step.from_previous for step in rates.steps] == [None, 0.0, None]
    assert [step.from_first for step in rates.steps] == [1.0, 0.0, 0.0]


def test_i6_rising_counts_are_refused() -> None:
    rates, (refusal,) = funnel_rates([("visit", 100), ("basket", 30), ("order", 31)])
    assert rates is None
    assert refusal.code == "D018"
    assert "`order` counts 31" in refusal.message
    assert "30 of `basket`" in refusal.message


@given(FALLING)
def test_rates_lie_between_zero_and_one_and_chain(counts: list[tuple[str, int]]) -> None:
    rates, diagnostics = funnel_rates(counts)
    assert diagnostics == ()
    assert rates is not None
    chained = 1.0
    for step in rates.steps[1:]:
        if step.from_previous is None:
            break
        assert 0 <= step.from_previous <= 1
        chained *= step.from_previous
        assert step.from_first == pytest.approx(chained, rel=1e-9)
    losses = {
        step.name: step.from_previous
        for step in rates.steps
        if step.from_previous is not None and step.from_previous < 1
    }
    if rates.bottleneck is None:
        assert not losses
    else:
        assert losses[rates.bottleneck] == min(losses.values())
