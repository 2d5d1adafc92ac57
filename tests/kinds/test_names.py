"""Names: nearest, ambiguous, of another sort, in circles, over joins."""

from __future__ import annotations

from pathlib import Path

import pytest

from kpidsl.kinds.check import check
from kpidsl.model.expr import (
    Column,
    Compare,
    DimensionRef,
    Filtered,
    MeasureRef,
    MetricRef,
    QueryDimension,
)
from kpidsl.syntax.parser import parse
from kpidsl.text.source import SourceFile
from tests.kinds.checking import SHOP, checked, codes, errors, model_of, only, says


@pytest.mark.parametrize(
    ("text", "code", "help_part"),
    [
        ("\nmetric m: «revenu» / orders\n", "K211", "`revenue`"),
        ("\nmetric m: lines.«revenu» / orders\n", "K211", "`revenue`"),
        ('\nmetric m: revenue where «chanel» = "x"\n', "K211", "`channel`"),
        ('\nmetric m: revenue where customers.«regoin» = "x"\n', "K211", "`region`"),
        ("\nmetric m: «roling»(revenue, 28d)\n", "K307", "`rolling`"),
        ("\n«metrik» m: revenue\n", "K201", "`metric`"),
        ('\nmetric m: revenue {\n  «lable»: "x"\n}\n', "K202", "`label`"),
        ("\nkpi k: revenue {\n  serves: «grow»\n}\n", "K211", "declare a goal"),
        ('\nkpi k: revenue {\n  serves: "x"\n  better: «hihger»\n}\n', "K205", "`higher`"),
        ('\nkpi k: revenue {\n  serves: "x"\n  stage: «[awarness]»\n}\n', "K205", "`awareness`"),
        ('\nproject p {\n  timezone: «"Asia/Taipe"»\n}\n', "K211", "`Asia/Taipei`"),
    ],
)
def test_a_misspelt_name_offers_the_nearest(text: str, code: str, help_part: str) -> None:
    assert help_part in says(text, code).help


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("\nproject p {\n  timezone: «Europe/London»\n}\n", "Europe/London"),
        ("\nsource s {\n  files: «orders.csv»\n}\n", "orders.csv"),
        ('\nsource s {\n  files: «["a.csv", orders.csv]»\n}\n', "orders.csv"),
        ("\nkpi k: revenue {\n  serves: «2026»\n}\n", "2026"),
    ],
)
def test_texts_without_quotes_get_them(text: str, written: str) -> None:
    assert says(text, "K205").help == f'put it in double quotes: `"{written}"`'


@pytest.mark.parametrize(
    ("text", "code", "mend"),
    [
        ("\nmetric m: «rolling(revenue)»\n", "K308", "write it as in `rolling(x, 28d)`"),
        ("\nmetric m: «to_date(revenue)»\n", "K308", "write it as in `to_date(x, year)`"),
        # The functions of metrics before those of rows, which stand over entities only.
        ("\nmetric m: «ytd»(revenue)\n", "K307", "use one of `coalesce`, `prior`, `change`, "),
    ],
)
def test_functions_of_metrics_are_shown_as_they_are_written(
    text: str, code: str, mend: str
) -> None:
    assert says(text, code).help.startswith(mend)


def test_an_audience_that_sees_the_goals_is_offered_their_word() -> None:
    text = "\naudience a {\n  tier: manager\n  sees: [«goal»]\n}\n"
    assert says(text, "K211").help == "write `goals`, if that is meant"


def test_names_in_quotes_lose_them() -> None:
    text = '\nsource s {\n  table: t\n  dimensions: «[a, "b"]»\n}\n'
    found = says(text, "K205")
    assert (found.label, found.help) == (
        "this is a list with a text in it",
        "write it without quotes: `b`",
    )


def test_a_name_of_another_sort_says_what_it_is() -> None:
    assert says("\nmetric m: «channel» / orders\n", "K214").message == (
        "`channel` is a dimension; a metric or a measure is expected here"
    )
    goal = says("\ngoal g {\n  kpi: «revenue»\n  over: 2026\n  target: 1 USD\n}\n", "K214")
    assert goal.message == "`revenue` is a measure; a KPI is expected here"


def test_an_ambiguous_measure_lists_the_candidates_in_full() -> None:
    text = (
        "\nsource store {\n  table: s\n  measure ‹revenue›: sum(x) as USD\n}\nmetric m: «revenue»\n"
    )
    marked = text.replace("‹", "").replace("›", "")
    _, findings = checked(SHOP + marked.translate({ord(c): None for c in "«»"}))
    found = only(findings, "K212")
    assert found.message == "`revenue` may be `lines.revenue` or `store.revenue`"
    assert [label.message for label in found.labels] == [
        "this is `lines.revenue`",
        "this is `store.revenue`",
    ]
    assert found.span is not None
    assert found.span.text == "revenue"


def test_a_dimension_of_several_sources_is_ambiguous_unless_it_is_shared() -> None:
    other = "\nsource store {\n  table: s\n  dimensions: [sku]\n}\n"
    query = '\nmetric m: (revenue / visits) where sku = "x"\n'
    assert codes(checked(SHOP + other + query)[1]) == ["K212"]
    own = model_of(SHOP + other + '\nmetric m: revenue where sku = "x"\n').metrics["m"].expr
    # All leaves are of `lines`, so its own dimension is meant.
    assert isinstance(own, Filtered)
    assert own.predicate == model_filter("sku", "x", source="lines")
    shared = model_of(SHOP + '\nmetric m: (revenue / visits) where channel = "x"\n')
    expr = shared.metrics["m"].expr
    assert isinstance(expr, Filtered)
    assert expr.predicate == model_filter("channel", "x")


def model_filter(name: str, value: str, source: str | None = None) -> Compare:
    from kpidsl.model.expr import Literal  # noqa: PLC0415 -- the name hides typing's elsewhere

    return Compare("=", QueryDimension(name, source), Literal(value))


def test_dimensions_over_a_path_that_the_author_chose() -> None:
    text = SHOP + '\nmetric m: revenue where lines.customer.region = "EU"\n'
    expr = model_of(text).metrics["m"].expr
    assert isinstance(expr, Filtered)
    assert isinstance(expr.predicate, Compare)
    assert expr.predicate.left == QueryDimension("region", "customers", "lines", ("customer",))


def test_inside_a_source_a_dimension_goes_before_a_column_but_not_in_itself() -> None:
    text = """kpidsl 1
source s {
  table: t
  dimension channel: channel { map { "social": ["fb"] } }
  dimension upper_channel: upper(channel)
  dimension nested: totals.pageviews
}
"""
    dimensions = model_of(text).sources["s"].dimensions
    upper = dimensions["upper_channel"].expr
    assert getattr(upper, "arguments", None) == (DimensionRef("channel"),)
    assert dimensions["nested"].expr == Column(("totals", "pageviews"))


def test_joins_are_walked_to_a_dimension_or_a_column() -> None:
    text = SHOP.replace(
        "dimensions: [channel, sku]",
        "dimensions: [channel, sku]\n  dimension area: customer.region\n"
        "  dimension post: customer.postcode",
    )
    dimensions = model_of(text).sources["lines"].dimensions
    assert dimensions["area"].expr == DimensionRef("region", ("customer",))
    assert dimensions["post"].expr == Column(("postcode",), ("customer",))


def test_another_source_is_reached_by_its_join_only() -> None:
    text = SHOP.replace(
        "dimensions: [channel, sku]",
        "dimensions: [channel, sku]\n  dimension area: customers.region",
    )
    found = only(checked(text)[1], "K211")
    assert found.help == "write `customer.region`"


def test_a_metric_goes_before_a_measure_and_means_the_measure_in_itself() -> None:
    model = model_of(f'{SHOP}\nkpi revenue: revenue {{\n  serves: "x"\n}}\nmetric m: revenue / 2\n')
    assert model.metrics["revenue"].expr == MeasureRef("lines", "revenue")
    assert MetricRef("revenue") == model.metrics["m"].expr.left  # type: ignore[union-attr]


def test_a_circle_of_metrics_is_shown_whole() -> None:
    found = says("\nmetric a: «b» + revenue\nmetric b: ‹c› * 2\nmetric c: ‹a› / 3\n", "K213")
    assert found.message == "metrics in a circle: `a` → `b` → `c` → `a`"
    assert [label.message for label in found.labels] == ["`b` needs `c`", "`c` needs `a`"]


def test_each_circle_is_shown_once() -> None:
    """Also one that shares a part with another, and one whose definition names the other twice."""
    _, found = checked(SHOP + "\nmetric a: b + c\nmetric b: a\nmetric c: b\nmetric d: d + d\n")
    assert [item.message for item in found if item.code == "K213"] == [
        "metrics in a circle: `a` → `b` → `a`",
        "metrics in a circle: `a` → `c` → `b` → `a`",
        "metric `d` is defined by itself",
    ]


def test_a_metric_that_needs_itself() -> None:
    found = says("\nmetric a: revenue - «a»\n", "K213")
    assert found.message == "metric `a` is defined by itself"
    assert found.help == "take `a` out of its own definition"


def test_circles_of_dimensions_unions_and_rois() -> None:
    dims = "kpidsl 1\nsource s {\n  table: t\n  dimension a: upper(b)\n  dimension b: lower(a)\n}\n"
    assert only(checked(dims)[1], "K213").message == "dimensions in a circle: `s.a` → `s.b` → `s.a`"
    unions = "kpidsl 1\nsource a {\n  union: [b]\n}\nsource b {\n  union: [a]\n}\n"
    assert "`a` → `b` → `a`" in only(checked(unions)[1], "K213").message
    roi = "\nroi r {\n  gain: m\n  cost { media: cogs }\n}\nmetric m: revenue - r.cost\n"
    assert "K213" in codes(checked(SHOP + roi)[1])


def test_a_failed_definition_silences_what_needs_it() -> None:
    text = SHOP + "\nmetric a: revenu\nmetric b: a * 2\nmetric c: b + orders\n"
    model, findings = checked(text)
    assert codes(findings) == ["K211"]
    assert model is not None
    assert set(model.metrics) == set()


def test_a_failed_source_silences_its_measures_and_joins() -> None:
    text = SHOP.replace("table: shop.customers", "tabel: shop.customers")
    model, findings = checked(text + '\nmetric m: revenue where region = "EU"\nmetric n: revenue\n')
    assert codes(findings) == ["K202"]
    assert model is not None
    assert "customers" not in model.sources
    assert model.sources["lines"].joins == {}
    assert set(model.metrics) == {"n"}


def test_a_failed_shared_dimension_silences_filters_splits_and_pages() -> None:
    text = SHOP.replace("of: [lines.channel", "of: [lines.chanel") + (
        '\nmetric m: revenue where channel = "x"\n'
        "audience a {\n  tier: manager\n  sees: orders_kpi by channel\n}\n"
        'kpi orders_kpi: orders {\n  serves: "x"\n}\n'
        'report r {\n  for: a\n  section "How?" { show: orders_kpi by channel }\n}\n'
    )
    model, findings = checked(text)
    assert codes(findings) == ["K211"]
    assert model is not None
    assert model.sources["lines"].dimensions["channel"].shared is None
    assert set(model.metrics) == {"orders_kpi"}


def test_declared_twice_shows_both_places_across_files() -> None:
    one = parse(SourceFile("one.kpi", "kpidsl 1\nmetric m: 1 USD per month\n"))[0]
    two = parse(SourceFile("two.kpi", "kpidsl 1\nkpi m: 2 USD per month\n"))[0]
    found = only(check([one, two])[1], "K210")
    assert str(found.span) == "two.kpi:2:5"
    assert [str(label.span) for label in found.labels] == ["one.kpi:2:8"]


def test_several_mistakes_are_all_found_with_everything_sound_kept() -> None:
    text = (
        SHOP + "\nmetric good: revenue / orders\nmetric bad: revenue + orders\n"
        "metric wrong: revenu\nkpi k: revenue {\n  serves: nothing\n  beter: higher\n}\n"
        "report r {\n  for: nobody\n}\n"
    )
    model, findings = checked(text)
    assert sorted(code for code in codes(findings) if code.startswith("K")) == [
        "K202",
        "K204",
        "K211",
        "K211",
        "K211",
        "K301",
    ], errors(findings)
    assert model is not None
    assert "good" in model.metrics


def test_the_shipped_packs_have_no_mistake() -> None:
    folder = Path(__file__).parents[2] / "definitions"
    files = [
        parse(SourceFile(path.name, path.read_text(encoding="utf-8")))[0]
        for path in sorted(folder.glob("*.kpi"))
    ]
    assert files
    assert errors(check(files)[1]) == []
