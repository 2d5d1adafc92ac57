"""Calls: which functions stand where, and how many arguments they take."""

from __future__ import annotations

from collections.abc import Iterable

from kpidsl.kinds.binding.misfits import refused
from kpidsl.kinds.binding.scope import Scope
from kpidsl.model.functions import METRIC_FUNCTIONS, SCALARS
from kpidsl.model.sources import Aggregate
from kpidsl.syntax import tree
from kpidsl.text.suggest import mend_name

AGGREGATES = frozenset(item.value for item in Aggregate)
LATER_METRIC_FUNCTIONS = frozenset({"forecast"})


def check_arguments(call: tree.Call, at_least: int, at_most: int | None, scope: Scope) -> bool:
    """Tell whether a call has the right number of arguments, none of them named."""
    name = call.function.text
    count = len(call.arguments)
    for argument in call.arguments:
        if argument.name is not None:
            scope.error(
                "K308",
                f"`{name}` takes no argument called `{argument.name.text}`",
                argument.name.span,
                label="a named argument",
                help="write the value without a name",
            )
            return False
    if at_least <= count and (at_most is None or count <= at_most):
        return True
    if at_most is None:
        wanted = f"at least {at_least}"
    else:
        wanted = str(at_least) if at_least == at_most else f"{at_least} to {at_most}"
    plural = "" if wanted == "1" else "s"
    known = METRIC_FUNCTIONS.get(name)
    stand = "stands" if count == 1 else "stand"
    scope.error(
        "K308",
        f"`{name}` takes {wanted} argument{plural}; {count} {stand} here",
        call.span,
        label=_purpose(name),
        help=f"write it as in `{known.written}`" if known else f"give it {wanted} argument{plural}",
    )
    return False


def explain_call(call: tree.Call, scope: Scope, known: Iterable[str], place: str) -> None:
    """Say why a function cannot stand in `place`."""
    name = call.function.text
    span = call.function.span
    if name in LATER_METRIC_FUNCTIONS:
        scope.diagnostics.append(refused(f"`{name}`", span))
    elif name in scope.catalog.templates:
        return  # what is wrong with its arguments was said when it was written out
    elif name in AGGREGATES:
        amount = _amount_of(call, scope)
        scope.error(
            "K309",
            f"`{name}` adds up the rows of a source, so it cannot stand in {place}",
            span,
            label="aggregate",
            help=f"`{amount}` is added up already: write it without `{name}`"
            if amount
            else f"declare `measure …: {call.span.text}` in a source, and use its name here",
        )
    elif name in SCALARS or name in METRIC_FUNCTIONS:
        other = "a source's dimensions and filters" if name in SCALARS else "a metric's formula"
        scope.error(
            "K309",
            f"`{name}` cannot stand in {place}",
            span,
            label=f"it belongs into {other}",
            help=f"move it into {other}",
        )
    else:
        scope.error(
            "K307",
            f"there is no function `{name}`",
            span,
            label="unknown function",
            help=mend_name(name, tuple(known), "take it out", listed=12),
        )


def _purpose(function: str) -> str:
    known = SCALARS.get(function) or METRIC_FUNCTIONS.get(function)
    return known.doc[:1].lower() + known.doc[1:].rstrip(".") if known else "arguments"


def _amount_of(call: tree.Call, scope: Scope) -> str:
    match call.arguments:
        case (tree.Argument(value=tree.Ref() as ref),):
            known = (*scope.catalog.metrics, *scope.catalog.measure_homes)
            return ref.text if ref.text in known else ""
    return ""
