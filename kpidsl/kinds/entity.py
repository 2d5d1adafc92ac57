"""`entity`: which column is the customer, the visitor, the account in each source (S29)."""

from __future__ import annotations

from collections.abc import Iterator

from kpidsl.kinds.binding.columns import identities, locate
from kpidsl.kinds.binding.fields import Fields
from kpidsl.kinds.binding.scope import Scope
from kpidsl.kinds.binding.shapes import NAMES
from kpidsl.kinds.binding.spec import Header, Key, Kind, Shape
from kpidsl.model.expr import Column, Resolved, RowExpr
from kpidsl.model.sources import (
    Dimension,
    Entity,
    Resolution,
    SharedDimension,
    Source,
    TableOrigin,
)
from kpidsl.model.units import Datatype
from kpidsl.syntax import tree
from kpidsl.text.source import Span


def _pairs(expr: tree.Expr) -> tree.Call | None:
    """Read `web.identities(visitor_id, customer_id)`."""
    match expr:
        case tree.Call(arguments=(tree.Argument(None, one), tree.Argument(None, other))) if all(
            isinstance(item, tree.Ref) and len(item.parts) == 1 for item in (one, other)
        ):
            return expr
    return None


IN = Key("in", NAMES, "The column of each source, as `source.column`.", required=True)
RESOLVE: Key[tree.Call] = Key(
    "resolve",
    Shape(
        "a table with a column of ids and one of the ids that they stand for",
        "web.identities(visitor_id, customer_id)",
        _pairs,
    ),
    "Which ids are somebody's who has another: a source, or a table of the warehouse, with one row "
    "for each. Columns of `in` that are called as its first column are resolved, or all of them "
    "where none is (S29).",
    default="ids are the same where they are equal",
)

KIND = Kind(
    "entity",
    "Who is counted: the column that identifies them in each source. The entity is a dimension of "
    "these sources, and one that they share (S9).",
    "entity customer {\n  in: [lines.customer_id, sessions.visitor_id]\n}",
    Header(),
    (IN, RESOLVE),
)

Node = tuple[str, str]
"""A dimension, by its source and its own name."""


def members_of(fields: Fields) -> dict[str, tree.Ref]:
    """Return the column of each source, as far as it is told."""
    refs = (ref for ref in fields.get(IN) or () if len(ref.parts) > 1)
    found: dict[str, tree.Ref] = {}
    for ref in refs:
        found.setdefault(ref.parts[0].text, ref)
    return found


def needs(fields: Fields, source: str, scope: Scope) -> Iterator[tuple[Node, Span]]:
    """Yield the dimensions that the entity in a source is told by."""
    named = [(source, _after_source(members_of(fields)[source]))]
    table = _table(fields)
    if table is not None and table in scope.catalog.sources:
        named += [(table, ref) for ref in _columns(fields)]
    for at, ref in named:
        if at not in scope.catalog.sources:
            continue
        parts = tuple(part.text for part in ref.parts)
        place = locate(parts, at, scope.catalog, own=fields.name)
        if place.sort == "dimension" and place.source is not None:
            yield (place.source, place.path[0]), ref.span


def bind_member(fields: Fields, source: str, scope: Scope) -> Dimension | None:
    """Bind the entity as a dimension of one of its sources."""
    ref = members_of(fields)[source]
    own = identities((_after_source(ref),), scope, source, fields.name)
    if own is None:
        return None
    expr: RowExpr | None = own[0]
    if _is_resolved(ref, fields):
        expr = _resolved(own[0], fields, scope)
    if expr is None:
        return None
    return Dimension(
        **fields.described(),
        source=source,
        expr=expr,
        datatype=Datatype.UNKNOWN,
        shared=fields.name,
    )


def table_of(fields: Fields, scope: Scope) -> Source | None:
    """Return the table that resolves ids as a source, where it is none already."""
    said, name = fields.get(RESOLVE), _table(fields)
    if said is None or name is None or name in scope.catalog.sources:
        return None
    path = tuple(part.text for part in said.function.parts)
    for column in _columns(fields):
        scope.column_spans.setdefault((name, (column.text,)), column.span)
    return Source(name=name, span=said.function.span, origin=TableOrigin(path=path))


def bind(fields: Fields, scope: Scope) -> Entity | None:
    """Bind an entity, whose dimensions are bound already."""
    mark = scope.mark()
    seen: set[str] = set()
    for ref in fields.get(IN) or ():
        source = ref.parts[0].text
        if len(ref.parts) < 2:
            scope.error(
                "K205",
                "a column is written `source.column`",
                ref.span,
                label="of which source?",
                help="write, for example, `in: [lines.customer_id]`",
            )
        elif source not in scope.catalog.sources:
            scope.unknown("a source", source, ref.parts[0].span, scope.catalog.sources)
        elif source in seen:
            scope.error(
                "K210",
                f"`{source}` has two columns for `{fields.name}`",
                ref.span,
                label="second column",
                help="keep one column of each source",
            )
        seen.add(source)
    members = {
        source: dimension.expr
        for source in members_of(fields)
        if (dimension := _dimension(source, fields, scope)) is not None
        and dimension.expr is not None
    }
    if scope.failed_since(mark) or len(members) < len(seen):
        return None
    return Entity(**fields.described(), members=members, resolve=_resolution(fields, scope))


def as_dimension(entity: Entity) -> SharedDimension:
    """Return the dimension that the sources of an entity share."""
    return SharedDimension(
        name=entity.name,
        label=entity.label,
        texts=entity.texts,
        doc=entity.doc,
        span=entity.span,
        members=dict.fromkeys(entity.members, entity.name),
    )


def _dimension(source: str, fields: Fields, scope: Scope) -> Dimension | None:
    bound = scope.sources.get(source)
    return None if bound is None else bound.dimensions.get(fields.name)


def _after_source(ref: tree.Ref) -> tree.Ref:
    rest = ref.parts[1:]
    return tree.Ref(rest, rest[0].span.to(rest[-1].span))


# --- the table of ids ----------------------------------------------------------------------


def _columns(fields: Fields) -> tuple[tree.Ref, ...]:
    said = fields.get(RESOLVE)
    values = () if said is None else (argument.value for argument in said.arguments)
    return tuple(value for value in values if isinstance(value, tree.Ref))


def _table(fields: Fields) -> str | None:
    said = fields.get(RESOLVE)
    return None if said is None else said.function.text


def _is_resolved(ref: tree.Ref, fields: Fields) -> bool:
    """Tell whether the table is about a column: by its name, or about all of them."""
    columns = _columns(fields)
    if not columns:
        return False
    about = columns[0].text
    named = [item.parts[-1].text == about for item in members_of(fields).values()]
    return ref.parts[-1].text == about or not any(named)


def _resolved(own: RowExpr, fields: Fields, scope: Scope) -> Resolved | None:
    table = _resolution(fields, scope)
    return None if table is None else table.of(fields.name, own)


def _resolution(fields: Fields, scope: Scope) -> Resolution | None:
    name = _table(fields)
    if name is None:
        return None
    columns: tuple[RowExpr, ...] | None
    if name in scope.catalog.sources:
        columns = identities(_columns(fields), scope, name, fields.name)
    else:
        columns = tuple(Column((column.text,)) for column in _columns(fields))
    if columns is None:
        return None
    ids, stands_for = columns
    return Resolution(source=name, ids=ids, stands_for=stands_for)
