"""`funnel`: entities through ordered steps within a window (S22)."""

from __future__ import annotations

from kpidsl.kinds.binding.columns import column_binder, identities, listed
from kpidsl.kinds.binding.fields import Fields
from kpidsl.kinds.binding.literals import seconds_of
from kpidsl.kinds.binding.scope import Scope
from kpidsl.kinds.binding.shapes import (
    DURATION,
    EXPRESSION,
    EXPRESSIONS,
    NAME,
    describe,
    one_of,
    word_of,
)
from kpidsl.kinds.binding.spec import Header, Key, Kind
from kpidsl.model.expr import RowExpr
from kpidsl.model.purpose import Funnel, FunnelStep, Stage
from kpidsl.syntax import tree
from kpidsl.text.diagnostic import Label

EVENT = Key("event", EXPRESSIONS, "The columns that say which rows are one event.")
STEP_WITHIN = Key("within", DURATION, "How long after the step before.")
STAGE = Key("stage", one_of(Stage), "The stage of the journey that the step opens.")
STEP = Kind(
    "step",
    "Rows of a source that mean that an entity got so far.",
    'step cart: hits where action = "3"',
    Header(value=EXPRESSION),
    (EVENT, STEP_WITHIN, STAGE),
    top_level=False,
)

ENTITY = Key(
    "entity",
    NAME,
    "Who goes through: an entity, or a column of all steps.",
    required=True,
    names=lambda catalog, _: catalog.entities,
)
WITHIN = Key("within", DURATION, "How long after the first step.")
SEQUENCE = Key(
    "sequence", word_of("ordered", "any"), "Whether steps follow each other.", default="ordered"
)
ORDER_BY = Key("order_by", EXPRESSION, "What orders the events, in place of time.")

KIND = Kind(
    "funnel",
    "Counts who went from step to step, in order and in time (S22).",
    "funnel purchase {\n  entity: customer\n  within: 30d\n  step visit: sessions\n"
    "  step order: lines\n}",
    Header(),
    (ENTITY, WITHIN, SEQUENCE, ORDER_BY),
    (STEP,),
)


def bind(fields: Fields, scope: Scope) -> Funnel | None:
    """Bind a funnel; a failed step fails it, since the steps after would count others."""
    mark = scope.mark()
    entity = fields.get(ENTITY)
    parts = fields.children(STEP)
    if len(parts) < 2 and fields.whole:
        scope.error(
            "K404",
            f"the funnel `{fields.name}` has {len(parts) or 'no'} step{'s' * (len(parts) != 1)}",
            fields.header_span,
            label="a funnel goes from one step to another",
            help="add `step …: source` lines in their order",
        )
    within = fields.get(WITHIN)
    within_seconds = seconds_of(within, scope) if within is not None else None
    steps = [step for part in parts if (step := _step(part, entity, scope)) is not None]
    _check_names(parts, scope)
    order_by = _order_by(fields, [step.source for step in steps], scope)
    sound = len(steps) == len(parts) and all(part.ok for part in parts)
    if scope.failed_since(mark) or entity is None or not sound:
        return None
    return Funnel(
        **fields.described(),
        entity=entity.text,
        steps=tuple(steps),
        within_seconds=within_seconds,
        sequence=fields.get(SEQUENCE) or "ordered",
        order_by=order_by,
    )


def _step(fields: Fields, entity: tree.Ref | None, scope: Scope) -> FunnelStep | None:
    condition: tree.Expr | None = None
    match fields.value:
        case tree.Ref(parts=(_,)) as ref:
            pass
        case tree.Binary(op="where", left=tree.Ref(parts=(_,)) as ref, right=condition):
            pass
        case other:
            scope.error(
                "K205",
                "a step is a source, with or without a filter",
                other.span if other is not None else fields.header_span,
                label=f"this is {describe(other)}" if other is not None else "no source",
                help='write it as in `step cart: hits where action = "3"`',
            )
            return None
    name = ref.text
    if name not in scope.catalog.sources:
        scope.unknown("a source", name, ref.span, scope.catalog.sources)
        return None
    where = column_binder(scope, name).condition(condition) if condition is not None else None
    who = _entity_in(entity, name, ref, scope) if entity is not None else None
    event: tuple[RowExpr, ...] | None = ()
    if (said := fields.get(EVENT)) is not None:
        event = identities(tuple(item for expr in said for item in listed(expr)), scope, name)
    within = fields.get(STEP_WITHIN)
    seconds = seconds_of(within, scope) if within is not None else None
    if who is None or event is None or name not in scope.sources:
        return None
    if condition is not None and where is None:
        return None
    return FunnelStep(
        **fields.described(),
        source=name,
        where=where,
        event=event,
        entity=who,
        within_seconds=seconds,
        stage=fields.get(STAGE),
    )


def _entity_in(entity: tree.Ref, source: str, step: tree.Ref, scope: Scope) -> RowExpr | None:
    """Return the column of the entity in a source: declared, or of the same name everywhere."""
    if entity.text not in scope.catalog.entities:
        bound = identities((entity,), scope, source)
        return bound[0] if bound is not None else None
    declared = scope.entities.get(entity.text)
    if declared is None:
        return None
    if source not in declared.members:
        span = scope.catalog.entities[entity.text]
        scope.error(
            "K406",
            f"`{entity.text}` names no column of `{source}`",
            step.span,
            label="who is it here?",
            labels=(Label(span, f"`{entity.text}` is declared here"),) if span else (),
            help=f"add `{source}.COLUMN` to `in:` of `entity {entity.text}`",
        )
        return None
    return declared.members[source]


def _check_names(parts: list[Fields], scope: Scope) -> None:
    seen: dict[str, Fields] = {}
    for part in parts:
        if (first := seen.get(part.name)) is not None:
            scope.error(
                "K210",
                f"two steps are called `{part.name}`",
                part.name_span,
                label="second one",
                labels=(Label(first.name_span, "first one"),),
                help="give one of them another name",
            )
        seen[part.name] = part


def _order_by(fields: Fields, sources: list[str], scope: Scope) -> RowExpr | None:
    said = fields.get(ORDER_BY)
    if said is None or not sources:
        return None
    if len(set(sources)) > 1:
        scope.error(
            "K406",
            "`order_by` needs all steps in one source; these steps are ordered by time",
            said.span,
            label=f"steps in {' and '.join(f'`{name}`' for name in sorted(set(sources)))}",
            help="take `order_by` out",
        )
        return None
    bound = column_binder(scope, sources[0], raw=True).value(said)
    return bound.expr if bound else None
