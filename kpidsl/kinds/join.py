"""`join`: many rows here belong to one row there (S3)."""

from __future__ import annotations

from kpidsl.kinds.binding.columns import column_binder, identities, listed
from kpidsl.kinds.binding.fields import Fields
from kpidsl.kinds.binding.scope import Scope
from kpidsl.kinds.binding.shapes import EXPRESSION, NAME, TEXT, describe
from kpidsl.kinds.binding.spec import Header, Key, Kind
from kpidsl.kinds.project import check_zone
from kpidsl.model.expr import Column, RowExpr
from kpidsl.model.sources import Join, Validity
from kpidsl.syntax import tree
from kpidsl.text.diagnostic import Label

VALID_FROM = Key(
    "valid_from",
    NAME,
    "The column of the other source from when its row holds: of the rows with the same joined "
    "columns, the one that holds at this source's own time is met (S8).",
)
VALID_TO = Key(
    "valid_to",
    NAME,
    "The column until when its row holds, that moment not included; no value is open.",
)
STORED_AS = Key(
    "stored_as",
    TEXT,
    "The time zone of `valid_from` and `valid_to` where they are times that name none (S20).",
    default="they name their zone, or are days",
)

WEIGHT = Key(
    "weight",
    NAME,
    "The column of the other source with the share that its row has of this source's row. The "
    "other is a bridge then: a row has many partners in it, whose shares add up to 1 (S7).",
    default="no bridge: one partner",
)

KIND = Kind(
    "join",
    "Many rows of this source belong to one row of another; the other's key must be unique.",
    "join customer: customers on customer_id",
    Header(label=False, value=EXPRESSION),
    (VALID_FROM, VALID_TO, STORED_AS, WEIGHT),
    top_level=False,
)

_FORMS = (
    "write `customers on customer_id`, `customers on [a, b]`, "
    "`customers on buyer_id to customer_id` or `customers on (buyer_id = customer_id)`"
)


def target_of(fields: Fields) -> tree.Ref | None:
    """Return the name of the joined source."""
    match fields.value:
        case tree.Binary(op="on", left=tree.Ref(parts=(_,)) as target):
            return target
    return None


def bind(
    fields: Fields, source: str, keys: dict[str, tree.Expr | None], scope: Scope
) -> Join | None:
    """Bind a join; `keys` are those of `source.keys_of`.

    The joined columns are the target's declared key, so that no row can meet two partners; with
    a validity the data are asked whether two of its rows hold at once (K654), and with a weight
    whether the shares add up to one (K674).
    """
    target = target_of(fields)
    if target is None or not isinstance(fields.value, tree.Binary):
        span = fields.value.span if fields.value else fields.header_span
        scope.error(
            "K405",
            "a join names a source and the columns `on` which it rests",
            span,
            label="no source with columns",
            help=_FORMS,
        )
        return None
    name = target.text
    if name not in scope.catalog.sources:
        scope.unknown("a source", name, target.span, scope.catalog.sources)
        return None
    dated = not fields.lacks(VALID_FROM, VALID_TO, STORED_AS)
    validity = _validity(fields, source, name, scope) if dated else None
    if dated and validity is None:
        return None
    bridging = not fields.lacks(WEIGHT)
    if bridging and dated:
        _refuse_dated_bridge(fields, scope)
        return None
    weight = None
    if bridging and (share := fields.get(WEIGHT)) is not None:
        weight = column_binder(scope, name, raw=True).value(share)
    if bridging and weight is None:
        return None
    key = None
    if not dated and not bridging:
        key = _target_key(name, keys[name], target, scope) if name in keys else None
        if key is None:
            return None
    pairs = _pairs(fields.value.right, source, name, key, scope)
    if pairs is None:
        return None
    columns, target_columns = pairs
    if key is not None and set(target_columns) != set(key):
        wanted = ", ".join(_column_text(item) for item in key)
        scope.error(
            "K402",
            f"a row of `{source}` might meet several rows of `{name}`: "
            f"its key is `{wanted}`, and the join rests on other columns",
            fields.value.right.span,
            label="not the key of the joined source",
            labels=_place(name, scope),
            help=f"join on the key of `{name}`, or declare the right key there",
        )
        return None
    return Join(
        **fields.described(),
        source=source,
        target=name,
        columns=columns,
        target_columns=target_columns,
        validity=validity,
        weight=weight.expr if weight is not None else None,
    )


def _refuse_dated_bridge(fields: Fields, scope: Scope) -> None:
    scope.error(
        "K410",
        f"join `{fields.name}` has shares, and rows that hold for a time",
        fields.key_span(WEIGHT),
        label="shares of which time?",
        help="leave the rows that hold no more out of the bridge, with `exclude`",
    )


def _validity(fields: Fields, source: str, target: str, scope: Scope) -> Validity | None:
    """Bind from when until when a row of the target holds (S8)."""
    for said, missing in (
        (VALID_FROM, VALID_TO),
        (VALID_TO, VALID_FROM),
        (STORED_AS, VALID_FROM),
    ):
        if fields.lacks(missing) and not fields.lacks(said):
            scope.error(
                "K408",
                f"join `{fields.name}` has `{said.name}` without `{missing.name}`",
                fields.entries[said.name].key.span,
                label="one end of the time in which a row holds",
                help=f"add `{missing.name}: COLUMN`, a column of `{target}`",
            )
            return None
    start, end = fields.get(VALID_FROM), fields.get(VALID_TO)
    names = scope.catalog.sources[source]
    if not names.clocked:
        scope.error(
            "K407",
            f"which row of `{target}` holds depends on the time, and `{source}` declares none",
            fields.entries[VALID_FROM.name].key.span,
            label="holds at which time?",
            labels=_place(source, scope),
            help=f"declare `time: COLUMN` in `{source}`",
        )
        return None
    if start is None or end is None:
        return None
    zone = fields.get(STORED_AS)
    if zone is not None and not check_zone(zone, fields.key_span(STORED_AS), scope.diagnostics):
        return None
    columns = column_binder(scope, target, raw=True)
    first, last = columns.value(start), columns.value(end)
    if first is None or last is None:
        return None
    return Validity(start=first.expr, end=last.expr, stored_as=zone)


def _target_key(
    name: str, key: tree.Expr | None, target: tree.Ref, scope: Scope
) -> tuple[RowExpr, ...] | None:
    if key is None or is_none(key):
        why = "says `key: none`" if key is not None else "declares no key"
        scope.error(
            "K401",
            f"`{name}` {why}, so a row might meet several of its rows",
            target.span,
            label="joined without a key",
            labels=_place(name, scope),
            help=f"declare `key:` in `{name}`: the column that no two of its rows share",
        )
        return None
    return identities(listed(key), scope, name)


def _pairs(
    on: tree.Expr, source: str, target: str, key: tuple[RowExpr, ...] | None, scope: Scope
) -> tuple[tuple[RowExpr, ...], tuple[RowExpr, ...]] | None:
    match on:
        case tree.Binary(op="to", left=left, right=right):
            here = identities(listed(left), scope, source)
            there = identities(listed(right), scope, target)
        case tree.Binary(op="=" | "and"):
            sides = _equalities(on)
            if sides is None:
                _refuse(scope, on, "a join rests on equal columns", "not only equalities")
                return None
            here = identities(tuple(left for left, _ in sides), scope, source)
            there = identities(tuple(right for _, right in sides), scope, target)
        case _:
            if not all(isinstance(item, tree.Ref) for item in listed(on)):
                _refuse(scope, on, "a join rests on columns", f"this is {describe(on)}")
                return None
            here = identities(listed(on), scope, source)
            if key is None:
                there = identities(listed(on), scope, target)
            else:
                there = _matching(here, key) if here is not None else None
    if here is None or there is None:
        return None
    if len(here) != len(there):
        message = f"{len(here)} columns here are matched with {len(there)} of `{target}`"
        _refuse(scope, on, message, "not in pairs")
        return None
    return here, there


def _refuse(scope: Scope, on: tree.Expr, message: str, label: str) -> None:
    scope.error("K405", message, on.span, label=label, help=_FORMS)


def _matching(here: tuple[RowExpr, ...], key: tuple[RowExpr, ...]) -> tuple[RowExpr, ...]:
    """Pair columns with the target's key: by name where all names agree, else by position."""
    named = {_column_text(item): item for item in key}
    texts = [_column_text(item) for item in here]
    return tuple(named[text] for text in texts) if set(texts) == set(named) else key


def _equalities(on: tree.Expr) -> list[tuple[tree.Expr, tree.Expr]] | None:
    match on:
        case tree.Binary(op="=", left=left, right=right):
            return [(left, right)]
        case tree.Binary(op="and", left=left, right=right):
            first, second = _equalities(left), _equalities(right)
            return [*first, *second] if first is not None and second is not None else None
    return None


def _column_text(expr: RowExpr) -> str:
    return ".".join(expr.path) if isinstance(expr, Column) else str(expr)


def is_none(key: tree.Expr) -> bool:
    """Tell whether a `key:` says that rows repeat (S3)."""
    return isinstance(key, tree.Ref) and key.text == "none"


def _place(name: str, scope: Scope) -> tuple[Label, ...]:
    span = scope.catalog.sources[name].span
    return (Label(span, f"`{name}` is declared here"),) if span is not None else ()
