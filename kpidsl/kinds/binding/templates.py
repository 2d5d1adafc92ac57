"""Metrics with parameters: each call is written out, so that what follows knows plain formulas."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import TypeVar

from kpidsl.kinds.binding.graph import calls, children, cycle_error, sort
from kpidsl.kinds.binding.substitution import Origin, arguments_of, moved
from kpidsl.model.project import Model
from kpidsl.model.purpose import Parameterised
from kpidsl.syntax import tree
from kpidsl.syntax.parser import parse_expression
from kpidsl.text.diagnostic import Diagnostic, Label, error
from kpidsl.text.source import SourceFile, Span

T = TypeVar("T")

MOST_PARTS = 10_000
MOST_LEVELS = 100
"""How large a formula may become: as deep as the parser allows."""


@dataclass(frozen=True, slots=True)
class Template:
    """A metric with parameters, before it is told them."""

    name: str
    params: tuple[tree.Param, ...]
    value: tree.Expr
    span: Span


class Writer:
    """Writes out the calls of templates; `origins` are the places at which it did."""

    def __init__(self, templates: Mapping[str, Template], diagnostics: list[Diagnostic]) -> None:
        self._templates: dict[str, Template] = {}
        self._diagnostics = diagnostics
        self.origins: list[Origin] = []
        edges = {
            name: [
                (call.function.text, call.span)
                for call in calls(item.value)
                if call.function.text in templates
            ]
            for name, item in templates.items()
        }
        order, cycles = sort(edges)
        diagnostics.extend(cycle_error("metric", cycle) for cycle in cycles)
        for name in order:  # each after those that it calls, so that none grows unseen
            value = self.written_out(_apart(templates[name]))
            if not self._refuses(name, value, templates[name].span):
                self._templates[name] = replace(templates[name], value=value)

    def written_out(self, node: T) -> T:
        """Copy a tree with each call of a template replaced by what it stands for."""
        if not self._templates or isinstance(node, Span):
            return node
        if isinstance(node, tuple):
            return tuple(self.written_out(item) for item in node)  # type: ignore[return-value]
        if not is_dataclass(node) or isinstance(node, type):
            return node
        changes = {item.name: self.written_out(getattr(node, item.name)) for item in fields(node)}
        copy = replace(node, **changes)
        if isinstance(copy, tree.Call) and copy.function.text in self._templates:
            return self._expanded(copy)  # type: ignore[return-value]
        return copy

    def _expanded(self, call: tree.Call) -> tree.Expr:
        template = self._templates[call.function.text]
        defined = Label(template.span, f"`{template.name}` is defined here")
        given = arguments_of(
            template.name,
            template.params,
            _given(call, template),
            call.span,
            defined,
            self._diagnostics,
        )
        if given is None:
            return call
        value = moved(template.value, {_own(name): arg for name, arg in given.items()}, call.span)
        if self._refuses(template.name, value, call.span, defined):
            return call
        self.origins.append(Origin(template.name, call.span, template.span))
        return value

    def _refuses(self, name: str, value: tree.Expr, place: Span, *labels: Label) -> bool:
        """Refuse what is larger than a formula may be."""
        if not _is_too_large(value):
            return False
        self._diagnostics.append(
            error(
                "K111",
                f"what `{name}` stands for is too long or too deep",
                place,
                label="written out, more than a formula may be",
                labels=labels,
                help="give a part of it a name of its own, as a metric without parameters",
            )
        )
        return True


def _apart(template: Template) -> tree.Expr:
    """Return what a template stands for with its parameters told from whatever else has such a
    name, as in the templates that it calls."""
    owns = {
        param.name.text: tree.Ref((tree.Name(_own(param.name.text), param.span),), param.span)
        for param in template.params
    }
    return moved(template.value, owns, None)


def _own(param: str) -> str:
    """Call a parameter as nobody can write it."""
    return f"({param})"


def _is_too_large(value: tree.Expr) -> bool:
    """Tell whether a formula has more parts, or more levels, than one that is written by hand."""
    count, level = 0, [value]
    for _ in range(MOST_LEVELS):
        count += len(level)
        if not level or count > MOST_PARTS:
            break
        level = [child for parent in level for child in children(parent)]
    return bool(level)


def _given(call: tree.Call, template: Template) -> tuple[tree.Param, ...]:
    """Return the arguments as those of a header; one alone needs no name."""
    if len(template.params) == 1 and len(call.arguments) == 1 and call.arguments[0].name is None:
        only = call.arguments[0]
        return (tree.Param(template.params[0].name, only.value, only.value.span),)
    params: list[tree.Param] = []
    for argument in call.arguments:
        span = argument.value.span
        if argument.name is not None:
            whole = argument.name.span.to(span)
            params.append(tree.Param(argument.name, argument.value, whole))
        else:
            params.append(tree.Param(tree.Name(span.text, span), None, span))
    return tuple(params)


def as_model(templates: Mapping[str, Template]) -> dict[str, Parameterised]:
    """Return the templates as a checked model keeps them: as written."""
    return {
        name: Parameterised(
            name=name,
            span=item.span,
            params={
                param.name.text: param.value.span.text if param.value is not None else None
                for param in item.params
            },
            formula=item.value.span.text,
        )
        for name, item in templates.items()
    }


def templates_of(model: Model) -> dict[str, Template]:
    """Return the templates of a checked model, for expressions of the command line."""
    return {name: _read(item) for name, item in model.templates.items()}


def _read(item: Parameterised) -> Template:
    params = tuple(
        tree.Param(tree.Name(name, _expression(name).span), value, _expression(name).span)
        for name, text in item.params.items()
        for value in [None if text is None else _expression(text)]
    )
    value = _expression(item.formula)
    return Template(item.name, params, value, item.span or value.span)


def _expression(text: str) -> tree.Expr:
    expr, found = parse_expression(SourceFile("<definition>", text))
    assert expr is not None, found  # it was read from a file before
    return expr
