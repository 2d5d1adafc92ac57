"""Sources: origins, keys, clocks, joins, files, unpivot and unnest."""

from __future__ import annotations

import pytest

from kpidsl.model.expr import Column, Compare, Literal, TimeColumn
from kpidsl.model.sources import (
    Aggregate,
    FilesOrigin,
    PerEntity,
    SqlOrigin,
    TableOrigin,
    UnionOrigin,
    Unnest,
)
from tests.kinds.checking import SHOP, checked, codes, errors, model_of, only

ADS = """kpidsl 1
source meta {
  files: ["data/meta_*.csv", "more.csv"]
  read { header_row: 3, drop_where: `日期` = "總計", dates: roc, encoding: "cp950", decimal: "," }
  overlap: latest_file
  key: [`日期`, `行銷活動名稱`]
  time: `日期`
  dimension campaign: `行銷活動名稱`
  measure cost: sum(`花費金額 (TWD)`) as TWD
}
"""


def test_files_are_read_as_declared() -> None:
    source = model_of(ADS).sources["meta"]
    assert isinstance(source.origin, FilesOrigin)
    assert source.origin.files.patterns == ("data/meta_*.csv", "more.csv")
    assert source.origin.files.overlap == "latest_file"
    read = source.origin.files.read
    assert (read.header_row, read.dates, read.encoding, read.decimal) == (3, "roc", "cp950", ",")
    # The test is on the raw cell, not on the clock that the column becomes.
    assert source.origin.drop_where == Compare("=", Column(("日期",)), Literal("總計"))
    # A key is the stored column: two instants may share one local time.
    assert source.key == (Column(("日期",)), Column(("行銷活動名稱",)))


def test_columns_keep_the_place_where_they_were_named() -> None:
    model = model_of(ADS)
    span = model.column_spans[("meta", ("花費金額 (TWD)",))]
    assert span.line == 9


@pytest.mark.parametrize(
    ("line", "origin"),
    [
        ("table: a.b.c", TableOrigin(path=("a", "b", "c"))),
        ('sql: "select 1 as a"', SqlOrigin(text="select 1 as a", reads=())),
        (
            'sql: "select a from x.t join U using (k) join (select * from t) as v using (k)"',
            SqlOrigin(
                text="select a from x.t join U using (k) join (select * from t) as v using (k)",
                reads=("U", "t"),
            ),
        ),
        (
            'sql: "with x as (select 1 as a) select * from x"',
            # A name that the query gives itself is kept free as well, which does no harm.
            SqlOrigin(text="with x as (select 1 as a) select * from x", reads=("x",)),
        ),
        ("union: [p, q]", UnionOrigin(sources=("p", "q"))),
    ],
)
def test_origins(line: str, origin: TableOrigin | SqlOrigin | UnionOrigin) -> None:
    others = "source p {\n  table: p\n}\nsource q {\n  table: q\n}\n"
    source = model_of(f"kpidsl 1\n{others}source s {{\n  {line}\n}}\n").sources["s"]
    assert source.origin == origin


@pytest.mark.parametrize(
    ("lines", "code"),
    [
        ("key: a", "K404"),
        ('table: t\n  sql: "select 1"', "K404"),
        ("table: t\n  overlap: refuse", "K404"),
        ("table: t\n  read { header_row: 1 }", "K404"),
        ("files: []", "K404"),
        ('files: "a.csv"\n  read { decimal: ";" }', "K205"),
        ('files: "a.csv"\n  read { delimiter: "||" }', "K205"),
        ('sql: "drop table t"', "K315"),
        ('sql: "select 1; select 2"', "K315"),
        ('sql: "select 1 as a into t"', "K315"),
        ('sql: "with x as (delete from t returning a) select a from x"', "K315"),
        ('sql: "with x as (merge into t using s on a when matched then delete) from x"', "K315"),
        ('sql: "with x as (drop table t) select 1 as a"', "K315"),
        ("union: [nobody]", "K211"),
        ('table: t\n  time: a { stored_as: "Mars" }', "K211"),
        # Python finds these among the files of time zones, and no engine knows them.
        ('table: t\n  time: a { stored_as: "localtime" }', "K211"),
        ('table: t\n  time: a { stored_as: "posix/Europe/Berlin" }', "K211"),
        ('table: t\n  time: a { stored_as: "right/Europe/Berlin" }', "K211"),
        ("table: t\n  measure m: sum(a) + 1", "K309"),
        ("table: t\n  measure m: a", "K309"),
        ("table: t\n  measure m: first(a)", "K409"),
        ("table: t\n  measure m: percentile(a, 90)", "K308"),
        ("table: t\n  measure m: percentile(a)", "K308"),
        ("table: t\n  dimension d: median(a) per b", "K309"),
        ("table: t\n  measure m: sum(a) { stock: last }", "K205"),
        ("table: t\n  measure m: sum(a) { stock: last per b }", "K407"),
        (
            "table: t\n  time: d\n  measure m: sum(a) { stock: last per b { stale_after: 1h } }",
            "K313",
        ),
        ("table: t\n  join u: s on a { valid_from: b, valid_to: c }", "K407"),
        ("table: t\n  time: d\n  join u: s on a { valid_to: c }", "K408"),
        ("table: t\n  measure m: sum(a, b)", "K308"),
        ("table: t\n  measure m: sum(lower(a))", "K306"),
        ("table: t\n  measure m: max(lower(a))", "K306"),
        ("table: t\n  measure m: sum(a) as USD as EUR", "K316"),
        ("table: t\n  measure m: sum(a)\n  measure m: sum(b)", "K210"),
        ("table: t\n  dimensions: [a]\n  dimension a: b", "K210"),
        ('table: t\n  unpivot c { into: [x, y], "A": [p] }', "K205"),
        ('table: t\n  dimension d: count() per a { map { "x": [1] } }', "K311"),
    ],
)
def test_refused_sources(lines: str, code: str) -> None:
    _, findings = checked(f"kpidsl 1\nsource s {{\n  {lines}\n}}\n")
    assert [error[:4] for error in errors(findings)] == [code]


def test_a_query_that_cant_be_read_is_told_in_words() -> None:
    """Not in those of classes, and a query is no expression over the source's columns."""
    found = only(checked('source s {\n  sql: "selec * from sales"\n}\n')[1], "K315")
    assert "class" not in found.message
    assert found.help.startswith("write one SELECT")


def test_the_example_of_a_member_keeps_its_quotes() -> None:
    text = 'source s {\n  table: t\n  dimension d: c {\n    map { "a": [b] }\n  }\n}\n'
    assert only(checked(text)[1], "K205").help == 'write, for example, `"a": ["fb"]`'


def test_a_bad_measure_falls_alone() -> None:
    model, _ = checked(
        "kpidsl 1\nsource s {\n  table: t\n  measure bad: sum(a) where lower(b)\n"
        "  measure worse: first(a)\n  measure good: sum(a)\n}\n"
    )
    assert model is not None
    assert set(model.sources["s"].measures) == {"good"}


def test_measures_and_attributes() -> None:
    source = model_of(
        """kpidsl 1
source s {
  table: t
  time: at_time
  dimension first: min(at_time) per [a, b]
  measure every: count()
  measure some: count(a) where b and c where d as thing
  measure share: avg(rate) as percent
}
"""
    ).sources["s"]
    attribute = PerEntity(
        aggregate="min", operand=TimeColumn(), entity=(Column(("a",)), Column(("b",)))
    )
    assert source.dimensions["first"].attribute == attribute
    assert source.measures["every"].aggregate is Aggregate.COUNT
    assert source.measures["every"].operand is None
    assert str(source.measures["some"].unit) == "thing"
    assert source.measures["share"].percent


def test_unnest_takes_the_name_of_the_column_or_its_own() -> None:
    text = "kpidsl 1\nsource s {{\n  table: t\n  unnest: {unnest}\n  dimension d: {name}.page\n}}\n"
    own = model_of(text.format(unnest="a.hits { as: hit }", name="hit")).sources["s"]
    assert own.unnest == Unnest(column=("a", "hits"), alias="hit")
    assert own.dimensions["d"].expr == Column(("hit", "page"))
    plain = model_of(text.format(unnest="a.hits", name="hits")).sources["s"]
    assert plain.unnest == Unnest(column=("a", "hits"), alias="hits")


def test_unpivot_makes_members_of_columns() -> None:
    source = model_of(
        """kpidsl 1
source s {
  table: t
  unpivot channel { into: [spend, shown], "Search": [a_spend, a_shown], "TV": [b_spend, b_shown] }
  dimensions: [channel]
}
"""
    ).sources["s"]
    assert source.unpivot is not None
    assert (source.unpivot.name, source.unpivot.into) == ("channel", ("spend", "shown"))
    assert source.unpivot.members[1] == ("TV", ("b_spend", "b_shown"))


JOINED = """kpidsl 1
source people {{
  table: p
  {key}
}}
source s {{
  table: t
  join buyer: people on {on}
}}
"""


@pytest.mark.parametrize(
    ("key", "on", "columns", "targets"),
    [
        ("key: id", "id", ["id"], ["id"]),
        ("key: id", "buyer_id", ["buyer_id"], ["id"]),
        ("key: id", "buyer_id to id", ["buyer_id"], ["id"]),
        ("key: id", "(buyer_id = id)", ["buyer_id"], ["id"]),
        ("key: [a, b]", "[b, a]", ["b", "a"], ["b", "a"]),
        ("key: [a, b]", "[x, y]", ["x", "y"], ["a", "b"]),
        ("key: [a, b]", "[x, y] to [b, a]", ["x", "y"], ["b", "a"]),
        ("key: [a, b]", "(x = a and y = b)", ["x", "y"], ["a", "b"]),
    ],
)
def test_joins_rest_on_the_key(key: str, on: str, columns: list[str], targets: list[str]) -> None:
    join = model_of(JOINED.format(key=key, on=on)).sources["s"].joins["buyer"]
    assert join.columns == tuple(Column((name,)) for name in columns)
    assert join.target_columns == tuple(Column((name,)) for name in targets)


@pytest.mark.parametrize(
    ("key", "on", "code"),
    [
        ("key: none", "id", "K401"),
        ("dimensions: [a]", "id", "K401"),
        ("key: id", "mail to mail", "K402"),
        ("key: [a, b]", "x to a", "K402"),
        ("key: [a, b]", "[x, y] to a", "K405"),
        ("key: id", "[a, b]", "K405"),
        ("key: id", '"id"', "K405"),
    ],
)
def test_refused_joins(key: str, on: str, code: str) -> None:
    assert codes(checked(JOINED.format(key=key, on=on))[1]) == [code]


def test_a_join_to_no_source_and_one_without_columns() -> None:
    text = SHOP.replace("customers on customer_id", "custmers on customer_id")
    assert "`customers`" in only(checked(text)[1], "K211").help
    bare = SHOP.replace("customers on customer_id", "customers")
    assert codes(checked(bare)[1]) == ["K405"]


def test_a_shared_dimension_names_members_that_exist_once() -> None:
    text = "\ndimension d {{\n  of: [{of}]\n}}\n"
    assert codes(checked(SHOP + text.format(of="lines.skus"))[1]) == ["K211"]
    assert codes(checked(SHOP + text.format(of="nowhere.sku"))[1]) == ["K211"]
    assert codes(checked(SHOP + text.format(of="sku"))[1]) == ["K205"]
    assert codes(checked(SHOP + text.format(of="lines.channel"))[1]) == ["K210"]
    assert codes(checked(SHOP + text.format(of="lines.sku, lines.channel"))[1]) == ["K210"]
