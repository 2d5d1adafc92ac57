"""The rules below a page that need no data: periods, sizes of groups, one bad question."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from kpidsl.model.expr import MetricRef
from kpidsl.model.periods import GREGORIAN, Grain, Window
from kpidsl.model.purpose import Better as Direction
from kpidsl.plan.query import Query, Selection
from kpidsl.reports.build.asking import Answer, Questions
from kpidsl.reports.build.figures import bullet, plan_level
from kpidsl.reports.build.groups import Hidden, too_small
from kpidsl.reports.build.span import Back, span_of
from kpidsl.reports.format import NUMBER, figure
from kpidsl.reports.values import Better
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


@pytest.mark.parametrize(
    ("actual", "better", "level"),
    [
        ("100", "higher", "green"),
        ("99.99", "higher", "amber"),
        ("90", "higher", "amber"),  # a tenth below
        ("89.99", "higher", "red"),
        ("100", "lower", "green"),
        ("100.01", "lower", "amber"),
        ("110", "lower", "amber"),
        ("110.01", "lower", "red"),
        ("50", "lower", "green"),
        ("50", None, "none"),
    ],
)
def test_a_plan_of_100_is_met_nearly_or_missed(
    actual: str, better: Better | None, level: str
) -> None:
    assert plan_level(Decimal(actual), Decimal(100), better) == level


@pytest.mark.parametrize(
    ("actual", "direction", "within", "ends"),
    [
        # Higher is better: red to 90, amber to 100, green to a quarter more or to the actual.
        (80, Direction.HIGHER, "0.1", [("red", 90), ("amber", 100), ("green", 125)]),
        (140, Direction.HIGHER, "0.1", [("red", 90), ("amber", 100), ("green", 140)]),
        (80, Direction.LOWER, "0.1", [("green", 100), ("amber", 110), ("red", 125)]),
        # A band wider than the room beyond the target makes room for itself.
        (80, Direction.LOWER, "0.4", [("green", 100), ("amber", 140), ("red", 140)]),
    ],
)
def test_the_ranges_of_a_bullet(
    actual: int, direction: Direction, within: str, ends: list[tuple[str, int]]
) -> None:
    made = bullet(figure(actual, NUMBER), figure(100, NUMBER), direction, Decimal(within))
    assert [(str(band.level), int(band.upto)) for band in made.bands] == ends


def test_a_bullet_of_no_target_has_no_ranges() -> None:
    made = bullet(figure(5, NUMBER), figure(0, NUMBER), Direction.HIGHER, Decimal("0.1"))
    assert made.bands == ()


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
    queries = runner.queries

    def counting(questions: list[Query]) -> object:
        asked.extend(len(question.select) for question in questions)
        return queries(questions)

    runner.queries = counting  # type: ignore[method-assign, assignment]
    good = [Selection(f"v{n}", MetricRef("turnover")) for n in range(15)]
    window = Window(date(2026, 2, 1), date(2026, 3, 1))
    failures: list[Diagnostic] = []
    selections = [*good, Selection("bad", MetricRef("answered"))]
    questions = Questions(runner)
    asking = questions.ask(selections, window=window)
    questions.answer(failures)
    found = asking.answers
    assert found["bad"].gap is not None
    assert [item.code for item in failures] == [found["bad"].gap.code]
    assert {found[item.name].total for item in good} == {260}
    assert asked == [16, 8, 8, 4, 4, 2, 2, 1, 1]
