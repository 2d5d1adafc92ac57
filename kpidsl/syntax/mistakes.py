"""What to say, and what to mend, where the parser can't go on."""

from __future__ import annotations

from collections.abc import Callable, Set
from itertools import pairwise

from kpidsl.syntax.expected import (
    ends_item,
    expected,
    expects_item,
    expects_value,
    found,
)
from kpidsl.syntax.tokens import RESERVED, Token
from kpidsl.text.diagnostic import Diagnostic, Fix, error
from kpidsl.text.source import SourceFile, Span
from kpidsl.text.suggest import nearest

Accepts = Callable[..., bool]
_ENDINGS = frozenset({
    "_NEWLINE", "$END", "COMMA", "RPAR", "RSQB", "RBRACE",
})  # fmt: skip


def mend(
    tokens: list[Token], index: int, accepted: Set[str], accepts: Accepts, source: SourceFile
) -> tuple[Diagnostic, list[Token]] | None:
    """Return a message and what to read instead of the token at `index`, if that is plain."""
    token = tokens[index]
    following = tokens[index + 1].type if token.type != "$END" else ""
    span = _span(token, source)
    if ends_item(accepted) and _begins_item(tokens, index):
        gap = Span(source, tokens[index - 1].end, token.start)
        return (
            error(
                "K114",
                "two entries stand on one line with nothing between",
                span,
                label="a new entry begins here",
                help="begin a new line, or put a comma",
                fix=Fix(gap, "\n"),
            ),
            [token.read_as("_NEWLINE", "\n"), token],
        )
    if _is_distinct(tokens, index):
        counted = Span(source, tokens[index - 3].start, token.end)
        written = f"`count_distinct({token.value})`"
        message = f"`count(distinct …)` is written {written}"
        # Read as one value, no more is said of it.
        value = [token.read_as("STAR", "*"), token]
        return error("K107", message, counted, help=f"write {written}"), value
    if "COMMA" in accepted and not ends_item(accepted) and accepts("COMMA", token.type):
        before = tokens[index - 1].end
        return (
            error(
                "K114",
                f"a comma is missing before {found(token)}",
                span,
                help="put a comma between the two",
                fix=Fix(Span(source, before, before), ","),
            ),
            [token.read_as("COMMA", ","), token],
        )
    if token.value == "=" and "COLON" in accepted:
        return (
            error("K107", "`=` is written `:` here", span, help="write `:`", fix=Fix(span, ":")),
            [token.read_as("COLON", ":")],
        )
    word = token.value.lower()
    if word in RESERVED or word == "on":
        kind = word.upper()
        if token.type == "NAME" and kind in accepted:
            return (
                error(
                    "K107",
                    f"`{token.value}` is written `{word}`",
                    span,
                    help=f"write `{word}` in small letters",
                    fix=Fix(span, word),
                ),
                [token.read_as(kind, word)],
            )
        if token.type == kind and accepts("NAME", following):
            return (
                error(
                    "K118",
                    f"`{token.value}` is a reserved word",
                    span,
                    label="a name should stand here",
                    help=f"put the name in backticks: `` `{token.value}` ``",
                    fix=Fix(span, f"`{token.value}`"),
                ),
                [token.read_as("NAME", token.value)],
            )
    return None


def _is_distinct(tokens: list[Token], index: int) -> bool:
    """Tell whether what SQL writes as `count(distinct x)` ends in the token at `index`."""
    words = [token.value.lower() for token in tokens[max(index - 3, 0) : index]]
    return words == ["count", "(", "distinct"]


def _begins_item(tokens: list[Token], index: int) -> bool:
    token = tokens[index]
    if token.type in ("KEY", "DOC"):
        return True
    return token.type == "NAME" and tokens[index - 1].type == "RBRACE"


def describe(tokens: list[Token], index: int, accepted: Set[str], source: SourceFile) -> Diagnostic:
    """Return the message for the token at `index`, where only `accepted` types can stand."""
    token = tokens[index]
    previous = tokens[index - 1] if index else None
    span = _span(token, source)
    if previous is not None and previous.type != "_NEWLINE" and token.type in _ENDINGS:
        if {"COLON", "LBRACE"} <= accepted:
            return error(
                "K119",
                "this declaration has neither a value nor a block",
                _span(previous, source),
                help=_in_brackets(tokens, index)
                or "give it a value after `:`, or entries in `{ … }`",
            )
        if expects_value(accepted) and not expects_item(accepted):
            return error(
                "K102",
                f"no value stands after {found(previous)}",
                _span(previous, source),
                label="a value should follow",
                help="write the value on the same line",
            )
    if token.type == "COMPARE" and "AND" in accepted:
        return error(
            "K116",
            "comparisons can't be chained",
            span,
            label="a second comparison",
            help="join two comparisons with `and`: `a < b and b < c`",
        )
    if token.type == "NUMBER" and previous is not None and previous.value == "kpidsl":
        return error(
            "K113",
            "the edition stands only on the first line",
            _span(previous, source).to(span),
            help="remove this line",
        )
    return error(
        "K101",
        f"expected {expected(accepted)}, found {found(token)}",
        span,
        help=_help(tokens, index, accepted),
    )


def _help(tokens: list[Token], index: int, accepted: Set[str]) -> str:
    token = tokens[index]
    slip = _slip(tokens, index, accepted)
    if slip:
        return slip
    if token.type == "NAME":
        words = nearest(token.value, (word for word in RESERVED if word.upper() in accepted))
        if words:
            return f"write `{words[0]}`, if that is meant"
    if expects_item(accepted):
        if token.type == "MINUS":
            return "write a list as `[a, b]`"
        return "write `key: value`, or `kind name { … }`"
    if expects_value(accepted):
        return "put a value here, or remove what stands before it"
    if ends_item(accepted):
        text = _is_second_word(tokens, index)
        otherwise = "put a text in double quotes" if text else "begin a new line"
        return f"{otherwise}, or join the two with an operator"
    return f"put {expected(accepted)} before it, or remove it"


def _slip(tokens: list[Token], index: int, accepted: Set[str]) -> str:
    """Return what mends a slip that is known by the signs around the token at `index`."""
    token = tokens[index]
    if token.type == "STAR" and index and tokens[index - 1].type == "LPAR":
        return "write `count()` to count rows"
    if token.type == "MINUS" and "COLON" in accepted:
        return "join the words of a name with `_`, not `-`"
    number = _number_in_parts(tokens, index)
    if number:
        return number
    if _is_comment(tokens, index):
        return "begin a comment with `#`"
    if token.value == "of" and index and tokens[index - 1].type == "PERCENT":
        return f"multiply by it: `{tokens[index - 1].value} * …`"
    if token.type == "COMMA" and accepted == {"$END"}:
        is_condition = any(item.type == "COMPARE" for item in tokens)
        return (
            "join conditions by `and`" if is_condition else "give each by itself, without a comma"
        )
    return ""


def _in_brackets(tokens: list[Token], index: int) -> str:
    """Return how the list is written that was begun without brackets before the token at `index`:
    `key: day, channel` reads as an entry, and the beginning of another."""
    first = index - 1
    while [token.type for token in tokens[first - 2 : first]] == ["NAME", "COMMA"]:
        first -= 2
    if first == index - 1 or tokens[first - 1].type != "COLON":
        return ""
    last = index
    while [token.type for token in tokens[last : last + 2]] == ["COMMA", "NAME"]:
        last += 2
    listed = ", ".join(token.value for token in tokens[first:last:2])
    return f"put a list in brackets, `[{listed}]`, or give `{tokens[index - 1].value}` a value"


def _is_second_word(tokens: list[Token], index: int) -> bool:
    """Tell whether the value of a key begins with two words, of which this is the second."""
    types = [token.type for token in tokens[max(index - 4, 0) : index + 1]]
    return types[-4:] == ["KEY", "COLON", "NAME", "NAME"] and types[0] != "NAME"


def _is_comment(tokens: list[Token], index: int) -> bool:
    """Tell whether a comment of SQL or C begins in the line of the token at `index`, up to it."""
    near = tokens[max(index - 40, 0) : index + 2]
    line = [token for token in near if token.line == tokens[index].line]
    signs = {(a.value + b.value) for a, b in pairwise(line) if a.end == b.start}
    return not signs.isdisjoint({"--", "/*"})


def _number_in_parts(tokens: list[Token], index: int) -> str:
    """Return how a number is written that another country writes otherwise: `45,000`, `1,5`,
    `1 000`, `.5`, and dates such as `01.03.2026`."""
    before, token = tokens[max(index - 2, 0) : index], tokens[index]
    types = [item.type for item in before]
    if token.type == "DOT" and "NUMBER" in (*types[-1:], tokens[index + 1].type):
        return "write a number as `0.5`, and a date as `2026-03-01`"
    if token.type not in {"NUMBER", "PERCENT"}:
        return ""
    is_grouped = len(token.value) == 3 and token.value.isdigit()
    if types[-1:] == ["NUMBER"] and is_grouped:
        return f"write `{before[-1].value}_{token.value}`"
    if types == ["NUMBER", "COMMA"] and before[0].end + 1 == before[1].end == token.start:
        sign = "_" if is_grouped else "."
        return f"write `{before[0].value}{sign}{token.value}`: a comma ends the entry"
    return ""


def _span(token: Token, source: SourceFile) -> Span:
    """Return the token's span; of a line end the place before it, else it shows a line below."""
    return Span(source, token.start, token.start if token.type == "_NEWLINE" else token.end)
