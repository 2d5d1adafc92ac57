"""Source text to syntax tree, with a message for each mistake and everything sound kept."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from kpidsl.syntax import tree
from kpidsl.syntax.brackets import balance
from kpidsl.syntax.build import Builder
from kpidsl.syntax.expected import ends_item, expects_value
from kpidsl.syntax.layout import lay_out
from kpidsl.syntax.lexing import lex
from kpidsl.syntax.machine import machine
from kpidsl.syntax.mistakes import describe, mend
from kpidsl.syntax.tokens import CLOSER_OF, OPENER_OF, Token
from kpidsl.syntax.tree import Comment
from kpidsl.text.diagnostic import Diagnostic
from kpidsl.text.source import SourceFile


def parse(source: SourceFile) -> tuple[tree.File, list[Diagnostic]]:
    """Parse a `.kpi` text. The tree holds every entry that is well formed, whatever else is."""
    tokens, comments, diagnostics = _tokens(source)
    run = _Run("file", tokens, source)
    file = run.run()
    assert isinstance(file, tree.File)
    return replace(file, comments=tuple(comments)), _in_order(diagnostics + run.diagnostics)


def parse_expression(source: SourceFile) -> tuple[tree.Expr | None, list[Diagnostic]]:
    """Parse one expression, as a command line gives it; None where nothing can be made of it."""
    tokens, _, diagnostics = _tokens(source)
    run = _Run("expression", [t for t in tokens if t.type not in ("_NEWLINE", "DOC")], source)
    expression = run.run()
    return expression, _in_order(diagnostics + run.diagnostics)  # type: ignore[return-value]


def _tokens(source: SourceFile) -> tuple[list[Token], list[Comment], list[Diagnostic]]:
    tokens, comments, malformed = lex(source)
    tokens, unbalanced = balance(tokens, source)
    tokens, misplaced = lay_out(tokens, source)
    return tokens, comments, malformed + unbalanced + misplaced


def _in_order(diagnostics: list[Diagnostic]) -> list[Diagnostic]:
    return sorted(diagnostics, key=lambda item: item.sort_key)


@dataclass(frozen=True, slots=True)
class _Mark:
    """The start of an entry: its first token and the parser's stacks before it."""

    index: int
    states: list[int]
    values: list[object]


class _Run:
    """One run of the LALR parser.

    Recovery: where an entry can't go on, the stacks go back to its start and the parser goes on
    after its end. Brackets are balanced by now, so the end is certain.
    """

    def __init__(self, start: str, tokens: list[Token], source: SourceFile) -> None:
        end = len(source.text)
        self.tokens = [*tokens, Token("$END", "", end, end, 0, 0)]
        self.diagnostics: list[Diagnostic] = []
        self._source = source
        self._builder = Builder(source)
        automaton = machine()
        self._actions = automaton.actions
        self._gotos = automaton.gotos
        self._end_state = automaton.ends[start]
        self._handlers = automaton.handlers(self._builder)
        self._states = [automaton.starts[start]]
        self._values: list[Any] = []
        # For each open block, where its current entry begins; None for the braces of a record.
        self._marks: list[_Mark | None] = [None]
        self._mark(0)

    def run(self) -> object:
        """Return the start rule's value; None only for an expression that is not well formed."""
        index = 0
        while True:
            token = self.tokens[index]
            kind = token.type
            if not self._feed(token):
                index = self._recover(index)
                if index < 0:
                    return None
                continue
            index += 1
            if kind == "LBRACE":
                self._marks.append(None)
                self._mark(index)
            elif kind == "RBRACE":
                self._marks.pop()
            elif kind in ("_NEWLINE", "COMMA"):
                self._mark(index)
            elif kind == "$END":
                self.diagnostics += self._builder.diagnostics
                return self._values[-1]

    def _feed(self, token: Token) -> bool:
        """Take a token, or return False if it can't stand here."""
        states, values = self._states, self._values
        actions, gotos = self._actions, self._gotos
        kind = token.type
        while True:
            step = actions[states[-1]].get(kind)
            if isinstance(step, int):
                states.append(step)
                values.append(token)
                return True
            if step is None:
                return False
            if step.only_lifts:
                states[-1] = gotos[states[-2]][step.origin]
                continue
            first = len(values) - step.size
            children = values[first:]
            del states[first + 1 :], values[first:]
            values.append(self._handlers[step.index](children))
            states.append(gotos[states[-1]][step.origin])
            if kind == "$END" and states[-1] == self._end_state:
                return True

    def _mark(self, index: int) -> None:
        """Remember the stacks if an entry may begin with the token at `index`."""
        if "DOC" in self._actions[self._states[-1]]:
            self._marks[-1] = _Mark(index, self._states[:], self._values[:])

    def _accepted(self) -> set[str]:
        return {kind for kind in self._actions[self._states[-1]] if self._accepts(kind)}

    def _accepts(self, *kinds: str) -> bool:
        """Tell whether tokens of these types can come next, by a run without values."""
        states = self._states[:]
        for kind in kinds:
            while True:
                step = self._actions[states[-1]].get(kind)
                if step is None:
                    return False
                if isinstance(step, int):
                    states.append(step)
                    break
                del states[len(states) - step.size :]
                states.append(self._gotos[states[-1]][step.origin])
                if kind == "$END" and states[-1] == self._end_state:
                    return True
        return True

    def _recover(self, index: int) -> int:
        """Report the token at `index` and return where to go on; -1 if nothing can be kept."""
        accepted = self._accepted()
        mended = mend(self.tokens, index, accepted, self._accepts, self._source)
        if mended:
            diagnostic, replacement = mended
            self.diagnostics.append(diagnostic)
            self.tokens[index : index + 1] = replacement
            return index
        self.diagnostics.append(describe(self.tokens, index, accepted, self._source))
        if self._marks[0] is None:
            return -1
        end, brace = self._rest_of_item(index, 0)
        if brace is not None and "LBRACE" in accepted and not expects_value(accepted):
            return brace
        if ends_item(accepted) and end > index and self.tokens[index - 1].type == "RBRACE":
            # The entry was whole. A value cut short is none: it may lack its own filter.
            return end
        return self._go_back(index)

    def _go_back(self, index: int) -> int:
        """Take back the entry that holds the token at `index`; return where the next begins."""
        while self._marks[-1] is None:
            self._marks.pop()
        mark = self._marks[-1]
        depth = 0
        for token in self.tokens[mark.index : index]:
            depth += (token.type in CLOSER_OF) - (token.type in OPENER_OF)
        self._states[:] = mark.states
        self._values[:] = mark.values
        end, _ = self._rest_of_item(index, depth)
        following = end + 1 if self.tokens[end].type in ("_NEWLINE", "COMMA") else end
        self._mark(following)
        return following

    def _rest_of_item(self, index: int, depth: int) -> tuple[int, int | None]:
        """Return the index of what ends the entry, and of the first `{` before that.

        `depth` is the number of brackets open at `index` that the entry itself opened.
        """
        brace = None
        while True:
            kind = self.tokens[index].type
            if kind in CLOSER_OF:
                if kind == "LBRACE" and depth == 0 and brace is None:
                    brace = index
                depth += 1
            elif kind == "$END" or (
                depth == 0 and (kind in OPENER_OF or kind in ("_NEWLINE", "COMMA"))
            ):
                return index, brace
            elif kind in OPENER_OF:
                depth -= 1
            index += 1
