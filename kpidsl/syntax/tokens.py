"""The token that every pass over the text hands to the next."""

from __future__ import annotations

from typing import NamedTuple

from kpidsl.text.source import SourceFile, Span


class Token(NamedTuple):
    """A piece of text; `type` is a terminal of `kpi.lark`, `value` what the piece is read as."""

    type: str
    value: str
    start: int
    end: int
    line: int
    column: int

    def span(self, source: SourceFile) -> Span:
        """Return where the token stands in the text."""
        return Span(source, self.start, self.end)

    def read_as(self, kind: str, value: str) -> Token:
        """Return the token at the same place, read as something else."""
        return Token(kind, value, self.start, self.end, self.line, self.column)


CLOSER_OF = {"LPAR": "RPAR", "LSQB": "RSQB", "LBRACE": "RBRACE"}
OPENER_OF = {closer: opener for opener, closer in CLOSER_OF.items()}

OPERATORS = frozenset({
    "WHERE", "ON", "BY", "AS", "OR", "AND", "NOT", "COMPARE", "IN", "LIKE", "BETWEEN", "IS",
    "DOTDOT", "PLUS_MINUS", "FROM", "TO", "AT", "OVER", "AT_BOUND", "PLUS", "MINUS", "STAR",
    "SLASH", "PER", "ONCE_PER",
})  # fmt: skip

# Tokens that can begin a value, and those that can end one.
VALUE_STARTS = frozenset({
    "NAME", "ON", "KEY", "BACKTICK", "STRING", "SQL", "TIMESTAMP", "DATE", "PERIOD", "DURATION",
    "PERCENT", "NUMBER", "TRUE", "FALSE", "NULL", "CASE", "LPAR", "LSQB", "LBRACE", "PLUS",
    "MINUS", "NOT", "AT_BOUND",
})  # fmt: skip
VALUE_ENDS = frozenset({
    "NAME", "ON", "KEY", "BACKTICK", "STRING", "SQL", "TIMESTAMP", "DATE", "PERIOD", "DURATION",
    "PERCENT", "NUMBER", "TRUE", "FALSE", "NULL", "END", "RPAR", "RSQB", "RBRACE",
})  # fmt: skip

RESERVED = frozenset({
    "and", "or", "not", "in", "is", "null", "like", "between", "case", "when", "then", "else",
    "end", "where", "as", "by", "per", "once", "from", "to", "at", "over", "true", "false",
})  # fmt: skip
