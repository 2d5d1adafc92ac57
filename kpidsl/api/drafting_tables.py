"""What a database's catalogue tells of its tables, as drafts of sources; no row is read."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from kpidsl.engines.base import Engine, TableKeys
from kpidsl.engines.files.draft import IDENTIFIER, RATIO
from kpidsl.engines.files.draft_text import (
    Block,
    can_be_written,
    column_text,
    columns_text,
    plain_name,
    slug,
    unused,
)
from kpidsl.sql.dialects import DIALECTS, Dialect, Kind

_TIMES = (Kind.DAY, Kind.MOMENT, Kind.ZONED)
_LOOSE = (
    ("DATETIME", Kind.MOMENT),
    ("TIMESTAMP", Kind.MOMENT),
    ("DATE", Kind.DAY),
    ("DEC", Kind.NUMBER),
    ("NUMERIC", Kind.NUMBER),
    ("MONEY", Kind.NUMBER),
)
"""What is meant by a type of a database whose types only advise, as those of SQLite do."""
_DECIMAL = re.compile("(?i)dec|numeric|money")
_WRITTEN = re.compile(
    r"(?i)(^|_)(e?_?mail|address|password|hash|token|urls?|links?|description|comments?|notes?"
    r"|body|message|first_?name|last_?name|full_?name)($|_)"
)
"""Texts that people write, or that tell who they are: no dimensions."""

_TRUTH = re.compile(r"(?i)bool|^tinyint\(1\)")
"""Types of truth values: MySQL calls them numbers of one digit."""
_NO_AMOUNT = re.compile("(?i)^(year|bit)")
"""Types of numbers of which no sum is one of anything."""
_DOCUMENT = re.compile("(?i)^(medium|long)text")
"""Types of texts of any length, such as MariaDB's documents of JSON."""

_NO_KEY = "No key is declared: name the columns of which no two rows share the values, if any."
_KEY_BY_NAME = "By its name, no key is declared: check that it is unique."
_JOINS_BY_NAME = "By the names of columns, no foreign key is declared: check that they are meant."
_NAMELESS = "no definition can name it, for a backtick or a line break in its name"
_MONEY = "Money? Then name its currency: sum({}) as EUR."


@dataclass(frozen=True, slots=True)
class DraftedTable:
    """The text of a source, and what it takes for granted; of a table that no definition can name
    there is no text."""

    name: str
    text: str
    assumptions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Table:
    path: tuple[str, ...]
    source: str
    columns: dict[str, str]
    kinds: dict[str, Kind]
    keys: TableKeys
    key: tuple[str, ...]
    nameless: tuple[str, ...]

    @property
    def name(self) -> str:
        return ".".join(self.path)


def drafted_tables(engine: Engine) -> list[DraftedTable]:
    """Return a source for each table of a database."""
    taken: set[str] = set()
    found = list(_read(engine, taken))
    tables = [table for table in found if all(map(can_be_written, table.path))]
    left_out = [
        DraftedTable(table.name, "", (f"it is left out: {_NAMELESS}",))
        for table in found
        if table not in tables
    ]
    return [_drafted(table, tables) for table in tables] + left_out


def _read(engine: Engine, taken: set[str]) -> Iterator[_Table]:
    dialect = DIALECTS[engine.dialect]
    for name in engine.tables():
        # A point may be one of the name itself.
        paths = (tuple(name.split(".", 1)), (name,))
        found = ((path, engine.columns(path)) for path in paths)
        path, columns = next(((path, own) for path, own in found if own), ((), {}))
        if columns:
            nameless = tuple(column for column in columns if not can_be_written(column))
            columns = {column: columns[column] for column in columns if column not in nameless}
            keys = _without(nameless, engine.keys(path))
            kinds = {column: _kind(dialect, kind) for column, kind in columns.items()}
            source = unused(plain_name(path[-1]), taken)
            key = keys.primary or _key_by_name(path[-1], kinds)
            yield _Table(path, source, columns, kinds, keys, key, nameless)


def _without(columns: Collection[str], keys: TableKeys) -> TableKeys:
    """Return the keys of which none of these columns is a part."""
    primary = () if set(columns) & set(keys.primary) else keys.primary
    foreign = [each for each in keys.foreign if not set(columns) & set(each.columns)]
    return TableKeys(primary, tuple(foreign))


def _kind(dialect: Dialect, type_name: str) -> Kind:
    if not dialect.is_typed:
        for word, kind in _LOOSE:
            if word in type_name.upper():
                return kind
    return dialect.kind_of(type_name)


def _key_by_name(table: str, kinds: dict[str, Kind]) -> tuple[str, ...]:
    wanted = ("id", *_ids_of(table))
    names = {column.casefold(): column for column, kind in kinds.items() if kind not in _TIMES}
    return next(((names[name],) for name in wanted if name in names), ())


def _ids_of(table: str) -> tuple[str, ...]:
    """Return what columns with the ids of a table's rows are called."""
    name = slug(table)
    one = f"{name[:-3]}y" if name.endswith("ies") else name.removesuffix("s")
    return tuple(f"{each}{end}" for each in (one, name) for end in ("_id", "id"))


def _drafted(table: _Table, tables: Sequence[_Table]) -> DraftedTable:
    declared = bool(table.keys.foreign)
    joins = list(_declared(table, tables) if declared else _by_name(table, tables))
    linked = {column for columns, _ in joins for column in columns}
    linked |= {column for each in table.keys.foreign for column in each.columns}
    own = [name for name in table.columns if name not in linked and name not in table.key]
    times = [name for name in own if table.kinds[name] in _TIMES]
    measures = [
        name
        for name in own
        if table.kinds[name] is Kind.NUMBER
        and not _TRUTH.search(table.columns[name])
        and not _NO_AMOUNT.search(table.columns[name])
        and not IDENTIFIER.search(name)
        and not RATIO.search(name)  # a sum of ratios is no number of anything (T8)
    ]
    key_comment = "" if table.keys.primary else _KEY_BY_NAME if table.key else _NO_KEY
    block = Block(
        table.key,
        key_comment,
        time=times[0] if times else None,
        has_zone=not times or table.kinds[times[0]] is not Kind.MOMENT,
        time_comment=f"Or another time: {', '.join(map(column_text, times[1:]))}."
        if times[1:]
        else "",
        joins=[(_join_name(columns, target), _on(columns, target)) for columns, target in joins],
        join_comment=_JOINS_BY_NAME if joins and not declared else "",
        dimensions=[
            name
            for name in own
            if (table.kinds[name] is Kind.TEXT or _TRUTH.search(table.columns[name]))
            and not _DOCUMENT.search(table.columns[name])
            and not IDENTIFIER.search(name)
            and not _WRITTEN.search(name)
        ],
        measures=measures,
        measure_comments={
            name: _MONEY.format(column_text(name))
            for name in measures
            if _DECIMAL.search(table.columns[name])
        },
    )
    origin = [f"table: {'.'.join(map(column_text, table.path))}"]
    return DraftedTable(table.name, block.text(table.source, origin), tuple(_assumed(table, block)))


def _declared(table: _Table, tables: Sequence[_Table]) -> Iterator[tuple[tuple[str, ...], _Table]]:
    """Yield the columns and the tables of foreign keys; a row joins the whole key of another, in
    the order of that."""
    by_path = {each.path: each for each in tables}
    for foreign in table.keys.foreign:
        target = by_path.get(foreign.table)
        if target is None or target is table or set(foreign.target_columns) != set(target.key):
            continue
        columns = dict(zip(foreign.target_columns, foreign.columns, strict=True))
        yield tuple(columns[name] for name in target.key), target


def _by_name(table: _Table, tables: Sequence[_Table]) -> Iterator[tuple[tuple[str, ...], _Table]]:
    """Yield the columns that are called as those with the ids of another table are."""
    for column, kind in table.kinds.items():
        for target in tables:
            if target is table or len(target.key) != 1 or (column,) == table.key:
                continue
            (key,) = target.key
            named = column.casefold() in _ids_of(target.path[-1])
            if named and target.kinds[key] is kind:
                yield (column,), target
                break


def _join_name(columns: tuple[str, ...], target: _Table) -> str:
    alone = slug(columns[0]).removesuffix("_id") if len(columns) == 1 else ""
    return plain_name(alone) if alone else target.source


def _on(columns: tuple[str, ...], target: _Table) -> str:
    to = "" if columns == target.key else f" to {columns_text(target.key)}"
    return f"{target.source} on {columns_text(columns)}{to}"


def _assumed(table: _Table, block: Block) -> Iterator[str]:
    if block.key_comment == _NO_KEY:
        yield "no key is declared: rows may repeat, and nothing can join them"
    elif block.key_comment:
        yield f"{columns_text(table.key)} is the key, by its name"
    if block.join_comment:
        yield f"joined by the names of columns: {', '.join(text for _, text in block.joins)}"
    if not block.has_zone:
        yield f"the times of {column_text(block.time or '')} are in UTC"
    for name in table.nameless:
        yield f"the column `{name}` is left out: {_NAMELESS}"
