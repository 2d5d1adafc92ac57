"""What every adapter prints: the SQL of each question, or why there is none; and how long it took.

Runs inside a peer's own environment, with nothing but the standard library.
"""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from importlib.metadata import version

Compile = Callable[["Period | None"], str]
TIMED = ("revenue_aov", "revenue")
WARM, COUNT = 5, 50


@dataclass(frozen=True)
class Period:
    """Days, both ends included."""

    first: str
    last: str


def report(
    package: str,
    questions: Mapping[str, Compile | None],
    setup: list[str],
    started: float,
) -> None:
    """Print the SQL of each question as JSON; None says that the peer has no form for it.

    `started` is when the model began to load, on the performance counter. `revenue_aov` and
    `revenue` are timed over periods that all differ, so that no question is asked twice.
    """
    loaded = time.perf_counter() - started
    answers = {name: _answer(compile_) for name, compile_ in questions.items()}
    timed = {name: _timed(questions[name]) for name in TIMED if "sql" in answers[name]}
    found = {
        "version": version(package),
        "load": loaded * 1_000,
        "setup": setup,
        "answers": answers,
        "compile": timed,
    }
    print(json.dumps(found))


def _answer(compile_: Compile | None) -> dict[str, str]:
    if compile_ is None:
        return {"cannot": "no form for it"}
    try:
        return {"sql": compile_(None)}
    except Exception as refused:  # noqa: BLE001 -- whatever a peer raises is its refusal
        return {"refused": f"{type(refused).__name__}: {str(refused).strip().splitlines()[0]}"}


def _timed(compile_: Compile | None) -> dict[str, float] | None:
    assert compile_ is not None
    wall, cpu = [], []
    for number in range(WARM + COUNT):
        last = date(2023, 2, 10) + timedelta(days=number)
        period = Period("2023-01-01", last.isoformat())
        clock, processor = time.perf_counter(), time.process_time()
        try:
            compile_(period)
        except Exception:  # noqa: BLE001 -- a peer that answers without a period may refuse one
            return None
        wall.append(time.perf_counter() - clock)
        cpu.append(time.process_time() - processor)
    return {
        "ms": statistics.median(wall[WARM:]) * 1_000,
        "processor": statistics.median(cpu[WARM:]) * 1_000,
    }
