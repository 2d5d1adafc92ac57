"""Raw text of all files of a source in one temporary table, before anything has a type.

Columns are `c0, c1, …` in the order of the first file, so that odd names can't matter;
`t0, t1, …` of the view are the same cells without outer blanks, and NULL for no value.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

import duckdb
from sqlglot import exp

from kpidsl.engines.files import nodes
from kpidsl.engines.files.delimited import TextTable, first_ragged, padded, ragged, record_at
from kpidsl.engines.files.header import NAMELESS, looks_like_data, unnamed_with_values
from kpidsl.engines.files.paths import glob_free
from kpidsl.engines.files.refusal import Refused

RAW = "kpidsl raw text"
KEPT = "kpidsl kept rows"
FILE = "kpidsl file"
ROW = "kpidsl row"
_FOREIGN_BLANKS = "\u00a0\u202f\u2009\u3000\t"


@dataclass(frozen=True, slots=True)
class Staged:
    """The files in order, their common column names, and the first `ROW` of each file."""

    tables: tuple[TextTable, ...]
    columns: tuple[str, ...]
    starts: tuple[int, ...]
    empty_rows: int

    def place(self, row: int) -> str:
        """Return `line 7 of data/x.csv` for a value of `ROW`."""
        index = max(i for i, start in enumerate(self.starts) if start <= row)
        table = self.tables[index]
        line, _ = record_at(table, row - self.starts[index])
        return f"{table.unit} {line} of `{table.name}`"


def trimmed(position: int) -> exp.Column:
    return nodes.column(f"t{position}")


def original(position: int) -> exp.Column:
    return nodes.column(f"c{position}")


def stage(
    con: duckdb.DuckDBPyConnection,
    tables: Sequence[TextTable],
    drop_where: exp.Expr | None,
    null_values: tuple[str, ...],
    folder: Path,
) -> Staged:
    """Read all files as text; the view `KEPT` has the rows that stay.

    `drop_where` sees the trimmed text. Rows in which every cell is empty go away.
    """
    columns = tuple(name for name in tables[0].columns if name not in tables[0].unnamed)
    texts = {name: trimmed(position) for position, name in enumerate(columns)}
    condition = None if drop_where is None else over_columns(drop_where, texts)
    starts: list[int] = []
    short: list[tuple[TextTable, int]] = []
    total = 0
    for index, table in enumerate(tables):
        positions = _positions(table, tables[0], columns)
        starts.append(total)
        try:
            count = _insert(con, index, table, positions)
        except duckdb.Error as cause:
            mended, ordinals = _mend(table, condition, folder, cause)
            short += [(table, total + ordinal) for ordinal in sorted(ordinals)]
            count = _insert(con, index, mended, positions)
        total += count
    empty = _define_kept(con, len(columns), condition, null_values)
    staged = Staged(tuple(tables), columns, tuple(starts), empty)
    _refuse_short(con, staged, short)
    return staged


def _insert(
    con: duckdb.DuckDBPyConnection, index: int, table: TextTable, positions: list[int]
) -> int:
    """Append one file to the raw table and return its number of rows."""
    fields = [f"f{i}" for i in range(len(table.columns))]
    source = nodes.call(
        "read_csv",
        nodes.text(glob_free(table.path)),
        nodes.option("auto_detect", exp.false()),
        nodes.option("delim", nodes.text(table.delimiter)),
        nodes.option("quote", nodes.text('"')),
        nodes.option("escape", nodes.text('"')),
        nodes.option("header", exp.false()),
        nodes.option("skip", nodes.number(table.skip)),
        nodes.option("nullstr", nodes.text("")),
        nodes.option(
            "columns",
            exp.Struct(
                expressions=[nodes.option(field, nodes.text("VARCHAR")) for field in fields]
            ),
        ),
    )
    names = [nodes.alias(nodes.column(f"f{p}"), f"c{i}") for i, p in enumerate(positions)]
    rows = exp.select(nodes.alias(nodes.number(index), FILE), *names).from_(exp.Table(this=source))
    if table.unnamed:
        _require_empty(con, table, exp.Table(this=source))
    if index:
        done = con.execute(nodes.sql(exp.Insert(this=nodes.table(RAW), expression=rows)))
    else:
        done = con.execute(nodes.sql(nodes.create(RAW, rows, temporary=True)))
    result = done.fetchone()
    assert result is not None
    return int(result[0])


def _require_empty(con: duckdb.DuckDBPyConnection, table: TextTable, source: exp.Table) -> None:
    places = [(name, table.columns.index(name)) for name in table.unnamed]
    counts = [exp.Count(this=nodes.column(f"f{place}")) for _, place in places]
    found = con.execute(nodes.sql(exp.select(*counts).from_(source))).fetchone() or ()
    for (name, _), count in zip(places, found, strict=True):
        if count:
            raise unnamed_with_values(name, table.name)


def _positions(table: TextTable, first: TextTable, columns: tuple[str, ...]) -> list[int]:
    """Return where each common column stands in this file; order may differ, names not."""
    own = {name.casefold(): i for i, name in enumerate(table.columns) if name not in table.unnamed}
    wanted = {name.casefold() for name in columns}
    missing = [name for name in columns if name.casefold() not in own]
    extra = [table.columns[i] for key, i in own.items() if key not in wanted]
    if not missing and not extra:
        return [own[name.casefold()] for name in columns]
    raise columns_differ(table.name, first.name, missing, extra)


def columns_differ(file: str, first: str, missing: list[str], extra: list[str]) -> Refused:
    lacks = "lacks " + ", ".join(f"`{name}`" for name in missing) if missing else ""
    has = "has " + ", ".join(f"`{name}`" for name in extra) + " besides" if extra else ""
    mend = "give these files to sources of their own and join them with `union`"
    near = get_close_matches(missing[0], extra, n=1, cutoff=0.5) if missing else []
    if near:
        mend = f"rename `{near[0]}` in `{file}` to `{missing[0]}`, or {mend}"
    message = f"`{file}` has other columns than `{first}`: it " + " and ".join(
        part for part in (lacks, has) if part
    )
    return Refused("K610", message, mend)


def _mend(
    table: TextTable, condition: exp.Expr | None, folder: Path, cause: duckdb.Error
) -> tuple[TextTable, frozenset[int]]:
    """Return a copy with short rows filled up, for `drop_where` to judge; else refuse."""
    problem = first_ragged(table)
    if problem is None:
        detail = str(cause).splitlines()[0].removeprefix("Invalid Input Error: ")
        raise Refused(
            "K605",
            f"`{table.name}` can't be read as delimited text: {detail}",
            "export it again with each quote inside a value doubled",
        ) from cause
    if condition is None:
        raise problem
    return padded(table, folder)


def _refuse_short(
    con: duckdb.DuckDBPyConnection, staged: Staged, short: list[tuple[TextTable, int]]
) -> None:
    """Refuse the first short row that `drop_where` did not take away."""
    if not short:
        return
    query = (
        exp.select(exp.Min(this=nodes.column(ROW)))
        .from_(nodes.table(KEPT))
        .where(nodes.column(ROW).isin(*[row for _, row in short]))
    )
    found = con.execute(nodes.sql(query)).fetchone()
    if found is None or found[0] is None:
        return
    row = int(found[0])
    table = next(table for table, at in short if at == row)
    start = max(start for start in staged.starts if start <= row)
    line, fields = record_at(table, row - start)
    raise ragged(table, line, len(fields))


def over_columns(condition: exp.Expr, columns: Mapping[str, exp.Expr]) -> exp.Expr:
    """Return the condition of `drop_where` over these expressions for the columns that it
    names, or refuse a name that no column has."""
    places = {name.casefold(): value for name, value in columns.items()}

    def replaced(node: exp.Expr) -> exp.Expr:
        if not isinstance(node, exp.Column):
            return node
        if node.name.casefold() not in places:
            raise unknown_column("drop_where", node.name, tuple(columns))
        return places[node.name.casefold()].copy()

    return condition.copy().transform(replaced)


def unknown_column(key: str, name: str, columns: Sequence[str]) -> Refused:
    near = get_close_matches(name, columns, n=1, cutoff=0.5)
    listed = ", ".join(f"`{item}`" for item in columns[:8])
    mend = f"write `{near[0]}`" if near else f"choose one of {listed}"
    if looks_like_data(columns[:1]):
        mend = "name the columns, if the first line holds none: " + NAMELESS
    return Refused("K616", f"`{key}` names `{name}`, and the files have no such column", mend)


def _define_kept(
    con: duckdb.DuckDBPyConnection,
    width: int,
    condition: exp.Expr | None,
    null_values: tuple[str, ...],
) -> int:
    """Create the view `KEPT`; return how many rows it leaves out for being empty."""
    cells = []
    for position, messy in enumerate(_messy(con, width)):
        cell: exp.Expr = original(position)
        if messy:
            blanks = nodes.text(" " * len(_FOREIGN_BLANKS))
            spaced = nodes.call("translate", cell, nodes.text(_FOREIGN_BLANKS), blanks)
            cell = nodes.call("nullif", nodes.call("trim", spaced), nodes.text(""))
        cells.append(nodes.alias(cell, f"t{position}"))
    inner = exp.select(nodes.alias(nodes.column("rowid"), ROW), exp.Star(), *cells)
    inner = inner.from_(nodes.table(RAW))
    dropped = exp.Coalesce(this=condition, expressions=[exp.false()]) if condition else exp.false()
    first = exp.Coalesce(this=trimmed(0), expressions=[trimmed(i) for i in range(1, width)])
    # `drop_where` may name a cell that `null_values` then takes for no value.
    values = [
        nodes.alias(_value(position, null_values), f"t{position}") for position in range(width)
    ]
    originals = [original(position) for position in range(width)]
    query = (
        exp.select(nodes.column(ROW), nodes.column(FILE), *originals, *values)
        .from_(inner.subquery("cells"))
        .where(exp.not_(dropped))
    )
    kept = exp.select("*").from_(query.subquery("rows")).where(nodes.present(first))
    empty = nodes.count_where(exp.Not(this=nodes.present(first)))
    try:
        found = con.execute(nodes.sql(exp.select(empty).from_(query.subquery("rows")))).fetchone()
    except duckdb.Error as cause:
        raise Refused(
            "K616",
            "`drop_where` can't be worked out over the files' text: " + str(cause).splitlines()[0],
            'compare columns with text, as in `drop_where: `day` = "Total"`',
        ) from cause
    con.execute(nodes.sql(nodes.create(KEPT, kept, kind="VIEW", temporary=True)))
    return int(found[0] or 0) if found else 0


def _value(position: int, null_values: tuple[str, ...]) -> exp.Expr:
    cell = trimmed(position)
    return nodes.case(cell.isin(*null_values), exp.null(), cell) if null_values else cell


def _messy(con: duckdb.DuckDBPyConnection, width: int) -> list[bool]:
    """Say for each column whether any cell has outer or foreign blanks: taking them off is
    ten times as slow as finding out that there are none."""
    blank = f"^ | $|[{_FOREIGN_BLANKS}]"
    found = [
        nodes.count_where(nodes.call("regexp_matches", original(i), nodes.text(blank)))
        for i in range(width)
    ]
    row = con.execute(nodes.sql(exp.select(*found).from_(nodes.table(RAW)))).fetchone() or ()
    return [bool(count) for count in row]
