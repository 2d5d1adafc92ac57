"""How answers are printed: for people, and exactly for machines."""

from __future__ import annotations

import json

import pytest

from kpidsl.text.display import width
from tests.cli.conftest import SHOP, Shell

BY_CHANNEL = ["query", "revenue", "orders", "aov", "--by", "channel"]


def test_csv(shop: Shell) -> None:
    # search 40 + 60 + 80.10 in 3 orders, social 30 in 1, no channel 50 in 1.
    lines = shop.run(*BY_CHANNEL[:3], *BY_CHANNEL[4:], "--format", "csv").out
    assert lines == "channel,revenue,orders\nsearch,180.1,3\nsocial,30,1\n(none),50,1\n"


def test_json_tells_absent_from_null(shop: Shell) -> None:
    done = shop.run(*BY_CHANNEL, "--by", "channel,month", "--format", "json")
    answer = json.loads(done.out)
    assert [(column["name"], column["role"], column["unit"]) for column in answer["columns"]] == [
        ("period", "period", "number"),
        ("channel", "dimension", "number"),
        ("revenue", "metric", "USD"),
        ("orders", "metric", "order"),
        ("aov", "metric", "USD per order"),
    ]
    # February has orders of search only: the others sold for nothing, and 0 / 0 is no value.
    assert answer["rows"][-1] == {
        "period": "2026-02-01",
        "channel": None,
        "channel__state": "none",
        "revenue": 0,
        "orders": 0,
        "aov": None,
    }


def test_decimals_are_exact(shop: Shell) -> None:
    # 0.1 + 0.2 as doubles is 0.30000000000000004; the second sum has 17 digits, which no double
    # holds.
    shop.write(
        "sales.csv",
        "order_id,day,channel,amount\n"
        "1,2026-01-01,a,0.10\n2,2026-01-01,a,0.20\n3,2026-01-01,b,999999999999999.99\n",
    )
    out = shop.run("query", "revenue", "--by", "channel", "--format", "csv").out
    assert out == "channel,revenue\na,0.3\nb,999999999999999.99\n"
    out = shop.run("query", "revenue", "--by", "channel", "--format", "json").out
    assert [row["revenue"] for row in json.loads(out)["rows"]] == [0.3, "999999999999999.99"]


def test_a_member_that_looks_absent_is_told_apart_in_json(shop: Shell) -> None:
    shop.write("sales.csv", "order_id,day,channel,amount\n1,2026-01-01,(none),1\n2,2026-01-01,,2\n")
    rows = json.loads(shop.run("query", "revenue", "--by", "channel", "--format", "json").out)[
        "rows"
    ]
    assert rows == [
        {"channel": "(none)", "revenue": 1},
        {"channel": None, "channel__state": "none", "revenue": 2},
    ]


def test_csv_quotes_what_needs_it(shop: Shell) -> None:
    shop.write("sales.csv", 'order_id,day,channel,amount\n1,2026-01-01,"a,""b""\nc",1\n')
    out = shop.run("query", "revenue", "--by", "channel", "--format", "csv").out
    assert out == 'channel,revenue\n"a,""b""\nc",1\n'


def test_a_table_has_one_number_of_decimals_a_column(shop: Shell) -> None:
    assert shop.run(*BY_CHANNEL).out == (
        "channel  revenue [USD]  orders [order]  aov [USD per order]\n"
        "───────  ─────────────  ──────────────  ───────────────────\n"
        "search          180.10               3                60.03\n"
        "social           30.00               1                30.00\n"
        "(none)           50.00               1                50.00\n"
    )


def test_wide_characters_keep_the_columns_aligned(shop: Shell) -> None:
    rows = "1,2026-01-01,搜尋廣告,1\n2,2026-01-01,e\u0301te\u0301,2\n3,2026-01-01,search,3\n"
    shop.write("sales.csv", f"order_id,day,channel,amount\n{rows}")
    lines = shop.run("query", "revenue", "--by", "channel").out.splitlines()
    assert {width(line) for line in lines} == {len("channel   revenue [USD]")}


def test_a_terminal_is_not_told_what_to_do_by_the_data(shop: Shell) -> None:
    shop.write("sales.csv", "order_id,day,channel,amount\n1,2026-01-01,\x1b[31mred,1\n")
    out = shop.run("query", "revenue", "--by", "channel").out
    assert "\x1b" not in out
    assert "\\x1b[31mred" in out


def test_no_rows(shop: Shell) -> None:
    done = shop.run("query", "revenue", "--by", "channel", "--where", 'channel = "none"')
    assert done.code == 0
    assert done.out.splitlines()[-1] == "no rows"


def test_numbers_that_are_not_finite(shop: Shell) -> None:
    rows = "SELECT 'a' AS c, 'nan'::DOUBLE AS x UNION ALL SELECT 'b', 'infinity'::DOUBLE"
    source = (
        f'source odd {{ sql: "{rows}"\n  key: none\n  dimensions: [c]\n  measure odd: max(x) }}\n'
    )
    shop.write("shop.kpi", SHOP + source)
    query = ["query", "odd", "--by", "c", "--format"]
    values = [row["odd"] for row in json.loads(shop.run(*query, "json").out)["rows"]]
    assert values == ["nan", "inf"]
    assert [line.split()[-1] for line in shop.run(*query, "table").out.splitlines()[2:]] == values


@pytest.mark.parametrize("form", ["table", "csv", "json"])
def test_two_runs_print_the_same(shop: Shell, form: str) -> None:
    query = [*BY_CHANNEL, "--by", "channel,month", "--format", form]
    assert shop.run(*query) == shop.run(*query)


def test_numbers_are_rounded_half_up_as_on_pages(shell: Shell) -> None:
    """57.065 is 57.07: neither to the even digit nor by the float's binary neighbour."""
    shell.write(
        "shop.kpi",
        "kpidsl 1\nproject p { currency: USD }\n"
        'source t { files: "t.csv", key: id, measure spend: sum(x) as USD\n'
        "  measure leads: count() as lead }\nmetric cpl: spend / leads\n",
    )
    shell.write("t.csv", "id,x\n1,114.13\n2,0.00\n")
    assert "57.07" in shell.run("query", "cpl").out
