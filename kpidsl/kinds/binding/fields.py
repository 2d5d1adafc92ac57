"""One block held against its kind's table: the values that fit, and a message for each that
does not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from kpidsl.kinds.binding import misfits
from kpidsl.kinds.binding.shapes import TEXTS
from kpidsl.kinds.binding.spec import Free, Key, Kind, Later
from kpidsl.syntax.tree import Block, Entry, Expr, Item, ListLiteral, Name, Ref, String
from kpidsl.text.diagnostic import Diagnostic, has_errors
from kpidsl.text.source import Span
from kpidsl.text.suggest import nearest

T = TypeVar("T")

LABEL = Key("label", TEXTS, "The title shown to readers, one per language where wanted.")


@dataclass(slots=True)
class Fields:
    """The readable content of one block, or of the braces after an entry's value.

    `ok` is False when the block's own text has an error; its parts are judged apart. `unread` are
    the items that mean nothing here; one that is only misspelt is read as what it must mean.
    `torn` says that the parser could not read a part of the block.
    """

    kind: str
    span: Span
    block: Block | None
    values: dict[str, Any] = field(default_factory=dict)
    entries: dict[str, Entry] = field(default_factory=dict)
    nested: dict[str, Fields] = field(default_factory=dict)
    parts: list[tuple[Kind, Fields]] = field(default_factory=list)
    free: list[tuple[Entry, Fields]] = field(default_factory=list)
    unread: list[Item] = field(default_factory=list)
    torn: bool = False
    ok: bool = True

    @property
    def name(self) -> str:
        return self.block.path[-1].text if self.block and self.block.path else ""

    @property
    def name_span(self) -> Span:
        return self.block.path[-1].span if self.block and self.block.path else self.span

    @property
    def header_span(self) -> Span:
        return self.block.header_span if self.block else self.span

    @property
    def value(self) -> Expr | None:
        return self.block.value if self.block else None

    def get(self, key: Key[T]) -> T | None:
        """Return the value of a key, or None when it is absent or of another shape."""
        return self.values.get(key.name)

    def key_span(self, key: Key[Any]) -> Span:
        """Return the place of a key's value; the block's header when the key is absent."""
        entry = self.entries.get(key.name)
        return entry.value.span if entry else self.header_span

    def options(self, key: Key[Any]) -> Fields | None:
        """Return what stands in braces after a key's value."""
        return self.nested.get(key.name)

    @property
    def whole(self) -> bool:
        """Whether all of it was understood; else what is missing may only be unread."""
        return not self.unread and not self.torn

    def lacks(self, *keys: Key[Any]) -> bool:
        """Tell whether none of the keys is there, and nothing unread that may stand for one."""
        return self.whole and not any(key.name in self.entries for key in keys)

    def lost_words(self) -> Iterator[str]:
        """Yield the names in what could not be read: it may have declared them."""
        unfit = [entry for name, entry in self.entries.items() if name not in self.values]
        for item in (*self.unread, *unfit):
            yield from words_of(item)
        for _, part in self.parts:
            yield from part.lost_words()

    def children(self, kind: Kind) -> list[Fields]:
        return [fields for child, fields in self.parts if child is kind]

    def child(self, kind: Kind) -> Fields | None:
        return next(iter(self.children(kind)), None)

    def texts(self) -> dict[str, str]:
        """The titles per language; the label in the header is the one without a language."""
        said = self.get(LABEL)
        texts = dict(said) if said is not None else {}
        if self.block and self.block.label:
            texts.setdefault("", self.block.label.value)
        return texts

    def described(self) -> dict[str, Any]:
        """The arguments that every named definition takes."""
        texts = self.texts()
        label = texts.pop("", "") or texts.get("en", "")
        doc = self.block.doc.text if self.block and self.block.doc else ""
        span = self.header_span
        return {"name": self.name, "label": label, "texts": texts, "doc": doc, "span": span}


def read_block(
    block: Block, kind: Kind, diagnostics: list[Diagnostic], malformed: Sequence[Span] = ()
) -> Fields:
    """Hold a block against its kind; what does not fit is said and left out. `malformed` are the
    places that the parser could not read."""
    torn = any(block.span.holds(place) for place in malformed)
    fields = Fields(kind.name, block.span, block, torn=torn)
    found = list(misfits.header(block, kind))
    keys = (*kind.keys, LABEL) if kind.header.label else kind.keys
    table = _Table(kind.name, keys, kind.children, kind.free)
    _read_items(fields, block.items or (), table, found)
    if kind.later:
        found.append(misfits.not_yet(f"`{block.header_span.text}`", block.kind.span))
    # What is missing is told when all names of the project are known.
    lacking = any(key.required and fields.lacks(key) for key in kind.keys)
    fields.ok = not has_errors(found) and not lacking
    diagnostics.extend(found)
    fields.parts = _read_parts(block.items or (), table, diagnostics, malformed)
    # A nameless part (`read`, `cost`) belongs to its parent; a named one stands for itself.
    if any(child.header.name is None and not part.ok for child, part in fields.parts):
        fields.ok = False
    return fields


def words_of(item: Item) -> Iterator[str]:
    """Yield the names and texts of an item: what it may have declared."""
    if isinstance(item, Block):
        yield from (name.text for name in (*item.path, item.alias) if name is not None)
        for inner in item.items or ():
            yield from words_of(inner)
        return
    yield key_text(item)
    for value in item.value.items if isinstance(item.value, ListLiteral) else (item.value,):
        match value:
            case Ref(parts=parts):
                yield from (part.text for part in parts)
            case String(value=text):
                yield text


def key_text(entry: Entry) -> str:
    """Return the key of an entry, quoted or not."""
    return entry.key.text if isinstance(entry.key, Name) else entry.key.value


@dataclass(frozen=True, slots=True)
class _Table:
    """What may stand inside one pair of braces; `owner` names what they belong to."""

    owner: str
    keys: tuple[Key[Any], ...]
    children: tuple[Kind, ...] = ()
    free: Free | None = None

    def key(self, name: str) -> Key[Any] | None:
        return next((key for key in self.keys if key.name == name), None)

    def child(self, name: str) -> Kind | None:
        return next((child for child in self.children if child.name == name), None)

    def meant(self, name: str) -> str:
        """Return the nearest name to a misspelt one, or nothing."""
        return next(iter(nearest(name, self.names, 1)), "")

    @property
    def names(self) -> list[str]:
        return [*(key.name for key in self.keys), *(child.name for child in self.children)]


def _read_items(
    fields: Fields, items: Sequence[Item], table: _Table, found: list[Diagnostic]
) -> None:
    unknown: list[Item] = []
    for item in items:
        match item:
            case Entry(key=Name(text=name)) if (key := table.key(name)) is not None:
                _read_entry(fields, item, key, found)
            case Entry(key=Name(text=name)) if (child := table.child(name)) is not None:
                found.append(misfits.braces_expected(item, child, table.owner))
                fields.unread.append(item)
            case Entry() if table.free is not None:
                _read_free(fields, item, table.free, found)
            case Entry():
                found.append(misfits.unknown_key(item, table.owner, table.names))
                unknown.append(item)
            case Block() if (key := table.key(item.kind.text)) is not None:
                found.append(misfits.value_expected(item, key, table.owner))
                fields.unread.append(item)
            case Block() if table.child(item.kind.text) is None:
                found.append(misfits.misplaced(item, table.owner, table.names))
                unknown.append(item)
    for item in unknown:  # after the others: a key that is there means itself
        _read_misspelt(fields, item, table, found)


def _read_misspelt(fields: Fields, item: Item, table: _Table, found: list[Diagnostic]) -> None:
    """Read an unknown key as the one that it most likely means, so that what only follows from
    the slip is not reported as well."""
    match item:
        case Entry(key=Name(text=name)):
            key = table.key(table.meant(name))
            is_free = key is not None and key.name not in fields.entries
            if key is not None and is_free and key.shape.read(item.value) is not None:
                _read_entry(fields, item, key, found)
                return
        case Block() if table.child(table.meant(item.kind.text)) is not None:
            return  # `_read_parts` reads it
    fields.unread.append(item)


def _read_entry(fields: Fields, entry: Entry, key: Key[Any], found: list[Diagnostic]) -> None:
    if (first := fields.entries.get(key.name)) is not None:
        found.append(misfits.twice(key.name, fields.kind, entry.key.span, first.key.span))
        return
    fields.entries[key.name] = entry
    value = key.shape.read(entry.value)
    if value is None:
        found.append(misfits.wrong_shape(entry, key, fields.kind))
    elif key.later is Later.ADVISE:
        found.append(misfits.not_yet(f"`{key.name}`", entry.key.span))
    elif key.later is Later.REFUSE:
        found.append(misfits.refused(f"`{key.name}`", entry.key.span))
    else:
        fields.values[key.name] = value
        if entry.items is not None:
            fields.nested[key.name] = _read_options(entry, key.options, found)


def _read_free(fields: Fields, entry: Entry, free: Free, found: list[Diagnostic]) -> None:
    name = key_text(entry)
    first = next((other for other, _ in fields.free if key_text(other) == name), None)
    if first is not None:
        found.append(misfits.twice(name, fields.kind, entry.key.span, first.key.span))
    elif free.quoted is not isinstance(entry.key, String):
        found.append(misfits.quotes(entry, free))
        fields.unread.append(entry)
    elif free.shape.read(entry.value) is None:
        found.append(misfits.wrong_free(entry, name, free))
        fields.unread.append(entry)
    else:
        fields.free.append((entry, _read_options(entry, free.options, found)))


def _read_options(entry: Entry, options: tuple[Key[Any], ...], found: list[Diagnostic]) -> Fields:
    owner = f"`{key_text(entry)}`"
    fields = Fields(owner, entry.span, None)
    _read_items(fields, entry.items or (), _Table(owner, options), found)
    return fields


def _read_parts(
    items: Iterable[Item],
    table: _Table,
    diagnostics: list[Diagnostic],
    malformed: Sequence[Span],
) -> list[tuple[Kind, Fields]]:
    parts: list[tuple[Kind, Fields]] = []
    seen: dict[str, Span] = {}
    for item in items:
        if not isinstance(item, Block) or table.key(item.kind.text) is not None:
            continue
        child = table.child(item.kind.text) or table.child(table.meant(item.kind.text))
        if child is None:
            continue
        part = read_block(item, child, diagnostics, malformed)
        if child.header.name is None and not child.repeated:
            first = seen.setdefault(child.name, item.kind.span)
            if first is not item.kind.span:
                diagnostics.append(misfits.twice(child.name, table.owner, item.kind.span, first))
                part.ok = False
        parts.append((child, part))
    return parts
