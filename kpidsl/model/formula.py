"""Checked expressions as text, for pages and messages: the same however they were written (I9)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal

from kpidsl.model import expr as e

_LOOSE, _AND, _NOT, _COMPARE, _SUM, _PRODUCT, _TIGHT = range(7)
_FUNCTIONS: dict[type[e.MetricExpr], str] = {
    e.Prior: "prior",
    e.Rolling: "rolling",
    e.Running: "running",
    e.ToDate: "to_date",
    e.Total: "total",
    e.Convert: "convert",
    e.Rank: "rank",
}


def metric_text(expr: e.MetricExpr) -> str:
    """Return a metric's formula, such as `(revenue where channel = "social") / orders`."""
    return _metric(expr, _LOOSE)


def row_text(expr: e.RowExpr) -> str:
    """Return a row expression or condition."""
    return _row(expr, _LOOSE)


def number_text(value: Decimal) -> str:
    """Return a number without an exponent or needless zeros."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _metric(expr: e.MetricExpr, outer: int) -> str:
    match expr:
        case e.MeasureRef(measure=name):
            return name
        case e.MetricRef(name=name):
            return name
        case e.Constant(value=value):
            return number_text(value)
        case e.FixedAmount(amount=amount, currency=currency, per=per, allocate_by=by):
            text = f"{number_text(amount)} {currency} per {per}"
            return f"{text} (allocated by {_metric(by, _LOOSE)})" if by is not None else text
        case e.MetricArithmetic(op=op, left=left, right=right):
            level = _SUM if op in "+-" else _PRODUCT
            text = f"{_metric(left, level)} {op} {_metric(right, level + 1)}"
            return _wrap(text, level, outer)
        case e.MetricNegate(operand=operand):
            return _wrap(f"-{_metric(operand, _TIGHT)}", _PRODUCT, outer)
        case e.MetricCoalesce(items=items):
            return f"coalesce({', '.join(_metric(item, _LOOSE) for item in items)})"
        case e.Filtered(operand=operand, predicate=predicate):
            text = f"{_metric(operand, _LOOSE)} where {_row(predicate, _LOOSE)}"
            return _wrap(text, _LOOSE, outer)
        case e.OverEntities(operand, aggregate, entity, fraction, period):
            share = "" if fraction is None else f", {number_text(fraction * 100)}%"
            each = f"{_metric(operand, _TIGHT)} per {period}" if period else _per(operand, entity)
            return f"{aggregate}({each}{share})"
        case _:
            return f"{_FUNCTIONS[type(expr)]}({', '.join(_arguments(expr))})"


def _per(metric: e.MetricExpr, entity: tuple[e.QueryDimension, ...]) -> str:
    return f"{_metric(metric, _TIGHT)} per {_dimensions(entity)}"


def _arguments(
    expr: e.Prior | e.Rolling | e.Running | e.ToDate | e.Total | e.Convert | e.Rank,
) -> Iterator[str]:
    yield _metric(expr.operand, _LOOSE)
    match expr:
        case e.Prior() | e.Rolling():
            yield _shift(expr.months, expr.days)
            if isinstance(expr, e.Prior) and expr.event is not None:
                yield f"align: {expr.event}"
        case e.ToDate(grain=grain):
            yield grain
        case e.Convert(into=currency):
            yield currency
        case e.Total(of=tuple() as of):
            yield f"of: {_dimensions(of)}"


def _dimensions(of: tuple[e.QueryDimension, ...]) -> str:
    names = ", ".join(map(str, of))
    return names if len(of) == 1 else f"[{names}]"


def _row(expr: e.RowExpr, outer: int) -> str:
    match expr:
        case e.Literal(value=value):
            return _literal(value)
        case e.Column(path=path, joins=joins):
            return ".".join((*joins, *path))
        case e.DimensionRef(name=name, joins=joins):
            return ".".join((*joins, name))
        case e.QueryDimension():
            return str(expr)
        case e.EntityValue(metric=metric, entity=entity):
            return _per(metric, entity)
        case e.AnswerValue(metric=metric):
            return _metric(metric, _SUM)
        case e.TimeColumn(joins=joins):
            return ".".join((*joins, "time"))
        case e.Arithmetic(op=op, left=left, right=right):
            level = _SUM if op in "+-" else _PRODUCT
            return _wrap(f"{_row(left, level)} {op} {_row(right, level + 1)}", level, outer)
        case e.Negate(operand=operand):
            return _wrap(f"-{_row(operand, _TIGHT)}", _PRODUCT, outer)
        case e.CaseWhen() | e.Function() | e.RawSql() | e.Resolved() | e.Exchanged():
            return _call(expr)
        case _:
            return _condition(expr, outer)


def _condition(
    expr: e.Compare | e.And | e.Or | e.Not | e.In | e.Like | e.IsState, outer: int
) -> str:
    match expr:
        case e.And(items=items):
            return _wrap(" and ".join(_row(item, _NOT) for item in items), _AND, outer)
        case e.Or(items=items):
            return _wrap(" or ".join(_row(item, _AND) for item in items), _LOOSE, outer)
        case e.Not(operand=operand):
            return _wrap(f"not {_row(operand, _COMPARE)}", _NOT, outer)
        case e.Compare(op=op, left=left, right=right):
            text = f"{_row(left, _SUM)} {op} {_row(right, _SUM)}"
        case e.In(operand=operand, items=items):
            listed = ", ".join(_literal(item.value) for item in items)
            text = f"{_row(operand, _SUM)} in [{listed}]"
        case e.Like(operand=operand, pattern=pattern):
            text = f"{_row(operand, _SUM)} like {_literal(pattern)}"
        case e.IsState(operand=operand, state=state):
            text = f"{_row(operand, _SUM)} is {state}"
    return _wrap(text, _COMPARE, outer)


def _call(expr: e.CaseWhen | e.Function | e.RawSql | e.Resolved | e.Exchanged) -> str:
    match expr:
        case e.CaseWhen(branches=branches, default=default):
            parts = [
                f"when {_row(when, _LOOSE)} then {_row(then, _LOOSE)}" for when, then in branches
            ]
            end = f" else {_row(default, _LOOSE)}" if default is not None else ""
            return f"case {' '.join(parts)}{end} end"
        case e.Function(name=name, arguments=arguments):
            return f"{name}({', '.join(_row(item, _LOOSE) for item in arguments)})"
        case e.RawSql(text=text):
            return f'sql"{text}"'
        case e.Resolved(entity=entity, operand=operand):
            return f"{entity}({_row(operand, _LOOSE)})"
        case e.Exchanged(operand=operand, into=currency):
            return f"convert({_row(operand, _LOOSE)}, {currency})"


def _literal(value: Decimal | str | bool | date | datetime | None) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case str():
            escaped = value.replace("\\", "\\\\").replace('"', '\\"')
            return f'"{escaped}"'
        case Decimal():
            return number_text(value)
        case _:
            return value.isoformat()


def _shift(months: int, days: int) -> str:
    years, rest = divmod(months, 12)
    parts = [(years, "y"), (rest, "mo"), (days, "d")]
    return " ".join(f"{count}{unit}" for count, unit in parts if count)


def _wrap(text: str, level: int, outer: int) -> str:
    return f"({text})" if level < outer else text
