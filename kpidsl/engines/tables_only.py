"""Databases have tables of their own: they read no files, and nothing is added to them."""

from __future__ import annotations

from collections.abc import Sequence

from kpidsl.engines.base import EngineError
from kpidsl.model.sources import FilesOrigin, Source
from kpidsl.text.diagnostic import Diagnostic, error


class KeepsNothing:
    """What only reads keeps no rows for later statements."""

    keeps = False

    def keep(self, sql: str) -> None:
        del sql
        raise EngineError("permission", "rows are not kept on a server")


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
