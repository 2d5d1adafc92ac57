"""Dependencies: an order in which each definition follows those that it needs, and cycles."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any, TypeVar, get_args

from kpidsl.kinds.binding.scope import Scope
from kpidsl.syntax import tree
from kpidsl.text.diagnostic import Diagnostic, Label, error
from kpidsl.text.source import Span

N = TypeVar("N", bound=Hashable)

_WITHOUT_NAMES = ("str", "bool", "int", "Decimal", "Name", "Span")
"""Types of fields, as they are written."""

Edges = Mapping[N, Sequence[tuple[N, Span]]]
"""For each node, the nodes that it needs, with the place where it names them."""


def refs(root: tree.Expr | tree.Block | None) -> Iterator[tree.Ref]:
    """Yield every name in an expression or a block that stands for something, without recursion:
    a sum may have thousands of terms."""
    stack: list[Any] = [root]
    while stack:
        node = stack.pop()
        match node:
            case tree.Ref():
                yield node
            case tree.Call(arguments=arguments):
                stack.extend(argument.value for argument in arguments)
            case tuple():
                stack.extend(node)
            case _:
                stack.extend([getattr(node, part) for part in _parts_of(node.__class__)])


@cache
def _parts_of(kind: type) -> tuple[str, ...]:
    """Return the fields of a kind of node that may hold names; what is no node has none."""
    if not is_dataclass(kind) or issubclass(kind, tree.Name | Span):
        return ()
    return tuple(field.name for field in fields(kind) if field.type not in _WITHOUT_NAMES)


def children(expr: tree.Expr) -> Iterator[tree.Expr]:
    """Yield the expressions directly inside one, names of functions left out."""
    stack: list[Any] = [getattr(expr, field.name) for field in fields(expr)]
    while stack:
        match stack.pop():
            case tree.Argument(value=value):
                yield value
            case tuple() as several:
                stack.extend(several)
            case _ as node if isinstance(node, get_args(tree.Expr)):
                yield node


def calls(root: tree.Expr) -> Iterator[tree.Call]:
    """Yield every call of a function in an expression."""
    stack: list[tree.Expr] = [root]
    while stack:
        node = stack.pop()
        if isinstance(node, tree.Call):
            yield node
        stack.extend(children(node))


def value_refs(expr: tree.Expr | None) -> Iterator[tree.Ref]:
    """Yield the names that stand for values in a metric's formula: no dimensions, units, splits;
    of its filters those of metrics per entity."""
    stack: list[tree.Expr] = [expr] if expr is not None else []
    while stack:
        match stack.pop():
            case tree.Ref() as ref:
                yield ref
            case tree.Unary(operand=operand):
                stack.append(operand)
            case tree.Binary(op="where", left=left, right=condition):
                stack.extend((left, *_per(condition)))
            case tree.Binary(op="as" | "per" | "by", left=left):
                stack.append(left)
            case tree.Binary(left=left, right=right):
                stack.extend((left, right))
            case tree.Call(arguments=arguments):
                stack.extend(argument.value for argument in arguments)


def _per(condition: tree.Expr) -> Iterator[tree.Binary]:
    """Yield the metrics per entity inside a condition."""
    stack: list[tree.Expr] = [condition]
    while stack:
        match stack.pop():
            case tree.Binary(op="per") as found:
                yield found
            case other:
                stack.extend(children(other))


def arithmetic(expr: tree.Expr) -> Iterator[tree.Expr]:
    """Yield what is added, subtracted, multiplied and divided inside a condition, metrics per
    entity and what is inside of them left out."""
    stack: list[tree.Expr] = [expr]
    while stack:
        match stack.pop():
            case tree.Binary(op="+" | "-" | "*" | "/", left=left, right=right):
                for side in (left, right):
                    if isinstance(side, tree.Binary):
                        stack.append(side)
                    else:
                        yield side
            case tree.Binary(op="per"):
                continue
            case tree.Binary(left=left, right=right):
                stack.extend((left, right))
            case tree.Unary(operand=operand):
                stack.append(operand)


def sort(edges: Edges[N]) -> tuple[list[N], list[list[tuple[N, Span]]]]:
    """Return the nodes with each after its needs, and the cycles that keep others out.

    A cycle lists its nodes in order, each with the place where it names the next. Nodes of a
    cycle are left out of the order; those that need them stay in.
    """
    order: list[N] = []
    cycles: list[list[tuple[N, Span]]] = []
    done: set[N] = set()
    in_cycle: set[N] = set()
    for root in edges:
        if root in done:
            continue
        path: dict[N, Iterator[tuple[N, Span]]] = {root: iter(edges[root])}
        named: dict[N, Span] = {}
        while path:
            node, needs = next(reversed(path.items()))
            found = next(needs, None)
            if found is None:
                path.popitem()
                done.add(node)
                if node not in in_cycle:
                    order.append(node)
                continue
            needed, span = found
            named[node] = span
            if needed in path:
                members = list(path)
                cycle = members[members.index(needed) :]
                cycles.append([(member, named[member]) for member in cycle])
                in_cycle.update(cycle)
            elif needed in edges and needed not in done:
                path[needed] = iter(edges[needed])
    return order, cycles


def report_cycles(what: str, cycles: list[list[tuple[N, Span]]], scope: Scope) -> None:
    """Say each cycle once, whole, with every place that closes it."""
    scope.diagnostics.extend(cycle_error(what, cycle) for cycle in cycles)


def cycle_error(what: str, cycle: list[tuple[N, Span]]) -> Diagnostic:
    """Return the error of one cycle."""
    # Begins at the first place in the text, whichever declaration was looked at first.
    start = min(range(len(cycle)), key=lambda i: (cycle[i][1].file.name, cycle[i][1].start))
    turned = [*cycle[start:], *cycle[:start]]
    names = [_name(node) for node, _ in turned]
    ring = [*names, names[0]]
    needs = [f"`{name}` needs `{ring[place + 1]}`" for place, name in enumerate(names)]
    chain = " → ".join(f"`{name}`" for name in ring)
    own = len(turned) == 1
    return error(
        "K213",
        f"{what} `{names[0]}` is defined by itself" if own else f"{what}s in a circle: {chain}",
        turned[0][1],
        label=needs[0],
        labels=tuple(
            Label(span, said) for (_, span), said in zip(turned[1:], needs[1:], strict=True)
        ),
        help="define one of them without the others",
    )


def _name(node: Hashable) -> str:
    return ".".join(node) if isinstance(node, tuple) else str(node)
