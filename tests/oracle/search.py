"""Search for disagreements: `python -m tests.oracle.search --seed 1 --pairs 2000 --engine duckdb`.

Runs random models and queries on an engine and by the oracle; prints how many pairs tried out each
rule, and the first pairs on which the two disagree. Exits with 1 when there is one.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter

from hypothesis import HealthCheck, Phase, given, seed, settings

from tests.oracle.engine import ENGINES, EngineName
from tests.oracle.generate import Case, cases, rules
from tests.oracle.test_against_engine import compared
from tests.oracle.test_generate import answered

_SHOWN = 3
"""So many disagreements are printed."""
_AT_ONCE = 250
"""So many pairs are drawn from one seed, and the next from that after it: what is drawn from one
seed is much alike."""


def search(
    start: int, pairs: int, engine: EngineName, outcomes: Counter[str], tried: Counter[str]
) -> None:
    """Count the outcomes of pairs, and how many of those answered tried out each rule."""

    @seed(start)
    @settings(
        max_examples=pairs,
        deadline=None,
        derandomize=False,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(cases())
    def look(case: Case) -> None:
        outcome, told = compared(case, engine)
        outcomes[outcome] += 1
        if outcome == "answered":
            answer = answered(case)
            assert answer is not None
            tried.update(rules(case, answer))
        if told:
            outcomes["disagreed"] += 1
            if outcomes["disagreed"] <= _SHOWN:
                sys.stdout.write("\n".join([*told, str(case), ""]))

    look()


def main() -> int:
    """Run the search; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--pairs", type=int, default=2000)
    parser.add_argument("--engine", choices=ENGINES, default="duckdb")
    chosen = parser.parse_args()
    outcomes: Counter[str] = Counter()
    tried: Counter[str] = Counter()
    for place, begun in enumerate(range(0, chosen.pairs, _AT_ONCE)):
        pairs = min(_AT_ONCE, chosen.pairs - begun)
        search(chosen.seed + place, pairs, chosen.engine, outcomes, tried)
    for rule, count in sorted(tried.items(), key=lambda item: item[1]):
        sys.stdout.write(f"{count:7,}  {rule}\n")
    said = ", ".join(f"{outcome}: {count:,}" for outcome, count in outcomes.most_common())
    sys.stdout.write(f"{said}\n")
    return int(bool(outcomes["disagreed"]))


if __name__ == "__main__":
    sys.exit(main())
