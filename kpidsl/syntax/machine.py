"""Lark's lexer and LALR tables in the form that runs fastest in Python.

Lark builds both; its own loops would spend most of their time on one call per rule, and most
reductions only lift an operand one level of binding.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

from lark.grammar import Rule
from lark.parse_tree_builder import ParseTreeBuilder
from lark.parsers.lalr_analysis import Shift
from lark.tree import Tree

from kpidsl.syntax.tables import tables

Handler = Callable[[list[Any]], Any]
Wrapper = Callable[[Handler], Handler]


@dataclass(frozen=True, slots=True, eq=False)
class Reduction:
    """What to do when the parser has all children of a rule."""

    origin: str
    size: int
    index: int
    """The rule's place in `Machine.rules`, and in a run's handlers."""
    only_lifts: bool
    """Whether the rule's value is that of its one child."""


@dataclass(frozen=True, slots=True)
class Machine:
    """The parser's automaton."""

    actions: dict[int, dict[str, int | Reduction]]
    """Per state and token type, the state to go to or what to reduce first."""
    gotos: dict[int, dict[str, int]]
    """Per state and rule just reduced, the state to go to."""
    starts: dict[str, int]
    ends: dict[str, int]
    rules: list[Rule]
    wrappers: list[list[Wrapper]]
    """Per rule, what lark puts around its method: a choice of the children, and `None` for those
    that are absent."""

    def handlers(self, nodes: object) -> Handlers:
        """Return a function per rule that calls the method of `nodes` with the rule's name."""
        return Handlers(self, nodes)


class Handlers(dict[int, Handler]):
    """The functions of one run by the rule's place, each made when its rule is first reduced: a
    question's expression needs a few of them, and making all took longer than parsing it."""

    def __init__(self, automaton: Machine, nodes: object) -> None:
        self._automaton = automaton
        self._nodes = nodes

    def __missing__(self, index: int) -> Handler:
        rule = self._automaton.rules[index]
        name = rule.alias or rule.origin.name
        # A rule without a method groups children, which the rule above takes in.
        handler: Handler = getattr(self._nodes, name, None) or partial(Tree, name)
        for wrapper in self._automaton.wrappers[index]:
            handler = wrapper(handler)
        self[index] = handler
        return handler


@cache
def machine() -> Machine:
    """Return the automaton of `kpi.lark`."""
    table = tables().parser.parser.parser.parse_table
    reductions: dict[Rule, Reduction] = {}
    actions: dict[int, dict[str, int | Reduction]] = {}
    gotos: dict[int, dict[str, int]] = {}
    for state, steps in table.states.items():
        actions[state], gotos[state] = {}, {}
        for symbol, (action, argument) in steps.items():
            if not symbol.isupper():
                gotos[state][symbol] = argument
                continue
            if action is Shift:
                actions[state][symbol] = argument
                continue
            if argument not in reductions:
                size = len(argument.expansion)
                only_lifts = argument.options.expand1 and size == 1 and not argument.alias
                origin = argument.origin.name
                reductions[argument] = Reduction(origin, size, len(reductions), only_lifts)
            actions[state][symbol] = reductions[argument]
    rules = list(reductions)
    builder = ParseTreeBuilder(rules, Tree, maybe_placeholders=True)  # type: ignore[no-untyped-call]
    wrappers = [wrappers for _, wrappers in builder.rule_builders]
    return Machine(actions, gotos, table.start_states, table.end_states, rules, wrappers)


@dataclass(frozen=True, slots=True)
class Scanner:
    """One pattern with a group per terminal, and the words that are no names."""

    pattern: re.Pattern[str]
    words: dict[str, str]
    ignored: frozenset[str]


@cache
def scanner() -> Scanner:
    """Return the scanner for the terminals of `kpi.lark`, tried in lark's order."""
    lexer = tables().parser.lexer
    words = {
        terminal.pattern.value: terminal.name
        for terminal in lexer.terminals
        if terminal.pattern.type == "str" and terminal.pattern.value.isalpha()
    }
    groups = [
        f"(?P<{terminal.name}>{terminal.pattern.to_regexp()})"
        for terminal in lexer.terminals
        if terminal.name not in words.values()
    ]
    return Scanner(re.compile("|".join(groups)), words, frozenset(lexer.ignore_types))
