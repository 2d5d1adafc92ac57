"""Definitions with parameters: arguments put in their place, and where messages point."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import TypeVar

from kpidsl.syntax import tree
from kpidsl.text.diagnostic import Diagnostic, Label, error
from kpidsl.text.source import Span
from kpidsl.text.suggest import mend_name

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Origin:
    """What was written out at `place`: the definition `name`, which stands at `defined`."""

    name: str
    place: Span
    defined: Span


def with_origins(diagnostics: list[Diagnostic], origins: Iterable[Origin]) -> list[Diagnostic]:
    """Add to each message about what was written out where it is defined."""
    places = {origin.place: origin for origin in origins}
    explained: list[Diagnostic] = []
    for item in diagnostics:
        origin = places.get(item.span) if item.span is not None else None
        if origin is not None:
            label = Label(origin.defined, f"`{origin.name}` is defined here")
            others = tuple(other for other in item.labels if other.span != item.span)
            item = replace(item, labels=(*others, label))  # noqa: PLW2901
        explained.append(item)
    return explained


def arguments_of(
    name: str,
    params: Iterable[tree.Param],
    given: Iterable[tree.Param],
    place: Span,
    defined: Label,
    diagnostics: list[Diagnostic],
) -> dict[str, tree.Expr] | None:
    """Return what each parameter of a definition stands for, defaults included; None where the
    arguments do not fit. `place` is where they are given."""
    declared = {param.name.text: param for param in params}
    values: dict[str, tree.Expr] = {}
    sound = True
    for position, param in enumerate(given):
        said = param.name.text
        if param.value is None:
            example = [*declared, "value"][min(position, len(declared))]
            message = f"`{said}` does not say which parameter of `{name}` it is"
            help_text = f"write `{example}: {said}`"
        elif said not in declared:
            message = f"`{name}` has no parameter `{said}`"
            help_text = mend_name(said, list(declared), "take it out")
        elif said in values:
            message, help_text = f"`{said}` is given twice", "keep one of the two"
        else:
            values[said] = param.value
            continue
        sound = False
        label = "not an argument that it takes"
        diagnostics.append(error("K218", message, param.span, label=label, help=help_text))
    missing = [key for key, param in declared.items() if key not in values and param.value is None]
    if missing and sound:
        listed = ", ".join(f"`{key}`" for key in missing)
        written = ", ".join(f"{key}: …" for key in declared)
        sound = False
        diagnostics.append(
            error(
                "K218",
                f"`{name}` is not told its {listed}",
                place,
                label="an argument is missing",
                labels=(defined,),
                help=f"write `{name}({written})`",
            )
        )
    defaults = {
        key: moved(param.value, {}, place)
        for key, param in declared.items()
        if param.value is not None
    }
    return {**defaults, **values} if sound else None


def moved(node: T, arguments: Mapping[str, tree.Expr], place: Span | None) -> T:
    """Copy a tree with its parameters replaced and all its places set to `place`, if one is
    given."""
    match node:
        case tree.Ref(parts=(tree.Name(text=name),)) if name in arguments:
            return arguments[name]  # type: ignore[return-value]
        case Span():
            return place or node  # type: ignore[return-value]
        case tuple():
            return tuple(moved(item, arguments, place) for item in node)  # type: ignore[return-value]
        case tree.Call(arguments=given):
            # The function's name is no parameter, nor is an argument's name.
            values = tuple(replace(a, value=moved(a.value, arguments, place)) for a in given)
            function = moved(node.function, {}, place)
            return replace(node, function=function, arguments=values, span=place or node.span)
    if is_dataclass(node) and not isinstance(node, type):
        changes = {
            item.name: moved(getattr(node, item.name), arguments, place) for item in fields(node)
        }
        return replace(node, **changes)
    return node
