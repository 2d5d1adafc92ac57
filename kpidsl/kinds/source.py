"""`source`: a table, files, a query or a union, with its clock, key, joins and measures."""

from __future__ import annotations

from datetime import date
from typing import Any

from kpidsl.kinds import dimension, join, measure, rates
from kpidsl.kinds.binding.columns import column_binder, identities, listed
from kpidsl.kinds.binding.fields import Fields, key_text
from kpidsl.kinds.binding.rows import RowBinder
from kpidsl.kinds.binding.scope import Scope
from kpidsl.kinds.binding.shapes import (
    CONDITION,
    DATE,
    DURATION,
    EXPRESSION,
    EXPRESSIONS,
    NAME,
    NAMES,
    SIMPLE_NAME,
    SIMPLE_NAMES,
    TEXT,
    TEXT_LIST,
    WHOLE_NUMBER,
    call_with,
    word_of,
)
from kpidsl.kinds.binding.spec import Free, Header, Key, Kind, Later, Shape
from kpidsl.kinds.binding.sql_escape import check_select
from kpidsl.kinds.project import check_zone
from kpidsl.model.expr import RowExpr
from kpidsl.model.files import FileSet, ReadOptions
from kpidsl.model.sources import (
    FilesOrigin,
    Join,
    Origin,
    Source,
    SqlOrigin,
    TableOrigin,
    TimeSpec,
    UnionOrigin,
    Unnest,
    Unpivot,
)
from kpidsl.syntax import tree
from kpidsl.text.diagnostic import Label

_LATEST = call_with("max", EXPRESSION)


def _day_or_latest(expr: tree.Expr) -> date | tree.Expr | None:
    day = DATE.read(expr)
    return _LATEST.read(expr) if day is None else day


_DAY_OR_LATEST: Shape[date | tree.Expr] = Shape(
    "a date or `max(COLUMN)`", "max(loaded_at)", _day_or_latest
)

ENCODING = Key("encoding", TEXT, "The encoding of the file.", default="found out, and said")
HEADER_ROW = Key("header_row", WHOLE_NUMBER, "The line of the column names; 0: there is none.")
COLUMNS = Key("columns", SIMPLE_NAMES, "Names of the columns, in place of the header.")
DATES = Key("dates", word_of("iso", "roc", "dmy", "mdy", "ymd"), "How dates are written.")
DECIMAL = Key("decimal", TEXT, 'The decimal sign, "." or ",".')
DELIMITER = Key("delimiter", TEXT, 'The sign between cells; " " is any run of blanks.')
SHEET = Key("sheet", TEXT, "The sheet of a workbook.", default="the first")
NULL_VALUES = Key("null_values", TEXT_LIST, "Cells that mean that there is no value.")
DROP_WHERE = Key("drop_where", CONDITION, "Rows that are no data, such as a line of totals.")

READ = Kind(
    "read",
    "How files are read, where that cannot be found out.",
    "read { header_row: 3, dates: roc }",
    Header(name=None, label=False),
    (ENCODING, HEADER_ROW, COLUMNS, DATES, DECIMAL, DELIMITER, SHEET, NULL_VALUES, DROP_WHERE),
    top_level=False,
)

INTO = Key("into", SIMPLE_NAMES, "The columns that each member fills.", required=True)
UNPIVOT = Kind(
    "unpivot",
    "Columns that belong to members, such as one per channel, made into rows.",
    'unpivot channel { into: [spend], "Search": [search_spend] }',
    Header(label=False),
    (INTO,),
    free=Free("a member", NAMES, quoted=True),
    top_level=False,
)

TABLE = Key("table", NAME, "A table or view of the warehouse.")
FILES = Key("files", TEXT_LIST, "Files or patterns: CSV, Parquet, JSON, XLSX.")
SQL = Key("sql", TEXT, "A whole SELECT in the project's dialect.")
UNION = Key("union", SIMPLE_NAMES, "Sources whose rows stand one after the other.")
OVERLAP = Key(
    "overlap",
    word_of("refuse", "latest_file", "keep_all"),
    "What holds when two files have the same key.",
    default="refuse",
)
AS = Key("as", SIMPLE_NAME, "The name of one element.", default="the column's name")
UNNEST = Key("unnest", NAME, "A list column, one row per element.", options=(AS,))
KEY = Key("key", EXPRESSIONS, "The columns that no two rows share; `none`: rows repeat.")
STORED_AS = Key("stored_as", TEXT, "The time zone of stored times that name none (S20).")
TIME = Key("time", EXPRESSION, "The source's own clock (S15).", options=(STORED_AS,))
WATERMARK = Key(
    "watermark",
    _DAY_OR_LATEST,
    "The first day that is not yet complete: a date, or the day of the latest time in a column, "
    "such as when rows were loaded (S21).",
    options=(STORED_AS,),
)
EXCLUDE = Key("exclude", CONDITION, "Rows that never count: test orders, bots.")
DIMENSIONS = Key("dimensions", SIMPLE_NAMES, "Columns that are dimensions under their own name.")
FRESHNESS = Key("freshness", DURATION, "How old the data may be.", later=Later.ADVISE)

KIND = Kind(
    "source",
    "Where rows come from: their key, clock, joins, dimensions and measures.",
    "source lines {\n  table: shop.order_lines\n  key: [order_id, line]\n  time: paid_at\n}",
    Header(),
    (
        TABLE, FILES, SQL, UNION, OVERLAP, UNNEST, KEY, TIME, WATERMARK, EXCLUDE, DIMENSIONS,
        FRESHNESS,
    ),
    (READ, UNPIVOT, join.KIND, dimension.OF_SOURCE, measure.KIND, rates.KIND),
)  # fmt: skip

_ORIGINS = (TABLE, FILES, SQL, UNION)


def bind(fields: Fields, keys: dict[str, tree.Expr | None], scope: Scope) -> Source | None:
    """Bind a source but for its dimensions and measures; a failed join is left out alone.

    `keys` are those of `keys_of`.
    """
    mark = scope.mark()
    name = fields.name
    raw = column_binder(scope, name, raw=True)
    origin = _origin(fields, scope)
    key_expr = keys.get(name)
    key: tuple[RowExpr, ...] | None = None
    if key_expr is not None:
        key = () if join.is_none(key_expr) else identities(listed(key_expr), scope, name)
    time = None
    if (clock := fields.get(TIME)) is not None:
        zone = _zone(fields, TIME, scope)
        bound = raw.value(clock)
        time = TimeSpec(expr=bound.expr, stored_as=zone) if bound else None
    watermark = _watermark(fields, raw, scope)
    exclude = None
    if (condition := fields.get(EXCLUDE)) is not None:
        exclude = column_binder(scope, name).condition(condition)
    unnest = _unnest(fields, scope)
    unpivot = _unpivot(fields, scope)
    quoted = fields.child(rates.KIND)
    exchange = rates.bind(quoted, name, scope) if quoted is not None else None
    parts = (fields.child(UNPIVOT), quoted)
    failed = (
        scope.failed_since(mark) or origin is None or any(part and not part.ok for part in parts)
    )
    joins: dict[str, Join] = {}
    for part in fields.children(join.KIND):
        bound_join = join.bind(part, name, keys, scope)
        if bound_join is not None and (part.ok or scope.tolerant):
            joins[part.name] = bound_join
    if failed and not scope.tolerant:
        return None
    return Source(
        **fields.described(),
        origin=origin or TableOrigin(path=(name,)),
        unnest=unnest,
        unpivot=unpivot,
        key=key,
        time=time,
        watermark=watermark,
        exclude=exclude,
        joins=joins,
        rates=exchange,
    )


def shows_clock(fields: Fields, column: str) -> bool:
    """Tell whether a column is the source's clock, and no local time as it is stored."""
    clock, options = fields.get(TIME), fields.options(TIME)
    is_stored = options is not None and options.get(STORED_AS) is not None
    return is_stored and isinstance(clock, tree.Ref) and clock.text == column


def keys_of(sources: dict[str, Fields]) -> dict[str, tree.Expr | None]:
    """Return the `key:` of each source as written, None where there is none; a source whose key
    could not be read is left out."""
    keys: dict[str, tree.Expr | None] = {}
    for name, fields in sources.items():
        if fields.get(KEY) is not None:
            keys[name] = fields.entries[KEY.name].value
        elif fields.lacks(KEY):
            keys[name] = None
    return keys


def _origin(fields: Fields, scope: Scope) -> Origin | None:
    said = [key for key in _ORIGINS if key.name in fields.entries]
    if not said and not fields.lacks(*_ORIGINS):
        return None
    if len(said) != 1:
        message = (
            f"`{fields.name}` does not say where its rows come from"
            if not said
            else f"`{fields.name}` says twice where its rows come from"
        )
        labels = tuple(Label(fields.entries[key.name].key.span, "here") for key in said)
        scope.error(
            "K404",
            message,
            fields.header_span,
            label="one origin is needed",
            labels=labels,
            help="write one of `table:`, `files:`, `sql:` and `union:`",
        )
        return None
    _check_file_keys(fields, said[0], scope)
    if (table := fields.get(TABLE)) is not None:
        return TableOrigin(path=tuple(part.text for part in table.parts))
    if (files := fields.get(FILES)) is not None:
        return _files(files, fields, scope)
    if (text := fields.get(SQL)) is not None:
        reads = check_select(text, fields.key_span(SQL), scope)
        return None if reads is None else SqlOrigin(text=text, reads=reads)
    return _union(fields, scope)


def _check_file_keys(fields: Fields, origin: Key[Any], scope: Scope) -> None:
    if origin is FILES:
        return
    read = fields.child(READ)
    stray = fields.entries.get(OVERLAP.name)
    for name, span in (
        ("read", read.header_span if read else None),
        ("overlap", stray.key.span if stray else None),
    ):
        if span is not None:
            scope.error(
                "K404",
                f"`{name}` is about files, and `{fields.name}` reads `{origin.name}:`",
                span,
                label="about files",
                help=f"take `{name}` out, or write `files:`",
            )


def _files(patterns: tuple[str, ...], fields: Fields, scope: Scope) -> FilesOrigin | None:
    if not patterns:
        scope.error(
            "K404",
            "`files` lists no file",
            fields.key_span(FILES),
            label="an empty list",
            help='name a file or a pattern, such as `"*.csv"`',
        )
        return None
    read = fields.child(READ)
    options, drop_where = ReadOptions(), None
    if read is not None:
        bound = _read_options(read, scope)
        if (condition := read.get(DROP_WHERE)) is not None:
            drop_where = column_binder(scope, fields.name, cells=True).condition(condition)
        if bound is None:
            return None
        options = bound
    files = FileSet(
        patterns=patterns,
        read=options,
        overlap=fields.get(OVERLAP) or "refuse",
    )
    return FilesOrigin(files=files, drop_where=drop_where)


def _read_options(read: Fields, scope: Scope) -> ReadOptions | None:
    mark = scope.mark()
    header_row, decimal, delimiter = read.get(HEADER_ROW), read.get(DECIMAL), read.get(DELIMITER)
    if header_row is not None and header_row < 0:
        scope.error(
            "K205",
            "`header_row` is the number of a line",
            read.key_span(HEADER_ROW),
            label="below 0",
            help="write the line of the column names, counted from 1, or 0 where there is none",
        )
    if decimal not in {None, ".", ","}:
        scope.error(
            "K205",
            "`decimal` is a point or a comma",
            read.key_span(DECIMAL),
            label="another sign",
            help='write `decimal: ","`',
        )
    if delimiter is not None and len(delimiter) != 1:
        scope.error(
            "K205",
            "`delimiter` is one character",
            read.key_span(DELIMITER),
            label=f"{len(delimiter)} characters",
            help='write, for example, `delimiter: ";"`',
        )
    if scope.failed_since(mark):
        return None
    return ReadOptions(
        encoding=read.get(ENCODING),
        header_row=header_row,
        columns=tuple(name.text for name in read.get(COLUMNS) or ()) or None,
        dates=read.get(DATES),
        decimal=decimal,
        delimiter=delimiter,
        sheet=read.get(SHEET),
        null_values=read.get(NULL_VALUES) or (),
    )


def _union(fields: Fields, scope: Scope) -> UnionOrigin | None:
    names = fields.get(UNION) or ()
    known = True
    for part in names:
        if part.text not in scope.catalog.sources:
            scope.unknown("a source", part.text, part.span, scope.catalog.sources)
            known = False
    return UnionOrigin(sources=tuple(part.text for part in names)) if known and names else None


def _watermark(fields: Fields, raw: RowBinder, scope: Scope) -> date | TimeSpec | None:
    said = fields.get(WATERMARK)
    zone = _zone(fields, WATERMARK, scope)
    if said is None or isinstance(said, date):
        if zone is not None:
            scope.error(
                "K205",
                "a date has no zone that it could be `stored_as`",
                fields.key_span(WATERMARK),
                label="a date",
                help="take `stored_as` out",
            )
        return said
    bound = raw.value(said)
    return TimeSpec(expr=bound.expr, stored_as=zone) if bound else None


def _zone(fields: Fields, key: Key[Any], scope: Scope) -> str | None:
    options = fields.options(key)
    zone = options.get(STORED_AS) if options else None
    if options is None or zone is None:
        return None
    return zone if check_zone(zone, options.key_span(STORED_AS), scope.diagnostics) else None


def _unnest(fields: Fields, scope: Scope) -> Unnest | None:
    column = fields.get(UNNEST)
    if column is None:
        return None
    options = fields.options(UNNEST)
    alias = options.get(AS) if options else None
    path = tuple(part.text for part in column.parts)
    scope.column_spans.setdefault((fields.name, path), column.span)
    return Unnest(column=path, alias=alias.text if alias else path[-1])


def _unpivot(fields: Fields, scope: Scope) -> Unpivot | None:
    part = fields.child(UNPIVOT)
    if part is None or not part.ok:
        return None
    into = tuple(name.text for name in part.get(INTO) or ())
    members: list[tuple[str, tuple[str, ...]]] = []
    for entry, _ in part.free:
        label = key_text(entry)
        named = NAMES.read(entry.value) or ()
        for item in named:
            scope.column_spans.setdefault((fields.name, (item.text,)), item.span)
        columns = tuple(item.text for item in named)
        if len(columns) != len(into):
            scope.error(
                "K205",
                f"`{label}` names {len(columns)} columns, and `into` has {len(into)}",
                entry.value.span,
                label="not one for each",
                labels=(Label(part.key_span(INTO), "`into`"),),
                help="name one column for each of `into`, in the same order",
            )
        members.append((label, columns))
    return Unpivot(name=part.name, into=into, members=tuple(members))
