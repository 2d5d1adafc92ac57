"""Every page of a checker's code shows the code, and its mended text does not."""

from __future__ import annotations

import pytest

from kpidsl.text.codes import domain, grain, money, names, reports, types
from kpidsl.text.codes.info import CodeInfo
from kpidsl.text.diagnostic import Severity
from tests.kinds.checking import checked, codes

# Codes of these families that the planner and the analysis find, on pages of their own.
ELSEWHERE = {"D018", "D076", "K701", "K702", "K705", "K706"}
PAGES = [
    info
    for family in (names, types, grain, domain, reports, money)
    for info in family.CODES
    if info.code not in ELSEWHERE
    and not info.code.startswith(("K45", "K46", "K47", "K48", "K49", "K67"))
]


@pytest.mark.parametrize("info", PAGES, ids=lambda info: info.code)
def test_the_example_shows_the_mistake_and_the_mended_text_does_not(info: CodeInfo) -> None:
    assert info.code in codes(checked(info.example)[1])
    assert info.code not in codes(checked(info.mended)[1])


@pytest.mark.parametrize("info", PAGES, ids=lambda info: info.code)
def test_the_mended_text_has_no_error_of_another_code(info: CodeInfo) -> None:
    findings = checked(info.mended)[1]
    assert [str(item) for item in findings if item.severity is Severity.ERROR] == []


@pytest.mark.parametrize("info", PAGES, ids=lambda info: info.code)
def test_the_page_and_its_messages_are_written_for_readers(info: CodeInfo) -> None:
    findings = checked(info.example)[1]
    texts = [info.title, info.what, info.why]
    for item in findings:
        texts += [item.message, item.label, item.help, *(label.message for label in item.labels)]
        assert item.span is not None
        assert item.help
        assert not item.message.endswith(".")
    for text in texts:
        assert " you " not in f" {text.casefold()} "
        assert "None" not in text
        assert "object at 0x" not in text
