"""`metric`: a formula over measures and other metrics."""

from __future__ import annotations

from kpidsl.kinds.binding.amounts import basis_of
from kpidsl.kinds.binding.fields import Fields
from kpidsl.kinds.binding.formulas import FormulaBinder
from kpidsl.kinds.binding.scope import Amounts, Scope
from kpidsl.kinds.binding.shapes import EXPRESSION
from kpidsl.kinds.binding.spec import Header, Kind
from kpidsl.kinds.binding.values import Value
from kpidsl.model.formula import metric_text
from kpidsl.model.leaves import has_data, leaf_measures
from kpidsl.model.purpose import Metric
from kpidsl.model.units import is_currency
from kpidsl.text.source import Span

KIND = Kind(
    "metric",
    "A formula over measures and other metrics: + − × ÷, `where`, `as` and functions. With "
    "parameters it is one formula for many uses: `metric per_head(amount): amount / customers`, "
    "used as `per_head(revenue)`.",
    "metric conversion_rate: orders / visits as percent",
    Header(params=True, value=EXPRESSION),
)


def bind(fields: Fields, scope: Scope) -> Metric | None:
    """Bind the formula of a metric or a KPI, and remember what it is made of."""
    if fields.value is None:
        return None
    bound = FormulaBinder(scope, fields.name).bind(fields.value)
    if bound is None:
        return None
    if not measures(bound, fields.name, fields.value.span, scope):
        return None
    return remember(metric_of(bound, scope, **fields.described()), bound.amounts, scope)


def measures(bound: Value, name: str, span: Span, scope: Scope) -> bool:
    """Tell whether a formula has data, and say so where it has none."""
    if has_data(bound.expr, scope.metrics):
        return True
    scope.error(
        "K317",
        f"`{name}` is a number, and measures nothing",
        span,
        label="no measure stands here",
        help="name a measure; write a fixed cost as `12_000 USD per month`",
    )
    return False


def metric_of(bound: Value, scope: Scope, **described: object) -> Metric:
    """Return a metric of a bound formula."""
    is_money = any(is_currency(name) and power > 0 for name, power in bound.unit.powers)
    return Metric(
        **described,
        expr=bound.expr,
        unit=bound.unit,
        percent=bound.percent,
        net_of=frozenset(bound.amounts.deducted),
        leaves=leaf_measures(bound.expr, scope.metrics),
        formula=metric_text(bound.expr),
        basis=basis_of(bound.amounts, scope) if is_money else "",
    )


def remember(metric: Metric, amounts: Amounts, scope: Scope) -> Metric:
    """Add a metric to what is bound; it counts as an amount under its own name too (T1)."""
    scope.metrics[metric.name] = metric
    scope.amounts[metric.name] = Amounts(amounts.counted | {metric.name}, amounts.deducted)
    return metric
