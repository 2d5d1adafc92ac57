"""Questions that make no sense, on the command line."""

from __future__ import annotations

import pytest

from tests.cli.conftest import SHOP, Shell


@pytest.mark.parametrize("verb", ["query", "compile"])
@pytest.mark.parametrize(
    ("words", "names"),
    [
        (["revnue"], ["K211", "`revnue`", "`revenue`"]),
        (["revenue /"], ["K102", "<metric>:1:9"]),
        ([""], ["K924", "no metric"]),
        (["revenue + orders"], ["K301", "USD", "order"]),
        (["revenue", "--by", "chanel"], ["K211", "`chanel`", "`channel`"]),
        (["revenue", "--by", "1 + ("], ["<by>:1:"]),
        (["revenue", "--by", "1"], ["K924", "dimensions and grains"]),
        (["revenue", "--by", "orders"], ["K214", "`orders`"]),
        (["revenue", "--by", "month,month"], ["K924", "twice"]),
        (["revenue", "--by", "hour,minute"], ["K924", "`hour`", "`minute`"]),
        (["revenue", "--by", "month", "--totals-by", "chanel"], ["K924", "`chanel`"]),
        (["revenue", "--by", "month", "--totals-by", "month"], ["K924", "no total"]),
        (["revenue", "--by", "year,month", "--totals-by", "year+month"], ["K924", "finer"]),
        (["revenue", "--by", "month", "--totals-by", "all,all"], ["K924", "twice"]),
        (["revenue", "--limit", "1", "--per", "month"], ["K924", "`month`"]),
        (["revenue", "--having", "revenu > 1"], ["K211", "`revenue`"]),
        (["revenue", "--by", "channel,sales.channel"], ["K924", "twice"]),
        (["revenue", "--where", 'chanel = "search"'], ["K211", "`channel`"]),
        (["revenue", "--where", "channel ="], ["K102", "<where>:1:"]),
        (["revenue", "--by", "months"], ["K211", "`months`", "write `month`"]),
        (["revenue", "--where", "channel = search"], ["K211", "<where>:1:11", '`"search"`']),
        (["revenue", "--where", 'channel in ["a", b]'], ["K211", "<where>:1:18", '`"b"`']),
        (["revenue", "--where", "month = 2026-02"], ["K211", "`month`", "`time = 2026-02`"]),
        (["revenue", "--where", "revenue > 1"], ["K214", "`revenue per channel`", "`having`"]),
        (["revenue", "--having", "revenue > revenu"], ["K211", "write `revenue`"]),
        (["revenue", "--period", "2026-13"], ["K925", "`2026-13`"]),
        (["revenue", "--period", "2026-02-30"], ["K925", "`2026-02-30`"]),
        (["revenue", "--period", "9999-11", "--by", "month"], ["K925", "`9999-11`"]),
        (["revenue", "--period", "0001", "--compare", "prior_year"], ["K925", "`0001`"]),
        (["revenue", "--period", "last year"], ["K925", "`last year`"]),
        (["revenue", "--period", "2026-03 .. 2026-01"], ["K925", "ends before it begins"]),
        (["revenue", "--period", "2026-01 .."], ["K925"]),
        (["revenue", "--order", "revnue"], ["K924", "use `revenue`"]),
        (["revenue", "--order", "-revnue"], ["K924", "use `revenue`"]),
        (["revenue", "--limit", "0"], ["K924", "limit of 0"]),
        (["revenue", "--limit", "-1"], ["K924", "limit of -1"]),
        (["revenue", "--limit", "ten"], ["--limit"]),
        (["revenue", "--limit", "1000000001"], ["K924", "at most 1,000,000,000"]),
        (["revenue", "--by", "channel", "--top", "1000000001"], ["K924", "at most 1,000,000,000"]),
        (["revenue", "--where", f"time = {'9' * 5000}"], ["K313", "no period"]),
        (["revenue", "--compare", "prior_yaer"], ["K924", "`prior_yaer`", "use `prior_year`"]),
        (["revenue", "--compare", "prior_day,prior_day"], ["K924", "twice"]),
        (["revenue", "--colour"], ["--colour"]),
        ([], ["K924", "no metric"]),
        (["--by", "month"], ["K924", "no metric"]),
        (["1"], ["K317", "`1`"]),
        (["revenue", "--by", "month", "--by", "channel"], ["'--by'", "twice", "a comma"]),
        (["revenue", "--where", "time = 2026", "--where", "time = 2025"], ["twice", "`and`"]),
        (["revenue", "--period", "2026", "--period", "2025"], ["'--period'", "twice", "leave one"]),
        (["--by", "channel,month"], ["K924", "a grain of time"]),
        (["--by", "channel", "--totals"], ["K924", "`totals`"]),
    ],
    ids=lambda value: " ".join(value)[:60] if isinstance(value, list) else None,
)
def test_the_call_is_refused(shop: Shell, verb: str, words: list[str], names: list[str]) -> None:
    shop.refused(verb, *words, code=2, names=names)


def test_all_that_is_wrong_is_said_at_once(shop: Shell) -> None:
    text = shop.refused(
        "query", "revnue", "--by", "nobody", "--period", "2026-13", "--limit", "0",
        code=2, names=["`revnue`", "`nobody`", "`2026-13`", "limit of 0"],
    )  # fmt: skip
    assert "4 errors" in text


@pytest.mark.parametrize(
    ("period", "marked"), [("2026-12 .. 2026-1", "1:12"), ("2026-1 .. 2026-12", "1:1")]
)
def test_the_end_that_is_no_period_is_marked(shop: Shell, period: str, marked: str) -> None:
    """Each text holds `2026-1` twice; the marked one is no period."""
    shop.refused(
        "query", "revenue", "--period", period, code=2, names=["`2026-1`", f"<period>:{marked}"]
    )


@pytest.mark.parametrize("verb", ["query", "report"])
def test_an_iso_week_is_none_of_a_project_whose_weeks_start_on_sunday(
    shop: Shell, verb: str
) -> None:
    """The first ISO week of 2026 is 29 December 2025 (a Monday) to 4 January."""
    words = [verb, *(["revenue"] if verb == "query" else []), "--period"]
    sunday = SHOP.replace("currency: USD", "currency: USD\n  week_starts: sunday")
    shop.write("shop.kpi", sunday)
    for period in ("2026-W01", "2026-W01 .. 2026-W02"):
        shop.refused(
            *words, period, code=2,
            names=["K925", "`2026-W01` is an ISO week", "`2025-12-29 .. 2026-01-04`"],
        )  # fmt: skip
    # The week from Sunday, 4 January has the sale of its first day: 40.
    query = ["query", "revenue", "--by", "week", "--period", "2026-01-04 .. 2026-01-10"]
    assert (
        shop.run(*query, "--format", "csv").out
        == "period,revenue,period__partial\n2026-01-04,40,false\n"
    )


def test_an_iso_week_is_one_of_a_project_whose_weeks_start_on_monday(shop: Shell) -> None:
    """5 to 11 January 2026, with the sale of the 11th: 60."""
    out = shop.run("query", "revenue", "--by", "week", "--period", "2026-W02", "--format", "csv")
    assert out.out == "period,revenue,period__partial\n2026-01-05,60,false\n"


def test_an_unknown_report(shop: Shell) -> None:
    shop.refused("report", "weekly", code=2, names=["K928", "no report `weekly`"])
