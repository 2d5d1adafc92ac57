from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal

import pytest

from benchmarks.peers.verdict import verdict

Rows = Sequence[Sequence[object]]
TRUTH = [(date(2026, 1, 1), "social", Decimal("10939.00")), (date(2026, 1, 1), "(unmapped)", 0)]


def test_matters_of_form_are_forgiven() -> None:
    midnight = datetime(2026, 1, 1)  # noqa: DTZ001 -- as engines give days
    assert verdict([(midnight, None, 0.0), (midnight, "social", 10939.0)], TRUTH, 2) is None


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        (
            [(date(2026, 1, 1), "social", 13233), (date(2026, 1, 1), None, 0)],
            "wrong: 13233 instead of 10939.00 at 2026-01-01, social",
        ),
        (
            [(date(2026, 1, 1), "social", 10939), (date(2026, 1, 1), None, None)],
            "wrong: nothing instead of 0 at 2026-01-01, (unmapped)",
        ),
        ([TRUTH[0]], "wrong: no row at 2026-01-01, (unmapped)"),
        ([*TRUTH, (date(2027, 1, 1), "social", 1)], "wrong: a row too many, at 2027-01-01, social"),
        ([*TRUTH, TRUTH[0]], "wrong: several rows with one key"),
        ([(*TRUTH[0], 1), TRUTH[1]], "wrong: 2 values instead of 1"),
    ],
)
def test_what_is_wrong_is_told(rows: Rows, words: str) -> None:
    assert verdict(rows, TRUTH, 2) == words
