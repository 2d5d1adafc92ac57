"""`kpi`: a metric chosen because it measures progress to a business goal (D1)."""

from __future__ import annotations

from kpidsl.kinds.benchmark import named
from kpidsl.kinds.binding.fields import Fields
from kpidsl.kinds.binding.scope import Scope
from kpidsl.kinds.binding.shapes import (
    ANYTHING,
    EXPRESSION,
    NAME,
    NAMES,
    TEXT,
    list_of,
    one_of,
    word_of,
)
from kpidsl.kinds.binding.spec import Header, Key, Kind, Later, Shape
from kpidsl.kinds.binding.targets import BANDS, CURVE
from kpidsl.kinds.binding.units import say_unit
from kpidsl.kinds.checks.vanity import is_vanity
from kpidsl.model.expr import MeasureRef, MetricExpr, MetricRef
from kpidsl.model.growth import grows, stays
from kpidsl.model.purpose import Better, Cadence, Kpi, Metric, Stage
from kpidsl.model.units import SEVERAL
from kpidsl.syntax import tree
from kpidsl.text.diagnostic import Label


def _purpose(expr: tree.Expr) -> tree.Expr | None:
    items = expr.items if isinstance(expr, tree.ListLiteral) else (expr,)
    fit = all(isinstance(item, tree.String | tree.Ref) for item in items)
    return expr if fit and items else None


SERVES = Key(
    "serves",
    Shape("a goal, a list of goals, or words", "grow_revenue", _purpose),
    "The business goal that this KPI measures progress to.",
)
BETTER = Key("better", one_of(Better), "Which direction is good.")
STAGE = Key(
    "stage",
    list_of(one_of(Stage), "`awareness`, `consideration`, `conversion`, `loyalty`, or several"),
    "The stage of the customer's journey.",
)
INDICATOR = Key(
    "indicator", word_of("leading", "lagging"), "Predicts the result, or is the result."
)
CADENCE = Key("cadence", one_of(Cadence), "How often it is reviewed.")
OWNER = Key("owner", TEXT, "Who acts when it turns red.")
BENCHMARK = Key("benchmark", NAME, "An outside value to compare with.")
DRIVES = Key("drives", NAMES, "The KPIs further down the funnel that it moves.")
PLAYBOOK = Key("playbook", TEXT, "What to do when it turns red.")
PLAN = Key("plan", NAME, "The measure or metric that holds the planned values (S27).")
TARGET = Key(
    "target",
    EXPRESSION,
    "A target of its own; it makes the goal `NAME_target`.",
    options=(CURVE,),
)
STATE = Key(
    "state",
    word_of("draft", "active", "auxiliary", "deprecated", "retired"),
    "Where the definition stands in its life.",
    default="active",
)
VERSION = Key("version", TEXT, "The version of the definition.")
PER = Key(
    "per",
    TEXT,
    "What pages print after `per`, where the formula scales it (cost per `1,000 impressions`).",
)
THRESHOLDS = Key("thresholds", ANYTHING, "Limits between colours.", later=Later.ADVISE)
FORECAST = Key("forecast", ANYTHING, "How it is carried on.", later=Later.ADVISE)
APPROVED = Key("approved", ANYTHING, "Who agreed to the definition, when.", later=Later.ADVISE)

KEYS = (
    SERVES, BETTER, STAGE, INDICATOR, CADENCE, OWNER, BENCHMARK, DRIVES, PLAYBOOK, PLAN, TARGET,
    STATE, VERSION, PER, THRESHOLDS, FORECAST, APPROVED,
)  # fmt: skip

KIND = Kind(
    "kpi",
    "A metric and its purpose: the goal that it serves, its direction, stage, rhythm and owner.",
    'kpi revenue_kpi "Revenue": revenue {\n  serves: grow_revenue\n  better: higher\n}',
    Header(params=True, value=EXPRESSION),
    KEYS,
    (BANDS,),
)


def bind(fields: Fields, metric: Metric | None, scope: Scope) -> Kpi | None:
    """Bind what a KPI says about its metric, which is None where its formula failed.

    In a tolerant scope it keeps the names as written, whatever became of what they mean.
    """
    mark = scope.mark()
    catalog = scope.catalog
    serves, purpose = _serves(fields, scope)
    drives: list[str] = []
    for ref in fields.get(DRIVES) or ():
        drives.append(ref.text)
        if ref.text not in catalog.kpis:
            scope.unknown("a KPI", ref.text, ref.span, catalog.kpis)
    unit, percent = (metric.unit, metric.percent) if metric is not None else (None, False)
    benchmark = named(fields.get(BENCHMARK), fields.name, unit, percent, scope)
    if metric is not None and metric.unit.money == SEVERAL:
        _refuse_currencies(fields, scope)
    plan = _plan(fields, metric, scope)
    if scope.drops(mark) or (metric is None and not scope.tolerant):
        return None
    return Kpi(
        **fields.described(),
        metric=fields.name,
        serves=serves,
        purpose=purpose,
        better=fields.get(BETTER),
        stages=fields.get(STAGE) or (),
        indicator=fields.get(INDICATOR),
        cadence=fields.get(CADENCE),
        owner=fields.get(OWNER) or "",
        benchmark=benchmark,
        drives=tuple(drives),
        playbook=fields.get(PLAYBOOK) or "",
        per=fields.get(PER) or "",
        plan=plan,
        vanity=metric is not None and is_vanity(metric.expr, scope.metrics),
        state=fields.get(STATE) or "active",
        version=fields.get(VERSION) or "",
    )


def _refuse_currencies(fields: Fields, scope: Scope) -> None:
    assert fields.value is not None
    scope.error(
        "K324",
        f"`{fields.name}` is money in the currency of each row, and currencies don't add up",
        fields.value.span,
        label=SEVERAL,
        help=f"write `convert({fields.value.span.text}, {scope.settings.currency})`",
    )


def _serves(fields: Fields, scope: Scope) -> tuple[tuple[str, ...], str]:
    goals: list[str] = []
    words: list[str] = []
    said = fields.get(SERVES)
    items = said.items if isinstance(said, tree.ListLiteral) else (said,)
    for item in items:
        match item:
            case tree.String(value=text):
                words.append(text)
            case tree.Ref():
                goals.append(item.text)
                if item.text not in scope.catalog.goals:
                    scope.unknown("a goal", item.text, item.span, scope.catalog.goals)
    return tuple(goals), " ".join(words)


def _plan(fields: Fields, metric: Metric | None, scope: Scope) -> str | None:
    """Return the full name of the measure or metric that holds the plan (S27)."""
    ref = fields.get(PLAN)
    if ref is None:
        return None
    catalog, text = scope.catalog, ref.text
    if text in catalog.metrics and text != fields.name:
        planned = scope.metrics.get(text)
        unit = planned.unit if planned else None
        expr: MetricExpr = MetricRef(text)
    else:
        homes = catalog.measure_homes.get(ref.parts[-1].text, ())
        if len(ref.parts) == 2:
            homes = tuple(home for home in homes if home == ref.parts[0].text)
        if not homes or len(ref.parts) > 2:
            scope.unknown("a metric or a measure", text, ref.span, catalog.value_names)
            return None
        if len(homes) > 1:
            places = {f"{home}.{text}": catalog.sources[home].measures[text] for home in homes}
            scope.ambiguous(text, ref.span, places)
            return None
        source = scope.sources.get(homes[0])
        measure = source.measures.get(ref.parts[-1].text) if source else None
        unit = measure.unit if measure else None
        text = f"{homes[0]}.{ref.parts[-1].text}"
        expr = MeasureRef(homes[0], ref.parts[-1].text)
    if unit is None or metric is None or metric.unit.money == SEVERAL:
        return None
    if unit != metric.unit:
        scope.error(
            "K301",
            f"the plan is in {say_unit(unit)}, and `{fields.name}` in {say_unit(metric.unit)}",
            ref.span,
            label=say_unit(unit),
            labels=(Label(fields.value.span, say_unit(metric.unit)),) if fields.value else (),
            help="name a plan in the KPI's own unit",
        )
        return None
    if _is_no_like(metric.expr, expr, fields, ref, scope):
        return None
    return text


def _is_no_like(
    expr: MetricExpr, plan: MetricExpr, fields: Fields, ref: tree.Ref, scope: Scope
) -> bool:
    """Refuse a plan that adds up over the months of a longer period where its KPI doesn't, or the
    other way round (S27)."""
    if grows(plan, scope) and stays(expr, scope):
        reason = "adds up over the months of a quarter, and `{}` doesn't"
        mend = "as a level is (`stock: last per …`), or by an average or a ratio"
    elif stays(plan, scope) and grows(expr, scope):
        reason = "doesn't add up over the months of a quarter, and `{}` does"
        mend = "by a sum"
    else:
        return False
    scope.error(
        "K325",
        f"the plan {reason.format(fields.name)}",
        ref.span,
        label="compared with its KPI by quarter and year, too",
        labels=(Label(fields.value.span, f"`{fields.name}`"),) if fields.value else (),
        help=f"measure the plan {mend}",
    )
    return True
