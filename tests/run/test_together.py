"""Questions that are asked together: each gets what it gets alone, whatever becomes of the others.

The numbers are worked out by hand from the shop of the rules: orders of 100 (ads) on 10 January, 50
(seo) on 31 January and 30 (no channel) on 5 March, of three customers.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

import kpidsl
from kpidsl.engines.base import EngineError
from kpidsl.model.expr import MeasureRef, MetricRef, Prior, QueryDimension
from kpidsl.model.periods import Grain, Window
from kpidsl.plan.query import Absent, Query, Selection
from kpidsl.run.runner import Runner
from tests.scans import Listening
from tests.semantics.conftest import ORDERS, SHOP, shop
from tests.support import project

__all__ = ["shop"]

BUYERS, REVENUE = MeasureRef("orders", "buyers"), MeasureRef("orders", "revenue")
QUARTER = Window(date(2026, 1, 1), date(2026, 4, 1))
JANUARY = Window(date(2026, 1, 1), date(2026, 2, 1))
HISTORY = Query((Selection("buyers", BUYERS),), grain=Grain.MONTH, window=QUARTER)
MONTH = Query((Selection("buyers", BUYERS), Selection("revenue", REVENUE)), window=JANUARY)
CHANNELS = Query(
    (Selection("ads", MetricRef("ads_revenue")),),
    by=(QueryDimension("channel"),),
    window=QUARTER,
)
ALL_CHANNELS = Query((Selection("all", REVENUE),), by=(QueryDimension("channel"),), window=QUARTER)


def left_behind(runner: Runner) -> list[str]:
    return [table for table in runner.engine.tables() if table.startswith("kpidsl_")]


def test_each_question_has_its_own_answer(shop: kpidsl.Project) -> None:
    history, month, ads, channels = shop.runner.queries([HISTORY, MONTH, CHANNELS, ALL_CHANNELS])
    assert history[0] is not None
    assert history[0].rows == (
        (date(2026, 1, 1), 2),
        (date(2026, 2, 1), 0),
        (date(2026, 3, 1), 1),
    )
    assert month[0] is not None
    assert month[0].rows == ((2, Decimal(150)),)
    assert ads[0] is not None
    assert ads[0].rows == (("ads", Decimal(100)),)  # the others have no revenue of ads
    assert channels[0] is not None
    assert channels[0].rows == (
        ("ads", Decimal(100)),
        ("seo", Decimal(50)),
        (Absent.NONE, Decimal(30)),
    )


@pytest.mark.never_on("postgres", "it keeps nothing")
@pytest.mark.never_on("clickhouse", "it keeps nothing")
@pytest.mark.never_on("spark", "it keeps nothing")
@pytest.mark.never_on("mysql", "it keeps nothing")
def test_the_sql_of_an_answer_tells_all_that_ran(shop: kpidsl.Project) -> None:
    (history, _), _ = shop.runner.queries([HISTORY, MONTH])
    assert history is not None
    assert history.sql.count('CREATE TEMPORARY TABLE "kpidsl_orders_by_month" AS') == 1
    assert 'FROM "kpidsl_orders_by_month"' in history.sql


@pytest.mark.never_on("postgres", "it keeps nothing")
@pytest.mark.never_on("clickhouse", "it keeps nothing")
@pytest.mark.never_on("spark", "it keeps nothing")
@pytest.mark.never_on("mysql", "it keeps nothing")
def test_nothing_is_left_behind(shop: kpidsl.Project) -> None:
    heard = Listening(shop.runner.engine)
    for _ in range(2):
        shop.runner.queries([HISTORY, MONTH])
    kept = [sql for sql in heard.statements if "CREATE TEMPORARY" in sql]
    dropped = [sql for sql in heard.statements if sql.startswith("DROP TABLE")]
    assert len(kept) == len(dropped) == 4
    assert left_behind(shop.runner) == []


BROKEN = SHOP.replace("  measure buyers:", "  measure lost: sum(nowhere) as USD\n  measure buyers:")


def test_what_fails_spoils_nothing(tmp_path: Path) -> None:
    """The pass for all of them fails over the column that one of them reads."""
    lost = Query((Selection("lost", MeasureRef("orders", "lost")),), window=JANUARY)
    other = Query((Selection("revenue", REVENUE),), window=JANUARY)
    with project(
        tmp_path, BROKEN, orders=ORDERS, customers="customer_id,region\n1,North"
    ) as loaded:
        alone = loaded.runner.query(lost)
        assert [item.code for item in alone[1]] == ["K642"]
        (bad, why), (good, found) = loaded.runner.queries([lost, other])
        assert (bad, why) == alone
        assert good is not None
        assert (good.rows, found) == (((Decimal(150),),), [])


def test_a_refused_question_is_refused_alone(shop: kpidsl.Project) -> None:
    """A comparison without a period is none."""
    prior = Query((Selection("prior", Prior(REVENUE, 1, 0)),))
    (refused, why), (month, _) = shop.runner.queries([prior, MONTH])
    assert refused is None
    assert [item.code for item in why] == ["K469"]
    assert month is not None


def failing(runner: Runner, kind: str) -> list[str]:
    """Let each statement that keeps rows fail; return those that are asked after the first."""
    asked: list[str] = []
    engine = runner.engine
    run: Callable[..., Any] = engine.run

    def keep(sql: str) -> None:
        asked.clear()
        if not sql.startswith("DROP"):
            raise EngineError(kind, "no more time")

    def told(sql: str, *rest: Any, **named: Any) -> Any:
        asked.append(sql)
        return run(sql, *rest, **named)

    setattr(engine, "keep", keep)  # noqa: B010 -- an engine's methods are not to be assigned
    setattr(engine, "run", told)  # noqa: B010
    return asked


def test_questions_that_share_nothing_in_time_are_asked_alone(shop: kpidsl.Project) -> None:
    failing(shop.runner, "timeout")
    (history, _), (month, found) = shop.runner.queries([HISTORY, MONTH])
    assert history is not None
    assert month is not None
    assert found == []


def test_an_engine_that_keeps_nothing_is_asked_question_by_question(shop: kpidsl.Project) -> None:
    heard = Listening(shop.runner.engine)
    setattr(shop.runner.engine, "keeps", False)  # noqa: B010 -- DuckDB keeps
    (history, _), (month, _) = shop.runner.queries([HISTORY, MONTH])
    assert history is not None
    assert month is not None
    assert not any("CREATE TEMPORARY" in sql for sql in heard.statements)


@pytest.mark.never_on("postgres", "it keeps nothing")
@pytest.mark.never_on("clickhouse", "it keeps nothing")
@pytest.mark.never_on("spark", "it keeps nothing")
@pytest.mark.never_on("mysql", "it keeps nothing")
def test_a_cancelled_pass_is_not_tried_again(shop: kpidsl.Project) -> None:
    asked = failing(shop.runner, "cancelled")
    outcomes = shop.runner.queries([HISTORY, MONTH])
    assert [(result, [item.code for item in found]) for result, found in outcomes] == [
        (None, ["K647"]),
        (None, ["K647"]),
    ]
    assert asked == []


def test_ctrl_c_leaves_nothing_behind(
    shop: kpidsl.Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    runner = shop.runner

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(runner, "_answer", interrupted)
        with pytest.raises(KeyboardInterrupt):
            runner.queries([HISTORY, MONTH])
    assert left_behind(runner) == []
    (history, _), _ = runner.queries([HISTORY, MONTH])
    assert history is not None
