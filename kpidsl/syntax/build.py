"""Rules of the grammar to syntax nodes: one method per rule, called as the parser reduces.

Each method takes the rule's children: tokens, finished nodes, and None for an absent option.
"""

from __future__ import annotations

import re
import textwrap
from dataclasses import dataclass
from decimal import Context, Decimal
from typing import Any

from kpidsl.syntax import tree
from kpidsl.syntax.lexing import ESCAPES
from kpidsl.syntax.tokens import Token
from kpidsl.text.diagnostic import Diagnostic, Fix, error, warning
from kpidsl.text.source import SourceFile, Span

EDITION = 1

_EXACT = Context(prec=1000)
_SCALES = {"k": Decimal(10**3), "M": Decimal(10**6), "B": Decimal(10**9)}
_DURATION_UNITS = {  # (months, seconds)
    "s": (0, 1),
    "min": (0, 60),
    "h": (0, 3600),
    "d": (0, 86_400),
    "w": (0, 604_800),
    "mo": (1, 0),
    "q": (3, 0),
    "y": (12, 0),
}


@dataclass(frozen=True, slots=True)
class _Parenthesised:
    """An expression in parentheses: its node keeps its own span, what is built on it needs this."""

    node: Any
    span: Span


@dataclass(frozen=True, slots=True)
class _Header:
    kind: tree.Name
    path: tuple[tree.Name, ...]
    params: tuple[tree.Param, ...]
    alias: tree.Name | None
    by: tree.Ref | None
    label: tree.String | None
    span: Span


@dataclass(frozen=True, slots=True)
class _Group:
    """Several things and the span they take, brackets included."""

    members: tuple[Any, ...]
    span: Span


def _bare(value: Any) -> Any:  # noqa: ANN401 - a child of any rule
    return value.node if type(value) is _Parenthesised else value


class Builder:
    """Builds the nodes of one file; `diagnostics` gets what only shows while building."""

    def __init__(self, source: SourceFile) -> None:
        self.source = source
        self.diagnostics: list[Diagnostic] = []

    def _span(self, token: Token) -> Span:
        return Span(self.source, token.start, token.end)

    def _between(self, first: Token, last: Token) -> Span:
        return Span(self.source, first.start, last.end)

    # --- blocks and entries ---

    def file(self, children: list[Any]) -> tree.File:
        edition = None
        if children and isinstance(children[0], int):
            edition, *children = children
        return tree.File(self.source, edition, tuple(children), ())

    def edition(self, children: list[Any]) -> int:
        _, number = children
        if number.value != str(EDITION):
            span = self._span(number)
            self.diagnostics.append(
                error(
                    "K113",
                    f"there is no edition {number.value} of the language",
                    span,
                    help=f"write `kpidsl {EDITION}`, or install the kpidsl that knows it",
                    fix=Fix(span, str(EDITION)),
                )
            )
        return EDITION

    def expression(self, children: list[Any]) -> tree.Expr:
        return _bare(children[0])  # type: ignore[no-any-return]

    def entry(self, children: list[Any]) -> tree.Entry:
        doc, key, value, block = children
        if not isinstance(key, tree.String):
            key = self.name([key])
        end = block or value
        return tree.Entry(
            key, _bare(value), block and block.members, self._doc(doc), key.span.to(end.span)
        )

    def declaration(self, children: list[Any]) -> tree.Block | tree.Entry:
        doc, header, value, block = children
        span = header.span.to((block or value).span)
        if header.span == header.kind.span:  # a key that `=` stands after, where `:` is meant
            items = block and block.members
            return tree.Entry(header.kind, _bare(value), items, self._doc(doc), span)
        return self._block(doc, header, _bare(value), block, span)

    def declaration_of_block(self, children: list[Any]) -> tree.Block:
        doc, header, block = children
        return self._block(doc, header, None, block, header.span.to(block.span))

    def _block(
        self,
        doc: Token | None,
        header: _Header,
        value: tree.Expr | None,
        block: _Group | None,
        span: Span,
    ) -> tree.Block:
        return tree.Block(
            header.kind,
            header.path,
            header.params,
            header.alias,
            header.by,
            header.label,
            value,
            block.members if block else None,
            self._doc(doc),
            header.span,
            span,
        )

    def _doc(self, token: Token | None) -> tree.Doc | None:
        return None if token is None else tree.Doc(token.value, self._span(token))

    def header(self, children: list[Any]) -> _Header:
        kind, path, params, alias, by, label = children
        last = next(part for part in (label, by, alias, params, path, kind) if part)
        return _Header(
            kind,
            path.members if path else (),
            params.members if params else (),
            alias,
            by,
            label,
            kind.span.to(last.span),
        )

    def path(self, children: list[Any]) -> _Group:
        return _Group(tuple(children), children[0].span.to(children[-1].span))

    def params(self, children: list[Any]) -> _Group:
        left, *params, right = children
        return _Group(tuple(param for param in params if param), self._between(left, right))

    def param(self, children: list[Any]) -> tree.Param:
        name, *value = children
        if not value:
            return tree.Param(name, None, name.span)
        return tree.Param(name, _bare(value[0]), name.span.to(value[0].span))

    def block(self, children: list[Any]) -> _Group:
        left, *items, right = children
        return _Group(tuple(items), self._between(left, right))

    # --- operators ---

    def binary(self, children: list[Any]) -> tree.Binary:
        left, op, right = children
        text = "once per" if op.type == "ONCE_PER" else op.value
        return tree.Binary(
            text, _bare(left), _bare(right), self._span(op), left.span.to(right.span)
        )

    def unary(self, children: list[Any]) -> tree.Unary:
        op, operand = children
        text = "at " + op.value[2:].strip() if op.type == "AT_BOUND" else op.value
        span = self._span(op)
        return tree.Unary(text, _bare(operand), span, span.to(operand.span))

    def not_like(self, children: list[Any]) -> tree.Binary:
        left, negation, like, right = children
        return tree.Binary(
            "not like",
            _bare(left),
            _bare(right),
            self._between(negation, like),
            left.span.to(right.span),
        )

    def in_list(self, children: list[Any]) -> tree.InList:
        operand, negation, _, *items, right = children
        return tree.InList(
            _bare(operand),
            tuple(map(_bare, items)),
            negation is not None,
            operand.span.to(self._span(right)),
        )

    def between(self, children: list[Any]) -> tree.Between:
        operand, negation, low, high = children
        return tree.Between(
            _bare(operand),
            _bare(low),
            _bare(high),
            negation is not None,
            operand.span.to(high.span),
        )

    def is_test(self, children: list[Any]) -> tree.IsTest:
        operand, negation, state = children
        return tree.IsTest(_bare(operand), state, negation is not None, operand.span.to(state.span))

    def state(self, children: list[Any]) -> tree.Name:
        return self.name(children)

    def case(self, children: list[Any]) -> tree.Case:
        first, *branches, default, last = children
        return tree.Case(tuple(branches), _bare(default), self._between(first, last))

    def branch(self, children: list[Any]) -> tuple[tree.Expr, tree.Expr]:
        condition, value = children
        return _bare(condition), _bare(value)

    # --- primaries ---

    def parenthesised(self, children: list[Any]) -> _Parenthesised:
        left, value, right = children
        return _Parenthesised(_bare(value), self._between(left, right))

    def call(self, children: list[Any]) -> tree.Call:
        function, _, *arguments, right = children
        return tree.Call(function, tuple(arguments), function.span.to(self._span(right)))

    def argument(self, children: list[Any]) -> tree.Argument:
        *names, value = children
        return tree.Argument(self.name(names) if names else None, _bare(value))

    def list_literal(self, children: list[Any]) -> tree.ListLiteral:
        left, *items, right = children
        return tree.ListLiteral(tuple(map(_bare, items)), self._between(left, right))

    def record(self, children: list[Any]) -> tree.RecordLiteral:
        left, *fields, right = children
        return tree.RecordLiteral(tuple(fields), self._between(left, right))

    def field(self, children: list[Any]) -> tuple[tree.Name, tree.Expr]:
        key, value = children
        if not isinstance(key, tree.String):
            return self.name([key]), _bare(value)
        meant = key.value if key.value.isidentifier() else f"`{key.value}`"
        self.diagnostics.append(
            warning(
                "K115",
                "a field's name stands without quotes",
                key.span,
                help=f"write {meant}" if meant.startswith("`") else f"write `{meant}`",
                fix=Fix(key.span, meant, safe="`" not in key.value),
            )
        )
        return tree.Name(key.value, key.span), _bare(value)

    def ref(self, children: list[Any]) -> tree.Ref:
        return tree.Ref(tuple(children), children[0].span.to(children[-1].span))

    def name(self, children: list[Any]) -> tree.Name:
        token = children[0]
        text = token.value[1:-1] if token.value[0] == "`" else token.value
        return tree.Name(text, self._span(token))

    def string(self, children: list[Any]) -> tree.String:
        token = children[0]
        text = token.value
        if text.startswith('"""'):
            text = textwrap.dedent(text[3:-3].replace("\r\n", "\n")).strip("\n")
        else:
            text = text[1:-1]
        if "\\" in text:
            text = re.sub(r"\\(.)", _unescape, text, flags=re.DOTALL)
        return tree.String(text, self._span(token))

    def sql(self, children: list[Any]) -> tree.SqlLiteral:
        token = children[0]
        quotes = 3 if token.value.startswith('sql"""') else 1
        body = token.value[3 + quotes : -quotes]
        start = token.start + 3 + quotes
        return tree.SqlLiteral(
            body.replace('\\"', '"'), Span(self.source, start, start + len(body)), self._span(token)
        )

    def number(self, children: list[Any]) -> tree.Number:
        return tree.Number(_decimal(children[0].value), self._span(children[0]))

    def quantity(self, children: list[Any]) -> tree.Quantity:
        number, unit = children
        return tree.Quantity(_decimal(number.value), self.name([unit]), self._between(number, unit))

    def percent(self, children: list[Any]) -> tree.Percent:
        token = children[0]
        value = _EXACT.scaleb(_decimal(token.value[:-1]), -2)
        return tree.Percent(value, self._span(token))

    def duration(self, children: list[Any]) -> tree.Duration:
        token = children[0]
        digits = token.value.rstrip("abcdefghijklmnopqrstuvwxyz")
        months, seconds = _DURATION_UNITS[token.value[len(digits) :]]
        count = int(digits)
        return tree.Duration(count * months, count * seconds, self._span(token))

    def date(self, children: list[Any]) -> tree.DateLiteral:
        return tree.DateLiteral(children[0].value, self._span(children[0]))

    def timestamp(self, children: list[Any]) -> tree.TimestampLiteral:
        return tree.TimestampLiteral(children[0].value, self._span(children[0]))

    def period(self, children: list[Any]) -> tree.PeriodLiteral:
        return tree.PeriodLiteral(children[0].value, self._span(children[0]))

    def boolean(self, children: list[Any]) -> tree.Bool:
        return tree.Bool(children[0].type == "TRUE", self._span(children[0]))

    def null(self, children: list[Any]) -> tree.Null:
        return tree.Null(self._span(children[0]))


def _unescape(match: re.Match[str]) -> str:
    """Keep an unknown escape as it stands; the lexer has reported it."""
    return ESCAPES.get(match.group(1), match.group())


def _decimal(text: str) -> Decimal:
    scale = _SCALES.get(text[-1])
    if scale is None:
        return Decimal(text)
    return _EXACT.multiply(Decimal(text[:-1]), scale)
