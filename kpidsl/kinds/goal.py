"""`goal`: a target for a KPI, with a deadline and a reason (D6, D7, S27)."""

from __future__ import annotations

from kpidsl.kinds import kpi as kpi_kind
from kpidsl.kinds.binding.fields import Fields
from kpidsl.kinds.binding.formulas import FormulaBinder
from kpidsl.kinds.binding.literals import last_day, period_window
from kpidsl.kinds.binding.scope import Scope
from kpidsl.kinds.binding.shapes import ANYTHING, CONDITION, EXPRESSION, NAME, PERIOD, TEXT, one_of
from kpidsl.kinds.binding.spec import Free, Header, Key, Kind, Later
from kpidsl.kinds.binding.targets import BANDS, CURVE, bind_bands, bind_target
from kpidsl.model.purpose import Cadence, Goal, Kpi
from kpidsl.syntax import tree
from kpidsl.text.diagnostic import Label

KPI = Key(
    "kpi",
    NAME,
    "The KPI that is to reach the target.",
    required=True,
    names=lambda catalog, _: catalog.kpis,
)
OVER = Key("over", PERIOD, "The period whose total is to reach the target.")
AT = Key("at", PERIOD, "The date by which the level is to be reached.")
TARGET = Key("target", EXPRESSION, "What is to be reached.", required=True)
REVIEW = Key("review", one_of(Cadence), "How often progress is reviewed.")
RELEVANT = Key("relevant", TEXT, "Why it matters to the business.")
RATIONALE = Key("rationale", TEXT, "Why it can be reached: margin, past results, industry.")
OWNER = Key("owner", TEXT, "Who answers for it.")
WHERE = Key("where", CONDITION, "The part of the business that it is about.")
RESOURCES = Key("resources", ANYTHING, "People, budget and time.", later=Later.ADVISE)
FORECAST = Key("forecast", ANYTHING, "How it is carried on.", later=Later.ADVISE)

CASCADE = Kind(
    "cascade",
    "The target's parts by the members of a dimension.",
    'cascade by region { "North": 60%, "South": 40% }',
    Header(name=None, by=True, label=False),
    free=Free("a member", ANYTHING, quoted=True),
    top_level=False,
    later=True,
)

KIND = Kind(
    "goal",
    "A target for a KPI over a period or at a date, with its review and its reason.",
    "goal grow_revenue {\n  kpi: revenue_kpi\n  over: 2026-H1\n  target: +20% from 2025-H1\n}",
    Header(),
    (
        KPI, OVER, AT, TARGET, CURVE, REVIEW, RELEVANT, RATIONALE, OWNER, WHERE, RESOURCES,
        FORECAST,
    ),
    (BANDS, CASCADE),
)  # fmt: skip


def bind(fields: Fields, scope: Scope) -> Goal | None:
    """Bind a goal."""
    mark = scope.mark()
    ref, target = fields.get(KPI), fields.get(TARGET)
    over_expr, at_expr = fields.get(OVER), fields.get(AT)
    over = period_window(over_expr, scope) if over_expr is not None else None
    at = last_day(at_expr, scope) if at_expr is not None else None
    where = None
    if (condition := fields.get(WHERE)) is not None:
        where = FormulaBinder(scope).condition(condition)
    _check_deadline(fields, target, scope)
    if ref is None or target is None:
        return None
    if ref.text not in scope.catalog.kpis:
        scope.unknown("a KPI", ref.text, ref.span, scope.catalog.kpis)
        return None
    metric = scope.metrics.get(ref.text)
    if metric is None:
        return None
    aim = bind_target(target, metric.unit, metric.percent, scope)
    if aim is None or scope.failed_since(mark):
        return None
    return Goal(
        **fields.described(),
        kpi=ref.text,
        over=over or aim.over,
        over_label=over_expr.span.text if over_expr is not None else aim.over_label,
        at=at or aim.at,
        target=aim.target,
        curve=fields.get(CURVE) or "linear",
        bands=bind_bands(fields.child(BANDS)),
        review=fields.get(REVIEW),
        relevant=fields.get(RELEVANT) or "",
        rationale=fields.get(RATIONALE) or "",
        owner=fields.get(OWNER) or "",
        where=where,
    )


def bind_inline(fields: Fields, kpi: Kpi, scope: Scope) -> Goal | None:
    """Bind the `target:` of a KPI as the goal `NAME_target`.

    What a goal says for itself comes from the KPI: review from its cadence, relevance from what
    it serves, evidence from its benchmark.
    """
    target = fields.get(kpi_kind.TARGET)
    metric = scope.metrics.get(kpi.name)
    if target is None or metric is None:
        return None
    aim = bind_target(target, metric.unit, metric.percent, scope)
    if aim is None:
        return None
    if aim.at is None and aim.over is None:
        scope.error(
            "K318",
            f"the target of `{kpi.name}` has no date",
            target.span,
            label="by when?",
            help=f"write `{target.span.text} at 2026-12` or `{target.span.text} over 2026`",
        )
        return None
    options = fields.options(kpi_kind.TARGET)
    serves = " and ".join(kpi.serves)
    return Goal(
        name=inline_name(kpi.name),
        label=f"{kpi.title}: target",
        span=target.span,
        kpi=kpi.name,
        over=aim.over,
        over_label=aim.over_label,
        at=aim.at,
        target=aim.target,
        curve=(options.get(CURVE) if options else None) or "linear",
        bands=bind_bands(fields.child(BANDS)),
        review=kpi.cadence,
        relevant=kpi.purpose or (f"Serves {serves.replace('_', ' ')}." if serves else ""),
        rationale=f"Benchmark {kpi.benchmark}." if kpi.benchmark else "",
        owner=kpi.owner,
    )


def inline_name(kpi: str) -> str:
    """Return the name of the goal that a KPI's own target makes."""
    return f"{kpi}_target"


def _check_deadline(fields: Fields, target: tree.Expr | None, scope: Scope) -> None:
    """Say where a goal has no deadline, or two."""
    said = [fields.key_span(key) for key in (OVER, AT) if key.name in fields.entries]
    if isinstance(target, tree.Binary) and target.op in {"at", "over"}:
        said.append(target.span)
    if not said and target is not None and fields.lacks(OVER, AT):
        scope.error(
            "K318",
            f"`{fields.name}` has no deadline",
            fields.header_span,
            label="by when?",
            help="add `over: 2026-H1` for a total, or `at: 2026-12-31` for a level",
        )
    elif len(said) > 1:
        scope.error(
            "K318",
            f"`{fields.name}` has two deadlines",
            said[1],
            label="second one",
            labels=(Label(said[0], "first one"),),
            help="keep one: `over` for a total, `at` for a level",
        )
