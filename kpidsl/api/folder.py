"""Where the definitions of a project lie."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from kpidsl.api.config import CONFIG_NAME, Config
from kpidsl.text.diagnostic import Diagnostic, error
from kpidsl.text.disk import is_folder, is_there, names_in
from kpidsl.text.suggest import nearest

SUFFIX = ".kpi"


def folder_of(path: Path) -> Path:
    """Return the project's folder: paths in its definitions are relative to it."""
    return path.parent if path.suffix == SUFFIX else path


def definition_files(path: Path, config: Config) -> tuple[list[Path], list[Diagnostic]]:
    """Return the `.kpi` files of a project's folder, sorted, or the single one that is named."""
    if path.suffix == SUFFIX:
        return [path], []
    if not is_there(path):
        return [], [_missing(path)]
    if not is_folder(path):
        return [], [no_definitions(path)]
    found: list[Diagnostic] = []
    files: set[Path] = set()
    for name in config.project.definitions:
        root = path / name
        if is_there(root):
            files |= set(_below(root)) if is_folder(root) else {root}
        else:
            found.append(_missing(root))
    if not files and not found:
        found.append(no_definitions(path))
    return sorted(files), found


def no_definitions(path: Path) -> Diagnostic:
    """Return the refusal of a file or folder without any definition."""
    mend = "write some in a `.kpi` file, or name the folder or file that holds them"
    return error("K926", f"`{path}` holds no definitions", help=mend)


def _below(root: Path) -> Iterator[Path]:
    """Yield the definition files of a folder. Hidden folders (`.git`, `.venv`) hold no
    definitions of ours, and a folder with settings of its own is another project."""
    for folder, folders, names in os.walk(root):
        folders[:] = [
            name
            for name in folders
            if not name.startswith(".") and not is_there(Path(folder, name, CONFIG_NAME))
        ]
        yield from (Path(folder, name) for name in names if name.endswith(SUFFIX))


def _missing(path: Path) -> Diagnostic:
    close = nearest(path.name, names_in(path.parent), 1)
    return error(
        "K926",
        f"`{path}` doesn't exist",
        help=f"use `{path.parent / close[0]}`" if close else "correct the path",
    )
