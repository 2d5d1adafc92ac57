"""From the files that a source names to one relation with typed columns (D40)."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
from sqlglot import exp

from kpidsl.engines.files import nodes
from kpidsl.engines.files.columns import type_columns
from kpidsl.engines.files.delimited import TextTable, open_delimited
from kpidsl.engines.files.overlap import settle
from kpidsl.engines.files.paths import Format, find, format_of, shown
from kpidsl.engines.files.refusal import Refused
from kpidsl.engines.files.staging import FILE, KEPT, RAW, stage
from kpidsl.engines.files.typed import column_types, typed_rows
from kpidsl.engines.files.workbook import open_sheet
from kpidsl.model.files import FileSet, ReadOptions
from kpidsl.text.diagnostic import Diagnostic
from kpidsl.text.source import Span


@dataclass(frozen=True, slots=True)
class LoadedFiles:
    """What a source's files turned out to be.

    `columns` are (name as in the file, engine type); a column without any value has the type
    `"NULL"`, which fits every other. `assumptions` say in words what was found out rather than
    declared; `read` are the options that would declare it. `percentages` are columns whose
    cells were written in percent.
    """

    columns: tuple[tuple[str, str], ...]
    assumptions: tuple[str, ...]
    read: ReadOptions
    percentages: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Rows:
    query: exp.Select
    columns: tuple[str, ...]
    assumptions: tuple[str, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()
    read: ReadOptions = field(default_factory=ReadOptions)
    percentages: tuple[str, ...] = ()


def load(
    con: duckdb.DuckDBPyConnection,
    name: str,
    files: FileSet,
    base: Path,
    *,
    key: tuple[str, ...] | None,
    drop_where: exp.Expr | None,
    span: Span | None,
) -> tuple[LoadedFiles | None, list[Diagnostic]]:
    """Make the relation `name` of the connection from the files (D40, S12).

    Text, sheets and JSON become a table, so that they are parsed once; Parquet becomes a
    view. Cells without a value are NULL; a value is never turned into NULL. `drop_where` is
    a condition over the columns: as text before any typing, or as typed in Parquet and JSON.
    Nothing is made, and None returned, when there is an error.
    """
    try:
        paths = find(files.patterns, base)
        kinds = {format_of(path, base) for path in paths}
        _refuse_mixture(kinds, paths, base)
        with tempfile.TemporaryDirectory(prefix="kpidsl-") as folder:
            if kinds <= {Format.DELIMITED, Format.SHEET}:
                rows = _text_rows(con, paths, files.read, base, drop_where, span, Path(folder))
            else:
                query, columns = typed_rows(con, paths, next(iter(kinds)), base, drop_where)
                rows = _Rows(query, columns)
            names = [shown(path, base) for path in paths]
            query, found = settle(con, rows.query, rows.columns, names, key, files.overlap, span)
            loaded = _create(con, name, query, rows, view=kinds == {Format.PARQUET})
    except Refused as refused:
        return None, [refused.diagnostic(span)]
    except duckdb.Error as cause:
        problem = Refused(
            "K605",
            f"the files of `{name}` can't be read: " + str(cause).splitlines()[0],
            "check that the files are whole, and that `drop_where` compares like with like",
        )
        return None, [problem.diagnostic(span)]
    else:
        return loaded, [*rows.diagnostics, *found]
    finally:
        con.execute(nodes.sql(exp.Drop(tables=[nodes.table(KEPT)], kind="VIEW", exists=True)))
        con.execute(nodes.sql(exp.Drop(tables=[nodes.table(RAW)], kind="TABLE", exists=True)))


def open_text(path: Path, base: Path, read: ReadOptions, folder: Path) -> TextTable:
    """Return the layout of a delimited file or a sheet."""
    opener = open_sheet if format_of(path, base) is Format.SHEET else open_delimited
    return opener(path, shown(path, base), read, folder)


def _refuse_mixture(kinds: set[Format], paths: Sequence[Path], base: Path) -> None:
    if len(kinds) > 1 and not kinds <= {Format.DELIMITED, Format.SHEET}:
        listed = " and ".join(sorted(kinds))
        raise Refused(
            "K604",
            f"the files of one source are of different formats: {listed} "
            f"(such as `{shown(paths[0], base)}` and `{shown(paths[-1], base)}`)",
            "give each format a source of its own and join them with `union`",
        )


def _text_rows(
    con: duckdb.DuckDBPyConnection,
    paths: Sequence[Path],
    read: ReadOptions,
    base: Path,
    drop_where: exp.Expr | None,
    span: Span | None,
    folder: Path,
) -> _Rows:
    tables = [open_text(path, base, read, folder) for path in paths]
    staged = stage(con, tables, drop_where, read.null_values, folder)
    typing = type_columns(con, staged, read, span)
    query = exp.select(
        nodes.column(FILE),
        *[nodes.alias(column.value(), column.name) for column in typing.columns],
    ).from_(nodes.table(KEPT))
    said = [line for table in tables for line in table.assumptions]
    if staged.empty_rows:
        said.append(f"empty rows left out: {staged.empty_rows}")
    assumptions = tuple(dict.fromkeys([*said, *typing.assumptions]))
    found = {
        "dates": read.dates or typing.dates,
        "decimal": read.decimal or typing.decimal,
    }
    options = tables[0].found.model_copy(update=found)
    return _Rows(
        query, staged.columns, assumptions, typing.diagnostics, options, typing.percentages
    )


def _create(
    con: duckdb.DuckDBPyConnection,
    name: str,
    query: exp.Select,
    rows: _Rows,
    *,
    view: bool,
) -> LoadedFiles:
    columns = [nodes.column(column) for column in rows.columns]
    final = exp.select(*columns).from_(query.subquery("rows"))
    con.execute(nodes.sql(nodes.create(name, final, kind="VIEW" if view else "TABLE")))
    return LoadedFiles(
        tuple(column_types(con, nodes.table(name)).items()),
        rows.assumptions,
        rows.read,
        rows.percentages,
    )
