"""A page tells from which commit of the definitions it was made."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from kpidsl.api.provenance import commit_of

_WHO = ["-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false"]


def git(folder: Path, *words: str) -> str:
    command = ["git", "-C", str(folder), *_WHO, *words]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def test_the_commit_of_a_folder_under_git(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    assert commit_of(tmp_path) == ""  # nothing is committed yet
    git(tmp_path, "commit", "-q", "--allow-empty", "-m", "first")
    (tmp_path / "definitions").mkdir()
    short = commit_of(tmp_path / "definitions")
    assert len(short) >= 4
    assert git(tmp_path, "rev-parse", "HEAD").startswith(short)


def test_a_folder_without_git_and_a_computer_without_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert commit_of(tmp_path) == ""
    monkeypatch.setenv("PATH", "")
    assert commit_of(tmp_path) == ""


def test_a_git_that_fails_or_hangs_stops_no_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file system that doesn't answer holds git up; here the limit has passed at once."""

    def too_slow(command: list[str], **_: object) -> None:
        raise subprocess.TimeoutExpired(command, 10)

    monkeypatch.setattr(subprocess, "run", too_slow)
    assert commit_of(tmp_path) == ""
