"""The page of a report: whole, safe, readable by machines, and true to its model."""

from __future__ import annotations

import re
from base64 import b64encode
from dataclasses import fields
from hashlib import sha256
from itertools import pairwise
from pathlib import Path

import pytest

from kpidsl.reports.blocks import KpiCard
from kpidsl.reports.format import PERCENT, day, days, figure, moment, money
from kpidsl.reports.html import render_by, render_html
from kpidsl.reports.model import ReportModel, Section
from kpidsl.reports.sentences import report_headline
from kpidsl.reports.values import Plain, Point
from kpidsl.reports.words import ENGLISH
from tests.reports import sample
from tests.reports.filling import fill, texts
from tests.reports.reading import Element, read

PAYLOAD = "<script>&\"'</style><!--"


@pytest.fixture(params=sorted(sample.ALL), scope="module")
def model(request: pytest.FixtureRequest) -> ReportModel:
    return sample.ALL[request.param]()


@pytest.fixture(scope="module")
def root(model: ReportModel) -> Element:
    return read(render_html(model))


# Safety


def test_no_text_of_the_model_is_ever_markup(model: ReportModel) -> None:
    harmless = read(render_html(fill(model, lambda _path, _old: "x" * len(PAYLOAD))))
    page = render_html(fill(model, lambda _path, _old: PAYLOAD))
    assert "<script" not in page
    assert page.count("</style>") == 1
    assert page.count("<!--") == 0
    # The same elements as with harmless texts, each attribute name as before: nothing broke out.
    assert _shape(read(page)) == _shape(harmless)


def _shape(root: Element) -> list[tuple[str, tuple[str, ...]]]:
    return [(element.tag, tuple(element.attributes)) for element in root.walk()]


def test_payload_arrives_as_text_in_titles_and_attributes(model: ReportModel) -> None:
    root = read(render_html(fill(model, lambda _path, _old: PAYLOAD)))
    assert PAYLOAD in root.all("title")[0].text
    assert any(PAYLOAD in element.attributes.get("aria-label", "") for element in root.walk())
    charts = root.all("svg", "chart")
    assert any(PAYLOAD in chart.all("title")[0].text for chart in charts)
    assert any(PAYLOAD in chart.all("desc")[0].text for chart in charts)


def test_the_policy_admits_exactly_the_pages_own_style(model: ReportModel) -> None:
    page = render_html(model)
    style = page[page.index("<style>") + len("<style>") : page.index("</style>")]
    digest = b64encode(sha256(style.encode()).digest()).decode()
    policy = next(
        element.attributes["content"]
        for element in read(page).all("meta")
        if element.attributes.get("http-equiv") == "Content-Security-Policy"
    )
    assert policy == f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:"


def test_nothing_is_loaded_and_nothing_runs(model: ReportModel, root: Element) -> None:
    page = render_html(model)
    assert not re.search(r"https?://|//[a-z]|@import|url\(|javascript:", page)
    for element in root.walk():
        assert element.tag not in {"script", "link", "iframe", "object", "img", "base", "form"}
        assert "style" not in element.attributes
        assert not any(name.startswith("on") for name in element.attributes)


def test_the_same_model_gives_the_same_bytes(model: ReportModel) -> None:
    again = ReportModel.model_validate_json(model.model_dump_json())
    assert render_html(model) == render_html(again)


# True to the model


def test_every_text_of_the_model_is_on_the_page(model: ReportModel) -> None:
    """And so JSON holds nothing that its reader's page does not show."""
    codes: dict[str, str] = {}

    def code(path: str, _old: str) -> str:
        # A sign that no other text contains.
        codes[path] = f"q{len(codes)}q"
        return codes[path]

    page = render_html(fill(model, code))
    missing = {path for path, sign in codes.items() if sign not in page}
    # A figure prints one of its two texts, and a table's head names the unit for its cells.
    for path in sorted(missing):
        if path.endswith((".short", ".exact")):
            stem = path.rpartition(".")[0]
            assert not {f"{stem}.short", f"{stem}.exact"} <= missing, path
            missing.discard(path)
        elif path.endswith(".unit.label"):
            missing.discard(path)
    assert missing == set()


def test_every_figure_on_the_page_is_in_the_model(model: ReportModel) -> None:
    words = " ".join(str(getattr(ENGLISH, item.name)) for item in fields(ENGLISH))
    dates = [day(model.period.last), days(model.period.first, model.period.last), moment(model.now)]
    dates += [moment(item.until) for item in model.freshness if item.until is not None]
    for section in model.sections:
        for block in section.blocks:
            dates += [day(block.written)] if block.kind == "note" and block.written else []
            dates += [day(row.due) for row in block.rows] if block.kind == "goals" else []
    counts = " ".join(map(str, range(21)))  # how many of how many, in computed sentences
    known = set(_numbers(" ".join([*texts(model), *dates, words, counts])))
    body = read(render_html(model)).all("body")[0]
    for chart in body.all("svg", "columns"):
        # A column's label is shorter than any text of its figure; its chart's own test reads it.
        chart.children = []
    shown = _numbers(body.text)
    shown += [n for e in body.walk() for n in _numbers(e.attributes.get("title", ""))]
    assert set(shown) - known == set()


def _numbers(text: str) -> list[str]:
    return re.findall(r"\d[\d.,]*\d|\d", text)


def test_a_failed_kpi_is_a_stated_gap_and_never_zero() -> None:
    shown = _by_id(read(render_html(sample.executive())), "nps")
    assert "K603" in shown.text
    assert "data/nps_2026.csv is missing" in shown.text
    assert shown.all("p", "value") == []


@pytest.mark.parametrize("name", ["executive", "manager", "specialist"])
def test_null_says_why(name: str) -> None:
    missing = read(render_html(sample.ALL[name]())).all("span", "missing")
    assert missing
    for element in missing:
        reason = element.attributes["title"]
        assert reason
        assert element.text.startswith("–")
        assert element.text.endswith(f"{ENGLISH.no_value}: {reason}")


def test_without_comparison_the_card_says_so(root: Element, model: ReportModel) -> None:
    for card in _cards(model):
        says = ENGLISH.no_comparison in _by_id(root, card.id).text
        assert says == (card.figure is not None and not card.comparisons)


def test_four_channels_say_the_same(root: Element) -> None:
    deltas = root.all("span", "delta")
    for element in deltas:
        amount = element.all("span", "amount")[0].text
        arrow = element.all("span", "arrow")[0].text
        word = element.all("span", "word")[0].text
        if word == ENGLISH.alike:
            assert (arrow, element.classes) == ("≈", ["delta", "neutral"])
            continue
        assert arrow == {"+": "▲", "−": "▼"}.get(amount[0], "=")
        if "good" in element.classes:
            assert word == ENGLISH.better
        elif "bad" in element.classes:
            assert word == ENGLISH.worse
    assert deltas


def test_a_rising_cost_is_worse_whatever_its_sign() -> None:
    card = _by_id(read(render_html(sample.executive())), "cac")
    plan = card.all("table", "comparisons")[0].all("span", "delta")[0]
    assert plan.text == "▲ +16.2% worse"
    assert "bad" in plan.classes


def test_figures_that_print_alike_are_about_the_same() -> None:
    card = _by_id(read(render_html(sample.specialist())), "impressions")
    rows = [row.text for row in card.all("table", "comparisons")[0].all("tbody")[0].all("tr")]
    # 2,300 / 4,810,000 = 0.048 %: both print 4.81M.
    assert rows == [
        "Sep 2026 4.81M = 0.0% unchanged",
        "Oct 2025 4.81M ≈ 0.0% about the same",
    ]


def test_subtotal_and_total_stand_last_in_the_table_of_returns() -> None:
    table = _by_id(read(render_html(sample.executive())), "roi").all("table")[0]
    kinds = [row.classes for row in table.all("tr")[-3:]]
    assert kinds == [["paid"], ["apart"], ["total"]]
    # 356,000 − 186,000 = 170,000; / 186,000 = 91.4 %: above break-even, below the panel's 102 %.
    assert table.all("tr", "paid")[0].text == (
        "Paid only 1 USD → 0.91 USD net 356,000.00 186,000.00 170,000.00 91.4% 100.5% 3.40× watch"
    )


def test_a_limit_is_not_said_to_be_a_target() -> None:
    rows = _by_id(read(render_html(sample.executive())), "goals").all("li")
    assert "86.0% 100% keeps the limit" in rows[2].text  # 45 / 52.30, as the sample has it
    assert rows[2].text.count("Limit") == 1  # the same to date and at the end: said once
    assert "Target to date USD 8.51M Target USD 10.9M" in rows[0].text
    assert "of target to date" in rows[0].text


def test_a_ratios_parts_stand_under_their_titles() -> None:
    table = _by_id(read(render_html(sample.manager())), "by_device").all("table")[0]
    head = [cell.text for cell in table.all("thead")[0].all("th")]
    assert head == ["Device", "Value", "Orders", "Visits", "Share", "Note"]
    desktop = [cell.text for cell in table.all("tbody")[0].all("tr")[0].all("td")]
    assert desktop[2:4] == ["31", "1,000"]


def test_status_is_a_word_and_a_sign(root: Element) -> None:
    lights = root.all("span", "status")
    assert lights
    for element in lights:
        assert element.text[0] in "✓!✕–"
        assert len(element.text) > 2


def test_a_red_kpi_shows_owner_and_playbook() -> None:
    play = _by_id(read(render_html(sample.manager())), "cac").all("div", "playbook")[0]
    assert "growth@toy.example" in play.text
    assert len(play.all("li")) == 2


def test_definition_and_sql_open_on_demand() -> None:
    card = _by_id(read(render_html(sample.executive())), "cac")
    definition = card.all("details", "definition")[0]
    assert "open" not in definition.attributes
    for part in ("marketing_cost", "new_customers", "not is_test_order", "definitions/kpis.kpi:42"):
        assert part in definition.text
    assert 'SUM("price")' in definition.all("pre")[0].text


# Charts


def test_each_chart_has_a_title_a_description_and_a_table_beside_it(root: Element) -> None:
    assert root.all("svg", "chart")
    for block in root.all("article"):
        charts = block.all("svg", "chart")
        for chart in charts:
            assert chart.attributes["role"] == "img"
            assert chart.all("title")[0].text
            assert chart.all("desc")[0].text
        assert not charts or block.all("table")


def test_table_twin_of_the_trend_holds_each_period() -> None:
    rows = _by_id(read(render_html(sample.executive())), "trend").all("details")[0].all("tr")[1:]
    points = sample.trend().points
    assert [row.all("td")[0].text for row in rows] == [point.actual.exact for point in points]


def test_column_labels_are_those_of_the_points() -> None:
    chart = _by_id(read(render_html(sample.executive())), "trend").all("svg", "columns")[0]
    labels = [text.text for text in chart.all("text") if "value" in text.classes]
    assert labels[:4] == ["812K", "1.1M", "640K", "655K"]
    assert labels[-2:] == ["1.01M", "1.24M"]
    assert len(labels) == 12
    changes = [text.text for text in chart.all("text") if "change" in text.classes]
    # By hand: 812/800 = +1.5 %, 1104/1050 = +5.1 %, 640/700 = −8.6 %, …, 1243/1190 = +4.5 %.
    assert changes[:3] == ["+1.5", "+5.1", "−8.6"]
    assert changes[-1] == "+4.5"


def test_funnel_draws_rates_and_prints_counts() -> None:
    funnel = _by_id(read(render_html(sample.manager())), "funnel")
    rows = [[cell.text for cell in row.all("td")] for row in funnel.all("tbody")[0].all("tr")]
    assert [row[0] for row in rows] == ["430", "145", "71", "29"]
    # 145/430 = 33.7 %, 71/145 = 49.0 %, 29/71 = 40.8 %; of the first 33.7, 16.5 and 6.74 %.
    assert [row[1] for row in rows] == ["", "33.7%", "49.0%", "40.8%"]
    assert [row[3] for row in rows] == ["", "33.7%", "16.5%", "6.74%"]
    widths = [bar.attributes["width"] for bar in funnel.all("rect")]
    assert widths == ["67.44", "97.93", "81.69"]  # of 200
    assert "Weakest step: Product viewed → Added to cart, 33.7% (145 of 430)" in funnel.text
    assert "12" in funnel.all("p", "footnote")[0].text


# Structure


def test_structure_that_assistive_software_needs(root: Element, model: ReportModel) -> None:
    assert root.all("html")[0].attributes["lang"] == model.language
    assert [len(root.all(tag)) for tag in ("main", "h1", "footer")] == [1, 1, 1]
    ids = [element.attributes["id"] for element in root.walk() if "id" in element.attributes]
    assert len(ids) == len(set(ids))
    levels = [int(e.tag[1]) for e in root.walk() if re.fullmatch(r"h[1-6]", e.tag)]
    assert all(later <= earlier + 1 for earlier, later in pairwise(levels))
    for element in root.walk():
        for name in ("aria-labelledby", "href"):
            if target := element.attributes.get(name):
                assert target.removeprefix("#") in ids
    for table in root.all("table"):
        assert table.all("caption")[0].text
    for cell in root.all("th"):
        assert cell.attributes["scope"] in {"row", "col", "colgroup"}
    for box in root.all("div", "scroll"):
        assert box.attributes["tabindex"] == "0"
        assert box.attributes["aria-label"]


def test_rows_of_tables_are_as_wide_as_their_heads(root: Element) -> None:
    for table in root.all("table"):
        widths = [
            sum(
                int(cell.attributes.get("colspan", "1"))
                for cell in row.children
                if isinstance(cell, Element)
            )
            for row in table.all("tr")
        ]
        if "plan" in table.classes:  # its first column spans both rows of the head
            widths[1] += 1
        assert len(set(widths)) <= 1, table.text


def test_every_block_and_section_has_its_stable_id(root: Element, model: ReportModel) -> None:
    ids = {element.attributes.get("id") for element in root.walk()}
    for section in model.sections:
        assert {section.id, *(block.id for block in section.blocks)} <= ids


def test_language_of_the_page_is_the_models() -> None:
    chinese = sample.executive().model_copy(update={"language": "zh-Hant"})
    assert read(render_html(chinese)).all("html")[0].attributes["lang"] == "zh-Hant"


def test_edges_render() -> None:
    bare = sample.executive().model_copy(update={"sections": (), "freshness": ()})
    assert read(render_html(bare)).all("section") == []
    value = figure(-5, money("EUR"))
    lone = KpiCard(
        id="營收",
        title="營收",
        unit=money("EUR"),
        period="2026-10",
        figure=value,
        status=sample.status("none"),
        history=(Point(label="Oct", figure=figure(None, PERCENT, missing="none yet")),),
    )
    section = Section(id="s", question="營收？", blocks=(lone,))
    page = render_html(bare.model_copy(update={"sections": (section,)}))
    assert _by_id(read(page), "營收").all("p", "value")[0].text == "EUR −5"


# The project's own templates


def test_own_templates_stand_in_for_the_shipped(tmp_path: Path) -> None:
    (tmp_path / "style.css").write_text("body { margin: 9px }\r\n</style><b>")
    (tmp_path / "blocks").mkdir()
    (tmp_path / "blocks" / "note.html.jinja").write_text("<p>{{ block.text }}</p>")
    model = sample.executive()
    page, diagnostics = render_by(tmp_path, fill(model, lambda _path, _old: PAYLOAD))
    assert diagnostics == []
    assert page is not None
    assert "margin: 9px" in page
    assert page.count("</style>") == 1  # the sheet can't end its element
    assert "<script" not in page  # autoescape holds in a project's own templates


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ("<p>\n{{ report.titel }}", "has no attribute 'titel'"),
        ("<p>\n{{ report.title", "end of print statement"),
        ("<p>\n{{ ''.__class__.__mro__ }}", "unsafe"),
        ("<p>\n{{ 1 + 'a' }}", "unsupported operand"),
        ("<p>\n{% include 'nowhere' %}", "nowhere"),
        ("<p>\n{{ w.skip.format.__globals__ }}", "unsafe"),
        ("<p>\n{% include '../../etc/passwd' %}", "passwd"),
        ("<p>\n{% for i in range(10**9) %}{% endfor %}", "Range too big"),
    ],
)
def test_a_failing_template_is_named_with_its_line(
    tmp_path: Path, template: str, said: str
) -> None:
    (tmp_path / "page.html.jinja").write_text(template)
    page, (found,) = render_by(tmp_path, sample.manager())
    assert page is None
    assert found.code == "K702"
    assert "page.html.jinja" in found.message
    assert said in found.message
    assert found.span is not None
    assert found.span.line == 2


def test_a_missing_template_folder_is_an_error(tmp_path: Path) -> None:
    page, (found,) = render_by(tmp_path / "brandng", sample.manager())
    assert page is None
    assert found.code == "K701"
    assert "brandng" in found.message


def test_headline_is_the_computed_one(model: ReportModel, root: Element) -> None:
    assert root.all("p", "headline")[0].text == report_headline(model)


def _cards(model: ReportModel) -> list[KpiCard]:
    blocks = [block for section in model.sections for block in section.blocks]
    return [block for block in blocks if isinstance(block, KpiCard)]


def _by_id(root: Element, name: str) -> Element:
    return next(element for element in root.walk() if element.attributes.get("id") == name)


def test_filling_reaches_every_free_text() -> None:
    """The tests above are only as good as this: no text of the dump escapes the filling."""
    dump = fill(sample.executive(), lambda _path, _old: "FILLED")
    assert isinstance(dump, Plain)
    left = set(re.findall(r'"([^"]*)"', dump.model_dump_json())) - {"FILLED", "FILLED net"}
    fixed = r"[A-Za-z_]*|.*\d.*"  # names, enumerations, dates, numbers
    assert {text for text in left if not re.fullmatch(fixed, text)} == set()
