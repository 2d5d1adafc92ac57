"""Rows that several exports hold: refused, settled by file order, or kept."""

from __future__ import annotations

from collections.abc import Sequence

import duckdb
from sqlglot import exp

from kpidsl.engines.files import nodes
from kpidsl.engines.files.refusal import Refused
from kpidsl.engines.files.staging import FILE, unknown_column
from kpidsl.model.files import Overlap
from kpidsl.text.diagnostic import Diagnostic, warning
from kpidsl.text.source import Span


def settle(
    con: duckdb.DuckDBPyConnection,
    rows: exp.Select,
    columns: Sequence[str],
    names: Sequence[str],
    key: tuple[str, ...] | None,
    overlap: Overlap,
    span: Span | None,
) -> tuple[exp.Select, list[Diagnostic]]:
    """Return the rows that count, still with their `FILE`.

    A later file is one whose path sorts later. A key with a NULL in it equals no other.
    """
    key = _spelt_as_in_files(key, columns)
    if overlap == "latest_file" and not key:
        raise Refused(
            "K614",
            "`overlap: latest_file` has no `key` to tell which rows are the same",
            "name the key, as in `key: [day, campaign]`",
        )
    if len(names) < 2 or overlap == "keep_all":
        return rows, []
    if not key:
        return rows, _identical_rows(con, rows, columns, span)
    if overlap == "latest_file":
        return _latest(rows, key), []
    _refuse_overlap(con, rows, key, names)
    return rows, []


def _spelt_as_in_files(
    key: tuple[str, ...] | None, columns: Sequence[str]
) -> tuple[str, ...] | None:
    if key is None:
        return None
    spelt = {name.casefold(): name for name in columns}
    for name in key:
        if name.casefold() not in spelt:
            raise unknown_column("key", name, columns)
    return tuple(spelt[name.casefold()] for name in key)


def _complete(key: tuple[str, ...]) -> exp.Expr:
    return exp.and_(*[nodes.present(nodes.column(name)) for name in key])


def _latest(rows: exp.Select, key: tuple[str, ...]) -> exp.Select:
    last = exp.Window(
        this=exp.Max(this=nodes.column(FILE)),
        partition_by=[nodes.column(name) for name in key],
    )
    wins = exp.or_(exp.not_(_complete(key)), nodes.column(FILE).eq(last))
    inner = rows.subquery("every file")
    return exp.Select(qualify=exp.Qualify(this=wins)).select("*").from_(inner)


def _refuse_overlap(
    con: duckdb.DuckDBPyConnection, rows: exp.Select, key: tuple[str, ...], names: Sequence[str]
) -> None:
    columns = [nodes.column(name) for name in key]
    first = nodes.alias(exp.Min(this=nodes.column(FILE)), "first file")
    last = nodes.alias(exp.Max(this=nodes.column(FILE)), "last file")
    shared = (
        exp.select(*columns, first, last)
        .from_(rows.subquery("every file"))
        .where(_complete(key))
        .group_by(*columns)
        .having(exp.Max(this=nodes.column(FILE)) > exp.Min(this=nodes.column(FILE)))
    )
    texts = [nodes.cast(nodes.column(name), "VARCHAR") for name in key]
    query = (
        exp.select(
            exp.Window(this=exp.Count(this=exp.Star())),
            nodes.column("first file"),
            nodes.column("last file"),
            *texts,
        )
        .from_(shared.subquery("shared"))
        .order_by(*columns)
        .limit(1)
    )
    row = con.execute(nodes.sql(query)).fetchone()
    if row is None:
        return
    count, one, other, *values = row
    example = ", ".join(f"`{name}` {value}" for name, value in zip(key, values, strict=True))
    keys = "1 key stands" if count == 1 else f"{count} keys stand"
    raise Refused(
        "K614",
        f"{keys} in more than one file, such as {example} in `{names[one]}` and `{names[other]}`",
        "set `overlap: latest_file` if a later export replaces an earlier one, "
        "or remove one of the files",
    )


def _identical_rows(
    con: duckdb.DuckDBPyConnection, rows: exp.Select, columns: Sequence[str], span: Span | None
) -> list[Diagnostic]:
    cells = [nodes.column(name) for name in columns]
    repeated = (
        exp.select(exp.Count(this=exp.Star()).as_("n"))
        .from_(rows.subquery("every file"))
        .group_by(*cells)
        .having(exp.Max(this=nodes.column(FILE)) > exp.Min(this=nodes.column(FILE)))
    )
    query = exp.select(exp.Count(this=exp.Star())).from_(repeated.subquery("repeated"))
    found = con.execute(nodes.sql(query)).fetchone()
    if found is None or not found[0]:
        return []
    rows_are = "1 row is" if found[0] == 1 else f"{found[0]} rows are"
    return [
        warning(
            "K615",
            f"{rows_are} the same in more than one file, and without a key nothing tells whether "
            "they were exported twice",
            span,
            help="name the `key` of the source, or set `overlap: keep_all` if rows may repeat",
        )
    ]
