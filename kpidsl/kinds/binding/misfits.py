"""What is wrong with a block that does not fit its kind, in words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from kpidsl.kinds.binding.shapes import describe
from kpidsl.kinds.binding.spec import Free, Key, Kind
from kpidsl.syntax.tree import Block, Entry, Expr, ListLiteral, Name, RecordLiteral, Ref, String
from kpidsl.text.diagnostic import Diagnostic, Fix, Label, advice, error
from kpidsl.text.source import Span
from kpidsl.text.suggest import mend_name


def not_yet(what: str, span: Span) -> Diagnostic:
    """A part of the language that is declared, not computed yet; no number depends on it."""
    return advice(
        "K290",
        f"{what} is declared, but not computed yet",
        span,
        label="checked for its keys only",
        help="leave it in or take it out: it changes no number on the pages",
    )


def refused(what: str, span: Span) -> Diagnostic:
    """A part of the language that is not computed yet, on which a number depends."""
    return error(
        "K291",
        f"{what} is not computed yet, and the number would be wrong without it",
        span,
        label="refused",
        help="leave this definition out, or write it without that part",
    )


def header(block: Block, kind: Kind) -> Iterator[Diagnostic]:
    """Yield what a declaration has too much or too little before its braces."""
    for span, message in (*_name_mistakes(block, kind), *_part_mistakes(block, kind)):
        label = "not as such a declaration begins"
        yield error("K207", message, span, label=label, help=_like(kind))
    shape, value = kind.header.value, block.value
    if value is not None and shape is not None and shape.read(value) is None:
        yield error(
            "K205",
            f"the value of {a(kind.name)} is {shape.words}",
            value.span,
            label=f"this is {describe(value)}",
            help=_like(kind),
        )


def _name_mistakes(block: Block, kind: Kind) -> Iterator[tuple[Span, str]]:
    wanted = kind.header.name
    if wanted is None and block.path:
        yield block.path[0].span, f"{a(kind.name)} takes no name"
    elif wanted is not None and not block.path:
        yield block.kind.span, f"this {kind.name} has no {wanted}"
    elif len(block.path) > 1 and not kind.header.dotted:
        whole = block.path[0].span.to(block.path[-1].span)
        yield whole, f"the name of {a(kind.name)} has no dots"


def _part_mistakes(block: Block, kind: Kind) -> Iterator[tuple[Span, str]]:
    allowed = kind.header
    if block.params and not allowed.params:
        yield block.params[0].span, f"{a(kind.name)} takes no parameters"
    if block.alias is not None and not allowed.alias:
        yield block.alias.span, f"{a(kind.name)} takes no `as`"
    if block.by is not None and not allowed.by:
        yield block.by.span, f"{a(kind.name)} takes no `by`"
    if block.label is not None and not allowed.label:
        yield block.label.span, f"{a(kind.name)} takes no text here"
    if block.label is None and allowed.label_required:
        yield block.kind.span, f"this {kind.name} has no text in double quotes"
    if block.value is not None and allowed.value is None:
        yield block.value.span, f"{a(kind.name)} takes no value after a colon"
    if block.value is None and allowed.value is not None:
        yield block.header_span, f"this {kind.name} has no value"


def twice(name: str, owner: str, span: Span, first: Span) -> Diagnostic:
    """A key or a nameless part stands twice."""
    return error(
        "K203",
        f"`{name}` stands twice in this {owner}",
        span,
        label="second time",
        labels=(Label(first, "first time"),),
        help="keep one of the two",
    )


def wrong_shape(entry: Entry, key: Key[Any], owner: str) -> Diagnostic:
    """A key has a value of another shape; for one of a few words the nearest is offered."""
    shape, value = key.shape, entry.value
    found, mend = f"this is {describe(value)}", f"write, for example, `{key.name}: {shape.example}`"
    items = value.items if isinstance(value, ListLiteral) else (value,)
    stray = next((item for item in items if shape.read(item) is None), value)
    if stray is not value:
        found = f"this is a list with {describe(stray)} in it"
    match stray:
        case Ref(text=word) if shape.choices:
            found, mend = f"`{word}` is none of them", mend_name(word, shape.choices, mend)
        case String(value=word) if shape.read(_name(word, stray.span)) is not None:
            mend = f"write it without quotes: `{word}`"
        case _ if shape.read(_in_quotes(stray)) is not None:
            mend = f'put it in double quotes: `"{stray.span.text}"`'
    return error(
        "K205",
        f"`{key.name}` of {a(owner)} takes {shape.words}",
        value.span,
        label=found,
        help=mend,
    )


def _in_quotes(value: Expr) -> Expr:
    """Return what was written as the text that it is in quotes, where it can be one."""
    text = value.span.text
    if isinstance(value, ListLiteral | RecordLiteral) or not text.isprintable() or '"' in text:
        return value
    return String(text, value.span)


def _name(word: str, span: Span) -> Ref:
    return Ref((Name(word, span),), span)


def wrong_free(entry: Entry, name: str, free: Free) -> Diagnostic:
    """An entry under the author's own name has a value of another shape."""
    key = f'"{name}"' if free.quoted else name
    return error(
        "K205",
        f"`{name}` takes {free.shape.words}",
        entry.value.span,
        label=f"this is {describe(entry.value)}",
        help=f"write, for example, `{key}: {free.shape.example}`",
    )


def quotes(entry: Entry, free: Free) -> Diagnostic:
    """A value of the data stands as a bare word, or a name in quotes."""
    if isinstance(entry.key, Name):
        written = f'"{entry.key.text}"'
        message = f"{free.words} is a value of the data, so it stands in quotes"
        return error(
            "K202",
            message,
            entry.key.span,
            label="a bare word",
            help=f"write `{written}`",
            fix=Fix(entry.key.span, written),
        )
    return error(
        "K202",
        f"{free.words} is a name, so it stands without quotes",
        entry.key.span,
        label="a text",
        help="write it with letters, digits and `_`, and a title in a `///` line above",
    )


def braces_expected(entry: Entry, child: Kind, owner: str) -> Diagnostic:
    """A part that takes entries in braces was given a value."""
    return error(
        "K205",
        f"`{child.name}` of {a(owner)} takes entries in braces",
        entry.value.span,
        label=f"this is {describe(entry.value)}",
        help=f"write it as in `{child.example}`",
    )


def value_expected(block: Block, key: Key[Any], owner: str) -> Diagnostic:
    """A key that takes a value was given braces."""
    return error(
        "K205",
        f"`{key.name}` of {a(owner)} takes {key.shape.words} after a colon",
        block.kind.span,
        label="this is a block",
        help=f"write, for example, `{key.name}: {key.shape.example}`",
    )


def unknown_key(entry: Entry, owner: str, known: Sequence[str]) -> Diagnostic:
    """A key that the kind does not have."""
    if isinstance(entry.key, String):
        return error(
            "K202",
            f"{a(owner)} has no keys in quotes",
            entry.key.span,
            label="values of the data stand as keys only in a few kinds",
            help="write the key without quotes",
        )
    name = entry.key.text
    return error(
        "K202",
        f"{a(owner)} has no key `{name}`",
        entry.key.span,
        label="unknown key",
        help=mend_name(name, known, "take it out", len(known)),
    )


def misplaced(block: Block, owner: str, known: Sequence[str]) -> Diagnostic:
    """A block inside another that does not take it."""
    name = block.kind.text
    return error(
        "K206",
        f"no `{name}` stands inside {a(owner)}",
        block.kind.span,
        label="not expected here",
        help=mend_name(name, known, "take it out", len(known)),
    )


def _like(kind: Kind) -> str:
    first, _, rest = kind.example.partition("\n")
    return f"write it as in `{first.rstrip(' {') if rest else first}`"


def a(owner: str) -> str:
    """Put an article before the name of a kind; the owner of options is named in backticks."""
    words = {"kpi": "KPI", "roi": "ROI"}.get(owner, owner)
    if owner.startswith("`"):
        return owner
    return f"an {words}" if owner[:1] in "aeiou" or owner == "roi" else f"a {words}"
