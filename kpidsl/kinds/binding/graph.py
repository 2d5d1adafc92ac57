"""Dependencies: an order in which each definition follows those that it needs, and cycles."""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any, TypeVar, get_args

from kpidsl.kinds.binding.scope import Scope
from kpidsl.syntax import tree
from kpidsl.text.diagnostic import Diagnostic, Label, error
from kpidsl.text.source import Span

N = TypeVar("N", bound=Hashable)

_EXPRESSIONS = get_args(tree.Expr)
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
    kind: type = expr.__class__
    stack: list[Any] = [getattr(expr, part) for part in _parts_of(kind)]
    while stack:
        match stack.pop():
            case tree.Argument(value=value):
                yield value
            case tuple() as several:
                stack.extend(several)
            case _ as node if isinstance(node, _EXPRESSIONS):
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
    done: set[N] = set()
    closes = False
    for root in edges:
        if root in done:
            continue
        path: dict[N, Iterator[tuple[N, Span]]] = {root: iter(edges[root])}
        while path:
            node, needs = next(reversed(path.items()))
            needed = next((name for name, _ in needs), None)
            if needed is None:
                path.popitem()
                done.add(node)
                order.append(node)
            elif needed in path:
                closes = True
            elif needed in edges and needed not in done:
                path[needed] = iter(edges[needed])
    if not closes:
        return order, []
    cycles = _cycles(edges)
    in_cycle = {node for cycle in cycles for node, _ in cycle}
    return [node for node in order if node not in in_cycle], cycles


def _cycles(edges: Edges[N]) -> list[list[tuple[N, Span]]]:
    """Return cycles such that each need that is part of one stands in at least one of them, so
    that none is left to be found after the others are mended."""
    cycles: list[list[tuple[N, Span]]] = []
    covered: set[tuple[N, N]] = set()
    for node, needs in edges.items():
        for needed, span in needs:
            back = None if (node, needed) in covered else _shortest(edges, needed, node)
            if back is not None:
                cycle = [(node, span), *back]
                following = [*(member for member, _ in back), node]
                covered.update(zip((member for member, _ in cycle), following, strict=True))
                cycles.append(cycle)
    return cycles


def _shortest(edges: Edges[N], start: N, end: N) -> list[tuple[N, Span]] | None:
    """Return the shortest way from one node to another, each with the place where it names the
    next; the end is left out. None where there is no way."""
    came: dict[N, tuple[N, Span] | None] = {start: None}
    queue = deque([start])
    while queue and end not in came:
        node = queue.popleft()
        for needed, span in edges.get(node, ()):
            if needed not in came:
                came[needed] = (node, span)
                queue.append(needed)
    if end not in came:
        return None
    way: list[tuple[N, Span]] = []
    while (step := came[end]) is not None:
        way.append(step)
        end = step[0]
    return way[::-1]


def report_cycles(what: str, cycles: list[list[tuple[N, Span]]], scope: Scope) -> None:
    """Say each cycle whole, with every place that closes it."""
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
        help=f"take `{names[0]}` out of its own definition"
        if own
        else "define one of them without the others",
    )


def _name(node: Hashable) -> str:
    return ".".join(node) if isinstance(node, tuple) else str(node)
