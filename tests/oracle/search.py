"""Search for disagreements: `python -m tests.oracle.search --seed 1 --pairs 2000 --engine duckdb`.

Runs random models and queries on an engine and by the oracle, each from a seed of its own; prints
how many pairs tried out each rule, and the first pairs on which the two disagree. Exits with 1 when
there is one, or when fewer pairs than the `--floor` tried out some rule.
"""

from __future__ import annotations

import argparse
import sys
import traceback
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import get_args

from tests.oracle.coverage import rules, several
from tests.oracle.generate import case_of
from tests.oracle.test_against_engine import compared
from tests.oracle.test_generate import answered
from tests.support import EngineName

_SHOWN = 3
"""So many disagreements are printed."""
_SEVERAL = 0.3
"""So large a share of all pairs hangs on several sources and has a result."""


@dataclass
class Found:
    """What came of the pairs so far."""

    outcomes: Counter[str] = field(default_factory=Counter)
    tried: Counter[str] = field(default_factory=Counter)
    several: int = 0
    """So many answers tell something, and hang on several sources."""

    def look(self, seed: int, engine: EngineName) -> None:
        """Count what came of the pair of a seed, and the rules that it tried if it is answered."""
        case = case_of(seed)
        try:
            outcome, told = compared(case, engine)
        except Exception:  # noqa: BLE001 -- a crash is a disagreement too, and the search goes on
            outcome, told = "crashed", traceback.format_exc().splitlines()
        self.outcomes[outcome] += 1
        if outcome == "answered":
            answer = answered(case)
            assert answer is not None
            self.tried.update(rules(case, answer))
            self.several += several(case, answer)
        if told:
            self.outcomes["disagreed"] += 1
            if self.outcomes["disagreed"] <= _SHOWN:
                sys.stdout.write("\n".join([f"seed {seed}", *told, str(case), ""]))

    def lines(self, pairs: int, floor: int) -> Iterator[str]:
        """Say how often each rule was tried, and what is too little."""
        answers = self.outcomes["answered"] or 1
        for rule, count in sorted(self.tried.items(), key=lambda item: item[1]):
            yield f"{count:7,}  {count / answers:6.1%}  {rule}"
        said = (f"{outcome}: {count:,}" for outcome, count in self.outcomes.most_common())
        yield ", ".join(said)
        yield f"several sources and a result: {self.several:,} ({self.several / pairs:.1%} of all)"
        for rule, count in self.tried.items():
            if count < floor:
                yield f"FAIL {rule}: {count} pairs, fewer than {floor}"
        if floor and self.several < _SEVERAL * pairs:
            yield f"FAIL several sources: fewer than {_SEVERAL:.0%}"
        if self.outcomes["disagreed"]:
            yield "FAIL the engine and the oracle disagree"


def main() -> int:
    """Run the search; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--pairs", type=int, default=2000)
    parser.add_argument("--engine", choices=get_args(EngineName), default="duckdb")
    parser.add_argument("--floor", type=int, default=0, help="pairs that each rule needs")
    chosen = parser.parse_args()
    found = Found()
    for seed in range(chosen.seed, chosen.seed + chosen.pairs):
        found.look(seed, chosen.engine)
    lines = list(found.lines(chosen.pairs, chosen.floor))
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    return int(any(line.startswith("FAIL") for line in lines))


if __name__ == "__main__":
    sys.exit(main())
