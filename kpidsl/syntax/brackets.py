"""Brackets that don't match: where each was opened, and where it was most likely meant to close.

After this pass every bracket has its partner, so that the parser and its recovery never have
to guess how far a block reaches.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from kpidsl.syntax.tokens import CLOSER_OF, OPENER_OF, Token
from kpidsl.text.diagnostic import Diagnostic, Fix, error
from kpidsl.text.source import SourceFile, Span

_TEXT = {"LPAR": "(", "LSQB": "[", "LBRACE": "{", "RPAR": ")", "RSQB": "]", "RBRACE": "}"}

# Of a file that lost most of its closers, this many messages tell enough.
_MOST_MESSAGES = 20


def balance(tokens: list[Token], source: SourceFile) -> tuple[list[Token], list[Diagnostic]]:
    """Return the tokens with closers added and strays taken out, and a message for each."""
    if _is_balanced(tokens):
        return tokens, []
    return _Repair(tokens, source).run()


def _is_balanced(tokens: list[Token]) -> bool:
    opened: list[str] = []
    for token in tokens:
        kind = token.type
        if kind in CLOSER_OF:
            opened.append(kind)
        elif kind in OPENER_OF and (not opened or opened.pop() != OPENER_OF[kind]):
            return False
    return not opened


@dataclass(slots=True)
class _Open:
    token: Token
    indent: int
    """Column at which the line that holds the opener begins."""

    @property
    def closer(self) -> str:
        return CLOSER_OF[self.token.type]


class _Repair:
    """Uses the layout of lines, which is mostly right where the brackets are wrong."""

    def __init__(self, tokens: list[Token], source: SourceFile) -> None:
        self.tokens = tokens
        self.source = source
        self.out: list[Token] = []
        self.opened: list[_Open] = []
        self.diagnostics: list[Diagnostic] = []
        self.indented = _is_indented(tokens)

    def run(self) -> tuple[list[Token], list[Diagnostic]]:
        indent = 1
        for index, token in enumerate(self.tokens):
            first = _is_first_of_line(self.tokens, index)
            if first:
                indent = token.column
            if token.type in OPENER_OF:
                self._close(token, first)
                continue
            if first and token.type != "_NEWLINE":
                self._close_what_ended_above(indent)
            if token.type in CLOSER_OF:
                if token.type == "LBRACE" and self._ends_line(index):
                    self._close_parentheses_of_line(token)
                self.opened.append(_Open(token, indent))
            self.out.append(token)
        while self.opened:
            self._close_missing(self.opened.pop())
        return self.out, self.diagnostics

    def _close(self, token: Token, first: bool) -> None:
        opener = OPENER_OF[token.type]
        partners = [i for i, item in enumerate(self.opened) if item.token.type == opener]
        if not partners:
            self._report_stray(token)
            return
        partner = partners[-1]
        if first and self.indented and self.opened[partner].indent > token.column:
            aligned = [i for i in partners if self.opened[i].indent == token.column]
            partner = aligned[-1] if aligned else partner
        while len(self.opened) > partner + 1:
            self._close_missing(self.opened.pop())
        self.opened.pop()
        self.out.append(token)

    def _close_what_ended_above(self, indent: int) -> None:
        """A line no deeper than the one that opened a bracket is outside that bracket."""
        while self.opened and indent <= self.opened[-1].indent:
            if self.opened[-1].token.type == "LBRACE" and not self.indented:
                return
            self._close_missing(self.opened.pop())

    def _close_parentheses_of_line(self, brace: Token) -> None:
        while (
            self.opened
            and self.opened[-1].token.type == "LPAR"
            and self.opened[-1].token.line == brace.line
        ):
            self._close_missing(self.opened.pop())

    def _ends_line(self, index: int) -> bool:
        following = self.tokens[index + 1 : index + 2]
        return not following or following[0].type == "_NEWLINE"

    def _close_missing(self, item: _Open) -> None:
        """Put the closer after the last token before the newlines and docs that end `out`."""
        after = len(self.out)
        while self.out[after - 1].type in ("_NEWLINE", "DOC_LINE"):
            after -= 1
        last = self.out[after - 1]
        text = _TEXT[item.closer]
        self.out.insert(after, Token(item.closer, text, last.end, last.end, last.line, last.column))
        end = Span(self.source, last.end, last.end)
        self._report(
            error(
                "K103",
                f"`{item.token.value}` is never closed",
                item.token.span(self.source),
                label="opened here",
                help=f"add `{text}` where it ends",
                fix=Fix(end, text),
            )
        )

    def _report_stray(self, token: Token) -> None:
        span = token.span(self.source)
        self._report(
            error(
                "K104",
                f"`{token.value}` closes nothing",
                span,
                label="nothing is open here",
                help="remove it",
                fix=Fix(span, ""),
            )
        )

    def _report(self, diagnostic: Diagnostic) -> None:
        if len(self.diagnostics) < _MOST_MESSAGES:
            self.diagnostics.append(diagnostic)


def _is_first_of_line(tokens: list[Token], index: int) -> bool:
    return index == 0 or tokens[index - 1].type == "_NEWLINE"


def _is_indented(tokens: list[Token]) -> bool:
    """Tell whether most blocks of the file stand deeper than the line that opens them."""
    deeper = 0
    for line, following in _lines(tokens):
        if line[-1].type == "LBRACE" and following[0].type != "RBRACE":
            deeper += 1 if following[0].column > line[0].column else -1
    return deeper > 0


def _lines(tokens: list[Token]) -> Iterator[tuple[list[Token], list[Token]]]:
    """Yield each line that holds tokens, with the next such line."""
    lines: list[list[Token]] = [[]]
    for token in tokens:
        if token.type != "_NEWLINE":
            lines[-1].append(token)
        elif lines[-1]:
            lines.append([])
    filled = [line for line in lines if line]
    yield from pairwise(filled)
