"""The kiosk's pages, made once for each file of tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from kpidsl.reports.model import ReportModel
from tests.reports.pages import kiosk
from tests.reports.pages.looking import build


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("kiosk")
    kiosk.write_data(made)
    return made


@pytest.fixture(scope="module")
def month(folder: Path) -> ReportModel:
    return build(folder)[0]


@pytest.fixture(scope="module")
def detail(folder: Path) -> ReportModel:
    return build(folder, "detail")[0]
