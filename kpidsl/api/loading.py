"""From a folder to a loaded project."""

from __future__ import annotations

import gc
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from kpidsl.api.config import Config, dialect_of, read_config
from kpidsl.api.folder import definition_files, folder_of, no_definitions
from kpidsl.api.project import Project
from kpidsl.kinds.check import check
from kpidsl.plan.excludes import Excludes
from kpidsl.syntax.parser import parse
from kpidsl.syntax.tree import File
from kpidsl.text.bundled import bundled
from kpidsl.text.diagnostic import Diagnostic, has_errors
from kpidsl.text.disk import as_bytes
from kpidsl.text.reading import read_source

_UNKNOWN = {"K211", "K214", "K217"}
"""What is said of a name that nothing has, or nothing of its sort."""


def load(path: str | Path, *, profile: str | None = None, cache: bool = False) -> Project:
    """Load the project in a folder, or of a single `.kpi` file. With `cache` answers are kept in
    the user's folder for caches, and not asked for again while nothing they come from changes.

    Never raises for mistakes in definitions: `Project.diagnostics` holds them, and what is
    right can be asked.
    """
    path = Path(path)
    folder = folder_of(path)
    config, diagnostics = read_config(folder)
    paths, found = definition_files(path, config)
    diagnostics += found
    is_usable = not has_errors(diagnostics)
    files: list[File] = []
    malformed: list[Diagnostic] = []
    digest = hashlib.sha256()
    with _garbage_kept():
        for item in paths:
            name = item.relative_to(folder).as_posix() if item.is_relative_to(folder) else str(item)
            source, found = read_source(item, name)
            diagnostics += found
            if source is not None:
                digest.update(as_bytes(f"{name}\0{source.text}\0"))
                file, found = parse(source)
                malformed += found
                files.append(file)
        today = datetime.now(UTC).date()
        dialect = dialect_of(config, profile)
        model, found = check(
            files, _packs(config), malformed=malformed, today=today, dialect=dialect
        )
        if len(files) < len(paths):  # a name that nothing has may be in what couldn't be read
            found = [item for item in found if item.code not in _UNKNOWN]
    diagnostics += malformed + found
    if model is not None:
        diagnostics += Excludes(model).circular.values()
    elif not has_errors(diagnostics):
        diagnostics.append(no_definitions(path))
    return Project(
        folder,
        config,
        model if is_usable else None,
        diagnostics,
        digest.hexdigest()[:12],
        profile,
        cache,
    )


def _packs(config: Config) -> list[File]:
    files = []
    for name in config.project.packs:
        source, _ = read_source(bundled("definitions", f"{name}.kpi"), f"<pack {name}>")
        if source is not None:
            files.append(parse(source)[0])
    return files


@contextmanager
def _garbage_kept() -> Iterator[None]:
    """Pause the cyclic collector: trees only grow while a project loads, and looking through
    them again and again took a third of the time."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
