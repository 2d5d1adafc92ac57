"""S29: visitors and customers are one person where a table says so, counted by hand.

sessions: v1, v2, v3, c2 and v4 come once each, in January; one session is nobody's
identities: v1 and v2 are c1 (v1 twice, as a log of log-ins has it); v4 is not known to be anybody
lines: c1 pays 10 by ads in January, c2 20 by ads in February, v3 40 and nobody 80 by seo then
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

import kpidsl
from kpidsl.cli.tables import as_json, as_table
from kpidsl.plan.outline import Outline
from kpidsl.plan.query import Absent
from kpidsl.run.result import Identified
from tests.support import project

SHOP = """kpidsl 1
project shop { currency: USD, timezone: "UTC" }
source lines {
  files: "lines.csv", key: id, time: day, watermark: 2026-03-01
  dimensions: [channel]
  dimension first: min(day) per customer
  measure revenue: sum(price) as USD
  measure buyers: count_distinct(customer) as customer
  measure ids: count_distinct(customer_id) as id
}
source sessions {
  files: "sessions.csv", key: id, time: day, watermark: 2026-03-01
  dimension seen: min(day) per customer
  measure visits: count() as visit
  measure people: count_distinct(customer) as customer
  measure visitors: count_distinct(visitor_id) as visitor
  measure arrivals: count() where day = seen as visit
  measure last_place: sum(place) { stock: last per customer }
}
source identities { files: "identities.csv", key: none }
entity customer "Person" {
  in: [lines.customer_id, sessions.visitor_id]
  resolve: identities(visitor_id, customer_id)
}
funnel bought { entity: customer, step visit: sessions, step order: lines }
metric typical: avg(revenue per customer)
metric regulars: revenue where visits per customer > 1
"""
LINES = """
id,customer_id,day,price,channel
1,c1,2026-01-02,10,ads
2,c2,2026-02-03,20,ads
3,v3,2026-02-04,40,seo
4,,2026-02-04,80,seo
"""
SESSIONS = """
id,visitor_id,day,place
1,v1,2026-01-01,1
2,v2,2026-01-02,2
3,v3,2026-01-03,4
4,c2,2026-01-04,8
5,v4,2026-01-05,16
6,,2026-01-06,32
"""
IDENTITIES = """
visitor_id,customer_id
v1,c1
v2,c1
v1,c1
v4,
"""


def shop_of(folder: Path, definitions: str = SHOP, identities: str = IDENTITIES) -> kpidsl.Project:
    return project(folder, definitions, lines=LINES, sessions=SESSIONS, identities=identities)


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[kpidsl.Project]:
    with shop_of(tmp_path) as loaded:
        yield loaded


def test_s29_an_entity_counts_people_and_a_column_its_ids(shop: kpidsl.Project) -> None:
    """Sessions are of c1 twice, v3, c2 and v4; five different ids of visitors."""
    (row,) = shop.query("people", "visitors", "visits", "buyers", "ids").rows
    assert row == (4, 5, 6, 3, 3)


def test_s29_an_entity_is_a_dimension_of_all_its_sources(shop: kpidsl.Project) -> None:
    result = shop.query("revenue", "visits", by=["customer"])
    assert set(result.rows) == {
        ("c1", 10, 2),
        ("c2", 20, 1),
        ("v3", 40, 1),
        ("v4", 0, 1),
        (Absent.NONE, 80, 1),
    }


def test_s29_metrics_per_entity_go_over_sources(shop: kpidsl.Project) -> None:
    """10, 20 and 40 of those who pay; c1 alone comes twice."""
    result = shop.query("typical", "regulars")
    assert result.values("typical") == [pytest.approx(70 / 3)]
    assert result.values("regulars") == [10]


def test_s29_attributes_and_levels_are_of_people(shop: kpidsl.Project) -> None:
    """c1 arrives as v1 and not again as v2, whose place 2 is c1's last: 2 + 4 + 8 + 16, and 32 of
    those who are nobody. Nobody arrives for the first time."""
    assert shop.query("arrivals").values("arrivals") == [4]
    assert shop.query("last_place", period="2026-01").values("last_place") == [62]


def test_s29_a_funnel_follows_people(shop: kpidsl.Project) -> None:
    """c1, c2 and v3 come and buy, v4 comes; nobody is not counted."""
    result = shop.funnel("bought")
    assert result.steps == (("visit", 4), ("order", 3))
    assert result.identified == (Identified("customer", "sessions", 5, 3),)


def test_s29_the_unresolved_share_is_shown(shop: kpidsl.Project) -> None:
    """Of v1, v2, v3, c2 and v4 the table knows two. What is asked of lines alone looks nothing up:
    their ids are what the others stand for."""
    asked = shop.query("people", "revenue")
    assert asked.identified == (Identified("customer", "sessions", 5, 3),)
    assert "identities: 3 of 5 ids of `customer` in sessions unresolved (60.0%)" in as_table(asked)
    told = {"entity": "customer", "source": "sessions", "ids": 5, "unresolved": 3}
    assert json.loads(as_json(asked))["identified"] == [told]
    assert shop.query("visits", "buyers").identified == ()


def test_s29_without_a_column_of_its_name_the_table_is_about_all_ids(tmp_path: Path) -> None:
    """v3 was merged into c2, in both sources. Nobody is told to be v1."""
    merged = SHOP.replace("identities(visitor_id, customer_id)", "identities(old, new)")
    with shop_of(tmp_path, merged, "old,new\nv3,c2") as loaded:
        assert loaded.query("people", "buyers").rows == ((4, 2),)
        assert loaded.query("buyers").identified == (Identified("customer", "lines", 3, 1),)


def test_s29_a_source_may_leave_rows_out_and_compute_ids(tmp_path: Path) -> None:
    """Only v1 is c1 then, so that v2 is another."""
    other = SHOP.replace(
        'source identities { files: "identities.csv", key: none }',
        'source identities { files: "identities.csv", key: none, exclude: visitor_id = "V2"\n'
        "dimension visitor_id: upper(visitor_id)\ndimension who: customer_id }",
    )
    other = other.replace("sessions.visitor_id]", "sessions.upper_id]")
    other = other.replace("identities(visitor_id, customer_id)", "identities(visitor_id, who)")
    other = other.replace(
        "  dimension seen:", "  dimension upper_id: upper(visitor_id)\n  dimension seen:"
    )
    with shop_of(tmp_path, other) as loaded:
        rows = loaded.query("visits", by=["customer"]).rows
    assert {who for who, visits in rows if visits == 1} == {
        "c1",
        "V2",
        "V3",
        "V4",
        "C2",
        Absent.NONE,
    }
    assert len(rows) == 6


@pytest.mark.parametrize(
    ("identities", "code", "said"),
    [
        ("v1,c1\nv1,c2\nv2,c1", "K666", "1 id of `identities` stands for several others: `v1` for"),
        ("v1,c1\nc1,c2", "K667", "`v1` → `c1` → `c2`"),
        ("v1,c1\nc1,v1", "K667", "2 ids"),
        ("1,c1\n2,c2", "K668", "ids of `customer` are"),
    ],
)
def test_s29_ids_stand_for_one_other(tmp_path: Path, identities: str, code: str, said: str) -> None:
    with shop_of(tmp_path, identities=f"visitor_id,customer_id\n{identities}") as loaded:
        # Asked first: of the orders, whose ids are the same person's, nothing is known yet.
        for ask in (lambda: loaded.query("people"), lambda: loaded.funnel("bought")):
            with pytest.raises(kpidsl.KpidslError) as refused:
                ask()
            assert refused.value.diagnostics[0].code == code
        proof = [item for item in loaded.prove().diagnostics if item.code == code]
        assert [said in item.message for item in proof] == [True]
        # What looks nothing up has an answer.
        assert loaded.query("revenue", "visitors").rows == ((150, 5),)


def test_s29_an_id_may_stand_for_itself(tmp_path: Path) -> None:
    with shop_of(tmp_path, identities="visitor_id,customer_id\nv1,c1\nc1,c1") as loaded:
        assert loaded.query("people").rows == ((5,),)
        assert not [item for item in loaded.prove().diagnostics if item.code != "K656"]


BARE = SHOP.replace('source identities { files: "identities.csv", key: none }\n', "")


@pytest.fixture
def warehouse(tmp_path: Path, engine: str) -> Path:
    """A database with the table `identities`, beside the files of the sources in DuckDB."""
    if engine == "duckdb":
        (tmp_path / "kpidsl.toml").write_text(
            'default_profile = "w"\n[profile.w]\nurl = "duckdb:///shop.duckdb"\n'
        )
        with duckdb.connect(tmp_path / "shop.duckdb") as con:
            con.execute("CREATE TABLE identities (visitor_id VARCHAR, customer_id VARCHAR)")
            con.execute("INSERT INTO identities VALUES ('v1', 'c1'), ('v2', 'c1'), ('v4', NULL)")
    return tmp_path


def test_s29_a_table_of_the_warehouse_needs_no_source(warehouse: Path) -> None:
    with shop_of(warehouse, BARE) as loaded:
        assert loaded.query("people", "visitors").rows == ((4, 5),)
        assert not [item for item in loaded.prove().diagnostics if item.code != "K656"]


@pytest.mark.parametrize(
    ("said", "code", "marked"),
    [
        ("identity(visitor_id, customer_id)", "K641", "identity"),
        ("identities(visitor_id, customer)", "K642", "customer"),
    ],
)
def test_s29_the_table_and_its_columns_must_be_there(
    warehouse: Path, said: str, code: str, marked: str
) -> None:
    definitions = BARE.replace("identities(visitor_id, customer_id)", said)
    with shop_of(warehouse, definitions) as loaded:
        with pytest.raises(kpidsl.KpidslError) as refused:
            loaded.query("people")
        (found,) = refused.value.diagnostics
        assert (found.code, found.span.text if found.span else "") == (code, marked)
        proof = [item for item in loaded.prove().diagnostics if item.code == code]
        assert [item.span.text for item in proof if item.span] == [marked]


PAGES = """
kpi reach "People": people { serves: "Growth" }
kpi takings "Takings": revenue { serves: "Growth" }
audience team {
  tier: manager, cadence: monthly
  sees: [reach, takings, takings by customer, bought]
}
report wide { for: team, section "Who came?" { show: [reach] } }
report narrow { for: team, section "Who paid?" { show: [takings] } }
report apart { for: team, section "Who paid what?" { show: takings by customer } }
report path { for: team, section "Who went on?" { funnel: bought } }
"""


@pytest.mark.parametrize(
    ("name", "told"),
    # By customer the orders are split alone, and their ids are what others stand for.
    [("wide", True), ("narrow", False), ("apart", False), ("path", True)],
)
def test_s29_a_page_says_what_share_is_unresolved(tmp_path: Path, name: str, told: bool) -> None:
    now = datetime(2026, 2, 15, tzinfo=UTC)
    with shop_of(tmp_path, SHOP + PAGES) as loaded:
        (page,) = loaded.report(name, out=tmp_path / "pages", now=now)
    text = page.read_text(encoding="utf-8")
    assert ("60.0 % of 5 ids of person in Sessions are unresolved." in text) == told


def test_s29_the_plan_says_whose_ids_are_looked_up(shop: kpidsl.Project) -> None:
    def lookups(node: Outline) -> list[tuple[str, ...]]:
        own = [node.sources] if node.rules == ("S29",) else []
        return own + [found for part in node.inputs for found in lookups(part)]

    assert lookups(shop.explain("people", "revenue")) == [("identities",)]
    assert lookups(shop.explain("visits", "buyers")) == []
    assert lookups(shop.explain("arrivals", "last_place", period="2026-01")) == [
        ("identities",),
        ("identities",),
    ]
