"""The page about the Python API tells of all that can be called and asked."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import kpidsl
from kpidsl.api.question import Asked

PAGE = Path(__file__).resolve().parents[2] / "docs/reference/python.md"


def called() -> dict[str, str]:
    """Return what stands between the brackets of each call, by the name of what is called."""
    rows = re.findall(r"^\| `([\w.]+)\((.*?)\)` \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    return dict(rows)


def test_each_function_has_a_row() -> None:
    functions = {
        f"kpidsl.{name}" for name in kpidsl.__all__ if inspect.isfunction(getattr(kpidsl, name))
    }
    assert functions <= called().keys()


def test_a_question_takes_what_its_row_says() -> None:
    words = called()["project.query"].split(", ")
    assert set(words) == {"*metrics", *Asked.__annotations__}
