"""A database file that isn't there: opening one must not make an empty one."""

from __future__ import annotations

from pathlib import Path

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
