"""Questions that make no sense, on the command line."""

from __future__ import annotations

import pytest

from tests.cli.conftest import Shell


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
        (["revenue", "--by", "month,week"], ["K924", "`month`", "`week`"]),
        (["revenue", "--by", "channel,sales.channel"], ["K924", "twice"]),
        (["revenue", "--where", 'chanel = "search"'], ["K211", "`channel`"]),
        (["revenue", "--where", "channel ="], ["K102", "<where>:1:"]),
        (["revenue", "--period", "2026-13"], ["K925", "`2026-13`"]),
        (["revenue", "--period", "2026-02-30"], ["K925", "`2026-02-30`"]),
        (["revenue", "--period", "last year"], ["K925", "`last year`"]),
        (["revenue", "--period", "2026-03 .. 2026-01"], ["K925", "ends before it begins"]),
        (["revenue", "--period", "2026-01 .."], ["K925"]),
        (["revenue", "--order", "revnue"], ["K924", "use `revenue`"]),
        (["revenue", "--order", "-revnue"], ["K924", "use `revenue`"]),
        (["revenue", "--limit", "0"], ["K924", "limit of 0"]),
        (["revenue", "--limit", "-1"], ["K924", "limit of -1"]),
        (["revenue", "--limit", "ten"], ["--limit"]),
        (["revenue", "--compare", "prior_yaer"], ["K924", "`prior_yaer`", "use `prior_year`"]),
        (["revenue", "--compare", "prior_day,prior_day"], ["K924", "twice"]),
        (["revenue", "--colour"], ["--colour"]),
        ([], ["metrics"]),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_the_call_is_refused(shop: Shell, verb: str, words: list[str], names: list[str]) -> None:
    shop.refused(verb, *words, code=2, names=names)


def test_all_that_is_wrong_is_said_at_once(shop: Shell) -> None:
    text = shop.refused(
        "query", "revnue", "--by", "nobody", "--period", "2026-13", "--limit", "0",
        code=2, names=["`revnue`", "`nobody`", "`2026-13`", "limit of 0"],
    )  # fmt: skip
    assert "4 errors" in text


def test_an_unknown_report(shop: Shell) -> None:
    shop.refused("report", "weekly", code=2, names=["K928", "no report `weekly`"])
