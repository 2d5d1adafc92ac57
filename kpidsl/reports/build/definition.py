"""What a figure means, as a page tells it on demand."""

from __future__ import annotations

from kpidsl.model.expr import (
    Applied,
    Filtered,
    MeasureRef,
    MetricArithmetic,
    MetricCoalesce,
    MetricExpr,
    MetricRef,
)
from kpidsl.model.formula import metric_text, row_text
from kpidsl.model.growth import unfolded
from kpidsl.model.project import Model
from kpidsl.plan.query import Query, Selection
from kpidsl.reports.blocks import Definition
from kpidsl.reports.build.page import Page
from kpidsl.reports.build.phrases import ENGLISH as PHRASES
from kpidsl.reports.build.subject import Subject, ratio_parts


def definition_of(subject: Subject, page: Page) -> Definition:
    """Return meaning, formula, parts, filters, basis, goal, sources, place and SQL.

    The SQL is compiled for this figure alone, so that it shows no other; it is left out where
    the audience may not see it, as are the goals it serves (D21).
    """
    model = page.model
    formula = subject.metric.formula or metric_text(subject.metric.expr)
    kpi, roi = subject.kpi, subject.roi
    docs = (kpi.doc if kpi else "", roi.doc if roi else "", subject.metric.doc)
    parts = ratio_parts(subject.expr, model)
    top, bottom = map(metric_text, parts) if parts else ("", "")
    return Definition(
        meaning=next(filter(None, docs), f"{subject.title}: {formula}"),
        formula=formula,
        numerator=top,
        denominator=bottom,
        filters=_filters(subject, model),
        basis=_basis(subject),
        goal=_goal(subject, page),
        sources=tuple(model.sources[name].title for name in subject.sources),
        location=(kpi or roi or subject.metric).place,
        sql=_sql(subject, page) if page.audience.sql_visible else "",
    )


def _filters(subject: Subject, model: Model) -> tuple[str, ...]:
    """Return every condition on the way from the formula down to the sources' rows."""
    found = list(_conditions(subject.expr, model))
    for name in subject.sources:
        exclude = model.sources[name].exclude
        if exclude is not None:
            found.append(f"{name}: not ({row_text(exclude)})")
    return tuple(dict.fromkeys(found))


def _conditions(expr: MetricExpr, model: Model) -> list[str]:
    match expr:
        case MetricRef():
            return _conditions(unfolded(expr, model), model)
        case MeasureRef(source, name):
            where = model.sources[source].measures[name].where
            return [] if where is None else [f"{name}: {row_text(where)}"]
        case Filtered(operand, predicate):
            return [row_text(predicate), *_conditions(operand, model)]
        case MetricArithmetic(_, left, right):
            return _conditions(left, model) + _conditions(right, model)
        case Applied(operand):
            return _conditions(operand, model)
        case MetricCoalesce(items):
            return [text for item in items for text in _conditions(item, model)]
    return []


def _basis(subject: Subject) -> str:
    parts = []
    if subject.roi is not None:
        if subject.roi.basis:
            parts.append(subject.roi.basis)
        parts.append(PHRASES.attribution.format(model=subject.roi.attribution))
    elif subject.metric.net_of:
        amounts = ", ".join(name.replace("_", " ") for name in sorted(subject.metric.net_of))
        parts.append(PHRASES.net_of.format(amounts=amounts))
    return "; ".join(parts)


def _goal(subject: Subject, page: Page) -> str:
    if subject.kpi is None:
        return ""
    parts = [subject.kpi.purpose] if subject.kpi.purpose else []
    if page.sees_goals:
        titles = [page.model.goals[name].title for name in subject.kpi.serves]
        if titles:
            parts.insert(0, PHRASES.serves.format(goals=", ".join(titles)))
    return ". ".join(parts)


def _sql(subject: Subject, page: Page) -> str:
    window = page.span.window
    select = (Selection(subject.name, subject.expr),)
    question = Query(select, window=window, compared_by=page.span.compared_by(window))
    sql, _ = page.runner.compile(question)
    return sql or ""
