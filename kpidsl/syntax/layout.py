"""Balanced tokens to the tokens of the grammar: newlines, documentation and depth.

A _NEWLINE stays only where it ends an entry: not inside ( ) and [ ], not before a line that
begins with an operator or a brace, not beside a brace or a comma.
"""

from __future__ import annotations

from kpidsl.syntax.tokens import CLOSER_OF, OPENER_OF, OPERATORS, VALUE_ENDS, Token
from kpidsl.text.diagnostic import Diagnostic, error, warning
from kpidsl.text.source import SourceFile, Span

# Every layer below walks the tree by recursion; Python allows about 1,000 frames.
MAX_DEPTH = 100

# No entry begins with these, so a line that does goes on with the one before.
_CONTINUES = OPERATORS - {"AT_BOUND"} | {
    "WHEN",
    "THEN",
    "ELSE",
    "END",
    "DOT",
    "COMMA",
    "LBRACE",
    "RBRACE",
}


def lay_out(tokens: list[Token], source: SourceFile) -> tuple[list[Token], list[Diagnostic]]:
    """Return the tokens as the grammar wants them, from tokens whose brackets are balanced."""
    layout = _Layout(source)
    layout.run(tokens)
    return layout.tokens, layout.diagnostics


class _Layout:
    def __init__(self, source: SourceFile) -> None:
        self.source = source
        self.tokens: list[Token] = []
        self.diagnostics: list[Diagnostic] = []
        self._docs: list[Token] = []
        self._newline: Token | None = None
        # Open brackets (and `case`), each with the operators counted at the level outside it.
        self._opened: list[tuple[str, int]] = []
        self._operators = 0
        # While the rest of a too deep value is skipped, the brackets opened in it.
        self._skipping: list[str] | None = None

    def run(self, tokens: list[Token]) -> None:
        for token in tokens:
            if token.type == "_NEWLINE":
                if not self._opened or self._innermost_bracket() in ("", "LBRACE"):
                    self._newline = token
            elif token.type == "DOC_LINE":
                self._take_doc(token)
            elif not self._is_skipped(token):
                self._end_line(token)
                self._measure(token)
        self._drop_docs()

    def _innermost_bracket(self) -> str:
        return next((kind for kind, _ in reversed(self._opened) if kind != "CASE"), "")

    def _take_doc(self, token: Token) -> None:
        self._docs.append(token)
        inside = self._innermost_bracket() not in ("", "LBRACE")
        after_text = self.tokens and not self._newline and self.tokens[-1].type != "LBRACE"
        if inside or (after_text and len(self._docs) == 1):
            self._drop_docs()

    def _end_line(self, token: Token) -> None:
        """Put the newline and the documentation that stand before the token."""
        if self._docs and token.type in _CONTINUES:
            self._drop_docs()
        if self._newline:
            if self._ends_entry(token):
                self.tokens.append(self._newline)
                self._leave_cases()
                self._operators = 0
            self._newline = None
        if self._docs:
            first, last = self._docs[0], self._docs[-1]
            text = "\n".join(doc.value[3:].removeprefix(" ").rstrip() for doc in self._docs)
            self.tokens.append(Token("DOC", text, first.start, last.end, first.line, first.column))
            self._docs = []

    def _ends_entry(self, token: Token) -> bool:
        """Tell whether the line end before the token ends an entry."""
        if not self.tokens or self.tokens[-1].type in ("LBRACE", "COMMA"):
            return False
        if self.tokens[-1].type == "COLON":  # no value yet that an operator could go on with
            return token.type not in ("LBRACE", "RBRACE")
        return token.type not in _CONTINUES

    def _drop_docs(self) -> None:
        if self._docs:
            span = Span(self.source, self._docs[0].start, self._docs[-1].end)
            self.diagnostics.append(
                warning(
                    "K112",
                    "this documentation belongs to nothing",
                    span,
                    help="move it to a line of its own above what it is about",
                )
            )
            self._docs = []

    def _measure(self, token: Token) -> None:
        """Append the token, unless the expression it belongs to gets too deep by it."""
        kind = token.type
        if kind in CLOSER_OF or kind == "CASE" or kind in OPERATORS:
            depth = len(self._opened) + self._operators + sum(count for _, count in self._opened)
            if depth >= MAX_DEPTH:
                self._refuse(token)
                return
            if kind in OPERATORS:
                self._operators += 1
            else:
                self._opened.append((kind, self._operators))
                self._operators = 0
        elif kind in OPENER_OF:
            self._leave_cases()
            _, self._operators = self._opened.pop()
        elif kind == "END":
            if self._opened and self._opened[-1][0] == "CASE":
                _, self._operators = self._opened.pop()
        elif kind == "COMMA":
            self._leave_cases()
            self._operators = 0
        elif kind in ("WHEN", "THEN", "ELSE"):
            self._operators = 0
        self.tokens.append(token)

    def _leave_cases(self) -> None:
        """A `case` without its `end` reaches no further than the entry or bracket around it."""
        while self._opened and self._opened[-1][0] == "CASE":
            _, self._operators = self._opened.pop()

    def _refuse(self, token: Token) -> None:
        self.diagnostics.append(
            error(
                "K111",
                f"this is nested more than {MAX_DEPTH} levels deep",
                token.span(self.source),
                label="too deep from here on",
                help="give the parts names of their own, in metrics or measures",
            )
        )
        if not self.tokens or self.tokens[-1].type not in VALUE_ENDS:
            self.tokens.append(token.read_as("NULL", "null"))
        self._skipping = []
        self._is_skipped(token)

    def _is_skipped(self, token: Token) -> bool:
        """Skip the rest of the too deep value: up to a comma, line end or closer at its level."""
        if self._skipping is None:
            return False
        if token.type in CLOSER_OF:
            self._skipping.append(token.type)
        elif self._skipping:
            if token.type in OPENER_OF:
                self._skipping.pop()
        elif token.type in OPENER_OF or token.type == "COMMA" or self._newline:
            self._skipping = None
            return False
        self._newline = None
        return True
