"""What an engine was found to do with the cases."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from kpidsl import __version__
from kpidsl.api.config import read_config
from kpidsl.api.connecting import connected
from kpidsl.api.errors import KpidslError
from kpidsl.api.folder import folder_of
from kpidsl.api.profiles import engine_facts
from kpidsl.conformance.proving import Connect, Outcome, outcomes
from kpidsl.conformance.verdict import Verdict
from kpidsl.engines.base import Engine
from kpidsl.sql.dialects.support import Support, support_of
from kpidsl.text.diagnostic import has_errors

MADE_BY = f"kpidsl {__version__}, certify"


@dataclass(frozen=True, slots=True)
class Certificate:
    """What came of each case on an engine, by this version of kpidsl."""

    kpidsl: str
    engine: str
    version: str
    dialect: str
    support: Support
    outcomes: tuple[Outcome, ...]

    @property
    def counts(self) -> Counter[Verdict]:
        """How many cases came to which verdict."""
        return Counter(item.verdict for item in self.outcomes)

    @property
    def holds(self) -> bool:
        """Whether no number was wrong or missing: what is refused is no number."""
        return not self.counts.keys() & {Verdict.DIFFERS, Verdict.FAILED}


def _in_silence(_: str) -> None:
    """Take no notice of progress."""


def certify(
    profile: str | None = None,
    path: str | Path = ".",
    tell: Callable[[str], None] = _in_silence,
) -> Certificate:
    """Run the cases on the database of a profile, or of the default one; without any on DuckDB.

    Nothing is read but the rows that stand in the statements. `tell` hears which case is run.

    Raises:
        KpidslError: there is no connection, or it is lost on the way.
    """
    folder = folder_of(Path(path))
    config, found = read_config(folder)
    if has_errors(found):
        raise KpidslError(found)
    with ExitStack() as opened:

        @cache
        def connect(timezone: str) -> Engine:
            engine, found = connected(config, profile, folder, timezone=timezone, made_by=MADE_BY)
            if engine is None:
                raise KpidslError(found)
            opened.callback(engine.close)
            return engine

        return certificate(connect, tell)


def certificate(connect: Connect, tell: Callable[[str], None] = _in_silence) -> Certificate:
    """Run the cases on engines that `connect` returns."""
    engine = connect("UTC")
    facts = engine_facts(engine)
    return Certificate(
        __version__,
        facts.engine,
        facts.version,
        engine.dialect,
        support_of(engine.dialect, facts.version),
        tuple(outcomes(connect, tell)),
    )
