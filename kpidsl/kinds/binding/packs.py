"""`use`: a pack's definition becomes one of the project's own, with its parameters replaced."""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass, field, replace

from kpidsl.kinds.binding.substitution import Origin, arguments_of, moved
from kpidsl.syntax import tree
from kpidsl.text.diagnostic import Diagnostic, Label, error
from kpidsl.text.source import Span
from kpidsl.text.suggest import mend_name

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
    origin: Origin
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
    arguments = arguments_of(
        full_name,
        entry.params,
        use.params,
        use.header_span,
        Label(entry.header_span, f"`{full_name}` is defined here"),
        diagnostics,
    )
    if arguments is None:
        return None
    place = use.header_span
    own = use.items or ()
    overridden = {_item_name(item) for item in own}
    items = [
        moved(item, arguments, place)
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
        label=use.label or (moved(entry.label, {}, place) if entry.label else None),
        value=moved(entry.value, arguments, place) if entry.value is not None else None,
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
    return Expansion(block, Origin(full_name, place, entry.header_span), requirements)


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
