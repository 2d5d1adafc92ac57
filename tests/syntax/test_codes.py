from __future__ import annotations

import pytest

from kpidsl.text.codes.info import CodeInfo
from kpidsl.text.codes.syntax import CODES
from tests.syntax.shape import parsed


@pytest.mark.parametrize("info", CODES, ids=lambda info: info.code)
def test_each_example_shows_its_code_and_the_mended_text_shows_none(info: CodeInfo) -> None:
    _, diagnostics = parsed(info.example)
    assert info.code in [item.code for item in diagnostics]
    _, diagnostics = parsed(info.mended)
    assert diagnostics == []


@pytest.mark.parametrize("info", CODES, ids=lambda info: info.code)
def test_each_page_is_filled(info: CodeInfo) -> None:
    for text in (info.title, info.what, info.why):
        assert text.strip()
        assert " you" not in text.lower()
    assert not info.title.endswith(".")
    assert info.what.endswith(".")
    assert info.why.endswith(".")
