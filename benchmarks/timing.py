"""Interleaved runs and what they say: medians of ratios with their intervals.

The machine may be shared. Runs of all variants therefore alternate, and every figure is a ratio of
two runs that stood side by side.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import comb, exp, log


@dataclass(frozen=True, slots=True)
class Run:
    """One run: seconds on the clock, and seconds of processor time over all threads."""

    wall: float
    cpu: float


@dataclass(frozen=True, slots=True)
class Ratio:
    """The median of paired ratios and its 95 % interval, from `pairs` pairs."""

    median: float
    low: float
    high: float
    pairs: int

    def __str__(self) -> str:
        return f"{self.median:.2f} [{self.low:.2f}, {self.high:.2f}]"


def timed(work: Callable[[], object]) -> Run:
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return Run(time.perf_counter() - wall, time.process_time() - cpu)


def interleaved(
    variants: Mapping[str, Callable[[], object]], rounds: int, budget: float
) -> dict[str, list[Run]]:
    """Run all variants `rounds` times, after one unmeasured run each.

    Every second round goes backwards, so that none always follows the same other. A variant that
    has used up its `budget` of seconds rests after its third run.
    """
    for work in variants.values():
        work()
    runs: dict[str, list[Run]] = {name: [] for name in variants}
    for number in range(rounds):
        names = list(variants)
        for name in names if number % 2 == 0 else reversed(names):
            spent = sum(run.wall for run in runs[name])
            if len(runs[name]) < 3 or spent < budget:
                runs[name].append(timed(variants[name]))
    return runs


def ratio(ours: Sequence[float], theirs: Sequence[float]) -> Ratio:
    """Return the median of the ratios of runs of the same round; below 1 ours is faster."""
    ratios = sorted(mine / other for mine, other in zip(ours, theirs, strict=False))
    rank = interval_rank(len(ratios))
    return Ratio(statistics.median(ratios), ratios[rank], ratios[-1 - rank], len(ratios))


def interval_rank(count: int) -> int:
    """Return how many of the sorted values to leave out at each end, so that what is left holds
    the median with at least 95 %: an order-statistic interval, of no assumed distribution. With
    fewer than six values no interval does, and all of them are kept."""
    rank, outside = 0, 0.5**count * 2
    while (outside := outside + 2 * comb(count, rank + 1) * 0.5**count) <= 0.05:
        rank += 1
    return rank


def geometric_mean(values: Sequence[float]) -> float:
    return exp(statistics.fmean(map(log, values)))
