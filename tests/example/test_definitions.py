"""The example's definitions and the shipped packs, as texts."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from examples.toy_store import generate as toy
from kpidsl.syntax.parser import parse
from kpidsl.syntax.tree import Block, Entry, File, ListLiteral, RecordLiteral, Ref, String
from kpidsl.text.bundled import bundled
from kpidsl.text.source import SourceFile

PACKS = {
    # The KPIs that the design names for each pack.
    "marketing": "cac cpl cpc cpm ctr conversion_rate roas mer bounce_rate pages_per_visit"
    " open_rate unsubscribe_rate share_of_voice",
    "ecommerce": "aov repeat_purchase_rate clv cart_abandonment gross_margin refund_rate"
    " units_per_order nps",
}
LANGUAGES = {"en", "ms", "zh_Hant", "zh_Hans"}
EXAMPLE = bundled("examples", "toy_store")


def parsed(path: Path) -> File:
    """The tree of a file that must have no mistake."""
    tree, diagnostics = parse(SourceFile(path.name, path.read_text(encoding="utf-8")))
    assert diagnostics == []
    return tree


def blocks(items: tuple[Block | Entry, ...] | None, kind: str) -> list[Block]:
    return [item for item in items or () if isinstance(item, Block) and item.kind.text == kind]


def entries(block: Block) -> dict[str, Entry]:
    found = (item for item in block.items or () if isinstance(item, Entry))
    return {
        item.key.value if isinstance(item.key, String) else item.key.text: item for item in found
    }


def pack(name: str) -> dict[str, Block]:
    """The KPIs of a pack by their names."""
    tree = parsed(bundled("definitions", f"{name}.kpi"))
    (block,) = blocks(tree.items, "pack")
    assert block.path[0].text == name
    return {kpi.path[0].text: kpi for kpi in blocks(block.items, "kpi")}


def example_blocks(kind: str) -> list[Block]:
    files = sorted((EXAMPLE / "definitions").glob("*.kpi"))
    return [block for file in files for block in blocks(parsed(file).items, kind)]


@pytest.mark.parametrize(
    "path",
    [*sorted(bundled("definitions").glob("*.kpi")), *sorted(EXAMPLE.rglob("*.kpi"))],
    ids=lambda path: path.name,
)
def test_file_has_its_edition_and_no_mistake(path: Path) -> None:
    assert parsed(path).edition == 1


@pytest.mark.parametrize("name", PACKS)
def test_pack_has_the_kpis_of_the_domain(name: str) -> None:
    assert pack(name).keys() == set(PACKS[name].split())


@pytest.mark.parametrize("name", PACKS)
def test_pack_tells_what_a_kpi_takes_and_is_for(name: str) -> None:
    for kpi in pack(name).values():
        title = kpi.path[0].text
        said = entries(kpi)
        assert kpi.doc is not None, title
        assert {"better", "stage", "indicator", "cadence", "playbook", "label"} <= said.keys(), (
            title
        )
        label = said["label"].value
        assert isinstance(label, RecordLiteral)
        assert {language.text for language, _ in label.fields} == LANGUAGES, title
        (requires,) = blocks(kpi.items, "requires")
        assert [param.name.text for param in kpi.params] == list(entries(requires)), title


def test_uses_give_a_pack_kpi_all_that_it_takes() -> None:
    packs = {name: pack(name) for name in PACKS}
    uses = example_blocks("use")
    assert len(uses) >= 15
    for use in uses:
        owner, name = (part.text for part in use.path)
        given = {param.name.text for param in use.params}
        assert given == {param.name.text for param in packs[owner][name].params}, name


def test_sources_name_columns_that_the_files_have() -> None:
    sources = {block.path[0].text: entries(block) for block in example_blocks("source")}
    for source, said in sources.items():
        files = said["files"].value
        assert isinstance(files, String)
        table = Path(files.value).stem
        if table not in toy.COLUMNS:
            assert source in {"budget", "tw_ads"}
            continue
        key = said["key"].value
        columns = key.items if isinstance(key, ListLiteral) else (key,)
        named = {column.text for column in columns if isinstance(column, Ref)}
        assert named <= set(toy.COLUMNS[table].split()), source
    read = {Path(str(getattr(said["files"].value, "value", ""))).stem for said in sources.values()}
    assert toy.COLUMNS.keys() <= read


def test_project_file_names_the_shipped_packs() -> None:
    project = tomllib.loads((EXAMPLE / "kpidsl.toml").read_text(encoding="utf-8"))["project"]
    assert set(project["packs"]) == PACKS.keys()
    assert [EXAMPLE / folder for folder in project["definitions"]] == [EXAMPLE / "definitions"]


def test_each_page_shows_five_to_seven_core_kpis() -> None:
    kpis = {block.path[0].text for block in example_blocks("kpi")}
    kpis |= {block.alias.text for block in example_blocks("use") if block.alias is not None}
    pages = {block.path[0].text: block for block in example_blocks("report")}
    assert pages.keys() == {"executive_monthly", "manager_weekly", "specialist_daily"}
    for name, page in pages.items():
        shown = [
            entry.value.items
            for section in blocks(page.items, "section")
            for key, entry in entries(section).items()
            if key == "show" and isinstance(entry.value, ListLiteral)
        ]
        names = {item.text for items in shown for item in items if isinstance(item, Ref)}
        assert names <= kpis, name
        assert 5 <= len(names) <= 7, name


def test_section_titles_are_questions() -> None:
    for page in example_blocks("report"):
        for section in blocks(page.items, "section"):
            assert section.label is not None
            assert section.label.value.endswith("?")
