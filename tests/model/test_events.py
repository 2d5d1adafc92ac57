"""Events that move: which times of one a window has days of."""

from __future__ import annotations

from datetime import date

import pytest

from kpidsl.model.events import Event
from kpidsl.model.periods import Window

FAIR = Event(name="fair", days=(date(2025, 2, 1), date(2026, 2, 17)), lasts=3)


@pytest.mark.parametrize(
    ("first", "end", "held"),
    [
        # The fair of 2026 is on 17, 18 and 19 February.
        (date(2026, 2, 1), date(2026, 2, 17), False),
        (date(2026, 2, 1), date(2026, 2, 18), True),
        (date(2026, 2, 18), date(2026, 2, 19), True),
        (date(2026, 2, 19), date(2026, 3, 1), True),
        (date(2026, 2, 20), date(2026, 3, 1), False),
    ],
)
def test_a_window_has_an_event_of_which_it_has_a_day(first: date, end: date, held: bool) -> None:
    assert FAIR.within(Window(first, end)) == ([date(2026, 2, 17)] if held else [])
