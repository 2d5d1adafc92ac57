"""How long a question takes to become SQL, in a warm process, each question a new one."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from pathlib import Path
from shutil import copytree

import kpidsl
from benchmarks.queries import PROJECT
from benchmarks.timing import Run, timed

SIZES = (10, 1_000, 10_000)
QUESTIONS = {
    "q1": (("revenue", "aov"), ("month", "channel")),
    "q2": (("revenue",), ("month",)),
}
WARM = 20
"""Questions asked before those that count."""
_SEGMENTS = ("consumer", "business", "school")


@dataclass(frozen=True, slots=True)
class Compiled:
    """Milliseconds: the median, the median of processor time, which a busy machine stretches
    less, and how long the model took to load."""

    query: str
    metrics: int
    median: float
    processor: float
    load: float

    def to_json(self) -> dict[str, object]:
        return asdict(self)


def measure(sizes: tuple[int, ...], count: int) -> list[Compiled]:
    """Return what q1 and q2 take to compile with models of each size, from `count` questions."""
    kpidsl.load(PROJECT).close()  # what is imported when first used is no part of a model's load
    found = []
    for size in sizes:
        with tempfile.TemporaryDirectory() as folder:
            project = copytree(PROJECT, Path(folder) / "project")
            (project / "more.kpi").write_text(_more(size), encoding="utf-8")
            start = time.perf_counter()
            with kpidsl.load(project) as loaded:
                load = (time.perf_counter() - start) * 1_000
                assert not loaded.diagnostics, loaded.diagnostics
                for name, (metrics, by) in QUESTIONS.items():
                    runs = _runs(loaded, metrics, by, count)
                    wall = statistics.median(run.wall for run in runs) * 1_000
                    cpu = statistics.median(run.cpu for run in runs) * 1_000
                    found.append(Compiled(name, size, wall, cpu, load))
    return found


def periods(count: int) -> list[str]:
    """Return periods that all differ, so that no question is asked twice."""
    first = date(2023, 1, 1)
    return [f"{first} .. {first + timedelta(days=40 + number)}" for number in range(count)]


def _runs(
    project: kpidsl.Project, metrics: tuple[str, ...], by: tuple[str, ...], count: int
) -> list[Run]:
    def compiling(period: str) -> Callable[[], object]:
        return lambda: project.compile(*metrics, by=by, period=period)

    return [timed(compiling(period)) for period in periods(WARM + count)][WARM:]


def _more(count: int) -> str:
    """Return `count` metrics of the forms that projects are made of."""
    forms = (
        'revenue where customers.segment = "{segment}"',
        "revenue / orders * {number}",
        "revenue - refunded * {number}",
        '(revenue where customers.segment = "{segment}") / ad_spend',
    )
    lines = [
        f"metric extra_{number}: "
        + forms[number % 4].format(number=number + 1, segment=_SEGMENTS[number % 3])
        for number in range(count)
    ]
    return "\n".join(["kpidsl 1", "", *lines, ""])
