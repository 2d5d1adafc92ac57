from collections.abc import Sequence
from datetime import date
from decimal import Decimal

import pytest

from benchmarks.tables import difference
from benchmarks.timing import geometric_mean, interleaved, interval_rank, ratio
from kpidsl.plan.query import Absent

Rows = Sequence[Sequence[object]]


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ([("a", 1), ("b", 2)], [("b", 2), ("a", 1)]),
        ([("a", Decimal("1.50"))], [("a", Decimal("1.500000"))]),
        ([("a", 0.1 + 0.2)], [("a", 0.3)]),
        ([(Absent.UNMAPPED, None)], [("(unmapped)", None)]),
    ],
    ids=["order of rows", "scale of decimals", "rounding of floats", "absent members"],
)
def test_the_same_table(ours: Rows, theirs: Rows) -> None:
    assert difference(ours, theirs) is None


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ([("a", Decimal("1.50"))], [("a", Decimal("1.51"))]),
        ([("a", 1.0)], [("a", 1.0 + 2e-9)]),
        ([("a", 1)], [("a", 1), ("a", 1)]),
        ([("a", None)], [("a", 0)]),
        ([("a", None)], [("a", 0.0)]),
        ([(date(2026, 1, 1), 1)], [(date(2026, 1, 2), 1)]),
        ([("a", 1, 2)], [("a", 1)]),
    ],
    ids=["a cent", "a float", "a row twice", "NULL and 0", "NULL and 0.0", "a day", "a column"],
)
def test_another_table(ours: Rows, theirs: Rows) -> None:
    assert difference(ours, theirs) is not None


def test_interval_holds_the_median_with_95_percent() -> None:
    # P(fewer than k of n values lie below the median) is the binomial tail, on both sides:
    # n = 15: 2 · (1 + 15 + 105 + 455) / 2^15 = 0.035, and with 1,365 more 0.118. n = 6: 2 / 64 =
    # 0.031, and with 6 more 0.219. n = 5: 2 / 32 = 0.063 already, so nothing is left out.
    assert [interval_rank(count) for count in (1, 5, 6, 15)] == [0, 0, 0, 3]


def test_ratio_pairs_runs_of_one_round() -> None:
    # Round by round 1, 2 and 3 times as long; the ratio of the medians would be 4 / 1.
    found = ratio([1.0, 4.0, 9.0], [1.0, 2.0, 3.0, 1.0, 1.0])
    assert (found.median, found.low, found.high, found.pairs) == (2.0, 1.0, 3.0, 3)


def test_geometric_mean() -> None:
    assert geometric_mean([0.5, 2.0, 8.0]) == pytest.approx(2.0)


def test_runs_alternate_and_a_slow_one_rests() -> None:
    ran: list[str] = []
    runs = interleaved(
        {"a": lambda: ran.append("a"), "b": lambda: ran.append("b")}, rounds=5, budget=0
    )
    assert "".join(ran) == "ab" + "ab" + "ba" + "ab"  # unmeasured, then three: no budget for more
    assert {name: len(done) for name, done in runs.items()} == {"a": 3, "b": 3}
