"""Rules that several dialects share, for nodes that would mean something else there."""

from __future__ import annotations

from hashlib import sha256

from sqlglot import exp

from kpidsl.sql import build
from kpidsl.sql.dialects.rewriting import call, whole


def as_floats(node: exp.Expr) -> exp.Expr:
    node.set("this", build.cast(node.this, "DOUBLE"))
    return node


def extreme(node: exp.Greatest | exp.Least) -> exp.Expr:
    """NULL counts for none, unless all are NULL."""
    values = [node.this, *node.expressions]
    known = [
        exp.Coalesce(
            this=value.copy(),
            expressions=[each.copy() for other, each in enumerate(values) if other != place],
        )
        for place, value in enumerate(values)
    ]
    return call(type(node).key.upper(), *known)


def short(node: exp.Identifier, longest: int) -> exp.Expr:
    """Of a longer name the end is left off, in which two may differ, or the name is refused; no
    table and no column has one. `longest` counts bytes."""
    name = node.name.encode()
    if len(name) > longest:
        mark = sha256(name).hexdigest()[:8]
        kept = name[: longest - len(mark) - 1].decode(errors="ignore")
        node.set("this", f"{kept}_{mark}")
    return node


def substring(node: exp.Substring) -> exp.Expr:
    """Before the first character there are none, but such a place is counted; a negative place
    counts from the end."""
    text, length = node.this, node.args.get("length")
    start = build.cast(node.args["start"], "BIGINT")
    from_end = exp.Add(
        this=exp.Add(this=call("LENGTH", text.copy()), expression=whole(1)), expression=start.copy()
    )
    is_negative = exp.LT(this=start.copy(), expression=whole(0))
    begin = build.case([(is_negative, from_end)], start)
    arguments = [text, call("GREATEST", begin, whole(1))]
    if length is not None:
        before = exp.Sub(this=call("LEAST", begin.copy(), whole(1)), expression=whole(1))
        left = exp.Add(this=build.cast(length, "BIGINT"), expression=before)
        arguments.append(call("GREATEST", left, whole(0)))
    return call("SUBSTR", *arguments)
