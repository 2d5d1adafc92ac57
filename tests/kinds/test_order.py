"""I3: the order of declarations and files changes nothing, and no damage raises."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from kpidsl.kinds.check import check
from kpidsl.syntax import tree
from kpidsl.syntax.parser import parse
from kpidsl.text.diagnostic import Diagnostic
from kpidsl.text.source import SourceFile
from tests.kinds.checking import TODAY
from tests.kinds.test_sample import PACK, SAMPLE

FILE = parse(SourceFile("sample.kpi", SAMPLE.read_text(encoding="utf-8")))[0]
PACKS = [parse(SourceFile("packs.kpi", PACK))[0]]


def _file(items: tuple[tree.Item, ...]) -> tree.File:
    return tree.File(FILE.source, FILE.edition, items, ())


def _said(findings: list[Diagnostic]) -> list[tuple[str, str, str]]:
    return [(item.code, str(item.span), item.message) for item in findings]


@given(st.permutations(FILE.items), st.integers(0, len(FILE.items)))
def test_shuffled_declarations_in_two_files_mean_the_same(items: list[tree.Item], cut: int) -> None:
    expected, expected_findings = check([FILE], PACKS, today=TODAY)
    halves = [_file(tuple(items[:cut])), _file(tuple(items[cut:]))]
    model, findings = check(halves, PACKS, today=TODAY)
    assert expected is not None
    assert model is not None
    assert model.model_dump() == expected.model_dump()
    assert _said(findings) == _said(expected_findings)


WORDS = sorted(set(re.findall(r'"[^"\n]*"|\w+|[^\w\s]', FILE.source.text)))


@given(st.lists(st.tuples(st.floats(0, 1), st.sampled_from(WORDS)), min_size=1, max_size=4))
def test_words_put_anywhere_never_raise(slips: list[tuple[float, str]]) -> None:
    text = FILE.source.text
    for place, word in slips:
        at = int(place * len(text))
        text = f"{text[:at]} {word} {text[at:]}"
    file, _ = parse(SourceFile("damaged.kpi", text))
    _, findings = check([file], PACKS, today=TODAY)
    for item in findings:
        assert item.span is not None
        assert item.help


def _without(item: tree.Item, doomed: set[int]) -> tree.Item | None:
    """Return the item without the nested items of the numbers given."""
    if isinstance(item, tree.Block) and item.items is not None:
        kept = tuple(
            child
            for number, child in enumerate(item.items)
            if (item.span.start + number) % 7 not in doomed
        )
        return tree.Block(
            **{name: getattr(item, name) for name in item.__dataclass_fields__ if name != "items"},
            items=kept,
        )
    return item


@given(
    st.sets(st.sampled_from(range(len(FILE.items))), max_size=6),
    st.sets(st.integers(0, 6), max_size=2),
)
def test_lost_declarations_and_entries_never_raise(lost: set[int], doomed: set[int]) -> None:
    items = tuple(
        kept
        for number, item in enumerate(FILE.items)
        if number not in lost and (kept := _without(item, doomed)) is not None
    )
    model, _ = check([_file(items)], PACKS, today=TODAY)
    if model is None:
        return
    # Whatever is left refers only to what is there.
    for metric in model.metrics.values():
        for leaf in metric.leaves:
            home, _, measure = leaf.partition(".")
            assert measure in model.sources[home].measures
    for source in model.sources.values():
        for join in source.joins.values():
            assert join.target in model.sources
    for kpi in model.kpis.values():
        assert kpi.metric in model.metrics
        assert set(kpi.serves) <= set(model.goals)
    for goal in model.goals.values():
        assert goal.kpi in model.kpis
    for report in model.reports.values():
        assert report.audience in model.audiences
