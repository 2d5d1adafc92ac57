"""Row expressions: names resolved, types compared, conditions two-valued (S2).

What a name means depends on where the expression stands, so that is passed in: inside a source
(`binding.columns`) or in a metric's filter (`binding.dimensions`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from kpidsl.kinds.binding.calls import check_arguments, explain_call
from kpidsl.kinds.binding.literals import day_window, local_moment, period_window
from kpidsl.kinds.binding.row_types import (
    CLOCKS,
    TYPE_WORDS,
    Metrics,
    RowValue,
    common_type,
    comparable,
    condition_of,
    days_of,
    flattened,
    in_window,
    refuse_arithmetic,
    refuse_in_row,
    type_words,
)
from kpidsl.kinds.binding.scope import Scope
from kpidsl.kinds.binding.shapes import describe
from kpidsl.kinds.binding.sql_escape import check_sql
from kpidsl.model import expr as model
from kpidsl.model.functions import SCALARS
from kpidsl.model.units import Datatype
from kpidsl.syntax import tree

_Literal = (
    tree.Number
    | tree.Percent
    | tree.String
    | tree.Bool
    | tree.Null
    | tree.DateLiteral
    | tree.TimestampLiteral
    | tree.PeriodLiteral
)


Resolve = Callable[[tree.Ref], "RowValue | None"]


@dataclass(frozen=True, slots=True)
class RowBinder:
    """Binds the row expressions of one place; `metrics` where their values may stand in it. Every
    method answers None after a finding."""

    scope: Scope
    resolve: Resolve
    sql_allowed: bool = True
    metrics: Metrics | None = None

    def value(self, expr: tree.Expr) -> RowValue | None:
        """Bind an expression that gives a value or a condition."""
        if isinstance(expr, _Literal):
            return self._literal(expr)
        match expr:
            case tree.Ref():
                return self.resolve(expr)
            case tree.Unary():
                return self._unary(expr)
            case tree.Binary():
                return self._binary(expr)
            case tree.InList():
                return self._in_list(expr)
            case tree.Between():
                return self._between(expr)
            case tree.IsTest():
                return self._state(expr)
            case tree.Case():
                return self._case(expr)
            case tree.Call():
                return self._call(expr)
            case tree.SqlLiteral():
                return self._sql(expr)
        refuse_in_row(expr, self.scope)
        return None

    def condition(self, expr: tree.Expr) -> model.RowExpr | None:
        """Bind an expression that must be true or false."""
        bound = self.value(expr)
        if bound is None:
            return None
        if bound.window is None and bound.datatype in {Datatype.BOOLEAN, Datatype.UNKNOWN}:
            return bound.expr
        self.scope.error(
            "K305",
            "a condition is expected here",
            expr.span,
            label=f"this is {type_words(bound)}",
            help='compare it with something, such as `channel = "social"`'
            if not isinstance(expr, tree.Binary)
            else "put the filtered part into parentheses: `(revenue where …) / orders`",
        )
        return None

    def _unary(self, expr: tree.Unary) -> RowValue | None:
        match expr.op:
            case "not":
                inner = self.condition(expr.operand)
                return condition_of(model.Not(inner), expr.span) if inner is not None else None
            case "-" | "+":
                return self._signed(expr)
        refuse_in_row(expr, self.scope)
        return None

    def _binary(self, expr: tree.Binary) -> RowValue | None:
        match expr.op:
            case "and" | "or":
                return self._junction(expr)
            case "+" | "-" | "*" | "/":
                return self._arithmetic(expr)
            case "=" | "!=" | "<" | "<=" | ">" | ">=":
                return self._comparison(expr)
            case "like" | "not like":
                return self._like(expr)
            case "per" if self.metrics is not None:
                return self.metrics.of_entity(expr)
        refuse_in_row(expr, self.scope)
        return None

    def _literal(self, expr: _Literal) -> RowValue | None:
        match expr:
            case tree.Number(value=number) | tree.Percent(value=number):
                return RowValue(model.Literal(number), Datatype.NUMBER, expr.span)
            case tree.String(value=text):
                return RowValue(model.Literal(text), Datatype.TEXT, expr.span)
            case tree.Bool(value=truth):
                return RowValue(model.Literal(truth), Datatype.BOOLEAN, expr.span)
            case tree.DateLiteral():
                return days_of(day_window(expr, self.scope), expr.span)
            case tree.PeriodLiteral():
                return days_of(period_window(expr, self.scope), expr.span)
            case tree.TimestampLiteral():
                moment = local_moment(expr, self.scope)
                if moment is None:
                    return None
                return RowValue(model.Literal(moment), Datatype.TIMESTAMP, expr.span)
            case _:
                return RowValue(model.Literal(None), Datatype.UNKNOWN, expr.span)

    def _signed(self, expr: tree.Unary) -> RowValue | None:
        inner = self._number(expr.operand)
        if inner is None or expr.op == "+":
            return inner
        match inner.expr:
            case model.Literal(value=value) if (
                value is not None
                and not isinstance(value, str | bool)
                and not hasattr(value, "year")
            ):
                return RowValue(model.Literal(-value), Datatype.NUMBER, expr.span)
        return RowValue(model.Negate(inner.expr), Datatype.NUMBER, expr.span)

    def _number(self, expr: tree.Expr) -> RowValue | None:
        bound = self.value(expr)
        if bound is None:
            return None
        if isinstance(bound.expr, model.EntityValue):
            refuse_arithmetic(bound, self.scope)
            return None
        if bound.datatype in {Datatype.NUMBER, Datatype.UNKNOWN}:
            return bound
        self.scope.error(
            "K306",
            "a number is expected here",
            expr.span,
            label=f"this is {type_words(bound)}",
            help="use a number; `number(x)` reads a text as one",
        )
        return None

    def _arithmetic(self, expr: tree.Binary) -> RowValue | None:
        left, right = self._number(expr.left), self._number(expr.right)
        if left is None or right is None:
            return None
        joined = model.Arithmetic(expr.op, left.expr, right.expr)
        return RowValue(joined, Datatype.NUMBER, expr.span)

    def _junction(self, expr: tree.Binary) -> RowValue | None:
        left, right = self.condition(expr.left), self.condition(expr.right)
        if left is None or right is None:
            return None
        kind = model.And if expr.op == "and" else model.Or
        items = [*flattened(left, kind), *flattened(right, kind)]
        return condition_of(kind(tuple(items)), expr.span)

    def _side(self, expr: tree.Expr) -> RowValue | None:
        """Bind one side of a comparison, which may be an amount in the unit of a metric."""
        match expr:
            case (
                tree.Quantity() | tree.Percent() | tree.Unary(op="-" | "+", operand=tree.Quantity())
            ) if self.metrics is not None:
                return self.metrics.amount(expr)
        return self.value(expr)

    def _compared(self, expr: tree.Expr, left: RowValue | None) -> RowValue | None:
        """Bind what a value is compared with; a word that names nothing may be meant as a text."""
        mark = self.scope.mark()
        right = self._side(expr)
        if right is None and left is not None and left.amount is None:
            found = self.scope.diagnostics[mark:]
            mend = f'write `"{expr.span.text}"` in double quotes, if a text is meant'
            self.scope.diagnostics[mark:] = [
                replace(item, help=mend) if item.code == "K211" and item.span == expr.span else item
                for item in found
            ]
        return right

    def _comparison(self, expr: tree.Binary) -> RowValue | None:
        left = self._side(expr.left)
        right = self._compared(expr.right, left)
        if left is None or right is None:
            return None
        for side in (left, right):
            if isinstance(side.expr, model.Literal) and side.expr.value is None:
                state = "is null" if expr.op == "=" else "is not null"
                self.scope.error(
                    "K306",
                    "nothing is equal to `null`",
                    expr.span,
                    label="never true",
                    help=f"write `{state}`",
                )
                return None
        if not comparable(left, right, self.scope):
            return None
        if right.window is not None:
            return condition_of(in_window(expr.op, left.expr, right.window), expr.span)
        if left.window is not None:
            mirrored = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}.get(expr.op, expr.op)
            return condition_of(in_window(mirrored, right.expr, left.window), expr.span)
        return condition_of(model.Compare(expr.op, left.expr, right.expr), expr.span)

    def _like(self, expr: tree.Binary) -> RowValue | None:
        operand = self.value(expr.left)
        if not isinstance(expr.right, tree.String):
            self.scope.error(
                "K306",
                f"`{expr.op}` takes a pattern in double quotes",
                expr.right.span,
                label=f"this is {describe(expr.right)}",
                help='write, for example, `like "summer%"`',
            )
            return None
        if operand is None:
            return None
        if operand.datatype not in {Datatype.TEXT, Datatype.UNKNOWN}:
            self.scope.error(
                "K306",
                f"`{expr.op}` compares texts",
                expr.left.span,
                label=f"this is {type_words(operand)}",
                help="use `=` or `<` with other types",
            )
            return None
        like: model.RowExpr = model.Like(operand.expr, expr.right.value)
        return condition_of(model.Not(like) if expr.op == "not like" else like, expr.span)

    def _in_list(self, expr: tree.InList) -> RowValue | None:
        operand = self.value(expr.operand)
        items = [self._compared(item, operand) for item in expr.items]
        if operand is None or any(item is None for item in items):
            return None
        present = [item for item in items if item is not None]
        literals: list[model.Literal] = []
        windows: list[model.RowExpr] = []
        for item in present:
            if not comparable(operand, item, self.scope):
                return None
            if item.window is not None:
                windows.append(in_window("=", operand.expr, item.window))
            elif isinstance(item.expr, model.Literal):
                literals.append(item.expr)
            else:
                self.scope.error(
                    "K311",
                    "a list after `in` holds numbers, texts and dates",
                    item.span,
                    label="this is a formula",
                    help="compare with `=` and `or` instead",
                )
                return None
        tests = [*([model.In(operand.expr, tuple(literals))] if literals else []), *windows]
        test = tests[0] if len(tests) == 1 else model.Or(tuple(tests))
        return condition_of(model.Not(test) if expr.negated else test, expr.span)

    def _between(self, expr: tree.Between) -> RowValue | None:
        operand, low, high = (self._side(e) for e in (expr.operand, expr.low, expr.high))
        if operand is None or low is None or high is None:
            return None
        if not comparable(operand, low, self.scope) or not comparable(operand, high, self.scope):
            return None
        test = model.And(
            (
                in_window(">=", operand.expr, low.window)
                if low.window
                else model.Compare(">=", operand.expr, low.expr),
                in_window("<=", operand.expr, high.window)
                if high.window
                else model.Compare("<=", operand.expr, high.expr),
            )
        )
        return condition_of(model.Not(test) if expr.negated else test, expr.span)

    def _state(self, expr: tree.IsTest) -> RowValue | None:
        operand = self.value(expr.operand)
        state = expr.state.text
        if state not in {"null", "none", "unmapped"}:
            self.scope.error(
                "K305",
                f"nothing is in a state called `{state}`",
                expr.state.span,
                label="not `null`, `none` or `unmapped`",
                help="use one of the three, or `=` to compare with a value",
            )
            return None
        if operand is None:
            return None
        test: model.RowExpr = model.IsState(operand.expr, state)
        return condition_of(model.Not(test) if expr.negated else test, expr.span)

    def _case(self, expr: tree.Case) -> RowValue | None:
        branches = [(self.condition(when), self.value(then)) for when, then in expr.branches]
        default = self.value(expr.default) if expr.default is not None else None
        if expr.default is not None and default is None:
            return None
        bound: list[tuple[model.RowExpr, model.RowExpr]] = []
        values: list[RowValue] = []
        for when, then in branches:
            if when is None or then is None:
                return None
            bound.append((when, then.expr))
            values.append(then)
        values.extend([default] if default else [])
        for value in values[1:]:
            if not comparable(values[0], value, self.scope):
                return None
        chosen = model.CaseWhen(tuple(bound), default.expr if default else None)
        return RowValue(chosen, common_type(values), expr.span)

    def _call(self, expr: tree.Call) -> RowValue | None:
        name = expr.function.text
        scalar = SCALARS.get(name)
        if scalar is None:
            explain_call(expr, self.scope, sorted(SCALARS), "a row's formula")
            return None
        if not check_arguments(expr, scalar.at_least, scalar.at_most, self.scope):
            return None
        arguments = [self.value(argument.value) for argument in expr.arguments]
        bound = [argument for argument in arguments if argument is not None]
        if len(bound) < len(arguments):
            return None
        for index, argument in enumerate(bound):
            wanted = scalar.arguments[min(index, len(scalar.arguments) - 1)]
            given = argument.datatype
            if Datatype.UNKNOWN in (wanted, given) or given is wanted:
                continue
            if given in CLOCKS and wanted in CLOCKS:
                continue
            self.scope.error(
                "K306",
                f"`{name}` takes {TYPE_WORDS[wanted]} here",
                argument.span,
                label=f"this is {type_words(argument)}",
                help=f"give it {TYPE_WORDS[wanted]}",
            )
            return None
        result = common_type(bound) if scalar.result is Datatype.UNKNOWN else scalar.result
        call = model.Function(name, tuple(argument.expr for argument in bound))
        return RowValue(call, result, expr.span)

    def _sql(self, expr: tree.SqlLiteral) -> RowValue | None:
        if not self.sql_allowed:
            self.scope.error(
                "K311",
                "`sql` stands inside a source only",
                expr.span,
                label="raw SQL",
                help="declare a dimension with it in the source, and name that here",
            )
            return None
        if not check_sql(expr, self.scope):
            return None
        return RowValue(model.RawSql(expr.text), Datatype.UNKNOWN, expr.span)
