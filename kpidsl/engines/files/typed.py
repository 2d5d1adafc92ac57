"""Files that carry their own types: Parquet and JSON."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import duckdb
from sqlglot import exp

from kpidsl.engines.files import nodes
from kpidsl.engines.files.header import refuse_repeated, writable
from kpidsl.engines.files.paths import Format, glob_free, shown
from kpidsl.engines.files.readings import STANDARD, Clocks
from kpidsl.engines.files.refusal import Refused
from kpidsl.engines.files.sizes import fraction_type
from kpidsl.engines.files.staging import FILE, columns_differ, over_columns

_EDGE = 4096
_SAMPLE_ROWS = 1000
_DECIMAL_TYPE = re.compile(r"DECIMAL\(\d+,\s*(\d+)\)")
_DECIMAL = r"-?[0-9]+(?:\.[0-9]+)?"

TypedColumns = dict[str, exp.Expr]


def typed_rows(
    con: duckdb.DuckDBPyConnection,
    paths: Sequence[Path],
    kind: Format,
    base: Path,
    drop_where: exp.Expr | None,
) -> tuple[exp.Select, tuple[str, ...]]:
    """Return a query over all files, with a `FILE` column, and the column names.

    Types of JSON are worked out over the whole file; its numbers with a fraction become
    decimals, as they are written, where six places hold them all (S12). Texts in Parquet that
    are all ISO dates or times are read as such, as in a text file (S20).
    """
    sources = [_source(con, path, kind, base) for path in paths]
    names = tuple(sources[0][1])
    for path, (_, columns) in zip(paths[1:], sources[1:], strict=True):
        missing = [name for name in names if name not in columns]
        extra = [name for name in columns if name not in names]
        if missing or extra:
            raise columns_differ(shown(path, base), shown(paths[0], base), missing, extra)
    given = [writable(name) for name in names]
    refuse_repeated(given, f"`{shown(paths[0], base)}`")
    parts = [
        exp.select(
            nodes.alias(nodes.number(index), FILE),
            *[nodes.alias(columns[name].copy(), writable(name)) for name in names],
        ).from_(source.copy())
        for index, (source, columns) in enumerate(sources)
    ]
    rows = parts[0] if len(parts) == 1 else exp.union(*parts, distinct=False)
    if len(parts) > 1:
        _refuse_rounding(con, rows, parts, [shown(path, base) for path in paths])
    query = exp.select("*").from_(rows.subquery("files"))
    if drop_where is not None:
        query = query.where(exp.not_(_condition(drop_where, given)))
    if kind is Format.PARQUET:
        query = _with_iso_times(con, query)
    return query, tuple(given)


def _refuse_rounding(
    con: duckdb.DuckDBPyConnection, rows: exp.Query, parts: Sequence[exp.Select], files: list[str]
) -> None:
    """Refuse files of which one has decimals that don't fit beside the digits of the others."""
    whole = decimal_places(column_types(con, rows.subquery("files")))
    for file, part in zip(files, parts, strict=True):
        for name, places in decimal_places(column_types(con, part.subquery("file"))).items():
            left = whole.get(name, places)
            if left < places:
                raise Refused(
                    "K658",
                    f"column `{name}` of `{file}` has {places} decimals, and would be rounded to "
                    f"{left} beside the other files: no type of the engine holds all of their "
                    "digits",
                    "export the files with the same decimals",
                )


def _condition(drop_where: exp.Expr, names: Sequence[str]) -> exp.Expr:
    columns = {name: nodes.column(name) for name in names}
    condition = over_columns(drop_where, columns)
    return exp.Coalesce(this=condition, expressions=[exp.false()])


def _source(
    con: duckdb.DuckDBPyConnection, path: Path, kind: Format, base: Path
) -> tuple[exp.Expr, TypedColumns]:
    location = nodes.text(glob_free(path))
    try:
        if kind is Format.PARQUET:
            source = exp.Table(this=nodes.call("read_parquet", location))
            return source, {name: nodes.column(name) for name in column_types(con, source)}
        _require_whole(path, base)
        lines = path.suffix.lower() in {".jsonl", ".ndjson"}
        layout = nodes.option("format", nodes.text("newline_delimited" if lines else "auto"))
        whole = nodes.option("sample_size", nodes.number(-1))
        types = column_types(con, exp.Table(this=nodes.call("read_json", location, layout, whole)))
        return _exact_json(con, location, layout, types)
    except duckdb.Error as cause:
        raise Refused(
            "K605",
            f"`{shown(path, base)}` can't be read: " + str(cause).splitlines()[0],
            "export it again; it may be damaged, or another format under this name",
        ) from cause


def _require_whole(path: Path, base: Path) -> None:
    """Refuse a JSON text that breaks off: the engine would read what there is of an array."""
    pairs = {b"[": b"]", b"{": b"}"}
    with path.open("rb") as stream:
        head = stream.read(_EDGE).lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
        stream.seek(max(path.stat().st_size - _EDGE, 0))
        tail = stream.read().rstrip()[-1:]
    if pairs.get(head) != tail:
        raise Refused(
            "K605",
            f"`{shown(path, base)}` is no whole JSON text: it begins with "
            f"`{head.decode(errors='replace')}` and ends with `{tail.decode(errors='replace')}`",
            "download or export it again",
        )


def column_types(con: duckdb.DuckDBPyConnection, relation: exp.Expr) -> dict[str, str]:
    """Return the engine's type of each column of a relation."""
    rows = con.execute(nodes.sql(exp.Describe(this=exp.select("*").from_(relation)))).fetchall()
    return {row[0]: row[1] for row in rows}


def decimal_places(types: Mapping[str, str]) -> dict[str, int]:
    """Return how many places the columns have that keep decimals exactly."""
    found = ((column, _DECIMAL_TYPE.fullmatch(kind)) for column, kind in types.items())
    return {column: int(size[1]) for column, size in found if size}


def _with_iso_times(con: duckdb.DuckDBPyConnection, rows: exp.Select) -> exp.Select:
    """Cast the texts that are ISO dates or times in every row of every file."""
    types = column_types(con, rows.subquery("rows"))
    texts = [name for name, kind in types.items() if kind == "VARCHAR"]
    likely = _clocks(con, rows.copy().limit(_SAMPLE_ROWS), texts)
    clocks = _clocks(con, rows, tuple(likely))
    found = {name: item.type for name, item in clocks.items() if item.values and item.type}
    columns = [
        nodes.alias(nodes.cast(nodes.column(name), found[name]), name)
        if name in found
        else nodes.column(name)
        for name in types
    ]
    return exp.select(*columns).from_(rows.subquery("rows")) if found else rows


def _clocks(
    con: duckdb.DuckDBPyConnection, rows: exp.Select, texts: Sequence[str]
) -> dict[str, Clocks]:
    """Return the columns in which every text is a date or a time, and what these have."""
    questions: list[exp.Expr] = []
    for name in texts:
        cell = nodes.column(name)
        questions += [*Clocks.counts(cell), nodes.count_where(STANDARD.fits(cell))]
    if not questions:
        return {}
    query = exp.select(*questions).from_(rows.subquery("rows"))
    row = con.execute(nodes.sql(query)).fetchone() or ()
    counts = [int(count or 0) for count in row]  # an empty table counts to NULL
    found = {}
    for position, name in enumerate(texts):
        values, times, zones, fitting = counts[4 * position : 4 * position + 4]
        if fitting == values:
            found[name] = Clocks(values, times, zones)
    return found


def _exact_json(
    con: duckdb.DuckDBPyConnection,
    location: exp.Expr,
    layout: exp.Expr,
    types: dict[str, str],
) -> tuple[exp.Expr, TypedColumns]:
    """Read fractions as the text that stands in the file, then as decimals of its scale."""
    as_text = {name: "VARCHAR" if kind == "DOUBLE" else kind for name, kind in types.items()}
    fields = [
        exp.PropertyEQ(this=exp.to_identifier(name, quoted=True), expression=nodes.text(kind))
        for name, kind in as_text.items()
    ]
    columns = nodes.option("columns", exp.Struct(expressions=fields))
    source = exp.Table(this=nodes.call("read_json", location, layout, columns))
    fractions = [name for name, kind in types.items() if kind == "DOUBLE"]
    if not fractions:
        return source, {name: nodes.column(name) for name in types}
    questions: list[exp.Expr] = []
    for name in fractions:
        cell = nodes.column(name)
        plain = nodes.call("regexp_full_match", cell, nodes.text(_DECIMAL))
        whole = nodes.call("split_part", cell, nodes.text("."), nodes.number(1))
        part = nodes.call("split_part", cell, nodes.text("."), nodes.number(2))
        questions += [
            nodes.count_where(exp.not_(plain)),
            exp.Max(this=nodes.call("length", whole)),
            exp.Max(this=nodes.call("length", part)),
        ]
    answers = con.execute(nodes.sql(exp.select(*questions).from_(source))).fetchone() or ()
    result: TypedColumns = {name: nodes.column(name) for name in types}
    for index, name in enumerate(fractions):
        odd, digits, scale = (int(value or 0) for value in answers[3 * index : 3 * index + 3])
        kind = "DOUBLE" if odd else fraction_type(digits, scale)
        result[name] = nodes.cast(nodes.column(name), kind)
    return source, result
