"""Attacks that once gave a wrong number in silence, a traceback, or an odd refusal.

Each project is so small that its numbers are added up in the head; a comment says how.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

import kpidsl
from kpidsl.plan.query import Absent
from tests.support import ENGINES, Running, load, project, rows, write_table

HEAD = 'kpidsl 1\nproject p { currency: USD, timezone: "America/New_York" }\n'


def refusal(loaded: kpidsl.Project, *metrics: str, **question: Any) -> kpidsl.KpidslError:
    with pytest.raises(kpidsl.KpidslError) as refused:
        loaded.query(*metrics, **question)
    return refused.value


def codes(error: kpidsl.KpidslError) -> list[str]:
    return [item.code for item in error.diagnostics]


def warehouse(folder: Path, definitions: str, *statements: str) -> kpidsl.Project:
    """Write a project on a DuckDB file that the statements fill."""
    if Running.engine != "duckdb":
        pytest.skip("the tables are made by DuckDB's SQL")
    with duckdb.connect(str(folder / "shop.duckdb")) as con:
        for statement in statements:
            con.execute(statement)
    (folder / "kpidsl.toml").write_text(
        'default_profile = "w"\n[profile.w]\nurl = "duckdb:///shop.duckdb"\n', encoding="utf-8"
    )
    (folder / "project.kpi").write_text(HEAD + definitions, encoding="utf-8")
    return kpidsl.load(folder)


# --- names -----------------------------------------------------------------------------------


def test_measures_whose_names_differ_by_case_are_two(tmp_path: Path) -> None:
    """SQL takes `Sales` and `sales` for one column; 1 + 2 is not 10 + 20."""
    with project(
        tmp_path,
        HEAD + 'source t { files: "t.csv", key: id, dimensions: [c]\n'
        "measure Sales: sum(a) as USD\nmeasure sales: sum(b) as USD }",
        t="id,c,a,b\n1,x,1,10\n2,y,2,20",
    ) as loaded:
        assert loaded.query("Sales", "sales").rows == ((3, 30),)
        assert loaded.query("sales", "Sales", by=["c"]).rows == (("x", 10, 1), ("y", 20, 2))


def test_a_measure_named_as_a_key_column_keeps_its_numbers(tmp_path: Path) -> None:
    """January sells 1, February 2: neither is the month's first day, nor the member."""
    with project(
        tmp_path,
        HEAD + 'source t { files: "t.csv", key: id, time: d, dimensions: [c, period]\n'
        "measure period: sum(a) as USD\nmeasure c: sum(a) as USD\nmeasure n: count() as row }",
        t="id,d,c,period,a\n1,2026-01-05,x,p1,1\n2,2026-02-05,y,p2,2",
    ) as loaded:
        by_month = loaded.query("period", by=["month"])
        assert by_month.rows == ((date(2026, 1, 1), 1), (date(2026, 2, 1), 2))
        assert loaded.query("c", by=["c"], order=["-c 2"]).rows == (("y", 2), ("x", 1))
        both = loaded.query("n", by=["month", "period"], period="2026-01")
        assert both.rows == ((date(2026, 1, 1), "p1", 1),)
        assert len({column.name for column in both.columns}) == 3


def test_dimensions_that_differ_by_case_or_look_like_a_state_column(tmp_path: Path) -> None:
    with project(
        tmp_path,
        HEAD + 'source t { files: "t.csv", key: id, join j: u on k to k\n'
        "dimensions: [C, c__state]\nmeasure n: count() as row }\n"
        'source u { files: "u.csv", key: k, dimensions: [c] }',
        t="id,C,c__state,k\n1,x,s1,1\n2,y,s2,7",
        u="k,c\n1,uu",
    ) as loaded:
        apart = loaded.query("n", by=["t.C", "u.c"])
        assert apart.rows == (("x", "uu", 1), ("y", Absent.UNMAPPED, 1))
        for by, expected in (
            (["u.c", "c__state"], (("uu", "s1", 1), (Absent.UNMAPPED, "s2", 1))),
            (["c__state", "u.c"], (("s1", "uu", 1), ("s2", Absent.UNMAPPED, 1))),
        ):
            assert loaded.query("n", by=by).rows == expected


def test_two_dimensions_of_one_name_can_be_ordered_by(tmp_path: Path) -> None:
    with project(
        tmp_path,
        HEAD + 'source t { files: "t.csv", key: id, join j: u on k to k\n'
        "dimensions: [c]\nmeasure n: count() as row }\n"
        'source u { files: "u.csv", key: k, dimensions: [c] }',
        t="id,c,k\n1,a,1\n2,b,2",
        u="k,c\n1,z\n2,y",
    ) as loaded:
        ordered = loaded.query("n", by=["t.c", "u.c"], order=["u.c"])
        assert ordered.rows == (("b", "y", 1), ("a", "z", 1))


def test_sources_named_as_the_statement_s_own_relations(tmp_path: Path) -> None:
    """`a_rows` sums 100 + 200, whatever the CTE of `a`'s rows would be called."""
    small = "id,x\n1,1\n2,2"
    large = "id,x\n1,100\n2,200"
    with project(
        tmp_path,
        HEAD + 'source a { files: "small.csv", key: id, exclude: x = 1\n'
        "measure n: count() as row }\n"
        'source a_rows { files: "large.csv", key: id\nmeasure m: sum(x) as row }\n'
        'source A_totals { files: "large.csv", key: id\nmeasure o: sum(x) as row }',
        small=small,
        large=large,
    ) as loaded:
        assert loaded.query("n", "m", "o").rows == ((1, 300, 300),)
        assert loaded.query("o", "m", "n").rows == ((300, 300, 1),)


def test_tables_named_as_the_statement_s_own_relations(tmp_path: Path) -> None:
    """Of two rows one is excluded; each table is read, no CTE of its name."""
    values = "(VALUES (1, DATE '2026-01-05', false), (2, DATE '2026-02-05', true)) t(id, d, x)"
    names = ["orders_rows", "merged", "periods", "orders_known"]
    sources = "".join(
        f"source s_{name} {{ table: {name}, key: id, time: d\nmeasure {name}_n: count() as row }}\n"
        for name in names
    )
    with warehouse(
        tmp_path,
        "source orders { table: orders_rows, key: id, time: d, exclude: x\n"
        f"measure n: count() as row }}\n{sources}",
        *(f"CREATE TABLE {name} AS FROM {values}" for name in names),
    ) as loaded:
        asked = ["n", *(f"{name}_n" for name in names)]
        assert loaded.query(*asked, period="2026").rows == ((1, 2, 2, 2, 2),)
        by_month = loaded.query(*asked, by=["month"], period="2026-01 .. 2026-02")
        # `n` knows January alone: its one row.
        assert by_month.rows == (
            (date(2026, 1, 1), 1, 1, 1, 1, 1),
            (date(2026, 2, 1), None, 1, 1, 1, 1),
        )


def test_funnel_over_sources_named_as_its_own_relations(tmp_path: Path) -> None:
    with project(
        tmp_path,
        HEAD + 'source events_1 { files: "e.csv", key: id, time: day, dimensions: [act] }\n'
        'source step_1 { files: "e.csv", key: id, time: day, dimensions: [act] }\n'
        "entity visit { in: [events_1.s, step_1.s] }\n"
        'funnel f { entity: visit\nstep one: step_1 where step_1.act = "a"\n'
        'step two: events_1 where events_1.act = "b" }',
        e="id,s,act,day\n1,1,a,2026-01-05\n2,1,b,2026-01-06\n3,2,a,2026-01-05\n4,2,c,2026-01-06",
    ) as loaded:
        assert loaded.funnel("f").steps == (("one", 2), ("two", 1))


# --- reshaped rows ---------------------------------------------------------------------------


# Of two columns of one name they read neither.
@pytest.mark.refused_on("postgres", "K640", "spend")
@pytest.mark.refused_on("spark", "K640", "spend")
@pytest.mark.refused_on("mysql", "K640", "Duplicate column name")
def test_unpivoted_columns_win_over_columns_of_their_name(tmp_path: Path) -> None:
    """Search 10 + 30, TV 20 + 40. The file's own `spend` is their total: it would count twice."""
    with project(
        tmp_path,
        HEAD + 'source t { files: "t.csv", key: [id, channel]\n'
        'unpivot channel { into: [spend], "Search": [search], "TV": [tv] }\n'
        "dimensions: [channel]\nmeasure cost: sum(spend) as USD }",
        t="id,channel,spend,search,tv\n1,all,30,10,20\n2,all,70,30,40",
    ) as loaded:
        assert loaded.query("cost").rows == ((100,),)
        assert loaded.query("cost", by=["channel"]).rows == (("Search", 40), ("TV", 60))


@pytest.mark.refused_on("postgres", "K502", "reads files")
@pytest.mark.refused_on("clickhouse", "K502", "reads files")
@pytest.mark.refused_on("spark", "K502", "reads files")
@pytest.mark.refused_on("mysql", "K502", "reads files")
def test_an_unnested_element_wins_over_a_column_of_its_name(tmp_path: Path) -> None:
    hits = ('[{"q": 1}, {"q": 2}]', '[{"q": 4}]')
    lines = (f'{{"id": {number}, "hit": 99, "hits": {each}}}' for number, each in enumerate(hits))
    (tmp_path / "t.json").write_text(f"[{', '.join(lines)}]", encoding="utf-8")
    rows_from = 'files: "t.json"'
    if Running.engine == "sqlite":
        write_table(tmp_path, "u", ("id", "hit", "hits"), [(1, 99, hits[0]), (2, 99, hits[1])])
        rows_from = "table: u"
    with project(
        tmp_path,
        HEAD + f"source t {{ {rows_from}, key: none, unnest: hits {{ as: hit }}\n"
        "measure total: sum(hit.q) as piece }",
    ) as loaded:
        assert loaded.query("total").rows == ((7,),)


def test_an_attribute_wins_over_a_column_of_its_name(tmp_path: Path) -> None:
    """`a` first bought on 1 January, whatever the export's own column says; nobody is row 3."""
    with project(
        tmp_path,
        HEAD + 'source t { files: "t.csv", key: id, time: d\n'
        "dimension first: min(d) per cust\nmeasure n: count() where d = first as row }",
        t="id,d,cust,first\n1,2026-01-01,a,2020-01-01\n2,2026-02-01,a,2020-01-01\n3,2026-03-01,,",
    ) as loaded:
        assert loaded.query("n").rows == ((1,),)


def test_exclude_may_test_what_a_join_leads_to(tmp_path: Path) -> None:
    """Order 1 is of a good customer, 2 of one that left, 3 of nobody known."""
    with project(
        tmp_path,
        HEAD + 'source o { files: "o.csv", key: id, join c: cu on cust to cid, exclude: c.gone\n'
        "measure rev: sum(amt) as USD }\n"
        'source cu { files: "cu.csv", key: cid, dimensions: [seg] }',
        o="id,cust,amt\n1,a,1\n2,b,10\n3,z,100",
        cu="cid,seg,gone\na,s,no\nb,t,yes",
    ) as loaded:
        assert loaded.query("rev").rows == ((101,),)
        assert loaded.query("rev", by=["seg"]).rows == (("s", 1), (Absent.UNMAPPED, 100))


def test_truth_written_as_words_can_be_turned_round(tmp_path: Path) -> None:
    """`yes`, `no` and nothing: what is not yes is the row with no and the one with nothing."""
    with project(
        tmp_path,
        HEAD + 'source t { files: "t.csv", key: id, exclude: test, dimensions: [b]\n'
        "measure n: count() as row }",
        t="id,b,test\n1,yes,\n2,no,no\n3,,\n4,yes,yes",
    ) as loaded:
        assert loaded.query("n").rows == ((3,),)
        assert loaded.query("n", where="b").rows == ((1,),)
        assert loaded.query("n", where="not b").rows == ((2,),)


# --- claims that the data refute (S3, S20) ----------------------------------------------------

SHOP = (
    "source o {{ {o}, key: id, join c: cu on cust to cid\nmeasure rev: sum(amt) as USD }}\n"
    "source cu {{ {cu}, key: cid, dimensions: [seg] }}"
)


def test_a_repeated_key_is_refused_not_doubled(tmp_path: Path) -> None:
    """15 USD would be 30 by segment, for customer 1 stands there twice."""
    with project(
        tmp_path,
        HEAD + SHOP.format(o='files: "o.csv"', cu='files: "cu.csv"'),
        o="id,cust,amt\n1,1,10\n2,1,5",
        cu="cid,seg\n1,a\n1,b\n2,c",
    ) as loaded:
        assert loaded.query("rev").rows == ((15,),)
        assert codes(refusal(loaded, "rev", by=["seg"])) == ["K651"]
        assert codes(refusal(loaded, "rev", where='seg = "a"')) == ["K651"]


def test_keys_without_a_value_are_nobody_s_and_may_repeat(tmp_path: Path) -> None:
    """Two customers have no number: no order is theirs, and none is counted twice."""
    with project(
        tmp_path,
        HEAD + SHOP.format(o='files: "o.csv"', cu='files: "cu.csv"'),
        o="id,cust,amt\n1,1,10\n2,,5",
        cu="cid,seg\n1,a\n,b\n,c",
    ) as loaded:
        assert loaded.query("rev", by=["seg"]).rows == (("a", 10), (Absent.UNMAPPED, 5))


def test_a_repeated_key_of_a_union_is_refused(tmp_path: Path, engine: str) -> None:
    union = SHOP.format(o='files: "o.csv"', cu="union: [one, two]")
    with project(
        tmp_path,
        f'{HEAD}{union}\nsource one {{ files: "one.csv", key: cid }}\n'
        'source two { files: "two.csv", key: cid }',
        o="id,cust,amt\n1,1,10",
        one="cid,seg\n1,a",
        two="cid,seg\n1,b",
    ) as loaded:
        # The others stack columns by their place alone.
        expected = "K651" if engine == "duckdb" else "K501"
        assert codes(refusal(loaded, "rev", by=["seg"])) == [expected]


def test_a_repeated_key_of_a_table_is_refused(tmp_path: Path) -> None:
    with warehouse(
        tmp_path,
        SHOP.format(o="table: o", cu="table: cust"),
        "CREATE TABLE o AS SELECT 1 AS id, 1 AS cust, 10 AS amt",
        "CREATE TABLE cust AS SELECT * FROM (VALUES (1, 'a'), (1, 'b'), (NULL, 'c')) t(cid, seg)",
    ) as loaded:
        assert codes(refusal(loaded, "rev", by=["seg"])) == ["K651"]


def test_texts_are_not_joined_with_numbers(tmp_path: Path) -> None:
    """`001` and `01` are two customers, and both are the number 1: 10 USD would be 20."""
    with project(
        tmp_path,
        HEAD + SHOP.format(o='files: "o.csv"', cu='files: "cu.csv"'),
        o="id,cust,amt\n1,1,10\n2,2,20",
        cu="cid,seg\n001,a\n01,b\n2,c",
    ) as loaded:
        assert codes(refusal(loaded, "rev", by=["seg"])) == ["K649"]
    with project(
        tmp_path,
        HEAD + SHOP.format(o='files: "o.csv"', cu='files: "cu.csv"'),
        o="id,cust,amt\n1,001,10\n2,2,20",
        cu="cid,seg\n1,a\n2,c",
    ) as loaded:
        assert codes(refusal(loaded, "rev", by=["seg"])) == ["K649"]


@pytest.mark.refused_on("postgres", "K640", "text = bigint")
def test_join_columns_without_any_value_have_no_type_to_clash(tmp_path: Path) -> None:
    with project(
        tmp_path,
        HEAD + SHOP.format(o='files: "o.csv"', cu='files: "cu.csv"'),
        o="id,cust,amt\n1,,10\n2,,20",
        cu="cid,seg\n1,a",
    ) as loaded:
        assert loaded.query("rev", by=["seg"]).rows == ((Absent.UNMAPPED, 30),)


@pytest.mark.parametrize(
    "moment",
    [
        pytest.param(
            "2026-02-01T04:30:00Z",
            marks=pytest.mark.never_on("mysql", "its moments have no zone of their own"),
        ),
        "2026-02-01",
    ],
)
def test_a_clock_is_not_moved_twice(tmp_path: Path, moment: str) -> None:
    """04:30 UTC is 23:30 of 31 January in New York; taken for local and moved again it would be
    of the evening before. A day has no zone to be moved from."""
    clock = 'source t {{ files: "t.csv", key: id, time: day{stored}\nmeasure n: count() as row }}'
    table = f"id,day\n1,{moment}"
    (tmp_path / "said").mkdir()
    with project(
        tmp_path / "said", HEAD + clock.format(stored=' { stored_as: "UTC" }'), t=table
    ) as p:
        assert codes(refusal(p, "n", by=["day"])) == ["K648"]
        assert codes(refusal(p, "n")) == ["K648"]
    with project(tmp_path, HEAD + clock.format(stored=""), t=table) as p:
        expected = date(2026, 1, 31) if "T" in moment else date(2026, 2, 1)
        assert p.query("n", by=["day"]).rows == ((expected, 1),)


def test_moments_without_a_zone_are_moved_once_over_dst(tmp_path: Path) -> None:
    """8 March 2026 has 23 hours in New York: 05:00 UTC to 04:00 UTC. 1 November has 25."""
    with project(
        tmp_path,
        HEAD + 'source t { files: "t.csv", key: id, time: sent { stored_as: "UTC" }\n'
        "measure n: count() as row }",
        t="id,sent\n1,2026-03-08T04:59:59\n2,2026-03-08T05:00:00\n3,2026-03-09T03:59:59\n"
        "4,2026-03-09T04:00:00\n5,2026-11-01T04:00:00\n6,2026-11-02T04:59:59\n"
        "7,2026-11-02T05:00:00",
    ) as loaded:
        assert loaded.query("n", period="2026-03-08").rows == ((2,),)
        assert loaded.query("n", period="2026-11-01").rows == ((2,),)
        spring = loaded.query("n", by=["day"], period="2026-03-07 .. 2026-03-09")
        assert spring.values("n") == [1, 2, 1]


# --- money -----------------------------------------------------------------------------------


def test_the_price_of_one_impression_is_not_rounded_away(tmp_path: Path) -> None:
    """1000 impressions at 0.002345678 are 2.345678; at 6 decimals each they would be 2.346."""
    lines = "\n".join(f"{number},0.002345678" for number in range(1000))
    with project(
        tmp_path,
        HEAD + 'source t { files: "t.csv", key: id\nmeasure cost: sum(price) as USD\n'
        "measure third: sum(price / 3) as USD }",
        t="id,price\n" + lines,
    ) as loaded:
        assert loaded.query("cost").rows == ((Decimal("2.345678"),),)
        # 2.345678 / 3 = 0.781892667, to half a billionth a row
        third = loaded.query("third").values("third")[0]
        assert abs(third - Decimal("0.781892666667")) < Decimal("0.0000005")


@pytest.mark.parametrize("aggregate", ["sum", "min", "max"])
def test_money_is_never_a_text(tmp_path: Path, aggregate: str) -> None:
    """As texts the largest of 9, 100 and n/a is n/a, and of the first two 9."""
    with project(
        tmp_path,
        HEAD + f'source t {{ files: "t.csv", key: id\nmeasure m: {aggregate}(x) as USD }}',
        t="id,x\n1,9\n2,n/a\n3,100",
    ) as loaded:
        assert codes(refusal(loaded, "m")) == ["K643"]


@pytest.mark.parametrize("measure", ["max(x)", "min(x) as piece", "max(named)"])
def test_the_greatest_of_texts_is_no_number(tmp_path: Path, measure: str) -> None:
    """As texts the largest of 9, 100 and n/a is n/a, and of the first two 9; as numbers it is
    100."""
    with project(
        tmp_path,
        HEAD
        + 'source t { files: "t.csv", key: id, dimensions: [x]\n'
        + "dimension named: x\n"
        + f"measure m: {measure}\nmeasure n: count()\n"
        + 'measure read: max(number(x)) where x != "n/a" as piece }',
        t="id,x\n1,9\n2,n/a\n3,100",
    ) as loaded:
        assert codes(refusal(loaded, "m")) == ["K643"]
        assert codes(refusal(loaded, "m / n")) == ["K643"]
        if Running.engine in ENGINES:  # others may read a text that the filter leaves out
            assert loaded.query("read").rows == ((100,),)


# A column without a value is one of texts there.
@pytest.mark.refused_on("postgres", "K640", "integer + text")
@pytest.mark.refused_on("spark", "K640", 'requires the input type "NUMERIC", not "STRING"')
def test_columns_without_a_value_can_be_computed_with(tmp_path: Path) -> None:
    """A file of a header alone, and a column of empty cells: sums are 0, averages have none."""
    measures = (
        "measure {0}_n: count() as row\nmeasure {0}_s: sum(x) as piece\n"
        "measure {0}_p: sum(x * y) as piece\nmeasure {0}_a: avg(x) as USD"
    )
    with project(
        tmp_path,
        f'{HEAD}source e {{ files: "e.csv", key: id\n{measures.format("e")} }}\n'
        f'source v {{ files: "v.csv", key: id\n{measures.format("v")} }}',
        e="id,x,y",
        v="id,x,y\n1,,\n2,,",
    ) as loaded:
        for name, count in (("e", 0), ("v", 2)):
            asked = [f"{name}_{part}" for part in "nspa"]
            assert loaded.query(*asked).rows == ((count, 0, 0, None),)


# --- allocation, funnels, warehouse ------------------------------------------------------------


def test_a_fixed_amount_is_not_lost_beyond_what_its_weight_knows(tmp_path: Path) -> None:
    """Spend is known up to 31 January: 31 USD of January go 10 : 30 to a and b, those of March
    to nobody, although two rows of March lie there already."""
    with project(
        tmp_path,
        HEAD + 'source t { files: "t.csv", key: [d, c], time: d, watermark: 2026-02-01\n'
        "dimensions: [c]\nmeasure spend: sum(x) as USD }\n"
        'source o { files: "o.csv", key: id, time: d, dimensions: [c]\n'
        "measure rev: sum(x) as USD }\ndimension c { of: [t.c, o.c] }\n"
        "roi m { gain: rev\ncost { staff: 31 USD per month { allocate_by: spend } } }",
        t="d,c,x\n2026-01-05,a,10\n2026-01-06,b,30\n2026-03-05,a,5\n2026-03-06,b,5",
        o="id,d,c,x\n1,2026-01-05,a,1\n2,2026-03-05,b,1",
    ) as loaded:
        cost = "m.cost.staff"
        january = dict(rows(loaded.query(cost, by=["c"], period="2026-01"), "c", cost))
        assert january == {"a": 7.75, "b": 23.25}
        march = loaded.query(cost, by=["c"], period="2026-03").values(cost)
        assert sum(march) == loaded.query(cost, period="2026-03").values(cost)[0] == 31
        by_month = loaded.query(cost, by=["c", "month"], period="2026-01 .. 2026-03")
        assert sum(by_month.values(cost)) == 93


@pytest.mark.parametrize("sequence", ["ordered", "any"])
def test_a_funnel_ordered_by_a_number_keeps_to_its_period(tmp_path: Path, sequence: str) -> None:
    """Session 1 is of January, 2 and 3 of February, and 2 never gets to b."""
    funnel = (
        "entity visit { in: [e.s] }\nfunnel f { entity: visit, order_by: hit, "
        f'sequence: {sequence}\nstep one: e where act = "a"\nstep two: e where act = "b" }}'
    )
    table = (
        "s,hit,act,day\n1,1,a,2026-01-05\n1,2,b,2026-01-05\n2,1,a,2026-02-05\n"
        "3,1,a,2026-02-06\n3,2,b,2026-02-06"
    )
    source = 'source e {{ files: "e.csv", key: [s, hit]{0}, dimensions: [act] }}\n'
    with project(tmp_path, HEAD + source.format(", time: day") + funnel, e=table) as loaded:
        assert loaded.funnel("f").steps == (("one", 3), ("two", 2))
        assert loaded.funnel("f", period="2026-01").steps == (("one", 1), ("two", 1))
        assert loaded.funnel("f", period="2026-02").steps == (("one", 2), ("two", 1))
    with (
        project(tmp_path, HEAD + source.format("") + funnel, e=table) as loaded,
        pytest.raises(kpidsl.KpidslError) as refused,
    ):
        loaded.funnel("f", period="2026-01")
    assert codes(refused.value) == ["K468"]


def test_files_stand_beside_a_warehouse(tmp_path: Path) -> None:
    (tmp_path / "plan.csv").write_text("id,x\n1,5\n2,7\n", encoding="utf-8")
    with warehouse(
        tmp_path,
        "source sales { table: web.sales, key: id\nmeasure rev: sum(x) as USD }\n"
        'source plan { files: "plan.csv", key: id\nmeasure planned: sum(x) as USD }',
        "CREATE SCHEMA web",
        "CREATE TABLE raw AS SELECT 1 AS id, 10 AS x",
        "CREATE VIEW web.sales AS SELECT * FROM main.raw",
    ) as loaded:
        assert loaded.query("rev", "planned").rows == ((10, 12),)


def test_a_source_over_files_never_hides_a_table(tmp_path: Path) -> None:
    (tmp_path / "sales.csv").write_text("id,x\n1,5\n", encoding="utf-8")
    with warehouse(
        tmp_path,
        'source sales { files: "sales.csv", key: id\nmeasure mine: sum(x) as USD }\n'
        "source shop { table: sales, key: id\nmeasure theirs: sum(x) as USD }",
        "CREATE TABLE sales AS SELECT 1 AS id, 10 AS x",
    ) as loaded:
        assert codes(refusal(loaded, "mine")) == ["K650"]


@pytest.mark.parametrize(
    ("source", "code"), [("table: web.sale, key: id", "K641"), ("table: raw, key: id", "K642")]
)
def test_missing_tables_and_columns_are_named(tmp_path: Path, source: str, code: str) -> None:
    with warehouse(
        tmp_path,
        f"source shop {{ {source}\nmeasure rev: sum(amnt) as USD }}",
        "CREATE TABLE raw AS SELECT 1 AS id, 10 AS amt",
    ) as loaded:
        refused = refusal(loaded, "rev")
        assert codes(refused) == [code]
        assert refused.diagnostics[0].span is not None


def test_paths_over_two_joins_to_one_table_are_told_apart(tmp_path: Path) -> None:
    loaded = load(
        tmp_path,
        HEAD + 'source o { files: "o.csv", key: id, join bill: cu on b to cid\n'
        "join ship: cu on s to cid\ndimensions: [ch] }\n"
        'source cu { files: "cu.csv", key: cid\nmeasure people: count() as customer }',
        o="id,b,s,ch\n1,1,1,x",
        cu="cid\n1",
    )
    refused = refusal(loaded, "people", by=["ch"])
    assert codes(refused) == ["K452"]
    assert "o.bill" in refused.diagnostics[0].message
    assert "o.ship" in refused.diagnostics[0].message


def test_an_exclude_that_waits_for_itself_is_refused(tmp_path: Path) -> None:
    with load(
        tmp_path,
        HEAD
        + 'source a { files: "t.csv", key: id, join other: b on id to id, exclude: other.x = 1\n'
        "measure na: count() as row }\n"
        'source b { files: "t.csv", key: id, join other: a on id to id, exclude: other.x = 2 }\n'
        'source c { files: "t.csv", key: id, exclude: spent > 1\n'
        "dimension spent: sum(x) per id\nmeasure nc: count() as row }\n"
        'source d { files: "t.csv", key: id\nmeasure nd: count() as row }\n'
        'source f { files: "t.csv", key: id\nmeasure nf: count() as row }\n'
        'source g { files: "t.csv", key: id, join f: f on id to id, exclude: spent > 1\n'
        "dimensions: [x]\ndimension spent: sum(x) per id }",
        t="id,x\n1,1\n2,2",
    ) as loaded:
        assert codes(refusal(loaded, "na")) == ["K472"]
        assert codes(refusal(loaded, "nc")) == ["K472"]
        # The rows of `g` are those that would split `nf`.
        assert codes(refusal(loaded, "nf", by=["g.x"])) == ["K472"]
        assert loaded.query("nd").rows == ((2,),)


def test_a_sum_of_texts_says_so(tmp_path: Path) -> None:
    """PostgreSQL says it in its own words."""
    with project(
        tmp_path,
        HEAD + 'source t { files: "t.csv", key: id\nmeasure n: sum(x) as piece }',
        t="id,x\n1,9\n2,n/a",
    ) as loaded:
        expected = "K640" if Running.engine == "postgres" else "K643"
        assert codes(refusal(loaded, "n")) == [expected]


def test_sources_are_told_apart_by_more_than_case(tmp_path: Path) -> None:
    """Files are read into tables, and `Orders` and `orders` would be one."""
    loaded = load(
        tmp_path,
        HEAD
        + 'source Orders { files: "t.csv", key: id }\nsource orders { files: "t.csv", key: id }',
        t="id\n1",
    )
    assert [item.code for item in loaded.diagnostics] == ["K210"]
