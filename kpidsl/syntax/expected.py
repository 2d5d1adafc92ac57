"""What the parser could have gone on with, in words."""

from __future__ import annotations

from collections.abc import Set

from kpidsl.syntax.tokens import OPERATORS, VALUE_STARTS, Token

_WORDS = {
    "COLON": "`:`",
    "COMMA": "`,`",
    "RPAR": "`)`",
    "RSQB": "`]`",
    "LBRACE": "`{`",
    "RBRACE": "`}`",
    "LPAR": "`(`",
    "LSQB": "`[`",
    "NAME": "a name",
    "NUMBER": "a number",
    "STRING": "a string",
    "WHEN": "`when`",
    "THEN": "`then`",
    "ELSE": "`else`",
    "END": "`end`",
    "AND": "`and`",
}


def found(token: Token) -> str:
    """Name the token that stands where it can't."""
    match token.type:
        case "_NEWLINE":
            return "the end of the line"
        case "$END":
            return "the end of the text"
        case "DOC":
            return "documentation"
        case _:
            text = token.value if len(token.value) <= 40 else token.value[:37] + "…"
            return text if token.type == "BACKTICK" else f"`{text}`"


def expects_value(types: Set[str]) -> bool:
    return "NUMBER" in types and "CASE" in types


def expects_item(types: Set[str]) -> bool:
    return "DOC" in types


def ends_item(types: Set[str]) -> bool:
    return "_NEWLINE" in types and not expects_item(types)


def expected(types: Set[str]) -> str:
    """Say what a set of acceptable token types comes to: "a value", "`,` or `)`"."""
    words: list[str] = []
    rest = set(types)
    if expects_item(rest):
        words.append("an entry or a declaration")
        rest -= VALUE_STARTS | {"_NEWLINE", "COMMA", "DOC", "EDITION"}
    elif expects_value(rest):
        words.append("a value")
        rest -= VALUE_STARTS | {"KEY"}
    elif {"PLUS", "STAR"} <= rest:
        words.append("an operator")
        rest -= OPERATORS | {"DOT", "LPAR", "NAME"}
    elif "KEY" in rest and "NAME" not in rest:  # in a record
        words.append("a field")
        rest -= {"KEY", "STRING", "BACKTICK"}
    if {"COLON", "LBRACE"} <= rest:  # a header, which has many optional parts
        return "`:` or `{`"
    if "_NEWLINE" in rest:
        words.append("the end of the line")
        rest -= {"_NEWLINE", "COMMA", "RBRACE", "$END", "LBRACE"}
    if "NAME" in rest:
        rest -= {"KEY", "BACKTICK", "ON"}
    words += [_WORDS[kind] for kind in _WORDS if kind in rest]
    if not words:
        words = ["the end of the text"]
    if len(words) == 1:
        return words[0]
    return ", ".join(words[:-1]) + " or " + words[-1]
