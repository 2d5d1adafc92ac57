"""A page says the same on every engine; only the SQL that it shows is another."""

from __future__ import annotations

import re
from contextlib import closing
from pathlib import Path

import pytest

from kpidsl.engines.sqlite import SQLiteEngine
from kpidsl.reports.build import build_report
from kpidsl.reports.html import render_html
from kpidsl.reports.model import ReportModel
from kpidsl.run.runner import Runner
from tests.reports.pages import kiosk
from tests.reports.pages.looking import build
from tests.support import write_sqlite


def on_sqlite(folder: Path, name: str) -> ReportModel:
    write_sqlite(folder / "kiosk.sqlite", [folder / file for file in kiosk.DATA])
    names = [*kiosk.DATA, "lost.csv"]
    tables = {f'files: "{file}"': f"table: {Path(file).stem}" for file in names}
    model, _ = kiosk.load(folder, tables)
    with closing(SQLiteEngine(folder / "kiosk.sqlite", timezone="UTC")) as engine:
        page, _ = build_report(
            model.reports[name],
            model,
            Runner(model, engine),
            now=kiosk.NOW,
            commit="c0ffee",
            definition_hash="abc",
        )
    return page


def said(page: ReportModel) -> list[str]:
    """The page's lines but its SQL, and why the block without data has none."""
    html = re.sub(r"<pre.*?</pre>", "", render_html(page), flags=re.DOTALL)
    return re.sub(r"<strong>No figure.*?</div>", "", html, flags=re.DOTALL).splitlines()


@pytest.mark.parametrize("name", ["month", "detail"])
def test_a_page_is_the_same_on_sqlite(folder: Path, name: str) -> None:
    page, _ = build(folder, name)
    assert len(said(page)) > 100
    assert said(on_sqlite(folder, name)) == said(page)
