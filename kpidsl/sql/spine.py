"""The periods of an answer, and what each source knows of them (S13, S17)."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from sqlglot import exp

from kpidsl.model.moments import DayPart, runs
from kpidsl.model.periods import period_start, periods
from kpidsl.model.sources import Source
from kpidsl.plan.nodes import PERIOD, Frame
from kpidsl.sql import build
from kpidsl.sql.grouping import Grouping
from kpidsl.sql.known import first_and_last, told_end
from kpidsl.sql.periods import period_start as first_day_of
from kpidsl.sql.statement import Statement


class Spine:
    """Adds the tables of periods and of known ranges to a statement, each once: those of an answer
    serve its totals, too."""

    def __init__(
        self,
        frame: Frame,
        grouping: Grouping,
        statement: Statement,
        all_days: Callable[[Source], str | None],
    ) -> None:
        """`all_days` names a table with the days of all rows of a source, where there is one."""
        self.frame = frame
        self.grouping = grouping
        self.dialect = statement.dialect
        self._cte = statement.cte
        self._shared = statement.shared
        self._all_days = all_days

    def periods(self) -> str:
        """Return the name of every period of the window, or of the data where there is none."""
        frame = self.frame
        extent = () if frame.window is not None else tuple(item.name for item in frame.extent)
        held = ("periods", frame.grain, frame.window, extent)
        if held not in self._shared:
            self._shared[held] = self._cte("periods", self._period_rows())
        return self._shared[held]

    def _period_rows(self) -> exp.Query:
        grain, window = self.frame.grain, self.frame.window
        assert grain is not None
        if isinstance(grain, DayPart):
            assert window is not None
            found = runs(window, grain, self.frame.settings.timezone)
            return self.dialect.instants(found, PERIOD)
        calendar = self.frame.settings.calendar
        if window is not None and calendar.own_years(grain) is not None:
            starts = [
                [period_start(piece.start, grain, calendar)]
                for piece in periods(window, grain, calendar)
            ]
            return self.dialect.listed_days([PERIOD], starts)
        if window is not None:
            first: exp.Expr = build.day(period_start(window.start, grain, calendar))
            last: exp.Expr = build.day(window.last_day)
            return self.dialect.date_series(first, last, grain.ordinary, PERIOD, None)
        extent, last = self._extent(), build.column("last_day")
        first = first_day_of(self.dialect, build.column("first_day"), grain, calendar)
        return self.dialect.date_series(first, last, grain.ordinary, PERIOD, extent)

    def known(self, source: Source) -> str:
        """Return a table of one row: the first and the last day that a source knows (S13)."""
        if source.name in self.frame.known:
            return self.frame.known[source.name]
        last = source.watermark is None or self.frame.window is None
        held = ("known", source.name, last)
        if held not in self._shared:
            days = self._all_days(source)
            if days is None:
                rows = first_and_last(self.grouping, source, last=last)
            else:
                rows = _ends_of(days, told_end(self.grouping, source))
            self._shared[held] = self._cte(f"{source.name}_known", rows)
        return self._shared[held]

    def ranges(self, names: Iterable[str]) -> dict[str, tuple[Source, str]]:
        """Return sources by name, each with the table of what it knows."""
        sources = [self.frame.sources[name] for name in dict.fromkeys(names)]
        return {source.name: (source, self.known(source)) for source in sources}

    def _extent(self) -> str:
        """Return a table of one row: the first and the last day that any of the sources knows."""
        known = [self.known(source) for source in self.frame.extent]
        if len(known) == 1:
            return known[0]
        selects = [
            build.from_(
                build.select(build.column("first_day"), build.column("last_day")),
                build.table(table),
            )
            for table in known
        ]
        whole = build.select(
            build.alias(exp.Min(this=build.column("first_day")), "first_day"),
            build.alias(exp.Max(this=build.column("last_day")), "last_day"),
        )
        return self._cte(
            "extent", build.from_(whole, build.subquery(build.union_all(selects), "ranges"))
        )


def _ends_of(days: str, others: list[exp.Expr]) -> exp.Select:
    ends = [
        build.alias(exp.Min(this=build.column(PERIOD)), "first_day"),
        build.alias(exp.Max(this=build.column(PERIOD)), "last_day"),
    ]
    return build.from_(build.select(*ends, *others), build.table(days))
