"""What isn't there: a database file, of which opening must not make an empty one, or a table."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from kpidsl.model.sources import Source
from kpidsl.text.diagnostic import Diagnostic, error
from kpidsl.text.disk import is_folder, is_named_in_utf8, is_there, names_in
from kpidsl.text.suggest import nearest


def missing_file(database: Path) -> list[Diagnostic]:
    """Return what to say where a database file doesn't exist, with the nearest name beside it, or
    can't be opened."""
    if is_there(database) and not is_folder(database):
        return _unreadable(database)
    close = nearest(database.name, names_in(database.parent), 1)
    return [
        error(
            "K645",
            f"database file `{database}` doesn't exist",
            help=f"use `{close[0]}`" if close else "correct the path in the profile's url",
        )
    ]


def _unreadable(database: Path) -> list[Diagnostic]:
    if not os.access(database, os.R_OK):
        reason, mend = "this user may not read it", "give this user the right to read the file"
    elif not is_named_in_utf8(database):
        reason, mend = "its path is no UTF-8", "rename the file, or the folder that it is in"
    else:
        return []
    return [error("K645", f"database file `{database}` can't be opened: {reason}", help=mend)]


def no_database(source: Source, path: Sequence[str]) -> Diagnostic:
    """Return that a source names a table where no database was named that could have it."""
    return error(
        "K641",
        f"table `{'.'.join(path)}` of source `{source.name}` is in no database, as no profile is "
        "used",
        source.span,
        label="a table",
        help="name a profile of `kpidsl.toml` by `--profile` or `default_profile`, or read "
        "`files:`",
    )


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
