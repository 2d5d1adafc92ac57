"""Random cases in which some measures are money, and exchange rates stand in a table (S26)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from datetime import date, datetime, time
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from kpidsl.model import expr as e
from kpidsl.model.periods import Grain
from kpidsl.model.project import Model
from kpidsl.model.sources import Aggregate, Measure, Rates, Source, Stock, TableOrigin, TimeSpec
from kpidsl.model.units import SEVERAL, Unit
from tests.oracle.draws import DAYS, ZONES, Draw, chance, pick
from tests.oracle.money import COUNTS

if TYPE_CHECKING:
    from tests.oracle.generate import Case

NAME = "fx, daily"
FIRST = date(2022, 12, 30)
RATES = tuple(map(Decimal, ("1.1", "0.031", "31.25", "2", "1.083456")))
PAIRS = (("EUR", "USD"), ("TWD", "USD"), ("USD", "EUR"), ("TWD", "EUR"), ("EUR", "TWD"))


def with_currencies(draw: Draw, case: Case, percent: int = 30) -> Case:
    """Now and then a case whose amounts are money."""
    if not chance(draw, percent):
        return case
    ended = case.query.window is not None or isinstance(case.query.grain, Grain)
    sources = {name: _paid(draw, each, ended) for name, each in case.model.sources.items()}
    at, rows = _quoted(draw)
    sources[NAME] = Source(
        name=NAME,
        origin=TableOrigin(path=(NAME,)),
        time=TimeSpec(expr=e.Column(("at",)), stored_as=pick(draw, ZONES) if at else None),
        rates=Rates(
            base=e.Column(("from",)),
            quote=e.Column(("to",)),
            rate=e.Column(("rate",)),
            stale_days=pick(draw, (2000, 2000, 2000, 2000, 40)),
        ),
    )
    model = case.model.model_copy(update={"sources": sources})
    metrics = {
        name: metric.model_copy(update={"expr": _spoken(draw, model, metric.expr)})
        for name, metric in model.metrics.items()
    }
    select = tuple(
        replace(item, expr=_spoken(draw, model, item.expr)) for item in case.query.select
    )
    where, having = (_spoken(draw, model, part) for part in (case.query.where, case.query.having))
    columns = {"at": "TIMESTAMP" if at else "DATE", "from": "VARCHAR", "to": "VARCHAR"}
    return replace(
        case,
        model=model.model_copy(update={"metrics": metrics}),
        query=replace(case.query, select=select, where=where, having=having),
        tables={**case.tables, NAME: rows},
        columns={**case.columns, NAME: {**columns, "rate": "DECIMAL(18, 6)"}},
    )


def _paid(draw: Draw, source: Source, ended: bool) -> Source:
    """The source, some of its measures in euros or in the currency of each row, and some levels of
    accounts, where a question is `ended` by a day."""
    if source.time is None and chance(draw, 90):
        return source  # it has no day to take a rate at
    measures: dict[str, Measure] = {}
    for name, measure in source.measures.items():
        is_quotient = isinstance(measure.operand, e.Arithmetic) and measure.operand.op == "/"
        if measure.operand is None or measure.aggregate in COUNTS or is_quotient:
            measures[name] = measure
            continue
        currency = _currency(draw) if chance(draw, 50) else None
        unit = Unit.of(SEVERAL if currency is not None else "EUR")
        changed: dict[str, object] = {"unit": unit, "currency": currency}
        if ended and source.time and source.key and not measure.once_per and chance(draw, 95):
            changed |= {"aggregate": Aggregate.SUM, "fraction": None}
            changed["stock"] = Stock(
                entity=(e.DimensionRef(pick(draw, ("tag", "case"))),),
                rolling=measure.stock and measure.stock.rolling,  # formulas rest on it
            )
        measures[name] = measure.model_copy(update=changed)
    return source.model_copy(update={"measures": measures})


def _currency(draw: Draw) -> e.RowExpr:
    """Which currency a row is in, by the source's own dimensions."""
    return e.CaseWhen(
        (
            (e.Compare("=", e.DimensionRef("tag"), e.Literal("EU")), e.Literal("EUR")),
            (e.Compare(">", e.DimensionRef("num ber"), e.Literal(Decimal(0))), e.Literal("TWD")),
        ),
        None if chance(draw, 3) else e.Literal("USD"),
    )


def _quoted(draw: Draw) -> tuple[bool, list[dict[str, object]]]:
    """Rows of rates, and whether they have a time of day."""
    timed = chance(draw, 25)
    moment = pick(draw, (time(0), time(12), time(23, 30)))
    rows: list[dict[str, object]] = []

    def at(day: date) -> date:
        return datetime.combine(day, moment) if timed else day

    for base, quote in PAIRS:
        days = [FIRST] if chance(draw, 95) else []
        days += [day for day in DAYS if chance(draw, 30)]
        rows += [
            {"at": at(day), "from": base, "to": quote, "rate": pick(draw, RATES)} for day in days
        ]
    if chance(draw, 30):  # no rates: a part of each is missing
        rows.append({"at": at(DAYS[3]), "from": "EUR", "to": "USD", "rate": None})
        rows.append({"at": at(DAYS[4]), "from": None, "to": "USD", "rate": Decimal(3)})
        rows.append({"at": None, "from": "EUR", "to": "USD", "rate": Decimal(3)})
    return timed, rows


def _spoken(draw: Draw, model: Model, part: Any) -> Any:
    """A formula with its measures of money converted, each where it stands or around what is
    applied to it."""
    if isinstance(part, e.FixedAmount) and part.allocate_by is not None:
        # Where it isn't split its weight is not asked for, whatever is wrong with that.
        own = _money_of(model, part.allocate_by)
        by = part.allocate_by if own is None else e.Convert(part.allocate_by, "USD", own)
        return replace(part, allocate_by=by)
    own = _money_of(model, part)
    if own is not None and chance(draw, 95):
        into = pick(draw, ("USD", "USD", "USD", "EUR"))
        converted = e.Convert(_inside(draw, model, part, own), into, own)
        if chance(draw, 10):
            return e.Convert(converted, pick(draw, ("EUR", "TWD")), into)
        return converted
    if isinstance(part, tuple):
        return tuple(_spoken(draw, model, item) for item in part)
    if is_dataclass(part) and not isinstance(part, type):
        changed = {
            each.name: _spoken(draw, model, getattr(part, each.name)) for each in fields(part)
        }
        return replace(part, **changed)
    return part


def _inside(draw: Draw, model: Model, part: Any, own: str) -> Any:
    """What is converted; its filters may name metrics that are money too."""
    if isinstance(part, e.Filtered):
        predicate = _spoken(draw, model, part.predicate)
        return e.Filtered(_inside(draw, model, part.operand, own), predicate)
    if isinstance(part, e.Applied):
        return replace(part, operand=_inside(draw, model, part.operand, own))
    return part


def _money_of(model: Model, part: object) -> str | None:
    """The currency of a measure with nothing but functions around it."""
    match part:
        case e.MeasureRef(source, name):
            return model.sources[source].measures[name].unit.money
        case e.Rank() | e.OverEntities():
            return None
        case e.Applied(operand):
            return _money_of(model, operand)
    return None


def rules(model: Model, every: list[e.MetricExpr]) -> Iterator[tuple[str, bool]]:
    """What the conversions of a case try out."""
    pairs = [(part, _measure(model, part.operand)) for part in every if isinstance(part, e.Convert)]
    real = [(part, leaf) for part, leaf in pairs if part.of != part.into and leaf is not None]
    yield "S26 conversion", bool(real)
    yield "S26 currency of each row", any(part.of == SEVERAL for part, _ in real)
    yield "S26 stock at period end", any(leaf.stock is not None for _, leaf in real)


def _measure(model: Model, part: object) -> Measure | None:
    match part:
        case e.MeasureRef(source, name):
            return model.sources[source].measures[name]
        case e.Applied(operand):
            return _measure(model, operand)
    return None
