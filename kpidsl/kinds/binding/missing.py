"""Keys that a block can't do without and lacks; the mend has the project's own names."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

from kpidsl.kinds.binding.catalog import Catalog
from kpidsl.kinds.binding.fields import Fields, key_text
from kpidsl.kinds.binding.spec import Key, Kind
from kpidsl.syntax.parser import parse
from kpidsl.syntax.tree import Block, Entry
from kpidsl.text.diagnostic import Diagnostic, error
from kpidsl.text.source import SourceFile

_LISTED = 5
"""So many names are told to choose from."""


def missing_keys(fields: Fields, kind: Kind, catalog: Catalog) -> Iterator[Diagnostic]:
    """Yield what a block and its parts lack."""
    for key in kind.keys:
        if key.required and fields.lacks(key):
            yield missing_key(fields, kind, key, catalog)
    for child, part in fields.parts:
        yield from missing_keys(part, child, catalog)


def missing_key(fields: Fields, kind: Kind, key: Key[Any], catalog: Catalog) -> Diagnostic:
    """Return that a block lacks a key."""
    doc = key.doc[:1].lower() + key.doc[1:].rstrip(".")
    return error(
        "K204",
        f"this {kind.name} does not say its `{key.name}`: {doc}",
        fields.header_span,
        label=f"`{key.name}` is missing",
        help=_mend(fields, kind, key, catalog),
    )


def _mend(fields: Fields, kind: Kind, key: Key[Any], catalog: Catalog) -> str:
    example = _examples_of(kind).get(key.name, key.shape.example)
    names = [] if key.names is None else list(key.names(catalog, fields.name))
    if not names:
        return f"add `{key.name}: {example}`"
    if example.startswith("["):
        return f"add `{key.name}: [{', '.join(names)}]`"
    if len(names) == 1:
        return f"add `{key.name}: {names[0]}`"
    more = ", …" if len(names) > _LISTED else ""
    choice = ", ".join(f"`{name}`" for name in names[:_LISTED])
    return f"add `{key.name}:` with one of {choice}{more}"


@cache
def _examples_of(kind: Kind) -> dict[str, str]:
    """Return the values that the kind's own example gives its keys."""
    file, _ = parse(SourceFile(kind.name, kind.example))
    blocks = [item for item in file.items if isinstance(item, Block)]
    entries = [item for block in blocks for item in block.items or () if isinstance(item, Entry)]
    return {key_text(entry): entry.value.span.text for entry in entries}
