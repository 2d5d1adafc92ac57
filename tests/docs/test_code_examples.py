"""The command lines on the pages of codes name verbs and options that there are."""

from __future__ import annotations

import re
import shlex

import pytest
from typer.main import get_command

from kpidsl.cli.main import app
from kpidsl.text.codes import CODES

VERBS = get_command(app).commands  # type: ignore[attr-defined]
LINES = [
    (info.code, found[1])
    for info in CODES.values()
    for text in (info.example, info.mended)
    if (found := re.match(r"(?:.*&& |\w+=\S+ )?kpidsl ([a-z].*)", text))
]


@pytest.mark.parametrize(("code", "line"), LINES)
def test_a_command_line_of_a_page_can_be_called(code: str, line: str) -> None:
    verb, *words = shlex.split(line, comments=True)
    assert verb in VERBS, code
    params = VERBS[verb].params
    options = {name for option in params for name in (*option.opts, *option.secondary_opts)}
    assert {word for word in words if word.startswith("--")} <= options, code
