"""Syntax trees as short S-expressions, so that a test can be drawn by hand."""

from __future__ import annotations

from collections.abc import Iterator

from kpidsl.syntax import tree
from kpidsl.syntax.parser import parse, parse_expression
from kpidsl.text.diagnostic import Diagnostic
from kpidsl.text.source import SourceFile


def parsed(text: str) -> tuple[tree.File, list[Diagnostic]]:
    return parse(SourceFile("test.kpi", text))


def clean(text: str) -> tree.File:
    file, diagnostics = parsed(text)
    assert diagnostics == []
    return file


def expression(text: str) -> tree.Expr:
    value, diagnostics = parse_expression(SourceFile("<test>", text))
    assert diagnostics == []
    assert value is not None
    return value


def shape(node: tree.Expr) -> str:  # noqa: C901, PLR0911, PLR0912 - a case per node type
    match node:
        case tree.Ref():
            return node.text
        case tree.Number() | tree.Percent():
            return format(node.value.normalize(), "f")
        case tree.Quantity():
            return f"{node.value.normalize():f}_{node.unit.text}"
        case tree.Duration():
            return f"{node.months}mo+{node.seconds}s"
        case tree.String():
            return repr(node.value)
        case tree.Bool():
            return str(node.value).lower()
        case tree.Null():
            return "null"
        case tree.DateLiteral() | tree.TimestampLiteral():
            return node.iso
        case tree.PeriodLiteral():
            return node.text
        case tree.SqlLiteral():
            return f"sql<{node.text}>"
        case tree.ListLiteral():
            return "[" + " ".join(map(shape, node.items)) + "]"
        case tree.RecordLiteral():
            return "{" + " ".join(f"{name.text}:{shape(v)}" for name, v in node.fields) + "}"
        case tree.Call():
            given = [
                f"{a.name.text}:" * bool(a.name) + shape(a.value) if a.name else shape(a.value)
                for a in node.arguments
            ]
            return "(" + " ".join([node.function.text + "()", *given]) + ")"
        case tree.Unary():
            return f"({node.op} {shape(node.operand)})"
        case tree.Binary():
            return f"({node.op} {shape(node.left)} {shape(node.right)})"
        case tree.InList():
            items = " ".join(map(shape, node.items))
            return f"({'not ' * node.negated}in {shape(node.operand)} [{items}])"
        case tree.Between():
            ends = f"{shape(node.low)} {shape(node.high)}"
            return f"({'not ' * node.negated}between {shape(node.operand)} {ends})"
        case tree.IsTest():
            return f"(is {'not ' * node.negated}{node.state.text} {shape(node.operand)})"
        case tree.Case():
            branches = [f"({shape(when)} {shape(then)})" for when, then in node.branches]
            default = [shape(node.default)] if node.default else []
            return "(case " + " ".join(branches + default) + ")"


def children(node: tree.Expr) -> Iterator[tree.Expr]:
    """Yield the expressions directly below one."""
    match node:
        case tree.ListLiteral():
            yield from node.items
        case tree.RecordLiteral():
            yield from (value for _, value in node.fields)
        case tree.Call():
            yield node.function
            yield from (argument.value for argument in node.arguments)
        case tree.Unary():
            yield node.operand
        case tree.Binary():
            yield from (node.left, node.right)
        case tree.InList():
            yield from (node.operand, *node.items)
        case tree.Between():
            yield from (node.operand, node.low, node.high)
        case tree.IsTest():
            yield node.operand
        case tree.Case():
            for branch in node.branches:
                yield from branch
            if node.default:
                yield node.default
        case _:
            return


def expressions(items: tuple[tree.Item, ...]) -> Iterator[tree.Expr]:
    """Yield every expression of a file, from the outside in."""
    roots: list[tree.Expr] = []
    for item in items:
        roots += [item.value] if item.value else []
        if isinstance(item, tree.Block):
            roots += [param.value for param in item.params if param.value]
            roots += [item.by] if item.by else []
        yield from expressions(item.items or ())
    while roots:
        node = roots.pop()
        yield node
        roots.extend(children(node))
