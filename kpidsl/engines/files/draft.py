"""What a file seems to hold, for the draft of a source that `kpidsl init` writes."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from pathlib import Path

import duckdb
from sqlglot import exp

from kpidsl.engines.files import nodes
from kpidsl.engines.files.delimited import head_records, records
from kpidsl.engines.files.header import likely_header_row
from kpidsl.engines.files.load import LoadedFiles, load, open_text
from kpidsl.engines.files.paths import Format, find, format_of, shown
from kpidsl.engines.files.readings import AMOUNTS, INTEGER, matches
from kpidsl.engines.files.refusal import Refused
from kpidsl.engines.files.sizes import NOTHING
from kpidsl.engines.files.workbook import preview
from kpidsl.model.files import FileSet, ReadOptions
from kpidsl.text.diagnostic import Diagnostic, Severity

_RELATION = "draft"
_PREVIEW = 30
_MAX_MEMBERS = 50
_MAX_KEY_COLUMNS = 10
_TOTAL = frozenset(
    {"總計", "合計", "小計", "总计", "合计", "小计", "total", "totals", "grand total", "subtotal"}
    | {"sum", "jumlah", "gesamt", "summe"}
)
IDENTIFIER = re.compile(
    r"(^|[_\s-])(id|ids|no|nr|num|number|code|zip|postcode|phone|year)$|Id$|ID$|編號|代號|代碼|电话|電話"
)
RATIO = re.compile(
    r"(?i)(^|[_\s-])(rate|ratio|average|avg|mean|pct|percent|per|score|cpc|cpm|cpa|ctr|roas|roi)"
    r"($|[_\s-])|[率比]$|平均|％|%"
)
# What people and programs write for "no value": signs alone, or one of these words.
_NO_VALUE = r"(?i)[^\pL\pN]+|\s*(#?n/a|na|n\.a\.|nan|null|none|nil|k\.a\.|無|无|なし)\s*"
_TEXT = "VARCHAR"
_TYPED = (Format.PARQUET, Format.JSON)
_NUMERIC = ("BIGINT", "DECIMAL", "DOUBLE", "INTEGER", "HUGEINT", "FLOAT", "SMALLINT")


@dataclass(frozen=True, slots=True)
class FileDraft:
    """A file's layout and what its columns may stand for.

    `read` holds what has to be declared so that the file, and the next export like it, is
    read in the same way. `totals` are the words in the first column that mark totals rows.
    The candidates are proposals: `key` is unique and without NULL in this file.
    """

    path: Path
    read: ReadOptions
    columns: tuple[tuple[str, str], ...]
    rows: int
    totals: tuple[str, ...]
    key: tuple[str, ...] | None
    time: str | None
    measures: tuple[str, ...]
    dimensions: tuple[str, ...]
    assumptions: tuple[str, ...]


def describe_file(path: Path) -> tuple[FileDraft | None, list[Diagnostic]]:
    """Return the draft of one file, or why there can be none.

    Dates or amounts that can be read in two ways are drafted in one of them, with a warning
    to check it: a draft is read by a person before any number comes from it.
    """
    base = path.parent
    try:
        find((str(path),), Path())
        read, totals = _layout(path, base)
    except Refused as refused:
        return None, [refused.diagnostic(None)]
    con = duckdb.connect()
    try:
        loaded, diagnostics = _load(con, path, read, totals)
        if loaded is None:
            return None, diagnostics
        return _draft(con, path, loaded, totals), diagnostics
    finally:
        con.close()


def _layout(path: Path, base: Path) -> tuple[ReadOptions, tuple[str, ...]]:
    """Return the options without which the file can't be read, and its totals words."""
    kind = format_of(path, base)
    if kind in _TYPED:
        return ReadOptions(), ()
    with tempfile.TemporaryDirectory(prefix="kpidsl-") as name:
        folder = Path(name)
        if kind is Format.SHEET:
            head = list(enumerate(preview(path, shown(path, base), ReadOptions(), _PREVIEW), 1))
        else:
            head = head_records(path, shown(path, base), folder)
        read = ReadOptions(header_row=likely_header_row(head))
        table = open_text(path, base, read, folder)
        found = {
            fields[0].strip(): None
            for _, fields in records(table)
            if fields[0].strip().rstrip(":：").casefold() in _TOTAL
        }
    return read, tuple(found)


def _load(
    con: duckdb.DuckDBPyConnection, path: Path, read: ReadOptions, totals: tuple[str, ...]
) -> tuple[LoadedFiles | None, list[Diagnostic]]:
    """Load the file with the cells declared that mean "none" among numbers or dates."""
    condition = None
    if totals:
        with tempfile.TemporaryDirectory(prefix="kpidsl-") as name:
            first = open_text(path, path.parent, read, Path(name)).columns[0]
        condition = nodes.column(first).isin(*totals)
    loaded, found = _decided(con, path, read, condition)
    if loaded is None or format_of(path, path.parent) in _TYPED:
        return loaded, found
    words = _no_value_words(con, loaded)
    if not words:
        return loaded, found
    # Only a column that turns into numbers or dates without the words shows that they mean none.
    tried, _ = _decided(con, path, _without(read, words.values()), condition)
    types = {} if tried is None else dict(tried.columns)
    proving = [words[name] for name in words if types.get(name, _TEXT) not in (_TEXT, NOTHING)]
    loaded, found = _decided(con, path, _without(read, proving), condition)
    if loaded is None or not proving:
        return loaded, found
    meant = loaded.read.null_values
    concerned = [name for name, own in words.items() if own & set(meant)]
    said = f"{_listed(meant)} read as no value in {_listed(concerned)}"
    return replace(loaded, assumptions=(*loaded.assumptions, said)), found


def _no_value_words(
    con: duckdb.DuckDBPyConnection, loaded: LoadedFiles
) -> dict[str, frozenset[str]]:
    """Return the words for "none" that stand in each column of texts."""
    found = {}
    for name, kind in loaded.columns:
        if kind == _TEXT:
            cell = nodes.column(name)
            query = exp.select(cell).distinct().from_(nodes.table(_RELATION))
            rows = con.execute(nodes.sql(query.where(matches(cell, _NO_VALUE)))).fetchall()
            if rows:
                found[name] = frozenset(str(row[0]).strip() for row in rows)
    return found


def _without(read: ReadOptions, words: Iterable[frozenset[str]]) -> ReadOptions:
    """Return the options under which these words are no values."""
    return read.model_copy(update={"null_values": tuple(sorted(frozenset().union(*words)))})


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _decided(
    con: duckdb.DuckDBPyConnection, path: Path, read: ReadOptions, condition: exp.Expr | None
) -> tuple[LoadedFiles | None, list[Diagnostic]]:
    """Load the file; where a choice is open, take one and turn the refusal into a warning."""
    choices: dict[str, dict[str, object]] = {"K612": {"dates": "dmy"}, "K613": {"decimal": ","}}
    to_check: list[Diagnostic] = []
    while True:
        loaded, found = load(
            con,
            _RELATION,
            FileSet(patterns=(path.name,), read=read),
            path.parent,
            key=None,
            drop_where=condition,
            span=None,
        )
        choice = choices.pop(found[0].code, None) if loaded is None else None
        if choice is None:
            return loaded, [*to_check, *found]
        read = read.model_copy(update=choice)
        to_check.append(found[0].with_severity(Severity.WARNING))


def _draft(
    con: duckdb.DuckDBPyConnection, path: Path, loaded: LoadedFiles, totals: tuple[str, ...]
) -> FileDraft:
    relation = nodes.table(_RELATION)
    declared = dict(loaded.columns)
    columns = [
        (name, kind) for name, kind in loaded.columns if not kind.startswith(("STRUCT", "MAP"))
    ]
    flat = [name for name, kind in columns if not kind.endswith("[]")]
    counts: list[exp.Expr] = [exp.Count(this=exp.Star())]
    for name in flat:
        distinct = exp.Distinct(expressions=[nodes.column(name)])
        counts += [exp.Count(this=distinct), exp.Count(this=nodes.column(name))]
    row = con.execute(nodes.sql(exp.select(*counts).from_(relation))).fetchone() or (0,)
    rows = int(row[0])
    distinct_values = dict(zip(flat, map(int, row[1::2]), strict=True))
    present = dict(zip(flat, map(int, row[2::2]), strict=True))
    types = {**dict(columns), **_mostly_numbers(con, columns)}
    key = _key(con, rows, [name for name in flat if present[name] == rows], types, distinct_values)
    times = [name for name in flat if types[name].startswith(("DATE", "TIMESTAMP"))]
    measures = [
        name
        for name in flat
        if declared[name].startswith(_NUMERIC)
        and name not in (key or ())
        and not IDENTIFIER.search(name)
        and name not in loaded.percentages
        and not RATIO.search(name)  # a sum of ratios is no number of anything (T8)
    ]
    dimensions = [
        name
        for name in flat
        if types[name] in (_TEXT, "BOOLEAN")
        and (name,) != key
        and 0 < distinct_values[name] <= max(_MAX_MEMBERS, rows // 100)
        and not IDENTIFIER.search(name)
    ]
    return FileDraft(
        path,
        loaded.read,
        loaded.columns,
        rows,
        totals,
        key,
        times[0] if times else None,
        tuple(measures),
        tuple(dimensions),
        loaded.assumptions,
    )


def _mostly_numbers(
    con: duckdb.DuckDBPyConnection, columns: Sequence[tuple[str, str]]
) -> dict[str, str]:
    """Return the columns of texts most of which are numbers, each with the type of those.

    They can't be added up, but they are amounts or codes all the same.
    """
    found = {}
    for name, kind in columns:
        if kind == _TEXT:
            cell = nodes.call("trim", nodes.column(name))
            amount = exp.or_(*[reading.looks(cell) for reading in AMOUNTS])
            counts = [nodes.count_where(test) for test in (INTEGER.looks(cell), amount)]
            query = exp.select(exp.Count(this=cell), *counts).from_(nodes.table(_RELATION))
            values, integers, numbers = con.execute(nodes.sql(query)).fetchone() or (0, 0, 0)
            if 0 < values <= 2 * numbers:
                found[name] = "BIGINT" if integers == numbers else "DECIMAL"
    return found


def _key(
    con: duckdb.DuckDBPyConnection,
    rows: int,
    complete: list[str],
    types: dict[str, str],
    distinct_values: dict[str, int],
) -> tuple[str, ...] | None:
    """Return the first unique column, or else the first unique pair.

    An amount is no key, whether its values differ or not; a whole number is a candidate in the
    first column or under a name such as `order_id`.
    """
    first = next(iter(types), None)
    candidates = [
        name
        for name in complete
        if not types[name].startswith(("DECIMAL", "DOUBLE", "BOOLEAN"))
        and (not types[name].startswith(_NUMERIC) or name == first or IDENTIFIER.search(name))
    ]
    if not rows:
        return None
    unique = [name for name in candidates if distinct_values[name] == rows]
    if unique:
        named = [name for name in unique if IDENTIFIER.search(name)]
        return ((named or unique)[0],)
    for pair in combinations(candidates[:_MAX_KEY_COLUMNS], 2):
        if distinct_values[pair[0]] * distinct_values[pair[1]] < rows:
            continue
        names = [nodes.column(name) for name in pair]
        groups = exp.select(*names).distinct().from_(nodes.table(_RELATION)).subquery("pairs")
        found = con.execute(nodes.sql(exp.select(exp.Count(this=exp.Star())).from_(groups)))
        if found.fetchone() == (rows,):
            return pair
    return None
