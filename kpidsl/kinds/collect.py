"""From files to declarations: kinds known, blocks read, names declared once, packs taken."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeGuard

from kpidsl.kinds import metric, pack
from kpidsl.kinds.binding.calls import AGGREGATES
from kpidsl.kinds.binding.fields import Fields, key_text, read_block, words_of
from kpidsl.kinds.binding.misfits import a
from kpidsl.kinds.binding.packs import Expansion, expand
from kpidsl.kinds.binding.spec import Kind
from kpidsl.kinds.binding.substitution import Origin
from kpidsl.kinds.binding.templates import Template, Writer
from kpidsl.kinds.registry import KINDS
from kpidsl.model.functions import METRIC_FUNCTIONS, SCALARS
from kpidsl.syntax import tree
from kpidsl.text.diagnostic import Diagnostic, Label, error
from kpidsl.text.source import Span
from kpidsl.text.suggest import mend_name, nearest

_VALUES = ("metric", "kpi", "roi")


@dataclass
class Declarations:
    """All declarations of a project by kind and name, with each `use` and each call of a metric
    with parameters written out.

    The names of those that failed stay known, so that nothing more is said about them: `lost` are
    the words in what could not be read at all. `read` are all blocks, also those that declare a
    name again or none.
    """

    by_kind: dict[str, dict[str, Fields]] = field(default_factory=dict)
    templates: dict[str, Template] = field(default_factory=dict)
    expansions: list[Expansion] = field(default_factory=list)
    origins: list[Origin] = field(default_factory=list)
    failed_uses: dict[str, Span] = field(default_factory=dict)
    lost: set[str] = field(default_factory=set)
    read: list[Fields] = field(default_factory=list)

    def of(self, kind: str) -> dict[str, Fields]:
        return self.by_kind.setdefault(kind, {})

    def all(self) -> Iterator[Fields]:
        return (fields for declared in self.by_kind.values() for fields in declared.values())

    def blocks(self) -> list[tree.Block]:
        return [fields.block for fields in self.all() if fields.block is not None]


def collect(
    files: Sequence[tree.File],
    packs: Sequence[tree.File],
    malformed: Sequence[Span],
    diagnostics: list[Diagnostic],
) -> Declarations:
    """Read every block of the files; packs of the project go before those given beside it.
    `malformed` are the places that the parser could not read."""
    found = Declarations()
    for place in malformed:
        found.lost.update(re.findall(r"\w+", place.file.line_text(place.line)))
    library: dict[str, dict[str, tree.Block]] = {}
    for file in packs:
        _collect_packs(file.items, library, found, [])
    own: dict[str, dict[str, tree.Block]] = {}
    for file in files:
        _collect_packs(file.items, own, found, diagnostics)
    for name, entries in own.items():
        library[name] = {**library.get(name, {}), **entries}
    items = [item for file in files for item in file.items]
    for item in items:
        kind = _kind_of(item)
        if kind is None or not kind.top_level:
            found.lost.update(words_of(item))
    found.templates = _templates(items, diagnostics)
    writer = Writer(found.templates, diagnostics)
    for item in items:
        if not _is_template(item):
            _declare_item(item, library, found, writer, malformed, diagnostics)
    found.origins = [*(made.origin for made in found.expansions), *writer.origins]
    return found


def _is_template(item: tree.Item) -> TypeGuard[tree.Block]:
    return isinstance(item, tree.Block) and bool(item.params) and _kind_of(item) is metric.KIND


def _templates(items: Iterable[tree.Item], diagnostics: list[Diagnostic]) -> dict[str, Template]:
    """Return the metrics with parameters, each of a name that no function has."""
    found: dict[str, Template] = {}
    for block in filter(_is_template, items):
        fields = read_block(block, metric.KIND, diagnostics)
        name, span = fields.name, fields.name_span
        if name in {*METRIC_FUNCTIONS, *AGGREGATES, *SCALARS}:
            diagnostics.append(
                error(
                    "K210",
                    f"`{name}` is a function already",
                    span,
                    label="the name of a function",
                    help="give the metric another name",
                )
            )
        elif name in found:
            diagnostics.append(
                declared_twice(name, "a metric with parameters", span, found[name].span)
            )
        elif fields.value is not None:
            found[name] = Template(name, block.params, fields.value, fields.header_span)
    return found


def _collect_packs(
    items: Iterable[tree.Item],
    library: dict[str, dict[str, tree.Block]],
    found: Declarations,
    diagnostics: list[Diagnostic],
) -> None:
    for item in items:
        if not isinstance(item, tree.Block) or _kind_of(item) is not pack.PACK or not item.path:
            continue
        entries = library.setdefault(item.path[0].text, {})
        for entry in item.items or ():
            if not isinstance(entry, tree.Block) or not entry.path:
                continue
            kind = _named(entry.kind.text, pack.PACK.children)
            if kind is None:
                found.lost.update(words_of(entry))
                continue
            name = entry.path[0].text
            if name in entries:
                full = f"{item.path[0].text}.{name}"
                diagnostics.append(
                    declared_twice(
                        full, "a pack's definition", entry.path[0].span, entries[name].path[0].span
                    )
                )
            entries.setdefault(name, replace(entry, kind=tree.Name(kind.name, entry.kind.span)))


def _declare_item(
    item: tree.Item,
    library: dict[str, dict[str, tree.Block]],
    found: Declarations,
    writer: Writer,
    malformed: Sequence[Span],
    diagnostics: list[Diagnostic],
) -> None:
    if isinstance(item, tree.Entry):
        key = key_text(item)
        diagnostics.append(
            error(
                "K208",
                f"`{key}:` stands outside of any declaration",
                item.key.span,
                label="belongs to nothing",
                help="put it into the braces of a declaration",
            )
        )
        return
    kind = _kind_of(item)
    if item.kind.text not in KINDS:
        diagnostics.append(_unknown_kind(item))
    if kind is None:
        return
    if not kind.top_level:
        diagnostics.append(
            error(
                "K206",
                f"`{kind.name}` stands inside a `source`",
                item.kind.span,
                label="not expected here",
                help="move it into the source whose rows it is about",
            )
        )
    elif kind is pack.USE:
        expansion = expand(item, library, found.lost, diagnostics)
        if expansion is not None:
            found.expansions.append(expansion)
            block = writer.written_out(expansion.block)
            fields = read_block(block, KINDS[block.kind.text], diagnostics, malformed)
            found.read.append(fields)
            _declare(fields, found, diagnostics)
        elif (name := item.alias or (item.path[-1] if item.path else None)) is not None:
            found.failed_uses[name.text] = name.span
    else:
        fields = read_block(writer.written_out(item), kind, diagnostics, malformed)
        fields.ok = fields.ok and item.kind.text in KINDS
        found.read.append(fields)
        _declare(fields, found, diagnostics)


def _kind_of(item: tree.Item) -> Kind | None:
    """Return the kind of a declaration."""
    if not isinstance(item, tree.Block):
        return None
    return KINDS.get(item.kind.text) or _named(item.kind.text, _top_level())


def _named(name: str, kinds: Iterable[Kind]) -> Kind | None:
    """Return the kind of this name; a misspelt one is the nearest, so that what it declares is
    known."""
    by_name = {kind.name: kind for kind in kinds}
    return by_name.get(name) or next(map(by_name.get, nearest(name, by_name, 1)), None)


def _top_level() -> list[Kind]:
    return [kind for kind in KINDS.values() if kind.top_level]


def _declare(fields: Fields, found: Declarations, diagnostics: list[Diagnostic]) -> None:
    kind, name = fields.kind, fields.name
    if not name:
        return
    # Metrics, KPIs and ROIs share their names, since a formula and a page may use each.
    rivals = _VALUES if kind in _VALUES else (kind,)
    for rival in rivals:
        declared = found.of(rival)
        first = declared.get(name)
        if first is None and kind == "source":  # tables are told apart by more than case
            first = {other.casefold(): item for other, item in declared.items()}.get(
                name.casefold()
            )
        place = first.name_span if first is not None else None
        if place is None and rival in _VALUES and name in found.templates:
            place = found.templates[name].span
        if place is not None:
            diagnostics.append(declared_twice(name, a(kind), fields.name_span, place))
            return
    if kind == "project" and (others := list(found.of("project").values())):
        diagnostics.append(_second_project(fields.name_span, others[0].name_span))
        return
    found.of(kind)[name] = fields


def declared_twice(name: str, what: str, span: Span, first: Span) -> Diagnostic:
    return error(
        "K210",
        f"`{name}` is declared twice as {what}",
        span,
        label="second declaration",
        labels=(Label(first, "first declaration"),),
        help="give one of them another name, or take it out",
    )


def _second_project(span: Span, first: Span) -> Diagnostic:
    return error(
        "K210",
        "a project is declared already",
        span,
        label="second declaration",
        labels=(Label(first, "first declaration"),),
        help="put the settings of both into one, and take the other out",
    )


def _unknown_kind(block: tree.Block) -> Diagnostic:
    name = block.kind.text
    known = [kind.name for kind in _top_level()]
    return error(
        "K201",
        f"there is no kind of declaration called `{name}`",
        block.kind.span,
        label="unknown kind",
        help=mend_name(name, known, "take it out"),
    )
