"""`entity`: which column is the customer, the visitor, the account in each source (S29)."""

from __future__ import annotations

from kpidsl.kinds.binding.columns import identities
from kpidsl.kinds.binding.fields import Fields
from kpidsl.kinds.binding.scope import Scope
from kpidsl.kinds.binding.shapes import ANYTHING, NAMES
from kpidsl.kinds.binding.spec import Header, Key, Kind
from kpidsl.model.expr import RowExpr
from kpidsl.model.sources import Entity
from kpidsl.syntax import tree
from kpidsl.text.diagnostic import Diagnostic, Severity

IN = Key("in", NAMES, "The column of each source, as `source.column`.", required=True)
RESOLVE = Key("resolve", ANYTHING, "The table that says which ids are the same.")

KIND = Kind(
    "entity",
    "Who is counted: the column that identifies them in each source.",
    "entity customer {\n  in: [lines.customer_id, sessions.visitor_id]\n}",
    Header(),
    (IN, RESOLVE),
)


def bind(fields: Fields, scope: Scope) -> Entity | None:
    """Bind an entity; the ids of its sources are compared as they are."""
    mark = scope.mark()
    members: dict[str, RowExpr] = {}
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
        elif source in members:
            scope.error(
                "K210",
                f"`{source}` has two columns for `{fields.name}`",
                ref.span,
                label="second column",
                help="keep one column of each source",
            )
        elif (bound := identities((_after_source(ref),), scope, source)) is not None:
            members[source] = bound[0]
    if scope.failed_since(mark):
        return None
    resolve = fields.get(RESOLVE)
    if resolve is not None:
        scope.diagnostics.append(_unresolved(fields, resolve, sorted(members)))
    return Entity(
        **fields.described(),
        members=members,
        resolve=resolve.span.text if resolve is not None else "",
    )


def _after_source(ref: tree.Ref) -> tree.Ref:
    rest = ref.parts[1:]
    return tree.Ref(rest, rest[0].span.to(rest[-1].span))


def _unresolved(fields: Fields, resolve: tree.Expr, sources: list[str]) -> Diagnostic:
    listed = " and ".join(f"`{source}`" for source in sources)
    return Diagnostic(
        "K290",
        f"`resolve` of `{fields.name}` is declared, but not computed yet: "
        f"ids of {listed} match only where they are equal",
        resolve.span,
        label="checked for its shape only",
        help="use one id in all of these sources where a funnel goes over several",
        severity=Severity.WARNING,
    )
