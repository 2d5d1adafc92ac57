"""Small projects for tests: definitions and data as text, loaded as a user would load them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import kpidsl
from kpidsl.run.result import Result
from kpidsl.text.diagnostic import has_errors
from kpidsl.text.render import render


def project(folder: Path, definitions: str, **tables: str) -> kpidsl.Project:
    """Write `project.kpi` and one CSV file per table; load, and insist on no errors."""
    loaded = load(folder, definitions, **tables)
    assert not has_errors(loaded.diagnostics), render(loaded.diagnostics, "full")
    return loaded


def load(folder: Path, definitions: str, **tables: str) -> kpidsl.Project:
    """Write `project.kpi` and one CSV file per table; load, whatever is found."""
    for name, text in tables.items():
        rows = [line.strip() for line in text.strip().splitlines()]
        (folder / f"{name}.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    file = folder / "project.kpi"
    file.write_text(definitions, encoding="utf-8")
    return kpidsl.load(file)


def rows(result: Result, *names: str) -> list[tuple[Any, ...]]:
    """Return the named columns, row by row."""
    return [tuple(record[name] for name in names) for record in result.records()]
