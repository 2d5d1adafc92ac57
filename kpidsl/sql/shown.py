"""Which rows of an answer are shown, and in which order."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from sqlglot import exp

from kpidsl.model.expr import And, Column, Compare, In, IsState, Literal, Not, Or, RowExpr
from kpidsl.plan.formulas import LeafValue
from kpidsl.plan.naming import Names
from kpidsl.plan.nodes import PERIOD, Coarser, Compute, KeyColumn, Plan
from kpidsl.plan.within import held_columns
from kpidsl.sql import build
from kpidsl.sql.leaders import answer_columns
from kpidsl.sql.statement import ALL, OTHER

_ROWS = "rows"
_OPERATORS: dict[str, type[exp.Binary]] = {
    "=": exp.EQ,
    "<": exp.LT,
    "<=": exp.LTE,
    ">": exp.GT,
    ">=": exp.GTE,
}


def leaves_out(plan: Plan) -> bool:
    """Tell whether some of the rows may not be shown, apart from those after a limit at the end."""
    return plan.root.where is not None or _goes_by_place(plan)


def _goes_by_place(plan: Plan) -> bool:
    """Tell whether the limit is one of groups, or of rows among others."""
    return plan.root.limit is not None and bool(plan.root.per or plan.subtotals)


def shown_rows(rows: exp.Query, plan: Plan) -> exp.Select:
    """Return the rows of an answer, without its totals, that are shown."""
    sort = plan.root
    columns = answer_columns(plan.frame, [output.name for output in sort.input.outputs])
    select = _some(rows, columns)
    if sort.where is not None:
        select = build.where(select, _condition(sort.where))
    if sort.limit is None or not _goes_by_place(plan):
        return select
    groups = set(sort.per)
    keys = [key for key in plan.frame.keys if key.column in groups]
    names = [name for key in keys for name in (key.column, key.state) if name]
    names += groups - {key.column for key in keys}
    within = [build.column(name) for name in names]
    place = Names(columns).unused("place")
    number = exp.Window(
        this=exp.RowNumber(),
        partition_by=within or None,
        order=exp.Order(expressions=list(_order(plan))),
    )
    select.append("expressions", build.alias(number, place))
    first = exp.LTE(this=build.column(place), expression=build.number(sort.limit))
    return build.where(_some(select, columns), first)


def _some(rows: exp.Query, columns: list[str]) -> exp.Select:
    """Return the answer's columns, without what is tested beside them."""
    named = build.select(*(build.column(name) for name in columns))
    return build.from_(named, build.subquery(rows, _ROWS))


def _condition(expr: RowExpr) -> exp.Expr:
    """Return a condition on columns of the answer, two-valued (S2)."""
    match expr:
        case And(items):
            return build.conjunction([_condition(item) for item in items]) or _TRUE.copy()
        case Or(items):
            return build.disjunction([_condition(item) for item in items]) or _FALSE.copy()
        case Not(operand):
            return exp.Not(this=build.wrapped(_condition(operand)))
        case Compare("!=", left, right):
            same = exp.EQ(this=_value(left), expression=_value(right))
            return exp.Not(this=build.coalesce(same, _FALSE.copy()))
        case Compare(op, left, right):
            test: exp.Expr = _OPERATORS[op](this=_value(left), expression=_value(right))
        case In(operand, items):
            test = exp.In(this=_value(operand), expressions=[_value(item) for item in items])
        case IsState(operand):
            return build.is_null(_value(operand))
        case _:
            raise AssertionError(f"`{expr}` is no condition on an answer")
    return build.coalesce(test, _FALSE.copy())


def _value(expr: RowExpr) -> exp.Expr:
    match expr:
        case Column((name,)):
            return build.column(name)
        case Literal(value):
            return build.literal(value)
    raise AssertionError(f"`{expr}` is no value of an answer")


_TRUE, _FALSE = exp.Boolean(this=True), exp.Boolean(this=False)


# --- order ---------------------------------------------------------------------------------


def in_order(select: exp.Select, plan: Plan) -> exp.Select:
    """Put the rows in order: totals and the rest after what they are beside, then as asked, or the
    leaders by their place, then by the keys."""
    terms: list[exp.Expr] = []
    if plan.subtotals:
        terms += [_is(ALL, key) for key in plan.frame.keys if key.state is not None]
        times = [*([PERIOD] if plan.frame.grain else []), *map(_column, plan.frame.coarser)]
        terms += [build.is_null(build.column(name)) for name in times]
    ordered = [_ordered(term) for term in terms]
    if plan.leaders is not None:
        ordered.append(_ordered(_is(OTHER, plan.frame.keys[-1])))
    ordered += _order(plan)
    if any(_is_joined_by(select, key) for key in plan.frame.keys if key.members):
        outputs = [output.name for output in plan.root.input.outputs]
        select = _some(select, answer_columns(plan.frame, outputs))
    if ordered:
        select = build.order_by(select, *ordered)
    if plan.root.limit is None or _goes_by_place(plan):
        return select
    return build.limit(select, plan.root.limit)


def _is_joined_by(select: exp.Select, key: KeyColumn) -> bool:
    """Tell whether tables that are joined, as totals are, have a column of a key, too: its bare
    name is that of the answer's column, and yet ambiguous where more is computed of it."""
    conditions = (join.args.get("on") for join in select.args.get("joins") or ())
    columns = (column for on in conditions if on for column in on.find_all(exp.Column))
    return any(column.name == key.column for column in columns)


def _order(plan: Plan) -> Iterator[exp.Ordered]:
    """Yield what rows are in order by: the groups of which the first are shown, what is asked, or
    else the leaders' places, and the keys. What has no value is last, whichever way round."""
    keys = {key.column: key for key in plan.frame.keys}
    asked = list(plan.root.order)
    if plan.leaders is not None and not asked:
        others = plan.frame.keys[:-1]
        frame = replace(plan.frame, keys=others)
        asked = [(name, False) for name in answer_columns(frame, ())]
        asked.append((plan.leaders.column, plan.leaders.descending))
    groups = [(name, dict(asked).get(name, False)) for name in plan.root.per]
    named = dict([*groups, *asked])
    for name in answer_columns(plan.frame, ()):
        named.setdefault(name, False)
    held = {*keys, *_held_outputs(plan.root.input)}
    for name, descending in named.items():
        key = keys.get(name)
        if key is not None and key.members:
            yield _ordered(_place(key), descending)
        column = build.column(name)
        yield _ordered(build.as_held(column) if name in held else column, descending)


def _held_outputs(compute: Compute) -> Iterator[str]:
    """Yield the outputs whose values are some of the data's, and may be texts."""
    held = held_columns(compute.input.inputs)
    for output in compute.outputs:
        if isinstance(output.formula, LeafValue) and output.formula.column in held:
            yield output.name


def _column(coarser: Coarser) -> str:
    return coarser.column


def _ordered(term: exp.Expr, descending: bool = False) -> exp.Ordered:
    return exp.Ordered(this=term, desc=descending, nulls_first=False)


def _place(key: KeyColumn) -> exp.Expr:
    """Return the place of a member in the declared order; one that is not declared has none."""
    return build.case(
        [
            (
                exp.EQ(this=build.column(key.column), expression=exp.Literal.string(member)),
                build.number(place),
            )
            for place, member in enumerate(key.members)
        ]
    )


def _is(wanted: str, key: KeyColumn) -> exp.Expr:
    assert key.state is not None
    state = build.coalesce(build.column(key.state), exp.Literal.string(""))
    return exp.EQ(this=state, expression=exp.Literal.string(wanted))
