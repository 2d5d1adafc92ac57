"""`roi`: what came back for what was spent (V1, V3), with its basis and cost lines."""

from __future__ import annotations

from dataclasses import replace

from kpidsl.kinds.benchmark import named
from kpidsl.kinds.binding.amounts import basis_of, canonical, overlap, refuse_twice
from kpidsl.kinds.binding.fields import Fields, key_text
from kpidsl.kinds.binding.formulas import FormulaBinder
from kpidsl.kinds.binding.literals import whole_days
from kpidsl.kinds.binding.misfits import refused
from kpidsl.kinds.binding.ranks import is_apart_from_ranks
from kpidsl.kinds.binding.scope import Amounts, Scope
from kpidsl.kinds.binding.shapes import (
    ANYTHING,
    DURATION,
    EXPRESSION,
    NAME,
    PERCENTAGE,
    SIMPLE_NAMES,
    TEXT,
)
from kpidsl.kinds.binding.spec import Free, Header, Key, Kind, Later
from kpidsl.kinds.binding.units import say_unit
from kpidsl.kinds.binding.values import Value, common_unit
from kpidsl.kinds.metric import metric_of, remember
from kpidsl.kinds.usual_costs import not_covered
from kpidsl.model.expr import FixedAmount, MetricArithmetic, MetricExpr, MetricRef
from kpidsl.model.purpose import CostLine, Roi
from kpidsl.model.units import NUMBER
from kpidsl.syntax import tree

GAIN = Key("gain", EXPRESSION, "What came back, before the costs listed here.", required=True)
REVENUE = Key(
    "revenue",
    EXPRESSION,
    "The revenue that ROAS divides by advertising.",
    default="the gain, where nothing has been deducted from it",
)
AD_COST = Key("ad_cost", SIMPLE_NAMES, "The cost lines that are advertising: they make `.roas`.")
SALES_CYCLE = Key("sales_cycle", DURATION, "How long a sale takes: younger ROI is provisional.")
ATTRIBUTION = Key("attribution", EXPRESSION, "How sales are credited.", default="recorded(channel)")
BENCHMARK = Key("benchmark", NAME, "An outside value to compare with.")
MARGIN = Key("margin", PERCENTAGE, "The gross margin, for the break-even point.")
OWNER = Key("owner", TEXT, "Who decides on it.")
DISCOUNT = Key("discount", ANYTHING, "The discount rate.", later=Later.ADVISE)
HORIZON = Key("horizon", DURATION, "How long returns are counted.", later=Later.ADVISE)

ALLOCATE_BY = Key("allocate_by", EXPRESSION, "The metric that splits a fixed amount (S9).")
COST = Kind(
    "cost",
    "The cost lines, each with its amount.",
    "cost { media: ad_spend, staff: 12_000 USD per month { allocate_by: ad_spend } }",
    Header(name=None, label=False),
    free=Free("a cost line", EXPRESSION, (ALLOCATE_BY,)),
    top_level=False,
)

KIND = Kind(
    "roi",
    "Gain against cost; its figures are `.gain`, `.cost`, `.cost.LINE`, `.net`, `.roi`, `.roas`.",
    'roi marketing_roi "Marketing ROI" {\n  gain: gross_profit\n  cost { media: ad_spend }\n}',
    Header(),
    (
        GAIN, REVENUE, AD_COST, SALES_CYCLE, ATTRIBUTION, BENCHMARK, MARGIN, OWNER, DISCOUNT,
        HORIZON,
    ),
    (COST,),
)  # fmt: skip


def lines_of(fields: Fields) -> tuple[str, ...]:
    """Return the names of the cost lines."""
    cost = fields.child(COST)
    return tuple(key_text(entry) for entry, _ in cost.free) if cost else ()


def has_roas(fields: Fields) -> bool:
    """Tell whether an ROI says which of its lines are advertising."""
    return AD_COST.name in fields.entries


def bind(fields: Fields, scope: Scope) -> Roi | None:
    """Bind an ROI and add its figures to the metrics (T1, V1, V3)."""
    mark = scope.mark()
    name = fields.name
    cost = fields.child(COST)
    gain_expr = fields.get(GAIN)
    if fields.whole if cost is None else (cost.whole and not cost.free):
        scope.error(
            "K204",
            f"`{name}` lists no cost",
            fields.header_span,
            label="no cost line",
            help="add `cost { media: ad_spend }`",
        )
    lines = _bind_lines(cost, scope) if cost is not None else []
    gain = FormulaBinder(scope).bind(gain_expr) if gain_expr is not None else None
    revenue = None
    if (said := fields.get(REVENUE)) is not None:
        revenue = FormulaBinder(scope).bind(said)
    ad_lines = _ad_lines(fields, tuple(line for line, _ in lines), scope)
    attribution = _attribution(fields, scope)
    benchmark = named(fields.get(BENCHMARK), name, NUMBER, True, scope)
    cycle = fields.get(SALES_CYCLE)
    cycle_days = whole_days(cycle, scope) if cycle is not None else None
    bound = [(line, value) for line, value in lines if value is not None]
    if gain is None or not bound:
        return None
    if not _check_money(gain, revenue, [value for _, value in bound], scope):
        return None
    _check_deductions(gain, bound, scope)
    if revenue is None and fields.lacks(REVENUE):
        if not gain.amounts.deducted:
            revenue = gain
        elif ad_lines:
            scope.error(
                "K204",
                f"`{name}` does not say its revenue, which ROAS needs: the gain is net of costs",
                fields.key_span(AD_COST),
                label="makes `.roas`",
                help="add `revenue:` with the amount before any deduction",
            )
    is_bound = len(bound) == len(lines) and (revenue is not None or fields.lacks(REVENUE))
    if not scope.tolerant and (scope.failed_since(mark) or not is_bound or not fields.ok):
        return None
    _add_members(fields, gain, revenue, bound, ad_lines, scope)
    return Roi(
        **fields.described(),
        gain=gain.expr,
        revenue=revenue.expr if revenue else None,
        cost=tuple(CostLine(name=line, expr=value.expr, span=value.span) for line, value in bound),
        ad_lines=ad_lines,
        basis=basis_of(gain.amounts, scope),
        sales_cycle_days=cycle_days,
        attribution=attribution,
        benchmark=benchmark,
        margin=fields.get(MARGIN),
        owner=fields.get(OWNER) or "",
        not_covered=not_covered([*(line for line, _ in bound), *gain.amounts.deducted]),
    )


def _bind_lines(cost: Fields, scope: Scope) -> list[tuple[str, Value | None]]:
    lines: list[tuple[str, Value | None]] = []
    for entry, options in cost.free:
        value = FormulaBinder(scope).bind(entry.value)
        by = options.get(ALLOCATE_BY)
        if by is not None and value is not None:
            allocation = FormulaBinder(scope).bind(by)
            if allocation is None or not is_apart_from_ranks(allocation, "an allocation", scope):
                value = None
            elif isinstance(value.expr, FixedAmount):
                value = replace(value, expr=replace(value.expr, allocate_by=allocation.expr))
            else:
                scope.error(
                    "K403",
                    "only a fixed amount is allocated; a measured one splits by itself",
                    options.key_span(ALLOCATE_BY),
                    label="splits a measured amount",
                    help="take `allocate_by` out",
                )
                value = None
        lines.append((key_text(entry), value))
    return lines


def _ad_lines(fields: Fields, lines: tuple[str, ...], scope: Scope) -> tuple[str, ...]:
    names = fields.get(AD_COST) or ()
    for part in names:
        if part.text not in lines:
            scope.unknown("a cost line", part.text, part.span, lines)
    return tuple(part.text for part in names)


def _attribution(fields: Fields, scope: Scope) -> str:
    said = fields.get(ATTRIBUTION)
    match said:
        case None:
            return "recorded"
        case tree.Ref() if said.text == "recorded":
            return "recorded"
        case tree.Call(function=function) if function.text == "recorded":
            return "recorded"
    scope.diagnostics.append(refused(f"attribution by `{said.span.text}`", said.span))
    return ""


def _check_money(gain: Value, revenue: Value | None, lines: list[Value], scope: Scope) -> bool:
    for value in (gain, *([revenue] if revenue else []), *lines):
        if value.unit.currency is None:
            scope.error(
                "K301",
                f"ROI compares money with money; this is in {say_unit(value.unit, value.percent)}",
                value.span,
                label=say_unit(value.unit, value.percent),
                help="use the amount of money behind it, and show other returns beside the ROI",
            )
            return False
    values = (gain, *([revenue] if revenue else []), *lines)
    return common_unit(values, "an ROI", scope) is not None


def _check_deductions(gain: Value, lines: list[tuple[str, Value]], scope: Scope) -> None:
    for line, value in lines:
        names = value.amounts.counted | {canonical(line, scope)}
        twice = overlap(names, gain.amounts)
        if twice is not None:
            refuse_twice(twice, value.span, gain.amounts.deducted[twice], scope)


def _add_members(
    fields: Fields,
    gain: Value,
    revenue: Value | None,
    lines: list[tuple[str, Value]],
    ad_lines: tuple[str, ...],
    scope: Scope,
) -> None:
    name = fields.name
    title = fields.described()["label"] or name

    def add(member: str, value: Value, words: str) -> None:
        described = {"name": f"{name}.{member}", "label": f"{title}: {words}"}
        metric = metric_of(value, scope, span=fields.header_span, **described)
        remember(metric, value.amounts, scope)

    def ref(member: str) -> MetricRef:
        return MetricRef(f"{name}.{member}")

    add("gain", gain, "gain")
    for line, value in lines:
        add(f"cost.{line}", value, f"cost of {line.replace('_', ' ')}")
    costs = [ref(f"cost.{line}") for line, _ in lines]
    counted = frozenset().union(*(value.amounts.counted for _, value in lines))
    money = gain.unit
    add("cost", Value(_total(costs), money, gain.span, amounts=Amounts(counted)), "cost")
    deducted = {**gain.amounts.deducted, **dict.fromkeys(counted, fields.header_span)}
    net = MetricArithmetic("-", ref("gain"), ref("cost"))
    net_amounts = Amounts(gain.amounts.counted, deducted)
    add("net", Value(net, money, gain.span, amounts=net_amounts), "net")
    ratio = MetricArithmetic("/", ref("net"), ref("cost"))
    add("roi", Value(ratio, NUMBER, gain.span, True), "ROI")
    if ad_lines and revenue is not None:
        ads = _total([ref(f"cost.{line}") for line in ad_lines])
        roas = MetricArithmetic("/", revenue.expr, ads)
        add("roas", Value(roas, NUMBER, gain.span, True), "ROAS")


def _total(items: list[MetricRef]) -> MetricExpr:
    total: MetricExpr = items[0]
    for item in items[1:]:
        total = MetricArithmetic("+", total, item)
    return total
