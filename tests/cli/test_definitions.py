"""Mistakes in definitions, as `check` says them."""

from __future__ import annotations

import json

import pytest

from tests.cli.conftest import SHOP, Shell

SIX = (
    SHOP
    + """\
metric a: revenue +
metric b: revenue + orders
metric c: revnue / orders
metric d: e / orders
metric e: d / orders
kpi f: aov { betterr: higher }
"""
)
"""Seeded mistakes, by line: 18 no operand, 19 units, 20 an unknown name, 21 and 22 a cycle, 23 an
unknown key. The cycle is one mistake, told at its first line."""


def found(shell: Shell, *words: str) -> list[tuple[str, int]]:
    done = shell.run("check", "--format", "json", *words)
    return [
        (item["code"], item["start"]["line"])
        for item in json.loads(done.out)
        if item["severity"] == "error"
    ]


def test_each_of_six_mistakes_is_named_once_at_its_place(shop: Shell) -> None:
    shop.write("shop.kpi", SIX)
    assert [line for _, line in found(shop)] == [18, 19, 20, 21, 23]


def test_what_a_file_that_cant_be_read_declares_is_not_missed(shop: Shell) -> None:
    """`sales.revenue` stands in a file that is no UTF-8: that is the one mistake, and no name is
    offered in place of it. What is wrong without it is said."""
    shop.write("shop.kpi", SHOP.replace("Corner", "Café").encode("latin-1"))
    text = 'kpidsl 1\nkpi k: revenue { serves: "x" }\nkpi l: revenue { betterr: higher }\n'
    shop.write("kpis.kpi", text)
    told = shop.refused("check", code=1, names=["K905", "K202", "2 errors"])
    assert "K211" not in told


def test_full_quotes_the_line_and_counts(shop: Shell) -> None:
    shop.write("shop.kpi", SIX)
    done = shop.run("check")
    assert done.code == 1
    assert " --> shop.kpi:19:21\n" in done.out
    assert "19 | metric b: revenue + orders\n" in done.out
    assert "5 errors" in done.out
    assert done.err == ""


def test_concise_is_a_line_each(shop: Shell) -> None:
    shop.write("shop.kpi", SIX)
    lines = shop.run("check", "--format", "concise").out.splitlines()
    errors = [line for line in lines if "error[" in line]
    assert [line.split(":")[1] for line in errors] == ["18", "19", "20", "21", "23"]
    assert all(line.startswith("shop.kpi:") for line in errors)


def test_json_has_the_documented_keys(shop: Shell) -> None:
    shop.write("shop.kpi", SHOP + "metric b: revenue + orders\n")
    (item,) = json.loads(shop.run("check", "--format", "json").out)
    assert list(item) == [
        "code", "severity", "message", "file", "start", "end", "label", "help", "labels", "fix",
    ]  # fmt: skip
    # `metric b: revenue + orders` is line 18; `orders` begins in column 21 and ends before 27.
    assert (item["code"], item["severity"], item["file"]) == ("K301", "error", "shop.kpi")
    assert (item["start"]["line"], item["start"]["column"]) == (18, 21)
    assert (item["end"]["line"], item["end"]["column"]) == (18, 27)


def test_json_of_a_clean_project_is_an_empty_list(shop: Shell) -> None:
    done = shop.run("check", "--format", "json")
    assert (done.code, json.loads(done.out)) == (0, [])


@pytest.mark.parametrize("form", ["full", "concise", "json"])
def test_two_runs_print_the_same(shop: Shell, form: str) -> None:
    shop.write("shop.kpi", SIX)
    shop.write("again.kpi", "metric b: 1\nmetric z: nobody\n")
    assert shop.run("check", "--format", form) == shop.run("check", "--format", form)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("metric b: revnue * 2\n", ["K211", "`revnue`", "`revenue`"]),
        ("metric b: c * 2\nmetric c: b / 2\n", ["K213", "in a circle", "`b` → `c` → `b`"]),
        ("metric b: revenue + orders\n", ["K301", "USD", "order"]),
        ("metricc b: revenue\n", ["`metricc`", "`metric`"]),
        ("source sales { table: t }\n", ["`sales`"]),
    ],
    ids=["name", "cycle", "units", "kind", "twice"],
)
def test_a_mistake_in_meaning(shop: Shell, text: str, names: list[str]) -> None:
    shop.write("shop.kpi", SHOP + text)
    shop.refused("check", code=1, names=names)


def test_an_ambiguous_name_lists_the_candidates(shop: Shell) -> None:
    other = (
        'source web { files: "sales.csv"\n  key: none\n  measure revenue: sum(amount) as USD }\n'
    )
    shop.write("shop.kpi", SHOP.replace("revenue / orders", "sales.revenue / orders") + other)
    assert shop.run("check").code == 0
    shop.refused("query", "revenue", code=2, names=["`sales.revenue`", "`web.revenue`"])


def test_an_exclude_that_waits_for_itself(shop: Shell) -> None:
    """What a channel has sold depends on which rows are excluded, and the other way round."""
    exclude = "  dimension sold: sum(amount) per channel\n  exclude: sold < 50\n"
    shop.write("shop.kpi", SHOP.replace("  key: order_id\n", f"  key: order_id\n{exclude}"))
    shop.refused("check", code=1, names=["K472", "`exclude` of `sales`", "1 error"])
    shop.refused("query", "orders", code=1, names=["K472"])


def test_strict_fails_on_advice(shop: Shell) -> None:
    shop.write("shop.kpi", SHOP + "kpi sales_kpi: revenue\n")  # D001: it serves no goal
    done = shop.run("check")
    assert (done.code, "advice (it stops nothing)" in done.out) == (0, True)
    done = shop.run("check", "--strict")
    assert (done.code, "advice (it fails a strict check)" in done.out) == (1, True)
    shop.write("kpidsl.toml", "[project]\nstrict = true\n")
    assert shop.run("check") == done


def test_what_is_right_can_be_asked_and_the_errors_are_mentioned(shop: Shell) -> None:
    shop.write("shop.kpi", SHOP + "metric b: revenue + orders\n")
    done = shop.run("query", "revenue", "--format", "csv")
    assert (done.code, done.out) == (0, "revenue\n260.1\n")
    assert "the definitions have 1 error: see `kpidsl check`" in done.err
