"""How answers are printed: for people, and exactly for machines."""

from __future__ import annotations

import json

import pytest

from kpidsl.text.display import width
from tests.cli.conftest import SALES, SHOP, Shell

BY_CHANNEL = ["query", "revenue", "orders", "aov", "--by", "channel"]


def test_csv(shop: Shell) -> None:
    # search 40 + 60 + 80.10 in 3 orders, social 30 in 1, no channel 50 in 1.
    lines = shop.run(*BY_CHANNEL[:3], *BY_CHANNEL[4:], "--format", "csv").out
    assert lines == "channel,revenue,orders\nsearch,180.1,3\nsocial,30,1\n(none),50,1\n"


def test_json_tells_absent_from_null(shop: Shell) -> None:
    done = shop.run(*BY_CHANNEL[:4], "--by", "channel,month", "--format", "json")
    answer = json.loads(done.out)
    assert [(column["name"], column["role"], column["unit"]) for column in answer["columns"]] == [
        ("period", "period", "number"),
        ("channel", "dimension", "number"),
        ("revenue", "metric", "USD"),
        ("orders", "metric", "order"),
        ("aov", "metric", "USD per order"),
    ]
    # February has orders of search only: the others sold for nothing, and 0 / 0 is no value. The
    # last sale, of 2 February, is taken for the end of what is known.
    assert answer["rows"][-1] == {
        "period": "2026-02-01",
        "channel": None,
        "channel__state": "none",
        "revenue": 0,
        "orders": 0,
        "aov": None,
        "period__partial": True,
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
        {"channel": "(none)", "revenue": 1, "period__partial": False},
        {"channel": None, "channel__state": "none", "revenue": 2, "period__partial": False},
    ]


def test_csv_quotes_what_needs_it(shop: Shell) -> None:
    shop.write("sales.csv", 'order_id,day,channel,amount\n1,2026-01-01,"a,""b""\nc",1\n')
    out = shop.run("query", "revenue", "--by", "channel", "--format", "csv").out
    assert out == 'channel,revenue\n"a,""b""\nc",1\n'


def test_csv_quotes_a_carriage_return(shop: Shell) -> None:
    """Readers take one by itself for the end of a row."""
    rows = "SELECT 'web' || chr(13) AS c, 1 AS x UNION ALL SELECT 'mail', 2"
    shop.write("shop.kpi", SHOP + _source(rows, "sum(x)"))
    out = shop.run("query", "odd", "--by", "c", "--format", "csv").out
    assert out == 'c,odd\nmail,2\n"web\r",1\n'


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


def _source(rows: str, measure: str) -> str:
    body = f'sql: "{rows}"\n  key: none\n  dimensions: [c]\n  measure odd: {measure}'
    return f"source odd {{ {body} }}\n"


def _odd(shop: Shell, number: str) -> None:
    rows = f"SELECT 'a' AS c, '{number}'::DOUBLE AS x"
    shop.write("shop.kpi", SHOP + _source(rows, "max(x)"))


def test_what_is_not_a_number(shop: Shell) -> None:
    _odd(shop, "nan")
    query = ["query", "odd", "--by", "c", "--format"]
    values = [row["odd"] for row in json.loads(shop.run(*query, "json").out)["rows"]]
    assert values == ["nan"]
    assert [line.split()[-1] for line in shop.run(*query, "table").out.splitlines()[2:]] == values


def test_a_large_float_is_a_number_in_a_table(shop: Shell) -> None:
    _odd(shop, "1e300")
    done = shop.run("query", "odd", "--by", "c", "--format", "table")
    assert (done.code, done.err) == (0, "")
    # One, three hundred zeros in groups of three, and the decimals of a column of floats.
    assert done.out.splitlines()[2].split()[-1].split(".")[0] == "1" + ",000" * 100


def test_what_is_infinite_is_no_answer(shop: Shell) -> None:
    _odd(shop, "infinity")
    done = shop.run("query", "odd", "--by", "c")
    assert (done.code, done.out) == (1, "")
    assert "K644" in done.err
    assert "it is infinite" in done.err


@pytest.mark.parametrize(
    ("member", "shown"),
    [
        (
            "'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'::UUID",
            "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
        ),
        ("TIME '10:30:00'", "10:30:00"),
        ("'abc'::BLOB", "abc"),
        ("'\\\\x01\\\\xFF'::BLOB", "01ff"),
        ("INTERVAL 1 DAY", "1 day, 0:00:00"),
        ("[1, 2]", "[1, 2]"),
        ("[1, 2]::INTEGER[2]", "(1, 2)"),
        ("{'n': 1}", "{'n': 1}"),
        ("MAP {'n': 1}", "{'n': 1}"),
        ("'10:30:00+02'::TIMETZ", "10:30:00+02:00"),
        ("'10:30:00.5'::TIME_NS", "10:30:00.500000"),
        ("[5]::VARIANT", "[5]"),
        ("union_value(n := 5)", 5),
        ("union_value(n := [5])", "[5]"),
    ],
)
def test_members_of_any_type_are_numbers_or_texts(shop: Shell, member: str, shown: object) -> None:
    shop.write("shop.kpi", SHOP + _source(f"SELECT {member} AS c, 1 AS x", "sum(x)"))
    done = shop.run("query", "odd", "--by", "c", "--format", "json")
    assert [row["c"] for row in json.loads(done.out)["rows"]] == [shown], done.err


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


WATERMARK = SHOP.replace("time: day\n", "time: day\n  watermark: 2026-02-15\n")


def test_a_table_marks_partial_periods_and_says_why(shop: Shell) -> None:
    # Known from 4 January, the day of the first sale, to the day before the watermark.
    shop.write("shop.kpi", WATERMARK)
    query = ["query", "revenue", "--by", "month", "--period", "2026-01-04 .. 2026-02"]
    assert shop.run(*query).out == (
        "period       revenue [USD]\n"
        "───────────  ─────────────\n"
        "2026-01-01†         180.00\n"
        "2026-02-01†          80.10\n"
        "† partial: not all of the days are asked for and known\n"
        "  sales: known from 2026-01-04 to 2026-02-14\n"
    )


def test_a_table_of_whole_periods_has_no_mark(shop: Shell) -> None:
    shop.write("shop.kpi", WATERMARK)
    out = shop.run("query", "revenue", "--by", "week", "--period", "2026-W03 .. 2026-W04").out
    # 12 to 18 January: nothing; 19 to 25 January: 30.
    assert [line.split() for line in out.splitlines()[2:]] == [
        ["2026-01-12", "0"],
        ["2026-01-19", "30"],
    ]


def test_a_total_over_days_that_are_not_known_is_marked_as_a_guess(shop: Shell) -> None:
    out = shop.run("query", "revenue", "--period", "2026-02").out
    assert out.endswith(
        "        80.10\n"
        "partial: not all of the days are asked for and known\n"
        "  sales: known from 2026-01-04 to 2026-02-02, the day of its last row "
        "(it declares no `watermark`)\n"
    )
    shop.write("sales.csv", "order_id,day,channel,amount\n")
    assert "  sales: no day is known\n" in shop.run("query", "revenue", "--period", "2026-02").out


def test_json_tells_what_is_known(shop: Shell) -> None:
    shop.write("shop.kpi", WATERMARK)
    query = ["query", "revenue", "--by", "month", "--period", "2026-02", "--format", "json"]
    answer = json.loads(shop.run(*query).out)
    assert answer["rows"] == [
        {"period": "2026-02-01", "revenue": 80.1, "period__partial": True},
    ]
    assert answer["known"] == [
        {
            "source": "sales",
            "first_day": "2026-01-04",
            "last_day": "2026-02-14",
            "guessed": False,
        }
    ]


@pytest.mark.parametrize(
    ("period", "answer"), [("2026-02", "80.1,true"), ("2026-W03", "0,false"), (None, "260.1")]
)
def test_csv_marks_partial_rows_of_questions_about_time(
    shop: Shell, period: str | None, answer: str
) -> None:
    asked = [] if period is None else ["--period", period]
    done = shop.run("query", "revenue", *asked, "--format", "csv")
    header = "revenue" if period is None else "revenue,period__partial"
    assert done.out == f"{header}\n{answer}\n"


def test_sparse_answers_leave_out_what_has_no_rows(shop: Shell) -> None:
    query = ["query", "revenue", "--by", "week", "--period", "2026-W03 .. 2026-W04", "--sparse"]
    lines = shop.run(*query).out.splitlines()
    assert [line.split() for line in lines[2:3]] == [["2026-01-19", "30"]]
    assert "FROM" in shop.run("compile", *query[1:]).out


def test_distinct_counts_are_marked_where_rows_overlap(shop: Shell) -> None:
    """Channels: two in January and one in February, two of three in all."""
    measure = "  measure channels: count_distinct(channel)\n"
    shop.write("shop.kpi", WATERMARK.replace("  measure orders", f"{measure}  measure orders"))
    table = shop.run("query", "channels", "orders", "--by", "month").out.splitlines()
    assert table[0].split() == ["period", "channels*", "orders", "[order]"]
    assert "* rows overlap: they need not add up to the total" in table
    query = ["query", "channels", "orders", "--by", "month", "--format", "json"]
    columns = json.loads(shop.run(*query).out)["columns"]
    assert [column["overlapping"] for column in columns] == [False, True, False]


@pytest.fixture
def untidy(shop: Shell) -> Shell:
    """The shop with a column of 19 numbers and one text, which is read as text."""
    rows = "".join(f"{n},2026-01-04,search,1,{n}\n" for n in range(1, 20))
    header, last = "order_id,day,channel,amount,rank\n", "20,2026-01-05,search,1,n/a\n"
    shop.write("sales.csv", header + rows + last)
    return shop


def test_what_was_noticed_stands_beside_the_answer(untidy: Shell) -> None:
    done = untidy.run("query", "orders", "--format", "csv")
    assert (done.code, done.out) == (0, "orders\n20\n")
    assert done.err.startswith("warning[K611]: `rank` is read as text")
    assert "`n/a`" in done.err


def test_json_holds_what_was_noticed_as_check_prints_findings(untidy: Shell) -> None:
    done = untidy.run("query", "orders", "--format", "json")
    (item,) = json.loads(done.out)["diagnostics"]
    # `source sales` begins in line 8.
    assert (item["code"], item["severity"], item["start"]["line"]) == ("K611", "warning", 8)
    untidy.write("sales.csv", SALES)
    assert json.loads(untidy.run("query", "orders", "--format", "json").out)["diagnostics"] == []
