"""The parts of a metric's formula: named values, and the units that they have in common (D14)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from kpidsl.kinds.binding.catalog import ROI_ANALYSED, ROI_LATER
from kpidsl.kinds.binding.misfits import refused
from kpidsl.kinds.binding.scope import NOTHING, Amounts, Scope
from kpidsl.kinds.binding.units import say_unit
from kpidsl.model.expr import Constant, MeasureRef, MetricExpr, MetricRef
from kpidsl.model.units import NUMBER, SEVERAL, Unit
from kpidsl.syntax import tree
from kpidsl.text.diagnostic import Fix, Label
from kpidsl.text.source import Span


@dataclass(frozen=True, slots=True)
class Value:
    """A bound metric formula: its unit, whether it is shown as a percentage, whether it is a
    plain literal, and what it is made of (T1)."""

    expr: MetricExpr
    unit: Unit
    span: Span
    percent: bool = False
    literal: bool = False
    amounts: Amounts = NOTHING

    @property
    def is_zero(self) -> bool:
        return self.literal and isinstance(self.expr, Constant) and not self.expr.value


def resolve_value(ref: tree.Ref, scope: Scope, own: str | None = None) -> Value | None:
    catalog, text = scope.catalog, ref.text
    if text in catalog.metrics and text != own:
        return _metric(text, ref.span, scope)
    if text in catalog.templates:
        scope.error(
            "K218",
            f"`{text}` has parameters, and is told none",
            ref.span,
            label="arguments are missing",
            help=f"write `{text}(…)`, with what each parameter stands for",
        )
        return None
    parts = [part.text for part in ref.parts]
    if len(parts) == 1:
        homes = catalog.measure_homes.get(text, ())
        if len(homes) == 1:
            return _measure(homes[0], text, ref.span, scope)
        if homes:
            scope.ambiguous(
                text,
                ref.span,
                {f"{home}.{text}": catalog.sources[home].measures[text] for home in homes},
            )
            return None
        _unknown(text, ref, scope)
        return None
    first, rest = parts[0], parts[1:]
    if first in catalog.sources and len(rest) == 1:
        if rest[0] in catalog.sources[first].measures:
            return _measure(first, rest[0], ref.span, scope)
        scope.unknown(
            f"a measure of `{first}`",
            rest[0],
            ref.parts[-1].span,
            catalog.sources[first].measures,
        )
        return None
    if first in catalog.rois:
        _no_member(first, ".".join(rest), ref, scope)
        return None
    scope.unknown("a metric or a measure", text, ref.span, catalog.value_names)
    return None


def _unknown(text: str, ref: tree.Ref, scope: Scope) -> None:
    if text in scope.catalog.rois:
        scope.error(
            "K214",
            f"`{text}` is an ROI with several figures; one of them is expected here",
            ref.span,
            label="an ROI",
            help=f"write `{text}.roi`, `{text}.net`, `{text}.gain` or `{text}.cost`",
        )
        return
    known = scope.catalog.value_names
    scope.unknown("a metric or a measure", text, ref.span, known)


def _no_member(roi: str, member: str, ref: tree.Ref, scope: Scope) -> None:
    span = ref.parts[-1].span
    if member in ROI_ANALYSED or member in ROI_LATER:
        scope.diagnostics.append(refused(f"`.{member}` of an ROI inside a formula", span))
        return
    prefix = f"{roi}."
    members = [name for name in scope.catalog.metrics if name.startswith(prefix)]
    if member == "roas":
        scope.error(
            "K211",
            f"`{roi}` has no `.roas`",
            span,
            label="needs to know what is advertising",
            help=f"add `ad_cost:` to `roi {roi}`, with the cost lines that are advertising",
        )
        return
    scope.unknown("a figure of the ROI", ref.text, ref.span, members)


def _metric(name: str, span: Span, scope: Scope) -> Value | None:
    metric = scope.metrics.get(name)
    if metric is None:
        return None
    amounts = scope.amounts.get(name, NOTHING)
    return Value(MetricRef(name), metric.unit, span, metric.percent, False, amounts)


def _measure(source: str, name: str, span: Span, scope: Scope) -> Value | None:
    bound = scope.sources.get(source)
    measure = bound.measures.get(name) if bound else None
    if measure is None:
        return None
    deducted: Mapping[str, Span | None] = dict.fromkeys(measure.net_of, measure.span)
    amounts = Amounts(frozenset((f"{source}.{name}",)), deducted)
    expr = MeasureRef(source, name)
    return Value(expr, measure.unit, span, measure.percent, False, amounts)


def common_unit(values: tuple[Value, ...], operator: str, scope: Scope) -> tuple[Unit, bool] | None:
    """Return the one unit of values that are added or compared, or say which two differ."""
    known = [value for value in values if not value.is_zero]
    if not known:
        return NUMBER, False
    # A measured value decides: a literal percentage beside a rate takes the rate's unit.
    first = next((value for value in known if not value.literal), known[0])
    for other in known:
        if other.unit == first.unit:
            continue
        if other.literal and other.percent and first.percent:
            continue
        _clash(first, other, operator, scope)
        return None
    return first.unit, first.percent and all(value.percent for value in known)


def _clash(one: Value, other: Value, operator: str, scope: Scope) -> None:
    left, right = sorted((one, other), key=lambda value: value.span.start)
    labels = (Label(left.span, say_unit(left.unit, left.percent)),)
    label = say_unit(right.unit, right.percent)
    names = f"{say_unit(left.unit, left.percent)} and {say_unit(right.unit, right.percent)}"
    literal = next((value for value in (left, right) if value.literal), None)
    if literal is not None:
        unit = (right if literal is left else left).unit
        written = f"{literal.span.text} {unit}"
        scope.error(
            "K304",
            f"{operator} meets {names}",
            right.span,
            label=label,
            labels=labels,
            help=f"give the number its unit: `{written}`",
            fix=Fix(literal.span, written),
        )
        return
    if left.unit.currency and right.unit.currency:
        wanted = right.unit if left.unit.currency == SEVERAL else left.unit
        scope.error(
            "K302",
            f"{operator} meets money in two currencies, {names}",
            right.span,
            label=label,
            labels=labels,
            help=f"make it one currency, as in `convert(revenue, {wanted})`",
        )
        return
    mend = "divide to relate two things, such as `revenue / orders`"
    for plain, with_unit in ((left, right), (right, left)):
        if plain.unit.is_plain and not plain.percent:
            mend = f"say what `{plain.span.text}` counts, in its definition: `as {with_unit.unit}`"
    scope.error(
        "K301",
        f"{operator} meets {names}; only amounts of one unit are added or compared",
        right.span,
        label=label,
        labels=labels,
        help=mend,
    )
