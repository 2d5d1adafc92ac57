"""Search for disagreements: `python -m tests.oracle.search --seed 1 --pairs 2000 --engine duckdb`.

Runs random models and queries on an engine and by the oracle, each from a seed of its own; prints
how many pairs tried out each rule, and the first pairs on which the two disagree. Exits with 1 when
there is one.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter

from tests.oracle.coverage import rules
from tests.oracle.engine import ENGINES, EngineName
from tests.oracle.generate import case_of
from tests.oracle.test_against_engine import compared
from tests.oracle.test_generate import answered

_SHOWN = 3
"""So many disagreements are printed."""


def look(seed: int, engine: EngineName, outcomes: Counter[str], tried: Counter[str]) -> None:
    """Count what came of the pair of a seed, and the rules that it tried out if it is answered."""
    case = case_of(seed)
    outcome, told = compared(case, engine)
    outcomes[outcome] += 1
    if outcome == "answered":
        answer = answered(case)
        assert answer is not None
        tried.update(rules(case, answer))
    if told:
        outcomes["disagreed"] += 1
        if outcomes["disagreed"] <= _SHOWN:
            sys.stdout.write("\n".join([f"seed {seed}", *told, str(case), ""]))


def main() -> int:
    """Run the search; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--pairs", type=int, default=2000)
    parser.add_argument("--engine", choices=ENGINES, default="duckdb")
    chosen = parser.parse_args()
    outcomes: Counter[str] = Counter()
    tried: Counter[str] = Counter()
    for seed in range(chosen.seed, chosen.seed + chosen.pairs):
        look(seed, chosen.engine, outcomes, tried)
    for rule, count in sorted(tried.items(), key=lambda item: item[1]):
        sys.stdout.write(f"{count:7,}  {rule}\n")
    said = ", ".join(f"{outcome}: {count:,}" for outcome, count in outcomes.most_common())
    sys.stdout.write(f"{said}\n")
    return int(bool(outcomes["disagreed"]))


if __name__ == "__main__":
    sys.exit(main())
