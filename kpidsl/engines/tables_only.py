"""Databases have tables; a source that reads files needs another engine."""

from __future__ import annotations

from collections.abc import Sequence

from kpidsl.model.sources import FilesOrigin, Source
from kpidsl.text.diagnostic import Diagnostic, error


def refused_files(database: str, sources: Sequence[Source]) -> list[Diagnostic]:
    """Return what to say of the sources that read files; `database` is one, in words."""
    return [
        error(
            "K502",
            f"source `{source.name}` reads files, and {database} has tables only",
            source.span,
            help="load the files into a table and name it by `table`, or run on DuckDB",
        )
        for source in sources
        if isinstance(source.origin, FilesOrigin)
    ]
