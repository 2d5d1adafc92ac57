"""What isn't there: a database file, of which opening must not make an empty one, or a table."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from kpidsl.model.sources import Source
from kpidsl.text.diagnostic import Diagnostic, error
from kpidsl.text.suggest import nearest


def missing_file(database: Path) -> list[Diagnostic]:
    """Return what to say where a database file doesn't exist, with the nearest name beside it."""
    if database.is_file():
        return []
    folder = database.parent
    siblings = [item.name for item in folder.iterdir()] if folder.is_dir() else []
    close = nearest(database.name, siblings, 1)
    return [
        error(
            "K645",
            f"database file `{database}` doesn't exist",
            help=f"use `{close[0]}`" if close else "correct the path in the profile's url",
        )
    ]


def missing_table(source: Source, path: Sequence[str], known: Sequence[str]) -> Diagnostic:
    """Return that a source names a table that isn't among those `known`."""
    name = ".".join(path)
    close = nearest(name, known, 1)
    return error(
        "K641",
        f"table `{name}` of source `{source.name}` doesn't exist",
        source.span,
        label="read here",
        help=f"use `{close[0]}`" if close else "create the table, or correct its name",
    )
