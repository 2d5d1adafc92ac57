"""Conditions on the rows of an answer: metrics compared with amounts and with each other."""

from __future__ import annotations

from dataclasses import dataclass, field

from kpidsl.kinds.binding.per_entity import Bind
from kpidsl.kinds.binding.row_types import RowValue
from kpidsl.kinds.binding.rows import RowBinder
from kpidsl.kinds.binding.scope import Scope
from kpidsl.model.expr import AnswerValue, Constant, Literal, RowExpr
from kpidsl.model.units import Datatype
from kpidsl.syntax import tree

_TESTS = ("and", "or", "=", "!=", "<", "<=", ">", ">=")


@dataclass(frozen=True, slots=True)
class AnswerBinder(RowBinder):
    """Binds a condition whose values are metrics, bound by `metric`, and amounts in their units."""

    metric: Bind = field(kw_only=True)

    def value(self, expr: tree.Expr) -> RowValue | None:
        match expr:
            case tree.Binary(op=op) if op in _TESTS:
                return RowBinder.value(self, expr)
            case tree.Unary(op="not") | tree.InList() | tree.Between():
                return RowBinder.value(self, expr)
            case tree.IsTest(state=state) if state.text != "null":
                self.scope.error(
                    "K305",
                    f"a metric is never `{state.text}`, as members are",
                    state.span,
                    label="a state of members",
                    help="write `is null` for a metric without a value",
                )
                return None
            case tree.IsTest() | tree.Bool() | tree.String() | tree.Null():
                return RowBinder.value(self, expr)
        return self._side(expr)

    def _side(self, expr: tree.Expr) -> RowValue | None:
        if isinstance(expr, tree.Bool | tree.String | tree.Null):
            return RowBinder.value(self, expr)
        if isinstance(expr, tree.Ref) and self._is_dimension(expr):
            self.scope.error(
                "K214",
                f"`{expr.text}` is a dimension; a metric is expected here",
                expr.span,
                label="a dimension",
                help="keep members by the filter of rows, `where`",
            )
            return None
        value = self.metric(expr)
        if value is None:
            return None
        found: RowExpr = AnswerValue(value.expr)
        if isinstance(value.expr, Constant):
            found = Literal(value.expr.value)
            if isinstance(expr, tree.Number):
                return RowValue(found, Datatype.NUMBER, expr.span)
        return RowValue(found, Datatype.NUMBER, expr.span, amount=value)

    def _is_dimension(self, ref: tree.Ref) -> bool:
        catalog, text = self.scope.catalog, ref.text
        names = catalog.metrics.keys() | catalog.measure_homes.keys() | catalog.templates.keys()
        return text not in names and (text in catalog.shared or text in catalog.dimension_homes)


def answer_binder(scope: Scope, metric: Bind) -> AnswerBinder:
    """Return what binds conditions on the rows of an answer."""
    return AnswerBinder(scope, lambda _: None, sql_allowed=False, metric=metric)
