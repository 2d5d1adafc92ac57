from __future__ import annotations

import importlib.util
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kpidsl.text import bundled as module
from kpidsl.text.bundled import bundled

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def installed(tmp_path: Path) -> Callable[..., Any]:
    """`bundled` as a wheel in tmp_path would run it, with `definitions/marketing.kpi` in it."""
    package = tmp_path / "site-packages" / "kpidsl"
    (package / "text").mkdir(parents=True)
    copied = shutil.copy(str(module.__file__), package / "text" / "bundled.py")
    (package / "bundled" / "definitions").mkdir(parents=True)
    (package / "bundled" / "definitions" / "marketing.kpi").write_text("kpidsl 1\n")
    spec = importlib.util.spec_from_file_location("installed_bundled", copied)
    assert spec is not None
    assert spec.loader is not None
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    result: Callable[..., Any] = loaded.bundled
    return result


@pytest.mark.parametrize("folder", ["definitions", "templates", "examples"])
def test_a_checkout_reads_its_own_top_level_folders(folder: str) -> None:
    assert bundled(folder) == ROOT / folder


def test_a_wheel_reads_the_copy_inside_the_package(
    installed: Callable[..., Any], tmp_path: Path
) -> None:
    found = installed("definitions", "marketing.kpi")
    assert found == tmp_path / "site-packages/kpidsl/bundled/definitions/marketing.kpi"
    assert found.read_text() == "kpidsl 1\n"


def test_a_wheel_never_reads_what_lies_beside_the_package(
    installed: Callable[..., Any], tmp_path: Path
) -> None:
    # Another distribution's site-packages/examples must not pass for ours.
    (tmp_path / "site-packages" / "examples").mkdir()
    with pytest.raises(FileNotFoundError):
        installed("examples")


def test_a_missing_file_is_named() -> None:
    with pytest.raises(FileNotFoundError, match="installation is incomplete") as caught:
        bundled("templates", "no-such-template.html")
    assert caught.value.filename == str(ROOT / "templates" / "no-such-template.html")
