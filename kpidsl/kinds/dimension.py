"""`dimension`: what numbers are split and filtered by, of one source or shared by several (S9)."""

from __future__ import annotations

from kpidsl.kinds.binding.aggregates import attribute_type, bind_attribute
from kpidsl.kinds.binding.columns import column_binder, listed
from kpidsl.kinds.binding.fields import Fields, key_text
from kpidsl.kinds.binding.row_types import RowValue, common_type
from kpidsl.kinds.binding.rows import RowBinder
from kpidsl.kinds.binding.scope import Scope
from kpidsl.kinds.binding.shapes import ANYTHING, DATA_TEXTS, EXPRESSION, NAMES, describe
from kpidsl.kinds.binding.spec import Free, Header, Key, Kind, Later
from kpidsl.model.expr import CaseWhen, Column, In, IsState, Literal, TimeColumn
from kpidsl.model.sources import Dimension, SharedDimension
from kpidsl.model.units import Datatype
from kpidsl.syntax import tree
from kpidsl.text.diagnostic import Label

ELSE = Key("else", EXPRESSION, "The member for all other values.", default="the value itself")

MAP = Kind(
    "map",
    "Groups values of the data under new names; a missing value stays `(none)`.",
    'map { "social": ["fb", "ig"], else: "other" }',
    Header(name=None, label=False),
    (ELSE,),
    free=Free("a new member", DATA_TEXTS, quoted=True),
    top_level=False,
)

OF_SOURCE = Kind(
    "dimension",
    "A column or a formula by which a source's numbers are split; or one value per entity.",
    'dimension channel: utm_source { map { "social": ["fb", "ig"], else: "other" } }',
    Header(value=EXPRESSION),
    (),
    (MAP,),
    top_level=False,
)

OF = Key(
    "of",
    NAMES,
    "The dimension of each source, as `source.dimension`.",
    required=True,
    names=lambda catalog, name: catalog.dimensions_called(name),
)
VALUES = Key("values", DATA_TEXTS, "The members in their order.", default="by alphabet")
HIERARCHY = Key("hierarchy", ANYTHING, "Levels above this one.", later=Later.ADVISE)

SHARED = Kind(
    "dimension",
    "One dimension that several sources share, so that their numbers stand in one table (S9).",
    'dimension channel "Channel" {\n  of: [lines.channel, sessions.channel]\n}',
    Header(),
    (OF, VALUES, HIERARCHY),
)


def bind_of_source(
    fields: Fields, source: str, shared: str | None, scope: Scope
) -> Dimension | None:
    """Bind a dimension of `source`."""
    expr = fields.value
    if expr is None:
        return None
    common = {**fields.described(), "source": source, "shared": shared}
    grouping = fields.child(MAP)
    if isinstance(expr, tree.Binary) and expr.op == "per":
        attribute = bind_attribute(expr, source, fields.name, scope)
        if attribute is None:
            return None
        if grouping is not None:
            scope.error(
                "K311",
                "an attribute per entity is not grouped in its own definition",
                grouping.header_span,
                label="groups what is computed here",
                help="declare a second dimension over this one, with the `map`",
            )
            return None
        is_moment = isinstance(attribute.operand, TimeColumn)
        of_rows = Datatype.TIMESTAMP if is_moment else Datatype.UNKNOWN
        datatype = attribute_type(attribute, of_rows)
        return Dimension(**common, attribute=attribute, datatype=datatype)
    binder = column_binder(scope, source, fields.name)
    bound = binder.value(expr)
    if bound is not None and grouping is not None:
        bound = _grouped(bound, grouping, binder)
    if bound is None:
        return None
    return Dimension(**common, expr=bound.expr, datatype=bound.datatype)


def named_after_column(
    name: tree.Name, source: str, shared: str | None, scope: Scope, *, is_clock: bool
) -> Dimension:
    """Return the dimension of an entry of `dimensions: […]`; that of a clock shows local times."""
    path = (name.text,)
    scope.column_spans.setdefault((source, path), name.span)
    common = {"name": name.text, "span": name.span, "source": source, "shared": shared}
    if is_clock:
        return Dimension(**common, expr=TimeColumn(), datatype=Datatype.TIMESTAMP)
    return Dimension(**common, expr=Column(path))


def bind_shared(fields: Fields, scope: Scope) -> SharedDimension | None:
    """Bind a shared dimension; a member that failed is left out."""
    mark = scope.mark()
    members: dict[str, str] = {}
    for ref in fields.get(OF) or ():
        if len(ref.parts) != 2:
            scope.error(
                "K205",
                "a member is written `source.dimension`",
                ref.span,
                label=f"this is {describe(ref)}",
                help=f"write, for example, `of: [lines.{ref.parts[-1].text}]`",
            )
            continue
        source, name = (part.text for part in ref.parts)
        if source not in scope.catalog.sources:
            scope.unknown("a source", source, ref.parts[0].span, scope.catalog.sources)
        elif name not in scope.catalog.sources[source].dimensions:
            known = scope.catalog.sources[source].dimensions
            scope.unknown(f"a dimension of `{source}`", name, ref.parts[1].span, known)
        elif source in members:
            scope.error(
                "K210",
                f"`{source}` has two members in the shared dimension `{fields.name}`",
                ref.span,
                label="second member",
                help="keep one dimension of each source",
            )
        elif (other := scope.shared_of.get((source, name))) not in {None, fields.name}:
            scope.error(
                "K210",
                f"`{ref.text}` belongs to the shared dimension `{other}` already",
                ref.span,
                label="second shared dimension",
                labels=_declared(str(other), scope),
                help="leave it in one of the two",
            )
        else:
            members[source] = name
    if scope.drops(mark):
        return None
    bound = {s: name for s, name in members.items() if (s, name) in scope.dimension_types}
    return SharedDimension(**fields.described(), members=bound, values=fields.get(VALUES) or ())


def _declared(name: str, scope: Scope) -> tuple[Label, ...]:
    span = scope.shared_spans.get(name)
    return (Label(span, f"`{name}` is declared here"),) if span is not None else ()


def _grouped(bound: RowValue, grouping: Fields, binder: RowBinder) -> RowValue | None:
    branches: list[tuple[IsState | In, Literal]] = [(IsState(bound.expr, "null"), Literal(None))]
    members = [RowValue(Literal(""), Datatype.TEXT, bound.span)] if grouping.free else []
    for entry, _ in grouping.free:
        binder_items = [binder.value(item) for item in listed(entry.value)]
        literals = tuple(
            item.expr for item in binder_items if item and isinstance(item.expr, Literal)
        )
        label = key_text(entry)
        branches.append((In(bound.expr, literals), Literal(label)))
    other = grouping.get(ELSE)
    rest = binder.value(other) if other is not None else bound
    if rest is None:
        return None
    datatype = common_type([*members, rest])
    return RowValue(CaseWhen(tuple(branches), rest.expr), datatype, bound.span)
