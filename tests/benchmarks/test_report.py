"""The benchmark of a page: its numbers are those of one question each, whatever they take."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks.report import MIXES, main
from benchmarks.run import DATABASE


def test_a_page_at_once_has_the_numbers_of_one_by_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(DATABASE, "set again by the runner")
    out = tmp_path / "figures.json"
    options = ["--scale", "0.001", "--pairs", "1", "--cache", str(tmp_path), "--out", str(out)]
    assert main(options) == 0
    figures = json.loads(out.read_text(encoding="utf-8"))["report"]
    assert [item["mix"] for item in figures] == list(MIXES)
    for item in figures:
        assert item["questions"] == 200
        assert max(item["passes"].values()) <= 2
        assert min(item["passes_apart"].values()) >= 50
    printed = capsys.readouterr().out
    assert all(mix in printed for mix in MIXES)
