"""`use`: a pack's definition becomes one of the project's own, with its parameters replaced."""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass, field, fields, is_dataclass, replace
from typing import TypeVar

from kpidsl.syntax import tree
from kpidsl.text.diagnostic import Diagnostic, Label, error
from kpidsl.text.source import Span
from kpidsl.text.suggest import mend_name

T = TypeVar("T")

Packs = Mapping[str, Mapping[str, tree.Block]]
"""For each pack, its definitions by name."""


@dataclass(frozen=True, slots=True)
class Requirement:
    """A parameter must be `needed` (money, count, ratio, number, or one per another); `value` is
    what it was given."""

    entry: str
    parameter: str
    needed: tree.Expr
    value: tree.Expr
    place: Span


@dataclass(slots=True)
class Expansion:
    """A `use` written out: the block that it stands for, and what its arguments must be."""

    block: tree.Block
    entry: str
    use_span: Span
    pack_span: Span
    requirements: list[Requirement] = field(default_factory=list)


def expand(
    use: tree.Block, packs: Packs, lost: Set[str], diagnostics: list[Diagnostic]
) -> Expansion | None:
    """Write out a `use`. All places of the pack become the place of the `use`, so that messages
    point into the project; arguments keep theirs. `lost` are names in what could not be read."""
    found = _entry(use, packs, lost, diagnostics)
    if found is None:
        return None
    entry, full_name = found
    arguments = _arguments(use, entry, full_name, diagnostics)
    if arguments is None:
        return None
    place = use.header_span
    own = use.items or ()
    overridden = {_item_name(item) for item in own}
    items = [
        _moved(item, arguments, place)
        for item in entry.items or ()
        if _item_name(item) not in overridden and _item_name(item) != "requires"
    ]
    name = use.alias or tree.Name(entry.path[-1].text, use.path[-1].span)
    block = replace(
        entry,
        kind=tree.Name(entry.kind.text, use.kind.span),
        path=(name,),
        params=(),
        alias=None,
        label=use.label or (_moved(entry.label, {}, place) if entry.label else None),
        value=_moved(entry.value, arguments, place) if entry.value is not None else None,
        items=(*items, *own),
        doc=use.doc or entry.doc,
        header_span=place,
        span=use.span,
    )
    requirements = [
        Requirement(full_name, parameter, needed, arguments[parameter], place)
        for parameter, needed in _requirements(entry)
        if parameter in arguments
    ]
    return Expansion(block, full_name, place, entry.header_span, requirements)


def with_pack_places(
    diagnostics: list[Diagnostic], expansions: list[Expansion]
) -> list[Diagnostic]:
    """Add to each message about a written-out `use` where the pack defines it."""
    places = {expansion.use_span: expansion for expansion in expansions}
    explained: list[Diagnostic] = []
    for item in diagnostics:
        expansion = places.get(item.span) if item.span is not None else None
        if expansion is not None:
            label = Label(expansion.pack_span, f"`{expansion.entry}` is defined here")
            others = tuple(other for other in item.labels if other.span != item.span)
            item = replace(item, labels=(*others, label))  # noqa: PLW2901
        explained.append(item)
    return explained


def _entry(
    use: tree.Block, packs: Packs, lost: Set[str], diagnostics: list[Diagnostic]
) -> tuple[tree.Block, str] | None:
    names = [part.text for part in use.path]
    everything = [f"{pack}.{name}" for pack, entries in packs.items() for name in entries]
    text = ".".join(names)
    if len(names) == 2 and names[0] in packs and names[1] in packs[names[0]]:
        return packs[names[0]][names[1]], text
    if not lost.isdisjoint(names):
        return None
    span = use.path[0].span.to(use.path[-1].span) if use.path else use.kind.span
    diagnostics.append(
        error(
            "K217",
            f"no pack defines `{text}`" if text else "this `use` names no definition of a pack",
            span,
            label="unknown definition",
            help=mend_name(
                text, sorted(everything), "add its pack to `packs` of `kpidsl.toml`, or declare it"
            ),
        )
    )
    return None


def _arguments(
    use: tree.Block, entry: tree.Block, full_name: str, diagnostics: list[Diagnostic]
) -> dict[str, tree.Expr] | None:
    declared = {param.name.text: param for param in entry.params}
    given: dict[str, tree.Expr] = {}
    sound = True
    for place, param in enumerate(use.params):
        name = param.name.text
        if param.value is None:
            example = [*declared, "value"][min(place, len(declared))]
            message = f"`{name}` does not say which parameter of `{full_name}` it is"
            help_text = f"write `{example}: {name}`"
        elif name not in declared:
            message = f"`{full_name}` has no parameter `{name}`"
            help_text = mend_name(name, list(declared), "take it out")
        elif name in given:
            message, help_text = f"`{name}` is given twice", "keep one of the two"
        else:
            given[name] = param.value
            continue
        sound = False
        label = "not an argument that it takes"
        diagnostics.append(error("K218", message, param.span, label=label, help=help_text))
    missing = [
        name for name, param in declared.items() if name not in given and param.value is None
    ]
    if missing and sound:
        listed = ", ".join(f"`{name}`" for name in missing)
        written = ", ".join(f"{name}: …" for name in declared)
        sound = False
        diagnostics.append(
            error(
                "K218",
                f"`{full_name}` is not told its {listed}",
                use.header_span,
                label="an argument is missing",
                labels=(Label(entry.header_span, f"`{full_name}` is defined here"),),
                help=f"write `use {full_name}({written})`",
            )
        )
    defaults = {
        name: _moved(param.value, {}, use.header_span)
        for name, param in declared.items()
        if param.value is not None
    }
    return {**defaults, **given} if sound else None


def _requirements(entry: tree.Block) -> list[tuple[str, tree.Expr]]:
    return [
        (_item_name(line), line.value)
        for item in entry.items or ()
        if isinstance(item, tree.Block) and item.kind.text == "requires"
        for line in item.items or ()
        if isinstance(line, tree.Entry)
    ]


def _item_name(item: tree.Item) -> str:
    if isinstance(item, tree.Block):
        return item.kind.text
    return item.key.text if isinstance(item.key, tree.Name) else item.key.value


def _moved(node: T, arguments: Mapping[str, tree.Expr], place: Span) -> T:
    """Copy a tree with its parameters replaced and all its places set to `place`."""
    match node:
        case tree.Ref(parts=(tree.Name(text=name),)) if name in arguments:
            return arguments[name]  # type: ignore[return-value]
        case Span():
            return place  # type: ignore[return-value]
        case tuple():
            return tuple(_moved(item, arguments, place) for item in node)  # type: ignore[return-value]
        case tree.Call(arguments=given):
            # The function's name is no parameter, nor is an argument's name.
            moved = tuple(replace(a, value=_moved(a.value, arguments, place)) for a in given)
            function = _moved(node.function, {}, place)
            return replace(node, function=function, arguments=moved, span=place)
    if is_dataclass(node) and not isinstance(node, type):
        changes = {
            item.name: _moved(getattr(node, item.name), arguments, place) for item in fields(node)
        }
        return replace(node, **changes)
    return node
