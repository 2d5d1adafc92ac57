"""The rules below a page that need no data: periods, sizes of groups, one bad question."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from kpidsl.model.expr import MetricRef
from kpidsl.model.periods import GREGORIAN, Grain, Window
from kpidsl.plan.query import Query, Selection
from kpidsl.reports.build.asking import Answer, ask
from kpidsl.reports.build.groups import Hidden, too_small
from kpidsl.reports.build.span import Back, span_of
from kpidsl.text.diagnostic import Diagnostic
from tests.reports.pages import kiosk


def sizes(**groups: int | None) -> dict[str, Answer]:
    return {"count behind 0": Answer({(name,): size for name, size in groups.items()})}


def test_one_small_group_takes_the_next_smallest_with_it() -> None:
    # Else: total − 40 − 12 = the four of c.
    assert too_small(sizes(a=40, b=12, c=4), 10) == Hidden({("c",): True, ("b",): False})


def test_small_groups_hide_each_other_once_they_are_many_enough() -> None:
    assert too_small(sizes(a=40, b=9, c=4), 10) == Hidden({("c",): True, ("b",): True})
    # 3 + 4 are known to be seven together, so b goes too.
    found = too_small(sizes(a=40, b=11, c=4, d=3), 10)
    assert found == Hidden({("d",): True, ("c",): True, ("b",): False})


def test_empty_groups_hold_nobody() -> None:
    assert too_small(sizes(a=40, b=0, c=None), 10) == Hidden()
    # And hide nobody: the companion of `c` is `a`, though `b` is smaller.
    assert too_small(sizes(a=40, b=0, c=3), 10) == Hidden({("c",): True, ("a",): False})


def test_a_total_that_is_only_small_groups_is_left_out() -> None:
    assert too_small(sizes(a=4, b=0), 10) == Hidden({("a",): True}, total=True)


def test_the_smallest_count_behind_a_member_is_its_size() -> None:
    answers = sizes(a=40, b=30) | {"count behind 1": Answer({("a",): 5, ("b",): 50})}
    assert too_small(answers, 10) == Hidden({("a",): True, ("b",): False})


def test_a_group_without_refunds_is_as_large_as_its_orders() -> None:
    answers = sizes(a=40, b=3) | {"count behind 1": Answer({("a",): 20, ("b",): 0})}
    assert too_small(answers, 10) == Hidden({("b",): True, ("a",): False})


def test_without_a_limit_nothing_is_hidden() -> None:
    assert too_small(sizes(a=1), None) == Hidden()


def test_a_period_asked_for_ends_with_its_data() -> None:
    asked = Window(date(2026, 3, 1), date(2026, 4, 1))
    span = span_of(Grain.MONTH, GREGORIAN, date(2026, 3, 10), date(2026, 3, 5), asked)
    assert span.window == Window(date(2026, 3, 1), date(2026, 3, 5))
    assert not span.complete
    assert span.prior == Back(months=1)


@pytest.mark.parametrize(
    ("grain", "period", "prior", "year"),
    [
        (Grain.DAY, ("2026-03-01", "2026-03-02"), Back(days=1), Back(days=364)),
        (Grain.WEEK, ("2026-02-23", "2026-03-02"), Back(days=7), Back(days=364)),
        (Grain.MONTH, ("2026-02-01", "2026-03-01"), Back(months=1), Back(months=12)),
        (Grain.QUARTER, ("2026-01-01", "2026-04-01"), Back(months=3), Back(months=12)),
        # Half a year asked of a monthly page goes back half a year.
        (Grain.MONTH, ("2026-01-01", "2026-07-01"), Back(months=6), Back(months=12)),
        # Ten days asked of a daily page go back ten days, and to the same weekdays of last year.
        (Grain.DAY, ("2026-03-01", "2026-03-11"), Back(days=10), Back(days=364)),
    ],
)
def test_how_far_comparisons_look_back(
    grain: Grain, period: tuple[str, str], prior: Back, year: Back
) -> None:
    asked = Window(*map(date.fromisoformat, period))
    span = span_of(grain, GREGORIAN, date(2027, 1, 1), None, asked)
    assert (span.prior, span.year_before) == (prior, year)


def test_a_series_is_thirteen_periods_up_to_the_page() -> None:
    span = span_of(Grain.MONTH, GREGORIAN, date(2026, 3, 10), date(2026, 3, 5), None)
    pieces = span.series()
    assert len(pieces) == 13
    assert pieces[0] == Window(date(2025, 2, 1), date(2025, 3, 1))
    assert pieces[-1] == span.window == Window(date(2026, 2, 1), date(2026, 3, 1))


def test_one_bad_name_costs_few_questions(tmp_path: Path) -> None:
    """Sixteen values, one of which fails: the whole, then a good and a bad half four times."""
    kiosk.write_data(tmp_path)
    _, runner = kiosk.load(tmp_path)
    asked: list[int] = []
    query = runner.query

    def counting(question: Query) -> object:
        asked.append(len(question.select))
        return query(question)

    runner.query = counting  # type: ignore[method-assign, assignment]
    good = [Selection(f"v{n}", MetricRef("turnover")) for n in range(15)]
    window = Window(date(2026, 2, 1), date(2026, 3, 1))
    failures: list[Diagnostic] = []
    selections = [*good, Selection("bad", MetricRef("answered"))]
    found = ask(runner, selections, window=window, failures=failures)
    assert found["bad"].gap is not None
    assert [item.code for item in failures] == [found["bad"].gap.code]
    assert {found[item.name].total for item in good} == {260}
    assert asked == [16, 8, 8, 4, 4, 2, 2, 1, 1]
