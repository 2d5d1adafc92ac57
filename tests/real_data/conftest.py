"""Projects over the reference data sets, written as an analyst would write them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import kpidsl
from kpidsl.text.diagnostic import has_errors
from kpidsl.text.render import render

HEAD = 'kpidsl 1\nproject real_data "Real data" {{ currency: {currency}, timezone: "UTC" }}\n'


@pytest.fixture
def project_of(tmp_path: Path) -> Iterator[Callable[..., kpidsl.Project]]:
    """Return a function that writes definitions to a folder and loads them, free of errors."""
    opened: list[kpidsl.Project] = []

    def make(definitions: str, currency: str = "USD") -> kpidsl.Project:
        file = tmp_path / "project.kpi"
        file.write_text(HEAD.format(currency=currency) + definitions, encoding="utf-8")
        project = kpidsl.load(file)
        assert not has_errors(project.diagnostics), render(project.diagnostics, "full")
        opened.append(project)
        return project

    yield make
    for project in opened:
        project.close()
