"""A loaded project: what can be asked of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Unpack

from kpidsl import __version__
from kpidsl.api.config import Config, dialect_of
from kpidsl.api.connecting import connected
from kpidsl.api.errors import KpidslError
from kpidsl.api.memory import memory_of
from kpidsl.api.output import make_folder, write_text
from kpidsl.api.provenance import commit_of
from kpidsl.api.question import Asked, Question, ask, window_of
from kpidsl.engines.base import Engine
from kpidsl.kinds.vocabulary import Vocabulary
from kpidsl.model.pages import Report
from kpidsl.model.periods import Window
from kpidsl.model.project import Model
from kpidsl.plan.groundwork import Groundwork
from kpidsl.plan.nodes import Plan
from kpidsl.plan.outline import Outline, outline
from kpidsl.plan.planner import plan
from kpidsl.plan.query import Query
from kpidsl.reports.build import build_report
from kpidsl.reports.html import render_by, render_html
from kpidsl.reports.model import ReportModel, to_json
from kpidsl.run.calendars import with_years
from kpidsl.run.heading import heading, heading_of
from kpidsl.run.memory import Memory
from kpidsl.run.proof import Proof
from kpidsl.run.result import FunnelResult, Result
from kpidsl.run.runner import Runner
from kpidsl.run.schema import Fit, Schema
from kpidsl.run.verdicts import Verification
from kpidsl.run.verify import chosen_metrics, verify
from kpidsl.sql.dialects.support import unproved
from kpidsl.sql.lacking import sql_in
from kpidsl.text.diagnostic import Diagnostic, error, has_errors
from kpidsl.text.suggest import nearest


def _in_silence(_: str) -> None:
    """Take no notice of progress."""


@dataclass
class Project:
    """A loaded project. Close it, or use it in a `with` statement."""

    folder: Path
    config: Config
    model: Model | None
    diagnostics: list[Diagnostic]
    definition_hash: str
    profile: str | None = None
    cache: bool = False
    _engine: Engine | None = field(default=None, repr=False)

    def __enter__(self) -> Project:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        if self._engine is not None:
            self._engine.close()

    def _checked(self) -> Model:
        if self.model is None:
            raise KpidslError(self.diagnostics)
        return self.model

    @property
    def _made_by(self) -> str:
        return f"kpidsl {__version__}, definitions {self.definition_hash}"

    @cached_property
    def _vocabulary(self) -> Vocabulary:
        return Vocabulary(self._checked())

    @cached_property
    def _ground(self) -> Groundwork:
        return Groundwork(self._checked())

    @cached_property
    def runner(self) -> Runner:
        """The runner on the project's profile; connects when first used."""
        return Runner(self._read, self._connected, self._made_by, self._memory)

    @property
    def _memory(self) -> Memory | None:
        if not self.cache:
            return None
        return memory_of(self.config, self.profile, self.folder, self._checked(), self._connected)

    @cached_property
    def _read(self) -> Model:
        """The checked model, with what only the data tell of its calendar (S20)."""
        model = self._checked()
        if model.settings.listed is None:
            return model
        years, found = Runner(model, self._connected, memory=self._memory).listed_years()
        if has_errors(found):
            raise KpidslError(found)
        return with_years(model, years)

    @cached_property
    def _connected(self) -> Engine:
        self._engine, found = connected(
            self.config,
            self.profile,
            self.folder,
            timezone=self._checked().settings.timezone,
            made_by=self._made_by,
        )
        if self._engine is None:
            raise KpidslError(found)
        return self._engine

    def compile(self, *metrics: str, dialect: str | None = None, **asked: Unpack[Asked]) -> str:
        """Return the SQL that answers a question, in the dialect of the profile's database or in
        another; raises `KpidslError` when it is refused.

        Above it stands which definitions it was made from, and whether no engine has run SQL of
        this dialect: comments with names and places.
        """
        query, planned = self._planned(Question(metrics, **asked))
        wanted = dialect or dialect_of(self.config, self.profile)
        sql, found = sql_in(planned, wanted, self._read)
        if sql is None:
            raise KpidslError(found)
        own = heading_of(query, self._read, self._made_by)
        return own + heading((), unproved(wanted)) + sql

    def explain(self, *metrics: str, **asked: Unpack[Asked]) -> Outline:
        """Return the logical plan of a question: a tree of nodes, each with the rules that made
        it; raises `KpidslError` when the question is refused."""
        _, planned = self._planned(Question(metrics, **asked))
        return outline(planned)

    def _planned(self, question: Question) -> tuple[Query, Plan]:
        model = self._read
        query, found = ask(question, model, self._vocabulary)
        if query is None:
            raise KpidslError(found)
        planned, found = plan(model, query, self._ground)
        if planned is None:
            raise KpidslError(found)
        return query, planned

    def query(self, *metrics: str, **asked: Unpack[Asked]) -> Result:
        """Answer a question, such as `query("revenue", by=["region", "month"], period="2026")`.

        The arguments are those of `Question`; the result tells which rows are partial (S21), and
        its `diagnostics` hold what was noticed on the way.

        Raises:
            KpidslError: the question is refused, or fails while it runs.
        """
        model = self._read
        query, noticed = ask(Question(metrics, **asked), model, self._vocabulary)
        if query is None:
            raise KpidslError(noticed)
        result, found = self.runner.query(query)
        if result is None:
            raise KpidslError(found)
        return replace(result, diagnostics=(*noticed, *found))

    def fit(self) -> Fit:
        """Compare the definitions with the tables, columns and types that the data have, without
        reading a row of a table; nothing found is raised.

        Raises:
            KpidslError: there is nothing to compare, or no connection to the data.
        """
        return Schema(self._checked(), self._connected).fit()

    def prove(self, tell: Callable[[str], None] = _in_silence) -> Proof:
        """Test every claim of the definitions on the data: keys, joins, clocks, single values
        (S3). `tell` is called with what is looked at; nothing found is raised.

        Raises:
            KpidslError: there is nothing to prove, or no connection to the data.
        """
        return Runner(self._checked(), self._connected, self._made_by).prove(tell)

    def verify(
        self,
        *metrics: str,
        period: str | None = None,
        limit: int = 2000,
        tell: Callable[[str], None] = _in_silence,
    ) -> Verification:
        """Run the invariants on the project's data, for some metrics or for all.

        After `limit` questions no further metric is begun; `tell` is called with what is looked
        at. Raises `KpidslError` for an unknown metric, or without a connection to the data.
        """
        model = self._read
        asked = chosen_metrics(model)
        if metrics:
            query, found = ask(Question(metrics), model)
            if query is None:
                raise KpidslError(found)
            asked = query.select
        return verify(self.runner, asked, self._window(model, period), limit, tell)

    def funnel(self, name: str, *, period: str | None = None) -> FunnelResult:
        """Return the counts of a funnel over the attempts that began within a period."""
        model = self._read
        if name not in model.funnels:
            raise KpidslError([_unknown("funnel", name, list(model.funnels))])
        result, found = self.runner.funnel(model.funnels[name], self._window(model, period))
        if result is None:
            raise KpidslError(found)
        return replace(result, diagnostics=tuple(found))

    def report(
        self,
        name: str | None = None,
        *,
        out: str | Path = "reports",
        now: datetime | None = None,
        period: str | None = None,
        json: bool = False,
    ) -> list[Path]:
        """Write a report's page, or every report's, into a folder; return the files written.

        `now` decides which period is the last complete one. With `json` the report model is
        written beside each page. A KPI that fails is a stated gap on its page.
        """
        return [path for path, _ in self.reports(name, out=out, now=now, period=period, json=json)]

    def reports(
        self,
        name: str | None = None,
        *,
        out: str | Path = "reports",
        now: datetime | None = None,
        period: str | None = None,
        json: bool = False,
    ) -> list[tuple[Path, list[Diagnostic]]]:
        """Do what `report` does, and return with each file what went wrong on its page."""
        model = self._read
        if name is not None and name not in model.reports:
            raise KpidslError([_unknown("report", name, list(model.reports))])
        window = self._window(model, period)
        problem = make_folder(Path(out))
        if problem is not None:
            raise KpidslError([problem])
        if not model.reports and not has_errors(self.diagnostics):
            mend = 'define one, as in `report monthly { for: …, section "…" { goals: all } }`'
            raise KpidslError([error("K928", "the project defines no report", help=mend)])
        moment = now or datetime.now(UTC)
        written = []
        for report in self._wanted(model, name):
            try:
                page, found = build_report(
                    report,
                    model,
                    self.runner,
                    now=moment,
                    commit=commit_of(self.folder),
                    definition_hash=self.definition_hash,
                    period=window,
                )
            except OverflowError:
                raise KpidslError([_beyond_calendar(report)]) from None
            outputs = [(f"{report.name}.html", self._html(page))]
            if json:
                outputs.append((f"{report.name}.json", to_json(page)))
            for file, text in outputs:
                path = Path(out) / file
                problem = write_text(path, text)
                if problem is not None:
                    raise KpidslError([problem])
                written.append((path, found))
                found = []
        return written

    def _html(self, page: ReportModel) -> str:
        own = self.config.project.templates
        if own is None:
            return render_html(page)
        text, found = render_by(self.folder / own, page)
        if text is None:
            raise KpidslError(found)
        return text

    def _wanted(self, model: Model, name: str | None) -> list[Report]:
        return list(model.reports.values()) if name is None else [model.reports[name]]

    def _window(self, model: Model, period: str | None) -> Window | None:
        window, found = window_of(period, model.settings)
        if has_errors(found):
            raise KpidslError(found)
        return window


def _beyond_calendar(report: Report) -> Diagnostic:
    return error(
        "K492",
        f"`{report.name}` is about days that the project's calendar does not list",
        report.span,
        help="add the year to the calendar's source, or name a `--period` that it lists",
    )


def _unknown(what: str, name: str, known: list[str]) -> Diagnostic:
    close = nearest(name, known, 1)
    listed = ", ".join(f"`{item}`" for item in known) or "none"
    return error(
        "K928",
        f"there is no {what} `{name}`",
        help=f"use `{close[0]}`" if close else f"the project has: {listed}",
    )
