"""Metric formulas: names resolved, units combined (D14), deductions followed (T1)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal

from kpidsl.kinds.binding.amounts import counted_in, difference, filtered, joined
from kpidsl.kinds.binding.applied import bind_applied
from kpidsl.kinds.binding.calls import AGGREGATES, check_arguments, explain_call
from kpidsl.kinds.binding.conversion import bind_convert
from kpidsl.kinds.binding.dimensions import dimension_binder
from kpidsl.kinds.binding.graph import arithmetic, value_refs
from kpidsl.kinds.binding.per_entity import (
    EntityValues,
    bind_over_entities,
    is_over_entities,
)
from kpidsl.kinds.binding.scope import Amounts, Scope
from kpidsl.kinds.binding.shapes import describe
from kpidsl.kinds.binding.units import (
    TIME_WORDS,
    fits,
    known_unit,
    read_unit,
    refuse_unit,
)
from kpidsl.kinds.binding.values import Value, common_unit, resolve_value
from kpidsl.model.expr import (
    Constant,
    Filtered,
    FixedAmount,
    MetricArithmetic,
    MetricCoalesce,
    MetricNegate,
    OverEntities,
    RowExpr,
)
from kpidsl.model.formula import metric_text, row_text
from kpidsl.model.functions import METRIC_FUNCTIONS
from kpidsl.model.leaves import leaf_measures, leaf_sources
from kpidsl.model.units import NUMBER, Unit
from kpidsl.syntax import tree
from kpidsl.text.diagnostic import Label
from kpidsl.text.source import Span


@dataclass(frozen=True, slots=True)
class FormulaBinder:
    """Binds the formulas of one definition; `own` is its name, which inside itself can only mean
    a measure. Every method answers None after a finding, unless the scope is tolerant and the unit
    is known all the same."""

    scope: Scope
    own: str | None = None

    def bind(self, expr: tree.Expr) -> Value | None:
        """Bind a formula."""
        match expr:
            case tree.Ref():
                return resolve_value(expr, self.scope, self.own)
            case tree.Number() | tree.Percent() | tree.Quantity():
                return self._literal(expr)
            case tree.Unary(op="+" | "-"):
                return self._signed(expr)
            case tree.Binary(op="+" | "-"):
                return self._sum(expr)
            case tree.Binary(op="*" | "/"):
                return self._product(expr)
            case tree.Binary(op="where"):
                return self._filtered(expr)
            case tree.Binary(op="as"):
                return self._asserted(expr)
            case tree.Binary(op="per"):
                return self._per(expr)
            case tree.Call():
                return self._call(expr)
            case _:
                self._refuse(expr)
                return None

    def condition(self, expr: tree.Expr, homes: frozenset[str] = frozenset()) -> RowExpr | None:
        """Bind a filter over dimensions and over metrics per entity; it is two-valued (S2).

        `homes` are the sources of what is filtered: where they are one, its own dimension goes
        before one of the same name elsewhere.
        """
        values = EntityValues(self.scope, self.bind)
        return dimension_binder(self.scope, homes, values).condition(expr)

    def _refuse(self, expr: tree.Expr) -> None:
        match expr:
            case tree.Binary(op="=" | "!=" | "<" | "<=" | ">" | ">=" | "and" | "or" as op):
                self.scope.error(
                    "K305",
                    "a condition stands where a value is expected",
                    expr.span,
                    label=f"`{op}` gives true or false",
                    help="put the condition behind `where`",
                )
            case tree.Binary(op="by"):
                self.scope.error(
                    "K311",
                    "a metric is not split in its definition",
                    expr.op_span,
                    label="a split",
                    help="take `by` out: a report or a query can split every metric",
                )
            case tree.SqlLiteral():
                self.scope.error(
                    "K311",
                    "`sql` stands inside a source only",
                    expr.span,
                    label="raw SQL",
                    help="declare a measure over it in the source, and name that here",
                )
            case tree.Case() | tree.InList() | tree.Between() | tree.IsTest() | tree.Unary():
                self.scope.error(
                    "K305",
                    "a condition stands where a value is expected",
                    expr.span,
                    label="a condition",
                    help="put the condition behind `where`, or into a source's dimension",
                )
            case _:
                words = f"`{expr.op}`" if isinstance(expr, tree.Binary) else describe(expr)
                self.scope.error(
                    "K311",
                    f"{words} cannot stand in a metric's formula",
                    expr.span,
                    label="no metric, measure, number or amount",
                    help="use metrics, measures, numbers and amounts only",
                )

    def _literal(self, expr: tree.Number | tree.Percent | tree.Quantity) -> Value | None:
        constant = Constant(expr.value)
        match expr:
            case tree.Quantity(unit=unit):
                known = known_unit(unit, self.scope)
                return _amount(expr.value, Unit.of(unit.text), expr.span) if known else None
            case tree.Percent():
                return Value(constant, NUMBER, expr.span, percent=True, literal=True)
        return Value(constant, NUMBER, expr.span, literal=True)

    # --- operators -------------------------------------------------------------------------

    def _signed(self, expr: tree.Unary) -> Value | None:
        inner = self.bind(expr.operand)
        if inner is None or expr.op == "+":
            return inner
        if isinstance(inner.expr, Constant):
            return replace(inner, expr=Constant(-inner.expr.value), span=expr.span)
        return replace(
            inner, expr=MetricNegate(inner.expr), span=expr.span, amounts=counted_in(inner.amounts)
        )

    def _sum(self, expr: tree.Binary) -> Value | None:
        left, right = self.bind(expr.left), self.bind(expr.right)
        if left is None or right is None:
            return None
        common = common_unit((left, right), f"`{expr.op}`", self.scope)
        if common is None:
            return None
        unit, percent = common
        if expr.op == "-":
            amounts = difference(left.amounts, right.amounts, right.span, self.scope)
        else:
            amounts = joined(left.amounts, right.amounts)
        if amounts is None:
            return left if self.scope.tolerant else None
        both = left.literal and right.literal
        combined = MetricArithmetic(expr.op, left.expr, right.expr)
        return Value(combined, unit, expr.span, percent, both, amounts)

    def _product(self, expr: tree.Binary) -> Value | None:
        left, right = self.bind(expr.left), self.bind(expr.right)
        if left is None or right is None:
            return None
        times = expr.op == "*"
        unit = left.unit * right.unit if times else left.unit / right.unit
        kept = left if times and right.literal else right if times and left.literal else left
        combined = MetricArithmetic(expr.op, left.expr, right.expr)
        literal = left.literal and right.literal
        return Value(combined, unit, expr.span, False, literal, kept.amounts)

    def _filtered(self, expr: tree.Binary) -> Value | None:
        if self._goes_on(expr):
            return None
        operand = self.bind(expr.left)
        homes = leaf_sources(operand.expr, self.scope.metrics) if operand else frozenset()
        predicate = self.condition(expr.right, homes)
        if operand is None or predicate is None:
            return operand if self.scope.tolerant else None
        if operand.literal:
            self.scope.error(
                "K311",
                "a number has no rows to filter",
                expr.span,
                label="a number",
                help="put the filtered part into parentheses: `(revenue where …) * 2`",
            )
            return None
        amounts = filtered(operand.amounts, row_text(predicate))
        combined = Filtered(operand.expr, predicate)
        return replace(operand, expr=combined, span=expr.span, amounts=amounts)

    def _goes_on(self, expr: tree.Binary) -> bool:
        """Tell whether a condition swallowed the rest of a formula: `a where x = 1 / b`."""
        catalog = self.scope.catalog
        for term in arithmetic(expr.right):
            for ref in value_refs(term):
                is_value = (
                    ref.text in catalog.metrics or ref.parts[-1].text in catalog.measure_homes
                )
                known = ref.text in catalog.shared or ref.text in catalog.dimension_homes
                if is_value and not known:
                    self.scope.error(
                        "K310",
                        "this formula goes on behind its filter, and so becomes part of the "
                        "condition",
                        ref.span,
                        label="read as part of the condition",
                        labels=(Label(expr.op_span, "the condition begins here"),),
                        help="put the filtered part into parentheses: "
                        f"`({expr.left.span.text} where …)`",
                    )
                    return True
        return False

    def _asserted(self, expr: tree.Binary) -> Value | None:
        operand, word = self.bind(expr.left), read_unit(expr.right, self.scope)
        if operand is None or word is None:
            return None
        if word.percent and (hundred := _factor_of_hundred(expr.left)) is not None:
            self.scope.error(
                "K303",
                "`as percent` shows a ratio as a percentage, and this is a hundred times the ratio",
                hundred.span,
                label="once more",
                help="take `100` out",
            )
            return None
        if word.percent and fits(operand.unit, operand.percent, word):
            return replace(operand, percent=True, span=expr.span)
        if fits(operand.unit, operand.percent, word):
            return replace(operand, span=expr.span)
        is_open = operand.unit.is_plain and not operand.percent and not self._has_units(operand)
        if is_open and not word.percent and not word.money:
            return replace(operand, unit=word.unit, span=expr.span)
        refuse_unit(operand.unit, word, expr.left.span, expr.right.span, self.scope)
        return None

    def _has_units(self, value: Value) -> bool:
        """Tell whether a plain number is what is left when units cancel: dollars per dollar are
        no euros. A count of entities counts what it is said to."""
        if isinstance(value.expr, OverEntities):
            return False
        for leaf in leaf_measures(value.expr, self.scope.metrics):
            name, measure = leaf.split(".", 1)
            if not self.scope.sources[name].measures[measure].unit.is_plain:
                return True
        return False

    def _per(self, expr: tree.Binary) -> Value | None:
        match expr.left, expr.right:
            case tree.Quantity(value=amount, unit=unit), tree.Ref(parts=(per,)):
                if not known_unit(unit, self.scope):
                    return None
                whole = Unit.of(unit.text)
                if per.text not in TIME_WORDS:
                    return _amount(amount, whole / Unit.of(per.text), expr.span)
                if whole.currency is not None:
                    return _fixed(amount, unit.text, per.text, expr.span)
            case tree.Ref(text=name), tree.Ref() if name in self.scope.catalog.value_names.names:
                self.scope.error(
                    "K311",
                    "a metric per entity is many numbers, one for each of them",
                    expr.span,
                    label="not one number",
                    help=f"make it one, as in `avg({expr.span.text})`, or ask for `{name}` by it",
                )
                return None
        self.scope.error(
            "K311",
            "`per` follows an amount of money, as in a cost that comes back every month",
            expr.span,
            label="not an amount per period",
            help="write it as `12_000 USD per month` (or day, week, quarter, year)",
        )
        return None

    # --- functions -------------------------------------------------------------------------

    def _call(self, call: tree.Call) -> Value | None:
        name = call.function.text
        if name == "coalesce":
            return self._coalesce(call)
        if name == "convert":
            return bind_convert(call, self.bind, self.scope)
        if name in METRIC_FUNCTIONS:
            return bind_applied(call, self.bind, self.scope)
        if is_over_entities(call):
            return bind_over_entities(call, self.bind, self.scope)
        known = (*METRIC_FUNCTIONS, *sorted(AGGREGATES))
        explain_call(call, self.scope, known, "a metric's formula")
        return None

    def _coalesce(self, call: tree.Call) -> Value | None:
        if not check_arguments(call, 2, None, self.scope):
            return None
        values = [self.bind(argument.value) for argument in call.arguments]
        bound = tuple(value for value in values if value is not None)
        if len(bound) < len(values):
            return None
        common = common_unit(bound, "`coalesce`", self.scope)
        if common is None:
            return None
        amounts = bound[0].amounts
        for value in bound[1:]:
            amounts = joined(amounts, value.amounts)
        combined = MetricCoalesce(tuple(value.expr for value in bound))
        return Value(combined, common[0], call.span, common[1], False, amounts)


def _amount(value: Decimal, unit: Unit, span: Span) -> Value:
    return Value(Constant(value, unit.money), unit, span)


def _fixed(amount: Decimal, currency: str, per: str, span: Span) -> Value:
    expr = FixedAmount(amount, currency, per)
    counted = Amounts(frozenset((metric_text(expr),)))
    return Value(expr, Unit.of(currency), span, amounts=counted)


def _factor_of_hundred(expr: tree.Expr) -> tree.Number | None:
    """Return the 100 by which a formula is multiplied, as where percentages are no unit."""
    match expr:
        case tree.Number(value=value) if value == 100:
            return expr
        case tree.Binary(op="*", left=left, right=right):
            return _factor_of_hundred(left) or _factor_of_hundred(right)
        case tree.Binary(op="/", left=left):
            return _factor_of_hundred(left)
    return None
