"""The invariants, run on a project's own data: which metrics, by what, over which days."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

from kpidsl.model.expr import MeasureRef, MetricExpr, MetricRef, QueryDimension
from kpidsl.model.leaves import leaf_sources
from kpidsl.model.periods import Window, shift
from kpidsl.model.project import Model
from kpidsl.model.units import Datatype
from kpidsl.plan.groundwork import Groundwork
from kpidsl.plan.paths import NoPath
from kpidsl.plan.planner import plan
from kpidsl.plan.query import Query, Selection
from kpidsl.run.laws import Ask, Laws, Subject
from kpidsl.run.result import Result
from kpidsl.run.runner import Runner
from kpidsl.run.verdicts import Verdict, Verification
from kpidsl.text.diagnostic import Diagnostic

_MONTHS = 36
"""Of longer data the last three years are verified."""
_LAST_MONTH = date.max.replace(day=1)
"""The calendar has no day on which its last month is over."""
_ONE_SIDE, _MANY_SIDE = 2, 1
"""So many dimensions are tried of those that split a metric's rows, and of those that repeat
them."""
_SPLITTING = {Datatype.TEXT, Datatype.BOOLEAN, Datatype.UNKNOWN}


def chosen_metrics(model: Model) -> tuple[Selection, ...]:
    """Return every metric, and every measure that no metric stands for, each formula once."""
    found: dict[MetricExpr, str] = {}
    for name, metric in model.metrics.items():
        found.setdefault(_formula(metric.expr, model), name)
    for source in model.sources.values():
        for name, measure in source.measures.items():
            if measure.currency is not None:
                continue  # only what converts it is one number (S26)
            found.setdefault(MeasureRef(source.name, name), f"{source.name}.{name}")
    return tuple(Selection(name, expr) for expr, name in found.items())


def verify(
    runner: Runner,
    metrics: Sequence[Selection],
    window: Window | None,
    limit: int,
    tell: Callable[[str], None],
) -> Verification:
    """Run the invariants on metrics, within `window`, or over the last three years that all
    sources of a metric know. No further metric is begun after `limit` questions; `tell` is called
    with what is about to be verified."""
    return _Verifying(runner, metrics, window, tell).verification(limit)


class _Verifying:
    def __init__(
        self,
        runner: Runner,
        metrics: Sequence[Selection],
        window: Window | None,
        tell: Callable[[str], None],
    ) -> None:
        self._runner = runner
        self._model = runner.model
        self._ground = Groundwork(runner.model)
        self._metrics = [
            Selection(item.name, _formula(item.expr, runner.model)) for item in metrics
        ]
        self._window = window
        self._tell = tell
        self._asked = 0
        self._found: list[Diagnostic] = []

    def verification(self, limit: int) -> Verification:
        turned = self._runner.over(_reordered(self._model))
        verdicts: list[Verdict] = []
        done = 0
        for metric in self._metrics:
            if self._asked >= limit:
                break
            done += 1
            self._tell(f"verifying `{metric.name}`, {done} of {len(self._metrics)}")
            ask, reordered = self._asking(self._runner), self._asking(turned)
            laws = Laws(self._subject(metric), self._model, self._ground, ask, reordered)
            verdicts += laws.verdicts()
        left = tuple(item.name for item in self._metrics[done:])
        found = tuple(dict.fromkeys(self._found))
        return Verification(tuple(verdicts), done, self._asked, left, found)

    def _asking(self, runner: Runner) -> Ask:
        """Return what answers the questions about one metric, each once."""
        answers: dict[Query, Result | None] = {}

        def ask(query: Query) -> Result | None:
            if query not in answers:
                answers[query] = answer_to(query)
            return answers[query]

        def answer_to(query: Query) -> Result | None:
            planned, refused = plan(self._model, query, self._ground)
            if planned is None:
                # That a number can't be split, or filtered, is no fault; that it can't be had is.
                if not query.by and query.where is None:
                    self._found += refused
                return None
            self._asked += 1
            answer, found = runner.query(query)
            self._found += found
            return answer

        return ask

    def _subject(self, metric: Selection) -> Subject:
        sources = leaf_sources(metric.expr, self._model.metrics)
        dimensions = self._dimensions(sorted(sources))
        window = self._known(sorted(sources))
        query = Query((metric,), by=dimensions[:1], window=window)
        return Subject(metric.name, metric.expr, dimensions, window, self._company(query))

    # --- by what, over which days, beside what ---------------------------------------------

    def _dimensions(self, sources: Sequence[str]) -> tuple[QueryDimension, ...]:
        """Return dimensions that all sources reach: first those that split their rows, then those
        of which a row may have several (S4)."""
        one: list[QueryDimension] = []
        many: list[QueryDimension] = []
        for dimension in self._candidates() if sources else ():
            try:
                paths = [self._ground.paths.reach(source, dimension)[0] for source in sources]
            except NoPath:
                continue
            repeats = any(hop.reverse for path in paths for hop in path)
            (many if repeats else one).append(dimension)
        return (*one[:_ONE_SIDE], *many[:_MANY_SIDE])

    def _candidates(self) -> list[QueryDimension]:
        """Return dimensions with members worth listing: shared ones first; no key, no entity or
        attribute of one, no amount and no time."""
        shared = (name for name in self._model.shared if name not in self._model.entities)
        found = [QueryDimension(name) for name in shared]
        for source in self._model.sources.values():
            for name, item in source.dimensions.items():
                is_plain = item.attribute is None and item.expr not in (source.key or ())
                if item.shared is None and is_plain and item.datatype in _SPLITTING:
                    found.append(QueryDimension(name, source.name))
        return found

    def _known(self, sources: Sequence[str]) -> Window | None:
        """Return the days that all sources know, the last three years of them."""
        if any(self._model.sources[name].time is None for name in sources):
            return None
        names = sources or list(self._model.sources)
        known = [self._runner.knowledge.known(self._model.sources[name]) for name in names]
        days = [item for item in known if item is not None]
        if not days:
            return self._window
        start = max(item.start for item in days)
        end = min(_LAST_MONTH, *(item.end for item in days))
        if self._window is not None:
            start, end = max(start, self._window.start), min(end, self._window.end)
        start = max(start, _earlier(end))
        return Window(start, end) if start < end else self._window

    def _company(self, query: Query) -> Selection | None:
        """Return another metric that can stand beside one: of other sources where there is one."""
        (own,) = query.select
        metrics = self._model.metrics
        mine = leaf_sources(own.expr, metrics)
        others = [item for item in chosen_metrics(self._model) if item.name != own.name]
        others.sort(key=lambda item: bool(leaf_sources(item.expr, metrics) & mine))
        for other in others:
            if other.expr == own.expr:
                continue
            planned, _ = plan(self._model, Query((own, other), query.by, None, query.window))
            if planned is not None:
                return other
        return None


def _formula(expr: MetricExpr, model: Model) -> MetricExpr:
    """Return what a metric that is only another name stands for."""
    while isinstance(expr, MetricRef):
        expr = model.metrics[expr.name].expr
    return expr


def _earlier(end: date) -> date:
    try:
        return shift(end, -_MONTHS)
    except OverflowError:
        return date.min


def _reordered(model: Model) -> Model:
    """Return the same definitions, each list of them turned round (I3)."""
    sources = {
        name: source.model_copy(
            update={
                key: _turned(getattr(source, key)) for key in ("joins", "dimensions", "measures")
            }
        )
        for name, source in model.sources.items()
    }
    changed: dict[str, Any] = {"sources": _turned(sources)}
    changed |= {key: _turned(getattr(model, key)) for key in ("shared", "metrics")}
    return model.model_copy(update=changed)


def _turned(items: Mapping[str, Any]) -> dict[str, Any]:
    return {name: items[name] for name in reversed(list(items))}
