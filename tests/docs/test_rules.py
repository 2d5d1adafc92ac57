"""The numbers of rules that readers meet are explained on one page."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from kpidsl.text.codes import CODES
from tests.kinds.test_tables import all_keys, all_kinds

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGE = (DOCS / "explanation" / "what-a-number-means.md").read_text(encoding="utf-8")
EXPLAINED = {
    *re.findall(r"^\((S\d+)\)=$", PAGE, re.MULTILINE),
    *re.findall(r"^\| (I\d+) ", PAGE, re.MULTILINE),
}
NUMBER = re.compile(r"\b[DISTV]\d{1,2}\b")


def texts() -> Iterator[tuple[str, str]]:
    """What the reference, `explain` and the pages say, each with its place."""
    for kind in all_kinds():
        yield kind.name, kind.doc
    for name, key in all_keys():
        yield name, f"{key.doc} {key.default}"
    for info in CODES.values():
        yield info.code, f"{info.title} {info.what} {info.why}"
    for page in [DOCS.parent / "README.md", *DOCS.rglob("*.md")]:
        yield page.name, page.read_text(encoding="utf-8")


CITED = [(place, number) for place, text in texts() for number in NUMBER.findall(text)]


def test_rules_are_cited() -> None:
    assert {"S9", "S22"} <= {number for place, number in CITED if place in {"dimension", "funnel"}}


@pytest.mark.parametrize("number", sorted({number for _, number in CITED}))
def test_a_number_that_is_cited_is_explained(number: str) -> None:
    assert number in EXPLAINED, [place for place, cited in CITED if cited == number]
